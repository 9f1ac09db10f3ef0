// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ccm: what user space sees of the node, its partners and its clients. Each open file
 * is a reader of the node's events, and may hold a boot stage; it keeps the module loaded.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chardev.h"
#include "cluster.h"
#include "node.h"
#include "partner.h"

static struct ccm_cluster *chardev_cluster;	/* fixed while the device is registered */

/**
 * struct ccm_file - one open file
 * @reader: its queue of events
 * @hold_lock: one ioctl at a time changes @held
 * @held: enum ccm_stage that it holds until it is closed; CCM_STAGE_UNKNOWN: none
 */
struct ccm_file {
	struct ccm_reader *reader;
	struct mutex hold_lock;
	u32 held;
};

static struct ccm_reader *reader_of(const struct file *file)
{
	return ((const struct ccm_file *)file->private_data)->reader;
}

static ssize_t chardev_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct ccm_reader *reader = reader_of(file);
	struct ccm_record record;
	ssize_t done = 0;
	int ret;

	if (size < sizeof(record))
		return -EINVAL;
	ret = mutex_lock_interruptible(&reader->read_lock);
	if (ret)
		return ret;
	while (size - (size_t)done >= sizeof(record)) {
		ret = ccm_reader_next(reader, &record);
		if (ret < 0)
			break;
		if (ret) {
			ret = 0;
			if (copy_to_user(buf + done, &record, sizeof(record))) {
				ret = -EFAULT;
				break;
			}
			done += sizeof(record);
			continue;
		}
		if (done)
			break;
		if (file->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		ret = wait_event_interruptible(reader->wait, ccm_reader_ready(reader));
		if (ret)
			break;
	}
	mutex_unlock(&reader->read_lock);
	return done ? done : ret;
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct ccm_reader *reader = reader_of(file);

	poll_wait(file, &reader->wait, wait);
	return ccm_reader_ready(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int ioctl_info(void __user *arg)
{
	const struct ccm_node *node = chardev_cluster->node;
	struct ccm_info info = {
		.uapi_version = CCM_UAPI_VERSION,
		.record_size = sizeof(struct ccm_record),
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
		.node = node->config.node,
		.partners = READ_ONCE(chardev_cluster->count),
		.incarnation = node->incarnation,
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int ioctl_set_stage(void __user *arg)
{
	u32 stage;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&stage, arg, sizeof(stage)))
		return -EFAULT;
	return ccm_cluster_set_stage(chardev_cluster, stage);
}

/* The file can be shared by a fork: whoever closes it last lets go. */
static int ioctl_hold_stage(struct file *file, void __user *arg)
{
	struct ccm_file *own = (struct ccm_file *)file->private_data;
	u32 stage;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&stage, arg, sizeof(stage)))
		return -EFAULT;
	mutex_lock(&own->hold_lock);
	ret = ccm_cluster_hold_stage(chardev_cluster, &own->held, stage);
	mutex_unlock(&own->hold_lock);
	return ret;
}

static int ioctl_peek(void __user *arg)
{
	struct ccm_partner *partner;
	struct ccm_peek peek;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&peek, arg, sizeof(peek)))
		return -EFAULT;
	if (peek.timeout_ms < 1 || peek.timeout_ms > 10000)
		return -EINVAL;
	partner = ccm_cluster_get(chardev_cluster, peek.node);
	if (!partner)
		return -ENOENT;
	ret = ccm_partner_peek(partner, &peek);
	ccm_partner_put(partner);
	if (ret)
		return ret;
	return copy_to_user(arg, &peek, sizeof(peek)) ? -EFAULT : 0;
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CCM_IOC_INFO:
		return ioctl_info((void __user *)arg);
	case CCM_IOC_SET_STAGE:
		return ioctl_set_stage((void __user *)arg);
	case CCM_IOC_PEEK:
		return ioctl_peek((void __user *)arg);
	case CCM_IOC_HOLD_STAGE:
		return ioctl_hold_stage(file, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct ccm_file *own = (struct ccm_file *)kzalloc(sizeof(*own), GFP_KERNEL);

	if (!own)
		return -ENOMEM;
	own->reader = ccm_reader_create(&chardev_cluster->node->events);
	if (!own->reader) {
		kfree(own);
		return -ENOMEM;
	}
	mutex_init(&own->hold_lock);
	own->held = CCM_STAGE_UNKNOWN;
	file->private_data = own;
	return stream_open(inode, file);
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct ccm_file *own = (struct ccm_file *)file->private_data;

	/* nobody else has the file any more */
	if (own->held != CCM_STAGE_UNKNOWN)
		ccm_cluster_hold_stage(chardev_cluster, &own->held, CCM_STAGE_UNKNOWN);
	ccm_reader_destroy(own->reader);
	kfree(own);
	return 0;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.read = chardev_read,
	.poll = chardev_poll,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.open = chardev_open,
	.release = chardev_release,
};

static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ccm",
	.fops = &chardev_fops,
	.mode = 0640,
};

/**
 * ccm_chardev_register() - make /dev/ccm
 * @cluster: what it shows; started
 *
 * Return: 0 or a negative errno
 */
int ccm_chardev_register(struct ccm_cluster *cluster)
{
	chardev_cluster = cluster;
	return misc_register(&chardev);
}

/** ccm_chardev_unregister() - remove /dev/ccm; no file of it is open */
void ccm_chardev_unregister(void)
{
	misc_deregister(&chardev);
}
