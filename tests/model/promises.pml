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

/* Each promise has its name behind it: run.sh says which one it is that does not hold. */
inline tell_down(n, reason)
{
	assert(client_ready[n]);		/* one DOWN for each READY */
	assert(OVER(session[n]));		/* fenced before DOWN is told */
	assert(state[n] == DOWN);		/* shown before it is told */
	client_ready[n] = 0;
	session[n] = NO_END;
	assert(reason != AUTHENTICATION && reason != REFUSED && reason != DUPLICATE); /* no READY session is refused */
	assert(left_ || struck);		/* nobody ends a session that lives */
	assert(reason != RESTARTED || KERNEL(incarnation[PARTNER(n)]) != KERNEL(old_)); /* restarted is true */
	assert(reason != RELOADED || (left_ && incarnation[PARTNER(n)] != old_)) /* reloaded is true */
}

inline tell_ready(n, e)
{
	assert(!client_ready[n] && session[n] == NO_END); /* the old one's DOWN before the new one's READY */
	client_ready[n] = 1;
	session[n] = e;
	assert(who[e] == n && done[e] & DONE_R1 && done[e] & DONE_PROVEN); /* proven before READY */
	assert(said[e] >= READY_MAIL && said[OTHER(e)] >= READY_MAIL); /* both have said ready */
	assert(HAS_KEY || who[OTHER(e)] == PARTNER(n));	/* no session with a stranger */
	assert(!BENT_WORDS(PLACE(e)));			/* what was said is what was heard */
	assert(state[PARTNER(n)] != READY || conn[PARTNER(n)] == OTHER(e)); /* one session, the same nonces */
	assert(phase[OTHER(e)] != UP || !HONEST(OTHER(e)) || version[e] == version[OTHER(e)]); /* one version */
	assert(!HONEST(OTHER(e)) || version[e] == COMMON(identity[e], identity[OTHER(e)])) /* the highest version */
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
	assert(client_ready[LOWER] == (state[LOWER] == READY)); /* clients know what is */
	assert(client_ready[HIGHER] == (state[HIGHER] == READY)); /* clients know what is */
	assert(HAS_KEY || BOTH_READY || !quiet || GOES_ON(LOWER) || GOES_ON(HIGHER)) /* no deadlock */
}
