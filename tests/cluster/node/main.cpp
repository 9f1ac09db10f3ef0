// SPDX-License-Identifier: GPL-2.0-only
//
// Runs on a node, for tests that need what no shell command gives: exact times, file
// descriptors that stay open, other users. Static, so that it works in any root.
#include "node.h"

#include <cstdio>
#include <map>
#include <string>
#include <vector>

int main(int argc, char **argv)
{
    const std::map<std::string, int (*)(const std::vector<std::string> &)> commands = {
        {"churn", churn},
        {"load-at", load_at},
        {"meet", meet},
        {"load-failing", load_failing},
        {"unload", unload},
        {"nobody", as_nobody},
        {"chardev", chardev},
        {"first-look", first_look},
        {"hold", hold},
        {"port", port},
        {"steps", steps},
        {"uevents", uevents},
        {"hog", hog},
        {"crash-kernel", crash_kernel},
        {"monitor", monitor},
        {"storm", storm},
        {"come-and-go", come_and_go},
    };
    if (argc < 2 || !commands.contains(argv[1])) {
        std::fprintf(stderr,
                     "usage: %s churn|load-at|meet|load-failing|unload|nobody|chardev|first-look|hold|port|steps|"
                     "uevents|crash-kernel|hog|monitor|storm|come-and-go ...\n",
                     argv[0]);
        return 1;
    }
    return commands.at(argv[1])(std::vector<std::string>(argv + 2, argv + argc));
}
