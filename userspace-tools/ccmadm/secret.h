// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <string.h>

namespace ccmadm {

// Memory of a key, or of a text that has one in it. It is wiped when it goes, and when it
// is moved from; there are no copies.
template <class T, std::size_t count> class Secret {
public:
    Secret() = default;
    ~Secret() { wipe(); }
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;
    Secret(Secret &&other) noexcept : elements_(other.elements_) { other.wipe(); }
    Secret &operator=(Secret &&) = delete;

    T *data() { return elements_.data(); }
    const T *data() const { return elements_.data(); }
    static constexpr std::size_t size() { return count; }
    T &operator[](std::size_t i) { return elements_[i]; }
    const T &operator[](std::size_t i) const { return elements_[i]; }

private:
    void wipe() { explicit_bzero(elements_.data(), sizeof(elements_)); }

    std::array<T, count> elements_{};
};

} // namespace ccmadm
