// SPDX-License-Identifier: GPL-2.0-only
#include "explain/check.h"
#include "verb.h"

#include <fmt/format.h>

namespace ccmadm {

Result<ExitCode> run_check(const ExplainContext &context, SurveyOptions options)
{
    options.network = false;
    const Survey survey = make_survey(context.from, options);
    PartnerView view;
    view.facts.id = options.partner;
    if (!survey.partners.empty())
        view = survey.partners.front();
    const Check check = check_takeover(survey.node, view);
    if (survey.node.unknown())
        return Error{fmt::format("{}; {}", check.against.front().evidence, check.against.front().next)};
    context.printer.check(check);
    return check.works() ? ExitCode::ready : ExitCode::not_ready;
}

} // namespace ccmadm
