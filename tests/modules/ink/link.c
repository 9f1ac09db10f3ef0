// SPDX-License-Identifier: GPL-2.0-only
/* The client "ink": registration and what CCM tells. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../common/violation.h"
#include "ink.h"

static struct workqueue_struct *wq;
static struct ccm_client *client;
static LIST_HEAD(links);		/* only added to, until the client has left */
static bool leaving;			/* no work begins any more */
static DEFINE_SPINLOCK(links_lock);	/* of both */

/**
 * ink_next() - go through all links
 * @link: NULL to begin
 */
struct ink_link *ink_next(struct ink_link *link)
{
	struct list_head *next;

	spin_lock(&links_lock);
	next = link ? link->entry.next : links.next;
	spin_unlock(&links_lock);
	return next == &links ? NULL : list_entry(next, struct ink_link, entry);
}

/**
 * ink_find() - the link to a partner, up or down
 * @partner: node id
 *
 * Return: it, or NULL if it has never been up
 */
struct ink_link *ink_find(u32 partner)
{
	struct ink_link *link = NULL;

	while ((link = ink_next(link)) != NULL)
		if (link->partner == partner)
			break;
	return link;
}

static void work(struct work_struct *work)
{
	struct ink_link *link = container_of(to_delayed_work(work), struct ink_link, work);

	mutex_lock(&link->lock);
	ink_pens_write(link);
	ink_page_look(link);
	mutex_unlock(&link->lock);
	queue_delayed_work(wq, &link->work, msecs_to_jiffies(ink_pace_ms));
}

static struct ink_link *get_link(u32 partner)
{
	struct ink_link *link = ink_find(partner);

	if (link)
		return link;
	link = (struct ink_link *)kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return NULL;
	link->partner = partner;
	link->random = get_random_u64();
	mutex_init(&link->lock);
	INIT_DELAYED_WORK(&link->work, work);
	spin_lock(&links_lock);
	list_add_tail(&link->entry, &links);
	if (!leaving)
		queue_delayed_work(wq, &link->work, 0);
	spin_unlock(&links_lock);
	return link;
}

static int on_ready(void *context, struct ccm_link *ccm)
{
	struct ink_link *link = get_link(ccm_link_partner(ccm));
	u64 size;
	int ret;

	if (!link)
		return -ENOMEM;
	mutex_lock(&link->lock);
	if (link->link)
		violation("partner %u: ready() twice", link->partner);
	link->link = ccm;
	ret = ink_pens_open(link);
	if (ret) {
		ink_pens_close(link);
		link->link = NULL;
	} else {
		link->page = (u64 *)ccm_link_region(ccm, &size);
		link->words = link->page ? (u32)(size / sizeof(u64)) : 0;
		link->readies++;
		ccm_link_set_private(ccm, link);
	}
	mutex_unlock(&link->lock);
	return ret;
}

static void on_down(void *context, struct ccm_link *ccm, u32 reason)
{
	struct ink_link *link = (struct ink_link *)ccm_link_private(ccm);

	mutex_lock(&link->lock);
	if (link->link != ccm)
		violation("partner %u: down() without ready()", link->partner);
	ink_pens_close(link);
	link->link = NULL;
	link->downs++;
	ink_page_wipe(link);
	mutex_unlock(&link->lock);
}

static void on_release(void *context, u32 partner)
{
	struct ink_link *link = ink_find(partner);

	if (!link)
		return;
	mutex_lock(&link->lock);
	link->page = NULL;
	link->words = 0;
	mutex_unlock(&link->lock);
}

static const struct ccm_client_ops ops = {
	.ready = on_ready,
	.down = on_down,
	.release = on_release,
};

/**
 * ink_register() - the client "ink"
 *
 * Return: 0; -ENOMEM; the errno of ccm_client_register()
 */
int ink_register(void)
{
	struct ccm_client_config config = {
		.name = "ink",
		.version_min = 1,
		.version_max = 1,
		.ports_min = 1,
		.ports_max = 1,
		.ask = INK_REGION,
		.give = INK_REGION,
		.ops = &ops,
	};

	wq = alloc_workqueue("ccm_ink", WQ_UNBOUND, 0);
	if (!wq)
		return -ENOMEM;
	client = ccm_client_register(&config);
	if (IS_ERR(client))
		destroy_workqueue(wq);
	return PTR_ERR_OR_ZERO(client);
}

/* CCM frees regions of a client that leaves without release(). */
static void look_no_more(void)
{
	struct ink_link *link = NULL;

	spin_lock(&links_lock);
	leaving = true;
	spin_unlock(&links_lock);
	while ((link = ink_next(link)) != NULL)
		cancel_delayed_work_sync(&link->work);
}

/** ink_unregister() - it leaves, and what it had is freed */
void ink_unregister(void)
{
	struct ink_link *link;
	struct ink_link *next;

	look_no_more();
	ccm_client_unregister(client);
	list_for_each_entry_safe(link, next, &links, entry) {
		if (link->link)
			violation("partner %u: unregistered without down()", link->partner);
		if (link->readies != link->downs)
			violation("partner %u: ready() %llu times, down() %llu times",
				  link->partner, link->readies, link->downs);
		list_del(&link->entry);
		kfree(link);
	}
	destroy_workqueue(wq);
}
