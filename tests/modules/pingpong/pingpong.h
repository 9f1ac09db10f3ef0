/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ping-pong client: a message or a ringing WRITE on a port is echoed by the
 * counterpart at once, from softirq. One round is under way on a port at a time; both
 * sides may play at once.
 *
 * The region on the partner: for each port PINGPONG_SLOT bytes for pings, and as many for
 * the echoes of its own pings.
 *
 * Locks. pingpong_link.lock: taken in softirq; all of a link but what is constant while
 * it is up. Echoes are posted with it held: CCM's functions do not sleep, and no
 * completion is called by them.
 */
#ifndef CCM_TEST_PINGPONG_H
#define CCM_TEST_PINGPONG_H

#include <linux/ccm.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#define PINGPONG_PORTS_MAX	16U
#define PINGPONG_SLOT		4096U
#define PINGPONG_ECHOES		4U	/* operations for echoes; one side plays one round */

enum pingpong_way {
	PINGPONG_SEND,		/* messages */
	PINGPONG_WRITE,		/* WRITE and ring */
	PINGPONG_WAYS
};

/* At the start of what is sent or written; host byte order */
struct pingpong_head {
	u32 magic;
	u32 echo;		/* 0: a ping; 1: its echo */
	u32 round;
	u32 len;		/* with the head */
	u64 seed;		/* of what follows */
};

/* For one operation */
struct pingpong_out {
	struct pingpong_link *link;
	struct ccm_op op;
	struct ccm_buffer buffer;
	bool busy;
};

struct pingpong_port {
	struct pingpong_out ping;
	struct pingpong_out echoes[PINGPONG_ECHOES];
	u32 round;		/* under way, or the last */
	u64 seed;
	u32 len;
	enum pingpong_way way;
	bool waiting;		/* for the echo */
	u64 back_ns;		/* when it came */
	u64 pings;
	u64 pongs;
	u64 echoed;
};

struct pingpong_link {
	struct list_head entry;
	u32 partner;
	struct ccm_link *link;	/* NULL: down */
	u32 ports;
	spinlock_t lock;
	u32 in_flight;
	wait_queue_head_t wait;
	u64 errors;		/* completions with an error */
	u64 refused;		/* not started */
	u64 busy;		/* no operation was free for an echo */
	struct pingpong_port port[PINGPONG_PORTS_MAX];
};

struct pingpong_result {
	u32 rounds;
	u64 min_ns;
	u64 max_ns;
	u64 sum_ns;
};

/* link.c */
int pingpong_register(u16 ports);
void pingpong_unregister(void);
struct pingpong_link *pingpong_find(u32 partner);
struct pingpong_link *pingpong_next(struct pingpong_link *link);
bool pingpong_is_up(u32 partner);
extern wait_queue_head_t pingpong_changed;

/* play.c */
void pingpong_play_init(struct pingpong_link *link);
int pingpong_play_open(struct pingpong_link *link, struct ccm_link *ccm);
void pingpong_play_close(struct pingpong_link *link);
void pingpong_take(struct pingpong_link *link, u32 port, enum pingpong_way way,
		   const u8 *data, u32 len);
void pingpong_take_ring(struct pingpong_link *link, struct ccm_port *port, u32 word);
int pingpong_run(struct pingpong_link *link, u32 rounds, enum pingpong_way way, u32 first,
		 u32 count, u32 timeout_ms, struct pingpong_result *result);

#endif /* CCM_TEST_PINGPONG_H */
