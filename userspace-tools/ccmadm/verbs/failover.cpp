// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs.h"
#include "verb.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sstream>
#include <unistd.h>

namespace ccmadm {

namespace {

using nlohmann::ordered_json;

// As the monitor (ccm_fm.ko) has them, a file each.
constexpr std::array attributes{"decision", "reason",           "stage",         "incarnation",
                                "flags",    "partner_decision", "partner_flags", "partner_advised"};

Result<std::vector<std::uint32_t>> partners_in(const std::string &directory)
{
    DIR *const dir = opendir(directory.c_str());
    if (dir == nullptr)
        return Error{fmt::format("{} cannot be read ({}): is the failover monitor loaded? try `modprobe ccm_fm`",
                                 directory, strerror(errno))};
    std::vector<std::uint32_t> ids;
    while (const dirent *entry = readdir(dir)) {
        std::uint32_t id = 0;
        const char *const end = entry->d_name + strlen(entry->d_name);
        if (std::from_chars(entry->d_name, end, id).ptr == end)
            ids.push_back(id);
    }
    closedir(dir);
    std::sort(ids.begin(), ids.end());
    return ids;
}

ordered_json words_of(const std::string &text)
{
    ordered_json list = ordered_json::array();
    std::istringstream words(text);
    for (std::string word; words >> word;)
        list.push_back(word);
    return list;
}

Result<ordered_json> decision_about(const std::string &directory, std::uint32_t id)
{
    ordered_json all{{"node", id}};
    for (const std::string name : attributes) {
        const auto text = read_line(fmt::format("{}/{}/{}", directory, id, name));
        if (!text)
            return text.error();
        if (name.ends_with("flags"))
            all[name] = words_of(text.value());
        else
            all[name] = text.value();
    }
    return all;
}

Result<Nothing> clear(const std::string &path, std::uint32_t id)
{
    const std::string text = fmt::format("{}\n", id);
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        const ssize_t written = write(fd, text.data(), text.size());
        const int number = errno;
        close(fd);
        if (written >= 0)
            return Nothing{};
        errno = number;
    }
    if (errno == EACCES || errno == EPERM)
        return Error{"cannot say that nothing is taken over: run ccmadm as root"};
    if (errno == ENOENT && fd < 0)
        return Error{fmt::format("{} is not there: is the failover monitor loaded? try `modprobe ccm_fm`", path)};
    if (errno == ENOENT)
        return Error{fmt::format("the failover monitor knows no partner {}; `ccmadm failover` lists them", id)};
    return Error{fmt::format("partner {}: {}", id, strerror(errno))};
}

} // namespace

Result<ExitCode> run_failover(const Context &context, const FailoverOptions &options)
{
    if (options.clear) {
        const auto said = clear(options.given_back, options.partner);
        return said ? Result<ExitCode>(ExitCode::ready) : said.error();
    }
    auto ids = partners_in(options.directory);
    if (!ids)
        return ids.error();
    if (options.partner != 0) {
        if (std::find(ids.value().begin(), ids.value().end(), options.partner) == ids.value().end())
            return Error{
                fmt::format("the failover monitor knows no partner {}; `ccmadm failover` lists them", options.partner)};
        ids.value() = {options.partner};
    }
    std::vector<ordered_json> all;
    for (const std::uint32_t id : ids.value()) {
        const auto one = decision_about(options.directory, id);
        if (!one)
            return one.error();
        all.push_back(one.value());
    }
    context.printer.failover(all);
    return ExitCode::ready;
}

} // namespace ccmadm
