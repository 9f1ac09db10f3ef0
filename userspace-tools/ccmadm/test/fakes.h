// SPDX-License-Identifier: GPL-2.0-only
// What stands around the tool, made of memory.
#pragma once

#include "app.h"
#include "clock.h"
#include "device.h"
#include "output.h"
#include "record_source.h"

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ccmadm::test {

ccm_record node_record(std::uint32_t stage = CCM_STAGE_INITRAMFS);
ccm_record partner_record(std::uint32_t id, std::uint32_t state, std::uint32_t stage = CCM_STAGE_UNKNOWN);
ccm_record down_record(std::uint32_t id, std::uint32_t reason);
ccm_record plain_record(std::uint32_t type); // SYNC, OVERFLOW, or something unknown
ccm_record removed_record(std::uint32_t id);
// One that is ready has ports and memory, any other has none.
ccm_record client_record(const char *name, std::uint32_t partner, std::uint32_t state,
                         std::uint32_t reason = CCM_CLIENT_NONE);

// This node, the partners and clients given, SYNC.
Batch present(std::vector<ccm_record> records);

class FakeClock final : public Clock {
public:
    Instant now() const override { return now_; }
    std::int64_t wallclock_ns() const override { return wallclock_ns_; }

    Instant now_{std::chrono::seconds(1000)};
    std::int64_t wallclock_ns_ = 1'700'000'000'000'000'000;
};

class StringOutput final : public Output {
public:
    void write(std::string_view text) override;
    void fail(State state, int number) { end(state, number); }

    std::string text;
    std::vector<std::string> writes;
};

// Gives one step after another. When they are used up, time passes to the deadline;
// without one a real read would wait for ever, so that is an error.
class MemorySource final : public RecordSource {
public:
    using Step = std::function<ReadResult()>;

    explicit MemorySource(FakeClock &clock) : clock_(clock) {}

    void give(Batch batch);
    void give(Step step) { steps_.push_back(std::move(step)); }
    ReadResult read(const Until &until) override;

private:
    FakeClock &clock_;
    std::deque<Step> steps_;
};

extern const char script_ended[];

struct ControlCalls {
    ccm_info info{};
    int info_errno = 0;
    int stage_errno = 0;
    int hold_errno = 0;
    std::vector<std::uint32_t> stages_held;
    ccm_peek peek{};
    int peek_errno = 0;
    bool panics_silently = false;
    std::vector<std::uint32_t> stages_set;
    std::vector<ccm_peek> peeks_asked;
};

class FakeControl final : public Control {
public:
    explicit FakeControl(ControlCalls &calls) : calls_(calls) {}
    int info(ccm_info &info) override;
    int set_stage(std::uint32_t stage) override;
    int hold_stage(std::uint32_t stage, int &fd) override;
    int peek(ccm_peek &peek) override;
    bool panics_silently() override { return calls_.panics_silently; }

private:
    ControlCalls &calls_;
};

// The whole program over a device in memory.
class Bench {
public:
    Bench();

    int run(std::vector<const char *> arguments);
    std::vector<nlohmann::json> lines() const;
    nlohmann::json object() const { return nlohmann::json::parse(output.text); }

    FakeClock clock;
    ControlCalls calls;
    std::unique_ptr<MemorySource> source;
    StringOutput output;
    StringOutput errors;
    std::string path; // that the program opened
};

} // namespace ccmadm::test
