// SPDX-License-Identifier: GPL-2.0-only
// The list of mutants that nothing can notice, each with why.
#ifndef CCM_MUTANTS_ARGUED_H
#define CCM_MUTANTS_ARGUED_H

#include <filesystem>
#include <map>
#include <string>

#include "mutant.h"

namespace mutants {

// By name: why. A line is NAME, white space, why; # begins a comment. A line without a why, a name that
// is there twice, and one that none of @mutants has are a std::runtime_error.
std::map<std::string, std::string> read_argued(const std::filesystem::path &path, const Mutants &mutants);

} // namespace mutants

#endif
