// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that plays ping-pong with its counterpart. For tests. It echoes as soon as it
 * is loaded. A command is written to ccm_pingpong/run in debugfs, and reading the file
 * gives its result (common/command.h). PARTNER is a node id.
 *
 *	wait PARTNER up|down MS
 *	run PARTNER ROUNDS send|write [PORT|all] [MS]	MS for each round
 *		ok rounds=N min_us=N average_us=N max_us=N | failed error=E rounds=N
 *	stats				a line for each partner and port
 *	violations			violations=N
 *
 * A command that makes no sense fails with EINVAL, and the result says why.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "../common/command.h"
#include "../common/violation.h"
#include "pingpong.h"

#define WAIT_MS_MAX	120000U
#define ROUND_MS	3000U

static unsigned short ports = 4;
module_param(ports, ushort, 0444);
MODULE_PARM_DESC(ports, "ports to each partner, at most, 1 to 16 (4)");

static int do_wait(const struct command *c)
{
	bool up = !strcmp(c->words[2], "up");
	struct pingpong_link *link;
	u64 partner;
	u64 ms;

	if (!command_number(c, 1, U32_MAX, &partner) || !command_number(c, 3, WAIT_MS_MAX, &ms))
		return -EINVAL;
	if (!up && strcmp(c->words[2], "down"))
		return command_complain("wait: %s: it is up or down", c->words[2]);
	wait_event_interruptible_timeout(pingpong_changed, pingpong_is_up((u32)partner) == up,
					 msecs_to_jiffies((unsigned int)ms));
	if (pingpong_is_up((u32)partner) != up)
		return command_say("failed timeout");
	link = pingpong_find((u32)partner);
	return command_say("ok ports=%u", link ? link->ports : 0);
}

static int say_run(int ret, const struct pingpong_result *result)
{
	if (ret)
		return command_say("failed error=%d rounds=%u", ret, result->rounds);
	return command_say("ok rounds=%u min_us=%llu average_us=%llu max_us=%llu", result->rounds,
			   div_u64(result->min_ns, NSEC_PER_USEC),
			   div_u64(result->sum_ns, NSEC_PER_USEC * max(result->rounds, 1U)),
			   div_u64(result->max_ns, NSEC_PER_USEC));
}

static int do_run(const struct command *c)
{
	struct pingpong_result result;
	struct pingpong_link *link;
	enum pingpong_way way;
	u64 first = 0;
	u64 ms = ROUND_MS;
	u64 partner;
	u64 rounds;
	bool all = c->count < 5 || !strcmp(c->words[4], "all");

	if (!command_number(c, 1, U32_MAX, &partner) ||
	    !command_number(c, 2, 10000000, &rounds) ||
	    (!all && !command_number(c, 4, PINGPONG_PORTS_MAX - 1, &first)) ||
	    (c->count > 5 && !command_number(c, 5, WAIT_MS_MAX, &ms)))
		return -EINVAL;
	if (!strcmp(c->words[3], "send"))
		way = PINGPONG_SEND;
	else if (!strcmp(c->words[3], "write"))
		way = PINGPONG_WRITE;
	else
		return command_complain("run: %s: it is send or write", c->words[3]);
	link = pingpong_find((u32)partner);
	if (!link || first >= link->ports)
		return command_complain("run: partner %llu has never been up, or has no port %llu",
					partner, first);
	return say_run(pingpong_run(link, (u32)rounds, way, (u32)first, all ? link->ports : 1,
				    (u32)ms, &result), &result);
}

static int do_stats(const struct command *c)
{
	struct pingpong_link *link = NULL;
	u32 i;

	while ((link = pingpong_next(link)) != NULL) {
		command_add("partner=%u %s errors=%llu refused=%llu busy=%llu\n", link->partner,
			    link->link ? "up" : "down", link->errors, link->refused, link->busy);
		for (i = 0; i < link->ports; i++)
			command_add("partner=%u port=%u pings=%llu pongs=%llu echoed=%llu\n",
				    link->partner, i, link->port[i].pings, link->port[i].pongs,
				    link->port[i].echoed);
	}
	return command_add("violations=%u", violations());
}

static int do_violations(const struct command *c)
{
	return command_say("violations=%u", violations());
}

static const struct command_verb verbs[] = {
	{ "wait", 3, "PARTNER up|down MS", do_wait },
	{ "run", 3, "PARTNER ROUNDS send|write [PORT|all] [MS]", do_run },
	{ "stats", 0, "", do_stats },
	{ "violations", 0, "", do_violations },
};

static const struct command_file file = {
	.name = "ccm_pingpong",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init pingpong_init(void)
{
	int ret;

	if (ports < 1 || ports > PINGPONG_PORTS_MAX) {
		pr_err("ports=%u: 1 to %u are possible\n", ports, PINGPONG_PORTS_MAX);
		return -EINVAL;
	}
	ret = pingpong_register(ports);
	if (!ret)
		command_file_create(&file);
	return ret;
}

static void __exit pingpong_exit(void)
{
	command_file_destroy();
	pingpong_unregister();
}

module_init(pingpong_init);
module_exit(pingpong_exit);

MODULE_DESCRIPTION("Test: a CCM client that plays ping-pong");
MODULE_LICENSE("GPL");
