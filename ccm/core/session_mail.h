/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mail that is written again and again, and what of the partner's is taken.
 */
#ifndef CCM_CORE_SESSION_MAIL_H
#define CCM_CORE_SESSION_MAIL_H

#include "session_action.h"
#include "session_event.h"
#include "session_state.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

/**
 * ccm_session_put_mail() - encode the mail of a CCM_ACT_MAIL
 * @s: session, not stepped since
 * @what: CCM_RING_CATALOG or CCM_RING_LINKS
 * @buf: room for CCM_CATALOG_LEN_MAX or CCM_LINKS_LEN_MAX bytes
 *
 * For the runtime.
 *
 * Return: bytes written
 */
u32 ccm_session_put_mail(const struct ccm_session *s, u32 what, u8 *buf);

/* W2 */
void ccm_session_mail_first(struct ccm_session *s, u64 now_us,
			    struct ccm_session_actions *actions);

/* The step is over: send what is to be sent and can be. */
void ccm_session_mail_due(struct ccm_session *s, u64 now_us,
			  struct ccm_session_actions *actions);

/* Has the partner had a mail of mine for too long? Its kernel schedules, and no more than that. */
bool ccm_session_mail_late(const struct ccm_session *s, u64 now_us);

/*
 * A ring of the partner's says that its catalog, or its table of links, lies here, or that
 * it has copied mine. False: that breaks the protocol.
 */
bool ccm_session_take_catalog(struct ccm_session *s, const struct ccm_session_event *event,
			      struct ccm_session_actions *actions);
bool ccm_session_take_links(struct ccm_session *s, u64 now_us,
			    const struct ccm_session_event *event,
			    struct ccm_session_actions *actions);
bool ccm_session_taken(struct ccm_session *s, u32 ring);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_MAIL_H */
