/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The session of one node with its partner: ccm/core/session*.c, handler by handler. What the
 * variables are there, and what is left out, is in README.rst.
 */

/* enum ccm_state, and NOT_LOADED */
#define DOWN		0
#define CONNECTING	1
#define GREETING	2
#define NEGOTIATING	3
#define OPENING		4
#define READY		5
#define NOT_LOADED	6	/* the machine is off, or has no module */

/* enum ccm_reason */
#define UNREACHABLE	1
#define RESTARTED	2
#define RELOADED	3
#define ADMIN		4
#define REFUSED		5
#define AUTHENTICATION	6
#define DUPLICATE	7

/*
 * An incarnation is the number of a kernel and of a module's load in it. A node speaks versions
 * 1..VERSION_MAX, and each load of the module after a kernel's first is an up- or downgrade.
 */
#define KERNEL(i)	((i) >> 2)
#define FOREIGN		252	/* of no kernel of the two nodes */
#define VERSION_MAX(i)	(1 + ((i) & 1))
#define COMMON(i, j)	(VERSION_MAX(i) < VERSION_MAX(j) -> VERSION_MAX(i) : VERSION_MAX(j))

/* ccm_backoff_us(): so many attempts that failed in a row, and the wait is longer than any deadline */
#define RETRIES_LONG	2

/* Who is at the other end of e, as it said */
#define PEER(e)		identity[OTHER(e)]

byte state[3];
byte incarnation[3];
byte conn[3];
byte candidate[3];
bit deadline[3];	/* deadline_us is set */
bit told_ready[3];
bit fresh[3];
byte attempt[3];
byte retries[3];
byte peer_incarnation[3];
byte peer_attempt[3];

#define UP_AND_TIMED(n)	(state[n] != NOT_LOADED && \
			 (candidate[n] != NO_END || \
			  (state[n] != DOWN && state[n] != READY && deadline[n])))
#define MY(n, e)	(conn[n] == (e) || candidate[n] == (e))

/* What a handler has come to; end_step() carries it out. */
hidden byte end_;	/* ccm_session_end(), for this reason */
hidden byte policy_;	/* ... with CCM_RETRY_POLICY */
hidden byte bye_;	/* ... and a goodbye */
hidden byte dismiss_;	/* the candidate is closed, with this goodbye, or 0 */

hidden byte good_, with_, what_;
#define NO_GOODBYE	0
#define STAYS		255

#include "promises.pml"

inline enter(n, to)
{
	state[n] = to
}

inline say(e, what)
{
#ifndef MUTANT_CANDIDATE_SAYS_READY
	assert(said[e] == what - 1);	/* of the model: the series has one order */
#endif
	said[e] = what
}

/* ccm_session_close(), of a connection that may be none; @reason: of a goodbye, or 0 */
inline session_close(e, reason)
{
	if
	:: (e) != NO_END ->
		if
		:: reason && said[e] >= KEYS && heard[e] >= KEYS -> goodbye[e] = reason
		:: else
		fi;
		close(e, CLOSED)
	:: else
	fi
}

/* Of ccm_session_drop(): what is shown is so before it is told. */
#ifdef MUTANT_ALWAYS_TOLD
#define TOLD_READY(n)	(conn[n] == NO_END)
#else
#define TOLD_READY(n)	told_ready[n]
#endif
inline show_and_tell_down(n, reason)
{
	if
	:: TOLD_READY(n) ->
#ifndef MUTANT_TOLD_BEFORE_SHOWN
		enter(n, DOWN);
#endif
		tell_down(n, reason);
		told_ready[n] = 0
	:: else
	fi
}

/* ccm_session_drop(): fence first, then tell */
inline drop(n, reason, bye)
{
	look_at_session(n);
#ifdef MUTANT_DOWN_BEFORE_CLOSE
	show_and_tell_down(n, reason);
#endif
	session_close(conn[n], bye);
	conn[n] = NO_END;
	fresh[n] = 0;
#ifndef MUTANT_DOWN_AFTER_READY
	show_and_tell_down(n, reason)
#endif
}

inline begin(n, e)
{
	conn[n] = e;
	deadline[n] = 1;
	enter(n, CONNECTING)
}

inline connect(n)
{
	attempt[n]++;
	assert(attempt[n] <= ATTEMPTS_MAX);	/* nobody begins anew for ever */
	ask(n, PARTNER(n), incarnation[n], attempt[n]);
	begin(n, 2 * k_)
}

