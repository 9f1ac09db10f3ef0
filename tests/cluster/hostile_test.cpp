// SPDX-License-Identifier: GPL-2.0-only
//
// A partner that gets as far as READY and then asks for what it must not get: refused with
// a reason, nothing is set aside for it, and nobody else notices.
#include "pair.h"
#include "pattern.h"
#include "rogue_partner.h"

namespace ccm::test {
namespace {

// Nodes 1 and 2 are READY, with a client under load; node 3 is the made-up partner. Node 1
// detects slowly, since nobody moves the made-up partner's counter.
class Hostile : public PairTest {
public:
    static void SetUpTestSuite()
    {
        cluster().add(configured(1, {.partners = {2, 3}, .psk = false, .detect_ms = 60000}));
        cluster().add(configured(2, {.partners = {1}, .psk = false, .detect_ms = 60000}));
        cluster().add({.id = 3});
        cluster().boot();
    }

protected:
    void SetUp() override
    {
        a().must("ccmadm wait --partner 2 --timeout 20", 30s);
        register_everywhere(both(), "mirror 1 2 65536 65536 idle");
        wait_client(a(), "mirror", 2);
        memory_ = counter(a(), "node", "client_memory");
        ports_ = counter(a(), "node", "client_ports");
    }
    void TearDown() override
    {
        // Memory and ports are those of the honest pair.
        EXPECT_EQ(counter(a(), "node", "client_memory"), memory_);
        EXPECT_EQ(counter(a(), "node", "client_ports"), ports_);
        EXPECT_EQ(client(a(), "mirror", 2)["state"], "ready");
        for (Node *node : both())
            unload_pattern(*node);
        PairTest::TearDown();
    }
    static Node &c() { return cluster().node(3); }
    static json client_is(const std::string &state, const std::string &reason)
    {
        return {{"type", "client"}, {"client", "mirror"}, {"node", 3}, {"state", state}, {"reason", reason}};
    }

