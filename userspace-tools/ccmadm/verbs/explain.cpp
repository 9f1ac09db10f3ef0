// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

#include <fmt/format.h>

namespace ccmadm {

Result<ExitCode> run_explain(const ExplainContext &context, const ExplainOptions &options)
{
    const Survey survey = make_survey(context.from, options.partner, options.clients);
    const Explanation explanation = explain(survey.node, survey.partners);
    if (survey.node.loaded && survey.node.look != NodeFacts::Look::fine &&
        survey.node.look != NodeFacts::Look::no_device) {
        const Finding &cause = explanation.causes.front();
        return Error{fmt::format("{}; {}", cause.evidence, cause.next)};
    }
    context.printer.explanation(explanation);
    return explanation.ready() ? ExitCode::ready : ExitCode::not_ready;
}

} // namespace ccmadm
