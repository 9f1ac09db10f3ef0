/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: events/ccm in tracefs.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ccm

#if !defined(CCM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CCM_TRACE_H

#include <linux/tracepoint.h>
#include <rdma/rdma_cm.h>

#include "compat.h"
#include "core/names.h"
#include "core/session.h"

#ifndef ccm_show_cm_event
/* rdma_event_msg() is of no use here: a trace may not point to another module's text. */
#define ccm_show_cm_event(event) __print_symbolic(event, \
	{ RDMA_CM_EVENT_ADDR_RESOLVED,		"ADDR_RESOLVED" }, \
	{ RDMA_CM_EVENT_ADDR_ERROR,		"ADDR_ERROR" }, \
	{ RDMA_CM_EVENT_ROUTE_RESOLVED,		"ROUTE_RESOLVED" }, \
	{ RDMA_CM_EVENT_ROUTE_ERROR,		"ROUTE_ERROR" }, \
	{ RDMA_CM_EVENT_CONNECT_RESPONSE,	"CONNECT_RESPONSE" }, \
	{ RDMA_CM_EVENT_CONNECT_ERROR,		"CONNECT_ERROR" }, \
	{ RDMA_CM_EVENT_UNREACHABLE,		"UNREACHABLE" }, \
	{ RDMA_CM_EVENT_REJECTED,		"REJECTED" }, \
	{ RDMA_CM_EVENT_ESTABLISHED,		"ESTABLISHED" }, \
	{ RDMA_CM_EVENT_DISCONNECTED,		"DISCONNECTED" }, \
	{ RDMA_CM_EVENT_DEVICE_REMOVAL,		"DEVICE_REMOVAL" }, \
	{ RDMA_CM_EVENT_ADDR_CHANGE,		"ADDR_CHANGE" }, \
	{ RDMA_CM_EVENT_TIMEWAIT_EXIT,		"TIMEWAIT_EXIT" })
#endif

#ifndef ccm_show_wc_status
#define ccm_show_wc_status(status) __print_symbolic(status, \
	{ IB_WC_LOC_LEN_ERR,		"LOC_LEN_ERR" }, \
	{ IB_WC_LOC_QP_OP_ERR,		"LOC_QP_OP_ERR" }, \
	{ IB_WC_LOC_PROT_ERR,		"LOC_PROT_ERR" }, \
	{ IB_WC_WR_FLUSH_ERR,		"WR_FLUSH_ERR" }, \
	{ IB_WC_MW_BIND_ERR,		"MW_BIND_ERR" }, \
	{ IB_WC_BAD_RESP_ERR,		"BAD_RESP_ERR" }, \
	{ IB_WC_LOC_ACCESS_ERR,		"LOC_ACCESS_ERR" }, \
	{ IB_WC_REM_INV_REQ_ERR,	"REM_INV_REQ_ERR" }, \
	{ IB_WC_REM_ACCESS_ERR,		"REM_ACCESS_ERR" }, \
	{ IB_WC_REM_OP_ERR,		"REM_OP_ERR" }, \
	{ IB_WC_RETRY_EXC_ERR,		"RETRY_EXC_ERR" }, \
	{ IB_WC_RNR_RETRY_EXC_ERR,	"RNR_RETRY_EXC_ERR" }, \
	{ IB_WC_REM_ABORT_ERR,		"REM_ABORT_ERR" }, \
	{ IB_WC_FATAL_ERR,		"FATAL_ERR" }, \
	{ IB_WC_GENERAL_ERR,		"GENERAL_ERR" })
#endif

/* One event was given to the core of a partner. */
TRACE_EVENT(ccm_step,
	TP_PROTO(u32 partner, u32 state, const struct ccm_session_event *event),
	TP_ARGS(partner, state, event),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, state)
		__field(u32, event)
		__field(u32, conn)
		__field(u32, status)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->state = state;
		__entry->event = event->type;
		__entry->conn = event->conn;
		__entry->status = event->status;
	),
	TP_printk("partner=%u state=%s event=%s conn=%u status=%u", __entry->partner,
		  ccm_state_name(__entry->state), ccm_session_event_name(__entry->event),
		  __entry->conn, __entry->status)
);

