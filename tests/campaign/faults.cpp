// SPDX-License-Identifier: GPL-2.0-only
#include "faults.h"

#include <algorithm>

namespace ccm::campaign {

double Scene::between(double low, double high)
{
    return low + (high - low) * static_cast<double>(rng.below(1'000'001)) / 1e6;
}

void Scene::lasts_a_moment()
{
    hold = between(0.05, 0.35) * servers.detect();
    say(fmt::format("{:.0f} ms", hold * 1000));
}

void Scene::lasts_a_while(double least)
{
    hold = between(least, 1) * servers.options().longest;
    say(fmt::format("{:.1f} s", hold));
}

TimePoint bring(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.servers.bring(scene.target);
    return at;
}

const std::vector<Fault> &all_faults()
{
    static const std::vector<Fault> all = [] {
        std::vector<Fault> faults;
        for (const auto &group : {deaths(), network_faults(), changes(), burdens()})
            faults.insert(faults.end(), group.begin(), group.end());
        return faults;
    }();
    return all;
}

std::vector<const Fault *> choose_faults(const std::vector<std::string> &names, bool failing)
{
    for (const std::string &name : names)
        if (std::none_of(all_faults().begin(), all_faults().end(), [&](const Fault &one) { return one.name == name; }))
            throw Error("there is no fault \"{}\"; see --list", name);
    std::vector<const Fault *> chosen;
    for (const Fault &kind : all_faults())
        if ((names.empty() || std::find(names.begin(), names.end(), kind.name) != names.end()) &&
            (failing || !kind.failing))
            chosen.push_back(&kind);
    if (chosen.empty())
        throw Error("none of these faults can be made here");
    return chosen;
}

} // namespace ccm::campaign
