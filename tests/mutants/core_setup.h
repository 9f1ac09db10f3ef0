// SPDX-License-Identifier: GPL-2.0-only
// The core of this tree, and its tests.
#ifndef CCM_MUTANTS_CORE_SETUP_H
#define CCM_MUTANTS_CORE_SETUP_H

#include <filesystem>

#include "setup.h"

namespace mutants {

// @work: what is written goes there. With @simulator_alone, whole runs of the simulator are all there is.
Setup core_setup(const std::filesystem::path &work, bool simulator_alone);

std::filesystem::path argued_list();
std::filesystem::path default_work();

} // namespace mutants

#endif
