// SPDX-License-Identifier: GPL-2.0-only
#include "campaign.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sim {

namespace {

// The seeds of one process: every so many-th. Behind one that has failed, here or in another
// process, there is nothing to look for.
void work(const Campaign &c, uint32_t job, Total *totals)
{
    Total &t = totals[job];
    auto over = [&](uint64_t seed) {
        return std::any_of(totals, totals + c.jobs, [seed](const Total &o) { return o.failed && o.failed < seed; });
    };

    for (uint64_t i = job; i < c.runs && !over(c.first + i); i += c.jobs) {
        t.at = c.first + i;
        Result r = run(options_of(c, t.at));

        t.runs++;
        t.figures.add(r);
        if (!r.ok)
            t.failed = t.at;
    }
    t.counts = counts();
    t.ended = true;
}

// Shared with the children
Total *shared(uint32_t jobs)
{
    void *at = mmap(nullptr, jobs * sizeof(Total), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        throw std::runtime_error("no memory to share");
    return static_cast<Total *>(at);
}

} // namespace

void Total::add(const Total &o)
{
    runs += o.runs;
    figures.add(o.figures);
    if (o.failed && (!failed || o.failed < failed))
        failed = o.failed;
    counts.add(o.counts);
}

Options options_of(const Campaign &c, uint64_t seed)
{
    Options o = c.options;

    o.seed = seed;
    if (c.mixed)
        o.together = seed % 10 == 3;
    return c.worlds || (c.mixed && seed % 10 == 7) ? world_of(seed, o) : o;
}

Total run_campaign(const Campaign &c)
{
    Total *totals = shared(c.jobs);
    std::vector<pid_t> children;
    Total sum{};

    for (uint32_t job = 0; job < c.jobs; job++) {
        pid_t child = fork();

        if (child < 0)
            throw std::runtime_error("fork failed");
        if (!child) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody would take what it finds
            work(c, job, totals);
            _exit(0);
        }
        children.push_back(child);
    }
    for (pid_t child : children)
        waitpid(child, nullptr, 0);
    for (uint32_t job = 0; job < c.jobs; job++) {
        if (!totals[job].ended) // it has crashed
            totals[job].failed = totals[job].at;
        sum.add(totals[job]);
    }
    munmap(totals, c.jobs * sizeof(Total));
    return sum;
}

std::string command_of(const Options &o)
{
    std::string text = fmt::format("--seed {} --steps {} --nodes {}", o.seed, o.steps, o.nodes);

    for (auto [there, flag] : {std::pair(o.together, " --together"), std::pair(o.hostile, " --hostile"),
                               std::pair(o.failover, " --failover"), std::pair(o.hosts, " --hosts"),
                               std::pair(o.outside, " --outside"), std::pair(o.versions, " --versions")})
        if (there)
            text += flag;
    if (o.plant != Plant::none)
        text += fmt::format(" --plant {}", plant_name(o.plant));
    return text;
}

} // namespace sim
