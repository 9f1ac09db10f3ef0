// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "ccm/core/schedule.h"
#include "ccm/core/wire.h"

namespace {

// All that is looked at for one event, if there is nothing
std::vector<uint32_t> looks(const ccm_schedule &s)
{
    std::vector<uint32_t> all;

    for (uint32_t n = 0, bit; (bit = ccm_schedule_look(&s, n)) < CCM_INBOX_BITS; n++)
        all.push_back(bit);
    return all;
}

// Where the next event is found, if these wait
uint32_t next(ccm_schedule &s, const std::set<uint32_t> &waiting)
{
    uint32_t bit;

    for (uint32_t n = 0; (bit = ccm_schedule_look(&s, n)) < CCM_INBOX_BITS; n++)
        if (waiting.count(bit))
            break;
    ccm_schedule_had(&s, bit);
    return bit;
}

constexpr uint32_t turns[] = {CCM_INBOX_CONN, CCM_INBOX_CLIENTS, CCM_INBOX_LINKS, CCM_INBOX_REQUEST, CCM_INBOX_TIMER};

TEST(Schedule, LooksInOrderAtFirst)
{
    ccm_schedule s{};

    EXPECT_EQ(looks(s),
              (std::vector<uint32_t>{CCM_INBOX_DEVICE, CCM_INBOX_STAGE, CCM_INBOX_OWN_STAGE, CCM_INBOX_VERIFIED,
                                     CCM_INBOX_PSK, CCM_INBOX_STOP, CCM_INBOX_START, CCM_INBOX_VERDICT, CCM_INBOX_WORD,
                                     CCM_INBOX_ALIVE, CCM_INBOX_CONN, CCM_INBOX_CLIENTS, CCM_INBOX_LINKS,
                                     CCM_INBOX_REQUEST, CCM_INBOX_TIMER, CCM_INBOX_PATH_UP}));
    EXPECT_EQ(ccm_schedule_look(&s, CCM_INBOX_BITS), CCM_INBOX_BITS);
    EXPECT_EQ(ccm_schedule_look(&s, ~0U), CCM_INBOX_BITS);
}

// However it goes on, each is looked at once for each event, turns between the decisive and PATH_UP.
TEST(Schedule, ForgetsNone)
{
    for (uint32_t had = 0; had <= CCM_INBOX_BITS; had++) {
        ccm_schedule s{};

        ccm_schedule_had(&s, had);
        std::vector<uint32_t> all = looks(s);
        ASSERT_EQ(all.size(), CCM_INBOX_BITS + 0U) << had;
        EXPECT_EQ(std::set<uint32_t>(all.begin(), all.end()).size(), all.size()) << had;
        EXPECT_EQ(all.back(), CCM_INBOX_PATH_UP + 0U) << had;
        for (uint32_t n = 0; n < CCM_INBOX_CONN; n++)
            EXPECT_EQ(all[n], n) << had;
    }
}

TEST(Schedule, WhoHadATurnComesLast)
{
    ccm_schedule s{};

    EXPECT_EQ(next(s, {CCM_INBOX_LINKS, CCM_INBOX_TIMER}), CCM_INBOX_LINKS + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_LINKS, CCM_INBOX_TIMER}), CCM_INBOX_TIMER + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_LINKS, CCM_INBOX_TIMER}), CCM_INBOX_CONN + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_LINKS, CCM_INBOX_TIMER}), CCM_INBOX_LINKS + 0U);
}

// What is decisive takes nobody's turn; when nothing had a turn, it is the connections' again.
TEST(Schedule, TurnsGoOnBehindTheDecisive)
{
    ccm_schedule s{};

    EXPECT_EQ(next(s, {CCM_INBOX_CLIENTS}), CCM_INBOX_CLIENTS + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_STOP, CCM_INBOX_CONN, CCM_INBOX_LINKS}), CCM_INBOX_STOP + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_LINKS}), CCM_INBOX_LINKS + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_PATH_UP}), CCM_INBOX_PATH_UP + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_REQUEST}), CCM_INBOX_CONN + 0U);
    EXPECT_EQ(next(s, {}), CCM_INBOX_BITS + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_CONN, CCM_INBOX_REQUEST}), CCM_INBOX_CONN + 0U);
}

// Each that has turns, and waits, is looked at within one round, whatever the others do.
TEST(Schedule, StarvesNone)
{
    for (uint32_t others = 0; others < 1U << std::size(turns); others++) {
        std::set<uint32_t> busy;

        for (uint32_t i = 0; i < std::size(turns); i++)
            if (others >> i & 1)
                busy.insert(turns[i]);
        for (uint32_t first : turns) {
            for (uint32_t mine : turns) {
                ccm_schedule s{};
                uint32_t waited = 1;

                ccm_schedule_had(&s, first);
                busy.insert(mine);
                while (next(s, busy) != mine)
                    ASSERT_LT(++waited, std::size(turns) + 1) << "others " << others << ", waits " << mine;
                if (!(others >> (mine - CCM_INBOX_CONN) & 1))
                    busy.erase(mine);
            }
        }
    }
}

TEST(Schedule, StopTakesBackAStartAndNothingElse)
{
    for (uint32_t bit = 0; bit < CCM_INBOX_BITS; bit++)
        EXPECT_EQ(ccm_schedule_instead(bit),
                  bit == CCM_INBOX_STOP ? uint32_t(CCM_INBOX_START) : uint32_t(CCM_INBOX_BITS));
}