/* ccm_session_know() */
inline know(n, e)
{
	if
	:: PEER(e) != peer_incarnation[n] || number[OTHER(e)] > peer_attempt[n] ->
		peer_attempt[n] = number[OTHER(e)]
	:: else
	fi;
	peer_incarnation[n] = PEER(e)
}

#ifdef MUTANT_READY_WITHOUT_R1
#define R1_IS_DONE(e)	1
#else
#define R1_IS_DONE(e)	(done[e] & DONE_R1)
#endif

/* ccm_session_advance(). Who has R2 has had the hello. There are no clients: links hold up nobody. */
inline advance(n)
{
	if
	:: state[n] == GREETING && R1_IS_DONE(conn[n]) && heard[conn[n]] >= ANSWER ->
		enter(n, NEGOTIATING)
	:: else
	fi;
	if
	:: state[n] == NEGOTIATING && heard[conn[n]] >= CATALOG ->
		enter(n, OPENING);
		say(conn[n], READY_MAIL)
	:: else
	fi;
	if
#ifdef MUTANT_READY_UNHEARD
	:: state[n] == OPENING ->
#else
	:: state[n] == OPENING && heard[conn[n]] >= READY_MAIL ->
#endif
		retries[n] = 0;
		deadline[n] = 0;
		enter(n, READY);
		told_ready[n] = 1;
		tell_ready(n, conn[n])
	:: else
	fi
}

/* replace_conn(): the candidate has its place. Its catalog, if it came early, is looked at. */
inline replace_conn(n)
{
	conn[n] = candidate[n];
	candidate[n] = NO_END;
	done[conn[n]] = done[conn[n]] & ~DONE_WAITS;
#ifndef MUTANT_CANDIDATE_WITHOUT_DEADLINE
	deadline[n] = 1;
#endif
	if
	:: done[conn[n]] & DONE_PROVEN -> know(n, conn[n])
	:: else
	fi;
	if
	:: phase[conn[n]] == UP ->
		enter(n, GREETING);
		if
		:: HELLO_RECEIVED(conn[n]) && said[conn[n]] < CATALOG -> say(conn[n], CATALOG)
		:: else
		fi
	:: else -> enter(n, CONNECTING)
	fi
}

inline session_end(reason, policy, bye)
{
	end_ = reason;
	policy_ = policy;
	bye_ = bye
}

/* ccm_session_end() */
inline carry_out_end(n)
{
	if
	:: end_ == UNREACHABLE && candidate[n] != NO_END && (done[candidate[n]] & DONE_WAITS) &&
	   KERNEL(PEER(candidate[n])) == KERNEL(peer_incarnation[n]) -> end_ = RELOADED
	:: else
	fi;
	if
	:: told_ready[n] -> retries[n] = 0
	:: !told_ready[n] && retries[n] < RETRIES_LONG -> retries[n]++
	:: else
	fi;
	if
	:: policy_ -> retries[n] = RETRIES_LONG
	:: else
	fi;
	drop(n, end_, bye_);
	if
	:: candidate[n] != NO_END -> replace_conn(n)
	:: else ->
		enter(n, DOWN);
#ifdef MUTANT_DOWN_WITHOUT_DEADLINE
		deadline[n] = 0
#else
		deadline[n] = 1
#endif
	fi
}

/* What stands at the end of each step */
inline end_step(n)
{
	if
	:: dismiss_ != STAYS ->
		session_close(candidate[n], dismiss_);
		candidate[n] = NO_END
	:: else
	fi;
	if
	:: end_ -> carry_out_end(n)
	:: else
	fi;
	if
	:: state[n] >= GREETING && state[n] <= OPENING -> advance(n)
	:: else
	fi;
	end_ = 0;
	policy_ = 0;
	bye_ = 0;
	dismiss_ = STAYS;
	settle()
}

inline refuse(n, e, reason)
{
	if
#ifdef MUTANT_WRONG_CANDIDATE_ENDS_ALL
	:: true -> session_end(reason, true, reason)
#else
	:: (e) == conn[n] -> session_end(reason, true, reason)
	:: else -> dismiss_ = reason
#endif
	fi
}

