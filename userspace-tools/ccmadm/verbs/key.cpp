// SPDX-License-Identifier: GPL-2.0-only
#include "key_file.h"
#include "keyring.h"
#include "loaded_module.h"
#include "record.h"
#include "verb.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace ccmadm {

namespace {

// The module's keyring, the cluster whose keys it uses, and what is there.
struct Place {
    std::string cluster;
    Keyring keyring;
    std::vector<KeyEntry> there;
};

Result<Place> find_place(const KeyContext &context, const KeyOptions &options)
{
    const LoadedModule module(options.parameters);
    if (!module.loaded())
        return Error{"rdma_ccm is not loaded, and its keyring not there: try `modprobe rdma_ccm`"};
    const auto cluster = module.cluster();
    if (!cluster)
        return cluster.error();
    if (cluster.value().empty())
        return Error{"rdma_ccm is loaded and not configured: load it with node=, cluster=, partners= and auth=psk"};
    const auto serial = module.keyring();
    if (!serial)
        return serial.error();
    if (serial.value() == 0)
        return Error{"rdma_ccm is loaded with auth=none, and has no keyring: load it with auth=psk"};
    Place place{cluster.value(), Keyring(context.calls, serial.value()), {}};
    const auto there = place.keyring.list();
    if (!there)
        return there.error();
    place.there = there.value();
    return place;
}

const KeyEntry *find(const std::vector<KeyEntry> &keys, const std::string &cluster, std::uint32_t number)
{
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [&](const KeyEntry &k) { return k.cluster == cluster && k.number == number; });
    return found == keys.end() ? nullptr : &*found;
}

Result<std::string> cluster_to_generate_for(const KeyOptions &options)
{
    if (!options.cluster.empty())
        return options.cluster;
    const LoadedModule module(options.parameters);
    if (!module.loaded())
        return Error{"rdma_ccm is not loaded: say for which cluster the key is (--cluster NAME)"};
    auto cluster = module.cluster();
    if (cluster && cluster.value().empty())
        return Error{"rdma_ccm is not configured: say for which cluster the key is (--cluster NAME)"};
    return cluster;
}

// One more than the highest there is; 1 where there is no keyring.
Result<std::uint32_t> number_to_generate(const KeyContext &context, const KeyOptions &options,
                                         const std::string &cluster)
{
    if (options.number != 0)
        return options.number;
    const LoadedModule module(options.parameters);
    if (!module.loaded())
        return 1u;
    const auto serial = module.keyring();
    if (!serial)
        return Error{fmt::format("{}; or say which number the key has (--number N)", serial.error().text)};
    if (serial.value() == 0)
        return 1u;
    const auto keys = Keyring(context.calls, serial.value()).list();
    if (!keys)
        return Error{fmt::format("{}; or say which number the key has (--number N)", keys.error().text)};
    std::uint32_t highest = 0;
    for (const KeyEntry &key : keys.value())
        if (key.cluster == cluster)
            highest = std::max(highest, key.number);
    if (highest == std::numeric_limits<std::uint32_t>::max())
        return Error{fmt::format("the cluster {} has a key with the highest number there is, {}: say which one this "
                                 "has (--number N)",
                                 cluster, highest)};
    return highest + 1;
}

// All of the files, before anything is done: one bad file, and no key is added.
Result<std::vector<Key>> read_keys(const KeyContext &context, const KeyOptions &options, const std::string &cluster,
                                   std::vector<KeyEntry> there)
{
    std::vector<Key> keys;
    keys.reserve(options.files.size());
    for (const std::string &file : options.files) {
        auto key = read_key(file, context.input);
        if (!key)
            return key.error();
        const Key &read = key.value();
        if (read.cluster != cluster)
            return Error{fmt::format("{}: it is a key of the cluster {}, and rdma_ccm is loaded for the cluster {}",
                                     name_text(file), read.cluster, cluster)};
        if (find(there, cluster, read.number) != nullptr)
            return Error{fmt::format("{}: there is a key {} of the cluster {} already, and a key is never changed: "
                                     "give the new one another number",
                                     name_text(file), read.number, cluster)};
        there.push_back({read.cluster, read.number, 0});
        keys.push_back(std::move(key.value()));
    }
    return keys;
}

} // namespace

Result<ExitCode> run_key_generate(const KeyContext &context, const KeyOptions &options)
{
    const std::string &file = options.files.at(0);
    if (file == "-")
        return Error{"a key is generated into a file, not to standard output: give a name"};
    const auto cluster = cluster_to_generate_for(options);
    if (!cluster)
        return cluster.error();
    const auto number = number_to_generate(context, options, cluster.value());
    if (!number)
        return number.error();

    Key key;
    key.cluster = cluster.value();
    key.number = number.value();
    if (const auto drawn = draw_key(key); !drawn)
        return drawn.error();
    if (const auto created = create_key(file, key); !created)
        return created.error();
    context.printer.key_generated(key.cluster, key.number, file);
    return ExitCode::ready;
}

Result<ExitCode> run_key_add(const KeyContext &context, const KeyOptions &options)
{
    auto place = find_place(context, options);
    if (!place)
        return place.error();
    const auto keys = read_keys(context, options, place.value().cluster, place.value().there);
    if (!keys)
        return keys.error();
    std::vector<std::uint32_t> added;
    for (const Key &key : keys.value()) {
        if (const auto done = place.value().keyring.add(key); !done)
            return done.error();
        added.push_back(key.number);
    }
    context.printer.keys_changed(place.value().cluster, "added", added);
    return ExitCode::ready;
}

Result<ExitCode> run_key_list(const KeyContext &context, const KeyOptions &options)
{
    const auto place = find_place(context, options);
    if (!place)
        return place.error();
    const auto &[cluster, keyring, keys] = place.value();
    context.printer.keys(cluster, keys);
    const bool any = std::any_of(keys.begin(), keys.end(), [&cluster = place.value().cluster](const KeyEntry &key) {
        return key.cluster == cluster;
    });
    return any ? ExitCode::ready : ExitCode::not_ready;
}

Result<ExitCode> run_key_del(const KeyContext &context, const KeyOptions &options)
{
    auto place = find_place(context, options);
    if (!place)
        return place.error();
    const std::string &cluster = place.value().cluster;
    const KeyEntry *const key = find(place.value().there, cluster, options.number);
    if (key == nullptr)
        return Error{fmt::format("there is no key {} of the cluster {}; `ccmadm key list` lists those that are there",
                                 options.number, cluster)};
    if (const auto done = place.value().keyring.remove(*key); !done)
        return done.error();
    context.printer.keys_changed(cluster, "deleted", {options.number});
    return ExitCode::ready;
}

} // namespace ccmadm
