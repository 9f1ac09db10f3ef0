// SPDX-License-Identifier: GPL-2.0-only
//
// A partner made by hand: goes through the whole series with a real node, step by step,
// and says then whatever a test wants it to say.
#pragma once

#include <functional>

#include "../../ccm/core/catalog.h"
#include "../../ccm/core/links_wire.h"
#include "module.h"
#include "rogue.h"

namespace ccm::test {

class RoguePartner {
public:
    // Node ID of cluster "t", on NODE; it connects to the module on VICTIM.
    RoguePartner(Node &node, Node &victim, int id);

    // Connects and greets; the next step is the catalog.
    void greet();
    // W2 and W3; READY on the victim when both were taken.
    void negotiate(const Bytes &catalog);
    void ready();

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

    Rogue &rogue() { return rogue_; }
    const ccm_wire_keys &keys() const { return keys_; }
    std::uint64_t nonce() const { return nonce_; }
    std::uint64_t incarnation() const { return incarnation_; }
    // What lets this port in, without authentication: SipHash-2-4 of it, by both nonces
    std::uint64_t token_of(ccm_wire_port port) const;

private:
    void mail(std::uint32_t offset, const Bytes &data, ccm_ring kind);

    Node &victim_;
    Rogue rogue_;
    std::uint32_t id_;
    std::uint64_t incarnation_;
    std::uint64_t nonce_ = 0x0123456789abcdef;
    std::uint64_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint32_t rings_ = 0;
    ccm_wire_keys keys_{}; // the victim's
    ccm_catalog sent_{};
};

} // namespace ccm::test
