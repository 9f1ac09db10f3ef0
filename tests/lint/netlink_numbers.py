#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""netlink_numbers.py SPEC HEADER - do a netlink specification and its header say the same?

Numbers are not written in the specification: they are the order in which things stand there.
It is read line by line, by its indents, so that no module for YAML is needed. Prints what differs.
"""
import re
import sys


def constant(*words):
    return "_".join(words).replace("-", "_").upper()


def of_spec(text, family):
    """What the header must define: a list of lists of (name, number)."""
    section = None
    lists = [[]]
    operations = []
    name = None
    for line in text.splitlines():
        if match := re.match(r"([a-z-]+):", line):
            section = match[1]
        elif section == "definitions" and (match := re.match(r" {4}(name|value): (\S+)", line)):
            if match[1] == "name":
                name = match[2]
            else:
                lists[0].append((constant(family, name), int(match[2])))
        elif section == "attribute-sets" and (match := re.match(r"( {4}| {8})name: (\S+)", line)):
            if len(match[1]) == 4:
                name = match[2]
                lists.append([])
            else:
                lists[-1].append((constant(family, "a", name, match[2]), len(lists[-1]) + 1))
        elif section == "operations" and (match := re.match(r" {6}name: (\S+)", line)):
            operations.append((constant(family, "cmd", match[1]), len(operations) + 1))
    return lists + [operations]


def groups_of_spec(text, family):
    """What the header must call the multicast groups: (name, string)."""
    groups = text.partition("\nmcast-groups:\n")[2]
    return {constant(family, "mcgrp", name): name for name in re.findall(r"^ {6}name: (\S+)", groups, re.M)}


def of_header(text):
    """Everything it gives a number to: name -> number."""
    numbers = {}
    for match in re.finditer(r"^#define\s+(\w+)\s+(\d+)$", text, re.M):
        numbers[match[1]] = int(match[2])
    for body in re.findall(r"^enum \{\n(.*?)^\};", text, re.M | re.S):
        number = 0
        for match in re.finditer(r"^\t(\w+)(?: = (\d+))?,?$", body, re.M):
            number = int(match[2]) if match[2] else number + 1
            if not match[1].startswith("__"):
                numbers[match[1]] = number
    return numbers


def main():
    spec, header = (open(name, encoding="utf-8").read() for name in sys.argv[1:])
    family = re.search(r"^name: (\S+)", spec, re.M)[1]
    numbers = of_header(header)
    wanted = dict(pair for pairs in of_spec(spec, family) for pair in pairs)
    if len(wanted) < 10:
        sys.exit(f"{sys.argv[1]}: only {len(wanted)} names found: is it written in another way?")
    wrong = [f"{name} is {numbers.get(name, 'not there')} in the header, {number} in the specification"
             for name, number in wanted.items() if numbers.get(name) != number]
    # what pads numbers of 64 bits is no attribute that anybody reads, and comes behind them
    wrong += [f"{name} is in the header only" for name in numbers
              if name not in wanted and not name.endswith("_PAD") and name != constant(family, "family-version")]
    groups = groups_of_spec(spec, family)
    called = dict(re.findall(r'^#define\s+(\w+_MCGRP_\w+)\s+"([^"]*)"$', header, re.M))
    wrong += [f"{name} is {called.get(name, 'not there')} in the header, {groups.get(name, 'not there')} in the "
              "specification" for name in sorted(called.keys() | groups.keys())
              if called.get(name) != groups.get(name)]
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
