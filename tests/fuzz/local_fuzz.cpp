// SPDX-License-Identifier: GPL-2.0-only
/*
 * What people and programs of this node say: numbers of parameters, boot stages, client names.
 *
 *	0, a number or a name, as text
 * or	anything else, a crash kernel's if it is 1; then for each wish: who, stage
 */
#include <array>
#include <cctype>
#include <string>

#include "ccm/core/boot_stage.h"
#include "ccm/core/catalog.h"
#include "ccm/core/number.h"
#include "input.h"
#include "require.h"

namespace {

/* The rule once more, with big numbers: digits, no zero in front, a unit, a line feed. */
u32 expected(std::string text, bool units, u64 max, u64 *number)
{
    unsigned __int128 value = 0;
    size_t digits = 0;
    u32 shift = 0;
    bool huge = false;

    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; digits++) {
        value = value * 10 + static_cast<unsigned>(text[digits] - '0');
        huge = huge || value >> 64;
        if (huge)
            value = 0;
    }
    std::string rest = text.substr(digits);
    const std::string names = "kmgt";
    if (units && !rest.empty()) {
        const size_t at = names.find(static_cast<char>(std::tolower(static_cast<unsigned char>(rest[0]))));
        if (at != std::string::npos) {
            shift = 10 * static_cast<u32>(at + 1);
            rest.erase(0, 1);
        }
    }
    if (digits == 0 || (!rest.empty() && rest != "\n"))
        return CCM_NUMBER_MALFORMED;
    if (text[0] == '0' && digits > 1)
        return CCM_NUMBER_ZERO_IN_FRONT;
    if (huge || value << shift > max)
        return CCM_NUMBER_TOO_LARGE;
    *number = static_cast<u64>(value << shift);
    return CCM_NUMBER_OK;
}

void numbers(Input &in)
{
    const u64 max = in.byte() & 1 ? ~0ULL : 0xffffffffULL;
    std::string text;
    while (!in.empty())
        text += static_cast<char>(in.byte());
    text = text.c_str(); /* as C sees it */

    for (bool units : {false, true}) {
        u64 number = 0xeeee;
        u64 wanted = 0xeeee;
        const u32 error =
            units ? ccm_number_read_bytes(text.c_str(), max, &number) : ccm_number_read(text.c_str(), max, &number);
        REQUIRE(error == expected(text, units, max, &wanted));
        REQUIRE(number == wanted);
    }

    /* What is a client's name can be printed, and is one word. */
    std::array<char, CCM_CLIENT_NAME_LEN> name{};
    text.copy(name.data(), name.size());
    if (ccm_client_name_valid(name.data())) {
        REQUIRE(name.back() == '\0' && name[0]);
        for (const char *c = name.data(); *c; c++)
            REQUIRE(*c > ' ' && *c < 0x7f);
    }
}

void stages(Input &in, bool dumping)
{
    ccm_boot_stage s;
    std::array<u32, 8> holders{};
    bool leaving = dumping;
    ccm_boot_stage_start(&s, dumping ? CCM_STAGE_DUMPING : CCM_STAGE_KERNEL);

    while (!in.empty()) {
        const u8 who = in.byte();
        const u32 stage = in.byte();
        const u32 before = ccm_boot_stage_shown(&s);
        if (who == 0xff) {
            ccm_boot_stage_leave(&s);
            leaving = true;
        } else if (who >= 0x80) {
            const u32 result = ccm_boot_stage_set(&s, stage);
            REQUIRE((result == CCM_BOOT_STAGE_OK) <= (stage >= CCM_STAGE_KERNEL && stage <= CCM_STAGE_STOPPING));
            REQUIRE(result == CCM_BOOT_STAGE_OK || ccm_boot_stage_shown(&s) == before);
            REQUIRE(result != CCM_BOOT_STAGE_OK || !leaving);
        } else {
            u32 &held = holders[who % holders.size()];
            const u32 result = ccm_boot_stage_hold(&s, held, stage);
            REQUIRE(result == CCM_BOOT_STAGE_OK || stage != CCM_STAGE_UNKNOWN);
            REQUIRE(result == CCM_BOOT_STAGE_OK || ccm_boot_stage_shown(&s) == before);
            if (result == CCM_BOOT_STAGE_OK)
                held = stage;
        }
        const u32 shown = ccm_boot_stage_shown(&s);
        REQUIRE(shown < CCM_STAGE_COUNT && (shown == CCM_STAGE_DUMPING) == dumping);
        for (u32 held : holders)
            REQUIRE(dumping || held == CCM_STAGE_UNKNOWN || held <= shown || shown == CCM_STAGE_STOPPING);
        for (u32 held : holders)
            REQUIRE(held == CCM_STAGE_UNKNOWN || shown != CCM_STAGE_STOPPING || leaving);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Input in(data, size);
    const u8 kind = in.byte();
    if (kind == 0)
        numbers(in);
    else
        stages(in, kind == 1);
    return 0;
}
