// SPDX-License-Identifier: GPL-2.0-only
// What is known of each mutant already: a file, a line a mutant, written as they come.
#ifndef CCM_MUTANTS_RESULTS_H
#define CCM_MUTANTS_RESULTS_H

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "mutant.h"
#include "trial.h"

namespace mutants {

class Results {
public:
    // @programs: a hash of all that is to notice mutants. One that others have not noticed is tried again;
    // so are all of a file that has changed.
    Results(const std::filesystem::path &path, std::string programs);

    // nullptr: it is to be tried.
    const Result *find(const Mutant &mutant) const;
    void add(const Mutant &mutant, const Result &result);

private:
    struct Line {
        Result result;
        std::string file;     // a hash of it
        std::string programs; // as given above
    };

    std::string programs_;
    std::map<std::string, Line> lines_;
    std::ofstream out_;
};

const char *verdict_name(Verdict verdict);

} // namespace mutants

#endif
