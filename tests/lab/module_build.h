// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <vector>

namespace ccm::lab {

// Builds the out-of-tree modules in SOURCE against a User-Mode Linux kernel, in
// a copy below OUT (the source stays clean), and returns the .ko files.
std::vector<std::filesystem::path> build_uml_modules(const std::filesystem::path &source,
                                                     const std::filesystem::path &uml_build,
                                                     const std::filesystem::path &out);

} // namespace ccm::lab
