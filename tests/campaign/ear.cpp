// SPDX-License-Identifier: GPL-2.0-only
#include "ear.h"

#include <csignal>
#include <thread>

#include "failover.h"

namespace ccm::campaign {

namespace {

constexpr Duration glance = 5ms;
constexpr std::size_t lines_max = 4000; // of one reader: all of them are kept

void end(Command &command)
{
    try {
        command.signal(SIGTERM);
        command.wait(soon);
    } catch (const Error &) {
        // Its node is gone.
    }
}

} // namespace

Ear::Ear(Cluster &cluster, Node &node, std::vector<int> partners)
    : cluster_(cluster), node_(node), partners_(std::move(partners))
{
}

void Ear::listen()
{
    hush();
    life_++;
    lines_ = 0;
    partner_.clear();
    client_.clear();
    advice_.clear();
    uevents_ = node_.start_command("ccm-node-test uevents");
    uevents_->wait_line("listening", soon);
    watch_ = cluster_.watch(node_);
    bool synced = false;
    const TimePoint deadline = deadline_after(soon);
    while (!synced) {
        const Event event = watch_->next(deadline - Clock::now());
        synced = event.json["type"] == "sync";
        take_record(event);
    }
    // Decisions that were made before are told on demand.
    std::string ask;
    for (int partner : partners_)
        ask += fmt::format("echo change >/sys/bus/ccm_failover/devices/{}/uevent; ", partner);
    node_.must(ask);
}

void Ear::hush()
{
    if (watch_)
        end(watch_->command());
    if (uevents_)
        end(*uevents_);
    watch_.reset();
    uevents_.reset();
}

void Ear::look()
{
    while (uevents_) {
        const std::optional<OutputLine> line = uevents_->poll_line();
        if (!line)
            break;
        take_advice(*line);
    }
    while (watch_) {
        const std::optional<OutputLine> line = watch_->command().poll_line();
        if (!line)
            break;
        if (!line->error)
            take_record({line->at, line->node_us, json::parse(line->text)});
    }
}

bool Ear::until(const std::function<bool()> &it_is, Duration timeout)
{
    const TimePoint deadline = deadline_after(timeout);
    for (;;) {
        look();
        if (it_is())
            return true;
        if (Clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(glance);
    }
}

void Ear::keep(const Told &told)
{
    lines_++;
    told_.push_back(told);
}

// The moment of the change, not that of reading it
void Ear::take_record(const Event &event)
{
    const json &e = event.json;
    const bool client = e["type"] == "client";
    if (e["type"] == "overflow")
        life_++;
    if (!client && e["type"] != "partner")
        return;
    Told told;
    const double late = (static_cast<double>(event.node_us) * 1e3 - e["time_ns"].get<double>()) / 1e9;
    told.at = lab_time(event.at) - std::max(late, 0.0);
    told.node = node_.id();
    told.life = life_;
    told.partner = e["node"];
    told.state = e["state"];
    told.reason = e["reason"];
    for (const json &flag : e["flags"])
        told.certain = told.certain || flag == "certain";
    if (client) {
        told.what = Told::What::client;
        told.name = e["client"];
        client_[{told.name, told.partner}] = told;
    } else {
        told.sessions = e["sessions"];
        stage_[told.partner] = e["stage"];
        losses_[told.partner] +=
            partner_.contains(told.partner) && partner_[told.partner].state == "ready" && told.state != "ready";
        partner_[told.partner] = told;
    }
    keep(told);
}

void Ear::take_advice(const OutputLine &line)
{
    if (line.error || line.text.find("ACTION=change") == std::string::npos)
        return;
    const Decision decision = decision_of(line.text);
    Told told;
    told.at = lab_time(line.at);
    told.node = node_.id();
    told.life = life_;
    told.partner = decision.partner;
    told.what = Told::What::advice;
    told.state = decision.decision;
    told.reason = decision.reason;
    told.flags = decision.flags;
    advice_[told.partner] = told;
    keep(told);
}

std::string Ear::state(int partner) const
{
    const auto it = partner_.find(partner);
    return it == partner_.end() ? "" : it->second.state;
}

std::string Ear::reason(int partner) const
{
    const auto it = partner_.find(partner);
    return it == partner_.end() ? "" : it->second.reason;
}

std::string Ear::stage(int partner) const
{
    const auto it = stage_.find(partner);
    return it == stage_.end() ? "" : it->second;
}

std::string Ear::client(const std::string &name, int partner) const
{
    const auto it = client_.find({name, partner});
    return it == client_.end() ? "" : it->second.state;
}

std::string Ear::decision(int partner) const
{
    const auto it = advice_.find(partner);
    return it == advice_.end() ? "" : it->second.state;
}

int Ear::losses(int partner) const
{
    const auto it = losses_.find(partner);
    return it == losses_.end() ? 0 : it->second;
}

void Ear::begin()
{
    if (lines_ > lines_max && listens())
        listen();
    look();
    losses_.clear();
}

std::vector<Told> Ear::take()
{
    look();
    std::vector<Told> all = std::exchange(told_, {});
    for (const auto &[partner, told] : partner_)
        told_.push_back(told);
    return all;
}

} // namespace ccm::campaign
