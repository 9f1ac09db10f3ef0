// SPDX-License-Identifier: GPL-2.0-only
//
// The line to the agent when it fails: garbled and lost lines are said, not waited out.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "agent_channel.h"
#include "error.h"
#include "wire.h"

namespace ccm::lab {
namespace {

using nlohmann::json;

class ChannelTest : public ::testing::Test {
protected:
    // As if the agent had sent it.
    void feed(const std::string &bytes) { channel->received(bytes, Clock::now()); }
    void say(json message)
    {
        message["seq"] = seq++;
        feed(wire::frame(message));
    }
    void hello(const std::string &root = "initramfs")
    {
        seq = 0;
        say({{"type", "hello"}, {"root", root}, {"kernel", "6.1"}, {"errors", json::array()}});
    }
    std::string failure_of(Command command)
    {
        try {
            command.wait(1s);
        } catch (const Timeout &e) {
            ADD_FAILURE() << "it was waited out: " << e.what();
        } catch (const Error &e) {
            return e.what();
        }
        return "no failure";
    }

    FdPair pair = socket_pair(SOCK_STREAM);
    std::shared_ptr<AgentChannel> channel = std::make_shared<AgentChannel>("node1", pair.ours.get());
    long long seq = 0;
};

TEST(WireTest, TellsWhatIsWhole)
{
    json message{{"seq", 1}, {"text", "caf\u00e9 \x01 \"quoted\""}};
    std::string line = wire::frame(message);
    line.pop_back();
    EXPECT_EQ(wire::unframe(line), message);
    EXPECT_EQ(wire::unframe(line + "\r"), message);
    for (std::size_t i = 0; i < line.size(); i++) {
        std::string bad = line;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        EXPECT_FALSE(wire::unframe(bad)) << bad;
        bad = line;
        bad.erase(i, 1);
        EXPECT_FALSE(wire::unframe(bad)) << bad;
    }
    EXPECT_FALSE(wire::unframe(""));
}

TEST_F(ChannelTest, NoiseBeforeTheHelloIsIgnored)
{
    feed("SeaBIOS (version 1.16)\r\n00000000 {}\n\n");
    hello();
    Command command = channel->start("x");
    say({{"type", "line"}, {"id", 1}, {"text", "out"}});
    say({{"type", "exit"}, {"id", 1}, {"code", 0}});
    EXPECT_EQ(command.wait(1s).output, "out\n");
}

TEST_F(ChannelTest, AGarbledLineFailsWhatIsUnderWay)
{
    hello();
    Command command = channel->start("x");
    std::string line = wire::frame({{"type", "exit"}, {"id", 1}, {"code", 0}, {"seq", seq++}});
    line[20] ^= 4;
    feed(line);
    EXPECT_NE(failure_of(command).find("garbled"), std::string::npos) << failure_of(command);
}

TEST_F(ChannelTest, ALostLineFailsWhatIsUnderWay)
{
    hello();
    Command command = channel->start("x");
    seq++; // one is lost
    say({{"type", "line"}, {"id", 1}, {"text", "second"}});
    EXPECT_NE(failure_of(command).find("lost"), std::string::npos) << failure_of(command);
    // The next command is not harmed.
    Command next = channel->start("y");
    say({{"type", "exit"}, {"id", 2}, {"code", 0}});
    EXPECT_TRUE(next.wait(1s).ok());
}

TEST_F(ChannelTest, WhatTheAgentDidNotGetFailsToo)
{
    hello();
    Command command = channel->start("x");
    say({{"type", "garbled"}, {"what", "request 1 came where 0 was due"}});
    EXPECT_NE(failure_of(command).find("came where"), std::string::npos) << failure_of(command);
}

TEST_F(ChannelTest, ANewAgentEndsTheCommandsOfTheOld)
{
    hello();
    Command command = channel->start("x");
    hello("root");
    EXPECT_NE(failure_of(command).find("the agent ended"), std::string::npos) << failure_of(command);
    EXPECT_EQ(channel->root(), Root::root);
}

TEST_F(ChannelTest, TheEndOfACommandNobodyHoldsIsHarmless)
{
    hello();
    channel->start("x");
    say({{"type", "exit"}, {"id", 1}, {"code", 0}});
    EXPECT_TRUE(channel->running().empty());
}

} // namespace
} // namespace ccm::lab
