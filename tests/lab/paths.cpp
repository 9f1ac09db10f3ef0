// SPDX-License-Identifier: GPL-2.0-only
#include "paths.h"

#include <cstdlib>

namespace ccm::lab {
namespace {

std::filesystem::path setting(const char *variable, const char *standard)
{
    const char *value = std::getenv(variable);
    return value && *value ? value : standard;
}

} // namespace

std::filesystem::path agent_program()
{
    return setting("CCM_LAB_AGENT", CCM_LAB_DEFAULT_AGENT);
}
std::filesystem::path keeper_program()
{
    return setting("CCM_LAB_KEEPER", CCM_LAB_DEFAULT_KEEPER);
}
std::filesystem::path lab_source_dir()
{
    return setting("CCM_LAB_SOURCE", CCM_LAB_DEFAULT_SOURCE);
}
std::filesystem::path default_run_dir()
{
    return setting("CCM_LAB_DIR", CCM_LAB_DEFAULT_RUN);
}

} // namespace ccm::lab
