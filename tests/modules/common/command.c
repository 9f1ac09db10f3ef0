// SPDX-License-Identifier: GPL-2.0-only
/* The file in debugfs by which test modules are driven; see command.h. */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../../../ccm/compat.h"
#include "command.h"

DEFINE_MUTEX(command_lock);

static const struct command_file *the_file;
static struct dentry *directory;

/* Under command_lock. */
static char result[COMMAND_LINE_MAX];

static void put(const char *format, va_list args)
{
	size_t at = strlen(result);

	vscnprintf(result + at, sizeof(result) - at, format, args);
}

/**
 * command_say() - this is the result
 * @format: as printf()
 *
 * Return: 0
 */
int command_say(const char *format, ...)
{
	va_list args;

	result[0] = '\0';
	va_start(args, format);
	put(format, args);
	va_end(args);
	return 0;
}

/**
 * command_add() - this belongs to the result, too
 * @format: as printf()
 *
 * Return: 0
 */
int command_add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
	return 0;
}

/**
 * command_complain() - the command makes no sense, and this is why
 * @format: as printf()
 *
 * Return: -EINVAL
 */
int command_complain(const char *format, ...)
{
	va_list args;

	result[0] = '\0';
	va_start(args, format);
	put(format, args);
	va_end(args);
	return -EINVAL;
}

/**
 * command_say_data() - these bytes are the result, in hex
 * @what: stands before them
 * @data: bytes
 * @len: of @data
 *
 * Return: 0
 */
int command_say_data(const char *what, const u8 *data, u32 len)
{
	size_t at;

	command_say("%s", what);
	at = strlen(result);
	len = min(len, (u32)(sizeof(result) - at - 1) / 2);
	*bin2hex(result + at, data, len) = '\0';
	return 0;
}

/**
 * command_number() - a word that is a number
 * @c: command
 * @index: which word
 * @max: largest
 * @value: filled
 *
 * Return: whether it is one; else it has been complained of
 */
bool command_number(const struct command *c, unsigned int index, u64 max, u64 *value)
{
	if (index < c->count && !kstrtou64(c->words[index], 0, value) && *value <= max)
		return true;
	command_complain("%s: word %u: a number from 0 to %llu is wanted", c->words[0], index,
			 max);
	return false;
}

/**
 * command_hex() - a word that is bytes in hex, or "-" for none
 * @c: command
 * @index: which word
 * @bytes: filled
 * @max: room in @bytes
 * @len: filled: how many
 *
 * Return: whether it is one; else it has been complained of
 */
bool command_hex(const struct command *c, unsigned int index, u8 *bytes, u32 max, u32 *len)
{
	const char *text = index < c->count ? c->words[index] : "";

	*len = 0;
	if (!strcmp(text, "-"))
		return true;
	*len = (u32)strlen(text) / 2;
	if (*text && strlen(text) % 2 == 0 && *len <= max && !hex2bin(bytes, text, *len))
		return true;
	command_complain("%s: word %u: up to %u bytes in hex are wanted, or -", c->words[0],
			 index, max);
	return false;
}

static int run_command(const struct command *c)
{
	const struct command_verb *verb = NULL;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < the_file->count && !verb; i++)
		if (!strcmp(c->words[0], the_file->verbs[i].name))
			verb = &the_file->verbs[i];
	if (!verb)
		return command_complain("%s: no such command", c->words[0]);
	if (c->count <= verb->needs)
		return command_complain("%s %s", verb->name, verb->usage);
	if (the_file->prepare)
		ret = the_file->prepare(c);
	if (!ret)
		ret = verb->run(c);
	if (!result[0] && ret)
		command_say("error %d", ret);
	else if (!result[0])
		command_say("ok");
	return ret;
}

static int run_line(char *line)
{
	struct command c = {};
	char *word;

	result[0] = '\0';
	while ((word = strsep(&line, " \t\n")) != NULL) {
		if (!*word)
			continue;
		if (c.count == COMMAND_WORDS_MAX)
			return command_complain("too many words");
		c.words[c.count++] = word;
	}
	return c.count ? run_command(&c) : command_complain("no command");
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char *line;
	int ret;

	if (size >= COMMAND_LINE_MAX)
		return -E2BIG;
	line = (char *)memdup_user_nul(buf, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&command_lock);
	ret = run_line(line);
	mutex_unlock(&command_lock);
	kfree(line);
	return ret ? ret : (ssize_t)size;
}

static int run_show(struct seq_file *m, void *unused)
{
	mutex_lock(&command_lock);
	seq_printf(m, "%s\n", result);
	mutex_unlock(&command_lock);
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

/**
 * command_file_create() - commands can be given from now on
 * @file: constant
 */
void command_file_create(const struct command_file *file)
{
	the_file = file;
	directory = debugfs_create_dir(file->name, NULL);
	debugfs_create_file("run", 0600, directory, NULL, &run_fops);
}

/** command_file_destroy() - none runs any more when this returns */
void command_file_destroy(void)
{
	debugfs_remove_recursive(directory);
}
