// SPDX-License-Identifier: GPL-2.0-only
// What stands against a takeover, for `ccmadm check`.
#include "explain/cause.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace ccmadm {

namespace {

using namespace std::string_view_literals;

bool session(const Case &c)
{
    return c.partner != nullptr && c.partner->record && c.partner->record->state == CCM_STATE_READY;
}

bool unknown_partner(const Case &c)
{
    return c.partner != nullptr && !c.partner->record;
}

bool no_session(const Case &c)
{
    return c.partner != nullptr && c.partner->record && !session(c);
}

bool own_stage(const Case &c)
{
    return c.node.stage != CCM_STAGE_RUNNING;
}

bool stage_unknown(const Case &c)
{
    return session(c) && c.partner->record->stage == CCM_STAGE_UNKNOWN;
}

bool not_serving(const Case &c)
{
    return session(c) && c.partner->record->stage != CCM_STAGE_UNKNOWN && c.partner->record->stage != CCM_STAGE_RUNNING;
}

bool no_monitor(const Case &c)
{
    return !c.node.monitor;
}

const FailoverFacts *failover_in(const Case &c)
{
    return c.node.monitor && c.partner != nullptr && c.partner->failover ? &*c.partner->failover : nullptr;
}

bool has_flag(const Case &c, std::string_view flag)
{
    const FailoverFacts *const failover = failover_in(c);
    return failover != nullptr &&
           std::find(failover->flags.begin(), failover->flags.end(), flag) != failover->flags.end();
}

bool unknown_to_monitor(const Case &c)
{
    return c.node.monitor && session(c) && failover_in(c) == nullptr;
}

bool flapping(const Case &c)
{
    return has_flag(c, "flapping") || (failover_in(c) != nullptr && failover_in(c)->decision == "flapping");
}

bool not_watched(const Case &c)
{
    return failover_in(c) != nullptr && !flapping(c) && !has_flag(c, "watched");
}

// A takeover was advised before: whoever followed it has not said that it is given back.
bool advised(const Case &c)
{
    return has_flag(c, "advised") && !flapping(c);
}

// One that is not explained by what stands above it
bool other_decision(const Case &c)
{
    constexpr std::string_view explained[] = {"partner-up", "booting-wait", "start-wait", "flapping",
                                              "giveback-possible"};
    return failover_in(c) != nullptr && session(c) && c.partner->record->stage == CCM_STAGE_RUNNING && !advised(c) &&
           std::find(std::begin(explained), std::end(explained), failover_in(c)->decision) == std::end(explained);
}

bool key_gone(const Case &c)
{
    return session(c) && c.node.auth == "psk" && c.node.keys && c.node.keys->empty();
}

bool panics_silently(const Case &c)
{
    return c.node.panics_silently;
}

bool older_version(const Case &c)
{
    return session(c) && c.partner->record->version != 0 && c.partner->record->version < c.node.version_max;
}

bool one_key(const Case &c)
{
    return session(c) && c.node.auth == "psk" && c.node.keys && c.node.keys->size() == 1;
}

bool no_auth(const Case &c)
{
    return session(c) && c.node.auth == "none";
}

constexpr Cause against[] = {
    {"unknown-partner"sv, About::takeover, unknown_partner, "Node {partner} is no partner of this node"sv,
     "configured are: {partners}"sv, "`ccmadm partner add {partner} ADDRESS`"sv, ""sv},
    {"not-ready"sv, About::takeover, no_session, "There is no session with the partner"sv,
     "the state is {state}[, the reason {reason}]"sv, "`ccmadm explain {partner}`"sv,
     "Its death would not be seen, and nothing of its memory is here."sv},
    {"own-stage"sv, About::takeover, own_stage, "This node does not serve itself"sv, "its boot stage is {own_stage}"sv,
     "when its storage OS serves: `ccmadm stage running`; a unit does that at each boot"sv,
     ":doc:`boot` has the units."sv},
    {"stage-unknown"sv, About::takeover, stage_unknown, "Whether the partner serves is not known"sv,
     "it is READY, and its boot stage is unknown: its module was loaded when it had booted already"sv,
     "on the partner, if it serves: `ccmadm stage running`"sv,
     "The failover monitor says ``cannot-tell`` until then."sv},
    {"not-serving"sv, About::takeover, not_serving, "The partner does not serve (yet, or any more)"sv,
     "its boot stage is {stage}"sv, "`ccmadm wait --partner {partner} --stage running`"sv,
     "There is nothing to take over from a partner that boots or stops."sv},
    {"no-monitor"sv, About::takeover, no_monitor, "The failover monitor is not loaded on this node"sv,
     "/sys/module/ccm_fm is not there"sv, "`modprobe ccm_fm`, in the initramfs as well"sv,
     "Nobody decides, and nobody remembers (:doc:`failover`)."sv},
    {"monitor-knows-nothing"sv, About::takeover, unknown_to_monitor, "The failover monitor does not know the partner"sv,
     "/sys/bus/ccm_failover/devices has no {partner}"sv, "`ccmadm failover`; `dmesg | grep ccm_fm`"sv, ""sv},
    {"flapping"sv, About::takeover, flapping, "The partner flaps: no takeover is advised by itself"sv,
     "the monitor's decision is {decision}, its flags are {flags}"sv,
     "find out why it comes and goes, `dmesg | grep ccm`; then say that you have looked: `ccmadm failover {partner} "
     "--clear`"sv,
     ""sv},
    {"advised"sv, About::takeover, advised, "A takeover was advised, and is not given back"sv,
     "the monitor's decision is {decision}, its flags are {flags}"sv,
     "if nothing of the partner is taken over (any more): `ccmadm failover {partner} --clear`"sv, ""sv},
    {"not-watched"sv, About::takeover, not_watched, "The monitor does not know what was before it was loaded"sv,
     "its flags for the partner are without watched: {flags}"sv,
     "if nothing of the partner is taken over: `ccmadm failover {partner} --clear`"sv,
     "The partner that boots hears *unknown*, and waits for somebody to say whether its disks are in use here."sv},
    {"decision"sv, About::takeover, other_decision, "The failover monitor sees something else in the way"sv,
     "its decision is {decision}"sv, "`ccmadm failover {partner}`"sv, ":doc:`failover` says what each means."sv},
    {"key-gone"sv, About::takeover, key_gone, "This node has no key any more"sv,
     "the session goes on, and the keyring has no key of the cluster {cluster}"sv, "`ccmadm key add FILE`"sv,
     "The next session would not begin: after a restart of either side there would be none."sv},
    {"panics-silently"sv, About::takeover, panics_silently, "A panic of this node would be noticed late"sv,
     "a crash kernel is loaded (/sys/kernel/kexec_crash_loaded), without crash_kexec_post_notifiers"sv,
     "put crash_kexec_post_notifiers on the kernel's command line; now: `echo Y "
     ">/sys/module/kernel/parameters/crash_kexec_post_notifiers`"sv,
     "It is about a takeover in the other direction: of this node, by the partner. Whether the partner hides its own "
     "panics only ``ccmadm check`` there can say."sv},

    {"older-version"sv, About::remark, older_version, "The partner's module is older"sv,
     "they speak version {session_version}, this module up to {version_max}"sv, "update it: `modinfo rdma_ccm` there"sv,
     ""sv},
    {"one-key"sv, About::remark, one_key, "There is one key only"sv, "key {keys} of the cluster {cluster}"sv,
     "before it is to be replaced: `ccmadm key generate FILE`, and `ccmadm key add FILE` on both"sv,
     "A session is not ended by a new key: the next one uses it (:doc:`keys`)."sv},
    {"no-authentication"sv, About::remark, no_auth, "Partners are not authenticated"sv, "auth=none"sv,
     "load the module with auth=psk on both: `ccmadm key generate FILE`"sv, ""sv},
};

} // namespace

std::span<const Cause> check_causes()
{
    return against;
}

} // namespace ccmadm
