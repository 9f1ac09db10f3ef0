// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all clients together may take of this node: counted when it is taken, so that
 * nothing a partner sends can make the node go past it.
 */
#include "ccm.h"

/**
 * ccm_limits_take_ports() - take ports, all or none
 * @node: node
 * @ports: how many
 *
 * Return: false: they would be past the node's limit
 */
bool ccm_limits_take_ports(struct ccm_node *node, u32 ports)
{
	struct ccm_limits *limits = &node->limits;
	bool fits;

	spin_lock(&limits->lock);
	fits = ports <= node->config.node_ports - limits->ports;
	if (fits)
		limits->ports += ports;
	spin_unlock(&limits->lock);
	return fits;
}

/**
 * ccm_limits_give_ports() - give back what was taken
 * @node: node
 * @ports: how many
 */
void ccm_limits_give_ports(struct ccm_node *node, u32 ports)
{
	spin_lock(&node->limits.lock);
	node->limits.ports -= ports;
	spin_unlock(&node->limits.lock);
}

/**
 * ccm_limits_take_memory() - take memory, all or nothing
 * @node: node
 * @bytes: how many
 *
 * Return: false: they would be past the node's limit
 */
bool ccm_limits_take_memory(struct ccm_node *node, u64 bytes)
{
	struct ccm_limits *limits = &node->limits;
	bool fits;

	spin_lock(&limits->lock);
	fits = bytes <= node->config.node_memory - limits->memory;
	if (fits)
		limits->memory += bytes;
	spin_unlock(&limits->lock);
	return fits;
}

/**
 * ccm_limits_give_memory() - give back what was taken
 * @node: node
 * @bytes: how many
 */
void ccm_limits_give_memory(struct ccm_node *node, u64 bytes)
{
	spin_lock(&node->limits.lock);
	node->limits.memory -= bytes;
	spin_unlock(&node->limits.lock);
}
