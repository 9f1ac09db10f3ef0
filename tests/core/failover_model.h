// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failover a second time, from the table in Documentation/failover.rst: what is known
 * of the partner is one "belief", and every deadline is a moment, not a span.
 */
#ifndef CCM_TESTS_CORE_FAILOVER_MODEL_H
#define CCM_TESTS_CORE_FAILOVER_MODEL_H

#include <optional>
#include <vector>

#include "ccm/core/failover.h"

class FailoverModel {
public:
    explicit FailoverModel(const ccm_failover_config &config) : config_(config) {}

    void step(u64 now, const ccm_failover_event &event);
    void status(u64 now, u32 state, u32 reason, u32 stage, u64 incarnation, bool certain = false, bool here = false);
    void timer(u64 now);
    void given_back(u64 now);

    u32 decision() const { return decision_; }
    u32 reason() const { return reason_; }
    u32 flags() const;
    u64 deadline() const;

private:
    enum class Belief { nothing, doubt, ready, between, suspect, gone };

    enum class Service { not_known, going_on, given_up };

    void serve(bool ready, u32 stage, u64 incarnation);
    void forgive(u64 now);
    void look(u64 now);
    void look_ready(u64 now);
    void look_away(u64 now);
    void doubt(u64 now, u32 why);
    void suspect(u64 now, u32 why);
    void gone(u64 now, u32 why);
    bool often(u64 now) const;

    ccm_failover_config config_;
    Belief belief_ = Belief::nothing;
    bool told_ = false;
    bool seen_ = false;
    u32 told_state_ = 0, told_reason_ = 0, stage_ = 0;
    u64 told_incarnation_ = 0, incarnation_ = 0;
    u32 decision_ = CCM_FM_NONE, reason_ = CCM_REASON_NONE;
    Service service_ = Service::not_known;
    std::optional<u64> server_;     /* the incarnation that served last */
    std::optional<u64> advised_to_; /* the incarnation that was given up */
    std::optional<u64> doubt_ends_;
    std::optional<u64> boot_ends_; /* also while the partner is away */
    u32 furthest_ = 0;
    bool certain_ = false, proven_ = false; /* as told; of the advice */
    bool here_ = false;                     /* as told */
    bool known_ = false;                    /* whether a takeover stands */
    std::optional<u64> suspect_ends_;
    u32 suspect_why_ = 0;
    std::vector<u64> takeovers_; /* since somebody has looked */
    bool flaps_ = false;
};

#endif
