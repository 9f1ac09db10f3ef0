// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

namespace ccm::demo {

// What the demo is there to show. All of it is named before anything is tried, so
// that what is never reached is missing at the end like what went wrong.
class Goals {
public:
    void add(const std::string &text);
    // It was observed. Throws lab::Error for a goal that was not added.
    void met(const std::string &text);
    // It was not; the first reason stays.
    void missed(const std::string &text, const std::string &why);
    // Why goals added from number FROM up to (not with) TO are not met, where nothing says so yet.
    void explain(std::size_t from, std::size_t to, const std::string &why);

    bool is_met(const std::string &text) const;
    std::size_t size() const { return goals_.size(); }
    bool all_met() const;
    // One line each for those that were not met: what, and why.
    std::vector<std::string> missing() const;

private:
    struct Goal {
        std::string text;
        bool met = false;
        std::string why;
    };
    std::size_t find(const std::string &text) const;

    std::vector<Goal> goals_;
};

} // namespace ccm::demo
