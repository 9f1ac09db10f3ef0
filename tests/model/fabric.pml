/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fabric: connections, and what is on its way over them.
 *
 * A connection is a place k with two ends: 2k is the side that sent the request, 2k + 1 the one
 * that it was sent to. The other end of e is OTHER(e). What one side writes or sends over a
 * connection arrives in order or not at all, and the series always says the same things in the
 * same order: so what is on its way is the difference of two numbers.
 */

/* OPTION(k) for each place, in a selection */
#if PLACES == 4
#define EACH_PLACE(OPTION) OPTION(0) OPTION(1) OPTION(2) OPTION(3)
#elif PLACES == 5
#define EACH_PLACE(OPTION) OPTION(0) OPTION(1) OPTION(2) OPTION(3) OPTION(4)
#elif PLACES == 6
#define EACH_PLACE(OPTION) OPTION(0) OPTION(1) OPTION(2) OPTION(3) OPTION(4) OPTION(5)
#elif PLACES == 7
#define EACH_PLACE(OPTION) OPTION(0) OPTION(1) OPTION(2) OPTION(3) OPTION(4) OPTION(5) OPTION(6)
#endif

#define NOBODY		0
#define LOWER		1	/* node ids */
#define HIGHER		2
#define STRANGER	3	/* the forger, or a second machine with a node's id */
#define PARTNER(n)	(3 - (n))

#define NO_END		255
#define OTHER(e)	((e) ^ 1)
#define PLACE(e)	((e) >> 1)
#define ACTIVE(e)	(!((e) & 1))

/* phase: how far one end is */
#define FREE		0
#define ASKING		1	/* sent a request */
#define ACCEPTED	2	/* accepted one */
#define UP		3	/* CCM_DONE_ESTABLISHED */
#define CLOSED		4	/* by its node; the other end may hear of it */
#define DEAD		5	/* its node has crashed; nobody tells the other end */

/* cm: what RDMA CM has on its way for a connection */
#define CM_NONE		0
#define CM_REQUEST	1
#define CM_ACCEPT	2
#define CM_ESTABLISHED	3	/* to the side that accepted: "ready to use", or the first data */
#define CM_REJECT	4
#define CM_CROSSED	5	/* CCM_REJECT_CROSSED */

/* said, heard: messages of the series, in their order. What R2 reads comes with its ring. */
#define KEYS		1	/* A0 */
#define HELLO		2	/* W1 */
#define ANSWER		3	/* ring ANSWER, and R2 */
#define CATALOG		4	/* W2 */
#define READY_MAIL	5	/* W3 */

/* done: of one end, as in ccm_session_conn.done; what is not here follows from said and heard */
#define R1_POSTED	1
#define DONE_R1		2
#define DONE_PROVEN	4
#define DONE_WAITS	8

byte cm[PLACES];
byte who[ENDS];		/* whose end it is */
byte phase[ENDS];
byte said[ENDS];
byte heard[ENDS];
byte goodbye[ENDS];	/* last thing said, behind all else: a reason */
byte done[ENDS];
byte identity[ENDS];		/* incarnation that this end says it is of */
byte number[ENDS];	/* ... and its attempt */
byte version[ENDS];	/* agreed on */

#define OVER(e)		(phase[e] == FREE || phase[e] >= CLOSED)
#define LOST(e)		(phase[e] >= CLOSED)
#define HELLO_RECEIVED(e) (heard[e] >= HELLO)

/* What can happen to an end without anybody's timer */
#define HONEST(e)	(who[e] == LOWER || who[e] == HIGHER)
#define PENDING(e)	(HONEST(e) && ((phase[e] == UP && (said[OTHER(e)] > heard[e] || LOST(OTHER(e)) || \
			   ((done[e] & R1_POSTED) && phase[OTHER(e)] == UP) || \
			   (done[e] & DONE_WAITS))) || \
			 (phase[e] == ACCEPTED && phase[OTHER(e)] == CLOSED)))
