// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients that use CCM as hard as its kernel API allows, and check everything. For tests.
 *
 * A command is written to ccm_pattern/run in debugfs, and reading the file gives its
 * result (common/command.h). PARTNER is a node id, numbers may be hexadecimal with 0x, SEED
 * stands for a pattern. Results "failed ..." are what CCM said.
 *
 *	register NAME PORTS_MIN PORTS_MAX ASK GIVE [idle|load [OP_MS]]	under load at once, but
 *					for idle
 *	unregister NAME|all		ok ms=MS (the longest)
 *	load NAME|all on|off		off: returns when nothing is in flight any more
 *	wait NAME PARTNER up|down MS	ok | failed timeout
 *	fill [local|remote] NAME PARTNER SEED		local: by the CPU, also after down
 *	verify local|remote NAME PARTNER SEED		ok | wrong at=OFFSET | failed ...
 *	write NAME PARTNER OFFSET HEX	WRITE into the region on the partner
 *	read NAME PARTNER OFFSET LEN	READ from it: ok data=HEX
 *	look NAME PARTNER OFFSET LEN	the local region, also after down: ok data=HEX
 *	large NAME PARTNER LEN SEED	READ so much of the region in one operation, compare
 *	link NAME PARTNER		state= reason= of ccm_link_state(); if up, more
 *	reset NAME PARTNER		ccm_link_reset()
 *	decline NAME COUNT		ready() returns an error, COUNT times
 *	stick NAME on|down|off		ready() does not return; down() does not
 *	why NAME PARTNER		down= the reason of the last down(); state= reason= of
 *					ccm_link_state() in it, partner= its state then
 *	misuse NAME PARTNER		operations that make no sense: ok, each is refused; wrong
 *					at=N: the Nth, from 0, is not, or for another reason
 *	deep NAME PARTNER		WRITEs until one is refused: ok posted=N error=E
 *	took				us=MICROSECONDS of the last fill, verify, write or read
 *	note NAME PARTNER WORD		as the client's note
 *	stats NAME|all			a line for each client and partner, then the sum
 *	churn SECONDS SEED		16 clients register and leave at random, under load
 *	violations			violations=N
 *
 * A command that makes no sense fails with EINVAL, and the result says why.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "../common/command.h"
#include "../common/violation.h"
#include "pattern.h"

#define SYNC_MS		3000U
#define WAIT_MS_MAX	120000U

unsigned int pattern_depth = 4;
module_param_named(depth, pattern_depth, uint, 0444);
MODULE_PARM_DESC(depth, "operations in flight for each client and partner, 1 to 64 (4)");

