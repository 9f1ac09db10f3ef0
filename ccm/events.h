/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What readers see: views and changes of them. Knows nothing of node, partner or client,
 * each of which owns a view of itself and publishes it.
 */
#ifndef CCM_EVENTS_H
#define CCM_EVENTS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/ccm.h>

/**
 * struct ccm_view - what readers see of one thing
 * @entry: in ccm_events.views
 * @record: as last published; under ccm_events.lock
 * @refresh: asked for what goes on changing without being published, when a reader takes
 *	the present state: fills it into @record, a copy. Under ccm_events.lock; may be NULL
 */
struct ccm_view {
	struct list_head entry;
	struct ccm_record record;
	void (*refresh)(const struct ccm_view *view, struct ccm_record *record);
};

/**
 * struct ccm_events - the views and who reads them
 * @lock: taken from any process context; protects everything here, every view, and every
 *	reader but its read_lock
 * @node: this node's id, for marks
 * @seq: number of the last change
 * @views: in the order in which they were added
 * @view_count: how many
 * @readers: open files
 */
struct ccm_events {
	spinlock_t lock;
	u32 node;
	u64 seq;
	struct list_head views;
	u32 view_count;
	struct list_head readers;
};

/**
 * struct ccm_reader - one reader, with a queue of its own
 * @entry: in ccm_events.readers
 * @events: what it reads
 * @read_lock: one read at a time, so that records come out in order; the caller's to take
 * @wait: woken when a record was queued
 * @take_state: the next record is the present state's; nothing is queued until then
 * @overflowed: ... and first says that changes were dropped
 * @head: next record to read
 * @count: records queued
 * @size: of @records
 * @records: the queue, a ring
 */
struct ccm_reader {
	struct list_head entry;
	struct ccm_events *events;
	struct mutex read_lock;
	wait_queue_head_t wait;
	bool take_state;
	bool overflowed;
	u32 head;
	u32 count;
	u32 size;
	struct ccm_record *records;
};

void ccm_events_init(struct ccm_events *events, u32 node);
void ccm_view_add(struct ccm_events *events, struct ccm_view *view, bool announce);
void ccm_view_publish(struct ccm_events *events, struct ccm_view *view,
		      const struct ccm_record *now);
void ccm_view_remove(struct ccm_events *events, struct ccm_view *view,
		     const struct ccm_record *last);
void ccm_view_read(struct ccm_events *events, const struct ccm_view *view,
		   struct ccm_record *record);

struct ccm_reader *ccm_reader_create(struct ccm_events *events);
void ccm_reader_destroy(struct ccm_reader *reader);
int ccm_reader_next(struct ccm_reader *reader, struct ccm_record *record);
bool ccm_reader_ready(struct ccm_reader *reader);

#endif /* CCM_EVENTS_H */
