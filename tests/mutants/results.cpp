// SPDX-License-Identifier: GPL-2.0-only
#include "results.h"

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mutants {

namespace {

constexpr std::array<const char *, 4> verdict_names{"broken", "same", "killed", "survived"};

std::vector<std::string> fields(const std::string &line)
{
    std::vector<std::string> list(1);

    for (char c : line) {
        if (c == '\t')
            list.emplace_back();
        else
            list.back() += c;
    }
    return list;
}

} // namespace

const char *verdict_name(Verdict verdict)
{
    return verdict_names.at(static_cast<std::size_t>(verdict));
}

Results::Results(const std::filesystem::path &path, std::string programs) : programs_(std::move(programs))
{
    std::ifstream in(path);

    for (std::string text; std::getline(in, text);) {
        std::vector<std::string> f = fields(text);
        std::size_t verdict = 0;

        while (f.size() == 6 && verdict < verdict_names.size() && f[3] != verdict_names.at(verdict))
            verdict++;
        if (f.size() != 6 || verdict == verdict_names.size()) // it was being written when the program was ended
            continue;
        lines_[f[0]] = {{f[0], static_cast<Verdict>(verdict), f[4], f[5]}, f[1], f[2]};
    }
    std::filesystem::create_directories(path.parent_path());
    out_.open(path, std::ios::app);
    if (!out_)
        throw std::runtime_error(fmt::format("{} cannot be written", path.string()));
}

const Result *Results::find(const Mutant &mutant) const
{
    auto found = lines_.find(mutant.name);

    if (found == lines_.end() || found->second.file != hash_of(mutant.source->text()))
        return nullptr;
    if (found->second.result.verdict == Verdict::survived && found->second.programs != programs_)
        return nullptr;
    return &found->second.result;
}

void Results::add(const Mutant &mutant, const Result &result)
{
    Line line{result, hash_of(mutant.source->text()), programs_};

    out_ << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", mutant.name, line.file, line.programs, verdict_name(result.verdict),
                        result.suite, result.test)
         << std::flush;
    lines_[mutant.name] = std::move(line);
}

} // namespace mutants
