// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views and readers.
 *
 * There is one lock for all views, and one number that counts changes. A change updates
 * the view and is appended to the queue of each reader, all under the lock. A reader that
 * is new, or whose queue was full, is marked: it first takes the present state from the
 * views, under the same lock, so that nothing falls between state and changes.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "events.h"

#define CCM_READER_CHANGES	64U	/* room for these behind the present state */

/**
 * ccm_events_init() - nothing to see yet
 * @events: memory for it
 * @node: this node's id
 */
void ccm_events_init(struct ccm_events *events, u32 node)
{
	spin_lock_init(&events->lock);
	events->node = node;
	events->seq = 0;
	INIT_LIST_HEAD(&events->views);
	events->view_count = 0;
	INIT_LIST_HEAD(&events->readers);
}

static void reader_append(struct ccm_reader *reader, const struct ccm_record *record)
{
	lockdep_assert_held(&reader->events->lock);
	reader->records[(reader->head + reader->count) % reader->size] = *record;
	reader->count++;
}

/* One change for everybody. */
static void publish(struct ccm_events *events, struct ccm_record *record)
{
	struct ccm_reader *reader;

	lockdep_assert_held(&events->lock);
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

/**
 * ccm_view_add() - something is to be seen from now on
 * @events: events
 * @view: its owner's, with a record
 * @announce: this is a change that readers are told of
 *
 * Process context. Views are shown in the order in which they were added.
 */
void ccm_view_add(struct ccm_events *events, struct ccm_view *view, bool announce)
{
	spin_lock(&events->lock);
	list_add_tail(&view->entry, &events->views);
	events->view_count++;
	view->record.time_ns = ktime_get_ns();
	if (announce)
		publish(events, &view->record);
	spin_unlock(&events->lock);
}

/**
 * ccm_view_publish() - something has changed
 * @events: events
 * @view: added
 * @now: how it is now; number and time are filled in
 *
 * Process context. Its owner publishes one change after the other.
 */
void ccm_view_publish(struct ccm_events *events, struct ccm_view *view,
		      const struct ccm_record *now)
{
	spin_lock(&events->lock);
	view->record = *now;
	publish(events, &view->record);
	spin_unlock(&events->lock);
}

/**
 * ccm_view_remove() - it is not to be seen any more
 * @events: events
 * @view: added; nobody looks at it afterwards
 * @last: what readers are told of that; NULL: nothing
 *
 * Process context.
 */
void ccm_view_remove(struct ccm_events *events, struct ccm_view *view,
		     const struct ccm_record *last)
{
	spin_lock(&events->lock);
	list_del(&view->entry);
	events->view_count--;
	if (last) {
		view->record = *last;
		publish(events, &view->record);
	}
	spin_unlock(&events->lock);
}

static void read_view(const struct ccm_view *view, struct ccm_record *record)
{
	*record = view->record;
	if (view->refresh)
		view->refresh(view, record);
}

/**
 * ccm_view_read() - how something is now
 * @events: events
 * @view: added, or not yet
 * @record: filled
 *
 * Process context.
 */
void ccm_view_read(struct ccm_events *events, const struct ccm_view *view,
		   struct ccm_record *record)
{
	spin_lock(&events->lock);
	read_view(view, record);
	spin_unlock(&events->lock);
}

/*
 * Readers
 */

static void append_mark(struct ccm_reader *reader, u16 type)
{
	struct ccm_record record = {
		.size = sizeof(record),
		.type = type,
		.node = reader->events->node,
		.seq = reader->events->seq,
		.time_ns = ktime_get_ns(),
		.flags = CCM_RECORD_F_PRESENT,
	};

	reader_append(reader, &record);
}

/* Records of a queue for the present state, its marks, and some changes */
static u32 wanted_size(const struct ccm_events *events)
{
	lockdep_assert_held(&events->lock);
	return events->view_count + 2 + CCM_READER_CHANGES;
}

/* Queue the present state. */
static void take_state(struct ccm_reader *reader)
{
	struct ccm_events *events = reader->events;
	struct ccm_record record;
	struct ccm_view *view;

	lockdep_assert_held(&events->lock);
	reader->head = 0;
	reader->count = 0;
	if (reader->overflowed)
		append_mark(reader, CCM_RECORD_OVERFLOW);
	reader->overflowed = false;
	reader->take_state = false;
	list_for_each_entry(view, &events->views, entry) {
		read_view(view, &record);
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

	lockdep_assert_held(&reader->read_lock);
	records = (struct ccm_record *)kvcalloc(size, sizeof(*records), GFP_KERNEL_ACCOUNT);
	if (!records)
		return -ENOMEM;
	spin_lock(&reader->events->lock);
	/* nothing is queued while the present state is to be taken */
	old = reader->records;
	reader->records = records;
	reader->size = size;
	spin_unlock(&reader->events->lock);
	kvfree(old);
	return 0;
}

/**
 * ccm_reader_create() - one reader more
 * @events: what it reads
 *
 * Process context. It begins with the present state.
 *
 * Return: the reader, or NULL
 */
struct ccm_reader *ccm_reader_create(struct ccm_events *events)
{
	struct ccm_reader *reader;

	reader = (struct ccm_reader *)kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return NULL;
	reader->events = events;
	mutex_init(&reader->read_lock);
	init_waitqueue_head(&reader->wait);
	reader->take_state = true;
	spin_lock(&events->lock);
	list_add_tail(&reader->entry, &events->readers);
	spin_unlock(&events->lock);
	return reader;
}

/**
 * ccm_reader_destroy() - one less
 * @reader: freed; nobody reads from it
 */
void ccm_reader_destroy(struct ccm_reader *reader)
{
	spin_lock(&reader->events->lock);
	list_del(&reader->entry);
	spin_unlock(&reader->events->lock);
	kvfree(reader->records);
	kfree(reader);
}

/**
 * ccm_reader_next() - the next record
 * @reader: its read_lock is held
 * @record: filled
 *
 * Return: 1; 0: there is none now; -ENOMEM
 */
int ccm_reader_next(struct ccm_reader *reader, struct ccm_record *record)
{
	spinlock_t *lock = &reader->events->lock;
	u32 size;
	int ret;

	for (;;) {
		spin_lock(lock);
		size = wanted_size(reader->events);
		if (!reader->take_state || reader->size >= size)
			break;
		spin_unlock(lock);
		ret = reader_grow(reader, size);
		if (ret)
			return ret;
	}
	if (reader->take_state)
		take_state(reader);
	ret = reader->count > 0;
	if (ret) {
		*record = reader->records[reader->head];
		reader->head = (reader->head + 1) % reader->size;
		reader->count--;
	}
	spin_unlock(lock);
	return ret;
}

/**
 * ccm_reader_ready() - is there a record to read?
 * @reader: reader
 *
 * Process context.
 */
bool ccm_reader_ready(struct ccm_reader *reader)
{
	spinlock_t *lock = &reader->events->lock;
	bool ready;

	spin_lock(lock);
	ready = reader->take_state || reader->count > 0;
	spin_unlock(lock);
	return ready;
}
