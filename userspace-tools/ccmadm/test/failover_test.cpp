// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"
#include "verbs/verb.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;

// The monitor's files, as in /sys.
class FailoverVerb : public ::testing::Test {
protected:
    FailoverVerb()
    {
        std::string name = (std::filesystem::temp_directory_path() / "ccmadm-failover.XXXXXX").string();
        root_ = mkdtemp(name.data());
        std::filesystem::create_directory(root_ / "class");
        options.directory = root_ / "class";
        options.given_back = root_ / "given_back";
        std::ofstream(root_ / "given_back");
    }
    ~FailoverVerb() override { std::filesystem::remove_all(root_); }

    void partner(int id, const std::vector<std::pair<const char *, const char *>> &values)
    {
        const auto directory = root_ / "class" / std::to_string(id);
        std::filesystem::create_directory(directory);
        for (const auto &[name, value] : values)
            std::ofstream(directory / name) << value << "\n";
    }
    void two_partners()
    {
        partner(10, {{"decision", "partner-up"},
                     {"reason", "none"},
                     {"stage", "running"},
                     {"incarnation", "0x00000000000000aa"},
                     {"flags", ""},
                     {"partner_decision", "none"},
                     {"partner_flags", ""},
                     {"partner_advised", "unknown"}});
        partner(2, {{"decision", "takeover-advised"},
                    {"reason", "unreachable"},
                    {"stage", "running"},
                    {"incarnation", "0x00000000000000bb"},
                    {"flags", "partition advised watched"},
                    {"partner_decision", "none"},
                    {"partner_flags", ""},
                    {"partner_advised", "unknown"}});
    }

    Result<ExitCode> run(Format format = Format::text)
    {
        ControlCalls calls;
        Device device("", std::make_unique<FakeControl>(calls), std::make_unique<MemorySource>(clock));
        Printer printer(output, format, clock);
        return run_failover({device, {}, printer, clock, errors}, options);
    }

    FailoverOptions options;
    FakeClock clock;
    StringOutput output, errors;
    std::filesystem::path root_;
};

TEST_F(FailoverVerb, ForPeople)
{
    two_partners();
    ASSERT_TRUE(run());
    EXPECT_EQ(output.text, "partner         2\n"
                           "decision        takeover-advised (unreachable)\n"
                           "flags           partition advised watched\n"
                           "stage           running\n"
                           "it says of us   none\n"
                           "takeover of us  unknown\n"
                           "\n"
                           "partner         10\n"
                           "decision        partner-up\n"
                           "flags           -\n"
                           "stage           running\n"
                           "it says of us   none\n"
                           "takeover of us  unknown\n");
}

TEST_F(FailoverVerb, Json)
{
    two_partners();
    options.partner = 2;
    ASSERT_TRUE(run(Format::json));
    EXPECT_EQ(json::parse(output.text), json::parse(R"([{
        "node": 2, "decision": "takeover-advised", "reason": "unreachable", "stage": "running",
        "incarnation": "0x00000000000000bb", "flags": ["partition", "advised", "watched"],
        "partner_decision": "none", "partner_flags": [], "partner_advised": "unknown"}])"));
}

TEST_F(FailoverVerb, SaysWhatIsMissing)
{
    two_partners();
    options.partner = 3;
    EXPECT_EQ(run().error().text, "the failover monitor knows no partner 3; `ccmadm failover` lists them");
    options.directory = root_ / "nothing";
    EXPECT_NE(run().error().text.find("modprobe ccm_fm"), std::string::npos);
    options.clear = true;
    options.given_back = root_ / "nothing";
    EXPECT_NE(run().error().text.find("modprobe ccm_fm"), std::string::npos);
}

TEST_F(FailoverVerb, ClearSaysThatNothingIsTakenOver)
{
    options.partner = 2;
    options.clear = true;
    ASSERT_TRUE(run());
    std::string said;
    std::getline(std::ifstream(root_ / "given_back"), said);
    EXPECT_EQ(said, "2");
    EXPECT_EQ(output.text, "");
    Bench bench;
    EXPECT_EQ(bench.run({"failover", "--clear"}), 1) << "of whom?";
}

} // namespace
} // namespace ccmadm::test