/* weigh(): who has the candidate, and has he left the present connection? */
inline weigh(n)
{
	end_ = UNREACHABLE;
	if
	:: conn[n] != NO_END && (done[conn[n]] & DONE_PROVEN) &&
	   PEER(candidate[n]) != PEER(conn[n]) ->
		if
		:: PEER(candidate[n]) != FOREIGN &&
		   KERNEL(PEER(candidate[n])) > KERNEL(peer_incarnation[n]) -> end_ = RESTARTED
#ifdef MUTANT_RELOAD_IS_RESTART
		:: KERNEL(PEER(candidate[n])) == KERNEL(peer_incarnation[n]) -> end_ = RESTARTED
#endif
		:: else ->
#ifndef MUTANT_NO_PROBE
			end_ = 0;
			done[candidate[n]] = done[candidate[n]] | DONE_WAITS
#endif
		fi
	:: else
	fi;
#ifdef MUTANT_SAME_IS_RELOADED
	if
	:: end_ == UNREACHABLE -> end_ = RELOADED
	:: else
	fi
#endif
#ifdef MUTANT_CANDIDATE_SAYS_READY
	end_ = 0;
	said[candidate[n]] = READY_MAIL
#endif
}

/* ccm_session_prove(): R1 and the hello are right */
inline prove(n, e)
{
	if
	:: (done[e] & DONE_R1) && HELLO_RECEIVED(e) && !(done[e] & DONE_PROVEN) ->
		done[e] = done[e] | DONE_PROVEN;
		if
		:: (e) == candidate[n] -> weigh(n)
		:: else -> know(n, e)
		fi
	:: else
	fi
}

/*
 * Events
 */

/* stale(): is it older than what has been proven, or than what is being tried? */
#define TRIED(n, e, r)	((e) != NO_END && phase[e] != ASKING && !(done[e] & DONE_PROVEN) && \
			 PEER(e) == identity[r] && number[r] <= number[OTHER(e)])
#ifdef MUTANT_NO_STALE
#define STALE(n, r)	0
#else
#define STALE(n, r)	((identity[r] == peer_incarnation[n] && number[r] <= peer_attempt[n]) || \
			 TRIED(n, conn[n], r) || TRIED(n, candidate[n], r))
#endif

#ifdef MUTANT_BOTH_GIVE_WAY
#define WINS(n)		0
#elif defined(MUTANT_NEITHER_GIVES_WAY)
#define WINS(n)		(!fresh[n])
#else
#define WINS(n)		((n) == LOWER && !fresh[n])
#endif

#define REJECT_IT	0
#define CROSS_IT	1
#define ACCEPT_IT	2
#define BESIDE		3

/* request_down(), request_connecting(), request_beside(); @e: the end that is to be this node's */
inline request(n, e)
{
	if
	:: STALE(n, OTHER(e)) -> what_ = REJECT_IT
	:: else ->
		if
		:: state[n] == CONNECTING && conn[n] != NO_END && ACTIVE(conn[n]) && WINS(n) ->
			what_ = CROSS_IT
		:: state[n] >= GREETING ->
#ifdef MUTANT_BREAK_BEFORE_MAKE
			what_ = ACCEPT_IT
#else
			/* another's is busy */
			what_ = (candidate[n] != NO_END && PEER(candidate[n]) != PEER(e) ->
				REJECT_IT : BESIDE)
#endif
		:: else -> what_ = ACCEPT_IT
		fi
	fi;
	if
	:: what_ == CROSS_IT || what_ == ACCEPT_IT -> drop(n, RESTARTED, NO_GOODBYE)
	:: what_ == BESIDE ->
		session_close(candidate[n], NO_GOODBYE);
		candidate[n] = e
	:: else
	fi;
	if
	:: what_ == ACCEPT_IT || what_ == BESIDE -> answer_request(e, n, incarnation[n], attempt[n])
	:: else ->
		cm[PLACE(e)] = (what_ == CROSS_IT -> CM_CROSSED : CM_REJECT);
		send_away(OTHER(e))
	fi;
	if
	:: what_ == ACCEPT_IT -> begin(n, e)
	:: what_ == CROSS_IT ->
		connect(n);
		fresh[n] = 1
	:: else
	fi;
#ifdef MUTANT_UNPROVEN_COUNTS
	if
	:: what_ == ACCEPT_IT || what_ == BESIDE -> know(n, e)
	:: else
	fi;
#endif
	tidy(PLACE(e))
}

/* ccm_session_greet() */
inline established(n, e)
{
	phase[e] = UP;
	cm[PLACE(e)] = (ACTIVE(e) -> CM_ESTABLISHED : CM_NONE);
	if
	:: (e) == conn[n] ->
		deadline[n] = 1;
		enter(n, GREETING)
	:: else
	fi;
#ifdef IWARP
	if
	:: ACTIVE(e) -> say(e, KEYS)
	:: else
	fi
#else
	say(e, KEYS)
#endif
}

