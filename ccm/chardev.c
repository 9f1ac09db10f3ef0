// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ccm: what user space sees of the node and its partners.
 *
 * There is one view of each partner and of each client as to a partner, one lock for all
 * views, and one number that counts changes. A change updates the view and is appended
 * to the queue of each open file, all under the lock. A file that has just been opened,
 * or whose queue was full, is marked: its next read() first takes the present state from
 * the views, under the same lock, so that nothing falls between state and changes.
 *
 * An open file keeps the module loaded.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ccm.h"
#include "rdma/rdma.h"

#define CCM_READER_CHANGES	64U	/* room for these behind the present state */

/**
 * struct ccm_reader - one open file
 * @entry: in ccm_events.readers
 * @node: node
 * @read_lock: one read() at a time, so that records come out in order
 * @wait: woken when a record was queued
 * @take_state: the next read() takes the present state; nothing is queued until then
 * @overflowed: ... and first says that changes were dropped
 * @head: next record to read
 * @count: records queued
 * @size: of @records
 * @records: the queue, a ring
 *
 * All but @read_lock under ccm_events.lock.
 */
struct ccm_reader {
	struct list_head entry;
	struct ccm_node *node;
	struct mutex read_lock;
	wait_queue_head_t wait;
	bool take_state;
	bool overflowed;
	u32 head;
	u32 count;
	u32 size;
	struct ccm_record *records;
};

static struct ccm_node *chardev_node;	/* fixed while the device is registered */

void ccm_events_init(struct ccm_events *events)
{
	spin_lock_init(&events->lock);
	events->seq = 0;
	INIT_LIST_HEAD(&events->readers);
	INIT_LIST_HEAD(&events->peers);
	events->peer_count = 0;
}

static void reader_append(struct ccm_reader *reader, const struct ccm_record *record)
{
	reader->records[(reader->head + reader->count) % reader->size] = *record;
	reader->count++;
}

/* Under the lock: one change for everybody. */
static void publish(struct ccm_events *events, struct ccm_record *record)
{
	struct ccm_reader *reader;

	record->seq = ++events->seq;
	record->time_ns = ktime_get_ns();
	list_for_each_entry(reader, &events->readers, entry) {
		if (reader->take_state)
			continue;	/* it will see this as present state */
		if (reader->count == reader->size) {
			reader->take_state = true;
			reader->overflowed = true;
			reader->count = 0;
		} else {
			reader_append(reader, record);
		}
		wake_up_interruptible(&reader->wait);
	}
}

static void fill_node(struct ccm_node *node, struct ccm_record *record)
{
	memset(record, 0, sizeof(*record));
	record->size = sizeof(*record);
	record->type = CCM_RECORD_NODE;
	record->node = node->config.node;
	record->incarnation = node->incarnation;
	record->stage = (u8)ccm_status_page_stage(node);
	record->counter = ccm_status_page_counter(node);
	record->detect_ms = node->config.detect_ms;
	record->port = node->config.rdma_port;
	memcpy(record->name, node->name, sizeof(record->name));
	memcpy(record->cluster, node->config.cluster, sizeof(record->cluster));
}

/**
 * ccm_events_node() - this node's own state has changed
 * @node: node
 */
void ccm_events_node(struct ccm_node *node)
{
	struct ccm_record record;

	spin_lock(&node->events.lock);
	fill_node(node, &record);
	publish(&node->events, &record);
	spin_unlock(&node->events.lock);
}

/**
 * ccm_events_partner() - something of a partner has changed
 * @partner: partner
 *
 * The partner's work item.
 */
void ccm_events_partner(struct ccm_partner *partner)
{
	struct ccm_events *events = &partner->node->events;
	struct ccm_record *view = &partner->view;

	spin_lock(&events->lock);
	ccm_partner_fill_view(partner, view);
	publish(events, view);
	spin_unlock(&events->lock);
}

static u32 client_state(const struct ccm_session_link *link)
{
	switch (link->state) {
	case CCM_LINK_WAITING:
		return CCM_CLIENT_WAITING;
	case CCM_LINK_REFUSED:
		return CCM_CLIENT_INCOMPATIBLE;
	case CCM_LINK_UP:
		return link->client_ready ? CCM_CLIENT_READY : CCM_CLIENT_OPENING;
	default:
		return CCM_CLIENT_OPENING;
	}
}

/**
 * ccm_events_client() - a client's link may have changed
 * @peer: client as to a partner
 * @link: as the core has it
 *
 * Nothing is published if it looks as before. The partner's work item.
 */
