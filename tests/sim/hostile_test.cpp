// SPDX-License-Identifier: GPL-2.0-only
// A partner that lies in its catalogs and tables: the session ends, and nothing else.
#include <cstring>

#include <gtest/gtest.h>

#include "../../ccm/core/names.h"
#include "machine.h"

namespace {

using sim::Bytes;
using sim::Happening;
using sim::Machine;
using sim::Slots;
using sim::entry;
using sim::u;

void put(Bytes &bytes, size_t at, size_t width, uint64_t value)
{
    for (size_t i = 0; i < width; i++, value >>= 8)
        bytes.at(at + i) = static_cast<uint8_t>(value);
}

// It was refused: the partner is told so, and what was open is closed.
void expect_refused(const Machine &m, const std::string &what)
{
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN)) << what;
    EXPECT_EQ(m.s.reason, u(CCM_REASON_REFUSED)) << what;
    EXPECT_TRUE(m.has(CCM_ACT_CLOSE)) << what;
    ASSERT_TRUE(m.has(CCM_ACT_WRITE)) << what;
    EXPECT_EQ(m.find(CCM_ACT_WRITE)->what, u(CCM_RING_GOODBYE)) << what;
    EXPECT_EQ(m.link(0), "WAITING 0 no-session") << what;
    EXPECT_EQ(m.done(), "") << what;
    EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * 1000 * 3 / 4) << what;
    EXPECT_EQ(m.wrong, "") << what;
}

Machine with_client(uint32_t node = 1)
{
    Machine m = node == 1 ? Machine{1, 2} : Machine{2, 1};

    m.step(m.clients({entry("log", 1, 100, 50)}));
    m.peer_clients = {entry("log", 7, 50, 100), entry("lock", 8)};
    return m;
}

// The states in which a catalog or a table may come
std::vector<std::pair<std::string, Machine>> listeners()
{
    std::vector<std::pair<std::string, Machine>> list;
    Machine m = with_client();

    m.start().to(CCM_STATE_OPENING);
    list.emplace_back("preparing", m);
    m.step(m.prepared(0));
    list.emplace_back("offered", m);
    m.step(m.links({m.slot(0, CCM_LINK_OFFERED)}));
    list.emplace_back("opening", m);
    m.step(m.opened(0)).take();
    list.emplace_back("opened", m);
    m.step(m.links({m.slot(0, CCM_LINK_OPENED)}));
    list.emplace_back("up", m);
    m.step(m.ready());
    list.emplace_back("ready", m);
    m.step(m.failed(0, CCM_CLIENT_PORT_LOST));
    list.emplace_back("idle", m);
    return list;
}

using Spoil = std::function<void(Bytes &)>;

TEST(Hostile, MalformedCatalogs)
{
    constexpr size_t second = CCM_CATALOG_HEADER_LEN + CCM_CATALOG_ENTRY_LEN;
    const std::pair<const char *, Spoil> spoils[] = {
        {"empty", [](Bytes &b) { b.clear(); }},
        {"cut off", [](Bytes &b) { b.resize(b.size() - 1); }},
        {"too short a length", [](Bytes &b) { put(b, 6, 2, b.size() - 1); }},
        {"magic", [](Bytes &b) { b[0]++; }},
        {"type", [](Bytes &b) { b[4] = CCM_WIRE_LINKS; }},
        {"generation 0", [](Bytes &b) { put(b, 8, 8, 0); }},
        {"nonce 0", [](Bytes &b) { put(b, 16, 8, 0); }},
        {"nonce of another session", [](Bytes &b) { b[16]++; }},
        {"more than it holds", [](Bytes &b) { put(b, 24, 4, 3); }},
        {"more than there can be", [](Bytes &b) { put(b, 24, 4, CCM_CLIENTS_MAX + 1); }},
        {"as many as a u32", [](Bytes &b) { put(b, 24, 4, 0xffffffff); }},
        {"a count whose length wraps", [](Bytes &b) { put(b, 24, 4, 0x33333334); }},
        {"name without an end", [](Bytes &b) { std::memset(&b[second], 'x', 32); }},
        {"empty name", [](Bytes &b) { b[second] = 0; }},
        {"name with a blank", [](Bytes &b) { b[second + 1] = ' '; }},
        {"name with an escape", [](Bytes &b) { b[second] = 0x1b; }},
        {"name beyond ASCII", [](Bytes &b) { b[second] = 0xe4; }},
        {"name twice", [](Bytes &b) { std::memcpy(&b[second], "log\0", 4); }},
        {"instance twice", [](Bytes &b) { put(b, second + 56, 8, 7); }},
        {"instance 0", [](Bytes &b) { put(b, second + 56, 8, 0); }},
        {"version 0", [](Bytes &b) { put(b, second + 32, 2, 0); }},
        {"versions upside down", [](Bytes &b) { put(b, second + 32, 2, 2); }},
        {"no ports", [](Bytes &b) { put(b, second + 36, 2, 0); }},
        {"ports upside down", [](Bytes &b) { put(b, second + 36, 2, 5); }},
        {"too many ports", [](Bytes &b) { put(b, second + 38, 2, CCM_CLIENT_PORTS_MAX + 1); }},
        {"as many ports as a u16", [](Bytes &b) { put(b, second + 38, 2, 0xffff); }},
    };

    for (auto &[what, spoil] : spoils) {
        Machine first = with_client();

        first.start().to(CCM_STATE_NEGOTIATING);
        Happening h = first.catalog();
        spoil(h.data);
        first.step(h);
        expect_refused(first, what);
        for (auto &[state, base] : listeners()) {
            Machine m = base;

            m.peer_generation = 2;
            Happening later = m.catalog();
            spoil(later.data);
            m.step(later);
            expect_refused(m, std::string(what) + ", " + state);
        }
    }
}

