// SPDX-License-Identifier: GPL-2.0-only
// Links: from two catalogs to UP and back, in good order.
#include <algorithm>

#include <gtest/gtest.h>

#include "machine.h"

namespace {

using sim::Bytes;
using sim::Entries;
using sim::Happening;
using sim::Machine;
using sim::Slots;
using sim::entry;
using sim::ms;
using sim::u;

ccm_link_slot sent_slot(const Machine &m, uint32_t index)
{
    const Bytes &bytes = m.mailed[CCM_RING_LINKS];
    ccm_links_header header{};
    ccm_link_slot slot{};

    EXPECT_EQ(ccm_links_get(bytes.data(), static_cast<uint32_t>(bytes.size()), &header), 0);
    EXPECT_LT(index, header.count);
    ccm_links_get_slot(bytes.data(), index, &slot);
    return slot;
}

ccm_catalog sent_catalog(const Machine &m)
{
    const Bytes &bytes = m.mailed[CCM_RING_CATALOG];
    ccm_catalog catalog{};

    EXPECT_EQ(ccm_catalog_get(bytes.data(), static_cast<uint32_t>(bytes.size()), &catalog), 0);
    return catalog;
}

// "log" asks for 100 bytes and gets them; its counterpart asks for 50.
class Links : public testing::Test {
protected:
    Links()
    {
        m.step(m.clients({entry("log", 1, 100, 50)}));
        m.peer_clients = {entry("log", 7, 50, 100)};
    }

    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    Machine &opening() { return m.start().to(CCM_STATE_OPENING); }

    Machine &up()
    {
        opening().open(0);
        return m.step(m.ready());
    }

    Machine m{1, 2};
};

TEST_F(Links, FromCatalogsToUp)
{
    EXPECT_EQ(m.link(0), "WAITING 0 no-session");
    opening();
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    EXPECT_EQ(m.done(), "PREPARE 0");
    EXPECT_EQ(m.s.links.link[0].plan.give, 50U);
    EXPECT_EQ(m.s.links.link[0].plan.take, 100U);
    EXPECT_EQ(m.s.links.link[0].plan.ports, 4U);
    EXPECT_EQ(m.mails[CCM_RING_LINKS], 0U);

    m.step(m.prepared(0));
    EXPECT_EQ(m.link(0), "OFFERED 1 none");
    ccm_link_slot mine = sent_slot(m, 0);
    EXPECT_EQ(mine.mine, 1U);
    EXPECT_EQ(mine.yours, 7U);
    EXPECT_EQ(mine.epoch, 1U);
    EXPECT_EQ(mine.state, u(CCM_LINK_OFFERED));
    EXPECT_EQ(mine.offer.bytes, 50U);
    EXPECT_EQ(mine.offer.table_key, 5U);

    m.step(m.links({m.slot(0, CCM_LINK_OFFERED)}));
    EXPECT_EQ(m.link(0), "OPENING 1 none");
    EXPECT_EQ(m.done(), "OPEN 0");
    EXPECT_EQ(m.find(CCM_ACT_RING)->what, u(CCM_RING_LINKS_TAKEN));
    EXPECT_EQ(m.s.links.link[0].peer_offer.table_key, 6U);
    EXPECT_EQ(m.s.links.link[0].at_us, m.now + CCM_LINK_OPEN_MS * ms);

    m.step(m.opened(0));
    EXPECT_EQ(m.link(0), "OPENED 1 none");
    EXPECT_EQ(m.mails[CCM_RING_LINKS], 1U); // the first was not taken yet
    m.step(m.taken(CCM_RING_LINKS_TAKEN));
    EXPECT_EQ(m.mails[CCM_RING_LINKS], 2U);
    EXPECT_EQ(sent_slot(m, 0).state, u(CCM_LINK_OPENED));
    EXPECT_FALSE(m.s.conn.done & CCM_DONE_READY_SENT);

    m.step(m.links({m.slot(0, CCM_LINK_OPENED)}));
    EXPECT_EQ(m.link(0), "UP 1 none");
    EXPECT_EQ(m.done(), ""); // the session is not READY
    EXPECT_EQ(m.find(CCM_ACT_WRITE)->what, u(CCM_RING_READY));
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.done(), "READY 0");
    // UP was shown before; that the client is ready is news.
    EXPECT_EQ(m.acts.back().act, u(CCM_LINK_ACT_SHOW));
    m.take();
    EXPECT_EQ(m.s.armed_us, 0U);
}

TEST_F(Links, ThePartnersOffersMayComeFirst)
{
    opening().step(m.links({m.slot(0, CCM_LINK_OFFERED)}));
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    m.step(m.prepared(0));
    EXPECT_EQ(m.link(0), "OPENING 1 none");
    EXPECT_EQ(m.done(), "OPEN 0");
    m.step(m.links({m.slot(0, CCM_LINK_OPENED)}));
    EXPECT_EQ(m.link(0), "OPENING 1 none");
    m.step(m.opened(0));
    EXPECT_EQ(m.link(0), "UP 1 none");
}

// The partner can be in OPENING while R2 is still under way here.
TEST_F(Links, ATableThatComesBeforeOpeningIsKept)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "IDLE 1 none");
    m.step(m.links({m.slot(0, CCM_LINK_OFFERED)}));
    EXPECT_EQ(m.s.state, u(CCM_STATE_GREETING));
    m.step(m.status());
    m.step(m.answer_ring());
    m.step(m.answer());
    EXPECT_EQ(m.done(), "PREPARE 0");
    m.step(m.prepared(0));
    EXPECT_EQ(m.link(0), "OPENING 1 none");
}

