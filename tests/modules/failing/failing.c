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
 *	sites			a line "SITE CALLS" for each that has been called since this
 *				module was loaded
 */
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
