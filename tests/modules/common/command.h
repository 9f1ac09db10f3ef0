/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test modules are driven by a file NAME/run in debugfs. A command, one line of words,
 * is written to it; the write returns when the command is done, and reading the file
 * gives its result, one line or more. Linked into each module that has such a file.
 *
 * One command runs at a time, under command_lock. What commands say goes into one
 * buffer; "ok" stands there after a command that was silent.
 */
#ifndef CCM_TEST_COMMAND_H
#define CCM_TEST_COMMAND_H

#include <linux/mutex.h>
#include <linux/types.h>

#define COMMAND_LINE_MAX	9000U	/* a page in hex, and the command */
#define COMMAND_WORDS_MAX	8U

struct command {
	char *words[COMMAND_WORDS_MAX];
	unsigned int count;
};

/**
 * struct command_verb - one command
 * @name: its first word
 * @needs: how many words must follow
 * @usage: said when there are fewer
 * @run: does it. Return: 0, or a negative errno, which the write returns
 */
struct command_verb {
	const char *name;
	unsigned int needs;
	const char *usage;
	int (*run)(const struct command *c);
};

/**
 * struct command_file - what a module can be told
 * @name: its directory in debugfs
 * @verbs: its commands
 * @count: how many
 * @prepare: optional: called before each, likewise
 */
struct command_file {
	const char *name;
	const struct command_verb *verbs;
	unsigned int count;
	int (*prepare)(const struct command *c);
};

extern struct mutex command_lock;

void command_file_create(const struct command_file *file);
void command_file_destroy(void);

/* For commands: under command_lock */
__printf(1, 2) int command_say(const char *format, ...);
__printf(1, 2) int command_add(const char *format, ...);
__printf(1, 2) int command_complain(const char *format, ...);
int command_say_data(const char *what, const u8 *data, u32 len);
bool command_number(const struct command *c, unsigned int index, u64 max, u64 *value);
bool command_hex(const struct command *c, unsigned int index, u8 *bytes, u32 max, u32 *len);

#endif /* CCM_TEST_COMMAND_H */
