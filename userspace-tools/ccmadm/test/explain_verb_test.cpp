// SPDX-License-Identifier: GPL-2.0-only
// `ccmadm explain` with everything around it made of memory and of a tree of files.
#include "fake_keys.h"
#include "fakes.h"
#include "temporary_tree.h"
#include "verbs/verb.h"

#include <cerrno>
#include <cstring>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;

class FakeNetwork final : public NetworkView {
public:
    std::optional<Way> way_to(const PartnerAddress &to, bool ask) override
    {
        asked_for.push_back(to);
        asked |= ask;
        return way;
    }

    std::optional<Way> way =
        Way{Way::Route::direct, "",       Interface{2, "eth0", "", false, true, true, 1500}, "192.0.2.1", "192.0.2.2",
            "REACHABLE",        Seen::yes};
    std::vector<PartnerAddress> asked_for;
    bool asked = false;
};

class LinkLocalControl final : public PartnerControl {
public:
    Result<Nothing> add(std::uint32_t, std::span<const PartnerAddress>) override { return Nothing{}; }
    Result<Nothing> set(std::uint32_t, std::span<const PartnerAddress>) override { return Nothing{}; }
    Result<Nothing> del(std::uint32_t) override { return Nothing{}; }
    Result<std::vector<PartnerEntry>> list(std::uint32_t id) override
    {
        return std::vector{PartnerEntry{id, {"[fe80::2%eth1]"}}};
    }
};

class ExplainVerb : public ::testing::Test {
protected:
    ExplainVerb()
    {
        const std::string parameters = "module/rdma_ccm/parameters/";
        sys.file(parameters + "cluster", "blue\n");
        sys.file(parameters + "auth", "psk\n");
        sys.file(parameters + "keyring", "777\n");
        sys.file("class/infiniband/rxe0/node_type", "1: CA\n");
        sys.file("class/infiniband/rxe0/parent", "eth0\n");
        sys.file("class/infiniband/rxe0/ports/1/state", "4: ACTIVE\n");
        counters("attempt_error 0\nretry_ms 1500\n");
        sys.file("ccm", "");
        keys.put("blue:3");
        calls.info.uapi_version = CCM_UAPI_VERSION;
        calls.info.record_size = sizeof(ccm_record);
        calls.info.node = 1;
        calls.info.version_min = calls.info.version_max = 1;
    }

    void counters(std::string_view text) const { sys.file("kernel/debug/ccm/partner-2", text); }
    static ccm_record tried(std::uint32_t reason)
    {
        ccm_record record = down_record(2, reason);
        record.attempts = 4;
        record.sessions = 0;
        record.port = 3341;
        return record;
    }

    // What it exits with; 1: the error is in `error`.
    int run(std::vector<ccm_record> records, const SurveyOptions &options = {}, Format format = Format::text,
            bool check = false)
    {
        const DeviceOpener opener = [&](const std::string &path) -> Result<Device> {
            if (!open_error.empty())
                return Error{open_error};
            auto source = std::make_unique<MemorySource>(clock);
            source->give(present(std::move(records)));
            return Device(path, std::make_unique<FakeControl>(calls), std::move(source));
        };
        Printer printer(output, format, clock);
        const ExplainContext context{{opener, device, sys.path(), clock, keys, control, network}, printer};
        const auto code = check ? run_check(context, options) : run_explain(context, options);
        if (!code)
            error = code.error().text;
        return code ? static_cast<int>(code.value()) : 1;
    }
    bool says(const std::string &text) const { return output.text.find(text) != std::string::npos; }

    TemporaryTree sys;
    FakeKeys keys;
    LinkLocalControl control;
    FakeNetwork network;
    ControlCalls calls;
    FakeClock clock;
    StringOutput output;
    std::string open_error, error;
    std::string device = sys.path("ccm");
};

