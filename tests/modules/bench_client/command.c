// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the benchmark, where rdma_ccm.ko is loaded. Commands for ccm_bench_client/run in debugfs:
 *
 *	client PORTS ASK GIVE [COUNT]	register clients bench-0, ...; COUNT is 1
 *	client off
 *	ready			clients= last_ns=: links that are READY, and since when
 *	raw ADDRESS PORT	connect a plain queue pair to ccm_bench.ko there
 *	raw off
 *	measure read|write BYTES DEPTH COUNT PAIRS
 *	post read|write BYTES COUNT PAIRS
 *				a line for each pair of batches: port= raw=, nanoseconds
 *
 * Loaded with ports=, and ask=, give=, count= if wanted, it registers them at once.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../common/command.h"
#include "bench_client.h"

#define PAIRS_MAX	200U	/* what fits into a result */

static unsigned short ports;
module_param(ports, ushort, 0444);
MODULE_PARM_DESC(ports, "ports of a client (default 0: none is registered)");

static unsigned long long ask;
module_param(ask, ullong, 0444);
MODULE_PARM_DESC(ask, "bytes each asks for");

static unsigned long long give;
module_param(give, ullong, 0444);
MODULE_PARM_DESC(give, "bytes each gives");

static unsigned int count = 1;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how many");

static bool off(const struct command *c)
{
	return c->count == 2 && !strcmp(c->words[1], "off");
}

static int do_client(const struct command *c)
{
	u64 numbers[4] = { 0, 0, 0, 1 };
	unsigned int i;

	if (off(c)) {
		bench_clients_unregister();
		return 0;
	}
	if (c->count < 4)
		return command_complain("client PORTS ASK GIVE [COUNT] | client off");
	for (i = 1; i < min(c->count, 5U); i++)
		if (!command_number(c, i, i == 1 ? U16_MAX : U64_MAX, &numbers[i - 1]))
			return -EINVAL;
	return bench_clients_register((u32)min_t(u64, numbers[3], BENCH_CLIENTS_MAX),
				      (u16)numbers[0], numbers[1], numbers[2]);
}

static int do_ready(const struct command *c)
{
	u64 last_ns;
	u64 down_ns;
	u32 links = bench_clients_ready(&last_ns, &down_ns);

	return command_say("clients=%u last_ns=%llu down_ns=%llu", links, last_ns, down_ns);
}

static int do_raw(const struct command *c)
{
	if (off(c)) {
		bench_raw_close();
		return 0;
	}
	if (c->count < 3)
		return command_complain("raw ADDRESS PORT | raw off");
	return bench_raw_open(c->words[1], c->words[2]);
}

static bool read_what(const struct command *c, enum bench_what *what)
{
	*what = strcmp(c->words[1], "write") ? BENCH_READ : BENCH_WRITE;
	if (*what == BENCH_WRITE || !strcmp(c->words[1], "read"))
		return true;
	command_complain("%s: read or write?", c->words[0]);
	return false;
}

static int say_pairs(const struct bench_pair *result, u32 pairs)
{
	u32 i;

	for (i = 0; i < pairs; i++)
		command_add("%sport=%llu raw=%llu", i ? "\n" : "", result[i].port,
			    result[i].raw);
	return 0;
}

static int do_measure(const struct command *c)
{
	bool post = !strcmp(c->words[0], "post");
	struct bench_pair *result;
	enum bench_what what;
	u64 n[4] = {};
	unsigned int i;
	int ret;

	if (!read_what(c, &what))
		return -EINVAL;
	for (i = 2; i < c->count; i++)
		if (i - 2 < ARRAY_SIZE(n) && !command_number(c, i, U32_MAX, &n[i - 2]))
			return -EINVAL;
	/* the last number */
	if (n[post ? 2 : 3] > PAIRS_MAX)
		return command_complain("%s: at most %u pairs", c->words[0], PAIRS_MAX);
	result = (struct bench_pair *)kcalloc(PAIRS_MAX, sizeof(*result), GFP_KERNEL);
	if (!result)
		return -ENOMEM;
	if (post)
		ret = bench_posting(what, (u32)n[0], (u32)n[1], (u32)n[2], result);
	else
		ret = bench_measure(what, (u32)n[0], (u32)n[1], (u32)n[2], (u32)n[3], result);
	if (!ret)
		say_pairs(result, (u32)n[post ? 2 : 3]);
	kfree(result);
	return ret;
}

static const struct command_verb verbs[] = {
	{ "client", 1, "PORTS ASK GIVE [COUNT] | client off", do_client },
	{ "ready", 0, "", do_ready },
	{ "raw", 1, "ADDRESS PORT | raw off", do_raw },
	{ "measure", 5, "read|write BYTES DEPTH COUNT PAIRS", do_measure },
	{ "post", 4, "read|write BYTES COUNT PAIRS", do_measure },
};

static const struct command_file file = {
	.name = "ccm_bench_client",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init bench_client_init(void)
{
	int ret = ports ? bench_clients_register(count, ports, ask, give) : 0;

	if (!ret)
		command_file_create(&file);
	return ret;
}

static void __exit bench_client_exit(void)
{
	command_file_destroy();
	bench_raw_close();
	bench_clients_unregister();
}

module_init(bench_client_init);
module_exit(bench_client_exit);

MODULE_DESCRIPTION("Benchmark: clients of CCM, and a plain queue pair to compare their ports with");
MODULE_LICENSE("GPL");
