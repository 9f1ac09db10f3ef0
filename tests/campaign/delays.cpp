// SPDX-License-Identifier: GPL-2.0-only
#include "delays.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace ccm::campaign {

namespace {

using namespace lab;

constexpr Duration interval = 25ms;
constexpr double worth_mentioning = 0.001;

// Nanoseconds that a task was ready and did not run (Documentation/scheduler/sched-stats.rst of the
// kernel); 0 where it is gone
double waited(const std::string &task)
{
    std::ifstream file("/proc/" + task + "/schedstat");
    double ran = 0, waited = 0;
    file >> ran >> waited;
    return waited / 1e9;
}

// A User-Mode Linux kernel, and its processes, which are children of it
std::vector<int> family(int pid)
{
    std::vector<int> all{pid};
    std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", pid));
    for (int child = 0; file >> child;)
        all.push_back(child);
    return all;
}

std::vector<int> own_threads()
{
    std::vector<int> all;
    std::error_code ignored;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/task", ignored))
        all.push_back(std::stoi(entry.path().filename()));
    return all;
}

} // namespace

Delays::Delays(Cluster &cluster) : cluster_(cluster), thread_([this] { run(); }) {}

Delays::~Delays()
{
    leaving_ = true;
    thread_.join();
}

std::vector<Delay> Delays::take()
{
    std::lock_guard lock(mutex_);
    return std::exchange(delays_, {});
}

void Delays::run()
{
    while (!leaving_) {
        std::this_thread::sleep_for(interval);
        const double now = seconds(Clock::now() - lab_epoch());
        for (const auto &node : cluster_.nodes())
            if (const int pid = node->stopped() ? 0 : node->pid())
                look(node->id(), family(pid), now);
        look(0, own_threads(), now);
    }
}

// What has been added for those that were there before.
void Delays::look(int node, const std::vector<int> &processes, double now)
{
    std::map<int, double> found;
    double sum = 0;
    for (int process : processes) {
        const double total = waited(std::to_string(process));
        const auto before = waited_[node].find(process);
        if (before != waited_[node].end() && total > before->second)
            sum += total - before->second;
        found[process] = total;
    }
    waited_[node] = std::move(found);
    if (sum < worth_mentioning)
        return;
    std::lock_guard lock(mutex_);
    delays_.push_back({node, now, sum});
}

} // namespace ccm::campaign