TEST_F(ExplainVerb, ReadyInOneLine)
{
    counters("ready_ns 999000000000\nattempt_error 0\nretry_ms -1\n");
    EXPECT_EQ(run({partner_record(2, CCM_STATE_READY)}), 0);
    EXPECT_EQ(output.text, "partner 2 (beta): ready since " + clock.local_time(999'000'000'000) + "\n");
    EXPECT_TRUE(network.asked_for.empty()) << "nobody is asked for nothing";
}

// The record tells only when anything of it has changed.
TEST_F(ExplainVerb, ReadyWithoutDebugfs)
{
    sys.remove("kernel");
    const ccm_record record = partner_record(2, CCM_STATE_READY);
    EXPECT_EQ(run({record}), 0);
    EXPECT_EQ(output.text, "partner 2 (beta): ready since at least " + clock.local_time(record.time_ns) + "\n");
}

TEST_F(ExplainVerb, ForPeople)
{
    EXPECT_EQ(run({tried(CCM_REASON_UNREACHABLE)}), 2);
    EXPECT_EQ(output.text,
              "partner 2 (beta): down, unreachable; next attempt in 1.5 s\n"
              "  1. The partner's machine answers, and its RDMA does not\n"
              "     seen: 192.0.2.2 answers address resolution on eth0; to requests by UDP port 4791 nothing "
              "comes back (4 attempts so far)\n"
              "     next: is there a firewall? UDP port 4791 must pass, both ways: `nft list ruleset` on both; and is "
              "there an RDMA device on the partner? `rdma link` there; `ccmadm explain` there says more\n"
              "  not seen: switches, firewalls between, and what the partner sees: `ccmadm explain 1` there\n");
    ASSERT_EQ(network.asked_for.size(), 1u);
    EXPECT_EQ(network.asked_for[0].family, AF_INET);
    EXPECT_EQ(network.asked_for[0].bytes[3], 2);
    EXPECT_TRUE(network.asked);
}

TEST_F(ExplainVerb, ForPrograms)
{
    counters("attempt_error -111\nretry_ms 700\nrejection_heard \"another cluster\" 40\n");
    EXPECT_EQ(run({tried(CCM_REASON_REFUSED)}, {}, Format::json), 2);
    const json object = json::parse(output.text);
    EXPECT_EQ(object["node"], 1);
    EXPECT_EQ(object["ready"], false);
    EXPECT_EQ(object["causes"], json::array());
    const json &partner = object["partners"].at(0);
    EXPECT_EQ(partner["node"], 2);
    EXPECT_EQ(partner["state"], "down");
    EXPECT_EQ(partner["retry_ms"], 700);
    EXPECT_EQ(partner["ready_ns"], nullptr);
    EXPECT_EQ(partner["causes"].at(0)["id"], "another-cluster");
    for (const char *name : {"title", "evidence", "next"})
        EXPECT_FALSE(partner["causes"].at(0)[name].get<std::string>().empty()) << name;
    EXPECT_EQ(partner["facts"]["heard"], "another cluster");
    EXPECT_EQ(partner["facts"]["interface"], "eth0");
    EXPECT_EQ(partner["facts"]["keys"], "3");
    EXPECT_EQ(partner["unseen"].size(), 1u);
}

TEST_F(ExplainVerb, OneOfSeveral)
{
    EXPECT_EQ(run({tried(CCM_REASON_HUNG), partner_record(3, CCM_STATE_READY)}, {3, {}, true}), 0);
    EXPECT_FALSE(says("partner 2"));
    output.text.clear();
    EXPECT_EQ(run({tried(CCM_REASON_HUNG), partner_record(3, CCM_STATE_READY)}), 2);
    EXPECT_TRUE(says("partner 2 (beta): down, hung") && says("partner 3 (beta): ready"));
    output.text.clear();
    EXPECT_EQ(run({tried(CCM_REASON_HUNG)}, {7, {}, true}), 2);
    EXPECT_TRUE(says("partner 7: not configured here\n") && says("configured are: 2")) << output.text;
}

TEST_F(ExplainVerb, Clients)
{
    const ccm_record ready = partner_record(2, CCM_STATE_READY);
    EXPECT_EQ(run({ready, client_record("mirror", 2, CCM_CLIENT_READY)}, {2, {"mirror"}, true}), 0);
    EXPECT_FALSE(says("mirror"));
    EXPECT_EQ(run({ready, client_record("mirror", 2, CCM_CLIENT_WAITING, CCM_CLIENT_NO_COUNTERPART)}), 2);
    EXPECT_TRUE(says("  client mirror: waiting\n    1. mirror is not registered on the partner\n")) << output.text;
    output.text.clear();
    EXPECT_EQ(run({ready}, {2, {"journal"}, true}), 2);
    EXPECT_TRUE(says("  client journal: not registered here\n    1. journal is not registered on this node\n"));
}

TEST_F(ExplainVerb, NotLoaded)
{
    sys.remove("module");
    open_error = "does not exist";
    EXPECT_EQ(run({}), 2);
    EXPECT_TRUE(says("1. The module is not loaded on this node\n") && says("`modprobe rdma_ccm`")) << output.text;
}

TEST_F(ExplainVerb, NoDeviceFile)
{
    device = sys.path("none");
    open_error = "it does not exist";
    EXPECT_EQ(run({}), 2);
    EXPECT_TRUE(says("its device is not there") && says("it does not exist")) << output.text;
}

// What cannot be found out is an error, in one line.
TEST_F(ExplainVerb, OtherVersion)
{
    calls.info.uapi_version = CCM_UAPI_VERSION + 1;
    EXPECT_EQ(run({}), 1);
    EXPECT_NE(error.find("interface version"), std::string::npos) << error;
    EXPECT_NE(error.find("`modinfo rdma_ccm`"), std::string::npos) << error;
    EXPECT_EQ(output.text, "");
}

TEST_F(ExplainVerb, NoAnswer)
{
    calls.info_errno = ENOTTY;
    EXPECT_EQ(run({}), 1);
    EXPECT_NE(error.find("not a CCM device"), std::string::npos) << error;
}

TEST_F(ExplainVerb, NoPartnerAndNoId)
{
    EXPECT_EQ(run({}), 2);
    EXPECT_TRUE(says("No partner is configured")) << output.text;
    output.text.clear();
    EXPECT_EQ(run({}, {7, {}, true}), 2);
    EXPECT_TRUE(says("configured are: none") && says("`ccmadm partner add 7 ADDRESS`")) << output.text;
    output.text.clear();
    calls.info.node = 0;
    EXPECT_EQ(run({}), 2);
    EXPECT_TRUE(says("This node has no id") && !says("No partner")) << output.text;
}

TEST_F(ExplainVerb, KeysOfThisClusterOnly)
{
    keys.entries.clear();
    keys.put("green:4");
    EXPECT_EQ(run({tried(CCM_REASON_AUTHENTICATION)}), 2);
    EXPECT_TRUE(says("1. This node has no key of the cluster\n")) << output.text;
}

TEST_F(ExplainVerb, WhatCannotBeSeenIsSaid)
{
    sys.remove("kernel");
    sys.remove("class/infiniband");
    sys.file("class/infiniband", "a file");
    keys.read_error = -EACCES;
    network.way.reset();
    EXPECT_EQ(run({tried(CCM_REASON_UNREACHABLE)}), 2);
    for (const char *what : {"not seen: which keys there are", "not seen: the RDMA devices",
                             "not seen: the partner's last", "not seen: the route", "1. ccmadm does not know"})
        EXPECT_TRUE(says(what)) << what << "\n" << output.text;
    EXPECT_FALSE(says("next attempt in")) << output.text;
}

// The record has no interface: the configuration has.
TEST_F(ExplainVerb, LinkLocal)
{
    ccm_record record = tried(CCM_REASON_DEVICE);
    record.family = AF_INET6;
    const __u8 address[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    std::memcpy(record.address, address, sizeof(address));
    network.way = Way{};
    network.way->missing = "eth1";
    EXPECT_EQ(run({record}), 2);
    ASSERT_EQ(network.asked_for.size(), 1u);
    EXPECT_EQ(network.asked_for[0].interface, "eth1");
    EXPECT_TRUE(says("there is no interface eth1, and the address is fe80::2%eth1")) << output.text;
}

// `ccmadm check`, likewise

class CheckVerb : public ExplainVerb {
protected:
    CheckVerb()
    {
        sys.file("module/ccm_fm/parameters/given_back", "");
        monitor("partner-up", "watched");
        keys.put("blue:4");
    }
    void monitor(const char *decision, const char *flags) const
    {
        sys.file("bus/ccm_failover/devices/2/decision", std::string(decision) + "\n");
        sys.file("bus/ccm_failover/devices/2/flags", std::string(flags) + "\n");
    }
    int check(std::vector<ccm_record> records, Format format = Format::text)
    {
        for (ccm_record &record : records)
            record.version = 1;
        ccm_record node = node_record(CCM_STAGE_RUNNING);
        records.insert(records.begin(), node);
        return run(std::move(records), {2, {}, true}, format, true);
    }
};

TEST_F(CheckVerb, NothingStandsAgainstIt)
{
    EXPECT_EQ(check({partner_record(2, CCM_STATE_READY, CCM_STAGE_RUNNING)}), 0);
    EXPECT_EQ(output.text, "partner 2 (beta): nothing is seen that stands against a takeover\n"
                           "  not seen: quorum, and who may use the disks: that is the cluster manager's\n"
                           "  not seen: the partner's own side: `ccmadm check 1` there\n");
}

TEST_F(CheckVerb, AllReasonsAtOnce)
{
    sys.remove("module/ccm_fm");
    calls.panics_silently = true;
    EXPECT_EQ(check({partner_record(2, CCM_STATE_READY, CCM_STAGE_INITRAMFS),
                     client_record("mirror", 2, CCM_CLIENT_WAITING, CCM_CLIENT_NO_COUNTERPART)},
                    Format::json),
              2);
    const json object = json::parse(output.text);
    EXPECT_EQ(object["node"], 2);
    EXPECT_EQ(object["takeover"], false);
    std::vector<std::string> ids;
    for (const json &cause : object["causes"])
        ids.push_back(cause["id"]);
    EXPECT_EQ(ids, (std::vector<std::string>{"not-serving", "no-monitor", "panics-silently", "client-not-there"}));
    EXPECT_EQ(object["remarks"], json::array());
    EXPECT_EQ(object["unseen"].size(), 2u);
}

TEST_F(CheckVerb, ARemarkStandsAgainstNothing)
{
    keys.entries.clear();
    keys.put("blue:4");
    EXPECT_EQ(check({partner_record(2, CCM_STATE_READY, CCM_STAGE_RUNNING)}), 0);
    EXPECT_TRUE(says("  besides:\n    1. There is one key only\n       seen: key 4 of the cluster blue\n"))
        << output.text;
}

TEST_F(CheckVerb, WhatTheMonitorSays)
{
    monitor("flapping", "advised flapping watched");
    EXPECT_EQ(check({partner_record(2, CCM_STATE_READY, CCM_STAGE_RUNNING)}), 2);
    EXPECT_TRUE(says("its flags are advised, flapping, watched") && says("`ccmadm failover 2 --clear`")) << output.text;
}

TEST_F(CheckVerb, APartnerThatIsNotReady)
{
    EXPECT_EQ(check({down_record(2, CCM_REASON_HUNG)}), 2);
    EXPECT_TRUE(says("the state is down, the reason hung") && says("next: `ccmadm explain 2`")) << output.text;
    EXPECT_TRUE(network.asked_for.empty()) << "that is for explain";
}

TEST_F(CheckVerb, NotLoadedAndNotConfigured)
{
    EXPECT_EQ(run({partner_record(3, CCM_STATE_READY)}, {2, {}, true}, Format::text, true), 2);
    EXPECT_TRUE(says("Node 2 is no partner of this node")) << output.text;
    output.text.clear();
    sys.remove("module");
    EXPECT_EQ(check({}), 2);
    EXPECT_TRUE(says("partner 2: a takeover of it would not work now\n  1. The module is not loaded")) << output.text;
}

} // namespace
} // namespace ccmadm::test
