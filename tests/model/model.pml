/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two nodes, what is between them, and what happens to them. See README.rst.
 */
#ifndef PLACES
#define PLACES		6
#endif
#ifndef CRASHES
#define CRASHES		0
#endif
#ifndef RELOADS
#define RELOADS		0
#endif
#ifndef LOSSES
#define LOSSES		0
#endif
#ifndef ERRORS
#define ERRORS		0
#endif
#ifndef HURRIES
#define HURRIES		0
#endif
#ifndef ATTEMPTS_MAX
#define ATTEMPTS_MAX	12
#endif

#define ENDS		(2 * PLACES)

/* What happens at once. As atomic it is the same, and pan says which lines nobody came to. */
#ifndef STEP
#define STEP		d_step
#endif

hidden byte x;		/* the end that an event is about */
hidden byte event;
mtype = { START, REQUEST, ESTABLISHED, REJECTED, MESSAGE, READ_DONE, GOODBYE, DISCONNECTED, ERROR,
	  READ_BENT, ALIVE, TIMER, CANDIDATE_TIMER, BACKOFF, STOP, CRASH };

#include "stranger.pml"
#include "fabric.pml"
#include "session.pml"

byte crashes = CRASHES;
byte reloads = RELOADS;
byte losses = LOSSES;
byte errors = ERRORS;
byte hurries = HURRIES;

/* ONE_WAY: requests of the lower node never arrive */
#ifdef ONE_WAY
#define DEAF(n)		((n) == HIGHER)
#else
#define DEAF(n)		0
#endif

#define MINE(n, k)	(who[2 * (k) + 1] == n && phase[2 * (k) + 1] == FREE && \
			 cm[k] == CM_REQUEST && state[n] != NOT_LOADED && !DEAF(n))
#define ESTABLISHES(e)	((phase[e] == ASKING && cm[PLACE(e)] == CM_ACCEPT) || \
			 (phase[e] == ACCEPTED && cm[PLACE(e)] == CM_ESTABLISHED))
#define IS_REJECTED(e)	((phase[e] == ASKING && (cm[PLACE(e)] == CM_REJECT || \
						 cm[PLACE(e)] == CM_CROSSED)) || \
			 (phase[e] == ACCEPTED && phase[OTHER(e)] == CLOSED && \
			  cm[PLACE(e)] != CM_ESTABLISHED))
#define IS_TOLD(e)	(phase[e] == UP && said[OTHER(e)] > heard[e])
#define IS_LEFT(e)	(phase[e] == UP && said[OTHER(e)] == heard[e] && goodbye[OTHER(e)])
#define IS_LOST(e)	((phase[e] == UP && LOST(OTHER(e))) || \
			 (phase[e] == ACCEPTED && phase[OTHER(e)] == CLOSED && \
			  cm[PLACE(e)] == CM_ESTABLISHED))
#define IS_READ(e)	(phase[e] == UP && (done[e] & R1_POSTED) && phase[OTHER(e)] == UP)

/* In time: when nothing else happens, or once in a while before. */
#define DUE	(quiet || hurries)

/*
 * Each wait is varied at random, so the two that wait do not fail one after the other, in step,
 * for ever: here they take turns.
 */
#ifdef ONE_WAY
byte turn;
#define TURN(n)		(turn != n || state[PARTNER(n)] != DOWN)
#else
#define TURN(n)		1
#endif

/* A machine whose id another one has in a session asks for ever. */
#ifdef TWIN
#define NO_TWIN(n)	(attempt[n] + 1 < ATTEMPTS_MAX)
#else
#define NO_TWIN(n)	1
#endif

/* Who has failed often waits longer than any deadline there is, and than a machine is away. */
#define PATIENT	(retries[n] < RETRIES_LONG || \
		 (quiet && TURN(n) && !UP_AND_TIMED(LOWER) && !UP_AND_TIMED(HIGHER) && \
		  state[PARTNER(n)] != NOT_LOADED))

#define TAKE_REQUEST(k) \
	:: MINE(n, k) -> event = REQUEST; x = 2 * k + 1

/* On its way it is changed: a version is named that is not spoken. */
#ifdef STRANGERS
#define READ_BENT_OPTION(e) \
	:: e != NO_END && IS_READ(e) && bends -> bends--; event = READ_BENT; x = e
#else
#define READ_BENT_OPTION(e)
#endif

#define EVENTS(e) \
	:: e != NO_END && ESTABLISHES(e) -> event = ESTABLISHED; x = e \
	:: e != NO_END && IS_REJECTED(e) -> event = REJECTED; x = e \
	:: e != NO_END && IS_TOLD(e) -> event = MESSAGE; x = e \
	:: e != NO_END && IS_READ(e) -> event = READ_DONE; x = e \
	READ_BENT_OPTION(e) \
	:: e != NO_END && IS_LEFT(e) -> event = GOODBYE; x = e \
	:: e != NO_END && IS_LOST(e) -> event = DISCONNECTED; x = e \
	:: e != NO_END && errors -> event = ERROR; x = e

#include "stranger_process.pml"

