// SPDX-License-Identifier: GPL-2.0-only
//
// Two or three nodes as they are in the field: each has the module with a key, the failover monitor,
// and clients that work all the time; and each is listened to.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "ear.h"
#include "options.h"

namespace ccm::campaign {

class Servers {
public:
    Servers(const Options &options, const Settings &settings);

    Cluster &cluster() { return cluster_; }
    const Options &options() const { return options_; }
    const std::vector<int> &ids() const { return ids_; }
    Node &node(int id) { return cluster_.node(id); }
    Ear &ear(int id) { return *ears_.at(id); }
    std::vector<int> others(int id) const;
    double detect() const { return options_.detect_ms / 1000.0; }
    std::string device(const Node &node) const; // its RDMA device

    void boot(); // all, for the first time
    // One: switched on, if it is off, with all that belongs to it.
    void bring(Node &node);
    void load(Node &node);   // rdma_ccm with its key, and what else there is
    void unload(Node &node); // all of it
    void load_module(Node &node);
    void load_monitor(Node &node);
    void load_clients(Node &node);
    void unload_clients(Node &node);
    int life(int id) const { return lives_.at(id); } // of its clients

    // A new key for all, and away with the old one.
    void rotate_key();

    // READY on all, with clients, and nothing advised. Says who is not.
    std::string wait_back(Duration timeout);
    // All the others have been told that it is DOWN; and it of them, if it is to hear it.
    bool wait_down(int target, bool both, Duration timeout);
    // What kernel clients have heard so far.
    std::vector<Heard> heard();
    // What somebody would ask who wonders why they are not.
    std::string look_around();
    // Whatever is left: all are switched off, and on again.
    void start_over();
    // Ends all, and says what the kernels report.
    std::vector<std::string> finish();

private:
    std::string not_ready(); // empty: all are
    bool give_back();        // true: nothing is advised any more

    Options options_;
    Cluster cluster_;
    std::vector<int> ids_;
    std::map<int, std::unique_ptr<Ear>> ears_;
    std::map<int, int> lives_;
    unsigned key_ = 1;
};

} // namespace ccm::campaign
