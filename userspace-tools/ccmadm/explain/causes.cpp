// SPDX-License-Identifier: GPL-2.0-only
#include "explain/cause.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace ccmadm {

namespace {

using namespace std::string_view_literals;

// As ccm_reject_name() in ccm/core/wire.c has them; a test compares.
constexpr std::string_view rejected_cluster = "another cluster";
constexpr std::string_view rejected_node = "unknown node";
constexpr std::string_view rejected_partner = "wrong partner";
constexpr std::string_view rejected_version = "no common version";
constexpr std::string_view rejected_address = "not from an address of that node";
constexpr std::string_view rejected_key = "no pre-shared key here yet";
constexpr std::string_view rejected_admin = "disabled by administrator";
constexpr std::string_view rejected_stopping = "stopping";
constexpr std::string_view rejected_busy = "busy";

// Requests are repeated every two seconds at least: what is older was of another time.
constexpr std::uint64_t fresh_ms = 10'000;

bool away(const Case &c)
{
    return c.partner != nullptr && c.partner->record && c.partner->record->state != CCM_STATE_READY;
}

bool down_as(const Case &c, std::uint32_t reason)
{
    return away(c) && c.partner->record->state == CCM_STATE_DOWN && c.partner->record->reason == reason;
}

const Way *way_in(const Case &c)
{
    return away(c) && c.partner->way ? &*c.partner->way : nullptr;
}

const Interface *interface_to(const Case &c)
{
    const Way *const way = way_in(c);
    return way != nullptr && way->interface ? &*way->interface : nullptr;
}

const PartnerCounters *counters_in(const Case &c)
{
    return away(c) && c.partner->counters ? &*c.partner->counters : nullptr;
}

bool fresh(const std::optional<Rejection> &rejection)
{
    return rejection && rejection->ago_ms <= fresh_ms;
}

bool heard_any(const Case &c)
{
    const PartnerCounters *const counters = counters_in(c);
    return counters != nullptr && fresh(counters->heard);
}

bool heard(const Case &c, std::string_view why)
{
    return heard_any(c) && counters_in(c)->heard->why == why;
}

// Of the last attempt; without debugfs, of the last one that had an error.
int attempt_error(const Case &c)
{
    const PartnerCounters *const counters = counters_in(c);
    return counters != nullptr ? counters->attempt_error : c.partner->record->error;
}

// Something that carries frames is between here and the partner, as far as that can be seen.
bool path_open(const Case &c)
{
    const Way *const way = way_in(c);
    const Interface *const interface = interface_to(c);
    return way == nullptr || ((way->route == Way::Route::unknown || way->route == Way::Route::direct ||
                               way->route == Way::Route::gateway) &&
                              way->missing.empty() && way->answers != Seen::no &&
                              (interface == nullptr || (interface->up && interface->carrier)));
}

/*
 * The node itself
 */

bool not_loaded(const Case &c)
{
    return !c.node.loaded;
}

bool no_device_file(const Case &c)
{
    return c.node.look == NodeFacts::Look::no_device;
}

bool not_permitted(const Case &c)
{
    return c.node.look == NodeFacts::Look::not_permitted;
}

bool other_version(const Case &c)
{
    return c.node.look == NodeFacts::Look::other_version;
}

bool look_failed(const Case &c)
{
    return c.node.look == NodeFacts::Look::failed;
}

bool crash_kernel(const Case &c)
{
    return c.node.stage == CCM_STAGE_DUMPING;
}

bool not_configured(const Case &c)
{
    return c.node.id == 0;
}

bool no_partner(const Case &c)
{
    return c.node.partners.empty();
}

/*
 * A partner
 */

bool not_a_partner(const Case &c)
{
    return c.partner != nullptr && !c.partner->record;
}

bool no_key(const Case &c)
{
    return away(c) && c.node.auth == "psk" && c.node.keys && c.node.keys->empty();
}

bool no_rdma_device(const Case &c)
{
    return away(c) && c.node.devices && c.node.devices->empty();
}

bool own_address(const Case &c)
{
    return way_in(c) != nullptr && way_in(c)->route == Way::Route::own;
}

bool interface_missing(const Case &c)
{
    return way_in(c) != nullptr && !way_in(c)->missing.empty();
}

bool interface_down(const Case &c)
{
    return interface_to(c) != nullptr && !interface_to(c)->up;
}

bool no_carrier(const Case &c)
{
    return interface_to(c) != nullptr && interface_to(c)->up && !interface_to(c)->carrier;
}

bool no_route(const Case &c)
{
    return way_in(c) != nullptr && way_in(c)->route == Way::Route::none && way_in(c)->missing.empty() &&
           !interface_down(c) && !no_carrier(c);
}

bool is_of(const RdmaDevice &device, const Interface &interface)
{
    return device.interface == interface.name || (!interface.lower.empty() && device.interface == interface.lower);
}

bool no_rdma_there(const Case &c)
{
    const Interface *const interface = interface_to(c);
    if (interface == nullptr || interface->joins || !c.node.devices || c.node.devices->empty() || own_address(c))
        return false;
    return std::all_of(c.node.devices->begin(), c.node.devices->end(), [&](const RdmaDevice &device) {
        return !device.interface.empty() && !is_of(device, *interface);
    });
}

bool port_not_active(const Case &c)
{
    const Interface *const interface = interface_to(c);
    if (interface == nullptr || !c.node.devices || interface_down(c) || no_carrier(c))
        return false;
    return std::any_of(c.node.devices->begin(), c.node.devices->end(), [&](const RdmaDevice &device) {
        return is_of(device, *interface) && !device.state.empty() && device.state != "ACTIVE";
    });
}

bool silent(const Case &c)
{
    return way_in(c) != nullptr && way_in(c)->answers == Seen::no && !interface_down(c) && !no_carrier(c);
}

bool nobody_at_address(const Case &c)
{
    return silent(c) && c.partner->record->sessions == 0;
}

bool machine_gone(const Case &c)
{
    return silent(c) && c.partner->record->sessions != 0;
}

bool another_cluster(const Case &c)
{
    return heard(c, rejected_cluster);
}

bool unknown_there(const Case &c)
{
    return heard(c, rejected_node);
}

bool other_node_there(const Case &c)
{
    return heard(c, rejected_partner) && !own_address(c);
}

bool no_version(const Case &c)
{
    return down_as(c, CCM_REASON_VERSION) || heard(c, rejected_version);
}

bool other_address(const Case &c)
{
    return down_as(c, CCM_REASON_ADDRESS) || heard(c, rejected_address);
}

bool refused(const Case &c)
{
    return down_as(c, CCM_REASON_REFUSED) && !another_cluster(c) && !unknown_there(c) && !other_node_there(c) &&
           !own_address(c);
}

bool no_key_there(const Case &c)
{
    return heard(c, rejected_key);
}

bool auth_fails(const Case &c)
{
    return down_as(c, CCM_REASON_AUTHENTICATION) && !no_key(c) && !no_key_there(c);
}

bool wrong_key(const Case &c)
{
    return auth_fails(c) && counters_in(c) != nullptr && counters_in(c)->proof_wrong_ms >= 0 &&
           counters_in(c)->proof_wrong_ms <= static_cast<std::int64_t>(fresh_ms);
}

bool authentication(const Case &c)
{
    return auth_fails(c) && !wrong_key(c);
}

bool duplicate(const Case &c)
{
    return down_as(c, CCM_REASON_DUPLICATE);
}

bool mtu(const Case &c)
{
    return down_as(c, CCM_REASON_MTU);
}

bool panicked(const Case &c)
{
    return down_as(c, CCM_REASON_PANICKED);
}

bool hung(const Case &c)
{
    return down_as(c, CCM_REASON_HUNG);
}

bool shut_down(const Case &c)
{
    return down_as(c, CCM_REASON_SHUTDOWN) || heard(c, rejected_stopping);
}

bool disabled_there(const Case &c)
{
    return heard(c, rejected_admin);
}

bool busy_there(const Case &c)
{
    return heard(c, rejected_busy);
}

bool not_listening(const Case &c)
{
    return away(c) && attempt_error(c) == -ECONNREFUSED && !heard_any(c) && path_open(c);
}

bool ended_by_admin(const Case &c)
{
    return down_as(c, CCM_REASON_ADMIN) && !disabled_there(c) && !not_listening(c);
}

bool no_memory(const Case &c)
{
    return away(c) && attempt_error(c) == -ENOMEM;
}

// The reason is one with which a machine that answers address resolution, and no request, does not fit.
bool told(const Case &c)
{
    constexpr std::uint32_t nobody_answers[] = {CCM_REASON_NONE, CCM_REASON_UNREACHABLE, CCM_REASON_SHUTDOWN,
                                                CCM_REASON_RESTARTED, CCM_REASON_RELOADED};
    const ccm_record &record = *c.partner->record;
    return record.state == CCM_STATE_DOWN &&
           std::find(std::begin(nobody_answers), std::end(nobody_answers), record.reason) == std::end(nobody_answers);
}

bool rdma_silent(const Case &c)
{
    if (way_in(c) == nullptr || way_in(c)->answers != Seen::yes || !path_open(c) || c.partner->record->attempts == 0)
        return false;
    if (no_key(c) || no_rdma_device(c) || no_rdma_there(c) || port_not_active(c) || heard_any(c) || told(c))
        return false;
    const std::uint32_t state = c.partner->record->state;
    const int error = attempt_error(c);
    return state <= CCM_STATE_CONNECTING && (error == 0 || error == -ETIMEDOUT || error == -EHOSTUNREACH);
}

bool routed(const Case &c)
{
    return rdma_silent(c) && way_in(c)->route == Way::Route::gateway;
}

bool no_way_here(const Case &c)
{
    return down_as(c, CCM_REASON_DEVICE) && path_open(c) && !no_rdma_device(c) && !no_rdma_there(c) &&
           !port_not_active(c);
}

/*
 * Last resort
 */

bool restarted(const Case &c)
{
    return down_as(c, CCM_REASON_RESTARTED) || down_as(c, CCM_REASON_RELOADED);
}

bool under_way(const Case &c)
{
    return away(c) && (c.partner->record->state != CCM_STATE_DOWN || c.partner->record->reason == CCM_REASON_NONE);
}

bool not_known(const Case &c)
{
    return away(c) && !restarted(c) && !under_way(c);
}

/*
 * A client
 */

bool client_away(const Case &c)
{
    return c.client != nullptr && c.client->record && c.client->record->state != CCM_CLIENT_READY;
}

// There is a session, and that is not it.
template <std::uint32_t reason> bool client_as(const Case &c)
{
    return client_away(c) && c.client->record->reason == reason;
}

bool client_not_here(const Case &c)
{
    return c.client != nullptr && !c.client->record;
}

bool client_lost(const Case &c)
{
    return client_as<CCM_CLIENT_PORT_LOST>(c) || client_as<CCM_CLIENT_LEFT>(c);
}

bool client_opening(const Case &c)
{
    return client_as<CCM_CLIENT_NONE>(c);
}

bool client_other(const Case &c)
{
    return client_away(c) && c.client->record->reason >= CCM_CLIENT_OTHER &&
           c.client->record->reason != CCM_CLIENT_ITSELF && c.client->record->reason != CCM_CLIENT_TIMEOUT;
}

constexpr Cause all_causes[] = {
    {"not-loaded"sv, About::node, not_loaded, "The module is not loaded on this node"sv,
     "/sys/module/rdma_ccm is not there"sv,
     "load it: `modprobe rdma_ccm`; if that fails, the kernel log says why: `dmesg | grep ccm`"sv,
     "*Key was rejected by service* means Secure Boot and a module that is not signed; *Module not found*, that it is "
     "not built for this kernel (``uname -r``)."sv},
    {"not-permitted"sv, About::node, not_permitted, "ccmadm may not look"sv, "{device_error}"sv,
     "run it as root: `sudo ccmadm explain`"sv, "The exit code is 1, since nothing is known."sv},
    {"no-device-file"sv, About::node, no_device_file, "The module is loaded, and its device is not there"sv,
     "{device_error}"sv, "`ls -l /dev/ccm`; another path is given with `--device`"sv,
     "The kernel makes the file in devtmpfs. In a container, or a chroot, it has to be given."sv},
    {"other-version"sv, About::node, other_version, "ccmadm and the module are of different versions"sv,
     "{device_error}"sv,
     "install both from the same package: `ccmadm --version`, `modinfo rdma_ccm`; then `modprobe -r rdma_ccm && "
     "modprobe rdma_ccm`"sv,
     "Mind the module in the initramfs, which is loaded first: ``update-initramfs -u``. The exit code is 1."sv},
    {"look-failed"sv, About::node, look_failed, "The module does not answer"sv, "{device_error}"sv,
     "the kernel log says more: `dmesg | grep ccm`"sv, "The exit code is 1."sv},
    {"crash-kernel"sv, About::node, crash_kernel, "This is a crash kernel: the machine has panicked"sv,
     "the boot stage of this node is dumping"sv,
     "let it write its dump and boot: `ccmadm stage` says what runs; until then it serves nobody"sv,
     "A crash kernel loads the module from the same initramfs. It tells partners that this node has panicked, and "
     "connects to nobody."sv},
    {"not-configured"sv, About::node, not_configured, "This node has no id"sv,
     "/dev/ccm describes a node with the id 0: the module was loaded without node= and cluster="sv,
     "write `options rdma_ccm node=1 cluster=NAME partners=2@ADDRESS` to /etc/modprobe.d/ccm.conf, then `modprobe -r "
     "rdma_ccm && modprobe rdma_ccm`"sv,
     ":doc:`parameters` has all of them. In the initramfs the file is that of the last ``update-initramfs -u``."sv},
    {"no-partner"sv, About::node, no_partner, "No partner is configured on this node"sv,
     "`ccmadm partner list` prints nothing"sv,
     "`ccmadm partner add ID ADDRESS`, and partners= in /etc/modprobe.d/ccm.conf for the next load"sv,
     "What is added at run time is forgotten when the module is unloaded (:doc:`netlink`)."sv},

    {"not-a-partner"sv, About::partner, not_a_partner, "Node {partner} is no partner of this node"sv,
     "configured are: {partners}"sv, "`ccmadm partner add {partner} ADDRESS`"sv,
     "It was never named in ``partners=``, or was deleted by ``ccmadm partner del``."sv},
    {"no-key"sv, About::partner, no_key, "This node has no key of the cluster"sv,
     "auth=psk, and the module's keyring has no key of the cluster {cluster}"sv,
     "`ccmadm key add FILE`; if there is none yet: `ccmadm key generate FILE`"sv,
     "The keyring is empty after each load of the module. Until it has a key this node asks nobody, and rejects who "
     "asks (:doc:`keys`)."sv},
    {"no-rdma-device"sv, About::partner, no_rdma_device, "This node has no RDMA device"sv,
     "/sys/class/infiniband is empty"sv,
     "with an adapter, load its driver; with soft-RoCE: `rdma link add {new_rxe} type rxe netdev {netdev}`"sv,
     "Devices of soft-RoCE and soft-iWARP are gone after each boot. The modules ``rdma_rxe`` and, for soft-RoCE, "
     "``crc32_generic`` must be in the initramfs."sv},
    {"own-address"sv, About::partner, own_address, "The partner's address is this machine's own"sv,
     "the route to {address} ends here"sv,
     "give the partner's: `ccmadm partner set {partner} ADDRESS`, and partners= in "
     "/etc/modprobe.d/ccm.conf"sv,
     "``partners=`` names the others, never this node."sv},
    {"interface-missing"sv, About::partner, interface_missing, "The interface of the partner's address is not there"sv,
     "there is no interface {missing}, and the address is {address}"sv,
     "`ip link`; if it has another name: `ccmadm partner set {partner} ADDRESS`"sv,
     "It is looked up by its name at each attempt, and may come later."sv},
    {"interface-down"sv, About::partner, interface_down, "The interface to the partner is down"sv,
     "{interface}, which has an address in the network of {address}, is down"sv, "`ip link set dev {interface} up`"sv,
     "Setting it down has removed its routes, and its IPv6 addresses. If a network manager has done that: is the "
     "interface configured there?"sv},
    {"no-carrier"sv, About::partner, no_carrier, "The interface to the partner has no carrier"sv,
     "{interface} is up, and has no carrier"sv,
     "see the cable and the switch's port: `ip -statistics link show dev {interface}`, `ethtool {interface}`"sv, ""sv},
    {"no-route"sv, About::partner, no_route, "There is no route to the partner"sv,
     "the kernel has none to {address}, and no interface has an address in its network"sv,
     "`ip route get {address}`, `ip address`; give the RDMA interface its address: `ip address add ADDRESS/LENGTH dev "
     "{netdev}`"sv,
     "An address that the initramfs has set may be taken away by the network manager of the system: configure it "
     "there, "
     "too."sv},
    {"no-rdma-there"sv, About::partner, no_rdma_there, "The interface to the partner has no RDMA device"sv,
     "frames to {address} leave by {interface}; the RDMA devices are {devices}"sv,
     "with soft-RoCE: `rdma link add {new_rxe} type rxe netdev {interface}`; else give an address of the partner that "
     "is "
     "reached by an RDMA interface"sv,
     "CCM does not choose the device: it follows from the route to the partner's address."sv},
    {"port-not-active"sv, About::partner, port_not_active, "The RDMA device to the partner is not active"sv,
     "{rdma} is {rdma_state}"sv, "`rdma link show {rdma}`; on InfiniBand, is a subnet manager running?"sv, ""sv},
    {"nobody-at-address"sv, About::partner, nobody_at_address, "No machine answers at the partner's address"sv,
     "{asked} does not answer address resolution on {interface} (neighbour {neighbour}), and has never been READY "
     "since it was configured"sv,
     "is the address right? `ccmadm partner list` here, `ip address` there; is the machine on, and its cable in? "
     "Correct it: `ccmadm partner set {partner} ADDRESS`"sv,
     "ARP and neighbour discovery pass any firewall of the IP layer: a machine that is on and in the same network "
     "answers. With a gateway between, it is the gateway that does not."sv},
    {"machine-gone"sv, About::partner, machine_gone, "The partner's machine does not answer any more"sv,
     "{asked} does not answer address resolution on {interface} (neighbour {neighbour}); sessions with it so far: "
     "{sessions}[, last heard {silent} ago]"sv,
     "see its console and power, and the cables and switches between: `ip neigh show {asked}`, `ip -statistics link "
     "show dev {interface}`"sv,
     "Whether it is off or cut off cannot be seen from here."sv},
    {"another-cluster"sv, About::partner, another_cluster, "The partner is of another cluster"sv,
     "it has rejected this node's request ({heard}, {heard_ago} ago); here cluster={cluster}"sv,
     "`cat /sys/module/rdma_ccm/parameters/cluster` on both; then `modprobe -r rdma_ccm && modprobe rdma_ccm` where "
     "/etc/modprobe.d/ccm.conf was wrong"sv,
     "Names are compared with capitals and all."sv},
    {"unknown-there"sv, About::partner, unknown_there, "The partner does not know this node"sv,
     "it has rejected this node's request ({heard}, {heard_ago} ago): node {node} is not configured there"sv,
     "on the partner: `ccmadm partner add {node} {source}`, and partners= in /etc/modprobe.d/ccm.conf"sv,
     "Both sides must name each other. ``ccmadm partner del`` there has the same effect."sv},
    {"other-node-there"sv, About::partner, other_node_there, "Another node has the partner's address"sv,
     "at {address} this node's request was rejected ({heard}, {heard_ago} ago): it is not node {partner}"sv,
     "`cat /sys/module/rdma_ccm/parameters/node` there, `ccmadm partner list` here; correct the one that is wrong"sv,
     ""sv},
    {"version"sv, About::partner, no_version, "The partner speaks no version of the protocol that this node speaks"sv,
     "[it has rejected this node's request ({heard}, {heard_ago} ago); ]this module speaks versions {version_min} to "
     "{version_max}"sv,
     "update the older of the two: `modinfo rdma_ccm` on both"sv, ""sv},
    {"address"sv, About::partner, other_address, "An address is not the one that is configured"sv,
     "[the partner has rejected this node's request ({heard}, {heard_ago} ago); ]this node asks from {source}, and "
     "expects the partner at {address}"sv,
     "`ccmadm partner list` on both: does each have the address from which the other asks? `ip route get {address}` "
     "says which one that is"sv,
     "A request is taken only from one of the partner's own addresses. The kernel log of the side that rejects it "
     "names both."sv},
    {"refused"sv, About::partner, refused, "The partner refuses this node"sv,
     "the reason is refused[; its last answer: {heard}, {heard_ago} ago]"sv,
     "compare node=, cluster= and partners= of both: `grep . /sys/module/rdma_ccm/parameters/*`; the kernel log of the "
     "partner says what is wrong: `dmesg | grep ccm`"sv,
     "Or one of them sends what the other does not take for a message of its version."sv},
    {"no-key-there"sv, About::partner, no_key_there, "The partner has no key of the cluster"sv,
     "it has rejected this node's request ({heard}, {heard_ago} ago)"sv,
     "on the partner: `ccmadm key add FILE`, with the key that this node has"sv, ""sv},
    {"wrong-key"sv, About::partner, wrong_key, "The partner has another key"sv,
     "it did not prove that it has the key that it named ({proofs_wrong} times so far); keys here: {keys}"sv,
     "give both the same, with a number that is new: `ccmadm key generate FILE`, copy it, `ccmadm key add FILE` on "
     "both"sv,
     "The same number and other bytes. The key itself is shown nowhere; the highest number that both have is used."sv},
    {"authentication"sv, About::partner, authentication, "The two do not have a key in common"sv,
     "the reason is authentication; here auth={auth}[, keys {keys}]"sv,
     "on both: `cat /sys/module/rdma_ccm/parameters/auth`, `ccmadm key list`: the same auth, and one key that both "
     "have; `ccmadm key add FILE`"sv,
     "With ``auth=psk`` on one side and ``auth=none`` on the other there is no session. A key of the same number and "
     "other bytes is found by the side that checks the proof: ``ccmadm explain`` there says so."sv},
    {"duplicate"sv, About::partner, duplicate, "Two machines have the partner's node id"sv, "the reason is duplicate"sv,
     "`dmesg | grep 'two machines'` names both addresses; give one of them another node="sv,
     "A cloned image does that: ``node=`` is in its /etc/modprobe.d, or in its initramfs."sv},
    {"mtu"sv, About::partner, mtu, "Large frames do not pass between the two"sv,
     "small ones do[; {note}][; {interface} here has {mtu} bytes]"sv,
     "the same MTU on both interfaces and on the switch: `ping -M do -s {ping} {address}` tries it, `ip link set dev "
     "{interface} mtu {mtu}` sets it"sv,
     "A switch drops what is too long for it without a word. RoCE needs some 100 bytes more than it carries."sv},
    {"panicked"sv, About::partner, panicked, "The partner's kernel has panicked"sv,
     "the reason is panicked, as it has said itself[; its stage is {stage}]"sv,
     "see its console and its crash dump; it connects when it has booted: `ccmadm wait --partner {partner}`"sv, ""sv},
    {"hung"sv, About::partner, hung, "The partner's kernel does not schedule"sv,
     "its memory answered, and its counter stood still[; last heard {silent} ago]"sv,
     "see its console (SysRq), or reset it; `ccmadm peek {partner}` works while there is a session"sv, ""sv},
    {"shut-down"sv, About::partner, shut_down, "The partner shuts down, or has"sv,
     "it has said so[: {heard}, {heard_ago} ago]"sv, "start it when it is needed: `ccmadm wait --partner {partner}`"sv,
     ""sv},
    {"disabled-there"sv, About::partner, disabled_there, "An administrator has ended it there"sv,
     "it has rejected this node's request ({heard}, {heard_ago} ago)"sv,
     "on the partner: is the module being unloaded? `lsmod | grep rdma_ccm`, `ccmadm partner list`"sv, ""sv},
    {"busy-there"sv, About::partner, busy_there, "The partner has no room for the request now"sv,
     "it has rejected this node's request ({heard}, {heard_ago} ago)"sv,
     "wait: `ccmadm wait --partner {partner} --timeout 30`; if it stays so, see its memory: `free -m` there"sv, ""sv},
    {"not-listening"sv, About::partner, not_listening, "Nobody listens on the partner"sv,
     "RDMA at {address} answers that there is no listener on port {port}"sv,
     "on the partner: `modprobe rdma_ccm`; if it is loaded, the same port on both: `cat "
     "/sys/module/rdma_ccm/parameters/rdma_port`"sv,
     "The machine and its RDMA device are there, the module is not, or listens on another ``rdma_port``."sv},
    {"ended-by-admin"sv, About::partner, ended_by_admin, "An administrator has ended it, there"sv,
     "the reason is admin: the partner has said goodbye"sv,
     "on the partner: `lsmod | grep rdma_ccm`, `ccmadm partner list`; `modprobe rdma_ccm`, or `ccmadm partner add "
     "{node} "
     "{source}`"sv,
     "By unloading the module, or by ``ccmadm partner del``."sv},
    {"no-memory"sv, About::partner, no_memory, "This node has no memory for a connection"sv,
     "the last attempt came to: {error}"sv,
     "`free -m`, `dmesg | grep -e ccm -e rxe -e mlx`: memory, or what the device "
     "can have"sv,
     "RDMA core says the same when a device has no queue pair left."sv},
    {"rdma-silent"sv, About::partner, rdma_silent, "The partner's machine answers, and its RDMA does not"sv,
     "{asked} answers address resolution on {interface}; to requests by {wire} nothing comes back ({attempts} "
     "attempts so far)[; last error: {error}]"sv,
     "is there a firewall? {wire} must pass, both ways: `nft list ruleset` on both; and is there an RDMA device on the "
     "partner? `rdma link` there; `ccmadm explain` there says more"sv,
     "RDMA hardware does not pass its frames through the host's firewall: then it is one in between. The same is seen "
     "if the address is that of a machine that has no RDMA."sv},
    {"routed"sv, About::partner, routed, "The partner is behind a gateway"sv,
     "the route to {address} goes by {asked}, and no interface has an address in its network"sv,
     "`ip route get {address}`, `ip address`: is the address of the RDMA interface missing here?"sv,
     "RoCE v2 and iWARP can be routed, if the network is made for it."sv},
    {"no-way"sv, About::partner, no_way_here, "No RDMA device of this node has a way to the partner"sv,
     "the reason is device[; last error: {error}]; frames leave by {interface}; the RDMA devices are {devices}"sv,
     "`rdma link`, `ip route get {address}`: the interface needs a device, and the address has to be on it"sv,
     "Soft-RoCE that was added before the interface had its address works all the same; one whose interface was "
     "deleted does not."sv},

    {"restarted"sv, About::resort, restarted, "The partner was started anew, and will connect"sv,
     "the reason is {reason}"sv, "wait: `ccmadm wait --partner {partner} --timeout 30`"sv, ""sv},
    {"under-way"sv, About::resort, under_way, "It is being connected"sv,
     "the state is {state}, {attempts} attempts so far"sv, "wait: `ccmadm wait --partner {partner} --timeout 30`"sv,
     "Nothing has gone wrong that can be seen."sv},
    {"not-known"sv, About::resort, not_known, "ccmadm does not know"sv,
     "the reason is {reason}[, the last error: {error}][, and the partner's last answer: {heard}]"sv,
     "`dmesg | grep ccm` and `ccmadm explain` on both; `ccmadm watch` shows what changes"sv,
     ":doc:`tracing` says how to look into a connection step by step."sv},

    {"client-not-here"sv, About::client, client_not_here, "{client} is not registered on this node"sv,
     "the module knows no client of that name"sv,
     "load its module: `modprobe MODULE`; `ccmadm` lists those there are"sv, ""sv},
    {"client-not-there"sv, About::client, client_as<CCM_CLIENT_NO_COUNTERPART>,
     "{client} is not registered on the partner"sv, "the catalog of partner {partner} has no client of that name"sv,
     "load its module there: `modprobe MODULE`; `ccmadm` there lists those there are"sv, ""sv},
    {"client-version"sv, About::client, client_as<CCM_CLIENT_VERSION>,
     "{client} and its counterpart have no version in common"sv, "its reason is version"sv,
     "update the older of the two modules: `modinfo MODULE` on both"sv, ""sv},
    {"client-ports"sv, About::client, client_as<CCM_CLIENT_PORTS>,
     "{client} needs more ports than its counterpart wants"sv, "its reason is ports"sv,
     "configure both alike; `cat /sys/module/rdma_ccm/parameters/client_ports` on both is the "
     "limit"sv,
     ""sv},
    {"client-memory"sv, About::client, client_as<CCM_CLIENT_MEMORY>,
     "{client} asks for more memory than its counterpart gives, or the other way round"sv, "its reason is memory"sv,
     "configure both alike; `cat /sys/module/rdma_ccm/parameters/client_memory` on both is the "
     "limit"sv,
     ""sv},
    {"client-limit"sv, About::client, client_as<CCM_CLIENT_LIMIT>, "A limit leaves no room for {client}"sv,
     "its reason is limit: of this node or of the partner"sv,
     "`grep . /sys/module/rdma_ccm/parameters/node_*` on both, and what is used: `cat /sys/kernel/debug/ccm/node`"sv,
     "``node_ports`` and ``node_memory`` are those of all clients together. It is tried again by itself."sv},
    {"client-resources"sv, About::client, client_as<CCM_CLIENT_RESOURCES>,
     "There is no memory, or no device resource, for {client}"sv, "its reason is resources: here or on the partner"sv,
     "`dmesg | grep ccm` and `free -m` on both"sv, ""sv},
    {"client-connect"sv, About::client, client_as<CCM_CLIENT_CONNECT>, "The ports of {client} could not be connected"sv,
     "its reason is connect"sv, "`dmesg | grep ccm` on both; it is tried again by itself"sv, ""sv},
    {"client-stuck"sv, About::client, client_as<CCM_CLIENT_TIMEOUT>, "An operation of {client} took too long"sv,
     "its reason is timeout: the link is opened again"sv,
     "is its counterpart stuck? `dmesg` there, `ccmadm watch` here"sv, ""sv},
    {"client-itself"sv, About::client, client_as<CCM_CLIENT_ITSELF>, "{client} could not set itself up, or was reset"sv,
     "its reason is client: its own ready() has look_failed, or it has reset its link, here or there[; its note: {note}]"sv,
     "what its module has to say: `dmesg` on both"sv, ""sv},
    {"client-lost"sv, About::client, client_lost, "The link of {client} was lost, and is opened again"sv,
     "its reason is {client_reason}"sv, "wait: `ccmadm wait --client {client} --partner {partner} --timeout 30`"sv,
     ""sv},
    {"client-opening"sv, About::client, client_opening, "{client} is being opened"sv, "its state is {client_state}"sv,
     "wait: `ccmadm wait --client {client} --partner {partner} --timeout 30`"sv,
     "Memory is set aside and zeroed, ports are connected, and the client sets itself up."sv},
    {"client-other"sv, About::client, client_other,
     "{client} is not ready for a reason that only the partner's version of CCM knows"sv,
     "its reason is {client_reason}"sv, "`ccmadm explain {node}` on the partner"sv, ""sv},
};

} // namespace

std::span<const Cause> causes()
{
    return all_causes;
}

} // namespace ccmadm
