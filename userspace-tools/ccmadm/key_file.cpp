// SPDX-License-Identifier: GPL-2.0-only
#include "key_file.h"

#include "record.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ccmadm {

namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    int fd() const { return fd_; }
    // 0 or an errno: what was written may be lost only here.
    int reset()
    {
        const int result = fd_ < 0 ? 0 : close(fd_);
        fd_ = -1;
        return result < 0 ? errno : 0;
    }

private:
    int fd_;
};

// Whoever can read a key may have it, whoever can write the file may have put his own there.
Result<Nothing> check_owner(int fd, const std::string &name, const std::string &to_type)
{
    struct stat status = {};
    if (fstat(fd, &status) < 0)
        return Error{fmt::format("{}: {}", name, strerror(errno))};
    if (!S_ISREG(status.st_mode))
        return Nothing{};
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return Error{fmt::format("{}: not only its owner has access (mode {:04o}): `chmod 600 {}`, and take another "
                                 "key if somebody may have read this one",
                                 name, status.st_mode & 07777, to_type)};
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return Error{fmt::format("{}: it belongs to user {}, neither to root nor to you: `chown root {}`", name,
                                 status.st_uid, to_type)};
    return Nothing{};
}

Result<Key> read_from(int fd, const std::string &name)
{
    KeyText text;
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t got = read(fd, text.data() + length, text.size() - length);
        if (got == 0)
            break;
        if (got > 0)
            length += static_cast<std::size_t>(got);
        else if (errno != EINTR)
            return Error{fmt::format("{}: cannot read: {}", name, strerror(errno))};
    }
    auto key = parse_key({text.data(), length});
    if (!key)
        return Error{fmt::format("{}: {}", name, key.error().text)};
    return key;
}

// 0 or an errno
int write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t put = write(fd, text.data(), text.size());
        if (put >= 0)
            text.remove_prefix(static_cast<std::size_t>(put));
        else if (errno != EINTR)
            return errno;
    }
    return fsync(fd) < 0 ? errno : 0;
}

} // namespace

Result<Key> read_key(const std::string &path, int input)
{
    const bool standard = path == "-";
    const std::string name = standard ? "standard input" : name_text(path);
    const Descriptor file(standard ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!standard && file.fd() < 0)
        return Error{fmt::format("{}: cannot open: {}", name, strerror(errno))};
    const int fd = standard ? input : file.fd();
    if (const auto checked = check_owner(fd, name, standard ? "FILE" : name); !checked)
        return checked.error();
    return read_from(fd, name);
}

Result<Nothing> create_key(const std::string &path, const Key &key)
{
    const std::string name = name_text(path);
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.fd() < 0 && errno == EEXIST)
        return Error{fmt::format("{} exists: nothing is ever written over it; give another name", name)};
    if (file.fd() < 0)
        return Error{fmt::format("{}: cannot create: {}", name, strerror(errno))};
    KeyText text;
    int number = write_all(file.fd(), format_key(key, text));
    if (const int closed = file.reset(); number == 0)
        number = closed;
    if (number == 0)
        return Nothing{};
    unlink(path.c_str()); // part of a key is none, and would be in the way
    return Error{fmt::format("{}: cannot write: {}", name, strerror(number))};
}

Result<Nothing> draw_key(Key &key)
{
    // So few bytes come at once, or not at all: getrandom(2).
    ssize_t got;
    do
        got = getrandom(key.bytes.data(), key.bytes.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return Error{fmt::format("cannot draw a key: getrandom: {}", strerror(errno))};
    if (static_cast<std::size_t>(got) != key.bytes.size())
        return Error{fmt::format("cannot draw a key: getrandom gave {} bytes", got)};
    return Nothing{};
}

} // namespace ccmadm
