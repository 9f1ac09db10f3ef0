// SPDX-License-Identifier: GPL-2.0-only
//
// Nodes: commands, life and death, console, initramfs.
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

namespace ccm::lab {
namespace {

using BasicTest = LabTest;

// Those that the node's process may run on, as a list; if the host has no second one, the node's id
std::string processors_of(const Node &node)
{
    std::ifstream status(fmt::format("/proc/{}/status", node.pid()));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Cpus_allowed_list:"))
            return std::thread::hardware_concurrency() < 2 ? std::to_string(node.id()) : line;
    return {};
}

TEST_F(BasicTest, TwoNodesPingEachOther)
{
    Node &a = cluster().add();
    Node &b = cluster().add();
    cluster().boot();
    EXPECT_EQ(a.must("hostname"), "node1\n");
    a.must("ping -c 3 -i 0.1 -W 5 " + b.ipv4());
    b.must("ping -c 3 -i 0.1 -W 5 " + a.ipv6());
    EXPECT_NE(a.must("rdma link").find("state ACTIVE"), std::string::npos);
    EXPECT_EQ(a.root(), Root::initramfs);
    EXPECT_NE(processors_of(a), processors_of(b)) << "each has one of its own, if there are two";
}

TEST_F(BasicTest, CommandsGiveOutputErrorsAndCodes)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    Result result = node.run("echo one; echo two >&2; echo three; exit 7");
    EXPECT_EQ(result.code, 7);
    EXPECT_EQ(result.output, "one\nthree\n");
    EXPECT_EQ(result.errors, "two\n");
    EXPECT_THROW(node.must("false"), Error);
    EXPECT_EQ(node.run("kill -9 $$").code, 128 + SIGKILL);
    EXPECT_EQ(node.run("no-such-program").code, 127);
    EXPECT_EQ(node.must("printf 'no newline'"), "no newline\n");
    // Standard input is empty, not the agent's line.
    EXPECT_EQ(node.must("cat | wc -c"), "0\n");
    // A process left behind does not hold up the end of the command.
    node.must("sleep 60 & echo started", 5s);
}

TEST_F(BasicTest, CommandsRunSideBySideAndCanBeSignalled)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    Command slow = node.start_command("trap 'echo stopping; exit 3' TERM; echo up; while :; do sleep 0.1; done");
    slow.wait_line("up", 20s);
    EXPECT_EQ(node.must("echo meanwhile"), "meanwhile\n");
    EXPECT_FALSE(slow.ended());
    EXPECT_THROW(slow.wait(200ms), Timeout);
    slow.signal(SIGTERM);
    Result result = slow.wait(20s);
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.output, "up\nstopping\n");
    EXPECT_THROW(slow.wait_line("never", 1s), Error);
}

TEST_F(BasicTest, LinesStreamAsTheyCome)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    Command ticks = node.start_command("for i in 1 2 3 4 5; do echo tick $i; sleep 0.2; done");
    OutputLine second = ticks.wait_line("tick 2", 20s);
    EXPECT_FALSE(ticks.ended());
    OutputLine third = ticks.wait_line("tick", 20s);
    EXPECT_EQ(third.text, "tick 3");
    EXPECT_GE(third.at, second.at);
    EXPECT_GT(third.node_us, second.node_us);
    EXPECT_TRUE(ticks.wait(20s).ok());
}

TEST_F(BasicTest, WatchFindsEventsInOrder)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    Watch watch = cluster().watch(node, R"(echo '{"e":"a","n":1}'; echo '{"e":"b","n":2}'; echo '{"e":"a","n":3}'; )"
                                        R"(exec sleep 100)");
    EXPECT_EQ(watch.wait_for({{"e", "a"}}, 20s).json["n"], 1);
    EXPECT_EQ(watch.wait_for([](const nlohmann::json &e) { return e["e"] == "a"; }, 20s).json["n"], 3);
    EXPECT_THROW(watch.wait_for({{"e", "b"}}, 200ms), Timeout);
    EXPECT_EQ(watch.events().size(), 3U);
    EXPECT_EQ(watch.count({{"e", "a"}}), 2U);
    watch.end();
    EXPECT_THROW(watch.wait_for({{"e", "b"}}, 1s), Error);
}

TEST_F(BasicTest, LargeOutputBesideABusyConsoleIsComplete)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    Command noise = node.start_command("i=0; while [ $i -lt 3000 ]; do echo noise $i >/dev/kmsg; i=$((i+1)); done");
    Result result = node.run("i=0; while [ $i -lt 20000 ]; do echo \"line $i of the large output\"; i=$((i+1)); done; "
                             "head -c 300000 /dev/zero | tr '\\0' x; echo",
                             120s);
    ASSERT_TRUE(result.ok());
    ASSERT_TRUE(noise.wait(60s).ok());
    std::size_t at = 0;
    for (int i = 0; i < 20000; i++) {
        std::string line = fmt::format("line {} of the large output\n", i);
        ASSERT_EQ(result.output.compare(at, line.size(), line), 0) << "at line " << i;
        at += line.size();
    }
    EXPECT_EQ(result.output.substr(at), std::string(300000, 'x') + "\n");
    // The kernel log is complete as well.
    node.must("echo the noise is over >/dev/kmsg");
    node.console().wait_for("the noise is over", 10s);
    std::set<std::string> seen;
    for (const ConsoleLine &line : node.console().lines())
        if (auto word = line.text.find("noise "); word != std::string::npos)
            seen.insert(line.text.substr(word));
    EXPECT_GE(seen.size(), 3000U);
}

