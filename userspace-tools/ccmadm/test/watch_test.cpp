// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

MemorySource::Step stop()
{
    return [] { return ReadResult(Stopped{}); };
}

void use_utc()
{
    setenv("TZ", "UTC", 1);
    tzset();
}

TEST(Watch, JsonIsPresentStateSyncChanges)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_CONNECTING)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY, CCM_STAGE_INITRAMFS)});
    bench.source->give(Batch{down_record(2, CCM_REASON_UNREACHABLE), removed_record(2)});
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch", "--json"}), 0);
    const auto lines = bench.lines();
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0]["type"], "node");
    EXPECT_EQ(lines[0]["incarnation"], "0x0123456789abcdef");
    EXPECT_EQ(lines[1]["type"], "partner");
    EXPECT_EQ(lines[1]["flags"], nlohmann::json::array({"present"}));
    EXPECT_EQ(lines[2]["type"], "sync");
    EXPECT_EQ(lines[3]["node"], 2);
    EXPECT_EQ(lines[3]["state"], "ready");
    EXPECT_EQ(lines[3]["stage"], "initramfs");
    EXPECT_EQ(lines[3]["flags"], nlohmann::json::array());
    EXPECT_TRUE(lines[3]["time_ns"].is_number_unsigned());
    EXPECT_EQ(lines[4]["reason"], "unreachable");
    EXPECT_EQ(lines[5]["type"], "removed");
    EXPECT_EQ(bench.errors.text, "");
}

TEST(Watch, EachLineIsWrittenByItself)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_CONNECTING)}));
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch", "--json"}), 0);
    ASSERT_EQ(bench.output.writes.size(), 3u);
    for (const auto &line : bench.output.writes)
        EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Watch, TextHasOneLinePerRecord)
{
    use_utc();
    Bench bench;
    Batch batch = present({down_record(2, CCM_REASON_UNREACHABLE)});
    batch.push_back(partner_record(2, CCM_STATE_READY, CCM_STAGE_INITRAMFS));
    batch.push_back(plain_record(77));
    for (auto &record : batch)
        record.time_ns = 999'500'000'000;
    bench.source->give(batch);
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch"}), 0);
    const std::string at = "2023-11-14 22:13:19.500000  ";
    EXPECT_EQ(bench.output.text,
              at + "node 1 alpha, cluster blue, incarnation 0x0123456789abcdef, booting: initramfs\n" + at +
                  "partner 2 beta: down: unreachable (no answer, can be a partition; see its console, and the cables "
                  "and switches between), "
                  "RoCE/IB, 192.0.2.2, silent 12.3 ms\n" +
                  at + "-- this is the present state; changes follow\n" + at +
                  "partner 2 beta: ready, booting: initramfs, RoCE/IB, 192.0.2.2, "
                  "incarnation 0xfedcba9876543210, session 1\n" +
                  at + "record of type 77, about node 0\n");
}

TEST(Watch, ClientsHaveALineEach)
{
    use_utc();
    Bench bench;
    ccm_record one_port = client_record("fm", 2, CCM_CLIENT_READY);
    one_port.ports = 1;
    one_port.region = 0;
    one_port.note[0] = 'x';
    Batch batch{client_record("fm", 2, CCM_CLIENT_WAITING, CCM_CLIENT_NO_SESSION),
                client_record("mirror", 2, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_PORTS),
                client_record("mirror", 2, CCM_CLIENT_READY), one_port,
                client_record("mirror", 2, CCM_CLIENT_GONE, CCM_CLIENT_LEFT)};
    for (auto &record : batch)
        record.time_ns = 999'500'000'000;
    bench.source->give(batch);
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch"}), 0);
    const std::string at = "2023-11-14 22:13:19.500000  client ";
    EXPECT_EQ(bench.output.text, at + "fm, partner 2: waiting: no-session (there is no session with the partner)\n" +
                                     at +
                                     "mirror, partner 2: incompatible: ports (one side needs more ports than "
                                     "the other wants; configure both alike)\n" +
                                     at +
                                     "mirror, partner 2: ready, version 3, 4 ports, region 64 MiB, "
                                     "partner's region 1.5 MiB\n" +
                                     at +
                                     "fm, partner 2: ready, version 3, 1 port, partner's region 1.5 MiB, "
                                     "note: x\n" +
                                     at + "mirror, partner 2: gone: left (it, or its counterpart, has left)\n");
}

