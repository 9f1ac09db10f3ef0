/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * READY and DOWN of a partner in the kernel log: each of them, unless they come so often (a
 * cable that flaps) that nobody would read them. What is left out is counted, and the state
 * that it has come to is always said in the end.
 */
#ifndef CCM_STATE_LOG_H
#define CCM_STATE_LOG_H

#include <linux/ratelimit.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/* At most so many lines of a partner in so many seconds */
#define CCM_STATE_LOG_LINES	20
#define CCM_STATE_LOG_S		40

/* From where to where the last connection went */
struct ccm_last_way {
	struct sockaddr_storage from;	/* once there is a device */
	struct sockaddr_storage to;	/* with port */
	char device[64];		/* "": never got so far */
};

/* What a line says */
struct ccm_state_line {
	u32 state;		/* CCM_STATE_READY or CCM_STATE_DOWN */
	u32 reason;		/* enum ccm_reason, of DOWN */
	u32 version;		/* of READY */
	u64 incarnation;	/* of READY */
	int error;		/* of DOWN: errno of the last connection, or 0 */
	struct ccm_last_way last;	/* of DOWN */
	u64 panicked_ms;	/* of DOWN: how long its crash kernel runs; 0: that shows nothing */
	u64 heard_ms;		/* ... and how long ago the one before it was heard; 0: never */
};

/**
 * struct ccm_state_log - what is said of a partner
 * @id: of the partner
 * @limit: how much
 * @lock: protects what follows
 * @line: the last one
 * @unsaid: how many were left out, @line among them, since one was said
 * @later: says @line when the time has come
 */
struct ccm_state_log {
	u32 id;
	struct ratelimit_state limit;
	spinlock_t lock;
	struct ccm_state_line line;
	u32 unsaid;
	struct delayed_work later;
};

void ccm_state_log_begin(struct ccm_state_log *log, u32 id);
void ccm_state_log_say(struct ccm_state_log *log, const struct ccm_state_line *line);
void ccm_state_log_end(struct ccm_state_log *log);

#endif /* CCM_STATE_LOG_H */
