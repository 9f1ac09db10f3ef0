// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pattern client: churn. Clients churn-0 to churn-15 register and leave at random,
 * under load, with needs that mostly fit those of their counterparts and at times do not.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>

#include "../common/command.h"
#include "../common/violation.h"
#include "pattern.h"

#define CHURN_CLIENTS	16U
#define CHURN_PAUSE_MS	150U	/* at most, between two changes */

static const u64 asks[] = { 0, 4096, 65536, 262144, 3 << 20 };

static struct pattern_client *churn_register(const char *name, u64 random)
{
	u16 ports_max = (u16)(1 + (random >> 8) % 4);
	u16 ports_min = (u16)(1 + (random >> 16) % 2 * ((random >> 24) % ports_max));
	u64 ask = asks[(random >> 32) % ARRAY_SIZE(asks)];
	/* One in eight gives less than some ask for. */
	u64 give = (random >> 40) % 8 ? asks[ARRAY_SIZE(asks) - 1] : 65536;

	return pattern_register(name, ports_min, ports_max, ask, give, 0, true);
}

/**
 * pattern_churn() - churn for a while; none of these clients is left then
 * @seconds: how long
 * @seed: of chance
 *
 * Under command_lock. A signal ends it early.
 *
 * Return: 0; -EEXIST: one of them is registered already; -EINTR
 */
int pattern_churn(u32 seconds, u64 seed)
{
	struct pattern_client *clients[CHURN_CLIENTS] = {};
	u64 end = ktime_get_ns() + (u64)seconds * NSEC_PER_SEC;
	char name[CCM_CLIENT_NAME_LEN];
	u32 registered = 0;
	u32 failed = 0;
	u32 longest = 0;
	u64 readies = 0;
	u64 random;
	u32 i;

	for (i = 0; i < CHURN_CLIENTS; i++) {
		snprintf(name, sizeof(name), "churn-%u", i);
		if (pattern_find(name))
			return -EEXIST;
	}
	while (ktime_get_ns() < end && !signal_pending(current)) {
		random = pattern_random(&seed);
		i = (u32)(random % CHURN_CLIENTS);
		if (clients[i]) {
			readies += clients[i]->readies;
			longest = max(longest, pattern_unregister(clients[i]));
			clients[i] = NULL;
		} else {
			snprintf(name, sizeof(name), "churn-%u", i);
			clients[i] = churn_register(name, pattern_random(&seed));
			if (IS_ERR(clients[i])) {
				clients[i] = NULL;
				failed++;
			} else {
				registered++;
			}
		}
		msleep_interruptible((unsigned int)(random >> 32) % CHURN_PAUSE_MS);
	}
	for (i = 0; i < CHURN_CLIENTS; i++) {
		if (!clients[i])
			continue;
		readies += clients[i]->readies;
		longest = max(longest, pattern_unregister(clients[i]));
	}
	command_say("registered=%u failed=%u readies=%llu longest_unregister_ms=%u violations=%u",
		    registered, failed, readies, longest, violations());
	return signal_pending(current) ? -EINTR : 0;
}
