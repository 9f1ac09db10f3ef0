// SPDX-License-Identifier: GPL-2.0-only
//
// Runs on a node: loads modules, gives rdma_ccm its key if it wants one, and says when it
// began, in nanoseconds of the node's CLOCK_MONOTONIC.
//
//     ccm-bench-load MODULE.ko [PARAMETER=VALUE...] [-- MODULE.ko [PARAMETER=VALUE...]]...
//
//     ccm-bench-load --kill PID
//     ccm-bench-load --panic         says when, and then the kernel panics at that moment
//
// The files are in memory before the clock is looked at, the key, too: what is timed is the
// kernel's work, not the reading of a file. Then it sleeps: a node has one CPU, and the plain
// connection is not measured beside a program that runs either.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

#include "psk.h"

namespace {

constexpr timespec rest{0, 200'000'000};
constexpr timespec moment{0, 200'000};

long long now()
{
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

int fail(const char *what)
{
    std::fprintf(stderr, "ccm-bench-load: %s: %s\n", what, std::strerror(errno));
    return 1;
}

struct Module {
    std::string image, parameters;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && std::string(argv[1]) == "--kill") {
        const long long start = now();
        if (kill(std::atoi(argv[2]), SIGKILL))
            return fail("kill");
        std::printf("{\"start_ns\":%lld}\n", start);
        return 0;
    }
    if (argc == 2 && std::string(argv[1]) == "--panic") {
        std::ofstream trigger("/proc/sysrq-trigger");
        // The line must be out of the machine before.
        const long long start = now() + 100'000'000;
        std::printf("{\"start_ns\":%lld}\n", start);
        std::fflush(stdout);
        while (now() < start - 1'000'000)
            nanosleep(&moment, nullptr);
        while (now() < start)
            continue;
        trigger << 'c' << std::flush;
        return fail("/proc/sysrq-trigger");
    }
    std::vector<Module> modules;
    bool first_word = true;
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        if (word == "--") {
            first_word = true;
        } else if (first_word) {
            first_word = false;
            std::ifstream in(argv[i], std::ios::binary);
            modules.emplace_back().image.assign(std::istreambuf_iterator<char>(in), {});
            if (modules.back().image.empty())
                return fail(argv[i]);
        } else {
            modules.back().parameters += word + " ";
        }
    }
    if (modules.empty()) {
        std::fprintf(stderr, "usage: ccm-bench-load MODULE.ko [PARAMETER=VALUE...] [-- MODULE.ko ...]...\n");
        return 2;
    }

    const ccm::lab::Psk key = ccm::lab::psk();
    bool keyed = false;
    long long start = now(), loaded = 0;
    for (const Module &m : modules) {
        if (syscall(SYS_init_module, m.image.data(), m.image.size(), m.parameters.c_str()) != 0)
            return fail("init_module");
        loaded = now();
        if (keyed)
            continue;
        keyed = true; // the first is rdma_ccm
        errno = ccm::lab::add_psk(key);
        if (errno)
            return fail("add_key");
    }
    nanosleep(&rest, nullptr);
    std::printf("{\"start_ns\":%lld,\"loaded_ns\":%lld}\n", start, loaded);
    return 0;
}
