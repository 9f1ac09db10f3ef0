// SPDX-License-Identifier: GPL-2.0-only
#include "app.h"

#include "key_text.h"
#include "printer.h"
#include "record.h"
#include "verbs/verb.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <unistd.h>

namespace ccmadm {

namespace {

constexpr double longest_timeout = 1e9; // seconds: some 31 years

constexpr char exit_codes[] = "Exit codes:\n"
                              "  0  ready (status: every partner is; wait: it came true; else: done)\n"
                              "  1  error, with one line on standard error\n"
                              "  2  not ready (also: no partner is configured)\n"
                              "  3  timed out";

// What the command line says.
struct Command {
    std::string device = "/dev/ccm";
    bool json = false;

    WaitOptions wait;
    double wait_timeout = 0;
    std::string wait_state = "ready";
    std::string wait_stage;
    WatchOptions watch;
    StageOptions stage;
    HoldOptions hold;
    FailoverOptions failover;
    KeyOptions key;
    PartnerOptions partner;
    SurveyOptions explain;
    PeekOptions peek;
};

// A check for decimal numbers. CLI11 alone would take 010 for 8.
auto number_from(std::uint64_t lowest, std::uint64_t highest, std::string_view what)
{
    return [=](const std::string &text) -> std::string {
        std::uint64_t number = 0;
        const char *const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data(), last, number);
        if (error == std::errc() && end == last && (text == "0" || text.front() != '0') && number >= lowest &&
            number <= highest)
            return {};
        return fmt::format("`{}` is not {}, a number from {} to {}", text, what, lowest, highest);
    };
}

const auto check_node_id = number_from(1, std::numeric_limits<std::uint32_t>::max(), "the id of a node");

std::string check_timeout(const std::string &text)
{
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool zero_in_front = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
    if (error == std::errc() && end == text.data() + text.size() && !zero_in_front && std::isfinite(seconds) &&
        seconds >= 0 && seconds <= longest_timeout)
        return {};
    return fmt::format("`{}` is not a number of seconds from 0 to {}", text, longest_timeout);
}

std::string check_state(const std::string &text)
{
    if (states.value(text))
        return {};
    return fmt::format("`{}` is not a state; the states are: {}", text, states.list(0, CCM_STATE_COUNT - 1));
}

std::string check_client(const std::string &text)
{
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (printable && !text.empty() && text.size() < CCM_CLIENT_NAME_LEN)
        return {};
    return fmt::format("`{}` is not the name of a client, 1 to {} printable ASCII characters "
                       "without blanks",
                       name_text(text), CCM_CLIENT_NAME_LEN - 1);
}

std::string check_cluster(const std::string &text)
{
    if (is_cluster_name(text))
        return {};
    return fmt::format("`{}` is not the name of a cluster, {}", name_text(text), cluster_name_form);
}

const auto check_key_number = number_from(1, std::numeric_limits<std::uint32_t>::max(), "the number of a key");

auto check_stage_up_to(std::uint32_t last)
{
    return [last](const std::string &text) {
        const auto stage = stage_named(text, last);
        return stage ? std::string() : stage.error().text;
    };
}

// The verbs below `key`. They need no device, and so have no --device.
void describe_key(CLI::App &key, Command &command)
{
    const auto add = [&](const char *name, const char *about) {
        CLI::App *verb = key.add_subcommand(name, about);
        verb->add_flag("--json", command.json, "Print JSON");
        return verb;
    };
    key.require_subcommand(1);
    key.footer("A key is in a file that only its owner can read, and then in the module's keyring, out of\n"
               "which nobody reads it. The highest number that both sides have is used.");

    auto *generate = add("generate", "Make a new key in a new file, and do nothing else with it");
    generate->add_option("file", command.key.files, "The file, which must not exist")
        ->type_name("FILE")
        ->type_size(1)
        ->expected(1)
        ->required();
    generate->add_option("--cluster", command.key.cluster, "The cluster that it is for [that of the loaded module]")
        ->type_name("NAME")
        ->check(check_cluster);
    generate->add_option("--number", command.key.number, "Its number [one more than the highest there is, or 1]")
        ->type_name("N")
        ->check(check_key_number);

    auto *add_verb = add("add", "Add the keys of files to the module's keyring");
    add_verb->add_option("file", command.key.files, "The files; - is standard input")
        ->type_name("FILE")
        ->type_size(1)
        ->required();

    add("list", "Show which keys the module has")
        ->footer("Exits with 0 if there is one of the module's cluster, 2 if not.");

    add("del", "Delete a key of the module's cluster from its keyring")
        ->add_option("number", command.key.number, "The key's number")
        ->type_name("NUMBER")
        ->required()
        ->check(check_key_number);
}

// The verbs below `partner`. They need no device, either.
void describe_partner_verbs(CLI::App &partner, Command &command)
{
    const auto add = [&](const char *name, const char *about, bool one) {
        CLI::App *verb = partner.add_subcommand(name, about);
        verb->add_flag("--json", command.json, "Print JSON");
        verb->add_option("partner", command.partner.id, one ? "The partner's id" : "Only this partner")
            ->type_name("N")
            ->required(one)
            ->check(number_from(1, 65535, "the id of a node"));
        return verb;
    };
    partner.require_subcommand(1);
    partner.footer("What is changed is forgotten when the module is unloaded: partners= is what it begins with.");

    const auto takes_addresses = [&command](CLI::App *verb) {
        verb->add_option("address", command.partner.addresses, "Where it is: 192.0.2.2, 2001:db8::2, fe80::2%eth0")
            ->type_name("ADDRESS")
            ->type_size(1)
            ->required();
        return verb;
    };
    takes_addresses(add("add", "Configure a partner more, while the module runs", true));
    takes_addresses(add("set", "Replace the addresses of a partner, all of them", true))
        ->footer("A session that goes by an address that stays goes on. One that goes by an address that would\n"
                 "not is not ended: nothing is changed, and that is an error.");
    add("del", "End the session with a partner, and forget it", true);
    add("list", "List partners, as partners= names them", false);
}

// The command line's grammar, writing to @command. A verb's own --json and --device
// are shown in its help; they are the same as those before the verb.
void describe(CLI::App &app, Command &command)
{
    app.set_version_flag("--version",
                         fmt::format("ccmadm {} (interface version {})", CCMADM_VERSION, CCM_UAPI_VERSION));
    app.require_subcommand(0, 1);
    app.footer("`ccmadm VERB --help` tells more about a verb.\n\n" + std::string(exit_codes));
    app.get_formatter()->column_width(28);

    const auto common = [&command](CLI::App *verb) {
        verb->add_flag("--json", command.json, "Print JSON");
        verb->add_option("--device", command.device, "The CCM device [/dev/ccm]")->type_name("PATH");
        return verb;
    };
    const auto add = [&app, &common](const char *name, const char *about) {
        return common(app.add_subcommand(name, about));
    };
    common(&app);

    add("status", "Show this node, its partners and its clients (also with no verb)")
        ->footer("Exits with 0 if every configured partner is ready, 2 if not.");

    auto *explain = add("explain", "Say why a partner, or a client of this node, is not ready, and what to do");
    explain->add_option("partner", command.explain.partner, "The partner's id [all]")
        ->type_name("N")
        ->check(check_node_id);
    const auto takes_clients = [&command](CLI::App *verb) {
        verb->add_option("--client", command.explain.clients, "A kernel client that is expected here; may be repeated")
            ->type_name("NAME")
            ->type_size(1)
            ->allow_extra_args(false)
            ->check(check_client);
    };
    takes_clients(explain);
    explain->footer("Exits with 0 if they are ready, 2 if not.");

    auto *check = add("check", "Say whether a takeover of a partner would work now, and what stands against it");
    check->add_option("partner", command.explain.partner, "The partner's id")
        ->type_name("N")
        ->required()
        ->check(check_node_id);
    takes_clients(check);
    check->footer("Exits with 0 if nothing stands against it, 2 if something does.");

    auto *wait = add("wait", "Wait until partners, or clients on them, are ready or down");
    wait->add_option("--partner", command.wait.partners, "Wait for this partner; may be repeated [all configured]")
        ->type_name("N")
        ->type_size(1)
        ->allow_extra_args(false)
        ->check(check_node_id);
    wait->add_option("--client", command.wait.clients,
                     "Wait for this kernel client as to those partners; may be repeated")
        ->type_name("NAME")
        ->type_size(1)
        ->allow_extra_args(false)
        ->check(check_client);
    wait->add_option("--timeout", command.wait_timeout, "Give up after this time [never]")
        ->type_name("SECONDS")
        ->check(check_timeout);
    wait->add_option("--state", command.wait_state,
                     "The state to wait for: " + states.list(0, CCM_STATE_COUNT - 1) +
                         "; with --client ready, or down for not ready [ready]")
        ->type_name("NAME")
        ->check(check_state);
    wait->add_option("--stage", command.wait_stage,
                     "Wait until it is ready and its boot has reached at least: " +
                         stages.list(CCM_STAGE_KERNEL, CCM_STAGE_RUNNING))
        ->type_name("NAME")
        ->check(check_stage_up_to(CCM_STAGE_RUNNING));
    wait->footer("Exits with 0 when it came true, 3 when the time is over.");

    auto *watch = add("watch", "Print the present state, then every change");
    watch->add_option("--count", command.watch.count, "End after this many changes")
        ->type_name("N")
        ->check(number_from(1, std::numeric_limits<std::uint64_t>::max(), "a count of changes"));
    watch->add_flag("--until-sync", command.watch.until_sync, "End after the present state");
    watch->footer("With --json, one object a line: the present state, {\"type\":\"sync\",...}, "
                  "then changes.\nEnds with 0 on SIGINT and SIGTERM.");

    auto *stage = add("stage", "Print or set this node's boot stage");
    stage
        ->add_option("stage", command.stage.name,
                     "The stage to set: " + stages.list(CCM_STAGE_KERNEL, CCM_STAGE_STOPPING))
        ->type_name("NAME")
        ->check(check_stage_up_to(CCM_STAGE_STOPPING));

    auto *hold = add("hold", "Run a command, and hold a boot stage as long as it lives");
    hold->add_option("stage", command.hold.stage,
                     "The stage to hold: " + stages.list(CCM_STAGE_KERNEL, CCM_STAGE_RUNNING))
        ->type_name("NAME")
        ->required()
        ->check(check_stage_up_to(CCM_STAGE_RUNNING));
    hold->add_option("command", command.hold.command, "The command and its arguments, behind --")
        ->type_name("COMMAND")
        ->required();
    hold->footer("The command takes the place of ccmadm: the exit status is its own. The stage falls back\n"
                 "when the last process that has inherited the descriptor is gone.");

    auto *failover = add("failover", "Show what the failover monitor has decided, or say that somebody has looked");
    auto *of = failover->add_option("partner", command.failover.partner, "The partner's id [all]")
                   ->type_name("N")
                   ->check(check_node_id);
    failover
        ->add_flag("--clear", command.failover.clear,
                   "Say that nothing of the partner is taken over (any more), and that somebody has looked")
        ->needs(of);

    app.add_subcommand("node", "Show this node, what its parameters have come to, and what of that is taken")
        ->add_flag("--json", command.json, "Print JSON");

    describe_key(*app.add_subcommand("key", "Make keys of the cluster, and give them to the module"), command);

    describe_partner_verbs(*app.add_subcommand("partner", "Configure partners while the module runs"), command);

    auto *peek = add("peek", "Read a partner's status page by RDMA, now");
    peek->add_option("partner", command.peek.partner, "The partner's id")
        ->type_name("N")
        ->required()
        ->check(check_node_id);
    peek->add_option("--timeout", command.peek.timeout_ms, "How long to wait for the answer, 1 to 10000 [1000]")
        ->type_name("MS")
        ->check(number_from(1, 10000, "a timeout in milliseconds"));
    peek->footer("Exits with 2 if there is no session with the partner, 3 if it does not answer.");
}

Result<ExitCode> run_key(const CLI::App &verb, const Command &command, Printer &printer)
{
    SystemKeyCalls calls;
    const KeyContext context{calls, printer, STDIN_FILENO};
    if (verb.got_subcommand("generate"))
        return run_key_generate(context, command.key);
    if (verb.got_subcommand("add"))
        return run_key_add(context, command.key);
    if (verb.got_subcommand("del"))
        return run_key_del(context, command.key);
    return run_key_list(context, command.key);
}

Result<ExitCode> run_partner(const CLI::App &verb, const Command &command, Printer &printer)
{
    NetlinkPartnerControl control;
    const PartnerContext context{control, printer};
    if (verb.got_subcommand("add"))
        return run_partner_add(context, command.partner);
    if (verb.got_subcommand("set"))
        return run_partner_set(context, command.partner);
    if (verb.got_subcommand("del"))
        return run_partner_del(context, command.partner);
    return run_partner_list(context, command.partner);
}

Result<ExitCode> run_explain_or_check(const CLI::App &app, const DeviceOpener &opener, const Command &command,
                                      Printer &printer, const Clock &clock)
{
    SystemKeyCalls calls;
    NetlinkPartnerControl control;
    RtnetlinkView network;
    const ExplainContext context{{opener, command.device, "/sys", clock, calls, control, network}, printer};
    return app.got_subcommand("check") ? run_check(context, command.explain) : run_explain(context, command.explain);
}

Result<ExitCode> run_verb(const CLI::App &app, Command &command, const Context &context)
{
    if (app.got_subcommand("wait")) {
        const auto *verb = app.get_subcommand("wait");
        if (verb->count("--timeout") != 0)
            command.wait.timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::duration<double>(command.wait_timeout));
        command.wait.state = states.value(command.wait_state).value_or(CCM_STATE_READY);
        if (!command.wait_stage.empty())
            command.wait.stage = stage_named(command.wait_stage, CCM_STAGE_RUNNING).value();
        return run_wait(context, command.wait);
    }
    if (app.got_subcommand("watch"))
        return run_watch(context, command.watch);
    if (app.got_subcommand("stage"))
        return run_stage(context, command.stage);
    if (app.got_subcommand("failover"))
        return run_failover(context, command.failover);
    if (app.got_subcommand("hold"))
        return run_hold(context, command.hold);
    if (app.got_subcommand("peek"))
        return run_peek(context, command.peek);
    return run_status(context);
}

