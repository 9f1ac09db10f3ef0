// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space can read of each partner at any time: a device of the subsystem
 * ccm_failover, /sys/bus/ccm_failover/devices/NODE-ID, with the present decision in its
 * attributes, and the same in each of its uevents: in those for a change, in one that
 * somebody asks for (echo change >uevent), and in those that udev asks for at its start
 * ("udevadm trigger"), behind an initramfs in which the decision was made.
 *
 * Attributes and uevents are made from a copy of the view, under a spinlock of its own:
 * whoever reads keeps no decision waiting, and sending a uevent, which allocates memory,
 * is a work item's. Changes wait for it in a queue; when that is full, the newest takes the
 * place of the one before it.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "../compat.h"
#include "failover_partners.h"
#include "failover_show.h"

/* Not in the way of who decides: uevents allocate, and nothing that frees memory waits. */
static struct workqueue_struct *show_wq;

struct flag_name {
	u32 flag;
	const char *word;	/* in an attribute */
	const char *variable;	/* in a uevent */
};

static const struct flag_name flag_names[] = {
	{ CCM_FM_F_PARTITION, "partition", "CCM_PARTITION" },
	{ CCM_FM_F_ORDERLY, "orderly", "CCM_ORDERLY" },
	{ CCM_FM_F_NEVER_SEEN, "never-seen", "CCM_NEVER_SEEN" },
	{ CCM_FM_F_ADVISED, "advised", "CCM_ADVISED" },
	{ CCM_FM_F_SURVIVED, "survived", "CCM_SURVIVED" },
	{ CCM_FM_F_CERTAIN, "certain", "CCM_CERTAIN" },
	{ CCM_FM_F_WATCHED, "watched", "CCM_WATCHED" },
	{ CCM_FM_F_FLAPPING, "flapping", "CCM_FLAPPING" },
};

/* A copy of the view: for the uevent of a change as it was then, else as it is now. */
static void take_view(struct fm_partner *partner, struct ccm_failover_view *view)
{
	spin_lock(&partner->shown_lock);
	*view = partner->uevent_task == current ? partner->told[partner->told_first] :
						  partner->shown;
	spin_unlock(&partner->shown_lock);
}

/*
 * Has a takeover of this node been advised? Only who has watched can say that none was:
 * anything else is no permission.
 */
static const char *partner_advised(const struct ccm_failover_view *view)
{
	if (!view->partner_knows)
		return "unknown";
	if (view->partner_flags & CCM_FM_F_ADVISED)
		return "1";
	return view->partner_flags & CCM_FM_F_WATCHED ? "0" : "unknown";
}

static ssize_t emit_flags(char *buf, u32 flags)
{
	ssize_t len = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].flag)
			len += sysfs_emit_at(buf, (int)len, "%s%s", len ? " " : "",
					     flag_names[i].word);
	return len + sysfs_emit_at(buf, (int)len, "\n");
}

static struct fm_partner *partner_of(const struct device *dev)
{
	return (struct fm_partner *)dev_get_drvdata(dev);
}

static ssize_t decision_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "%s\n", ccm_fm_decision_name(view.decision));
}

static ssize_t reason_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "%s\n", ccm_partner_reason_name(view.reason));
}

static ssize_t stage_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "%s\n", ccm_partner_stage_name(view.stage));
}

static ssize_t incarnation_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "0x%016llx\n", view.incarnation);
}

static ssize_t flags_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return emit_flags(buf, view.flags);
}

static ssize_t partner_decision_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "%s\n", ccm_fm_decision_name(view.partner_decision));
}

static ssize_t partner_flags_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return emit_flags(buf, view.partner_flags);
}

static ssize_t partner_advised_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ccm_failover_view view;

	take_view(partner_of(dev), &view);
	return sysfs_emit(buf, "%s\n", partner_advised(&view));
}

static DEVICE_ATTR_RO(decision);
static DEVICE_ATTR_RO(reason);
static DEVICE_ATTR_RO(stage);
static DEVICE_ATTR_RO(incarnation);
static DEVICE_ATTR_RO(flags);
static DEVICE_ATTR_RO(partner_decision);
static DEVICE_ATTR_RO(partner_flags);
static DEVICE_ATTR_RO(partner_advised);

static struct attribute *show_attrs[] = {
	&dev_attr_decision.attr,
	&dev_attr_reason.attr,
	&dev_attr_stage.attr,
	&dev_attr_incarnation.attr,
	&dev_attr_flags.attr,
	&dev_attr_partner_decision.attr,
	&dev_attr_partner_flags.attr,
	&dev_attr_partner_advised.attr,
	NULL
};
ATTRIBUTE_GROUPS(show);

