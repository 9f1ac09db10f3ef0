// SPDX-License-Identifier: GPL-2.0-only
#include "rogue.h"

#include <cstdio>
#include <sstream>

#include "error.h"

namespace ccm::lab {
namespace {

template <typename Message, std::size_t length, void put(u8 *, const Message *)> Bytes encode(const Message &message)
{
    Bytes bytes(length);
    put(bytes.data(), &message);
    return bytes;
}

long whole_ms(Duration d)
{
    return static_cast<long>(milliseconds(d));
}

} // namespace

Bytes encoded(const ccm_wire_request &message)
{
    return encode<ccm_wire_request, CCM_WIRE_REQUEST_LEN, ccm_wire_put_request>(message);
}

Bytes encoded(const ccm_wire_reject &message)
{
    return encode<ccm_wire_reject, CCM_WIRE_REJECT_LEN, ccm_wire_put_reject>(message);
}

Bytes encoded(const ccm_wire_keys &message)
{
    return encode<ccm_wire_keys, CCM_WIRE_KEYS_LEN, ccm_wire_put_keys>(message);
}

Bytes encoded(const ccm_wire_ring &message)
{
    return encode<ccm_wire_ring, CCM_WIRE_RING_LEN, ccm_wire_put_ring>(message);
}

Bytes encoded(const ccm_wire_status &message)
{
    return encode<ccm_wire_status, CCM_WIRE_STATUS_LEN, ccm_wire_put_status>(message);
}

Bytes encoded(const ccm_wire_hello &message)
{
    return encode<ccm_wire_hello, CCM_WIRE_HELLO_LEN, ccm_wire_put_hello>(message);
}

Bytes encoded(const ccm_wire_answer &message)
{
    return encode<ccm_wire_answer, CCM_WIRE_ANSWER_LEN, ccm_wire_put_answer>(message);
}

Bytes encoded(const ccm_catalog &message)
{
    Bytes bytes(ccm_catalog_len(message.count));
    ccm_catalog_put(bytes.data(), &message);
    return bytes;
}

Bytes encoded(const ccm_wire_ready &message)
{
    return encode<ccm_wire_ready, CCM_WIRE_READY_LEN, ccm_wire_put_ready>(message);
}

Bytes encoded(const ccm_wire_goodbye &message)
{
    return encode<ccm_wire_goodbye, CCM_WIRE_GOODBYE_LEN, ccm_wire_put_goodbye>(message);
}

ccm_wire_request session_request(std::uint32_t node, std::uint32_t partner, const std::string &cluster,
                                 std::uint64_t incarnation, std::uint32_t attempt)
{
    ccm_wire_request request{};
    request.version_min = CCM_VERSION_MIN;
    request.version_max = CCM_VERSION_MAX;
    request.purpose = CCM_PURPOSE_SESSION;
    request.node = node;
    request.partner = partner;
    request.cluster = ccm_cluster_id(cluster.c_str());
    request.incarnation = incarnation;
    request.attempt = attempt;
    return request;
}

std::string hex(const Bytes &bytes)
{
    std::string text;
    for (std::uint8_t byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

Bytes from_hex(const std::string &text)
{
    if (text.size() % 2)
        throw Error("\"{}\" is not hex: its length is odd", text);
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        std::string digits = text.substr(i, 2);
        if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
            throw Error("\"{}\" is not hex", text);
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
    }
    return bytes;
}

std::optional<ccm_wire_reject> Rogue::Outcome::reject() const
{
    ccm_wire_reject message{};
    if (!rejected() || ccm_wire_get_reject(data.data(), static_cast<u32>(data.size()), &message) != 0)
        return {};
    return message;
}

int Rogue::Outcome::reject_code() const
{
    auto message = reject();
    return message ? message->code : static_cast<int>(CCM_REJECT_NONE);
}

Rogue::Rogue(Node &node, int slot) : node_(node), slot_(slot) {}

// One shell, so that nobody else's result comes between; it loads the module if need be.
std::string Rogue::script(const std::vector<std::string> &lines)
{
    std::string text = "cd /sys/kernel/debug/ccm_rogue 2>/dev/null || "
                       "{ insmod /modules/ccm_rogue.ko && cd /sys/kernel/debug/ccm_rogue || exit; }\n";
    for (const std::string &line : lines)
        text += "echo '" + line + "' >run || code=1; cat run\n";
    return text + "exit $code";
}

std::vector<std::string> Rogue::commands(const std::vector<std::string> &lines, Duration timeout)
{
    Result result = node_.run(script(lines), timeout + 10s);
    std::vector<std::string> said;
    std::istringstream all(result.output);
    for (std::string one; std::getline(all, one);)
        said.push_back(one);
    if (!result.ok() || said.size() != lines.size())
        throw Error("{}: the rogue refuses `{}`: {} {}", node_.name(), fmt::join(lines, "; "), result.output,
                    result.errors);
    return said;
}

std::string Rogue::command(const std::string &line, Duration timeout)
{
    return commands({line}, timeout).front();
}

Rogue::Outcome Rogue::outcome(const std::string &text) const
{
    Outcome out;
    out.text = text;
    std::istringstream words(text);
    words >> out.state;
    for (std::string word; words >> word;) {
        if (word.rfind("status=", 0) == 0) {
            out.status = std::stoi(word.substr(7));
        } else if (word.rfind("data=", 0) == 0) {
            out.data = from_hex(word.substr(5));
        } else if (word.rfind("event=", 0) == 0) {
            std::string rest;
            std::getline(words, rest);
            out.event = word.substr(6) + rest;
        }
    }
    return out;
}

Rogue::Outcome Rogue::connect(const std::string &address, int port, const Bytes &private_data, Duration timeout,
                              const std::string &from)
{
    return outcome(command(fmt::format("connect {} {} {} {} {} {}", slot_, address, port,
                                       private_data.empty() ? "-" : hex(private_data), whole_ms(timeout), from),
                           2 * timeout));
}

Command Rogue::start_flood(const std::string &address, int port, const Bytes &private_data, Duration lasts, int how,
                           const std::string &from)
{
    return node_.start_command(script({fmt::format("flood {} {} {} {} {} {} {}", slot_, address, port,
                                                   hex(private_data), whole_ms(lasts), how, from)}));
}

Rogue::Flood Rogue::end_flood(Command &flood, Duration timeout)
{
    Result result = flood.wait(timeout);
    Flood all;
    if (!result.ok() || std::sscanf(result.output.c_str(), "asked=%d established=%d rejected=%d failed=%d", &all.asked,
                                    &all.established, &all.rejected, &all.failed) != 4)
        throw Error("a flood: {} {}", result.output, result.errors);
    return all;
}

void Rogue::listen(int port, Answer answer, const Bytes &private_data)
{
    const char *word = answer == Answer::accept ? "accept" : answer == Answer::reject ? "reject" : "ignore";
    std::string said =
        command(fmt::format("listen {} {} {} {}", slot_, port, word, private_data.empty() ? "-" : hex(private_data)));
    if (said != "listening")
        throw Error("{}: the rogue cannot listen on port {}: {}", node_.name(), port, said);
}

void Rogue::take_next()
{
    command(fmt::format("next {}", slot_));
}

std::string Rogue::accept(const Bytes &private_data, int owner)
{
    return command(fmt::format("accept {} {} {}", slot_, private_data.empty() ? "-" : hex(private_data),
                               owner < 0 ? std::string() : std::to_string(owner)));
}

Rogue::Outcome Rogue::wait_request(Duration timeout)
{
    return outcome(command(waits("request", timeout), timeout));
}

Rogue::Outcome Rogue::wait_established(Duration timeout)
{
    return outcome(command(waits("established", timeout), timeout));
}

Rogue::Outcome Rogue::wait_disconnected(Duration timeout)
{
    return outcome(command(waits("disconnected", timeout), timeout));
}

Rogue::Outcome Rogue::state()
{
    return outcome(command(fmt::format("state {}", slot_)));
}

std::string Rogue::sends(const Bytes &message) const
{
    return fmt::format("send {} {}", slot_, message.empty() ? "-" : hex(message));
}

std::string Rogue::pokes(std::uint32_t offset, const Bytes &data) const
{
    return fmt::format("poke {} {} {}", slot_, offset, hex(data));
}

std::string Rogue::looks(std::uint32_t offset, std::uint32_t length) const
{
    return fmt::format("look {} {} {}", slot_, offset, length);
}

std::string Rogue::receives(Duration timeout) const
{
    return fmt::format("receive {} {}", slot_, whole_ms(timeout));
}

std::string Rogue::waits(const char *state, Duration timeout) const
{
    return fmt::format("wait {} {} {}", slot_, state, whole_ms(timeout));
}

std::string Rogue::closes() const
{
    return fmt::format("close {}", slot_);
}

std::optional<Bytes> Rogue::data_of(const std::string &said)
{
    for (const char *before : {"ok data=", "message "})
        if (said.rfind(before, 0) == 0)
            return from_hex(said.substr(std::string(before).size()));
    return {};
}

std::string Rogue::send(const Bytes &message)
{
    return command(sends(message));
}

std::string Rogue::write(std::uint64_t addr, std::uint32_t key, const Bytes &data)
{
    return command(fmt::format("write {} {} {} {}", slot_, addr, key, data.empty() ? "-" : hex(data)));
}

std::string Rogue::write_with_immediate(std::uint64_t addr, std::uint32_t key, const Bytes &data, std::uint32_t word)
{
    return command(fmt::format("write {} {} {} {} {}", slot_, addr, key, data.empty() ? "-" : hex(data), word));
}

std::string Rogue::ring(std::uint32_t word, int times)
{
    return command(fmt::format("ring {} {} {}", slot_, word, times), 30s);
}

std::string Rogue::read(std::uint64_t addr, std::uint32_t key, std::uint32_t length, Bytes *data)
{
    std::string said = command(fmt::format("read {} {} {} {}", slot_, addr, key, length));
    if (said.rfind("ok data=", 0) != 0)
        return said;
    if (data)
        *data = from_hex(said.substr(8));
    return "ok";
}

std::optional<Rogue::Message> Rogue::receive(Duration timeout)
{
    std::istringstream said(command(receives(timeout), timeout));
    std::string kind, value;
    said >> kind >> value;
    Message message;
    if (kind == "immediate")
        message.immediate = static_cast<std::uint32_t>(std::stoul(value));
    else if (kind == "message")
        message.data = from_hex(value);
    else
        return {};
    return message;
}

ccm_wire_keys Rogue::receive_keys(Duration timeout)
{
    auto message = receive(timeout);
    if (!message)
        throw Error("{}: the rogue's partner sent no keys: {}", node_.name(), state().text);
    ccm_wire_keys keys{};
    int error = ccm_wire_get_keys(message->data.data(), static_cast<u32>(message->data.size()), &keys);
    if (error)
        throw Error("{}: the rogue's partner sent {} instead of keys (error {})", node_.name(), hex(message->data),
                    error);
    return keys;
}

RogueMemory Rogue::memory()
{
    std::string text = command(fmt::format("memory {}", slot_));
    std::istringstream said(text);
    std::string status, mailbox;
    RogueMemory m;
    said >> status >> m.status_addr >> m.status_key >> mailbox >> m.mailbox_addr >> m.mailbox_key;
    if (!said || status != "status" || mailbox != "mailbox")
        throw Error("{}: the rogue has no memory: {}", node_.name(), text);
    return m;
}

void Rogue::poke(std::uint32_t offset, const Bytes &data)
{
    std::string said = command(pokes(offset, data));
    if (said != "ok")
        throw Error("{}: the rogue cannot change its memory: {}", node_.name(), said);
}

Bytes Rogue::look(std::uint32_t offset, std::uint32_t length)
{
    std::string said = command(looks(offset, length));
    if (said.rfind("ok data=", 0) != 0)
        throw Error("{}: the rogue cannot look at its memory: {}", node_.name(), said);
    return from_hex(said.substr(8));
}

std::string Rogue::disconnect()
{
    return command(fmt::format("disconnect {}", slot_));
}

void Rogue::close()
{
    command(closes());
}

} // namespace ccm::lab
