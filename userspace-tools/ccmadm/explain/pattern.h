// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ccmadm {

// Values by their names.
using Values = std::map<std::string, std::string, std::less<>>;

// A text in which {name} stands for a value, and [a part] is left out if one of its values is empty.
std::string fill(std::string_view pattern, const Values &values);

// The same for a reader who has no values: {name} as NAME, and the parts in brackets as they are.
std::string fill_with_names(std::string_view pattern);

// The names in it.
std::vector<std::string> names_in(std::string_view pattern);

} // namespace ccmadm
