// SPDX-License-Identifier: GPL-2.0-only
// The command line.
#include "fakes.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

TEST(CommandLine, Version)
{
    Bench bench;
    EXPECT_EQ(bench.run({"--version"}), 0);
    EXPECT_EQ(bench.output.text, "ccmadm " CCMADM_VERSION " (interface version 2)\n");
    EXPECT_EQ(bench.path, ""); // needs no device
}

TEST(CommandLine, HelpNamesEveryVerbAndExitCode)
{
    Bench bench;
    EXPECT_EQ(bench.run({"--help"}), 0);
    for (const char *word :
         {"status", "wait", "watch", "stage", "peek", "--json", "--device", "--version", "not ready", "timed out"})
        EXPECT_NE(bench.output.text.find(word), std::string::npos) << word;
    EXPECT_EQ(bench.path, "");
}

TEST(CommandLine, EveryVerbHasHelpWithJson)
{
    for (const char *verb : {"status", "wait", "watch", "stage", "peek"}) {
        Bench bench;
        EXPECT_EQ(bench.run({verb, "--help"}), 0);
        EXPECT_NE(bench.output.text.find(std::string("Usage: ccmadm ") + verb), std::string::npos) << bench.output.text;
        EXPECT_NE(bench.output.text.find("--json"), std::string::npos);
    }
}

TEST(CommandLine, DeviceBeforeAndBehindTheVerb)
{
    for (const auto &arguments : std::vector<std::vector<const char *>>{{"--device", "/dev/other"},
                                                                        {"--device", "/dev/other", "status"},
                                                                        {"status", "--device", "/dev/other"},
                                                                        {"status", "--device=/dev/other"}}) {
        Bench bench;
        bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
        EXPECT_EQ(bench.run(arguments), 0) << bench.errors.text;
        EXPECT_EQ(bench.path, "/dev/other");
    }
}

TEST(CommandLine, MistakesAreOneLineAndCodeOne)
{
    const std::vector<std::vector<const char *>> mistakes{
        {"frobnicate"},
        {"--frobnicate"},
        {"status", "extra"},
        {"status", "wait"},
        {"wait", "--timeout"},
        {"wait", "--timeout", "-1"},
        {"wait", "--timeout", "soon"},
        {"wait", "--timeout", "nan"},
        {"wait", "--timeout", "inf"},
        {"wait", "--timeout", "1e10"},
        {"wait", "--timeout", "1s"},
        {"wait", "--timeout", "010"},
        {"wait", "--timeout", "0x10"},
        {"wait", "--timeout", ""},
        {"wait", "--partner", "0"},
        {"wait", "--partner", "-2"},
        {"wait", "--partner", "010"},
        {"wait", "--partner", "0x2"},
        {"wait", "--partner", "4294967296"},
        {"wait", "--partner", "beta"},
        {"wait", "--partner", ""},
        {"wait", "--state", "asleep"},
        {"wait", "--stage", "stopping"},
        {"wait", "--client"},
        {"wait", "--client", ""},
        {"wait", "--client", "two words"},
        {"wait", "--client", "tab\there"},
        {"wait", "--client", "\x1b[2J"},
        {"wait", "--client", "spiegel-\xc3\xbc"},
        {"wait", "--client", "a-name-of-exactly-32-characters."},
        {"wait", "--client", "mirror", "locks"},
        {"wait", "--client", "mirror", "--state", "opening"},
        {"wait", "--client", "mirror", "--state", "down", "--stage", "root"},
        {"status", "--client", "mirror"},
        {"watch", "--client", "mirror"},
        {"watch", "--count", "0"},
        {"watch", "--count", "many"},
        {"stage", "root", "running"},
        {"stage", ""},
        {"peek"},
        {"peek", "0"},
        {"peek", "two"},
        {"peek", "2", "3"},
        {"peek", "2", "--timeout", "0"},
        {"peek", "2", "--timeout", "10001"},
        {"peek", "2", "--timeout", "1.5"},
    };
    for (const auto &arguments : mistakes) {
        Bench bench;
        std::string line;
        for (const char *argument : arguments)
            line += std::string(argument) + " ";
        EXPECT_EQ(bench.run(arguments), 1) << line;
        EXPECT_EQ(bench.output.text, "") << line;
        EXPECT_EQ(bench.errors.text.find("ccmadm: "), 0u) << line;
        EXPECT_EQ(std::count(bench.errors.text.begin(), bench.errors.text.end(), '\n'), 1) << bench.errors.text;
        EXPECT_EQ(bench.path, "") << line; // before any device is touched
    }
}

