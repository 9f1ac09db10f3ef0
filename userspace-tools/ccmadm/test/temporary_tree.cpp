// SPDX-License-Identifier: GPL-2.0-only
#include "temporary_tree.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace ccmadm::test {

TemporaryTree::TemporaryTree()
{
    std::string name = (std::filesystem::temp_directory_path() / "ccmadm-tree.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no temporary directory");
    root_ = name;
}

TemporaryTree::~TemporaryTree()
{
    std::error_code error;
    std::filesystem::remove_all(root_, error);
}

void TemporaryTree::file(const std::string &path, std::string_view content) const
{
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
}

void TemporaryTree::remove(const std::string &path) const
{
    std::filesystem::remove_all(root_ / path);
}

} // namespace ccmadm::test
