// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failover monitor: a client of CCM that follows each partner and says what to do
 * about it. It takes over nothing itself: a cluster manager does, which owns quorum and
 * the fencing of disks. What is decided, and why, is in ccm/core/failover.h; the table
 * for people is in Documentation/failover.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ccm.h>
#include <linux/ccm_fm.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <linux/timekeeping.h>

#include "../core/failover_record.h"
#include "../core/number.h"
#include "failover_exchange.h"
#include "failover_partners.h"
#include "failover_show.h"
#include "failover_tell.h"

#define FM_CLIENT_NAME		"failover-monitor"
#define FM_REGION_LEN		4096U
#define FM_PROTOCOL_VERSION	1U	/* of what is in the region */

/* texts: see ccm/params.c */
static char *start_limit_s = (char *)__stringify(CCM_FAILOVER_START_LIMIT_S);
module_param(start_limit_s, charp, 0444);
MODULE_PARM_DESC(start_limit_s, "seconds in which a partner that was not seen yet is waited for, 0 to 86400 (120)");

static char *boot_limit_s = (char *)__stringify(CCM_FAILOVER_BOOT_LIMIT_S);
module_param(boot_limit_s, charp, 0444);
MODULE_PARM_DESC(boot_limit_s, "seconds that a stage of a partner's boot may take, to 86400; 0: no limit (300)");

static char *hold_ms = (char *)__stringify(CCM_FAILOVER_HOLD_MS);
module_param(hold_ms, charp, 0444);
MODULE_PARM_DESC(hold_ms, "milliseconds in which a partner that has just gone is only suspect, 0 to 60000 (500)");

static char *flap_advices = (char *)__stringify(CCM_FAILOVER_FLAP_ADVICES);
module_param(flap_advices, charp, 0444);
MODULE_PARM_DESC(flap_advices, "takeovers that may be advised in flap_s, to 16; 0: any number (5)");

static char *flap_s = (char *)__stringify(CCM_FAILOVER_FLAP_S);
module_param(flap_s, charp, 0444);
MODULE_PARM_DESC(flap_s, "seconds in which advices are counted, to 86400 (600)");

static struct ccm_failover_config limits;	/* as the parameters say */

static u64 now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/* A timer that is early is harmless: the step says anew when the deadline is. */
static void arm_timer(struct fm_partner *partner)
{
	u64 deadline = partner->failover.deadline_us;
	u64 now = now_us();
	u64 ms;

	if (!deadline) {
		cancel_delayed_work(&partner->timer);
		return;
	}
	ms = deadline > now ? div_u64(deadline - now, USEC_PER_MSEC) + 1 : 0;
	mod_delayed_work(fm_wq, &partner->timer,
			 msecs_to_jiffies((unsigned int)min(ms, (u64)INT_MAX)));
}

static u32 step(struct fm_partner *partner, const struct ccm_failover_event *event)
{
	u32 changed;

	lockdep_assert_held(&fm_lock);
	changed = ccm_failover_step(&partner->failover, now_us(), event);
	arm_timer(partner);
	fm_tell(partner, changed);
	if (changed & CCM_FAILOVER_DECIDED)
		fm_exchange_write(partner);
	return changed;
}

static void step_plain(struct fm_partner *partner, enum ccm_failover_event_type type)
{
	struct ccm_failover_event event = { .type = (u32)type };

	step(partner, &event);
}

static void timer_work(struct work_struct *work)
{
	struct fm_partner *partner =
		container_of(to_delayed_work(work), struct fm_partner, timer);

	mutex_lock(&fm_lock);
	step_plain(partner, CCM_FAILOVER_TIMER);
	mutex_unlock(&fm_lock);
}

static void take_given_back(struct fm_partner *partner)
{
	struct ccm_failover_event event = { .type = CCM_FAILOVER_GIVEN_BACK };

	if (!step(partner, &event))
		pr_info("partner %u: nothing is given back: the decision is %s\n", partner->id,
			ccm_fm_decision_name(partner->failover.view.decision));
}

static void news_work(struct work_struct *work)
{
	struct fm_partner *partner = container_of(work, struct fm_partner, news);
	struct ccm_failover_event event = { .type = CCM_FAILOVER_PARTNER };
	struct ccm_fm_record record;

	mutex_lock(&fm_lock);
	if (fm_exchange_read(partner, &record)) {
		event.decision = record.decision;
		event.flags = record.flags;
		step(partner, &event);
	}
	if (xchg(&partner->given_back, false))
		take_given_back(partner);
	fm_exchange_write_due(partner);
	mutex_unlock(&fm_lock);
}

/*
 * Partners
 */

static void free_partner(struct fm_partner *partner)
{
	fm_exchange_free(partner);
	kfree(partner);
}

