/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * CCM, the cluster connection manager: the character device /dev/ccm.
 *
 * read() returns whole records of struct ccm_record, never a part of one. Each
 * open file has a queue of its own: first one CCM_RECORD_NODE, one
 * CCM_RECORD_PARTNER for each configured partner and one CCM_RECORD_CLIENT for each
 * kernel client as to each partner (the present state), then one
 * CCM_RECORD_SYNC, then a record for each change. When a reader is so slow that
 * its queue is full, what is queued is dropped and replaced by one
 * CCM_RECORD_OVERFLOW, the present state and a CCM_RECORD_SYNC.
 *
 * Errors of read(): EINVAL (the buffer is shorter than one record), EAGAIN
 * (O_NONBLOCK and nothing queued), EINTR (a signal), EFAULT, ENOMEM. poll() reports POLLIN
 * when a record is queued. An open file keeps the module loaded: rmmod says EBUSY.
 * Opened read-only or not makes no difference to what a file can do.
 */
#ifndef _UAPI_LINUX_CCM_H
#define _UAPI_LINUX_CCM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of this interface. A change that an old reader would misread raises it. */
#define CCM_UAPI_VERSION	2

#define CCM_HOST_NAME_LEN	32	/* with its terminating NUL */
#define CCM_CLUSTER_NAME_LEN	32	/* with its terminating NUL */
#define CCM_CLIENT_NAME_LEN	32	/* with its terminating NUL */
#define CCM_CLIENT_NOTE_LEN	32	/* with its terminating NUL */

/* What a record is about: struct ccm_record.type */
enum ccm_record_type {
	CCM_RECORD_NODE		= 1,	/* this node: its boot stage changed */
	CCM_RECORD_PARTNER	= 2,	/* one partner: anything of it changed */
	CCM_RECORD_SYNC		= 3,	/* the present state ends here */
	CCM_RECORD_OVERFLOW	= 4,	/* changes were lost; the present state follows */
	CCM_RECORD_REMOVED	= 5,	/* a partner was removed from the configuration */
	CCM_RECORD_CLIENT	= 6,	/* one kernel client, as to one partner */
};

/* State of a partner: struct ccm_record.state */
enum ccm_state {
	CCM_STATE_DOWN		= 0,	/* no session; .reason says why */
	CCM_STATE_CONNECTING	= 1,	/* looking for the partner */
	CCM_STATE_GREETING	= 2,	/* connected; A0 R1 W1 R2 */
	CCM_STATE_NEGOTIATING	= 3,	/* W2: catalogs are exchanged */
	CCM_STATE_OPENING	= 4,	/* ports are connected; W3 */
	CCM_STATE_READY		= 5,	/* told and been told to be ready */
	CCM_STATE_COUNT
};

/* Why a partner is DOWN: struct ccm_record.reason */
enum ccm_reason {
	CCM_REASON_NONE		= 0,	/* not down, or nothing has been tried yet */
	CCM_REASON_UNREACHABLE	= 1,	/* no answer on any path; can be a partition */
	CCM_REASON_HUNG		= 2,	/* its memory answers, its kernel does not schedule */
	CCM_REASON_PANICKED	= 3,	/* its kernel panicked */
	CCM_REASON_SHUTDOWN	= 4,	/* its kernel shuts down or reboots */
	CCM_REASON_RESTARTED	= 5,	/* its kernel was started anew */
	CCM_REASON_VERSION	= 6,	/* no protocol version in common */
	CCM_REASON_REFUSED	= 7,	/* wrong cluster, unknown node, or a malformed message */
	CCM_REASON_AUTHENTICATION = 8,	/* its proof did not verify, or keys are not the same */
	CCM_REASON_ADMIN	= 9,	/* removed or unloaded by an administrator, here or there */
	CCM_REASON_DEVICE	= 10,	/* no RDMA device (any more) for the path here */
	CCM_REASON_RELOADED	= 11,	/* its module was loaded anew, or the machine was set
					 * back to a snapshot; its kernel runs on
					 */
	CCM_REASON_DUPLICATE	= 12,	/* two machines have one node id */
	CCM_REASON_ADDRESS	= 13,	/* it does not come from an address that is configured */
	CCM_REASON_MTU		= 14,	/* large frames do not pass between the two */
	CCM_REASON_COUNT
};

/*
 * How far a node's boot has come: struct ccm_record.stage. It rises during a boot;
 * user space may set it back.
 */
enum ccm_stage {
	CCM_STAGE_UNKNOWN	= 0,	/* not (yet) read from the partner */
	CCM_STAGE_KERNEL	= 1,	/* module loaded, nothing else said yet */
	CCM_STAGE_INITRAMFS	= 2,	/* the initramfs runs */
	CCM_STAGE_ROOT		= 3,	/* the root file system is mounted */
	CCM_STAGE_USERSPACE	= 4,	/* init has started */
	CCM_STAGE_STORAGE	= 5,	/* the storage OS is starting */
	CCM_STAGE_RUNNING	= 6,	/* the storage OS serves */
	CCM_STAGE_STOPPING	= 7,	/* going down in good order: serves no more */
	CCM_STAGE_DUMPING	= 8,	/* a crash kernel, after a panic: serves nobody */
	CCM_STAGE_COUNT
};

