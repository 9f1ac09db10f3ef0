// SPDX-License-Identifier: GPL-2.0-only
//
// A partner that is READY, and then lies on its page, rings, writes tables that cannot be, accepts
// ports that it has no right to, and asks for such.
#include <gtest/gtest.h>

#include "../../ccm/core/bytes.h"
#include "pattern.h"
#include "undisturbed.h"

namespace ccm::test {
namespace {

RoguePartner ready_one()
{
    RoguePartner rogue = Undisturbed::make();
    rogue.become_ready();
    return rogue;
}

// Its page

void lies()
{
    struct Lie {
        const char *what;
        std::function<void(ccm_wire_status &)> how;
        const char *said;
    };
    const Lie ends[] = {
        {"it stands still", [](auto &p) { p.tick_ms = 1; }, "hung"},
        {"another incarnation's", [](auto &p) { p.incarnation++; }, "refused"},
    };
    for (const Lie &lie : ends) {
        SCOPED_TRACE(lie.what);
        RoguePartner rogue = ready_one();
        ccm_wire_status page = rogue.page();
        lie.how(page);
        rogue.rogue().poke(CCM_STATUS_OFFSET, encoded(page));
        Undisturbed::expect_sent_away(rogue, CCM_REASON_NONE);
        Undisturbed::expect_down(1, lie.said);
        rogue.close();
    }
    // What is no reason to end it
    const Lie others[] = {
        {"flags that nobody knows", [](auto &p) { p.flags = 0xfffffff0 & ~0x8U; }, "ready"},
        {"its kernel is very old", [](auto &p) { p.uptime_ms = CCM_UPTIME_MS_MAX; }, "ready"},
    };
    RoguePartner rogue = ready_one();
    ccm_wire_status page = rogue.page();
    for (const Lie &lie : others) {
        SCOPED_TRACE(lie.what);
        lie.how(page);
        rogue.rogue().poke(CCM_STATUS_OFFSET, encoded(page));
        const long long heard = counter(Undisturbed::victim(), "partner-1", "heartbeats");
        wait_counter(Undisturbed::victim(), "partner-1", "heartbeats", heard + 2);
        EXPECT_EQ(Undisturbed::said_of(1), lie.said);
    }
    rogue.close();
}

TEST_F(RogueKeyed, LiesOnItsPage)
{
    lies();
}

// Rings and mail

void rings()
{
    for (unsigned kind : {0U, unsigned{CCM_RING_LINKS_TAKEN}}) {
        SCOPED_TRACE(kind);
        RoguePartner rogue = ready_one();
        rogue.ring(kind);
        Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
    }
    // What was rung before is old, and what nobody knows is a later version's.
    RoguePartner rogue = ready_one();
    for (unsigned kind : {unsigned{CCM_RING_HELLO}, unsigned{CCM_RING_ANSWER}, unsigned{CCM_RING_CATALOG},
                          unsigned{CCM_RING_READY}, unsigned{CCM_RING_STAGE}, 9U + 1, 255U})
        EXPECT_EQ(rogue.ring(kind), "ok");
    const long long heard = counter(Undisturbed::victim(), "partner-1", "heartbeats");
    wait_counter(Undisturbed::victim(), "partner-1", "heartbeats", heard + 2);
    EXPECT_EQ(Undisturbed::said_of(1), "ready");
    rogue.close();
}

void writes_mail()
{
    const std::pair<const char *, Spoil> tables[] = {
        {"a table of another nonce", put(8, 8, 0x5555)},
    };
    for (const auto &[what, how] : tables) {
        SCOPED_TRACE(what);
        RoguePartner rogue = ready_one();
        ccm_link_slot slot{};
        slot.mine = slot.yours = 77; // a pair that nobody knows, which is not the point
        Bytes table = rogue.links({slot});
        how(table);
        rogue.write_links(table);
        Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
    }
    const std::pair<const char *, Spoil> catalogs[] = {
        {"a client with more ports than there can be", put(CCM_CATALOG_HEADER_LEN + 38, 2, 65)},
    };
    for (const auto &[what, how] : catalogs) {
        SCOPED_TRACE(what);
        RoguePartner rogue = ready_one();
        Bytes catalog = encoded(rogue.catalog({RoguePartner::entry("x", 1)}));
        how(catalog);
        rogue.write_catalog(catalog);
        Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
    }
}

TEST_F(RogueKeyed, RingsAndWritesMail)
{
    rings();
    writes_mail();
}

// Ports and memory of a client that is the victim's alone

class RogueClient {
public:
    // Its link is offered by both; what is asked for is BYTES, one chunk, where TABLE is.
    RogueClient(RoguePartner &rogue, const std::string &name, std::uint64_t bytes) : rogue_(rogue), name_(name)
    {
        ccm_catalog_entry entry = RoguePartner::entry(name, 7);
        entry.give = bytes;
        rogue_.become_ready({entry});
        const ccm_catalog theirs = rogue_.victims_catalog();
        for (u32 i = 0; i < theirs.count; i++)
            if (name == theirs.entries[i].name)
                slot_.yours = theirs.entries[i].instance;
        slot_.mine = entry.instance;
        slot_.epoch = 1;
        slot_.state = CCM_LINK_OFFERED;
    }