TEST(Hostile, CatalogsThatContradict)
{
    const std::pair<const char *, std::function<void(ccm_catalog &)>> tweaks[] = {
        {"generation goes back", [](auto &c) { c.generation = 4; }},
        {"other content, same generation", [](auto &c) { c.count = 1; }},
        {"one more, same generation",
         [](auto &c) {
             c.entries[2] = c.entries[1];
             c.entries[2].instance = 9;
             c.entries[2].name[0] = 'x';
             c.count = 3;
         }},
        {"another ask",
         [](auto &c) {
             c.generation = 6;
             c.entries[0].ask++;
         }},
        {"another give",
         [](auto &c) {
             c.generation = 6;
             c.entries[0].give++;
         }},
        {"another name",
         [](auto &c) {
             c.generation = 6;
             c.entries[0].name[0] = 'x';
         }},
        {"other versions",
         [](auto &c) {
             c.generation = 6;
             c.entries[0].version_max = 2;
         }},
        {"other ports",
         [](auto &c) {
             c.generation = 6;
             c.entries[0].ports_max = 3;
         }},
    };

    for (auto &[what, tweak] : tweaks) {
        for (auto &[state, base] : listeners()) {
            Machine m = base;

            if (m.s.conn.done & CCM_DONE_READY_SENT) {
                m.peer_generation = 5;
                m.step(m.catalog());
                ASSERT_NE(m.s.state, u(CCM_STATE_DOWN));
            } else {
                m.peer_generation = 1;
            }
            Happening h = m.catalog(tweak);
            if (m.peer_generation == 1 && m.s.links.peer_catalog.generation == 1 &&
                std::string(what) == "generation goes back")
                continue; // 4 is above 1, and too early: below
            m.step(h);
            expect_refused(m, std::string(what) + ", " + state);
        }
    }
}

// The partner is not READY before my W3: it cannot have another catalog.
TEST(Hostile, ASecondCatalogBeforeReady)
{
    Machine m = with_client();

    m.start().to(CCM_STATE_OPENING);
    ASSERT_FALSE(m.s.conn.done & CCM_DONE_READY_SENT);
    m.step(m.catalog()); // the same once more is a ring that came twice
    EXPECT_EQ(m.out.count, 0U);
    m.peer_generation = 2;
    m.step(m.catalog());
    expect_refused(m, "second catalog");
}

TEST(Hostile, SizesNear2To64)
{
    const uint64_t sizes[] = {~0ULL, ~0ULL - 1, 1ULL << 63, 1ULL << 40};

    for (uint64_t size : sizes) {
        Machine m = with_client();

        // It asks for more than is given, and that is all that comes of it.
        m.peer_clients = {entry("log", 7, size, size)};
        m.start().to(CCM_STATE_OPENING);
        EXPECT_EQ(m.link(0), "REFUSED 0 memory");
        EXPECT_EQ(m.done(), "");
        EXPECT_EQ(m.s.links.link[0].plan.give, 0U);
        EXPECT_EQ(m.wrong, "");
        // It gives more than there is: no more is taken than is asked for.
        Machine rich = with_client();
        rich.peer_clients = {entry("log", 7, 50, size)};
        rich.start().to(CCM_STATE_OPENING);
        EXPECT_EQ(rich.s.links.link[0].plan.take, 100U);
        EXPECT_EQ(rich.s.links.link[0].plan.give, 50U);
        rich.open(0);
        EXPECT_EQ(rich.link(0), "UP 1 none");
        EXPECT_EQ(rich.wrong, "");
    }
}

