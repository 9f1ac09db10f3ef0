// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace ccmadm::test {
namespace {

class FdOutputTest : public testing::Test {
protected:
    void SetUp() override
    {
        before = std::signal(SIGPIPE, SIG_IGN);
        ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
    }

    void TearDown() override
    {
        close(pipe[0]);
        close(pipe[1]);
        std::signal(SIGPIPE, before);
    }

    void (*before)(int) = SIG_DFL;
    int pipe[2] = {-1, -1};
};

TEST_F(FdOutputTest, WritesAtOnce)
{
    FdOutput output(pipe[1]);
    output.write("one\n");
    char bytes[16];
    ASSERT_EQ(read(pipe[0], bytes, sizeof(bytes)), 4);
    EXPECT_EQ(std::string(bytes, 4), "one\n");
    EXPECT_EQ(output.state(), Output::State::open);
}

TEST_F(FdOutputTest, WritesAllOfALongText)
{
    const std::string text(1'000'000, 'x'); // more than a pipe holds
    std::string got;
    std::thread reader([&] {
        char bytes[65536];
        ssize_t count;
        while (got.size() < text.size() && (count = read(pipe[0], bytes, sizeof(bytes))) > 0)
            got.append(bytes, static_cast<std::size_t>(count));
    });
    FdOutput output(pipe[1]);
    output.write(text);
    reader.join();
    EXPECT_EQ(got, text);
}

TEST_F(FdOutputTest, AReaderThatWentAwayClosesIt)
{
    FdOutput output(pipe[1]);
    close(pipe[0]);
    pipe[0] = -1;
    output.write("one\n");
    EXPECT_EQ(output.state(), Output::State::closed);
    output.write("two\n"); // does nothing
    EXPECT_EQ(output.state(), Output::State::closed);
}

TEST_F(FdOutputTest, AFullDiskIsAFailure)
{
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    FdOutput output(full);
    output.write("one\n");
    EXPECT_EQ(output.state(), Output::State::failed);
    EXPECT_EQ(output.number(), ENOSPC);
    close(full);
}

TEST_F(FdOutputTest, AReaderThatIsStuckDoesNotKeepItFromStopping)
{
    const int stop = eventfd(1, EFD_CLOEXEC);
    FdOutput output(pipe[1]);
    output.stop_on(stop);
    output.write(std::string(1'000'000, 'x'));
    EXPECT_EQ(output.state(), Output::State::stopped);
    close(stop);
}

} // namespace
} // namespace ccmadm::test
