// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state x event table, and the step that looks it up.
 *
 * A row's mask names every state its handler may end in, staying included. That it
 * does not lie is for tests/sim to prove; Documentation/states.rst is printed from it.
 *
 * Handlers do not go on by themselves: what may have brought what the session waits for
 * is an ADV, and nothing else is. A handler that has ended the session is not disturbed:
 * in DOWN and CONNECTING there is nothing to go on with.
 */
#include "session.h"

#include "links.h"
#include "session_greet.h"
#include "session_handlers.h"
#include "session_kernel.h"
#include "session_mail.h"

#define IN_DOWN		(1U << CCM_STATE_DOWN)
#define IN_CONNECTING	(1U << CCM_STATE_CONNECTING)
#define IN_GREETING	(1U << CCM_STATE_GREETING)
#define IN_NEGOTIATING	(1U << CCM_STATE_NEGOTIATING)
#define IN_OPENING	(1U << CCM_STATE_OPENING)
#define IN_READY	(1U << CCM_STATE_READY)

/* A session that ends: or where its candidate has come to, which takes its place */
#define IN_ENDED	(IN_DOWN | IN_CONNECTING | IN_GREETING | IN_NEGOTIATING)

#define ROW(state, event, handler, next, text) \
	{ CCM_STATE_##state, CCM_SEV_##event, ccm_session_##handler, next, false, text }
/* ... and behind the handler, ccm_session_advance() */
#define ADV(state, event, handler, next, text) \
	{ CCM_STATE_##state, CCM_SEV_##event, ccm_session_##handler, next, true, text }
#define IGNORE(state, event, text) \
	{ CCM_STATE_##state, CCM_SEV_##event, NULL, IN_##state, false, text }

#define NO_CONNECTION	"there is no connection it could belong to"
#define CONNECTED	"the connection is already established"
#define STARTED		"already started"
#define REQUEST_TEXT	"a wrong, stale or unwanted one is rejected with its code; else "
#define BESIDE_TEXT	"a wrong, stale or unwanted one is rejected with its code; else accept " \
			"it as a candidate, beside what there is, unless there is one of " \
			"somebody else"
#define LATE_TEXT	"the series takes too long: close, unreachable (or hung: mail is not " \
			"taken); " BACKOFF_TEXT
#define ALIVE_TEXT	"a candidate that waits for this is sent away: duplicate"
#define NO_PROOF	"no proof is looked at"
#define NO_WORD		"none is looked for before READY"
#define WORD_TEXT	"READ the page at once, and give the answer a few milliseconds; one that " \
			"waits for that already is the same"
#define GOODBYE_TEXT	"goodbye if the keys are exchanged, close, stay down until START"
#define REFUSE_TEXT	"goodbye, close, refused; next attempt after the longest backoff"
#define MAIL_TEXT	"catalog, links: take it, and say so; "
#define NO_TRY		"no link is being opened"
#define CLIENTS_TEXT	"they make my catalog"
#define CLIENTS_TOLD_TEXT "close the links of those that left; the rest waits for READY, " \
			"since the partner has been told"
#define PREPARED_TEXT	"offer the memory to the partner; if it has done so, too, open the ports"
#define OPENED_TEXT	"tell the partner; if it has done so, too, the link is up"
#define FAILED_TEXT	"close that link, tell the partner, and try again after a backoff of its own"
#define DUE_TEXT	"A candidate takes too long: close it. Links: begin the tries that are due, give up those that take too long"
#define LOST_TEXT	"close, unreachable; the second time in a row with a whole page on its " \
			"way and not a small one: mtu; " BACKOFF_TEXT
#define BACKOFF_TEXT	"next attempt after a backoff"

static const struct ccm_session_row rows[] = {
	ROW(DOWN, START, start, IN_DOWN | IN_CONNECTING,
	    "connect at once, or as soon as there is a key; ignored if already started"),
	ROW(DOWN, STOP, stop, IN_DOWN,
	    "stay down until START; the reason shows why"),
	ROW(DOWN, PATH_UP, path_up_down, IN_DOWN | IN_CONNECTING,
	    "if started, connect at once; the backoff begins anew"),
	ROW(DOWN, REQUEST, request_down, IN_DOWN | IN_CONNECTING,
	    REQUEST_TEXT "accept it"),
	IGNORE(DOWN, ESTABLISHED, NO_CONNECTION),
	IGNORE(DOWN, REJECTED, NO_CONNECTION),
	IGNORE(DOWN, FAILED, NO_CONNECTION),
	IGNORE(DOWN, DISCONNECTED, NO_CONNECTION),
	IGNORE(DOWN, ERROR, NO_CONNECTION),
	IGNORE(DOWN, DEVICE_GONE, NO_CONNECTION),
	IGNORE(DOWN, MESSAGE, NO_CONNECTION),
	IGNORE(DOWN, READ_DONE, NO_CONNECTION),
	IGNORE(DOWN, RING, NO_CONNECTION),
	IGNORE(DOWN, VERIFIED, NO_CONNECTION),
	IGNORE(DOWN, VERDICT, NO_CONNECTION),
	IGNORE(DOWN, ALIVE, NO_CONNECTION),
	IGNORE(DOWN, WORD, NO_CONNECTION),
	ROW(DOWN, TIMER, timer_down, IN_DOWN | IN_CONNECTING,
	    "the backoff is over: connect"),
	ROW(DOWN, CLIENTS, clients, IN_DOWN, CLIENTS_TEXT),
	IGNORE(DOWN, LINK_PREPARED, NO_TRY),
	IGNORE(DOWN, LINK_OPENED, NO_TRY),
	IGNORE(DOWN, LINK_FAILED, NO_TRY),
	ROW(DOWN, PSK, psk_down, IN_DOWN | IN_CONNECTING,
	    "if it waits for a key, or was refused for it: connect at once"),

	IGNORE(CONNECTING, START, STARTED),
	ROW(CONNECTING, STOP, stop, IN_DOWN,
	    "close, stay down until START"),
	ROW(CONNECTING, PATH_UP, path_up_connecting, IN_CONNECTING,
	    "if this attempt fails, the next one does not wait"),
	ROW(CONNECTING, REQUEST, request_connecting, IN_CONNECTING,
	    REQUEST_TEXT "if my own request is under way and I am the lower node, reject it "
	    "as crossed and send my own afresh (once); in every other case close what I "
	    "have and accept it"),
	ROW(CONNECTING, ESTABLISHED, established, IN_DOWN | IN_CONNECTING | IN_GREETING,
	    "check who accepted, send the keys (A0; on iWARP the accepting side waits for the "
	    "partner's); if the partner's are here, read its status page (R1) and write my "
	    "hello (W1)"),
	ROW(CONNECTING, REJECTED, rejected, IN_DOWN | IN_CONNECTING,
	    "crossed, and I am the higher node: close mine and wait for theirs; likewise when "
	    "the lower node takes back what I have accepted; stale connection: try again at "
	    "once, a few times; else close, " BACKOFF_TEXT ", the longest if waiting cannot "
	    "help"),
	ROW(CONNECTING, FAILED, failed, IN_DOWN | IN_CONNECTING,
	    "close, " BACKOFF_TEXT "; stale connection: at once, a few times"),
	ROW(CONNECTING, DISCONNECTED, lost_connecting, IN_DOWN | IN_CONNECTING,
	    "close, " BACKOFF_TEXT),
	ROW(CONNECTING, ERROR, lost_connecting, IN_DOWN | IN_CONNECTING,
	    "close, " BACKOFF_TEXT),
	ROW(CONNECTING, DEVICE_GONE, device_gone_connecting, IN_DOWN | IN_CONNECTING,
	    "close, device; " BACKOFF_TEXT),
	ROW(CONNECTING, MESSAGE, message, IN_DOWN | IN_CONNECTING,
	    "keep the partner's keys until ESTABLISHED; anything else: close, refused"),
	IGNORE(CONNECTING, READ_DONE, "nothing has been read yet"),
	ROW(CONNECTING, RING, ring, IN_DOWN | IN_CONNECTING,
	    "nothing can ring before the keys are exchanged: close, refused"),
	IGNORE(CONNECTING, VERIFIED, NO_PROOF),
	IGNORE(CONNECTING, VERDICT, "nothing is watched yet"),
	IGNORE(CONNECTING, ALIVE, "nothing is watched yet"),
	IGNORE(CONNECTING, WORD, NO_WORD),
	ROW(CONNECTING, TIMER, timer_connecting, IN_DOWN | IN_CONNECTING,
	    "nobody answered in time: close, " BACKOFF_TEXT),
	ROW(CONNECTING, CLIENTS, clients, IN_CONNECTING, CLIENTS_TEXT),
	IGNORE(CONNECTING, LINK_PREPARED, NO_TRY),
	IGNORE(CONNECTING, LINK_OPENED, NO_TRY),
	IGNORE(CONNECTING, LINK_FAILED, NO_TRY),
	ROW(CONNECTING, PSK, psk, IN_CONNECTING, "what connections are proven by from now on"),

	IGNORE(GREETING, START, STARTED),
	ROW(GREETING, STOP, stop, IN_DOWN, GOODBYE_TEXT),
	IGNORE(GREETING, PATH_UP, CONNECTED),
	ROW(GREETING, REQUEST, request_beside, IN_GREETING,
	    BESIDE_TEXT),
	IGNORE(GREETING, ESTABLISHED, CONNECTED),
	ADV(GREETING, REJECTED, failed_series, IN_ENDED,
	    "close, unreachable; " BACKOFF_TEXT),
	ADV(GREETING, FAILED, failed_series, IN_ENDED,
	    "close, unreachable (or device); " BACKOFF_TEXT),
	ADV(GREETING, DISCONNECTED, lost, IN_ENDED, LOST_TEXT),
	ADV(GREETING, ERROR, lost, IN_ENDED, LOST_TEXT),
	ADV(GREETING, DEVICE_GONE, device_gone, IN_ENDED,
	    "close, device; " BACKOFF_TEXT),
	ADV(GREETING, MESSAGE, message, IN_ENDED,
	    "check the keys, send mine if they were to wait, read the status page (R1), write my "
	    "hello (W1); wrong or repeated: " REFUSE_TEXT),
	ADV(GREETING, READ_DONE, read_done,
	    IN_ENDED | IN_OPENING | IN_READY,
	    "R1: check the page, watch it; a crash kernel's, and the hello is here: goodbye, close, "
	    "panicked, " BACKOFF_TEXT ". R2: the partner's answer; go on as far as its hello, "
	    "catalog and ready are here. Wrong: " REFUSE_TEXT),
	ADV(GREETING, RING, ring, IN_ENDED,
	    "hello: check it; with a key have its proof looked at, else answer it, write my catalog "
	    "(W2), or, a crash kernel's and R1 is done: goodbye, close, panicked; answer: read it "
	    "(R2); " MAIL_TEXT
	    "ready: keep it; goodbye: close with its reason. Wrong or out of order: " REFUSE_TEXT),
	ADV(GREETING, VERIFIED, verified, IN_ENDED,
	    "answer the hello, write my catalog (W2); a crash kernel's, and R1 is done: goodbye, "
	    "close, panicked; the proof is wrong: say so, goodbye, close, authentication; next "
	    "attempt after the longest backoff"),
	ADV(GREETING, VERDICT, verdict, IN_ENDED,
	    "close, with the verdict's reason, or mtu as for ERROR; " BACKOFF_TEXT),
	ROW(GREETING, ALIVE, alive, IN_GREETING, ALIVE_TEXT),
	IGNORE(GREETING, WORD, NO_WORD),
	ADV(GREETING, TIMER, timer_series, IN_ENDED,
	    LATE_TEXT),
	ADV(GREETING, CLIENTS, clients, IN_GREETING,
	    "before W2 as in DOWN; after it as in OPENING"),
	IGNORE(GREETING, LINK_PREPARED, NO_TRY),
	IGNORE(GREETING, LINK_OPENED, NO_TRY),
	IGNORE(GREETING, LINK_FAILED, NO_TRY),
	ROW(GREETING, PSK, psk, IN_GREETING, "what connections are proven by from now on"),

	IGNORE(NEGOTIATING, START, STARTED),
	ROW(NEGOTIATING, STOP, stop, IN_DOWN, GOODBYE_TEXT),
	IGNORE(NEGOTIATING, PATH_UP, CONNECTED),
	ROW(NEGOTIATING, REQUEST, request_beside, IN_NEGOTIATING,
	    BESIDE_TEXT),
	IGNORE(NEGOTIATING, ESTABLISHED, CONNECTED),
	ADV(NEGOTIATING, REJECTED, failed_series, IN_ENDED,
	    "close, unreachable; " BACKOFF_TEXT),
	ADV(NEGOTIATING, FAILED, failed_series, IN_ENDED,
	    "close, unreachable (or device); " BACKOFF_TEXT),
	ADV(NEGOTIATING, DISCONNECTED, lost, IN_ENDED, LOST_TEXT),
	ADV(NEGOTIATING, ERROR, lost, IN_ENDED, LOST_TEXT),
	ADV(NEGOTIATING, DEVICE_GONE, device_gone, IN_ENDED,
	    "close, device; " BACKOFF_TEXT),
	ADV(NEGOTIATING, MESSAGE, message, IN_ENDED,
	    "there is nothing to send after the keys: " REFUSE_TEXT),
	IGNORE(NEGOTIATING, READ_DONE, "R1 and R2 are done"),
	ADV(NEGOTIATING, RING, ring,
	    IN_ENDED | IN_OPENING | IN_READY,
	    MAIL_TEXT "with the catalog, compute the plan and open the links; if there are none to "
	    "wait for, write ready (W3); ready: keep it; goodbye: close with its reason; repeated: "
	    "ignored. Wrong or out of order: " REFUSE_TEXT),
	IGNORE(NEGOTIATING, VERIFIED, NO_PROOF),
	ADV(NEGOTIATING, VERDICT, verdict, IN_ENDED,
	    "close, with the verdict's reason, or mtu as for ERROR; " BACKOFF_TEXT),
	ROW(NEGOTIATING, ALIVE, alive, IN_NEGOTIATING, ALIVE_TEXT),
	IGNORE(NEGOTIATING, WORD, NO_WORD),
	ADV(NEGOTIATING, TIMER, timer_series, IN_ENDED,
	    LATE_TEXT),
	ADV(NEGOTIATING, CLIENTS, clients, IN_NEGOTIATING, CLIENTS_TOLD_TEXT),
	IGNORE(NEGOTIATING, LINK_PREPARED, NO_TRY),
	IGNORE(NEGOTIATING, LINK_OPENED, NO_TRY),
	IGNORE(NEGOTIATING, LINK_FAILED, NO_TRY),
	ROW(NEGOTIATING, PSK, psk, IN_NEGOTIATING, "what connections are proven by from now on"),

	IGNORE(OPENING, START, STARTED),
	ROW(OPENING, STOP, stop, IN_DOWN, GOODBYE_TEXT),
	IGNORE(OPENING, PATH_UP, CONNECTED),
	ROW(OPENING, REQUEST, request_beside, IN_OPENING,
	    BESIDE_TEXT),
	IGNORE(OPENING, ESTABLISHED, CONNECTED),
	ADV(OPENING, REJECTED, failed_series, IN_ENDED,
	    "close, unreachable; " BACKOFF_TEXT),
	ADV(OPENING, FAILED, failed_series, IN_ENDED,
	    "close, unreachable (or device); " BACKOFF_TEXT),
	ADV(OPENING, DISCONNECTED, lost, IN_ENDED, LOST_TEXT),
	ADV(OPENING, ERROR, lost, IN_ENDED, LOST_TEXT),
	ADV(OPENING, DEVICE_GONE, device_gone, IN_ENDED,
	    "close, device; " BACKOFF_TEXT),
	ADV(OPENING, MESSAGE, message, IN_ENDED,
	    "there is nothing to send after the keys: " REFUSE_TEXT),
	IGNORE(OPENING, READ_DONE, "R1 and R2 are done"),
	ADV(OPENING, RING, ring, IN_ENDED | IN_OPENING | IN_READY,
	    MAIL_TEXT "if no link is left to wait for, write ready (W3); ready: check it; when "
	    "both are done, tell clients READY; goodbye: close with its reason; repeated: "
	    "ignored. Wrong or out of order: " REFUSE_TEXT),
	IGNORE(OPENING, VERIFIED, NO_PROOF),
	ADV(OPENING, VERDICT, verdict, IN_ENDED,
	    "close, with the verdict's reason, or mtu as for ERROR; " BACKOFF_TEXT),
	ROW(OPENING, ALIVE, alive, IN_OPENING, ALIVE_TEXT),
	IGNORE(OPENING, WORD, NO_WORD),
	ADV(OPENING, TIMER, timer_series, IN_ENDED | IN_OPENING | IN_READY,
	    LATE_TEXT ". " DUE_TEXT
	    "; links take too long: write ready (W3) without them"),
	ADV(OPENING, CLIENTS, clients, IN_OPENING | IN_READY, CLIENTS_TOLD_TEXT),
	ROW(OPENING, LINK_PREPARED, link_prepared, IN_OPENING, PREPARED_TEXT),
	ADV(OPENING, LINK_OPENED, link_opened, IN_OPENING | IN_READY,
	    OPENED_TEXT "; if it was the last one, write ready (W3)"),
	ADV(OPENING, LINK_FAILED, link_failed, IN_OPENING | IN_READY,
	    FAILED_TEXT "; if it was the last one, write ready (W3)"),
	ROW(OPENING, PSK, psk, IN_OPENING, "what connections are proven by from now on"),

	IGNORE(READY, START, STARTED),
	ROW(READY, STOP, stop, IN_DOWN,
	    "goodbye, close, tell clients DOWN, stay down until START"),
	IGNORE(READY, PATH_UP, CONNECTED),
	ROW(READY, REQUEST, request_beside, IN_READY,
	    BESIDE_TEXT),
	IGNORE(READY, ESTABLISHED, CONNECTED),
	ADV(READY, REJECTED, failed_series, IN_ENDED,
	    "close, tell clients DOWN unreachable; " BACKOFF_TEXT),
	ADV(READY, FAILED, failed_series, IN_ENDED,
	    "close, tell clients DOWN unreachable (or device); " BACKOFF_TEXT),
	ADV(READY, DISCONNECTED, lost, IN_ENDED,
	    "close, tell clients DOWN unreachable; " BACKOFF_TEXT),
	ADV(READY, ERROR, lost, IN_ENDED,
	    "close, tell clients DOWN unreachable; " BACKOFF_TEXT),
	ADV(READY, DEVICE_GONE, device_gone, IN_ENDED,
	    "close, tell clients DOWN device; " BACKOFF_TEXT),
	ADV(READY, MESSAGE, message, IN_ENDED,
	    "there is nothing to send after the keys: goodbye, close, tell clients DOWN refused; "
	    "next attempt after the longest backoff"),
	IGNORE(READY, READ_DONE, "R1 and R2 are done"),
	ADV(READY, RING, ring, IN_ENDED | IN_READY,
	    MAIL_TEXT "goodbye: close, tell clients DOWN with its reason; repeated: ignored. "
	    "Wrong or unknown: goodbye, close, tell clients DOWN refused"),
	IGNORE(READY, VERIFIED, NO_PROOF),
	ADV(READY, VERDICT, verdict, IN_ENDED,
	    "close, tell clients DOWN with the verdict's reason; " BACKOFF_TEXT),
	ROW(READY, ALIVE, alive, IN_READY, ALIVE_TEXT "; a last word was false: say so"),
	ROW(READY, WORD, word, IN_READY, WORD_TEXT),
	ADV(READY, TIMER, timer_series, IN_ENDED | IN_READY,
	    "no READ was answered since a last word: close, tell clients DOWN panicked; the "
	    "partner takes no mail: close, tell clients DOWN hung; " BACKOFF_TEXT ". " DUE_TEXT),
	ADV(READY, CLIENTS, clients, IN_READY,
	    "close the links of those that left, find counterparts of those that came; if "
	    "anything differs, send a catalog of a higher generation"),
	ROW(READY, LINK_PREPARED, link_prepared, IN_READY, PREPARED_TEXT),
	ADV(READY, LINK_OPENED, link_opened, IN_READY, OPENED_TEXT),
	ADV(READY, LINK_FAILED, link_failed, IN_READY, FAILED_TEXT),
	ROW(READY, PSK, psk, IN_READY, "what connections are proven by from now on"),
};

/*
 * Of a candidate: what happens to its connection, whatever the state is. The states are those
 * that the session can come to by it; 0: it stays where it is.
 */
#define CANDIDATE(event, handler, next, text) \
	{ CCM_STATE_COUNT, CCM_SEV_##event, ccm_session_##handler, next, true, text }
#define CANDIDATE_LOST	"close it; the session is not touched"
#define CANDIDATE_GOES	"; proven: it takes the place of the present connection, or waits for " \
			"what a READ over that one says; a crash kernel's: goodbye, close both, " \
			"panicked"
#define CANDIDATE_IN	(IN_DOWN | IN_GREETING | IN_NEGOTIATING)

static const struct ccm_session_row candidate_rows[] = {
	CANDIDATE(ESTABLISHED, candidate_established, 0,
		  "send the keys (A0; not on iWARP); if the partner's are here: R1, W1"),
	CANDIDATE(REJECTED, candidate_lost, 0, CANDIDATE_LOST),
	CANDIDATE(FAILED, candidate_lost, 0, CANDIDATE_LOST),
	CANDIDATE(DISCONNECTED, candidate_lost, 0, CANDIDATE_LOST),
	CANDIDATE(ERROR, candidate_lost, 0, CANDIDATE_LOST),
	CANDIDATE(DEVICE_GONE, candidate_lost, 0, CANDIDATE_LOST),
	CANDIDATE(MESSAGE, message, 0,
		  "the keys: R1, W1. Anything else: goodbye, close it"),
	CANDIDATE(READ_DONE, read_done, CANDIDATE_IN,
		  "check the page or the answer; wrong: goodbye, close it" CANDIDATE_GOES),
	CANDIDATE(RING, ring, CANDIDATE_IN,
		  "hello: check and answer it, or have its proof looked at; answer: read it (R2); catalog: left for later; "
		  "goodbye, or wrong: close it" CANDIDATE_GOES),
	CANDIDATE(VERIFIED, verified, CANDIDATE_IN,
		  "right: answer the hello; wrong: say so, goodbye, close it" CANDIDATE_GOES),
};

const struct ccm_session_row *ccm_session_candidate_table(u32 *count)
{
	*count = (u32)(sizeof(candidate_rows) / sizeof(candidate_rows[0]));
	return candidate_rows;
}

const struct ccm_session_row *ccm_session_table(u32 *count)
{
	*count = (u32)(sizeof(rows) / sizeof(rows[0]));
	return rows;
}

static void earlier(u64 *at_us, u64 other_us)
{
	if (other_us && (!*at_us || other_us < *at_us))
		*at_us = other_us;
}

/* The step is over: arm the one timer for whatever comes first. */
static void arm(struct ccm_session *s, struct ccm_session_actions *actions)
{
	u64 at_us = s->deadline_us;

	earlier(&at_us, s->gate_us);
	earlier(&at_us, s->candidate.deadline_us);
	earlier(&at_us, s->conn.word_us);
	earlier(&at_us, s->catalog_taken_us);
	earlier(&at_us, s->links_taken_us);
	earlier(&at_us, ccm_links_earliest(&s->links));
	if (s->armed_us == at_us)
		return;
	s->armed_us = at_us;
	ccm_session_emit(actions, CCM_ACT_TIMER)->at_us = at_us;
}

/* Which row is it? NULL: the event is of a connection that is not there (any more). */
static const struct ccm_session_row *find_row(const struct ccm_session *s,
					      const struct ccm_session_event *event)
{
	u32 i = event->type - CCM_SEV_ESTABLISHED;

	if (event->type < CCM_SEV_ESTABLISHED || event->type > CCM_SEV_WORD ||
	    (s->conn.id && event->conn == s->conn.id))
		return &rows[s->state * CCM_SEV_COUNT + event->type];
	if (s->candidate.id && event->conn == s->candidate.id &&
	    i < sizeof(candidate_rows) / sizeof(candidate_rows[0]))
		return &candidate_rows[i];
	return NULL;
}

void ccm_session_step(struct ccm_session *s, u64 now_us,
		      const struct ccm_session_event *event,
		      struct ccm_session_actions *actions)
{
	const struct ccm_session_row *row;

	actions->count = 0;
	if (event->type >= CCM_SEV_COUNT || s->state >= CCM_STATE_COUNT)
		return;
	if (s->conn.done & CCM_DONE_PROVEN)
		ccm_session_hear(s, event->heard_us, event->heard_uptime_ms);
	row = find_row(s, event);
	if (!row || !row->handle)
		return;
	row->handle(s, now_us, event, actions);
	/* What a candidate does moves the session when it has got its place, and not before. */
	if (row->advance && (row->state < CCM_STATE_COUNT || event->conn == s->conn.id))
		ccm_session_advance(s, now_us, event, actions);
	ccm_session_mail_due(s, now_us, actions);
	arm(s, actions);
}