/* The core of a partner wants something done; it is carried out next. */
TRACE_EVENT(ccm_action,
	TP_PROTO(u32 partner, const struct ccm_session_action *action),
	TP_ARGS(partner, action),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, type)
		__field(u32, conn)
		__field(u32, what)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->type = action->type;
		__entry->conn = action->conn;
		__entry->what = action->what;
		__entry->len = action->len;
	),
	TP_printk("partner=%u action=%s conn=%u what=%s len=%u", __entry->partner,
		  ccm_session_action_name(__entry->type), __entry->conn,
		  ccm_session_what_name(__entry->type, __entry->what), __entry->len)
);

/* The core of a partner wants something done for a client; it is carried out next. */
TRACE_EVENT(ccm_link,
	TP_PROTO(u32 partner, const struct ccm_link_action *action,
		 const struct ccm_session_link *link),
	TP_ARGS(partner, action, link),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, act)
		__field(u32, state)
		__field(u32, reason)
		__field(u32, epoch)
		__field(u64, instance)
		__array(char, client, CCM_CLIENT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->act = action->act;
		__entry->state = link->state;
		__entry->reason = link->reason;
		__entry->epoch = link->epoch;
		__entry->instance = action->instance;
		memcpy(__entry->client, link->entry.name, CCM_CLIENT_NAME_LEN);
	),
	TP_printk("partner=%u client=%s action=%s state=%s reason=%s epoch=%u instance=%llu",
		  __entry->partner, __entry->client, ccm_link_act_name(__entry->act),
		  ccm_link_state_name(__entry->state),
		  ccm_client_reason_text(__entry->reason), __entry->epoch,
		  __entry->instance)
);

/* A partner is in another state, as shown to user space. */
TRACE_EVENT(ccm_state,
	TP_PROTO(u32 partner, u32 state, u32 reason),
	TP_ARGS(partner, state, reason),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, state)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->state = state;
		__entry->reason = reason;
	),
	TP_printk("partner=%u state=%s reason=%s", __entry->partner,
		  ccm_state_name(__entry->state), ccm_reason_text(__entry->reason))
);

/* RDMA CM reported an event of a connection. */
TRACE_EVENT(ccm_cm_event,
	TP_PROTO(u32 partner, u32 conn, u32 event, int status),
	TP_ARGS(partner, conn, event, status),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, conn)
		__field(u32, event)
		__field(int, status)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->conn = conn;
		__entry->event = event;
		__entry->status = status;
	),
	TP_printk("partner=%u conn=%u event=%s status=%d", __entry->partner,
		  __entry->conn, ccm_show_cm_event(__entry->event), __entry->status)
);

/* A work request on the queue pair of a connection failed. */
TRACE_EVENT(ccm_wc_error,
	TP_PROTO(u32 partner, u32 conn, const char *work, u32 status, u32 vendor),
	TP_ARGS(partner, conn, work, status, vendor),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, conn)
		__string(work, work)
		__field(u32, status)
		__field(u32, vendor)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->conn = conn;
		ccm_assign_str(work, work);
		__entry->status = status;
		__entry->vendor = vendor;
	),
	TP_printk("partner=%u conn=%u work=%s status=%s vendor=%#x", __entry->partner,
		  __entry->conn, __get_str(work), ccm_show_wc_status(__entry->status),
		  __entry->vendor)
);

/* Liveness says a partner is gone. */
TRACE_EVENT(ccm_verdict,
	TP_PROTO(u32 partner, u32 reason),
	TP_ARGS(partner, reason),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->reason = reason;
	),
	TP_printk("partner=%u reason=%s", __entry->partner,
		  ccm_reason_text(__entry->reason))
);

/* A connect request was rejected; partner 0: from nobody we know. */
TRACE_EVENT(ccm_reject,
	TP_PROTO(u32 partner, u32 code),
	TP_ARGS(partner, code),
	TP_STRUCT__entry(
		__field(u32, partner)
		__field(u32, code)
	),
	TP_fast_assign(
		__entry->partner = partner;
		__entry->code = code;
	),
	TP_printk("partner=%u code=%s", __entry->partner, ccm_reject_name(__entry->code))
);

#endif /* CCM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
