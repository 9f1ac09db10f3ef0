// SPDX-License-Identifier: GPL-2.0-only
#include "loaded_module.h"

#include "sysfs.h"

#include <charconv>
#include <fmt/format.h>
#include <unistd.h>

namespace ccmadm {

bool LoadedModule::loaded() const
{
    return access(parameters_.c_str(), F_OK) == 0;
}

Result<std::string> LoadedModule::cluster() const
{
    return read_line(parameters_ + "/cluster");
}

Result<KeySerial> LoadedModule::keyring() const
{
    const std::string path = parameters_ + "/keyring";
    if (access(path.c_str(), F_OK) != 0)
        return Error{
            fmt::format("{} does not exist: the loaded rdma_ccm is older than this ccmadm, and has no keys", path)};
    const auto text = read_line(path);
    if (!text)
        return text.error();
    KeySerial serial = 0;
    const char *const last = text.value().data() + text.value().size();
    const auto [end, error] = std::from_chars(text.value().data(), last, serial);
    if (error != std::errc() || end != last || serial < 0)
        return Error{fmt::format("{}: `{}` is not the number of a keyring: use the ccmadm that belongs to the loaded "
                                 "module",
                                 path, text.value())};
    return serial;
}

} // namespace ccmadm
