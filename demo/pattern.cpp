// SPDX-License-Identifier: GPL-2.0-only
#include "pattern.h"

#include <sstream>

#include "error.h"

namespace ccm::demo {

PatternClient::Answer PatternClient::command(const std::string &verb, const std::string &rest)
{
    std::string line = fmt::format("{} {} {} {}", verb, name, partner_, rest);
    // A command that makes no sense fails, and the file says why.
    std::string said = node_.must(
        fmt::format("cd /sys/kernel/debug/ccm_pattern; echo '{}' >run; cat run; echo took >run; cat run", line));
    std::istringstream words(said);
    std::string word; // NAME=VALUE
    Answer answer;
    if (!(words >> word) || word != "ok")
        throw lab::Error("{}: ccm_pattern: `{}`: {}", node_.name(), line, said);
    while (words >> word) {
        std::size_t equals = word.find('=');
        if (word.substr(0, equals) == "data")
            answer.data = word.substr(equals + 1);
        else if (word.substr(0, equals) == "us")
            answer.ms = std::stod(word.substr(equals + 1)) / 1e3;
    }
    return answer;
}

PatternClient::Answer PatternClient::fill(Where where, std::uint64_t seed)
{
    return command(where == Where::local ? "fill local" : "fill remote", fmt::format("{:#x}", seed));
}

PatternClient::Answer PatternClient::verify(Where where, std::uint64_t seed)
{
    return command(where == Where::local ? "verify local" : "verify remote", fmt::format("{:#x}", seed));
}

PatternClient::Answer PatternClient::read(std::uint64_t offset, std::size_t len)
{
    return command("read", fmt::format("{} {}", offset, len));
}

PatternClient::Answer PatternClient::write(std::uint64_t offset, const std::string &hex)
{
    return command("write", fmt::format("{} {}", offset, hex));
}

PatternClient::Answer PatternClient::look(std::uint64_t offset, std::size_t len)
{
    return command("look", fmt::format("{} {}", offset, len));
}

} // namespace ccm::demo
