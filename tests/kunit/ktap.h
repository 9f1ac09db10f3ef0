// SPDX-License-Identifier: GPL-2.0-only
//
// KTAP, the kernel's test protocol, as KUnit prints it to the kernel log.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ccm {

struct KtapTest {
    std::string name;
    bool ok = false;
    bool skipped = false;
    std::vector<std::string> lines; // what the kernel log has of it: failed expectations
    std::vector<KtapTest> children;
};

struct KtapReport {
    std::vector<KtapTest> suites;
    // What is wrong with the report itself: it ends too early, results are missing.
    std::vector<std::string> troubles;

    std::size_t tests() const;   // leaves
    std::size_t failed() const;  // leaves, and groups that failed though no leaf did
    std::size_t skipped() const; // leaves
    // Every suite has tests, all are ok, and nothing is missing.
    bool passed() const;
};

// LINES of a kernel log, with or without time stamps. Lines that are not KTAP
// belong to the next result.
KtapReport parse_ktap(const std::vector<std::string> &lines);

// One line a test, indented, with the log of those that failed.
std::string text_of(const KtapReport &report);

} // namespace ccm
