// SPDX-License-Identifier: GPL-2.0-only
// One mutant before all that is to notice it.
#ifndef CCM_MUTANTS_TRIAL_H
#define CCM_MUTANTS_TRIAL_H

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "library.h"
#include "mutant.h"
#include "setup.h"

namespace mutants {

// Who has killed what only they notice: a suite's name beside those of the setup
inline const std::string sanitizers = "sanitizer";

enum class Verdict { broken, same, killed, survived };

struct Result {
    std::string name; // of the mutant
    Verdict verdict = Verdict::broken;
    std::string suite; // that has killed it
    std::string test;  // of that one; "late: TEST": it did not end
};

// What a suite needs of a processor with the core as it is, and which files it is asked about
struct Usual {
    std::chrono::milliseconds processor{0};
    std::set<std::string> files;
};

class Baseline {
public:
    // A suite that fails with the core as it is is a std::runtime_error, here and below.
    Baseline(const Setup &setup, Library &library);

    const std::vector<Usual> &quick() const { return quick_; }
    // These are found when they are asked for first, with @library, whose change is lost.
    const std::vector<Usual> &slow(Library &library);
    // Of the quick ones, with sanitizers in @file; 0: is not asked
    const std::vector<std::chrono::milliseconds> &sanitized(const Source &file, Library &library);

private:
    const Setup &setup_;
    std::vector<Usual> quick_;
    std::vector<Usual> slow_;
    std::mutex mutex_; // of slow_ and sanitized_
    std::map<std::string, std::vector<std::chrono::milliseconds>> sanitized_;
};

class Trial {
public:
    Trial(const Setup &setup, Baseline &baseline, Library &library)
        : setup_(setup), baseline_(baseline), library_(library)
    {
    }

    Result run(const Mutant &mutant);

private:
    bool killed(const Mutant &mutant, const std::vector<Suite> &suites, const std::vector<Usual> &usual,
                Result &result);
    bool killed_with_sanitizers(const Mutant &mutant, Result &result);

    const Setup &setup_;
    Baseline &baseline_;
    Library &library_;
};

} // namespace mutants

#endif
