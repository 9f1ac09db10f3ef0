// SPDX-License-Identifier: GPL-2.0-only
// Delta debugging (Zeller): what of a list is needed for it to fail still.
#ifndef CCM_SIM_DDMIN_H
#define CCM_SIM_DDMIN_H

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace sim {

// Parts are left out, large ones first, as long as @fails says that the rest still fails. What
// comes out is minimal: none of its members can be left out alone.
template <typename T>
std::vector<T> ddmin(std::vector<T> list, const std::function<bool(const std::vector<T> &)> &fails)
{
    for (size_t part = std::max<size_t>(list.size() / 2, 1); !list.empty();) {
        bool shorter = false;

        for (size_t from = 0; from < list.size();) {
            size_t to = std::min(from + part, list.size());
            std::vector<T> rest(list.begin(), list.begin() + static_cast<long>(from));

            rest.insert(rest.end(), list.begin() + static_cast<long>(to), list.end());
            if (fails(rest)) {
                list = std::move(rest);
                shorter = true;
            } else {
                from = to;
            }
        }
        if (part > 1)
            part = std::max<size_t>(part / 2, 1);
        else if (!shorter)
            break;
    }
    return list;
}

} // namespace sim

#endif
