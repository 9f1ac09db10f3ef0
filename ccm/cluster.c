// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cluster: brings up, in an order that lookups rely on (cluster.h), what this node
 * needs to have partners, and takes it down again. The only file of the runtime that
 * goes through all partners.
 */
#include "log.h"

#include <linux/slab.h>

#include "addresses.h"
#include "cluster.h"
#include "keyring.h"
#include "node.h"
#include "pairing.h"
#include "partner.h"
#include "rdma/way.h"
#include "trace.h"

static void tell_all(struct ccm_cluster *cluster, enum ccm_inbox_bit bit)
{
	struct ccm_partner *partner;

	rcu_read_lock();
	ccm_cluster_each(partner, cluster)
		ccm_inbox_tell(&partner->inbox, bit);
	rcu_read_unlock();
}

static void psk_changed(struct work_struct *work)
{
	struct ccm_cluster *cluster = container_of(to_delayed_work(work), struct ccm_cluster, psk);
	const char *name = cluster->node->config.cluster;
	bool before = cluster->psk_numbers[0];
	u32 numbers[CCM_PSK_NUMBERS];

	ccm_keyring_numbers(name, numbers);
	if (numbers[0] && !before)
		pr_info("partners are authenticated by the pre-shared keys of cluster %s, the highest number is %u\n",
			name, numbers[0]);
	else if (!numbers[0] && before)
		pr_warn("the last pre-shared key of cluster %s is gone: sessions go on, but no new one begins; see `ccmadm key`\n",
			name);
	if (memcmp(numbers, cluster->psk_numbers, sizeof(numbers))) {
		memcpy(cluster->psk_numbers, numbers, sizeof(numbers));
		tell_all(cluster, CCM_INBOX_PSK);
	}
	schedule_delayed_work(&cluster->psk, ccm_keyring_next_look());
}

/*
 * Partners come and go
 */

/* Nobody finds it any more. */
static void withdraw(struct ccm_cluster *cluster, struct ccm_partner *partner)
{
	lockdep_assert_held(&cluster->lock);
	xa_erase(&cluster->partners, partner->id);
	WRITE_ONCE(cluster->count, cluster->count - 1);
	WRITE_ONCE(cluster->changes, cluster->changes + 1);
}

/* In the order that cluster.h argues */
static void remove(struct ccm_cluster *cluster, struct ccm_partner *partner, bool announce)
{
	lockdep_assert_held(&cluster->changing);
	mutex_lock(&cluster->lock);
	withdraw(cluster, partner);
	ccm_partner_stop(partner, CCM_REASON_ADMIN);
	mutex_unlock(&cluster->lock);
	ccm_partner_end(partner);
	ccm_partner_destroy(partner, announce);
}

/* Another partner that has one of the addresses; or NULL */
static struct ccm_partner *address_owner(struct ccm_cluster *cluster,
					 const struct ccm_partner_config *config)
{
	struct ccm_partner *partner;
	u32 i;

	lockdep_assert_held(&cluster->changing);
	ccm_cluster_each(partner, cluster)
		for (i = 0; i < config->path_count && partner->id != config->id; i++)
			if (ccm_addresses_have(&partner->addresses, &config->paths[i]))
				return partner;
	return NULL;
}

/*
 * From here on it is found, is told what all are told, and refuses whoever asks until it is
 * started. Clients that register behind this find it by themselves, the others are found here.
 */
static int publish(struct ccm_cluster *cluster, struct ccm_partner *partner)
{
	int ret;

	lockdep_assert_held(&cluster->lock);
	if (READ_ONCE(cluster->node->stopping))
		return -ESHUTDOWN;
	ret = xa_insert(&cluster->partners, partner->id, partner, GFP_NOIO);
	if (ret)
		return ret;
	WRITE_ONCE(cluster->count, cluster->count + 1);
	WRITE_ONCE(cluster->changes, cluster->changes + 1);
	ret = ccm_registry_pair(&cluster->registry, &partner->paired);
	if (ret)
		withdraw(cluster, partner);
	return ret;
}

static void start(const struct ccm_cluster *cluster, struct ccm_partner *partner)
{
	if (cluster->node->config.auth == CCM_AUTH_PSK)
		ccm_inbox_tell(&partner->inbox, CCM_INBOX_PSK);
	ccm_inbox_tell(&partner->inbox, CCM_INBOX_CLIENTS);
	ccm_inbox_tell(&partner->inbox, CCM_INBOX_START);
}