TEST(Watch, ClientsAreChangesAfterThePresentState)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY), client_record("mirror", 2, CCM_CLIENT_OPENING)}));
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_READY),
                             client_record("mirror", 2, CCM_CLIENT_GONE, CCM_CLIENT_LEFT)});
    EXPECT_EQ(bench.run({"watch", "--json", "--count", "1"}), 0);
    const auto lines = bench.lines();
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(lines[2]["type"], "client");
    EXPECT_EQ(lines[2]["flags"], nlohmann::json::array({"present"}));
    EXPECT_EQ(lines[3]["type"], "sync");
    EXPECT_EQ(lines[4]["client"], "mirror");
    EXPECT_EQ(lines[4]["state"], "ready");
    EXPECT_EQ(lines[4]["flags"], nlohmann::json::array());
}

TEST(Watch, GoesOnAfterAnOverflow)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
    bench.source->give(Batch{plain_record(CCM_RECORD_OVERFLOW)});
    bench.source->give(present({partner_record(2, CCM_STATE_DOWN)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_CONNECTING)});
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch", "--json"}), 0);
    std::vector<std::string> types;
    for (const auto &line : bench.lines())
        types.push_back(line["type"]);
    EXPECT_EQ(types,
              (std::vector<std::string>{"node", "partner", "sync", "overflow", "node", "partner", "sync", "partner"}));
}

TEST(Watch, UnknownRecordsAndValuesAreNumbers)
{
    Bench bench;
    bench.source->give(Batch{plain_record(300), partner_record(2, 100, 101)});
    bench.source->give(stop());
    EXPECT_EQ(bench.run({"watch", "--json"}), 0);
    const auto lines = bench.lines();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0]["type"], 300);
    EXPECT_EQ(lines[1]["state"], 100);
    EXPECT_EQ(lines[1]["stage"], 101);
}

TEST(Watch, UntilSync)
{
    Bench bench;
    Batch batch = present({partner_record(2, CCM_STATE_READY)});
    batch.push_back(down_record(2, CCM_REASON_HUNG));
    bench.source->give(batch);
    EXPECT_EQ(bench.run({"watch", "--json", "--until-sync"}), 0);
    EXPECT_EQ(bench.lines().back()["type"], "sync");
}

TEST(Watch, CountsChangesOnly)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_DOWN)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_CONNECTING), plain_record(CCM_RECORD_OVERFLOW)});
    bench.source->give(present({partner_record(2, CCM_STATE_OPENING)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY), down_record(2, CCM_REASON_SHUTDOWN)});
    EXPECT_EQ(bench.run({"watch", "--json", "--count", "2"}), 0);
    EXPECT_EQ(bench.lines().back()["state"], "ready");
}

TEST(Watch, UnloadedModuleIsAnErrorAfterWhatWasPrinted)
{
    Bench bench;
    bench.source->give(present({}));
    bench.source->give([] { return Error{"/dev/ccm: the module was unloaded"}; });
    EXPECT_EQ(bench.run({"watch", "--json"}), 1);
    EXPECT_EQ(bench.lines().size(), 2u);
    EXPECT_EQ(bench.errors.text, "ccmadm: /dev/ccm: the module was unloaded\n");
}

TEST(Watch, EndsWhenNobodyReadsItsOutput)
{
    Bench bench;
    bench.source->give(present({}));
    bench.source->give([] { return ReadResult(OutputClosed{}); });
    EXPECT_EQ(bench.run({"watch"}), 0);
}

TEST(Watch, OutputThatFailsIsAnError)
{
    Bench bench;
    bench.source->give([&bench] {
        bench.output.fail(Output::State::failed, ENOSPC);
        return ReadResult(present({}));
    });
    EXPECT_EQ(bench.run({"watch"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: cannot write to standard output: No space left on device\n");
}

} // namespace
} // namespace ccmadm::test
