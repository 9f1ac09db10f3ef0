// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, in debugfs: ccm/node and ccm/partner-ID. For people; not an interface.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/seq_file.h>

#include "cluster.h"
#include "core/names.h"
#include "debugfs.h"
#include "node.h"
#include "partner.h"

static int node_show(struct seq_file *m, void *unused)
{
	struct ccm_cluster *cluster = (struct ccm_cluster *)m->private;
	struct ccm_node *node = cluster->node;
	u32 code;

	seq_printf(m, "incarnation %016llx\n", node->incarnation);
	seq_printf(m, "counter %llu\n", ccm_status_page_counter(&node->status_page));
	seq_printf(m, "changes %llu\n", READ_ONCE(node->events.seq));
	seq_printf(m, "clients %u\n", READ_ONCE(cluster->registry.count));
	seq_printf(m, "client_ports %u\n", READ_ONCE(node->limits.ports));
	seq_printf(m, "client_memory %llu\n", READ_ONCE(node->limits.memory));
	seq_printf(m, "ports_per_client %u\n", node->config.client_ports);
	seq_printf(m, "memory_per_client %llu\n", node->config.client_memory);
	seq_printf(m, "ports_allowed %u\n", node->config.node_ports);
	seq_printf(m, "memory_allowed %llu\n", node->config.node_memory);
	seq_printf(m, "given_up %llu\n", READ_ONCE(node->devices.given_up));
	seq_printf(m, "last_words_heard_on \"%s%s\"\n", node->last_words.socket4 ? "IPv4 " : "",
		   node->last_words.socket6 ? "IPv6" : "");
	seq_printf(m, "last_words_wrong %lld\n",
		   (long long)atomic64_read(&node->last_words.wrong));
	for (code = CCM_REJECT_NONE + 1; code < CCM_REJECT_COUNT; code++)
		seq_printf(m, "rejected \"%s\" %lld\n", ccm_reject_name(code),
			   (long long)atomic64_read(&node->rejected[code]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(node);

/* milliseconds since then; -1: never */
static s64 ago_ms(u64 at_us)
{
	return at_us ? (s64)div_u64(ccm_now_us() - at_us, USEC_PER_MSEC) : -1;
}

/* until the next attempt; -1: none is due by itself */
static s64 retry_ms(const struct ccm_session *s)
{
	u64 due_us = READ_ONCE(s->deadline_us);
	u64 now_us = ccm_now_us();

	if (READ_ONCE(s->state) != CCM_STATE_DOWN || !due_us)
		return -1;
	return due_us > now_us ? (s64)div_u64(due_us - now_us, USEC_PER_MSEC) : 0;
}

static int partner_show(struct seq_file *m, void *unused)
{
	struct ccm_partner *partner = (struct ccm_partner *)m->private;
	const struct ccm_partner_counters *c = &partner->counters;
	const struct ccm_heartbeat *hb = &partner->paths[0].heartbeat;
	const struct ccm_session *s = &partner->session;
	const u64 heard_us = READ_ONCE(partner->heard.at_us);
	const u64 said_us = READ_ONCE(partner->said.at_us);

	seq_printf(m, "state %s\n", ccm_state_name(READ_ONCE(s->state)));
	seq_printf(m, "steps %llu\n", READ_ONCE(c->steps));
	seq_printf(m, "attempts %llu\n", READ_ONCE(c->attempts));
	seq_printf(m, "retried %llu\n", READ_ONCE(c->retried));
	seq_printf(m, "accepted %llu\n", READ_ONCE(c->accepted));
	seq_printf(m, "rejected %llu\n", READ_ONCE(c->rejected));
	seq_printf(m, "sessions %llu\n", READ_ONCE(c->sessions));
	seq_printf(m, "ready_ns %llu\n", READ_ONCE(c->ready_ns));
	seq_printf(m, "lost %llu\n", READ_ONCE(c->lost));
	seq_printf(m, "proofs_wrong %llu\n", READ_ONCE(c->proofs_wrong));
	seq_printf(m, "clashes %llu\n", READ_ONCE(c->clashes));
	seq_printf(m, "last_word %s\n", READ_ONCE(partner->word.frame) ? "prepared" : "none");
	seq_printf(m, "last_word_error %d\n", READ_ONCE(partner->word.error));
	seq_printf(m, "last_words %llu\n", READ_ONCE(c->words));
	seq_printf(m, "last_words_false %llu\n", READ_ONCE(c->words_false));
	seq_printf(m, "heartbeats %llu\n", ccm_heartbeat_count(hb));
	seq_printf(m, "links %llu\n", READ_ONCE(partner->links.opened));
	seq_printf(m, "links_lost %llu\n", READ_ONCE(partner->links.lost));
	seq_printf(m, "ports_rejected %llu\n", READ_ONCE(partner->links.rejected));
	seq_printf(m, "read_us %u\n", READ_ONCE(hb->read_us));
	seq_printf(m, "attempt_error %d\n", READ_ONCE(partner->attempt_error));
	seq_printf(m, "retry_ms %lld\n", retry_ms(s));
	seq_printf(m, "proof_wrong_ms %lld\n", ago_ms(READ_ONCE(partner->proof_wrong_us)));
	if (heard_us)
		seq_printf(m, "rejection_heard \"%s\" %lld\n",
			   ccm_reject_name(READ_ONCE(partner->heard.code)), ago_ms(heard_us));
	if (said_us)
		seq_printf(m, "rejection_said \"%s\" %lld\n",
			   ccm_reject_name(READ_ONCE(partner->said.code)), ago_ms(said_us));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(partner);

static void add_partner(struct ccm_cluster *cluster, struct ccm_partner *partner)
{
	char name[24];

	snprintf(name, sizeof(name), "partner-%u", partner->id);
	debugfs_create_file(name, 0400, cluster->debugfs, partner, &partner_fops);
}

/**
 * ccm_debugfs_add() - make the directory
 * @cluster: cluster
 *
 * Does not fail: nothing depends on it.
 */
void ccm_debugfs_add(struct ccm_cluster *cluster)
{
	struct ccm_partner *partner;

	cluster->debugfs = debugfs_create_dir("ccm", NULL);
	debugfs_create_file("node", 0400, cluster->debugfs, cluster, &node_fops);
	/* nobody adds or deletes one yet */
	ccm_cluster_each(partner, cluster)
		add_partner(cluster, partner);
}

/**
 * ccm_debugfs_add_partner() - a partner has come
 * @cluster: cluster
 * @id: its node id
 */
void ccm_debugfs_add_partner(struct ccm_cluster *cluster, u32 id)
{
	struct ccm_partner *partner = ccm_cluster_get(cluster, id);

	if (!partner)
		return;
	add_partner(cluster, partner);
	ccm_partner_put(partner);
}

/**
 * ccm_debugfs_remove_partner() - a partner is going to be deleted; nobody reads of it afterwards
 * @cluster: cluster
 * @id: its node id
 */
void ccm_debugfs_remove_partner(struct ccm_cluster *cluster, u32 id)
{
	char name[24];

	snprintf(name, sizeof(name), "partner-%u", id);
	debugfs_lookup_and_remove(name, cluster->debugfs);
}

/**
 * ccm_debugfs_remove() - remove it; nobody reads it afterwards
 * @cluster: cluster
 */
void ccm_debugfs_remove(struct ccm_cluster *cluster)
{
	debugfs_remove_recursive(cluster->debugfs);
}
