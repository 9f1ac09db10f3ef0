/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_FS_STRUCT_H
#define KSTUB_FS_STRUCT_H

#include <kstub/sync.h>

struct path {
	void *mnt;
	void *dentry;
};
struct fs_struct;
extern "C" {
extern struct task_struct init_task;
void get_fs_root(struct fs_struct *fs, struct path *root);
int path_equal(const struct path *path1, const struct path *path2);
void path_put(const struct path *path);
}

#endif
