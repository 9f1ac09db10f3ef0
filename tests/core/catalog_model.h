// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catalogs, tables of links and plans a second time: slow, plain, and written from the
 * comments of wire.h, catalog.h and links_wire.h, to be compared with the core.
 */
#ifndef CCM_TESTS_CORE_CATALOG_MODEL_H
#define CCM_TESTS_CORE_CATALOG_MODEL_H

#include <optional>
#include <string>
#include <vector>

#include "ccm/core/links_wire.h"
#include "wire_layout.h"

struct ModelClient {
    std::string name;
    u64 version_min, version_max, ports_min, ports_max, ask, give, instance;
    auto operator<=>(const ModelClient &) const = default;
};

struct ModelCatalog {
    u64 generation = 1;
    u64 nonce = 1;
    std::vector<ModelClient> clients;
};

struct ModelSlot {
    u64 mine, yours, epoch, state, reason, table_addr, table_key, chunks, bytes;
    auto operator<=>(const ModelSlot &) const = default;
};

struct ModelTable {
    u64 nonce = 1;
    u64 sequence = 1;
    std::vector<ModelSlot> slots;
};

/* Is that so? With what the message holds, if it is */
std::optional<ModelCatalog> model_catalog(const Bytes &bytes);
std::optional<ModelTable> model_table(const Bytes &bytes);

Bytes model_bytes(const ModelCatalog &catalog);
Bytes model_bytes(const ModelTable &table);

/* By trying each version and each number of ports */
ccm_plan model_plan(const ModelClient &mine, const ModelClient &theirs);

#endif