// A try that the partner has given up before it began here begins with its number.
TEST_F(Links, AnEpochThatIsRaisedBeforeOpeningIsTakenOver)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.catalog());
    ccm_link_slot slot = m.slot(0, CCM_LINK_IDLE);
    slot.epoch = 2;
    slot.reason = CCM_CLIENT_LIMIT;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "IDLE 2 limit");
    m.step(m.status());
    m.step(m.answer_ring());
    m.step(m.answer());
    EXPECT_EQ(m.link(0), "PREPARING 2 limit");
}

TEST_F(Links, WhoIsNotWaitedFor)
{
    auto old = entry("old", 5);
    auto big = entry("big", 6, 100);
    auto wide = entry("wide", 8);

    old.version_min = old.version_max = 3;
    wide.ports_min = wide.ports_max = 9;
    m.step(m.clients({entry("log", 1, 100, 50), entry("alone", 2), old, big, wide}));
    m.peer_clients = {entry("old", 3), entry("big", 4, 0, 99), entry("wide", 5), entry("other", 6)};
    opening();
    EXPECT_EQ(m.link(0), "WAITING 0 no-counterpart");
    EXPECT_EQ(m.link(1), "WAITING 0 no-counterpart");
    EXPECT_EQ(m.link(2), "REFUSED 0 version");
    EXPECT_EQ(m.link(3), "REFUSED 0 memory");
    EXPECT_EQ(m.link(4), "REFUSED 0 ports");
    EXPECT_TRUE(m.s.conn.done & CCM_DONE_READY_SENT);
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.done(), "");
}

TEST_F(Links, AClientThatCannotBeOpenedHoldsUpNobody)
{
    opening();
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_OPENING));
    m.step(m.failed(0, CCM_CLIENT_LIMIT));
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.link(0), "IDLE 2 limit");
    EXPECT_EQ(m.done(), "CLOSE 0 limit");
    EXPECT_EQ(sent_slot(m, 0).reason, u(CCM_CLIENT_LIMIT));
    EXPECT_GE(m.wait(), CCM_LINK_RETRY_MIN_MS * ms * 3 / 4);
    EXPECT_LE(m.wait(), CCM_LINK_RETRY_MIN_MS * ms * 5 / 4);
    m.timer();
    EXPECT_EQ(m.link(0), "PREPARING 2 limit");
    EXPECT_EQ(m.done(), "PREPARE 0");
    m.open(0);
    EXPECT_EQ(m.link(0), "UP 2 none");
    EXPECT_EQ(m.done(), "READY 0");
}

// Not even while it is tried again
TEST_F(Links, ALinkThatHasFailedIsNotWaitedFor)
{
    m.step(m.clients({entry("log", 1, 100, 50), entry("lock", 2)}));
    m.peer_clients.push_back(entry("lock", 8));
    opening();
    m.step(m.failed(0, CCM_CLIENT_RESOURCES));
    m.timer();
    EXPECT_EQ(m.link(0), "PREPARING 2 resources");
    EXPECT_FALSE(m.s.conn.done & CCM_DONE_READY_SENT);
    m.open(1);
    EXPECT_TRUE(m.s.conn.done & CCM_DONE_READY_SENT);
}

TEST_F(Links, TheGateOpensWithoutASlowLink)
{
    opening();
    uint64_t begun = m.now;
    EXPECT_EQ(m.s.deadline_us, begun + (CCM_GREET_MS_MIN + CCM_LINK_GATE_MS) * ms);
    EXPECT_EQ(m.wait(), CCM_LINK_GATE_MS * ms);
    m.step(m.ready());
    m.timer();
    EXPECT_EQ(m.now, begun + CCM_LINK_GATE_MS * ms);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    m.open(0);
    EXPECT_EQ(m.done(), "READY 0");
}

// The partner waits for its links for as long, but not for ever.
TEST_F(Links, OpeningEnds)
{
    opening();
    m.timer();
    EXPECT_EQ(m.find(CCM_ACT_WRITE)->what, u(CCM_RING_READY));
    EXPECT_EQ(m.s.state, u(CCM_STATE_OPENING));
    m.timer();
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
    EXPECT_EQ(m.link(0), "WAITING 0 no-session");
    EXPECT_EQ(m.done(), ""); // CCM_ACT_CLOSE has closed it
}

TEST_F(Links, ATryThatTakesTooLong)
{
    opening().step(m.ready());
    m.timer();
    m.step(m.prepared(0));
    m.step(m.links({m.slot(0, CCM_LINK_OFFERED)}));
    for (bool opened : {false, true}) {
        Machine e = m;

        if (opened)
            e.step(e.opened(0));
        e.timer();
        EXPECT_EQ(e.now, m.now + CCM_LINK_OPEN_MS * ms);
        EXPECT_EQ(e.link(0), "IDLE 2 connect");
        EXPECT_EQ(e.done(), "CLOSE 0 connect");
        EXPECT_EQ(e.wrong, "");
    }
}

TEST_F(Links, EarlyTimersAreIgnored)
{
    up().step(m.failed(0, CCM_CLIENT_PORT_LOST));
    EXPECT_EQ(m.done(), "CLOSE 0 port-lost");
    m.now = m.s.armed_us - 1;
    m.step(m.simple(CCM_SEV_TIMER));
    EXPECT_EQ(m.link(0), "IDLE 2 port-lost");
    EXPECT_EQ(m.out.count, 0U);
}

