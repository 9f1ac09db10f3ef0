// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace ccm::lab {

// All of a file; symbolic links are followed.
std::string content_of(const std::filesystem::path &file);

// A "newc" archive as the kernel unpacks it. The same entries give the same
// bytes: sorted by path, owned by root, no times of the machine it was made on.
// Directories above an entry are added by themselves.
class Cpio {
public:
    void directory(const std::string &path, unsigned mode = 0755);
    void file(const std::string &path, std::string content, unsigned mode = 0644);
    // Reads FROM now.
    void copy(const std::string &path, const std::filesystem::path &from, unsigned mode = 0755);
    void symlink(const std::string &path, const std::string &target);
    void device(const std::string &path, unsigned mode, unsigned major, unsigned minor);

    bool contains(const std::string &path) const { return entries_.count(path) != 0; }
    std::string bytes() const;

private:
    struct Entry {
        unsigned mode = 0;
        unsigned major = 0, minor = 0;
        std::string content;
    };
    void add(const std::string &path, Entry entry);

    std::map<std::string, Entry> entries_;
};

} // namespace ccm::lab
