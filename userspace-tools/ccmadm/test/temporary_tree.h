// SPDX-License-Identifier: GPL-2.0-only
// A directory for a test, with files as /sys has them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ccmadm::test {

class TemporaryTree {
public:
    TemporaryTree();
    ~TemporaryTree();
    TemporaryTree(const TemporaryTree &) = delete;
    TemporaryTree &operator=(const TemporaryTree &) = delete;

    // With the directories that it is in
    void file(const std::string &path, std::string_view content) const;
    void remove(const std::string &path) const;
    std::string path(const std::string &below = "") const { return root_ / below; }

private:
    std::filesystem::path root_;
};

} // namespace ccmadm::test