TEST_F(Links, BackoffDoublesUpToItsLimit)
{
    const uint64_t expected[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};

    up();
    m.step(m.failed(0, CCM_CLIENT_PORT_LOST));
    for (uint64_t base : expected) {
        EXPECT_GE(m.wait(), base * ms * 3 / 4);
        EXPECT_LE(m.wait(), base * ms * 5 / 4);
        m.timer();
        m.step(m.failed(0, CCM_CLIENT_RESOURCES));
    }
    EXPECT_EQ(m.link(0), "IDLE 10 resources");
    m.timer();
    m.open(0); // what was up for a while has not failed
    m.now += CCM_LINK_RETRY_MAX_MS * ms - 1;
    Machine e = m;
    e.step(e.failed(0, CCM_CLIENT_PORT_LOST));
    EXPECT_GT(e.wait(), 3000 * ms);
    m.now++;
    m.step(m.failed(0, CCM_CLIENT_PORT_LOST));
    EXPECT_LE(m.wait(), CCM_LINK_RETRY_MIN_MS * ms * 5 / 4);
    m.s.links.link[0].tries = ~0U;
    m.timer();
    m.step(m.failed(0, CCM_CLIENT_RESOURCES));
    EXPECT_EQ(m.s.links.link[0].tries, ~0U);
}

TEST_F(Links, LinksThatFailTogetherDoNotRetryTogether)
{
    m.step(m.clients({entry("log", 1, 100, 50), entry("lock", 2)}));
    m.peer_clients.push_back(entry("lock", 8));
    opening().step(m.ready());
    m.step(m.failed(0, CCM_CLIENT_RESOURCES));
    m.step(m.failed(1, CCM_CLIENT_RESOURCES));
    EXPECT_NE(m.s.links.link[0].at_us, m.s.links.link[1].at_us);
    m.timer();
    EXPECT_NE(m.s.links.link[0].state, m.s.links.link[1].state);
}

TEST_F(Links, EventsOfOtherTriesAreIgnored)
{
    opening();
    for (auto type : {CCM_SEV_LINK_PREPARED, CCM_SEV_LINK_OPENED, CCM_SEV_LINK_FAILED}) {
        for (int i = 0; i < 8; i++) {
            Happening h = m.prepared(0);

            h.event.type = type;
            h.event.reason = CCM_CLIENT_LIMIT;
            if (i == 0)
                h.event.link = 1;
            if (i == 1)
                h.event.link = CCM_CLIENTS_MAX;
            if (i == 2)
                h.event.instance++;
            if (i == 3)
                h.event.instance = 0;
            if (i == 4)
                h.event.epoch++;
            if (i == 5)
                h.event.epoch = 0;
            if (i == 6)
                h.event.conn = m.s.conn.id + 2;
            if (i == 7 && type != CCM_SEV_LINK_OPENED)
                continue; // not its turn
            m.step(h);
            EXPECT_EQ(m.link(0), "PREPARING 1 none") << type << " " << i;
            EXPECT_EQ(m.out.count, 0U);
        }
    }
    Happening right = m.prepared(0);
    right.event.conn = m.s.conn.id;
    m.step(right);
    EXPECT_EQ(m.link(0), "OFFERED 1 none");
    m.step(m.prepared(0));
    m.step(m.opened(0));
    EXPECT_EQ(m.link(0), "OFFERED 1 none");
    m.step(m.failed(0, CCM_CLIENT_REASON_COUNT));
    EXPECT_EQ(m.link(0), "IDLE 2 resources");
    m.step(m.failed(0, CCM_CLIENT_LIMIT));
    EXPECT_EQ(m.link(0), "IDLE 2 resources");
    m.timer();
    m.step(m.failed(0, CCM_CLIENT_NONE)); // that is no reason, either
    EXPECT_EQ(m.link(0), "IDLE 3 resources");
}

TEST_F(Links, ASessionThatEndsTakesAllWithIt)
{
    for (auto type : {CCM_SEV_ERROR, CCM_SEV_STOP, CCM_SEV_VERDICT}) {
        Machine e = up();

        e.step(e.simple(type, CCM_REASON_HUNG));
        EXPECT_EQ(e.link(0), "WAITING 0 no-session");
        EXPECT_EQ(e.done(), "");
        ASSERT_EQ(e.acts.size(), 1U);
        EXPECT_EQ(e.acts[0].act, u(CCM_LINK_ACT_SHOW));
        EXPECT_EQ(e.s.links.link[0].counterpart, 0U);
        EXPECT_EQ(e.s.mail, 0U);
        EXPECT_EQ(e.wrong, "");
        m = Machine{1, 2};
        m.step(m.clients({entry("log", 1, 100, 50)}));
        m.peer_clients = {entry("log", 7, 50, 100)};
    }
}

TEST_F(Links, ANewSessionBeginsAnew)
{
    up().step(m.failed(0, CCM_CLIENT_PORT_LOST));
    m.step(m.simple(CCM_SEV_ERROR));
    EXPECT_EQ(m.link(0), "WAITING 0 no-session");
    m.to(CCM_STATE_OPENING);
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    Machine e = m;
    e.step(e.prepared(0));
    EXPECT_EQ(e.s.links.sequence, 1U);
    m.open(0);
    EXPECT_EQ(m.link(0), "UP 1 none");
}

