// SPDX-License-Identifier: GPL-2.0-only
//
// A partner made by hand: goes through the whole series with a real node, step by step, right or
// wrong, and says then whatever a test wants it to say.
#pragma once

#include <functional>
#include <map>

#include "../../ccm/core/catalog.h"
#include "../../ccm/core/links_wire.h"
#include "module.h"
#include "rogue.h"
#include "rogue_key.h"

namespace ccm::test {

// What it says, in the order of the series
enum class Say { request, page, keys, hello, answer, catalog, ready };
using Spoil = std::function<void(Bytes &)>;
// A little-endian number of so many bytes, in place of what is there
Spoil put(std::size_t at, std::size_t bytes, std::uint64_t value);

class RoguePartner {
public:
    struct As {
        int id = 3;         // node of cluster "t"
        bool psk = false;   // it says that it wants a key, and has number 1
        Bytes key{};        // ... and that is it; empty: it only says so
        std::string from{}; // its address, where its node has several
        int slot = 0;       // of the rogue module
        bool takes = true;  // says that it has taken the victim's catalog
    };

    // It connects to the module on VICTIM. With an id alone: auth=none
    RoguePartner(Node &node, Node &victim, int id) : RoguePartner(node, victim, As{.id = id}) {}
    RoguePartner(Node &node, Node &victim, As as);

    // Spoils what it says there. A hello is spoilt before it is proven, which makes a right proof
    // of a wrong hello, and its proof afterwards.
    RoguePartner &spoil(Say what, Spoil how);
    RoguePartner &spoil_proof(Spoil how);

    // From the beginning up to and with LAST, as far as the victim goes along. False: not so far.
    // As a new incarnation, or as the same one
    bool go(Say last);
    bool go_on(Say last);
    // The same as the side that is asked: the victim connects.
    bool be_found(Say last, Duration timeout = soon);
    // Connects and greets; the next step is the catalog. Throws if it cannot.
    void greet();
    // W2 and W3; READY on the victim when both were taken.
    void negotiate(const Bytes &catalog);
    void ready();
    // All of it with this catalog
    void become_ready(const std::vector<ccm_catalog_entry> &entries = {});

    // The steps one by one
    Rogue::Outcome ask();
    void send_keys();
    bool take_keys();
    void say_hello();
    bool take_hello();
    void put_answer();
    void mail(std::uint32_t offset, const Bytes &data, ccm_ring kind);
    std::string ring(unsigned kind, int times = 1);

    // A catalog of this session with the next generation.
    ccm_catalog catalog(const std::vector<ccm_catalog_entry> &entries);
    static ccm_catalog_entry entry(const std::string &name, std::uint64_t instance);
    void write_catalog(const Bytes &catalog);
    // A table of links of this session with the next sequence number.
    Bytes links(const std::vector<ccm_link_slot> &slots);
    void write_links(const Bytes &table);
    // The victim's catalog and its table, as they lie in the mailbox now.
    ccm_catalog victims_catalog();
    std::vector<ccm_link_slot> victims_links();

    // Says that it has taken what the victim writes meanwhile.
    void serve(Duration lasts);

    // The victim sends it away, in time, and it is closed. The reason of its goodbye; NONE: it said none
    ccm_reason sent_away(Duration timeout = soon);
    // Another connection of the same incarnation, or a new one
    void begin_anew(bool other_incarnation = true);
    void close();

    Rogue &rogue() { return rogue_; }
    int id() const { return as_.id; }
    const RogueMemory &memory() const { return memory_; }
    const ccm_wire_keys &victims_keys() const { return keys_; }
    Bytes victims_hello();
    std::uint64_t nonce() const { return nonce_; }
    std::uint64_t incarnation() const { return incarnation_; }
    // Its page as it is right
    ccm_wire_status page() const;
    // What lets this port in, and must be in its accept
    std::uint64_t token_of(ccm_wire_port port) const;

private:
    Bytes said(Say what, Bytes bytes) const;
    ccm_wire_request request() const;
    RogueKey key_of_connection() const;
    bool greet_on();
    void keep_keys(const std::string &result);
    void wait_ready();

    Node &victim_;
    As as_;
    Rogue rogue_;
    std::map<Say, Spoil> spoils_;
    Spoil spoil_proof_;
    std::uint64_t incarnation_;
    std::uint32_t attempt_ = 0;
    std::uint64_t nonce_ = 0;
    Bytes challenge_;
    bool open_ = true; // until it is known that the slot has nothing
    bool active_ = true;
    std::vector<Bytes> said_; // request, accept, A0 of the side that connected, A0 of the other
    std::uint64_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint32_t rings_ = 0;
    bool took_first_ = false; // the victim's first catalog, which ready() waits for
    RogueMemory memory_;
    ccm_wire_keys keys_{}; // the victim's
    ccm_catalog sent_{};
};

} // namespace ccm::test
