/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and credentials */
#ifndef KSTUB_KEY_H
#define KSTUB_KEY_H

#include <kstub/base.h>
#include <kstub/uid.h>

struct cred;
struct seq_file;
struct rw_semaphore {
	long count;
};
struct kstub_root_id {
	int value;
};
typedef s32 key_serial_t;
typedef struct kstub_key_ref *key_ref_t;
union key_payload {
	void *data[4];
};
struct key {
	struct rw_semaphore sem;
	char *description;
	union key_payload payload;
};
struct key_preparsed_payload {
	const void *data;
	size_t datalen;
	size_t quotalen;
	union key_payload payload;
};
struct key_type {
	const char *name;
	int (*vet_description)(const char *description);
	int (*preparse)(struct key_preparsed_payload *prep);
	void (*free_preparse)(struct key_preparsed_payload *prep);
	int (*instantiate)(struct key *key, struct key_preparsed_payload *prep);
	void (*revoke)(struct key *key);
	void (*destroy)(struct key *key);
	void (*describe)(const struct key *key, struct seq_file *m);
};
struct key_restriction {
	int (*check)(struct key *dest, const struct key_type *type,
		     const union key_payload *payload, struct key *restriction);
};

#define GLOBAL_ROOT_UID (kstub_root_id{0})
#define GLOBAL_ROOT_GID (kstub_root_id{0})
#define KEY_POS_ALL 0x3f000000
#define KEY_POS_SETATTR 0x20000000
#define KEY_USR_VIEW 0x00010000
#define KEY_USR_READ 0x00020000
#define KEY_USR_WRITE 0x00040000
#define KEY_USR_SEARCH 0x00080000
#define KEY_ALLOC_NOT_IN_QUOTA 2

extern "C" {
const struct cred *current_cred(void);
char *strrchr(const char *s, int c);
void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
int register_key_type(struct key_type *type);
void unregister_key_type(struct key_type *type);
int generic_key_instantiate(struct key *key, struct key_preparsed_payload *prep);
struct key *keyring_alloc(const char *description, kstub_root_id uid, kstub_root_id gid,
			  const struct cred *cred, u32 perm, unsigned long flags,
			  struct key_restriction *restriction, struct key *dest);
key_ref_t keyring_search(key_ref_t keyring, struct key_type *type, const char *description,
			 bool recurse);
key_ref_t make_key_ref(const struct key *key, bool possession);
struct key *key_ref_to_ptr(key_ref_t ref);
key_serial_t key_serial(const struct key *key);
int key_validate(const struct key *key);
void key_revoke(struct key *key);
void key_put(struct key *key);
}

#endif
