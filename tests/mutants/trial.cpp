// SPDX-License-Identifier: GPL-2.0-only
#include "trial.h"

#include <stdexcept>

#include <fmt/format.h>

#include "child.h"

namespace mutants {

using std::chrono::milliseconds;

namespace {

// The least that an endless loop is given, and how much more than the unchanged core needs
constexpr milliseconds patience{600};
constexpr int more = 4;

constexpr std::size_t memory_limit = std::size_t{2} << 30;

struct Said {
    Ended ended;
    std::string test; // that ran last
};

Limits limits_of(milliseconds usual, std::size_t memory)
{
    return {patience + more * usual, std::chrono::minutes(30) + 300 * usual, memory};
}

// GoogleTest says which test it runs before it runs it; the simulator, which run has failed.
Said run_suite(const Suite &suite, const Library &library, const Limits &limits, bool sanitized = false)
{
    constexpr std::string_view run = "[ RUN      ] ";
    constexpr std::string_view failed = "ccm_sim: FAILED with ";
    std::vector<std::string> command{suite.program.string()};
    std::vector<std::string> environment{"LD_LIBRARY_PATH=" + library.folder().string()};
    bool over = false;
    Said said;

    if (sanitized)
        environment.insert(environment.end(), {"LD_PRELOAD=" + Library::preload(), "ASAN_OPTIONS=detect_leaks=0"});
    command.insert(command.end(), suite.arguments.begin(), suite.arguments.end());
    said.ended = run_child(command, environment, limits, [&](std::string_view line) {
        over = over || line.starts_with("[  FAILED  ]"); // further ones are named, and skipped
        if (line.starts_with(run) && !over)
            said.test = line.substr(run.size());
        else if (line.starts_with(failed))
            said.test = line.substr(failed.size(), line.find(':', failed.size()) - failed.size());
    });
    return said;
}

std::vector<Usual> usual(const std::vector<Suite> &suites, Library &library)
{
    std::vector<Usual> list;

    library.link_original();
    for (const Suite &suite : suites) {
        Said said = run_suite(suite, library, {});

        if (!said.ended.ok)
            throw std::runtime_error(fmt::format("{} fails with the core as it is: {}", suite.name, said.test));
        list.push_back({said.ended.processor, suite.files.empty() ? library.called_by(suite.program) : suite.files});
    }
    return list;
}

void killed_by(const std::string &suite, const Said &said, Result &result)
{
    result.suite = suite;
    result.test = (said.ended.late ? "late: " : "") + said.test;
}

} // namespace

Baseline::Baseline(const Setup &setup, Library &library) : setup_(setup), quick_(usual(setup.quick, library)) {}

const std::vector<Usual> &Baseline::slow(Library &library)
{
    std::lock_guard lock(mutex_);

    if (slow_.size() < setup_.slow.size())
        slow_ = usual(setup_.slow, library);
    return slow_;
}

const std::vector<milliseconds> &Baseline::sanitized(const Source &file, Library &library)
{
    std::lock_guard lock(mutex_);
    auto [found, news] = sanitized_.try_emplace(file.name(), setup_.quick.size());

    if (!news)
        return found->second;
    library.build_sanitized(file.name(), file.text());
    for (std::size_t i = 0; i < quick_.size(); i++) {
        const Suite &suite = setup_.quick[i];

        if (!suite.sanitize || !quick_[i].files.contains(file.name()))
            continue;
        Said said = run_suite(suite, library, {}, true);
        if (!said.ended.ok)
            throw std::runtime_error(
                fmt::format("{} fails with sanitizers in {} as it is: {}", suite.name, file.name(), said.test));
        found->second[i] = said.ended.processor + milliseconds(1);
    }
    return found->second;
}

Result Trial::run(const Mutant &mutant)
{
    Result result{mutant.name, Verdict::survived, {}, {}};

    if (!library_.build(mutant)) {
        result.verdict = Verdict::broken;
    } else if (killed(mutant, setup_.quick, baseline_.quick(), result)) {
        result.verdict = Verdict::killed;
    } else if (!library_.build_optimized(mutant)) {
        result.verdict = Verdict::same;
    } else if (setup_.thorough) {
        const std::vector<Usual> &slow = baseline_.slow(library_);

        library_.build_optimized(mutant);
        if (killed(mutant, setup_.slow, slow, result) || killed_with_sanitizers(mutant, result))
            result.verdict = Verdict::killed;
    }
    return result;
}

bool Trial::killed(const Mutant &mutant, const std::vector<Suite> &suites, const std::vector<Usual> &usual,
                   Result &result)
{
    const std::string &file = mutant.source->name();

    for (std::size_t i = 0; i < suites.size(); i++) {
        if (file.ends_with(".c") && !usual[i].files.contains(file))
            continue;
        Said said = run_suite(suites[i], library_, limits_of(usual[i].processor, memory_limit));
        if (said.ended.ok)
            continue;
        killed_by(suites[i].name, said, result);
        return true;
    }
    return false;
}

bool Trial::killed_with_sanitizers(const Mutant &mutant, Result &result)
{
    const Source &source = *mutant.source;

    if (!source.name().ends_with(".c"))
        return false;
    const std::vector<milliseconds> &usual = baseline_.sanitized(source, library_);
    if (!library_.build_sanitized(source.name(), mutant.text()))
        return false;
    for (std::size_t i = 0; i < usual.size(); i++) {
        if (!usual[i].count())
            continue;
        Said said = run_suite(setup_.quick[i], library_, limits_of(usual[i], 0), true);
        if (said.ended.ok)
            continue;
        killed_by(sanitizers, said, result);
        return true;
    }
    return false;
}

} // namespace mutants
