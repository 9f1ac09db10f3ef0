// SPDX-License-Identifier: GPL-2.0-only
//
// Runs on a node: loads a module and waits until /dev/ccm says that the partner is
// READY. All times are of the node's CLOCK_MONOTONIC, which event records carry too.
//
//     ccm-bench-load MODULE.ko [PARAMETER=VALUE...]
//
// The file is in memory before the clock is looked at: what is timed is the kernel's
// work, not the reading of a file.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <uapi/linux/ccm.h>

namespace {

constexpr long long deadline_ns = 20'000'000'000;

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

    int fd = open("/dev/ccm", O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return fail("/dev/ccm");
    for (;;) {
        ccm_record record{};
        ssize_t got = read(fd, &record, sizeof(record));
        if (got < 0 && errno == EAGAIN) {
            if (now() - start > deadline_ns) {
                errno = ETIMEDOUT;
                return fail("the partner is not READY");
            }
            pollfd p{fd, POLLIN, 0};
            poll(&p, 1, 1000);
            continue;
        }
        if (got != static_cast<ssize_t>(sizeof(record)))
            return fail("reading /dev/ccm");
        if (record.type == CCM_RECORD_PARTNER && record.state == CCM_STATE_READY) {
            std::printf("{\"start_ns\":%lld,\"loaded_ns\":%lld,\"ready_ns\":%llu,\"present\":%s}\n", start, loaded,
                        static_cast<unsigned long long>(record.time_ns),
                        record.flags & CCM_RECORD_F_PRESENT ? "true" : "false");
            return 0;
        }
    }
}