TEST(CommandLine, MistakesNameTheValueAndTheWayOut)
{
    const auto error = [](std::vector<const char *> arguments) {
        Bench bench;
        bench.run(std::move(arguments));
        return bench.errors.text;
    };
    EXPECT_NE(error({"wait", "--state", "asleep"})
                  .find("`asleep` is not a state; the states are: down, connecting, greeting, "
                        "negotiating, opening, ready"),
              std::string::npos);
    EXPECT_NE(
        error({"wait", "--partner", "beta"}).find("`beta` is not the id of a node, a number from 1 to 4294967295"),
        std::string::npos);
    EXPECT_NE(
        error({"peek", "2", "--timeout", "0"}).find("`0` is not a timeout in milliseconds, a number from 1 to 10000"),
        std::string::npos);
    EXPECT_NE(error({"wait", "--client", "\x1b[2J"})
                  .find("`?[2J` is not the name of a client, 1 to 31 printable ASCII characters "
                        "without blanks"),
              std::string::npos);
    EXPECT_NE(error({"wait", "--client", "mirror", "--state", "greeting"})
                  .find("--client waits for ready or down: it does not go with --state greeting"),
              std::string::npos);
    EXPECT_NE(error({"frobnicate"}).find("frobnicate"), std::string::npos);
}

TEST(CommandLine, LimitsAreAccepted)
{
    Bench bench;
    bench.source->give(present({partner_record(4294967295, CCM_STATE_READY)}));
    EXPECT_EQ(bench.run({"wait", "--partner", "4294967295", "--timeout", "1e9"}), 0) << bench.errors.text;
    Bench peek;
    EXPECT_EQ(peek.run({"peek", "1", "--timeout", "10000"}), 0) << peek.errors.text;

    const std::string longest(CCM_CLIENT_NAME_LEN - 1, 'n');
    for (const std::string &name : {std::string("x"), std::string("[a,b]~!"), longest}) {
        Bench client;
        client.source->give(
            present({partner_record(2, CCM_STATE_READY), client_record(name.c_str(), 2, CCM_CLIENT_READY)}));
        EXPECT_EQ(client.run({"wait", "--client", name.c_str(), "--timeout", "0"}), 0) << client.errors.text;
    }
}

TEST(CommandLine, ADeviceThatDoesNotOpenIsReported)
{
    FakeClock clock;
    StringOutput output;
    StringOutput errors;
    const auto opener = [](const std::string &) -> Result<Device> { return Error{"no device"}; };
    EXPECT_EQ(run({}, opener, output, errors, clock), ExitCode::error);
    EXPECT_EQ(errors.text, "ccmadm: no device\n");
}

TEST(CommandLine, RecordsOfAnotherVersionAreNotRead)
{
    for (const char *verb : {"status", "wait", "watch", "stage"}) {
        Bench bench;
        bench.calls.info.uapi_version = 3;
        bench.source->give([]() -> ReadResult {
            ADD_FAILURE() << "read";
            return Stopped{};
        });
        EXPECT_EQ(bench.run({verb}), 1);
        EXPECT_NE(bench.errors.text.find("interface version 3, this ccmadm knows 2"), std::string::npos);
    }
}

} // namespace
} // namespace ccmadm::test
