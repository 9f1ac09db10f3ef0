// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters, also from the kernel command line as rdma_ccm.NAME=VALUE.
 *
 * A value that cannot be right fails the load with -EINVAL and one line in the kernel
 * log that names the parameter, the value and what would be right. So numbers are texts,
 * too: what the kernel makes of them itself, and says of them, is not this.
 */
#include "log.h"

#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <net/ipv6.h>

#include "address.h"
#include "core/liveness.h"
#include "core/number.h"
#include "keyring.h"
#include "params.h"
#include "rdma/chunk.h"

static char *node = (char *)"";
module_param(node, charp, 0444);
MODULE_PARM_DESC(node, "id of this node, 1 to 65535; needed with partners=");

static char *cluster = (char *)"";
module_param(cluster, charp, 0444);
MODULE_PARM_DESC(cluster, "name of the cluster, the same on all nodes, at most 31 characters");

/*
 * Longer than the kernel's own texts, which end at 1024 characters: 32 partners with four IPv6
 * addresses each. It may be given several times, since a boot loader's line may have a limit, too.
 */
#define PARTNERS_LEN_MAX	8192U

static char *partners;	/* NULL: not given */

static int set_partners(const char *text, const struct kernel_param *kp)
{
	char *all;

	if (strlen(text) + (partners ? strlen(partners) : 0) > PARTNERS_LEN_MAX) {
		pr_err("partners=: more than %u characters\n", PARTNERS_LEN_MAX);
		return -EINVAL;
	}
	all = partners && *partners ? kasprintf(GFP_KERNEL, "%s,%s", partners, text) :
				      kstrdup(text, GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	kfree(partners);
	partners = all;
	return 0;
}

static int get_partners(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", partners ? partners : "");
}

static void free_partners(void *arg)
{
	kfree(partners);
	partners = NULL;
}

static const struct kernel_param_ops partners_ops = {
	.set = set_partners,
	.get = get_partners,
	.free = free_partners,
};
module_param_cb(partners, &partners_ops, NULL, 0444);
MODULE_PARM_DESC(partners, "ID@ADDRESS[+ADDRESS...][,...]: 2@192.0.2.2,3@[2001:db8::3]; several times: all of them");

static char *rdma_port = (char *)__stringify(CCM_RDMA_PORT_DEFAULT);
module_param(rdma_port, charp, 0444);
MODULE_PARM_DESC(rdma_port, "RDMA port number, 1 to 65535, the same on all nodes (default 3341)");

static char *auth = (char *)"psk";
module_param(auth, charp, 0444);
MODULE_PARM_DESC(auth, "psk: partners prove that they hold the cluster's pre-shared key (see ccmadm key); none: trust whoever reaches the RDMA port (default psk)");

static int get_keyring(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%d\n",
			 strcmp(auth, "psk") ? 0 : ccm_keyring_serial());
}

static const struct kernel_param_ops keyring_ops = {
	.get = get_keyring,
};
module_param_cb(keyring, &keyring_ops, NULL, 0444);
MODULE_PARM_DESC(keyring, "serial number of the keyring of pre-shared keys, to read; 0: there is none");

static char *detect_ms = (char *)__stringify(CCM_DETECT_MS_DEFAULT);
module_param(detect_ms, charp, 0444);
MODULE_PARM_DESC(detect_ms, "milliseconds in which a dead partner is noticed, 20 to 60000 (default 250)");

static char *client_ports = (char *)__stringify(CCM_CLIENT_PORTS_DEFAULT);
module_param(client_ports, charp, 0444);
MODULE_PARM_DESC(client_ports, "most ports of one client to one partner, 1 to 64 (default 16)");

static char *client_memory = (char *)"64M";
module_param(client_memory, charp, 0444);
MODULE_PARM_DESC(client_memory, "most memory set aside for one client's counterpart on one partner, 0 to 511M (default 64M)");

static char *node_ports = (char *)__stringify(CCM_NODE_PORTS_DEFAULT);
module_param(node_ports, charp, 0444);
MODULE_PARM_DESC(node_ports, "most ports of all clients to all partners, 1 to 65536 (default 1024)");

