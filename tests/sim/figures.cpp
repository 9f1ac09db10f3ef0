// SPDX-License-Identifier: GPL-2.0-only
#include "figures.h"

#include <algorithm>

namespace sim {

void Figures::add(const Figures &o)
{
    for (auto member :
         {&Figures::simulated_us,   &Figures::steps,        &Figures::ready,     &Figures::down,
          &Figures::faults,         &Figures::links,        &Figures::limits,    &Figures::panicked,
          &Figures::clashes,        &Figures::crossed,      &Figures::coalesced, &Figures::disowned,
          &Figures::hostile,        &Figures::hostile_work, &Figures::advices,   &Figures::advices_serving,
          &Figures::advices_unread, &Figures::takeovers,    &Figures::deaths,    &Figures::written,
          &Figures::late,           &Figures::calms})
        this->*member += o.*member;
    settle_us = std::max(settle_us, o.settle_us);
    settle_attempts = std::max(settle_attempts, o.settle_attempts);
    detect = std::max(detect, o.detect);
}

} // namespace sim
