// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules that the failover monitor tells of its decisions, as far as
 * <linux/ccm_fm.h> lets them: each listener keeps what it was told, and whatever the
 * header promises and does not hold is a violation.
 *
 *	insmod ccm_fm_listener.ko [listen=1]	listener 0 is registered at once
 *	echo COMMAND >/sys/kernel/debug/ccm_fm_listener/run
 *
 *	register N		listener N, 0 to LISTENERS - 1, begins to listen
 *	unregister N
 *	told N			a line for each call of listener N since the last `told N`
 *	answer N VALUE		what its calls return from now on (NOTIFY_DONE is 0)
 *	give-back N on|off	its calls answer giveback-possible with ccm_fm_given_back()
 *	hold N MS		its next call does not return before `go`, or for MS
 *	held MS			wait until a call is held, at most MS
 *	go			let it return
 *	given-back PARTNER	ccm_fm_given_back()
 *	violations
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ccm.h>
#include <linux/ccm_fm.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../common/command.h"
#include "../common/violation.h"

#define LISTENERS	2U
#define CALLS_MAX	48U	/* what they say fits into COMMAND_LINE_MAX */
#define HOLD_MS_MAX	20000U

struct call {
	unsigned long action;
	struct ccm_fm_event event;
};

/**
 * struct listener - one notifier
 * @nb: its registration
 * @listens: between the begin of its registration and the end of the contrary
 * @inside: a call of it runs
 * @answer: what its calls return
 * @give_back: they answer giveback-possible
 * @hold_ms: for how long the next one is held at most; 0: it is not
 * @count: of @calls
 * @lost: calls for which there was no room
 * @calls: since they were last asked for
 */
struct listener {
	struct notifier_block nb;
	bool listens;
	bool inside;
	int answer;
	bool give_back;
	u32 hold_ms;
	u32 count;
	u32 lost;
	struct call calls[CALLS_MAX];
};

static struct listener listeners[LISTENERS];
static DEFINE_SPINLOCK(lock);	/* protects what calls and commands share */
static bool holding;
static DECLARE_WAIT_QUEUE_HEAD(wait);

static bool listen;
module_param(listen, bool, 0444);
MODULE_PARM_DESC(listen, "register listener 0 at load");

static void keep(struct listener *listener, unsigned long action,
		 const struct ccm_fm_event *event)
{
	if (listener->count == CALLS_MAX) {
		listener->lost++;
		return;
	}
	listener->calls[listener->count].action = action;
	listener->calls[listener->count].event = *event;
	listener->count++;
}

static void hold(u32 ms)
{
	WRITE_ONCE(holding, true);
	wake_up_all(&wait);
	if (!wait_event_timeout(wait, !READ_ONCE(holding), msecs_to_jiffies(ms)))
		pr_info("held for all of %u ms\n", ms);
	WRITE_ONCE(holding, false);
}

static int told(struct notifier_block *nb, unsigned long action, void *data)
{
	struct listener *listener = container_of(nb, struct listener, nb);
	struct ccm_fm_event *event = (struct ccm_fm_event *)data;
	unsigned int number = (unsigned int)(listener - listeners);
	bool give_back;
	u32 hold_ms;
	int answer;

	might_sleep();
	spin_lock(&lock);
	if (!listener->listens)
		violation("listener %u is told and is not registered", number);
	if (listener->inside)
		violation("listener %u is told while it is being told", number);
	if (action != event->decision)
		violation("listener %u is told %lu with an event of %u", number, action,
			  event->decision);
	listener->inside = true;
	keep(listener, action, event);
	give_back = listener->give_back && action == CCM_FM_GIVEBACK_POSSIBLE;
	hold_ms = listener->hold_ms;
	listener->hold_ms = 0;
	answer = listener->answer;
	spin_unlock(&lock);

	if (give_back && ccm_fm_given_back(event->partner))
		violation("listener %u: partner %u is not known to the monitor", number,
			  event->partner);
	if (hold_ms)
		hold(hold_ms);
	spin_lock(&lock);
	listener->inside = false;
	spin_unlock(&lock);
	return answer;
}

static struct listener *find(const struct command *c)
{
	u64 number;

	if (!command_number(c, 1, LISTENERS - 1, &number))
		return NULL;
	return &listeners[number];
}

static int start(struct listener *listener)
{
	bool before;
	int ret;

	spin_lock(&lock);
	before = listener->listens;
	listener->listens = true;
	spin_unlock(&lock);
	ret = ccm_fm_register_notifier(&listener->nb);
	spin_lock(&lock);
	listener->listens = before || !ret;
	spin_unlock(&lock);
	return ret;
}

