// SPDX-License-Identifier: GPL-2.0-only
// What a single change of the core could do without another test noticing (make mutants).
#include <gtest/gtest.h>

#include "machine.h"

namespace {

using sim::Machine;
using sim::entry;
using sim::ms;
using sim::u;

class SingleChange : public testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    Machine m{1, 2};
};

// All but the page has been seen.
TEST_F(SingleChange, NoReadyWithoutThePage)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.catalog());
    m.step(m.answer_ring());
    m.step(m.answer());
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_GREETING));
    m.step(m.status());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

// A partner that comes back with an older module: what was agreed on was of that connection.
TEST_F(SingleChange, AVersionIsAgreedOnAnew)
{
    m.s.config.version_max = CCM_VERSION_MAX + 2;
    m.start().greet();
    m.step(m.keys());
    m.step(m.status([](auto &p) { p.version_max = CCM_VERSION_MAX + 1; }));
    EXPECT_EQ(m.s.conn.version, CCM_VERSION_MAX + 1);
    m.step(m.simple(CCM_SEV_ERROR));
    EXPECT_EQ(m.s.conn.version, 0U);
    m.peer_attempt++;
    m.to(CCM_STATE_READY);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.s.conn.version, CCM_VERSION_MAX);
}

// What one link gives back is there for another, whichever stands first.
TEST_F(SingleChange, LinksAreClosedBeforeOthersArePrepared)
{
    m.step(m.clients({entry("log", 1), entry("lock", 2)}));
    m.peer_clients = {entry("lock", 8)};
    m.start().to(CCM_STATE_OPENING).open(1);
    m.step(m.ready());
    ASSERT_EQ(m.s.state, u(CCM_STATE_READY));
    ASSERT_EQ(m.link(1), "UP 1 none");
    m.peer_clients = {entry("log", 7)};
    m.peer_generation++;
    m.step(m.catalog());
    EXPECT_EQ(m.done(), "CLOSE 1 left, PREPARE 0");
}

// A client that left before READY: when its try is closed, its place is free, and the partner is told.
TEST_F(SingleChange, AFreedPlaceIsTold)
{
    m.step(m.clients({entry("log", 1)}));
    m.peer_clients = {entry("log", 7)};
    m.start().to(CCM_STATE_OPENING);
    m.step(m.clients({}));
    m.step(m.ready());
    ASSERT_EQ(m.s.state, u(CCM_STATE_READY));
    m.take();
    uint32_t catalogs = m.mails[CCM_RING_CATALOG];
    m.step(m.clients({}));
    EXPECT_EQ(m.link(0), "free");
    EXPECT_EQ(m.mails[CCM_RING_CATALOG], catalogs + 1);
    EXPECT_EQ(m.s.links.catalog.count, 0U);
    EXPECT_EQ(m.s.links.catalog.generation, 2U);
}

} // namespace
