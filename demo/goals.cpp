// SPDX-License-Identifier: GPL-2.0-only
#include "goals.h"

#include <algorithm>

#include "error.h"

namespace ccm::demo {

void Goals::add(const std::string &text)
{
    goals_.push_back({text});
}

std::size_t Goals::find(const std::string &text) const
{
    for (std::size_t i = 0; i < goals_.size(); i++)
        if (goals_[i].text == text)
            return i;
    throw lab::Error("the demo has no goal \"{}\"", text);
}

void Goals::met(const std::string &text)
{
    goals_[find(text)].met = true;
}

void Goals::missed(const std::string &text, const std::string &why)
{
    Goal &goal = goals_[find(text)];
    if (goal.why.empty())
        goal.why = why;
}

void Goals::explain(std::size_t from, std::size_t to, const std::string &why)
{
    for (std::size_t i = from; i < to; i++)
        if (!goals_[i].met && goals_[i].why.empty())
            goals_[i].why = why;
}

bool Goals::is_met(const std::string &text) const
{
    return goals_[find(text)].met;
}

bool Goals::all_met() const
{
    return std::all_of(goals_.begin(), goals_.end(), [](const Goal &goal) { return goal.met; });
}

std::vector<std::string> Goals::missing() const
{
    std::vector<std::string> lines;
    for (const Goal &goal : goals_)
        if (!goal.met)
            lines.push_back(goal.text + ": " + (goal.why.empty() ? "the demo did not get that far" : goal.why));
    return lines;
}

} // namespace ccm::demo
