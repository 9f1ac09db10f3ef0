// SPDX-License-Identifier: GPL-2.0-only
// Facts are given, causes are looked at: one test for each row of the table.
#include "explain/finding.h"
#include "explain/pattern.h"
#include "explain/values.h"
#include "scene.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <ostream>
#include <set>
#include <stdexcept>

namespace ccmadm::test {
namespace {

struct Row {
    const char *id;
    std::function<void(Scene &)> arrange;
    const char *evidence; // words of it
    const char *next;     // likewise
};

void PrintTo(const Row &row, std::ostream *out)
{
    *out << row.id;
}

const std::vector<Row> rows{
    {"not-loaded", [](Scene &s) { s.node.loaded = false; }, "/sys/module/rdma_ccm", "`modprobe rdma_ccm`"},
    {"not-permitted",
     [](Scene &s) {
         s.node.look = NodeFacts::Look::not_permitted;
         s.node.look_text = "/dev/ccm: permission denied";
     },
     "permission denied", "`sudo ccmadm explain`"},
    {"no-device-file",
     [](Scene &s) {
         s.node.look = NodeFacts::Look::no_device;
         s.node.look_text = "/dev/ccm does not exist";
     },
     "does not exist", "`--device`"},
    {"other-version",
     [](Scene &s) {
         s.node.look = NodeFacts::Look::other_version;
         s.node.look_text = "the module has interface version 7";
     },
     "version 7", "`modinfo rdma_ccm`"},
    {"look-failed",
     [](Scene &s) {
         s.node.look = NodeFacts::Look::failed;
         s.node.look_text = "no answer";
     },
     "no answer", "dmesg"},
    {"crash-kernel", [](Scene &s) { s.node.stage = CCM_STAGE_DUMPING; }, "dumping", "`ccmadm stage`"},
    {"not-configured", [](Scene &s) { s.node.id = 0; }, "the id 0", "node=1"},
    {"no-partner", [](Scene &s) { s.node.partners.clear(); }, "`ccmadm partner list`",
     "`ccmadm partner add ID ADDRESS`"},

    {"not-a-partner",
     [](Scene &s) {
         s.partner = {};
         s.partner.id = 7;
     },
     "configured are: 2", "`ccmadm partner add 7 ADDRESS`"},
    {"no-key",
     [](Scene &s) {
         s.node.keys->clear();
         s.reason(CCM_REASON_AUTHENTICATION);
     },
     "cluster blue", "`ccmadm key add FILE`"},
    {"no-rdma-device",
     [](Scene &s) {
         s.node.devices->clear();
         s.reason(CCM_REASON_DEVICE);
     },
     "/sys/class/infiniband", "`rdma link add rxe0 type rxe netdev eth0`"},
    {"own-address", [](Scene &s) { s.partner.way->route = Way::Route::own; }, "192.0.2.2 ends here",
     "`ccmadm partner set 2 ADDRESS`"},
    {"interface-missing",
     [](Scene &s) {
         s.partner.address = "fe80::2%eth9";
         s.partner.way = Way{};
         s.partner.way->missing = "eth9";
         s.reason(CCM_REASON_DEVICE);
     },
     "no interface eth9", "`ip link`"},
    {"interface-down",
     [](Scene &s) {
         s.partner.way->route = Way::Route::none;
         s.partner.way->interface->up = s.partner.way->interface->carrier = false;
         s.partner.way->answers = Seen::unknown;
     },
     "eth0", "`ip link set dev eth0 up`"},
    {"no-carrier",
     [](Scene &s) {
         s.partner.way->interface->carrier = false;
         s.partner.way->answers = Seen::unknown;
     },
     "eth0 is up", "`ethtool eth0`"},
    {"no-route",
     [](Scene &s) {
         s.partner.way = Way{};
         s.partner.way->route = Way::Route::none;
     },
     "192.0.2.2", "`ip route get 192.0.2.2`"},
    {"no-rdma-there",
     [](Scene &s) {
         s.node.devices->front().interface = "eth1";
         s.reason(CCM_REASON_DEVICE);
     },
     "by eth0; the RDMA devices are rxe0/1 (eth1)", "`rdma link add rxe1 type rxe netdev eth0`"},
    {"port-not-active", [](Scene &s) { s.node.devices->front().state = "DOWN"; }, "rxe0/1 is DOWN",
     "`rdma link show rxe0/1`"},
    {"nobody-at-address",
     [](Scene &s) {
         s.partner.way->answers = Seen::no;
         s.partner.way->neighbour = "FAILED";
     },
     "192.0.2.2 does not answer address resolution on eth0 (neighbour FAILED)", "`ccmadm partner list`"},
    {"machine-gone",
     [](Scene &s) {
         s.partner.way->answers = Seen::no;
         s.partner.way->neighbour = "FAILED";
         s.partner.record->sessions = 4;
         s.partner.record->silent_us = 61'000'000;
     },
     "sessions with it so far: 4, last heard 61.0 s ago", "`ip neigh show 192.0.2.2`"},
    {"another-cluster", [](Scene &s) { s.told(CCM_REASON_REFUSED, "another cluster"); },
     "(another cluster, 1.5 s ago); here cluster=blue", "parameters/cluster"},
    {"unknown-there", [](Scene &s) { s.told(CCM_REASON_REFUSED, "unknown node"); }, "node 1 is not configured there",
     "`ccmadm partner add 1 192.0.2.1`"},
    {"other-node-there", [](Scene &s) { s.told(CCM_REASON_REFUSED, "wrong partner"); }, "it is not node 2",
     "parameters/node"},
    {"version", [](Scene &s) { s.told(CCM_REASON_VERSION, "no common version"); }, "speaks versions 1 to 1",
     "`modinfo rdma_ccm` on both"},
    {"address", [](Scene &s) { s.told(CCM_REASON_ADDRESS, "not from an address of that node"); },
     "asks from 192.0.2.1, and expects the partner at 192.0.2.2", "`ccmadm partner list` on both"},
    {"refused", [](Scene &s) { s.told(CCM_REASON_REFUSED, "malformed request"); }, "its last answer: malformed request",
     "partners= of both"},
    {"no-key-there", [](Scene &s) { s.told(CCM_REASON_AUTHENTICATION, "no pre-shared key here yet"); },
     "no pre-shared key here yet, 1.5 s ago", "on the partner: `ccmadm key add FILE`"},
    {"wrong-key",
     [](Scene &s) {
         s.reason(CCM_REASON_AUTHENTICATION);
         s.partner.counters->proofs_wrong = 5;
         s.partner.counters->proof_wrong_ms = 900;
     },
     "(5 times so far); keys here: 3", "`ccmadm key generate FILE`"},
    {"authentication", [](Scene &s) { s.reason(CCM_REASON_AUTHENTICATION); }, "auth=psk, keys 3", "parameters/auth"},
    {"duplicate", [](Scene &s) { s.reason(CCM_REASON_DUPLICATE); }, "duplicate", "two machines"},
    {"mtu",
     [](Scene &s) {
         s.reason(CCM_REASON_MTU);
         std::strcpy(s.partner.record->note, "MTU 9000 here, 1500 there");
     },
     "MTU 9000 here, 1500 there; eth0 here has 1500 bytes", "`ping -M do -s 1452 192.0.2.2`"},
    {"panicked", [](Scene &s) { s.reason(CCM_REASON_PANICKED); }, "panicked", "its console"},
    {"hung", [](Scene &s) { s.reason(CCM_REASON_HUNG); }, "stood still", "SysRq"},
    {"shut-down",
     [](Scene &s) {
         s.reason(CCM_REASON_SHUTDOWN);
         s.nothing_seen();
     },
     "it has said so", "`ccmadm wait --partner 2`"},
    {"disabled-there", [](Scene &s) { s.told(CCM_REASON_ADMIN, "disabled by administrator"); },
     "disabled by administrator, 1.5 s ago", "lsmod"},
    {"busy-there", [](Scene &s) { s.heard("busy"); }, "busy, 1.5 s ago", "`ccmadm wait --partner 2 --timeout 30`"},
    {"not-listening", [](Scene &s) { s.partner.counters->attempt_error = -ECONNREFUSED; }, "no listener on port 3341",
     "on the partner: `modprobe rdma_ccm`"},
    {"ended-by-admin", [](Scene &s) { s.reason(CCM_REASON_ADMIN); }, "goodbye", "`ccmadm partner add 1 192.0.2.1`"},
    {"no-memory", [](Scene &s) { s.partner.counters->attempt_error = -ENOMEM; }, "Cannot allocate memory", "`free -m`"},
    {"rdma-silent", [](Scene &) {},
     "192.0.2.2 answers address resolution on eth0; to requests by UDP port 4791 nothing comes back (7 attempts so "
     "far)",
     "is there a firewall? UDP port 4791"},
    {"routed",
     [](Scene &s) {
         s.partner.way->route = Way::Route::gateway;
         s.partner.way->asked = "192.0.2.254";
     },
     "goes by 192.0.2.254", "`ip route get 192.0.2.2`"},
    {"no-way",
     [](Scene &s) {
         s.reason(CCM_REASON_DEVICE);
         s.partner.counters->attempt_error = -ENODEV;
     },
     "last error: No such device; frames leave by eth0", "`rdma link`"},

    {"restarted",
     [](Scene &s) {
         s.reason(CCM_REASON_RESTARTED);
         s.nothing_seen();
     },
     "restarted", "`ccmadm wait"},
    {"under-way",
     [](Scene &s) {
         s.partner.record->state = CCM_STATE_GREETING;
         s.reason(CCM_REASON_NONE);
     },
     "the state is greeting, 7 attempts", "`ccmadm wait"},
    {"not-known", [](Scene &s) { s.nothing_seen(); }, "the reason is unreachable", "`ccmadm explain` on both"},

    {"client-not-here", [](Scene &s) { s.client.record.reset(); }, "no client of that name", "`modprobe MODULE`"},
    {"client-not-there", [](Scene &s) { s.client_is(CCM_CLIENT_WAITING, CCM_CLIENT_NO_COUNTERPART); },
     "the catalog of partner 2", "there: `modprobe MODULE`"},
    {"client-version", [](Scene &s) { s.client_is(CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_VERSION); }, "version",
     "modinfo"},
    {"client-ports", [](Scene &s) { s.client_is(CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_PORTS); }, "ports", "client_ports"},
    {"client-memory", [](Scene &s) { s.client_is(CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_MEMORY); }, "memory",
     "client_memory"},
    {"client-limit", [](Scene &s) { s.client_is(CCM_CLIENT_WAITING, CCM_CLIENT_LIMIT); }, "limit", "node_*"},
    {"client-resources", [](Scene &s) { s.client_is(CCM_CLIENT_WAITING, CCM_CLIENT_RESOURCES); }, "resources",
     "free -m"},
    {"client-connect", [](Scene &s) { s.client_is(CCM_CLIENT_OPENING, CCM_CLIENT_CONNECT); }, "connect", "dmesg"},
    {"client-stuck", [](Scene &s) { s.client_is(CCM_CLIENT_OPENING, CCM_CLIENT_TIMEOUT); }, "timeout", "stuck?"},
    {"client-itself",
     [](Scene &s) {
         s.client_is(CCM_CLIENT_OPENING, CCM_CLIENT_ITSELF);
         std::strcpy(s.client.record->note, "no journal");
     },
     "its note: no journal", "dmesg"},
    {"client-lost", [](Scene &s) { s.client_is(CCM_CLIENT_OPENING, CCM_CLIENT_PORT_LOST); }, "port-lost",
     "`ccmadm wait --client mirror --partner 2 --timeout 30`"},
    {"client-opening", [](Scene &s) { s.client_is(CCM_CLIENT_OPENING, CCM_CLIENT_NONE); }, "opening", "`ccmadm wait"},
    {"client-other", [](Scene &s) { s.client_is(CCM_CLIENT_WAITING, CCM_CLIENT_OTHER); }, "other",
     "`ccmadm explain 1` on the partner"},
};

const Cause &cause_of(std::string_view id)
{
    const auto all = causes();
    const auto found = std::find_if(all.begin(), all.end(), [id](const Cause &cause) { return cause.id == id; });
    if (found == all.end())
        throw std::runtime_error("there is no cause " + std::string(id));
    return *found;
}

std::vector<Finding> find(const Scene &scene, About about)
{
    switch (about) {
    case About::node:
        return find_causes(scene.node);
    case About::client:
        return find_causes(scene.node, scene.partner, scene.client);
    default:
        return find_causes(scene.node, scene.partner);
    }
}

std::vector<std::string> ids(const std::vector<Finding> &findings)
{
    std::vector<std::string> all;
    for (const Finding &one : findings)
        all.emplace_back(one.id);
    return all;
}

class EachCause : public ::testing::TestWithParam<Row> {};

TEST_P(EachCause, IsFoundWithItsEvidence)
{
    Scene scene;
    GetParam().arrange(scene);
    const auto found = find(scene, cause_of(GetParam().id).about);
    const auto one =
        std::find_if(found.begin(), found.end(), [](const Finding &finding) { return finding.id == GetParam().id; });
    ASSERT_NE(one, found.end()) << ::testing::PrintToString(ids(found));
    EXPECT_NE(one->evidence.find(GetParam().evidence), std::string::npos) << one->evidence;
    EXPECT_NE(one->next.find(GetParam().next), std::string::npos) << one->next;
    for (const std::string &text : {one->title, one->evidence, one->next}) {
        EXPECT_FALSE(text.empty());
        EXPECT_EQ(text.find_first_of("{}[]"), std::string::npos) << text;
        EXPECT_EQ(text.find("  "), std::string::npos) << "a value is missing: " << text;
    }
}

// Nothing is said twice in other words.
TEST_P(EachCause, StandsAlone)
{
    const std::string id = GetParam().id;
    if (id == "routed") // beside what is seen of it
        return;
    Scene scene;
    GetParam().arrange(scene);
    EXPECT_EQ(ids(find(scene, cause_of(id).about)), std::vector{id});
}

TEST_P(EachCause, IsNoneOfAPartnerThatIsReady)
{
    Scene scene;
    GetParam().arrange(scene);
    if (cause_of(GetParam().id).about == About::node || !scene.partner.record)
        return;
    scene.partner.record->state = CCM_STATE_READY;
    scene.partner.record->reason = CCM_REASON_NONE;
    EXPECT_TRUE(find_causes(scene.node, scene.partner).empty());
}

INSTANTIATE_TEST_SUITE_P(Explain, EachCause, ::testing::ValuesIn(rows), [](const auto &info) {
    std::string name = info.param.id;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(Causes, EachHasATestAndAnIdOfItsOwn)
{
    std::set<std::string_view> tested, there;
    for (const Row &row : rows)
        tested.insert(row.id);
    for (const Cause &cause : causes()) {
        EXPECT_TRUE(there.insert(cause.id).second) << cause.id;
        EXPECT_TRUE(tested.contains(cause.id)) << cause.id << " has no test";
    }
}

TEST(Causes, TextsUseValuesThatThereAre)
{
    const Scene scene;
    const Values values = values_of({scene.node, &scene.partner, &scene.client});
    for (const auto table : {causes, check_causes})
        for (const Cause &cause : table())
            for (const std::string_view text : {cause.title, cause.evidence, cause.next})
                for (const std::string &name : names_in(text))
                    EXPECT_TRUE(values.contains(name)) << cause.id << ": {" << name << "}";
}

// A command to type, in each of them
TEST(Causes, TheNextStepCanBeTyped)
{
    for (const auto table : {causes, check_causes})
        for (const Cause &cause : table())
            EXPECT_NE(cause.next.find('`'), std::string_view::npos) << cause.id;
}

TEST(Causes, ANodeWithNothingWrongHasNone)
{
    const Scene scene;
    EXPECT_TRUE(find_causes(scene.node).empty());
    EXPECT_TRUE(find_causes(scene.node, scene.partner, scene.client).empty());
}

TEST(Causes, SeveralAtOnceTheMostCertainFirst)
{
    Scene scene;
    scene.node.keys->clear();
    scene.node.devices->clear();
    scene.partner.way->interface->up = false;
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)),
              (std::vector<std::string>{"no-key", "no-rdma-device", "interface-down"}));
}

// What was answered a minute ago says nothing of now.
TEST(Causes, AnOldAnswerIsNoEvidence)
{
    Scene scene;
    scene.heard("another cluster", 60'000);
    scene.partner.counters->attempt_error = 0;
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)), std::vector<std::string>{"rdma-silent"});
}