/* Of a kernel client, as to one partner: struct ccm_record.state of CCM_RECORD_CLIENT */
enum ccm_client_state {
	CCM_CLIENT_GONE		= 0,	/* it has left */
	CCM_CLIENT_WAITING	= 1,	/* for the partner, or for its counterpart there */
	CCM_CLIENT_INCOMPATIBLE	= 2,	/* with its counterpart; .reason says why */
	CCM_CLIENT_OPENING	= 3,	/* memory is set aside, ports connect, it sets itself up */
	CCM_CLIENT_READY	= 4,	/* has its ports and memory, and has set itself up */
	CCM_CLIENT_STATE_COUNT
};

/* Why a client is not ready: struct ccm_record.reason of CCM_RECORD_CLIENT */
enum ccm_client_reason {
	CCM_CLIENT_NONE		= 0,
	CCM_CLIENT_NO_SESSION	= 1,	/* the partner is not there */
	CCM_CLIENT_NO_COUNTERPART = 2,	/* the partner has no client of this name */
	CCM_CLIENT_VERSION	= 3,	/* no version in common with its counterpart */
	CCM_CLIENT_PORTS	= 4,	/* one side needs more ports than the other wants */
	CCM_CLIENT_MEMORY	= 5,	/* one side asks for more memory than the other gives */
	CCM_CLIENT_LIMIT	= 6,	/* a limit of this node or of the partner is reached */
	CCM_CLIENT_RESOURCES	= 7,	/* no memory or no device resources, here or there */
	CCM_CLIENT_CONNECT	= 8,	/* its ports could not be connected */
	CCM_CLIENT_PORT_LOST	= 9,	/* a port was lost; it is opened again */
	CCM_CLIENT_LEFT		= 10,	/* it, or its counterpart, has left */
	CCM_CLIENT_OTHER	= 11,	/* one that only the partner's version knows */
	CCM_CLIENT_ITSELF	= 12,	/* its set-up failed, or it was reset, here or there */
	CCM_CLIENT_TIMEOUT	= 13,	/* an operation took too long; it is opened again */
	CCM_CLIENT_REASON_COUNT
};

/* struct ccm_record.flags */
#define CCM_RECORD_F_AUTH	(1U << 0)	/* the session is authenticated */
#define CCM_RECORD_F_PRESENT	(1U << 1)	/* part of the present state, not a change */
#define CCM_RECORD_F_CERTAIN	(1U << 2)	/* DOWN, and its old kernel writes no more */
#define CCM_RECORD_F_LEAVING	(1U << 3)	/* as last read: it is about to go down */

/**
 * struct ccm_record - one event record of /dev/ccm
 * @size: bytes of this record; always sizeof(struct ccm_record) in version 2
 * @type: enum ccm_record_type
 * @seq: number of the change that this record shows; rises by one per change in
 *	the module, the same for all readers (a gap means nothing was dropped for
 *	this reader unless a CCM_RECORD_OVERFLOW says so)
 * @time_ns: CLOCK_MONOTONIC of the change, ns
 * @node: id of the node the record is about (this node's own, but for
 *	CCM_RECORD_PARTNER, CCM_RECORD_REMOVED and CCM_RECORD_CLIENT)
 * @state: enum ccm_state (CCM_RECORD_PARTNER), enum ccm_client_state (CCM_RECORD_CLIENT)
 * @reason: enum ccm_reason (CCM_RECORD_PARTNER in state DOWN), enum ccm_client_reason
 *	(CCM_RECORD_CLIENT)
 * @stage: enum ccm_stage, of this node or the partner
 * @transport: 0 none (yet), 1 RoCE or InfiniBand, 2 iWARP
 * @flags: CCM_RECORD_F_*
 * @version: protocol version agreed on, 0 if none yet; of the client's own protocol in
 *	a CCM_RECORD_CLIENT
 * @incarnation: incarnation of @node, 0 if not known
 * @sessions: how many sessions with this partner have become READY since it was
 *	configured (CCM_RECORD_PARTNER)
 * @attempts: how many connections have been attempted or accepted
 * @rejected: how many connection requests from this partner were rejected
 * @counter: liveness counter: this node's own, or as last read from the partner
 * @reads: heartbeat reads that succeeded in this session
 * @silent_us: microseconds from the last successful heartbeat to this record
 *	(in a record with state DOWN: how long the partner had not been heard of; if its
 *	crash kernel has shown that it panicked, how long that one has run)
 * @detect_ms: this node's detection time
 * @error: 0, or the negative errno of the last attempt that failed since READY
 * @family: AF_INET, AF_INET6 or 0 of @address
 * @port: RDMA port number
 * @address: the partner's address, network byte order
 * @name: host name: this node's, or the partner's as it said itself; NUL-terminated
 * @cluster: cluster name (CCM_RECORD_NODE), NUL-terminated
 * @ports: ports of the client to this partner (CCM_RECORD_CLIENT)
 * @region: bytes set aside here for the client's counterpart (CCM_RECORD_CLIENT)
 * @region_partner: bytes set aside for it on the partner (CCM_RECORD_CLIENT)
 * @client: the client's name (CCM_RECORD_CLIENT), NUL-terminated
 * @note: CLIENT: what it last said of this partner, in words of its own; PARTNER: more on
 *	the reason, for people (CCM_REASON_MTU: the MTU of both sides)
 *	(CCM_RECORD_CLIENT); empty if nothing; NUL-terminated
 */
