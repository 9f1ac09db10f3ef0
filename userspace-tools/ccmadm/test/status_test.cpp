// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

TEST(Status, ReadyForPeople)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY, CCM_STAGE_INITRAMFS),
                                partner_record(10, CCM_STATE_READY, CCM_STAGE_RUNNING)}));
    EXPECT_EQ(bench.run({}), 0);
    EXPECT_EQ(bench.output.text, "node         1 alpha\n"
                                 "cluster      blue\n"
                                 "incarnation  0x0123456789abcdef\n"
                                 "stage        booting: initramfs\n"
                                 "PARTNER  NAME  STATE  STAGE               TRANSPORT  ADDRESS    SESSIONS  SILENT\n"
                                 "2        beta  ready  booting: initramfs  RoCE/IB    192.0.2.2  1         12.3 ms\n"
                                 "10       beta  ready  running             RoCE/IB    192.0.2.2  1         12.3 ms\n");
    EXPECT_EQ(bench.errors.text, "");
    EXPECT_EQ(bench.path, "/dev/ccm");
}

TEST(Status, DownForPeopleSaysWhy)
{
    Bench bench;
    ccm_record fresh = partner_record(3, CCM_STATE_CONNECTING);
    fresh.name[0] = '\0';
    fresh.transport = 0;
    fresh.family = 0;
    fresh.sessions = 0;
    fresh.silent_us = 0;
    fresh.error = -113;
    bench.source->give(present({down_record(2, CCM_REASON_UNREACHABLE), fresh}));
    EXPECT_EQ(bench.run({"status"}), 2);
    EXPECT_NE(bench.output.text.find("down: unreachable (no answer, can be a partition; see its console, and the "
                                     "cables and switches between)  -  "),
              std::string::npos)
        << bench.output.text;
    EXPECT_NE(bench.output.text.find("3        -     connecting; last error: No route to host"), std::string::npos)
        << bench.output.text;
}

TEST(Status, ACrashKernelThatComesFirst)
{
    for (const char *form : {"--json", "--"}) {
        Bench bench;
        bench.calls.panics_silently = true;
        bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
        EXPECT_EQ(bench.run(form[2] ? std::vector{form} : std::vector<const char *>{}), 0) << "a remark";
        EXPECT_NE(bench.errors.text.find("crash_kexec_post_notifiers"), std::string::npos);
        EXPECT_EQ(bench.output.text.find("crash_kexec"), std::string::npos);
    }
}

TEST(Status, ClientsForPeople)
{
    Bench bench;
    ccm_record ready = client_record("mirror", 10, CCM_CLIENT_READY);
    const char note[] = "copies the log";
    std::copy(std::begin(note), std::end(note), ready.note);
    ccm_record no_memory = client_record("fm", 2, CCM_CLIENT_READY);
    no_memory.ports = 1;
    no_memory.region = 0;
    no_memory.region_partner = 0;
    // As the module may order them; people get them by name, then by partner.
    bench.source->give(present({partner_record(2, CCM_STATE_READY), partner_record(10, CCM_STATE_READY), ready,
                                no_memory, client_record("mirror", 2, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_MEMORY),
                                client_record("fm", 10, CCM_CLIENT_OPENING)}));
    // The clients do not count for the code.
    EXPECT_EQ(bench.run({"status"}), 0);
    const std::string reason = "incompatible: memory (one side asks for more memory than the "
                               "other gives; configure both alike)";
    const auto padded = [&reason](const std::string &text) {
        return text + std::string(reason.size() - text.size(), ' ');
    };
    const auto at = bench.output.text.find("CLIENT");
    ASSERT_NE(at, std::string::npos) << bench.output.text;
    EXPECT_GT(at, bench.output.text.find("PARTNER"));
    EXPECT_EQ(bench.output.text.substr(at), "CLIENT  PARTNER  " + padded("STATE") +
                                                "  VERSION  PORTS  REGION  PARTNER'S  NOTE\n"
                                                "fm      2        " +
                                                padded("ready") +
                                                "  3        1      -       -          -\n"
                                                "fm      10       " +
                                                padded("opening") +
                                                "  -        -      -       -          -\n"
                                                "mirror  2        " +
                                                reason +
                                                "  -        -      -       -          -\n"
                                                "mirror  10       " +
                                                padded("ready") +
                                                "  3        4      64 MiB  1.5 MiB    copies the log\n");
}

