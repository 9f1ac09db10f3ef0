// SPDX-License-Identifier: GPL-2.0-only
//
// /dev/ccm as <linux/ccm.h> promises it. The node has one partner, 2, which is READY
// and whose state does not change meanwhile.
#include "node.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>

#include <fcntl.h>
#include <linux/ccm.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Records = std::vector<ccm_record>;

void require(bool condition, const std::string &what)
{
    if (!condition)
        throw std::runtime_error(what);
}

class Reader {
public:
    explicit Reader(int flags = O_NONBLOCK) : fd_(open("/dev/ccm", O_RDWR | O_CLOEXEC | flags))
    {
        require(fd_ >= 0, std::string("open: ") + strerror(errno));
    }
    ~Reader() { close(fd_); }
    Reader(const Reader &) = delete;
    int fd() const { return fd_; }

    ssize_t read(void *buffer, std::size_t size) { return syscall(SYS_read, fd_, buffer, size); }

    // All that is queued now.
    Records all()
    {
        Records records;
        for (;;) {
            ccm_record some[16];
            const ssize_t got = read(some, sizeof(some));
            if (got < 0 && errno == EAGAIN)
                return records;
            require(got > 0 && got % static_cast<ssize_t>(sizeof(some[0])) == 0,
                    "a read of whole records gave " + std::to_string(got));
            records.insert(records.end(), some, some + got / static_cast<ssize_t>(sizeof(some[0])));
        }
    }

    int set_stage(__u32 stage) const { return ioctl(fd_, CCM_IOC_SET_STAGE, &stage) ? errno : 0; }

    bool readable() const
    {
        pollfd one{fd_, POLLIN, 0};
        return poll(&one, 1, 0) == 1 && (one.revents & POLLIN);
    }

private:
    int fd_;
};

// The present state begins at AT: node, partner 2, SYNC.
void require_present_state(const Records &records, std::size_t at)
{
    require(records.size() >= at + 3, "the present state has " + std::to_string(records.size() - at) + " records");
    const ccm_record &node = records[at], &partner = records[at + 1], &sync = records[at + 2];
    require(node.type == CCM_RECORD_NODE && node.node == 1, "the first record is not the node's");
    require(partner.type == CCM_RECORD_PARTNER && partner.node == 2, "the second record is not the partner's");
    require(sync.type == CCM_RECORD_SYNC, "the third record is not SYNC");
    for (std::size_t i = at; i < at + 3; i++) {
        require(records[i].size == sizeof(ccm_record), "a record's size is wrong");
        require(records[i].flags & CCM_RECORD_F_PRESENT, "a record of the present state does not say so");
    }
    require(partner.state == CCM_STATE_READY && partner.reason == CCM_REASON_NONE, "the partner is not READY");
    require(partner.incarnation && node.incarnation, "an incarnation is missing");
    require(!strcmp(node.cluster, "t"), "the cluster's name is wrong");
}

void present()
{
    Reader reader;
    const Records records = reader.all();
    require_present_state(records, 0);
    require(records.size() == 3, "something follows the present state");

    ccm_info info{};
    require(ioctl(reader.fd(), CCM_IOC_INFO, &info) == 0, "CCM_IOC_INFO fails");
    require(info.uapi_version == CCM_UAPI_VERSION && info.record_size == sizeof(ccm_record) && info.node == 1 &&
                info.partners == 1 && info.incarnation == records[0].incarnation,
            "CCM_IOC_INFO says something else than the records");
    require(ioctl(reader.fd(), _IO(CCM_IOC_MAGIC, 0x7f), nullptr) == -1 && errno == ENOTTY,
            "an unknown ioctl is not ENOTTY");
}

void changes()
{
    Reader first, second;
    first.all();
    require(first.set_stage(CCM_STAGE_ROOT) == 0, "the stage cannot be set");
    // One that opens later has it in its present state, and not as a change.
    Reader third;
    const Records a = first.all(), b = second.all(), c = third.all();
    require(a.size() == 1 && a[0].type == CCM_RECORD_NODE && a[0].stage == CCM_STAGE_ROOT &&
                !(a[0].flags & CCM_RECORD_F_PRESENT),
            "the first reader does not see the change, once");
    // The second had not read yet: the change is part of its present state.
    require_present_state(b, 0);
    require_present_state(c, 0);
    require(b.size() == 3 && c.size() == 3, "a change is both in the present state and behind it");
    require(b[0].stage == CCM_STAGE_ROOT && c[0].stage == CCM_STAGE_ROOT, "the present state is an old one");

    require(second.set_stage(CCM_STAGE_KERNEL) == 0, "the stage cannot be set back");
    Reader *const readers[] = {&first, &second, &third};
    __u64 seq = 0;
    for (Reader *reader : readers) {
        const Records records = reader->all();
        require(records.size() == 1 && records[0].stage == CCM_STAGE_KERNEL, "not every reader sees every change");
        require(seq == 0 || records[0].seq == seq, "readers see different numbers for one change");
        seq = records[0].seq;
        require(seq > a[0].seq, "the number of a later change is not higher");
    }
}

