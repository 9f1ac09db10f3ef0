// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <algorithm>

#include <fmt/format.h>

namespace ccm::campaign {

namespace {

const char *const at_the_end = "(at the end)";

std::string row_of_times(const Times &times)
{
    if (times.empty())
        return fmt::format("{:>6}{:>9}{:>9}{:>9}{:>9}", 0, "", "", "", "");
    return fmt::format("{:>6}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}", times.count(), times.at(0) * 1000, times.at(0.5) * 1000,
                       times.at(0.9) * 1000, times.at(1) * 1000);
}

std::string words(const std::map<std::string, unsigned> &counts)
{
    std::string text;
    for (const auto &[word, count] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
    return text;
}

} // namespace

Report::Report(std::string command, const std::filesystem::path &dir) : command_(std::move(command)), dir_(dir)
{
    if (dir_.empty())
        return;
    std::filesystem::create_directories(dir_);
    cycles_.open(dir_ / "cycles.csv");
    cycles_ << "cycle,fault,node,parameters,told,longest to DOWN ms,READY again ms,excused";
    for (std::size_t i = 0; i < column_count; i++)
        cycles_ << "," << column_name(static_cast<Column>(i));
    cycles_ << "\n";
}

void Report::Row::add(const Row &other)
{
    cycles += other.cycles;
    excused += other.excused;
    for (std::size_t i = 0; i < column_count; i++)
        bad[i] += other.bad[i];
    for (const auto &[reason, count] : other.reasons)
        reasons[reason] += count;
    detect.add(other.detect);
    ready.add(other.ready);
}

void Report::add(const Seen &seen, const Judged &judged)
{
    Row row;
    row.cycles = 1;
    row.excused = static_cast<unsigned>(judged.excused.size());
    row.reasons = judged.reasons;
    double longest = 0;
    for (double seconds : judged.detect) {
        row.detect.add(seconds);
        longest = std::max(longest, seconds);
    }
    if (judged.ready)
        row.ready.add(*judged.ready);
    for (const Finding &finding : judged.findings) {
        row.bad[static_cast<std::size_t>(finding.column)]++;
        findings_.push_back(fmt::format("{}: {}", column_name(finding.column), finding.text));
    }
    excused_.insert(excused_.end(), judged.excused.begin(), judged.excused.end());
    rows_[seen.kind].add(row);
    if (!cycles_.is_open())
        return;
    cycles_ << fmt::format("{},{},{},\"{}\",\"{}\",{},{},{}", seen.number, seen.kind, seen.target, seen.parameters,
                           words(judged.reasons), judged.detect.empty() ? "" : fmt::format("{:.1f}", longest * 1000),
                           judged.ready ? fmt::format("{:.1f}", *judged.ready * 1000) : "", row.excused);
    for (unsigned bad : row.bad)
        cycles_ << "," << bad;
    cycles_ << '\n' << std::flush;
}

void Report::add(const std::string &report)
{
    const Column column = column_of(report);
    rows_[at_the_end].bad[static_cast<std::size_t>(column)]++;
    findings_.push_back(fmt::format("{}, at the end: {}", column_name(column), report));
}

Report::Row Report::sum() const
{
    Row all;
    for (const auto &[kind, row] : rows_)
        all.add(row);
    return all;
}

bool Report::clean() const
{
    return findings_.empty();
}

std::string Report::faults() const
{
    std::string text = fmt::format("{:<14}{:>7}", "fault", "cycles");
    for (std::size_t i = 0; i < column_count; i++)
        text += fmt::format("{:>14}", column_name(static_cast<Column>(i)));
    text += fmt::format("{:>9}\n", "excused");
    const auto line = [&](const std::string &kind, const Row &row) {
        text += fmt::format("{:<14}{:>7}", kind, row.cycles);
        for (unsigned bad : row.bad)
            text += fmt::format("{:>14}", bad);
        text += fmt::format("{:>9}\n", row.excused);
    };
    for (const auto &[kind, row] : rows_)
        line(kind, row);
    line("all", sum());
    return text;
}

std::string Report::times() const
{
    std::string text = fmt::format(
        "{:<14}{:>6}{:>36}   {:>6}{:>36}   {}\n{:<14}{:>6}{:>9}{:>9}{:>9}{:>9}   {:>6}{:>9}{:>9}{:>9}{:>9}\n", "", "",
        "from the fault to DOWN, ms", "", "from its end to READY, ms", "told", "fault", "n", "min", "median", "p90",
        "max", "n", "min", "median", "p90", "max");
    for (const auto &[kind, row] : rows_)
        if (!row.detect.empty() || !row.ready.empty())
            text += fmt::format("{:<14}{}   {}   {}\n", kind, row_of_times(row.detect), row_of_times(row.ready),
                                words(row.reasons));
    return text;
}

std::string Report::text(double seconds) const
{
    const Row all = sum();
    std::string text =
        fmt::format("{}\n{} cycles in {:.0f} s\n\n{}\n{}\n", command_, all.cycles, seconds, faults(), times());
    if (!all.detect.empty())
        text += fmt::format("From the fault to DOWN:\n{}\n", all.detect.histogram());
    if (!all.ready.empty())
        text += fmt::format("From its end to READY again:\n{}\n", all.ready.histogram());
    if (!excused_.empty())
        text += "Excused: the machine had kept one of the two waiting for a processor.\n";
    for (const std::string &one : excused_)
        text += "  " + one + "\n";
    for (const std::string &one : findings_)
        text += one + "\n";
    text += clean() ? "All zeros where there should be.\n" : fmt::format("{} findings.\n", findings_.size());
    return text;
}

void Report::draw() const
{
    if (dir_.empty())
        return;
    const Row all = sum();
    std::ofstream out(dir_ / "times.svg");
    out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"420\" font-family=\"sans-serif\" "
           "font-size=\"12\">\n"
        << all.detect.bars("From the fault to DOWN, ms", 10, 10, 700, 190)
        << all.ready.bars("From its end to READY again, ms", 10, 215, 700, 190) << "</svg>\n";
}

} // namespace ccm::campaign