ExitCode fail(Output &errors, const Error &error)
{
    errors.write(fmt::format("ccmadm: {}\n", error.text));
    return error.code;
}

// All but the check that what was said could be written.
ExitCode run_command(std::span<const char *const> arguments, const DeviceOpener &opener, Output &output, Output &errors,
                     const Clock &clock)
{
    CLI::App app("ccmadm looks at and steers CCM, the cluster connection manager.", "ccmadm");
    Command command;
    describe(app, command);

    try {
        // CLI11 takes them last first.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        if (!command.wait_stage.empty() && command.wait_state != "ready")
            throw CLI::ValidationError(fmt::format(
                "--stage is about partners that are ready: it does not go with --state {}", command.wait_state));
        if (!command.wait.clients.empty() && command.wait_state != "ready" && command.wait_state != "down")
            throw CLI::ValidationError(
                fmt::format("--client waits for ready or down: it does not go with --state {}", command.wait_state));
    } catch (const CLI::CallForVersion &version) {
        output.write(version.what() + std::string("\n"));
        return ExitCode::ready;
    } catch (const CLI::Success &) {
        output.write(app.help());
        return ExitCode::ready;
    } catch (const CLI::Error &error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        return fail(errors, {fmt::format("{}; try `ccmadm --help`", text)});
    }

    Printer printer(output, command.json ? Format::json : Format::text, clock);
    if (app.got_subcommand("key")) {
        const auto code = run_key(*app.get_subcommand("key"), command, printer);
        return code ? code.value() : fail(errors, code.error());
    }
    if (app.got_subcommand("partner")) {
        const auto code = run_partner(*app.get_subcommand("partner"), command, printer);
        return code ? code.value() : fail(errors, code.error());
    }

    if (app.got_subcommand("node")) {
        const auto code = run_node({ask_node_info, printer});
        return code ? code.value() : fail(errors, code.error());
    }

    if (app.got_subcommand("explain") || app.got_subcommand("check")) {
        const auto code = run_explain_or_check(app, opener, command, printer, clock);
        return code ? code.value() : fail(errors, code.error());
    }

    auto device = opener(command.device);
    if (!device)
        return fail(errors, device.error());
    const auto info = device.value().check();
    if (!info)
        return fail(errors, info.error());

    const Context context{device.value(), info.value(), printer, clock, errors};
    const auto code = run_verb(app, command, context);
    return code ? code.value() : fail(errors, code.error());
}

} // namespace

ExitCode run(std::span<const char *const> arguments, const DeviceOpener &opener, Output &output, Output &errors,
             const Clock &clock)
{
    const ExitCode code = run_command(arguments, opener, output, errors, clock);
    if (output.state() == Output::State::failed)
        return fail(errors, {fmt::format("cannot write to standard output: {}", strerror(output.number()))});
    return code;
}

} // namespace ccmadm
