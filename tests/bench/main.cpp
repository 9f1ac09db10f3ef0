// SPDX-License-Identifier: GPL-2.0-only
//
// The benchmark of CCM, on User-Mode Linux nodes without debug options. Figures are
// of this machine at this moment: run it with nothing beside it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>

#include <CLI/CLI.hpp>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

using namespace ccm;
using nlohmann::json;

namespace {

std::string first_line(const char *path)
{
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

std::string release(const std::filesystem::path &build)
{
    return first_line((build / "include/config/kernel.release").c_str());
}

} // namespace

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    std::string command;
    for (int i = 0; i < argc; i++)
        command += (i ? " " : "") + std::string(argv[i]);
    try {
        lab::Settings &settings = lab::settings();
        settings.take_arguments(argc, argv);
        settings.kernel = "plain";
        settings.programs["usr/bin/ccm-bench-load"] = CCM_BENCH_LOAD_HELPER;

        bench::Options options;
        std::string parts = "load,detection,verdict,daemon,panic,memory,ports,ready,key,reboot";
        std::string json_file;
        CLI::App app{"Measures CCM in the lab. Takes the lab's options too: --uml-plain=DIR --uml-modules=PATH "
                     "--ccmadm=FILE --run-dir=DIR"};
        auto number = [&](const char *name, auto &value, const char *what, auto least, auto most) {
            app.add_option(name, value, what)->check(CLI::Range(least, most))->capture_default_str();
        };
        number("--loads", options.loads, "loads of the second node", 1, 1000);
        number("--wait", options.wait, "seconds that the first node waits before", 0.0, 3600.0);
        number("--kills", options.kills, "kills for each detection time", 1, 1000);
        number("--daemons", options.daemons, "kills of a daemon that holds its stage", 1, 1000);
        number("--verdicts", options.verdicts, "DOWNs for each size of a region", 1, 1000);
        number("--panics", options.panics, "panics of the second node", 1, 1000);
        number("--detect-ms", options.detect_ms, "detection times", 20, 60000);
        number("--sessions", options.sessions, "sessions when memory is measured", 1, 16);
        number("--port-seconds", options.port_seconds, "for each kind of operation on a port", 0.01, 3600.0);
        number("--opens", options.opens, "loads of the second node for each number of ports", 1, 1000);
        number("--keys", options.keys, "loads of a node with a key, and as many without", 1, 1000);
        number("--reboots", options.reboots, "of the second node, for each detection time", 1, 1000);
        app.add_option("--parts", parts,
                       "of load, detection, verdict, daemon, panic, memory, ports, ready, key, reboot")
            ->capture_default_str();
        app.add_option("--json", json_file, "write all figures to this file");
        CLI11_PARSE(app, argc, argv);

        double load[3] = {};
        getloadavg(load, 3);
        std::string kernel = release(settings.uml_build("plain"));
        std::printf("%s\nUser-Mode Linux %s without debug options, soft-RoCE; %ld host CPUs, load average %.1f\n\n",
                    command.c_str(), kernel.c_str(), sysconf(_SC_NPROCESSORS_ONLN), load[0]);
        std::fflush(stdout);

        json all{{"command", command}, {"kernel", kernel}, {"load_average", load[0]}};
        auto wanted = [&](const std::string &part) {
            return ("," + parts + ",").find("," + part + ",") != std::string::npos;
        };
        if (wanted("load"))
            all["load"] = bench::measure_load(options);
        if (wanted("detection"))
            all["detection"] = bench::measure_detection(options);
        if (wanted("verdict"))
            all["verdict"] = bench::measure_verdict(options);
        if (wanted("daemon"))
            all["daemon"] = bench::measure_daemon(options);
        if (wanted("panic"))
            all["panic"] = bench::measure_panic(options);
        if (wanted("memory"))
            all["memory"] = bench::measure_memory(options);
        if (wanted("ports"))
            all["ports"] = bench::measure_ports(options);
        if (wanted("ready"))
            all["ready"] = bench::measure_ready(options);
        if (wanted("key"))
            all["key"] = bench::measure_key(options);
        if (wanted("reboot"))
            all["reboot"] = bench::measure_reboot(options);
        if (!json_file.empty()) {
            std::ofstream out(json_file);
            out << all.dump(2) << "\n";
            if (!out)
                throw lab::Error("cannot write {}", json_file);
        }
        return 0;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 1;
    }
}
