// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "explain/check.h"
#include "explain/explanation.h"
#include "keyring.h"
#include "node_info.h"
#include "output.h"
#include "partner_control.h"
#include "present_state.h"

#include <linux/ccm.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ccmadm {

enum class Format { text, json };

// Says everything that a verb has to say, for people or for programs.
class Printer {
public:
    Printer(Output &output, Format format, const Clock &clock) : output_(output), format_(format), clock_(clock) {}

    // One line per record, in the order of the records.
    void record(const ccm_record &record);
    // This node, its partners and its clients.
    void status(const PresentState &state);
    // What a wait ended with: "reached" or "timeout". For people, nothing.
    void waited(const PresentState &state, std::string_view result);
    // This node's boot stage; @told: it was asked for, not just set.
    void stage(std::uint32_t node, std::uint32_t stage, bool told);
    // The partner's status page.
    void peek(const ccm_peek &peek);

    // This node, what its parameters have come to, and what of that is taken.
    void node(const NodeInfo &node);

    // What the failover monitor has decided, an object for each partner.
    void failover(const std::vector<nlohmann::ordered_json> &decisions);

    // Why partners are not ready, and since when one is.
    void explanation(const Explanation &explanation);

    // Would a takeover work?
    void check(const Check &check);

    // @what: "added", "set", "deleted". As text, silence says it.
    void partner_changed(std::uint32_t id, const char *what);
    // A line for each, as in partners=
    void partners(const std::vector<PartnerEntry> &entries);

    // A new key is in @file: what is to be done with it.
    void key_generated(const std::string &cluster, std::uint32_t number, const std::string &file);
    // What has become of these keys, in one word. For people, nothing.
    void keys_changed(const std::string &cluster, const char *what, const std::vector<std::uint32_t> &numbers);
    // The keys in the module's keyring, those of its own @cluster first.
    void keys(const std::string &cluster, const std::vector<KeyEntry> &keys);

    Output &output() { return output_; }

private:
    void line(std::string text);

    Output &output_;
    Format format_;
    const Clock &clock_;
};

// For messages: "partner 2 (beta)", "partner 2 (beta) is down: unreachable (...)", and
// of a client "incompatible: version (...), note: ...".
std::string partner_label(const ccm_record &record);
std::string describe_partner(const ccm_record &record);
std::string describe_client(const ccm_record &record);

} // namespace ccmadm
