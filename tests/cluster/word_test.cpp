// SPDX-License-Identifier: GPL-2.0-only
//
// The last word of a kernel that panics: heard at once, and believed from nobody else.
#include <csignal>

#include "pair.h"
#include "word.h"

namespace ccm::test {
namespace {

class LastWordPair : public PairTest {
protected:
    void SetUp() override
    {
        PairTest::SetUp();
        for (Node *node : both())
            node->until("grep -qx 'last_word prepared' /sys/kernel/debug/ccm/partner-*", soon);
    }

    static Event panic(Watch &w)
    {
        const TimePoint began = Clock::now();
        b().panic();
        Event down = w.wait_for(is(2, "down"), soon);
        std::printf("DOWN (%s) %.1f ms after the panic was asked for\n", down.json["reason"].get<std::string>().c_str(),
                    milliseconds(down.at - began));
        return down;
    }

    static void expect_panicked()
    {
        Watch w = cluster().watch(a());
        EXPECT_EQ(panic(w).json["reason"], "panicked");
        EXPECT_EQ(counter(a(), "partner-2", "last_words_false"), 0);
        b().boot();
        w.wait_for(is_ready(2), soon);
        w.end();
    }
};

class LastWord : public LastWordPair {
protected:
    // Nothing that is sent here changes anything.
    void SetUp() override
    {
        LastWordPair::SetUp();
        wrong_ = counter(a(), "node", "last_words_wrong");
        words_ = counter(a(), "partner-2", "last_words");
        false_ = counter(a(), "partner-2", "last_words_false");
    }

    void wait_wrong(long long more)
    {
        a().until(fmt::format("grep -qx 'last_words_wrong {}' /sys/kernel/debug/ccm/node", wrong_ + more), soon);
    }

    long long wrong_ = 0, words_ = 0, false_ = 0;
    Word old_, new_;
};

class LastWordOverIpv6 : public LastWordPair {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}, .ipv6 = true}), configured(2, {.partners = {1}, .ipv6 = true}));
    }
};

class LastWordOverIwarp : public LastWordPair {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}}, {.rdma = Rdma::siw}),
                  configured(2, {.partners = {1}}, {.rdma = Rdma::siw}));
    }
};

TEST_F(LastWord, IsHeard)
{
    expect_panicked();
}

TEST_F(LastWordOverIpv6, IsHeard)
{
    expect_panicked();
}

TEST_F(LastWordOverIwarp, IsHeard)
{
    expect_panicked();
}

// Then there is silence, and that can be anything.
TEST_F(LastWord, LostIsUnreachable)
{
    WordTap tap(cluster());
    tap.lose();
    Watch w = watch(a());
    Event down = panic(w);
    EXPECT_EQ(down.json["reason"], "unreachable");
    EXPECT_EQ(tap.seen(), 1u);
    b().boot();
    w.wait_for(is_ready(2), soon);
}

// Another program has the UDP port: it is said, and partners are watched all the same.
TEST_F(LastWord, APortThatIsTaken)
{
    unload(a(), "READY");
    const std::size_t mark = a().console().size();
    Command taken = a().start_command("exec ccm-node-test port 3341");
    taken.wait_line("taken", soon);
    load(a());
    a().console().wait_for("UDP port 3341 cannot be had", soon, mark);
    wait_ready(both());
    Watch w = watch(a());
    EXPECT_EQ(panic(w).json["reason"], "unreachable");
    b().boot();
    w.wait_for(is_ready(2), soon);
    taken.signal(SIGKILL);
    w.end();
    unload(a(), "READY");
    load(a());
    wait_ready(both());
}

// Of a right one every byte counts that is looked at; and what is shorter is none.
TEST_F(LastWord, WhatIsNotRightChangesNothing)
{
    WordTap tap(cluster());
    Watch w = watch(a());
    unload(b(), "READY");
    load(b()); // its hello comes by
    wait_ready(both());
    w.wait_for(is_ready(2), soon);
    const std::size_t lost = losses(w, 2);
    const std::string right = tap.word_of(b(), a()).bytes();
    long long sent = 0;
    for (std::size_t i = 0; i < right.size() - 8; i++) {
        std::string word = right;
        if (i == 7)
            continue; // a length that is larger: a later version's
        word[i] = static_cast<char>(word[i] ^ (i == 6 ? 0x20 : 0x81));
        tap.send(b(), a(), word);
        sent++;
    }
    for (std::size_t length : {0u, 1u, 7u, 8u, 47u}) {
        tap.send(b(), a(), right.substr(0, length));
        sent++;
    }
    tap.send(b(), a(), std::string(1400, 'x'));
    sent++;
    wait_wrong(sent);
    EXPECT_EQ(partner(a(), 2)["state"], "ready");
    EXPECT_EQ(losses(w, 2), lost);
    EXPECT_EQ(counter(a(), "partner-2", "last_words"), words_);
    // Or nothing of this has shown anything:
    tap.send(b(), a(), right);
    a().until(fmt::format("grep -qx 'last_words {}' /sys/kernel/debug/ccm/partner-2", words_ + 1), soon);
}

// What was said in an earlier session, by whoever listened then
TEST_F(LastWord, OfAnOlderSessionChangesNothing)
{
    WordTap tap(cluster());
    for (int i = 0; i < 2; i++) {
        unload(b(), "READY");
        load(b());
        wait_ready(both());
        const Word word = tap.word_of(b(), a());
        if (i == 0)
            old_ = word;
        else
            new_ = word;
    }
    ASSERT_NE(old_.secret, new_.secret);
    Watch w = watch(a());
    tap.send(b(), a(), old_.bytes());
    old_.incarnation = new_.incarnation;
    tap.send(b(), a(), old_.bytes());
    wait_wrong(2);
    EXPECT_EQ(partner(a(), 2)["state"], "ready");
    EXPECT_EQ(losses(w, 2), 0u);
}

// Somebody has seen the secret. The partner answers, and goes on; and the secret is spent. With a
// long detect_ms it is given time to answer: this machine may be busy.
TEST_F(LastWord, IsNotBelievedOfAPartnerThatLives)
{
    WordTap tap(cluster());
    for (Node *node : both()) {
        unload(*node, "READY");
        load(*node, {.partners = {3 - node->id()}, .detect_ms = 60000});
    }
    wait_ready(both());
    wrong_ = false_ = 0;
    Watch w = watch(a());
    const std::size_t mark = a().console().size();
    const std::string word = tap.word_of(b(), a()).bytes();
    tap.send(b(), a(), word);
    a().console().wait_for("it lives, and somebody has sent its last word", soon, mark);
    EXPECT_EQ(counter(a(), "partner-2", "last_words_false"), false_ + 1);
    tap.send(b(), a(), word);
    wait_wrong(1);
    EXPECT_EQ(partner(a(), 2)["state"], "ready");
    EXPECT_EQ(losses(w, 2), 0u);
    w.end();
    for (Node *node : both()) {
        unload(*node, "READY");
        load(*node);
    }
}

} // namespace
} // namespace ccm::test