// Without debugfs there is the record's error only, and no answer.
TEST(Causes, WithoutDebugfs)
{
    Scene scene;
    scene.partner.counters.reset();
    scene.partner.record->error = -ECONNREFUSED;
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)), std::vector<std::string>{"not-listening"});
    scene.reason(CCM_REASON_REFUSED);
    EXPECT_NE(ids(find_causes(scene.node, scene.partner)).front(), "another-cluster");
}

TEST(Causes, AFirewallOfIwarpIsOneOfTcp)
{
    Scene scene;
    scene.node.devices = std::vector<RdmaDevice>{{"siw0/1", true, "eth0", "ACTIVE"}};
    const auto found = find_causes(scene.node, scene.partner);
    ASSERT_EQ(ids(found), std::vector<std::string>{"rdma-silent"});
    EXPECT_NE(found[0].evidence.find("TCP port 3341"), std::string::npos) << found[0].evidence;
}

// RDMA of the interface below a VLAN is that of the VLAN; what is below a bond is not known.
TEST(Causes, InterfacesOnTopOfOthers)
{
    Scene scene;
    scene.partner.way->interface->name = "eth0.7";
    scene.partner.way->interface->lower = "eth0";
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)), std::vector<std::string>{"rdma-silent"});
    scene.partner.way->interface->lower = "";
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)), std::vector<std::string>{"no-rdma-there"});
    scene.partner.way->interface->joins = true;
    EXPECT_EQ(ids(find_causes(scene.node, scene.partner)), std::vector<std::string>{"rdma-silent"});
}