    ccm_link_slot &slot() { return slot_; }

    // Follows the victim's tries, and offers again.
    void offer()
    {
        rogue_.serve(50ms);
        for (const ccm_link_slot &one : rogue_.victims_links())
            if (one.mine == slot_.yours)
                slot_.epoch = std::max(slot_.epoch, one.epoch);
        rogue_.write_links(rogue_.links({slot_}));
        rogue_.serve(50ms);
    }

    // What a port of the present try says, from the rogue's side
    ccm_wire_port port(const RoguePartner::As &as) const
    {
        ccm_wire_port port{};
        port.node = static_cast<u32>(as.id);
        port.partner = 2;
        port.instance = slot_.mine;
        port.instance_partner = slot_.yours;
        port.epoch = slot_.epoch;
        port.incarnation = rogue_.incarnation();
        return port;
    }

    Bytes with_token(ccm_wire_port port) const
    {
        port.token = rogue_.token_of(port);
        Bytes bytes(CCM_WIRE_PORT_LEN);
        ccm_wire_put_port(bytes.data(), &port);
        return bytes;
    }

    // The victim's request for a port of it has come to this slot.
    bool await_port(Rogue &at)
    {
        for (int i = 0; i < 100; i++) {
            at.close();
            at.listen(rdma_port, Rogue::Answer::ignore);
            offer();
            const Rogue::Outcome came = at.wait_request(300ms);
            ccm_wire_port request{};
            if (came.state != "request" ||
                ccm_wire_get_port(came.data.data(), static_cast<u32>(came.data.size()), &request))
                continue;
            slot_.epoch = request.epoch;
            asked_ = Bytes(came.data.begin(), came.data.begin() + CCM_WIRE_PORT_LEN);
            return true;
        }
        return false;
    }
    const Bytes &asked() const { return asked_; }

private:
    RoguePartner &rogue_;
    std::string name_;
    ccm_link_slot slot_{};
    Bytes asked_;
};

// The victim is the lower node and connects. Somebody accepts who has not the session's key.
void accepts_ports()
{
    const RoguePartner::As as = Undisturbed::as_higher();
    EXPECT_EQ(pattern(Undisturbed::victim(), "register plain 1 1 0 0 idle"), "ok\n");
    RoguePartner rogue = Undisturbed::make(as);
    RogueClient client(rogue, "plain", 0);
    Rogue at(Undisturbed::rogue_node(), 8);
    const std::pair<const char *, std::function<Bytes()>> wrong[] = {
        {"no token",
         [&] {
             Bytes bytes = client.with_token(client.port(as));
             ccm_put_u64(&bytes[16], 0);
             return bytes;
         }},
        {"the victim's own, sent back", [&] { return client.asked(); }},
    };
    for (const auto &[what, accept] : wrong) {
        SCOPED_TRACE(what);
        ASSERT_TRUE(client.await_port(at));
        at.accept(accept());
        // or rejected: the victim was busy, and has given the try up before it heard of this
        const std::string end = at.wait_disconnected(soon).state;
        EXPECT_TRUE(end == "disconnected" || end == "rejected") << end;
        EXPECT_FALSE(at.receive(0ms)) << "not even a word";
    }
    ASSERT_TRUE(client.await_port(at));
    at.accept(client.with_token(client.port(as)));
    ASSERT_TRUE(at.wait_established(3s).established());
    auto word = at.receive(3s);
    EXPECT_TRUE(word && word->data.empty()) << "the connecting side's first word";
    EXPECT_EQ(Undisturbed::said_of(4), "ready");
    rogue.close();
    at.close();
    EXPECT_EQ(pattern(Undisturbed::victim(), "unregister plain").rfind("ok", 0), 0U);
}

TEST_F(RogueKeyed, AcceptsPortsOfOthers)
{
    accepts_ports();
}

// The victim is the higher node, and is asked.
void asks_for_ports()
{
    const RoguePartner::As as = Undisturbed::as();
    Node &victim = Undisturbed::victim();
    EXPECT_EQ(pattern(victim, "register plain 1 1 0 0 idle"), "ok\n");
    RoguePartner rogue = Undisturbed::make(as);
    RogueClient client(rogue, "plain", 0);
    Rogue at(Undisturbed::rogue_node(), 8);
    const std::pair<const char *, std::function<void(ccm_wire_port &)>> wrong[] = {
        {"of an earlier try", [](auto &p) { p.epoch--; }},
        {"of another client", [](auto &p) { p.instance++; }},
        {"a port too many", [](auto &p) { p.port = 1; }},
        {"a port far away", [](auto &p) { p.port = ~0U; }},
    };
    client.offer();
    auto ask = [&](const Bytes &bytes) {
        Rogue::Outcome got = at.connect(victim.ipv4(), rdma_port, bytes, 3s, as.from);
        at.close();
        return got;
    };
    for (const auto &[what, how] : wrong) {
        SCOPED_TRACE(what);
        ccm_wire_port port = client.port(as);
        how(port);
        EXPECT_TRUE(ask(client.with_token(port)).rejected()) << "with a right token";
    }
    Bytes guess = client.with_token(client.port(as));
    guess[16] ^= 1;
    EXPECT_TRUE(ask(guess).rejected());
    // As many as it likes
    Command flood = at.start_flood(victim.ipv4(), rdma_port, guess, 1s, Rogue::same, as.from);
    const Rogue::Flood all = Rogue::end_flood(flood, 20s);
    EXPECT_GT(all.rejected, 10);
    EXPECT_EQ(all.established, 0);
    // The right one, once
    Rogue::Outcome got;
    for (int i = 0; i < 100 && !got.established(); i++) {
        at.close();
        client.offer();
        got = at.connect(victim.ipv4(), rdma_port, client.with_token(client.port(as)), 3s, as.from);
    }
    ASSERT_TRUE(got.established()) << got.text;
    Rogue twice(Undisturbed::rogue_node(), 9);
    EXPECT_TRUE(twice.connect(victim.ipv4(), rdma_port, client.with_token(client.port(as)), 3s, as.from).rejected());
    twice.close();
    EXPECT_EQ(Undisturbed::said_of(1), "ready");
    rogue.close();
    at.close();
    EXPECT_EQ(pattern(victim, "unregister plain").rfind("ok", 0), 0U);
}

TEST_F(RogueKeyed, AsksForPorts)
{
    asks_for_ports();
}

} // namespace
} // namespace ccm::test