    long long memory_ = 0, ports_ = 0;
};

Bytes spoiled(const ccm_catalog &catalog, const std::function<void(Bytes &)> &spoil)
{
    Bytes bytes = encoded(catalog);
    spoil(bytes);
    return bytes;
}

TEST_F(Hostile, AsksForMoreThanItGets)
{
    struct Row {
        const char *what;
        std::function<void(ccm_catalog_entry &)> ask;
        const char *reason;
    };
    const Row table[] = {
        {"more memory than the client gives", [](auto &e) { e.ask = 65537; }, "memory"},
        {"nearly 2^64 bytes", [](auto &e) { e.ask = ~0ULL; }, "memory"},
        {"more ports than the client wants", [](auto &e) { e.ports_min = 3, e.ports_max = 64; }, "ports"},
        {"another version", [](auto &e) { e.version_min = e.version_max = 65535; }, "version"},
        {"gives less than the client asks for", [](auto &e) { e.give = 65535; }, "memory"},
    };
    Watch w = watch(a());
    std::uint64_t instance = 0;
    for (const Row &row : table) {
        SCOPED_TRACE(row.what);
        RoguePartner rogue(c(), a(), 3);
        rogue.greet();
        ccm_catalog_entry entry = RoguePartner::entry("mirror", ++instance);
        entry.give = 65536;
        row.ask(entry);
        rogue.negotiate(encoded(rogue.catalog({entry})));
        rogue.ready();
        w.wait_for(client_is("incompatible", row.reason), soon);
        EXPECT_EQ(counter(a(), "node", "client_memory"), memory_);
        rogue.close();
        w.wait_for(is(3, "down"), soon);
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

TEST_F(Hostile, CatalogsThatCannotBeEndTheSession)
{
    constexpr std::size_t entry_at = CCM_CATALOG_HEADER_LEN, name_len = CCM_CLIENT_NAME_LEN;
    struct Row {
        const char *what;
        std::function<Bytes(RoguePartner &)> bytes;
    };
    auto good = [](std::uint64_t instance) { return RoguePartner::entry("x" + std::to_string(instance), instance); };
    const Row table[] = {
        {"a count without entries",
         [&](RoguePartner &r) { return spoiled(r.catalog({good(1)}), [](Bytes &b) { b[24] = 64; }); }},
        {"an impossible count",
         [&](RoguePartner &r) {
             return spoiled(r.catalog({good(1)}), [](Bytes &b) { b[24] = b[25] = b[26] = b[27] = 0xff; });
         }},
        {"a name twice",
         [&](RoguePartner &r) {
             return encoded(r.catalog({RoguePartner::entry("twice", 1), RoguePartner::entry("twice", 2)}));
         }},
        {"a name without an end",
         [&](RoguePartner &r) {
             return spoiled(r.catalog({good(1)}), [&](Bytes &b) {
                 std::fill_n(b.begin() + entry_at, name_len, static_cast<unsigned char>('a'));
             });
         }},
        {"no name", [&](RoguePartner &r) { return spoiled(r.catalog({good(1)}), [&](Bytes &b) { b[entry_at] = 0; }); }},
        {"a name that upsets a terminal",
         [&](RoguePartner &r) { return spoiled(r.catalog({good(1)}), [&](Bytes &b) { b[entry_at] = 27; }); }},
        {"a generation that goes back",
         [&](RoguePartner &r) {
             ccm_catalog c = r.catalog({good(1)});
             c.generation = 1;
             c.entries[0].instance = 77;
             return encoded(c);
         }},
        {"another session's nonce",
         [&](RoguePartner &r) {
             ccm_catalog c = r.catalog({good(1)});
             c.nonce++;
             return encoded(c);
         }},
    };
    Watch w = watch(a());
    for (const Row &row : table) {
        SCOPED_TRACE(row.what);
        RoguePartner rogue(c(), a(), 3);
        rogue.greet();
        rogue.negotiate(encoded(rogue.catalog({})));
        rogue.ready();
        w.wait_for(is_ready(3), soon);
        rogue.write_catalog(row.bytes(rogue));
        Event down = w.wait_for(is(3, "down"), soon);
        EXPECT_EQ(down.json["reason"], "refused");
        rogue.close();
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

// It has a client that fits; and then offers what was not agreed on.
TEST_F(Hostile, OffersThatCannotBeEndTheSession)
{
    const std::pair<const char *, std::function<void(ccm_link_slot &)>> breaches[] = {
        {"more bytes than were asked for", [](auto &s) { s.offer.bytes = 1 << 20; }},
        {"more chunks than a table holds", [](auto &s) { s.offer.chunks = 0xffffffff; }},
        {"a table at the end of the address space", [](auto &s) { s.offer.table_addr = ~0ULL; }},
        {"an epoch far ahead", [](auto &s) { s.epoch = 0xfffffff0; }},
    };
    Watch w = watch(a());
    std::uint64_t instance = 0;
    for (const auto &[what, breach] : breaches) {
        SCOPED_TRACE(what);
        RoguePartner rogue(c(), a(), 3);
        rogue.greet();
        ccm_catalog_entry entry = RoguePartner::entry("mirror", ++instance);
        entry.give = 65536;
        rogue.negotiate(encoded(rogue.catalog({entry})));
        rogue.ready();
        w.wait_for(is_ready(3), soon);
        ccm_catalog theirs = rogue.victims_catalog();
        ccm_link_slot slot{};
        slot.mine = entry.instance;
        slot.yours = theirs.entries[0].instance;
        slot.epoch = 1;
        slot.state = CCM_LINK_OFFERED;
        slot.offer = {.table_addr = 4096, .table_key = 1, .chunks = 1, .bytes = 65536};
        breach(slot);
        rogue.write_links(rogue.links({slot}));
        Event down = w.wait_for(is(3, "down"), soon);
        EXPECT_EQ(down.json["reason"], "refused");
        rogue.close();
        // The link is closed with the session; its memory stays with the client.
        pattern(a(), "unregister mirror");
        EXPECT_EQ(pattern(a(), "register mirror 1 2 65536 65536 idle"), "ok\n");
        wait_client(a(), "mirror", 2);
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

// Requests for ports of a session that it has not got.
TEST_F(Hostile, PortRequestsOfNobodyAreRejected)
{
    Watch w = watch(a());
    Rogue rogue(c());
    ccm_wire_port port{};
    port.node = 2;
    port.partner = 1;
    port.token = 0x1234567812345678;
    port.instance = port.instance_partner = port.epoch = 1;
    port.incarnation = 1;
    Bytes bytes(CCM_WIRE_PORT_LEN);
    ccm_wire_put_port(bytes.data(), &port);
    long long before = counter(a(), "node", "rejected stale request");
    for (int i = 0; i < 20; i++) {
        EXPECT_TRUE(rogue.connect(a().ipv4(), 3341, bytes).rejected());
        rogue.close();
    }
    EXPECT_EQ(counter(a(), "node", "rejected stale request"), before + 20);
    EXPECT_EQ(losses(w, 2), 0u);
}

} // namespace
} // namespace ccm::test
