// SPDX-License-Identifier: GPL-2.0-only
#include "rogue.h"

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

Rogue::Rogue(Node &node, int slot) : node_(node), slot_(slot)
{
    node_.must("[ -d /sys/module/ccm_rogue ] || insmod /modules/ccm_rogue.ko");
}

std::string Rogue::command(const std::string &line, Duration timeout)
{
    // One shell, so that nobody else's result comes between.
    std::string script = "cd /sys/kernel/debug/ccm_rogue && echo '" + line + "' >run; code=$?; cat run; exit $code";
    Result result = node_.run(script, timeout + 10s);
    std::string text = result.output.substr(0, result.output.find('\n'));
    if (!result.ok())
        throw Error("{}: the rogue refuses `{}`: {} {}", node_.name(), line, text, result.errors);
    return text;
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

Rogue::Outcome Rogue::connect(const std::string &address, int port, const Bytes &private_data, Duration timeout)
{
    return outcome(command(fmt::format("connect {} {} {} {} {}", slot_, address, port,
                                       private_data.empty() ? "-" : hex(private_data), whole_ms(timeout)),
                           2 * timeout));
}

void Rogue::listen(int port, Answer answer, const Bytes &private_data)
{
    const char *word = answer == Answer::accept ? "accept" : answer == Answer::reject ? "reject" : "ignore";
    std::string said =
        command(fmt::format("listen {} {} {} {}", slot_, port, word, private_data.empty() ? "-" : hex(private_data)));
    if (said != "listening")
        throw Error("{}: the rogue cannot listen on port {}: {}", node_.name(), port, said);
}

Rogue::Outcome Rogue::wait_request(Duration timeout)
{
    return outcome(command(fmt::format("wait {} request {}", slot_, whole_ms(timeout)), timeout));
}

Rogue::Outcome Rogue::wait_established(Duration timeout)
{
    return outcome(command(fmt::format("wait {} established {}", slot_, whole_ms(timeout)), timeout));
}

Rogue::Outcome Rogue::wait_disconnected(Duration timeout)
{
    return outcome(command(fmt::format("wait {} disconnected {}", slot_, whole_ms(timeout)), timeout));
}

Rogue::Outcome Rogue::state()
{
    return outcome(command(fmt::format("state {}", slot_)));
}

std::string Rogue::send(const Bytes &message)
{
    return command(fmt::format("send {} {}", slot_, message.empty() ? "-" : hex(message)));
}

std::string Rogue::write(std::uint64_t addr, std::uint32_t key, const Bytes &data)
{
    return command(fmt::format("write {} {} {} {}", slot_, addr, key, data.empty() ? "-" : hex(data)));
}

std::string Rogue::write_with_immediate(std::uint64_t addr, std::uint32_t key, const Bytes &data, std::uint32_t word)
{
    return command(fmt::format("write {} {} {} {} {}", slot_, addr, key, data.empty() ? "-" : hex(data), word));
}

std::string Rogue::ring(std::uint32_t word)
{
    return command(fmt::format("ring {} {}", slot_, word));
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
    std::istringstream said(command(fmt::format("receive {} {}", slot_, whole_ms(timeout)), timeout));
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
    std::string said = command(fmt::format("poke {} {} {}", slot_, offset, hex(data)));
    if (said != "ok")
        throw Error("{}: the rogue cannot change its memory: {}", node_.name(), said);
}

Bytes Rogue::look(std::uint32_t offset, std::uint32_t length)
{
    std::string said = command(fmt::format("look {} {} {}", slot_, offset, length));
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
    command(fmt::format("close {}", slot_));
}

} // namespace ccm::lab