unsigned int pattern_size = 16384;
module_param_named(size, pattern_size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of the largest operation of the load, 256 to 65536 (16384)");

unsigned int pattern_pace_ms;
module_param_named(pace_ms, pattern_pace_ms, uint, 0644);
MODULE_PARM_DESC(pace_ms, "milliseconds between a completion and what follows it (0)");

bool pattern_early;
module_param_named(early, pattern_early, bool, 0644);
MODULE_PARM_DESC(early, "operations are CCM_OP_EARLY (no)");

struct workqueue_struct *pattern_wq;

/* Under command_lock */
static u8 bytes[CCM_COPY_MAX];
static ktime_t began;
static s64 took_us;

static struct pattern_client *find(const struct command *c, unsigned int index)
{
	struct pattern_client *client = pattern_find(c->words[index]);

	if (!client)
		command_complain("%s: no client %s is registered here", c->words[0],
				 c->words[index]);
	return client;
}

/* Words INDEX and INDEX + 1 name client and partner. */
static struct pattern_link *find_link(const struct command *c, unsigned int index)
{
	struct pattern_client *client = find(c, index);
	struct pattern_link *link;
	u64 partner;

	if (!client || !command_number(c, index + 1, U32_MAX, &partner))
		return NULL;
	link = pattern_find_link(client, (u32)partner);
	if (!link)
		command_complain("%s: CCM has not spoken of partner %llu", c->words[0], partner);
	return link;
}

static int say_result(int ret, u64 wrong)
{
	if (!ret)
		return command_say("ok");
	if (ret == -EBADMSG)
		return command_say("wrong at=%llu", wrong);
	return command_say("failed error=%d", ret);
}

static int do_register(const struct command *c)
{
	struct pattern_client *client;
	u64 ports_min;
	u64 ports_max;
	u64 ask;
	u64 give;
	u64 op_ms = 0;
	bool idle = c->count > 6 && !strcmp(c->words[6], "idle");

	if (strlen(c->words[1]) >= CCM_CLIENT_NAME_LEN)
		return command_complain("register: %s: a name has at most %u characters",
					c->words[1], CCM_CLIENT_NAME_LEN - 1);
	if (!command_number(c, 2, U16_MAX, &ports_min) ||
	    !command_number(c, 3, U16_MAX, &ports_max) ||
	    !command_number(c, 4, U64_MAX, &ask) || !command_number(c, 5, U64_MAX, &give) ||
	    (c->count > 7 && !command_number(c, 7, U32_MAX, &op_ms)))
		return -EINVAL;
	client = pattern_register(c->words[1], (u16)ports_min, (u16)ports_max, ask, give,
				  (u32)op_ms, !idle);
	return say_result(PTR_ERR_OR_ZERO(client), 0);
}

static u32 unregister_all(void)
{
	struct pattern_client *client;
	struct pattern_client *next;
	u32 longest = 0;

	list_for_each_entry_safe(client, next, &pattern_clients, entry)
		longest = max(longest, pattern_unregister(client));
	return longest;
}

static int do_unregister(const struct command *c)
{
	struct pattern_client *client;

	if (!strcmp(c->words[1], "all"))
		return command_say("ok ms=%u", unregister_all());
	client = find(c, 1);
	return client ? command_say("ok ms=%u", pattern_unregister(client)) : -EINVAL;
}

/* Links are only added at the end, and stay. */
static struct pattern_link *next_link(struct pattern_client *client, struct pattern_link *link)
{
	struct list_head *next;

	spin_lock_bh(&client->links_lock);
	next = link ? link->entry.next : client->links.next;
	spin_unlock_bh(&client->links_lock);
	return next == &client->links ? NULL : list_entry(next, struct pattern_link, entry);
}

static int set_load(struct pattern_client *client, bool on)
{
	struct pattern_link *link = NULL;

	/* What lies in the region by now is not what the load has left there. */
	while (on && (link = next_link(client, link)) != NULL)
		pattern_load_forget(link);
	WRITE_ONCE(client->load, on);
	while ((link = next_link(client, link)) != NULL) {
		pattern_load_kick(link);
		/* A WRITE is followed by a READ: both, and what is woken by it, are over then. */
		if (!on && !wait_event_timeout(link->idle, pattern_load_idle(link),
					       msecs_to_jiffies(PATTERN_WAIT_MS)))
			return command_complain("load: %s, partner %u: does not come to an end",
						client->name, link->partner);
	}
	return 0;
}

static int do_load(const struct command *c)
{
	struct pattern_client *client;
	bool on = !strcmp(c->words[2], "on");
	int ret = 0;

	if (!on && strcmp(c->words[2], "off"))
		return command_complain("load: %s: it is on or off", c->words[2]);
	if (strcmp(c->words[1], "all")) {
		client = find(c, 1);
		return client ? set_load(client, on) : -EINVAL;
	}
	list_for_each_entry(client, &pattern_clients, entry)
		if (!ret)
			ret = set_load(client, on);
	return ret;
}

static int do_wait(const struct command *c)
{
	struct pattern_client *client = find(c, 1);
	struct pattern_link *link;
	bool up = !strcmp(c->words[3], "up");
	u64 partner;
	u64 ms;

	if (!client || !command_number(c, 2, U32_MAX, &partner) ||
	    !command_number(c, 4, WAIT_MS_MAX, &ms))
		return -EINVAL;
	if (!up && strcmp(c->words[3], "down"))
		return command_complain("wait: %s: it is up or down", c->words[3]);
	wait_event_interruptible_timeout(client->changed,
					 pattern_is_up(client, (u32)partner) == up,
					 msecs_to_jiffies((unsigned int)ms));
	link = pattern_find_link(client, (u32)partner);
	if (pattern_is_up(client, (u32)partner) != up)
		return command_say("failed timeout");
	return command_say("ok ports=%u region=%llu partner_region=%llu", link ? link->ports : 0,
			   link ? link->region_size : 0, link ? link->partner_size : 0);
}

/* RET is what was done since @began led to. */
static int end(int ret)
{
	took_us = ktime_us_delta(ktime_get(), began);
	return ret;
}

/* [local|remote] NAME PARTNER SEED; local if it is not said */
static int whole_region(const struct command *c, int (*local)(struct pattern_link *link, u64 seed,
							      u64 *wrong),
			int (*remote)(struct pattern_link *link, u64 seed, u64 *wrong))
{
	bool is_remote = !strcmp(c->words[1], "remote");
	unsigned int at = is_remote || !strcmp(c->words[1], "local") ? 2 : 1;
	struct pattern_link *link;
	u64 wrong = 0;
	u64 seed;
	int ret;

	if (c->count < at + 3)
		return command_complain("%s [local|remote] NAME PARTNER SEED", c->words[0]);
	link = find_link(c, at);
	if (!link || !command_number(c, at + 2, U64_MAX, &seed))
		return -EINVAL;
	began = ktime_get();
	ret = end(is_remote ? remote(link, seed, &wrong) : local(link, seed, &wrong));
	return say_result(ret, wrong);
}

static int do_fill(const struct command *c)
{
	return whole_region(c, pattern_fill_local, pattern_fill_remote);
}

static int do_verify(const struct command *c)
{
	return whole_region(c, pattern_verify_local, pattern_verify_remote);
}

static int do_write(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);
	int ret = -ENOTCONN;
	u64 offset;
	u32 len;

	if (!link || !command_number(c, 3, U64_MAX, &offset) ||
	    !command_hex(c, 4, bytes, sizeof(bytes), &len))
		return -EINVAL;
	mutex_lock(&link->lock);
	began = ktime_get();
	if (link->up)
		ret = end(ccm_write_sync(ccm_link_port(link->link, 0), bytes, len, offset,
					 SYNC_MS));
	mutex_unlock(&link->lock);
	return say_result(ret, 0);
}