/**
 * ccm_cluster_add() - a partner more
 * @cluster: created; if it is started, the partner begins to connect. @changing is held
 * @config: checked
 *
 * May sleep.
 *
 * Return: 0; -EEXIST: there is one of that id; -EADDRINUSE: another has one of its addresses;
 * -ENOSPC: there are CCM_PARTNERS_MAX; -ESHUTDOWN: this node goes down; -ENOMEM, or another error
 * of ccm_partner_create(). Then nothing has changed
 */
int ccm_cluster_add(struct ccm_cluster *cluster, const struct ccm_partner_config *config)
{
	struct ccm_partner *partner;
	int ret;

	lockdep_assert_held(&cluster->changing);
	if (xa_load(&cluster->partners, config->id))
		return -EEXIST;
	if (address_owner(cluster, config))
		return -EADDRINUSE;
	if (cluster->count == CCM_PARTNERS_MAX)
		return -ENOSPC;
	partner = ccm_partner_create(cluster->node, &cluster->registry, config);
	if (IS_ERR(partner))
		return (int)PTR_ERR(partner);
	mutex_lock(&cluster->lock);
	ret = publish(cluster, partner);
	if (!ret && cluster->started)
		start(cluster, partner);
	mutex_unlock(&cluster->lock);
	if (!ret)
		return 0;
	ccm_partner_end(partner);
	ccm_partner_destroy(partner, true);
	return ret;
}

/**
 * ccm_cluster_del() - a partner less
 * @cluster: created; @changing is held
 * @id: its node id
 *
 * May sleep: goodbye, fence, and what clients do in their down() and release(). Whoever is READY
 * with another partner hears nothing of it.
 *
 * Return: 0; -ENOENT: there is none of that id
 */
int ccm_cluster_del(struct ccm_cluster *cluster, u32 id)
{
	struct ccm_partner *partner;

	lockdep_assert_held(&cluster->changing);
	partner = (struct ccm_partner *)xa_load(&cluster->partners, id);
	if (!partner)
		return -ENOENT;
	remove(cluster, partner, true);
	return 0;
}

/**
 * ccm_cluster_set() - a partner is elsewhere, or there as well
 * @cluster: created; @changing is held
 * @config: checked: its node id, and all addresses that it has from now on
 *
 * May sleep; bounded.
 *
 * Return: 0; -ENOENT: there is none of that id; -EADDRINUSE: another has one of its addresses; or
 * an error of ccm_partner_set_addresses(). Then nothing has changed
 */
int ccm_cluster_set(struct ccm_cluster *cluster, const struct ccm_partner_config *config)
{
	struct ccm_partner *partner;

	lockdep_assert_held(&cluster->changing);
	partner = (struct ccm_partner *)xa_load(&cluster->partners, config->id);
	if (!partner)
		return -ENOENT;
	if (address_owner(cluster, config))
		return -EADDRINUSE;
	return ccm_partner_set_addresses(partner, config);
}

/**
 * ccm_cluster_get() - a partner by its node id
 * @cluster: created
 * @id: partner's
 *
 * Any context.
 *
 * Return: the partner, with a reference for ccm_partner_put(); or NULL
 */
struct ccm_partner *ccm_cluster_get(struct ccm_cluster *cluster, u32 id)
{
	struct ccm_partner *partner;

	rcu_read_lock();
	partner = (struct ccm_partner *)xa_load(&cluster->partners, id);
	if (partner && !ccm_partner_get(partner))
		partner = NULL;
	rcu_read_unlock();
	return partner;
}

/**
 * ccm_cluster_get_from() - a partner, going through them
 * @cluster: created
 * @id: the first one whose node id is at least this
 *
 * Any context.
 *
 * Return: the partner, with a reference for ccm_partner_put(); NULL: there is none any more
 */
struct ccm_partner *ccm_cluster_get_from(struct ccm_cluster *cluster, u32 id)
{
	struct ccm_partner *partner;

	rcu_read_lock();
	for (partner = ccm_cluster_from(cluster, id); partner;
	     partner = ccm_cluster_from(cluster, partner->id + 1))
		if (ccm_partner_get(partner))
			break;
	rcu_read_unlock();
	return partner;
}

/**
 * ccm_cluster_create() - partners that do nothing yet
 * @node: this machine, with its configuration
 *
 * Return: the cluster, or an ERR_PTR()
 */
struct ccm_cluster *ccm_cluster_create(struct ccm_node *node)
{
	const struct ccm_config *config = &node->config;
	struct ccm_cluster *cluster;
	int ret = 0;
	u32 i;

