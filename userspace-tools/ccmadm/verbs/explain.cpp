// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

#include <fmt/format.h>

namespace ccmadm {

Result<ExitCode> run_explain(const ExplainContext &context, const SurveyOptions &options)
{
    const Survey survey = make_survey(context.from, options);
    const Explanation explanation = explain(survey.node, survey.partners);
    if (survey.node.unknown()) {
        const Finding &cause = explanation.causes.front();
        return Error{fmt::format("{}; {}", cause.evidence, cause.next)};
    }
    context.printer.explanation(explanation);
    return explanation.ready() ? ExitCode::ready : ExitCode::not_ready;
}

} // namespace ccmadm
