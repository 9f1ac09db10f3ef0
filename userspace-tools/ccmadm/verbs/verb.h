// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "device.h"
#include "explain/survey.h"
#include "key_calls.h"
#include "node_info.h"
#include "output.h"
#include "partner_control.h"
#include "printer.h"
#include "result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ccmadm {

// What every verb works with.
struct Context {
    Device &device; // open and checked
    ccm_info info;  // what the check said
    Printer &printer;
    const Clock &clock;
    Output &errors; // for remarks; an Error is returned, not written here
};

Result<ExitCode> run_status(const Context &context);

struct WatchOptions {
    std::uint64_t count = 0; // changes after which it ends; 0: never
    bool until_sync = false;
};
Result<ExitCode> run_watch(const Context &context, const WatchOptions &options);

struct WaitOptions {
    std::vector<std::uint32_t> partners; // empty: all that are configured
    std::vector<std::string> clients;    // empty: it is about the partners themselves
    std::optional<std::chrono::nanoseconds> timeout;
    // Of the partners; of clients only READY, or DOWN: not ready.
    std::uint32_t state = CCM_STATE_READY;
    std::uint32_t stage = CCM_STAGE_UNKNOWN; // at least this one; UNKNOWN: any
};
Result<ExitCode> run_wait(const Context &context, const WaitOptions &options);

struct StageOptions {
    std::string name; // empty: print it
};
Result<ExitCode> run_stage(const Context &context, const StageOptions &options);

// A stage that a user may name, up to @last, or the error that names those there are.
Result<std::uint32_t> stage_named(std::string_view name, std::uint32_t last);

struct HoldOptions {
    std::string stage;
    std::vector<std::string> command; // and its arguments
};
// Does not return if the command could be run.
Result<ExitCode> run_hold(const Context &context, const HoldOptions &options);

struct FailoverOptions {
    std::uint32_t partner = 0; // 0: all that the monitor knows
    bool clear = false;
    std::string directory = "/sys/bus/ccm_failover/devices";
    std::string given_back = "/sys/module/ccm_fm/parameters/given_back";
};
Result<ExitCode> run_failover(const Context &context, const FailoverOptions &options);

// What the verbs about keys work with: they need no device.
struct KeyContext {
    KeyCalls &calls;
    Printer &printer;
    int input; // what `-` means
};

struct KeyOptions {
    std::vector<std::string> files; // to add; the one to generate
    std::string cluster;            // to generate for; empty: the module's
    std::uint32_t number = 0;       // to delete; to generate, 0: the next
    std::string parameters = "/sys/module/rdma_ccm/parameters";
};
Result<ExitCode> run_key_generate(const KeyContext &context, const KeyOptions &options);
Result<ExitCode> run_key_add(const KeyContext &context, const KeyOptions &options);
Result<ExitCode> run_key_list(const KeyContext &context, const KeyOptions &options);
Result<ExitCode> run_key_del(const KeyContext &context, const KeyOptions &options);

// What the verbs about partners work with.
struct PartnerContext {
    PartnerControl &control;
    Printer &printer;
};

struct PartnerOptions {
    std::uint32_t id = 0;
    std::vector<std::string> addresses; // to add, or to set
};
Result<ExitCode> run_partner_add(const PartnerContext &context, const PartnerOptions &options);
Result<ExitCode> run_partner_set(const PartnerContext &context, const PartnerOptions &options);
Result<ExitCode> run_partner_del(const PartnerContext &context, const PartnerOptions &options);
Result<ExitCode> run_partner_list(const PartnerContext &context, const PartnerOptions &options);

// What the verb about this node works with.
struct NodeContext {
    std::function<Result<NodeInfo>()> ask;
    Printer &printer;
};
Result<ExitCode> run_node(const NodeContext &context);

// What explains: it opens the device itself, since that may be what does not work.
struct ExplainContext {
    Surroundings from;
    Printer &printer;
};

Result<ExitCode> run_explain(const ExplainContext &context, const SurveyOptions &options);
// The survey's options have a partner.
Result<ExitCode> run_check(const ExplainContext &context, SurveyOptions options);

struct PeekOptions {
    std::uint32_t partner = 0;
    std::uint32_t timeout_ms = 1000;
};
Result<ExitCode> run_peek(const Context &context, const PeekOptions &options);

} // namespace ccmadm
