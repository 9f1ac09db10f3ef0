// SPDX-License-Identifier: GPL-2.0-only
// Facts are given, what stands against a takeover is looked at: one test for each row of the table.
#include "explain/check.h"
#include "scene.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <ostream>
#include <set>

namespace ccmadm::test {
namespace {

// Nothing stands against it: both serve, the monitor watches, there are two keys.
struct ReadyScene : Scene {
    ReadyScene()
    {
        node.keys = std::vector<std::uint32_t>{3, 4};
        partner.record->state = CCM_STATE_READY;
        partner.record->reason = CCM_REASON_NONE;
        partner.record->stage = CCM_STAGE_RUNNING;
        partner.record->version = 1;
        partner.failover = FailoverFacts{"partner-up", {"watched"}};
    }
};

struct CheckRow {
    const char *id;
    std::function<void(Scene &)> arrange;
    const char *evidence;
    const char *next;
};

void PrintTo(const CheckRow &row, std::ostream *out)
{
    *out << row.id;
}

const std::vector<CheckRow> check_rows{
    {"unknown-partner", [](Scene &s) { s.partner = {}, s.partner.id = 7; }, "configured are: 2",
     "`ccmadm partner add 7 ADDRESS`"},
    {"not-ready",
     [](Scene &s) {
         s.partner.record->state = CCM_STATE_DOWN;
         s.partner.record->reason = CCM_REASON_MTU;
     },
     "the state is down, the reason mtu", "`ccmadm explain 2`"},
    {"own-stage", [](Scene &s) { s.node.stage = CCM_STAGE_USERSPACE; }, "userspace", "`ccmadm stage running`"},
    {"stage-unknown", [](Scene &s) { s.partner.record->stage = CCM_STAGE_UNKNOWN; }, "unknown",
     "on the partner, if it serves: `ccmadm stage running`"},
    {"not-serving", [](Scene &s) { s.partner.record->stage = CCM_STAGE_ROOT; }, "booting: root", "--stage running"},
    {"no-monitor", [](Scene &s) { s.node.monitor = false; }, "/sys/module/ccm_fm", "`modprobe ccm_fm`"},
    {"monitor-knows-nothing", [](Scene &s) { s.partner.failover.reset(); }, "has no 2", "`ccmadm failover`"},
    {"flapping",
     [](Scene &s) {
         s.partner.failover = FailoverFacts{"flapping", {"flapping", "watched"}};
     },
     "flapping, watched", "`ccmadm failover 2 --clear`"},
    {"advised",
     [](Scene &s) {
         s.partner.failover = FailoverFacts{"giveback-possible", {"advised", "watched"}};
     },
     "giveback-possible", "`ccmadm failover 2 --clear`"},
    {"not-watched", [](Scene &s) { s.partner.failover->flags.clear(); }, "without watched: none",
     "`ccmadm failover 2 --clear`"},
    {"decision", [](Scene &s) { s.partner.failover->decision = "cannot-tell"; }, "cannot-tell", "`ccmadm failover 2`"},
    {"key-gone", [](Scene &s) { s.node.keys->clear(); }, "no key of the cluster blue", "`ccmadm key add FILE`"},
    {"panics-silently", [](Scene &s) { s.node.panics_silently = true; }, "crash_kexec_post_notifiers",
     "crash_kexec_post_notifiers"},
    {"older-version", [](Scene &s) { s.node.version_max = 2; }, "speak version 1, this module up to 2",
     "`modinfo rdma_ccm` there"},
    {"one-key", [](Scene &s) { s.node.keys->pop_back(); }, "key 3", "`ccmadm key generate FILE`"},
    {"no-authentication",
     [](Scene &s) {
         s.node.auth = "none";
         s.node.keys.reset();
     },
     "auth=none", "auth=psk"},
};

class EachCheck : public ::testing::TestWithParam<CheckRow> {};

TEST_P(EachCheck, IsSaidAloneWithItsEvidence)
{
    ReadyScene scene;
    GetParam().arrange(scene);
    const Check check = check_takeover(scene.node, {scene.partner, {}});
    const auto all = check_causes();
    const auto cause = std::find_if(all.begin(), all.end(), [](const Cause &one) { return one.id == GetParam().id; });
    ASSERT_NE(cause, all.end());
    const bool remark = cause->about == About::remark;
    const auto &found = remark ? check.remarks : check.against;
    ASSERT_EQ(found.size(), 1u) << check_text(check);
    EXPECT_EQ(found[0].id, GetParam().id);
    EXPECT_TRUE((remark ? check.against : check.remarks).empty()) << check_text(check);
    EXPECT_NE(found[0].evidence.find(GetParam().evidence), std::string::npos) << found[0].evidence;
    EXPECT_NE(found[0].next.find(GetParam().next), std::string::npos) << found[0].next;
    EXPECT_EQ(check.works(), remark);
}

INSTANTIATE_TEST_SUITE_P(Check, EachCheck, ::testing::ValuesIn(check_rows), [](const auto &info) {
    std::string name = info.param.id;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(CheckCauses, EachHasATestAndAnIdOfItsOwn)
{
    std::set<std::string_view> tested, there;
    for (const CheckRow &row : check_rows)
        tested.insert(row.id);
    for (const Cause &cause : causes())
        there.insert(cause.id);
    for (const Cause &cause : check_causes()) {
        EXPECT_TRUE(there.insert(cause.id).second) << cause.id;
        EXPECT_TRUE(tested.contains(cause.id)) << cause.id << " has no test";
    }
}

TEST(CheckCauses, NothingWrongNothingSaid)
{
    const ReadyScene scene;
    const Check check = check_takeover(scene.node, {scene.partner, {scene.client}});
    EXPECT_TRUE(check.works() && check.remarks.empty()) << check_text(check);
}

// What is wrong with the node itself is said alone.
TEST(CheckCauses, ANodeThatIsNotConfigured)
{
    ReadyScene scene;
    scene.node.id = 0;
    scene.node.panics_silently = true;
    const Check check = check_takeover(scene.node, {scene.partner, {}});
    ASSERT_EQ(check.against.size(), 1u);
    EXPECT_EQ(check.against[0].id, "not-configured");
}

} // namespace
} // namespace ccmadm::test
