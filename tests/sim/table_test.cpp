// SPDX-License-Identifier: GPL-2.0-only
// Every state with every event, with right and wrong data: what a row promises is kept,
// and it promises nothing that does not happen.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "checker.h"
#include "../../ccm/core/names.h"
#include "../../ccm/core/session_greet.h"
#include "machine.h"

namespace {

using sim::Bytes;
using sim::Happening;
using sim::Machine;

struct Variant {
    std::string name;
    Machine machine;
};

// Those that have a connection once more, with a candidate that has come as far as it can
void beside(std::vector<Variant> &list)
{
    size_t count = list.size();

    for (size_t i = 0; i < count; i++) {
        Variant v = list[i];
        Machine &m = v.machine;

        if (m.s.state < CCM_STATE_GREETING || v.name.find(" active") == std::string::npos)
            continue;
        v.name += ", candidate";
        // shortly before the session's own time is over
        if (uint64_t end = m.s.deadline_us ? m.s.deadline_us : m.s.catalog_taken_us)
            m.now = end - 200 * sim::ms;
        m.beside = true;
        uint64_t incarnation = std::exchange(m.peer_incarnation, 0xdeadU);
        uint64_t nonce = m.peer_nonce++;
        auto add = [&] {
            list.push_back(v);
            list.back().machine.beside = false;
            list.back().machine.peer_incarnation = incarnation;
            list.back().machine.peer_nonce = nonce;
        };
        m.step(m.request(1));
        add();
        m.step(m.established());
        add();
        if (!(m.s.conn.done & CCM_DONE_PROVEN))
            continue;
        for (const Happening &h : {m.keys(), m.status(), m.hello(), m.verified(), m.answer_ring(), m.answer()}) {
            if (h.event.type == CCM_SEV_VERIFIED) {
                if (!m.has(CCM_ACT_VERIFY))
                    continue;
                add();
            }
            m.step(h);
        }
        add();
    }
}

// Machines in every state, each driven there by events
std::vector<Variant> machines()
{
    std::vector<Variant> list;

    for (bool lower : {true, false}) {
        for (std::string way : {"", " iwarp", " psk"}) {
            bool iwarp = way == " iwarp", psk = way == " psk";
            Machine fresh = lower ? Machine(1, 2) : Machine(2, 1);
            if (psk)
                fresh.with_psk({1}, {1});
            Machine active = fresh, passive = fresh, m = fresh;
            std::string side = (lower ? "lower" : "higher") + way;
            auto add = [&](const char *name, const Machine &machine) { list.push_back({side + " " + name, machine}); };
            auto series = [&](const char *name, Machine at) {
                add(name, at.greet(iwarp));
                add(name, at.step(at.keys()));
                Machine quick = at;
                add(name, quick.step(quick.hello()));
                if (psk)
                    add(name, quick.step(quick.verified()));
                add(name, at.step(at.status()));
                add(name, at.step(at.answer_ring()));
                Machine answered = at;
                add(name, answered.step(answered.answer()));
                if (psk)
                    add(name, answered.step(answered.hello()));
                add(name, at.step(at.hello()));
                if (psk)
                    add(name, at.step(at.verified()));
                Machine early = at;
                add(name, early.step(early.catalog()));
                add(name, early.step(early.ready())); // R2 comes last
                add(name, at.step(at.answer()));
                early = at;
                add(name, early.step(early.ready()));
                add(name, at.step(at.catalog()));
                add(name, at.step(at.ready()));
                add(name, at.step(at.simple(CCM_SEV_WORD)));
            };

            Machine c = fresh;
            c.step(c.clients({sim::entry("log", 1, 100, 50), sim::entry("lock", 2)}));
            c.peer_clients = {sim::entry("log", 7, 50, 100)};
            add("clients", c);
            c.start().greet(iwarp);
            c.step(c.keys());
            add("clients", c.to(CCM_STATE_NEGOTIATING));
            Machine ahead = c;
            add("partner ahead", ahead.step(ahead.ready()));
            for (bool ready : {false, true}) {
                m = ready ? ahead : c;
                add("preparing", m.step(m.catalog()));
                Machine failed = m;
                add("retrying", failed.step(failed.failed(0, CCM_CLIENT_LIMIT)));
                add("offered", m.step(m.prepared(0)));
                add("opening", m.step(m.links({m.slot(0, CCM_LINK_OFFERED)})));
                Machine theirs = m;
                add("partner opened", theirs.step(theirs.links({theirs.slot(0, CCM_LINK_OPENED)})));
                add("opened", m.step(m.opened(0)));
                add("up", m.take().step(m.links({m.slot(0, CCM_LINK_OPENED)})));
            }

            if (psk) {
                m = fresh;
                m.step(m.psk({}));
                add("without a key", m);
                add("without a key, waiting", m.start());
                m = fresh;
                add("key lost", m.start().step(m.psk({})));
                add("key lost, failed", m.fail());
            }
            m = fresh;
            add("new", fresh);
            add("connecting", active.start());
            series("active", active);
            add("kicked", m.start().step(m.simple(CCM_SEV_PATH_UP)));
            m = active;
            add("early keys", m.step(m.keys()));
            m = active;
            add("failed", m.fail());
            m = active;
            add("crossed", m.step(m.rejected(CCM_REJECT_CROSSED)));
            m = active;
            add("crossing", m.step(m.request(1)));
            passive.passive();
            add("accepting", passive);
            series("passive", passive);
            m = passive;
            add("accepting, kicked", m.step(m.simple(CCM_SEV_PATH_UP)));
            if (lower && !iwarp)
                beside(list);
            m = active;
            add("stopped", m.step(m.simple(CCM_SEV_STOP, CCM_REASON_ADMIN)));
        }
    }
    return list;
}

// Everything that may happen to a machine, right and wrong
std::vector<Happening> happenings(Machine &m)
{
    uint64_t sequence = m.peer_sequence; // each of them is the next table, or nothing
    std::vector<Happening> list;
    auto add = [&](Happening h) { list.push_back(std::move(h)); };
    auto spoiled = [&](Happening h) {
        Happening other;

        if (h.event.conn && h.event.type != CCM_SEV_REQUEST) {
            other = h;
            other.event.conn += 2;
            add(other);
        }
        for (size_t len : {size_t(0), size_t(7), size_t(8), h.data.size() - 1}) {
            if (len >= h.data.size())
                continue;
            other = h;
            other.data.resize(len);
            add(other);
        }
        for (size_t at = 0; at < h.data.size(); at += 2) {
            other = h;
            other.data[at] ^= 0x81;
            add(other);
        }
        add(std::move(h));
    };

    add(m.simple(CCM_SEV_START));
    add(m.simple(CCM_SEV_PATH_UP));
    add(m.simple(CCM_SEV_TIMER));
    for (uint32_t reason = 0; reason <= CCM_REASON_COUNT; reason++) {
        add(m.simple(CCM_SEV_STOP, reason));
        add(m.simple(CCM_SEV_VERDICT, reason));
        spoiled(m.goodbye(reason));
    }
    spoiled(m.request(1));
    spoiled(m.request(100));
    spoiled(m.request(1, 0xdead));
    spoiled(m.established(false));
    spoiled(m.established(true));
    for (uint32_t status = 0; status <= CCM_CM_OTHER + 1; status++) {
        add(m.simple(CCM_SEV_FAILED, 0, status));
        add(m.simple(CCM_SEV_REJECTED, 0, status));
    }
    for (uint32_t code = 0; code <= CCM_REJECT_COUNT; code++)
        spoiled(m.rejected(code));
    for (auto type : {CCM_SEV_DISCONNECTED, CCM_SEV_ERROR, CCM_SEV_DEVICE_GONE, CCM_SEV_ALIVE, CCM_SEV_WORD})
        spoiled(m.simple(type));
    spoiled(m.keys());
    spoiled(m.status());
    spoiled(m.answer());
    for (uint32_t code = 0; code <= CCM_ANSWER_COUNT; code++)
        spoiled(m.answer([code](auto &a) { a.code = code; }));
    spoiled(m.hello());
    spoiled(m.answer_ring());
    spoiled(m.catalog());
    spoiled(m.ready());
    if (m.s.links.link[0].counterpart) {
        for (uint32_t state = 0; state < CCM_LINK_STATE_COUNT; state++)
            spoiled(m.links({m.slot(0, state)}));
        ccm_link_slot next = m.slot(0, CCM_LINK_IDLE);
        next.epoch++;
        add(m.links({next}));
        ccm_link_slot left = m.slot(0, CCM_LINK_WAITING);
        left.reason = CCM_CLIENT_LEFT;
        add(m.links({left}));
    }
    m.peer_sequence = sequence;
    add(m.taken(CCM_RING_CATALOG_TAKEN));
    add(m.taken(CCM_RING_LINKS_TAKEN));
    for (uint64_t generation : {0, 2}) {
        spoiled(m.catalog([generation](auto &c) { c.generation = generation; }));
        spoiled(m.catalog([generation](auto &c) {
            c.generation = generation;
            c.entries[0] = sim::entry("log", 8, 1, 100);
            c.count = 1;
        }));
    }
    add(m.clients({}));
    add(m.clients({sim::entry("log", 1, 100, 50)}));
    add(m.clients({sim::entry("lock", 2), sim::entry("log", 3, 100, 50)}));
    for (uint32_t index : {0U, 1U, 63U, 64U}) {
        Happening of_link = m.prepared(index % CCM_CLIENTS_MAX);

        of_link.event.link = index;
        for (auto type : {CCM_SEV_LINK_PREPARED, CCM_SEV_LINK_OPENED, CCM_SEV_LINK_FAILED}) {
            of_link.event.type = type;
            of_link.event.reason = CCM_CLIENT_CONNECT;
            add(of_link);
            Happening other = of_link;
            other.event.epoch++;
            add(other);
        }
    }
    add(m.psk({}));
    add(m.psk({1}));
    add(m.verified());
    add(m.verified(false));
    for (uint32_t kind : {0U, static_cast<uint32_t>(CCM_RING_COUNT), 255U})
        add(m.simple(CCM_SEV_RING, 0, kind));
    add(m.simple(CCM_SEV_READ_DONE, 0, 77));
    return list;
}

TEST(Table, HasOneRowForEachPairInOrder)
{
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);

