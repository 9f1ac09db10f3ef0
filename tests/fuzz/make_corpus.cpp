// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the seed corpora: make_corpus DIRECTORY. What it writes is committed, as
 * seeds that a fuzzer's findings can be compared with.
 */
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "ccm/core/failover_record.h"
#include "ccm/core/session.h"
#include "tests/kunit/suites/wire_golden.h"

namespace {

using Bytes = std::vector<u8>;

void write(const std::filesystem::path &file, const Bytes &bytes)
{
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush())
        throw std::runtime_error("cannot write " + file.string());
}

#define GOLDEN(type) write(top / "wire" / #type, Bytes(golden_##type, golden_##type + sizeof(golden_##type)))

void make_wire(const std::filesystem::path &top)
{
    GOLDEN(request);
    GOLDEN(reject);
    GOLDEN(keys);
    GOLDEN(ring);
    GOLDEN(status);
    GOLDEN(hello);
    GOLDEN(answer);
    GOLDEN(catalog);
    GOLDEN(ready);
    GOLDEN(goodbye);
    GOLDEN(links);
    GOLDEN(port);
    GOLDEN(panic);
    GOLDEN(chunks);
    GOLDEN(port_ring);
    GOLDEN(port_message);
}

/* As liveness_fuzz reads them: operation, step; a read adds stage, tick, no spoiling. */
void make_liveness(const std::filesystem::path &top)
{
    const Bytes tick = {0, 64}; /* a period */
    const Bytes moved = {3, 0, 1, 9, 0};
    const Bytes still = {1, 0, 1, 9, 0};
    const auto play = [&](const std::string &name, const std::vector<Bytes> &parts) {
        Bytes bytes = {1, 50, 0};
        for (const Bytes &part : parts)
            bytes.insert(bytes.end(), part.begin(), part.end());
        write(top / "liveness" / name, bytes);
    };
    play("up", {tick, moved, tick, moved, tick, moved, tick, moved, tick, moved});
    play("silent", {tick, moved, tick, tick, tick, tick, tick, tick});
    play("frozen", {moved, tick, still, tick, still, tick, still, tick, still, tick, still});
    play("panic", {tick, moved, {3, 0, 1, 9, 3, CCM_STATUS_FLAGS, 1, 0}});
    play("shutdown", {tick, moved, {3, 0, 1, 9, 3, CCM_STATUS_FLAGS, 2, 0}});
    play("restarted", {tick, {3, 0, 1, 9, 3, CCM_STATUS_UPTIME + 2, 1, 0}, tick, moved});
    play("other-incarnation", {tick, {3, 0, 1, 9, 3, 16, 1, 0}});
    play("later-stage", {tick, moved, {3, 0, 1, 9, 3, CCM_STATUS_STAGE, 200, 0}, tick, moved});
    play("garbage", {tick, {3, 0, 1, 9, 3, 0, 0, 0}});
    play("short", {tick, {0xfb, 0, 1, 9, 0, 40}});
    play("stall", {tick, moved, {0, 250}, tick, moved, {0, 250}, {0, 250}, tick, tick, tick});
}

