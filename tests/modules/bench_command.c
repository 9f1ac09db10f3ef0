// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the benchmark. A command is written to ccm_bench/run in debugfs; reading the file
 * gives the result, one line:
 *
 *	serve PORT		be the passive side (see bench.h)
 *	stop
 *	connect ADDRESS PORT	microseconds: address= route= qp= connect= keys= read= total=
 *	sizes			bytes of CCM's objects, from its headers
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../../ccm/ccm.h"
#include "../../ccm/rdma/rdma.h"
#include "bench.h"

#define WORDS_MAX	4U

static struct dentry *directory;
static DEFINE_MUTEX(run_lock);	/* one command at a time; protects result */
static char result[256];

static int do_sizes(void)
{
	/* Pages of a session: its own, the mailbox, and those for sending and receiving. */
	snprintf(result, sizeof(result),
		 "node=%zu partner=%zu conn=%zu device=%zu status_page=%lu session_pages=%lu",
		 sizeof(struct ccm_node), sizeof(struct ccm_partner), sizeof(struct ccm_conn),
		 sizeof(struct ccm_device), PAGE_SIZE, 4 * PAGE_SIZE);
	return 0;
}

static int do_connect(const char *address, const char *port)
{
	struct bench_times t;
	int ret = bench_connect(address, port, &t);

	if (ret)
		return ret;
	snprintf(result, sizeof(result),
		 "address=%u route=%u qp=%u connect=%u keys=%u read=%u total=%u", t.address,
		 t.route, t.qp, t.connect, t.keys, t.read, t.total);
	return 0;
}

static int run_line(char *line)
{
	char *words[WORDS_MAX] = {};
	unsigned int count = 0;
	char *word;
	u16 port;
	int ret;

	while ((word = strsep(&line, " \t\n")) != NULL && count < WORDS_MAX)
		if (*word)
			words[count++] = word;
	strscpy(result, "ok", sizeof(result));
	if (count == 2 && !strcmp(words[0], "serve")) {
		ret = kstrtou16(words[1], 0, &port);
		return ret ? ret : bench_serve(port);
	}
	if (count == 1 && !strcmp(words[0], "stop")) {
		bench_serve_stop();
		return 0;
	}
	if (count == 3 && !strcmp(words[0], "connect"))
		return do_connect(words[1], words[2]);
	if (count == 1 && !strcmp(words[0], "sizes"))
		return do_sizes();
	return -EINVAL;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char *line;
	int ret;

	if (size > 200)
		return -E2BIG;
	line = (char *)memdup_user_nul(buf, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&run_lock);
	ret = run_line(line);
	if (ret)
		snprintf(result, sizeof(result), "error %d", ret);
	mutex_unlock(&run_lock);
	kfree(line);
	return ret ? ret : (ssize_t)size;
}

static int run_show(struct seq_file *m, void *unused)
{
	mutex_lock(&run_lock);
	seq_printf(m, "%s\n", result);
	mutex_unlock(&run_lock);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.llseek = seq_lseek,
	.read = seq_read,
	.write = run_write,
	.open = run_open,
	.release = single_release,
};

static int __init bench_init(void)
{
	directory = debugfs_create_dir("ccm_bench", NULL);
	debugfs_create_file("run", 0600, directory, NULL, &run_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove_recursive(directory);
	bench_serve_stop();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark: a plain RDMA CM connection to compare CCM with");
MODULE_LICENSE("GPL");
