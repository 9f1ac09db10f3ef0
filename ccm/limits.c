// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all clients together may take of this node: counted when it is taken, so that
 * nothing a partner sends can make the node go past it.
 */
#include "limits.h"

/**
 * ccm_limits_init() - nothing is taken
 * @limits: memory for it
 * @ports_max: ports allowed
 * @memory_max: bytes allowed
 */
void ccm_limits_init(struct ccm_limits *limits, u32 ports_max, u64 memory_max)
{
	spin_lock_init(&limits->lock);
	limits->ports = 0;
	limits->memory = 0;
	limits->ports_max = ports_max;
	limits->memory_max = memory_max;
}

/**
 * ccm_limits_take_ports() - take ports, all or none
 * @limits: the node's
 * @ports: how many
 *
 * Return: false: they would be past the node's limit
 */
bool ccm_limits_take_ports(struct ccm_limits *limits, u32 ports)
{
	bool fits;

	spin_lock(&limits->lock);
	fits = ports <= limits->ports_max - limits->ports;
	if (fits)
		limits->ports += ports;
	spin_unlock(&limits->lock);
	return fits;
}

/**
 * ccm_limits_give_ports() - give back what was taken
 * @limits: the node's
 * @ports: how many
 */
void ccm_limits_give_ports(struct ccm_limits *limits, u32 ports)
{
	spin_lock(&limits->lock);
	limits->ports -= ports;
	spin_unlock(&limits->lock);
}

/**
 * ccm_limits_take_memory() - take memory, all or nothing
 * @limits: the node's
 * @bytes: how many
 *
 * Return: false: they would be past the node's limit
 */
bool ccm_limits_take_memory(struct ccm_limits *limits, u64 bytes)
{
	bool fits;

	spin_lock(&limits->lock);
	fits = bytes <= limits->memory_max - limits->memory;
	if (fits)
		limits->memory += bytes;
	spin_unlock(&limits->lock);
	return fits;
}

/**
 * ccm_limits_give_memory() - give back what was taken
 * @limits: the node's
 * @bytes: how many
 */
void ccm_limits_give_memory(struct ccm_limits *limits, u64 bytes)
{
	spin_lock(&limits->lock);
	limits->memory -= bytes;
	spin_unlock(&limits->lock);
}