/* As failover_fuzz reads them: a record, or events of time, type and what belongs to it. */
void make_failover(const std::filesystem::path &top)
{
    const auto save = [&](const std::string &name, const Bytes &bytes) { write(top / "failover" / name, bytes); };
    const Bytes running = {10, CCM_FAILOVER_STATUS, CCM_STATE_READY, CCM_STAGE_RUNNING, 0};
    const Bytes booting = {10, CCM_FAILOVER_STATUS, CCM_STATE_READY, CCM_STAGE_INITRAMFS, 1};
    const Bytes stopping = {10, CCM_FAILOVER_STATUS, CCM_STATE_READY, CCM_STAGE_STOPPING, 0};
    const auto down = [](u8 reason, u8 who) {
        return Bytes{10, CCM_FAILOVER_STATUS, CCM_STATE_DOWN, reason, CCM_STAGE_RUNNING, who};
    };
    const Bytes due = {0xff, CCM_FAILOVER_TIMER};
    const Bytes given_back = {10, CCM_FAILOVER_GIVEN_BACK};
    const auto play = [&](const std::string &name, const std::vector<Bytes> &parts) {
        Bytes bytes = {0x2f}; /* every limit there is, and two advices */
        for (const Bytes &part : parts)
            bytes.insert(bytes.end(), part.begin(), part.end());
        save(name, bytes);
    };
    play("unreachable", {running, down(CCM_REASON_UNREACHABLE, 0), due, running, given_back});
    play("panicked", {running, down(CCM_REASON_PANICKED, 8), booting, due, running, given_back});
    play("stopping", {running, stopping, down(CCM_REASON_SHUTDOWN, 8)});
    play("refused", {running, down(CCM_REASON_REFUSED, 0), due});
    play("never-seen", {down(CCM_REASON_UNREACHABLE, 0), due});
    play("flapping", {running, down(CCM_REASON_HUNG, 0), due, running, down(CCM_REASON_HUNG, 0), due, running,
                      down(CCM_REASON_HUNG, 0), due, running, given_back});
    play("partner", {running, {10, CCM_FAILOVER_PARTNER, 6, 8}, {10, CCM_FAILOVER_PARTNER_LOST}});

    Bytes bytes(1 + CCM_FM_RECORD_LEN);
    const ccm_fm_record record = {0x1122334455667788, 7, CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_CERTAIN, CCM_REASON_PANICKED,
                                  CCM_STAGE_RUNNING,  42};
    ccm_fm_record_put(bytes.data() + 1, &record);
    save("record", bytes);
}

/* As local_fuzz reads them: a text, or pairs of who and stage. */
void make_local(const std::filesystem::path &top)
{
    const auto text = [&](const std::string &name, const std::string &what) {
        Bytes bytes = {0, 1};
        bytes.insert(bytes.end(), what.begin(), what.end());
        write(top / "local" / name, bytes);
    };
    text("number", "250\n");
    text("bytes", "64M");
    text("octal", "010");
    text("largest", "18446744073709551615");
    text("too-large", "16777216T");
    text("name", "log-mirror.1");
    const u8 user = 0x80;
    write(top / "local" / "boot", {2, user, 1, user, 2, user, 3, user, 4, user, 5, user, 6, 0xff, 0});
    write(top / "local" / "held", {2, 0, 5, 1, 4, user, 3, 0, 0, 1, 0, 0xff, 0, 0, 5});
    write(top / "local" / "dumping", {1, user, 3, 0, 5, 0xff, 0});
}

/* As session_fuzz reads them, with right messages on the present connection. */
class Script {
public:
    explicit Script(u8 config) : bytes_{config} {}

    Script &event(u8 type, u8 status = 0, u8 reason = 0, u8 time = 10)
    {
        return put(type, time, conn_, 0, status, reason);
    }
    /* The page of the present connection was READ just now. */
    Script &hear() { return put(CCM_SEV_TIMER, 10, 0, 32 | 64, 0, 0); }
    /* From here on, events are of the candidate; of the present connection. */
    Script &beside()
    {
        conn_ = 200;
        return *this;
    }
    Script &present()
    {
        conn_ = 0;
        return *this;
    }
    Script &clients(u8 which)
    {
        event(CCM_SEV_CLIENTS);
        bytes_.push_back(which);
        return *this;
    }
    Script &psk(u8 number)
    {
        event(CCM_SEV_PSK);
        bytes_.push_back(number);
        return *this;
    }
    Script &of_link(u8 type, u8 place, u8 reason = 0)
    {
        event(type, 0, reason);
        bytes_.push_back(place);
        return *this;
    }
    /* With clients on both sides: @theirs are the partner's */
    Script &negotiate(u8 theirs) { return prove().agree(theirs); }
    /* Up to where it is proven whose the connection is, and behind that */
    Script &prove()
    {
        return event(CCM_SEV_ESTABLISHED)
            .event(CCM_SEV_MESSAGE)
            .event(CCM_SEV_READ_DONE, CCM_READ_STATUS)
            .event(CCM_SEV_RING, CCM_RING_HELLO);
    }
    Script &agree(u8 theirs)
    {
        return event(CCM_SEV_RING, CCM_RING_ANSWER)
            .event(CCM_SEV_READ_DONE, CCM_READ_ANSWER)
            .event(CCM_SEV_RING, CCM_RING_CATALOG, theirs)
            .event(CCM_SEV_RING, CCM_RING_CATALOG_TAKEN);
    }
    /* Somebody asks who proves that it is the partner. */
    Script &asks() { return event(CCM_SEV_REQUEST).beside().prove().present(); }
    /* One link's try, to its end */
    Script &open(u8 place)
    {
        return of_link(CCM_SEV_LINK_PREPARED, place)
            .event(CCM_SEV_RING, CCM_RING_LINKS_TAKEN)
            .event(CCM_SEV_RING, CCM_RING_LINKS, CCM_LINK_OFFERED)
            .of_link(CCM_SEV_LINK_OPENED, place)
            .event(CCM_SEV_RING, CCM_RING_LINKS, CCM_LINK_OPENED);
    }
    Script &peer_restarts(u8 how)
    {
        bytes_.push_back(CCM_SEV_COUNT);
        bytes_.push_back(how);
        return *this;
    }
    Script &series() { return negotiate(0).event(CCM_SEV_RING, CCM_RING_READY); }
    const Bytes &bytes() const { return bytes_; }

private:
    Script &put(u8 type, u8 time, u8 conn, u8 style, u8 status, u8 reason)
    {
        for (u8 b : {type, time, conn, style, status, reason, ++random_})
            bytes_.push_back(b);
        return *this;
    }