static char *node_memory = (char *)"256M";
module_param(node_memory, charp, 0444);
MODULE_PARM_DESC(node_memory, "most memory set aside for all of them, 0 to 1T (default 256M)");

static int read_number(const char *name, const char *text, u32 min, u32 max, u32 *number)
{
	u64 value = 0;
	u32 error = ccm_number_read(text, max, &value);

	if (error == CCM_NUMBER_MALFORMED || error == CCM_NUMBER_ZERO_IN_FRONT) {
		pr_err("%s=%.40s: %s\n", name, text, ccm_number_rule(error));
		return -EINVAL;
	}
	if (error || value < min) {
		pr_err("%s=%.40s: not in %u to %u\n", name, text, min, max);
		return -EINVAL;
	}
	*number = (u32)value;
	return 0;
}

/* "192.0.2.2:3341", "[2001:db8::2]:3341"; an IPv6 address has more than one colon. */
static bool has_port(const char *text)
{
	const char *colon = strchr(text, ':');

	return strstr(text, "]:") || (colon && !strchr(colon + 1, ':'));
}

/*
 * "192.0.2.010" is 192.0.2.10 to the kernel and 192.0.2.8 to the C library. Also of an IPv4
 * address in an IPv6 one; other parts of that may begin with a zero, and so may a scope.
 */
static bool has_zero_in_front(const char *text)
{
	const char *end = text + strcspn(text, "%");
	const char *dot = strchr(text, '.');
	const char *c;

	if (!dot || dot > end)
		return false;
	while (dot > text && ccm_is_digit(dot[-1]))
		dot--;
	for (c = dot; c + 1 < end; c++)
		if (*c == '0' && ccm_is_digit(c[1]) && (c == dot || c[-1] == '.'))
			return true;
	return false;
}

/*
 * "%eth0": by name, since the interface may come later, or come again. A number is that of an
 * interface, and never changes its meaning by itself.
 */
static int read_interface(u32 id, const char *name, struct ccm_address *address)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->to;

	if (in6->sin6_family != AF_INET6 ||
	    !(ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL)) {
		pr_err("partners=: partner %u: %pISc%%%s: only a link-local address goes with an interface\n",
		       id, &address->to, name);
		return -EINVAL;
	}
	if (!kstrtou32(name, 10, &in6->sin6_scope_id))
		return 0;
	if (!dev_valid_name(name)) {
		pr_err("partners=: partner %u: \"%s\" cannot be the name of an interface\n", id,
		       name);
		return -EINVAL;
	}
	strscpy(address->interface, name, sizeof(address->interface));
	return 0;
}

/* "[2001:db8::3]" or "192.0.2.2", as inet_pton_with_scope() wants it. */
static int read_address(const struct ccm_config *config, u32 id, char *text,
			struct ccm_address *address)
{
	size_t len = strlen(text);
	char *bare = text;
	char *interface;
	char port[8];

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		bare = text + 1;
	} else if (has_port(text)) {
		pr_err("partners=: partner %u: address \"%s\": no port here: rdma_port= is that of all nodes\n",
		       id, text);
		return -EINVAL;
	} else if (strchr(text, ':')) {
		pr_err("partners=: partner %u: address \"%s\": put an IPv6 address in brackets, as in %u@[2001:db8::3]\n",
		       id, text, id);
		return -EINVAL;
	}
	if (has_zero_in_front(bare)) {
		pr_err("partners=: partner %u: address \"%s\": %s\n", id, bare,
		       ccm_number_rule(CCM_NUMBER_ZERO_IN_FRONT));
		return -EINVAL;
	}
	interface = bare;
	strsep(&interface, "%");
	snprintf(port, sizeof(port), "%u", config->rdma_port);
	if (inet_pton_with_scope(&init_net, AF_UNSPEC, bare, port, &address->to)) {
		pr_err("partners=: partner %u: \"%s\" is not an IPv4 or IPv6 address\n", id,
		       bare);
		return -EINVAL;
	}
	return interface ? read_interface(id, interface, address) : 0;
}

