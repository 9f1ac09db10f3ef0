// SPDX-License-Identifier: GPL-2.0-only
#include "core_setup.h"

namespace mutants {

namespace fs = std::filesystem;

namespace {

const std::string filter = "--gtest_filter=";

// Tests that take long. What is missing here is asked first, and makes all slower.
const std::string long_failover = "Failover.EveryShortHistory*:Failover.PromisesHold*:FailoverRecord.Noise*";
const std::string long_core = "ChunkTable.AsTheRules*:*.EncodeIsTheInverse*:*AgreesWithTheNaiveDecoder*:"
                              "Catalog.*AgreesWith*:Catalog.TheHash*:Catalog.BothSides*";
const std::string long_liveness = "Liveness.Never*:Liveness.FindsAHung*";
const std::string long_sim = "Table.EveryEvent*:Table.RandomWalks:Attempt.Jitter*";
const std::string whole_runs = "Run.*:Run/*:Worlds.*";

} // namespace

// CCM_MUTANTS_TREE: this checkout; CCM_MUTANTS_TWINS: where tests are that load the core
Setup core_setup(const fs::path &work, bool simulator_alone)
{
    const fs::path tree = CCM_MUTANTS_TREE;
    const fs::path twins = CCM_MUTANTS_TWINS;
    const std::set<std::string> failover{"failover.c", "failover_record.c"}, liveness{"liveness.c"};
    Setup setup;

    setup.core = tree / "ccm/core";
    setup.includes = {tree / "include"};
    setup.headers = {tree / "include/uapi/linux/ccm.h", tree / "include/linux/ccm.h"};
    setup.work = fs::absolute(work); // compilers run elsewhere
    setup.library = CCM_MUTANTS_LIBRARY;
    auto tests = [&](const char *name, const std::string &program, const std::string &which, bool sanitize,
                     const std::set<std::string> &files = {}) {
        return Suite{name, twins / program, {"--gtest_fail_fast", filter + which}, sanitize, files};
    };
    auto runs = [&](const char *count, std::vector<std::string> options) {
        options.insert(options.end(), {"--runs", count});
        return Suite{"runs", twins / "mutants_sim", options};
    };
    if (!simulator_alone) {
        const std::string core = "mutants_core_test";
        setup.quick.push_back(tests("core", core, "Liveness*:AckTimeout.*-" + long_liveness, true, liveness));
        setup.quick.push_back(tests("core", core, "Failover*-" + long_failover, true, failover));
        setup.quick.push_back(tests("core", core, "-Liveness*:AckTimeout.*:Failover*:" + long_core, true));
        setup.quick.push_back(tests("sim", "mutants_sim_test", "-" + long_sim + ":" + whole_runs, true));
        for (const char *name : {"wire", "liveness", "local", "failover", "session"}) {
            setup.quick.push_back({"fuzz",
                                   twins / (std::string("mutants_fuzz_") + name),
                                   {(tree / "tests/fuzz/corpus" / name).string()},
                                   true});
        }
        setup.slow.push_back(tests("core", core, long_liveness, false, liveness));
        setup.slow.push_back(tests("core", core, long_failover, false, failover));
        setup.slow.push_back(tests("core", core, long_core, false));
        setup.slow.push_back(tests("sim", "mutants_sim_test", long_sim, false));
    }
    setup.quick.push_back(runs("60", {"--together"}));
    setup.quick.push_back(runs("60", {}));
    setup.quick.push_back(runs("60", {"--worlds"}));
    setup.slow.push_back(runs("600", {"--seed", "61"}));
    setup.slow.push_back(runs("600", {"--seed", "61", "--worlds"}));
    return setup;
}

fs::path argued_list()
{
    return fs::path(CCM_MUTANTS_TREE) / "tests/mutants/equal.txt";
}

fs::path default_work()
{
    return fs::path(CCM_MUTANTS_TREE) / "build/mutants";
}

} // namespace mutants