void ccm_events_client(struct ccm_peer *peer, const struct ccm_session_link *link)
{
	struct ccm_events *events = &peer->client->node->events;
	struct ccm_record *view = &peer->view;
	bool shown = link->state >= CCM_LINK_IDLE;
	struct ccm_record now;

	spin_lock(&events->lock);
	now = *view;
	now.state = (u8)client_state(link);
	now.reason = (u8)link->reason;
	now.version = shown ? link->plan.version : 0;
	now.ports = shown ? link->plan.ports : 0;
	now.region = shown ? link->plan.give : 0;
	now.region_partner = shown ? link->plan.take : 0;
	if (memcmp(&now, view, sizeof(now))) {
		*view = now;
		publish(events, view);
	}
	spin_unlock(&events->lock);
}

/**
 * ccm_events_client_note() - a client says something of a partner
 * @peer: client as to the partner
 * @note: shorter than CCM_CLIENT_NOTE_LEN
 *
 * Nothing is published if it has said so before. Process context.
 */
void ccm_events_client_note(struct ccm_peer *peer, const char *note)
{
	struct ccm_events *events = &peer->client->node->events;
	struct ccm_record *view = &peer->view;

	spin_lock(&events->lock);
	if (strcmp(view->note, note)) {
		memset(view->note, 0, sizeof(view->note));
		strscpy(view->note, note, sizeof(view->note));
		publish(events, view);
	}
	spin_unlock(&events->lock);
}

/**
 * ccm_events_client_add() - a client has registered
 * @client: new, with all its peers
 *
 * Process context.
 */
void ccm_events_client_add(struct ccm_client *client)
{
	struct ccm_events *events = &client->node->events;
	struct ccm_peer *peer;
	u32 i;

	spin_lock(&events->lock);
	for (i = 0; i < client->peer_count; i++) {
		peer = &client->peers[i];
		peer->view.size = sizeof(peer->view);
		peer->view.type = CCM_RECORD_CLIENT;
		peer->view.node = peer->partner->id;
		peer->view.state = CCM_CLIENT_WAITING;
		peer->view.reason = CCM_CLIENT_NO_SESSION;
		memcpy(peer->view.client, client->declared.name, sizeof(peer->view.client));
		list_add_tail(&peer->view_entry, &events->peers);
		events->peer_count++;
		publish(events, &peer->view);
	}
	spin_unlock(&events->lock);
}

/**
 * ccm_events_client_remove() - a client has left
 * @client: no partner's work item knows it any more
 *
 * Process context.
 */
void ccm_events_client_remove(struct ccm_client *client)
{
	struct ccm_events *events = &client->node->events;
	struct ccm_peer *peer;
	u32 i;

	spin_lock(&events->lock);
	for (i = 0; i < client->peer_count; i++) {
		peer = &client->peers[i];
		list_del(&peer->view_entry);
		events->peer_count--;
		peer->view.state = CCM_CLIENT_GONE;
		peer->view.reason = CCM_CLIENT_LEFT;
		peer->view.ports = 0;
		peer->view.region = 0;
		peer->view.region_partner = 0;
		publish(events, &peer->view);
	}
	spin_unlock(&events->lock);
}

static void append_mark(struct ccm_reader *reader, u16 type)
{
	struct ccm_record record = {
		.size = sizeof(record),
		.type = type,
		.node = reader->node->config.node,
		.seq = reader->node->events.seq,
		.time_ns = ktime_get_ns(),
		.flags = CCM_RECORD_F_PRESENT,
	};

	reader_append(reader, &record);
}

/* Under the lock: records of a queue for the present state, its marks, and some changes */
static u32 wanted_size(const struct ccm_node *node)
{
	return node->partner_count + node->events.peer_count + 3 + CCM_READER_CHANGES;
}

/* Under the lock: queue the present state. */
static void reader_take_state(struct ccm_reader *reader)
{
	struct ccm_node *node = reader->node;
	struct ccm_record record;
	struct ccm_peer *peer;
	u32 i;

	reader->head = 0;
	reader->count = 0;
	if (reader->overflowed)
		append_mark(reader, CCM_RECORD_OVERFLOW);
	reader->overflowed = false;
	reader->take_state = false;

	fill_node(node, &record);
	record.seq = node->events.seq;
	record.time_ns = ktime_get_ns();
	record.flags |= CCM_RECORD_F_PRESENT;
	reader_append(reader, &record);
	for (i = 0; i < node->partner_count; i++) {
		record = node->partners[i]->view;
		ccm_partner_fill_counters(node->partners[i], &record);
		record.flags |= CCM_RECORD_F_PRESENT;
		reader_append(reader, &record);
	}
	list_for_each_entry(peer, &node->events.peers, view_entry) {
		record = peer->view;
		record.flags |= CCM_RECORD_F_PRESENT;
		reader_append(reader, &record);
	}
	append_mark(reader, CCM_RECORD_SYNC);
}

/*
 * Make the queue large enough for the present state, which may grow meanwhile; under
 * @read_lock.
 */