/* The partner, of those read so far, that has the address; or NULL */
static const struct ccm_partner_config *address_owner(const struct ccm_config *config,
						      const struct ccm_address *address)
{
	const struct ccm_partner_config *partner;
	u32 i;
	u32 k;

	for (i = 0; i < config->partner_count; i++) {
		partner = &config->partners[i];
		for (k = 0; k < partner->path_count; k++)
			if (ccm_address_same(&partner->paths[k], address))
				return partner;
	}
	return NULL;
}

static int check_address(const struct ccm_config *config, u32 id,
			 const struct ccm_address *named)
{
	const struct sockaddr_storage *address = &named->to;
	const enum ccm_address_fault fault = ccm_address_check(named);
	const struct ccm_partner_config *owner;

	if (fault == CCM_ADDRESS_LINK_LOCAL) {
		pr_err("partners=: partner %u: %pISc is link-local: say on which interface, as in %u@[%pISc%%eth0]\n",
		       id, address, id, address);
		return -EINVAL;
	}
	if (fault) {
		pr_err("partners=: partner %u: %pISc %s\n", id, address, ccm_address_rule(fault));
		return -EINVAL;
	}

	owner = address_owner(config, named);
	if (!owner)
		return 0;
	if (owner->id == id)
		pr_err("partners=: partner %u: address %pISc is named twice: leave one out\n",
		       id, address);
	else
		pr_err("partners=: partners %u and %u have the same address %pISc: each machine has its own\n",
		       owner->id, id, address);
	return -EINVAL;
}

static int read_paths(const struct ccm_config *config, struct ccm_partner_config *partner,
		      char *text)
{
	struct ccm_address *address;
	char *word;
	int ret;

	while ((word = strsep(&text, "+"))) {
		if (partner->path_count == CCM_PATHS_MAX) {
			pr_err("partners=: partner %u has more than %u addresses\n",
			       partner->id, CCM_PATHS_MAX);
			return -EINVAL;
		}
		address = &partner->paths[partner->path_count];
		ret = read_address(config, partner->id, word, address);
		if (!ret)
			ret = check_address(config, partner->id, address);
		if (ret)
			return ret;
		partner->path_count++;
	}
	if (partner->path_count > 1)
		pr_info("partner %u: only the first of %u addresses is used yet\n",
			partner->id, partner->path_count);
	return 0;
}

static int read_partner(struct ccm_config *config, char *text)
{
	struct ccm_partner_config *partner;
	char *address = text;
	char *id = strsep(&address, "@");
	u64 number = 0;
	u32 error;
	u32 i;

	if (config->partner_count == CCM_PARTNERS_MAX) {
		pr_err("partners=: more than %u partners\n", CCM_PARTNERS_MAX);
		return -EINVAL;
	}
	partner = &config->partners[config->partner_count];
	error = ccm_number_read(id, CCM_NODE_ID_MAX, &number);
	if (!address || error == CCM_NUMBER_MALFORMED) {
		pr_err("partners=: \"%s\" is not ID@ADDRESS, as in 2@192.0.2.2\n", id);
		return -EINVAL;
	}
	if (error == CCM_NUMBER_ZERO_IN_FRONT) {
		pr_err("partners=: partner id %s: %s\n", id, ccm_number_rule(error));
		return -EINVAL;
	}
	if (error || !number) {
		pr_err("partners=: partner id %s is not in 1 to %u\n", id, CCM_NODE_ID_MAX);
		return -EINVAL;
	}
	partner->id = (u32)number;
	if (partner->id == config->node) {
		pr_err("partners=: partner %u is this node itself (node=%u)\n", partner->id,
		       config->node);
		return -EINVAL;
	}
	for (i = 0; i < config->partner_count; i++) {
		if (config->partners[i].id == partner->id) {
			pr_err("partners=: partner %u is named twice; several addresses of one go %u@A+B\n",
			       partner->id, partner->id);
			return -EINVAL;
		}
	}
	config->partner_count++;
	return read_paths(config, partner, address);
}

static int read_partners(struct ccm_config *config)
{
	char *copy;
	char *rest;
	char *word;
	int ret = 0;

	if (!partners || !*partners)
		return 0;
	copy = kstrdup(partners, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!ret && (word = strsep(&rest, ",")))
		ret = read_partner(config, word);
	kfree(copy);
	return ret;
}

