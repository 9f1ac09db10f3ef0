// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes calls of rdma_ccm.ko and ccm_fm.ko fail, each by its name, when these were built for it
 * (calls.h). What the kernel's own fault injection cannot: to fail what is called
 * in a work item or a completion, one exact call and nothing of the callee's.
 *
 * A command is written to ccm_failing/run in debugfs, and reading the file gives its
 * result (common/command.h).
 *
 *	fail SITE SKIP MS	of the calls of SITE from now on SKIP go well, the next one
 *				fails, and all others within MS milliseconds after that
 *	armed			a line "SITE FAILED" for each that is to fail: how often it has
 *	off			the same, and none fails any more
 *	delay FUNCTION MS	each call of a function with failing_end() (calls.h) takes MS
 *				milliseconds longer, or until this is taken back
 *	refuse FUNCTION TIMES	the next TIMES calls say that they have failed
 *	ends			a line "FUNCTION CALLS" for each of these functions
 *	crash-kernel		the kernel is one from now on
 *	sites			a line "SITE CALLS" for each that has been called since this
 *				module was loaded
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../common/command.h"
#include "failing.h"

#define SITES_MAX	160U
#define NAME_LEN	64U
#define SKIP_MAX	1000000U
#define MS_MAX		60000U

/**
 * struct record - a site; outlives the module that the site is in
 * @name: of the site
 * @calls: of it
 * @armed: whether it is to fail
 * @skip: calls that go well first
 * @ms: how long the others fail, from the first that does
 * @failed: calls since it was armed
 * @until: in jiffies, when @failed is not 0
 */
struct record {
	char name[NAME_LEN];
	u64 calls;
	bool armed;
	u64 skip;
	unsigned int ms;
	u64 failed;
	unsigned long until;
};

static DEFINE_SPINLOCK(lock);	/* protects both */
static struct record records[SITES_MAX];
static u32 record_count;

/* Under the lock. NULL: there are too many */
static struct record *find_record(const char *name)
{
	u32 i;

	for (i = 0; i < record_count; i++)
		if (!strcmp(records[i].name, name))
			return &records[i];
	if (i == SITES_MAX)
		return NULL;
	record_count++;
	strscpy(records[i].name, name, sizeof(records[i].name));
	return &records[i];
}

/* Under the lock */
static struct record *record_of(struct failing_site *site)
{
	struct record *record;

	if (site->number)
		return &records[site->number - 1];
	record = find_record(site->name + strlen(FAILING_MARK));
	if (record)
		site->number = (u32)(record - records) + 1;
	return record;
}

/* Under the lock: an armed site is called. */
static bool fails_now(struct record *record)
{
	if (record->skip) {
		record->skip--;
		return false;
	}
	if (!record->failed)
		record->until = jiffies + msecs_to_jiffies(record->ms);
	else if (!time_before(jiffies, record->until))
		return false;
	record->failed++;
	return true;
}

/**
 * failing() - a call is about to be made
 * @site: which
 *
 * Any context.
 *
 * Return: whether it shall fail instead
 */
bool failing(struct failing_site *site)
{
	struct record *record;
	unsigned long flags;
	bool fails = false;

	spin_lock_irqsave(&lock, flags);
	record = record_of(site);
	if (record) {
		record->calls++;
		fails = record->armed && fails_now(record);
	}
	spin_unlock_irqrestore(&lock, flags);
	WARN_ONCE(!record, "more than %u sites", SITES_MAX);
	return fails;
}
EXPORT_SYMBOL_GPL(failing);

/**
 * struct ending - a function that ends something, or can take long anyway
 * @name: of the function
 * @calls: of it
 * @ms: how much longer each takes
 * @refuse: calls that are going to say that they have failed
 */
struct ending {
	const char *name;
	u64 calls;
	unsigned int ms;
	u64 refuse;
};

static struct ending endings[] = {	/* under the lock, but for @ms */
	{ .name = "__vmalloc" },
	{ .name = "queue_work" },
	{ .name = "ib_destroy_qp" },
	{ .name = "ib_dereg_mr" },
	{ .name = "rdma_destroy_qp" },
	{ .name = "rdma_destroy_id" },
};

static bool crash_kernel;

/**
 * failing_crash_kernel() - is this to be a crash kernel?
 *
 * Any context.
 *
 * Return: whether the verb was used
 */
bool failing_crash_kernel(void)
{
	return READ_ONCE(crash_kernel);
}
EXPORT_SYMBOL_GPL(failing_crash_kernel);

static int do_crash_kernel(const struct command *c)
{
	WRITE_ONCE(crash_kernel, true);
	return 0;
}

