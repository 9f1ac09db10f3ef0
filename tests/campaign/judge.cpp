// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "alternation.h"

namespace ccm::campaign {

namespace {

using test::Alternation;

// Of what a session may lose by waiting for a processor before a DOWN can be the machine's fault.
constexpr double starved = 1.0 / 3;

// The monitor holds an advice back for hold_ms (500); nobody waits longer than that and this much.
constexpr double advised_after = 0.5 + 1.5;

// A client's DOWN may come behind that of a reader, but no later than this.
constexpr double client_hears = 0.5;

// The same DOWN is told to all readers of a node at once, but reaches the lab when it is read.
constexpr double skew = 0.005;

struct Loss {
    int node, partner;
    double at;
    std::string reason;
    bool certain;
};

struct Judge {
    const Seen &seen;
    Judged result;

    void find(Column column, const std::string &text)
    {
        result.findings.push_back(
            {column, fmt::format("cycle {}, {} on node {}{}{}: {}", seen.number, seen.kind, seen.target,
                                 seen.parameters.empty() ? "" : ", ", seen.parameters, text)});
    }
    std::string when(double at) const { return fmt::format("{:+.3f} s", at - seen.struck); }
    bool touched(int node, int partner) const
    {
        return seen.expected.ends != Ends::never && (node == seen.target || partner == seen.target);
    }
    const Words &reasons(int node) const { return node == seen.target ? seen.expected.here : seen.expected.there; }
    bool was_starved(const Loss &loss) const
    {
        double waited = 0;
        for (int node : {loss.node, loss.partner, 0}) {
            double own = 0;
            for (const Delay &delay : seen.delays)
                if (delay.node == node && delay.at >= loss.at - 2 * seen.detect && delay.at <= loss.at + skew)
                    own += delay.seconds;
            waited = std::max(waited, own);
        }
        return waited >= starved * seen.detect;
    }

    void partners();
    void take(const Told &told, Alternation &pair);
    void lost(const Loss &loss, int nth);
    void missing();
    void advices();
    void advice(const Told &told);
    void not_advised(const Loss &loss);
    double down_until(const Loss &loss) const;
    bool follows_from_excused(const Told &told) const;
    void clients();
    void times();

