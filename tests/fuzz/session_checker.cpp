// SPDX-License-Identifier: GPL-2.0-only
#include "session_checker.h"

#include <vector>

#include "ccm/core/names.h"
#include "require.h"

void SessionChecker::before(const ccm_session &s, u64 now_us, const ccm_session_event &event)
{
    event_ = event;
    state_before_ = s.state;
    conn_before_ = s.conn.id;
    candidate_before_ = s.candidate.id;
    now_us_ = now_us;
    answers_ = 0;
    clash_ = false;
    if (event.type == CCM_SEV_START)
        enabled_ = true;
    if (event.type == CCM_SEV_STOP)
        enabled_ = false;
    if (event.type == CCM_SEV_VERIFIED && event.status &&
        (event.conn == s.conn.id ? s.conn : s.candidate).done & CCM_DONE_VERIFYING)
        verified_.insert(event.conn);
    /* Only the first keys of a connection can count. */
    ccm_wire_keys keys;
    if (event.type == CCM_SEV_MESSAGE && open_.count(event.conn) &&
        ccm_wire_get_keys(event.data, event.len, &keys) == 0)
        keys_.insert({event.conn, keys});
    take_proof();
}

/* What shows whose a connection is, as far as it can be seen from outside */
void SessionChecker::take_proof()
{
    ccm_wire_status page;
    ccm_wire_hello hello;

    if (event_.type == CCM_SEV_READ_DONE && event_.status == CCM_READ_STATUS &&
        ccm_wire_get_status(event_.data, event_.len, &page) == 0 && page.node == config_.partner &&
        page.cluster == config_.cluster)
        page_right_.insert(event_.conn);
    if (event_.type == CCM_SEV_RING && event_.status == CCM_RING_HELLO && keys_sent_.count(event_.conn) &&
        ccm_wire_get_hello(event_.data, event_.len, &hello) == 0 && hello.node == config_.partner &&
        hello.nonce_partner == keys_sent_.at(event_.conn))
        hello_right_.insert(event_.conn);
}

bool SessionChecker::of_candidate() const
{
    return event_.type >= CCM_SEV_ESTABLISHED && event_.type <= CCM_SEV_WORD && candidate_before_ &&
           event_.conn == candidate_before_;
}

/* Nothing is given up for somebody who has not proven who it is. */
void SessionChecker::check_candidate(const ccm_session &s)
{
    if (candidate_before_ && s.conn.id == candidate_before_) {
        const bool proven = page_right_.count(s.conn.id) && hello_right_.count(s.conn.id);
        REQUIRE(proven || !of_candidate());
        replaced_ = proven;
    } else if (s.conn.id != conn_before_) {
        REQUIRE(!of_candidate());
        REQUIRE(event_.type != CCM_SEV_REQUEST || state_before_ <= CCM_STATE_CONNECTING);
        replaced_ = false;
    }
}

/* An action reaches only what the partner gave on that very connection. */
static void check_reaches(const ccm_session_action &action, u64 base, u64 length, u64 bytes)
{
    REQUIRE(action.addr >= base && action.addr - base <= length);
    REQUIRE(bytes > 0 && bytes <= length - (action.addr - base));
}

void SessionChecker::check_status(const ccm_session_action &action, u64 bytes) const
{
    REQUIRE(open_.count(action.conn) && keys_.count(action.conn));
    const ccm_wire_keys &keys = keys_.at(action.conn);
    REQUIRE(action.key == keys.status_key);
    check_reaches(action, keys.status_addr, keys.status_len, bytes);
}

void SessionChecker::check_mailbox(const ccm_session_action &action, u64 bytes) const
{
    REQUIRE(open_.count(action.conn) && keys_.count(action.conn) && keys_sent_.count(action.conn));
    const ccm_wire_keys &keys = keys_.at(action.conn);
    REQUIRE(action.key == keys.mailbox_key);
    check_reaches(action, keys.mailbox_addr, keys.mailbox_len, bytes);
}

