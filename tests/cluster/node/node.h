// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

using Words = std::vector<std::string>;

// For the commands: 0, or what init_module(), add_key() for the lab's key, and delete_module() say
int load_ccm(const std::string &file, const Words &arguments);
int remove_ccm();

// load-at REALTIME_NS FILE [NAME=VALUE...]: loads a module at that moment and prints
// the moments (ns, CLOCK_REALTIME) before and after, the errno, and the first moment again
// by CLOCK_MONOTONIC.
int load_at(const Words &words);
// meet REALTIME_NS FILE [NAME=VALUE...]: the same with rdma_ccm and its key, and then waits, without using
// the processor, until every partner is READY. Prints the moments before the load, after
// it and of the last READY, all by CLOCK_MONOTONIC, and the first by CLOCK_REALTIME.
int meet(const Words &words);
// churn TIMES MS FILE [NAME=VALUE...]: loads rdma_ccm and removes it again, that often, after 0
// to MS milliseconds each; prints the longest time that the kernel took to remove it (us).
int churn(const Words &words);
// unload: removes rdma_ccm as rmmod does, and prints how long the kernel took (us) and the errno.
int unload(const Words &words);
// load-failing FILE [NAME=VALUE...]: loads rdma_ccm again and again, each time with another
// allocation of its own initialisation failing, until none is left to fail; unloads it
// whenever it was loaded. Prints what became of it.
int load_failing(const Words &words);
// nobody COMMAND...: runs a command as a user without rights.
int as_nobody(const Words &words);
// chardev CHECK: one check of /dev/ccm; says what is wrong.
int chardev(const Words &words);
// first-look TIMES FILE [NAME=VALUE...]: loads rdma_ccm with partner 2, reads the present state
// at once, and removes it again.
int first_look(const Words &words);
// hold: keeps /dev/ccm open until it is killed.
int hold(const Words &words);
// port NUMBER: has that UDP port, of IPv4 and of IPv6, until it is killed.
int port(const Words &words);
// crash-kernel KERNEL INITRD WORDS: loads what runs when this kernel panics; WORDS is its
// command line.
int crash_kernel(const Words &words);
// hog CPU MS: a real-time task of the highest priority that keeps CPU for MS milliseconds.
int hog(const Words &words);
// uevents: prints "listening", and then each uevent of the kernel that is about a partner of
// CCM, with all of its variables, in one line, until it is killed.
int uevents(const Words &words);
// monitor [BYTES]: says {"message":"listening"}, and then each message of the netlink family's group in a line
// of JSON, or "lost" when there were more than BYTES could hold, until it is killed.
int monitor(const Words &words);
// storm COUNT SEED: that many random and mutated messages to the netlink family; says what became of them, in a line
// of JSON. What the kernel says of its partners must change only when it tells that it has.
int storm(const Words &words);
// come-and-go TIMES ID ADDRESS CLIENT: that partner is deleted and added, that often, most times when the kernel
// client is ready; says how long the slowest deletion took (us).
int come_and_go(const Words &words);
// steps STEP... or steps /FILE with a STEP in each line: one after the other, until one goes
// wrong; a line of each says what it has come to. A STEP is one of
//   remove                    rdma_ccm: milliseconds, or the errno
//   load=FILE [NAME=VALUE...] rdma_ccm, again as long as it is ENOMEM: each errno, then "ok"
//   ready=MS                  waits for every partner and client: what became of each
//   show=FILE                 its lines
//   listen=OWN-IP, connect=IP meets the same program on another node
//   barrier                   waits until that has come to its next barrier, too
//   pause=MICROSECONDS
//   trial=NAME                says it, and the time in milliseconds
//   MODULE=COMMAND            a command of a test module: its result
int steps(const Words &words);
