// SPDX-License-Identifier: GPL-2.0-only
//
// Several things one after the other in one process: what a test does hundreds of times
// must not take a new process for each.
#include "node.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ccm.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

Words split(const std::string &text)
{
    std::istringstream in(text);
    Words words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

bool say(const std::string &what, const std::string &result, bool good)
{
    std::printf("%s: %s\n", what.c_str(), result.c_str());
    return good;
}

// To the file "run" of a test module; what it says, lines joined by "; "
bool command(const std::string &module, const std::string &words)
{
    const std::string path = "/sys/kernel/debug/" + module + "/run";
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const bool good = file >= 0 && write(file, words.data(), words.size()) == static_cast<ssize_t>(words.size());
    const int error = errno;
    if (file < 0)
        return say(module, strerror(error), false);
    close(file);
    std::ifstream in(path);
    std::string all, line;
    while (std::getline(in, line))
        all += (all.empty() ? "" : "; ") + line;
    return say(module, all, good);
}

bool remove(const std::string &)
{
    const auto begin = std::chrono::steady_clock::now();
    const int error = remove_ccm();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    return say("remove", error ? strerrorname_np(error) : std::to_string(took.count()), !error);
}

bool load(const std::string &words)
{
    const Words all = split(words);
    std::string result;
    // For as long as there is no memory, which is no longer than a moment
    for (int tries = 0; tries < 40 && !all.empty(); tries++) {
        const int error = load_ccm(all[0], Words(all.begin() + 1, all.end()));
        result += error ? strerrorname_np(error) : "ok";
        if (error != ENOMEM)
            return say("load", result, !error);
        if (access("/dev/ccm", F_OK) == 0)
            return say("load", result + ", and the device is there", false);
        result += " ";
        usleep(50'000);
    }
    return say("load", result, false);
}

// What the records of a reader that has just opened the device, and all that follow, have
// come to.
struct View {
    bool synced = false;
    std::map<unsigned, ccm_record> partners;
    std::map<std::pair<std::string, unsigned>, ccm_record> clients;

    void take(const ccm_record &record)
    {
        const std::pair<std::string, unsigned> client{record.client, record.node};
        synced |= record.type == CCM_RECORD_SYNC;
        if (record.type == CCM_RECORD_PARTNER)
            partners[record.node] = record;
        else if (record.type == CCM_RECORD_CLIENT && record.state == CCM_CLIENT_GONE)
            clients.erase(client);
        else if (record.type == CCM_RECORD_CLIENT)
            clients[client] = record;
    }
    bool all_ready() const
    {
        bool all = synced;
        for (const auto &[id, record] : partners)
            all = all && record.state == CCM_STATE_READY;
        for (const auto &[name, record] : clients)
            all = all && record.state == CCM_CLIENT_READY;
        return all;
    }
    std::string text() const
    {
        std::ostringstream out;
        for (const auto &[id, record] : partners)
            out << "partner " << id << " " << (record.state == CCM_STATE_READY ? "ready" : "not ready") << ";";
        for (const auto &[name, record] : clients)
            out << "client " << name.first << " " << name.second << " "
                << (record.state == CCM_CLIENT_READY ? "ready" : "not ready") << " " << record.ports << " "
                << record.region << " " << record.region_partner << ";";
        return out.str();
    }
};

// Until every partner and every client is ready, for so many milliseconds
bool ready(const std::string &ms)
{
    using Clock = std::chrono::steady_clock;
    const Clock::time_point end = Clock::now() + std::chrono::milliseconds(std::stol(ms));
    const int device = open("/dev/ccm", O_RDONLY | O_CLOEXEC);
    View view;
    ssize_t got = 0;
    while (device >= 0 && got >= 0 && !view.all_ready()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd one{device, POLLIN, 0};
        if (left <= 0 || poll(&one, 1, static_cast<int>(left)) != 1)
            break;
        ccm_record some[16];
        got = read(device, some, sizeof(some));
        for (ssize_t i = 0; i < got / static_cast<ssize_t>(sizeof(some[0])); i++)
            view.take(some[i]);
    }
    if (device < 0 || got < 0)
        return say("ready", strerrorname_np(errno), false);
    close(device);
    return say("ready", view.text(), view.all_ready());
}

// A file's lines, joined by ";"
bool show(const std::string &path)
{
    std::ifstream in(path);
    std::string all;
    for (std::string line; std::getline(in, line);)
        all += line + ";";
    return say("show", all, in.eof());
}

// To the program on the other node
int peer = -1;

sockaddr_in address_of(const std::string &text)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(4999);
    inet_pton(AF_INET, text.c_str(), &address.sin_addr);
    return address;
}

bool listen_for(const std::string &own)
{
    const sockaddr_in address = address_of(own);
    const int one = 1, door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pollfd waiting{door, POLLIN, 0};
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!bind(door, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) && !listen(door, 1) &&
        poll(&waiting, 1, 20'000) == 1)
        peer = accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    close(door);
    return say("listen", peer >= 0 ? "ok" : strerror(errno), peer >= 0);
}

bool connect_to(const std::string &other)
{
    const sockaddr_in address = address_of(other);
    for (int tries = 0; tries < 400 && peer < 0; tries++) {
        const int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (!connect(line, reinterpret_cast<const sockaddr *>(&address), sizeof(address)))
            peer = line;
        else if (close(line) == 0)
            usleep(50'000);
    }
    return say("connect", peer >= 0 ? "ok" : strerror(errno), peer >= 0);
}

// Goes on when the other program has got as far; fails when it has ended.
bool barrier(const std::string &)
{
    char byte = 0;
    pollfd waiting{peer, POLLIN, 0};
    return (write(peer, &byte, 1) == 1 && poll(&waiting, 1, 60'000) == 1 && read(peer, &byte, 1) == 1) ||
           say("barrier", "the other node has ended", false);
}

bool pause(const std::string &us)
{
    usleep(static_cast<useconds_t>(std::stoul(us)));
    return true;
}

bool trial(const std::string &name)
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return say("trial", name + " " + std::to_string(now.tv_sec * 1000 + now.tv_nsec / 1'000'000), true);
}

} // namespace

int steps(const Words &words)
{
    if (words.size() == 1 && words[0][0] == '/') {
        std::ifstream in(words[0]);
        Words lines;
        for (std::string line; std::getline(in, line);)
            lines.push_back(line);
        return steps(lines);
    }
    const std::map<std::string, bool (*)(const std::string &)> known = {
        {"remove", remove},      {"load", load},       {"ready", ready}, {"show", show},   {"listen", listen_for},
        {"connect", connect_to}, {"barrier", barrier}, {"trial", trial}, {"pause", pause},
    };
    std::signal(SIGPIPE, SIG_IGN);
    // so that it is seen how far it has come
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    for (const std::string &step : words) {
        const std::size_t at = step.find('=');
        const std::string name = step.substr(0, at), rest = at == std::string::npos ? "" : step.substr(at + 1);
        if (!(known.contains(name) ? known.at(name)(rest) : command(name, rest)))
            return 1;
    }
    return 0;
}
