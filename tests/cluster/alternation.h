// SPDX-License-Identifier: GPL-2.0-only
//
// The promise of notifications, for one reader and one partner: READY and DOWN alternate, a DOWN
// has a reason, and each READY is one session more.
#pragma once

#include <string>

namespace ccm::test {

class Alternation {
public:
    // A record of the partner. What is wrong with it; empty: nothing.
    std::string take(const std::string &state, const std::string &reason, long long sessions);

    bool ready() const { return ready_; }
    int readies() const { return readies_; } // those that were seen to come
    int downs() const { return downs_; }     // likewise

private:
    bool known_ = false, ready_ = false;
    long long sessions_ = 0;
    int readies_ = 0, downs_ = 0;
};

} // namespace ccm::test