static struct ending *find_ending(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(endings); i++)
		if (!strcmp(endings[i].name, name))
			return &endings[i];
	return NULL;
}

/**
 * failing_end() - something is about to be ended
 * @function: which is called
 *
 * Process context.
 *
 * Return: 0, or what the call shall say instead
 */
int failing_end(const char *function)
{
	struct ending *ending = find_ending(function);
	unsigned long since = jiffies;
	int ret = 0;

	spin_lock_irq(&lock);
	ending->calls++;
	if (ending->refuse) {
		ending->refuse--;
		ret = -ENOMEM;
	}
	spin_unlock_irq(&lock);
	while (time_before(jiffies, since + msecs_to_jiffies(READ_ONCE(ending->ms))))
		msleep(20);
	return ret;
}
EXPORT_SYMBOL_GPL(failing_end);

static int ending_of(const struct command *c, u64 max, struct ending **ending, u64 *number)
{
	*ending = find_ending(c->words[1]);
	if (!*ending)
		return command_complain("%s: there is no %s", c->words[0], c->words[1]);
	return command_number(c, 2, max, number) ? 0 : -EINVAL;
}

static int do_delay(const struct command *c)
{
	struct ending *ending;
	u64 ms;
	int ret = ending_of(c, MS_MAX, &ending, &ms);

	if (!ret)
		WRITE_ONCE(ending->ms, (unsigned int)ms);
	return ret;
}

static int do_refuse(const struct command *c)
{
	struct ending *ending;
	u64 times;
	int ret = ending_of(c, SKIP_MAX, &ending, &times);

	if (ret)
		return ret;
	spin_lock_irq(&lock);
	ending->refuse = times;
	spin_unlock_irq(&lock);
	return 0;
}

static int do_ends(const struct command *c)
{
	u32 i;

	command_say("%s", "");
	for (i = 0; i < ARRAY_SIZE(endings); i++)
		command_add("%s%s %llu", i ? "\n" : "", endings[i].name,
			    READ_ONCE(endings[i].calls));
	return 0;
}

static int do_fail(const struct command *c)
{
	struct record *record;
	u64 skip;
	u64 ms;

	if (strlen(c->words[1]) >= NAME_LEN)
		return command_complain("fail: a name has at most %u characters", NAME_LEN - 1);
	if (!command_number(c, 2, SKIP_MAX, &skip) || !command_number(c, 3, MS_MAX, &ms))
		return -EINVAL;
	spin_lock_irq(&lock);
	record = find_record(c->words[1]);
	if (record) {
		record->armed = true;
		record->skip = skip;
		record->ms = (unsigned int)ms;
		record->failed = 0;
	}
	spin_unlock_irq(&lock);
	return record ? 0 : command_complain("fail: there are %u sites already", SITES_MAX);
}

static int say_armed(bool disarm)
{
	const char *separator = "";
	struct record *record;

	command_say("%s", "");
	spin_lock_irq(&lock);
	for (record = records; record < records + record_count; record++) {
		if (!record->armed)
			continue;
		record->armed = !disarm;
		command_add("%s%s %llu", separator, record->name, record->failed);
		separator = "\n";
	}
	spin_unlock_irq(&lock);
	return 0;
}

static int do_armed(const struct command *c)
{
	return say_armed(false);
}

static int do_off(const struct command *c)
{
	return say_armed(true);
}

/* Records are only added: those that were there when they were counted stay. */
static int do_sites(const struct command *c)
{
	u32 count;
	u32 i;

	spin_lock_irq(&lock);
	count = record_count;
	spin_unlock_irq(&lock);
	command_say("%s", "");
	for (i = 0; i < count; i++)
		command_add("%s%s %llu", i ? "\n" : "", records[i].name,
			    READ_ONCE(records[i].calls));
	return 0;
}

static const struct command_verb verbs[] = {
	{ "fail", 3, "SITE SKIP MS", do_fail },
	{ "armed", 0, "", do_armed },
	{ "off", 0, "", do_off },
	{ "delay", 2, "FUNCTION MS", do_delay },
	{ "refuse", 2, "FUNCTION TIMES", do_refuse },
	{ "ends", 0, "", do_ends },
	{ "crash-kernel", 0, "", do_crash_kernel },
	{ "sites", 0, "", do_sites },
};

static const struct command_file file = {
	.name = "ccm_failing",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init failing_init(void)
{
	command_file_create(&file);
	return 0;
}

static void __exit failing_exit(void)
{
	command_file_destroy();
}

module_init(failing_init);
module_exit(failing_exit);
MODULE_DESCRIPTION("CCM: makes calls of a module that was built for it fail");
MODULE_LICENSE("GPL");
