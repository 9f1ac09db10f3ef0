// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rogue peer: a module that connects to CCM and does what no CCM would. For tests.
 *
 * A command is written to ccm_rogue/run in debugfs; the write returns when it is done,
 * and reading the file gives its result, one line. SLOT is 0 to 15; HEX are bytes
 * ("-" for none); numbers may be hexadecimal with 0x.
 *
 *	connect SLOT ADDRESS PORT HEX [MS [FROM]]	established|rejected|failed|waiting ...
 *	flood SLOT ADDRESS PORT HEX MS HOW [FROM]	asked= established= rejected= failed=:
 *				connects again and again, and closes; HOW, a sum, changes 1:
 *				the attempt, 2: the incarnation; 4: stays as long as it may,
 *				by this slot and three behind it
 *	listen SLOT PORT accept|reject|ignore HEX	listening
 *	next SLOT			takes the next request of a listener that has one: ok
 *	accept SLOT HEX [OWNER]		accepts what was ignored, or next: ok | failed ...; what is
 *				registered for slot OWNER can be reached over this one, too
 *	wait SLOT request|established|disconnected MS	the state, as `state`
 *	state SLOT
 *	send SLOT HEX			ok | failed ...
 *	write SLOT ADDR KEY HEX [WORD]	with immediate WORD
 *	ring SLOT WORD [TIMES]		an empty WRITE with immediate
 *	read SLOT ADDR KEY LEN		ok data=HEX | failed ...
 *	receive SLOT MS			message HEX | immediate WORD | none
 *	memory SLOT			status ADDR KEY mailbox ADDR KEY
 *	poke SLOT OFFSET HEX		into the status region
 *	look SLOT OFFSET LEN		out of the mailbox: ok data=HEX
 *	disconnect SLOT			ok | failed ...
 *	close SLOT			ok
 *
 * A command that makes no sense fails with EINVAL, and the result says why.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../../ccm/compat.h"
#include "../common/command.h"
#include "conn.h"

/* All under command_lock. */
static u8 bytes[PAGE_SIZE];
static struct rogue *rogue;	/* that the command is about */

static const char * const state_names[] = {
	"idle", "listening", "resolving", "resolved", "waiting", "request", "established",
	"rejected", "failed", "disconnected",
};

/* The result of something that was posted. */
static int say_posted(int ret)
{
	if (!ret)
		return command_say("ok");
	if (ret > 0)
		return command_say("failed status=%d (%s)", ret,
				   ib_wc_status_msg((enum ib_wc_status)ret));
	return command_say("failed error=%d", ret);
}

static int say_state(void)
{
	char data[2 * ROGUE_PRIVATE_MAX + 1];

	spin_lock_irq(&rogue->lock);
	*bin2hex(data, rogue->private_data, rogue->private_len) = '\0';
	command_say("%s status=%d data=%s lost=%u event=%s", state_names[rogue->state],
		    rogue->status_code, data, rogue->lost, rdma_event_msg(rogue->event));
	spin_unlock_irq(&rogue->lock);
	return 0;
}

