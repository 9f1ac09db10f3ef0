// SPDX-License-Identifier: GPL-2.0-only
#include "undisturbed.h"

#include <fstream>
#include <sstream>

#include <unistd.h>

#include "pattern.h"

namespace ccm::test {

Bytes cluster_key()
{
    return lab::from_hex("0f1e2d3c4b5a69788796a5b4c3d2e1f000112233445566778899aabbccddeeff");
}

// The series has four times as long: a machine that is busy must not look like a silent partner.
constexpr unsigned detect_ms = 3000;

constexpr const char *strangers_address = "192.0.2.20";

void Undisturbed::boot()
{
    std::string partners = fmt::format("3@192.0.2.3+{}", strangers_address);
    NodeSpec rogues{.id = 1};
    rogues.addresses = {fmt::format("{}/24", strangers_address)};
    for (int id : {1, 4}) {
        rogues.addresses->push_back(fmt::format("192.0.2.{}/24", id));
        partners += fmt::format(",{0}@192.0.2.{0}", id);
    }
    cluster().add(rogues);
    cluster().add(configured(2, {.psk = true, .detect_ms = detect_ms, .more = {"partners=" + partners}}));
    cluster().add(configured(3, {.partners = {2}, .psk = true, .detect_ms = detect_ms}));
    cluster().boot();
    for (Node *node : {&victim(), &honest()}) {
        // always something, and not all that there is: the machine is the rogue's, too
        load_pattern(*node, "depth=1 size=1024 pace_ms=100");
        EXPECT_EQ(pattern(*node, "register mirror 1 2 65536 65536"), "ok\n");
    }
    wait_client(victim(), "mirror", 3);
}

void Undisturbed::TearDownTestSuite()
{
    for (Node *node : {&victim(), &honest()})
        unload_pattern(*node);
    SharedTest::TearDownTestSuite();
}

RoguePartner::As Undisturbed::as()
{
    if (who_ == stranger)
        return {.id = 3, .psk = true, .from = strangers_address};
    return {.id = 1, .psk = true, .key = cluster_key(), .from = "192.0.2.1"};
}

RoguePartner::As Undisturbed::as_higher()
{
    return {.id = 4, .psk = true, .key = cluster_key(), .from = "192.0.2.4"};
}

Undisturbed::Kept Undisturbed::kept()
{
    json one = partner(victim(), 3);
    return {one["incarnation"], one["sessions"], counter(victim(), "node", "client_memory"),
            counter(victim(), "node", "client_ports")};
}

void Undisturbed::SetUp()
{
    who_ = keyed;
    victim().must("ccmadm wait --partner 3 --timeout 20", 30s);
    before_ = kept();
    mark_ = victim().console().size();
    since_ = Clock::now();
    watch_ = std::make_unique<Watch>(watch(victim()));
    seen_ = watch_.get();
}

void Undisturbed::TearDown()
{
    for (Node *node : {&victim(), &honest()})
        EXPECT_EQ(pattern(*node, "load all on"), "ok\n");
    wait_more_verified(victim());
    Kept after = kept();
    EXPECT_EQ(after.incarnation, before_.incarnation);
    EXPECT_EQ(after.sessions, before_.sessions);
    EXPECT_EQ(after.memory, before_.memory);
    EXPECT_EQ(after.ports, before_.ports);
    EXPECT_EQ(losses(*watch_, 3), 0U);
    EXPECT_EQ(client(victim(), "mirror", 3)["state"], "ready");
    // One line a second of what is rejected, two of what becomes of a partner, and some of a test
    EXPECT_LE(static_cast<double>(lines_since(mark_)), 20 + 4 * seconds(Clock::now() - since_));
    SharedTest::TearDown();
}

void Undisturbed::expect_down(int id, const std::string &reason)
{
    seen_->wait_for(is_down(id, reason), soon);
}

std::string Undisturbed::said_of(int id)
{
    json one = partner(victim(), id);
    return one["state"] == "down" ? one["reason"] : one["state"];
}

void Undisturbed::expect_sent_away(RoguePartner &rogue, ccm_reason reason, ccm_reason or_this)
{
    const ccm_reason said = rogue.sent_away();
    const char *name = reason == CCM_REASON_VERSION   ? "version"
                       : reason == CCM_REASON_REFUSED ? "refused"
                                                      : "authentication";
    if (said != CCM_REASON_NONE || reason == CCM_REASON_NONE) {
        EXPECT_TRUE(said == reason || said == or_this) << said << " and not " << reason;
    } else if (who_ != stranger) {
        expect_down(rogue.id(), name);
    }
}

void Undisturbed::rest()
{
    for (Node *node : {&victim(), &honest()})
        EXPECT_EQ(pattern(*node, "load all off"), "ok\n");
}

std::size_t Undisturbed::lines_since(std::size_t mark)
{
    std::size_t count = 0;
    for (const ConsoleLine &line : victim().console().lines(mark))
        count += line.text.find("ccm") != std::string::npos;
    return count;
}

double Share::used() const
{
    std::ifstream file(fmt::format("/proc/{}/stat", node_.pid()));
    std::string all((std::istreambuf_iterator<char>(file)), {});
    // behind the name, which may have blanks: state, and utime and stime as the 12th and 13th
    std::istringstream words(all.substr(all.rfind(')') + 1));
    std::string word;
    double ticks = 0;
    for (int i = 1; words >> word; i++)
        if (i == 12 || i == 13)
            ticks += std::stod(word);
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

long long memory_left(Node &node)
{
    return std::stoll(node.must("sed -n 's/^MemAvailable: *\\([0-9]*\\).*/\\1/p' /proc/meminfo"));
}

} // namespace ccm::test
