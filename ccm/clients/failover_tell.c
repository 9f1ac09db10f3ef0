// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom the failover monitor tells: the kernel log, user space by the
 * client's note in /dev/ccm and by what failover_show.c makes, and other kernel modules.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ccm.h>
#include <linux/ccm_fm.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>

#include "failover_partners.h"
#include "failover_show.h"
#include "failover_tell.h"

static RAW_NOTIFIER_HEAD(chain);	/* under fm_lock */

/* With which word of the partner a decision is told; NULL: it stands for itself */
static const char *detail_of(const struct ccm_failover_view *view)
{
	switch (view->decision) {
	case CCM_FM_CANNOT_TELL:
		if (!view->reason)
			return "stage";	/* READY, and how far it has booted is not known */
		fallthrough;
	case CCM_FM_TAKEOVER_ADVISED:
	case CCM_FM_SUSPECT:
		return ccm_partner_reason_name(view->reason);
	case CCM_FM_FLAPPING:
		return view->reason ? ccm_partner_reason_name(view->reason) : NULL;
	case CCM_FM_BOOTING_WAIT:
	case CCM_FM_BOOT_STALLED:
		return ccm_partner_stage_name(view->stage);
	default:
		return NULL;
	}
}

/* In words, for the log */
static const char *remark_of(u32 flags)
{
	if (flags & CCM_FM_F_CERTAIN)
		return "; it is certain that its old kernel writes no more";
	if (flags & CCM_FM_F_PARTITION && flags & CCM_FM_F_ORDERLY)
		return "; it had said that it goes; possibly a partition";
	if (flags & CCM_FM_F_PARTITION)
		return flags & CCM_FM_F_NEVER_SEEN ?
			"; never seen, possibly a partition" : "; possibly a partition";
	if (flags & CCM_FM_F_ORDERLY)
		return "; it left in good order";
	if (flags & CCM_FM_F_SURVIVED)
		return "; it has not restarted since a takeover was advised";
	return "";
}

/* That somebody is to act on is always said, and once. */
static bool says_act(u32 decision)
{
	return decision == CCM_FM_TAKEOVER_ADVISED || decision == CCM_FM_GIVEBACK_POSSIBLE ||
	       decision == CCM_FM_BOOT_STALLED || decision == CCM_FM_FLAPPING;
}

/*
 * A line a change, as long as somebody can read them. Suspect comes with the line of DOWN, and
 * goes in a moment; a partner that flaps is said to do so once, however often it comes back.
 */
static bool is_logged(struct fm_partner *partner)
{
	const u32 decision = partner->failover.view.decision;

	if (decision == CCM_FM_SUSPECT)
		return false;
	if (decision == CCM_FM_FLAPPING && partner->logged == CCM_FM_FLAPPING)
		return false;
	if (!says_act(decision) && !__ratelimit(&partner->log_limit))
		return false;
	partner->logged = decision;
	return true;
}

/* Likewise; of a partner that flaps, only what is new. */
static bool is_heard_logged(struct fm_partner *partner)
{
	const u32 decision = partner->failover.view.partner_decision;

	if (partner->logged == CCM_FM_FLAPPING && decision == partner->logged_heard)
		return false;
	if (!__ratelimit(&partner->log_limit))
		return false;
	partner->logged_heard = decision;
	return true;
}

static void log_decision(const struct fm_partner *partner)
{
	const struct ccm_failover_view *view = &partner->failover.view;
	const char *detail = detail_of(view);
	char text[160];

	scnprintf(text, sizeof(text), "partner %u: %s%s%s%s%s", partner->id,
		  ccm_fm_decision_name(view->decision), detail ? " (" : "",
		  detail ? detail : "", detail ? ")" : "", remark_of(view->flags));
	if (view->decision == CCM_FM_TAKEOVER_ADVISED ||
	    view->decision == CCM_FM_BOOT_STALLED || view->decision == CCM_FM_FLAPPING)
		pr_warn("%s\n", text);
	else
		pr_info("%s\n", text);
}

static const char *partner_remark(const struct ccm_failover_view *view)
{
	if (view->partner_flags & CCM_FM_F_ADVISED)
		return "; a takeover was advised and is not given back";
	if (!(view->partner_flags & CCM_FM_F_WATCHED))
		return "; it does not know whether a takeover stands";
	return "";
}

static void tell_log(struct fm_partner *partner, u32 changed)
{
	const struct ccm_failover_view *view = &partner->failover.view;

	if ((changed & CCM_FAILOVER_DECIDED) && is_logged(partner))
		log_decision(partner);
	if ((changed & CCM_FAILOVER_HEARD) && view->partner_knows &&
	    is_heard_logged(partner))
		pr_info("partner %u: its monitor says of this node: %s%s\n", partner->id,
			ccm_fm_decision_name(view->partner_decision), partner_remark(view));
}

