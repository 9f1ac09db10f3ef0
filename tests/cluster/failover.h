// SPDX-License-Identifier: GPL-2.0-only
//
// The failover monitor as the tests see it: what it decides, by each way in which it
// says so, and two nodes that have one.
#pragma once

#include "pair.h"

namespace ccm::test {

extern const char *const monitor; // its name as a client

// What the monitor of a node says: of a partner, and of what the partner's monitor says.
struct Decision {
    int partner = 0;
    std::string decision, reason, stage;
    std::string incarnation; // 16 digits
    std::string flags;       // words, with a blank before each
    std::string partner_decision;
    bool partner_advised = false;
    bool watched = false; // not among the flags: mostly it is of before the test

    bool operator==(const Decision &) const = default;
    // As "takeover-advised unreachable running partition advised"
    std::string said() const { return decision + " " + reason + " " + stage + flags; }
    // As "giveback-possible advised"; "none" when the partner is not heard
    std::string heard() const { return partner_decision + (partner_advised ? " advised" : ""); }
    // As the note in /dev/ccm
    std::string note() const;
};
std::ostream &operator<<(std::ostream &out, const Decision &decision);

// Of a line that `ccm-node-test uevents` prints
Decision decision_of(const std::string &uevent);

// One of them at a time, without those that repeat the one before.
std::vector<std::string> said(const std::vector<Decision> &all);
std::vector<std::string> heard(const std::vector<Decision> &all);
std::vector<std::string> notes(const std::vector<Decision> &all);
// The notes that a watch has shown, likewise.
std::vector<std::string> notes(const Watch &watch, int partner);

// The monitor's note about a partner, for Watch::wait_for().
json note(int partner, const std::string &text);

// The uevents of a node from now on.
class Uevents {
public:
    explicit Uevents(Node &node);
    ~Uevents();
    Uevents(const Uevents &) = delete;

    using Variables = std::map<std::string, std::string>;
    std::vector<Variables> variables() const; // all so far
    std::vector<Decision> decisions() const;
    // Behind the one that was last waited for, if any.
    void wait_said(const std::string &text);
    void wait_heard(const std::string &text);

private:
    Command command_;
};

// Listeners (tests/modules/fm_listener/listener.c): a command; its result.
std::string listener(Node &node, const std::string &command);
void load_listener(Node &node, const std::string &parameters = "");
// Fails the test if the monitor has broken a promise.
void unload_listener(Node &node);
// What a listener was told since it was last asked.
std::vector<Decision> told(Node &node, int number);

// Two nodes with the monitor; before each test both serve, and nothing is advised.
class Failover : public PairTest {
public:
    static void SetUpTestSuite();

protected:
    void SetUp() override;
    void TearDown() override;
    static void load_monitor(Node &node, const std::string &parameters = "");
    static void unload_monitor(Node &node) { node.must("rmmod ccm_fm"); }
    // Says that nothing is taken over from the partner.
    static void give_back(Node &node);
    // The same, and the monitor agrees: the partner serves, with nothing advised.
    static void settle(Node &node, Watch &w);
};

} // namespace ccm::test
