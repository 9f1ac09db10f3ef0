// SPDX-License-Identifier: GPL-2.0-only
#include "verdict.h"

#include <cctype>

#include <fmt/format.h>

namespace ccm::lab {
namespace {

// Found as whole words: "DEBUG" is not a BUG. The last is what our test modules say.
constexpr const char *words[] = {"BUG", "WARNING", "KASAN", "UBSAN", "KFENCE", "KCSAN", "Oops", "ODEBUG", "VIOLATION"};

constexpr const char *phrases[] = {
    "possible circular locking",
    "INFO: possible",
    "INFO: task",
    "INFO: trying to register non-static key",
    "suspicious RCU",
    "inconsistent lock state",
    "held lock freed",
    "*** DEADLOCK",
    "bad unlock balance",
    "detected stall",
    "hung_task",
    "blocked for more than",
    "scheduling while atomic",
    "sleeping function called",
    "suspected memory leak",
    "kmemleak: Cannot",
    "kmemleak: Kernel memory leak detector disabled",
    "kmemleak: Memory pool empty",
    "general protection",
    "Unable to handle",
    "unable to handle",
    "Kernel panic",
    "Segfault with no mm",
    "refcount_t:",
    "list_add corruption",
    "list_del corruption",
    "Call Trace",
};

// A report and its call trace fit in this many lines.
constexpr std::size_t trace_lines = 100;

bool has_word(const std::string &line, const std::string &word)
{
    auto part_of_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
        std::size_t behind = at + word.size();
        if ((at == 0 || !part_of_word(line[at - 1])) && (behind == line.size() || !part_of_word(line[behind])))
            return true;
    }
    return false;
}

} // namespace

std::string Verdict::text() const
{
    std::string all;
    for (const std::string &finding : findings)
        all += finding + "\n";
    return all;
}

bool tells_of_a_fault(const std::string &line)
{
    // The last line of a report that is judged by its first.
    if (line.find("---[ end") != std::string::npos)
        return false;
    for (const char *word : words)
        if (has_word(line, word))
            return true;
    for (const char *phrase : phrases)
        if (line.find(phrase) != std::string::npos)
            return true;
    return false;
}

std::vector<std::string> judge_log(const std::string &node, const std::vector<ConsoleLine> &lines,
                                   const std::vector<Node::Expected> &expected)
{
    std::vector<std::string> findings;
    std::vector<Node::Expected> missing = expected;
    // Behind an expected line its own call trace is tolerated, in the same
    // boot, up to the next fault that is not expected.
    std::size_t tolerated_to = 0;
    int tolerated_boot = 0;
    for (std::size_t i = 0; i < lines.size(); i++) {
        const ConsoleLine &line = lines[i];
        if (line.remark)
            continue;
        bool was_expected = false;
        for (Node::Expected &e : missing) {
            if (e.count > 0 && line.text.find(e.text) != std::string::npos) {
                e.count--;
                was_expected = true;
                tolerated_to = i + trace_lines;
                tolerated_boot = line.boot;
                break;
            }
        }
        if (was_expected || !tells_of_a_fault(line.text))
            continue;
        if (line.text.find("Call Trace") != std::string::npos && i <= tolerated_to && line.boot == tolerated_boot)
            continue;
        tolerated_to = 0;
        std::string context;
        for (std::size_t k = i; k < lines.size() && k < i + 25; k++)
            context += "    " + lines[k].text + "\n";
        findings.push_back(fmt::format("{}: its kernel log has a fault:\n{}", node, context));
        i += 24; // what follows is the same report, most likely, and is shown
    }
    for (const Node::Expected &e : missing)
        if (e.count > 0)
            findings.push_back(
                fmt::format("{}: its kernel log lacks \"{}\" ({} more were expected)", node, e.text, e.count));
    return findings;
}

} // namespace ccm::lab
