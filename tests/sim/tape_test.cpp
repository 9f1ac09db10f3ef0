// SPDX-License-Identifier: GPL-2.0-only
// Tapes: what is written is played as it was, and the one that KUnit plays is of this core.
#include <fstream>
#include <iterator>
#include <memory>

#include <gtest/gtest.h>

#include "../kunit/suites/tape.h"
#include "record.h"
#include "replay.h"

namespace {

using sim::Bytes;

// How many tapes were the same, action for action
uint32_t play(const Bytes &bytes, uint32_t &events, std::string &wrong)
{
    auto t = std::make_unique<ccm_tape>();
    uint32_t right = 0;

    if (!ccm_tape_open(t.get(), bytes.data(), static_cast<uint32_t>(bytes.size())))
        wrong = "it is none";
    while (wrong.empty() && ccm_tape_next(t.get())) {
        while (wrong.empty() && ccm_tape_event(t.get())) {
            ccm_tape_step(t.get());
            events++;
            if (static_cast<uint16_t>(t->chain) != t->hash)
                wrong = "tape " + std::to_string(right) + ": another action";
        }
        right++;
    }
    if (t->bad)
        wrong = "it is broken";
    return right;
}

Bytes recorded()
{
    std::ifstream file(CCM_RECORDED, std::ios::binary);

    return Bytes(std::istreambuf_iterator<char>(file), {});
}

TEST(Tape, IsPlayedAsItWasRecorded)
{
    Bytes bytes = sim::record_tapes(5, 50);
    uint32_t events = 0;
    std::string wrong;

    EXPECT_EQ(play(bytes, events, wrong), 50U);
    EXPECT_EQ(wrong, "");
    EXPECT_GT(events, 300U);
    EXPECT_EQ(bytes, sim::record_tapes(5, 50));
}

// Every byte counts: one that is spoiled is an other event, an other hash, or no tape.
TEST(Tape, IsNotPlayedWhenItIsSpoilt)
{
    Bytes bytes = sim::record_tapes(5, 3);
    uint32_t silent = 0;

    for (size_t at = 0; at < bytes.size(); at++) {
        Bytes other = bytes;
        uint32_t events = 0;
        std::string wrong;

        other[at] ^= 0x11;
        silent += play(other, events, wrong) == 3 && wrong.empty();
    }
    // what is not looked at in that state: a running time, bytes of mail that is ignored
    EXPECT_LT(silent, bytes.size() / 2);
}

// `make record` after a change of the core
TEST(Tape, WhatKUnitPlaysIsOfThisCore)
{
    uint32_t events = 0;
    std::string wrong;

    EXPECT_EQ(play(recorded(), events, wrong), 1000U);
    EXPECT_EQ(wrong, "") << "another core: make record";
    EXPECT_LT(recorded().size(), 300U * 1024);
}

} // namespace
