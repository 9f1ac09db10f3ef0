/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last word: a kernel that panics tells its partners, by one datagram each, that they are to
 * look at once.
 *
 * On adapters the page goes on being read, with the panic flag on it; where the machine's own
 * CPU answers READs, there is only silence. Each side tells the other a secret within the
 * session, and a word counts that has it. Even then it only makes the core look: see
 * ccm/core/session.c.
 *
 * A word is armed by its partner's work item when the session is READY, and is dropped with DOWN.
 * The datagram is made by a work item of its own, for that takes the RTNL, which others may hold
 * as long as they like.
 *
 * Partners come and go while sockets and panic notifier look for their words: the list is read
 * under RCU.
 */
#ifndef CCM_LAST_WORD_H
#define CCM_LAST_WORD_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/wire.h"
#include "frame.h"
#include "inbox.h"

struct net_device;
struct socket;

/**
 * struct ccm_last_words - of this node and its partners
 * @node: id of this node
 * @wq: prepares words; may be kept waiting
 * @words: struct ccm_last_word of each partner; under RCU. Partners come and go one at a time
 * @frames: what they leave by
 * @socket4: hears partners' words; NULL: does not
 * @socket6: likewise, IPv6
 * @wrong: datagrams that were no word of a session's partner
 * @log: limits what is logged about them
 */
struct ccm_last_words {
	u32 node;
	struct workqueue_struct *wq;
	struct list_head words;
	struct ccm_frames frames;
	struct socket *socket4;
	struct socket *socket6;
	atomic64_t wrong;
	struct ratelimit_state log;
};

/**
 * struct ccm_last_word_session - whose words, and how they travel
 * @conn: the core's name of the session's connection
 * @incarnation: this node's
 * @peer_incarnation: the partner's
 * @secret: that this node has told; zeroes: it sends no word
 * @peer_secret: that the partner has told; zeroes: it sends none
 * @envelope: of what is said to the partner
 */
struct ccm_last_word_session {
	u32 conn;
	u64 incarnation;
	u64 peer_incarnation;
	u8 secret[CCM_WIRE_SECRET_LEN];
	u8 peer_secret[CCM_WIRE_SECRET_LEN];
	struct ccm_envelope envelope;
};

/**
 * struct ccm_last_word - to one partner, and from it
 * @entry: in ccm_last_words.words
 * @all: ... of this node
 * @partner: node id
 * @inbox: the partner's: told of WORD
 * @prepare: makes @frame
 * @lock: protects all below; taken in softirq
 * @armed: a session is READY
 * @session: that one
 * @heard: connection whose word has come; 0: none
 * @frame: to be sent; NULL: none. The panic notifier takes it without the lock
 * @error: why there is none
 */
struct ccm_last_word {
	struct list_head entry;
	struct ccm_last_words *all;
	u32 partner;
	struct ccm_inbox *inbox;
	struct work_struct prepare;
	spinlock_t lock;
	bool armed;
	struct ccm_last_word_session session;
	u32 heard;
	struct ccm_frame *frame;
	int error;
};

void ccm_last_words_init(struct ccm_last_words *all, u32 node, struct workqueue_struct *wq);
void ccm_last_words_end(struct ccm_last_words *all);
void ccm_last_words_listen(struct ccm_last_words *all, u16 port);
void ccm_last_words_deafen(struct ccm_last_words *all);
void ccm_last_words_device_gone(struct ccm_last_words *all, const struct net_device *dev);
void ccm_last_words_say(struct ccm_last_words *all);

void ccm_last_word_init(struct ccm_last_word *word, struct ccm_last_words *all, u32 partner,
			struct ccm_inbox *inbox);
void ccm_last_word_end(struct ccm_last_word *word);
void ccm_last_word_draw(u8 *secret);
void ccm_last_word_arm(struct ccm_last_word *word, const struct ccm_last_word_session *session);
void ccm_last_word_disarm(struct ccm_last_word *word);
u32 ccm_last_word_heard(struct ccm_last_word *word);

#endif /* CCM_LAST_WORD_H */
