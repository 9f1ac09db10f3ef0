// SPDX-License-Identifier: GPL-2.0-only
//
// The rogue peer (ccm_rogue.ko) on a node of the lab, for tests. Private data and
// messages are made with CCM's own encoders, and can then be spoilt.
//
//     Rogue rogue(node, 0);                            // loads the module if need be
//     Bytes hello = encoded(session_request(2, 1, "t")); // node 2 to node 1 of cluster t
//     hello[0] ^= 1;
//     Rogue::Outcome got = rogue.connect(other.ipv4(), 3341, hello);
//     EXPECT_EQ(got.reject_code(), CCM_REJECT_MALFORMED) << got.text;
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../../ccm/core/catalog.h"
#include "../../../ccm/core/wire.h"
#include "node.h"

namespace ccm::lab {

using Bytes = std::vector<std::uint8_t>;

constexpr int rdma_port = 3341; // the module's default

// A message as it goes over the wire.
Bytes encoded(const ccm_wire_request &message);
Bytes encoded(const ccm_wire_reject &message);
Bytes encoded(const ccm_wire_keys &message);
Bytes encoded(const ccm_wire_ring &message);
Bytes encoded(const ccm_wire_status &message);
Bytes encoded(const ccm_wire_hello &message);
Bytes encoded(const ccm_wire_answer &message);
Bytes encoded(const ccm_catalog &message);
Bytes encoded(const ccm_wire_ready &message);
Bytes encoded(const ccm_wire_goodbye &message);

// What a well-behaved node NODE would send to PARTNER. Change what should be wrong.
ccm_wire_request session_request(std::uint32_t node, std::uint32_t partner, const std::string &cluster,
                                 std::uint64_t incarnation = 0x0123456789abcdef, std::uint32_t attempt = 1);

std::string hex(const Bytes &bytes);
Bytes from_hex(const std::string &text);

// Where the other side of a connection may reach the rogue's memory.
struct RogueMemory {
    std::uint64_t status_addr = 0;
    std::uint32_t status_key = 0;
    std::uint64_t mailbox_addr = 0;
    std::uint32_t mailbox_key = 0;
};

// One of the rogue's 16 slots: at most one connection. Every call is bounded; the
// module's own waits are given in the call or are 2 s. Calls that the module
// refuses (wrong arguments, slot in use) throw Error.
class Rogue {
public:
    explicit Rogue(Node &node, int slot = 0);

    enum class Answer { accept, reject, ignore };

    struct Outcome {
        std::string state; // established, rejected, failed, disconnected, waiting, request, ...
        int status = 0;    // RDMA CM's: for "rejected" the reason (28: by the consumer), or an errno
        Bytes data;        // private data received; from RoCE padded with zeroes
        std::string event; // the last one of RDMA CM
        std::string text;  // all of it, for messages

        bool established() const { return state == "established"; }
        bool rejected() const { return state == "rejected"; }
        // What CCM says in its reject, if it is one.
        std::optional<ccm_wire_reject> reject() const;
        int reject_code() const; // enum ccm_reject; CCM_REJECT_NONE if there is none
    };

    // Private data of any length that RDMA CM takes (56 over RoCE). From an address of its own, if it has several.
    Outcome connect(const std::string &address, int port, const Bytes &private_data, Duration timeout = 3s,
                    const std::string &from = {});

    // Connects again and again, as fast as it goes, with what is a CCM request as private data.
    enum How { same = 0, other_attempt = 1, other_incarnation = 2, stay = 4 }; // a sum
    struct Flood {
        int asked = 0, established = 0, rejected = 0, failed = 0;
    };
    Command start_flood(const std::string &address, int port, const Bytes &private_data, Duration lasts, int how,
                        const std::string &from = {});
    static Flood end_flood(Command &flood, Duration timeout);

    // To be found instead: the first request that comes in gets this answer.
    void listen(int port, Answer answer, const Bytes &private_data = {});
    // ... and this slot takes the next one, and ignores it.
    void take_next();
    // What was ignored until now is accepted.
    // OWNER: a slot whose memory can be reached by this one, too; -1: none
    std::string accept(const Bytes &private_data, int owner = -1);
    Outcome wait_request(Duration timeout);
    Outcome wait_established(Duration timeout);
    Outcome wait_disconnected(Duration timeout);
    Outcome state();

    // The text of a posted request's completion: "ok", or "failed ..." with its status.
    std::string send(const Bytes &message);
    std::string write(std::uint64_t addr, std::uint32_t key, const Bytes &data);
    std::string write_with_immediate(std::uint64_t addr, std::uint32_t key, const Bytes &data, std::uint32_t word);
    std::string ring(std::uint32_t word, int times = 1); // an empty WRITE with immediate
    std::string read(std::uint64_t addr, std::uint32_t key, std::uint32_t length, Bytes *data = nullptr);

    struct Message {
        std::optional<std::uint32_t> immediate;
        Bytes data;
    };
    std::optional<Message> receive(Duration timeout);
    // CCM's A0, received; throws Error when something else or nothing came.
    ccm_wire_keys receive_keys(Duration timeout = 2s);

    // Registers memory like CCM's (status region of two pages, mailbox). Once a connection.
    RogueMemory memory();
    void poke(std::uint32_t offset, const Bytes &data);     // into the status region
    Bytes look(std::uint32_t offset, std::uint32_t length); // out of the mailbox

    std::string disconnect();
    void close();

    // A command as ccm_rogue/run takes it; its result.
    std::string command(const std::string &line, Duration timeout = 5s);
    // Several in one go, which is quicker; a result for each
    std::vector<std::string> commands(const std::vector<std::string> &lines, Duration timeout = 5s);
    // What commands() takes for what is named like them here
    std::string sends(const Bytes &message) const;
    std::string pokes(std::uint32_t offset, const Bytes &data) const;
    std::string looks(std::uint32_t offset, std::uint32_t length) const;
    std::string receives(Duration timeout) const;
    std::string waits(const char *state, Duration timeout) const;
    std::string closes() const;
    static std::optional<Bytes> data_of(const std::string &said);
    Outcome outcome(const std::string &said) const;
    Node &node() { return node_; }

private:
    static std::string script(const std::vector<std::string> &lines);
    Node &node_;
    int slot_;
};

} // namespace ccm::lab
