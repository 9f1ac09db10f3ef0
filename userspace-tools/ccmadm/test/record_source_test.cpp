// SPDX-License-Identifier: GPL-2.0-only
// FdSource on descriptors that behave as the device does (SEQPACKET: whole
// messages) and on such that do not (pipes).
#include "record_source.h"

#include "fakes.h"
#include "process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ccmadm::test {
namespace {

using namespace std::chrono_literals;

class FdSourceTest : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socket), 0);
        ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
    }

    void TearDown() override
    {
        for (const int fd : {socket[0], socket[1], pipe[0], pipe[1]})
            if (fd >= 0)
                close(fd);
    }

    static void put(int fd, const void *bytes, std::size_t size)
    {
        ASSERT_EQ(write(fd, bytes, size), static_cast<ssize_t>(size));
    }

    static void put(int fd, const Batch &batch) { put(fd, batch.data(), batch.size() * sizeof(ccm_record)); }

    static void shut(int &fd)
    {
        close(fd);
        fd = -1;
    }

    static Until soon() { return {.deadline = std::chrono::steady_clock::now() + patience}; }
    static Until at_once() { return {.deadline = std::chrono::steady_clock::now() - 1s}; }

    static std::string error_text(const ReadResult &result)
    {
        const auto *error = std::get_if<Error>(&result);
        return error == nullptr ? "" : error->text;
    }

    int socket[2] = {-1, -1};
    int pipe[2] = {-1, -1};
};

TEST_F(FdSourceTest, ReadsRecordsInOrder)
{
    FdSource source(socket[0], "/dev/ccm");
    put(socket[1], present({partner_record(2, CCM_STATE_READY)}));
    put(socket[1], Batch{down_record(2, CCM_REASON_HUNG)});
    const ReadResult first = source.read(soon());
    ASSERT_TRUE(std::holds_alternative<Batch>(first)) << error_text(first);
    ASSERT_EQ(std::get<Batch>(first).size(), 3u);
    EXPECT_EQ(std::get<Batch>(first)[0].type, CCM_RECORD_NODE);
    EXPECT_EQ(std::get<Batch>(first)[2].type, CCM_RECORD_SYNC);
    const ReadResult second = source.read(soon());
    ASSERT_TRUE(std::holds_alternative<Batch>(second));
    EXPECT_EQ(std::get<Batch>(second)[0].reason, CCM_REASON_HUNG);
}

TEST_F(FdSourceTest, ReadsMoreThanOneBufferFull)
{
    FdSource source(pipe[0], "/dev/ccm");
    Batch many;
    for (std::uint32_t id = 1; id <= 150; ++id)
        many.push_back(partner_record(id, CCM_STATE_READY));
    put(pipe[1], many);
    std::uint32_t next = 1;
    while (next <= 150) {
        const ReadResult result = source.read(soon());
        ASSERT_TRUE(std::holds_alternative<Batch>(result)) << error_text(result);
        for (const auto &record : std::get<Batch>(result))
            EXPECT_EQ(record.node, next++);
    }
    EXPECT_TRUE(std::holds_alternative<TimedOut>(source.read(at_once())));
}

TEST_F(FdSourceTest, ADeadlineThatIsOverStillTakesWhatIsThere)
{
    FdSource source(socket[0], "/dev/ccm");
    EXPECT_TRUE(std::holds_alternative<TimedOut>(source.read(at_once())));
    put(socket[1], Batch{node_record()});
    EXPECT_TRUE(std::holds_alternative<Batch>(source.read(at_once())));
}

TEST_F(FdSourceTest, TheDeadlineEndsTheWait)
{
    FdSource source(socket[0], "/dev/ccm");
    const auto deadline = std::chrono::steady_clock::now() + 20ms;
    EXPECT_TRUE(std::holds_alternative<TimedOut>(source.read({.deadline = deadline})));
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

TEST_F(FdSourceTest, PartsOfRecordsAreErrors)
{
    const Batch two{node_record(), plain_record(CCM_RECORD_SYNC)};
    FdSource from_pipe(pipe[0], "/dev/ccm");
    put(pipe[1], two.data(), sizeof(ccm_record) + 10);
    EXPECT_EQ(error_text(from_pipe.read(soon())),
              "/dev/ccm: read 274 bytes, which is not a whole number of 264-byte records: "
              "is it a CCM device?");
    FdSource from_socket(socket[0], "/dev/ccm");
    put(socket[1], two.data(), 10);
    EXPECT_NE(error_text(from_socket.read(soon())).find("read 10 bytes"), std::string::npos);
}

TEST_F(FdSourceTest, TheEndIsAnError)
{
    FdSource from_pipe(pipe[0], "/dev/ccm");
    put(pipe[1], Batch{node_record()});
    shut(pipe[1]);
    EXPECT_TRUE(std::holds_alternative<Batch>(from_pipe.read(soon())));
    EXPECT_EQ(error_text(from_pipe.read(soon())), "/dev/ccm: ended, which a CCM device never does; check --device");
    FdSource from_socket(socket[0], "/dev/ccm");
    shut(socket[1]);
    EXPECT_NE(error_text(from_socket.read(soon())).find("ended"), std::string::npos);
}

TEST_F(FdSourceTest, AnyOtherErrorIsNamed)
{
    const int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_GE(directory, 0);
    FdSource source(directory, "/x");
    EXPECT_EQ(error_text(source.read(soon())), "/x: cannot read: Is a directory");
    close(directory);
}

TEST_F(FdSourceTest, AClosedDescriptorIsAnErrorNotALoop)
{
    FdSource source(socket[0], "/dev/ccm");
    shut(socket[0]);
    // The number is free now; -1 would just be ignored by poll().
    EXPECT_NE(error_text(source.read(soon())), "");
}

TEST_F(FdSourceTest, StopsWhenTold)
{
    FdSource source(socket[0], "/dev/ccm");
    const int stop = eventfd(1, EFD_CLOEXEC);
    Until until = soon();
    until.stop_fd = stop;
    put(socket[1], Batch{node_record()}); // records that flood in do not hide it
    EXPECT_TRUE(std::holds_alternative<Stopped>(source.read(until)));
    close(stop);
}

TEST_F(FdSourceTest, SeesThatNobodyReadsTheOutput)
{
    FdSource source(socket[0], "/dev/ccm");
    Until until = soon();
    until.output_fd = pipe[1];
    put(socket[1], Batch{node_record()});
    EXPECT_TRUE(std::holds_alternative<Batch>(source.read(until)));
    shut(pipe[0]);
    EXPECT_TRUE(std::holds_alternative<OutputClosed>(source.read(until)));
}

} // namespace
} // namespace ccmadm::test
