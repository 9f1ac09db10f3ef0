// SPDX-License-Identifier: GPL-2.0-only
#include "steps.h"

namespace ccm::test {

Steps operator+(Steps first, const Steps &second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Command start_steps(Node &node, const Steps &steps)
{
    node.put("/run/steps", fmt::format("{}\n", fmt::join(steps, "\n")));
    return node.start_command("ccm-node-test steps /run/steps");
}

std::string said(const std::string &output, const std::string &step)
{
    const std::size_t at = ("\n" + output).rfind("\n" + step + ": ");
    if (at == std::string::npos)
        return "";
    const std::size_t from = at + step.size() + 2;
    return output.substr(from, output.find('\n', from) - from);
}

} // namespace ccm::test
