/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's clients of CCM, and operations on a port of theirs beside the same on a
 * plain queue pair. ccm_bench.ko is on the other side of that one.
 */
#ifndef CCM_TEST_BENCH_CLIENT_H
#define CCM_TEST_BENCH_CLIENT_H

#include <linux/mutex.h>
#include <linux/ccm.h>

#include "../bench/bench.h"

#define BENCH_CLIENTS_MAX	64U
#define BENCH_PATTERN		0x9e3779b9U	/* what a client's region holds: bench_pattern() */

/* Also what a command may name them */
enum bench_what {
	BENCH_READ	= 0,
	BENCH_WRITE	= 1,
};

/* client.c */
extern struct mutex bench_link_lock;	/* the first client's link stays while it is held */
struct ccm_link *bench_link(void);
int bench_clients_register(u32 count, u16 ports, u64 ask, u64 give);
void bench_clients_unregister(void);
u32 bench_clients_ready(u64 *last_ns, u64 *last_down_ns);

/* ops.c */

/* Nanoseconds of the same batch on either path */
struct bench_pair {
	u64 port;
	u64 raw;
};

int bench_raw_open(const char *address, const char *port);
void bench_raw_close(void);
int bench_measure(enum bench_what what, u32 len, u32 depth, u32 count, u32 pairs,
		  struct bench_pair *result);
int bench_posting(enum bench_what what, u32 len, u32 count, u32 pairs,
		  struct bench_pair *result);

#endif /* CCM_TEST_BENCH_CLIENT_H */