static struct fm_partner *get_partner(u32 id)
{
	struct fm_partner *partner = fm_find_partner(id);

	if (partner)
		return partner;
	partner = (struct fm_partner *)kzalloc(sizeof(*partner), GFP_KERNEL);
	if (partner && fm_exchange_init(partner)) {
		kfree(partner);
		partner = NULL;
	}
	if (partner) {
		partner->id = id;
		if (fm_show_init(partner)) {
			free_partner(partner);
			partner = NULL;
		}
	}
	if (!partner) {
		pr_err("partner %u: no memory to watch it; it is tried again at its next change\n",
		       id);
		return NULL;
	}
	INIT_DELAYED_WORK(&partner->timer, timer_work);
	ratelimit_state_init(&partner->log_limit, 200 * HZ, 100);
	ratelimit_set_flags(&partner->log_limit, RATELIMIT_MSG_ON_RELEASE);
	INIT_WORK(&partner->news, news_work);
	ccm_failover_start(&partner->failover, &limits);
	fm_add_partner(partner);
	return partner;
}

/*
 * The parameter given_back can be written until the module is freed: it must not find a
 * partner any more. News may arm the timer, so the timer goes last.
 */
static void free_partners(void)
{
	struct fm_partner *partner;
	struct fm_partner *next;
	LIST_HEAD(gone);

	fm_take_partners(&gone);
	list_for_each_entry_safe(partner, next, &gone, entry) {
		cancel_work_sync(&partner->news);
		cancel_delayed_work_sync(&partner->timer);
		fm_show_free(partner);
		list_del(&partner->entry);
		free_partner(partner);
	}
}

/**
 * ccm_fm_given_back() - no takeover of this partner stands (any more)
 * @partner: node id
 *
 * For whoever acted on CCM_FM_TAKEOVER_ADVISED or CCM_FM_BOOT_STALLED, after the
 * giveback, or at once if there was no takeover. CCM_FM_GIVEBACK_POSSIBLE becomes
 * CCM_FM_PARTNER_UP; an advice to a partner that is not back stands. It also says that
 * somebody has looked at a partner in CCM_FM_FLAPPING, and tells a monitor that was loaded
 * late what it cannot know: without an advice, that none stands (CCM_FM_F_WATCHED).
 *
 * Context: any but hard interrupts; also from within a notifier. What follows is told
 * later.
 *
 * Return: 0; -ENOENT: no such partner
 */
