// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "node_info.h"

#include <linux/ccm.h>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ccmadm {

// One field of a record in both of its forms.
struct Field {
    std::string_view key;         // its name in the interface header, and in JSON
    nlohmann::ordered_json value; // for programs
    std::string text;             // for people
};

// The fields of one object, in the order in which JSON has them. This is the only
// place that knows which fields there are and how each one reads.
class Fields {
public:
    // All that applies to the record's type.
    explicit Fields(const ccm_record &record);
    explicit Fields(const ccm_peek &peek);
    explicit Fields(const NodeInfo &node);

    // The text of a field; empty if the object does not have it.
    const std::string &text(std::string_view key) const;
    // As a JSON object, without the fields named in @without.
    nlohmann::ordered_json json(std::string_view without = {}) const;

private:
    template <class Value> void add(std::string_view key, Value value, std::string text);
    void add_number(std::string_view key, std::uint64_t value);
    void add_client(const ccm_record &record);

    std::vector<Field> fields_;
};

} // namespace ccmadm