static int stop(struct listener *listener)
{
	int ret = ccm_fm_unregister_notifier(&listener->nb);

	spin_lock(&lock);
	listener->listens = false;
	spin_unlock(&lock);
	return ret;
}

static int do_register(const struct command *c)
{
	struct listener *listener = find(c);

	return listener ? start(listener) : -EINVAL;
}

static int do_unregister(const struct command *c)
{
	struct listener *listener = find(c);

	return listener ? stop(listener) : -EINVAL;
}

static void say_call(const struct call *call)
{
	const struct ccm_fm_event *event = &call->event;

	command_add("partner=%u decision=%u flags=%u reason=%s stage=%s incarnation=%016llx",
		    event->partner, event->decision, event->flags,
		    ccm_partner_reason_name(event->reason), ccm_partner_stage_name(event->stage),
		    event->incarnation);
	command_add(" knows=%d partner_decision=%u partner_flags=%u\n", event->partner_knows,
		    event->partner_decision, event->partner_flags);
}

static int do_told(const struct command *c)
{
	struct listener *listener = find(c);
	u32 i;

	if (!listener)
		return -EINVAL;
	spin_lock(&lock);
	for (i = 0; i < listener->count; i++)
		say_call(&listener->calls[i]);
	command_add("lost=%u", listener->lost);
	listener->count = 0;
	listener->lost = 0;
	spin_unlock(&lock);
	return 0;
}

static int do_answer(const struct command *c)
{
	struct listener *listener = find(c);
	u64 value;

	if (!listener || !command_number(c, 2, 0xffff, &value))
		return -EINVAL;
	spin_lock(&lock);
	listener->answer = (int)value;
	spin_unlock(&lock);
	return 0;
}

static int do_give_back(const struct command *c)
{
	struct listener *listener = find(c);

	if (!listener)
		return -EINVAL;
	spin_lock(&lock);
	listener->give_back = !strcmp(c->words[2], "on");
	spin_unlock(&lock);
	return 0;
}

static int do_hold(const struct command *c)
{
	struct listener *listener = find(c);
	u64 ms;

	if (!listener || !command_number(c, 2, HOLD_MS_MAX, &ms))
		return -EINVAL;
	spin_lock(&lock);
	listener->hold_ms = (u32)ms;
	spin_unlock(&lock);
	return 0;
}

static int do_held(const struct command *c)
{
	u64 ms;

	if (!command_number(c, 1, 60000, &ms))
		return -EINVAL;
	if (!wait_event_timeout(wait, READ_ONCE(holding), msecs_to_jiffies((u32)ms)))
		return command_say("no call is held");
	return 0;
}

static int do_go(const struct command *c)
{
	if (!READ_ONCE(holding))
		return command_say("no call is held");
	WRITE_ONCE(holding, false);
	wake_up_all(&wait);
	return 0;
}

static int do_given_back(const struct command *c)
{
	u64 partner;

	if (!command_number(c, 1, U32_MAX, &partner))
		return -EINVAL;
	return ccm_fm_given_back((u32)partner);
}

static int do_violations(const struct command *c)
{
	return command_say("violations=%u", violations());
}

static const struct command_verb verbs[] = {
	{ "register", 1, "N", do_register },
	{ "unregister", 1, "N", do_unregister },
	{ "told", 1, "N", do_told },
	{ "answer", 2, "N VALUE", do_answer },
	{ "give-back", 2, "N on|off", do_give_back },
	{ "hold", 2, "N MS", do_hold },
	{ "held", 1, "MS", do_held },
	{ "go", 0, "", do_go },
	{ "given-back", 1, "PARTNER", do_given_back },
	{ "violations", 0, "", do_violations },
};

static const struct command_file file = {
	.name = "ccm_fm_listener",
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
};

static int __init listener_init(void)
{
	u32 i;
	int ret;

	for (i = 0; i < LISTENERS; i++)
		listeners[i].nb.notifier_call = told;
	if (listen) {
		ret = start(&listeners[0]);
		if (ret)
			return ret;
	}
	command_file_create(&file);
	return 0;
}

static void __exit listener_exit(void)
{
	u32 i;

	command_file_destroy();
	for (i = 0; i < LISTENERS; i++)
		if (listeners[i].listens)
			stop(&listeners[i]);
	pr_info("no longer told\n");
}

module_init(listener_init);
module_exit(listener_exit);

MODULE_DESCRIPTION("Test: modules that the failover monitor tells of its decisions");
MODULE_LICENSE("GPL");
