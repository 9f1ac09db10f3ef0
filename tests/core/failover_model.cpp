// SPDX-License-Identifier: GPL-2.0-only
#include "failover_model.h"

#include <algorithm>
#include <set>

namespace {

constexpr u64 forever = ~0ULL;
const std::set<u32> proofs{CCM_REASON_HUNG, CCM_REASON_PANICKED, CCM_REASON_SHUTDOWN};
const std::set<u32> signs{CCM_REASON_UNREACHABLE, CCM_REASON_RESTARTED};
const std::set<u32> refusals{CCM_REASON_VERSION, CCM_REASON_REFUSED, CCM_REASON_DUPLICATE, CCM_REASON_ADDRESS,
                             CCM_REASON_MTU};
const std::set<u32> no_news{CCM_REASON_DEVICE, CCM_REASON_AUTHENTICATION};
const std::set<u32> last_words{CCM_REASON_SHUTDOWN, CCM_REASON_ADMIN, CCM_REASON_RELOADED};
const std::set<u32> unloaded{CCM_REASON_ADMIN, CCM_REASON_RELOADED};

} // namespace

u64 FailoverModel::deadline() const
{
    if (decision_ == CCM_FM_BOOTING_WAIT || decision_ == CCM_FM_PARTNER_STOPPING)
        return belief_ == Belief::ready && *boot_ends_ != forever ? *boot_ends_ : 0;
    if (decision_ == CCM_FM_FLAPPING)
        return 0;
    if (decision_ == CCM_FM_SUSPECT)
        return *suspect_ends_;
    return belief_ == Belief::doubt && doubt_ends_ ? *doubt_ends_ : 0;
}

u32 FailoverModel::flags() const
{
    if (decision_ == CCM_FM_NONE)
        return 0;
    u32 flags = seen_ ? 0 : CCM_FM_F_NEVER_SEEN;
    if (decision_ == CCM_FM_TAKEOVER_ADVISED && reason_ == CCM_REASON_UNREACHABLE)
        flags |= CCM_FM_F_PARTITION;
    if (decision_ == CCM_FM_TAKEOVER_ADVISED && service_ == Service::given_up && !later_word_ &&
        (reason_ == CCM_REASON_SHUTDOWN || reason_ == CCM_REASON_ADMIN ||
         (reason_ == CCM_REASON_UNREACHABLE && stage_ == CCM_STAGE_STOPPING)))
        flags |= CCM_FM_F_ORDERLY;
    if (decision_ == CCM_FM_TAKEOVER_ADVISED && proven_)
        flags |= CCM_FM_F_CERTAIN;
    if (known_)
        flags |= CCM_FM_F_WATCHED;
    if (flaps_)
        flags |= CCM_FM_F_FLAPPING;
    if (advised_to_)
        flags |= CCM_FM_F_ADVISED;
    if (advised_to_ && belief_ == Belief::ready && decision_ != CCM_FM_BOOT_STALLED && *advised_to_ == incarnation_)
        flags |= CCM_FM_F_SURVIVED;
    return flags;
}

void FailoverModel::step(u64 now, const ccm_failover_event &event)
{
    if (event.type == CCM_FAILOVER_STATUS)
        status(now, event.state, event.reason, event.stage, event.incarnation, event.certain, event.here);
    else if (event.type == CCM_FAILOVER_GIVEN_BACK)
        given_back(now);
    else
        timer(now); // whatever else comes, the time is looked at
}

void FailoverModel::status(u64 now, u32 state, u32 reason, u32 stage, u64 incarnation, bool certain, bool here)
{
    forgive(now);
    if (stage == CCM_STAGE_DUMPING) // of a kernel that nobody watches
        stage = CCM_STAGE_UNKNOWN;
    const bool ends = told_ && told_state_ == CCM_STATE_READY;
    if (state == CCM_STATE_READY || ends)
        later_word_ = false;
    else if (last_words.contains(reason) && (!told_ || reason != told_reason_))
        later_word_ = true;
    certain_ = certain;
    here_ = here;
    told_ = true;
    told_state_ = state;
    told_reason_ = reason;
    told_incarnation_ = incarnation;
    if (state == CCM_STATE_READY || (state == CCM_STATE_DOWN && stage)) {
        stage_ = stage;
        serve(state == CCM_STATE_READY, stage, incarnation);
    }
    look(now);
}

void FailoverModel::serve(bool ready, u32 stage, u64 incarnation)
{
    const bool lowered = stage != CCM_STAGE_RUNNING && stage != CCM_STAGE_UNKNOWN;
    const bool first_word = service_ == Service::not_known && stage == CCM_STAGE_STOPPING;

    if (stage == CCM_STAGE_RUNNING)
        service_ = Service::going_on;
    if (ready && stage == CCM_STAGE_RUNNING)
        server_ = incarnation;
    if (first_word || (lowered && server_ == incarnation))
        service_ = Service::given_up;
}

void FailoverModel::forgive(u64 now)
{
    const u64 late = CCM_FAILOVER_LATE_MS * 1000ULL;
    if (deadline() && now > deadline() + late)
        (belief_ == Belief::ready ? boot_ends_ : belief_ == Belief::suspect ? suspect_ends_ : doubt_ends_) = now + late;
}

void FailoverModel::timer(u64 now)
{
    forgive(now);
    look(now);
}