	cluster = (struct ccm_cluster *)kzalloc(sizeof(*cluster), GFP_KERNEL);
	if (!cluster)
		return (struct ccm_cluster *)ERR_PTR(-ENOMEM);
	cluster->node = node;
	ccm_registry_init(&cluster->registry);
	mutex_init(&cluster->changing);
	mutex_init(&cluster->lock);
	cluster->changes = 1;
	xa_init(&cluster->partners);
	INIT_DELAYED_WORK(&cluster->psk, psk_changed);
	mutex_lock(&cluster->changing);
	for (i = 0; i < config->partner_count && !ret; i++)
		ret = ccm_cluster_add(cluster, &config->partners[i]);
	mutex_unlock(&cluster->changing);
	if (ret) {
		ccm_cluster_destroy(cluster);
		return (struct ccm_cluster *)ERR_PTR(ret);
	}
	return cluster;
}

/**
 * ccm_cluster_destroy() - free a cluster and its partners
 * @cluster: created, and stopped if it was started; there are no clients, whose modules
 *	would keep this one loaded
 */
void ccm_cluster_destroy(struct ccm_cluster *cluster)
{
	struct ccm_partner *partner;

	mutex_lock(&cluster->changing);
	while ((partner = ccm_cluster_from(cluster, 0)))
		remove(cluster, partner, false);
	mutex_unlock(&cluster->changing);
	xa_destroy(&cluster->partners);
	kfree(cluster);
}

static void flush_all(struct ccm_cluster *cluster)
{
	struct ccm_partner *partner;

	lockdep_assert_held(&cluster->lock);
	ccm_cluster_each(partner, cluster)
		flush_workqueue(partner->inbox.wq);
}

/*
 * Devices
 */

static void appeared(void *owner)
{
	ccm_cluster_path_up((struct ccm_cluster *)owner);
}

/* Connections that have the device are closed by their partners' work items. */
static void removing(void *owner)
{
	struct ccm_cluster *cluster = (struct ccm_cluster *)owner;

	mutex_lock(&cluster->lock);
	tell_all(cluster, CCM_INBOX_DEVICE);
	flush_all(cluster);
	mutex_unlock(&cluster->lock);
}

static const struct ccm_devices_ops devices_ops = {
	.appeared = appeared,
	.removing = removing,
};

/*
 * Requests
 */

static bool port_request(struct ccm_cluster *cluster, const struct ccm_incoming *in,
			 const struct ccm_wire_port *msg)
{
	struct ccm_node *node = cluster->node;
	struct ccm_partner *partner = NULL;
	bool taken = false;

	if (msg->partner == node->config.node && !READ_ONCE(node->stopping))
		partner = ccm_cluster_get(cluster, msg->node);
	if (partner) {
		taken = ccm_links_request(&partner->links, in, msg);
		ccm_partner_put(partner);
	}
	if (!taken)
		atomic64_inc(&node->rejected[CCM_REJECT_STALE]);
	return taken;
}

static void put_reject(const struct ccm_node *node, u32 code, struct ccm_incoming *in)
{
	struct ccm_session_config identity = {
		.node = node->config.node,
		.cluster = node->config.cluster_id,
		.incarnation = node->incarnation,
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
	};

	BUILD_BUG_ON(CCM_WIRE_REJECT_LEN > CCM_PRIVATE_REJECT_MAX);

	ccm_session_put_reject(&identity, code, in->answer);
	in->answer_len = CCM_WIRE_REJECT_LEN;
}

/* Returns enum ccm_reject; NONE: taken */
static u32 session_request(struct ccm_cluster *cluster, const struct ccm_incoming *in, u32 id)
{
	struct ccm_partner *partner = ccm_cluster_get(cluster, id);
	u32 code = CCM_REJECT_NONE;
	struct ccm_id_way way;

	if (!partner)
		return CCM_REJECT_NODE;
	ccm_way_of(in->id, &way);
	if (!ccm_addresses_come_from(&partner->addresses, &way)) {
		ccm_partner_elsewhere(partner);
		code = CCM_REJECT_ADDRESS;
	} else if (!ccm_partner_request(partner, in)) {
		code = CCM_REJECT_BUSY;
	}
	ccm_partner_put(partner);
	return code;
}

static void log_other_address(struct ccm_cluster *cluster, const struct sockaddr *from, u32 id)
{
	struct ccm_partner *partner = ccm_cluster_get(cluster, id);
	struct ccm_address first;

	if (!partner)
		return;		/* it has just gone */
	ccm_addresses_first(&partner->addresses, &first);
	pr_warn("connect request from %pISpc rejected: it says that it is partner %u, which is configured as %pISc: see partners= here, and the addresses there\n",
		from, id, &first.to);
	ccm_partner_put(partner);
}

