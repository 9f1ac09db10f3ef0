// SPDX-License-Identifier: GPL-2.0-only
//
// A partner that does one step of the series wrong: it is sent away, with the reason that fits,
// and nobody else notices.
#include <span>

#include <gtest/gtest.h>

#include "../../ccm/core/bytes.h"
#include "undisturbed.h"

namespace ccm::test {
namespace {

// How a message is spoilt

Spoil put2(std::size_t at, std::uint16_t first, std::uint16_t second)
{
    return [=](Bytes &b) {
        ccm_put_u16(&b[at], first);
        ccm_put_u16(&b[at + 2], second);
    };
}

Spoil flip(std::size_t at)
{
    return [=](Bytes &b) { b[at] ^= 1; };
}

struct Misdeed {
    const char *what;
    Say where;
    Spoil how;
    ccm_reason reason;
};

constexpr ccm_reason nothing_said = CCM_REASON_NONE, refused = CCM_REASON_REFUSED, version = CCM_REASON_VERSION,
                     authentication = CCM_REASON_AUTHENTICATION;

const Misdeed misdeeds[] = {
    // What contradicts the request ends it before a goodbye can be said.
    {"A0 of another incarnation", Say::keys, put(40, 8, 0x5555), nothing_said},
    {"no nonce", Say::keys, put(48, 8, 0), nothing_said},
    {"a status region around the end of memory", Say::keys, put(8, 8, ~0ULL - 100), nothing_said},
    {"a page beyond its region", Say::keys, put(8, 8, 1 << 20), nothing_said},
    {"the other kind of authentication", Say::keys, flip(80), authentication},

    {"a page of another version", Say::page, put2(8, 9, 9), version},

    {"a hello of another version", Say::hello, put2(8, 9, 9), version},
    {"a host name that upsets a terminal", Say::hello, put(96, 1, 27), refused},
    {"a hello with the number of another key", Say::hello, put(60, 4, 77), authentication},
};

// What comes behind the proof: whoever has proven nothing does not get there.
const Misdeed later[] = {
    {"an answer of another nonce", Say::answer, put(24, 8, 0x5555), refused},
    {"a capability that nobody has", Say::answer, put(40, 8, 1), refused},

    {"ready of another catalog", Say::ready, put(8, 8, 0x5555), refused},
    {"ready with another plan", Say::ready, flip(32), refused},
};

// It goes through the series, and is sent away at once, with a reason that fits.
void do_wrong(std::span<const Misdeed> rows)
{
    for (const Misdeed &row : rows) {
        SCOPED_TRACE(row.what);
        RoguePartner rogue = Undisturbed::make();
        rogue.spoil(row.where, row.how);
        rogue.go(std::max(row.where, Say::hello));
        // A stranger's proof is missed before his page is found to be wrong, or afterwards.
        const bool either = Undisturbed::who() == Undisturbed::stranger && row.where == Say::page;
        Undisturbed::expect_sent_away(rogue, row.reason, either ? CCM_REASON_AUTHENTICATION : row.reason);
    }
}

TEST_F(RogueKeyed, DoesEachStepWrong)
{
    do_wrong(misdeeds);
    do_wrong(later);
}

} // namespace
} // namespace ccm::test
