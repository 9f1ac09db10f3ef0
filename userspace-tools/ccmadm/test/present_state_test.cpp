// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"

#include "fakes.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

class PresentStateTest : public testing::Test {
protected:
    FakeClock clock;
    MemorySource source{clock};
};

TEST_F(PresentStateTest, IsCompleteAtSync)
{
    source.give(Batch{node_record()});
    source.give(Batch{partner_record(3, CCM_STATE_READY), partner_record(2, CCM_STATE_DOWN)});
    source.give(Batch{plain_record(CCM_RECORD_SYNC)});
    const auto state = take_present_state(source, clock);
    ASSERT_TRUE(state);
    ASSERT_TRUE(state.value().node());
    EXPECT_EQ(state.value().node()->node, 1u);
    EXPECT_EQ(state.value().partners().size(), 2u);
    EXPECT_EQ(state.value().partner(4), nullptr);
    EXPECT_FALSE(state.value().ready());
}

TEST_F(PresentStateTest, ReadyNeedsPartnersAndAllOfThem)
{
    PresentState state;
    for (const auto &record : present({}))
        state.apply(record);
    EXPECT_FALSE(state.ready());
    state.apply(partner_record(2, CCM_STATE_READY));
    EXPECT_TRUE(state.ready());
    state.apply(partner_record(3, CCM_STATE_OPENING));
    EXPECT_FALSE(state.ready());
    state.apply(removed_record(3));
    EXPECT_TRUE(state.ready());
}

TEST_F(PresentStateTest, OverflowStartsAgain)
{
    // What came before the overflow must not shine through: partner 3 is gone.
    source.give(Batch{node_record(), partner_record(3, CCM_STATE_READY), plain_record(CCM_RECORD_OVERFLOW),
                      node_record(), partner_record(2, CCM_STATE_READY), plain_record(CCM_RECORD_SYNC)});
    const auto state = take_present_state(source, clock);
    ASSERT_TRUE(state);
    EXPECT_EQ(state.value().partner(3), nullptr);
    EXPECT_NE(state.value().partner(2), nullptr);
}

TEST_F(PresentStateTest, OverflowBehindSyncInOneReadStartsAgainToo)
{
    Batch batch = present({partner_record(2, CCM_STATE_READY)});
    batch.push_back(plain_record(CCM_RECORD_OVERFLOW));
    source.give(batch);
    source.give(present({partner_record(2, CCM_STATE_DOWN)}));
    const auto state = take_present_state(source, clock);
    ASSERT_TRUE(state);
    EXPECT_EQ(state.value().partner(2)->state, CCM_STATE_DOWN);
}

TEST_F(PresentStateTest, ClientsAreKnownByNameAndPartner)
{
    source.give(present({partner_record(2, CCM_STATE_READY), partner_record(3, CCM_STATE_READY),
                         client_record("mirror", 2, CCM_CLIENT_READY), client_record("mirror", 3, CCM_CLIENT_OPENING),
                         client_record("locks", 2, CCM_CLIENT_WAITING)}));
    const auto taken = take_present_state(source, clock);
    ASSERT_TRUE(taken);
    PresentState state = taken.value();
    ASSERT_EQ(state.clients().size(), 3u);
    EXPECT_EQ(state.client("mirror", 2)->state, CCM_CLIENT_READY);
    EXPECT_EQ(state.client("mirror", 3)->state, CCM_CLIENT_OPENING);
    EXPECT_EQ(state.client("locks", 3), nullptr);
    EXPECT_EQ(state.client("mirro", 2), nullptr);
    EXPECT_TRUE(state.ready()); // which is about the partners only

    state.apply(client_record("mirror", 3, CCM_CLIENT_READY));
    EXPECT_EQ(state.client("mirror", 3)->state, CCM_CLIENT_READY);
    EXPECT_EQ(state.clients().size(), 3u);
}

TEST_F(PresentStateTest, ClientsLeaveByThemselvesOrWithTheirPartner)
{
    PresentState state;
    for (const auto &record :
         present({partner_record(2, CCM_STATE_READY), partner_record(3, CCM_STATE_READY),
                  client_record("mirror", 2, CCM_CLIENT_READY), client_record("mirror", 3, CCM_CLIENT_READY),
                  client_record("locks", 3, CCM_CLIENT_READY)}))
        state.apply(record);
    state.apply(client_record("mirror", 2, CCM_CLIENT_GONE, CCM_CLIENT_LEFT));
    EXPECT_EQ(state.client("mirror", 2), nullptr);
    EXPECT_EQ(state.clients().size(), 2u);
    state.apply(client_record("never-there", 2, CCM_CLIENT_GONE, CCM_CLIENT_LEFT));
    EXPECT_EQ(state.clients().size(), 2u);
    state.apply(removed_record(3));
    EXPECT_TRUE(state.clients().empty());
}

TEST_F(PresentStateTest, OverflowForgetsClientsToo)
{
    source.give(Batch{node_record(), client_record("mirror", 2, CCM_CLIENT_READY), plain_record(CCM_RECORD_OVERFLOW)});
    source.give(present({partner_record(2, CCM_STATE_READY)}));
    const auto state = take_present_state(source, clock);
    ASSERT_TRUE(state);
    EXPECT_TRUE(state.value().clients().empty());
}

TEST_F(PresentStateTest, ANameWithoutAnEndStaysWithinItsField)
{
    PresentState state;
    ccm_record record = client_record("", 2, CCM_CLIENT_READY);
    std::fill(std::begin(record.client), std::end(record.client), 'x');
    std::fill(std::begin(record.note), std::end(record.note), 'y');
    state.apply(record);
    EXPECT_NE(state.client(std::string(CCM_CLIENT_NAME_LEN, 'x'), 2), nullptr);
}

TEST_F(PresentStateTest, UnknownRecordsChangeNothing)
{
    Batch batch = present({partner_record(2, CCM_STATE_READY)});
    batch.insert(batch.begin() + 1, plain_record(77));
    source.give(batch);
    const auto state = take_present_state(source, clock);
    ASSERT_TRUE(state);
    EXPECT_EQ(state.value().partners().size(), 1u);
}

TEST_F(PresentStateTest, AModuleThatSaysNothingIsAnError)
{
    source.give(Batch{node_record()});
    const auto state = take_present_state(source, clock);
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, ExitCode::error);
    EXPECT_NE(state.error().text.find("has not described its present state"), std::string::npos);
}

TEST_F(PresentStateTest, ErrorsComeThrough)
{
    source.give([] { return Error{"gone"}; });
    const auto state = take_present_state(source, clock);
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().text, "gone");
}

} // namespace
} // namespace ccmadm::test
