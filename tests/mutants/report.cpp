// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <algorithm>

#include <fmt/format.h>

namespace mutants {

Report::Report(const Setup &setup, const std::map<std::string, std::string> &argued) : argued_(argued)
{
    for (const std::vector<Suite> &suites : {setup.quick, setup.slow}) {
        for (const Suite &suite : suites) {
            if (std::ranges::find(suites_, suite.name) == suites_.end())
                suites_.push_back(suite.name);
        }
    }
    suites_.push_back(sanitizers);
}

std::size_t Report::Count::all_killed() const
{
    std::size_t sum = 0;

    for (const auto &[suite, count] : killed)
        sum += count;
    return sum;
}

void Report::add(const Mutant &mutant, const Result &result)
{
    bool argued = argued_.contains(mutant.name);

    for (Count *count : {&files_[mutant.source->name()], &all_}) {
        count->made++;
        switch (result.verdict) {
        case Verdict::broken:
            count->broken++;
            break;
        case Verdict::same:
            count->same++;
            break;
        case Verdict::killed:
            count->killed[result.suite]++;
            break;
        case Verdict::survived:
            (argued ? count->argued : count->survived)++;
            break;
        }
    }
    if (result.verdict == Verdict::survived && !argued)
        survivors_.push_back(mutant);
    if (result.verdict == Verdict::killed && argued)
        refuted_.push_back(fmt::format("{}: {} {}", mutant.name, result.suite, result.test));
}

std::string Report::row(const std::string &name, const Count &count) const
{
    std::size_t killed = count.all_killed();
    std::size_t open = killed + count.survived;
    std::string text = fmt::format("{:20} {:6} {:6} {:6} {:6}", name, count.made, count.broken, count.same, killed);

    for (const std::string &suite : suites_) {
        auto found = count.killed.find(suite);

        text += fmt::format(" {:>9}", found == count.killed.end() ? 0 : found->second);
    }
    std::string share =
        open ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(killed) / static_cast<double>(open)) : "-";
    return text + fmt::format(" {:6} {:8} {:>8}\n", count.argued, count.survived, share);
}

std::string Report::text() const
{
    std::string text = fmt::format("{:20} {:>6} {:>6} {:>6} {:>6}", "file", "made", "no C", "same", "killed");

    for (const std::string &suite : suites_)
        text += fmt::format(" {:>9}", suite);
    text += fmt::format(" {:>6} {:>8} {:>8}\n", "argued", "survived", "share");
    for (const auto &[name, count] : files_)
        text += row(name, count);
    text += row("all", all_);
    for (const Mutant &mutant : survivors_)
        text += fmt::format("\nsurvived: {} ({})\n    {}\n", mutant.name, mutant.place(), mutant.change());
    for (const std::string &line : refuted_)
        text += fmt::format("\nargued to be equal, and killed: {}\n", line);
    return text;
}

} // namespace mutants
