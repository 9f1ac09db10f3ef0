// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever is on the path between two nodes: reads the secrets that they tell each other, loses
// their last words, and sends words of his own.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "cluster.h"

namespace ccm::test {

using namespace ccm::lab;

// What a last word says (ccm/core/wire.h)
struct Word {
    unsigned node = 0, partner = 0;
    std::string incarnation; // 8 bytes, as on the wire
    std::string secret;      // 16

    std::string bytes() const;
};

// One at a time on a cluster's switch, and taken off it at the end.
class WordTap {
public:
    explicit WordTap(Cluster &cluster);
    ~WordTap();
    WordTap(const WordTap &) = delete;

    // The word that node FROM would send by now: its last hello has been seen.
    Word word_of(const Node &from, const Node &to) const;
    // Last words that came by are lost from now on.
    void lose();
    unsigned seen() const; // last words
    // A datagram with this, to TO's RDMA port, as if node FROM had sent it.
    void send(const Node &from, const Node &to, const std::string &payload);

private:
    void look(std::string_view frame);

    Cluster &cluster_;
    Fd fd_; // of a cable of its own
    mutable std::mutex mutex_;
    std::string hellos_[3]; // by node
    unsigned seen_ = 0;
};

} // namespace ccm::test
