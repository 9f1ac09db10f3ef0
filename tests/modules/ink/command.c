// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client "ink" writes as soon as it is loaded (ink.h). A command is written to ccm_ink/run
 * in debugfs, and reading the file gives its result (common/command.h).
 *
 *	stats			a line for each partner
 *	forge PARTNER		what a late write looks like: one with the ink of the session
 *				before
 *	violations		violations=N
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "../common/command.h"
#include "../common/violation.h"
#include "ink.h"

unsigned int ink_pace_ms = 10;
module_param_named(pace_ms, ink_pace_ms, uint, 0644);
MODULE_PARM_DESC(pace_ms, "milliseconds between two times that it writes and looks (10)");

unsigned int ink_size = 4096;
module_param_named(size, ink_size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of a WRITE, a multiple of 8, to 65536 (4096)");

static int do_stats(const struct command *c)
{
	struct ink_link *link = NULL;

	while ((link = ink_next(link)) != NULL) {
		mutex_lock(&link->lock);
		command_add("partner=%u up=%u readies=%llu downs=%llu ", link->partner,
			    link->link ? 1 : 0, link->readies, link->downs);
		command_add("written=%lld failed=%lld late=%llu inks=%u\n",
			    (s64)atomic64_read(&link->written), (s64)atomic64_read(&link->failed),
			    link->late, link->olds);
		mutex_unlock(&link->lock);
	}
	return command_add("violations=%u", violations());
}

static int do_forge(const struct command *c)
{
	struct ink_link *link;
	u64 partner;
	int ret;

	if (!command_number(c, 1, U32_MAX, &partner))
		return -EINVAL;
	link = ink_find((u32)partner);
	if (!link)
		return command_complain("forge: partner %llu has never been up", partner);
	mutex_lock(&link->lock);
	ret = ink_pens_forge(link);
	mutex_unlock(&link->lock);
	return ret ? command_say("failed error=%d", ret) : command_say("ok");
}

static int do_violations(const struct command *c)
{
	return command_say("violations=%u", violations());
}

static const struct command_verb verbs[] = {
	{ "stats", 0, "", do_stats },
	{ "forge", 1, "PARTNER", do_forge },
	{ "violations", 0, "", do_violations },
};

static const struct command_file file = {
	.name = "ccm_ink",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init ink_init(void)
{
	int ret;

	if (!ink_size || ink_size > INK_REGION || ink_size % sizeof(u64)) {
		pr_err("size=%u: a multiple of 8, to %u\n", ink_size, INK_REGION);
		return -EINVAL;
	}
	ret = ink_register();
	if (!ret)
		command_file_create(&file);
	return ret;
}

static void __exit ink_exit(void)
{
	command_file_destroy();
	ink_unregister();
}

module_init(ink_init);
module_exit(ink_exit);

MODULE_DESCRIPTION("Test: a CCM client that never stops writing, and finds late writes");
MODULE_LICENSE("GPL");
