// SPDX-License-Identifier: GPL-2.0-only
//
// The ports of clients go the session's way: its device, its interface, its two addresses.
#include "fixture.h"
#include "pair.h"
#include "pattern.h"
#include "rogue_partner.h"

namespace ccm::test {
namespace {

std::string link_local(int id)
{
    return fmt::format("fe80::{}", id);
}

void load_with(Node &node, const std::string &partners)
{
    load(node, {.more = {"partners=" + partners}});
}

// Both directions, over the ports of both sides
void expect_client_works(Node &a, Node &b)
{
    register_everywhere({&a, &b}, "mirror 1 4 65536 65536 idle");
    wait_client(a, "mirror", b.id());
    wait_client(b, "mirror", a.id());
    EXPECT_EQ(pattern(a, fmt::format("fill remote mirror {} 12", b.id())), "ok\n");
    EXPECT_EQ(pattern(b, fmt::format("verify local mirror {} 12", a.id())), "ok\n");
    EXPECT_EQ(pattern(b, fmt::format("verify remote mirror {} 0", a.id())), pattern(a, "verify local mirror 2 0"));
    EXPECT_EQ(pattern(b, fmt::format("fill remote mirror {} 13", a.id())), "ok\n");
    EXPECT_EQ(pattern(a, fmt::format("verify local mirror {} 13", b.id())), "ok\n");
    for (Node *node : {&a, &b}) {
        EXPECT_EQ(counter(*node, fmt::format("partner-{}", node == &a ? b.id() : a.id()), "ports_rejected"), 0);
        unload_pattern(*node);
    }
}

class Ways : public LabTest, public ::testing::WithParamInterface<Rdma> {
protected:
    Settings lab_settings() const override { return test_settings(); }
    void start(const std::vector<std::string> &first, const std::vector<std::string> &second)
    {
        for (const auto &addresses : {first, second})
            cluster().add({.rdma = GetParam(), .addresses = addresses});
        cluster().boot();
    }
};

// Whoever is loaded last connects; with the higher node it has the ports connected by the side
// that was found, whose addresses RDMA CM gives without their interface.
TEST_P(Ways, LinkLocalInEachLoadOrder)
{
    start({"fe80::1/64"}, {"fe80::2/64"});
    for (int last : {2, 1, 2}) {
        SCOPED_TRACE(fmt::format("node {} is loaded last", last));
        for (int id : {3 - last, last}) {
            Node &node = cluster().node(id);
            load_with(node, fmt::format("{}@[{}%{}]", 3 - id, link_local(3 - id), node.netdev()));
        }
        for (int id : {1, 2})
            cluster().node(id).must(fmt::format("ccmadm wait --partner {} --timeout 20", 3 - id), 30s);
        expect_client_works(cluster().node(1), cluster().node(2));
        for (int id : {1, 2})
            unload(cluster().node(id), "READY");
    }
}

// Each has two addresses, and the partner knows only the one that no route would choose.
TEST_P(Ways, TheSecondOfTwoAddresses)
{
    start({"192.0.2.1/24", "198.51.100.1/24", "192.0.2.11/24"}, {"192.0.2.2/24", "198.51.100.2/24"});
    Node &a = cluster().node(1), &b = cluster().node(2);
    load_with(a, "2@192.0.2.2");
    load_with(b, "1@192.0.2.11");
    for (Node *node : {&a, &b})
        node->must(fmt::format("ccmadm wait --partner {} --timeout 20", 3 - node->id()), 30s);
    expect_client_works(a, b);
    // The route changes under a session: what comes later still goes the session's way.
    a.must(fmt::format("ip route add 192.0.2.2/32 dev {} src 192.0.2.1", a.netdev()));
    expect_client_works(a, b);
}

// The interface that a partner is on comes later, goes by another name, and comes again.
TEST_P(Ways, AnInterfaceByItsName)
{
    start({}, {"fe80::2/64"});
    Node &a = cluster().node(1), &b = cluster().node(2);
    load_with(b, fmt::format("1@[fe80::1%{}]", b.netdev()));
    load_with(a, "2@[fe80::2%eth9]");
    wait_reason(a, "device");
    for (auto [from, to] : {std::pair{a.netdev(), "eth9"}, {"eth9", "elsewhere"}, {"elsewhere", "eth9"}})
        a.must(fmt::format("ip link set {} name {}", from, to));
    std::string type = GetParam() == Rdma::rxe ? "rxe" : "siw";
    a.must("ip link set eth9 up && ip addr add fe80::1/64 dev eth9 nodad");
    a.run(fmt::format("rdma link del {}0", type));
    a.must(fmt::format("rdma link add {0}9 type {0} netdev eth9", type));
    for (Node *node : {&a, &b})
        node->must(fmt::format("ccmadm wait --partner {} --timeout 20", 3 - node->id()), 30s);
}

INSTANTIATE_TEST_SUITE_P(Rxe, Ways, ::testing::Values(Rdma::rxe));
INSTANTIATE_TEST_SUITE_P(Siw, Ways, ::testing::Values(Rdma::siw));

// No RDMA device at all: the cause is here, whether the partner answers or not.
class NoDevice : public LabTest {
protected:
    Settings lab_settings() const override { return test_settings(); }
};

TEST_F(NoDevice, IsTheReason)
{
    Node &a = cluster().add(configured(1, {.partners = {2}}, {.rdma = Rdma::none}));
    cluster().boot();
    wait_reason(a, "device");
    // and so it stays, after any number of attempts
    a.until("grep -q 'attempts [4-9]' /sys/kernel/debug/ccm/partner-2", soon);
    EXPECT_EQ(partner(a, 2)["reason"], "device");
    a.add_rdma_link();
    wait_reason(a, "unreachable");
}

// A made-up partner whose port comes from another address than its session.
class OtherWay : public LabTest {
protected:
    Settings lab_settings() const override { return test_settings(); }
};

TEST_F(OtherWay, IsRejectedWithItsCode)
{
    Node &c = cluster().add({.addresses = std::vector<std::string>{"192.0.2.1/24", "192.0.2.11/24"}});
    Node &victim = cluster().add(configured(2, {.partners = {1}, .psk = false, .detect_ms = 60000}));
    cluster().boot();
    load_pattern(victim);
    EXPECT_EQ(pattern(victim, "register mirror 1 1 0 0 idle"), "ok\n");
    RoguePartner partner(c, victim, 1);
    partner.greet();
    ccm_catalog_entry entry = RoguePartner::entry("mirror", 7);
    partner.negotiate(encoded(partner.catalog({entry})));
    std::uint64_t theirs = partner.victims_catalog().entries[0].instance;
    ccm_link_slot slot{};
    slot.mine = entry.instance;
    slot.yours = theirs;
    slot.epoch = 1;
    slot.state = CCM_LINK_OFFERED;
    partner.write_links(partner.links({slot}));
    ccm_wire_port port{};
    port.node = 1;
    port.partner = 2;
    port.instance = entry.instance;
    port.instance_partner = theirs;
    port.incarnation = partner.incarnation();
    c.must("ip route add 192.0.2.2/32 dev " + c.netdev() + " src 192.0.2.11");
    // It has taken the offer when its own table says so, with the number of its present try. That
    // one may be over when the request comes; then there is a next one.
    int code = CCM_REJECT_STALE;
    for (int i = 0; i < 100 && code == CCM_REJECT_STALE; i++) {
        std::this_thread::sleep_for(50ms);
        for (const ccm_link_slot &mine : partner.victims_links())
            slot.epoch = std::max(slot.epoch, mine.epoch);
        // or it says no more
        partner.rogue().ring(ccm_wire_ring_word(CCM_RING_LINKS_TAKEN, static_cast<u32>(i)));
        if (slot.epoch != port.epoch)
            partner.write_links(partner.links({slot}));
        port.epoch = slot.epoch;
        port.token = partner.token_of(port);
        Bytes request(CCM_WIRE_PORT_LEN);
        ccm_wire_put_port(request.data(), &port);
        Rogue rogue(c, 1);
        code = rogue.connect(victim.ipv4(), rdma_port, request).reject_code();
        rogue.close();
    }
    EXPECT_EQ(code, CCM_REJECT_ADDRESS);
    EXPECT_EQ(counter(victim, "node", "rejected not from an address of that node"), 1);
    partner.close();
    unload_pattern(victim);
}

} // namespace
} // namespace ccm::test
