// SPDX-License-Identifier: GPL-2.0-only
// Module parameters: what is wrong with each bad value is said, and the load fails.
#include <cerrno>
#include <sstream>

#include "pair.h"

namespace ccm::test {
namespace {

class Parameter : public SharedTest {
public:
    static void SetUpTestSuite()
    {
        cluster().add({.id = 1, .rdma = Rdma::none});
        cluster().boot();
    }

protected:
    static Node &node() { return cluster().node(1); }
    // The errno; 0: it is loaded.
    static int try_load(const std::string &words)
    {
        Result result = node().run("ccm-node-test load-at 0 /modules/rdma_ccm.ko " + words);
        long long begin = 0, end = 0;
        int error = -1;
        std::istringstream(result.output) >> begin >> end >> error;
        return error;
    }
};

// Full addresses, longer together than the kernel's own texts may be (1024 characters)
std::string many_long_partners(int first, int count)
{
    std::string list;
    for (int i = first; i < first + count; i++)
        list += fmt::format("{}{}@[2001:db8:1111:2222:3333:4444:5555:{:04x}]", i == first ? "" : ",", i, i);
    return list;
}

std::string many_partners(int count)
{
    std::string list;
    for (int i = 0; i < count; i++)
        list += fmt::format("{}{}@192.0.2.{}", i ? "," : "", i + 2, i + 2);
    return list;
}

TEST_F(Parameter, BadValues)
{
    const std::string good = "node=1 cluster=t auth=none ";
    const std::string no_zero = "leave out the zero in front: numbers are decimal";
    const std::string not_bytes = "not a number of bytes, as in 4096, 64K, 64M or 1G";
    const std::string text32(32, 'x');
    const struct {
        std::string words, message;
    } table[] = {
        {"cluster=t auth=none", "node= is missing"},
        {"partners=2@192.0.2.2", "node= is missing"},
        {"node= cluster=t auth=none", "node= is missing"},
        {"node=0 cluster=t auth=none", "node=0: not in 1 to 65535"},
        {"node=65536 cluster=t auth=none", "node=65536: not in 1 to 65535"},
        {"node=-1 cluster=t auth=none", "node=-1: not a decimal number"},
        {"node=+1 cluster=t auth=none", "node=+1: not a decimal number"},
        {"node=one cluster=t auth=none", "node=one: not a decimal number"},
        {"node=0x10 cluster=t auth=none", "node=0x10: not a decimal number"},
        {"node=1K cluster=t auth=none", "node=1K: not a decimal number"},
        {"node=010 cluster=t auth=none", "node=010: " + no_zero},
        {"node=00 cluster=t auth=none", "node=00: " + no_zero},
        {"node=4294967296 cluster=t auth=none", "node=4294967296: not in 1 to 65535"},
        {"node=18446744073709551617 cluster=t auth=none", "node=18446744073709551617: not in 1 to 65535"},
        {"node=1 auth=none", "cluster= is missing"},
        {"node=1 cluster= auth=none", "cluster= is missing"},
        {"node=1 auth=none cluster=" + text32, "longer than 31 characters"},
        {"node=1 auth=none 'cluster=\"a b\"'", "only printable ASCII without blanks, character 2 is not"},
        {"node=1 auth=none cluster=caf\xc3\xa9", "only printable ASCII without blanks, character 4 is not"},
        {"node=1 cluster=t auth=", "auth=: not psk, nor none"},
        {"node=1 cluster=t auth=NONE", "auth=NONE: not psk, nor none"},
        {"node=1 cluster=t auth=psk2", "auth=psk2: not psk, nor none"},
        {good + "partners=2", "\"2\" is not ID@ADDRESS"},
        {good + "partners=192.0.2.2", "\"192.0.2.2\" is not ID@ADDRESS"},
        {good + "partners=two@192.0.2.2", "\"two\" is not ID@ADDRESS"},
        {good + "partners=@192.0.2.2", "is not ID@ADDRESS"},
        {good + "partners=0@192.0.2.2", "partner id 0 is not in 1 to 65535"},
        {good + "partners=65536@192.0.2.2", "partner id 65536 is not in 1 to 65535"},
        {good + "partners=4294967298@192.0.2.2", "partner id 4294967298 is not in 1 to 65535"},
        {good + "partners=+2@192.0.2.2", "\"+2\" is not ID@ADDRESS"},
        {good + "partners=0x2@192.0.2.2", "\"0x2\" is not ID@ADDRESS"},
        {good + "partners=010@192.0.2.2", "partner id 010: " + no_zero},
        {good + "partners=2@192.0.2.010", "partner 2: address \"192.0.2.010\": " + no_zero},
        {good + "partners=2@0192.0.2.1", "partner 2: address \"0192.0.2.1\": " + no_zero},
        {good + "partners=2@[::ffff:192.00.2.1]", "partner 2: address \"::ffff:192.00.2.1\": " + no_zero},
        {good + "partners=1@192.0.2.2", "partner 1 is this node itself"},
        {good + "partners=2@192.0.2.2,2@192.0.2.3", "partner 2 is named twice"},
        {good + "partners=2@192.0.2.2,", "is not ID@ADDRESS"},
        {good + "partners=,2@192.0.2.2", "is not ID@ADDRESS"},
        {good + "partners=2@", "partner 2: \"\" is not an IPv4 or IPv6 address"},
        {good + "partners=2@192.0.2.2+", "partner 2: \"\" is not an IPv4 or IPv6 address"},
        {good + "partners=2@192.0.2.256", "\"192.0.2.256\" is not an IPv4 or IPv6 address"},
        {good + "partners=2@storage2", "\"storage2\" is not an IPv4 or IPv6 address"},
        {good + "partners=2@2001:db8::2", "put an IPv6 address in brackets, as in 2@[2001:db8::3]"},
        {good + "partners=2@[2001:db8::2", "put an IPv6 address in brackets"},
        {good + "partners=2@192.0.2.2:3341",
         "partner 2: address \"192.0.2.2:3341\": no port here: rdma_port= is that of all nodes"},
        {good + "partners=2@[2001:db8::2]:3341", "address \"[2001:db8::2]:3341\": no port here: rdma_port="},
        {good + "partners=2@192.0.2.2+192.0.2.3:3341", "address \"192.0.2.3:3341\": no port here: rdma_port="},
        {good + "partners=2@storage2:3341", "address \"storage2:3341\": no port here: rdma_port="},
        {good + "partners=2@[]", "is not an IPv4 or IPv6 address"},
        {good + "partners=2@[2001:db8::g]", "\"2001:db8::g\" is not an IPv4 or IPv6 address"},
        {good + "partners=2@192.0.2.1+192.0.2.2+192.0.2.3+192.0.2.4+192.0.2.5", "partner 2 has more than 4 addresses"},
        {good + "partners=2@0.0.0.0", "partner 2: 0.0.0.0 is not the address of one machine: give that of"},
        {good + "partners=2@224.0.0.1", "partner 2: 224.0.0.1 is not the address of one machine"},
        {good + "partners=2@192.0.2.2+239.255.255.255", "partner 2: 239.255.255.255 is not the address of one machine"},
        {good + "partners=2@255.255.255.255", "partner 2: 255.255.255.255 is not the address of one machine"},
        {good + "partners=2@[::]", "partner 2: :: is not the address of one machine"},
        {good + "partners=2@[ff02::1]", "partner 2: ff02::1 is not the address of one machine"},
        {good + "partners=2@127.0.0.1", "partner 2: 127.0.0.1 is this machine itself: give the address of the partner"},
        {good + "partners=2@[::1]", "partner 2: ::1 is this machine itself"},
        {good + "partners=2@[fe80::2]",
         "partner 2: fe80::2 is link-local: say on which interface, as in 2@[fe80::2%eth0]"},
        {good + "partners=2@[fe80::2%]", "partner 2: \"\" cannot be the name of an interface"},
        {good + "partners=2@[fe80::2%an/interface]", "partner 2: \"an/interface\" cannot be the name of an interface"},
        {good + "partners=2@[fe80::2%sixteencharacter]", "\"sixteencharacter\" cannot be the name of an interface"},
        {good + "partners=2@[2001:db8::2%eth0]",
         "partner 2: 2001:db8::2%eth0: only a link-local address goes with an interface"},
        {good + "partners=2@192.0.2.2%eth0", "only a link-local address goes with an interface"},
        {good + "partners=2@[fe80::2%eth9]+[fe80::2%eth9]", "partner 2: address fe80::2 is named twice"},
        {good + "partners=2@192.0.2.2+192.0.2.2", "partner 2: address 192.0.2.2 is named twice: leave one out"},
        {good + "partners=2@[2001:db8::2]+192.0.2.2+[2001:db8:0::2]",
         "partner 2: address 2001:db8::2 is named twice: leave one out"},
        {good + "partners=2@192.0.2.2,3@192.0.2.2",
         "partners 2 and 3 have the same address 192.0.2.2: each machine has"},
        {good + "partners=2@192.0.2.2,3@[2001:db8::3],4@192.0.2.4+[2001:db8::3]",
         "partners 3 and 4 have the same address 2001:db8::3"},
        {good + "partners=" + many_partners(33), "more than 32 partners"},
        {good + "rdma_port=0", "rdma_port=0: not in 1 to 65535"},
        {good + "rdma_port=03341", "rdma_port=03341: " + no_zero},
        {good + "rdma_port=0xd0d", "rdma_port=0xd0d: not a decimal number"},
        {good + "rdma_port=", "rdma_port=: not a decimal number"},
        {good + "rdma_port=65536", "rdma_port=65536: not in 1 to 65535"},
        {good + "detect_ms=19", "detect_ms=19: not in 20 to 60000"},
        {good + "detect_ms=60001", "detect_ms=60001: not in 20 to 60000"},
        {good + "detect_ms=0250", "detect_ms=0250: " + no_zero},
        {good + "detect_ms=1s", "detect_ms=1s: not a decimal number"},
        {good + "detect_ms=0", "detect_ms=0: not in 20 to 60000"},
        {good + "client_ports=0", "client_ports=0: not in 1 to 64"},
        {good + "client_ports=65", "client_ports=65: not in 1 to 64"},
        {good + "client_ports=many", "client_ports=many: not a decimal number"},
        {good + "client_ports=016", "client_ports=016: " + no_zero},
        {good + "node_ports=010", "node_ports=010: " + no_zero},
        {good + "node_ports=0", "node_ports=0: not in 1 to 65536"},
        {good + "node_ports=65537", "node_ports=65537: not in 1 to 65536"},
        {good + "node_ports=-1", "node_ports=-1: not a decimal number"},
        {good + "client_memory=", "client_memory=: " + not_bytes},
        {good + "client_memory=M", "client_memory=M: " + not_bytes},
        {good + "client_memory=-1", "client_memory=-1: " + not_bytes},
        {good + "client_memory=+1", "client_memory=+1: " + not_bytes},
        {good + "client_memory=64MB", "client_memory=64MB: " + not_bytes},
        {good + "client_memory=64MiB", "client_memory=64MiB: " + not_bytes},
        {good + "'client_memory=\"64 M\"'", "client_memory=64 M: " + not_bytes},
        {good + "client_memory=1.5M", "client_memory=1.5M: " + not_bytes},
        {good + "client_memory=1e3", "client_memory=1e3: " + not_bytes},
        {good + "client_memory=0x1000", "client_memory=0x1000: " + not_bytes},
        {good + "client_memory=64MM", "client_memory=64MM: " + not_bytes},
        {good + "client_memory=64%", "client_memory=64%: " + not_bytes},
        // What memparse() would have taken: for 0, and for what is left of it in 64 bits.
        {good + "client_memory=16E", "client_memory=16E: " + not_bytes},
        {good + "client_memory=18446744073709551616", "client_memory=18446744073709551616: more than 511M"},
        {good + "client_memory=16777216T", "client_memory=16777216T: more than 511M"},
        {good + "client_memory=535822337", "client_memory=535822337: more than 511M"},
        {good + "client_memory=523265K", "client_memory=523265K: more than 511M"},
        {good + "client_memory=512M", "client_memory=512M: more than 511M"},
        {good + "client_memory=1G", "client_memory=1G: more than 511M"},
        {good + "client_memory=064M", "client_memory=064M: " + no_zero},
        {good + "node_memory=0001T", "node_memory=0001T: " + no_zero},
        {good + "node_memory=", "node_memory=: " + not_bytes},
        {good + "node_memory=all", "node_memory=all: " + not_bytes},
        {good + "node_memory=256MB", "node_memory=256MB: " + not_bytes},
        {good + "node_memory=1025G", "node_memory=1025G: more than 1T"},
        {good + "node_memory=2T", "node_memory=2T: more than 1T"},
        {good + "node_memory=1099511627777", "node_memory=1099511627777: more than 1T"},
        {good + "node_memory=99999999999999999999999999", "node_memory=99999999999999999999999999: more than 1T"},
        // Without any configuration, too
        {"client_memory=64MB", "client_memory=64MB: " + not_bytes},
    };
    for (const auto &row : table) {
        SCOPED_TRACE(row.words);
        std::size_t mark = node().console().size();
        int error = try_load(row.words);
        EXPECT_EQ(error, EINVAL);
        if (error == 0) {
            unload(node(), "though its parameters are wrong");
            continue;
        }
        EXPECT_NO_THROW(node().console().wait_for(row.message, 5s, mark));
        // One line is enough, the module's own or the kernel's about it.
        int lines = 0;
        for (const ConsoleLine &line : node().console().lines(mark))
            lines +=
                (line.text.find(" ccm: ") != std::string::npos || line.text.find(" rdma_ccm: ") != std::string::npos) &&
                line.text.find("taints") == std::string::npos;
        EXPECT_EQ(lines, 1);
        EXPECT_FALSE(loaded(node()));
    }
}

TEST_F(Parameter, ValuesAtTheirLimits)
{
    const std::string rest = " auth=none partners=2@192.0.2.2";
    const std::string name31(31, 'x');
    // What debugfs shows of it, as far as nothing else does: line and value.
    const struct {
        std::string words, line;
        long long value = 0;
    } table[] = {
        {"", "memory_per_client", 64LL << 20},
        {"node=1 cluster=t auth=none"},
        {"node=1 cluster=t auth=psk"},
        {"node=1 cluster=t"},
        {"node=65535 cluster=t" + rest},
        {"node=1 cluster=" + name31 + rest},
        {"node=1 cluster='\"!#~\"'" + rest},
        {"node=1 cluster=t rdma_port=1" + rest},
        {"node=1 cluster=t rdma_port=65535" + rest},
        {"node=1 cluster=t detect_ms=20" + rest},
        {"node=1 cluster=t detect_ms=60000" + rest},
        {"node=1 cluster=t auth=none partners=65535@[2001:db8::2]"},
        // Zeros in front that are none, or are in hexadecimal digits
        {"node=1 cluster=t auth=none partners=2@[2001:0db8::0002]+192.0.2.0"},
        {"node=1 cluster=t auth=none partners=2@192.0.2.1+192.0.2.2+192.0.2.3+[2001:db8::4]"},
        {"node=1 cluster=t auth=none partners=" + many_partners(32)},
        {"node=1 cluster=t auth=none partners=" + many_long_partners(60000, 32)},
        {"node=1 cluster=t auth=none partners=" + many_long_partners(2, 16) +
         " partners=" + many_long_partners(60000, 16)},
        {"node=1 cluster=t client_ports=1" + rest, "ports_per_client", 1},
        {"node=1 cluster=t client_ports=64" + rest, "ports_per_client", 64},
        {"node=1 cluster=t node_ports=1" + rest, "ports_allowed", 1},
        {"node=1 cluster=t node_ports=65536" + rest, "ports_allowed", 65536},
        {"node=1 cluster=t client_memory=0" + rest, "memory_per_client", 0},
        {"node=1 cluster=t client_memory=535822336" + rest, "memory_per_client", 511LL << 20},
        {"node=1 cluster=t client_memory=523264K" + rest, "memory_per_client", 511LL << 20},
        {"node=1 cluster=t client_memory=511m" + rest, "memory_per_client", 511LL << 20},
        {"node=1 cluster=t client_memory=0G" + rest, "memory_per_client", 0},
        {"node=1 cluster=t node_memory=0" + rest, "memory_allowed", 0},
        {"node=1 cluster=t node_memory=4096" + rest, "memory_allowed", 4096},
        {"node=1 cluster=t node_memory=1T" + rest, "memory_allowed", 1LL << 40},
        {"node=1 cluster=t node_memory=1024g" + rest, "memory_allowed", 1LL << 40},
    };
    for (const auto &[row, line, value] : table) {
        SCOPED_TRACE(row);
        EXPECT_EQ(try_load(row), 0);
        if (!loaded(node()))
            continue;
        // What was asked for is what is shown.
        if (!line.empty()) {
            EXPECT_EQ(counter(node(), "node", line), value);
        }
        json shown = status(node());
        if (row.find(name31) != std::string::npos) {
            EXPECT_EQ(shown["node"]["cluster"], name31);
        }
        if (row.find("detect_ms=20") != std::string::npos) {
            EXPECT_EQ(shown["node"]["detect_ms"], 20);
        }
        if (row.find("rdma_port=65535") != std::string::npos) {
            EXPECT_EQ(shown["node"]["port"], 65535);
        }
        if (row.find("65535@[2001:db8::2]") != std::string::npos) {
            EXPECT_EQ(shown["partners"][0]["node"], 65535);
            EXPECT_EQ(shown["partners"][0]["address"], "2001:db8::2");
        }
        if (row.find("33@") != std::string::npos) {
            EXPECT_EQ(shown["partners"].size(), 32u);
        }
        unload(node(), "loaded with a value at its limit");
    }
}

// The failover monitor's, at load and when it is written to.
TEST_F(Parameter, NumbersOfTheMonitor)
{
    ASSERT_EQ(try_load("node=1 cluster=t auth=none partners=2@192.0.2.2"), 0);
    const struct {
        std::string words, message;
    } table[] = {
        {"boot_limit_s=0300", "boot_limit_s=0300: leave out the zero in front: numbers are decimal"},
        {"boot_limit_s=86401", "boot_limit_s=86401: 0 to 86400 seconds are possible"},
        {"flap_s=86401", "flap_s=86401: 0 to 86400 seconds are possible"},
        {"flap_advices=17", "flap_advices=17: 0 to 16 are possible"},
        {"hold_ms=60001", "hold_ms=60001: 0 to 60000 milliseconds are possible"},
        {"start_limit_s=0x78", "start_limit_s=0x78: not a decimal number"},
        {"start_limit_s=2m", "start_limit_s=2m: not a decimal number"},
    };
    for (const auto &row : table) {
        SCOPED_TRACE(row.words);
        std::size_t mark = node().console().size();
        EXPECT_FALSE(node().run("insmod /modules/ccm_fm.ko " + row.words).ok());
        EXPECT_NO_THROW(node().console().wait_for("ccm_fm: " + row.message, 5s, mark));
    }
    node().must(
        "insmod /modules/ccm_fm.ko start_limit_s=0 boot_limit_s=86400 hold_ms=60000 flap_advices=16 flap_s=86400");
    const std::string parameter = "/sys/module/ccm_fm/parameters/given_back";
    node().until("echo 2 >" + parameter, 5s); // once it has heard of the partner
    for (const char *text : {"02", "0x2", "+2", "2K", "two", "", "4294967298"})
        EXPECT_FALSE(node().run(fmt::format("echo '{}' >{}", text, parameter)).ok()) << text;
    EXPECT_FALSE(node().run("echo 3 >" + parameter).ok()) << "no such partner";
    node().must("rmmod ccm_fm");
    unload(node(), "behind the monitor");
}

TEST_F(Parameter, TrustIsSaidInTheLog)
{
    std::size_t mark = node().console().size();
    ASSERT_EQ(try_load("node=1 cluster=t auth=none"), 0);
    EXPECT_NO_THROW(node().console().wait_for("partners are not authenticated", 5s, mark));
    unload(node(), "without partners");
}

} // namespace
} // namespace ccm::test
