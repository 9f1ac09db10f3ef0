// SPDX-License-Identifier: GPL-2.0-only
// Each operator makes what it should, and leaves alone what is none of its business.
#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "../mutant.h"

namespace {

using mutants::Edit;
using mutants::Enumerators;
using mutants::Mutants;
using mutants::Source;

using Changes = std::multiset<std::string>;

// The changed text of what stands between the braces of f(), one a mutant of @op
Changes changes(const std::string &op, const std::string &body)
{
    const std::string head = "static int f(int a, int b)\n{", tail = "}\n";
    Source source("t.c", head + body + tail);
    Enumerators enumerators;
    Changes result;

    enumerators.add("enum e { ONE = 1, /* , NONE */ TWO, THREE, E_COUNT };");
    for (const Edit &edit : edits_of(source, enumerators)) {
        std::string text = source.text();

        EXPECT_EQ(edit.body, "f");
        text.replace(edit.at, edit.size, edit.text);
        if (edit.op == op)
            result.insert(text.substr(head.size(), text.size() - head.size() - tail.size()));
    }
    return result;
}

TEST(Operators, Compare)
{
    EXPECT_EQ(changes("compare", "x = a < b;"), (Changes{"x = a <= b;", "x = a >= b;"}));
    EXPECT_EQ(changes("compare", "x = a <= b;"), (Changes{"x = a < b;", "x = a > b;"}));
    EXPECT_EQ(changes("compare", "x = a > b;"), (Changes{"x = a >= b;", "x = a <= b;"}));
    EXPECT_EQ(changes("compare", "x = a >= b;"), (Changes{"x = a > b;", "x = a < b;"}));
    EXPECT_EQ(changes("compare", "x = a == b;"), Changes{"x = a != b;"});
    EXPECT_EQ(changes("compare", "x = a != b;"), Changes{"x = a == b;"});
    EXPECT_EQ(changes("compare", "x = a->b << 2;"), Changes{});
}

TEST(Operators, Logic)
{
    EXPECT_EQ(changes("logic", "x = a && f(b, 1);"), (Changes{"x = a || f(b, 1);", "x = a ;", "x =  f(b, 1);"}));
    EXPECT_EQ(changes("logic", "return a && b || c;"),
              (Changes{"return a || b || c;", "return a  || c;", "return  b || c;", "return a && b && c;",
                       "return a && b ;"}));
    EXPECT_EQ(changes("logic", "x = !a;"), Changes{"x = a;"});
    EXPECT_EQ(changes("logic", "x = a ? b : c;"), (Changes{"x = a && 0 ? b : c;", "x = a || 1 ? b : c;"}));
}

TEST(Operators, Number)
{
    EXPECT_EQ(changes("number", "x = 16;"), (Changes{"x = (16 + 1);", "x = 0;"}));
    EXPECT_EQ(changes("number", "x = 0;"), Changes{"x = 1;"});
    EXPECT_EQ(changes("number", "x = \"16\"; /* 16 */\n#define X 16\n"), Changes{});
}

TEST(Operators, Name)
{
    EXPECT_EQ(changes("name", "x = ONE;"), Changes{"x = TWO;"});
    EXPECT_EQ(changes("name", "x = THREE;"), Changes{"x = ONE;"});
    EXPECT_EQ(changes("name", "x = E_COUNT + NONE;"), Changes{});
}

TEST(Operators, Arith)
{
    EXPECT_EQ(changes("arith", "x = a + b;"), Changes{"x = a - b;"});
    EXPECT_EQ(changes("arith", "x = a << 1;"), Changes{"x = a >> 1;"});
    EXPECT_EQ(changes("arith", "a |= b;"), Changes{"a &= b;"});
    EXPECT_EQ(changes("arith", "a &= ~b;"), (Changes{"a |= ~b;", "a &= b;"}));
    EXPECT_EQ(changes("arith", "a -= 1; a++;"), (Changes{"a += 1; a++;", "a -= 1; a--;"}));
    EXPECT_EQ(changes("arith", "x = a | b;"), (Changes{"x = a & b;", "x = a ;", "x =  b;"}));
    EXPECT_EQ(changes("arith", "x = a * b;"), Changes{"x = a / b;"});
    // one side only: an address, what a pointer points to, a sign
    EXPECT_EQ(changes("arith", "x = f(&a, *p, -1); return -a;"), Changes{});
    EXPECT_EQ(changes("arith", "u8 *p = a; const struct x *q = (u8 *)a;"), Changes{});
}

TEST(Operators, Drop)
{
    EXPECT_EQ(changes("drop", "int x = 1; x = 2; f(x); return;"),
              (Changes{"int x = 1; ; f(x); return;", "int x = 1; x = 2; ; return;", "int x = 1; x = 2; f(x); ;"}));
    EXPECT_EQ(changes("drop", "struct x y; u32 z; if (a)\nf();"), Changes{"struct x y; u32 z; if (a)\n;"});
    EXPECT_EQ(changes("drop", "switch (a) { case 1: f(); break; default: g(); }"),
              (Changes{"switch (a) { case 1: ; break; default: g(); }", "switch (a) { case 1: f(); ; default: g(); }",
                       "switch (a) { case 1: f(); break; default: ; }"}));
}

TEST(Operators, Swap)
{
    EXPECT_EQ(changes("swap", "f(); g(); return;"), Changes{"g(); f(); return;"});
    EXPECT_EQ(changes("swap", "f(); if (a) g(); h();"), Changes{});
    EXPECT_EQ(changes("swap", "int x; f();"), Changes{});
    EXPECT_EQ(changes("swap", "a->x = 1; a->y = b;"), Changes{});
    EXPECT_EQ(changes("swap", "a->x = 1; b = a->x;"), Changes{"b = a->x; a->x = 1;"});
    EXPECT_EQ(changes("swap", "a->x = f(); b = 1;"), Changes{"b = 1; a->x = f();"});
}

TEST(Operators, If)
{
    EXPECT_EQ(changes("if", "if (a && (b)) f();"), (Changes{"if (0) f();", "if (1) f();"}));
    EXPECT_EQ(changes("if", "while (a) f();"), (Changes{"while (0) f();", "while (1) f();"}));
    EXPECT_EQ(changes("if", "for (;;) { if (0) f(); else if (a) g(); }"),
              (Changes{"for (;;) { if (1) f(); else if (a) g(); }", "for (;;) { if (0) f(); else if (0) g(); }",
                       "for (;;) { if (0) f(); else if (1) g(); }"}));
}

TEST(Operators, Return)
{
    EXPECT_EQ(changes("return", "return a + b;"), (Changes{"return 0;", "return 1;"}));
    EXPECT_EQ(changes("return", "return true;"), Changes{"return 0;"});
    EXPECT_EQ(changes("return", "return NULL;"), Changes{"return 1;"});
    EXPECT_EQ(changes("return", "return;"), Changes{});
}

Changes table_changes(const std::string &table, const std::string &op)
{
    const std::string head = "static const struct row rows[] = {", tail = "};\n";
    Source source("t.c", head + table + tail);
    Changes result;

    for (const Edit &edit : edits_of(source, {})) {
        std::string text = source.text();

        EXPECT_EQ(edit.body, "rows");
        text.replace(edit.at, edit.size, edit.text);
        if (edit.op == op)
            result.insert(text.substr(head.size(), text.size() - head.size() - tail.size()));
    }
    return result;
}

TEST(Operators, Row)
{
    EXPECT_EQ(table_changes("ROW(A, B, f, IN_A, \"x\"), ADV(A, C, g, IN_A, \"y\"), IGNORE(B, B, \"z\"),", "row"),
              (Changes{"ROW(A, B, g, IN_A, \"x\"), ADV(A, C, g, IN_A, \"y\"), IGNORE(B, B, \"z\"),",
                       "ADV(A, B, f, IN_A, \"x\"), ADV(A, C, g, IN_A, \"y\"), IGNORE(B, B, \"z\"),",
                       "IGNORE(A, B, \"x\"), ADV(A, C, g, IN_A, \"y\"), IGNORE(B, B, \"z\"),",
                       "ROW(A, B, f, IN_A, \"x\"), ROW(A, C, g, IN_A, \"y\"), IGNORE(B, B, \"z\"),",
                       "ROW(A, B, f, IN_A, \"x\"), IGNORE(A, C, \"y\"), IGNORE(B, B, \"z\"),"}));
}

TEST(Operators, Words)
{
    EXPECT_EQ(table_changes("\"a\", \"b\", \"c\"", "words"), (Changes{"\"b\", \"a\", \"c\"", "\"a\", \"c\", \"b\""}));
}

TEST(Operators, AFunctionMadeByAMacroHasItsOwnName)
{
    Source source("t.c", "HANDLER(ring)\n{\n\tx = 1;\n}\n");

    ASSERT_EQ(source.bodies().size(), 1U);
    EXPECT_EQ(source.bodies()[0].name, "ring");
}

std::set<std::string> names(const std::string &text)
{
    std::set<std::string> result;

    for (const mutants::Mutant &mutant : mutants_of(std::make_shared<const Source>("t.c", text), {})) {
        EXPECT_TRUE(result.insert(mutant.name).second) << mutant.name;
        EXPECT_NE(mutant.text(), text);
    }
    return result;
}

TEST(Names, AreKeptWhileTheLineIs)
{
    const std::string f = "int f(int a)\n{\n\tif (a > 1)\n\t\ta = 1;\n\ta = 1;\n\treturn a;\n}\n";
    std::set<std::string> before = names(f);
    std::set<std::string> behind = names("// more\nint g(int b)\n{\n\treturn b + 1;\n}\n" + f);

    EXPECT_TRUE(std::ranges::includes(behind, before));
    std::set<std::string> other = names("int f(int a)\n{\n\tif (a > 2)\n\t\ta = 1;\n\ta = 1;\n\treturn a;\n}\n");
    EXPECT_FALSE(std::ranges::includes(other, before));
}

TEST(Names, TellTheSameLineApart)
{
    EXPECT_TRUE(names("int f(int a)\n{\n\ta = 1;\n\ta = 1;\n\treturn a;\n}\n")
                    .contains("t.c:f:drop:" + mutants::hash_of("a = 1;\n1\n6\n;") + ".2"));
}

} // namespace