    Bytes bytes_;
    u8 conn_ = 0;
    u8 random_ = 0;
};

/* How it comes back, as SessionPeer::restart() has it */
enum Back : u8 { NEW_KERNEL, RELOADED, ANOTHER_MACHINE, SNAPSHOT };

using Save = std::function<void(const std::string &name, const Script &script)>;

/* What asks beside a session, and what becomes of both; @up: a session that is READY */
void make_candidates(const Save &save, const std::function<Script(u8 config)> &up)
{
    const u8 lower = 1 | 4;
    const u8 higher = 4;
    const u8 iwarp = 2;
    const auto back = [&](u8 config, u8 how) {
        return up(config).hear().event(CCM_SEV_TIMER, 0, 0, 100).peer_restarts(how).asks();
    };
    const auto on = [](Script script) { return script.agree(1).open(0).event(CCM_SEV_RING, CCM_RING_READY); };

    save("candidate-left", on(up(lower).asks()));
    save("candidate-restarted", on(back(lower, NEW_KERNEL)));
    save("candidate-restarted-higher", on(back(higher, NEW_KERNEL)));
    save("candidate-restarted-iwarp", on(back(lower | iwarp, NEW_KERNEL)));
    save("candidate-reloaded", on(back(lower, RELOADED).event(CCM_SEV_VERDICT, 0, CCM_REASON_UNREACHABLE)));
    save("candidate-another", on(back(lower, ANOTHER_MACHINE).event(CCM_SEV_VERDICT, 0, CCM_REASON_UNREACHABLE)));
    save("candidate-duplicate", back(lower, ANOTHER_MACHINE).event(CCM_SEV_ALIVE).event(CCM_SEV_ALIVE));
    save("candidate-waits-in-vain", back(lower, RELOADED).event(CCM_SEV_TIMER, 0, 0, 0xff));
    save("candidate-snapshot", on(back(lower, SNAPSHOT)));
    save("candidate-nobody", up(lower).event(CCM_SEV_REQUEST).event(CCM_SEV_TIMER, 0, 0, 0xff));
    save("candidate-lost", up(lower)
                               .event(CCM_SEV_REQUEST)
                               .beside()
                               .event(CCM_SEV_ESTABLISHED)
                               .event(CCM_SEV_MESSAGE)
                               .event(CCM_SEV_DISCONNECTED));
    save("candidate-again",
         up(lower).event(CCM_SEV_REQUEST).beside().event(CCM_SEV_ESTABLISHED).event(CCM_SEV_REQUEST).prove());
    save("candidate-busy", up(lower)
                               .event(CCM_SEV_REQUEST)
                               .peer_restarts(NEW_KERNEL)
                               .event(CCM_SEV_REQUEST)
                               .event(CCM_SEV_STOP, 0, CCM_REASON_ADMIN));
    /* The session ends first, before and after the candidate is established. */
    save("candidate-connecting", on(up(lower).event(CCM_SEV_REQUEST).event(CCM_SEV_ERROR).prove()));
    save("candidate-greeting", on(up(lower)
                                      .event(CCM_SEV_REQUEST)
                                      .beside()
                                      .event(CCM_SEV_ESTABLISHED)
                                      .event(CCM_SEV_MESSAGE)
                                      .event(CCM_SEV_READ_DONE, CCM_READ_STATUS)
                                      .present()
                                      .event(CCM_SEV_ERROR)
                                      .event(CCM_SEV_RING, CCM_RING_HELLO)));
    /* Its catalog overtakes what R1 brings, and is rung once more (CCM_ACT_AGAIN). */
    save("candidate-early-catalog", on(up(lower)
                                           .event(CCM_SEV_REQUEST)
                                           .beside()
                                           .event(CCM_SEV_MESSAGE)
                                           .event(CCM_SEV_ESTABLISHED)
                                           .event(CCM_SEV_RING, CCM_RING_HELLO)
                                           .event(CCM_SEV_RING, CCM_RING_CATALOG, 1)
                                           .event(CCM_SEV_READ_DONE, CCM_READ_STATUS)
                                           .present()));
    /* Beside a series that has not got far */
    save("candidate-early", Script(lower)
                                .event(CCM_SEV_START)
                                .event(CCM_SEV_ESTABLISHED)
                                .event(CCM_SEV_MESSAGE)
                                .asks()
                                .agree(0)
                                .event(CCM_SEV_RING, CCM_RING_READY));
}