void buffers()
{
    Reader reader;
    char bytes[3 * sizeof(ccm_record)];
    require(reader.read(bytes, sizeof(ccm_record) - 1) == -1 && errno == EINVAL, "a short buffer is not EINVAL");
    require(reader.read(bytes, 0) == -1 && errno == EINVAL, "an empty buffer is not EINVAL");
    // Nothing was lost by that; and only whole records are given.
    const ssize_t whole = static_cast<ssize_t>(sizeof(ccm_record));
    require(reader.read(bytes, sizeof(ccm_record) * 2 + 5) == 2 * whole, "two and a bit is not two records");
    ccm_record sync{};
    require(reader.read(&sync, sizeof(sync)) == whole && sync.type == CCM_RECORD_SYNC, "the rest is lost");
    require(reader.read(bytes, sizeof(bytes)) == -1 && errno == EAGAIN, "an empty queue is not EAGAIN");
    require(reader.read(nullptr, sizeof(bytes)) == -1 && errno == EAGAIN, "an empty queue is not looked at first");
    require(reader.set_stage(CCM_STAGE_INITRAMFS) == 0, "the stage cannot be set");
    require(reader.read(reinterpret_cast<void *>(16), sizeof(bytes)) == -1 && errno == EFAULT,
            "a bad address is not EFAULT");
    require(write(reader.fd(), bytes, sizeof(bytes)) == -1, "the device can be written to");
}

void polling()
{
    Reader reader;
    require(reader.readable(), "the present state does not make it readable");
    reader.all();
    require(!reader.readable(), "it is readable with nothing queued");

    // A poll that waits is woken by the change.
    int ready[2];
    require(pipe(ready) == 0, "pipe");
    const pid_t child = fork();
    if (child == 0) {
        pollfd one{reader.fd(), POLLIN, 0};
        (void)!write(ready[1], "x", 1);
        _exit(poll(&one, 1, 20000) == 1 && one.revents == POLLIN ? 0 : 1);
    }
    char x;
    require(::read(ready[0], &x, 1) == 1, "pipe");
    require(reader.set_stage(CCM_STAGE_ROOT) == 0, "the stage cannot be set");
    int status = 0;
    waitpid(child, &status, 0);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "poll is not woken by a change");

    // And so is a read.
    Reader blocking(0);
    ccm_record three[3];
    require(blocking.read(three, sizeof(three)) == sizeof(three), "the present state does not come at once");
    const pid_t second = fork();
    if (second == 0) {
        ccm_record record;
        (void)!write(ready[1], "x", 1);
        _exit(blocking.read(&record, sizeof(record)) == sizeof(record) ? 0 : 1);
    }
    require(::read(ready[0], &x, 1) == 1, "pipe");
    require(reader.set_stage(CCM_STAGE_INITRAMFS) == 0, "the stage cannot be set");
    waitpid(second, &status, 0);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "read is not woken by a change");
}

void overflow()
{
    Reader slow, quick;
    slow.all();
    Records seen;
    constexpr int many = 200;
    for (int i = 0; i < many; i++) {
        require(quick.set_stage(i % 2 ? CCM_STAGE_ROOT : CCM_STAGE_USERSPACE) == 0, "the stage cannot be set");
        const Records now = quick.all();
        seen.insert(seen.end(), now.begin(), now.end());
    }
    int overflows = 0, changes_seen = 0;
    for (const ccm_record &record : seen) {
        overflows += record.type == CCM_RECORD_OVERFLOW;
        changes_seen += record.type == CCM_RECORD_NODE && !(record.flags & CCM_RECORD_F_PRESENT);
    }
    // The first change is part of the present state that the quick one reads first.
    require(overflows == 0 && changes_seen == many - 1, "a reader that keeps up loses changes");

    require(slow.readable(), "a reader with an overflow is not readable");
    Records late = slow.all();
    require(!late.empty() && late[0].type == CCM_RECORD_OVERFLOW, "the overflow is not announced first");
    require_present_state(late, 1);
    require(late.size() == 4, "changes from before the present state follow it");
    require(late[1].stage == CCM_STAGE_ROOT && late[1].seq == seen.back().seq, "the present state is an old one");
    // Life goes on.
    require(quick.set_stage(CCM_STAGE_KERNEL) == 0, "the stage cannot be set");
    late = slow.all();
    require(late.size() == 1 && late[0].type == CCM_RECORD_NODE && late[0].stage == CCM_STAGE_KERNEL,
            "no change comes behind an overflow");

    // A queue that is just full has lost nothing.
    slow.all();
    for (int i = 0; i < 64; i++)
        require(quick.set_stage(i % 2 ? CCM_STAGE_KERNEL : CCM_STAGE_ROOT) == 0, "the stage cannot be set");
    late = slow.all();
    require(late.size() == 64, "64 changes do not fit: " + std::to_string(late.size()));
    for (const ccm_record &record : late)
        require(record.type == CCM_RECORD_NODE, "64 changes overflow the queue");
}

