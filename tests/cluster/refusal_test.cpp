// SPDX-License-Identifier: GPL-2.0-only
//
// Peers that must not be let in: misconfigured ones, and a rogue (ccm_rogue.ko) that
// sends what it likes.
#include "pair.h"
#include "rogue.h"

namespace ccm::test {
namespace {

// Nodes 1 and 2 are READY and must not notice anything. Node 3 is the rogue; node 1
// has it as a partner, too, so that nothing but what it sends is wrong.
class Refusal : public PairTest {
public:
    static void SetUpTestSuite()
    {
        cluster().add(configured(1, {.partners = {2, 3}, .psk = false}));
        cluster().add(configured(2, {.partners = {1}, .psk = false}));
        cluster().add({.id = 3});
        cluster().boot();
    }

protected:
    void SetUp() override { a().must("ccmadm wait --partner 2 --timeout 20", 30s); }
    static Node &c() { return cluster().node(3); }
    static void connect(Rogue &rogue, std::uint64_t incarnation);
    static std::pair<int, double> flood(const ccm_wire_request &request, int times);
    static int log_lines(std::size_t mark, const std::string &text)
    {
        int lines = 0;
        for (const ConsoleLine &line : a().console().lines(mark))
            lines += line.text.find(text) != std::string::npos;
        return lines;
    }
};

// Connects that often, as fast as it can; how often it was rejected, and the seconds it took.
std::pair<int, double> Refusal::flood(const ccm_wire_request &request, int times)
{
    Rogue(c()).close(); // its module is loaded from now on
    TimePoint start = Clock::now();
    Result result = c().run(fmt::format("cd /sys/kernel/debug/ccm_rogue; i=0; n=0; while [ $i -lt {} ]; do "
                                        "echo 'connect 0 {} {} {}' >run; read r x <run; [ $r = rejected ] && "
                                        "n=$((n+1)); echo 'close 0' >run; i=$((i+1)); done; echo $n",
                                        times, a().ipv4(), rdma_port, hex(encoded(request))),
                            120s);
    int rejected = std::atoi(result.output.c_str());
    EXPECT_EQ(rejected, times) << result.output << result.errors;
    return {rejected, seconds(Clock::now() - start)};
}

// Gets itself accepted: node 1's own request may be under way and win, at first.
void Refusal::connect(Rogue &rogue, std::uint64_t incarnation)
{
    Rogue::Outcome got;
    for (std::uint32_t attempt = 1; attempt < 20 && !got.established(); attempt++) {
        rogue.close();
        got = rogue.connect(a().ipv4(), rdma_port, encoded(session_request(3, 1, "t", incarnation, attempt)));
    }
    if (!got.established())
        throw Error("the rogue is not let in: {}", got.text);
}

TEST_F(Refusal, BadRequestsAreRejectedAndCounted)
{
    Watch w = watch(a());
    Rogue rogue(c());
    struct Row {
        const char *what;
        Bytes data;
        int code;
        const char *name;
    };
    std::vector<Row> table;
    auto add = [&](const char *what, int code, const char *name, auto spoil) {
        ccm_wire_request request = session_request(3, 1, "t");
        spoil(request);
        table.push_back({what, encoded(request), code, name});
    };
    auto add_bytes = [&](const char *what, auto spoil) {
        Bytes bytes = encoded(session_request(3, 1, "t"));
        spoil(bytes);
        table.push_back({what, bytes, CCM_REJECT_MALFORMED, "malformed request"});
    };
    add("another cluster", CCM_REJECT_CLUSTER, "another cluster", [](auto &r) { r.cluster++; });
    add("an unknown node", CCM_REJECT_NODE, "unknown node", [](auto &r) { r.node = 9; });
    add("node 0", CCM_REJECT_MALFORMED, "malformed request", [](auto &r) { r.node = 0; });
    add("the node itself", CCM_REJECT_NODE, "unknown node", [](auto &r) { r.node = 1; });
    add("another node is meant", CCM_REJECT_PARTNER, "wrong partner", [](auto &r) { r.partner = 7; });
    add("a later version", CCM_REJECT_VERSION, "no common version",
        [](auto &r) { r.version_min = r.version_max = 99; });
    add("no incarnation", CCM_REJECT_MALFORMED, "malformed request", [](auto &r) { r.incarnation = 0; });
    add("attempt 0", CCM_REJECT_MALFORMED, "malformed request", [](auto &r) { r.attempt = 0; });
    add("an unknown purpose", CCM_REJECT_MALFORMED, "malformed request", [](auto &r) { r.purpose = 77; });
    add_bytes("nothing at all", [](Bytes &b) { b.clear(); });
    add_bytes("zeroes", [](Bytes &b) { b.assign(b.size(), 0); });
    add_bytes("ones", [](Bytes &b) { b.assign(b.size(), 0xff); });
    add_bytes("wrong magic", [](Bytes &b) { b[0] ^= 1; });
    add_bytes("the first 8 bytes", [](Bytes &b) { b.resize(8); });
    add_bytes("all but the second half", [](Bytes &b) { b.resize(b.size() / 2); });

    for (const Row &row : table) {
        SCOPED_TRACE(row.what);
        std::string counted = std::string("rejected ") + row.name;
        long long before = counter(a(), "node", counted);
        Rogue::Outcome got = rogue.connect(a().ipv4(), rdma_port, row.data);
        EXPECT_TRUE(got.rejected()) << got.text;
        EXPECT_EQ(got.reject_code(), row.code) << got.text;
        EXPECT_EQ(counter(a(), "node", counted), before + 1);
        if (auto reject = got.reject()) {
            EXPECT_EQ(reject->node, 1u);
        }
        rogue.close();
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

// A request of another version can be anybody's: it is rejected with its code, and why the partner
// is away (the rogue does not listen) stays what node 1 has found itself.
TEST_F(Refusal, AnotherVersionIsRejectedAndChangesNoReason)
{
    Watch w = watch(a());
    Rogue rogue(c());
    ccm_wire_request request = session_request(3, 1, "t");
    request.version_min = request.version_max = 99;
    wait_reason(a(), "unreachable");
    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(rogue.connect(a().ipv4(), rdma_port, encoded(request)).reject_code(), CCM_REJECT_VERSION);
        rogue.close();
    }
    EXPECT_EQ(partner(a(), 3)["reason"], "unreachable");
    EXPECT_EQ(losses(w, 2), 0u);
}

TEST_F(Refusal, AFloodIsLoggedOnceASecondAndDisturbsNobody)
{
    Watch w = watch(a());
    Rogue rogue(c());
    ccm_wire_request request = session_request(3, 1, "other");
    std::string counted = "rejected another cluster";
    long long before = counter(a(), "node", counted);
    std::size_t mark = a().console().size();
    auto [sent, taken] = flood(request, 300);
    EXPECT_EQ(counter(a(), "node", counted), before + sent);
    int lines = log_lines(mark, "connect request from") + log_lines(mark, "suppressed");
    std::printf("%d requests in %.1f s, %d lines in the log\n", sent, taken, lines);
    EXPECT_GE(lines, 1);
    EXPECT_LE(lines, taken + 2);

    // The same from a configured partner, whose requests get as far as its state machine.
    request = session_request(3, 1, "t");
    request.version_min = request.version_max = 99;
    counted = "rejected no common version";
    before = counter(a(), "node", counted);
    mark = a().console().size();
    std::tie(sent, taken) = flood(request, 300);
    // Of those that come too fast the last ones are told that the node is busy.
    EXPECT_GT(counter(a(), "node", counted), before);
    lines = log_lines(mark, "rejected") + log_lines(mark, "suppressed");
    std::printf("%d requests in %.1f s, %d lines in the log\n", sent, taken, lines);
    EXPECT_LE(lines, taken + 2);
    EXPECT_EQ(losses(w, 2), 0u);
}

// Let in, and then it breaks the rules.
TEST_F(Refusal, ProtocolErrorsEndTheSessionAndNothingElse)
{
    Watch w = watch(a());
    std::uint64_t incarnation = 0x1111;
    std::this_thread::sleep_for(2s); // what is rejected has one line a second, and another test was here
    const struct {
        const char *what;
        void (*breach)(Rogue &);
        const char *log; // what the log says of it: not of what comes within a second
    } breaches[] = {
        {"garbage instead of keys", [](Rogue &r) { r.send(Bytes(56, 0x5a)); },
         "partner 3: what is refused came with MESSAGE (56 bytes)"},
        {"a ring before the keys",
         [](Rogue &r) { r.send(encoded(ccm_wire_ring{.word = ccm_wire_ring_word(CCM_RING_HELLO, 0)})); }, ""},
        {"a message longer than a receive", [](Rogue &r) { r.send(Bytes(200, 1)); }, ""},
        {"an unknown ring", [](Rogue &r) { r.ring(0xffffffff); }, ""},
    };
    for (auto [what, breach, log] : breaches) {
        SCOPED_TRACE(what);
        const std::size_t mark = a().console().size();
        Rogue rogue(c());
        incarnation++;
        connect(rogue, incarnation);
        breach(rogue);
        EXPECT_NO_THROW(rogue.wait_disconnected(10s));
        w.wait_for([](const json &e) { return e["type"] == "partner" && e["node"] == 3 && e["state"] == "down"; }, soon,
                   "DOWN of the rogue");
        if (*log)
            a().console().wait_for(log, soon, mark);
        rogue.close();
    }
    EXPECT_EQ(losses(w, 2), 0u);
    EXPECT_EQ(losses(w, 3), 0u);
}

// It connects and then says nothing: the series has a time limit.
TEST_F(Refusal, SilentPeerIsGivenUp)
{
    Watch w = watch(a());
    Rogue rogue(c());
    connect(rogue, 0x2222);
    w.wait_for(is(3, "greeting"), soon);
    w.wait_for(is_down(3, "unreachable"), 30s);
    rogue.close();
    EXPECT_EQ(losses(w, 2), 0u);

    // And meanwhile it does not hold up an unload.
    connect(rogue, 0x2223);
    w.wait_for(is(3, "greeting"), soon);
    w.end();
    unload(a(), "READY with one partner, GREETING with another");
    rogue.close();
    load(a());
}

// Two honest nodes, one of them configured wrongly.
class Misconfigured : public PairTest {
public:
    static void SetUpTestSuite() { make_pair({.id = 1}, {.id = 2}); }

protected:
    void SetUp() override {}
    void TearDown() override
    {
        for (Node *node : both())
            if (loaded(*node))
                unload(*node, "misconfigured");
        PairTest::TearDown();
    }
    static void wait_reason(Node &node, int id, const std::string &reason)
    {
        node.until(fmt::format("ccmadm status --json | grep -q '\"node\":{},.*\"reason\":\"{}\"'", id, reason), soon);
    }
};

TEST_F(Misconfigured, AnotherClusterIsRefusedOnBothSides)
{
    load(a(), {.partners = {2}, .cluster = "one", .psk = false});
    load(b(), {.partners = {1}, .cluster = "two", .psk = false});
    wait_reason(a(), 2, "refused");
    wait_reason(b(), 1, "refused");
    EXPECT_GE(counter(b(), "node", "rejected another cluster"), 1);
    // Put right, it works; with nobody waiting for long.
    unload(b(), "refused");
    load(b(), {.partners = {1}, .cluster = "one", .psk = false});
    wait_ready(both());
}

TEST_F(Misconfigured, AnotherNodeIdIsRefusedOnBothSides)
{
    load(a(), {.partners = {2}});
    b().must("insmod /modules/rdma_ccm.ko node=5 cluster=t partners=1@192.0.2.1 && lab-loaded");
    wait_reason(a(), 2, "refused");
    wait_reason(b(), 1, "refused");
    EXPECT_GE(counter(a(), "node", "rejected unknown node"), 1);
    EXPECT_GE(counter(b(), "node", "rejected wrong partner"), 1);
}

TEST_F(Misconfigured, AnotherPortFindsNobody)
{
    load(a(), {.partners = {2}});
    load(b(), {.partners = {1}, .more = {"rdma_port=4000"}});
    wait_reason(a(), 2, "unreachable");
    wait_reason(b(), 1, "unreachable");
}

} // namespace
} // namespace ccm::test
