// SPDX-License-Identifier: GPL-2.0-only
// ccmadm on a node, against the real module.
#include "pair.h"

namespace ccm::test {
namespace {

bool one_line(const std::string &text)
{
    return !text.empty() && text.find('\n') == text.size() - 1;
}

TEST_F(Pair, CcmadmOnAReadyPair)
{
    EXPECT_EQ(a().run("ccmadm").code, 0);
    EXPECT_EQ(a().run("ccmadm status").code, 0);
    EXPECT_NE(a().must("ccmadm").find("ready"), std::string::npos);
    EXPECT_EQ(a().run("ccmadm wait").code, 0);
    EXPECT_EQ(a().run("ccmadm wait --partner 2 --timeout 0").code, 0);

    // What will not come.
    for (const char *command : {"ccmadm wait --partner 7 --timeout 0.1", "ccmadm wait --state down --timeout 0.1",
                                "ccmadm wait --stage running --timeout 0"}) {
        Result result = a().run(command);
        EXPECT_EQ(result.code, 3) << command << ": " << result.output << result.errors;
        EXPECT_FALSE(result.errors.empty()) << command;
    }
    // Errors.
    for (const char *command :
         {"ccmadm stage nonsense", "ccmadm hold running -- /no/such/program", "ccmadm peek 7", "ccmadm peek",
          "ccmadm nonsense", "ccmadm --device /dev/null status", "ccmadm wait --timeout x"}) {
        Result result = a().run(command);
        EXPECT_EQ(result.code, 1) << command << ": " << result.output << result.errors;
        EXPECT_FALSE(result.errors.empty()) << command;
    }
}

TEST_F(Pair, StageIsSeenByThePartner)
{
    a().must("ccmadm stage kernel");
    Watch w = watch(b());
    Command waiting = b().start_command("ccmadm wait --partner 1 --stage running --timeout 60");
    for (const char *stage : {"initramfs", "root", "userspace", "storage", "running"}) {
        a().must(fmt::format("ccmadm stage {}", stage));
        EXPECT_EQ(a().must("ccmadm stage"), std::string(stage) + "\n");
        Event event = w.wait_for([&](const json &e) { return e["type"] == "partner" && e["stage"] == stage; }, soon,
                                 std::string("stage ") + stage);
        EXPECT_EQ(event.json["state"], "ready");
        json page = json::parse(b().must("ccmadm peek 1 --json"));
        EXPECT_EQ(page["stage"], stage);
        EXPECT_EQ(page["incarnation"], status(a())["node"]["incarnation"]);
    }
    EXPECT_EQ(waiting.wait(soon).code, 0);
    EXPECT_EQ(losses(w, 1), 0u);
    a().must("ccmadm stage kernel");
    w.wait_for([](const json &e) { return e["type"] == "partner" && e["stage"] == "kernel"; }, soon, "stage kernel");
}

TEST_F(Pair, CcmadmWithoutThePartner)
{
    unload(b(), "READY");
    a().must("ccmadm wait --state down --timeout 20");
    Result result = a().run("ccmadm status");
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.output.find("admin"), std::string::npos) << result.output;
    result = a().run("ccmadm wait --timeout 0.2");
    EXPECT_EQ(result.code, 3);
    EXPECT_TRUE(one_line(result.errors)) << result.errors;
    result = a().run("ccmadm peek 2");
    EXPECT_EQ(result.code, 2);
    EXPECT_TRUE(one_line(result.errors)) << result.errors;
    // The same without the module, which is an error.
    for (const char *command : {"ccmadm", "ccmadm wait", "ccmadm watch", "ccmadm stage running", "ccmadm peek 1"}) {
        result = b().run(command);
        EXPECT_EQ(result.code, 1) << command;
        EXPECT_TRUE(one_line(result.errors)) << command << ": " << result.errors;
        EXPECT_NE(result.errors.find("modprobe rdma_ccm"), std::string::npos) << command << ": " << result.errors;
    }
    // And one who waited sees it come.
    Command waiting = a().start_command("ccmadm wait --timeout 60 --json");
    load(b());
    result = waiting.wait(soon);
    EXPECT_EQ(result.code, 0) << result.errors;
    EXPECT_EQ(json::parse(result.output)["result"], "reached");
}

TEST_F(Pair, CcmadmWithoutRights)
{
    for (const char *command : {"status", "wait", "watch", "stage running", "peek 2"}) {
        Result result = a().run(fmt::format("ccm-node-test nobody ccmadm {}", command));
        EXPECT_EQ(result.code, 1) << command;
        EXPECT_TRUE(one_line(result.errors)) << command << ": " << result.errors;
        EXPECT_NE(result.errors.find("root"), std::string::npos) << command << ": " << result.errors;
    }
}

// Several watches at once see the same changes in the same order.
TEST_F(Pair, SeveralWatches)
{
    std::vector<Watch> watches;
    watches.reserve(4);
    for (int i = 0; i < 4; i++)
        watches.push_back(watch(a()));
    unload(b(), "READY");
    load(b());
    std::vector<std::vector<json>> seen;
    for (Watch &w : watches) {
        w.wait_for(is_ready(2), soon);
        seen.emplace_back();
        bool synced = false;
        for (const Event &event : w.events()) {
            if (synced)
                seen.back().push_back(event.json);
            synced |= event.json["type"] == "sync";
            if (synced && seen.back().size() && event.json["state"] == "ready")
                break;
        }
    }
    for (const auto &one : seen)
        EXPECT_EQ(one, seen[0]);
    // The states of a handshake, all of them and in order; a state may be told again
    // when the partner's stage becomes known.
    std::string path, before;
    for (const json &event : seen[0]) {
        std::string state = event["state"];
        if (state != before)
            path += " " + state;
        before = state;
    }
    EXPECT_TRUE(path.ends_with(" greeting negotiating opening ready")) << path;
    long long last = 0;
    for (const json &event : seen[0]) {
        EXPECT_GT(event["seq"].get<long long>(), last);
        last = event["seq"];
    }
}

} // namespace
} // namespace ccm::test
