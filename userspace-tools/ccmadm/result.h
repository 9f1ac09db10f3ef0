// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "exit_code.h"

#include <string>
#include <utility>
#include <variant>

namespace ccmadm {

// One line for the user: the object, the value and the way out.
struct Error {
    std::string text;
    ExitCode code = ExitCode::error;
};

struct Nothing {};

// A value or the reason why there is none (std::expected is C++23).
template <class T> class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return content_.index() == 0; }
    T &value() { return std::get<0>(content_); }
    const T &value() const { return std::get<0>(content_); }
    const Error &error() const { return std::get<1>(content_); }

private:
    std::variant<T, Error> content_;
};

} // namespace ccmadm