    std::map<std::tuple<int, int, int>, Alternation> pairs; // node, partner, life
    std::vector<Loss> losses, excused;
    std::set<std::tuple<int, int, std::string>> later; // reasons that have been found: once is enough
};

void Judge::partners()
{
    for (const Told &told : seen.told)
        if (told.what == Told::What::partner)
            take(told, pairs[{told.node, told.partner, told.life}]);
    std::map<std::pair<int, int>, int> nth;
    for (const Loss &loss : losses)
        lost(loss, nth[{loss.node, loss.partner}]++);
    missing();
}

void Judge::take(const Told &told, Alternation &pair)
{
    const int before = pair.downs();
    const bool first = !pair.ready() && !pair.readies() && !before;
    const std::string wrong = pair.take(told.state, told.reason, told.sessions);
    if (!wrong.empty())
        find(Column::notification,
             fmt::format("node {} of node {}, {}: {}", told.node, told.partner, when(told.at), wrong));
    if (pair.downs() > before) {
        losses.push_back({told.node, told.partner, told.at, told.reason, told.certain});
        return;
    }
    // It is DOWN, and the reason changes.
    if (told.state != "down" || first || !touched(told.node, told.partner) || told.at < seen.struck)
        return;
    // Who is back for a moment, and is lost again, is unreachable; nobody else hides why it went.
    const bool may_be_back = told.reason == "unreachable" && told.at >= seen.healed;
    if (told.reason != "none" && !may_be_back && !reasons(told.node).contains(told.reason) &&
        !seen.expected.later.contains(told.reason) && later.insert({told.node, told.partner, told.reason}).second)
        find(Column::wrong_reason,
             fmt::format("node {} says later of node {}, {}: {}", told.node, told.partner, when(told.at), told.reason));
}

void Judge::lost(const Loss &loss, int nth)
{
    const Expected &expected = seen.expected;
    const std::string text = fmt::format("node {} says of node {}, {}: DOWN, {}{}", loss.node, loss.partner,
                                         when(loss.at), loss.reason, loss.certain ? ", certain" : "");
    const bool caused = touched(loss.node, loss.partner) && !reasons(loss.node).empty() &&
                        loss.at >= seen.struck - skew && (expected.ends == Ends::may || nth == 0);
    if (!caused) {
        if (was_starved(loss)) {
            excused.push_back(loss);
            result.excused.push_back(text);
        } else {
            find(Column::false_down, text);
        }
        return;
    }
    result.reasons[loss.reason]++;
    if (!reasons(loss.node).contains(loss.reason))
        find(Column::wrong_reason, text);
    const bool proof = loss.reason == "panicked" || loss.reason == "restarted";
    if (loss.certain != proof || (loss.certain && (expected.lives || loss.partner != seen.target)))
        find(Column::wrong_reason, text + ": whether it is certain");
}

// Each session ends on both sides, if both are there.
void Judge::missing()
{
    const auto lost = [&](int node, int partner) {
        return std::any_of(losses.begin(), losses.end(),
                           [&](const Loss &l) { return l.node == node && l.partner == partner; });
    };
    for (int node : seen.nodes) {
        if (node == seen.target)
            continue;
        if (seen.expected.ends == Ends::must && !lost(node, seen.target))
            find(Column::notification, fmt::format("node {} was told no DOWN of node {}", node, seen.target));
        if (seen.expected.lives && !seen.expected.here.empty() && lost(node, seen.target) != lost(seen.target, node))
            find(Column::notification, fmt::format("nodes {} and {}: only one was told DOWN", node, seen.target));
    }
}

void Judge::advices()
{
    for (const Told &told : seen.told)
        if (told.what == Told::What::advice)
            advice(told);
    for (const Loss &loss : losses)
        not_advised(loss);
}

// As long as nothing else is told of it than that it is DOWN for that reason.
double Judge::down_until(const Loss &loss) const
{
    for (const Told &told : seen.told)
        if (told.what == Told::What::partner && told.node == loss.node && told.partner == loss.partner &&
            told.at > loss.at && (told.state == "ready" || (told.reason != "none" && told.reason != loss.reason)))
            return told.at;
    return seen.over;
}

// Who has died is to be taken over from: a monitor that says nothing is as wrong as one that says too much.
void Judge::not_advised(const Loss &loss)
{
    static const Words deaths{"unreachable", "hung", "panicked", "shutdown"};
    if (!deaths.contains(loss.reason) || loss.node == seen.target)
        return;
    const double due = loss.at + advised_after;
    if (due > down_until(loss))
        return;
    for (const Told &told : seen.told)
        if (told.what == Told::What::advice && told.node == loss.node && told.partner == loss.partner &&
            told.state == "takeover-advised" && told.at >= loss.at && told.at <= due)
            return;
    find(Column::wrong_advice,
         fmt::format("node {} of node {}, {}: DOWN, {}, and {:.1f} s later no takeover is advised", loss.node,
                     loss.partner, when(loss.at), loss.reason, advised_after));
}

// The session that it is about was the machine's to lose.
bool Judge::follows_from_excused(const Told &told) const
{
    const auto last_before = [&](const std::vector<Loss> &all) {
        double at = -1;
        for (const Loss &loss : all)
            if (loss.node == told.node && loss.partner == told.partner && loss.at <= told.at)
                at = std::max(at, loss.at);
        return at;
    };
    return last_before(excused) >= 0 && last_before(excused) == last_before(losses);
}

void Judge::advice(const Told &told)
{
    const auto has = [&](const char *word) {
        return (told.flags + " ").find(fmt::format(" {} ", word)) != told.flags.npos;
    };
    const bool about_target = told.partner == seen.target;
    const std::string text = fmt::format("node {} of node {}, {}: {} {}{}", told.node, told.partner, when(told.at),
                                         told.state, told.reason, told.flags);
    if (told.at < seen.struck ||
        (told.state != "takeover-advised" && told.state != "boot-stalled" && told.state != "flapping"))
        return;
    if (told.state != "takeover-advised") {
        find(Column::wrong_advice, text);
        return;
    }
    // Where it may be that its kernel does not schedule, it does not serve, either, as long as that is so.
    const bool hangs = told.reason == "hung" && seen.expected.there.contains("hung");
    const bool serves = !about_target || (seen.expected.serves && !hangs);
    if (serves && !has("partition")) {
        if (follows_from_excused(told))
            result.excused.push_back(text);
        else
            find(Column::wrong_advice, text + ": it serves");
    }
    if (has("certain") && (!about_target || seen.expected.lives))
        find(Column::wrong_advice, text + ": its kernel lives");
    if (has("orderly") && (!about_target || !seen.expected.orderly))
        find(Column::wrong_advice, text + ": it has not stopped serving");
}

void Judge::clients()
{
    for (const Heard &after : seen.after) {
        if (after.readies - after.downs != (after.up ? 1 : 0))
            find(Column::notification,
                 fmt::format("node {}: a client heard of node {} READY {} times, DOWN {} times, and is {}", after.node,
                             after.partner, after.readies, after.downs, after.up ? "up" : "down"));
        for (const Heard &before : seen.before) {
            if (before.node != after.node || before.partner != after.partner || before.life != after.life)
                continue;
            if (after.late > before.late)
                find(Column::late_write, fmt::format("node {}: {} words of node {} came late", after.node,
                                                     after.late - before.late, after.partner));
            const bool lost = std::any_of(losses.begin(), losses.end(), [&](const Loss &l) {
                return l.node == after.node && l.partner == after.partner && l.at >= seen.counted_from &&
                       l.at <= seen.counted_to - client_hears;
            });
            if (lost && before.up && after.downs == before.downs)
                find(Column::notification,
                     fmt::format("node {}: a client was not told that node {} is DOWN", after.node, after.partner));
        }
    }
}

void Judge::times()
{
    std::set<int> counted;
    for (const Loss &loss : losses)
        if (loss.partner == seen.target && loss.at >= seen.struck - skew && counted.insert(loss.node).second &&
            seen.expected.ends == Ends::must)
            result.detect.push_back(std::max(0.0, loss.at - seen.struck));
    double last = 0;
    std::map<std::tuple<int, int, int>, std::string> states;
    for (const Told &told : seen.told) {
        if (told.what != Told::What::partner)
            continue;
        std::string &state = states[{told.node, told.partner, told.life}];
        // Another stage is told with READY again.
        if (told.state == "ready" && state != "ready" && told.at >= seen.healed && touched(told.node, told.partner))
            last = std::max(last, told.at);
        state = told.state;
    }
    if (last > 0 && !losses.empty() && seen.not_back.empty())
        result.ready = last - seen.healed;
}

} // namespace

const char *column_name(Column column)
{
    static const std::array<const char *, column_count> names{
        "false DOWN", "wrong advice", "notification", "late write", "wrong reason", "kernel report", "not back"};
    return names.at(static_cast<std::size_t>(column));
}

Column column_of(const std::string &report)
{
    const auto has = [&](const char *text) { return report.find(text) != report.npos; };
    if (!has("VIOLATION"))
        return Column::kernel_report;
    if (has("a late write"))
        return Column::late_write;
    if (has("ready()") || has("down()") || has("completion after"))
        return Column::notification;
    return Column::kernel_report;
}

Judged judge(const Seen &seen)
{
    Judge j{seen, {}, {}, {}, {}, {}};
    j.partners();
    j.advices();
    j.clients();
    j.times();
    for (const std::string &report : seen.log)
        j.find(column_of(report), report);
    if (!seen.not_back.empty())
        j.find(Column::not_back, seen.not_back);
    return j.result;
}

} // namespace ccm::campaign
