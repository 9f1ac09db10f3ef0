// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;

TEST(Stage, Prints)
{
    Bench bench;
    bench.source->give(present({}));
    EXPECT_EQ(bench.run({"stage"}), 0);
    EXPECT_EQ(bench.output.text, "initramfs\n");
    EXPECT_TRUE(bench.calls.stages_set.empty());
}

TEST(Stage, PrintsJson)
{
    Bench bench;
    bench.source->give(present({}));
    EXPECT_EQ(bench.run({"stage", "--json"}), 0);
    EXPECT_EQ(bench.object(), json::parse(R"({"node": 1, "stage": "initramfs"})"));
}

TEST(Stage, WithoutANodeRecordIsAnError)
{
    Bench bench;
    bench.source->give(Batch{plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(bench.run({"stage"}), 1);
    EXPECT_NE(bench.errors.text.find("has not described this node"), std::string::npos);
}

TEST(Stage, SetsEachOne)
{
    const std::pair<const char *, std::uint32_t> names[] = {
        {"kernel", CCM_STAGE_KERNEL},       {"initramfs", CCM_STAGE_INITRAMFS}, {"root", CCM_STAGE_ROOT},
        {"userspace", CCM_STAGE_USERSPACE}, {"storage", CCM_STAGE_STORAGE},     {"running", CCM_STAGE_RUNNING},
        {"stopping", CCM_STAGE_STOPPING},
    };
    for (const auto &[name, value] : names) {
        Bench bench;
        EXPECT_EQ(bench.run({"stage", name}), 0);
        EXPECT_EQ(bench.output.text, "");
        EXPECT_EQ(bench.calls.stages_set, std::vector<std::uint32_t>{value});
    }
    Bench bench;
    EXPECT_EQ(bench.run({"--json", "stage", "running"}), 0);
    EXPECT_EQ(bench.object(), json::parse(R"({"node": 1, "stage": "running"})"));
}

TEST(Stage, OtherNamesAreRefusedWithTheRightOnes)
{
    for (const char *name : {"unknown", "Running", "6", "runnin"}) {
        Bench bench;
        EXPECT_EQ(bench.run({"stage", name}), 1) << name;
        EXPECT_NE(bench.errors.text.find(std::string("`") + name +
                                         "` is not a boot stage; the stages are: kernel, initramfs, root, userspace, "
                                         "storage, running, stopping"),
                  std::string::npos)
            << bench.errors.text;
        EXPECT_TRUE(bench.calls.stages_set.empty());
    }
}

TEST(Stage, RefusalOfTheModule)
{
    Bench bench;
    bench.calls.stage_errno = EPERM;
    EXPECT_EQ(bench.run({"stage", "running"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: cannot set the stage running: it needs "
                                 "CAP_SYS_ADMIN: run ccmadm as root\n");
}

TEST(Stage, OneThatAProgramHolds)
{
    Bench bench;
    bench.calls.stage_errno = EBUSY;
    EXPECT_EQ(bench.run({"stage", "stopping"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: cannot set the stage stopping: a program holds a higher one "
                                 "(`ccmadm hold`); stop it first\n");
}

// What a command that can be run comes to is tested with the real program, on nodes.
TEST(Hold, HoldsFirstThenRuns)
{
    Bench bench;
    EXPECT_EQ(bench.run({"hold", "running", "--", "/no/such/program", "--json", "-x"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: cannot run /no/such/program: No such file or directory\n");
    EXPECT_EQ(bench.calls.stages_held, std::vector<std::uint32_t>{CCM_STAGE_RUNNING});
    EXPECT_TRUE(bench.calls.stages_set.empty());
}

TEST(Hold, WithoutTheStageNothingRuns)
{
    for (const auto &[number, text] : {std::pair{EPERM, "CAP_SYS_ADMIN"}, {ESHUTDOWN, "going down"}}) {
        Bench bench;
        bench.calls.hold_errno = number;
        EXPECT_EQ(bench.run({"hold", "running", "true"}), 1);
        EXPECT_NE(bench.errors.text.find("cannot hold the stage running: "), std::string::npos);
        EXPECT_NE(bench.errors.text.find(text), std::string::npos) << bench.errors.text;
    }
    for (const std::vector<const char *> &wrong :
         {std::vector{"hold"}, {"hold", "running"}, {"hold", "stopping", "true"}, {"hold", "true"}}) {
        Bench bench;
        EXPECT_EQ(bench.run(wrong), 1);
        EXPECT_TRUE(bench.calls.stages_held.empty());
    }
}

ccm_peek page()
{
    ccm_peek page{};
    page.incarnation = 0xfedcba9876543210;
    page.counter = 4711;
    page.uptime_ms = 3'250;
    page.stage = CCM_STAGE_INITRAMFS;
    page.tick_ms = 20;
    page.read_us = 190;
    return page;
}

TEST(Peek, ForPeople)
{
    Bench bench;
    bench.calls.peek = page();
    EXPECT_EQ(bench.run({"peek", "2"}), 0);
    EXPECT_EQ(bench.output.text, "partner      2\n"
                                 "incarnation  0xfedcba9876543210\n"
                                 "stage        booting: initramfs\n"
                                 "flags        -\n"
                                 "counter      4711, moves at least every 20 ms\n"
                                 "uptime       3.250 s\n"
                                 "read in      190 us\n");
    ASSERT_EQ(bench.calls.peeks_asked.size(), 1u);
    EXPECT_EQ(bench.calls.peeks_asked[0].node, 2u);
    EXPECT_EQ(bench.calls.peeks_asked[0].timeout_ms, 1000u);
}

TEST(Peek, Json)
{
    Bench bench;
    bench.calls.peek = page();
    bench.calls.peek.page_flags = CCM_PAGE_PANIC | CCM_PAGE_SHUTDOWN | (1u << 7);
    bench.calls.peek.stage = 99;
    EXPECT_EQ(bench.run({"peek", "2", "--timeout", "250", "--json"}), 0);
    EXPECT_EQ(bench.object(), json::parse(R"({
        "node": 2, "incarnation": "0xfedcba9876543210", "stage": 99,
        "page_flags": ["panic", "shutdown", 128], "counter": 4711, "tick_ms": 20,
        "uptime_ms": 3250, "read_us": 190})"));
    EXPECT_EQ(bench.calls.peeks_asked[0].timeout_ms, 250u);
}

TEST(Peek, ExitCodes)
{
    for (const auto &[number, code] : {std::pair{ENOENT, 1}, {ENOTCONN, 2}, {ETIMEDOUT, 3}, {EPERM, 1}, {EIO, 1}}) {
        Bench bench;
        bench.calls.peek_errno = number;
        EXPECT_EQ(bench.run({"peek", "2"}), code);
        EXPECT_EQ(bench.output.text, "");
        EXPECT_EQ(bench.errors.text.find("ccmadm: "), 0u);
        EXPECT_NE(bench.errors.text.find("partner 2"), std::string::npos);
    }
}

} // namespace
} // namespace ccmadm::test
