// SPDX-License-Identifier: GPL-2.0-only
#include "liveness_model.h"

#include <algorithm>

LivenessModel::LivenessModel(u64 now_us, u64 detect_us, u64 incarnation)
    : detect_(detect_us), period_(detect_us / 4), incarnation_(incarnation), real_(now_us)
{
}

void LivenessModel::advance(u64 now_us)
{
    const u64 next = fair_ + (now_us - real_);
    fair_ = next - tick_ > 2 * period_ ? tick_ + period_ : next;
    real_ = now_us;
    /* What happened late in a stall happened no later than now. */
    heard_ = std::min(heard_, fair_);
    moved_ = std::min(moved_, fair_);
}

u32 LivenessModel::end(u32 reason)
{
    verdict_ = reason;
    return CCM_LIVENESS_VERDICT;
}

u32 LivenessModel::tick(u64 now_us)
{
    if (verdict_)
        return 0;
    advance(now_us);
    tick_ = fair_;
    return fair_ - heard_ >= detect_ ? end(CCM_REASON_UNREACHABLE) : 0;
}

u32 LivenessModel::read(u64 now_us, const std::optional<ccm_wire_status> &page)
{
    if (verdict_)
        return 0;
    advance(now_us);
    if (!page || page->incarnation != incarnation_)
        return end(CCM_REASON_REFUSED);
    if (page->uptime_ms < uptime_ms_)
        return end(CCM_REASON_RELOADED);
    uptime_ms_ = page->uptime_ms;

    const u32 stage = page->stage > 8 ? 0 : page->stage; /* a later version's: unknown */
    const bool leaving = page->flags & CCM_PAGE_LEAVING;
    u32 found = stage == stage_ && leaving == leaving_ ? 0 : CCM_LIVENESS_STAGE;
    stage_ = stage;
    leaving_ = leaving;
    heard_ = fair_;
    if (counter_ != page->counter)
        moved_ = fair_;
    counter_ = page->counter;

    if (page->flags & CCM_PAGE_PANIC)
        return found | end(CCM_REASON_PANICKED);
    if (page->flags & CCM_PAGE_SHUTDOWN)
        return found | end(CCM_REASON_SHUTDOWN);
    const u64 patience = std::max<u64>(detect_, 3000ULL * page->tick_ms);
    return fair_ - moved_ >= patience ? found | end(CCM_REASON_HUNG) : found;
}