TEST_F(Links, ThePartnerFailed)
{
    up();
    ccm_link_slot slot = m.slot(0, CCM_LINK_IDLE);
    slot.epoch = 2;
    slot.reason = CCM_CLIENT_RESOURCES;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "PREPARING 2 resources");
    EXPECT_EQ(m.done(), "CLOSE 0 resources, PREPARE 0"); // at once, the first time
    m.step(m.prepared(0));
    slot.epoch = 3;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "IDLE 3 resources");
    EXPECT_EQ(m.done(), "CLOSE 0 resources");
    EXPECT_LE(m.wait(), CCM_LINK_RETRY_MIN_MS * ms * 5 / 4);
    uint64_t at_us = m.s.links.link[0].at_us;
    slot.epoch = 4;
    m.step(m.links({slot})); // waits already
    EXPECT_EQ(m.link(0), "IDLE 4 resources");
    EXPECT_EQ(m.s.links.link[0].at_us, at_us);
    m.timer();
    EXPECT_EQ(m.link(0), "PREPARING 4 resources");
    slot = m.slot(0, CCM_LINK_OFFERED);
    slot.epoch = 3; // late: of a try that is over
    m.step(m.links({slot}));
    EXPECT_LT(m.s.links.link[0].peer_state, u(CCM_LINK_OFFERED));
    m.open(0);
    EXPECT_EQ(m.link(0), "UP 4 none");
}

// What is shown then is what the link was doing.
TEST_F(Links, ThePartnerFailedAndDoesNotSayWhy)
{
    auto next = [](const Machine &at) {
        ccm_link_slot slot = at.slot(0, CCM_LINK_IDLE);

        slot.epoch++;
        return slot;
    };
    opening();
    Machine e = m;
    e.step(e.links({next(e)}));
    EXPECT_EQ(e.link(0), "PREPARING 2 connect");
    EXPECT_EQ(e.done(), "CLOSE 0 connect, PREPARE 0");
    e.step(e.failed(0, CCM_CLIENT_LIMIT));
    e.step(e.links({next(e)})); // it waits already, and knows why
    EXPECT_EQ(e.link(0), "IDLE 4 limit");
    EXPECT_EQ(e.wrong, "");
    m.open(0).step(m.ready());
    m.step(m.links({next(m)}));
    EXPECT_EQ(m.link(0), "PREPARING 2 port-lost");
    EXPECT_EQ(m.done(), "CLOSE 0 port-lost, PREPARE 0");
}

// ... again and again: this side waits as long as if it had failed here.
TEST_F(Links, ThePartnerFailsAgain)
{
    up();
    for (uint64_t base : {0, 100, 200, 400, 800}) {
        ccm_link_slot slot = m.slot(0, CCM_LINK_IDLE);

        slot.epoch++;
        slot.reason = CCM_CLIENT_RESOURCES;
        m.take().step(m.links({slot}));
        if (!base) {
            EXPECT_EQ(m.link(0), "PREPARING 2 resources");
            continue;
        }
        EXPECT_GE(m.wait(), base * ms * 3 / 4);
        EXPECT_LE(m.wait(), base * ms * 5 / 4);
        m.timer();
        EXPECT_EQ(m.done(), "PREPARE 0");
    }
}

// Its slot waits since it does not know my client yet: that is not leaving; and neither is a try
// that failed because something else has left.
TEST_F(Links, WhoWaitsHasNotLeft)
{
    up();
    ccm_link_slot slot = m.slot(0, CCM_LINK_WAITING);
    slot.epoch = 0;
    slot.reason = CCM_CLIENT_NO_COUNTERPART;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "UP 1 none");
    slot = m.slot(0, CCM_LINK_IDLE);
    slot.epoch = 2;
    slot.reason = CCM_CLIENT_LEFT;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "PREPARING 2 left");
}

// The partner's memory takes its time: that mine is there is said once more, now and then.
TEST_F(Links, AnOfferIsRepeated)
{
    opening().step(m.ready());
    m.timer();
    ASSERT_EQ(m.s.state, u(CCM_STATE_READY));
    m.step(m.prepared(0));
    for (uint32_t tables = 2; tables < 5; tables++) {
        uint64_t said = m.now;

        m.timer();
        EXPECT_EQ(m.now, said + CCM_LINK_RESEND_MS * ms);
        EXPECT_EQ(m.mails[CCM_RING_LINKS], tables);
        EXPECT_EQ(sent_slot(m, 0).state, u(CCM_LINK_OFFERED));
        EXPECT_EQ(m.link(0), "OFFERED 1 none");
    }
}

TEST_F(Links, APartnerThatTakesNoTableIsHung)
{
    opening().step(m.ready());
    m.timer();
    m.take().step(m.prepared(0));
    uint64_t said = m.now;
    m.takes = false;
    m.timer(); // the offer is repeated, or would be
    EXPECT_EQ(m.mails[CCM_RING_LINKS], 1U);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    m.timer();
    EXPECT_EQ(m.now, said + CCM_TAKEN_MS_MIN * ms);
    ASSERT_TRUE(m.has(CCM_ACT_DOWN));
    EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, u(CCM_REASON_HUNG));
}

// Neither the gate of OPENING nor what the partner was to take
TEST_F(Links, NothingIsTimedWhenItHasEnded)
{
    opening().step(m.prepared(0));
    ASSERT_NE(m.s.gate_us, 0U);
    ASSERT_NE(m.s.links_taken_us, 0U);
    ASSERT_NE(m.s.catalog_taken_us, 0U);
    m.step(m.simple(CCM_SEV_STOP, CCM_REASON_ADMIN));
    EXPECT_EQ(m.s.armed_us, 0U);
    m.start();
    EXPECT_EQ(m.wait(), CCM_CONNECT_MS * ms);
}

