/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_FS_STRUCT_H
#define KSTUB_FS_STRUCT_H

#include <kstub/sync.h>

struct file_system_type {
	const char *name;
};
struct super_block {
	struct file_system_type *s_type;
};
struct vfsmount {
	struct super_block *mnt_sb;
};
struct path {
	struct vfsmount *mnt;
	void *dentry;
};
struct fs_struct;
extern "C" {
void get_fs_root(struct fs_struct *fs, struct path *root);
void path_put(const struct path *path);
}

#endif
