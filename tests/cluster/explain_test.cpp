// SPDX-License-Identifier: GPL-2.0-only
//
// `ccmadm explain` on nodes where something is really wrong. Each test makes one cause, wants it to be named
// first, and then types what is advised: the cause is gone, and if that was all, the partner is READY.
#include "pair.h"
#include "pattern.h"

#include <algorithm>
#include <cstdio>

namespace ccm::test {
namespace {

class Explain : public PairTest {
protected:
    void TearDown() override
    {
        cluster().network().lose({});
        for (Node *node : both())
            node->must("[ ! -d /sys/module/ccm_fm ] || rmmod ccm_fm");
        PairTest::TearDown();
    }

    // What node A says of partner 2, or B of 1.
    static json explanation(Node &node, const std::string &arguments = "")
    {
        const Result result = node.run("ccmadm explain --json " + arguments);
        if (result.code != 0 && result.code != 2)
            throw Error("{}: ccmadm explain: code {}: {}", node.name(), result.code, result.errors);
        json object = json::parse(result.output);
        EXPECT_EQ(result.code, object["ready"].get<bool>() ? 0 : 2) << object.dump();
        return object;
    }
    static json causes(const json &object)
    {
        return object["partners"].empty() ? object["causes"] : object["partners"].at(0)["causes"];
    }
    // Until the first cause, of so many (0: any number), is that one; it takes the module some time to find out.
    static json wait_cause(Node &node, const std::string &id, const std::string &arguments = "",
                           std::size_t all_of_them = 1)
    {
        const TimePoint end = deadline_after(soon);
        for (;;) {
            const json object = explanation(node, arguments);
            const json all = causes(object);
            if (!all.empty() && all[0]["id"] == id) {
                std::printf("%s: %s\n", node.name().c_str(), all[0]["evidence"].get<std::string>().c_str());
                if (all_of_them != 0) {
                    EXPECT_EQ(all.size(), all_of_them) << all.dump();
                }
                return all[0];
            }
            if (Clock::now() > end)
                throw Error("{}: not {}, but {}", node.name(), id, object.dump());
        }
    }
    // The N-th command that it says to type
    static std::string advised(const json &cause, int n = 0)
    {
        const std::string next = cause["next"];
        std::size_t from = next.find('`');
        for (; n > 0; n--)
            from = next.find('`', next.find('`', from + 1) + 1);
        return next.substr(from + 1, next.find('`', from + 1) - from - 1);
    }
    static void load_only(Node &node, const std::vector<std::string> &more = {})
    {
        std::vector<std::string> words = arguments(node.id(), {.partners = {3 - node.id()}});
        words.insert(words.end(), more.begin(), more.end());
        node.must(fmt::format("insmod /modules/rdma_ccm.ko {}", fmt::join(words, " ")));
    }
};

// A frame over IPv4, of that protocol, to that port
bool is_to(std::string_view frame, unsigned protocol, unsigned port)
{
    const auto byte = [frame](std::size_t at) {
        return at < frame.size() ? static_cast<unsigned char>(frame[at]) : 0U;
    };
    const std::size_t header = 14 + 4 * (byte(14) & 15U);
    return byte(12) == 8 && byte(13) == 0 && byte(23) == protocol && (byte(header + 2) << 8 | byte(header + 3)) == port;
}

TEST_F(Explain, APairThatIsReady)
{
    const Result result = a().run("ccmadm explain");
    EXPECT_EQ(result.code, 0) << result.output << result.errors;
    EXPECT_TRUE(
        result.output.starts_with("partner 2 (" + partner(a(), 2)["name"].get<std::string>() + "): ready since 20"))
        << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
    const long long since = explanation(a())["partners"].at(0)["ready_ns"];
    EXPECT_EQ(since, counter(a(), "partner-2", "ready_ns"));
    // and who may not look
    const Result nobody = a().run("ccm-node-test nobody ccmadm explain");
    EXPECT_EQ(nobody.code, 1) << nobody.output;
    EXPECT_NE(nobody.errors.find("sudo ccmadm explain"), std::string::npos) << nobody.errors;
}

TEST_F(Explain, TheModuleIsNotLoaded)
{
    unload(b(), "READY");
    // there: RDMA answers, and nobody listens
    const json there = wait_cause(a(), "not-listening");
    EXPECT_EQ(advised(there), "modprobe rdma_ccm");
    // here
    const json here = wait_cause(b(), "not-loaded");
    EXPECT_EQ(advised(here), "modprobe rdma_ccm");
    b().must(advised(here));
    // which was not all
    wait_cause(b(), "no-key");
    const json key = wait_cause(a(), "no-key-there");
    EXPECT_EQ(advised(key), "ccmadm key add FILE");
    b().must("cat /etc/ccm/psk | ccmadm key add -");
    wait_ready(both());
}

TEST_F(Explain, AnotherKey)
{
    unload(b(), "READY");
    load_only(b());
    add_key(b(), 1, '7');
    // who finds it first has seen a wrong proof; the other one is told
    wait_reason(a(), "authentication");
    wait_reason(b(), "authentication");
    Node &found = counter(a(), "partner-2", "proofs_wrong") != 0 ? a() : b();
    const json cause = wait_cause(found, "wrong-key");
    EXPECT_EQ(advised(cause), "ccmadm key generate FILE");
    found.must("rm -f /run/key && ccmadm key generate /run/key && ccmadm key add /run/key");
    Node &other = &found == &a() ? b() : a();
    other.put("/run/key", found.must("cat /run/key"), 0600);
    other.must("ccmadm key add /run/key");
    wait_ready(both());
    unload(b(), "READY");
    unload(a(), "alone");
}

// Its partner goes on asking, from an address that is not the one configured: that may be seen, too.
TEST_F(Explain, NobodyAtTheAddress)
{
    a().must("ccmadm partner del 2 && ccmadm partner add 2 192.0.2.77");
    const json cause = wait_cause(a(), "nobody-at-address", "", 0);
    EXPECT_NE(cause["evidence"].get<std::string>().find("192.0.2.77"), std::string::npos) << cause.dump();
    std::string command = advised(cause, 2);
    EXPECT_EQ(command, "ccmadm partner set 2 ADDRESS");
    command.replace(command.find("ADDRESS"), 7, b().ipv4());
    a().must(command);
    wait_ready(both());
}

// It asks from another address than the one that the partner has of it.
TEST_F(Explain, TheAddressIsAnother)
{
    a().must("ccmadm partner del 2 && ccmadm partner add 2 2001:db8::77");
    wait_cause(a(), "nobody-at-address", "", 0);
    a().must("ccmadm partner del 2 && ccmadm partner add 2 " + b().ipv6());
    const json cause = wait_cause(a(), "address");
    EXPECT_NE(cause["evidence"].get<std::string>().find("asks from " + a().ipv6()), std::string::npos) << cause.dump();
    EXPECT_EQ(advised(cause), "ccmadm partner list");
    EXPECT_EQ(b().must(advised(cause)), "1@192.0.2.1\n");
    a().must("ccmadm partner del 2 && ccmadm partner add 2 " + b().ipv4());
    wait_ready(both());
}

TEST_F(Explain, ThisMachinesOwnAddress)
{
    a().must("ccmadm partner del 2 && ccmadm partner add 2 192.0.2.1");
    std::string command = advised(wait_cause(a(), "own-address"));
    command.replace(command.find("ADDRESS"), 7, b().ipv4());
    a().must(command);
    wait_ready(both());
}

TEST_F(Explain, TheCableIsCut)
{
    b().cable().cut();
    wait_reason(a(), "unreachable");
    const json cause = wait_cause(a(), "machine-gone");
    EXPECT_NE(cause["next"].get<std::string>().find("cables"), std::string::npos) << cause.dump();
    EXPECT_EQ(a().run(advised(cause)).code, 0);
    b().cable().restore();
    wait_ready(both());
}

TEST_F(Explain, AFirewall)
{
    cluster().network().lose([](const Cable &, std::string_view frame) { return is_to(frame, 17, 4791); });
    wait_reason(a(), "unreachable");
    const json cause = wait_cause(a(), "rdma-silent");
    EXPECT_NE(cause["next"].get<std::string>().find("is there a firewall? UDP port 4791"), std::string::npos)
        << cause.dump();
    cluster().network().lose({});
    wait_ready(both());
}

TEST_F(Explain, NoRdmaDevice)
{
    a().must("rdma link del rxe0");
    const json cause = wait_cause(a(), "no-rdma-device");
    EXPECT_EQ(advised(cause), "rdma link add rxe0 type rxe netdev " + a().netdev());
    // its partner sees a machine that answers, and no RDMA
    wait_cause(b(), "rdma-silent");
    a().must(advised(cause));
    wait_ready(both());
}

TEST_F(Explain, APartnerIsDeleted)
{
    a().must("ccmadm partner del 2");
    const json here = wait_cause(a(), "not-a-partner", "2");
    EXPECT_EQ(advised(here), "ccmadm partner add 2 ADDRESS");
    wait_cause(a(), "no-partner");
    const json there = wait_cause(b(), "unknown-there");
    EXPECT_EQ(advised(there), "ccmadm partner add 2 192.0.2.2");
    a().must(advised(there)); // as it says, on the partner
    wait_ready(both());
}

TEST_F(Explain, AnotherCluster)
{
    unload(b(), "READY");
    b().must("insmod /modules/rdma_ccm.ko node=2 cluster=u auth=none partners=1@192.0.2.1");
    const json cause = wait_cause(b(), "another-cluster");
    EXPECT_EQ(b().must(advised(cause)), "u\n");
    EXPECT_EQ(a().must(advised(cause)), "t\n");
    wait_cause(a(), "another-cluster");
    unload(b(), "refused");
    load(b());
    wait_ready(both());
}

TEST_F(Explain, AuthOfOneSideOnly)
{
    unload(b(), "READY");
    load(b(), {.partners = {1}, .psk = false});
    const json cause = wait_cause(a(), "authentication");
    EXPECT_EQ(a().must(advised(cause)), "psk\n");
    EXPECT_EQ(b().must(advised(cause)), "none\n");
    unload(b(), "refused");
    load(b());
    wait_ready(both());
}

TEST_F(Explain, LargeFramesAreLost)
{
    unload(b(), "READY");
    b().cable().longest(700);
    load(b());
    const json cause = wait_cause(a(), "mtu");
    EXPECT_NE(cause["evidence"].get<std::string>().find("MTU 1500 here, 1500 there"), std::string::npos)
        << cause.dump();
    EXPECT_EQ(advised(cause), "ping -M do -s 1452 192.0.2.2");
    b().cable().heal();
    wait_ready(both());
}

// Such an interface has no RDMA device either, which is said, too. Of another partner, over an interface without a
// cable to anywhere: a vector device that was down cannot be set up again.
TEST_F(Explain, AnInterfaceIsDown)
{
    a().must("ip link add eth9 type veth peer name far9 && ip addr add 198.51.100.1/24 dev eth9 && "
             "ccmadm partner add 3 198.51.100.2");
    json cause = wait_cause(a(), "interface-down", "3", 2);
    EXPECT_EQ(advised(cause), "ip link set dev eth9 up");
    a().must(advised(cause));
    cause = wait_cause(a(), "no-carrier", "3", 2);
    EXPECT_EQ(advised(cause), "ip -statistics link show dev eth9");
    a().must("ip link set dev far9 up");
    cause = wait_cause(a(), "no-rdma-there", "3", 2); // nor does anybody answer
    EXPECT_EQ(advised(cause), "rdma link add rxe1 type rxe netdev eth9");
    a().must("ip addr del 198.51.100.1/24 dev eth9");
    wait_cause(a(), "no-route", "3");
    a().must("ccmadm partner del 3 && ip link del eth9");
    EXPECT_TRUE(explanation(a())["ready"].get<bool>());
}

TEST_F(Explain, AClientWithoutItsCounterpart)
{
    load_pattern(a());
    EXPECT_EQ(pattern(a(), "register mirror 1 1 65536 65536 idle"), "ok\n");
    a().until("ccmadm status --json | grep -q no-counterpart", soon);
    json its = explanation(a(), "2")["partners"].at(0)["clients"].at(0);
    EXPECT_EQ(its["causes"].at(0)["id"], "client-not-there") << its.dump();
    its = explanation(b(), "1 --client mirror")["partners"].at(0)["clients"].at(0);
    EXPECT_EQ(its["causes"].at(0)["id"], "client-not-here") << its.dump();
    load_pattern(b());
    EXPECT_EQ(pattern(b(), "register mirror 1 1 65536 65536 idle"), "ok\n");
    for (Node *node : both())
        wait_client(*node, "mirror", 3 - node->id());
    EXPECT_EQ(a().run("ccmadm explain 2 --client mirror").code, 0);
    for (Node *node : both())
        unload_pattern(*node);
}

// What stands against a takeover goes away, one by one, as it is done that is advised.
TEST_F(Explain, Check)
{
    const auto check = [&] {
        const Result result = a().run("ccmadm check --json 2");
        const json object = json::parse(result.output);
        EXPECT_EQ(result.code, object["takeover"].get<bool>() ? 0 : 2) << object.dump();
        return object["causes"];
    };
    const auto ids = [](const json &all) {
        std::vector<std::string> found;
        for (const json &cause : all)
            found.push_back(cause["id"]);
        return found;
    };
    for (Node *node : both())
        node->must("ccmadm stage kernel");
    a().until("ccmadm status --json | grep -q '\"stage\":\"kernel\".*\"stage\":\"kernel\"'", soon);
    json found = check();
    EXPECT_EQ(ids(found), (std::vector<std::string>{"own-stage", "not-serving", "no-monitor"}));
    a().must(advised(found[0]));
    EXPECT_EQ(advised(found[1]), "ccmadm wait --partner 2 --stage running");
    b().must("ccmadm stage running");
    a().must(advised(found[1]));
    EXPECT_EQ(advised(found[2]), "modprobe ccm_fm");
    a().must(advised(found[2]));
    a().until("ccmadm status --json | grep -q no-counterpart", soon);
    found = check();
    EXPECT_EQ(ids(found), (std::vector<std::string>{"not-watched", "client-not-there"}));
    b().must("modprobe ccm_fm");
    a().must("ccmadm wait --partner 2 --client failover-monitor --timeout 20");
    EXPECT_EQ(advised(found[0]), "ccmadm failover 2 --clear");
    a().must(advised(found[0]));
    EXPECT_EQ(check(), json::array());
}

class ExplainSiw : public Explain {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}}, {.rdma = Rdma::siw}),
                  configured(2, {.partners = {1}}, {.rdma = Rdma::siw}));
    }
};

// iWARP is TCP, and its device says by its GID only on which interface it is.
TEST_F(ExplainSiw, AFirewall)
{
    cluster().network().lose([](const Cable &, std::string_view frame) { return is_to(frame, 6, 3341); });
    a().must("ccmadm partner del 2 && ccmadm partner add 2 " + b().ipv4());
    const json cause = wait_cause(a(), "rdma-silent");
    EXPECT_NE(cause["next"].get<std::string>().find("TCP port 3341"), std::string::npos) << cause.dump();
    cluster().network().lose({});
    wait_ready(both(), 60s);
}

} // namespace
} // namespace ccm::test