struct ccm_record {
	__u16 size;
	__u16 type;
	__u32 node;
	__u64 seq;
	__u64 time_ns;
	__u8  state;
	__u8  reason;
	__u8  stage;
	__u8  transport;
	__u16 version;
	__u16 port;
	__u32 flags;
	__u32 detect_ms;
	__u64 incarnation;
	__u64 sessions;
	__u64 attempts;
	__u64 rejected;
	__u64 counter;
	__u64 reads;
	__u64 silent_us;
	__s32 error;
	__u16 family;
	__u16 ports;
	__u8  address[16];
	char  name[CCM_HOST_NAME_LEN];
	char  cluster[CCM_CLUSTER_NAME_LEN];
	__u64 region;
	__u64 region_partner;
	char  client[CCM_CLIENT_NAME_LEN];
	char  note[CCM_CLIENT_NOTE_LEN];
};

/**
 * struct ccm_info - answer of CCM_IOC_INFO
 * @uapi_version: CCM_UAPI_VERSION of the module; a tool that knows another one must
 *	not read records
 * @record_size: sizeof(struct ccm_record) of the module
 * @version_min: lowest protocol version the module speaks
 * @version_max: highest protocol version the module speaks
 * @node: this node's id, 0 if not configured
 * @partners: configured partners
 * @incarnation: this node's incarnation
 */
struct ccm_info {
	__u32 uapi_version;
	__u32 record_size;
	__u16 version_min;
	__u16 version_max;
	__u32 node;
	__u32 partners;
	__u32 reserved;
	__u64 incarnation;
};

/**
 * struct ccm_peek - argument and answer of CCM_IOC_PEEK
 * @node: in: the partner's id
 * @timeout_ms: in: 1 to 10000; how long to wait for the read
 * @incarnation: out: as the status page says
 * @counter: out: liveness counter
 * @uptime_ms: out: milliseconds that the partner's kernel has run
 * @page_flags: out: CCM_PAGE_* of the status page
 * @stage: out: enum ccm_stage
 * @tick_ms: out: the counter moves at least this often
 * @read_us: out: microseconds the RDMA READ took
 */
struct ccm_peek {
	__u32 node;
	__u32 timeout_ms;
	__u64 incarnation;
	__u64 counter;
	__u64 uptime_ms;
	__u32 page_flags;
	__u32 stage;
	__u32 tick_ms;
	__u32 read_us;
};

/* Flags on the status page: struct ccm_peek.page_flags */
#define CCM_PAGE_PANIC		(1U << 0)	/* the kernel has panicked */
#define CCM_PAGE_SHUTDOWN	(1U << 1)	/* the kernel shuts down or reboots, now */
#define CCM_PAGE_LEAVING	(1U << 2)	/* ... is about to, and still writes */

#define CCM_IOC_MAGIC		0xCC

/* What the module is. Any open file. */
#define CCM_IOC_INFO		_IOR(CCM_IOC_MAGIC, 0x00, struct ccm_info)
/*
 * Set this node's boot stage (enum ccm_stage, CCM_STAGE_KERNEL..CCM_STAGE_STOPPING).
 * The stage may also be set back, for a storage OS that is stopped and started; stopping
 * is taken back by any other. EPERM without CAP_SYS_ADMIN, EINVAL for a stage out of range,
 * ESHUTDOWN when the node is going down or is a crash kernel, EBUSY when a program holds a
 * higher stage.
 */
#define CCM_IOC_SET_STAGE	_IOW(CCM_IOC_MAGIC, 0x01, __u32)
/*
 * RDMA-read the partner's status page now. ENOENT: no such partner; ENOTCONN: no
 * session whose status page can be read; ETIMEDOUT; EINVAL: timeout out of range;
 * EPERM without CAP_SYS_ADMIN.
 */
#define CCM_IOC_PEEK		_IOWR(CCM_IOC_MAGIC, 0x02, struct ccm_peek)
/*
 * Hold a boot stage (CCM_STAGE_KERNEL..CCM_STAGE_RUNNING) as long as this file is open,
 * which is until the last process that has it has closed it or is gone, by whatever end.
 * The highest of what is set and what is held is the node's stage. A file holds one
 * stage: another one takes its place, CCM_STAGE_UNKNOWN lets go. EPERM without
 * CAP_SYS_ADMIN, EINVAL for a stage out of range, ESHUTDOWN when the node is going down or is
 * a crash kernel.
 */
#define CCM_IOC_HOLD_STAGE	_IOW(CCM_IOC_MAGIC, 0x03, __u32)

#endif /* _UAPI_LINUX_CCM_H */
