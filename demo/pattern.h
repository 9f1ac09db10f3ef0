// SPDX-License-Identifier: GPL-2.0-only
//
// The client "pattern" on a node, a kernel client made for tests: what
// tests/modules/pattern/command.c can be told.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "node.h"

namespace ccm::demo {

class PatternClient {
public:
    static constexpr const char *name = "pattern";
    enum class Where { local, remote };

    PatternClient(lab::Node &node, int partner) : node_(node), partner_(partner) {}

    // Bytes that are right, in hex, and how long it took the kernel.
    struct Answer {
        std::string data;
        double ms = 0;
    };
    // All of them throw lab::Error unless the client says ok.
    // The whole region here (by the CPU), or the one on the partner (by RDMA).
    Answer fill(Where where, std::uint64_t seed);
    Answer verify(Where where, std::uint64_t seed);
    // A piece of the region on the partner, by RDMA.
    Answer read(std::uint64_t offset, std::size_t len);
    Answer write(std::uint64_t offset, const std::string &hex);
    // A piece of the region here, as it is in this node's memory.
    Answer look(std::uint64_t offset, std::size_t len);

private:
    Answer command(const std::string &verb, const std::string &rest);

    lab::Node &node_;
    int partner_;
};

} // namespace ccm::demo