static int reader_grow(struct ccm_reader *reader, u32 size)
{
	struct ccm_record *records;
	struct ccm_record *old;

	records = (struct ccm_record *)kvcalloc(size, sizeof(*records), GFP_KERNEL_ACCOUNT);
	if (!records)
		return -ENOMEM;
	spin_lock(&reader->node->events.lock);
	/* nothing is queued while the present state is to be taken */
	old = reader->records;
	reader->records = records;
	reader->size = size;
	spin_unlock(&reader->node->events.lock);
	kvfree(old);
	return 0;
}

/* The next record. Return: 1, 0: none, or -ENOMEM */
static int reader_next(struct ccm_reader *reader, struct ccm_record *record)
{
	spinlock_t *lock = &reader->node->events.lock;
	u32 size;
	int ret;

	for (;;) {
		spin_lock(lock);
		size = wanted_size(reader->node);
		if (!reader->take_state || reader->size >= size)
			break;
		spin_unlock(lock);
		ret = reader_grow(reader, size);
		if (ret)
			return ret;
	}
	if (reader->take_state)
		reader_take_state(reader);
	ret = reader->count > 0;
	if (ret) {
		*record = reader->records[reader->head];
		reader->head = (reader->head + 1) % reader->size;
		reader->count--;
	}
	spin_unlock(lock);
	return ret;
}

static bool reader_ready(struct ccm_reader *reader)
{
	spinlock_t *lock = &reader->node->events.lock;
	bool ready;

	spin_lock(lock);
	ready = reader->take_state || reader->count > 0;
	spin_unlock(lock);
	return ready;
}

static ssize_t chardev_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct ccm_reader *reader = (struct ccm_reader *)file->private_data;
	struct ccm_record record;
	ssize_t done = 0;
	int ret;

	if (size < sizeof(record))
		return -EINVAL;
	ret = mutex_lock_interruptible(&reader->read_lock);
	if (ret)
		return ret;
	while (size - (size_t)done >= sizeof(record)) {
		ret = reader_next(reader, &record);
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
		ret = wait_event_interruptible(reader->wait, reader_ready(reader));
		if (ret)
			break;
	}
	mutex_unlock(&reader->read_lock);
	return done ? done : ret;
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct ccm_reader *reader = (struct ccm_reader *)file->private_data;

	poll_wait(file, &reader->wait, wait);
	return reader_ready(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int ioctl_info(struct ccm_node *node, void __user *arg)
{
	struct ccm_info info = {
		.uapi_version = CCM_UAPI_VERSION,
		.record_size = sizeof(struct ccm_record),
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
		.node = node->config.node,
		.partners = node->partner_count,
		.incarnation = node->incarnation,
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int ioctl_set_stage(struct ccm_node *node, void __user *arg)
{
	u32 stage;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&stage, arg, sizeof(stage)))
		return -EFAULT;
	return ccm_node_set_stage(node, stage);
}

static int ioctl_peek(struct ccm_node *node, void __user *arg)
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
	partner = ccm_node_find_partner(node, peek.node);
	if (!partner)
		return -ENOENT;
	ret = ccm_heartbeat_peek(&partner->heartbeat, &peek);
	if (ret)
		return ret;
	return copy_to_user(arg, &peek, sizeof(peek)) ? -EFAULT : 0;
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ccm_reader *reader = (struct ccm_reader *)file->private_data;

	switch (cmd) {
	case CCM_IOC_INFO:
		return ioctl_info(reader->node, (void __user *)arg);
	case CCM_IOC_SET_STAGE:
		return ioctl_set_stage(reader->node, (void __user *)arg);
	case CCM_IOC_PEEK:
		return ioctl_peek(reader->node, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct ccm_node *node = chardev_node;
	struct ccm_reader *reader;

	reader = (struct ccm_reader *)kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;
	reader->node = node;
	mutex_init(&reader->read_lock);
	init_waitqueue_head(&reader->wait);
	reader->take_state = true;
	spin_lock(&node->events.lock);
	list_add_tail(&reader->entry, &node->events.readers);
	spin_unlock(&node->events.lock);
	file->private_data = reader;
	return stream_open(inode, file);
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct ccm_reader *reader = (struct ccm_reader *)file->private_data;

	spin_lock(&reader->node->events.lock);
	list_del(&reader->entry);
	spin_unlock(&reader->node->events.lock);
	kvfree(reader->records);
	kfree(reader);
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
 * @node: what it shows; started
 *
 * Return: 0 or a negative errno
 */
int ccm_chardev_register(struct ccm_node *node)
{
	chardev_node = node;
	return misc_register(&chardev);
}

/** ccm_chardev_unregister() - remove /dev/ccm; no file of it is open */
void ccm_chardev_unregister(void)
{
	misc_deregister(&chardev);
}