    ASSERT_EQ(count, uint32_t{CCM_STATE_COUNT} * uint32_t{CCM_SEV_COUNT});
    for (uint32_t i = 0; i < count; i++) {
        EXPECT_EQ(rows[i].state, i / CCM_SEV_COUNT);
        EXPECT_EQ(rows[i].event, i % CCM_SEV_COUNT);
        EXPECT_NE(rows[i].next, 0U);
        EXPECT_EQ(rows[i].next >> CCM_STATE_COUNT, 0U);
        EXPECT_GT(std::string(rows[i].text).size(), 5U);
        if (!rows[i].handle) {
            EXPECT_EQ(rows[i].next, 1U << rows[i].state) << "row " << i;
        }
    }
}

// What can bring what a session waits for, from the time when it waits for anything
TEST(Table, AdvancesWhereThereMayBeNews)
{
    // ... and what ends a session: its candidate may have come far
    const std::set<uint32_t> news = {CCM_SEV_READ_DONE,    CCM_SEV_RING,        CCM_SEV_TIMER,       CCM_SEV_CLIENTS,
                                     CCM_SEV_LINK_OPENED,  CCM_SEV_LINK_FAILED, CCM_SEV_REJECTED,    CCM_SEV_FAILED,
                                     CCM_SEV_DISCONNECTED, CCM_SEV_ERROR,       CCM_SEV_DEVICE_GONE, CCM_SEV_MESSAGE,
                                     CCM_SEV_VERDICT,      CCM_SEV_VERIFIED};
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);

    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(rows[i].advance, rows[i].handle && news.count(rows[i].event) && rows[i].state >= CCM_STATE_GREETING)
            << ccm_state_name(rows[i].state) << " x " << ccm_session_event_name(rows[i].event);
}