void make_session(const std::filesystem::path &top)
{
    const auto save = [&](const std::string &name, const Script &script) {
        write(top / "session" / name, script.bytes());
    };
    const auto connected = [](u8 config) { return Script(config).event(CCM_SEV_START).series(); };
    const auto accepted = [](u8 config) { return Script(config).event(CCM_SEV_START).event(CCM_SEV_REQUEST).series(); };
    const u8 lower = 1 | 4;
    const u8 higher = 4;
    const u8 iwarp = 2;
    save("connect", connected(lower));
    save("accept", accepted(higher));
    save("connect-iwarp", connected(lower | iwarp));
    save("accept-iwarp", accepted(higher | iwarp));
    save("crossed-lower", Script(lower).event(CCM_SEV_START).event(CCM_SEV_REQUEST).event(CCM_SEV_REQUEST).series());
    save("crossed-higher", Script(higher)
                               .event(CCM_SEV_START)
                               .event(CCM_SEV_REJECTED, CCM_CM_CONSUMER, CCM_REJECT_CROSSED)
                               .event(CCM_SEV_REQUEST)
                               .series());
    save("retries", Script(lower)
                        .event(CCM_SEV_START)
                        .event(CCM_SEV_FAILED, CCM_CM_UNREACHABLE)
                        .event(CCM_SEV_TIMER, 0, 0, 0xff)
                        .event(CCM_SEV_FAILED, CCM_CM_STALE)
                        .event(CCM_SEV_TIMER, 0, 0, 0xff)
                        .event(CCM_SEV_PATH_UP)
                        .event(CCM_SEV_REJECTED, CCM_CM_CONSUMER, CCM_REJECT_VERSION)
                        .event(CCM_SEV_TIMER, 0, 0, 0xff)
                        .series());
    save("goodbye", connected(lower).event(CCM_SEV_RING, CCM_RING_GOODBYE, CCM_REASON_SHUTDOWN));
    save("verdict",
         connected(lower).event(CCM_SEV_VERDICT, 0, CCM_REASON_HUNG).event(CCM_SEV_TIMER, 0, 0, 0xff).series());
    save("restarted",
         connected(lower).peer_restarts(NEW_KERNEL).event(CCM_SEV_DISCONNECTED).event(CCM_SEV_REQUEST).series());
    save("stop", connected(lower)
                     .event(CCM_SEV_STOP, 0, CCM_REASON_SHUTDOWN)
                     .event(CCM_SEV_REQUEST)
                     .event(CCM_SEV_START)
                     .series());
    save("keys-early", Script(higher)
                           .event(CCM_SEV_START)
                           .event(CCM_SEV_REQUEST)
                           .event(CCM_SEV_MESSAGE)
                           .event(CCM_SEV_ESTABLISHED)
                           .event(CCM_SEV_READ_DONE, CCM_READ_STATUS));
    /* With a pre-shared key, whose proof is right, and is not */
    const u8 keyed = lower | 0x30;
    const auto proves = [&](u8 right) {
        return Script(keyed).event(CCM_SEV_START).psk(2).prove().event(CCM_SEV_VERIFIED, right);
    };
    save("psk", proves(1).agree(0).event(CCM_SEV_RING, CCM_RING_READY).psk(1).psk(0));
    save("psk-wrong", proves(0).event(CCM_SEV_TIMER, 0, 0, 0xff));
    save("psk-none-common", Script(keyed).psk(0).event(CCM_SEV_START).event(CCM_SEV_REQUEST).psk(1));
    /* One client of each side, "log", and its link */
    const auto linked = [](u8 config, u8 mine, u8 theirs) {
        return Script(config).clients(mine).event(CCM_SEV_START).negotiate(theirs).open(0);
    };
    const auto up = [&](u8 config) { return linked(config, 1, 1).event(CCM_SEV_RING, CCM_RING_READY); };
    save("link-up", up(lower));
    save("link-higher", Script(higher)
                            .clients(1)
                            .event(CCM_SEV_START)
                            .event(CCM_SEV_REQUEST)
                            .negotiate(1)
                            .open(0)
                            .event(CCM_SEV_RING, CCM_RING_READY));
    save("link-reasons", linked(lower, 15, 13).event(CCM_SEV_RING, CCM_RING_READY));
    save("link-port-lost",
         up(lower).of_link(CCM_SEV_LINK_FAILED, 0, CCM_CLIENT_PORT_LOST).event(CCM_SEV_TIMER, 0, 0, 0xff).open(0));
    save("link-partner-failed", up(lower)
                                    .event(CCM_SEV_RING, CCM_RING_LINKS, 8 + CCM_LINK_IDLE)
                                    .event(CCM_SEV_RING, CCM_RING_LINKS, 8 + CCM_LINK_IDLE)
                                    .event(CCM_SEV_TIMER, 0, 0, 0xff)
                                    .open(0));
    save("link-limit", Script(lower)
                           .clients(1)
                           .event(CCM_SEV_START)
                           .negotiate(1)
                           .event(CCM_SEV_RING, CCM_RING_READY)
                           .of_link(CCM_SEV_LINK_FAILED, 0, CCM_CLIENT_LIMIT)
                           .event(CCM_SEV_TIMER, 0, 0, 0xff)
                           .open(0));
    save("link-slow", Script(lower)
                          .clients(1)
                          .event(CCM_SEV_START)
                          .negotiate(1)
                          .event(CCM_SEV_RING, CCM_RING_READY)
                          .event(CCM_SEV_TIMER, 0, 0, 0xff)
                          .open(0)
                          .event(CCM_SEV_VERDICT, 0, CCM_REASON_PANICKED));
    save("client-comes", up(lower).clients(3).event(CCM_SEV_RING, CCM_RING_CATALOG, 3).open(1));
    save("client-leaves", up(lower).clients(0).event(CCM_SEV_RING, CCM_RING_CATALOG_TAKEN).clients(1));
    save("client-gone", Script(lower)
                            .clients(3)
                            .event(CCM_SEV_START)
                            .negotiate(3)
                            .clients(4)
                            .event(CCM_SEV_RING, CCM_RING_READY)
                            .clients(4));
    save("counterpart-leaves", up(lower)
                                   .event(CCM_SEV_RING, CCM_RING_CATALOG, 0)
                                   .event(CCM_SEV_RING, CCM_RING_CATALOG, 1)
                                   .event(CCM_SEV_RING, CCM_RING_LINKS, CCM_LINK_WAITING));
    make_candidates(save, up);
    save("device-gone", connected(lower).event(CCM_SEV_DEVICE_GONE).event(CCM_SEV_PATH_UP));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "usage: make_corpus DIRECTORY\n";
        return 1;
    }
    try {
        make_wire(argv[1]);
        make_liveness(argv[1]);
        make_failover(argv[1]);
        make_local(argv[1]);
        make_session(argv[1]);
    } catch (const std::exception &e) {
        std::cerr << "make_corpus: " << e.what() << '\n';
        return 1;
    }
    return 0;
}