proctype node(byte n)
{
end:	do
	:: atomic {
		if
		:: state[n] == NOT_LOADED -> event = START; x = NO_END
		EACH_PLACE(TAKE_REQUEST)
		EVENTS(conn[n])
		EVENTS(candidate[n])
		:: candidate[n] != NO_END && (done[candidate[n]] & DONE_WAITS) &&
		   phase[OTHER(conn[n])] == UP -> event = ALIVE; x = conn[n]
		:: state[n] == DOWN && deadline[n] && PATIENT && NO_TWIN(n) -> event = BACKOFF; x = NO_END
		:: state[n] > DOWN && state[n] < READY && deadline[n] && DUE ->
			event = TIMER; x = conn[n]
		:: candidate[n] != NO_END && DUE -> event = CANDIDATE_TIMER; x = candidate[n]
		:: crashes && state[n] != NOT_LOADED -> event = CRASH; x = NO_END
		:: reloads && state[n] != NOT_LOADED -> event = STOP; x = NO_END
		fi;
		STEP {
			dismiss_ = STAYS;
#ifdef PROMPT
			/* both are there, nothing is lost, and nothing happens any more: it is done */
			assert(!(event == TIMER || event == CANDIDATE_TIMER || event == BACKOFF) ||
			       !quiet || state[PARTNER(n)] == NOT_LOADED); /* no interval is waited for */
#endif
			if
			:: event == ERROR ->
				errors--;
				struck = 1
			:: (event == TIMER || event == CANDIDATE_TIMER) && !quiet ->
				hurries--;
				struck = 1
			:: event == CRASH -> crashes--
			:: event == STOP ->
				reloads--;
				struck = 1
			:: else
			fi;
#ifdef ONE_WAY
			if
			:: event == BACKOFF && retries[n] >= RETRIES_LONG -> turn = n
			:: else
			fi;
#endif
			if
			:: event == START || event == BACKOFF -> connect(n)
			:: event == REQUEST -> request(n, x)
			:: event == ESTABLISHED -> established(n, x)
			:: event == REJECTED && x == conn[n] -> rejected(n, x)
			:: event == REJECTED && x != conn[n] -> lost(n, x)
			:: event == MESSAGE -> message(n, x)
			:: event == READ_DONE || event == READ_BENT -> status_read(n, x)
			:: event == GOODBYE -> goodbye_rung(n, x)
			:: event == DISCONNECTED || event == ERROR -> lost(n, x)
#ifdef MUTANT_TIMER_DOES_NOTHING
			:: event == TIMER -> skip
#else
			:: event == TIMER -> session_end(UNREACHABLE, false, NO_GOODBYE)
#endif
			:: event == ALIVE -> dismiss_ = DUPLICATE
			:: event == CANDIDATE_TIMER -> dismiss_ = NO_GOODBYE
			:: event == STOP -> unload(n)
			:: event == CRASH -> crash(n)
			fi;
			end_step(n);
			printf("node %d: %e of end %d: state %d, end %d, candidate %d, attempt %d\n",
				n, event, x, state[n], conn[n], candidate[n], attempt[n])
		}
	}
	od
}

/* What RDMA CM has on its way, and no node is asked about */
#ifdef PROMPT
#define UNANSWERED(n)	0
#else
#define UNANSWERED(n)	(state[n] == NOT_LOADED || DEAF(n))
#endif

#define LOSE(k) \
	:: cm[k] == CM_REQUEST && state[who[2 * k + 1]] == NOT_LOADED -> event = CM_REJECT; x = k \
	:: cm[k] == CM_REQUEST && (UNANSWERED(who[2 * k + 1]) || LOST(2 * k)) -> \
		event = CM_NONE; x = k \
	:: losses && cm[k] != CM_NONE && cm[k] != CM_ESTABLISHED && !LOST(2 * k) -> \
		losses--; event = CM_NONE; x = k

proctype fabric()
{
end:	do
	:: atomic {
		if
		EACH_PLACE(LOSE)
		fi;
		STEP {
			printf("fabric: place %d: %d, not %d\n", x, event, cm[x]);
			cm[x] = event;
			tidy(x);
			settle()
		}
	}
	od
}

init
{
	STEP {
		incarnation[LOWER] = 5;
		incarnation[HIGHER] = 5;
		conn[LOWER] = NO_END;
		conn[HIGHER] = NO_END;
		candidate[LOWER] = NO_END;
		candidate[HIGHER] = NO_END;
		session[LOWER] = NO_END;
		session[HIGHER] = NO_END;
		state[LOWER] = NOT_LOADED;
		state[HIGHER] = NOT_LOADED;
#ifdef STARTED
		dismiss_ = STAYS;
		connect(LOWER);
		end_step(LOWER);
		connect(HIGHER);
		end_step(HIGHER);
#endif
#ifdef STRANGERS
		his[0] = NO_END;
#if HANDS > 1
		his[1] = NO_END;
#endif
#endif
	}
	atomic {
		run node(LOWER);
		run node(HIGHER);
		run fabric();
#ifdef STRANGERS
		run stranger()
#endif
	}
}
