// SPDX-License-Identifier: GPL-2.0-only
// What has become of mutants, by file.
#ifndef CCM_MUTANTS_REPORT_H
#define CCM_MUTANTS_REPORT_H

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mutant.h"
#include "setup.h"
#include "trial.h"

namespace mutants {

class Report {
public:
    Report(const Setup &setup, const std::map<std::string, std::string> &argued);

    void add(const Mutant &mutant, const Result &result);

    // Per file: made, equal, killed by whom, survived; then all. Below it what is wrong.
    std::string text() const;
    // More than @spare have survived without being argued, or one was argued and is killed all the same
    bool bad(std::size_t spare) const { return survivors_.size() > spare || !refuted_.empty(); }

private:
    struct Count {
        std::size_t made = 0;
        std::size_t broken = 0;
        std::size_t same = 0;
        std::size_t argued = 0;
        std::size_t survived = 0;
        std::map<std::string, std::size_t> killed;

        std::size_t all_killed() const;
    };

    std::string row(const std::string &name, const Count &count) const;

    std::vector<std::string> suites_;
    const std::map<std::string, std::string> &argued_;
    std::map<std::string, Count> files_;
    Count all_;
    std::vector<Mutant> survivors_;
    std::vector<std::string> refuted_;
};

} // namespace mutants

#endif
