// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include "fakes.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

class DeviceTest : public testing::Test {
protected:
    DeviceTest()
    {
        calls.info.uapi_version = CCM_UAPI_VERSION;
        calls.info.record_size = sizeof(ccm_record);
    }

    Device device()
    {
        return {"/dev/ccm", std::make_unique<FakeControl>(calls), std::make_unique<MemorySource>(clock)};
    }

    std::string check_text()
    {
        auto tested = device();
        const auto result = tested.check();
        return result ? "" : result.error().text;
    }

    FakeClock clock;
    ControlCalls calls;
};

TEST_F(DeviceTest, FitsItself)
{
    calls.info.node = 7;
    auto tested = device();
    const auto info = tested.check();
    ASSERT_TRUE(info);
    EXPECT_EQ(info.value().node, 7u);
}

TEST_F(DeviceTest, OtherVersionsSaySo)
{
    calls.info.uapi_version = 3;
    EXPECT_EQ(check_text(), "/dev/ccm: the module has interface version 3, this ccmadm knows 2: "
                            "use the ccmadm that belongs to the loaded module");
    // The module as it was before there were clients.
    calls.info.uapi_version = 1;
    calls.info.record_size = 184;
    EXPECT_EQ(check_text(), "/dev/ccm: the module has interface version 1, this ccmadm knows 2: "
                            "use the ccmadm that belongs to the loaded module");
    calls.info.uapi_version = CCM_UAPI_VERSION;
    calls.info.record_size = 272;
    EXPECT_EQ(check_text(), "/dev/ccm: the module's records have 272 bytes, this ccmadm knows "
                            "264: use the ccmadm that belongs to the loaded module");
}

TEST_F(DeviceTest, OtherDevicesSaySo)
{
    calls.info_errno = ENOTTY;
    EXPECT_EQ(check_text(), "/dev/ccm is not a CCM device: check --device");
    calls.info_errno = ENODEV;
    EXPECT_EQ(check_text(), "/dev/ccm: the module was unloaded; `modprobe rdma_ccm` loads it again");
    calls.info_errno = EIO;
    EXPECT_EQ(check_text(), "/dev/ccm: cannot ask the module for its version: Input/output error");
}

TEST_F(DeviceTest, SetStageErrors)
{
    auto tested = device();
    const auto text = [&](int number) {
        calls.stage_errno = number;
        const auto result = tested.set_stage(CCM_STAGE_ROOT);
        return result ? "" : result.error().text;
    };
    EXPECT_EQ(text(0), "");
    EXPECT_EQ(text(EPERM), "cannot set the stage root: it needs CAP_SYS_ADMIN: "
                           "run ccmadm as root");
    EXPECT_NE(text(EINVAL).find("the module does not accept it"), std::string::npos);
    EXPECT_EQ(text(ESHUTDOWN), "cannot set the stage root: this node is going down, or is a crash kernel");
    EXPECT_NE(text(ENODEV).find("was unloaded"), std::string::npos);
    EXPECT_NE(text(EIO).find("Input/output error"), std::string::npos);
    EXPECT_EQ(calls.stages_set.size(), 6u);
    EXPECT_EQ(calls.stages_set.front(), CCM_STAGE_ROOT);
}

TEST_F(DeviceTest, PeekErrors)
{
    auto tested = device();
    const auto error = [&](int number) {
        calls.peek_errno = number;
        const auto result = tested.peek(2, 300);
        return result ? Error{"", ExitCode::ready} : result.error();
    };
    EXPECT_EQ(error(0).code, ExitCode::ready);
    EXPECT_EQ(error(ENOENT).code, ExitCode::error);
    EXPECT_NE(error(ENOENT).text.find("partner 2 is not configured"), std::string::npos);
    EXPECT_EQ(error(ENOTCONN).code, ExitCode::not_ready);
    EXPECT_NE(error(ENOTCONN).text.find("partner 2 has no session"), std::string::npos);
    EXPECT_EQ(error(ETIMEDOUT).code, ExitCode::timed_out);
    EXPECT_NE(error(ETIMEDOUT).text.find("within 300 ms"), std::string::npos);
    EXPECT_NE(error(EINVAL).text.find("300 ms"), std::string::npos);
    EXPECT_NE(error(EPERM).text.find("run ccmadm as root"), std::string::npos);
    EXPECT_NE(error(ENODEV).text.find("was unloaded"), std::string::npos);
    EXPECT_NE(error(EIO).text.find("Input/output error"), std::string::npos);
    ASSERT_FALSE(calls.peeks_asked.empty());
    EXPECT_EQ(calls.peeks_asked[0].node, 2u);
    EXPECT_EQ(calls.peeks_asked[0].timeout_ms, 300u);
}

TEST(DeviceOpen, WhatIsNotThere)
{
    const auto missing = Device::open("/nonexistent/ccm");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text, "/nonexistent/ccm does not exist: is the module loaded? try `modprobe rdma_ccm`");
    EXPECT_EQ(missing.error().code, ExitCode::error);
    const auto below_a_file = Device::open("/dev/null/ccm");
    ASSERT_FALSE(below_a_file);
    EXPECT_NE(below_a_file.error().text.find("does not exist"), std::string::npos);
}

TEST(DeviceOpen, WhatIsSomethingElse)
{
    for (const char *path : {"/dev/null", "/", "/proc/self/status"}) {
        auto device = Device::open(path);
        ASSERT_TRUE(device) << path;
        const auto info = device.value().check();
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().text, std::string(path) + " is not a CCM device: check --device");
    }
}

} // namespace
} // namespace ccmadm::test
