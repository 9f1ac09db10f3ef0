// SPDX-License-Identifier: GPL-2.0-only
// `watch` as a process of its own: real descriptors, real signals.
#include "app.h"
#include "fakes.h"
#include "process.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ccmadm::test {
namespace {

class WatchProcess : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socket), 0); }

    void TearDown() override
    {
        process.reset();
        close(socket[0]);
        close(socket[1]);
    }

    void start(const std::vector<const char *> &arguments)
    {
        process = std::make_unique<Process>([this, arguments] {
            std::signal(SIGPIPE, SIG_IGN);
            close(socket[1]);
            ControlCalls calls;
            calls.info.uapi_version = CCM_UAPI_VERSION;
            calls.info.record_size = sizeof(ccm_record);
            const auto opener = [&](const std::string &path) -> Result<Device> {
                return Device(path, std::make_unique<FakeControl>(calls), std::make_unique<FdSource>(socket[0], path));
            };
            FdOutput output(STDOUT_FILENO);
            FdOutput errors(STDERR_FILENO);
            return static_cast<int>(run(arguments, opener, output, errors, SystemClock()));
        });
    }

    void put(const Batch &batch)
    {
        const auto size = batch.size() * sizeof(ccm_record);
        ASSERT_EQ(write(socket[1], batch.data(), size), static_cast<ssize_t>(size));
    }

    std::string next(const char *key) { return nlohmann::json::parse(process->line())[key]; }

    int socket[2] = {-1, -1};
    std::unique_ptr<Process> process;
};

TEST_F(WatchProcess, LinesComeAsTheRecordsDo)
{
    start({"watch", "--json"});
    put(present({partner_record(2, CCM_STATE_CONNECTING)}));
    EXPECT_EQ(next("type"), "node");
    EXPECT_EQ(next("state"), "connecting");
    EXPECT_EQ(next("type"), "sync");
    put(Batch{partner_record(2, CCM_STATE_READY)});
    EXPECT_EQ(next("state"), "ready"); // before anything else is put
    put(Batch{down_record(2, CCM_REASON_HUNG)});
    EXPECT_EQ(next("reason"), "hung");
    process->signal(SIGTERM);
    EXPECT_EQ(process->rest(), "");
    EXPECT_EQ(process->error_text(), "");
    EXPECT_EQ(process->wait(), 0);
}

TEST_F(WatchProcess, BothSignalsEndItWell)
{
    for (const int number : {SIGINT, SIGTERM}) {
        start({"watch"});
        put(present({}));
        process->line();
        process->line();
        process->signal(number);
        EXPECT_EQ(process->wait(), 0);
    }
}

TEST_F(WatchProcess, EndsWhenItsReaderGoesAway)
{
    start({"watch", "--json"});
    put(present({}));
    process->line();
    process->line();
    process->close_output(); // and no record comes that could tell it
    EXPECT_EQ(process->wait(), 0);
}

TEST_F(WatchProcess, ASignalEndsItWhileItsReaderIsStuck)
{
    start({"watch", "--json"});
    put(present({}));
    process->line();
    // Some 120 kB of lines for a pipe of 64 kB.
    for (int i = 0; i < 10; ++i)
        put(Batch(32, partner_record(2, CCM_STATE_READY)));
    ASSERT_TRUE(process->unread(55'000));
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), 0);
}

TEST_F(WatchProcess, DeviceThatEndsIsAnError)
{
    start({"watch", "--json"});
    put(present({}));
    process->line();
    process->line();
    shutdown(socket[1], SHUT_RDWR);
    EXPECT_EQ(process->wait(), 1);
    EXPECT_EQ(process->error_text(), "ccmadm: /dev/ccm: ended, which a CCM device never does; check --device\n");
}

TEST_F(WatchProcess, WaitTimesOutInRealTime)
{
    start({"wait", "--timeout", "0.05"});
    put(present({down_record(2, CCM_REASON_UNREACHABLE)}));
    EXPECT_EQ(process->wait(), 3);
    EXPECT_NE(process->error_text().find("timed out after 0.05 s: partner 2 (beta) is down: "
                                         "unreachable"),
              std::string::npos);
}

TEST_F(WatchProcess, ASignalEndsWaitAsUsual)
{
    start({"wait", "--partner", "9"});
    put(present({}));
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), -SIGTERM);
}

} // namespace
} // namespace ccmadm::test
