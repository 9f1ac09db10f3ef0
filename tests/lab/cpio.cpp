// SPDX-License-Identifier: GPL-2.0-only
#include "cpio.h"

#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "error.h"

namespace ccm::lab {

std::string content_of(const std::filesystem::path &file)
{
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(file, failed);
    std::string content(failed ? 0 : size, '\0');
    std::ifstream in(file, std::ios::binary);
    if (failed || !in.read(content.data(), std::streamsize(content.size())))
        throw Error("initramfs: cannot read {}", file.string());
    return content;
}

void Cpio::add(const std::string &path, Entry entry)
{
    if (path.empty() || path.front() == '/')
        throw Error("initramfs: {}: a path in the image has no leading slash", path);
    // std::map keeps "usr" before "usr/bin": parents come first in the archive.
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        entries_.try_emplace(path.substr(0, slash), Entry{S_IFDIR | 0755, 0, 0, {}});
    entries_[path] = std::move(entry);
}

void Cpio::directory(const std::string &path, unsigned mode)
{
    add(path, {S_IFDIR | mode, 0, 0, {}});
}

void Cpio::file(const std::string &path, std::string content, unsigned mode)
{
    add(path, {S_IFREG | mode, 0, 0, std::move(content)});
}

void Cpio::copy(const std::string &path, const std::filesystem::path &from, unsigned mode)
{
    file(path, content_of(from), mode);
}

void Cpio::symlink(const std::string &path, const std::string &target)
{
    add(path, {S_IFLNK | 0777, 0, 0, target});
}

void Cpio::device(const std::string &path, unsigned mode, unsigned major, unsigned minor)
{
    add(path, {S_IFCHR | mode, major, minor, {}});
}

std::string Cpio::bytes() const
{
    std::string out;
    unsigned inode = 1;
    auto pad = [&out] { out.append((4 - out.size() % 4) % 4, '\0'); };
    auto emit = [&](const std::string &name, const Entry &entry) {
        out += fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
                           inode++, entry.mode, 0, 0, S_ISDIR(entry.mode) ? 2 : 1, 0, entry.content.size(), 0, 0,
                           entry.major, entry.minor, name.size() + 1, 0);
        out += name;
        out += '\0';
        pad();
        out += entry.content;
        pad();
    };
    for (const auto &[name, entry] : entries_)
        emit(name, entry);
    emit("TRAILER!!!", {0, 0, 0, {}});
    out.append((512 - out.size() % 512) % 512, '\0');
    return out;
}

} // namespace ccm::lab