// Where its memory was is not said any more when a try is over.
TEST_F(Links, WhatWasOfferedIsForgotten)
{
    up().step(m.failed(0, CCM_CLIENT_PORT_LOST));
    m.take();
    ccm_link_slot slot = sent_slot(m, 0);
    EXPECT_EQ(slot.epoch, 2U);
    EXPECT_EQ(slot.offer.table_addr, 0U);
    EXPECT_EQ(slot.offer.table_key, 0U);
    EXPECT_EQ(slot.offer.chunks, 0U);
    EXPECT_EQ(slot.offer.bytes, 0U);
}

// All have left before the table could be written: it is as short as can be.
TEST_F(Links, ATableOfNobody)
{
    opening().step(m.ready());
    m.timer();
    m.step(m.prepared(0));
    m.step(m.failed(0, CCM_CLIENT_LIMIT)); // the first table is not taken yet
    m.step(m.clients({}));
    EXPECT_EQ(m.link(0), "free");
    m.step(m.taken(CCM_RING_CATALOG_TAKEN));
    m.step(m.taken(CCM_RING_LINKS_TAKEN));
    EXPECT_EQ(m.mails[CCM_RING_LINKS], 2U);
    EXPECT_EQ(m.mailed[CCM_RING_LINKS].size(), ccm_links_len(0));
}

// What was not told before the end is not told to the next session.
TEST_F(Links, ATableThatWasDueIsNotOfTheNextSession)
{
    opening().step(m.prepared(0));
    m.step(m.failed(0, CCM_CLIENT_LIMIT)); // the first table was not taken yet
    ASSERT_TRUE(m.s.links.table_due);
    m.step(m.simple(CCM_SEV_ERROR));
    uint32_t tables = m.mails[CCM_RING_LINKS];
    m.to(CCM_STATE_OPENING);
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    EXPECT_EQ(m.mails[CCM_RING_LINKS], tables);
}

// What failed with one counterpart does not count for the next one.
TEST_F(Links, ANewCounterpartHasNotFailed)
{
    up();
    m.step(m.failed(0, CCM_CLIENT_PORT_LOST));
    for (int i = 0; i < 3; i++) {
        m.timer();
        m.step(m.failed(0, CCM_CLIENT_RESOURCES));
    }
    ASSERT_GE(m.wait(), 800 * ms * 3 / 4);
    for (bool left : {false, true}) {
        Machine e = m;

        if (left) {
            e.peer_clients.clear();
            e.peer_generation++;
            e.step(e.catalog());
            EXPECT_EQ(e.link(0), "WAITING 0 left");
        }
        e.peer_clients = {entry("log", 8, 50, 100)};
        e.peer_generation++;
        e.step(e.catalog());
        EXPECT_EQ(e.link(0), "PREPARING 1 none");
        e.step(e.failed(0, CCM_CLIENT_RESOURCES));
        EXPECT_LE(e.wait(), CCM_LINK_RETRY_MIN_MS * ms * 5 / 4);
        EXPECT_EQ(e.wrong, "");
    }
}

// A partner that raises epochs without end gets one try in each backoff.
TEST_F(Links, APartnerThatAlwaysFailsDoesNotMakeThisSideSpin)
{
    up();
    uint32_t prepares = 0;
    uint64_t begun = m.now;

    for (uint32_t i = 0; i < 3000; i++) {
        ccm_link_slot slot = m.slot(0, CCM_LINK_OFFERED);

        slot.epoch++;
        m.now += 10 * ms;
        if (m.s.armed_us && m.now >= m.s.armed_us) {
            m.step(m.simple(CCM_SEV_TIMER));
            prepares += m.done().find("PREPARE") != std::string::npos;
        }
        m.take();
        m.step(m.links({slot}));
        prepares += m.done().find("PREPARE") != std::string::npos;
        if (m.s.links.link[0].state == CCM_LINK_PREPARING)
            m.step(m.prepared(0));
        ASSERT_EQ(m.s.state, u(CCM_STATE_READY));
    }
    EXPECT_GT(m.now - begun, 29000 * ms);
    EXPECT_LE(prepares, 14U);
    EXPECT_GE(prepares, 8U);
}

TEST_F(Links, TheCounterpartLeaves)
{
    up();
    m.peer_clients.clear();
    m.peer_generation = 2;
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "WAITING 0 left");
    EXPECT_EQ(m.done(), "CLOSE 0 left");
    EXPECT_EQ(m.find(CCM_ACT_RING)->what, u(CCM_RING_CATALOG_TAKEN));
    m.peer_generation = 9;
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "WAITING 0 left");
    m.peer_clients = {entry("log", 8, 0, 100)};
    m.peer_generation = 10;
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    EXPECT_EQ(m.s.links.link[0].plan.give, 0U);
    m.open(0);
    EXPECT_EQ(m.done(), "READY 0");
}

TEST_F(Links, TheCounterpartIsReplaced)
{
    up();
    m.peer_generation = 2;
    m.peer_clients = {entry("log", 8, 50, 100)};
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    EXPECT_EQ(m.done(), "CLOSE 0 left, PREPARE 0");
    m.peer_generation = 3;
    m.peer_clients = {entry("log", 9, 51, 100)};
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "REFUSED 0 memory");
    EXPECT_EQ(m.done(), "CLOSE 0 left");
    m.peer_generation = 4;
    m.peer_clients = {entry("lock", 10), entry("log", 11)};
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "REFUSED 0 memory"); // it gives nothing
    m.peer_generation = 5;
    m.peer_clients = {entry("lock", 10), entry("log", 12, 0, 100)};
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
}

