// SPDX-License-Identifier: GPL-2.0-only
// The program itself, where there is no CCM device.
#include "process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ccmadm::test {
namespace {

constexpr uid_t nobody = 65534;

struct Ended {
    std::string output;
    std::string errors;
    int code;
};

Ended run_binary(std::vector<std::string> arguments, uid_t user = 0)
{
    Process process([&] { return exec_as(user, CCMADM_BINARY, arguments); });
    Ended ended{process.rest(), process.error_text(), 0};
    ended.code = process.wait();
    return ended;
}

TEST(Binary, Version)
{
    const Ended ended = run_binary({"--version"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.output, "ccmadm " CCMADM_VERSION " (interface version 2)\n");
    EXPECT_EQ(ended.errors, "");
}

TEST(Binary, MissingDevice)
{
    for (const char *verb : {"status", "wait", "watch", "stage"}) {
        const Ended ended = run_binary({"--device", "/nonexistent/ccm", verb, "--json"});
        EXPECT_EQ(ended.code, 1);
        EXPECT_EQ(ended.output, "");
        EXPECT_EQ(ended.errors, "ccmadm: /nonexistent/ccm does not exist: is the module loaded? "
                                "try `modprobe rdma_ccm`\n");
    }
}

TEST(Binary, NotACcmDevice)
{
    for (const char *path : {"/dev/null", "/"}) {
        const Ended ended = run_binary({"--device", path});
        EXPECT_EQ(ended.code, 1);
        EXPECT_EQ(ended.errors, std::string("ccmadm: ") + path + " is not a CCM device: check --device\n");
    }
}

TEST(Binary, NoPermission)
{
    std::string directory = testing::TempDir() + "ccmadm-test-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    const std::string path = directory + "/ccm";
    std::ofstream(path) << "";
    std::filesystem::permissions(directory, std::filesystem::perms::none);
    // Root may do everything: become somebody else.
    const Ended ended = run_binary({"--device", path}, geteuid() == 0 ? nobody : 0);
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(directory);
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.errors, "ccmadm: " + path + ": permission denied: run ccmadm as root (`sudo ccmadm ...`)\n");
}

TEST(Binary, FullDisk)
{
    Process process([] {
        if (freopen("/dev/full", "w", stdout) == nullptr)
            return 124;
        return exec_as(0, CCMADM_BINARY, {"--help"});
    });
    EXPECT_EQ(process.wait(), 1);
    EXPECT_EQ(process.error_text(), "ccmadm: cannot write to standard output: No space left on device\n");
}

} // namespace
} // namespace ccmadm::test
