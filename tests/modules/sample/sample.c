// SPDX-License-Identifier: GPL-2.0-only
/* A client of CCM to begin with. Documentation/clients.rst explains it line by line. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ccm.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/utsname.h>

#define GREETING_LEN	64U
#define REGION_LEN	4096U
#define TIMEOUT_MS	1000U

static struct ccm_client *client;

/* The ports to this partner are connected, and the memory is there. May sleep. */
static int sample_ready(void *context, struct ccm_link *link)
{
	struct ccm_port *port = ccm_link_port(link, 0);
	char greeting[GREETING_LEN] = {};
	int ret;

	snprintf(greeting, sizeof(greeting), "hello, node %u, from %s", ccm_link_partner(link),
		 utsname()->nodename);
	ret = ccm_write_ring_sync(port, greeting, sizeof(greeting), 0, GREETING_LEN, TIMEOUT_MS);
	if (!ret)
		ret = ccm_read_sync(port, greeting, sizeof(greeting), 0, TIMEOUT_MS);
	if (ret)
		return ret;	/* the link is closed, and opened again: ready() comes once more */
	pr_info("partner %u: its memory says \"%*pE\"\n", ccm_link_partner(link),
		(int)strnlen(greeting, GREETING_LEN), greeting);
	return 0;
}

/* Gone. What the partner wrote can still be read; ccm_link_region() is valid here, too. */
static void sample_down(void *context, struct ccm_link *link, u32 reason)
{
	pr_info("partner %u: down (%s)\n", ccm_link_partner(link),
		ccm_partner_reason_name(reason));
}

/* The counterpart has written and rung; here it says how much. Softirq: must not sleep. */
static void sample_ring(void *context, struct ccm_port *port, u32 word)
{
	struct ccm_link *link = ccm_port_link(port);
	char greeting[GREETING_LEN];
	u64 size;
	const char *region = (const char *)ccm_link_region(link, &size);

	if (word != GREETING_LEN || size < GREETING_LEN)
		return;
	ccm_link_region_sync(link, 0, GREETING_LEN, true);
	/* The partner can write at any time: take a copy, then look at it. */
	memcpy(greeting, region, GREETING_LEN);
	pr_info("partner %u wrote \"%*pE\"\n", ccm_link_partner(link),
		(int)strnlen(greeting, GREETING_LEN), greeting);
}

/* The region is being replaced by a larger one. Nothing here keeps a pointer into it. */
static void sample_release(void *context, u32 partner)
{
}

static const struct ccm_client_ops ops = {
	.ready = sample_ready,
	.down = sample_down,
	.ring = sample_ring,
	.release = sample_release,
};

static int __init sample_init(void)
{
	struct ccm_client_config config = {
		.name = "sample",
		.version_min = 1,
		.version_max = 1,
		.ports_min = 1,
		.ports_max = 1,
		.ask = REGION_LEN,	/* on each partner, for me */
		.give = REGION_LEN,	/* here, for my counterpart on each */
		.ops = &ops,
	};

	client = ccm_client_register(&config);
	return PTR_ERR_OR_ZERO(client);
}

static void __exit sample_exit(void)
{
	ccm_client_unregister(client);
}

module_init(sample_init);
module_exit(sample_exit);
MODULE_DESCRIPTION("CCM: a client to begin with");
MODULE_LICENSE("GPL");