TEST_F(Links, AClientComesWhileReady)
{
    up();
    m.peer_clients.push_back(entry("lock", 8));
    m.peer_generation = 2;
    m.step(m.catalog());
    m.step(m.clients({entry("lock", 2), entry("log", 1, 100, 50)}));
    EXPECT_EQ(m.link(0), "UP 1 none");
    EXPECT_EQ(m.link(1), "PREPARING 1 none");
    EXPECT_EQ(m.s.links.catalog.generation, 2U);
    ccm_catalog sent = sent_catalog(m);
    EXPECT_EQ(sent.generation, 2U);
    EXPECT_EQ(sent.nonce, m.s.conn.nonce);
    ASSERT_EQ(sent.count, 2U);
    EXPECT_STREQ(sent.entries[0].name, "log");
    EXPECT_STREQ(sent.entries[1].name, "lock");
    m.open(1);
    EXPECT_EQ(m.done(), "READY 1");
}

// A table speaks of pairs that the newest catalog makes: it never overtakes it.
TEST_F(Links, ATableWaitsForTheCatalog)
{
    up(); // W2 was taken; now a catalog is, and another one is due
    m.step(m.clients({entry("log", 1, 100, 50), entry("lock", 2)}));
    EXPECT_EQ(m.mails[CCM_RING_CATALOG], 2U);
    m.peer_clients.push_back(entry("mirror", 9));
    m.peer_generation = 2;
    m.step(m.catalog());
    m.step(m.clients({entry("log", 1, 100, 50), entry("mirror", 3)}));
    EXPECT_EQ(m.mails[CCM_RING_CATALOG], 2U);
    EXPECT_EQ(m.s.links.catalog.generation, 3U);
    uint32_t tables = m.mails[CCM_RING_LINKS];
    EXPECT_EQ(m.link(1), "PREPARING 1 none"); // lock's place
    m.step(m.prepared(1));
    EXPECT_EQ(m.mails[CCM_RING_LINKS], tables);
    m.step(m.taken(CCM_RING_CATALOG_TAKEN));
    EXPECT_EQ(m.mails[CCM_RING_CATALOG], 3U);
    EXPECT_EQ(m.mails[CCM_RING_LINKS], tables + 1);
    EXPECT_EQ(sent_catalog(m).generation, 3U);
    EXPECT_EQ(sent_slot(m, 1).mine, 3U);
    EXPECT_EQ(sent_slot(m, 1).state, u(CCM_LINK_OFFERED));
}

TEST_F(Links, AClientLeavesWhileReady)
{
    m.step(m.clients({entry("log", 1, 100, 50), entry("lock", 2)}));
    up();
    EXPECT_EQ(m.link(1), "WAITING 0 no-counterpart");
    m.step(m.clients({entry("lock", 2)}));
    EXPECT_EQ(m.done(), "CLOSE 0 left");
    EXPECT_EQ(m.link(0), "free");
    EXPECT_EQ(m.link(1), "WAITING 0 no-counterpart");
    EXPECT_EQ(sent_catalog(m).count, 1U);
    m.step(m.taken(CCM_RING_CATALOG_TAKEN));
    m.step(m.clients({}));
    EXPECT_EQ(m.done(), "");
    EXPECT_EQ(m.link(1), "free");
    EXPECT_EQ(sent_catalog(m).count, 0U);
    EXPECT_EQ(sent_catalog(m).generation, 3U);
    m.step(m.clients({}));
    EXPECT_EQ(m.s.links.catalog.generation, 3U); // nothing is new
}

// It came back before anybody looked: another registration is another client.
TEST_F(Links, AClientIsReplacedWhileReady)
{
    up();
    m.step(m.clients({entry("log", 3, 100, 50)}));
    EXPECT_EQ(m.done(), "CLOSE 0 left, PREPARE 1");
    EXPECT_EQ(m.link(0), "free");
    EXPECT_EQ(m.link(1), "PREPARING 1 none");
    Machine e = m;
    e.take().step(e.prepared(1));
    EXPECT_EQ(sent_slot(e, 1).mine, 3U);
    EXPECT_EQ(sent_slot(e, 0).mine, 0U);
    EXPECT_EQ(sent_slot(e, 0).reason, 0U) << "nothing is said of a place that is free";
    EXPECT_EQ(e.wrong, "");
    m.step(m.clients({entry("log", 4, 100, 50)}));
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
    EXPECT_EQ(m.link(1), "free");
}

TEST_F(Links, AllClientsAreReplacedAtOnce)
{
    Entries first, second;

    for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++) {
        std::string name = "c" + std::to_string(i);

        first.push_back(entry(name, 1001 + i));
        second.push_back(entry(name, 2001 + i));
    }
    m.step(m.clients(first));
    m.peer_clients = first;
    opening();
    for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++) {
        ASSERT_EQ(m.s.state, u(CCM_STATE_OPENING));
        m.open(i);
    }
    auto count = [&](uint32_t act) {
        return std::count_if(m.acts.begin(), m.acts.end(), [act](const auto &a) { return a.act == act; });
    };
    m.step(m.ready());
    EXPECT_EQ(count(CCM_LINK_ACT_READY), long{CCM_CLIENTS_MAX});
    m.step(m.clients(second)); // no place is free before they are closed
    EXPECT_TRUE(m.has(CCM_ACT_CLIENTS));
    EXPECT_EQ(m.s.links.catalog.count, 0U);
    EXPECT_EQ(count(CCM_LINK_ACT_CLOSE), long{CCM_CLIENTS_MAX});
    m.step(m.clients(second));
    EXPECT_FALSE(m.has(CCM_ACT_CLIENTS));
    EXPECT_EQ(m.s.links.catalog.count, CCM_CLIENTS_MAX);
    EXPECT_EQ(m.link(63), "PREPARING 1 none");
}

