// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the benchmark. A command is written to ccm_bench/run in debugfs; reading the file
 * gives the result, one line:
 *
 *	serve PORT		be the passive side (see bench.h)
 *	stop
 *	connect ADDRESS PORT	microseconds: address= route= qp= connect= keys= read= total=
 *	parallel ADDRESS PORT COUNT	connect many at once: ns=
 *	sizes			bytes of CCM's objects, from its headers
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>

#include "../../../ccm/node.h"
#include "../../../ccm/pairing.h"
#include "../../../ccm/partner.h"
#include "../../../ccm/rdma/conn.h"
#include "../../../ccm/rdma/device.h"
#include "../../../ccm/rdma/link.h"
#include "../common/command.h"
#include "bench.h"

static int do_sizes(const struct command *c)
{
	/* Pages of a session: its own, the mailbox, and those for sending and receiving. */
	command_say("node=%zu partner=%zu conn=%zu device=%zu", sizeof(struct ccm_node),
		    sizeof(struct ccm_partner), sizeof(struct ccm_conn), sizeof(struct ccm_device));
	command_add(" status_page=%lu session_pages=%lu", PAGE_SIZE,
		    2 * PAGE_SIZE + CCM_MAILBOX_LEN + CCM_TX_LEN);
	return command_add(" client=%zu peer=%zu link=%zu port=%zu port_pages=%lu",
			   sizeof(struct ccm_client), sizeof(struct ccm_pairing),
			   sizeof(struct ccm_link), sizeof(struct ccm_port), PAGE_SIZE);
}

static int do_connect(const struct command *c)
{
	struct bench_times t;
	int ret = bench_connect(c->words[1], c->words[2], &t);

	if (ret)
		return ret;
	return command_say("address=%u route=%u qp=%u connect=%u keys=%u read=%u total=%u",
			   t.address, t.route, t.qp, t.connect, t.keys, t.read, t.total);
}

static int do_parallel(const struct command *c)
{
	u64 count;
	u64 ns;
	int ret;

	if (!command_number(c, 3, 256, &count) || !count)
		return -EINVAL;
	ret = bench_parallel(c->words[1], c->words[2], (u32)count, &ns);
	return ret ? ret : command_say("ns=%llu", ns);
}

static int do_serve(const struct command *c)
{
	u64 port;

	return command_number(c, 1, 65535, &port) ? bench_serve((u16)port) : -EINVAL;
}

static int do_stop(const struct command *c)
{
	bench_serve_stop();
	return 0;
}

static const struct command_verb verbs[] = {
	{ "serve", 1, "PORT", do_serve },
	{ "stop", 0, "", do_stop },
	{ "connect", 2, "ADDRESS PORT", do_connect },
	{ "parallel", 3, "ADDRESS PORT COUNT", do_parallel },
	{ "sizes", 0, "", do_sizes },
};

static const struct command_file file = {
	.name = "ccm_bench",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init bench_init(void)
{
	command_file_create(&file);
	return 0;
}

static void __exit bench_exit(void)
{
	command_file_destroy();
	bench_serve_stop();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark: a plain RDMA CM connection to compare CCM with");
MODULE_LICENSE("GPL");
