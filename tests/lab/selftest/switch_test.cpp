// SPDX-License-Identifier: GPL-2.0-only
//
// The switch by itself, with plain sockets as nodes, and as nodes see it.
#include <map>

#include <poll.h>
#include <sys/socket.h>

#include "fixture.h"

namespace ccm::lab {
namespace {

// One end of a cable.
class Station {
public:
    Station(Switch &network, int number, Framing framing = Framing::packet)
        : cable(network.add_cable("station" + std::to_string(number))), framing_(framing), number_(number)
    {
        FdPair pair = socket_pair(framing == Framing::packet ? SOCK_SEQPACKET : SOCK_STREAM);
        fd_ = std::move(pair.theirs);
        cable.plug(std::move(pair.ours), framing);
    }

    static std::string mac(int number) { return std::string("\x02\0\0\0\0", 5) + static_cast<char>(number); }
    static std::string broadcast() { return std::string(6, '\xff'); }

    void send(const std::string &to, const std::string &text)
    {
        std::string frame = to + mac(number_) + "\x88\xb5" + text;
        if (framing_ == Framing::length)
            frame = std::string("\0\0\0", 3) + static_cast<char>(frame.size()) + frame;
        ASSERT_EQ(::send(fd_.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
    }

    // The text of the next frame, or "" when none comes in time.
    std::string receive(int wait_ms = 5000)
    {
        pollfd fd{fd_.get(), POLLIN, 0};
        if (poll(&fd, 1, wait_ms) <= 0)
            return "";
        char buffer[2048];
        ssize_t n = recv(fd_.get(), buffer, framing_ == Framing::length ? 4 : sizeof(buffer), MSG_WAITALL);
        if (framing_ == Framing::length && n == 4) {
            n = static_cast<unsigned char>(buffer[3]);
            n = recv(fd_.get(), buffer, static_cast<std::size_t>(n), MSG_WAITALL);
        }
        return n > 14 ? std::string(buffer + 14, static_cast<std::size_t>(n - 14)) : "";
    }

    // All frames up to one that says "end", which is sent without faults.
    std::vector<std::string> receive_to_end()
    {
        std::vector<std::string> all;
        for (std::string text; (text = receive()) != "end";) {
            if (text.empty()) {
                ADD_FAILURE() << "the last frame did not come";
                break;
            }
            all.push_back(text);
        }
        return all;
    }

    Cable &cable;

private:
    Framing framing_;
    int number_;
    Fd fd_;
};

std::vector<std::string> send_through(std::uint64_t seed, const Faults &faults, int count)
{
    Switch network(seed);
    Station a(network, 1), b(network, 2);
    a.cable.set(Direction::from_node, faults);
    for (int i = 0; i < count; i++) {
        a.send(Station::broadcast(), "frame " + std::to_string(i));
        // Not faster than the socket takes them.
        while (a.cable.counters(Direction::from_node).frames < static_cast<std::uint64_t>(i) + 1)
            std::this_thread::yield();
    }
    a.cable.set(Direction::from_node, Faults{.delay = faults.delay + faults.jitter});
    a.send(Station::broadcast(), "end");
    return b.receive_to_end();
}

TEST(SwitchTest, LearnsWhereStationsAre)
{
    Switch network;
    Station a(network, 1), b(network, 2, Framing::length), c(network, 3);
    a.send(Station::mac(2), "to an unknown station"); // flooded
    EXPECT_EQ(b.receive(), "to an unknown station");
    EXPECT_EQ(c.receive(), "to an unknown station");
    b.send(Station::mac(1), "answer"); // a is known by now
    EXPECT_EQ(a.receive(), "answer");
    a.send(Station::mac(2), "again");
    EXPECT_EQ(b.receive(), "again");
    a.send(Station::broadcast(), "all");
    EXPECT_EQ(b.receive(), "all");
    EXPECT_EQ(c.receive(), "all"); // and neither "answer" nor "again" before it
}

TEST(SwitchTest, LossFollowsTheSeed)
{
    auto first = send_through(7, {.loss = 0.3}, 1000);
    EXPECT_GT(first.size(), 600U);
    EXPECT_LT(first.size(), 800U);
    EXPECT_EQ(first, send_through(7, {.loss = 0.3}, 1000));
    EXPECT_NE(first, send_through(8, {.loss = 0.3}, 1000));
}

TEST(SwitchTest, DuplicatesAreCounted)
{
    auto got = send_through(7, {.duplicate = 0.5}, 200);
    std::map<std::string, int> times;
    for (const std::string &text : got)
        times[text]++;
    EXPECT_EQ(times.size(), 200U);
    EXPECT_GT(got.size(), 260U);
    EXPECT_LT(got.size(), 340U);
    EXPECT_EQ(got, send_through(7, {.duplicate = 0.5}, 200));
}

TEST(SwitchTest, DelayKeepsAndJitterChangesTheOrder)
{
    auto in_order = [](const std::vector<std::string> &got) {
        for (std::size_t i = 0; i < got.size(); i++)
            if (got[i] != "frame " + std::to_string(i))
                return false;
        return true;
    };
    TimePoint start = Clock::now();
    auto delayed = send_through(7, {.delay = 20ms}, 100);
    EXPECT_GE(Clock::now() - start, 20ms);
    EXPECT_EQ(delayed.size(), 100U);
    EXPECT_TRUE(in_order(delayed));
    auto mixed = send_through(7, {.jitter = 50ms}, 100);
    EXPECT_EQ(mixed.size(), 100U);
    EXPECT_FALSE(in_order(mixed));
}

TEST(SwitchTest, CutsOneWay)
{
    Switch network;
    Station a(network, 1), b(network, 2);
    a.cable.cut_from_node();
    a.send(Station::broadcast(), "lost");
    b.send(Station::broadcast(), "heard");
    EXPECT_EQ(a.receive(), "heard");
    a.cable.restore();
    a.send(Station::broadcast(), "mended");
    EXPECT_EQ(b.receive(), "mended");
    a.cable.cut_to_node();
    b.send(Station::broadcast(), "lost too");
    a.send(Station::broadcast(), "still heard");
    EXPECT_EQ(b.receive(), "still heard");
    a.cable.heal();
    b.send(Station::broadcast(), "healed");
    EXPECT_EQ(a.receive(), "healed");
    EXPECT_EQ(a.cable.counters(Direction::from_node).dropped, 1U);
    EXPECT_EQ(a.cable.counters(Direction::to_node).dropped, 1U);
}

TEST(SwitchTest, AStationThatDoesNotReadHoldsUpNobody)
{
    Switch network;
    Station a(network, 1), deaf(network, 2), c(network, 3);
    std::string large(1400, 'x');
    for (int i = 0; i < 5000; i++) {
        a.send(Station::broadcast(), large);
        ASSERT_EQ(c.receive(), large);
    }
    EXPECT_GT(deaf.cable.counters(Direction::to_node).overflowed, 0U);
    EXPECT_EQ(c.cable.counters(Direction::to_node).overflowed, 0U);
}

TEST(SwitchTest, ANewPlugTakesOverTheCable)
{
    Switch network;
    Station a(network, 1), b(network, 2);
    b.cable.set(Direction::to_node, {.duplicate = 1.0});
    FdPair pair = socket_pair(SOCK_SEQPACKET);
    b.cable.plug(std::move(pair.ours), Framing::packet);
    a.send(Station::broadcast(), "for the new one");
    for (int i = 0; i < 2; i++) {
        pollfd fd{pair.theirs.get(), POLLIN, 0};
        ASSERT_EQ(poll(&fd, 1, 5000), 1);
        char buffer[100];
        EXPECT_EQ(recv(pair.theirs.get(), buffer, sizeof(buffer), 0), 14 + 15);
    }
    EXPECT_EQ(b.receive(100), ""); // the old one was unplugged
}

TEST(SwitchTest, TheHookSeesEveryFrame)
{
    Switch network;
    Station a(network, 1), b(network, 2);
    std::vector<std::string> seen;
    network.on_frame([&](const Cable &from, std::string_view frame, TimePoint) {
        seen.push_back(from.name() + ": " + std::string(frame.substr(14)));
    });
    a.cable.loss(1.0);
    a.send(Station::broadcast(), "lost later");
    a.cable.counters(Direction::from_node);
    b.send(Station::broadcast(), "first");
    TimePoint limit = deadline_after(5s);
    while (b.cable.counters(Direction::from_node).frames + a.cable.counters(Direction::from_node).frames < 2 &&
           Clock::now() < limit)
        std::this_thread::yield();
    network.on_frame(nullptr);
    EXPECT_EQ(seen.size(), 2U);
}

// --- as nodes see it ---

class FaultsTest : public LabTest {
protected:
    void SetUp() override
    {
        a = &cluster().add({.rdma = Rdma::none});
        b = &cluster().add({.rdma = Rdma::none});
        cluster().boot();
        // Neighbours are known: no ARP frames between the pings.
        a->must(fmt::format("ip neigh replace {} lladdr {} dev vec0", b->ipv4(), b->mac()));
        b->must(fmt::format("ip neigh replace {} lladdr {} dev vec0", a->ipv4(), a->mac()));
        // Spontaneous IPv6 frames would take their turn at the dice.
        for (Node *n : {a, b})
            n->must("sysctl -w net.ipv6.conf.vec0.disable_ipv6=1");
    }

    int answers(int count, double interval = 0.01)
    {
        Result r = a->run(fmt::format("ping -c {} -i {} -W 2 {}", count, interval, b->ipv4()), 60s);
        auto at = r.output.find("transmitted, ");
        return at == std::string::npos ? -1 : std::atoi(r.output.c_str() + at + 13);
    }

    Node *a = nullptr, *b = nullptr;
};

TEST_F(FaultsTest, LossRepeatsWithItsSeed)
{
    EXPECT_EQ(answers(5), 5);
    auto with_seed = [&](std::uint64_t seed) {
        a->cable().seed(Direction::from_node, seed);
        a->cable().seed(Direction::to_node, seed + 1);
        a->cable().loss(0.2);
        int n = answers(60);
        a->cable().heal();
        return n;
    };
    int first = with_seed(11);
    EXPECT_GT(first, 20);
    EXPECT_LT(first, 55);
    EXPECT_EQ(with_seed(11), first);
}

TEST_F(FaultsTest, CutsHaveASide)
{
    a->cable().cut_from_node();
    std::uint64_t heard = b->cable().counters(Direction::to_node).frames;
    EXPECT_EQ(answers(2, 0.1), 0);
    EXPECT_EQ(b->cable().counters(Direction::to_node).frames, heard);
    a->cable().restore();
    EXPECT_EQ(answers(2, 0.1), 2);
    a->cable().cut_to_node();
    EXPECT_EQ(answers(2, 0.1), 0);
    EXPECT_GE(b->cable().counters(Direction::to_node).frames, heard + 4); // b heard, its answers were lost
    a->cable().restore();
    b->cable().cut();
    EXPECT_EQ(answers(2, 0.1), 0);
    b->cable().restore();
    EXPECT_EQ(answers(2, 0.1), 2);
}

TEST_F(FaultsTest, DelayAndDuplicatesReachTheNode)
{
    b->cable().delay(30ms);
    Result r = a->run(fmt::format("ping -c 3 -i 0.1 -W 5 {}", b->ipv4()));
    auto at = r.output.find("min/avg/max = ");
    ASSERT_NE(at, std::string::npos) << r.output;
    EXPECT_GE(std::atof(r.output.c_str() + at + 14), 60.0) << r.output;
    b->cable().heal();
    a->cable().set(Direction::to_node, {.duplicate = 1.0});
    r = a->run(fmt::format("ping -c 3 -i 0.1 -W 5 {}", b->ipv4()));
    EXPECT_NE(r.output.find("DUP!"), std::string::npos) << r.output;
}

} // namespace
} // namespace ccm::lab