/* NAME PARTNER OFFSET LEN */
static struct pattern_link *find_range(const struct command *c, u64 *offset, u64 *len)
{
	struct pattern_link *link = find_link(c, 1);

	if (!link || !command_number(c, 3, U64_MAX, offset) ||
	    !command_number(c, 4, sizeof(bytes), len))
		return NULL;
	return link;
}

static int do_read(const struct command *c)
{
	struct pattern_link *link;
	int ret = -ENOTCONN;
	u64 offset;
	u64 len;

	link = find_range(c, &offset, &len);
	if (!link)
		return -EINVAL;
	mutex_lock(&link->lock);
	began = ktime_get();
	if (link->up)
		ret = end(ccm_read_sync(ccm_link_port(link->link, 0), bytes, (size_t)len, offset,
					SYNC_MS));
	mutex_unlock(&link->lock);
	return ret ? say_result(ret, 0) : command_say_data("ok data=", bytes, (u32)len);
}

static int do_look(const struct command *c)
{
	struct pattern_link *link;
	int ret = -ERANGE;
	u64 offset;
	u64 len;

	link = find_range(c, &offset, &len);
	if (!link)
		return -EINVAL;
	mutex_lock(&link->lock);
	if (link->region && offset <= link->region_size && len <= link->region_size - offset) {
		if (link->up)
			ccm_link_region_sync(link->link, offset, len, true);
		memcpy(bytes, link->region + offset, (size_t)len);
		ret = 0;
	}
	mutex_unlock(&link->lock);
	return ret ? say_result(ret, 0) : command_say_data("ok data=", bytes, (u32)len);
}

static int do_large(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);
	u64 wrong = 0;
	u64 seed;
	u64 len;

	if (!link || !command_number(c, 3, CCM_BUFFER_MAX, &len) ||
	    !command_number(c, 4, U64_MAX, &seed))
		return -EINVAL;
	return say_result(pattern_read_large(link, (u32)len, seed, &wrong), wrong);
}

