// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"

#include "fakes.h"

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
    source.give(Batch{node_record(), partner_record(3, CCM_STATE_READY),
                      plain_record(CCM_RECORD_OVERFLOW), node_record(),
                      partner_record(2, CCM_STATE_READY), plain_record(CCM_RECORD_SYNC)});
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