/* A stranger is not waited for. */
#define CM_PENDING(k)	(cm[k] != CM_NONE && \
			 (cm[k] == CM_REQUEST || \
			  who[2 * (k) + (cm[k] == CM_ESTABLISHED -> 1 : 0)] != STRANGER))

hidden byte k_, e_;

/* Nobody has either end of it any more: the place can be used again. */
inline tidy(k)
{
	if
	:: OVER(2 * (k)) && OVER(2 * (k) + 1) && cm[k] != CM_REQUEST ->
		cm[k] = CM_NONE;
		e_ = 2 * (k);
		do
		:: e_ < 2 * (k) + 2 ->
			who[e_] = NOBODY;
			phase[e_] = FREE;
			said[e_] = 0;
			heard[e_] = 0;
			goodbye[e_] = 0;
			done[e_] = 0;
			identity[e_] = 0;
			number[e_] = 0;
			version[e_] = 0;
#ifdef STRANGERS
			nonce_of[e_] = 0;
			proof[e_] = 0;
#endif
			e_++
		:: else -> break
		od;
#ifdef STRANGERS
		bent[k] = 0;
		/* a nonce that was given here is nobody's from now on */
		e_ = 0;
		do
		:: e_ < ENDS ->
			if
			:: nonce_of[e_] > MIRROR && PLACE(nonce_of[e_] - MIRROR - 1) == k ->
				nonce_of[e_] = 0
			:: else
			fi;
			e_++
		:: else -> break
		od
#endif
	:: else
	fi
}

/* A stranger has nothing more to do where the other side has gone. */
#ifdef STRANGERS
inline send_away(s)
{
	if
	:: who[s] == STRANGER && phase[s] != FREE ->
		phase[s] = CLOSED;
		cm[PLACE(s)] = CM_NONE;
		e_ = 0;
		do
		:: e_ < HANDS ->
			if
			:: his[e_] == s -> his[e_] = NO_END
			:: else
			fi;
			e_++
		:: else -> break
		od
	:: else
	fi
}
#else
#define send_away(s)	skip
#endif

/* CCM_ACT_CLOSE. A request that is under way may still arrive: see fabric(). */
inline close(e, how)
{
	phase[e] = how;
	k_ = PLACE(e);
	if
	:: ACTIVE(e) && (cm[k_] == CM_ACCEPT || cm[k_] == CM_REJECT || cm[k_] == CM_CROSSED) ->
		cm[k_] = CM_NONE
	:: !ACTIVE(e) && cm[k_] == CM_ACCEPT ->
		cm[k_] = (how == CLOSED -> CM_REJECT : CM_NONE)
	:: !ACTIVE(e) && cm[k_] == CM_ESTABLISHED ->
		cm[k_] = CM_NONE
	:: else
	fi;
	done[e] = 0;
	send_away(OTHER(e));
	tidy(k_)
}

/* A request of @by to @to: the place is k_. */
inline ask(by, to, incarnation, attempt_number)
{
	k_ = 0;
	do
	:: k_ < PLACES && (phase[2 * k_] != FREE || phase[2 * k_ + 1] != FREE) -> k_++
	:: else -> break
	od;
	assert(k_ < PLACES);	/* of the model: more places are needed */
	cm[k_] = CM_REQUEST;
	who[2 * k_] = by;
	phase[2 * k_] = ASKING;
	identity[2 * k_] = incarnation;
	number[2 * k_] = attempt_number;
	who[2 * k_ + 1] = to
}

inline answer_request(e, by, incarnation, attempt_number)
{
	cm[PLACE(e)] = (phase[OTHER(e)] == ASKING -> CM_ACCEPT : CM_NONE);
	who[e] = by;
	phase[e] = ACCEPTED;
	identity[e] = incarnation;
	number[e] = attempt_number
}