/* Also of a partner that CCM has not spoken of */
static int do_link(const struct command *c)
{
	struct pattern_client *client = find(c, 1);
	struct pattern_link *link;
	u64 partner;
	u32 reason;
	u32 state;
	int ret;

	if (!client || !command_number(c, 2, U32_MAX, &partner))
		return -EINVAL;
	ret = ccm_link_state(client->client, (u32)partner, &state, &reason);
	if (ret)
		return say_result(ret, 0);
	command_add("state=%s reason=%s", ccm_client_state_name(state),
		    ccm_client_reason_name(reason));
	link = pattern_find_link(client, (u32)partner);
	if (!link)
		return 0;
	mutex_lock(&link->lock);
	if (link->up)
		command_add(" features=%u buffer_max=%u", ccm_link_features(link->link),
			    ccm_link_buffer_max(link->link));
	mutex_unlock(&link->lock);
	return 0;
}

static int do_reset(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);
	int ret = -ENOTCONN;

	if (!link)
		return -EINVAL;
	mutex_lock(&link->lock);
	if (link->up) {
		ccm_link_reset(link->link);
		ret = 0;
	}
	mutex_unlock(&link->lock);
	return say_result(ret, 0);
}

static int do_decline(const struct command *c)
{
	struct pattern_client *client = find(c, 1);
	u64 count;

	if (!client || !command_number(c, 2, U32_MAX, &count))
		return -EINVAL;
	WRITE_ONCE(client->decline, (u32)count);
	return 0;
}

static int do_stick(const struct command *c)
{
	struct pattern_client *client = find(c, 1);

	if (!client)
		return -EINVAL;
	WRITE_ONCE(client->stuck, !strcmp(c->words[2], "on"));
	WRITE_ONCE(client->stuck_down, !strcmp(c->words[2], "down"));
	wake_up_all(&client->changed);
	return 0;
}

static int do_why(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);

	if (!link)
		return -EINVAL;
	mutex_lock(&link->lock);
	command_say("down=%s state=%s reason=%s partner=%s",
		    ccm_partner_reason_name(link->down_reason),
		    ccm_client_state_name(link->down_state),
		    ccm_client_reason_name(link->down_why),
		    ccm_partner_state_name(link->down_partner.state));
	mutex_unlock(&link->lock);
	return 0;
}

static int do_misuse(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);
	u64 wrong = 0;

	if (!link)
		return -EINVAL;
	return say_result(pattern_misuse(link, &wrong), wrong);
}

static int do_deep(const struct command *c)
{
	struct pattern_link *link = find_link(c, 1);
	u32 posted = 0;
	int ret;

	if (!link)
		return -EINVAL;
	ret = pattern_deep(link, &posted);
	return command_say("ok posted=%u error=%d", posted, ret);
}

static int do_took(const struct command *c)
{
	return command_say("us=%lld", took_us);
}

static int do_note(const struct command *c)
{
	struct pattern_client *client = find(c, 1);
	u64 partner;

	if (!client || !command_number(c, 2, U32_MAX, &partner))
		return -EINVAL;
	return say_result(ccm_client_note(client->client, (u32)partner, c->words[3]), 0);
}

static void say_counts(const struct pattern_counts *k)
{
	command_add(" writes=%llu rings=%llu reads=%llu verified=%llu sends=%llu bytes=%llu",
		    k->writes, k->rings, k->reads, k->verified, k->sends, k->bytes);
	command_add(" errors=%llu late=%llu lost=%llu refused=%llu rung=%llu received=%llu",
		    k->errors, k->late, k->lost, k->refused, k->rung, k->received);
}

static void add_counts(struct pattern_counts *sum, const struct pattern_counts *k)
{
	sum->writes += k->writes;
	sum->rings += k->rings;
	sum->reads += k->reads;
	sum->verified += k->verified;
	sum->sends += k->sends;
	sum->bytes += k->bytes;
	sum->errors += k->errors;
	sum->late += k->late;
	sum->lost += k->lost;
	sum->refused += k->refused;
	sum->rung += k->rung;
	sum->received += k->received;
}

