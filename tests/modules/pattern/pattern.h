/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pattern client: load through CCM's kernel API, checked. As many clients as CCM
 * takes are registered by command; each keeps READs, WRITEs, rings and messages of
 * seeded patterns in flight to every partner that is ready, and holds CCM to its
 * promises. What is broken is a violation (common/violation.h).
 *
 * Each side writes only into its own region on the partner, and into each area of it
 * with one operation at a time: what it reads back must be what it wrote.
 *
 * Locks. command_lock: the list of clients. pattern_link.lock: everything of a link;
 * held while operations are started, and by down() when it takes the link away, so that
 * none is started behind it. pattern_link.slot_lock: what completions touch.
 */
#ifndef CCM_TEST_PATTERN_H
#define CCM_TEST_PATTERN_H

#include <linux/ccm.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../common/bytes.h"

#define PATTERN_DEPTH_MAX	64U
#define PATTERN_SIZE_MAX	65536U
#define PATTERN_PORTS_MAX	64U
#define PATTERN_WAIT_MS		10000U	/* for one operation of a command */

enum pattern_state {
	PATTERN_IDLE,		/* start something */
	PATTERN_POSTED,		/* an operation is in flight */
	PATTERN_DONE,		/* it has completed; to be looked at */
};

enum pattern_kind {
	PATTERN_WRITE,		/* a new pattern, or with a ring */
	PATTERN_READ,		/* what was written last */
	PATTERN_SEND,
};

/* Of a link, over all its sessions; under its lock, what completions count under slot_lock */
struct pattern_counts {
	u64 writes;
	u64 rings;
	u64 reads;
	u64 sends;
	u64 bytes;
	u64 verified;		/* READs whose bytes were right */
	u64 errors;		/* operations that completed with an error */
	u64 late;		/* ... of these, with -ETIMEDOUT */
	u64 lost;		/* ... with -ENOTRECOVERABLE */
	u64 refused;		/* ... that were not started */
	u64 rung;		/* rings and messages of the counterpart */
	u64 received;
};

struct pattern_link;

/**
 * struct pattern_slot - one operation at a time, in an area of its own
 * @link: whose
 * @state: enum pattern_state
 * @kind: enum pattern_kind of the operation
 * @port: that it uses
 * @op: the operation
 * @buffer: local memory of it, mapped while the link is up
 * @status: with which it completed
 * @area: start of its area in the region on the partner
 * @area_len: of it; 0: no room, only messages are sent
 * @offset: of the range that was written last
 * @len: of it; 0: none
 * @seed: of its pattern
 */
struct pattern_slot {
	struct pattern_link *link;
	enum pattern_state state;
	enum pattern_kind kind;
	u32 port;
	struct ccm_op op;
	struct ccm_buffer buffer;
	int status;
	u64 area;
	u64 area_len;
	u64 offset;
	u32 len;
	u64 seed;
};

/**
 * struct pattern_link - a client's counterpart on one partner
 * @entry: in pattern_client.links
 * @client: whose
 * @partner: node id
 * @lock: see above
 * @up: between ready() and down()
 * @link: of it; NULL otherwise
 * @ports: of it
 * @region: local region; stays after down() until release()
 * @kept: the last there was, also while the counterpart asks for none; until release()
 * @region_size: of it
 * @partner_size: of the region on the partner
 * @slots: pattern_depth of them
 * @work: looks at what has completed and starts what is next
 * @random: of the load
 * @slot_lock: protects the slots' state and status, @in_flight, @closed, counts
 * @in_flight: operations
 * @closed: since down() has been called
 * @idle: woken when @in_flight becomes 0
 * @ring_out: number of the next ring on a port, and of the next message
 * @send_out: ...
 * @ring_in: that is expected of the counterpart; softirq, one at a time for a port
 * @send_in: ...
 * @counts: what was done
 * @status: of the partner, as told last
 * @down_reason: enum ccm_reason of the last down()
 * @down_state: of ccm_link_state() in it
 * @down_why: likewise, the reason
 * @down_partner: of ccm_client_partner_status() in it
 */
