// SPDX-License-Identifier: GPL-2.0-only
#include "truth.h"

#include <algorithm>
#include <iterator>

#include "cluster.h"
#include "../../ccm/core/names.h"
#include "../../ccm/core/reason.h"

namespace sim {

namespace {

constexpr uint64_t tick_us = 20000; // of the page's counter
constexpr uint64_t slack_us = 1000; // events wait for their turn
constexpr uint64_t peace_us = 300000;
constexpr uint64_t told_us = 800000; // work items may be busy, draining

size_t at(Deed deed)
{
    return static_cast<size_t>(deed);
}

// A counter that stands still for so long is "hung".
uint64_t still_us(uint32_t detect_ms)
{
    return std::max<uint64_t>(detect_ms * 1000ULL, 3 * tick_us);
}

bool telling(const ccm_session &s)
{
    return s.mail || s.links.table_due || s.links.catalog_due;
}

} // namespace

const char *deed_name(Deed deed)
{
    static const char *const names[] = {"loaded", "crashed", "gone", "frozen",   "shutdown", "admin", "device",
                                        "broken", "lost",    "slow", "stranger", "keys",     "other"};

    static_assert(std::size(names) == static_cast<size_t>(Deed::count));
    return names[at(deed)];
}

Truth::Truth(Cluster &cluster, uint32_t nodes)
    : c_(cluster), nodes_(nodes),
      plain_(!cluster.options.hosts && !cluster.options.versions && !cluster.options.outside &&
             !cluster.options.hostile && !cluster.options.failover),
      pairs_((nodes + 1) * (nodes + 1)), still_(nodes + 1), disturbed_(nodes + 1)
{
}

void Truth::did(Deed deed, uint32_t host, uint32_t partner)
{
    uint64_t &last = pair(host, partner).last[at(deed)];

    last = std::max(last, c_.world.now()); // what is slow on its way may be noted until later
    clients(host);
    if (partner)
        clients(partner);
}

void Truth::slow(uint32_t host, uint32_t partner, uint64_t until)
{
    uint64_t &last = pair(host, partner).last[at(Deed::slow)];

    last = std::max(last, until);
    disturbed_[host] = std::max(disturbed_[host], until);
    disturbed_[partner] = std::max(disturbed_[partner], until);
}

bool Truth::ever(Deed deed, uint32_t host, uint32_t partner, uint64_t since) const
{
    uint64_t when = pair(host, partner).last[at(deed)];

    return when && when >= since;
}

void Truth::loaded(uint32_t host, uint64_t incarnation)
{
    did(Deed::loaded, host);
    lives_[incarnation] = {host, false, false};
}

// Its module has gone, or its kernel has: whoever it was READY with is to notice.
void Truth::ended(uint32_t host, Deed how)
{
    did(how, host);
    for (auto &[incarnation, life] : lives_) {
        if (life.host != host)
            continue;
        life.module_over = true;
        life.kernel_over = life.kernel_over || how == Deed::crashed;
    }
    runs_again(host);
    dies(host, false);
}

void Truth::frozen(uint32_t host)
{
    did(Deed::frozen, host);
    still_[host].push_back({c_.world.now(), 0});
    dies(host, c_.hardware);
}

void Truth::runs_again(uint32_t host)
{
    if (still_[host].empty() || still_[host].back().to)
        return;
    did(Deed::frozen, host);
    still_[host].back().to = c_.world.now();
}

void Truth::thawed(uint32_t host)
{
    uint64_t beat = c_.detect_ms * 1000ULL / CCM_HEARTBEATS_PER_DETECT;

    runs_again(host);
    const Interval &slept = still_[host].back();
    // What it slept through it cannot have noticed, and its own stall is forgiven the others.
    for (Death &d : deaths_)
        if (d.host == host)
            d.allowance += slept.to - std::max(d.at, slept.from) + 2 * beat;
    std::erase_if(deaths_, [host](const Death &d) { return d.partner == host; });
}

void Truth::clients(uint32_t host)
{
    disturbed_[host] = std::max(disturbed_[host], c_.world.now());
}

void Truth::late(uint32_t host, uint64_t us)
{
    for (Death &d : deaths_)
        if (d.host == host)
            d.allowance += us;
}

void Truth::dies(uint32_t host, bool answers)
{
    for (auto &other : c_.hosts()) {
        Node *node = other.id == host ? nullptr : c_.node(other.id);

        if (!node)
            continue;
        const Partner &p = node->partners().at(host);
        if (!p.client_ready || !p.session.told_ready || !lives_.count(p.ready_incarnation) ||
            lives_.at(p.ready_incarnation).host != host)
            continue;
        if (p.liveness.verdict) // stopped, then without power: noticed, and the work item is busy
            continue;
        auto known = [&](const Death &d) { return d.host == other.id && d.partner == host; };
        std::erase_if(deaths_, [&](const Death &d) { return known(d) && d.answers; });
        if (std::none_of(deaths_.begin(), deaths_.end(), known))
            deaths_.push_back({other.id, node->epoch(), host, p.ready_incarnation, c_.world.now(), answers, 0});
    }
}

// A READ that was answered before the death may come in after it.
uint64_t Truth::heard(const Death &d) const
{
    Node &node = *c_.node(d.host);
    uint64_t heard_us = node.partners().at(d.partner).heard_us;
    uint64_t ago = heard_us ? node.clock() - heard_us : c_.world.now();

    return std::max(d.at, c_.world.now() - std::min(ago, c_.world.now()));
}

// How long it may take. Silence is seen by the first tick behind detect_ms; a counter that stands
// still by the first READ behind it, and only a READ can have seen it move last.
uint64_t Truth::bound(const Death &d) const
{
    uint64_t detect = c_.detect_ms * 1000ULL;
    uint64_t beat = detect / CCM_HEARTBEATS_PER_DETECT;

    if (d.answers)
        return still_us(c_.detect_ms) + tick_us + 2 * beat + 2 * slack_us + d.allowance;
    return detect + beat + slack_us + d.allowance;
}

void Truth::noticed(uint32_t host, uint32_t partner, uint64_t incarnation, bool node_verdict)
{
    for (const Death &d : deaths_) {
        if (d.host != host || d.partner != partner || d.incarnation != incarnation)
            continue;
        uint64_t from = d.answers ? d.at : heard(d);

        c_.result.deaths++;
        // by whatever else than silence it may be seen late, when the work item is busy
        if (plain_ && !d.answers && node_verdict)
            c_.result.detect =
                std::max(c_.result.detect, static_cast<double>(c_.world.now() - from) / static_cast<double>(bound(d)));
    }
    std::erase_if(deaths_, [&](const Death &d) { return d.host == host && d.partner == partner; });
}

bool Truth::disturbed_between(uint32_t a, uint32_t b, uint64_t since) const
{
    for (Deed d : {Deed::lost, Deed::slow, Deed::broken})
        if (ever(d, a, b, since) || ever(d, b, a, since))
            return true;
    return ever(Deed::device, a, 0, since) || ever(Deed::device, b, 0, since);
}

void Truth::verdict(uint32_t host, const Partner &p)
{
    noticed(host, p.id, p.ready_incarnation, true);
}

// Is any death overdue?
void Truth::look()
{
    std::erase_if(deaths_, [this](const Death &d) {
        Node *node = c_.node(d.host);

        if (!node || node->epoch() != d.epoch)
            return true;
        const Partner &p = node->partners().at(d.partner);
        if (!p.client_ready || !p.session.told_ready || p.ready_incarnation != d.incarnation)
            return true; // noticed otherwise, and being closed
        if (node->frozen())
            return false;
        // READs that are repeated, or slow, or that fail, see it later, or not at all.
        if (d.answers && disturbed_between(d.host, d.partner, d.at))
            return true;
        if (c_.world.now() > (d.answers ? d.at : heard(d)) + bound(d))
            c_.world.fail(
                "node {}: partner {} died {} us ago, was last heard {} us ago, and is missed after {} at most", d.host,
                d.partner, c_.world.now() - d.at, c_.world.now() - heard(d), bound(d));
        return false;
    });
}

bool Truth::panicked(uint32_t host) const
{
    return std::any_of(lives_.begin(), lives_.end(),
                       [&](const auto &life) { return life.second.host == host && c_.panicked.count(life.first); });
}

// Was it stopped for so long that a counter which stands still shows it? The tick before that
// may have been nearly over.
bool Truth::stood_still(uint32_t host, uint64_t since) const
{
    return std::any_of(still_[host].begin(), still_[host].end(), [&](const Interval &i) {
        uint64_t to = i.to ? i.to : c_.world.now();

        return to >= since && to - i.from + tick_us >= still_us(c_.detect_ms);
    });
}

// Why a reason is not what was done; or nothing
std::string Truth::why_not(uint32_t reason, uint32_t host, uint32_t partner, uint64_t incarnation, uint64_t since) const
{
    auto life = lives_.find(incarnation);
    bool over = life == lives_.end() || life->second.kernel_over;
    bool gone = life == lives_.end() || life->second.module_over;
    auto here = [&](Deed d) { return ever(d, host, 0, since); };
    auto there = [&](Deed d) { return ever(d, partner, 0, since); };
    auto between = [&](Deed d) { return ever(d, host, partner, since) || ever(d, partner, host, since); };
    auto still = [&](uint32_t who) { return !still_[who].empty() && !still_[who].back().to; };

    if (here(Deed::other) || there(Deed::other) || between(Deed::other))
        return {};
    switch (reason) {
    case CCM_REASON_UNREACHABLE:
        for (Deed d :
             {Deed::loaded, Deed::crashed, Deed::gone, Deed::frozen, Deed::shutdown, Deed::admin, Deed::device})
            if (there(d))
                return {};
        for (Deed d : {Deed::lost, Deed::slow, Deed::broken, Deed::admin})
            if (between(d))
                return {};
        if (here(Deed::frozen) || here(Deed::device) || still(host) || still(partner))
            return {};
        return "nothing has happened to it";
    case CCM_REASON_HUNG:
        return stood_still(partner, since) ? "" : "its kernel has run all the time";
    case CCM_REASON_PANICKED:
        return c_.panicked.count(incarnation) || (over && panicked(partner)) ? "" : "it has not";
    case CCM_REASON_RESTARTED:
        return over ? "" : "the kernel that was there runs on";
    case CCM_REASON_RELOADED:
        return gone ? "" : "its module is the one that was there";
    case CCM_REASON_SHUTDOWN:
        return here(Deed::shutdown) || there(Deed::shutdown) ? "" : "none of the two shuts down";
    case CCM_REASON_ADMIN:
        return here(Deed::admin) || there(Deed::admin) || between(Deed::admin) ? "" : "nobody has disabled anything";
    case CCM_REASON_DEVICE:
        return here(Deed::device) ? "" : "the device is there";
    case CCM_REASON_AUTHENTICATION:
        return here(Deed::keys) || there(Deed::keys) ? "" : "the keys are the same all the time";
    case CCM_REASON_VERSION:
        return here(Deed::stranger) ? "" : "all have the same version";
    case CCM_REASON_MTU:
        return between(Deed::lost) || between(Deed::slow) || still(partner) || there(Deed::frozen)
                   ? ""
                   : "frames of all sizes pass";
    default:
        return "nobody has done that";
    }
}

void Truth::step(uint32_t host, const Partner &p, const ccm_session &before, const ccm_session_actions &actions)
{
    Node &node = *c_.node(host);
    uint64_t &began = pair(host, p.id).began;

    if (plain_)
        look();
    if (node.dumping()) // nobody uses what a crash kernel says
        return;
    for (uint32_t i = 0; i < actions.count; i++) {
        const ccm_session_action &a = actions.list[i];
        bool down = a.type == CCM_ACT_DOWN;

        if (a.type == CCM_ACT_READY)
            began = c_.world.now() - std::min(c_.world.now(), node.clock() - p.session.conn.began_us + slack_us);
        if (!down && !(a.type == CCM_ACT_STATE && a.state == CCM_STATE_DOWN && a.reason != CCM_REASON_NONE))
            continue;
        if (!down && !before.told_ready && a.reason == CCM_REASON_UNREACHABLE)
            continue; // whom nobody has found says nothing of what was done to it
        // What is shown may be older than the last attempt: why the last session ended.
        uint64_t incarnation = down ? p.ready_incarnation : before.peer_incarnation;
        std::string wrong = why_not(a.reason, host, p.id, incarnation, down || before.told_ready ? began : 0);

        if (!wrong.empty() && plain_)
            c_.world.fail("node {}: partner {} {} {}: {}", host, p.id, down ? "is DOWN," : "shows",
                          ccm_reason_text(a.reason), wrong);
        if (!down)
            continue;
        auto life = lives_.find(incarnation);
        // whoever is a stranger has no life of which it is known
        if (ccm_reason_certain(a.reason) && !c_.options.hostile && life != lives_.end() && !life->second.kernel_over &&
            !c_.panicked.count(incarnation))
            c_.world.fail("node {}: partner {} is certainly gone, and it can still write", host, p.id);
        noticed(host, p.id, incarnation, false);
    }
}

// What @host should know of @partner's clients and links, and does not
std::string Truth::untold(Node &node, Node &other, uint32_t host, uint32_t partner) const
{
    const ccm_session_links &mine = node.partners().at(partner).session.links;
    const ccm_session_links &theirs = other.partners().at(host).session.links;

    if (mine.peer_catalog.count != other.clients().size())
        return "the number of its clients";
    for (const auto &client : other.clients())
        if (!ccm_catalog_find_instance(&mine.peer_catalog, client.instance))
            return fmt::format("its client {}", client.name);
    for (const auto &link : theirs.link) {
        if (!link.instance || !link.counterpart)
            continue;
        for (const auto &own : mine.link) {
            if (own.instance != link.counterpart || own.counterpart != link.instance || own.gone)
                continue;
            if (link.epoch > own.epoch ||
                (link.epoch == own.epoch && link.state >= CCM_LINK_OFFERED && own.peer_state != link.state &&
                 !(link.state == CCM_LINK_OPENING && own.peer_state == CCM_LINK_OFFERED) &&
                 !(link.state == CCM_LINK_UP && own.peer_state == CCM_LINK_OPENED)))
                return fmt::format("what its client {} has come to", link.entry.name);
        }
    }
    return {};
}

// A pair that is READY and that nothing happens to
void Truth::rest(uint32_t host, uint32_t partner)
{
    Node *node = c_.node(host);
    Node *other = c_.node(partner);
    Told &told = pair(host, partner).told;
    uint64_t now = c_.world.now();

    if (!plain_ || !node || !other || node->frozen() || other->frozen() || !node->listening || !other->listening)
        return;
    const Partner &mine = node->partners().at(partner);
    const Partner &theirs = other->partners().at(host);
    uint64_t disturbed = std::max({disturbed_[host], disturbed_[partner], mine.ready_since, theirs.ready_since});
    bool ready = mine.client_ready && theirs.client_ready && mine.ready_incarnation == other->incarnation() &&
                 theirs.ready_incarnation == node->incarnation() &&
                 mine.session.conn.peer_keys.nonce == theirs.session.conn.nonce;

    if (!ready || !telling(mine.session))
        told.since = 0;
    else if (!told.since)
        told.since = now;
    if (!ready || now < disturbed + peace_us) {
        told.checked = false;
        return;
    }
    if (telling(mine.session) && now > std::max(told.since, disturbed) + told_us)
        c_.world.fail("node {}: something is to be told to {}, and is not, {} us long", host, partner,
                      now - std::max(told.since, disturbed));
    bool looks = theirs.queued || mine.inbox & 1U << CCM_INBOX_CLIENTS; // at what waits
    if (told.checked || looks || telling(mine.session) || telling(theirs.session))
        return;
    told.checked = true;
    c_.result.calms++;
    std::string wrong = untold(*node, *other, host, partner);
    if (!wrong.empty())
        c_.world.fail("node {} does not know of {} in peace: {}", host, partner, wrong);
}

} // namespace sim
