/* SPDX-License-Identifier: GPL-2.0-only */
/* Files: character devices, poll, seq_file, debugfs, ioctl numbers, capabilities */
#ifndef KSTUB_FS_H
#define KSTUB_FS_H

#include <kstub/base.h>
#include <kstub/sync.h>

struct dentry;
struct kiocb;
struct iov_iter;
struct io_comp_batch;
struct dir_context;
struct vm_area_struct;
struct seq_operations;
struct poll_table_struct;
typedef struct poll_table_struct poll_table;
typedef void *fl_owner_t;

struct inode {
	umode_t i_mode;
	void *i_private;
};
struct file {
	const struct file_operations *f_op;
	unsigned int f_flags;
	fmode_t f_mode;
	loff_t f_pos;
	void *private_data;
};
struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *, loff_t, int);
	ssize_t (*read)(struct file *, char __user *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char __user *, size_t, loff_t *);
	ssize_t (*read_iter)(struct kiocb *, struct iov_iter *);
	ssize_t (*write_iter)(struct kiocb *, struct iov_iter *);
	int (*iopoll)(struct kiocb *kiocb, struct io_comp_batch *, unsigned int flags);
	int (*iterate)(struct file *, struct dir_context *);
	int (*iterate_shared)(struct file *, struct dir_context *);
	__poll_t (*poll)(struct file *, struct poll_table_struct *);
	long (*unlocked_ioctl)(struct file *, unsigned int, unsigned long);
	long (*compat_ioctl)(struct file *, unsigned int, unsigned long);
	int (*mmap)(struct file *, struct vm_area_struct *);
	unsigned long mmap_supported_flags;
	int (*open)(struct inode *, struct file *);
	int (*flush)(struct file *, fl_owner_t id);
	int (*release)(struct inode *, struct file *);
};
#define O_NONBLOCK 00004000

/* seq_file's member is named with a keyword in the kernel: lint.sh renames it */
struct seq_file {
	char *buf;
	size_t size;
	size_t count;
	void *private;
};

struct miscdevice {
	int minor;
	const char *name;
	const struct file_operations *fops;
	struct list_head list;
	struct device *parent;
	struct device *this_device;
	const struct attribute_group **groups;
	const char *nodename;
	umode_t mode;
};
#define MISC_DYNAMIC_MINOR 255

extern "C" {
int stream_open(struct inode *inode, struct file *filp);
int nonseekable_open(struct inode *inode, struct file *filp);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
long compat_ptr_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
void poll_wait(struct file *filp, wait_queue_head_t *wait_address, poll_table *p);
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

void seq_printf(struct seq_file *m, const char *fmt, ...);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
ssize_t seq_read(struct file *, char __user *, size_t, loff_t *);
loff_t seq_lseek(struct file *, loff_t, int);
int single_open(struct file *, int (*)(struct seq_file *, void *), void *);
int single_release(struct inode *, struct file *);

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent);
struct dentry *debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
				   void *data, const struct file_operations *fops);
void debugfs_lookup_and_remove(const char *name, struct dentry *parent);
void debugfs_create_u64(const char *name, umode_t mode, struct dentry *parent, u64 *value);
void debugfs_create_u32(const char *name, umode_t mode, struct dentry *parent, u32 *value);
void debugfs_create_x64(const char *name, umode_t mode, struct dentry *parent, u64 *value);
void debugfs_create_atomic_t(const char *name, umode_t mode, struct dentry *parent,
			     atomic_t *value);
void debugfs_remove(struct dentry *dentry);
void debugfs_remove_recursive(struct dentry *dentry);

bool capable(int cap);
}
#define DEFINE_SHOW_ATTRIBUTE(name)						\
	static int name##_open(struct inode *inode, struct file *file)		\
	{									\
		return single_open(file, name##_show, inode->i_private);	\
	}									\
	static const struct file_operations name##_fops = {			\
		.owner = THIS_MODULE,						\
		.llseek = seq_lseek,						\
		.read = seq_read,						\
		.open = name##_open,						\
		.release = single_release,					\
	}

#define CAP_NET_ADMIN 12
#define CAP_SYS_ADMIN 21
#define EPOLLIN ((__poll_t)0x00000001)
#define EPOLLOUT ((__poll_t)0x00000004)
#define EPOLLERR ((__poll_t)0x00000008)
#define EPOLLHUP ((__poll_t)0x00000010)
#define EPOLLRDNORM ((__poll_t)0x00000040)
#define EPOLLWRNORM ((__poll_t)0x00000100)

#define _IOC(dir, type, nr, size) \
	(((dir) << 30) | ((unsigned int)(size) << 16) | ((type) << 8) | (nr))
#define _IO(type, nr) _IOC(0U, type, nr, 0)
#define _IOW(type, nr, size) _IOC(1U, type, nr, sizeof(size))
#define _IOR(type, nr, size) _IOC(2U, type, nr, sizeof(size))
#define _IOWR(type, nr, size) _IOC(3U, type, nr, sizeof(size))

#endif /* KSTUB_FS_H */