void SessionChecker::check(const ccm_session &s, const ccm_session_action &a)
{
    REQUIRE(a.type < CCM_ACT_COUNT);
    REQUIRE(a.len <= CCM_ACTION_DATA_MAX);
    switch (a.type) {
    case CCM_ACT_CONNECT: {
        ccm_wire_request msg;
        REQUIRE(enabled_);
        REQUIRE(open_.empty());
        REQUIRE(a.conn % 2 == 0 && a.conn > last_connect_);
        REQUIRE(ccm_wire_get_request(a.data, a.len, &msg) == 0);
        REQUIRE(msg.node == config_.node && msg.partner == config_.partner);
        REQUIRE(msg.incarnation == config_.incarnation && msg.attempt == s.attempt.number);
        last_connect_ = a.conn;
        open_.insert(a.conn);
        break;
    }
    case CCM_ACT_ACCEPT: {
        ccm_wire_request msg;
        REQUIRE(enabled_);
        REQUIRE(event_.type == CCM_SEV_REQUEST && a.conn == event_.conn);
        REQUIRE(open_.size() <= (state_before_ > CCM_STATE_CONNECTING ? 1U : 0U));
        REQUIRE(a.len <= CCM_PRIVATE_ACCEPT_MAX);
        REQUIRE(ccm_wire_get_request(a.data, a.len, &msg) == 0);
        open_.insert(a.conn);
        answers_++;
        break;
    }
    case CCM_ACT_REJECT: {
        ccm_wire_reject msg;
        REQUIRE(event_.type == CCM_SEV_REQUEST && a.conn == event_.conn);
        REQUIRE(a.len <= CCM_PRIVATE_REJECT_MAX);
        REQUIRE(ccm_wire_get_reject(a.data, a.len, &msg) == 0 && msg.code == a.what);
        answers_++;
        break;
    }
    case CCM_ACT_CLOSE:
        REQUIRE(open_.erase(a.conn) == 1); /* once, and only what there is */
        break;
    case CCM_ACT_SEND: {
        ccm_wire_keys msg;
        REQUIRE(open_.count(a.conn));
        REQUIRE(ccm_wire_get_keys(a.data, a.len, &msg) == 0);
        /* On iWARP the side that connected sends first. */
        REQUIRE(!(a.conn == s.conn.id ? s.conn : s.candidate).iwarp || a.conn % 2 == 0 || keys_.count(a.conn));
        REQUIRE(keys_sent_.insert({a.conn, msg.nonce}).second);
        break;
    }
    case CCM_ACT_READ:
        REQUIRE(a.what == CCM_READ_STATUS || a.what == CCM_READ_ANSWER);
        check_status(a, a.read_len);
        break;
    case CCM_ACT_PROVE:
        REQUIRE(a.what == CCM_RING_HELLO && config_.auth == CCM_AUTH_PSK);
        check_mailbox(a, a.len);
        break;
    case CCM_ACT_VERIFY:
        REQUIRE(open_.count(a.conn) && event_.type == CCM_SEV_RING && event_.status == CCM_RING_HELLO);
        break;
    case CCM_ACT_WRITE:
        REQUIRE(a.what > 0 && a.what < CCM_RING_COUNT && a.what != CCM_RING_ANSWER);
        check_mailbox(a, a.len);
        break;
    case CCM_ACT_MAIL: {
        REQUIRE(a.conn == s.conn.id);
        REQUIRE(a.what == CCM_RING_CATALOG || a.what == CCM_RING_LINKS);
        const bool links = a.what == CCM_RING_LINKS;
        std::vector<u8> bytes(links ? CCM_LINKS_LEN_MAX : CCM_CATALOG_LEN_MAX);
        const u32 len = ccm_session_put_mail(&s, a.what, bytes.data());
        bytes.resize(len);
        ccm_links_header header;
        REQUIRE((links ? ccm_links_get(bytes.data(), len, &header) : ccm_catalog_check(bytes.data(), len)) == 0);
        check_mailbox(a, len);
        break;
    }
    case CCM_ACT_RING:
        REQUIRE(open_.count(a.conn) && event_.type == CCM_SEV_RING && a.conn == event_.conn);
        REQUIRE(a.what == (event_.status == CCM_RING_LINKS ? CCM_RING_LINKS_TAKEN : CCM_RING_CATALOG_TAKEN));
        break;
    case CCM_ACT_ANSWER: {
        ccm_wire_answer msg;
        REQUIRE(open_.count(a.conn) && keys_sent_.count(a.conn) && keys_.count(a.conn));
        REQUIRE(a.what == CCM_RING_ANSWER);
        REQUIRE(ccm_wire_get_answer(a.data, a.len, &msg) == 0 && msg.code != CCM_ANSWER_NONE);
        break;
    }
    case CCM_ACT_WATCH:
        REQUIRE(a.conn == s.conn.id);
        check_status(a, CCM_WIRE_STATUS_LEN);
        break;
    case CCM_ACT_PROBE:
        REQUIRE(a.conn == s.conn.id && (s.candidate.id || event_.type == CCM_SEV_WORD));
        break;
    case CCM_ACT_AGAIN:
        REQUIRE(a.conn == s.conn.id && a.what == CCM_RING_CATALOG);
        break;
    case CCM_ACT_CLASH:
        REQUIRE(open_.count(a.conn) && a.conn == candidate_before_);
        /* the session that works is kept */
        REQUIRE(event_.type == CCM_SEV_ALIVE && event_.conn == conn_before_);
        REQUIRE(s.conn.id == conn_before_ && s.state == state_before_ && !s.candidate.id);
        REQUIRE(page_right_.count(a.conn) && hello_right_.count(a.conn));
        clash_ = true;
        break;
    case CCM_ACT_WORD_FALSE:
        REQUIRE(event_.type == CCM_SEV_ALIVE && a.conn == s.conn.id && !s.conn.word_us);
        break;
    case CCM_ACT_TIMER:
        REQUIRE(a.at_us == 0 || a.at_us > now_us_ || event_.type != CCM_SEV_TIMER);
        REQUIRE(a.at_us != timer_us_);
        timer_us_ = a.at_us;
        break;
    case CCM_ACT_STATE:
        REQUIRE(a.state < CCM_STATE_COUNT && a.reason < CCM_REASON_COUNT);
        REQUIRE(a.state == CCM_STATE_DOWN || a.reason == CCM_REASON_NONE);
        REQUIRE(a.state != shown_state_ || a.reason != shown_reason_);
        shown_state_ = a.state;
        shown_reason_ = a.reason;
        break;
    case CCM_ACT_READY:
        REQUIRE(!ready_ && open_.count(s.conn.id) && shown_state_ == CCM_STATE_READY);
        ready_ = true;
        break;
    case CCM_ACT_DOWN:
        REQUIRE(ready_);
        REQUIRE(!open_.count(conn_before_));                                  /* fenced before it is told */
        REQUIRE(shown_state_ == CCM_STATE_DOWN && shown_reason_ == a.reason); /* and shown */
        REQUIRE(a.reason > CCM_REASON_NONE && a.reason < CCM_REASON_COUNT);
        REQUIRE(!of_candidate() || a.reason == CCM_REASON_RESTARTED || a.reason == CCM_REASON_RELOADED ||
                a.reason == CCM_REASON_UNREACHABLE);
        ready_ = false;
        break;
    }
}

