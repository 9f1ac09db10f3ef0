// SPDX-License-Identifier: GPL-2.0-only
// Two nodes find each other.
#include "fixture.h"

using namespace ccm::lab;
using namespace std::chrono_literals;

class Connect : public LabTest {};

TEST_F(Connect, Ready)
{
    Node &a = cluster().add({.load = {"ccm"}, .parameters = {"ccm.node=1", "ccm.cluster=t", "ccm.partners=2@192.0.2.2", "ccm.auth=none"}});
    cluster().add({.load = {"ccm"}, .parameters = {"ccm.node=2", "ccm.cluster=t", "ccm.partners=1@192.0.2.1", "ccm.auth=none"}});
    cluster().boot();
    Watch w = cluster().watch(a);
    w.wait_for({{"type", "partner"}, {"state", "ready"}}, 10s);
    std::puts(a.must("ccmadm status").c_str());
    std::puts(a.must("ccmadm peek 2").c_str());
}
