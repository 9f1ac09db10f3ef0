// SPDX-License-Identifier: GPL-2.0-only
#include "argued.h"

#include <set>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace mutants {

std::map<std::string, std::string> read_argued(const std::filesystem::path &path, const Mutants &mutants)
{
    std::istringstream in(read_file(path));
    std::map<std::string, std::string> argued;
    std::set<std::string> names;
    std::string wrong;
    std::size_t number = 0;

    for (const Mutant &mutant : mutants)
        names.insert(mutant.name);
    for (std::string line; std::getline(in, line);) {
        std::size_t end = line.find_first_of(" \t");
        std::string name = line.substr(0, end);
        std::size_t why = end == std::string::npos ? end : line.find_first_not_of(" \t", end);

        number++;
        if (name.empty() || name.starts_with('#'))
            continue;
        if (why == std::string::npos)
            wrong += fmt::format("{}:{}: {}: no word on why\n", path.string(), number, name);
        else if (!names.contains(name))
            wrong += fmt::format("{}:{}: {}: there is no such mutant (any more)\n", path.string(), number, name);
        else if (!argued.emplace(name, line.substr(why)).second)
            wrong += fmt::format("{}:{}: {}: twice\n", path.string(), number, name);
    }
    if (!wrong.empty())
        throw std::runtime_error(wrong);
    return argued;
}

} // namespace mutants
