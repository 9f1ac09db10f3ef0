// SPDX-License-Identifier: GPL-2.0-only
//
// What a campaign has come to: a table that has only zeros where it should, times, and how to have
// it once more.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "figures.h"
#include "judge.h"

namespace ccm::campaign {

class Report {
public:
    // COMMAND: without --first and --cycles. DIR: cycles.csv and times.svg come to be there; empty: none.
    Report(std::string command, const std::filesystem::path &dir);

    void add(const Seen &seen, const Judged &judged);
    // Of no cycle: what the nodes' kernels report at the end.
    void add(const std::string &report);
    std::string text(double seconds) const;
    bool clean() const; // zeros
    void draw() const;  // the image

private:
    struct Row {
        unsigned cycles = 0;
        std::array<unsigned, column_count> bad{};
        unsigned excused = 0;
        std::map<std::string, unsigned> reasons;
        Times detect, ready;
        void add(const Row &other);
    };
    Row sum() const;
    std::string faults() const;
    std::string times() const;

    std::string command_;
    std::filesystem::path dir_;
    std::ofstream cycles_;
    std::map<std::string, Row> rows_; // by kind
    std::vector<std::string> findings_, excused_;
    unsigned written_ = 0;
};

} // namespace ccm::campaign
