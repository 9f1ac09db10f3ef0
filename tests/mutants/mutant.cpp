// SPDX-License-Identifier: GPL-2.0-only
#include "mutant.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include <fmt/format.h>

namespace mutants {

namespace {

// In one line
std::string flat(const std::string &text)
{
    std::string result;

    for (char c : text) {
        bool space = c == '\n' || c == '\t' || c == ' ';

        if (!space)
            result += c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    }
    return result.empty() ? "nothing" : result;
}

std::string stem(const Source &source, const Edit &edit)
{
    std::string line = source.line_text(edit.at);
    std::size_t begin = edit.at + 1 - source.column(edit.at);
    std::size_t indent = source.text().find_first_not_of(" \t", begin) - begin;
    std::size_t column = source.column(edit.at) - indent;

    return fmt::format("{}:{}:{}:{}", source.name(), edit.body, edit.op,
                       hash_of(fmt::format("{}\n{}\n{}\n{}", line, column, edit.size, edit.text)));
}

} // namespace

std::string hash_of(const std::string &text)
{
    uint64_t hash = 0xcbf29ce484222325ULL;

    for (char c : text)
        hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
    return fmt::format("{:08x}", static_cast<uint32_t>(hash ^ hash >> 32));
}

std::string Mutant::place() const
{
    return fmt::format("{}:{}:{}", source->name(), source->line(edit.at), source->column(edit.at));
}

std::string Mutant::text() const
{
    std::string text = source->text();

    return text.replace(edit.at, edit.size, edit.text);
}

std::string Mutant::change() const
{
    return fmt::format("{} becomes {}, in: {}", flat(source->text().substr(edit.at, edit.size)), flat(edit.text),
                       source->line_text(edit.at));
}

std::string Mutant::diff() const
{
    const std::string &old = source->text();
    std::size_t begin = edit.at + 1 - source->column(edit.at);
    std::size_t end = std::min(old.find('\n', edit.at + edit.size), old.size());
    std::string lines = old.substr(begin, end - begin);
    std::string result = fmt::format("--- {}\n+++ {}\n@@ {} @@ {}\n", place(), name, source->line(edit.at), edit.body);
    auto print = [&](char sign, const std::string &text) {
        for (std::size_t at = 0; at <= text.size();) {
            std::size_t stop = std::min(text.find('\n', at), text.size());

            result += sign + text.substr(at, stop - at) + "\n";
            at = stop + 1;
        }
    };

    print('-', lines);
    print('+', lines.replace(edit.at - begin, edit.size, edit.text));
    return result;
}

Mutants mutants_of(const std::shared_ptr<const Source> &source, const Enumerators &enumerators)
{
    std::map<std::string, unsigned> seen;
    Mutants mutants;

    for (Edit &edit : edits_of(*source, enumerators)) {
        std::string name = stem(*source, edit);
        unsigned count = ++seen[name];

        if (count > 1)
            name += fmt::format(".{}", count);
        mutants.push_back({name, source, std::move(edit)});
    }
    return mutants;
}

Mutants all_mutants(const std::filesystem::path &core, const std::vector<std::filesystem::path> &headers)
{
    std::vector<std::filesystem::path> files;
    Enumerators enumerators;
    Mutants all;

    for (const auto &entry : std::filesystem::directory_iterator(core)) {
        if (entry.path().extension() == ".c" || entry.path().extension() == ".h")
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto &file : files)
        enumerators.add(read_file(file));
    for (const auto &file : headers)
        enumerators.add(read_file(file));
    for (const auto &file : files) {
        auto source = std::make_shared<const Source>(file.filename().string(), read_file(file));
        Mutants some = mutants_of(source, enumerators);

        std::ranges::move(some, std::back_inserter(all));
    }
    return all;
}

} // namespace mutants