void SessionChecker::after(const ccm_session &s, const ccm_session_actions &actions)
{
    REQUIRE(actions.count < CCM_ACTIONS_MAX); /* a full list may have lost one */
    const bool known = open_.count(event_.conn) > 0;
    for (u32 i = 0; i < actions.count; i++)
        check(s, actions.list[i]);

    if (event_.type == CCM_SEV_REQUEST)
        REQUIRE(answers_ == 1);
    const bool of_conn = event_.type >= CCM_SEV_ESTABLISHED && event_.type <= CCM_SEV_WORD;
    const bool ignored = of_conn && !known;
    if (ignored)
        REQUIRE(actions.count == 0 && s.state == state_before_);

    check_candidate(s);
    u32 count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);
    REQUIRE(count == u32{CCM_STATE_COUNT} * u32{CCM_SEV_COUNT});
    REQUIRE(s.state < CCM_STATE_COUNT);
    const ccm_session_row *row = &rows[state_before_ * CCM_SEV_COUNT + event_.type];
    REQUIRE(row->state == state_before_ && row->event == event_.type);
    const bool candidates = of_candidate() && known;
    u32 next = row->next;
    if (candidates) {
        rows = ccm_session_candidate_table(&count);
        next = 1U << state_before_;
        if (event_.type - CCM_SEV_ESTABLISHED < count)
            next |= rows[event_.type - CCM_SEV_ESTABLISHED].next;
    }
    if (!ignored && !(next & (1U << s.state)))
        std::fprintf(stderr, "%s in %s ended in %s\n", ccm_session_event_name(event_.type),
                     ccm_state_name(state_before_), ccm_state_name(s.state));
    REQUIRE(ignored || next & (1U << s.state));

    REQUIRE(open_.size() == (s.conn.id ? 1U : 0U) + (s.candidate.id ? 1U : 0U));
    REQUIRE(!s.candidate.id || (open_.count(s.candidate.id) && s.state >= CCM_STATE_GREETING));
    REQUIRE(open_.count(s.conn.id) == (s.conn.id ? 1U : 0U));
    REQUIRE(s.state != CCM_STATE_DOWN || open_.empty());
    REQUIRE(s.state <= CCM_STATE_CONNECTING || s.conn.id);
    REQUIRE(ready_ == (s.state == CCM_STATE_READY));
    REQUIRE(enabled_ || s.state == CCM_STATE_DOWN);
    /* Nothing waits for ever: what is neither READY nor stopped has a timer. */
    const bool keyless = s.state == CCM_STATE_DOWN && s.config.auth == CCM_AUTH_PSK && !s.psk[0];
    REQUIRE(s.state == CCM_STATE_READY || (timer_us_ != 0) == enabled_ || (keyless && timer_us_ == 0));
    /* Nobody is let in who has proven nothing. */
    REQUIRE(!ready_ || s.config.auth == CCM_AUTH_NONE || (s.conn.number_used && verified_.count(s.conn.id)));
    if (s.state >= CCM_STATE_GREETING)
        REQUIRE(shown_state_ == s.state);
    else
        REQUIRE(shown_state_ <= CCM_STATE_CONNECTING);
}