TEST_F(BasicTest, FilesCanBePut)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    std::string content;
    for (int i = 0; i < 10000; i++)
        content += static_cast<char>(i * 7 % 256);
    node.put("/tmp/file", content);
    EXPECT_EQ(node.must("wc -c </tmp/file"), "10000\n");
    node.put("/tmp/script", "#!/bin/sh\necho it runs\n", 0755);
    EXPECT_EQ(node.must("/tmp/script"), "it runs\n");
    EXPECT_THROW(node.put("/no/such/dir/file", "x"), Error);
}

TEST_F(BasicTest, KillAndReboot)
{
    Node &node = cluster().add();
    Node &peer = cluster().add({.rdma = Rdma::none});
    cluster().boot();
    std::string first = node.must("cat /proc/sys/kernel/random/boot_id");
    std::string mac = node.must("cat /sys/class/net/" + node.netdev() + "/address");
    EXPECT_EQ(mac, node.mac() + "\n");
    Command endless = node.start_command("while :; do echo on; sleep 0.05; done");
    endless.wait_line("on", 20s);

    node.kill();
    EXPECT_FALSE(node.running());
    EXPECT_TRUE(endless.ended());
    EXPECT_THROW(endless.wait(1s), Error);
    EXPECT_THROW(node.run("true"), Error);
    EXPECT_FALSE(peer.run("ping -c 1 -W 1 " + node.ipv4()).ok());

    node.boot();
    std::string second = node.must("cat /proc/sys/kernel/random/boot_id");
    EXPECT_NE(first, second);
    node.reboot();
    EXPECT_NE(node.must("cat /proc/sys/kernel/random/boot_id"), second);
    EXPECT_EQ(node.must("cat /sys/class/net/" + node.netdev() + "/address"), mac);
    EXPECT_EQ(node.boots(), 3);
    node.console().wait_for("reboot: Restarting system", 1s);
    // A ping may still die with the neighbour entry of the time before.
    peer.until("ping -c 1 -W 1 " + node.ipv4() + " >/dev/null");
    node.power_off();
    EXPECT_FALSE(node.running());
}

TEST_F(BasicTest, StopAndContinue)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    Node &peer = cluster().add({.rdma = Rdma::none});
    cluster().boot();
    peer.must("ping -c 1 -W 5 " + node.ipv4());
    Command ticks = node.start_command("while :; do echo tick; sleep 0.05; done");
    ticks.wait_line("tick", 20s);
    node.stop();
    EXPECT_FALSE(peer.run("ping -c 3 -i 0.1 -W 1 " + node.ipv4()).ok());
    while (!ticks.lines().empty() && Clock::now() - ticks.lines().back().at < 300ms)
        usleep(50000);
    std::size_t silent = ticks.lines().size();
    EXPECT_THROW(node.run("true", 500ms), Timeout);
    EXPECT_EQ(ticks.lines().size(), silent);
    node.cont();
    peer.until("ping -c 1 -W 1 " + node.ipv4() + " >/dev/null", 30s);
    EXPECT_EQ(node.must("echo back"), "back\n");
    for (std::size_t i = 1; i <= silent; i++) // one was taken above: the last of these is new
        ticks.wait_line("tick", 20s);
}

TEST_F(BasicTest, PanicEndsTheNode)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    node.panic();
    EXPECT_FALSE(node.running());
    node.boot();
    node.must("true");
}

TEST_F(BasicTest, SwitchRoot)
{
    Node &node = cluster().add();
    node.boot();
    Command survivor = node.start_command("setsid sh -c 'while :; do sleep 1; done' >/dev/null 2>&1 & echo $!");
    std::string pid = survivor.wait(20s).output;
    node.switch_root();
    EXPECT_EQ(node.root(), Root::root);
    EXPECT_EQ(node.must("readlink /proc/1/exe"), "/usr/bin/dash\n");
    EXPECT_EQ(node.must("stat -f -c %T /"), "tmpfs\n");
    EXPECT_NE(node.must("cat /proc/1/cmdline | tr '\\0' ' '").find("lab-root-init"), std::string::npos);
    node.must("kill -0 " + pid);
    EXPECT_NE(node.must("rdma link").find("ACTIVE"), std::string::npos);
    EXPECT_EQ(node.boots(), 1);
    node.reboot();
    EXPECT_EQ(node.root(), Root::initramfs);
}

