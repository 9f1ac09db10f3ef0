// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor: see monitor.h.
 *
 * It is a reader of the events, as an open /dev/ccm is: who publishes a change appends a record and
 * wakes it, which queues a work item, and waits for nothing. The work item tells what has
 * been appended, in process context, and may sleep for memory.
 *
 * Whoever listens and cannot be told something hears that, as netlink has it: the next read of the
 * socket is ENOBUFS, whether it was the socket's queue that was full, or the monitor's, or memory
 * that was wanting. /dev/ccm is the way that gives the present state then by itself.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <uapi/linux/ccm_netlink.h>

#include "attributes.h"
#include "monitor.h"
#include "partner.h"

#define GROUP	0U	/* of the family's, this one */

static void lose(struct ccm_monitor *monitor)
{
	atomic64_inc(&monitor->lost);
	genl_set_err(monitor->family, &init_net, 0, GROUP, -ENOBUFS);
}

/* NULL: nobody listens; or there is no memory, and who listens hears it. */
static struct sk_buff *begin(struct ccm_monitor *monitor)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(monitor->family, &init_net, GROUP))
		return NULL;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		lose(monitor);
	return skb;
}

static void *put_head(struct ccm_monitor *monitor, struct sk_buff *skb, u8 command)
{
	return genlmsg_put(skb, 0, 0, monitor->family, 0, command);
}

static void end(struct ccm_monitor *monitor, struct sk_buff *skb, void *head, int ret)
{
	if (ret) {
		nlmsg_free(skb);
		lose(monitor);
		return;
	}
	genlmsg_end(skb, head);
	/* a listener whose queue is full hears it; and the last one may just have gone */
	genlmsg_multicast(monitor->family, skb, 0, GROUP, GFP_KERNEL);
}

static void tell_change(struct ccm_monitor *monitor, const struct ccm_record *record)
{
	struct sk_buff *skb = begin(monitor);
	void *head;

	if (!skb)
		return;
	head = put_head(monitor, skb, CCM_CMD_PARTNER_CHANGE_NTF);
	end(monitor, skb, head, head ? ccm_attributes_change(skb, record) : -EMSGSIZE);
}

static void tell(struct ccm_monitor *monitor, const struct ccm_record *record)
{
	/* the present state follows, which who listens asks for himself */
	if (record->type == CCM_RECORD_OVERFLOW)
		lose(monitor);
	if (record->type == CCM_RECORD_PARTNER && !(record->flags & CCM_RECORD_F_PRESENT))
		tell_change(monitor, record);
}

static int next(struct ccm_monitor *monitor, struct ccm_record *record)
{
	int ret;

	mutex_lock(&monitor->reader->read_lock);
	ret = ccm_reader_next(monitor->reader, record);
	mutex_unlock(&monitor->reader->read_lock);
	return ret;
}

static void monitor_work(struct work_struct *work)
{
	struct ccm_monitor *monitor = container_of(to_delayed_work(work), struct ccm_monitor,
						   work);
	struct ccm_record record;
	int ret;

	mutex_lock(&monitor->order);
	while ((ret = next(monitor, &record)) > 0)
		tell(monitor, &record);
	mutex_unlock(&monitor->order);
	/* no memory for the queue: nothing wakes it until there is a queue */
	if (ret < 0) {
		lose(monitor);
		schedule_delayed_work(&monitor->work, msecs_to_jiffies(CCM_MONITOR_RETRY_MS));
	}
}

/* The events' lock is held. */
static int woken(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct ccm_monitor *monitor = container_of(wait, struct ccm_monitor, wait);

	schedule_delayed_work(&monitor->work, 0);
	return 0;
}

/**
 * ccm_monitor_create() - what is needed to tell changes of partners
 * @monitor: its memory
 * @events: where they are published
 * @family: the group is its first; not yet registered
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM
 */
int ccm_monitor_create(struct ccm_monitor *monitor, struct ccm_events *events,
		       const struct genl_family *family)
{
	monitor->reader = ccm_reader_create(events);
	if (!monitor->reader)
		return -ENOMEM;
	monitor->family = family;
	mutex_init(&monitor->order);
	atomic64_set(&monitor->lost, 0);
	INIT_DELAYED_WORK(&monitor->work, monitor_work);
	init_waitqueue_func_entry(&monitor->wait, woken);
	return 0;
}

/**
 * ccm_monitor_destroy() - forget what was not told
 * @monitor: created; not started, or stopped. Nobody uses it any more
 */
void ccm_monitor_destroy(struct ccm_monitor *monitor)
{
	ccm_reader_destroy(monitor->reader);
}

/**
 * ccm_monitor_start() - tell changes of partners from now on
 * @monitor: created; its family is registered
 *
 * Process context.
 */
void ccm_monitor_start(struct ccm_monitor *monitor)
{
	add_wait_queue(&monitor->reader->wait, &monitor->wait);
	/* nothing wakes it before it has taken the present state */
	schedule_delayed_work(&monitor->work, 0);
}

/**
 * ccm_monitor_stop() - no change is told any more
 * @monitor: started
 *
 * May sleep. Requests that are under way may still use it.
 */
void ccm_monitor_stop(struct ccm_monitor *monitor)
{
	remove_wait_queue(&monitor->reader->wait, &monitor->wait);
	cancel_delayed_work_sync(&monitor->work);
}

/**
 * ccm_monitor_hold() - what is published from now on is told behind ccm_monitor_release()
 * @monitor: created
 *
 * May sleep. Nobody else waits for the monitor but who adds or deletes partners.
 */
void ccm_monitor_hold(struct ccm_monitor *monitor)
{
	mutex_lock(&monitor->order);
}

/**
 * ccm_monitor_release() - undo ccm_monitor_hold()
 * @monitor: created
 */
void ccm_monitor_release(struct ccm_monitor *monitor)
{
	mutex_unlock(&monitor->order);
}

/* What somebody wanted; @partner: NULL when it has gone */
static void tell_wanted(struct ccm_monitor *monitor, u8 command, u32 id,
			const struct ccm_partner *partner, kuid_t by)
{
	struct sk_buff *skb = begin(monitor);
	void *head;

	if (!skb)
		return;
	head = put_head(monitor, skb, command);
	end(monitor, skb, head,
	    head && !nla_put_u32(skb, CCM_A_PARTNER_ID, id) &&
	    (!partner || !ccm_attributes_addresses(skb, partner)) &&
	    !nla_put_u32(skb, CCM_A_PARTNER_UID, from_kuid(&init_user_ns, by)) ? 0 : -EMSGSIZE);
}

/**
 * ccm_monitor_named() - a partner has been added, or has got other addresses
 * @monitor: held since before that, so that what becomes of the partner is told behind this
 * @command: CCM_CMD_PARTNER_NEW_NTF or CCM_CMD_PARTNER_SET_NTF
 * @partner: it
 * @by: who wanted it
 *
 * May sleep.
 */
void ccm_monitor_named(struct ccm_monitor *monitor, u8 command, const struct ccm_partner *partner,
		       kuid_t by)
{
	lockdep_assert_held(&monitor->order);
	tell_wanted(monitor, command, partner->id, partner, by);
}

/**
 * ccm_monitor_gone() - a partner has been deleted
 * @monitor: created
 * @id: its node id
 * @by: who wanted it
 *
 * May sleep. What it went through until then is told in front of this.
 */
void ccm_monitor_gone(struct ccm_monitor *monitor, u32 id, kuid_t by)
{
	flush_delayed_work(&monitor->work);
	tell_wanted(monitor, CCM_CMD_PARTNER_DEL_NTF, id, NULL, by);
}