void stages()
{
    Reader reader;
    require(reader.set_stage(CCM_STAGE_UNKNOWN) == EINVAL, "stage 0 is not EINVAL");
    require(reader.set_stage(CCM_STAGE_STOPPING) == 0, "it cannot be said that the node is going to stop");
    require(reader.set_stage(CCM_STAGE_COUNT) == EINVAL, "a stage behind the last is not EINVAL");
    require(reader.set_stage(~0U) == EINVAL, "stage 2^32-1 is not EINVAL");
    require(ioctl(reader.fd(), CCM_IOC_SET_STAGE, nullptr) == -1 && errno == EFAULT, "no address is not EFAULT");
    for (__u32 stage = CCM_STAGE_KERNEL; stage <= CCM_STAGE_RUNNING; stage++)
        require(reader.set_stage(stage) == 0, "a stage cannot be set");
    require(reader.set_stage(CCM_STAGE_KERNEL) == 0, "the stage cannot be set back");

    ccm_peek peek{};
    peek.node = 2;
    peek.timeout_ms = 1000;
    require(ioctl(reader.fd(), CCM_IOC_PEEK, &peek) == 0, "the partner cannot be peeked at");
    require(peek.incarnation && peek.counter && peek.stage == CCM_STAGE_KERNEL && peek.tick_ms, "peek shows nothing");
    for (const __u32 timeout : {0U, 10001U}) {
        peek.timeout_ms = timeout;
        require(ioctl(reader.fd(), CCM_IOC_PEEK, &peek) == -1 && errno == EINVAL, "a timeout out of range is taken");
    }
    peek.timeout_ms = 1000;
    peek.node = 99;
    require(ioctl(reader.fd(), CCM_IOC_PEEK, &peek) == -1 && errno == ENOENT, "an unknown partner is not ENOENT");

    // Whoever has the file, but not the right.
    const pid_t child = fork();
    if (child == 0) {
        if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
            _exit(2);
        peek.node = 2;
        const bool refused = reader.set_stage(CCM_STAGE_ROOT) == EPERM &&
                             ioctl(reader.fd(), CCM_IOC_PEEK, &peek) == -1 && errno == EPERM;
        ccm_info info{};
        const bool told = ioctl(reader.fd(), CCM_IOC_INFO, &info) == 0;
        const bool closed = open("/dev/ccm", O_RDONLY) == -1 && errno == EACCES;
        _exit(refused && told && closed ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "rights are not asked for as documented");
}

} // namespace

int first_look(const Words &words)
{
    if (words.size() < 3)
        return 2;
    for (int i = std::stoi(words[0]); i > 0; i--) {
        if (load_ccm(words[1], Words(words.begin() + 2, words.end())))
            return 1;
        Records records;
        {
            Reader reader;
            records = reader.all();
        }
        if (remove_ccm())
            return 1;
        if (records.size() < 3 || records[0].type != CCM_RECORD_NODE || records[1].type != CCM_RECORD_PARTNER ||
            records[1].node != 2 || records[1].size != sizeof(ccm_record) || !records[1].time_ns ||
            records[2].type != CCM_RECORD_SYNC) {
            std::printf("the present state, %d to go, has %zu records, the second of type %u\n", i, records.size(),
                        records.size() > 1 ? records[1].type : 0);
            return 1;
        }
    }
    return 0;
}

int chardev(const Words &words)
{
    const std::map<std::string, void (*)()> checks = {
        {"present", present}, {"changes", changes},   {"buffers", buffers},
        {"polling", polling}, {"overflow", overflow}, {"stages", stages},
    };
    if (words.size() != 1 || !checks.contains(words[0]))
        return 2;
    try {
        checks.at(words[0])();
    } catch (const std::exception &e) {
        std::printf("%s\n", e.what());
        return 1;
    }
    return 0;
}