TEST_F(Links, BeforeW2ClientsComeAndGo)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.clients({entry("lock", 2), entry("mirror", 3)}));
    EXPECT_EQ(m.link(0), "WAITING 0 no-session");
    EXPECT_EQ(m.s.links.link[0].instance, 2U);
    EXPECT_EQ(m.done(), "");
    m.step(m.hello());
    EXPECT_EQ(sent_catalog(m).count, 2U);
    EXPECT_EQ(sent_catalog(m).generation, 1U);
}

// What the partner was told must stay what the plan is made of.
TEST_F(Links, BetweenW2AndReadyClientsWait)
{
    m.step(m.clients({entry("log", 1, 100, 50), entry("lock", 2)}));
    opening();
    m.step(m.clients({entry("mirror", 3)}));
    EXPECT_EQ(m.done(), "CLOSE 0 left");
    EXPECT_TRUE(m.s.links.link[0].gone && m.s.links.link[1].gone);
    EXPECT_EQ(m.s.links.catalog.count, 2U);
    EXPECT_TRUE(m.s.conn.done & CCM_DONE_READY_SENT); // nobody is left to wait for
    ccm_link_slot slot = sent_slot(m, 0);
    EXPECT_EQ(slot.state, u(CCM_LINK_WAITING));
    EXPECT_EQ(slot.reason, u(CCM_CLIENT_LEFT));
    EXPECT_EQ(slot.yours, 7U);
    EXPECT_EQ(sent_slot(m, 1).yours, 0U);
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_TRUE(m.has(CCM_ACT_CLIENTS));
    m.step(m.clients({entry("mirror", 3)}));
    EXPECT_EQ(m.s.links.link[0].instance, 3U);
    EXPECT_EQ(m.link(1), "free");
    EXPECT_EQ(m.s.links.catalog.generation, 2U);
}

// However often it is looked at: the partner's table may still speak of it.
TEST_F(Links, APlaceIsKeptUntilReady)
{
    opening();
    for (int i = 0; i < 3; i++) {
        m.step(m.clients({}));
        EXPECT_EQ(m.link(0), "WAITING 0 left");
        EXPECT_EQ(m.s.links.link[0].counterpart, 7U);
    }
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

TEST_F(Links, ClientsThatAreNotToldAreNone)
{
    up();
    m.step(m.simple(CCM_SEV_CLIENTS));
    EXPECT_EQ(m.out.count, 0U);
    EXPECT_EQ(m.link(0), "UP 1 none");
}

TEST_F(Links, WhatCameAndLeftBetweenW2AndReadyIsNoNews)
{
    opening();
    m.step(m.clients({entry("log", 1, 100, 50), entry("mirror", 3)}));
    EXPECT_TRUE(m.s.links.clients_differ);
    m.step(m.clients({entry("log", 1, 100, 50)}));
    EXPECT_FALSE(m.s.links.clients_differ);
    m.open(0);
    m.step(m.ready());
    EXPECT_FALSE(m.has(CCM_ACT_CLIENTS));
}

TEST_F(Links, WhatWaitedForReadyIsLookedAtWhenTheSessionEnds)
{
    opening();
    m.step(m.clients({entry("mirror", 3)}));
    m.step(m.simple(CCM_SEV_ERROR));
    EXPECT_TRUE(m.has(CCM_ACT_CLIENTS));
    EXPECT_FALSE(m.s.links.clients_differ);
    EXPECT_EQ(m.link(0), "free");
    EXPECT_EQ(m.s.links.catalog.count, 0U);
    m.step(m.clients({entry("mirror", 3)}));
    EXPECT_EQ(m.link(0), "WAITING 0 no-session");
    EXPECT_EQ(m.s.links.catalog.count, 1U);
}

// A client that leaves before the partner's catalog is here: the partner hears of it.
TEST_F(Links, AClientLeavesWhileNegotiating)
{
    m.start().to(CCM_STATE_NEGOTIATING);
    m.step(m.clients({}));
    EXPECT_EQ(m.done(), "");
    m.step(m.catalog());
    EXPECT_EQ(sent_slot(m, 0).yours, 7U);
    EXPECT_EQ(sent_slot(m, 0).reason, u(CCM_CLIENT_LEFT));
    EXPECT_TRUE(m.s.conn.done & CCM_DONE_READY_SENT);
}

// ... and so does one that registers there for it just then.
TEST_F(Links, AClientThatHasLeftGetsANewCounterpart)
{
    opening();
    m.step(m.clients({})).take();
    EXPECT_TRUE(m.s.conn.done & CCM_DONE_READY_SENT);
    uint32_t tables = m.mails[CCM_RING_LINKS];
    m.peer_clients = {entry("log", 8, 50, 100)};
    m.peer_generation = 2;
    m.step(m.catalog());
    EXPECT_EQ(m.mails[CCM_RING_LINKS], tables + 1);
    EXPECT_EQ(sent_slot(m, 0).yours, 8U);
    EXPECT_EQ(sent_slot(m, 0).reason, u(CCM_CLIENT_LEFT));
    m.take();
    m.peer_clients.clear(); // ... and leaves, too
    m.peer_generation = 3;
    m.step(m.catalog());
    EXPECT_EQ(sent_slot(m, 0).yours, 0U);
}

// Its leaving is what makes the session READY: the partner hears of it all the same.
TEST_F(Links, AClientThatLeavesAsReadyComes)
{
    opening().step(m.prepared(0));
    m.step(m.ready());
    m.step(m.clients({}));
    ASSERT_EQ(m.s.state, u(CCM_STATE_READY));
    ASSERT_TRUE(m.has(CCM_ACT_CLIENTS));
    m.step(m.clients({})).take();
    EXPECT_EQ(sent_catalog(m).count, 0U);
    EXPECT_EQ(sent_catalog(m).generation, 2U);
}

// A W3 of another plan is not waited with until the links are open.
TEST_F(Links, AWrongReadyIsRefusedAtOnce)
{
    opening().step(m.ready([](auto &r) { r.plan++; }));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_REFUSED));
}

