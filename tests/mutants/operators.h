// SPDX-License-Identifier: GPL-2.0-only
// What is changed, one thing at a time.
#ifndef CCM_MUTANTS_OPERATORS_H
#define CCM_MUTANTS_OPERATORS_H

#include <cstddef>
#include <string>
#include <vector>

#include "enumerators.h"
#include "source.h"

namespace mutants {

struct Edit {
    std::string op;       // by which operator
    std::string body;     // in which function or table
    std::size_t at = 0;   // from here in the file
    std::size_t size = 0; // so much
    std::string text;     // becomes this
};

//  compare   < <= > >= == != become their neighbour, or the contrary
//  logic     && and || each other; one side of them dropped; ! dropped; the condition of ?: 0 and 1
//  number    a number one more; 0
//  name      a named constant the next of its enumeration
//  arith     + - * / | & << >> += -= |= &= ++ --, each to its contrary; one side of | dropped; ~ dropped
//  drop      a statement
//  swap      a statement and the next one of its block, if their order can matter
//  if        the condition of if and while 0 and 1
//  return    another value
//  row       of a table of ROW(), ADV(), IGNORE(): the next one's handler, none, with and without ADV
//  words     strings beside each other in a table swapped
std::vector<Edit> edits_of(const Source &source, const Enumerators &enumerators);

} // namespace mutants

#endif
