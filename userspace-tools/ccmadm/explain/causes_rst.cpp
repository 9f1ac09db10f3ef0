// SPDX-License-Identifier: GPL-2.0-only
#include "explain/causes_rst.h"

#include "explain/cause.h"
#include "explain/pattern.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <sstream>

namespace ccmadm {

namespace {

constexpr std::size_t width = 100;

constexpr char head[] =
    ".. SPDX-License-Identifier: GPL-2.0-only\n"
    ".. Printed by ccm_causes_rst from userspace-tools/ccmadm/explain/causes.cpp: change it there.\n"
    "\n"
    "Troubleshooting\n"
    "===============\n"
    "\n"
    "``ccmadm explain`` says why a partner is not READY, or a client of this node: for each cause what was\n"
    "seen, and what to do next. ``ccmadm explain 2`` is about partner 2; with ``--client mirror`` it also\n"
    "misses that client where it is not registered. It changes nothing but one thing: it has the kernel ask\n"
    "for the partner's machine by ARP or neighbour discovery, since what the kernel remembers may be of\n"
    "another time. That takes up to five seconds if nobody answers. The exit code is 0 if all that was asked\n"
    "for is ready, 2 if not, and 1 if that cannot be found out.\n"
    "\n"
    "A cause is named only if what proves it was seen. Of several, the most certain stands first: put that\n"
    "right, and ask again. What could not be looked at is listed as *not seen*; and the partner sees what\n"
    "this node cannot: ask there, too.\n"
    "\n"
    "These are all of the causes that it knows, in the order in which it looks for them, each with the\n"
    "``id`` that ``--json`` has. Words in capitals stand for what is there; what is in brackets is said\n"
    "if it is known.\n";

constexpr struct {
    About about;
    std::span<const Cause> (*table)();
    const char *title, *text;
} parts[] = {
    {About::node, causes, "This node",
     "Until that is put right nothing can be said of partners: one of these is said alone."},
    {About::partner, causes, "A partner", "Why it is not READY."},
    {About::resort, causes, "Nothing else was found", "Said where none of the causes above holds."},
    {About::client, causes, "A client", "Why a kernel client is not ready as to a partner, with CLIENT for its name."},
    {About::takeover, check_causes, "A takeover",
     "What stands against a takeover of a partner, for ``ccmadm check``: all of it, before it is needed. Besides, what "
     "stands against this node, and clients that are not ready, as above. Quorum, and who may use the disks, it does "
     "not see. Its exit code is 0 if nothing stands against it, and 2 if something does."},
    {About::remark, check_causes, "Remarks on a takeover", "Said with it, and nothing that would stop it."},
};

// `command` as ``command``
std::string literals(const std::string &text)
{
    std::string doubled;
    for (const char c : text)
        doubled += c == '`' ? "``" : std::string(1, c);
    return doubled;
}

// A command stays on one line.
std::string wrapped(std::string text)
{
    constexpr char blank = '\x01';
    bool literal = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "``") == 0) {
            literal = !literal;
            ++i;
        } else if (literal && text[i] == ' ') {
            text[i] = blank;
        }
    }
    std::istringstream words(text);
    std::string lines;
    std::size_t column = 0;
    for (std::string word; words >> word;) {
        if (column != 0 && column + 1 + word.size() > width) {
            lines += "\n";
            column = 0;
        } else if (column != 0) {
            lines += " ";
            ++column;
        }
        lines += word;
        column += word.size();
    }
    std::replace(lines.begin(), lines.end(), blank, ' ');
    return lines + "\n";
}

std::string underlined(const std::string &title, char with)
{
    return fmt::format("\n{}\n{}\n", title, std::string(title.size(), with));
}

std::string cause_text(const Cause &cause)
{
    std::string text = underlined(literals(fill_with_names(cause.title)), '~');
    text += "\n" + wrapped(fmt::format("``{}``. *Seen:* {}.", cause.id, literals(fill_with_names(cause.evidence))));
    text += "\n" + wrapped(fmt::format("*Next:* {}.", literals(fill_with_names(cause.next))));
    if (!cause.doc.empty())
        text += "\n" + wrapped(std::string(cause.doc));
    return text;
}

} // namespace

std::string causes_rst()
{
    std::string text = head;
    for (const auto &part : parts) {
        text += underlined(part.title, '-') + "\n" + wrapped(part.text);
        for (const Cause &cause : part.table())
            if (cause.about == part.about)
                text += cause_text(cause);
    }
    return text;
}

} // namespace ccmadm
