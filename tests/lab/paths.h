// SPDX-License-Identifier: GPL-2.0-only
//
// Where the lab's own pieces are. CMake sets the defaults; the environment
// variable named beside each overrides it.
#pragma once

#include <filesystem>

namespace ccm::lab {

std::filesystem::path agent_program();   // CCM_LAB_AGENT
std::filesystem::path keeper_program();  // CCM_LAB_KEEPER
std::filesystem::path lab_source_dir();  // CCM_LAB_SOURCE: scripts and image files
std::filesystem::path default_run_dir(); // CCM_LAB_DIR: console logs and captures

} // namespace ccm::lab
