// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace ccm::lab {

// Thrown by everything in the lab; a test that does not catch it fails with its text.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &text) : std::runtime_error(text) {}
    template <typename... Args> explicit Error(fmt::format_string<Args...> format, Args &&...args)
        : std::runtime_error(fmt::format(format, std::forward<Args>(args)...))
    {
    }
};

// What was waited for did not happen before the deadline.
class Timeout : public Error {
public:
    using Error::Error;
};

} // namespace ccm::lab