TEST_F(BasicTest, ANodeCanGetItsNetworkLater)
{
    Node &bare = cluster().add({.rdma = Rdma::none, .addresses = std::vector<std::string>{}});
    Node &none = cluster().add({.network_device = false});
    Node &peer = cluster().add();
    cluster().boot();
    EXPECT_EQ(bare.must("rdma link"), "");
    EXPECT_EQ(bare.must("ip -4 addr show dev vec0"), "");
    EXPECT_NE(none.run("ls -d /sys/class/net/vec0").code, 0);
    bare.add_addresses();
    bare.add_rdma_link();
    EXPECT_NE(bare.must("rdma link").find("ACTIVE"), std::string::npos);
    bare.must("ping -c 1 -W 5 " + peer.ipv4());
    bare.must("ping -c 1 -W 5 " + peer.ipv6());
}

TEST_F(BasicTest, SoftIwarpLink)
{
    Node &node = cluster().add({.rdma = Rdma::siw});
    node.boot();
    std::string link = node.must("rdma link");
    EXPECT_NE(link.find("siw0"), std::string::npos) << link;
    EXPECT_NE(link.find("ACTIVE"), std::string::npos) << link;
}

// The host's processor may have more registers than the kernel's authors knew of.
TEST_F(BasicTest, ProcessesKeepTheWidestRegisters)
{
    Node &node = cluster().add({.rdma = Rdma::none});
    node.boot();
    std::ifstream file(CCM_LAB_REGISTERS, std::ios::binary);
    node.put("/tmp/registers", std::string(std::istreambuf_iterator<char>(file), {}), 0755);
    std::string said = node.must("/tmp/registers 1 2000 & first=$!; /tmp/registers 2 2000 && wait $first");
    std::printf("%s", said.c_str());
    EXPECT_EQ(said.find("changed"), std::string::npos) << said;
    EXPECT_NE(said.find("kept"), said.rfind("kept")) << said;
}

TEST_F(BasicTest, AKernelThatCannotStartSaysWhyInOneLine)
{
    Node &node = cluster().add({.parameters = {"rdinit=/no-such-init"}, .rdma = Rdma::none, .unload_at_finish = false});
    node.expect_in_log("Kernel panic - not syncing: VFS: Unable to mount root fs");
    try {
        node.boot();
        ADD_FAILURE() << "the boot succeeded";
    } catch (const Error &e) {
        std::string what = e.what(), line = what.substr(0, what.find('\n'));
        EXPECT_NE(line.find("node1: its kernel did not start: Kernel panic"), std::string::npos) << line;
        EXPECT_NE(line.find(node.console().file().string()), std::string::npos) << line;
    }
}

TEST_F(BasicTest, TroubleInInitFailsTheBoot)
{
    Node &node = cluster().add({.load = {"no_such_module"}, .rdma = Rdma::none, .unload_at_finish = false});
    try {
        node.boot();
        ADD_FAILURE() << "the boot succeeded";
    } catch (const Error &e) {
        EXPECT_NE(std::string(e.what()).find("modprobe no_such_module"), std::string::npos) << e.what();
    }
}

TEST(InitramfsTest, TheSameInputGivesTheSameImage)
{
    ImageSpec spec = uml_image(settings().uml_build("plain"));
    TimePoint start = Clock::now();
    std::string first = make_initramfs(spec);
    double once = seconds(Clock::now() - start);
    EXPECT_EQ(first, make_initramfs(spec));
    RecordProperty("seconds", std::to_string(once));
    std::printf("one image: %.2f s, %.1f MiB\n", once, static_cast<double>(first.size()) / 1048576.0);
    ImageSpec stock = qemu_image(stock_kernel());
    EXPECT_EQ(make_initramfs(stock), make_initramfs(stock));
}

// A lab that is killed takes its nodes along.
TEST(KeeperTest, NothingOutlivesTheLab)
{
    int report[2];
    ASSERT_EQ(pipe(report), 0);
    pid_t lab = fork();
    if (lab == 0) {
        try {
            Cluster cluster("KeeperTest.NothingOutlivesTheLab");
            Node &node = cluster.add({.rdma = Rdma::none});
            node.boot();
            // A guest process of its own, in the middle of running.
            node.start_command("while :; do :; done");
            node.must("true");
            pid_t pid = node.pid();
            if (write(report[1], &pid, sizeof(pid)) == sizeof(pid))
                pause();
        } catch (const std::exception &e) {
            std::fprintf(stderr, "%s\n", e.what());
        }
        _exit(1);
    }
    close(report[1]);
    pid_t node = 0;
    ASSERT_EQ(read(report[0], &node, sizeof(node)), static_cast<ssize_t>(sizeof(node)));
    ASSERT_EQ(::kill(-node, 0), 0);
    ::kill(lab, SIGKILL);
    waitpid(lab, nullptr, 0);
    TimePoint limit = deadline_after(10s);
    while (::kill(-node, 0) == 0 && Clock::now() < limit)
        usleep(10000);
    EXPECT_NE(::kill(-node, 0), 0) << "process group " << node << " lives on";
}

} // namespace
} // namespace ccm::lab