static int do_connect(const struct command *c)
{
	u64 ms = 3000;
	u32 len;
	int ret;

	if (rogue->state != ROGUE_IDLE)
		return command_complain("connect: slot %u is in use: close it", rogue->number);
	if (!command_hex(c, 4, bytes, ROGUE_PRIVATE_MAX, &len))
		return -EINVAL;
	if (c->count > 5 && !command_number(c, 5, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	ret = rogue_connect(rogue, c->words[2], c->words[3], c->count > 6 ? c->words[6] : NULL,
			    bytes, len, (u32)ms);
	if (ret)
		command_say("failed status=%d data= event=none", ret);
	else
		say_state();
	if (ret || rogue->state != ROGUE_ESTABLISHED)
		rogue_close(rogue);
	return 0;
}

static int do_flood(const struct command *c)
{
	struct rogue_aim aim = {
		.address = c->words[2],
		.port = c->words[3],
		.from = c->count > 7 ? c->words[7] : NULL,
		.data = bytes,
	};
	struct rogue_flood flood;
	u64 how;
	u64 ms;

	if (!command_hex(c, 4, bytes, ROGUE_PRIVATE_MAX, &aim.len) ||
	    !command_number(c, 5, ROGUE_WAIT_MAX_MS, &ms) || !command_number(c, 6, 7, &how))
		return -EINVAL;
	if (rogue->number + ROGUE_FLOOD_SLOTS > ROGUE_SLOTS)
		return command_complain("flood: there are not %u slots from %u on",
					ROGUE_FLOOD_SLOTS, rogue->number);
	aim.how = (u32)how;
	rogue_flood(rogue->number, &aim, (u32)ms, &flood);
	return command_say("asked=%u established=%u rejected=%u failed=%u", flood.asked,
			   flood.established, flood.rejected, flood.failed);
}

static int do_next(const struct command *c)
{
	if (rogue->state != ROGUE_IDLE)
		return command_complain("next: slot %u is in use: close it", rogue->number);
	rogue_take_next(rogue);
	return command_say("ok");
}

static int do_accept_after_all(const struct command *c)
{
	u64 owner = 0;
	u32 len;

	if (!command_hex(c, 2, bytes, ROGUE_PRIVATE_MAX, &len))
		return -EINVAL;
	if (c->count > 3 && !command_number(c, 3, ROGUE_SLOTS - 1, &owner))
		return -EINVAL;
	return say_posted(rogue_accept(rogue, c->count > 3 ? rogue_slots[owner] : NULL, bytes,
				       len));
}

static int do_listen(const struct command *c)
{
	enum rogue_answer answer;
	u64 port;
	u32 len;
	int ret;

	if (rogue->state != ROGUE_IDLE)
		return command_complain("listen: slot %u is in use: close it", rogue->number);
	if (!strcmp(c->words[3], "accept"))
		answer = ROGUE_ACCEPT;
	else if (!strcmp(c->words[3], "reject"))
		answer = ROGUE_REJECT;
	else if (!strcmp(c->words[3], "ignore"))
		answer = ROGUE_IGNORE;
	else
		return command_complain("listen: %s: it is accept, reject or ignore", c->words[3]);
	if (!command_number(c, 2, 65535, &port) ||
	    !command_hex(c, 4, bytes, ROGUE_PRIVATE_MAX, &len))
		return -EINVAL;
	ret = rogue_listen(rogue, (u16)port, answer, bytes, len);
	if (!ret)
		return command_say("listening");
	command_say("failed status=%d data= event=none", ret);
	rogue_close(rogue);
	return 0;
}

static int do_wait(const struct command *c)
{
	enum rogue_state state;
	u64 ms;

	if (!strcmp(c->words[2], "request"))
		state = rogue->answer == ROGUE_REJECT ? ROGUE_REJECTED : ROGUE_IGNORING;
	else if (!strcmp(c->words[2], "established"))
		state = ROGUE_ESTABLISHED;
	else if (!strcmp(c->words[2], "disconnected"))
		state = ROGUE_DISCONNECTED;
	else
		return command_complain("wait: %s: it is request, established or disconnected",
					c->words[2]);
	if (!command_number(c, 3, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	rogue_wait(rogue, state, (u32)ms);
	return say_state();
}

static int do_state(const struct command *c)
{
	return say_state();
}

static int do_send(const struct command *c)
{
	u32 len;

	if (!command_hex(c, 2, bytes, PAGE_SIZE, &len))
		return -EINVAL;
	return say_posted(rogue_send(rogue, bytes, len));
}

static int do_write(const struct command *c)
{
	u64 addr;
	u64 key;
	u64 word = 0;
	u32 len;

	if (!command_number(c, 2, U64_MAX, &addr) || !command_number(c, 3, U32_MAX, &key) ||
	    !command_hex(c, 4, bytes, PAGE_SIZE, &len))
		return -EINVAL;
	if (c->count > 5 && !command_number(c, 5, U32_MAX, &word))
		return -EINVAL;
	return say_posted(rogue_write(rogue, addr, (u32)key, bytes, len, c->count > 5,
				      (u32)word));
}

static int do_ring(const struct command *c)
{
	u64 times = 1;
	u64 word;
	int ret = 0;

	if (!command_number(c, 2, U32_MAX, &word))
		return -EINVAL;
	if (c->count > 3 && !command_number(c, 3, 100000, &times))
		return -EINVAL;
	/* until the other side has enough of it */
	for (; times && !ret; times--)
		ret = rogue_write(rogue, 0, 0, NULL, 0, true, (u32)word);
	return say_posted(ret);
}

static int do_read(const struct command *c)
{
	u64 addr;
	u64 key;
	u64 len;
	int ret;

	if (!command_number(c, 2, U64_MAX, &addr) || !command_number(c, 3, U32_MAX, &key) ||
	    !command_number(c, 4, PAGE_SIZE, &len))
		return -EINVAL;
	ret = rogue_read(rogue, addr, (u32)key, (u32)len);
	return ret ? say_posted(ret) : command_say_data("ok data=", rogue->tx, (u32)len);
}

static int do_receive(const struct command *c)
{
	struct rogue_message *message;
	u64 ms;

	if (!command_number(c, 2, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	message = (struct rogue_message *)bytes;
	if (!rogue_receive(rogue, message, (u32)ms))
		return command_say("none");
	if (message->immediate)
		return command_say("immediate %u", message->word);
	return command_say_data("message ", message->data, message->len);
}

static int do_memory(const struct command *c)
{
	int ret = rogue_memory_create(rogue);

	if (ret)
		return say_posted(ret);
	return command_say("status %llu %u mailbox %llu %u", rogue->status.mr->iova,
			   rogue->status.mr->rkey, rogue->mailbox.mr->iova,
			   rogue->mailbox.mr->rkey);
}

static int do_poke(const struct command *c)
{
	u64 offset;
	u32 len;

	if (!command_number(c, 2, U32_MAX, &offset) || !command_hex(c, 3, bytes, PAGE_SIZE, &len))
		return -EINVAL;
	return say_posted(rogue_memory_poke(rogue, (u32)offset, bytes, len));
}

static int do_look(const struct command *c)
{
	u64 offset;
	u64 len;
	int ret;

	if (!command_number(c, 2, U32_MAX, &offset) || !command_number(c, 3, PAGE_SIZE, &len))
		return -EINVAL;
	ret = rogue_memory_look(rogue, (u32)offset, bytes, (u32)len);
	return ret ? say_posted(ret) : command_say_data("ok data=", bytes, (u32)len);
}

static int do_disconnect(const struct command *c)
{
	if (!rogue->id)
		return command_complain("disconnect: slot %u has no connection", rogue->number);
	return say_posted(rogue_disconnect(rogue));
}

static int do_close(const struct command *c)
{
	rogue_close(rogue);
	return command_say("ok");
}

static const struct command_verb verbs[] = {
	{ "connect", 4, "SLOT ADDRESS PORT HEX [MS [FROM]]", do_connect },
	{ "flood", 6, "SLOT ADDRESS PORT HEX MS HOW [FROM]", do_flood },
	{ "next", 1, "SLOT", do_next },
	{ "accept", 2, "SLOT HEX [OWNER]", do_accept_after_all },
	{ "listen", 4, "SLOT PORT accept|reject|ignore HEX", do_listen },
	{ "wait", 3, "SLOT request|established|disconnected MS", do_wait },
	{ "state", 1, "SLOT", do_state },
	{ "send", 2, "SLOT HEX", do_send },
	{ "write", 4, "SLOT ADDR KEY HEX [WORD]", do_write },
	{ "ring", 2, "SLOT WORD [TIMES]", do_ring },
	{ "read", 4, "SLOT ADDR KEY LEN", do_read },
	{ "receive", 2, "SLOT MS", do_receive },
	{ "memory", 1, "SLOT", do_memory },
	{ "poke", 3, "SLOT OFFSET HEX", do_poke },
	{ "look", 3, "SLOT OFFSET LEN", do_look },
	{ "disconnect", 1, "SLOT", do_disconnect },
	{ "close", 1, "SLOT", do_close },
};

/* Every command is about a slot. */
static int find_slot(const struct command *c)
{
	u64 slot;

	if (!command_number(c, 1, ROGUE_SLOTS - 1, &slot))
		return -EINVAL;
	rogue = rogue_slots[slot];
	return 0;
}

static const struct command_file file = {
	.name = "ccm_rogue",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
	.prepare = find_slot,
};

static int __init rogue_init(void)
{
	int ret;

	BUILD_BUG_ON(sizeof(struct rogue_message) > sizeof(bytes));

	ret = rogue_slots_create();
	if (ret)
		return ret;
	command_file_create(&file);
	return 0;
}

static void __exit rogue_exit(void)
{
	command_file_destroy();
	rogue_slots_destroy();
}

module_init(rogue_init);
module_exit(rogue_exit);

MODULE_DESCRIPTION("Test: a peer of CCM that does not keep to the protocol");
MODULE_LICENSE("GPL");
