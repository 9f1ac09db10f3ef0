// SPDX-License-Identifier: GPL-2.0-only
/* The ping-pong client: registration and what CCM tells. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "../common/violation.h"
#include "pingpong.h"

DECLARE_WAIT_QUEUE_HEAD(pingpong_changed);

static struct ccm_client *client;
static LIST_HEAD(links);		/* only added to, until the client has left */
static DEFINE_SPINLOCK(links_lock);

/**
 * pingpong_find() - the link to a partner, up or down
 * @partner: node id
 *
 * Return: it, or NULL if it has never been up
 */
struct pingpong_link *pingpong_find(u32 partner)
{
	struct pingpong_link *found = NULL;
	struct pingpong_link *link;

	spin_lock(&links_lock);
	list_for_each_entry(link, &links, entry)
		if (link->partner == partner)
			found = link;
	spin_unlock(&links_lock);
	return found;
}

/**
 * pingpong_next() - go through all links
 * @link: NULL to begin
 */
struct pingpong_link *pingpong_next(struct pingpong_link *link)
{
	struct list_head *next;

	spin_lock(&links_lock);
	next = link ? link->entry.next : links.next;
	spin_unlock(&links_lock);
	return next == &links ? NULL : list_entry(next, struct pingpong_link, entry);
}

/**
 * pingpong_is_up() - can this partner be played with?
 * @partner: node id
 */
bool pingpong_is_up(u32 partner)
{
	struct pingpong_link *link = pingpong_find(partner);

	return link && READ_ONCE(link->link);
}

static struct pingpong_link *get_link(u32 partner)
{
	struct pingpong_link *link = pingpong_find(partner);

	if (link)
		return link;
	link = (struct pingpong_link *)kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return NULL;
	link->partner = partner;
	spin_lock_init(&link->lock);
	init_waitqueue_head(&link->wait);
	pingpong_play_init(link);
	spin_lock(&links_lock);
	list_add_tail(&link->entry, &links);
	spin_unlock(&links_lock);
	return link;
}

static int on_ready(void *context, struct ccm_link *ccm)
{
	struct pingpong_link *link = get_link(ccm_link_partner(ccm));
	int ret = link ? pingpong_play_open(link, ccm) : -ENOMEM;

	if (ret)
		return ret;
	ccm_link_set_private(ccm, link);
	wake_up_all(&pingpong_changed);
	return 0;
}

static void on_down(void *context, struct ccm_link *ccm, u32 reason)
{
	pingpong_play_close((struct pingpong_link *)ccm_link_private(ccm));
	wake_up_all(&pingpong_changed);
}

/* Softirq. */
static void on_receive(void *context, struct ccm_port *port, const void *data, u32 len)
{
	struct pingpong_link *link = (struct pingpong_link *)ccm_link_private(ccm_port_link(port));

	if (link)
		pingpong_take(link, ccm_port_index(port), PINGPONG_SEND, (const u8 *)data, len);
}

/* Softirq. */
static void on_ring(void *context, struct ccm_port *port, u32 word)
{
	struct pingpong_link *link = (struct pingpong_link *)ccm_link_private(ccm_port_link(port));

	if (link)
		pingpong_take_ring(link, port, word);
}

/* Between down() and the next ready() nobody looks at a region. */
static void on_release(void *context, u32 partner)
{
}

static const struct ccm_client_ops ops = {
	.ready = on_ready,
	.down = on_down,
	.receive = on_receive,
	.ring = on_ring,
	.release = on_release,
};

/**
 * pingpong_register() - the client "pingpong"
 * @ports: at most
 *
 * Return: 0 or the errno of ccm_client_register()
 */
int pingpong_register(u16 ports)
{
	struct ccm_client_config config = {
		.name = "pingpong",
		.version_min = 1,
		.version_max = 1,
		.ports_min = 1,
		.ports_max = ports,
		.ask = 2 * PINGPONG_SLOT * PINGPONG_PORTS_MAX,
		.give = 2 * PINGPONG_SLOT * PINGPONG_PORTS_MAX,
		.ops = &ops,
	};

	client = ccm_client_register(&config);
	return PTR_ERR_OR_ZERO(client);
}

/** pingpong_unregister() - it leaves, and what it had is freed */
void pingpong_unregister(void)
{
	struct pingpong_link *link;
	struct pingpong_link *next;

	ccm_client_unregister(client);
	list_for_each_entry_safe(link, next, &links, entry) {
		if (link->link)
			violation("partner %u: unregistered without down()", link->partner);
		list_del(&link->entry);
		kfree(link);
	}
}
