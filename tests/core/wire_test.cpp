// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoders against a naive second implementation (wire_layout), over bytes that
 * are random or nearly right; and encode and decode as inverses of each other.
 */
#include <algorithm>
#include <cstring>
#include <memory>

#include <gtest/gtest.h>

#include "ccm/core/wire.h"
#include "dice.h"
#include "poison.h"
#include "tests/kunit/suites/wire_golden.h"
#include "wire_layout.h"

namespace {

/* A decoder and its encoder, with the structure between them laid out as Values */
struct Codec {
    std::string name;
    Bytes golden;
    std::function<int(const u8 *buf, u32 len, Values &values)> decode;
    std::function<Bytes(const Values &values)> encode;
};

using Visit = std::function<void(const std::string &name, u64 get, const std::function<void(u64)> &set)>;

template <typename T> void visit_one(const Visit &visit, const std::string &name, T &field)
{
    visit(name, static_cast<u64>(field), [&field](u64 v) { field = static_cast<T>(v); });
}

#define FIELD(f) visit_one(visit, #f, m.f)

void visit_fields(ccm_wire_request &m, const Visit &visit)
{
    FIELD(version_min);
    FIELD(version_max);
    FIELD(purpose);
    FIELD(node);
    FIELD(partner);
    FIELD(cluster);
    FIELD(incarnation);
    FIELD(attempt);
    FIELD(uptime_ms);
}

void visit_fields(ccm_wire_reject &m, const Visit &visit)
{
    FIELD(code);
    FIELD(version_min);
    FIELD(version_max);
    FIELD(node);
    FIELD(incarnation);
}

void visit_fields(ccm_wire_keys &m, const Visit &visit)
{
    FIELD(status_addr);
    FIELD(status_key);
    FIELD(status_len);
    FIELD(mailbox_addr);
    FIELD(mailbox_key);
    FIELD(mailbox_len);
    FIELD(incarnation);
    FIELD(nonce);
    FIELD(mtu);
    FIELD(path_mtu);
    FIELD(auth);
    for (u32 i = 0; i < CCM_WIRE_CHALLENGE_LEN; i++)
        visit_one(visit, "challenge" + std::to_string(i), m.challenge[i]);
    for (u32 i = 0; i < CCM_PSK_NUMBERS; i++)
        visit_one(visit, "number" + std::to_string(i), m.numbers[i]);
}

void visit_fields(ccm_wire_ring &m, const Visit &visit)
{
    FIELD(word);
}

void visit_fields(ccm_wire_status &m, const Visit &visit)
{
    FIELD(version_min);
    FIELD(version_max);
    FIELD(node);
    FIELD(incarnation);
    FIELD(cluster);
    FIELD(stage);
    FIELD(flags);
    FIELD(counter);
    FIELD(tick_ms);
    FIELD(uptime_ms);
}

void visit_fields(ccm_wire_hello &m, const Visit &visit)
{
    FIELD(version_min);
    FIELD(version_max);
    FIELD(node);
    FIELD(incarnation);
    FIELD(nonce);
    FIELD(nonce_partner);
    FIELD(capabilities);
    FIELD(detect_ms);
    FIELD(stage);
    FIELD(auth);
    FIELD(number);
    FIELD(uptime_ms);
    FIELD(machine);
    for (u32 i = 0; i < CCM_WIRE_PROOF_LEN; i++)
        visit_one(visit, "proof" + std::to_string(i), m.proof[i]);
    for (u32 i = 0; i < CCM_WIRE_NAME_LEN; i++)
        visit_one(visit, "name" + std::to_string(i), m.name[i]);
    for (u32 i = 0; i < CCM_WIRE_SECRET_LEN; i++)
        visit_one(visit, "secret" + std::to_string(i), m.secret[i]);
}

void visit_fields(ccm_wire_answer &m, const Visit &visit)
{
    FIELD(code);
    FIELD(version);
    FIELD(incarnation);
    FIELD(nonce);
    FIELD(nonce_partner);
    FIELD(capabilities);
}

void visit_fields(ccm_wire_ready &m, const Visit &visit)
{
    FIELD(generation);
    FIELD(generation_partner);
    FIELD(nonce);
    FIELD(plan);
}

void visit_fields(ccm_wire_goodbye &m, const Visit &visit)
{
    FIELD(reason);
    FIELD(stage);
}

void visit_fields(ccm_wire_port &m, const Visit &visit)
{
    FIELD(node);
    FIELD(partner);
    FIELD(token);
    FIELD(instance);
    FIELD(instance_partner);
    FIELD(epoch);
    FIELD(port);
    FIELD(incarnation);
}

void visit_fields(ccm_wire_panic &m, const Visit &visit)
{
    FIELD(node);
    FIELD(partner);
    FIELD(incarnation);
    for (u32 i = 0; i < CCM_WIRE_SECRET_LEN; i++)
        visit_one(visit, "secret" + std::to_string(i), m.secret[i]);
}

template <typename Message, typename Get, typename Put>
Codec make_codec(const std::string &name, Bytes golden, u32 size, Get get, Put put)
{
    Codec codec;
    codec.name = name;
    codec.golden = std::move(golden);
    codec.decode = [get](const u8 *buf, u32 len, Values &values) {
        Message m;
        poison(m);
        int error = get(buf, len, &m);
        if (error) {
            EXPECT_TRUE(is_poison(m)) << "written on error";
            return error;
        }
        values.clear();
        visit_fields(m, [&values](const std::string &field, u64 value, const std::function<void(u64)> &) {
            values[field] = value;
        });
        return 0;
    };
    codec.encode = [put, size](const Values &values) {
        Message m;
        poison(m);
        visit_fields(m, [&values](const std::string &field, u64, const std::function<void(u64)> &set) {
            set(values.at(field));
        });
        /* Exactly the documented room, so that ASan sees one byte too many. */
        Bytes bytes(size, 0xee);
        bytes.shrink_to_fit();
        put(bytes.data(), &m);
        return bytes;
    };
    return codec;
}

#define CODEC(type, TYPE)                                                                                              \
    make_codec<ccm_wire_##type>(#type, Bytes(golden_##type, golden_##type + sizeof(golden_##type)),                    \
                                CCM_WIRE_##TYPE##_LEN, ccm_wire_get_##type, ccm_wire_put_##type)

const std::vector<Codec> &codecs()
{
    static const std::vector<Codec> all = {
        CODEC(request, REQUEST), CODEC(reject, REJECT), CODEC(keys, KEYS),     CODEC(ring, RING),
        CODEC(status, STATUS),   CODEC(hello, HELLO),   CODEC(answer, ANSWER), CODEC(ready, READY),
        CODEC(goodbye, GOODBYE), CODEC(port, PORT),     CODEC(panic, PANIC),
    };
    return all;
}

/* Decodes a heap copy of exactly the bytes' size. */
int decode_exact(const Codec &codec, const Bytes &bytes, Values &values)
{
    std::unique_ptr<u8[]> copy(new u8[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    return codec.decode(copy.get(), static_cast<u32>(bytes.size()), values);
}

/* In a name, what lies behind the NUL is dropped by both directions. */
Values without_remains(Values values)
{
    bool ended = false;
    for (u32 i = 0; values.count("name0") && i < CCM_WIRE_NAME_LEN; i++) {
        u64 &c = values.at("name" + std::to_string(i));
        if (ended)
            c = 0;
        ended = ended || c == 0;
    }
    return values;
}

u64 mask(u32 width)
{
    return width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1;
}

u64 valid_value(const Field &f, Dice &dice)
{
    u64 span = f.high - f.low;
    switch (dice.below(4)) {
    case 0:
        return f.low;
    case 1:
        return f.high;
    default:
        return span == ~0ULL ? dice.word() : f.low + dice.below(span + 1);
    }
}

u64 nasty_value(const Field &f, Dice &dice)
{
    const u64 choices[] = {0, 1, f.low - 1, f.low, f.high, f.high + 1, mask(f.width), dice.word()};
    return choices[dice.below(std::size(choices))] & mask(f.width);
}

/* Values that the layout accepts. */
Values valid_values(const Layout &layout, Dice &dice)
{
    for (;;) {
        Values values;
        for (const Field &f : layout.fields)
            values[f.name] = valid_value(f, dice);
        u32 name_len = static_cast<u32>(dice.below(CCM_WIRE_NAME_LEN));
        for (u32 i = 0; values.count("name0") && i < CCM_WIRE_NAME_LEN; i++)
            values["name" + std::to_string(i)] = i < name_len ? 0x20 + dice.below(0x5f) : 0;
        if (values.count("version_min") && values["version_min"] > values["version_max"])
            std::swap(values["version_min"], values["version_max"]);
        if (layout.consistent(values, layout.size))
            return values;
    }
}

class Wire : public testing::TestWithParam<size_t> {
protected:
    const Layout &layout() const { return layouts().at(GetParam()); }
    const Codec &codec() const { return codecs().at(GetParam()); }
};

TEST_P(Wire, LayoutAndCodecAreOfOneMessage)
{
    ASSERT_EQ(codec().name, layout().name);
    ASSERT_EQ(codec().golden.size(), layout().size);
    Values values;
    ASSERT_EQ(naive_decode(layout(), codec().golden, values), 0);
    Values got;
    ASSERT_EQ(decode_exact(codec(), codec().golden, got), 0);
    EXPECT_EQ(got, values);
    EXPECT_EQ(codec().encode(values), codec().golden);
}

TEST_P(Wire, EveryTruncationIsShort)
{
    for (size_t len = 0; len < codec().golden.size(); len++) {
        Bytes bytes(codec().golden.begin(), codec().golden.begin() + static_cast<long>(len));
        Values values;
        EXPECT_EQ(decode_exact(codec(), bytes, values), CCM_WIRE_ESHORT) << len;
    }
}

TEST_P(Wire, DecodeIsTheInverseOfEncode)
{
    Dice dice(1);
    for (int i = 0; i < 1000; i++) {
        Values values = valid_values(layout(), dice);
        Bytes bytes = codec().encode(values);
        ASSERT_EQ(bytes, naive_encode(layout(), values));
        Values got;
        ASSERT_EQ(decode_exact(codec(), bytes, got), 0);
        ASSERT_EQ(got, values);
    }
}

/* What is accepted comes out again, but for reserved bytes and what is appended. */
TEST_P(Wire, EncodeIsTheInverseOfDecode)
{
    Dice dice(2);
    for (int i = 0; i < 1000; i++) {
        Bytes bytes = naive_encode(layout(), valid_values(layout(), dice));
        bytes.resize(bytes.size() + dice.below(64), 0);
        Values got;
        ASSERT_EQ(decode_exact(codec(), bytes, got), 0);
        bytes.resize(layout().size);
        ASSERT_EQ(codec().encode(got), bytes);
    }
}

TEST_P(Wire, ReservedBytesAreNotLookedAt)
{
    Bytes used(layout().size, 0);
    for (const Field &f : layout().fields)
        std::fill_n(used.begin() + f.offset, f.width, u8{1});
    Values expected;
    ASSERT_EQ(decode_exact(codec(), codec().golden, expected), 0);
    for (u32 i = CCM_WIRE_HEADER_LEN; i < layout().size; i++) {
        if (used[i])
            continue;
        Bytes bytes = codec().golden;
        bytes[i] = 0xff;
        Values got;
        EXPECT_EQ(decode_exact(codec(), bytes, got), 0) << "byte " << i;
        EXPECT_EQ(got, expected) << "byte " << i;
        EXPECT_EQ(codec().golden[i], 0) << "byte " << i;
    }
}

/* A later version appends fields, and only what was there before has been read. */
TEST_P(Wire, ALongerOneIsReadAsFarAsItIsKnown)
{
    Values expected;
    ASSERT_EQ(decode_exact(codec(), codec().golden, expected), 0);
    for (const u32 length : {layout().size + 1, layout().size + 200, 0xffffU}) {
        for (const u32 here : {layout().size, layout().size + 8}) {
            Bytes bytes = codec().golden;
            bytes.resize(here, 0x99);
            write_little_endian(bytes, 6, 2, length);
            Values got;
            EXPECT_EQ(decode_exact(codec(), bytes, got), 0) << length << " bytes, " << here << " of them here";
            EXPECT_EQ(got, expected);
        }
    }
}

/* What a later version says in a field that has few values here is no error where it is safe. */
TEST_P(Wire, ALaterValueIsRead)
{
    for (const Field &f : layout().fields) {
        if (!f.later)
            continue;
        for (const u64 value : {f.high + 1, mask(f.width) / 2, mask(f.width)}) {
            Bytes bytes = codec().golden;
            write_little_endian(bytes, f.offset, f.width, value);
            Values got;
            ASSERT_EQ(decode_exact(codec(), bytes, got), 0) << f.name << " " << value;
            EXPECT_EQ(got.at(f.name), *f.later) << f.name << " " << value;
        }
    }
}

TEST_P(Wire, AgreesWithTheNaiveDecoder)
{
    Dice dice(3);
    std::map<int, int> outcomes;
    for (int i = 0; i < 8000; i++) {
        Bytes bytes;
        if (dice.one_in(20)) {
            bytes.resize(dice.below(300));
            for (u8 &b : bytes)
                b = static_cast<u8>(dice.word());
        } else {
            bytes = naive_encode(layout(), valid_values(layout(), dice));
            bytes.resize(bytes.size() + dice.below(100), 0);
            for (u64 n = dice.below(3); n > 0; n--) {
                const Field &f = layout().fields.at(dice.below(layout().fields.size()));
                write_little_endian(bytes, f.offset, f.width, nasty_value(f, dice));
            }
            if (dice.one_in(4)) {
                const u64 length = layout().size - 8 + dice.below(120);
                write_little_endian(bytes, 6, 2, length);
            }
            if (dice.one_in(10))
                bytes.at(dice.below(bytes.size())) ^= static_cast<u8>(1U << dice.below(8));
            if (dice.one_in(20))
                write_little_endian(bytes, 4, 2, dice.below(14));
            if (dice.one_in(10))
                bytes.resize(dice.below(bytes.size() + 1));
        }
        Values expected;
        Values got;
        int error = naive_decode(layout(), bytes, expected);
        ASSERT_EQ(decode_exact(codec(), bytes, got), error) << "round " << i;
        ASSERT_EQ(got, without_remains(expected)) << "round " << i;
        outcomes[error]++;
    }
    /* The comparison is worth nothing if one outcome was hardly tried. */
    for (int error = CCM_WIRE_ERANGE; error <= 0; error++)
        EXPECT_GT(outcomes[error], 60) << ccm_wire_error_name(error);
}

INSTANTIATE_TEST_SUITE_P(Messages, Wire, testing::Range<size_t>(0, codecs().size()),
                         [](const auto &message) { return codecs().at(message.param).name; });

TEST(WireName, EachByteInEachPlace)
{
    Bytes bytes(golden_hello, golden_hello + sizeof(golden_hello));
    for (u32 at = 0; at < CCM_WIRE_NAME_LEN; at++) {
        std::fill_n(bytes.begin() + 96, CCM_WIRE_NAME_LEN - 1, u8{'x'});
        bytes[96 + CCM_WIRE_NAME_LEN - 1] = 0;
        for (u32 c = 0; c < 256; c++) {
            bytes[96 + at] = static_cast<u8>(c);
            const bool printable = c >= 0x20 && c <= 0x7e;
            const bool ends = at < CCM_WIRE_NAME_LEN - 1;
            ccm_wire_hello hello;
            EXPECT_EQ(ccm_wire_get_hello(bytes.data(), static_cast<u32>(bytes.size()), &hello),
                      c == 0 || (printable && ends) ? 0 : CCM_WIRE_ERANGE)
                << "byte " << c << " at " << at;
        }
    }
}

TEST(WireName, EncoderAlwaysTerminates)
{
    ccm_wire_hello hello;
    ASSERT_EQ(ccm_wire_get_hello(golden_hello, sizeof(golden_hello), &hello), 0);
    std::memset(hello.name, 'y', sizeof(hello.name));
    Bytes bytes(CCM_WIRE_HELLO_LEN);
    ccm_wire_put_hello(bytes.data(), &hello);
    EXPECT_EQ(bytes[96 + CCM_WIRE_NAME_LEN - 2], 'y');
    EXPECT_EQ(bytes[96 + CCM_WIRE_NAME_LEN - 1], 0);
}

/* All ranges of small versions, by trying each version */
TEST(WireVersion, CommonIsTheHighestThatBothHave)
{
    for (u16 a = 0; a < 6; a++)
        for (u16 b = 0; b < 6; b++)
            for (u16 c = 0; c < 6; c++)
                for (u16 d = 0; d < 6; d++) {
                    u16 common = 0;
                    for (u16 v = 1; v < 6; v++)
                        if (a <= v && v <= b && c <= v && v <= d)
                            common = v;
                    EXPECT_EQ(ccm_version_common(a, b, c, d), common) << a << ".." << b << " and " << c << ".." << d;
                    EXPECT_EQ(ccm_version_common(c, d, a, b), common);
                }
}

TEST(WireRing, WordKeepsKindAndSequence)
{
    Dice dice(4);
    for (int i = 0; i < 10000; i++) {
        const u32 kind = 1 + static_cast<u32>(dice.below(255)); /* a later version's, too */
        const u32 seq = static_cast<u32>(dice.word());
        const u32 word = ccm_wire_ring_word(static_cast<ccm_ring>(kind), seq);
        ASSERT_EQ(ccm_wire_ring_kind(word), kind);
        ASSERT_EQ(word & 0xffffff, seq & 0xffffff);
    }
}

TEST(WireCluster, IdsAreNeverZeroAndDiffer)
{
    std::map<u64, std::string> seen;
    for (int i = 0; i < 20000; i++) {
        const std::string name = "cluster-" + std::to_string(i);
        const u64 id = ccm_cluster_id(name.c_str());
        ASSERT_NE(id, 0U);
        ASSERT_TRUE(seen.emplace(id, name).second) << name << " and " << seen[id];
    }
    /* the eight bytes whose hash is 0 */
    EXPECT_EQ(ccm_cluster_id("\xd5\x6b\xb9\x53\x42\x87\x08\x36"), 1U);
    /* Bytes beyond ASCII count as they are, whatever char's sign is. */
    EXPECT_EQ(ccm_cluster_id("\xff"), (0xcbf29ce484222325ULL ^ 0xff) * 0x100000001b3ULL);
}

} // namespace
