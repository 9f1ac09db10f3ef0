// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a message as it came from a partner: every decoder looks at it. One at
 * most may know it, and what that one accepts survives being sent on.
 */
#include <cstring>
#include <vector>

#include "ccm/core/liveness.h"
#include "ccm/core/wire.h"
#include "require.h"

namespace {

template <typename Message, typename Get, typename Put>
bool try_decoder(const u8 *data, u32 size, u32 wire_len, Get get, Put put)
{
    Message msg;
    std::memset(&msg, 0xee, sizeof(msg));
    const int error = get(data, size, &msg);
    if (error) {
        REQUIRE(error >= CCM_WIRE_ERANGE && error <= CCM_WIRE_EMAGIC);
        for (size_t i = 0; i < sizeof(msg); i++)
            REQUIRE(reinterpret_cast<const u8 *>(&msg)[i] == 0xee);
        return error == CCM_WIRE_ERANGE;
    }
    REQUIRE(size >= wire_len);

    std::vector<u8> once(wire_len, 0xee);
    once.shrink_to_fit();
    put(once.data(), &msg);
    Message again;
    const int second = get(once.data(), wire_len, &again);
    if constexpr (std::is_same_v<Message, ccm_wire_catalog>) {
        /* Entries are not kept, so that a count without them is refused. */
        REQUIRE(msg.count ? second == CCM_WIRE_ERANGE : second == 0);
        if (second)
            return true;
    }
    REQUIRE(second == 0);
    std::vector<u8> twice(wire_len, 0xee);
    put(twice.data(), &again);
    REQUIRE(once == twice);
    return true;
}

} // namespace

#define TRY(type, TYPE)                                                                 \
    try_decoder<ccm_wire_##type>(data, len, CCM_WIRE_##TYPE##_LEN, ccm_wire_get_##type, \
                                 ccm_wire_put_##type)

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const u32 len = static_cast<u32>(size);
    const int known = TRY(request, REQUEST) + TRY(reject, REJECT) + TRY(keys, KEYS) +
                      TRY(ring, RING) + TRY(status, STATUS) + TRY(hello, HELLO) +
                      TRY(answer, ANSWER) + TRY(catalog, CATALOG) + TRY(ready, READY) +
                      TRY(goodbye, GOODBYE);
    REQUIRE(known <= 1);

    /* A name that was accepted can be printed. */
    ccm_wire_hello hello;
    if (ccm_wire_get_hello(data, len, &hello) == 0) {
        REQUIRE(std::memchr(hello.name, 0, sizeof(hello.name)) != nullptr);
        for (const char *c = hello.name; *c; c++)
            REQUIRE(*c >= 0x20 && *c < 0x7f);
        REQUIRE(hello.detect_ms >= CCM_DETECT_MS_MIN && hello.detect_ms <= CCM_DETECT_MS_MAX);
    }
    ccm_wire_keys keys;
    if (ccm_wire_get_keys(data, len, &keys) == 0)
        REQUIRE(keys.status_addr + keys.status_len >= keys.status_addr &&
                keys.mailbox_addr + keys.mailbox_len >= keys.mailbox_addr);
    return 0;
}
