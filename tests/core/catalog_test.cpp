// SPDX-License-Identifier: GPL-2.0-only
/*
 * For any two catalogs the plans agree and the limits hold; and no bytes make a decoder
 * read out of bounds, believe what is not so, or write on error.
 */
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "catalog_model.h"
#include "ccm/core/names.h"
#include "dice.h"
#include "poison.h"
#include "tests/kunit/suites/wire_golden.h"

namespace {

/* A copy of exactly the bytes' size, so that ASan sees a read beyond it */
std::unique_ptr<u8[]> exact(const Bytes &bytes)
{
    std::unique_ptr<u8[]> copy(new u8[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    return copy;
}

u32 size_of(const Bytes &bytes)
{
    return static_cast<u32>(bytes.size());
}

std::string random_name(Dice &dice)
{
    static const char *const common[] = {"log", "lock", "fm", "mirror", "a", "log2"};
    std::string name;

    if (dice.one_in(2))
        return common[dice.below(std::size(common))];
    for (u64 n = dice.between(1, 31); n > 0; n--)
        name += static_cast<char>(dice.between('!', '~'));
    return name;
}

u64 random_size(Dice &dice)
{
    const u64 sizes[] = {0, 1, 4096, 1 << 20, ~0ULL, ~0ULL - 1, 1ULL << 63, dice.word()};

    return sizes[dice.below(std::size(sizes))];
}

ModelCatalog random_catalog(Dice &dice)
{
    ModelCatalog catalog;
    const u64 count = dice.one_in(10) ? 64 : dice.below(8);

    catalog.generation = dice.word() | 1;
    catalog.nonce = dice.word() | 1;
    while (catalog.clients.size() < count) {
        ModelClient c;
        c.name = random_name(dice);
        c.version_min = dice.one_in(9) ? dice.between(1, 0xffff) : dice.between(1, 3);
        c.version_max = dice.between(c.version_min, dice.one_in(9) ? 0xffff : c.version_min + 2);
        if (c.version_max > 0xffff)
            c.version_max = 0xffff;
        c.ports_min = dice.between(1, dice.one_in(4) ? 64 : 3);
        c.ports_max = dice.between(c.ports_min, 64);
        c.ask = dice.one_in(2) ? 0 : random_size(dice);
        c.give = dice.one_in(2) ? ~0ULL : random_size(dice);
        c.instance = dice.one_in(2) ? dice.word() | 1 : dice.between(1, 200);
        bool twice = false;
        for (const ModelClient &other : catalog.clients)
            twice = twice || other.name == c.name || other.instance == c.instance;
        if (!twice)
            catalog.clients.push_back(c);
    }
    return catalog;
}

ModelTable random_table(Dice &dice)
{
    ModelTable table;
    const u64 count = dice.one_in(10) ? 64 : dice.below(8);

    table.nonce = dice.word() | 1;
    table.sequence = dice.word() | 1;
    for (u64 i = 0; i < count; i++) {
        ModelSlot s = {};
        s.mine = dice.one_in(6) ? 0 : 1 + i * 1000 + dice.below(1000);
        s.yours = dice.word() | 1;
        s.epoch = dice.one_in(3) ? 0xfffffff0 : dice.between(1, 9);
        s.state = dice.below(8);
        s.reason = dice.below(dice.one_in(8) ? 0x10000 : 12);
        s.chunks = dice.one_in(3) ? 0 : dice.between(1, 256);
        s.bytes = s.chunks ? random_size(dice) | 1 : 0;
        s.table_addr = dice.one_in(3) ? 0 - 16 * s.chunks - 1 : dice.word() >> 1;
        s.table_key = dice.word() & 0xffffffff;
        table.slots.push_back(s);
    }
    return table;
}

ModelClient model_of(const ccm_catalog_entry &e)
{
    return {e.name, e.version_min, e.version_max, e.ports_min, e.ports_max, e.ask, e.give, e.instance};
}

ModelSlot model_of(const ccm_link_slot &s)
{
    return {s.mine,         s.yours,      s.epoch, s.state, s.reason, s.offer.table_addr, s.offer.table_key,
            s.offer.chunks, s.offer.bytes};
}

std::unique_ptr<ccm_catalog> decoded(const Bytes &bytes)
{
    auto catalog = std::make_unique<ccm_catalog>();

    EXPECT_EQ(ccm_catalog_get(exact(bytes).get(), size_of(bytes), catalog.get()), 0);
    return catalog;
}

/* Some bytes or a field or the length are changed; or the end is cut off. */
void spoil(Bytes &bytes, Dice &dice, u32 header, u32 part)
{
    for (u64 n = dice.below(4); n > 0; n--) {
        const u64 parts = (bytes.size() - header) / part;
        u64 at = dice.below(bytes.size());

        if (parts && dice.one_in(2)) /* one entry over another, or a piece of it */
            std::copy_n(bytes.begin() + header + static_cast<long>(part * dice.below(parts)), dice.between(1, part),
                        bytes.begin() + header + static_cast<long>(part * dice.below(parts)));
        else if (dice.one_in(3))
            bytes[at] = static_cast<u8>(dice.word());
        else if (dice.one_in(2))
            bytes[at] = dice.one_in(2) ? 0 : 0xff;
        else if (bytes.size() >= 32)
            write_little_endian(bytes, 24, 4, dice.one_in(2) ? dice.below(70) : dice.word());
    }
    if (dice.one_in(6))
        write_little_endian(bytes, 6, 2, dice.below(6000));
    if (dice.one_in(6))
        bytes.resize(dice.below(bytes.size() + 1));
    if (dice.one_in(6))
        bytes.resize(bytes.size() + dice.below(300), 0xee);
}

TEST(Catalog, DecoderAgreesWithTheModel)
{
    Dice dice(11);
    std::map<int, int> outcomes;

    for (int i = 0; i < 60000; i++) {
        Bytes bytes = model_bytes(random_catalog(dice));
        if (dice.one_in(50)) {
            bytes.resize(dice.below(6000));
            for (u8 &b : bytes)
                b = static_cast<u8>(dice.word());
        } else {
            spoil(bytes, dice, 40, 80);
        }
        const auto expected = model_catalog(bytes);
        auto got = std::make_unique<ccm_catalog>();
        poison(*got);

        const int error = ccm_catalog_get(exact(bytes).get(), size_of(bytes), got.get());
        ASSERT_EQ(error == 0, expected.has_value()) << "round " << i << ": " << error;
        ASSERT_EQ(ccm_catalog_check(exact(bytes).get(), size_of(bytes)), error);
        outcomes[error]++;
        if (error) {
            ASSERT_TRUE(is_poison(*got)) << "round " << i;
            continue;
        }
        ASSERT_EQ(got->generation, expected->generation);
        ASSERT_EQ(got->nonce, expected->nonce);
        ASSERT_EQ(got->count, expected->clients.size());
        for (u32 k = 0; k < got->count; k++)
            ASSERT_EQ(model_of(got->entries[k]), expected->clients[k]) << "round " << i;
        Bytes again(ccm_catalog_len(got->count), 0xee);
        ccm_catalog_put(exact(again).get(), got.get()); /* not a byte too many */
        ccm_catalog_put(again.data(), got.get());
        ASSERT_EQ(again, model_bytes(*expected)) << "round " << i;
    }
    /* The comparison is worth nothing if one outcome was hardly tried. */
    for (int error : {0, CCM_WIRE_ESHORT, CCM_WIRE_ERANGE, CCM_WIRE_EMAGIC, CCM_WIRE_ETYPE})
        EXPECT_GT(outcomes[error], 50) << error;
    EXPECT_GT(outcomes[0], 10000);
    EXPECT_GT(outcomes[CCM_WIRE_ERANGE], 10000);
}

TEST(Catalog, TableDecoderAgreesWithTheModel)
{
    Dice dice(12);
    std::map<int, int> outcomes;

    for (int i = 0; i < 60000; i++) {
        Bytes bytes = model_bytes(random_table(dice));
        spoil(bytes, dice, 32, 64);
        const auto expected = model_table(bytes);
        const auto copy = exact(bytes);
        ccm_links_header got;
        poison(got);

        const int error = ccm_links_get(copy.get(), size_of(bytes), &got);
        ASSERT_EQ(error == 0, expected.has_value()) << "round " << i << ": " << error;
        outcomes[error]++;
        if (error) {
            ASSERT_TRUE(is_poison(got)) << "round " << i;
            continue;
        }
        ASSERT_EQ(got.nonce, expected->nonce);
        ASSERT_EQ(got.sequence, expected->sequence);
        ASSERT_EQ(got.count, expected->slots.size());
        Bytes again(ccm_links_len(got.count), 0xee);
        ccm_links_put(again.data(), &got);
        for (u32 k = 0; k < got.count; k++) {
            ccm_link_slot slot;
            ccm_links_get_slot(copy.get(), k, &slot);
            ASSERT_EQ(model_of(slot), expected->slots[k]) << "round " << i;
            ccm_links_put_slot(again.data(), k, &slot);
        }
        ASSERT_EQ(again, model_bytes(*expected)) << "round " << i;
    }
    for (int error : {0, CCM_WIRE_ESHORT, CCM_WIRE_ERANGE})
        EXPECT_GT(outcomes[error], 3000) << error;
}

/* FNV-1a over numbers of eight bytes each */
u64 hash_of(const std::vector<u64> &numbers)
{
    u64 hash = 0xcbf29ce484222325ULL;

    for (u64 number : numbers) {
        Bytes bytes(8);
        write_little_endian(bytes, 0, 8, number);
        for (u8 b : bytes)
            hash = (hash ^ b) * 0x100000001b3ULL;
    }
    return hash;
}

TEST(Catalog, BothSidesMakeTheSamePlans)
{
    Dice dice(13);
    std::map<u32, int> whys;

    for (int i = 0; i < 3000; i++) {
        const ModelCatalog low = random_catalog(dice);
        const ModelCatalog high = random_catalog(dice);
        const Bytes low_bytes = model_bytes(low);
        const Bytes high_bytes = model_bytes(high);
        /* Each side has its own of one and has decoded the other's. */
        const auto a_low = decoded(low_bytes), a_high = decoded(high_bytes);
        const auto b_low = decoded(low_bytes), b_high = decoded(high_bytes);

        std::vector<u64> plans{low.generation, high.generation};

        ASSERT_EQ(ccm_plan_hash(a_low.get(), a_high.get()), ccm_plan_hash(b_low.get(), b_high.get()));
        for (u32 k = 0; k < a_low->count; k++) {
            const ccm_catalog_entry &mine = a_low->entries[k];
            const ccm_catalog_entry *theirs = ccm_catalog_find(a_high.get(), mine.name);
            const ModelClient *other = nullptr;
            for (const ModelClient &c : high.clients)
                if (c.name == low.clients[k].name)
                    other = &c;
            ASSERT_EQ(theirs != nullptr, other != nullptr);
            if (!theirs)
                continue;
            ASSERT_EQ(theirs->instance, other->instance);
            ASSERT_EQ(ccm_catalog_find_instance(a_high.get(), other->instance), theirs);

            ccm_plan here, there;
            poison(here);
            poison(there);
            ccm_plan_make(&mine, theirs, &here);
            ccm_plan_make(theirs, &mine, &there);
            const ccm_plan expected = model_plan(low.clients[k], *other);
            plans.insert(plans.end(), {low.clients[k].instance, other->instance, expected.why, expected.version,
                                       expected.ports, expected.give, expected.take});
            whys[here.why]++;
            ASSERT_EQ(here.why, expected.why);
            ASSERT_EQ(here.version, expected.version);
            ASSERT_EQ(here.ports, expected.ports);
            ASSERT_EQ(here.give, expected.give);
            ASSERT_EQ(here.take, expected.take);
            /* the same on the other side, with give and take each other's */
            ASSERT_EQ(there.why, here.why);
            ASSERT_EQ(there.version, here.version);
            ASSERT_EQ(there.ports, here.ports);
            ASSERT_EQ(there.give, here.take);
            ASSERT_EQ(there.take, here.give);
            /* never past what a side allows, whatever the other one declares */
            ASSERT_LE(here.ports, mine.ports_max);
            ASSERT_LE(here.ports, theirs->ports_max);
            ASSERT_LE(here.ports, CCM_CLIENT_PORTS_MAX);
            ASSERT_LE(here.give, mine.give);
            ASSERT_LE(there.give, theirs->give);
        }
        /* another kernel's module, another day's: the hash is part of the protocol */
        ASSERT_EQ(ccm_plan_hash(a_low.get(), a_high.get()), hash_of(plans));
    }
    for (u32 why : {CCM_CLIENT_NONE, CCM_CLIENT_VERSION, CCM_CLIENT_PORTS, CCM_CLIENT_MEMORY})
        EXPECT_GT(whys[why], 100) << ccm_client_reason_text(why);
}

/* What makes another plan makes another hash. */
TEST(Catalog, TheHashTellsPlansApart)
{
    Dice dice(14);
    int changed = 0;

    for (int i = 0; i < 4000; i++) {
        ModelCatalog low = random_catalog(dice);
        const ModelCatalog high = random_catalog(dice);
        const auto theirs = decoded(model_bytes(high));
        const u64 hash = ccm_plan_hash(decoded(model_bytes(low)).get(), theirs.get());

        low.generation ^= 2;
        ASSERT_NE(ccm_plan_hash(decoded(model_bytes(low)).get(), theirs.get()), hash);
        low.generation ^= 2;
        for (ModelClient &c : low.clients) {
            const ModelClient *other = nullptr;
            for (const ModelClient &o : high.clients)
                if (o.name == c.name)
                    other = &o;
            if (!other || model_plan(c, *other).why)
                continue;
            const u64 ask = c.ask;
            c.ask = ask ? ask - 1 : 1;
            if (model_plan(c, *other).why == CCM_CLIENT_NONE) {
                ASSERT_NE(ccm_plan_hash(decoded(model_bytes(low)).get(), theirs.get()), hash);
                changed++;
            }
            c.ask = ask;
        }
        ASSERT_EQ(ccm_plan_hash(decoded(model_bytes(low)).get(), theirs.get()), hash);
    }
    EXPECT_GT(changed, 500);
}

/* One catalog behind another: what the sender may have changed, and what not */
TEST(Catalog, CompareAgreesWithTheModel)
{
    Dice dice(15);
    std::map<int, int> outcomes;

    for (int i = 0; i < 20000; i++) {
        const ModelCatalog old = random_catalog(dice);
        ModelCatalog next = old;

        if (dice.one_in(2))
            next.generation = dice.one_in(3) ? dice.word() | 1 : next.generation + 1;
        for (ModelClient &c : next.clients) {
            if (!dice.one_in(8))
                continue;
            switch (dice.below(8)) {
            case 0:
                c.ask++;
                break;
            case 1:
                c.give--;
                break;
            case 2:
                c.name = "x" + std::to_string(c.instance);
                break;
            case 3:
                c.ports_max = 64;
                break;
            case 4:
                c.instance = c.instance + 1000;
                break;
            case 5:
                c.version_min = 1;
                break;
            case 6:
                c.version_max = 0xffff;
                break;
            case 7:
                c.ports_min = 1;
                break;
            }
        }
        if (dice.one_in(16))
            next.nonce ^= 2;
        if (dice.one_in(4) && !next.clients.empty())
            next.clients.pop_back();
        const Bytes bytes = model_bytes(next);
        if (!model_catalog(bytes) || next.generation == 0)
            continue;

        bool same_set = next.clients.size() == old.clients.size() && next.nonce == old.nonce;
        bool denies = false;
        for (const ModelClient &c : next.clients) {
            bool found = false;
            for (const ModelClient &o : old.clients) {
                found = found || o == c;
                denies = denies || (o.instance == c.instance && o != c);
            }
            same_set = same_set && found;
        }
        int expected = CCM_CATALOG_CONTRADICTS;
        if (next.generation > old.generation && !denies)
            expected = CCM_CATALOG_NEWER;
        if (next.generation == old.generation && same_set)
            expected = CCM_CATALOG_SAME;
        const auto before = decoded(model_bytes(old));
        ASSERT_EQ(int{ccm_catalog_compare(exact(bytes).get(), before.get())}, expected) << i;
        outcomes[expected]++;
    }
    for (int relation : {CCM_CATALOG_SAME, CCM_CATALOG_NEWER, CCM_CATALOG_CONTRADICTS})
        EXPECT_GT(outcomes[relation], 1500) << relation;
}

TEST(Catalog, NamesThatAClientMayHave)
{
    char name[CCM_CLIENT_NAME_LEN];

    for (u32 at = 0; at < CCM_CLIENT_NAME_LEN; at++) {
        for (u32 c = 0; c < 256; c++) {
            std::memset(name, 'x', sizeof(name));
            name[CCM_CLIENT_NAME_LEN - 1] = 0;
            name[at] = static_cast<char>(c);
            const bool ends = at < CCM_CLIENT_NAME_LEN - 1;
            const bool valid = c == 0 ? at > 0 : ends && c > 0x20 && c < 0x7f;
            EXPECT_EQ(ccm_client_name_valid(name), valid) << "byte " << c << " at " << at;
        }
    }
}

TEST(Catalog, TheLargestOfAll)
{
    ModelCatalog catalog;

    for (u32 i = 0; i < 64; i++)
        catalog.clients.push_back({"client-" + std::to_string(i), 1, 1, 1, 64, ~0ULL, ~0ULL, ~0ULL - i});
    const Bytes bytes = model_bytes(catalog);
    EXPECT_EQ(bytes.size(), CCM_CATALOG_LEN_MAX);
    EXPECT_EQ(decoded(bytes)->count, 64U);
    EXPECT_LE(CCM_MAILBOX_CATALOG + CCM_CATALOG_LEN_MAX, u32{CCM_MAILBOX_LINKS});
    EXPECT_LE(CCM_MAILBOX_LINKS + CCM_LINKS_LEN_MAX, u32{CCM_MAILBOX_LEN});
}

TEST(Catalog, GoldenVectors)
{
    const Bytes catalog(golden_catalog, golden_catalog + sizeof(golden_catalog));
    const Bytes links(golden_links, golden_links + sizeof(golden_links));

    ASSERT_TRUE(model_catalog(catalog));
    EXPECT_EQ(model_bytes(*model_catalog(catalog)), catalog);
    ASSERT_TRUE(model_table(links));
    EXPECT_EQ(model_bytes(*model_table(links)), links);
}

} // namespace
