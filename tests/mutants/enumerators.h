// SPDX-License-Identifier: GPL-2.0-only
// Which named constant follows which: in the enumerations of all headers.
#ifndef CCM_MUTANTS_ENUMERATORS_H
#define CCM_MUTANTS_ENUMERATORS_H

#include <map>
#include <string>
#include <string_view>

namespace mutants {

class Enumerators {
public:
    // What a file's text has
    void add(std::string_view text);

    // The next one of its enumeration, behind the last the first; empty: @name is of none, or alone
    // there. Those that count the others (.._COUNT) are none of them.
    const std::string &next(const std::string &name) const;

private:
    std::map<std::string, std::string> next_;
};

} // namespace mutants

#endif
