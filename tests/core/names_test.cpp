// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which word belongs to which value: people act on them, and a table in the wrong order says
 * something else. The words of clients are in tests/sim, table_test.
 */
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ccm/core/failover.h"
#include "ccm/core/links.h"
#include "ccm/core/names.h"
#include "ccm/core/reason.h"
#include "ccm/core/session_action.h"
#include "ccm/core/session_event.h"
#include "ccm/core/wire.h"

namespace {

using Words = std::vector<std::pair<u32, const char *>>;

/* All there are, and what comes behind them is none */
void expect_words(const char *(*name)(u32), u32 count, const Words &words)
{
    for (const auto &[value, word] : words)
        EXPECT_STREQ(name(value), word) << value;
    EXPECT_EQ(words.size(), count);
    EXPECT_STREQ(name(count), "?");
}

TEST(Names, States)
{
    expect_words(ccm_state_name, CCM_STATE_COUNT,
                 {{CCM_STATE_DOWN, "DOWN"},
                  {CCM_STATE_CONNECTING, "CONNECTING"},
                  {CCM_STATE_GREETING, "GREETING"},
                  {CCM_STATE_NEGOTIATING, "NEGOTIATING"},
                  {CCM_STATE_OPENING, "OPENING"},
                  {CCM_STATE_READY, "READY"}});
}

TEST(Names, Reasons)
{
    expect_words(ccm_reason_text, CCM_REASON_COUNT,
                 {{CCM_REASON_NONE, "none"},
                  {CCM_REASON_UNREACHABLE, "unreachable"},
                  {CCM_REASON_HUNG, "hung"},
                  {CCM_REASON_PANICKED, "panicked"},
                  {CCM_REASON_SHUTDOWN, "shutdown"},
                  {CCM_REASON_RESTARTED, "restarted"},
                  {CCM_REASON_VERSION, "version"},
                  {CCM_REASON_REFUSED, "refused"},
                  {CCM_REASON_AUTHENTICATION, "authentication"},
                  {CCM_REASON_ADMIN, "admin"},
                  {CCM_REASON_DEVICE, "device"},
                  {CCM_REASON_RELOADED, "reloaded"},
                  {CCM_REASON_DUPLICATE, "duplicate"},
                  {CCM_REASON_ADDRESS, "address"},
                  {CCM_REASON_MTU, "mtu"}});
}

/* What to do about it: some word of the sentence */
TEST(Names, Remedies)
{
    const Words words = {{CCM_REASON_NONE, "nothing has been tried"},
                         {CCM_REASON_UNREACHABLE, "can be a partition"},
                         {CCM_REASON_HUNG, "does not schedule"},
                         {CCM_REASON_PANICKED, "panicked"},
                         {CCM_REASON_SHUTDOWN, "shuts down"},
                         {CCM_REASON_RESTARTED, "kernel was started anew"},
                         {CCM_REASON_VERSION, "no protocol version"},
                         {CCM_REASON_REFUSED, "not configured as this node expects"},
                         {CCM_REASON_AUTHENTICATION, "pre-shared key"},
                         {CCM_REASON_ADMIN, "by an administrator"},
                         {CCM_REASON_DEVICE, "no RDMA device"},
                         {CCM_REASON_RELOADED, "module was loaded anew"},
                         {CCM_REASON_DUPLICATE, "two machines"},
                         {CCM_REASON_ADDRESS, "its address is not"},
                         {CCM_REASON_MTU, "large frames"}};

    for (const auto &[reason, word] : words)
        EXPECT_NE(std::string(ccm_reason_remedy(reason)).find(word), std::string::npos) << reason;
    EXPECT_EQ(words.size(), u32{CCM_REASON_COUNT});
    EXPECT_STREQ(ccm_reason_remedy(CCM_REASON_COUNT), "see `ccmadm status`");
}

TEST(Names, Stages)
{
    expect_words(ccm_stage_name, CCM_STAGE_COUNT,
                 {{CCM_STAGE_UNKNOWN, "unknown"},
                  {CCM_STAGE_KERNEL, "kernel"},
                  {CCM_STAGE_INITRAMFS, "initramfs"},
                  {CCM_STAGE_ROOT, "root"},
                  {CCM_STAGE_USERSPACE, "userspace"},
                  {CCM_STAGE_STORAGE, "storage"},
                  {CCM_STAGE_RUNNING, "running"},
                  {CCM_STAGE_STOPPING, "stopping"},
                  {CCM_STAGE_DUMPING, "dumping"}});
}

TEST(Names, Decisions)
{
    expect_words(ccm_fm_decision_name, CCM_FM_DECISION_COUNT,
                 {{CCM_FM_NONE, "none"},
                  {CCM_FM_START_WAIT, "start-wait"},
                  {CCM_FM_PARTNER_UP, "partner-up"},
                  {CCM_FM_BOOTING_WAIT, "booting-wait"},
                  {CCM_FM_BOOT_STALLED, "boot-stalled"},
                  {CCM_FM_PARTNER_STOPPING, "partner-stopping"},
                  {CCM_FM_TAKEOVER_ADVISED, "takeover-advised"},
                  {CCM_FM_GIVEBACK_POSSIBLE, "giveback-possible"},
                  {CCM_FM_CANNOT_TELL, "cannot-tell"},
                  {CCM_FM_SUSPECT, "suspect"},
                  {CCM_FM_FLAPPING, "flapping"}});
}

TEST(Names, Events)
{
    expect_words(ccm_session_event_name, CCM_SEV_COUNT,
                 {{CCM_SEV_START, "START"},
                  {CCM_SEV_STOP, "STOP"},
                  {CCM_SEV_PATH_UP, "PATH_UP"},
                  {CCM_SEV_REQUEST, "REQUEST"},
                  {CCM_SEV_ESTABLISHED, "ESTABLISHED"},
                  {CCM_SEV_REJECTED, "REJECTED"},
                  {CCM_SEV_FAILED, "FAILED"},
                  {CCM_SEV_DISCONNECTED, "DISCONNECTED"},
                  {CCM_SEV_ERROR, "ERROR"},
                  {CCM_SEV_DEVICE_GONE, "DEVICE_GONE"},
                  {CCM_SEV_MESSAGE, "MESSAGE"},
                  {CCM_SEV_READ_DONE, "READ_DONE"},
                  {CCM_SEV_RING, "RING"},
                  {CCM_SEV_VERIFIED, "VERIFIED"},
                  {CCM_SEV_VERDICT, "VERDICT"},
                  {CCM_SEV_ALIVE, "ALIVE"},
                  {CCM_SEV_WORD, "WORD"},
                  {CCM_SEV_TIMER, "TIMER"},
                  {CCM_SEV_CLIENTS, "CLIENTS"},
                  {CCM_SEV_LINK_PREPARED, "LINK_PREPARED"},
                  {CCM_SEV_LINK_OPENED, "LINK_OPENED"},
                  {CCM_SEV_LINK_FAILED, "LINK_FAILED"},
                  {CCM_SEV_PSK, "PSK"}});
}

TEST(Names, Actions)
{
    expect_words(ccm_session_action_name, CCM_ACT_COUNT,
                 {{CCM_ACT_CONNECT, "CONNECT"}, {CCM_ACT_ACCEPT, "ACCEPT"},
                  {CCM_ACT_REJECT, "REJECT"},   {CCM_ACT_CLOSE, "CLOSE"},
                  {CCM_ACT_SEND, "SEND"},       {CCM_ACT_READ, "READ"},
                  {CCM_ACT_WRITE, "WRITE"},     {CCM_ACT_ANSWER, "ANSWER"},
                  {CCM_ACT_WATCH, "WATCH"},     {CCM_ACT_TIMER, "TIMER"},
                  {CCM_ACT_STATE, "STATE"},     {CCM_ACT_READY, "READY"},
                  {CCM_ACT_DOWN, "DOWN"},       {CCM_ACT_MAIL, "MAIL"},
                  {CCM_ACT_RING, "RING"},       {CCM_ACT_CLIENTS, "CLIENTS"},
                  {CCM_ACT_PROBE, "PROBE"},     {CCM_ACT_AGAIN, "AGAIN"},
                  {CCM_ACT_CLASH, "CLASH"},     {CCM_ACT_WORD_FALSE, "WORD_FALSE"},
                  {CCM_ACT_PROVE, "PROVE"},     {CCM_ACT_VERIFY, "VERIFY"}});
}

TEST(Names, Rings)
{
    expect_words(ccm_ring_name, CCM_RING_COUNT,
                 {{0, ""},
                  {CCM_RING_HELLO, "hello"},
                  {CCM_RING_ANSWER, "answer"},
                  {CCM_RING_CATALOG, "catalog"},
                  {CCM_RING_READY, "ready"},
                  {CCM_RING_GOODBYE, "goodbye"},
                  {CCM_RING_LINKS, "links"},
                  {CCM_RING_CATALOG_TAKEN, "catalog taken"},
                  {CCM_RING_LINKS_TAKEN, "links taken"},
                  {CCM_RING_STAGE, "stage"}});
}

/* The step of the series that an action is */
TEST(Names, Steps)
{
    const Words writes = {{0, ""},
                          {CCM_RING_HELLO, "W1"},
                          {CCM_RING_ANSWER, "answer"},
                          {CCM_RING_CATALOG, "W2"},
                          {CCM_RING_READY, "W3"},
                          {CCM_RING_GOODBYE, "goodbye"},
                          {CCM_RING_LINKS, "links"},
                          {CCM_RING_CATALOG_TAKEN, "catalog taken"},
                          {CCM_RING_LINKS_TAKEN, "links taken"},
                          {CCM_RING_LINKS_TAKEN + 1, "?"}};

    for (u32 action : {CCM_ACT_WRITE, CCM_ACT_PROVE, CCM_ACT_ANSWER, CCM_ACT_MAIL, CCM_ACT_RING, CCM_ACT_AGAIN}) {
        for (const auto &[what, word] : writes)
            EXPECT_STREQ(ccm_session_what_name(action, what), word) << action << " " << what;
    }
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_READ, 0), "");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_READ, CCM_READ_STATUS), "R1");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_READ, CCM_READ_ANSWER), "R2");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_READ, CCM_READ_ANSWER + 1), "?");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_SEND, 0), "A0");
    EXPECT_STREQ(ccm_session_what_name(CCM_ACT_REJECT, CCM_REJECT_BUSY), "busy");
    for (u32 action :
         {CCM_ACT_CONNECT, CCM_ACT_ACCEPT, CCM_ACT_CLOSE, CCM_ACT_WATCH, CCM_ACT_TIMER, CCM_ACT_STATE, CCM_ACT_READY,
          CCM_ACT_DOWN, CCM_ACT_CLIENTS, CCM_ACT_PROBE, CCM_ACT_CLASH, CCM_ACT_WORD_FALSE, CCM_ACT_VERIFY})
        EXPECT_STREQ(ccm_session_what_name(action, 1), "") << action;
}

