/* SPDX-License-Identifier: GPL-2.0-only */
/* What a stranger does: see stranger.pml. He need not do anything, and nobody waits for him. */

#ifdef STRANGERS

#define ANY_ATTEMPT	200	/* above all that there are */

byte forged = FORGED;
byte bends = BENT;

mtype = { S_ASK, S_ACCEPT, S_ESTABLISH, S_KEYS, S_HELLO, S_NEXT, S_GOODBYE, S_CLOSE, S_BEND };

hidden byte y, z;

/* What some configurations keep him from, so that there is less to look at */
#if defined(SILENT)		/* he asks, and says nothing */
#define TALKS		0
#define LIES		0
#define MORE	1
#elif defined(RELAYS)		/* he relays, between two connections, and does nothing else */
#define TALKS		1
#define LIES		0
#define MORE	0
#else
#define TALKS		1
#define MORE	1
#define LIES		(!HAS_KEY)
#endif

/* The name of a live incarnation, an invented one, one that is dead; but a twin has his own */
#define S_ASKS(i, n) \
	:: MORE && forged && his[i] == NO_END && state[n] != NOT_LOADED -> \
		event = S_ASK; x = i; y = n; z = FOREIGN \
	:: !HAS_KEY && forged && his[i] == NO_END && state[n] != NOT_LOADED -> \
		event = S_ASK; x = i; y = n; z = incarnation[PARTNER(n)] \
	:: LIES && forged && his[i] == NO_END && state[n] != NOT_LOADED && \
	   peer_incarnation[n] && peer_incarnation[n] != incarnation[PARTNER(n)] -> \
		event = S_ASK; x = i; y = n; z = peer_incarnation[n]

/* He takes what is sent to the partner. */
#define S_TAKES(i, k) \
	:: LIES && forged && his[i] == NO_END && cm[k] == CM_REQUEST && who[2 * k] != STRANGER && \
	   phase[2 * k] == ASKING -> event = S_ACCEPT; x = i; y = 2 * k + 1

#define S_TAKES_0(k)	S_TAKES(0, k)

#define AT(i)		(his[i] != NO_END)
#define AS_FAR(i, p, m)	(AT(i) && phase[his[i]] == p && said[his[i]] == m)

/*
 * As honest an A0 as he can make: he gives a nonce of his own, or the one that he hears, or the
 * partner's in his other connection. The same with proofs. Whoever relays all there is, unchanged,
 * from one node to the other, is the network: so he does not relay what he has taken (ACTIVE).
 */
#define S_SAYS(i) \
	:: TALKS && AS_FAR(i, ASKING, 0) && cm[PLACE(his[i])] == CM_ACCEPT -> event = S_ESTABLISH; x = i \
	:: AS_FAR(i, ACCEPTED, 0) && cm[PLACE(his[i])] == CM_ESTABLISHED -> \
		event = S_ESTABLISH; x = i \
	:: AS_FAR(i, UP, 0) -> event = S_KEYS; x = i; y = OWN \
	:: LIES && AS_FAR(i, UP, 0) && said[OTHER(his[i])] >= KEYS -> \
		event = S_KEYS; x = i; y = MIRROR \
	:: (LIES || HAS_KEY) && AS_FAR(i, UP, KEYS) -> event = S_HELLO; x = i; y = GARBAGE \
	:: LIES && AS_FAR(i, UP, KEYS) && said[OTHER(his[i])] >= HELLO && \
	   nonce_of[his[i]] == MIRROR -> event = S_HELLO; x = i; y = MIRRORED \
	:: LIES && AS_FAR(i, UP, KEYS) && \
	   seen[PARTNER(who[OTHER(his[i])])] == identity[his[i]] -> \
		event = S_HELLO; x = i; y = REPLAYED \
	:: !HAS_KEY && AS_FAR(i, UP, KEYS) && nonce_of[his[i]] > MIRROR && \
	   said[RELAY(his[i])] >= HELLO -> event = S_HELLO; x = i; y = RELAYED \
	:: AT(i) && phase[his[i]] == UP && heard[OTHER(his[i])] >= HELLO && \
	   said[his[i]] >= HELLO && said[his[i]] < READY_MAIL && \
	   said[his[i]] < said[OTHER(his[i])] -> event = S_NEXT; x = i \
	:: MORE && AT(i) && phase[his[i]] == UP && said[his[i]] >= KEYS -> \
		event = S_GOODBYE; x = i \
	:: MORE && AT(i) && said[his[i]] < KEYS -> event = S_CLOSE; x = i

#define S_RELAYS(i, j) \
	:: !HAS_KEY && AS_FAR(i, UP, 0) && AT(j) && ACTIVE(his[i]) && ACTIVE(his[j]) && \
	   said[OTHER(his[j])] >= KEYS && \
	   who[OTHER(his[j])] == PARTNER(who[OTHER(his[i])]) -> \
		event = S_KEYS; x = i; y = NONCE_OF(OTHER(his[j]))

/* Something of the request, the accept or an A0 is changed on its way. */
#define S_BENDS(k) \
	:: bends && !bent[k] && HONEST(2 * k) && HONEST(2 * k + 1) && cm[k] != CM_REQUEST && \
	   (phase[2 * k] == ASKING || phase[2 * k] == UP) && \
	   (phase[2 * k + 1] == ACCEPTED || phase[2 * k + 1] == UP) && \
	   heard[2 * k] < KEYS && heard[2 * k + 1] < KEYS -> event = S_BEND; x = k

proctype stranger()
{
end:	do
	:: atomic {
		if
		S_ASKS(0, LOWER)
		S_ASKS(0, HIGHER)
		S_SAYS(0)
#if HANDS > 1
		S_ASKS(1, LOWER)
		S_ASKS(1, HIGHER)
		S_SAYS(1)
		S_RELAYS(0, 1)
		S_RELAYS(1, 0)
#endif
		EACH_PLACE(S_BENDS)
#ifndef TWIN
		EACH_PLACE(S_TAKES_0)
#endif
		fi;
		STEP {
			if
			:: event == S_ASK ->
				forged--;
				ask(STRANGER, y, z, ANY_ATTEMPT);
				his[x] = 2 * k_
			:: event == S_ACCEPT ->
				forged--;
				z = incarnation[who[y]];
				/* as the one that it was sent to */
			answer_request(y, STRANGER, z, ANY_ATTEMPT);
				his[x] = y
			:: event == S_ESTABLISH ->
				phase[his[x]] = UP;
				cm[PLACE(his[x])] = (ACTIVE(his[x]) -> CM_ESTABLISHED : CM_NONE)
			:: event == S_KEYS ->
				said[his[x]] = KEYS;
				nonce_of[his[x]] = y
			:: event == S_HELLO ->
				said[his[x]] = HELLO;
				proof[his[x]] = y
			:: event == S_NEXT -> said[his[x]]++
			:: event == S_GOODBYE || event == S_CLOSE ->
				if
				:: event == S_GOODBYE -> goodbye[his[x]] = ADMIN
				:: else
				fi;
				y = his[x];
				his[x] = NO_END;
				close(y, CLOSED)
			:: event == S_BEND ->
				bends--;
				bent[x] = 1
			fi;
			printf("stranger: %e %d %d\n", event, x, y);
			settle()
		}
	}
	od
}
#endif