TEST_F(Links, TheCounterpartHasLeftBeforeReady)
{
    opening();
    m.step(m.prepared(0));
    ccm_link_slot slot = m.slot(0, CCM_LINK_WAITING);
    slot.epoch = 0;
    slot.reason = CCM_CLIENT_LEFT;
    m.step(m.links({slot}));
    EXPECT_EQ(m.link(0), "WAITING 0 left");
    EXPECT_EQ(m.done(), "CLOSE 0 left");
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    m.peer_clients = {entry("log", 8, 50, 100)};
    m.peer_generation = 2;
    m.step(m.catalog());
    EXPECT_EQ(m.link(0), "PREPARING 1 none");
}

// The partner waits because another client than mine has left: nothing to me.
TEST_F(Links, ASlotOfAnotherPairIsIgnored)
{
    up();
    for (uint64_t yours : {0, 99}) {
        ccm_link_slot slot = m.slot(0, CCM_LINK_WAITING);

        slot.yours = yours;
        slot.epoch = 0;
        slot.reason = CCM_CLIENT_LEFT;
        m.step(m.links({slot}));
        EXPECT_EQ(m.link(0), "UP 1 none");
    }
    ccm_link_slot unknown = m.slot(0, CCM_LINK_OFFERED);
    unknown.mine = 55;
    unknown.epoch = 2;
    m.step(m.links({unknown}));
    EXPECT_EQ(m.link(0), "UP 1 none");
    m.step(m.links({})); // not in it: its catalog will say why
    EXPECT_EQ(m.link(0), "UP 1 none");
}

// The partner is READY, and its clients have changed: its catalog can be read before its W3.
TEST_F(Links, ANewerCatalogBeforeReady)
{
    opening().open(0);
    Happening ready = m.ready();
    m.peer_clients.push_back(entry("lock", 8));
    m.peer_generation = 2;
    m.step(m.catalog());
    EXPECT_EQ(m.s.state, u(CCM_STATE_OPENING));
    m.step(ready);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.link(0), "UP 1 none");
}

// What a port says of itself, in its request and in the accept: the try that there is now.
TEST_F(Links, APortNamesTheTryOfNow)
{
    ccm_wire_port port;

    opening().step(m.prepared(0));
    for (uint32_t epoch : {1U, 2U}) {
        ccm_session_port(&m.s, 0, 3, &port);
        EXPECT_EQ(port.node, 1U);
        EXPECT_EQ(port.partner, 2U);
        EXPECT_EQ(port.token, 0U);
        EXPECT_EQ(port.instance, 1U);
        EXPECT_EQ(port.instance_partner, 7U);
        EXPECT_EQ(port.epoch, epoch);
        EXPECT_EQ(port.port, 3U);
        EXPECT_EQ(port.incarnation, m.s.config.incarnation);
        m.step(m.failed(0, CCM_CLIENT_CONNECT));
    }
}

TEST(LinksAdmit, OnlyTheHigherNodeAcceptsPorts)
{
    for (bool higher : {false, true}) {
        Machine m = higher ? Machine{2, 1} : Machine{1, 2};

        m.step(m.clients({entry("lock", 2), entry("log", 1)}));
        m.peer_clients = {entry("log", 7)};
        m.start().to(CCM_STATE_OPENING);
        auto admit = [&](uint64_t mine, uint64_t theirs, uint32_t epoch, uint32_t port) {
            return ccm_links_admit(&m.s.links, mine, theirs, epoch, port);
        };
        EXPECT_EQ(admit(1, 7, 1, 0), -1); // not prepared
        m.step(m.prepared(1));
        for (int i = 0; i < 2; i++) {
            EXPECT_EQ(admit(1, 7, 1, 0), higher ? 1 : -1);
            EXPECT_EQ(admit(1, 7, 1, 3), higher ? 1 : -1);
            EXPECT_EQ(admit(1, 7, 1, 4), -1);
            EXPECT_EQ(admit(1, 7, 2, 0), -1);
            EXPECT_EQ(admit(1, 7, 0, 0), -1);
            EXPECT_EQ(admit(1, 8, 1, 0), -1);
            EXPECT_EQ(admit(2, 7, 1, 0), -1);
            EXPECT_EQ(admit(9, 7, 1, 0), -1);
            EXPECT_EQ(admit(0, 0, 0, 0), -1);
            m.step(m.links({m.slot(1, CCM_LINK_OFFERED)}));
        }
        m.step(m.opened(1));
        EXPECT_EQ(admit(1, 7, 1, 0), -1); // all are there
        EXPECT_EQ(m.wrong, "");
    }
}

} // namespace
