// SPDX-License-Identifier: GPL-2.0-only
#include "keyring.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <tuple>

namespace ccmadm {

namespace {

// Of "type;uid;gid;permissions;description", where the description is CLUSTER:NUMBER and
// the name of the cluster may have colons and semicolons in it.
std::optional<KeyEntry> entry_of(std::string_view text, std::string_view type, KeySerial serial)
{
    if (!text.starts_with(type) || text.substr(type.size(), 1) != ";")
        return std::nullopt;
    for (int field = 0; field < 4; ++field) {
        const std::size_t end = text.find(';');
        if (end == text.npos)
            return std::nullopt;
        text.remove_prefix(end + 1);
    }
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos)
        return std::nullopt;
    const auto number = key_number(text.substr(colon + 1));
    if (!number || !is_cluster_name(text.substr(0, colon)))
        return std::nullopt;
    return KeyEntry{std::string(text.substr(0, colon)), *number, serial};
}

std::string name_of(std::string_view cluster, std::uint32_t number)
{
    return fmt::format("key {} of the cluster {}", number, cluster);
}

} // namespace

Error Keyring::error(std::string_view what, long result) const
{
    switch (result) {
    case -EACCES:
    case -EPERM:
        return {fmt::format("{}: permission denied: run ccmadm as root (`sudo ccmadm ...`)", what)};
    case -ENOKEY:
        return {fmt::format("{}: the module's keyring is gone: was rdma_ccm unloaded meanwhile? try again", what)};
    case -EKEYEXPIRED:
        return {fmt::format("{}: somebody has let the module's keyring expire: load rdma_ccm anew", what)};
    case -EKEYREVOKED:
        return {fmt::format("{}: somebody has revoked the module's keyring: load rdma_ccm anew", what)};
    case -EDQUOT:
        return {fmt::format("{}: too many keys for one user: see /proc/key-users, and raise root_maxkeys or "
                            "root_maxbytes in /proc/sys/kernel/keys",
                            what)};
    case -ENOSYS:
        return {fmt::format("{}: this kernel has no keys: it needs CONFIG_KEYS, or auth=none for rdma_ccm", what)};
    case -EINVAL:
        return {
            fmt::format("{}: the module does not accept it: use the ccmadm that belongs to the loaded module", what)};
    case -ENODEV:
        return {fmt::format("{}: the kernel has no keys of the type {}: the loaded rdma_ccm is older than this "
                            "ccmadm; use the ccmadm that belongs to it",
                            what, type_)};
    case -EEXIST:
        return {fmt::format("{}: it is there by now; a key is never changed: give the new one another number", what)};
    default:
        return {fmt::format("{}: {}", what, strerror(static_cast<int>(-result)))};
    }
}

Result<std::vector<KeySerial>> Keyring::serials()
{
    std::vector<KeySerial> keys(32);
    for (;;) {
        const long bytes = calls_.read(serial_, keys);
        if (bytes < 0)
            return error("cannot list the keys", bytes);
        const std::size_t room = keys.size();
        keys.resize(static_cast<std::size_t>(bytes) / sizeof(KeySerial));
        if (keys.size() <= room)
            return keys;
    }
}

Result<std::vector<KeyEntry>> Keyring::list()
{
    const auto keys = serials();
    if (!keys)
        return keys.error();
    std::vector<KeyEntry> entries;
    for (const KeySerial serial : keys.value()) {
        std::array<char, 256> text{}; // what does not fit is none of ours
        const long length = calls_.describe(serial, text);
        if (length == -ENOKEY) // unlinked since
            continue;
        if (length < 0)
            return error("cannot list the keys", length);
        if (static_cast<std::size_t>(length) > text.size())
            continue;
        if (auto entry = entry_of(text.data(), type_, serial))
            entries.push_back(std::move(*entry));
    }
    std::sort(entries.begin(), entries.end(), [](const KeyEntry &a, const KeyEntry &b) {
        return std::tie(a.cluster, b.number) < std::tie(b.cluster, a.number);
    });
    return entries;
}

Result<Nothing> Keyring::add(const Key &key)
{
    const std::string description = fmt::format("{}:{}", key.cluster, key.number);
    const long added = calls_.add(type_.c_str(), description.c_str(), {key.bytes.data(), key.bytes.size()}, serial_);
    if (added < 0)
        return error("cannot add " + name_of(key.cluster, key.number), added);
    return Nothing{};
}

Result<Nothing> Keyring::remove(const KeyEntry &entry)
{
    const long removed = calls_.unlink(entry.serial, serial_);
    if (removed < 0 && removed != -ENOENT) // somebody else was faster
        return error("cannot delete " + name_of(entry.cluster, entry.number), removed);
    return Nothing{};
}

} // namespace ccmadm