// START behind STOP: both wait, and are looked at as they were told.
TEST(Schedule, StopThenStart)
{
    ccm_schedule s{};

    EXPECT_EQ(next(s, {CCM_INBOX_START, CCM_INBOX_STOP}), CCM_INBOX_STOP + 0U);
    EXPECT_EQ(next(s, {CCM_INBOX_START}), CCM_INBOX_START + 0U);
}

TEST(Schedule, OfAConnectionWhatCanBeTrueFirst)
{
    for (uint32_t low = 0; low < CCM_ENDPOINT_BITS; low++) {
        EXPECT_EQ(ccm_schedule_conn(1U << low, false), low);
        EXPECT_EQ(ccm_schedule_conn(~0U << low, false), low);
        EXPECT_EQ(ccm_schedule_conn(1U << low | 1U << CCM_ENDPOINT_DEVICE_GONE, false), low);
    }
    EXPECT_EQ(ccm_schedule_conn(0, false), CCM_ENDPOINT_BITS + 0U);
    EXPECT_EQ(ccm_schedule_conn(0, true), CCM_ENDPOINT_BITS + 0U);
    // The protocol's order, said in another way
    constexpr uint32_t order[] = {CCM_ENDPOINT_ROUTE,
                                  CCM_ENDPOINT_ESTABLISHED,
                                  CCM_ENDPOINT_REJECTED,
                                  CCM_ENDPOINT_FAILED,
                                  CCM_MAIL_MESSAGE,
                                  CCM_MAIL_READ_STATUS,
                                  uint32_t(CCM_MAIL_RING) + CCM_RING_HELLO,
                                  uint32_t(CCM_MAIL_RING) + CCM_RING_ANSWER,
                                  uint32_t(CCM_MAIL_RING) + CCM_RING_CATALOG,
                                  uint32_t(CCM_MAIL_RING) + CCM_RING_READY,
                                  uint32_t(CCM_MAIL_RING) + CCM_RING_GOODBYE,
                                  CCM_MAIL_READ_ANSWER,
                                  CCM_MAIL_RING_STAGE,
                                  CCM_ENDPOINT_DISCONNECTED,
                                  CCM_ENDPOINT_ERROR,
                                  CCM_ENDPOINT_MALFORMED,
                                  CCM_ENDPOINT_DEVICE_GONE};
    uint32_t pending = 0;
    for (uint32_t bit : order)
        pending |= 1U << bit;
    for (uint32_t bit : order) {
        EXPECT_EQ(ccm_schedule_conn(pending, false), bit);
        pending &= ~(1U << bit);
    }
}

TEST(Schedule, DataSaysThatItIsEstablished)
{
    EXPECT_EQ(ccm_schedule_conn(1U << CCM_MAIL_MESSAGE, true), CCM_ENDPOINT_ESTABLISHED + 0U);
    EXPECT_EQ(ccm_schedule_conn(1U << CCM_MAIL_MESSAGE | 1U << CCM_ENDPOINT_ERROR, true),
              CCM_ENDPOINT_ESTABLISHED + 0U);
    for (uint32_t bit : {CCM_ENDPOINT_ROUTE, CCM_ENDPOINT_REJECTED, CCM_ENDPOINT_FAILED, CCM_ENDPOINT_DISCONNECTED,
                         CCM_ENDPOINT_ERROR})
        EXPECT_EQ(ccm_schedule_conn(1U << bit, true), bit);
}

TEST(Schedule, EachRingHasABitOfItsOwn)
{
    std::set<uint32_t> bits;

    for (uint32_t kind = 1; kind < CCM_RING_COUNT; kind++) {
        uint32_t bit = ccm_schedule_ring(kind);

        EXPECT_EQ(bit, CCM_MAIL_RING + kind);
        EXPECT_GT(bit, CCM_MAIL_READ_STATUS + 0U);
        EXPECT_LT(bit, CCM_MAIL_READ_ANSWER + 0U);
        bits.insert(bit);
    }
    EXPECT_EQ(bits.size(), CCM_RING_COUNT - 1U);
    EXPECT_EQ(ccm_schedule_ring(0), CCM_ENDPOINT_MALFORMED + 0U);
    EXPECT_EQ(ccm_schedule_ring(CCM_RING_COUNT), CCM_ENDPOINT_BITS + 0U);
    EXPECT_EQ(ccm_schedule_ring(255), CCM_ENDPOINT_BITS + 0U);
}

TEST(Schedule, AFlushIsBounded)
{
    EXPECT_EQ(ccm_schedule_flush_ms(0), CCM_FLUSH_MS);
    EXPECT_EQ(ccm_schedule_flush_ms(67), CCM_FLUSH_MS + 67);
    EXPECT_EQ(ccm_schedule_flush_ms(CCM_FLUSH_MAX_MS - CCM_FLUSH_MS), CCM_FLUSH_MAX_MS);
    EXPECT_EQ(ccm_schedule_flush_ms(CCM_FLUSH_MAX_MS - CCM_FLUSH_MS + 1), CCM_FLUSH_MAX_MS);
    EXPECT_EQ(ccm_schedule_flush_ms(600), CCM_FLUSH_MAX_MS);
    EXPECT_EQ(ccm_schedule_flush_ms(~0U - CCM_FLUSH_MS), CCM_FLUSH_MAX_MS);
}

} // namespace
