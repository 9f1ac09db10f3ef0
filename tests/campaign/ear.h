// SPDX-License-Identifier: GPL-2.0-only
//
// What one node is told: by /dev/ccm, and by its failover monitor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "module.h"
#include "seen.h"

namespace ccm::campaign {

using namespace ccm::test;

inline double lab_time(TimePoint at)
{
    return seconds(at - lab_epoch());
}

class Ear {
public:
    Ear(Cluster &cluster, Node &node, std::vector<int> partners);

    void listen(); // from now on; the module and the monitor are loaded
    void hush();   // before the module is unloaded
    bool listens() const { return watch_.has_value(); }
    // Looks until IT_IS; false: not in that time.
    bool until(const std::function<bool()> &it_is, Duration timeout);
    void look(); // what is there already

    // As told last. Empty: nothing.
    std::string state(int partner) const;
    std::string reason(int partner) const;
    std::string stage(int partner) const;
    std::string client(const std::string &name, int partner) const;
    std::string decision(int partner) const;
    int losses(int partner) const; // READY, then not, since begin()

    void begin(); // a fault is about to come
    // All that was told since the last call, behind how it was then: nothing falls between two cycles.
    std::vector<Told> take();

private:
    void take_record(const Event &event);
    void take_advice(const OutputLine &line);
    void keep(const Told &told);

    Cluster &cluster_;
    Node &node_;
    std::vector<int> partners_;
    int life_ = 0;
    std::size_t lines_ = 0;
    std::optional<Watch> watch_;
    std::optional<Command> uevents_;
    std::map<int, Told> partner_;
    std::map<int, std::string> stage_;
    std::map<int, int> losses_;
    std::map<std::pair<std::string, int>, Told> client_;
    std::map<int, Told> advice_;
    std::vector<Told> told_;
};

} // namespace ccm::campaign