/**
 * fm_tell_note() - show the decision as the client's note
 * @partner: of which it is
 *
 * With fm_lock held. Nothing as long as the registration is under way.
 */
void fm_tell_note(struct fm_partner *partner)
{
	const struct ccm_failover_view *view = &partner->failover.view;
	const char *detail = detail_of(view);
	char note[CCM_CLIENT_NOTE_LEN];
	int ret;

	lockdep_assert_held(&fm_lock);
	if (!fm_client)
		return;
	scnprintf(note, sizeof(note), "%s%s%s", ccm_fm_decision_name(view->decision),
		  detail ? ": " : "", detail ? detail : "");
	ret = ccm_client_note(fm_client, partner->id, note);
	/* -ENOENT: the partner is being removed */
	if (ret && ret != -ENOENT)
		pr_warn("partner %u: the note \"%s\" is not shown: error %d\n", partner->id, note,
			ret);
}

static void fill_event(const struct fm_partner *partner, struct ccm_fm_event *event)
{
	const struct ccm_failover_view *view = &partner->failover.view;

	event->partner = partner->id;
	event->decision = view->decision;
	event->flags = view->flags;
	event->reason = view->reason;
	event->stage = view->stage;
	event->incarnation = view->incarnation;
	event->partner_knows = view->partner_knows;
	event->partner_decision = view->partner_decision;
	event->partner_flags = view->partner_flags;
}

static struct notifier_block *next_notifier(struct notifier_block *nb)
{
	return rcu_dereference_protected(nb ? nb->next : chain.head, lockdep_is_held(&fm_lock));
}

/* Not with raw_notifier_call_chain(), where one can keep what it heard from the rest. */
static void tell_notifiers(const struct fm_partner *partner)
{
	struct notifier_block *nb = NULL;
	struct ccm_fm_event event;

	while ((nb = next_notifier(nb)) != NULL) {
		fill_event(partner, &event);
		nb->notifier_call(nb, event.decision, &event);
	}
}

/**
 * fm_tell() - tell everybody of a change
 * @partner: whose
 * @changed: CCM_FAILOVER_* bits; 0: nothing to tell
 *
 * With fm_lock held.
 */
void fm_tell(struct fm_partner *partner, u32 changed)
{
	lockdep_assert_held(&fm_lock);
	if (!changed)
		return;
	tell_log(partner, changed);
	fm_tell_note(partner);
	tell_notifiers(partner);
	fm_show(partner);
}

/**
 * ccm_fm_register_notifier() - be told of decisions
 * @nb: its notifier_call is given the decision (enum ccm_fm_decision) as action and a
 *	struct ccm_fm_event, valid during the call, as data; what it returns does not count
 *
 * Before this returns, @nb has been told the present decision about each partner; then
 * it is told of every change, in order, one at a time.
 *
 * Context: process, may sleep; not from within a notifier. The notifier is called in
 * process context and may sleep, but not for long: meanwhile the monitor decides
 * nothing. It must not call ccm_fm_register_notifier() or ccm_fm_unregister_notifier();
 * it may call ccm_fm_given_back().
 *
 * Return: 0; -EEXIST: @nb is registered already
 */
int ccm_fm_register_notifier(struct notifier_block *nb)
{
	struct notifier_block *other = NULL;
	struct fm_partner *partner = NULL;
	struct ccm_fm_event event;
	int ret = 0;

	mutex_lock(&fm_lock);
	/* the chain would refuse it, too, with a warning */
	while (!ret && (other = next_notifier(other)) != NULL)
		if (other == nb)
			ret = -EEXIST;
	if (!ret)
		ret = raw_notifier_chain_register(&chain, nb);
	while (!ret && (partner = fm_next_partner(partner)) != NULL) {
		fill_event(partner, &event);
		nb->notifier_call(nb, event.decision, &event);
	}
	mutex_unlock(&fm_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ccm_fm_register_notifier);

/**
 * ccm_fm_unregister_notifier() - be told no more
 * @nb: registered
 *
 * Context: process, may sleep; not from within a notifier. @nb is not called any more
 * when this returns.
 *
 * Return: 0; -ENOENT: @nb is not registered
 */
int ccm_fm_unregister_notifier(struct notifier_block *nb)
{
	int ret;

	mutex_lock(&fm_lock);
	ret = raw_notifier_chain_unregister(&chain, nb);
	mutex_unlock(&fm_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ccm_fm_unregister_notifier);
