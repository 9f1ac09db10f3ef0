// SPDX-License-Identifier: GPL-2.0-only
#include "failing.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "host.h"

namespace ccm::test {

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path &file)
{
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw Error("{} cannot be read: run `make module-failing`", file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_product(const fs::path &module)
{
    return module.filename() == "rdma_ccm.ko" || module.filename() == "ccm_fm.ko";
}

std::set<std::string> sites_in(const fs::path &module)
{
    const std::string mark = "failing-site:", bytes = content(module);
    std::set<std::string> found;
    for (std::size_t at = 0; (at = bytes.find(mark, at)) != std::string::npos;) {
        at += mark.size();
        found.insert(bytes.c_str() + at);
    }
    return found;
}

// "SITE NUMBER", with or without a semicolon behind it
Calls figures(std::string text)
{
    std::replace(text.begin(), text.end(), ';', ' ');
    std::istringstream words(text);
    Calls all;
    std::string name;
    for (long long number; words >> name >> number;)
        all[name] = number;
    return all;
}

std::string command(Node &node, const std::string &words)
{
    return node.must(fmt::format("cd /sys/kernel/debug/ccm_failing && echo '{}' >run; cat run", words));
}

std::string words_of(const Failing &what)
{
    return fmt::format("fail {} {} {}", what.site, what.skip, what.ms);
}

} // namespace

Settings failing_settings()
{
    Settings all = test_settings();
    for (fs::path &module : all.uml_modules)
        if (is_product(module))
            module = module.parent_path().parent_path() / "failing" / module.filename();
    return all;
}

const std::set<std::string> &all_sites()
{
    static const std::set<std::string> all = [] {
        std::set<std::string> found;
        for (const fs::path &module : failing_settings().uml_modules)
            if (is_product(module))
                found.merge(sites_in(module));
        return found;
    }();
    return all;
}

std::vector<std::string> sites(const std::string &file, const std::string &function)
{
    std::map<int, std::string> by_line;
    for (const std::string &one : all_sites())
        if (one.rfind(file + ":", 0) == 0 && one.ends_with(":" + function))
            by_line[std::stoi(one.substr(file.size() + 1))] = one;
    std::vector<std::string> all;
    all.reserve(by_line.size());
    for (const auto &[line, one] : by_line)
        all.push_back(one);
    return all;
}

std::string site(const std::string &file, const std::string &function, std::size_t index)
{
    const std::vector<std::string> all = sites(file, function);
    if (index >= all.size())
        throw Error("{} calls {} {} times", file, function, all.size());
    return all[index];
}

std::set<std::string> suspects()
{
    // A call, not a definition: its line is indented.
    static const std::regex call(
        R"(^\s.*\b((k|kv|v|__v)[mzc]alloc\w*|k\w*dup\w*|alloc_\w+|get_\w*pages?|\w+_alloc_table|)"
        R"(__get_free_pages?|ib_(alloc|create|map|dma_map|modify|post|register)_\w+|)"
        R"(rdma_(create|set_afonly|bind|listen|resolve|connect|accept|reject|disconnect)\w*|)"
        R"(misc_register|\w+_chain_register|register_\w+_notifier|debugfs_create_\w+|single_open|)"
        R"(keyring_alloc|register_key_type|crypto_alloc_\w+|kobject_\w+_env|idr_alloc\w*|xa_(store|alloc|insert)\w*|genl_register_\w+|genlmsg_new|kthread_\w*(run|create)\w*|)"
        R"(mempool_\w+|kmem_cache_\w+|request_\w+)\()");
    // Not these: they cannot fail. The chain is a failover monitor's own, without memory.
    static const std::regex harmless(R"(^ \*|\b(ib_dma_mapping_error|ib_register_event_handler|vmalloc_to_page|)"
                                     R"(raw_notifier_chain_register)\()");
    std::set<std::string> all;
    for (const fs::path &module : failing_settings().uml_modules) {
        if (module.filename() != "rdma_ccm.ko")
            continue;
        const fs::path top = module.parent_path();
        for (const fs::directory_entry &entry : fs::recursive_directory_iterator(top / "ccm")) {
            if (entry.path().extension() != ".c")
                continue;
            std::istringstream lines(content(entry.path()));
            int number = 1;
            for (std::string line; std::getline(lines, line); number++)
                if (std::regex_search(line, call) && !std::regex_search(line, harmless))
                    all.insert(fmt::format("{}:{}", fs::relative(entry.path(), top).string(), number));
        }
    }
    return all;
}

Calls site_calls(Node &node)
{
    return figures(command(node, "sites"));
}

static void order(Node &node, const std::string &words)
{
    const std::string answer = command(node, words);
    if (answer != "ok\n")
        throw Error("{}: {}", node.name(), answer);
}

void let_fail(Node &node, const Failing &what)
{
    order(node, words_of(what));
}

void let_take(Node &node, const std::string &function, Duration longer)
{
    order(node, fmt::format("delay {} {:.0f}", function, milliseconds(longer)));
}

void let_refuse(Node &node, const std::string &function, int times)
{
    order(node, fmt::format("refuse {} {}", function, times));
}

Calls ends(Node &node)
{
    return figures(command(node, "ends"));
}

Calls let_none_fail(Node &node)
{
    return figures(command(node, "off"));
}

Steps fail(const Failing &what)
{
    return what.site.empty() ? Steps{} : Steps{"ccm_failing=" + words_of(what)};
}

Steps no_more_fail()
{
    return {"ccm_failing=off"};
}

Calls taken(const std::string &output)
{
    return figures(said(output, "ccm_failing"));
}

} // namespace ccm::test
