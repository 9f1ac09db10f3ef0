// SPDX-License-Identifier: GPL-2.0-only
#include "explain/rdma_devices.h"

#include "sysfs.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <system_error>

namespace ccmadm {

namespace {

namespace fs = std::filesystem;

// The names in a directory; nothing: it cannot be read.
std::optional<std::vector<std::string>> names_below(const std::string &directory)
{
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entry(directory, error);
    if (error == std::errc::no_such_file_or_directory)
        return names;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename());
    if (error)
        return std::nullopt;
    std::sort(names.begin(), names.end());
    return names;
}

std::string line_of(const std::string &path)
{
    const auto line = read_line(path);
    return line ? line.value() : std::string();
}

// "4: ACTIVE": behind the number
std::string word_of(const std::string &path)
{
    const std::string line = line_of(path);
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
}

std::string hex_digits(std::string_view text)
{
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
                 [](unsigned char c) { return std::isxdigit(c); });
    return digits;
}

// An iWARP device's first GID begins with the hardware address of its interface.
std::string interface_of_gid(const std::string &sysfs, const std::string &gid)
{
    const std::string digits = hex_digits(gid);
    for (const std::string &name : names_below(sysfs + "/class/net").value_or(std::vector<std::string>())) {
        const std::string address = hex_digits(line_of(fmt::format("{}/class/net/{}/address", sysfs, name)));
        if (address.size() == 12 && address != std::string(12, '0') && digits.starts_with(address))
            return name;
    }
    return {};
}

std::string interface_of_port(const std::string &sysfs, const std::string &device, const std::string &port, bool iwarp)
{
    std::string name = line_of(device + "/parent"); // of soft-RoCE
    if (name.empty())
        name = line_of(port + "/gid_attrs/ndevs/0");
    if (name.empty() && iwarp)
        name = interface_of_gid(sysfs, line_of(port + "/gids/0"));
    return name;
}

} // namespace

std::optional<std::vector<RdmaDevice>> read_rdma_devices(const std::string &sysfs)
{
    const std::string directory = sysfs + "/class/infiniband";
    const auto names = names_below(directory);
    if (!names)
        return std::nullopt;
    std::vector<RdmaDevice> devices;
    for (const std::string &name : *names) {
        const std::string device = fmt::format("{}/{}", directory, name);
        const bool iwarp = word_of(device + "/node_type") == "RNIC";
        for (const std::string &number : names_below(device + "/ports").value_or(std::vector<std::string>())) {
            const std::string port = fmt::format("{}/ports/{}", device, number);
            devices.push_back({fmt::format("{}/{}", name, number), iwarp, interface_of_port(sysfs, device, port, iwarp),
                               word_of(port + "/state")});
        }
    }
    return devices;
}

} // namespace ccmadm