TEST(Status, ClientsForPrograms)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY), client_record("mirror", 2, CCM_CLIENT_READY),
                                client_record("locks", 2, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_PORTS)}));
    EXPECT_EQ(bench.run({"--json"}), 0);
    const auto clients = bench.object()["clients"];
    ASSERT_EQ(clients.size(), 2u);
    EXPECT_EQ(clients[0]["client"], "locks");
    EXPECT_EQ(clients[0]["node"], 2);
    EXPECT_EQ(clients[0]["reason"], "ports");
    EXPECT_EQ(clients[1]["state"], "ready");
    EXPECT_EQ(clients[1]["region"], 64u << 20);
    EXPECT_FALSE(clients[1].contains("type"));
}

TEST(Status, ClientsDoNotMakeADownPartnerReady)
{
    Bench bench;
    bench.source->give(present({down_record(2, CCM_REASON_HUNG), client_record("mirror", 2, CCM_CLIENT_READY)}));
    EXPECT_EQ(bench.run({"status"}), 2);
}

TEST(Status, NoPartnerIsNotReady)
{
    Bench bench;
    bench.source->give(present({}));
    EXPECT_EQ(bench.run({"status"}), 2);
    EXPECT_NE(bench.output.text.find("no partner is configured: load the module with partners="), std::string::npos);
}

TEST(Status, UnconfiguredNodeForPeople)
{
    Bench bench;
    Batch batch = present({});
    batch[0].node = 0;
    bench.source->give(batch);
    EXPECT_EQ(bench.run({"status"}), 2);
    EXPECT_NE(bench.output.text.find("not configured: load the module with node=ID"), std::string::npos);
}

TEST(Status, Json)
{
    for (const auto &arguments :
         std::vector<std::vector<const char *>>{{"--json"}, {"--json", "status"}, {"status", "--json"}}) {
        Bench bench;
        bench.source->give(present({partner_record(2, CCM_STATE_READY), down_record(3, CCM_REASON_PANICKED)}));
        EXPECT_EQ(bench.run(arguments), 2);
        const auto object = bench.object();
        EXPECT_EQ(object.size(), 3u);
        EXPECT_EQ(object["clients"], nlohmann::json::array());
        EXPECT_EQ(object["node"]["node"], 1);
        EXPECT_EQ(object["node"]["cluster"], "blue");
        EXPECT_EQ(object["node"]["stage"], "initramfs");
        EXPECT_EQ(object["node"]["incarnation"], "0x0123456789abcdef");
        ASSERT_EQ(object["partners"].size(), 2u);
        EXPECT_EQ(object["partners"][0]["state"], "ready");
        EXPECT_EQ(object["partners"][1]["node"], 3);
        EXPECT_EQ(object["partners"][1]["reason"], "panicked");
    }
}

TEST(Status, JsonWithoutANodeRecord)
{
    Bench bench;
    bench.source->give(Batch{plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(bench.run({"status", "--json"}), 2);
    EXPECT_TRUE(bench.object()["node"].is_null());
    EXPECT_TRUE(bench.object()["partners"].empty());
    EXPECT_TRUE(bench.object()["clients"].is_array());
}

TEST(Status, TakesTheStateAgainAfterAnOverflow)
{
    Bench bench;
    bench.source->give(Batch{node_record(), down_record(2, CCM_REASON_HUNG), plain_record(CCM_RECORD_OVERFLOW)});
    bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
    EXPECT_EQ(bench.run({"status"}), 0);
    EXPECT_EQ(bench.output.text.find("down"), std::string::npos);
}

TEST(Status, SilentModuleIsAnError)
{
    Bench bench;
    EXPECT_EQ(bench.run({"status", "--json"}), 1);
    EXPECT_EQ(bench.output.text, "");
    EXPECT_NE(bench.errors.text.find("ccmadm: the module has not described"), std::string::npos);
}

TEST(Status, UnloadedModuleIsAnError)
{
    Bench bench;
    bench.source->give([] { return Error{"/dev/ccm: the module was unloaded"}; });
    EXPECT_EQ(bench.run({"status"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: /dev/ccm: the module was unloaded\n");
}

} // namespace
} // namespace ccmadm::test