// When a step is over, the session has gone on as far as it can: no row that does not
// advance would have had to.
void expect_no_further(const Machine &m, const Happening &h)
{
    ccm_session s = m.s;
    ccm_session_actions actions;

    actions.count = 0;
    ccm_session_advance(&s, m.now, &h.event, &actions);
    EXPECT_EQ(actions.count, 0U) << ccm_session_event_name(h.event.type);
    EXPECT_EQ(s.state, m.s.state) << ccm_session_event_name(h.event.type);
}

TEST(Table, NamesEverything)
{
    std::set<std::string> names;

    for (uint32_t i = 0; i < CCM_SEV_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_session_event_name(i)).second) << i;
    names.clear();
    for (uint32_t i = 0; i < CCM_ACT_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_session_action_name(i)).second) << i;
    names.clear();
    for (uint32_t i = 0; i < CCM_STATE_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_state_name(i)).second) << i;
    names.clear();
    for (uint32_t i = 0; i < CCM_REASON_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_reason_text(i)).second) << i;
    names.clear();
    for (uint32_t i = 0; i < CCM_STAGE_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_stage_name(i)).second) << i;
    EXPECT_EQ(names.count("?"), 0U);
    names.clear();
    for (uint32_t i = 0; i < CCM_RING_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_ring_name(i)).second) << i;
    names.clear();
    for (uint32_t i = 0; i < CCM_LINK_STATE_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_link_state_name(i)).second) << i;
    EXPECT_EQ(names.count("?"), 0U);
    names.clear();
    for (uint32_t i = 0; i < CCM_LINK_ACT_COUNT; i++)
        EXPECT_TRUE(names.insert(ccm_link_act_name(i)).second) << i;
    EXPECT_EQ(names.count("?"), 0U);
    EXPECT_STREQ(ccm_link_act_name(CCM_LINK_ACT_COUNT), "?");
    EXPECT_STREQ(ccm_ring_name(CCM_RING_COUNT), "?");
    EXPECT_STREQ(ccm_link_state_name(CCM_LINK_STATE_COUNT), "?");
    EXPECT_STREQ(ccm_session_event_name(CCM_SEV_COUNT), "?");
    EXPECT_STREQ(ccm_session_action_name(CCM_ACT_COUNT), "?");
    EXPECT_STREQ(ccm_state_name(CCM_STATE_COUNT), "?");
    EXPECT_STREQ(ccm_reason_text(CCM_REASON_COUNT), "?");
    EXPECT_STREQ(ccm_stage_name(CCM_STAGE_COUNT), "?");
}