// The module's words for a rejection are those that the table knows.
TEST(Causes, RejectionsAreTheModules)
{
    std::ifstream file(CCM_WIRE_C);
    ASSERT_TRUE(file) << CCM_WIRE_C;
    const std::string wire{std::istreambuf_iterator<char>(file), {}};
    int words = 0;
    for (const Row &row : rows) {
        Scene scene;
        row.arrange(scene);
        if (!scene.partner.counters || !scene.partner.counters->heard)
            continue;
        ++words;
        EXPECT_NE(wire.find("return \"" + scene.partner.counters->heard->why + "\";"), std::string::npos) << row.id;
    }
    EXPECT_GE(words, 8);
}

TEST(Pattern, ValuesAndPartsThatAreLeftOut)
{
    const Values values{{"a", "1"}, {"b", ""}};
    EXPECT_EQ(fill("x {a} y", values), "x 1 y");
    EXPECT_EQ(fill("x[ {a}][ {b} {a}] y", values), "x 1 y");
    EXPECT_EQ(fill("[{b}", values), "");
    EXPECT_EQ(fill("{unclosed", values), "");
    EXPECT_EQ(fill_with_names("x[ {a_b}]"), "x[ A_B]");
    EXPECT_EQ(names_in("{a}[ {b}]"), (std::vector<std::string>{"a", "b"}));
}

} // namespace
} // namespace ccmadm::test
