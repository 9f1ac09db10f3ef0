// SPDX-License-Identifier: GPL-2.0-only
// The core as a library of its own, with at most one change in it.
#ifndef CCM_MUTANTS_LIBRARY_H
#define CCM_MUTANTS_LIBRARY_H

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mutant.h"
#include "setup.h"

namespace mutants {

class Library {
public:
    // Copies the core to @folder and compiles it, with the optimizer, or takes what @other has compiled.
    Library(const Setup &setup, std::filesystem::path folder, const Library *other = nullptr);

    // In haste, without the optimizer. False: it does not compile.
    bool build(const Mutant &mutant);
    // What compiles, with the optimizer. False: the compiler makes the same of it as of the original.
    bool build_optimized(const Mutant &mutant);
    // As the tree has it
    void link_original();
    // @file of the core as @text, with sanitizers; false: it does not compile. Who loads it must have
    // loaded preload() before.
    bool build_sanitized(const std::string &file, const std::string &text);
    static std::string preload();

    const std::filesystem::path &folder() const { return folder_; }
    // Which files a program calls, by what it wants and what those want
    std::set<std::string> called_by(const std::filesystem::path &program) const;

private:
    bool compile(const std::string &source, const std::string &object, const std::vector<std::string> &options) const;
    void link(const std::vector<std::string> &changed) const;
    bool compile_changed(const Mutant &mutant, const std::vector<std::string> &options) const;
    std::vector<std::string> sources_of(const std::string &file) const;

    const Setup &setup_;
    std::filesystem::path folder_;
    std::map<std::string, std::string> objects_; // of each source: what the compiler made of it
};

} // namespace mutants

#endif
