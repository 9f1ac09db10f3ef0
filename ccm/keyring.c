// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keyring ".ccm", and the type of the keys in it.
 *
 * A key's description is CLUSTER:NUMBER, its payload CCM_PSK_LEN random bytes, which nobody reads
 * back. A key is never changed: another one has another number. What counts is what can be found
 * in the keyring; the list here only says which numbers to look for.
 */
#include "log.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/key-type.h>
#include <linux/jiffies.h>
#include <linux/key.h>
#include <linux/list.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "config.h"
#include "core/number.h"
#include "keyring.h"

/* "CLUSTER:4294967295" */
#define DESCRIPTION_LEN	(CCM_CLUSTER_NAME_LEN + 12)

/**
 * struct psk - payload of a key
 * @entry: in all
 * @cluster: whose key it is
 * @number: of it
 * @bytes: the key
 */
struct psk {
	struct list_head entry;
	char cluster[CCM_CLUSTER_NAME_LEN];
	u32 number;
	u8 bytes[CCM_PSK_LEN];
};

static DEFINE_SPINLOCK(lock);		/* protects all of these */
static LIST_HEAD(all);			/* also those that are in no keyring of ours (any more) */
static struct delayed_work *watcher;	/* whom changes are told; NULL: nobody */
static unsigned long changed_at;	/* the last of them: jiffies */

static struct key *keyring;		/* set before and cleared after anybody can ask */

/*
 * The kernel tells a key's type of it a moment before it can be found in the keyring, and nobody
 * behind that: it is looked for at once, since it is mostly there when the watcher has been woken,
 * and again while that moment may last.
 */
#define CHANGED_MS	10U
#define LOOK_S		10U	/* without a cause: one that has expired is told to nobody */

static void changed(void)
{
	spin_lock(&lock);
	changed_at = jiffies;
	if (watcher)
		mod_delayed_work(system_wq, watcher, 0);
	spin_unlock(&lock);
}

/* CLUSTER:NUMBER */
static int parse(const char *description, char *cluster, u32 *number)
{
	const char *colon = strrchr(description, ':');
	u64 value;

	if (!colon || colon == description || colon - description >= CCM_CLUSTER_NAME_LEN)
		return -EINVAL;
	if (ccm_number_read(colon + 1, U32_MAX, &value) != CCM_NUMBER_OK || !value)
		return -EINVAL;
	memcpy(cluster, description, (size_t)(colon - description));
	cluster[colon - description] = '\0';
	*number = (u32)value;
	return 0;
}

static int vet_description(const char *description)
{
	char cluster[CCM_CLUSTER_NAME_LEN];
	u32 number;

	return parse(description, cluster, &number);
}

/* Whoever may make one could let anybody into the cluster. */
static int preparse(struct key_preparsed_payload *prep)
{
	struct psk *psk;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (prep->datalen != CCM_PSK_LEN)
		return -EINVAL;
	psk = (struct psk *)kzalloc(sizeof(*psk), GFP_KERNEL);
	if (!psk)
		return -ENOMEM;
	INIT_LIST_HEAD(&psk->entry);
	memcpy(psk->bytes, prep->data, CCM_PSK_LEN);
	prep->payload.data[0] = psk;
	prep->quotalen = CCM_PSK_LEN;
	return 0;
}

static void free_psk(struct psk *psk)
{
	if (!psk)
		return;
	spin_lock(&lock);
	list_del(&psk->entry);
	spin_unlock(&lock);
	kfree_sensitive(psk);
}

/* Of a key that did not come to be; else its payload is the key's. */
static void free_preparse(struct key_preparsed_payload *prep)
{
	free_psk((struct psk *)prep->payload.data[0]);
}

static int instantiate(struct key *key, struct key_preparsed_payload *prep)
{
	struct psk *psk = (struct psk *)prep->payload.data[0];
	int ret = parse(key->description, psk->cluster, &psk->number);

	if (!ret)
		ret = generic_key_instantiate(key, prep);
	if (ret)
		return ret;
	spin_lock(&lock);
	list_add_tail(&psk->entry, &all);
	spin_unlock(&lock);
	changed();
	return 0;
}

static void revoke(struct key *key)
{
	changed();
}

/* Nobody has it any more. */
static void destroy(struct key *key)
{
	free_psk((struct psk *)key->payload.data[0]);
	changed();
}

static void describe(const struct key *key, struct seq_file *m)
{
	seq_puts(m, key->description);
}

static struct key_type psk_type = {
	.name = "ccm-psk",
	.vet_description = vet_description,
	.preparse = preparse,
	.free_preparse = free_preparse,
	.instantiate = instantiate,
	.revoke = revoke,
	.destroy = destroy,
	.describe = describe,
};

static int only_psk(struct key *dest, const struct key_type *type,
		    const union key_payload *payload, struct key *restriction)
{
	return type == &psk_type ? 0 : -EOPNOTSUPP;
}