TEST(Hostile, MalformedTables)
{
    constexpr size_t slot = CCM_LINKS_HEADER_LEN;
    const std::pair<const char *, Spoil> spoils[] = {
        {"empty", [](Bytes &b) { b.clear(); }},
        {"cut off", [](Bytes &b) { b.resize(b.size() - 1); }},
        {"too short a length", [](Bytes &b) { put(b, 6, 2, b.size() - 1); }},
        {"type", [](Bytes &b) { b[4] = CCM_WIRE_CATALOG; }},
        {"nonce 0", [](Bytes &b) { put(b, 8, 8, 0); }},
        {"nonce of another session", [](Bytes &b) { b[8]++; }},
        {"sequence 0", [](Bytes &b) { put(b, 16, 8, 0); }},
        {"more than it holds", [](Bytes &b) { put(b, 24, 4, 2); }},
        {"more than there can be", [](Bytes &b) { put(b, 24, 4, CCM_CLIENTS_MAX + 1); }},
        {"as many as a u32", [](Bytes &b) { put(b, 24, 4, 0xffffffff); }},
        {"a count whose length wraps", [](Bytes &b) { put(b, 24, 4, 0x04000000); }},
        {"a state that there is not", [](Bytes &b) { put(b, slot + 20, 2, CCM_LINK_STATE_COUNT); }},
        {"epoch 0", [](Bytes &b) { put(b, slot + 16, 4, 0); }},
        {"the last epoch", [](Bytes &b) { put(b, slot + 16, 4, 0xffffffff); }},
        {"an epoch that jumps", [](Bytes &b) { put(b, slot + 16, 4, 3 + CCM_LINK_EPOCH_JUMP); }},
        {"more bytes", [](Bytes &b) { put(b, slot + 40, 8, 101); }},
        {"fewer bytes", [](Bytes &b) { put(b, slot + 40, 8, 99); }},
        {"2^64 bytes", [](Bytes &b) { put(b, slot + 40, 8, ~0ULL); }},
        {"bytes without chunks", [](Bytes &b) { put(b, slot + 36, 4, 0); }},
        {"chunks without bytes", [](Bytes &b) { put(b, slot + 40, 8, 0); }},
        {"too many chunks", [](Bytes &b) { put(b, slot + 36, 4, CCM_LINK_CHUNKS_MAX + 1); }},
        {"chunks whose size wraps", [](Bytes &b) { put(b, slot + 36, 4, 0xffffffff); }},
        {"an address that wraps", [](Bytes &b) { put(b, slot + 24, 8, ~0ULL - 14); }},
    };

    for (auto &[what, spoil] : spoils) {
        for (auto &[state, base] : listeners()) {
            Machine m = base;
            ccm_link_slot s = m.slot(0, CCM_LINK_OPENED);

            if (m.s.links.link[0].peer_state >= CCM_LINK_OFFERED)
                s.offer = m.s.links.link[0].peer_offer;
            Happening h = m.links({s});
            Machine good = m;
            good.step(h);
            ASSERT_NE(good.s.state, u(CCM_STATE_DOWN)) << state;
            spoil(h.data);
            m.step(h);
            expect_refused(m, std::string(what) + ", " + state);
        }
    }
}

TEST(Hostile, TablesThatContradict)
{
    for (const auto &listener : listeners()) {
        auto refused = [&](const char *what, const std::function<void(Machine &)> &act) {
            Machine m = listener.second;

            act(m);
            expect_refused(m, std::string(what) + ", " + listener.first);
        };
        refused("the sequence does not rise", [](Machine &m) {
            m.step(m.links({}));
            m.step(m.links({}, [](auto &h) { h.sequence--; }));
        });
        refused("the sequence goes back", [](Machine &m) {
            m.step(m.links({}, [](auto &h) { h.sequence += 10; }));
            m.step(m.links({}));
        });
        refused("the same client twice", [](Machine &m) {
            ccm_link_slot once = m.slot(0, CCM_LINK_IDLE);
            m.step(m.links({once, m.slot(0, CCM_LINK_OFFERED)}));
        });
        refused("a try goes back", [](Machine &m) {
            ccm_link_slot later = m.slot(0, CCM_LINK_OPENED);

            if (m.s.links.link[0].peer_state >= CCM_LINK_OFFERED)
                later.offer = m.s.links.link[0].peer_offer;
            m.step(m.links({later}));
            ASSERT_NE(m.s.state, u(CCM_STATE_DOWN));
            ccm_link_slot earlier = later;
            earlier.state = CCM_LINK_OPENING;
            m.step(m.links({earlier}));
        });
        refused("another offer", [](Machine &m) {
            ccm_link_slot slot = m.slot(0, CCM_LINK_OPENED);

            if (m.s.links.link[0].peer_state >= CCM_LINK_OFFERED)
                slot.offer = m.s.links.link[0].peer_offer;
            m.step(m.links({slot}));
            Machine same = m;
            same.step(same.links({slot}));
            ASSERT_NE(same.s.state, u(CCM_STATE_DOWN));
            for (int field = 0; field < 2; field++) {
                Machine other = m;
                ccm_link_slot changed = slot;

                changed.offer.table_key += field == 0;
                changed.offer.chunks += field == 1;
                other.step(other.links({changed}));
                expect_refused(other, field ? "other chunks" : "another key");
            }
            slot.offer.table_addr += CCM_PAGE_LEN;
            m.step(m.links({slot}));
        });
        refused("mail that was taken is taken again", [](Machine &m) {
            m.take();
            m.step(m.taken(CCM_RING_CATALOG_TAKEN));
        });
        refused("a table that was taken is taken again", [](Machine &m) {
            m.take();
            m.step(m.taken(CCM_RING_LINKS_TAKEN));
        });
    }
}

