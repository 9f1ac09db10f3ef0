// SPDX-License-Identifier: GPL-2.0-only
// One change, with a name that it keeps while its line, and the function it is in, stay as they are.
#ifndef CCM_MUTANTS_MUTANT_H
#define CCM_MUTANTS_MUTANT_H

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "operators.h"
#include "source.h"

namespace mutants {

struct Mutant {
    std::string name; // FILE:FUNCTION:OPERATOR:HASH, where needed .2, .3 ... behind it
    std::shared_ptr<const Source> source;
    Edit edit;

    std::string place() const;  // FILE:LINE:COLUMN
    std::string text() const;   // of the whole file
    std::string change() const; // in a line: "a < b": < becomes <=
    std::string diff() const;   // line by line
};

using Mutants = std::vector<Mutant>;

std::string hash_of(const std::string &text);

Mutants mutants_of(const std::shared_ptr<const Source> &source, const Enumerators &enumerators);

// Of all files of @core, by name; the enumerations are those of @headers, and of the files themselves.
Mutants all_mutants(const std::filesystem::path &core, const std::vector<std::filesystem::path> &headers);

} // namespace mutants

#endif
