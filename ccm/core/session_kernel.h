/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The partner's kernel, told apart from its module: has whoever connects the kernel that was
 * heard last? Private to the core.
 *
 * An incarnation is one load of the module. What serves disks is the kernel, and that goes on
 * when the module is loaded anew. Status page and hello say how long it has run: with
 * the time at which that was heard, each gives the moment when it was started.
 */
#ifndef CCM_CORE_SESSION_KERNEL_H
#define CCM_CORE_SESSION_KERNEL_H

#include "session_event.h"
#include "session_state.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

enum ccm_kernel {
	CCM_KERNEL_UNKNOWN	= 0,	/* none was heard before */
	CCM_KERNEL_SAME		= 1,	/* of the same machine, started when the one before was */
	CCM_KERNEL_NEW		= 2,	/* of the same machine, started after that was heard last */
	CCM_KERNEL_OTHER	= 3,	/* neither: another machine, or one that went back */
};

/**
 * ccm_session_kernel() - whose kernel is at the other end?
 * @s: session, with what was heard last
 * @conn: established, with its hello
 *
 * CCM_KERNEL_NEW proves that the kernel that was heard before does not run any more: that conn's
 * hello is fresh is seen from our nonce in it, which was drawn at conn's began_us. So its kernel
 * has been started after began_us - uptime.
 *
 * Return: enum ccm_kernel
 */
enum ccm_kernel ccm_session_kernel(const struct ccm_session *s,
				   const struct ccm_session_conn *conn);

/* When the kernel at the other end was started: this node's time; 0: before that began */
u64 ccm_session_started(const struct ccm_session_conn *conn);

/**
 * ccm_session_went_back() - does this running time lie before one that was heard?
 * @s: session
 * @incarnation: of whom
 * @uptime_ms: how long its kernel has run, it says now
 *
 * One incarnation whose time goes back was set back: a snapshot of a virtual machine.
 */
bool ccm_session_went_back(const struct ccm_session *s, u64 incarnation, u64 uptime_ms);

/* It is proven whose this connection is: take down who the partner is now. */
void ccm_session_know(struct ccm_session *s, const struct ccm_session_conn *conn);

/* Take down the running time of the partner's kernel, as an event has it, or a hello. */
void ccm_session_hear(struct ccm_session *s, u64 at_us, u64 uptime_ms);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_KERNEL_H */