// What user space shows; ccmadm has the same words.
TEST(Table, ClientsAreShownInTheseWords)
{
    const char *const states[] = {"gone", "waiting", "incompatible", "opening", "ready"};
    const char *const reasons[] = {"none",   "no-session", "no-counterpart", "version", "ports",
                                   "memory", "limit",      "resources",      "connect", "port-lost",
                                   "left",   "other",      "client",         "timeout"};

    ASSERT_EQ(std::size(states), size_t{CCM_CLIENT_STATE_COUNT});
    ASSERT_EQ(std::size(reasons), size_t{CCM_CLIENT_REASON_COUNT});
    for (uint32_t i = 0; i < CCM_CLIENT_STATE_COUNT; i++)
        EXPECT_STREQ(ccm_client_state_text(i), states[i]);
    for (uint32_t i = 0; i < CCM_CLIENT_REASON_COUNT; i++)
        EXPECT_STREQ(ccm_client_reason_text(i), reasons[i]);
    EXPECT_STREQ(ccm_client_state_text(CCM_CLIENT_STATE_COUNT), "?");
    EXPECT_STREQ(ccm_client_reason_text(CCM_CLIENT_REASON_COUNT), "?");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_MAIL, CCM_RING_CATALOG), "W2");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_MAIL, CCM_RING_LINKS), "links");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_RING, CCM_RING_LINKS_TAKEN), "links taken");
}

TEST(Table, EveryEventInEveryState)
{
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> seen;
    size_t steps = 0;

    for (auto &[name, base] : machines()) {
        ASSERT_EQ(base.wrong, "") << name;
        for (Happening &h : happenings(base)) {
            // at once, when no candidate is over yet, when the gate of OPENING is, when everything is
            for (uint64_t late : {uint64_t(0), uint64_t(300000), uint64_t(1100000), uint64_t(10000000)}) {
                if (late && late < 10000000 && h.event.type != CCM_SEV_TIMER)
                    continue;
                Machine m = base;
                uint32_t from = m.s.state;

                m.now += 1 + late;
                m.step(h);
                ASSERT_EQ(m.wrong, "") << name;
                // Only time makes a difference by itself: that is the TIMER's.
                if (!late)
                    expect_no_further(m, h);
                // The rows are about events of the session's own connection.
                if (h.event.type < CCM_SEV_ESTABLISHED || h.event.type > CCM_SEV_WORD || h.event.conn == base.s.conn.id)
                    seen[{from, h.event.type}] |= 1U << m.s.state;
                steps++;
            }
        }
    }
    RecordProperty("steps", static_cast<int>(steps));
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ((seen[{rows[i].state, rows[i].event}]), rows[i].next)
            << ccm_state_name(rows[i].state) << " x " << ccm_session_event_name(rows[i].event);
}

// Whatever random events come, in any order: the machine stays whole.
TEST(Table, RandomWalks)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        sim::Rng rng(seed);
        Machine m = rng.permille(500) ? Machine(1, 2) : Machine(2, 1);

        for (int i = 0; i < 40; i++) {
            std::vector<Happening> all = happenings(m);

            m.random = rng.next();
            m.now += rng.permille(300) ? 3000000 : rng.below(100000) + 1;
            if (rng.permille(400) && m.s.enabled)
                m.to(static_cast<ccm_state>(rng.below(CCM_STATE_COUNT)));
            m.step(all[rng.below(all.size())]);
            ASSERT_EQ(m.wrong, "") << "seed " << seed;
        }
    }
}

TEST(Table, UnknownEventsAreIgnored)
{
    Machine m;
    Happening h;

    m.start();
    h.event.type = CCM_SEV_COUNT;
    ccm_session_actions actions;
    actions.count = 5;
    ccm_session_step(&m.s, m.now, &h.event, &actions);
    EXPECT_EQ(actions.count, 0U);
    EXPECT_EQ(m.s.state, static_cast<uint32_t>(CCM_STATE_CONNECTING));
    // nor is there a row for a state that is none
    h = m.simple(CCM_SEV_START);
    m.s.state = CCM_STATE_COUNT;
    m.s.enabled = false;
    ccm_session_step(&m.s, m.now, &h.event, &actions);
    EXPECT_EQ(actions.count, 0U);
    EXPECT_FALSE(m.s.enabled);
}

} // namespace
