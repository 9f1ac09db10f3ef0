// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, in debugfs: ccm/node and ccm/partner-ID. For people; not an interface.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "ccm.h"
#include "core/names.h"
#include "rdma/rdma.h"

static int node_show(struct seq_file *m, void *unused)
{
	struct ccm_node *node = (struct ccm_node *)m->private;
	u32 code;

	seq_printf(m, "incarnation %016llx\n", node->incarnation);
	seq_printf(m, "counter %llu\n", ccm_status_page_counter(node));
	seq_printf(m, "changes %llu\n", READ_ONCE(node->events.seq));
	seq_printf(m, "clients %u\n", READ_ONCE(node->client_count));
	seq_printf(m, "client_ports %u\n", READ_ONCE(node->limits.ports));
	seq_printf(m, "client_memory %llu\n", READ_ONCE(node->limits.memory));
	seq_printf(m, "ports_per_client %u\n", node->config.client_ports);
	seq_printf(m, "memory_per_client %llu\n", node->config.client_memory);
	seq_printf(m, "ports_allowed %u\n", node->config.node_ports);
	seq_printf(m, "memory_allowed %llu\n", node->config.node_memory);
	for (code = CCM_REJECT_NONE + 1; code < CCM_REJECT_COUNT; code++)
		seq_printf(m, "rejected \"%s\" %lld\n", ccm_reject_name(code),
			   (long long)atomic64_read(&node->rejected[code]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(node);

static int partner_show(struct seq_file *m, void *unused)
{
	struct ccm_partner *partner = (struct ccm_partner *)m->private;
	const struct ccm_partner_counters *c = &partner->counters;
	const struct ccm_session *s = &partner->session;

	seq_printf(m, "state %s\n", ccm_state_name(READ_ONCE(s->state)));
	seq_printf(m, "steps %llu\n", READ_ONCE(c->steps));
	seq_printf(m, "attempts %llu\n", READ_ONCE(c->attempts));
	seq_printf(m, "retried %llu\n", READ_ONCE(c->retried));
	seq_printf(m, "accepted %llu\n", READ_ONCE(c->accepted));
	seq_printf(m, "rejected %llu\n", READ_ONCE(c->rejected));
	seq_printf(m, "sessions %llu\n", READ_ONCE(c->sessions));
	seq_printf(m, "ready_ns %llu\n", READ_ONCE(c->ready_ns));
	seq_printf(m, "lost %llu\n", READ_ONCE(c->lost));
	seq_printf(m, "heartbeats %llu\n", READ_ONCE(c->heartbeats) +
		   READ_ONCE(partner->heartbeat.liveness.reads));
	seq_printf(m, "links %llu\n", READ_ONCE(c->links));
	seq_printf(m, "links_lost %llu\n", READ_ONCE(c->links_lost));
	seq_printf(m, "ports_rejected %llu\n", READ_ONCE(c->ports_rejected));
	seq_printf(m, "read_us %u\n", READ_ONCE(partner->heartbeat.read_us));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(partner);

/**
 * ccm_debugfs_add() - make the directory
 * @node: node
 *
 * Does not fail: nothing depends on it.
 */
void ccm_debugfs_add(struct ccm_node *node)
{
	char name[24];
	u32 i;

	node->debugfs = debugfs_create_dir("ccm", NULL);
	debugfs_create_file("node", 0400, node->debugfs, node, &node_fops);
	for (i = 0; i < node->partner_count; i++) {
		snprintf(name, sizeof(name), "partner-%u", node->partners[i]->id);
		debugfs_create_file(name, 0400, node->debugfs, node->partners[i],
				    &partner_fops);
	}
}

/**
 * ccm_debugfs_remove() - remove it; nobody reads it afterwards
 * @node: node
 */
void ccm_debugfs_remove(struct ccm_node *node)
{
	debugfs_remove_recursive(node->debugfs);
}
