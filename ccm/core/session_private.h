/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the session state machine share among themselves:
 *
 *	session.c		the life of a session: attempts, requests, ends, retries
 *	session_greet.c		the series on one connection: A0 R1 W1 R2 W2 W3
 *	session_mail.c		catalogs and tables of links, written again and again
 *	links.c			each client's link, from catalogs to UP
 *	session_table.c		the state x event table and ccm_session_step()
 *	names.c			names for people
 */
#ifndef CCM_CORE_SESSION_PRIVATE_H
#define CCM_CORE_SESSION_PRIVATE_H

#include "session.h"

CCM_EXTERN_C_BEGIN

/* How long to wait before the next attempt: see ccm_session_end() */
enum ccm_retry {
	CCM_RETRY_BACKOFF	= 0,	/* CCM_RETRY_MIN_MS, doubling */
	CCM_RETRY_POLICY	= 1,	/* CCM_RETRY_MAX_MS: trying again soon cannot help */
	CCM_RETRY_AT_ONCE	= 2,	/* not at all, a few times in a row */
};

/* session.c: used by the series */
struct ccm_session_action *ccm_session_emit(struct ccm_session_actions *actions,
					    enum ccm_session_action_type type);
void ccm_session_arm(struct ccm_session *s, struct ccm_session_actions *actions);
u64 ccm_session_backoff(u32 failed, u32 min_ms, u32 max_ms, u64 random);
void ccm_session_enter(struct ccm_session *s, enum ccm_state state,
		       struct ccm_session_actions *actions);
void ccm_session_end(struct ccm_session *s, u64 now_us,
		     const struct ccm_session_event *event, u32 reason,
		     enum ccm_retry retry, bool flush,
		     struct ccm_session_actions *actions);
void ccm_session_refuse(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event, u32 reason,
			struct ccm_session_actions *actions);
bool ccm_session_reason_valid(u32 reason);
bool ccm_session_reason_policy(u32 reason);

/* session_greet.c: used by session.c */
bool ccm_session_goodbye(struct ccm_session *s, u32 reason,
			 struct ccm_session_actions *actions);
void ccm_session_greet(struct ccm_session *s, u64 now_us,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions);

void ccm_session_advance(struct ccm_session *s, u64 now_us,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions);

/* session_mail.c */
void ccm_session_mail_catalog(struct ccm_session *s, struct ccm_session_actions *actions);
void ccm_session_mail_due(struct ccm_session *s, struct ccm_session_actions *actions);
bool ccm_session_take_catalog(struct ccm_session *s,
			      const struct ccm_session_event *event,
			      struct ccm_session_actions *actions);
bool ccm_session_take_links(struct ccm_session *s, u64 now_us,
			    const struct ccm_session_event *event,
			    struct ccm_session_actions *actions);
bool ccm_session_taken(struct ccm_session *s, u32 ring);

/* links.c */
void ccm_links_clients(struct ccm_session *s, const struct ccm_catalog *clients,
		       struct ccm_session_actions *actions);
void ccm_links_match(struct ccm_session *s);
void ccm_links_start(struct ccm_session *s);
void ccm_links_ready(struct ccm_session *s);
bool ccm_links_settled(const struct ccm_session *s);
bool ccm_links_hear(struct ccm_session *s, u64 now_us, const struct ccm_link_slot *slot,
		    u64 random);
void ccm_links_timer(struct ccm_session *s, u64 now_us, u64 random);
u64 ccm_links_earliest(const struct ccm_session *s);
void ccm_links_reset(struct ccm_session *s);
u32 ccm_links_put_table(const struct ccm_session *s, u8 *buf);

/* Handlers: one for each row of the table that does something */
#define CCM_SESSION_HANDLER(name)						\
	void ccm_session_##name(struct ccm_session *s, u64 now_us,		\
				const struct ccm_session_event *event,		\
				struct ccm_session_actions *actions)

CCM_SESSION_HANDLER(start);
CCM_SESSION_HANDLER(stop);
CCM_SESSION_HANDLER(path_up_down);
CCM_SESSION_HANDLER(path_up_connecting);
CCM_SESSION_HANDLER(timer_down);
CCM_SESSION_HANDLER(timer_connecting);
CCM_SESSION_HANDLER(timer_series);
CCM_SESSION_HANDLER(request_down);
CCM_SESSION_HANDLER(request_connecting);
CCM_SESSION_HANDLER(request_replaces);
CCM_SESSION_HANDLER(established);
CCM_SESSION_HANDLER(rejected);
CCM_SESSION_HANDLER(failed);
CCM_SESSION_HANDLER(lost_connecting);
CCM_SESSION_HANDLER(device_gone_connecting);
CCM_SESSION_HANDLER(failed_series);
CCM_SESSION_HANDLER(lost);
CCM_SESSION_HANDLER(device_gone);
CCM_SESSION_HANDLER(verdict);

CCM_SESSION_HANDLER(message_early);
CCM_SESSION_HANDLER(ring_early);
CCM_SESSION_HANDLER(message);
CCM_SESSION_HANDLER(read_done);
CCM_SESSION_HANDLER(ring);

CCM_SESSION_HANDLER(clients);
CCM_SESSION_HANDLER(link_prepared);
CCM_SESSION_HANDLER(link_opened);
CCM_SESSION_HANDLER(link_failed);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_PRIVATE_H */
