// SPDX-License-Identifier: GPL-2.0-only
#include "ktap.h"

#include <map>
#include <regex>

namespace ccm {
namespace {

// A group whose results are being collected: what stands at one depth.
struct Level {
    std::string name; // of the "# Subtest:" line
    long plan = -1;
    std::vector<KtapTest> results;
};

std::string without_time(const std::string &line)
{
    static const std::regex stamp(R"(^\[ *\d+\.\d+\](\[[ CT0-9]+\])? ?)");
    return std::regex_replace(line, stamp, "");
}

class Parser {
public:
    void take(const std::string &raw)
    {
        static const std::regex version(R"(^ *(K?TAP|# *KTAP) version \d+$)");
        static const std::regex subtest(R"(^( *)# Subtest: (.*)$)");
        static const std::regex plan(R"(^( *)1\.\.(\d+)$)");
        static const std::regex result(R"(^( *)(not )?ok (\d+)(?: -)?(?: (.*?))?( # SKIP.*)?$)");
        static const std::regex summary(R"(^ *# .*: pass:\d+ fail:\d+ skip:\d+ total:\d+$)");

        std::string line = without_time(raw);
        std::smatch m;
        if (std::regex_match(line, version) || std::regex_match(line, summary))
            return;
        if (std::regex_match(line, m, subtest)) {
            Level &level = levels_[depth(m[1])];
            if (!level.results.empty())
                trouble(level.name + ": has results but none of its own");
            level = Level{m[2], -1, {}};
            lines_.clear();
        } else if (std::regex_match(line, m, plan)) {
            levels_[depth(m[1])].plan = std::stol(m[2]);
        } else if (std::regex_match(line, m, result)) {
            add(depth(m[1]), std::stoul(m[3]), {m[4], !m[2].matched, m[5].matched, {}, {}});
        } else if (!line.empty()) {
            lines_.push_back(line);
        }
    }

    KtapReport end()
    {
        for (auto &[depth, level] : levels_) {
            if (depth == 0)
                continue;
            if (!level.results.empty() || !level.name.empty())
                trouble("the log ends inside " + (level.name.empty() ? "a group" : level.name) + ", after " +
                        std::to_string(level.results.size()) + " results");
        }
        report_.suites = std::move(levels_[0].results);
        if (report_.suites.empty())
            trouble("no test suite has run");
        for (const KtapTest &suite : report_.suites)
            if (suite.children.empty() && !suite.skipped)
                trouble(suite.name + ": has no tests");
        return std::move(report_);
    }

private:
    static int depth(const std::string &indent) { return static_cast<int>(indent.size() / 4); }

    void trouble(const std::string &text) { report_.troubles.push_back(text); }

    void add(int at, std::size_t number, KtapTest test)
    {
        auto inner = levels_.find(at + 1);
        if (inner != levels_.end()) {
            Level &level = inner->second;
            if (level.plan >= 0 && static_cast<std::size_t>(level.plan) != level.results.size())
                trouble(test.name + ": " + std::to_string(level.plan) + " tests were planned, " +
                        std::to_string(level.results.size()) + " have results");
            test.children = std::move(level.results);
            levels_.erase(inner);
        }
        std::vector<KtapTest> &results = levels_[at].results;
        if (number != results.size() + 1)
            trouble(test.name + ": it is number " + std::to_string(number) + " behind " +
                    std::to_string(results.size()) + " results: some are missing");
        test.lines = std::move(lines_);
        lines_.clear();
        results.push_back(std::move(test));
    }

    std::map<int, Level> levels_;
    std::vector<std::string> lines_;
    KtapReport report_;
};

struct Count {
    std::size_t tests = 0, failed = 0, skipped = 0;
};

Count count(const KtapTest &test)
{
    Count all;
    for (const KtapTest &child : test.children) {
        Count c = count(child);
        all.tests += c.tests;
        all.failed += c.failed;
        all.skipped += c.skipped;
    }
    if (test.children.empty()) {
        all.tests = 1;
        all.skipped = test.skipped;
    }
    if (!test.ok && all.failed == 0)
        all.failed = 1;
    return all;
}

Count count(const KtapReport &report)
{
    KtapTest all;
    all.ok = true;
    all.children = report.suites;
    return report.suites.empty() ? Count{} : count(all);
}

void print(const KtapTest &test, std::size_t indent, std::string &out)
{
    const char *verdict = test.skipped ? "SKIP" : test.ok ? "ok  " : "FAIL";
    out += verdict + std::string(indent + 1, ' ') + test.name + "\n";
    if (!test.ok)
        for (const std::string &line : test.lines)
            out += "     | " + line + "\n";
    for (const KtapTest &child : test.children)
        print(child, indent + 2, out);
}

} // namespace

std::size_t KtapReport::tests() const
{
    return count(*this).tests;
}
std::size_t KtapReport::failed() const
{
    return count(*this).failed;
}
std::size_t KtapReport::skipped() const
{
    return count(*this).skipped;
}

bool KtapReport::passed() const
{
    return troubles.empty() && tests() > skipped() && failed() == 0;
}

KtapReport parse_ktap(const std::vector<std::string> &lines)
{
    Parser parser;
    for (const std::string &line : lines)
        parser.take(line);
    return parser.end();
}

std::string text_of(const KtapReport &report)
{
    std::string out;
    for (const KtapTest &suite : report.suites)
        print(suite, 0, out);
    for (const std::string &trouble : report.troubles)
        out += "FAIL " + trouble + "\n";
    return out;
}

} // namespace ccm
