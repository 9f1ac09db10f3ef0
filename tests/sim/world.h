// SPDX-License-Identifier: GPL-2.0-only
// Simulated time: what is to happen when. Equal times happen in the order in which
// they were asked for, so a run depends on its seed alone.
#ifndef CCM_SIM_WORLD_H
#define CCM_SIM_WORLD_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rng.h"

namespace sim {

// A promise was broken: the run has found a bug.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class World {
public:
    World(uint64_t seed, bool tracing) : rng(seed), tracing_(tracing) {}

    uint64_t now() const { return now_; }
    uint64_t happened() const { return happened_; }

    void at(uint64_t when, std::function<void()> what) { put(when, true, std::move(what)); }

    void after(uint64_t delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

    // Likewise, but how much has happened does not count it.
    void beside(uint64_t delay, std::function<void()> what) { put(now_ + delay, false, std::move(what)); }

    bool idle() const { return queue_.empty(); }

    // Let @us pass here and now. False: something else is to happen by then.
    bool pass(uint64_t us)
    {
        if (us && !queue_.empty() && queue_.front().when <= now_ + us)
            return false;
        now_ += us;
        return true;
    }

    // Let the next thing happen. False: nothing is left to happen.
    bool step()
    {
        if (queue_.empty())
            return false;
        std::pop_heap(queue_.begin(), queue_.end(), later);
        Item item = queue_.back();
        queue_.pop_back();
        std::function<void()> what = std::move(what_[item.what]);
        free_.push_back(item.what);
        now_ = item.when;
        happened_ += item.counts;
        what();
        return true;
    }

    // Everything up to @when; time stands at @when behind it.
    void run_until(uint64_t when)
    {
        while (!queue_.empty() && queue_.front().when <= when)
            step();
        now_ = std::max(now_, when);
    }

    template <typename... Args> void trace(fmt::format_string<Args...> format, Args &&...args)
    {
        if (!tracing_)
            return;
        trace_ += fmt::format("{:>12.3f} ms  ", static_cast<double>(now_) / 1000);
        trace_ += fmt::format(format, std::forward<Args>(args)...);
        trace_ += '\n';
    }

    bool tracing() const { return tracing_; }
    const std::string &traced() const { return trace_; }

    template <typename... Args> [[noreturn]] void fail(fmt::format_string<Args...> format, Args &&...args)
    {
        std::string message = fmt::format(format, std::forward<Args>(args)...);

        trace("FAILED: {}", message);
        throw Failure(message);
    }

    Rng rng;

private:
    // What is to happen stays where it is; a queue of functions would move them about all the time.
    struct Item {
        uint64_t when;
        uint64_t order;
        uint32_t what;
        bool counts;
    };

    void put(uint64_t when, bool counts, std::function<void()> what)
    {
        if (free_.empty()) {
            free_.push_back(static_cast<uint32_t>(what_.size()));
            what_.emplace_back();
        }
        uint32_t place = free_.back();
        free_.pop_back();
        what_[place] = std::move(what);
        queue_.push_back({std::max(when, now_), next_++, place, counts});
        std::push_heap(queue_.begin(), queue_.end(), later);
    }

    static bool later(const Item &a, const Item &b) { return std::pair(a.when, a.order) > std::pair(b.when, b.order); }

    std::vector<Item> queue_;
    std::vector<std::function<void()>> what_;
    std::vector<uint32_t> free_;
    uint64_t now_ = 1;
    uint64_t next_ = 0;
    uint64_t happened_ = 0;
    bool tracing_;
    std::string trace_;
};

} // namespace sim

#endif
