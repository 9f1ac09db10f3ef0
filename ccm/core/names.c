// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for people: logs, traces, documentation. States, events and actions are in
 * capitals as in the design; reasons, stages and what clients are in the words that user
 * space shows.
 */
#include "names.h"

#include "links.h"
#include "session_action.h"
#include "session_event.h"
#include "wire.h"

static const char *name_of(const char *const *names, u32 count, u32 value)
{
	return value < count ? names[value] : "?";
}

#define CCM_NAME_OF(names, value) \
	name_of(names, (u32)(sizeof(names) / sizeof((names)[0])), value)

/* In the order of their values, which user space has been promised */
static const char *const state_names[] = {
	"DOWN", "CONNECTING", "GREETING", "NEGOTIATING", "OPENING", "READY",
};

static const char *const reason_texts[] = {
	"none", "unreachable", "hung", "panicked", "shutdown", "restarted", "version",
	"refused", "authentication", "admin", "device", "reloaded", "duplicate", "address",
	"mtu",
};

static const char *const stage_names[] = {
	"unknown", "kernel", "initramfs", "root", "userspace", "storage", "running",
	"stopping", "dumping",
};

static const char *const event_names[] = {
	"START", "STOP", "PATH_UP", "REQUEST", "ESTABLISHED", "REJECTED", "FAILED",
	"DISCONNECTED", "ERROR", "DEVICE_GONE", "MESSAGE", "READ_DONE", "RING", "VERIFIED",
	"VERDICT", "ALIVE", "WORD", "TIMER", "CLIENTS", "LINK_PREPARED", "LINK_OPENED",
	"LINK_FAILED", "PSK",
};

static const char *const action_names[] = {
	"CONNECT", "ACCEPT", "REJECT", "CLOSE", "SEND", "READ", "WRITE", "ANSWER", "WATCH",
	"TIMER", "STATE", "READY", "DOWN", "MAIL", "RING", "CLIENTS", "PROBE", "AGAIN", "CLASH",
	"WORD_FALSE", "PROVE", "VERIFY",
};

static const char *const ring_names[] = {
	"", "hello", "answer", "catalog", "ready", "goodbye", "links", "catalog taken",
	"links taken", "stage",
};

static const char *const write_names[] = {
	"", "W1", "answer", "W2", "W3", "goodbye", "links", "catalog taken", "links taken",
};

static const char *const read_names[] = {
	"", "R1", "R2",
};

static const char *const link_act_names[] = {
	"CLOSE", "PREPARE", "OPEN", "READY", "SHOW",
};

static const char *const link_state_names[] = {
	"WAITING", "REFUSED", "IDLE", "PREPARING", "OFFERED", "OPENING", "OPENED", "UP",
};

static const char *const client_state_texts[] = {
	"gone", "waiting", "incompatible", "opening", "ready",
};

static const char *const client_reason_texts[] = {
	"none", "no-session", "no-counterpart", "version", "ports", "memory", "limit",
	"resources", "connect", "port-lost", "left", "other", "client", "timeout",
};

const char *ccm_session_event_name(u32 event)
{
	return CCM_NAME_OF(event_names, event);
}

const char *ccm_session_action_name(u32 action)
{
	return CCM_NAME_OF(action_names, action);
}

const char *ccm_session_what_name(u32 action, u32 what)
{
	switch (action) {
	case CCM_ACT_REJECT:
		return ccm_reject_name(what);
	case CCM_ACT_SEND:
		return "A0";
	case CCM_ACT_READ:
		return CCM_NAME_OF(read_names, what);
	case CCM_ACT_WRITE:
	case CCM_ACT_PROVE:
	case CCM_ACT_ANSWER:
	case CCM_ACT_MAIL:
	case CCM_ACT_RING:
	case CCM_ACT_AGAIN:
		return CCM_NAME_OF(write_names, what);
	default:
		return "";
	}
}

const char *ccm_ring_name(u32 ring)
{
	return CCM_NAME_OF(ring_names, ring);
}

const char *ccm_state_name(u32 state)
{
	return CCM_NAME_OF(state_names, state);
}

const char *ccm_reason_text(u32 reason)
{
	return CCM_NAME_OF(reason_texts, reason);
}

const char *ccm_stage_name(u32 stage)
{
	return CCM_NAME_OF(stage_names, stage);
}

const char *ccm_link_act_name(u32 act)
{
	return CCM_NAME_OF(link_act_names, act);
}

const char *ccm_link_state_name(u32 state)
{
	return CCM_NAME_OF(link_state_names, state);
}

const char *ccm_client_state_text(u32 state)
{
	return CCM_NAME_OF(client_state_texts, state);
}

const char *ccm_client_reason_text(u32 reason)
{
	return CCM_NAME_OF(client_reason_texts, reason);
}