struct pattern_link {
	struct list_head entry;
	struct pattern_client *client;
	u32 partner;
	struct mutex lock;
	bool up;
	struct ccm_link *link;
	u32 ports;
	u8 *region;
	u8 *kept;
	u64 region_size;
	u64 partner_size;
	struct pattern_slot *slots;
	struct delayed_work work;
	u64 random;
	spinlock_t slot_lock;
	u32 in_flight;
	bool closed;
	wait_queue_head_t idle;
	u32 ring_out[PATTERN_PORTS_MAX];
	u32 send_out[PATTERN_PORTS_MAX];
	u32 ring_in[PATTERN_PORTS_MAX];
	u32 send_in[PATTERN_PORTS_MAX];
	struct pattern_counts counts;
	struct ccm_partner_status status;
	u32 down_reason;
	u32 down_state;
	u32 down_why;
	struct ccm_partner_status down_partner;
};

/**
 * struct pattern_client - one registration
 * @entry: in pattern_clients
 * @name: of the client
 * @config: as registered
 * @client: CCM's
 * @busy: bit 0: one of ready(), down(), release(), status() runs
 * @load: whether links are kept busy
 * @decline: so many calls of ready() return an error
 * @declined: so many have
 * @stuck: ready() does not return
 * @stuck_down: down() does not, but has done what it does
 * @links: by partner; only added to
 * @links_lock: protects @links
 * @readies: how often ready() was called
 * @downs: likewise
 * @releases: likewise
 * @changed: woken when a link comes or goes
 */
struct pattern_client {
	struct list_head entry;
	char name[CCM_CLIENT_NAME_LEN];
	struct ccm_client_config config;
	struct ccm_client *client;
	unsigned long busy;
	bool load;
	u32 decline;
	u64 declined;
	bool stuck;
	bool stuck_down;
	struct list_head links;
	spinlock_t links_lock;
	u64 readies;
	u64 downs;
	u64 releases;
	wait_queue_head_t changed;
};

/* What a message starts with; host byte order: all nodes of a test have the same */
struct pattern_message {
	u64 seed;
	u32 number;	/* on its port, from 0 */
	u32 len;	/* of the whole message */
};

extern struct list_head pattern_clients;
extern struct workqueue_struct *pattern_wq;
extern unsigned int pattern_depth;
extern unsigned int pattern_size;
extern unsigned int pattern_pace_ms;
extern bool pattern_early;

/* client.c: registration and what CCM tells */
struct pattern_client *pattern_register(const char *name, u16 ports_min, u16 ports_max,
					u64 ask, u64 give, u32 op_ms, bool load);
u32 pattern_unregister(struct pattern_client *client);
struct pattern_client *pattern_find(const char *name);
struct pattern_link *pattern_find_link(struct pattern_client *client, u32 partner);
bool pattern_is_up(struct pattern_client *client, u32 partner);

/* load.c: slots */
int pattern_load_init(struct pattern_link *link);
void pattern_load_free(struct pattern_link *link);
int pattern_load_open(struct pattern_link *link);
void pattern_load_close(struct pattern_link *link);
void pattern_load_kick(struct pattern_link *link);
bool pattern_load_idle(struct pattern_link *link);
void pattern_load_forget(struct pattern_link *link);
void pattern_take_ring(struct pattern_link *link, u32 port, u32 word);
void pattern_take_message(struct pattern_link *link, u32 port, const u8 *data, u32 len);

/* bulk.c: commands that go over a whole region */
int pattern_fill_remote(struct pattern_link *link, u64 seed, u64 *wrong);
int pattern_verify_remote(struct pattern_link *link, u64 seed, u64 *wrong);
int pattern_fill_local(struct pattern_link *link, u64 seed, u64 *wrong);
int pattern_read_large(struct pattern_link *link, u32 len, u64 seed, u64 *wrong);
int pattern_verify_local(struct pattern_link *link, u64 seed, u64 *wrong);

/* misuse.c: what CCM refuses */
int pattern_misuse(struct pattern_link *link, u64 *wrong);
int pattern_deep(struct pattern_link *link, u32 *posted);

/* churn.c */
int pattern_churn(u32 seconds, u64 seed);

#endif /* CCM_TEST_PATTERN_H */
