/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stranger: somebody who can send from the partner's address and take what is sent to it, reads
 * all that is on the wire and can say it again, and has no key (FORGED connections of his, BENT
 * messages of others that he changes on their way). With TWIN he has the key: a second machine
 * with a node's id, which keeps to the protocol.
 */

/* nonce_of: of a stranger's end, whose nonce it gives for its own */
#define OWN		0
#define MIRROR		1		/* that of the other end */
#define NONCE_OF(x)	(MIRROR + 1 + (x))

/* proof: ... and whose proof it gives */
#define GARBAGE		0
#define MIRRORED	1		/* what the other end has just proven */
#define REPLAYED	2		/* what the partner has once proven to whomever */
#define RELAYED		3		/* what the partner proves now, in the stranger's other connection */

#ifndef FORGED
#define FORGED		0
#endif
#ifndef BENT
#define BENT		0
#endif

#if FORGED || BENT || defined(TWIN)
#define STRANGERS
#endif

#ifndef HANDS
#define HANDS		1	/* connections of his at a time */
#endif

#ifdef TWIN
#define HAS_KEY		1
#else
#define HAS_KEY		0
#endif

#ifdef STRANGERS

byte nonce_of[ENDS];
byte proof[ENDS];
bit bent[PLACES];	/* what was said before the hellos is not what was heard */
byte seen[3];		/* incarnation whose proof was on the wire */
byte his[HANDS];	/* his ends */

/* With which connection of the partner's does a stranger's end claim to speak? */
#define RELAY(s)	(nonce_of[s] - MIRROR - 1)

#ifdef MUTANT_NO_TRANSCRIPT
#define TRANSCRIPT(e)	1
#else
#define TRANSCRIPT(e)	(!bent[PLACE(e)])
#endif
#ifdef MUTANT_NO_DIRECTION
#define DIRECTION	0
#else
#define DIRECTION	1
#endif
#ifdef MUTANT_NO_NONCE
#define FRESH_ONLY	0
#else
#define FRESH_ONLY	1
#endif
/* Whose A0 is the active side's? */
#ifdef MUTANT_NO_ROLE
#define ROLES(e, x)	1
#else
#define ROLES(e, x)	(ACTIVE(e) != ACTIVE(x))
#endif

/* The proof that somebody without the key gives at @s is right for @e. */
#define FOOLED(e, s)	((proof[s] == MIRRORED && nonce_of[s] == MIRROR && !DIRECTION) || \
			 (proof[s] == REPLAYED && !FRESH_ONLY) || \
			 (proof[s] == RELAYED && nonce_of[s] > MIRROR && \
			  nonce_of[OTHER(RELAY(s))] == NONCE_OF(e) && ROLES(e, RELAY(s))))

#define RIGHT(e)	(who[OTHER(e)] == STRANGER -> (HAS_KEY || FOOLED(e, OTHER(e))) : \
			 TRANSCRIPT(e))
#define PAGE_LIES	(event == READ_BENT)
#define BENT_WORDS(k)	bent[k]
#else
#define RIGHT(e)	1
#define PAGE_LIES	0
#define BENT_WORDS(k)	0
#endif

#if defined(MUTANT_NO_KEY)
#define VERIFY(n, e)	1
#elif defined(MUTANT_CANDIDATE_WITHOUT_PROOF)
#define VERIFY(n, e)	((e) == candidate[n] || RIGHT(e))
#else
#define VERIFY(n, e)	RIGHT(e)
#endif
