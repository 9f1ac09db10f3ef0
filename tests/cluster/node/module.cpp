// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <linux/ccm.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "psk.h"

namespace {

long long now_ns(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::string content(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
}

std::string joined(const Words &words, std::size_t from)
{
    std::string all;
    for (std::size_t i = from; i < words.size(); i++)
        all += words[i] + " ";
    return all;
}

int load(const std::string &image, const std::string &arguments)
{
    return syscall(SYS_init_module, image.data(), image.size(), arguments.c_str()) ? errno : 0;
}

// ... and its key
int load_with_key(const std::string &image, const std::string &arguments)
{
    const ccm::lab::Psk key = ccm::lab::psk();
    if (const int error = load(image, arguments))
        return error;
    const int error = ccm::lab::add_psk(key);
    if (error)
        remove_ccm();
    return error;
}

void sleep_until(const std::string &realtime_ns)
{
    const long long at = std::stoll(realtime_ns);
    const timespec when{static_cast<time_t>(at / 1'000'000'000), static_cast<long>(at % 1'000'000'000)};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &when, nullptr) == EINTR)
        ;
}

} // namespace

int load_ccm(const std::string &file, const Words &arguments)
{
    return load_with_key(content(file), joined(arguments, 0));
}

int remove_ccm()
{
    return syscall(SYS_delete_module, "rdma_ccm", O_NONBLOCK) ? errno : 0;
}

int load_at(const Words &words)
{
    if (words.size() < 2)
        return 1;
    const std::string image = content(words[1]), arguments = joined(words, 2);
    sleep_until(words[0]);
    const long long begin = now_ns(CLOCK_REALTIME), begin_monotonic = now_ns(CLOCK_MONOTONIC);
    const int error = load(image, arguments);
    std::printf("%lld %lld %d %lld\n", begin, now_ns(CLOCK_REALTIME), error, begin_monotonic);
    return error ? 1 : 0;
}

int meet(const Words &words)
{
    if (words.size() < 2)
        return 1;
    const std::string image = content(words[1]), arguments = joined(words, 2);
    sleep_until(words[0]);
    const long long begin_real = now_ns(CLOCK_REALTIME), begin = now_ns(CLOCK_MONOTONIC);
    if (const int error = load_with_key(image, arguments)) {
        std::fprintf(stderr, "init_module: %s\n", strerror(error));
        return 1;
    }
    const long long end = now_ns(CLOCK_MONOTONIC);
    const int device = open("/dev/ccm", O_RDONLY);
    std::map<unsigned, bool> ready;
    bool synced = false;
    long long last_ready = 0;
    for (;;) {
        pollfd one{device, POLLIN, 0};
        ccm_record record;
        if (poll(&one, 1, 20000) != 1 || read(device, &record, sizeof(record)) != sizeof(record)) {
            std::fprintf(stderr, "not every partner became READY\n");
            return 1;
        }
        synced |= record.type == CCM_RECORD_SYNC;
        if (record.type == CCM_RECORD_PARTNER)
            ready[record.node] = record.state == CCM_STATE_READY;
        const bool all = std::all_of(ready.begin(), ready.end(), [](const auto &one_of) { return one_of.second; });
        if (record.type == CCM_RECORD_PARTNER && ready[record.node])
            last_ready = static_cast<long long>(record.time_ns);
        if (synced && all && !ready.empty()) {
            std::printf("%lld %lld %lld %lld\n", begin, end, last_ready, begin_real);
            return 0;
        }
    }
}

int unload(const Words &)
{
    const long long begin = now_ns(CLOCK_MONOTONIC);
    const int error = remove_ccm();
    std::printf("%lld %d\n", (now_ns(CLOCK_MONOTONIC) - begin) / 1000, error);
    if (error)
        std::fprintf(stderr, "delete_module: %s\n", strerror(error));
    return error ? 1 : 0;
}

int churn(const Words &words)
{
    if (words.size() < 3)
        return 1;
    const long times = std::stol(words[0]), longest_ms = std::stol(words[1]);
    const std::string image = content(words[2]), arguments = joined(words, 3);
    long long slowest = 0;
    for (long i = 0; i < times; i++) {
        if (const int error = load_with_key(image, arguments)) {
            std::printf("load %ld: %s\n", i, strerror(error));
            return 1;
        }
        // Every moment of the handshake once, in no order.
        usleep(static_cast<useconds_t>(i * 7919 % times * longest_ms * 1000 / times));
        const long long begin = now_ns(CLOCK_MONOTONIC);
        if (const int error = remove_ccm()) {
            std::printf("unload %ld: %s\n", i, strerror(error));
            return 1;
        }
        slowest = std::max(slowest, now_ns(CLOCK_MONOTONIC) - begin);
    }
    std::printf("%lld\n", slowest / 1000);
    return 0;
}

namespace {

struct Attempt {
    int error = -1;
    long unused = 0; // of the allocations that were to succeed before the failure; 0: it failed
};

// Loads with the NTH allocation of this task failing.
Attempt attempt(const std::string &image, const std::string &arguments, long nth)
{
    Attempt result;
    int ends[2];
    if (pipe(ends))
        return result;
    const pid_t child = fork();
    if (child == 0) {
        const int file = open("/proc/thread-self/fail-nth", O_RDWR);
        const std::string text = std::to_string(nth);
        if (file < 0 || write(file, text.data(), text.size()) < 0)
            _exit(1);
        result.error = load(image, arguments);
        char left[24] = "";
        if (pread(file, left, sizeof(left) - 1, 0) <= 0 || pwrite(file, "0", 1, 0) < 0)
            _exit(1);
        result.unused = std::atol(left);
        _exit(write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &result, sizeof(result)) != sizeof(result))
        result.error = -1;
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (result.error == 0)
        if (const int error = remove_ccm())
            result.error = -error;
    return result;
}

} // namespace

int load_failing(const Words &words)
{
    if (words.empty())
        return 1;
    const std::string image = content(words[0]), arguments = joined(words, 1);
    // What the kernel itself allocates before the module's own code runs, which
    // refuses these parameters at once (one allocation, and the debug kernel's share).
    constexpr long many = 1'000'000;
    const Attempt refused = attempt(image, "cluster=t", many);
    if (refused.error != EINVAL || !refused.unused) {
        std::printf("cannot count allocations: error %d\n", refused.error);
        return 1;
    }
    const long first = many - refused.unused - 1;
    std::map<int, int> outcomes;
    for (long nth = first;; nth++) {
        const Attempt result = attempt(image, arguments, nth);
        if (result.error < 0) {
            std::printf("allocation %ld: error %d\n", nth, result.error);
            return 1;
        }
        outcomes[result.error]++;
        if (result.unused) {
            std::printf("%ld allocations, of which each has failed:", nth - first);
            for (const auto &[error, count] : outcomes)
                std::printf(" %s: %d;", error ? strerrorname_np(error) : "loaded", count);
            std::puts("");
            return result.error ? 1 : 0;
        }
    }
}