TEST(Names, Rejects)
{
    const Words words = {{CCM_REJECT_NONE, "none"},
                         {CCM_REJECT_CROSSED, "crossed request"},
                         {CCM_REJECT_VERSION, "no common version"},
                         {CCM_REJECT_CLUSTER, "another cluster"},
                         {CCM_REJECT_NODE, "unknown node"},
                         {CCM_REJECT_PARTNER, "wrong partner"},
                         {CCM_REJECT_MALFORMED, "malformed request"},
                         {CCM_REJECT_STOPPING, "stopping"},
                         {CCM_REJECT_STALE, "stale request"},
                         {CCM_REJECT_BUSY, "busy"},
                         {CCM_REJECT_ADMIN, "disabled by administrator"},
                         {CCM_REJECT_ADDRESS, "not from an address of that node"},
                         {CCM_REJECT_DUMPING, "a crash kernel"},
                         {CCM_REJECT_KEY, "no pre-shared key here yet"}};

    for (const auto &[code, word] : words)
        EXPECT_STREQ(ccm_reject_name(code), word) << code;
    EXPECT_STREQ(ccm_reject_name(0xffff), "unknown");
}

TEST(Names, WireErrors)
{
    EXPECT_STREQ(ccm_wire_error_name(0), "valid");
    EXPECT_STREQ(ccm_wire_error_name(CCM_WIRE_EMAGIC), "not a CCM message");
    EXPECT_STREQ(ccm_wire_error_name(CCM_WIRE_ETYPE), "another message than expected");
    EXPECT_STREQ(ccm_wire_error_name(CCM_WIRE_ESHORT), "too short");
    EXPECT_STREQ(ccm_wire_error_name(CCM_WIRE_ERANGE), "a field is out of range");
    EXPECT_STREQ(ccm_wire_error_name(1), "unknown error");
}

TEST(Names, Links)
{
    expect_words(ccm_link_act_name, CCM_LINK_ACT_COUNT,
                 {{CCM_LINK_ACT_CLOSE, "CLOSE"},
                  {CCM_LINK_ACT_PREPARE, "PREPARE"},
                  {CCM_LINK_ACT_OPEN, "OPEN"},
                  {CCM_LINK_ACT_READY, "READY"},
                  {CCM_LINK_ACT_SHOW, "SHOW"}});
    expect_words(ccm_link_state_name, CCM_LINK_STATE_COUNT,
                 {{CCM_LINK_WAITING, "WAITING"},
                  {CCM_LINK_REFUSED, "REFUSED"},
                  {CCM_LINK_IDLE, "IDLE"},
                  {CCM_LINK_PREPARING, "PREPARING"},
                  {CCM_LINK_OFFERED, "OFFERED"},
                  {CCM_LINK_OPENING, "OPENING"},
                  {CCM_LINK_OPENED, "OPENED"},
                  {CCM_LINK_UP, "UP"}});
}

} // namespace
