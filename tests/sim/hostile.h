// SPDX-License-Identifier: GPL-2.0-only
// A host that is no Node: it has the address of each node, as the others see it, and speaks the
// protocol by itself, right or not. It connects, it answers who connects, it says again what was
// said before it, and it has no key.
//
// What is promised beside it:
//
//	auth=psk	nobody is READY with it; beside a session that is READY it is a candidate
//			and nothing else: no event of its changes anything but that
//	auth=none	the same, until a connection of it was proven (R1 and a hello): whoever
//			can do that is the partner
//
// and when it is gone, nodes are READY with each other as if it had never been. (With auth=none
// what it has proven in the name of a living incarnation stands until that is loaded anew: its
// attempts may have been higher, or its kernel a crash kernel.)
#ifndef CCM_SIM_HOSTILE_H
#define CCM_SIM_HOSTILE_H

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "node.h"

namespace sim {

class Cluster;

class Hostile {
public:
    explicit Hostile(Cluster &cluster) : cluster_(cluster) {}

    void start();
    // It is gone, and all its connections with it.
    void stop();
    bool acts() const { return acts_; }
    // Nothing else goes wrong: whatever ends has ended because of this.
    bool alone = false;

    // From the fabric
    bool takes();
    void asked(uint32_t end, const Bytes &request);
    void hear(uint32_t end, const Event &event);
    std::array<uint8_t, CCM_PAGE_LEN> &page(uint32_t end);
    // What honest nodes say to each other can be seen.
    void see(const Bytes &message);

    // After each step of a node, before its actions are carried out
    void watch(uint32_t node, const Partner &p, const ccm_session &before, const ccm_session_event &event,
               const ccm_session_actions &actions);
    // Has anybody been made believe that it is the partner? Only with auth=none.
    bool believed() const { return believed_; }
    bool is(const Partner &p, uint32_t conn) const;

private:
    // What it has done on one connection, and knows of it
    struct Talk {
        bool up = false;
        bool keys_known = false;
        ccm_wire_keys keys{};
        ccm_catalog catalog{};
        uint64_t incarnation = 0;
        uint64_t nonce = 0;
        uint64_t said = 0; // steps
        uint64_t mails = 0;
        std::array<uint8_t, CCM_PAGE_LEN> page{};
    };

    void act();
    void connect(uint32_t as, uint32_t to);
    void go_on(uint32_t end);
    void say(uint32_t end, Talk &talk, uint32_t step);
    void say_anything(uint32_t end, Talk &talk);
    void flood(uint32_t end);
    void post(uint32_t end, Op op);
    void write(uint32_t end, Talk &talk, uint32_t ring, Bytes mail);
    void post_ring(uint32_t end, uint32_t ring);
    uint64_t incarnation(uint32_t as);
    void fill_page(uint32_t end, Talk &talk);
    Bytes request(uint32_t as, uint32_t to, uint64_t incarnation);
    Bytes keys(uint32_t end, Talk &talk);
    Bytes hello(uint32_t end, Talk &talk);
    Bytes answer(Talk &talk);
    Bytes catalog(Talk &talk);
    Bytes ready(Talk &talk);
    Bytes links(Talk &talk);
    Bytes spoilt(Bytes message);
    Bytes replayed(uint32_t type);
    bool one_in(uint64_t n);
    void read_catalog(uint32_t end, Talk &talk);

    Cluster &cluster_;
    bool acts_ = false;
    bool believed_ = false;
    std::map<uint32_t, Talk> talks_;                 // by end
    std::map<uint32_t, std::vector<Bytes>> seen_;    // by type of message
    std::set<std::pair<uint32_t, uint32_t>> fooled_; // node, as whom, in the name of a living one
};

} // namespace sim

#endif
