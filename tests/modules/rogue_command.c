// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rogue peer: a module that connects to CCM and does what no CCM would. For tests.
 *
 * A command is written to ccm_rogue/run in debugfs; the write returns when it is done,
 * and reading the file gives its result, one line. SLOT is 0 to 15; HEX are bytes
 * ("-" for none); numbers may be hexadecimal with 0x.
 *
 *	connect SLOT ADDRESS PORT HEX [MS]	established|rejected|failed|waiting ...
 *	listen SLOT PORT accept|reject|ignore HEX	listening
 *	wait SLOT request|established|disconnected MS	the state, as `state`
 *	state SLOT
 *	send SLOT HEX			ok | failed ...
 *	write SLOT ADDR KEY HEX [WORD]	with immediate WORD
 *	ring SLOT WORD			an empty WRITE with immediate
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

#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rogue_conn.h"

#define LINE_MAX_LEN	9000U	/* a page in hex, and the command */
#define WORDS_MAX	8U

static struct dentry *directory;

/* All under rogue_lock. */
static char result[LINE_MAX_LEN];
static u8 bytes[PAGE_SIZE];

struct command {
	char *words[WORDS_MAX];
	unsigned int count;
	struct rogue *rogue;
};

static const char * const state_names[] = {
	"idle", "listening", "resolving", "resolved", "waiting", "request", "established",
	"rejected", "failed", "disconnected",
};

static __printf(1, 2) int say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result, sizeof(result), format, args);
	va_end(args);
	return 0;
}

static __printf(1, 2) int complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result, sizeof(result), format, args);
	va_end(args);
	return -EINVAL;
}

/* The result of something that was posted. */
static int say_posted(int ret)
{
	if (!ret)
		return say("ok");
	if (ret > 0)
		return say("failed status=%d (%s)", ret, ib_wc_status_msg((enum ib_wc_status)ret));
	return say("failed error=%d", ret);
}

static int say_bytes(const char *what, const u8 *data, u32 len)
{
	return say("%s%*phN", what, (int)min(len, 64U), data);
}

/* %*ph prints 64 bytes at most. */
static int say_data(const u8 *data, u32 len)
{
	size_t at;

	if (len <= 64)
		return say_bytes("ok data=", data, len);
	say("ok data=");
	at = strlen(result);
	*bin2hex(result + at, data, len) = '\0';
	return 0;
}

static int say_state(struct rogue *rogue)
{
	char data[2 * ROGUE_PRIVATE_MAX + 1];

	spin_lock_irq(&rogue->lock);
	*bin2hex(data, rogue->private_data, rogue->private_len) = '\0';
	say("%s status=%d data=%s lost=%u event=%s", state_names[rogue->state],
	    rogue->status_code, data, rogue->lost, rdma_event_msg(rogue->event));
	spin_unlock_irq(&rogue->lock);
	return 0;
}

static bool number(const struct command *c, unsigned int index, u64 max, u64 *value)
{
	if (index < c->count && !kstrtou64(c->words[index], 0, value) && *value <= max)
		return true;
	complain("%s: word %u: a number from 0 to %llu is wanted", c->words[0], index, max);
	return false;
}

/* Into bytes[]. */
static bool hex(const struct command *c, unsigned int index, u32 max, u32 *len)
{
	const char *text = index < c->count ? c->words[index] : "";

	*len = 0;
	if (!strcmp(text, "-"))
		return true;
	*len = (u32)strlen(text) / 2;
	if (*text && strlen(text) % 2 == 0 && *len <= max && !hex2bin(bytes, text, *len))
		return true;
	complain("%s: word %u: up to %u bytes in hex are wanted, or -", c->words[0], index, max);
	return false;
}