/**
 * ccm_keyring_create() - an empty keyring
 *
 * Once, when the module is loaded.
 *
 * Return: 0 or a negative errno
 */
int ccm_keyring_create(void)
{
	struct key_restriction *restriction;
	struct key *key;
	int ret;

	ret = register_key_type(&psk_type);
	if (ret)
		return ret;
	ret = -ENOMEM;
	restriction = (struct key_restriction *)kzalloc(sizeof(*restriction), GFP_KERNEL);
	if (!restriction)
		goto no_keyring;
	restriction->check = only_psk;
	key = keyring_alloc(".ccm", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
			    (KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ |
			    KEY_USR_WRITE | KEY_USR_SEARCH,
			    KEY_ALLOC_NOT_IN_QUOTA, restriction, NULL);
	if (IS_ERR(key)) {
		ret = (int)PTR_ERR(key);
		kfree(restriction);
		goto no_keyring;
	}
	keyring = key;
	return 0;

no_keyring:
	unregister_key_type(&psk_type);
	return ret;
}

/** ccm_keyring_destroy() - undo ccm_keyring_create(): all keys are forgotten */
void ccm_keyring_destroy(void)
{
	if (!keyring)
		return;
	key_revoke(keyring);
	key_put(keyring);
	keyring = NULL;
	/* waits until the last payload is freed */
	unregister_key_type(&psk_type);
}

/**
 * ccm_keyring_serial() - by what number user space finds the keyring
 *
 * Return: 0: there is none
 */
s32 ccm_keyring_serial(void)
{
	return keyring ? key_serial(keyring) : 0;
}

/**
 * ccm_keyring_watch() - be told of keys that come and go
 * @work: queued at each of them, and queues itself again: see ccm_keyring_next_look(); NULL:
 *	nobody is told any more, and the caller cancels what it gave before
 */
void ccm_keyring_watch(struct delayed_work *work)
{
	spin_lock(&lock);
	watcher = work;
	changed_at = jiffies;
	spin_unlock(&lock);
}

/**
 * ccm_keyring_next_look() - when the watcher has to look again, though nothing is told
 *
 * Any context but interrupts.
 *
 * Return: jiffies from now
 */
unsigned long ccm_keyring_next_look(void)
{
	const unsigned long moment = msecs_to_jiffies(CHANGED_MS);
	bool soon;

	spin_lock(&lock);
	soon = time_before(jiffies, changed_at + moment);
	spin_unlock(&lock);
	return soon ? moment : LOOK_S * HZ;
}

static struct key *find(const char *cluster, u32 number)
{
	char description[DESCRIPTION_LEN];
	key_ref_t ref;

	snprintf(description, sizeof(description), "%s:%u", cluster, number);
	ref = keyring_search(make_key_ref(keyring, true), &psk_type, description, false);
	return IS_ERR(ref) ? NULL : key_ref_to_ptr(ref);
}

/* The highest number of the cluster's below @below; 0: there is none */
static u32 next_number(const char *cluster, u64 below)
{
	struct psk *psk;
	u32 best = 0;

	spin_lock(&lock);
	list_for_each_entry(psk, &all, entry)
		if (psk->number < below && psk->number > best && !strcmp(psk->cluster, cluster))
			best = psk->number;
	spin_unlock(&lock);
	return best;
}

/**
 * ccm_keyring_numbers() - the keys that there are
 * @cluster: whose
 * @numbers: CCM_PSK_NUMBERS, filled: the highest first; 0: no more
 *
 * May sleep.
 */
void ccm_keyring_numbers(const char *cluster, u32 *numbers)
{
	u64 number = (u64)U32_MAX + 1;
	struct key *key;
	u32 i = 0;

	memset(numbers, 0, CCM_PSK_NUMBERS * sizeof(*numbers));
	while (keyring && i < CCM_PSK_NUMBERS) {
		number = next_number(cluster, number);
		if (!number)
			break;
		key = find(cluster, (u32)number);
		if (!key)
			continue;
		if (!key_validate(key))
			numbers[i++] = (u32)number;
		key_put(key);
	}
}

/**
 * ccm_keyring_take() - a key
 * @cluster: whose
 * @number: which
 * @psk: CCM_PSK_LEN bytes, filled; the caller wipes them
 *
 * May sleep.
 *
 * Return: 0; -ENOKEY: there is none (any more), or it was revoked, or has expired
 */
int ccm_keyring_take(const char *cluster, u32 number, u8 *psk)
{
	struct key *key = keyring ? find(cluster, number) : NULL;
	int ret = -ENOKEY;

	if (!key)
		return -ENOKEY;
	down_read(&key->sem);
	if (!key_validate(key)) {
		memcpy(psk, ((const struct psk *)key->payload.data[0])->bytes, CCM_PSK_LEN);
		ret = 0;
	}
	up_read(&key->sem);
	key_put(key);
	return ret;
}