TEST(Hostile, ATableBeforeTheCatalog)
{
    for (auto state : {CCM_STATE_GREETING, CCM_STATE_NEGOTIATING}) {
        Machine m = with_client();

        m.start().greet();
        m.step(m.keys());
        m.to(state);
        m.step(m.links({}));
        expect_refused(m, ccm_state_name(state));
    }
}

TEST(Hostile, TakenBeforeAnythingWasWritten)
{
    for (uint32_t ring : {CCM_RING_CATALOG_TAKEN, CCM_RING_LINKS_TAKEN}) {
        Machine m = with_client();

        m.start().greet();
        m.step(m.keys());
        m.step(m.taken(ring));
        expect_refused(m, ccm_ring_name(ring));
    }
}

// What it says of pairs that there are not, or that do not fit, changes nothing.
TEST(Hostile, TablesFullOfOthers)
{
    for (auto &[state, base] : listeners()) {
        Machine m = base;
        std::string link = m.link(0);
        Slots slots;

        for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++) {
            ccm_link_slot slot = m.slot(0, CCM_LINK_UP);

            slot.mine = 1000 + i;
            slot.yours = i % 3;
            if (!slot.yours)
                slot.yours = ~0ULL - i;
            slot.epoch = CCM_LINK_EPOCH_MAX;
            slots.push_back(slot);
        }
        m.step(m.links(slots));
        EXPECT_EQ(m.link(0), link) << state;
        EXPECT_EQ(m.done(), "") << state;
        EXPECT_EQ(m.wrong, "") << state;
        slots.resize(1);
        slots[0].mine = 0; // a free slot may hold anything
        slots[0].state = 0xffff;
        m.step(m.links(slots));
        EXPECT_EQ(m.link(0), link) << state;
    }
    Machine refused = with_client();
    refused.peer_clients = {entry("log", 7, 51, 100)};
    refused.start().to(CCM_STATE_READY);
    ccm_link_slot slot = refused.slot(0, CCM_LINK_OFFERED);
    slot.epoch = 1;
    slot.offer.bytes = 100;
    slot.offer.chunks = 1;
    refused.step(refused.links({slot}));
    EXPECT_EQ(refused.link(0), "REFUSED 0 memory");
    EXPECT_EQ(refused.done(), "");
    EXPECT_EQ(refused.wrong, "");
}

// The largest step that is taken: from there on one at a time, up to the very end.
TEST(Hostile, EpochsAtTheirLimits)
{
    Machine m = with_client();

    m.start().to(CCM_STATE_OPENING);
    ccm_link_slot slot = m.slot(0, CCM_LINK_IDLE);
    slot.epoch = 1 + CCM_LINK_EPOCH_JUMP;
    m.step(m.links({slot}));
    EXPECT_EQ(m.s.links.link[0].epoch, 1 + CCM_LINK_EPOCH_JUMP);
    m.s.links.link[0].epoch = CCM_LINK_EPOCH_MAX - 1;
    slot.epoch = CCM_LINK_EPOCH_MAX;
    m.step(m.links({slot}));
    EXPECT_EQ(m.s.links.link[0].epoch, CCM_LINK_EPOCH_MAX);
    slot.epoch++;
    m.step(m.links({slot}));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
}

// A partner that replaces its clients as fast as it can gets one try for each catalog.
TEST(Hostile, ClientsThatComeAndGoWithoutEnd)
{
    Machine m = with_client();

    m.start().to(CCM_STATE_OPENING).open(0);
    m.step(m.ready());
    for (uint64_t i = 0; i < 500; i++) {
        m.peer_generation = 2 + i;
        m.peer_clients = {entry("log", 100 + i, 50, 100)};
        m.step(m.catalog());
        EXPECT_EQ(m.done(), "CLOSE 0 left, PREPARE 0");
        m.step(m.prepared(0)).take();
    }
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.wrong, "");
}

} // namespace