int ccm_fm_given_back(u32 partner)
{
	return fm_partner_given_back(partner) ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(ccm_fm_given_back);

/* echo 2 >/sys/module/ccm_fm/parameters/given_back */
static int given_back_set(const char *val, const struct kernel_param *kp)
{
	u64 partner = 0;

	switch (ccm_number_read(val, U32_MAX, &partner)) {
	case CCM_NUMBER_OK:
		return ccm_fm_given_back((u32)partner);
	case CCM_NUMBER_TOO_LARGE:
		return -ERANGE;
	default:
		return -EINVAL;
	}
}

static const struct kernel_param_ops given_back_ops = {
	.set = given_back_set,
};
module_param_cb(given_back, &given_back_ops, NULL, 0200);
MODULE_PARM_DESC(given_back, "write a partner's node id: no takeover of it stands any more");

/*
 * What CCM tells. A status that comes while a callback is under way takes the place of
 * one that waits: what has come and gone meanwhile is not decided on.
 */

static void on_status(void *context, const struct ccm_partner_status *status)
{
	struct ccm_failover_event event = {
		.type = CCM_FAILOVER_STATUS,
		.state = status->state,
		.reason = status->reason,
		.certain = status->certain,
		.here = status->here,
		.stage = status->stage,
		.incarnation = status->incarnation,
		.kernel = status->kernel,
	};
	struct fm_partner *partner;

	mutex_lock(&fm_lock);
	partner = get_partner(status->node);
	if (partner)
		step(partner, &event);
	mutex_unlock(&fm_lock);
}

static int on_ready(void *context, struct ccm_link *link)
{
	struct fm_partner *partner;
	int ret = -ENOMEM;

	mutex_lock(&fm_lock);
	partner = get_partner(ccm_link_partner(link));
	ccm_link_set_private(link, partner);
	if (partner)
		ret = fm_exchange_open(partner, link);
	if (!ret)
		fm_exchange_write(partner);
	mutex_unlock(&fm_lock);
	return ret;
}

static void on_down(void *context, struct ccm_link *link, u32 reason)
{
	struct fm_partner *partner = (struct fm_partner *)ccm_link_private(link);

	mutex_lock(&fm_lock);
	fm_exchange_close(partner);
	step_plain(partner, CCM_FAILOVER_PARTNER_LOST);
	mutex_unlock(&fm_lock);
}

/* Softirq. */
static void on_ring(void *context, struct ccm_port *port, u32 word)
{
	struct fm_partner *partner =
		(struct fm_partner *)ccm_link_private(ccm_port_link(port));

	if (!partner)
		return;
	WRITE_ONCE(partner->rung, true);
	queue_work(fm_wq, &partner->news);
}

/* Between down() and the next ready() nothing looks at a region: nothing to stop. */
static void on_release(void *context, u32 partner)
{
}

static const struct ccm_client_ops ops = {
	.ready = on_ready,
	.down = on_down,
	.ring = on_ring,
	.release = on_release,
	.status = on_status,
};

/* Callbacks come from within ccm_client_register() on: notes wait until it is back. */
static int register_client(void)
{
	struct ccm_client_config config = {
		.name = FM_CLIENT_NAME,
		.version_min = FM_PROTOCOL_VERSION,
		.version_max = FM_PROTOCOL_VERSION,
		.ports_min = 1,
		.ports_max = 1,
		.ask = FM_REGION_LEN,
		.give = FM_REGION_LEN,
		.ops = &ops,
	};
	struct ccm_client *client = ccm_client_register(&config);
	struct fm_partner *partner = NULL;

	if (IS_ERR(client))
		return (int)PTR_ERR(client);
	mutex_lock(&fm_lock);
	fm_client = client;
	while ((partner = fm_next_partner(partner)) != NULL)
		fm_tell_note(partner);
	mutex_unlock(&fm_lock);
	return 0;
}

static int read_limit(const char *name, const char *text, u64 max, u64 unit_us, u64 *limit_us)
{
	u64 number = 0;
	u32 error = ccm_number_read(text, max, &number);

	if (error == CCM_NUMBER_MALFORMED || error == CCM_NUMBER_ZERO_IN_FRONT)
		pr_err("%s=%.40s: %s\n", name, text, ccm_number_rule(error));
	else if (error)
		pr_err("%s=%.40s: 0 to %llu %sare possible\n", name, text, max,
		       unit_us == 1 ? "" : unit_us == USEC_PER_SEC ? "seconds " :
								     "milliseconds ");
	*limit_us = number * unit_us;
	return error ? -EINVAL : 0;
}

static int read_limits(void)
{
	u64 advices = 0;
	int ret = read_limit("start_limit_s", start_limit_s, CCM_FAILOVER_LIMIT_MAX_S, USEC_PER_SEC,
			     &limits.start_limit_us);

	if (!ret)
		ret = read_limit("boot_limit_s", boot_limit_s, CCM_FAILOVER_LIMIT_MAX_S,
				 USEC_PER_SEC, &limits.boot_limit_us);
	if (!ret)
		ret = read_limit("hold_ms", hold_ms, CCM_FAILOVER_HOLD_MAX_MS, USEC_PER_MSEC,
				 &limits.hold_us);
	if (!ret)
		ret = read_limit("flap_s", flap_s, CCM_FAILOVER_LIMIT_MAX_S, USEC_PER_SEC,
				 &limits.flap_us);
	if (!ret)
		ret = read_limit("flap_advices", flap_advices, CCM_FAILOVER_FLAP_ADVICES_MAX, 1,
				 &advices);
	limits.flap_advices = (u32)advices;
	return ret;
}

static int __init fm_init(void)
{
	int ret = read_limits();

	if (ret)
		return ret;
	ret = fm_show_start();
	if (ret)
		return ret;
	fm_wq = alloc_ordered_workqueue("ccm_fm", WQ_MEM_RECLAIM);
	if (!fm_wq) {
		fm_show_stop();
		return -ENOMEM;
	}
	fm_exchange_start();
	ret = register_client();
	if (ret) {
		pr_err("CCM does not take the client \"%s\": error %d\n", FM_CLIENT_NAME, ret);
		free_partners();
		destroy_workqueue(fm_wq);
		fm_show_stop();
	}
	return ret;
}

/*
 * Bounded: CCM ends operations and callbacks in bounded time, and the work items wait
 * for nobody. The notifier chain is empty, since its users need this module.
 */
static void __exit fm_exit(void)
{
	struct ccm_client *client = fm_client;

	/* No notes any more: nobody would see them. */
	mutex_lock(&fm_lock);
	fm_client = NULL;
	mutex_unlock(&fm_lock);
	ccm_client_unregister(client);
	free_partners();
	destroy_workqueue(fm_wq);
	fm_show_stop();
}

module_init(fm_init);
module_exit(fm_exit);

MODULE_DESCRIPTION("CCM failover monitor: advises takeover and giveback");
MODULE_LICENSE("GPL");
