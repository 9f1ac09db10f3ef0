// SPDX-License-Identifier: GPL-2.0-only
#include "states_rst.h"

#include <cctype>

#include <fmt/format.h>

#include "../../ccm/core/names.h"
#include "../../ccm/core/session.h"

namespace sim {

namespace {

const char *const meanings[CCM_STATE_COUNT] = {
    "No session; the reason says why. Unless the partner is disabled, the next attempt follows.",
    "Looking for the partner: my request is under way, or I have accepted the partner's, or I "
    "wait for the one that crossed mine.",
    "Connected. Each side tells where its memory is (A0), reads the other's status page (R1), "
    "writes its hello (W1) and reads the answer to it (R2).",
    "Accepted on both sides; the catalogs are exchanged (W2).",
    "The plan is made; the links of clients that fit are opened, for a while, and each side says "
    "that it is ready (W3).",
    "Told and been told to be ready: clients have heard READY, heartbeats watch the partner. "
    "Clients come and go, and links with them.",
};

std::string next_states(const ccm_session_row &row)
{
    std::string text;

    for (uint32_t state = 0; state < CCM_STATE_COUNT; state++)
        if (row.next >> state & 1)
            text += (text.empty() ? "" : ", ") + std::string(ccm_state_name(state));
    return text;
}

std::string sentence(std::string text)
{
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

const std::string table_head = ".. list-table::\n   :header-rows: 1\n   :widths: 15 55 10 20\n\n"
                               "   * - Event\n     - What is done\n     - Advance\n     - Next\n";

std::string table_row(const ccm_session_row &row)
{
    return fmt::format("   * - {}\n     - {}\n     - {}\n     - {}\n", ccm_session_event_name(row.event),
                       sentence(row.text), row.advance ? "yes" : "no", row.next ? next_states(row) : "unchanged");
}

} // namespace

std::string states_rst()
{
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);
    std::string out = ".. SPDX-License-Identifier: GPL-2.0-only\n"
                      ".. Printed by ccm_states_rst from ccm/core/session_table.c: change it there.\n"
                      "\n"
                      "States of a partner\n"
                      "===================\n"
                      "\n"
                      "What a session does in each state when something happens. An event of a connection "
                      "that\nis not the session's (any more) is ignored in every state. To *close* is to end "
                      "the\nconnection so that nothing the partner had can reach memory any more; clients hear "
                      "DOWN\nonly after that. *Advance*: when that is done, the session goes on to the next "
                      "states, as far\nas what has been sent and received allows.\n";

    for (uint32_t state = 0; state < CCM_STATE_COUNT; state++) {
        std::string title = ccm_state_name(state);
        std::string table, ignored;

        for (uint32_t event = 0; event < CCM_SEV_COUNT; event++) {
            const ccm_session_row &row = rows[state * CCM_SEV_COUNT + event];
            const char *name = ccm_session_event_name(event);

            if (row.handle)
                table += table_row(row);
            else
                ignored += fmt::format("- {}: {}\n", name, row.text);
        }
        out += fmt::format("\n{}\n{}\n\n{}\n\n", title, std::string(title.size(), '-'), meanings[state]);
        out += table_head + table;
        out += "\nIgnored:\n\n" + ignored;
    }
    out += "\nA candidate\n-----------\n\n"
           "A connection that is greeted beside the session's, while the state is GREETING or higher. What\n"
           "happens to it leaves the session where it is, until it is proven to be the partner's.\n\n";
    rows = ccm_session_candidate_table(&count);
    out += table_head;
    for (uint32_t i = 0; i < count; i++)
        out += table_row(rows[i]);
    return out;
}

} // namespace sim
