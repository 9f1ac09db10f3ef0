/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold. These variables are nobody's: they only look, and no step depends on them.
 */

bit client_ready[3];	/* what clients were told last is READY */
byte session[3];	/* ... of this end */
bit quiet;		/* nothing happens any more but timers */

hidden byte struck;	/* by a fault, in this step */
hidden byte left_, old_;

/* Before anything of it is closed */
inline look_at_session(n)
{
	if
	:: told_ready[n] ->
		left_ = LOST(OTHER(conn[n]));
		old_ = PEER(conn[n])
	:: else
	fi
}

inline tell_down(n, reason)
{
	assert(client_ready[n]);		/* exactly one DOWN for each READY */
	assert(OVER(session[n]));		/* fenced first */
	client_ready[n] = 0;
	session[n] = NO_END;
	assert(left_ || struck);		/* nobody ends a session that lives */
	assert(reason != RESTARTED || KERNEL(incarnation[PARTNER(n)]) != KERNEL(old_));
	assert(reason != RELOADED || (left_ && incarnation[PARTNER(n)] != old_));
	assert(reason != AUTHENTICATION && reason != REFUSED && reason != DUPLICATE)
}

inline tell_ready(n, e)
{
	assert(!client_ready[n]);		/* the old one's DOWN comes before */
	assert(session[n] == NO_END);
	client_ready[n] = 1;
	session[n] = e;
	assert(who[e] == n);
#ifndef TWIN
	assert(who[OTHER(e)] == PARTNER(n));	/* with nobody else */
#endif
	assert(said[e] >= READY_MAIL && said[OTHER(e)] >= READY_MAIL);
	assert(done[e] & DONE_R1);
	assert(done[e] & DONE_PROVEN);
#ifdef STRANGERS
	assert(!bent[PLACE(e)])
#endif
	/* the same nonces are those of one connection */
	if
	:: state[PARTNER(n)] == READY ->
		assert(conn[PARTNER(n)] == OTHER(e));
	:: else
	fi;
	if
	:: HONEST(OTHER(e)) && phase[OTHER(e)] == UP ->
		assert(version[e] == version[OTHER(e)])
	:: else
	fi;
	assert(who[OTHER(e)] == STRANGER || version[e] == COMMON(identity[e], identity[OTHER(e)]))
}

inline clients_die(n)
{
	client_ready[n] = 0;
	session[n] = NO_END
}

/* There is something that this node is going to do, whatever the others do. */
#define GOES_ON(n)	(state[n] == NOT_LOADED || (state[n] == DOWN && deadline[n]) || \
			 UP_AND_TIMED(n))
#define BOTH_READY	(state[LOWER] == READY && state[HIGHER] == READY && \
			 conn[LOWER] == OTHER(conn[HIGHER]))

/* The end of a step */
inline settle()
{
	struck = 0;
	quiet = 1;
	e_ = 0;
	do
	:: e_ < ENDS && quiet ->
		if
		:: PENDING(e_) || CM_PENDING(PLACE(e_)) -> quiet = 0
		:: else
		fi;
		e_++
	:: else -> break
	od;
	assert(client_ready[LOWER] == (state[LOWER] == READY));
	assert(client_ready[HIGHER] == (state[HIGHER] == READY));
#ifndef TWIN
	if
	:: quiet && !GOES_ON(LOWER) && !GOES_ON(HIGHER) -> assert(BOTH_READY)
	:: else
	fi
#endif
}