void FailoverModel::given_back(u64 now)
{
    forgive(now);
    if (belief_ == Belief::ready && stage_ == CCM_STAGE_RUNNING)
        advised_to_.reset();
    known_ |= !advised_to_;
    takeovers_.clear();
    flaps_ = false;
    look(now);
}

void FailoverModel::look(u64 now)
{
    if (!told_)
        return;
    if (told_state_ == CCM_STATE_READY)
        look_ready(now);
    else
        look_away(now);
}

void FailoverModel::look_ready(u64 now)
{
    const bool other = told_incarnation_ != incarnation_;
    const bool first_advice = decision_ != CCM_FM_TAKEOVER_ADVISED && decision_ != CCM_FM_BOOT_STALLED;
    belief_ = Belief::ready;
    doubt_ends_.reset();
    suspect_ends_.reset();
    seen_ = true;
    incarnation_ = told_incarnation_;
    reason_ = CCM_REASON_NONE;
    if (stage_ == CCM_STAGE_RUNNING) {
        boot_ends_.reset();
        decision_ = !advised_to_ ? CCM_FM_PARTNER_UP : flaps_ ? CCM_FM_FLAPPING : CCM_FM_GIVEBACK_POSSIBLE;
        return;
    }
    if (stage_ == CCM_STAGE_UNKNOWN) {
        boot_ends_.reset();
        decision_ = CCM_FM_CANNOT_TELL;
        return;
    }
    if (!boot_ends_ || other || stage_ > furthest_) {
        boot_ends_ = config_.boot_limit_us ? now + config_.boot_limit_us : forever;
        furthest_ = stage_;
    }
    if (now >= *boot_ends_) {
        if (first_advice)
            advised_to_ = incarnation_;
        known_ = true;
        decision_ = CCM_FM_BOOT_STALLED;
    } else {
        decision_ = stage_ == CCM_STAGE_STOPPING ? CCM_FM_PARTNER_STOPPING : CCM_FM_BOOTING_WAIT;
    }
}

/* As many as may be were advised in the time that counts. */
bool FailoverModel::often(u64 now) const
{
    const auto recent =
        std::count_if(takeovers_.begin(), takeovers_.end(), [&](u64 then) { return now < then + config_.flap_us; });
    return config_.flap_advices && recent >= config_.flap_advices;
}

void FailoverModel::suspect(u64 now, u32 why)
{
    if (!suspect_ends_)
        suspect_ends_ = now + config_.hold_us;
    suspect_why_ = why;
    if (certain_ || belief_ == Belief::gone || now >= *suspect_ends_) {
        if (belief_ == Belief::doubt) // not any more: it is known why it went
            belief_ = Belief::suspect;
        gone(now, why);
        return;
    }
    belief_ = Belief::suspect;
    decision_ = CCM_FM_SUSPECT;
    reason_ = why;
}

void FailoverModel::gone(u64 now, u32 why)
{
    if (decision_ != CCM_FM_TAKEOVER_ADVISED) {
        flaps_ |= often(now);
        if (flaps_ && !certain_) {
            if (belief_ != Belief::doubt)
                belief_ = Belief::suspect;
            decision_ = CCM_FM_FLAPPING;
            reason_ = why;
            return;
        }
        takeovers_.push_back(now);
    }
    proven_ = certain_;
    known_ = true;
    if (decision_ != CCM_FM_TAKEOVER_ADVISED && decision_ != CCM_FM_BOOT_STALLED)
        advised_to_ = incarnation_;
    belief_ = Belief::gone;
    decision_ = CCM_FM_TAKEOVER_ADVISED;
    reason_ = why;
}

void FailoverModel::doubt(u64 now, u32 why)
{
    belief_ = Belief::doubt;
    if (!doubt_ends_)
        doubt_ends_ = now + config_.start_limit_us;
    if (now >= *doubt_ends_) {
        gone(now, why);
        return;
    }
    decision_ = seen_ ? CCM_FM_CANNOT_TELL : CCM_FM_START_WAIT;
    reason_ = seen_ ? why : static_cast<u32>(CCM_REASON_NONE);
}

void FailoverModel::look_away(u64 now)
{
    const u32 why = told_reason_;
    const bool was_up = belief_ == Belief::ready || belief_ == Belief::between;
    const bool served = later_word_ || stage_ == CCM_STAGE_RUNNING || stage_ == CCM_STAGE_UNKNOWN;

    if (here_ && belief_ == Belief::gone)
        return;
    if (!here_ && (proofs.contains(why) || (unloaded.contains(why) && !served))) {
        suspect(now, why);
    } else if (here_ || refusals.contains(why) || unloaded.contains(why) ||
               (no_news.contains(why) && belief_ != Belief::gone)) {
        belief_ = Belief::doubt;
        doubt_ends_.reset();
        suspect_ends_.reset();
        decision_ = CCM_FM_CANNOT_TELL;
        reason_ = why;
    } else if (belief_ == Belief::gone) {
        if (why == CCM_REASON_RESTARTED)
            suspect(now, why);
    } else if (belief_ == Belief::suspect) {
        suspect(now, why == CCM_REASON_RESTARTED ? why : suspect_why_);
    } else if (signs.contains(why)) {
        if (was_up)
            suspect(now, why);
        else
            doubt(now, why);
    } else if (was_up) {
        belief_ = Belief::between;
    } else {
        doubt(now, CCM_REASON_UNREACHABLE);
    }
}
