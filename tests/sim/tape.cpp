// SPDX-License-Identifier: GPL-2.0-only
#include "tape.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "../kunit/suites/tape.h"

namespace sim {

namespace {

// The other half of tests/kunit/suites/tape.h
class TapeWriter {
public:
    void number(uint64_t n)
    {
        for (; n >= 0x80; n >>= 7)
            bytes_.push_back(static_cast<uint8_t>(n | 0x80));
        bytes_.push_back(static_cast<uint8_t>(n));
    }

    void difference(uint64_t from, uint64_t to)
    {
        auto d = static_cast<int64_t>(to - from);

        number(d < 0 ? ~(static_cast<uint64_t>(d) << 1) : static_cast<uint64_t>(d) << 1);
    }

    void raw(const uint8_t *bytes, size_t len) { bytes_.insert(bytes_.end(), bytes, bytes + len); }

    void config(const ccm_session_config &c)
    {
        for (uint64_t n : {uint64_t{c.node}, uint64_t{c.partner}, uint64_t{c.detect_ms}, uint64_t{c.auth},
                           c.incarnation, c.capabilities, c.machine, c.cluster})
            number(n);
    }

    void event(const Stepped &step, uint64_t &now, uint64_t &uptime);
    Bytes take() { return std::move(bytes_); }

private:
    static uint32_t fields(const Stepped &step, uint64_t uptime);
    void data(const Stepped &step);
    void clients(const ccm_catalog &c);

