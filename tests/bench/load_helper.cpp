// SPDX-License-Identifier: GPL-2.0-only
//
// Runs on a node: loads a module, and says when it began, in nanoseconds of the node's
// CLOCK_MONOTONIC.
//
//     ccm-bench-load MODULE.ko [PARAMETER=VALUE...]
//
// The file is in memory before the clock is looked at: what is timed is the kernel's
// work, not the reading of a file. Then it sleeps: a node has one CPU, and the plain
// connection is not measured beside a program that runs either.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr timespec rest{0, 200'000'000};

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

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: ccm-bench-load MODULE.ko [PARAMETER=VALUE...]\n");
        return 2;
    }
    std::ifstream in(argv[1], std::ios::binary);
    std::string image{std::istreambuf_iterator<char>(in), {}};
    if (image.empty())
        return fail(argv[1]);
    std::string parameters;
    for (int i = 2; i < argc; i++)
        parameters += std::string(i > 2 ? " " : "") + argv[i];

    long long start = now();
    if (syscall(SYS_init_module, image.data(), image.size(), parameters.c_str()) != 0)
        return fail("init_module");
    long long loaded = now();
    nanosleep(&rest, nullptr);
    std::printf("{\"start_ns\":%lld,\"loaded_ns\":%lld}\n", start, loaded);
    return 0;
}