inline rejected(n, e)
{
	if
	:: (!ACTIVE(e) && n == HIGHER) || (cm[PLACE(e)] == CM_CROSSED && n == HIGHER) ->
		drop(n, UNREACHABLE, NO_GOODBYE)	/* it waits for theirs */
#ifdef MUTANT_WAITS_FOR_EVER
		; deadline[n] = 0
#endif
	:: else -> session_end(UNREACHABLE, false, NO_GOODBYE)
	fi
}

/* agree(): the first to say it fixes the version */
inline agree(e, with)
{
	good_ = 1;
#ifdef MUTANT_VERSION_LOWEST
	with = 1;
#endif
#ifndef MUTANT_VERSION_ONCE
	if
	:: version[e] && version[e] != with -> good_ = 0
	:: else
	fi;
#endif
	if
	:: !version[e] -> version[e] = with
	:: else
	fi
}

inline hear_keys(n, e)
{
	heard[e] = KEYS;
	if
	:: said[e] < KEYS -> say(e, KEYS)
	:: else
	fi;
	done[e] = done[e] | R1_POSTED;
	say(e, HELLO);
#ifdef STRANGERS
	seen[n] = incarnation[n]
#endif
}

inline status_read(n, e)
{
	done[e] = (done[e] & ~R1_POSTED) | DONE_R1;
	with_ = (PAGE_LIES -> 1 : COMMON(incarnation[n], PEER(e)));
	agree(e, with_);
	if
	:: !good_ -> refuse(n, e, REFUSED)
	:: else -> prove(n, e)
	fi
}

inline hear_hello(n, e)
{
	with_ = COMMON(incarnation[n], PEER(e));
	agree(e, with_);
	with_ = REFUSED;
	if
	:: good_ ->
		good_ = VERIFY(n, e);	/* CCM_ACT_VERIFY */
		with_ = AUTHENTICATION
	:: else
	fi;
	if
	:: !good_ -> refuse(n, e, with_)
	:: else ->
		heard[e] = HELLO;
		say(e, ANSWER);
		prove(n, e);
		if
		:: (e) == conn[n] && said[e] < CATALOG -> say(e, CATALOG)
		:: else
		fi
	fi
}

/* What comes next over e */
inline message(n, e)
{
	if
	:: heard[e] == 0 -> hear_keys(n, e)
	:: heard[e] == KEYS -> hear_hello(n, e)
	:: heard[e] >= HELLO -> heard[e]++
	fi
}

/* ... and at last */
inline goodbye_rung(n, e)
{
	if
	:: (e) == candidate[n] -> dismiss_ = NO_GOODBYE
	:: else ->
		/* ADMIN is believed of whoever has proven to be the partner */
		with_ = goodbye[OTHER(e)];
		if
		:: with_ == ADMIN && !(done[e] & DONE_PROVEN) -> with_ = UNREACHABLE
		:: else
		fi;
		session_end(with_, with_ != ADMIN && with_ != UNREACHABLE, NO_GOODBYE)
	fi
}

/* DISCONNECTED, ERROR, VERDICT unreachable */
inline lost(n, e)
{
	if
	:: (e) == candidate[n] -> dismiss_ = NO_GOODBYE
	:: else -> session_end(UNREACHABLE, false, NO_GOODBYE)
	fi
}

/* A node that is not loaded remembers nothing. */
inline forget(n)
{
	conn[n] = NO_END;
	candidate[n] = NO_END;
	deadline[n] = 0;
	told_ready[n] = 0;
	fresh[n] = 0;
	attempt[n] = 0;
	retries[n] = 0;
	peer_incarnation[n] = 0;
	peer_attempt[n] = 0;
	enter(n, NOT_LOADED)
}

/* The module is loaded: START */
inline load(n)
{
	enter(n, DOWN);
	connect(n)
}

/* ... and unloaded: STOP, with a goodbye if that can be said */
inline unload(n)
{
	session_close(candidate[n], NO_GOODBYE);
	drop(n, ADMIN, ADMIN);
	forget(n);
	incarnation[n]++
}

/* The machine is off from one moment to the next. */
inline crash(n)
{
	if
	:: candidate[n] != NO_END -> close(candidate[n], DEAD)
	:: else
	fi;
	if
	:: conn[n] != NO_END -> close(conn[n], DEAD)
	:: else
	fi;
	clients_die(n);
	forget(n);
	incarnation[n] = (KERNEL(incarnation[n]) + 1) << 2
}