/* A connect request came in: whose is it? RDMA CM's handler. */
static bool on_request(void *owner, struct ccm_incoming *in)
{
	const struct sockaddr *from = (const struct sockaddr *)&in->id->route.addr.dst_addr;
	struct ccm_cluster *cluster = (struct ccm_cluster *)owner;
	struct ccm_node *node = cluster->node;
	struct ccm_wire_request req = {};
	struct ccm_wire_port port;
	u32 code;

	if (!ccm_wire_get_port(in->data, in->len, &port))
		return port_request(cluster, in, &port);
	if (READ_ONCE(node->stopping))
		code = CCM_REJECT_STOPPING;
	else
		code = ccm_session_screen(node->config.node, node->config.cluster_id, in->data,
					  in->len, &req);
	if (code == CCM_REJECT_NONE)
		code = session_request(cluster, in, req.node);
	if (code == CCM_REJECT_NONE)
		return true;
	atomic64_inc(&node->rejected[code]);
	trace_ccm_reject(req.node, code);
	if (!__ratelimit(&node->reject_log))
		;	/* said a moment ago */
	else if (code == CCM_REJECT_ADDRESS)
		log_other_address(cluster, from, req.node);
	else
		pr_warn("connect request from %pISpc rejected: %s (it says: node %u, cluster id %016llx, for node %u)\n",
			from, ccm_reject_name(code), req.node, req.cluster, req.partner);
	put_reject(node, code, in);
	return false;
}

/*
 * Beginning and end
 */

/**
 * ccm_cluster_start() - listen, and begin to connect
 * @cluster: created
 *
 * Does not wait for a device, an address or a partner: what is not there yet is used
 * when it appears. A node that is not configured has nothing to start.
 *
 * Return: 0 or a negative errno, then nothing is left started
 */
int ccm_cluster_start(struct ccm_cluster *cluster)
{
	struct ccm_node *node = cluster->node;
	int ret;

	if (!node->config.node)
		return 0;
	ret = ccm_devices_register(&node->devices, node->status_page.data, &devices_ops,
				   cluster);
	if (ret)
		return ret;
	ret = ccm_listener_start(&cluster->listener, node->config.rdma_port,
				 CCM_REQUESTS_MAX * CCM_PARTNERS_MAX, on_request, cluster);
	if (ret) {
		ccm_devices_unregister(&node->devices);
		return ret;
	}
	ccm_last_words_listen(&node->last_words, node->config.rdma_port);
	if (node->config.auth == CCM_AUTH_PSK) {
		ccm_keyring_watch(&cluster->psk);
		schedule_delayed_work(&cluster->psk, 0);
	}
	mutex_lock(&cluster->lock);
	cluster->started = true;
	tell_all(cluster, CCM_INBOX_START);
	mutex_unlock(&cluster->lock);
	return 0;
}

/* Tell every partner, all at once, and wait until each has been let go: bounded. */
static void stop_partners(struct ccm_cluster *cluster, u32 reason)
{
	struct ccm_partner *partner;

	ccm_node_set_stopping(cluster->node);
	mutex_lock(&cluster->lock);
	ccm_cluster_each(partner, cluster)
		WRITE_ONCE(partner->stop_reason, reason);
	tell_all(cluster, CCM_INBOX_STOP);
	flush_all(cluster);
	mutex_unlock(&cluster->lock);
}

/**
 * ccm_cluster_stop() - the module is being unloaded: say goodbye to every partner and stop
 * @cluster: started; may have been shut down
 */
void ccm_cluster_stop(struct ccm_cluster *cluster)
{
	if (!cluster->node->config.node)
		return;
	ccm_keyring_watch(NULL);
	cancel_delayed_work_sync(&cluster->psk);
	ccm_listener_stop(&cluster->listener);
	ccm_last_words_deafen(&cluster->node->last_words);
	stop_partners(cluster, CCM_REASON_ADMIN);
	ccm_devices_unregister(&cluster->node->devices);
}

/**
 * ccm_cluster_set_stage() - how far the boot has come, told to every partner
 * @cluster: created
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_STOPPING
 *
 * May sleep. Partners are rung, and read the page: this does not wait for them.
 *
 * Return: see ccm_node_set_stage()
 */
int ccm_cluster_set_stage(struct ccm_cluster *cluster, u32 stage)
{
	int ret = ccm_node_set_stage(cluster->node, stage);

	if (!ret)
		tell_all(cluster, CCM_INBOX_OWN_STAGE);
	return ret;
}