static int do_connect(const struct command *c)
{
	struct rogue *rogue = c->rogue;
	u64 ms = 3000;
	u32 len;
	int ret;

	if (rogue->state != ROGUE_IDLE)
		return complain("connect: slot %u is in use: close it", rogue->number);
	if (c->count < 5)
		return complain("connect SLOT ADDRESS PORT HEX [MS]");
	if (!hex(c, 4, ROGUE_PRIVATE_MAX, &len))
		return -EINVAL;
	if (c->count > 5 && !number(c, 5, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	ret = rogue_connect(rogue, c->words[2], c->words[3], bytes, len, (u32)ms);
	if (ret)
		say("failed status=%d data= event=none", ret);
	else
		say_state(rogue);
	if (ret || rogue->state != ROGUE_ESTABLISHED)
		rogue_close(rogue);
	return 0;
}

static int do_listen(const struct command *c)
{
	struct rogue *rogue = c->rogue;
	enum rogue_answer answer;
	u64 port;
	u32 len;
	int ret;

	if (rogue->state != ROGUE_IDLE)
		return complain("listen: slot %u is in use: close it", rogue->number);
	if (c->count < 5)
		return complain("listen SLOT PORT accept|reject|ignore HEX");
	if (!strcmp(c->words[3], "accept"))
		answer = ROGUE_ACCEPT;
	else if (!strcmp(c->words[3], "reject"))
		answer = ROGUE_REJECT;
	else if (!strcmp(c->words[3], "ignore"))
		answer = ROGUE_IGNORE;
	else
		return complain("listen: %s: it is accept, reject or ignore", c->words[3]);
	if (!number(c, 2, 65535, &port) || !hex(c, 4, ROGUE_PRIVATE_MAX, &len))
		return -EINVAL;
	ret = rogue_listen(rogue, (u16)port, answer, bytes, len);
	if (!ret)
		return say("listening");
	say("failed status=%d data= event=none", ret);
	rogue_close(rogue);
	return 0;
}

static int do_wait(const struct command *c)
{
	enum rogue_state state;
	u64 ms;

	if (c->count < 4)
		return complain("wait SLOT request|established|disconnected MS");
	if (!strcmp(c->words[2], "request"))
		state = c->rogue->answer == ROGUE_REJECT ? ROGUE_REJECTED : ROGUE_IGNORING;
	else if (!strcmp(c->words[2], "established"))
		state = ROGUE_ESTABLISHED;
	else if (!strcmp(c->words[2], "disconnected"))
		state = ROGUE_DISCONNECTED;
	else
		return complain("wait: %s: it is request, established or disconnected",
				c->words[2]);
	if (!number(c, 3, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	rogue_wait(c->rogue, state, (u32)ms);
	return say_state(c->rogue);
}

static int do_state(const struct command *c)
{
	return say_state(c->rogue);
}

static int do_send(const struct command *c)
{
	u32 len;

	if (!hex(c, 2, PAGE_SIZE, &len))
		return -EINVAL;
	return say_posted(rogue_send(c->rogue, bytes, len));
}

static int do_write(const struct command *c)
{
	u64 addr;
	u64 key;
	u64 word = 0;
	u32 len;

	if (!number(c, 2, U64_MAX, &addr) || !number(c, 3, U32_MAX, &key) ||
	    !hex(c, 4, PAGE_SIZE, &len))
		return -EINVAL;
	if (c->count > 5 && !number(c, 5, U32_MAX, &word))
		return -EINVAL;
	return say_posted(rogue_write(c->rogue, addr, (u32)key, bytes, len, c->count > 5,
				      (u32)word));
}

static int do_ring(const struct command *c)
{
	u64 word;

	if (!number(c, 2, U32_MAX, &word))
		return -EINVAL;
	return say_posted(rogue_write(c->rogue, 0, 0, NULL, 0, true, (u32)word));
}

static int do_read(const struct command *c)
{
	u64 addr;
	u64 key;
	u64 len;
	int ret;

	if (!number(c, 2, U64_MAX, &addr) || !number(c, 3, U32_MAX, &key) ||
	    !number(c, 4, PAGE_SIZE, &len))
		return -EINVAL;
	ret = rogue_read(c->rogue, addr, (u32)key, (u32)len);
	return ret ? say_posted(ret) : say_data(c->rogue->tx, (u32)len);
}

static int do_receive(const struct command *c)
{
	struct rogue_message *message;
	u64 ms;

	if (!number(c, 2, ROGUE_WAIT_MAX_MS, &ms))
		return -EINVAL;
	message = (struct rogue_message *)bytes;
	if (!rogue_receive(c->rogue, message, (u32)ms))
		return say("none");
	if (message->immediate)
		return say("immediate %u", message->word);
	say("message ");
	*bin2hex(result + strlen(result), message->data, message->len) = '\0';
	return 0;
}

static int do_memory(const struct command *c)
{
	int ret = rogue_memory_create(c->rogue);

	if (ret)
		return say_posted(ret);
	return say("status %llu %u mailbox %llu %u", c->rogue->status.mr->iova,
		   c->rogue->status.mr->rkey, c->rogue->mailbox.mr->iova,
		   c->rogue->mailbox.mr->rkey);
}

static int do_poke(const struct command *c)
{
	u64 offset;
	u32 len;

	if (!number(c, 2, U32_MAX, &offset) || !hex(c, 3, PAGE_SIZE, &len))
		return -EINVAL;
	return say_posted(rogue_memory_poke(c->rogue, (u32)offset, bytes, len));
}

static int do_look(const struct command *c)
{
	u64 offset;
	u64 len;
	int ret;

	if (!number(c, 2, U32_MAX, &offset) || !number(c, 3, PAGE_SIZE, &len))
		return -EINVAL;
	ret = rogue_memory_look(c->rogue, (u32)offset, bytes, (u32)len);
	return ret ? say_posted(ret) : say_data(bytes, (u32)len);
}

static int do_disconnect(const struct command *c)
{
	if (!c->rogue->id)
		return complain("disconnect: slot %u has no connection", c->rogue->number);
	return say_posted(rogue_disconnect(c->rogue));
}

static int do_close(const struct command *c)
{
	rogue_close(c->rogue);
	return say("ok");
}

static const struct verb {
	const char *name;
	int (*run)(const struct command *c);
} verbs[] = {
	{ "connect", do_connect },
	{ "listen", do_listen },
	{ "wait", do_wait },
	{ "state", do_state },
	{ "send", do_send },
	{ "write", do_write },
	{ "ring", do_ring },
	{ "read", do_read },
	{ "receive", do_receive },
	{ "memory", do_memory },
	{ "poke", do_poke },
	{ "look", do_look },
	{ "disconnect", do_disconnect },
	{ "close", do_close },
};

static int run_line(char *line)
{
	struct command c = {};
	unsigned int i;
	char *word;
	u64 slot;

	while ((word = strsep(&line, " \t\n")) != NULL) {
		if (!*word)
			continue;
		if (c.count == WORDS_MAX)
			return complain("too many words");
		c.words[c.count++] = word;
	}
	if (!c.count)
		return complain("no command");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(c.words[0], verbs[i].name))
			break;
	if (i == ARRAY_SIZE(verbs))
		return complain("%s: no such command", c.words[0]);
	if (!number(&c, 1, ROGUE_SLOTS - 1, &slot))
		return -EINVAL;
	c.rogue = rogue_slots[slot];
	return verbs[i].run(&c);
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char *line;
	int ret;

	if (size >= LINE_MAX_LEN)
		return -E2BIG;
	line = (char *)memdup_user_nul(buf, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&rogue_lock);
	ret = run_line(line);
	mutex_unlock(&rogue_lock);
	kfree(line);
	return ret ? ret : (ssize_t)size;
}

static int run_show(struct seq_file *m, void *unused)
{
	mutex_lock(&rogue_lock);
	seq_printf(m, "%s\n", result);
	mutex_unlock(&rogue_lock);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.llseek = seq_lseek,
	.read = seq_read,
	.write = run_write,
	.open = run_open,
	.release = single_release,
};

static int __init rogue_init(void)
{
	int ret;

	BUILD_BUG_ON(sizeof(struct rogue_message) > sizeof(bytes));

	ret = rogue_slots_create();
	if (ret)
		return ret;
	directory = debugfs_create_dir("ccm_rogue", NULL);
	debugfs_create_file("run", 0600, directory, NULL, &run_fops);
	return 0;
}

static void __exit rogue_exit(void)
{
	debugfs_remove_recursive(directory);
	rogue_slots_destroy();
}

module_init(rogue_init);
module_exit(rogue_exit);

MODULE_DESCRIPTION("Test: a peer of CCM that does not keep to the protocol");
MODULE_LICENSE("GPL");