static int read_auth(struct ccm_config *config)
{
	if (!strcmp(auth, "none")) {
		config->auth = CCM_AUTH_NONE;
		return 0;
	}
	if (!strcmp(auth, "psk")) {
		config->auth = CCM_AUTH_PSK;
		return 0;
	}
	pr_err("auth=%s: not psk, nor none\n", auth);
	return -EINVAL;
}

static int read_cluster(struct ccm_config *config)
{
	const char *c;

	if (!*cluster) {
		pr_err("cluster= is missing: give the cluster a name, the same on all nodes\n");
		return -EINVAL;
	}
	if (strlen(cluster) >= sizeof(config->cluster)) {
		pr_err("cluster=%.40s...: longer than %zu characters\n", cluster,
		       sizeof(config->cluster) - 1);
		return -EINVAL;
	}
	for (c = cluster; *c; c++) {
		if (*c <= ' ' || *c > '~') {
			pr_err("cluster=: only printable ASCII without blanks, character %d is not\n",
			       (int)(c - cluster) + 1);
			return -EINVAL;
		}
	}
	strscpy(config->cluster, cluster, sizeof(config->cluster));
	config->cluster_id = ccm_cluster_id(config->cluster);
	return 0;
}

static int read_bytes(const char *name, const char *text, u64 max, const char *max_text,
		      u64 *bytes)
{
	u32 error = ccm_number_read_bytes(text, max, bytes);

	if (error == CCM_NUMBER_MALFORMED)
		pr_err("%s=%.40s: not a number of bytes, as in 4096, 64K, 64M or 1G\n", name,
		       text);
	else if (error == CCM_NUMBER_ZERO_IN_FRONT)
		pr_err("%s=%.40s: %s\n", name, text, ccm_number_rule(error));
	else if (error)
		pr_err("%s=%.40s: more than %s\n", name, text, max_text);
	return error ? -EINVAL : 0;
}

static int read_limits(struct ccm_config *config)
{
	int ret;

	BUILD_BUG_ON(CCM_CLIENT_MEMORY_MAX != 511ULL << 20 || CCM_NODE_MEMORY_MAX != 1ULL << 40);

	ret = read_number("client_ports", client_ports, 1, CCM_CLIENT_PORTS_MAX,
			  &config->client_ports);
	if (!ret)
		ret = read_number("node_ports", node_ports, 1, CCM_NODE_PORTS_MAX,
				  &config->node_ports);
	if (ret)
		return ret;
	ret = read_bytes("client_memory", client_memory, CCM_CLIENT_MEMORY_MAX, "511M",
			 &config->client_memory);
	if (ret)
		return ret;
	return read_bytes("node_memory", node_memory, CCM_NODE_MEMORY_MAX, "1T",
			  &config->node_memory);
}

/**
 * ccm_params_read() - check the module parameters
 * @config: filled
 *
 * Return: 0; -EINVAL: a value is wrong, and the kernel log says which; -ENOMEM
 */
int ccm_params_read(struct ccm_config *config)
{
	u32 port = 0;
	int ret;

	memset(config, 0, sizeof(*config));
	ret = read_number("detect_ms", detect_ms, CCM_DETECT_MS_MIN, CCM_DETECT_MS_MAX,
			  &config->detect_ms);
	if (!ret)
		ret = read_number("rdma_port", rdma_port, 1, 65535, &port);
	if (ret)
		return ret;
	config->rdma_port = (u16)port;
	ret = read_limits(config);
	if (ret)
		return ret;

	if (!*node) {
		if ((partners && *partners) || *cluster) {
			pr_err("node= is missing: give this node an id, 1 to %u\n",
			       CCM_NODE_ID_MAX);
			return -EINVAL;
		}
		pr_info("not configured: give node=, cluster=, partners= and auth=\n");
		return 0;
	}

	ret = read_number("node", node, 1, CCM_NODE_ID_MAX, &config->node);
	if (!ret)
		ret = read_cluster(config);
	if (!ret)
		ret = read_auth(config);
	if (!ret)
		ret = read_partners(config);
	return ret;
}