static void say_client(struct pattern_client *client, struct pattern_counts *sum)
{
	struct pattern_link *link = NULL;

	while ((link = next_link(client, link)) != NULL) {
		command_add("%s partner=%u %s", client->name, link->partner,
			    link->up ? "up" : "down");
		say_counts(&link->counts);
		command_add("\n");
		add_counts(sum, &link->counts);
	}
}

static int do_stats(const struct command *c)
{
	struct pattern_counts sum = {};
	struct pattern_client *client;
	bool all = !strcmp(c->words[1], "all");
	u64 declined = 0;
	u64 releases = 0;
	u64 readies = 0;
	u64 downs = 0;

	if (!all && !find(c, 1))
		return -EINVAL;
	list_for_each_entry(client, &pattern_clients, entry) {
		if (!all && strcmp(client->name, c->words[1]))
			continue;
		say_client(client, &sum);
		declined += client->declined;
		releases += client->releases;
		readies += client->readies;
		downs += client->downs;
	}
	command_add("sum readies=%llu downs=%llu declined=%llu releases=%llu violations=%u",
		    readies, downs, declined, releases, violations());
	say_counts(&sum);
	return 0;
}

static int do_churn(const struct command *c)
{
	u64 seconds;
	u64 seed;

	if (!command_number(c, 1, 3600, &seconds) || !command_number(c, 2, U64_MAX, &seed))
		return -EINVAL;
	return pattern_churn((u32)seconds, seed);
}

static int do_violations(const struct command *c)
{
	return command_say("violations=%u", violations());
}

static const struct command_verb verbs[] = {
	{ "register", 5, "NAME PORTS_MIN PORTS_MAX ASK GIVE [idle|load [OP_MS]]", do_register },
	{ "unregister", 1, "NAME|all", do_unregister },
	{ "load", 2, "NAME|all on|off", do_load },
	{ "wait", 4, "NAME PARTNER up|down MS", do_wait },
	{ "fill", 3, "[local|remote] NAME PARTNER SEED", do_fill },
	{ "verify", 4, "local|remote NAME PARTNER SEED", do_verify },
	{ "write", 4, "NAME PARTNER OFFSET HEX", do_write },
	{ "read", 4, "NAME PARTNER OFFSET LEN", do_read },
	{ "look", 4, "NAME PARTNER OFFSET LEN", do_look },
	{ "large", 4, "NAME PARTNER LEN SEED", do_large },
	{ "link", 2, "NAME PARTNER", do_link },
	{ "reset", 2, "NAME PARTNER", do_reset },
	{ "decline", 2, "NAME COUNT", do_decline },
	{ "stick", 2, "NAME on|down|off", do_stick },
	{ "why", 2, "NAME PARTNER", do_why },
	{ "misuse", 2, "NAME PARTNER", do_misuse },
	{ "deep", 2, "NAME PARTNER", do_deep },
	{ "took", 0, "", do_took },
	{ "note", 3, "NAME PARTNER WORD", do_note },
	{ "stats", 1, "NAME|all", do_stats },
	{ "churn", 2, "SECONDS SEED", do_churn },
	{ "violations", 0, "", do_violations },
};

static const struct command_file file = {
	.name = "ccm_pattern",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init pattern_init(void)
{
	if (pattern_depth < 1 || pattern_depth > PATTERN_DEPTH_MAX || pattern_size < 256 ||
	    pattern_size > PATTERN_SIZE_MAX) {
		pr_err("depth is 1 to %u, size 256 to %u\n", PATTERN_DEPTH_MAX, PATTERN_SIZE_MAX);
		return -EINVAL;
	}
	pattern_wq = alloc_workqueue("ccm_pattern", WQ_UNBOUND, 0);
	if (!pattern_wq)
		return -ENOMEM;
	command_file_create(&file);
	return 0;
}

static void __exit pattern_exit(void)
{
	command_file_destroy();
	unregister_all();
	destroy_workqueue(pattern_wq);
}

module_init(pattern_init);
module_exit(pattern_exit);

MODULE_DESCRIPTION("Test: CCM clients that put load on it and check its promises");
MODULE_LICENSE("GPL");
