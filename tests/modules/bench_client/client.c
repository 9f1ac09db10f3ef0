// SPDX-License-Identifier: GPL-2.0-only
/* Clients that do nothing by themselves: what is measured is CCM's part. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>

#include "bench_client.h"

DEFINE_MUTEX(bench_link_lock);

static struct ccm_client *clients[BENCH_CLIENTS_MAX];
static u32 client_count;
static struct ccm_link *first_link;	/* of the first client; under bench_link_lock */

static DEFINE_SPINLOCK(ready_lock);	/* protects the rest */
static u32 ready_count;			/* clients that are READY */
static u64 ready_ns;			/* when the last of them was told */
static u64 down_ns;			/* when the last was told of a DOWN */

/**
 * bench_link() - the link of the first client
 *
 * Under bench_link_lock.
 *
 * Return: NULL if it is not READY
 */
struct ccm_link *bench_link(void)
{
	return first_link;
}

static int on_ready(void *context, struct ccm_link *link)
{
	u64 now = ktime_get_ns();
	u64 size;
	u8 *region;

	spin_lock(&ready_lock);
	ready_count++;
	ready_ns = now;
	spin_unlock(&ready_lock);
	if (context != &clients[0])
		return 0;
	region = (u8 *)ccm_link_region(link, &size);
	if (region && size >= BENCH_OP_LEN_MAX) {
		bench_fill(region, BENCH_PATTERN, BENCH_OP_LEN_MAX);
		ccm_link_region_sync(link, 0, BENCH_OP_LEN_MAX, false);
	}
	mutex_lock(&bench_link_lock);
	first_link = link;
	mutex_unlock(&bench_link_lock);
	return 0;
}

static void on_down(void *context, struct ccm_link *link, u32 reason)
{
	u64 now = ktime_get_ns();

	spin_lock(&ready_lock);
	ready_count--;
	down_ns = now;
	spin_unlock(&ready_lock);
	if (context != &clients[0])
		return;
	/* a measurement in progress ends at once: its operations fail */
	mutex_lock(&bench_link_lock);
	first_link = NULL;
	mutex_unlock(&bench_link_lock);
}

static void on_release(void *context, u32 partner)
{
	/* the region is touched by the partner only */
}

static const struct ccm_client_ops ops = {
	.ready = on_ready,
	.down = on_down,
	.release = on_release,
};

/**
 * bench_clients_unregister() - no clients any more
 *
 * Callers, and those of bench_clients_register(), are serialized.
 */
void bench_clients_unregister(void)
{
	while (client_count)
		ccm_client_unregister(clients[--client_count]);
}

/**
 * bench_clients_register() - register clients "bench-0", "bench-1", ...
 * @count: how many, at most BENCH_CLIENTS_MAX
 * @ports: that each needs, no more and no less
 * @ask: bytes it asks for
 * @give: bytes it gives
 *
 * Return: 0; -EBUSY: there are some; or as ccm_client_register(), and there are none
 */
int bench_clients_register(u32 count, u16 ports, u64 ask, u64 give)
{
	char name[CCM_CLIENT_NAME_LEN];
	struct ccm_client_config config = {
		.name = name,
		.version_min = 1,
		.version_max = 1,
		.ports_min = ports,
		.ports_max = ports,
		.ask = ask,
		.give = give,
		.ops = &ops,
	};
	struct ccm_client *client;

	if (client_count)
		return -EBUSY;
	while (client_count < min(count, BENCH_CLIENTS_MAX)) {
		snprintf(name, sizeof(name), "bench-%u", client_count);
		config.context = &clients[client_count];
		client = ccm_client_register(&config);
		if (IS_ERR(client)) {
			bench_clients_unregister();
			return (int)PTR_ERR(client);
		}
		clients[client_count++] = client;
	}
	return 0;
}

/**
 * bench_clients_ready() - how many links are READY
 * @last_ns: filled: ktime_get_ns() when the last was told
 * @last_down_ns: filled: when the last was told of a DOWN
 */
u32 bench_clients_ready(u64 *last_ns, u64 *last_down_ns)
{
	u32 count;

	spin_lock(&ready_lock);
	count = ready_count;
	*last_ns = ready_ns;
	*last_down_ns = down_ns;
	spin_unlock(&ready_lock);
	return count;
}
