// SPDX-License-Identifier: GPL-2.0-only
#include "library.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "child.h"

namespace mutants {

namespace fs = std::filesystem;

namespace {

void write_file(const fs::path &path, const std::string &text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);

    out << text;
    out.flush();
    if (!out)
        throw std::runtime_error(fmt::format("{} cannot be written", path.string()));
}

// Symbols of a file as nm shows them
std::set<std::string> symbols(const fs::path &file, const std::vector<std::string> &options)
{
    std::vector<std::string> command{"nm", "--format=just-symbols"};
    std::set<std::string> names;

    command.insert(command.end(), options.begin(), options.end());
    command.push_back(file.string());
    run_child(command, {}, {}, [&](std::string_view line) { names.emplace(line); });
    return names;
}

// With the optimizer: what it makes the same of is the same.
const std::vector<std::string> optimized{"-O2"};
const std::vector<std::string> hasty{"-O0"};
const std::vector<std::string> sanitizing{"-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"};

std::string mutant_object(const std::string &source)
{
    return source + ".mutant.o";
}

// A library of the compiler
std::string compilers(const std::string &name)
{
    std::string path;

    run_child({"gcc", "-print-file-name=" + name}, {}, {}, [&](std::string_view line) { path = line; });
    return path;
}

bool meet(const std::set<std::string> &a, const std::set<std::string> &b)
{
    for (const std::string &name : a) {
        if (b.contains(name))
            return true;
    }
    return false;
}

} // namespace

Library::Library(const Setup &setup, fs::path folder, const Library *other) : setup_(setup), folder_(std::move(folder))
{
    fs::create_directories(folder_);
    for (const auto &entry : fs::directory_iterator(setup_.core)) {
        if (entry.path().extension() == ".c" || entry.path().extension() == ".h")
            fs::copy_file(entry.path(), folder_ / entry.path().filename(), fs::copy_options::overwrite_existing);
    }
    for (const auto &entry : fs::directory_iterator(folder_)) {
        std::string source = entry.path().filename().string();

        if (entry.path().extension() != ".c")
            continue;
        if (other) {
            write_file(folder_ / (source + ".o"), other->objects_.at(source));
        } else if (!compile(source, source + ".o", optimized)) {
            throw std::runtime_error(fmt::format("{} does not compile as it is", source));
        }
        objects_[source] = read_file(folder_ / (source + ".o"));
    }
}

bool Library::compile(const std::string &source, const std::string &object,
                      const std::vector<std::string> &options) const
{
    // as the kernel is compiled, as far as it matters
    std::vector<std::string> command{
        "gcc", "-std=gnu11", "-fno-strict-overflow", "-fno-strict-aliasing", "-fPIC", "-w", "-c", "-o", object, source};

    command.insert(command.end(), options.begin(), options.end());
    for (const fs::path &include : setup_.includes)
        command.insert(command.end(), {"-I", include.string()});
    command.insert(command.end(), {"-iquote", folder_.string()});
    // the compiler writes to where it is: the names of its files are the same in each folder
    command.insert(command.begin(), {"env", "-C", folder_.string()});
    return run_child(command, {}, {}, [](std::string_view) {}).ok;
}

void Library::link(const std::vector<std::string> &changed) const
{
    std::vector<std::string> command{"ld", "-shared", "-o", (folder_ / setup_.library).string()};

    for (const auto &[source, unused] : objects_) {
        bool other = std::ranges::find(changed, source) != changed.end();

        command.push_back((folder_ / (other ? mutant_object(source) : source + ".o")).string());
    }
    if (!run_child(command, {}, {}, [](std::string_view) {}).ok)
        throw std::runtime_error(fmt::format("{} cannot be linked", setup_.library));
}

void Library::link_original()
{
    link({});
}

// What is to be compiled when @file has changed: it, or all that may include it
std::vector<std::string> Library::sources_of(const std::string &file) const
{
    std::vector<std::string> list;

    if (file.ends_with(".c"))
        return {file};
    for (const auto &[source, unused] : objects_)
        list.push_back(source);
    return list;
}

bool Library::compile_changed(const Mutant &mutant, const std::vector<std::string> &options) const
{
    const std::string &file = mutant.source->name();
    bool compiles = true;

    write_file(folder_ / file, mutant.text());
    for (const std::string &source : sources_of(file))
        compiles = compiles && compile(source, mutant_object(source), options);
    write_file(folder_ / file, mutant.source->text());
    return compiles;
}

bool Library::build(const Mutant &mutant)
{
    if (!compile_changed(mutant, hasty))
        return false;
    link(sources_of(mutant.source->name()));
    return true;
}

bool Library::build_optimized(const Mutant &mutant)
{
    std::vector<std::string> changed = sources_of(mutant.source->name());

    if (!compile_changed(mutant, optimized))
        return false;
    std::erase_if(changed, [&](const std::string &source) {
        return read_file(folder_ / mutant_object(source)) == objects_.at(source);
    });
    if (!changed.empty())
        link(changed);
    return !changed.empty();
}

bool Library::build_sanitized(const std::string &file, const std::string &text)
{
    const std::string original = read_file(folder_ / file);

    write_file(folder_ / file, text);
    bool compiles = compile(file, mutant_object(file), sanitizing);
    write_file(folder_ / file, original);
    if (compiles)
        link({file});
    return compiles;
}

std::string Library::preload()
{
    static const std::string libraries = compilers("libasan.so") + ":" + compilers("libubsan.so");

    return libraries;
}

std::set<std::string> Library::called_by(const fs::path &program) const
{
    std::set<std::string> wanted = symbols(program, {"--dynamic", "--undefined-only"});
    std::map<std::string, std::pair<std::set<std::string>, std::set<std::string>>> files; // defines, wants
    std::set<std::string> called;

    for (const auto &[source, unused] : objects_) {
        fs::path object = folder_ / (source + ".o");

        files[source] = {symbols(object, {"--defined-only", "--extern-only"}), symbols(object, {"--undefined-only"})};
    }
    for (bool more = true; more;) {
        more = false;
        for (const auto &[source, names] : files) {
            if (called.contains(source) || !meet(names.first, wanted))
                continue;
            called.insert(source);
            wanted.insert(names.second.begin(), names.second.end());
            more = true;
        }
    }
    return called;
}

} // namespace mutants
