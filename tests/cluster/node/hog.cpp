// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <chrono>
#include <cstdio>

#include <sched.h>

int hog(const Words &words)
{
    if (words.size() != 2) {
        std::fputs("usage: hog CPU MS\n", stderr);
        return 1;
    }
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(std::stoul(words[0]), &cpus);
    const sched_param param{.sched_priority = 99};
    if (sched_setaffinity(0, sizeof(cpus), &cpus) || sched_setscheduler(0, SCHED_FIFO, &param)) {
        std::perror("hog");
        return 1;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::stoul(words[1]));
    while (std::chrono::steady_clock::now() < end) {
    }
    return 0;
}