/**
 * ccm_cluster_hold_stage() - a program holds a stage, told to every partner
 * @cluster: created
 * @held: which one it holds
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_RUNNING, or CCM_STAGE_UNKNOWN to let go
 *
 * May sleep.
 *
 * Return: see ccm_node_hold_stage()
 */
int ccm_cluster_hold_stage(struct ccm_cluster *cluster, u32 *held, u32 stage)
{
	int ret = ccm_node_hold_stage(cluster->node, held, stage);

	if (!ret)
		tell_all(cluster, CCM_INBOX_OWN_STAGE);
	return ret;
}

/**
 * ccm_cluster_leaving() - the machine is about to go down: partners are rung, and see it
 * @cluster: created
 *
 * It still runs and is not gone for anybody: see ccm_cluster_shutdown().
 */
void ccm_cluster_leaving(struct ccm_cluster *cluster)
{
	ccm_node_set_leaving(cluster->node);
	tell_all(cluster, CCM_INBOX_OWN_STAGE);
}

/**
 * ccm_cluster_shutdown() - the machine goes down: say goodbye to every partner
 * @cluster: created
 *
 * The page still says so to whoever can read it.
 */
void ccm_cluster_shutdown(struct ccm_cluster *cluster)
{
	ccm_node_set_shutdown(cluster->node);
	stop_partners(cluster, CCM_REASON_SHUTDOWN);
}

/**
 * ccm_cluster_path_up() - an RDMA device, or an address of one, has appeared
 * @cluster: created
 *
 * Any context.
 */
void ccm_cluster_path_up(struct ccm_cluster *cluster)
{
	tell_all(cluster, CCM_INBOX_PATH_UP);
}

/* Those to whom frames leave by an interface */
static void tell_behind(struct ccm_cluster *cluster, const struct net_device *dev,
			enum ccm_inbox_bit bit)
{
	struct ccm_partner *partner;

	rcu_read_lock();
	ccm_cluster_each(partner, cluster)
		if (ccm_addresses_leave_by(&partner->addresses, dev))
			ccm_inbox_tell(&partner->inbox, bit);
	rcu_read_unlock();
}

/**
 * ccm_cluster_interface_up() - an interface, or an address on it, can be used now
 * @cluster: created
 * @dev: of the initial network namespace
 *
 * Any context but hard interrupts. Only partners to whom frames leave by it try at once: a machine
 * may make interfaces all day (containers), and a partner that is away is to be asked rarely. When
 * the kernel tells of an interface, its routes are there already: their notifiers are older.
 */
void ccm_cluster_interface_up(struct ccm_cluster *cluster, const struct net_device *dev)
{
	tell_behind(cluster, dev, CCM_INBOX_PATH_UP);
}

/**
 * ccm_cluster_interface_mtu() - the MTU of an interface has changed
 * @cluster: created
 * @dev: of the initial network namespace
 *
 * Any context but hard interrupts. Partners are rung as if the page had changed, and READ all of
 * it: whether frames of full size pass, each side finds out for those of the other.
 */
void ccm_cluster_interface_mtu(struct ccm_cluster *cluster, const struct net_device *dev)
{
	tell_behind(cluster, dev, CCM_INBOX_OWN_STAGE);
}

/**
 * ccm_cluster_clients() - a client came or leaves
 * @cluster: created
 *
 * Any context.
 */
void ccm_cluster_clients(struct ccm_cluster *cluster)
{
	tell_all(cluster, CCM_INBOX_CLIENTS);
}

static int pair(struct ccm_cluster *cluster, struct ccm_client *client)
{
	struct ccm_partner *partner;

	lockdep_assert_held(&cluster->registry.lock);
	/* one that goes waits for the registry's lock before it is freed */
	ccm_cluster_each(partner, cluster)
		if (!ccm_pairing_create(client, &partner->paired))
			return -ENOMEM;
	return 0;
}

/**
 * ccm_cluster_register() - pair a client with each partner, and add it
 * @cluster: created
 * @client: named
 *
 * May sleep.
 *
 * Return: 0; -ENOMEM, or an error of ccm_registry_add(): then ccm_pairings_free() cleans up
 */
int ccm_cluster_register(struct ccm_cluster *cluster, struct ccm_client *client)
{
	int ret;

	mutex_lock(&cluster->registry.lock);
	ret = pair(cluster, client);
	if (!ret)
		ret = ccm_registry_add(&cluster->registry, client);
	mutex_unlock(&cluster->registry.lock);
	if (!ret)
		ccm_cluster_clients(cluster);
	return ret;
}
