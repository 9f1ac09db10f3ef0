// SPDX-License-Identifier: GPL-2.0-only
/*
 * Liveness a second time, in "fair time": a clock that runs as real time does, except
 * that when ticks stay away for more than two periods it has run for one period only.
 * A deadline is then simply a difference of fair times.
 */
#ifndef CCM_TESTS_CORE_LIVENESS_MODEL_H
#define CCM_TESTS_CORE_LIVENESS_MODEL_H

#include <optional>

#include "ccm/core/liveness.h"

class LivenessModel {
public:
    LivenessModel(u64 now_us, u64 detect_us, u64 incarnation);

    /* What ccm_liveness_step() must return. */
    u32 tick(u64 now_us);
    u32 read(u64 now_us, const std::optional<ccm_wire_status> &page);

    u32 verdict() const { return verdict_; }

private:
    void advance(u64 now_us);
    u32 end(u32 reason);

    u64 detect_;
    u64 period_;
    u64 incarnation_;
    u64 real_;     /* time of the last event */
    u64 fair_ = 0; /* fair time of the last event */
    u64 tick_ = 0; /* fair times of ... */
    u64 heard_ = 0;
    u64 moved_ = 0;
    std::optional<u64> counter_;
    u32 stage_ = CCM_STAGE_UNKNOWN;
    u64 uptime_ms_ = 0; /* the highest that was read */
    bool leaving_ = false;
    u32 verdict_ = CCM_REASON_NONE;
};

#endif