static int show_uevent(ccm_uevent_device *dev, struct kobj_uevent_env *env)
{
	struct fm_partner *partner = partner_of(dev);
	struct ccm_failover_view view;
	int ret;
	u32 i;

	take_view(partner, &view);
	ret = add_uevent_var(env, "CCM_PARTNER=%u", partner->id);
	ret = ret ?: add_uevent_var(env, "CCM_DECISION=%s", ccm_fm_decision_name(view.decision));
	ret = ret ?: add_uevent_var(env, "CCM_REASON=%s", ccm_partner_reason_name(view.reason));
	ret = ret ?: add_uevent_var(env, "CCM_STAGE=%s", ccm_partner_stage_name(view.stage));
	for (i = 0; !ret && i < ARRAY_SIZE(flag_names); i++)
		ret = add_uevent_var(env, "%s=%d", flag_names[i].variable,
				     !!(view.flags & flag_names[i].flag));
	ret = ret ?: add_uevent_var(env, "CCM_INCARNATION=%016llx", view.incarnation);
	ret = ret ?: add_uevent_var(env, "CCM_PARTNER_DECISION=%s",
				    ccm_fm_decision_name(view.partner_decision));
	ret = ret ?: add_uevent_var(env, "CCM_PARTNER_ADVISED=%s", partner_advised(&view));
	return ret;
}

/* No driver binds to it: it is what devices without hardware have in common, as workqueue. */
static struct bus_type show_subsys = {
	.name = "ccm_failover",
	.dev_groups = show_groups,
	.uevent = show_uevent,
};

static void show_release(struct device *dev)
{
	kfree(dev);
}

/* The oldest change is taken out of the queue when it has been sent. */
static bool next_change(struct fm_partner *partner, bool sent)
{
	bool more;

	spin_lock(&partner->shown_lock);
	if (sent) {
		partner->told_first = (partner->told_first + 1) % FM_TOLD_MAX;
		partner->told_count--;
	}
	more = partner->told_count;
	partner->uevent_task = more ? current : NULL;
	spin_unlock(&partner->shown_lock);
	return more;
}

static void uevent_work(struct work_struct *work)
{
	struct fm_partner *partner = container_of(work, struct fm_partner, uevent);
	bool sent = false;

	while (next_change(partner, sent)) {
		/* It fails when nobody listens, and in an initramfs nobody has to. */
		kobject_uevent(&partner->dev->kobj, KOBJ_CHANGE);
		sent = true;
	}
}

/**
 * fm_show_start() - once, before there is a partner
 *
 * Return: 0 or a negative errno
 */
int fm_show_start(void)
{
	int ret;

	show_wq = alloc_ordered_workqueue("ccm_fm_show", 0);
	if (!show_wq)
		return -ENOMEM;
	ret = subsys_virtual_register(&show_subsys, NULL);
	if (ret)
		destroy_workqueue(show_wq);
	return ret;
}

/** fm_show_stop() - once, when there is no partner any more */
void fm_show_stop(void)
{
	bus_unregister(&show_subsys);
	destroy_workqueue(show_wq);
}

/**
 * fm_show_init() - make what user space sees of a partner
 * @partner: new, with its id
 *
 * May sleep. It is made when CCM first speaks of the partner, not when that is lost.
 *
 * Return: 0 or a negative errno
 */
int fm_show_init(struct fm_partner *partner)
{
	struct device *dev = (struct device *)kzalloc(sizeof(*dev), GFP_KERNEL);
	int ret;

	if (!dev)
		return -ENOMEM;
	spin_lock_init(&partner->shown_lock);
	INIT_WORK(&partner->uevent, uevent_work);
	device_initialize(dev);
	dev->bus = &show_subsys;
	dev->release = show_release;
	dev_set_drvdata(dev, partner);
	ret = dev_set_name(dev, "%u", partner->id);
	if (!ret)
		ret = device_add(dev);
	if (ret) {
		put_device(dev);
		return ret;
	}
	partner->dev = dev;
	return 0;
}

/**
 * fm_show_free() - undo it
 * @partner: nothing of it changes any more
 *
 * Not with fm_lock held. Whoever reads an attribute has ended when it returns; the device
 * itself is freed with its last reference, and has nothing of the partner then.
 */
void fm_show_free(struct fm_partner *partner)
{
	cancel_work_sync(&partner->uevent);
	device_unregister(partner->dev);
}

/**
 * fm_show() - the view has changed
 * @partner: whose
 *
 * With fm_lock held. Does not wait.
 */
void fm_show(struct fm_partner *partner)
{
	lockdep_assert_held(&fm_lock);
	spin_lock(&partner->shown_lock);
	partner->shown = partner->failover.view;
	/* the one at told_first may be on its way: it is the last one only if there is room */
	if (partner->told_count < FM_TOLD_MAX)
		partner->told_count++;
	partner->told[(partner->told_first + partner->told_count - 1) % FM_TOLD_MAX] =
		partner->shown;
	spin_unlock(&partner->shown_lock);
	queue_work(show_wq, &partner->uevent);
}