    Bytes bytes_;
    std::array<Bytes, CCM_TAPE_KINDS> last_;
};

uint32_t TapeWriter::fields(const Stepped &step, uint64_t uptime)
{
    const ccm_session_event &e = step.event;
    bool keys = e.keys.status_addr || e.keys.status_key || e.keys.mailbox_addr || e.keys.mailbox_key;
    bool offer = e.offer.table_addr || e.offer.table_key || e.offer.bytes || e.offer.chunks;
    uint32_t bits = 0;
    auto add = [&](bool there, ccm_tape_field field) { bits |= there ? static_cast<uint32_t>(field) : 0; };

    add(e.conn, CCM_TAPE_CONN);
    add(e.status, CCM_TAPE_STATUS);
    add(e.reason, CCM_TAPE_REASON);
    add(e.iwarp, CCM_TAPE_IWARP);
    add(e.random, CCM_TAPE_RANDOM);
    add(e.uptime_ms != uptime, CCM_TAPE_UPTIME);
    add(e.heard_us, CCM_TAPE_HEARD);
    add(e.read_us, CCM_TAPE_READ_US);
    add(keys, CCM_TAPE_KEYS);
    add(e.mtu || e.path_mtu, CCM_TAPE_MTU);
    add(e.link || e.instance || e.epoch, CCM_TAPE_LINK);
    add(offer, CCM_TAPE_OFFER);
    add(step.clients != nullptr, CCM_TAPE_CLIENTS);
    add(e.psk[0], CCM_TAPE_PSK);
    add(!step.data.empty(), CCM_TAPE_DATA);
    return bits;
}

void TapeWriter::data(const Stepped &step)
{
    Bytes &last = last_.at(ccm_tape_kind(step.event.type, step.event.status));
    size_t at = 0, len = step.data.size();

    last.resize(len);
    number(len);
    while (at < len) {
        size_t same = at, other;

        while (same < len && step.data[same] == last[same])
            same++;
        // a byte or two that are the same cost less than another run
        for (other = same; other < len; other++)
            if (std::equal(step.data.begin() + static_cast<long>(other),
                           step.data.begin() + static_cast<long>(std::min(other + 3, len)),
                           last.begin() + static_cast<long>(other)))
                break;
        number(same - at);
        number(other - same);
        raw(step.data.data() + same, other - same);
        at = other;
    }
    last = step.data;
}

void TapeWriter::clients(const ccm_catalog &c)
{
    number(c.count);
    for (uint32_t i = 0; i < c.count; i++) {
        const ccm_catalog_entry &e = c.entries[i];
        size_t len = strnlen(e.name, sizeof(e.name));

        number(len);
        raw(reinterpret_cast<const uint8_t *>(e.name), len);
        for (uint64_t n : {uint64_t{e.version_min}, uint64_t{e.version_max}, uint64_t{e.ports_min},
                           uint64_t{e.ports_max}, e.ask, e.give, e.instance})
            number(n);
    }
}

void TapeWriter::event(const Stepped &step, uint64_t &now, uint64_t &uptime)
{
    const ccm_session_event &e = step.event;
    uint32_t bits = fields(step, uptime);
    auto on = [&](ccm_tape_field field, std::initializer_list<uint64_t> numbers) {
        if (bits & static_cast<uint32_t>(field))
            for (uint64_t n : numbers)
                number(n);
    };

    number(e.type);
    number(step.now - now);
    number(bits);
    on(CCM_TAPE_CONN, {e.conn});
    on(CCM_TAPE_STATUS, {e.status});
    on(CCM_TAPE_REASON, {e.reason});
    on(CCM_TAPE_RANDOM, {e.random});
    if (bits & CCM_TAPE_UPTIME)
        difference(uptime, e.uptime_ms);
    on(CCM_TAPE_HEARD, {step.now - e.heard_us, e.heard_uptime_ms});
    on(CCM_TAPE_READ_US, {e.read_us});
    on(CCM_TAPE_KEYS, {e.keys.status_addr, e.keys.status_key, e.keys.mailbox_addr, e.keys.mailbox_key});
    on(CCM_TAPE_MTU, {e.mtu, e.path_mtu});
    on(CCM_TAPE_LINK, {e.link, e.instance, e.epoch});
    on(CCM_TAPE_OFFER, {e.offer.table_addr, e.offer.table_key, e.offer.bytes, e.offer.chunks});
    if (step.clients)
        clients(*step.clients);
    if (bits & CCM_TAPE_PSK) {
        number(CCM_PSK_NUMBERS);
        for (uint32_t n : e.psk)
            number(n);
    }
    if (!step.data.empty())
        data(step);
    now = step.now;
    uptime = e.uptime_ms;
}

} // namespace

void Tapes::record(const MachineKey &key, const ccm_session &s, uint64_t now, const ccm_session_event &event)
{
    if (!on_)
        return;
    Stepped step;
    last_ = key;
    step.now = now;
    step.event = event;
    if (event.data)
        step.data.assign(event.data, event.data + event.len);
    if (event.catalog)
        step.clients = std::make_shared<ccm_catalog>(*event.catalog);
    step.event.data = nullptr;
    step.event.catalog = nullptr;
    if (event.conn && event.type != CCM_SEV_REQUEST)
        step.of = event.conn == s.conn.id ? Of::present : event.conn == s.candidate.id ? Of::candidate : Of::other;
    MachineTape &tape = tapes_[key];
    tape.config = s.config;
    tape.steps.push_back(std::move(step));
}

std::vector<MachineTape> Tapes::take()
{
    std::vector<MachineTape> list;

    if (tapes_.empty())
        return list;
    list.push_back(tapes_.at(last_));
    for (auto &[key, tape] : tapes_)
        if (key != last_)
            list.push_back(std::move(tape));
    return list;
}

Bytes write_tapes(const std::vector<MachineTape> &tapes)
{
    auto t = std::make_unique<ccm_tape>();
    TapeWriter w;

    w.raw(reinterpret_cast<const uint8_t *>("CCMT"), 4);
    w.number(CCM_TAPE_FORMAT);
    w.number(tapes.size());
    for (const MachineTape &tape : tapes) {
        uint64_t now = 0, uptime = 0;

        w.config(tape.config);
        w.number(tape.steps.size());
        t->chain = 0xcbf29ce484222325ULL;
        ccm_session_config config = tape.config;
        std::memset(config.name, 0, sizeof(config.name)); // a file does not have it
        ccm_session_init(&t->session, &config);
        for (const Stepped &step : tape.steps) {
            w.event(step, now, uptime);
            t->now_us = step.now;
            t->event = step.event;
            t->event.data = step.data.data();
            t->event.len = static_cast<uint32_t>(step.data.size());
            t->event.catalog = step.clients.get();
            ccm_tape_step(t.get());
            uint8_t hash[] = {static_cast<uint8_t>(t->chain), static_cast<uint8_t>(t->chain >> 8)};
            w.raw(hash, sizeof(hash));
        }
    }
    return w.take();
}

} // namespace sim
