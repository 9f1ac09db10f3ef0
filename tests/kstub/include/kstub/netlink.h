/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink and generic netlink */
#ifndef KSTUB_NETLINK_H
#define KSTUB_NETLINK_H

#include <kstub/base.h>
#include <kstub/net.h>
#include <kstub/uid.h>

struct nlmsghdr {
	__u32 nlmsg_len;
	__u16 nlmsg_type;
	__u16 nlmsg_flags;
	__u32 nlmsg_seq;
	__u32 nlmsg_pid;
};
struct nlattr {
	__u16 nla_len;
	__u16 nla_type;
};
struct genlmsghdr {
	__u8 cmd;
	__u8 version;
	__u16 reserved;
};
#define NLM_F_MULTI 0x02
#define GENL_ADMIN_PERM 0x01
#define GENL_NAMSIZ 16

struct netlink_ext_ack {
	const char *_msg;
	const struct nlattr *bad_attr;
};
#define NL_SET_ERR_MSG(extack, msg) do {			\
	struct netlink_ext_ack *__extack = (extack);		\
	if (__extack)						\
		__extack->_msg = "" msg "";			\
} while (0)
#define NL_SET_BAD_ATTR(extack, attr) do {			\
	if ((extack))						\
		(extack)->bad_attr = (attr);			\
} while (0)
#define NL_SET_ERR_MSG_ATTR(extack, attr, msg) do {		\
	NL_SET_BAD_ATTR(extack, attr);				\
	NL_SET_ERR_MSG(extack, msg);				\
} while (0)

enum {
	NLA_UNSPEC,
	NLA_U8,
	NLA_U16,
	NLA_U32,
	NLA_U64,
	NLA_STRING,
	NLA_FLAG,
	NLA_MSECS,
	NLA_NESTED,
	NLA_NESTED_ARRAY,
	NLA_NUL_STRING,
	NLA_BINARY,
};
enum nla_policy_validation {
	NLA_VALIDATE_NONE,
	NLA_VALIDATE_RANGE,
	NLA_VALIDATE_RANGE_WARN_TOO_LONG,
	NLA_VALIDATE_MIN,
	NLA_VALIDATE_MAX,
	NLA_VALIDATE_MASK,
	NLA_VALIDATE_RANGE_PTR,
};
struct netlink_range_validation {
	u64 min, max;
};
struct nla_policy {
	u8 type;
	u8 validation_type;
	u16 len;
	union {
		const struct nla_policy *nested_policy;
		struct netlink_range_validation *range;
		struct {
			s16 min, max;
		};
	};
};
#define NLA_POLICY_NESTED(policy)				\
	{ .type = NLA_NESTED, .len = ARRAY_SIZE(policy) - 1, .nested_policy = policy }
#define NLA_POLICY_FULL_RANGE(tp, _range)			\
	{ .type = tp, .validation_type = NLA_VALIDATE_RANGE_PTR, .range = _range }
#define NLA_POLICY_EXACT_LEN(_len)				\
	{ .type = NLA_BINARY, .validation_type = NLA_VALIDATE_RANGE, .len = _len }

int nla_type(const struct nlattr *nla);
bool nla_ok(const struct nlattr *nla, int remaining);
struct nlattr *nla_next(const struct nlattr *nla, int *remaining);
#define nla_for_each_attr(pos, head, len, rem)			\
	for (pos = head, rem = len; nla_ok(pos, rem); pos = nla_next(pos, &(rem)))
u32 nla_get_u32(const struct nlattr *nla);
__be32 nla_get_in_addr(const struct nlattr *nla);
struct in6_addr nla_get_in6_addr(const struct nlattr *nla);
ssize_t nla_strscpy(char *dst, const struct nlattr *nla, size_t dstsize);
int nla_parse_nested(struct nlattr *tb[], int maxtype, const struct nlattr *nla,
		     const struct nla_policy *policy, struct netlink_ext_ack *extack);
int nla_put_u16(struct sk_buff *skb, int attrtype, u16 value);
int nla_put_u32(struct sk_buff *skb, int attrtype, u32 value);
int nla_put_s32(struct sk_buff *skb, int attrtype, s32 value);
int nla_put_u64_64bit(struct sk_buff *skb, int attrtype, u64 value, int padattr);
int nla_put_string(struct sk_buff *skb, int attrtype, const char *str);
int nla_put_flag(struct sk_buff *skb, int attrtype);
int nla_put_in_addr(struct sk_buff *skb, int attrtype, __be32 addr);
int nla_put_in6_addr(struct sk_buff *skb, int attrtype, const struct in6_addr *addr);
struct nlattr *nla_nest_start(struct sk_buff *skb, int attrtype);
int nla_nest_end(struct sk_buff *skb, struct nlattr *start);
void nlmsg_free(struct sk_buff *skb);

struct scm_creds {
	u32 pid;
	kuid_t uid;
	kgid_t gid;
};
struct netlink_skb_parms {
	struct scm_creds creds;
	__u32 portid;
};
struct netlink_skb_parms &kstub_netlink_cb(struct sk_buff *skb);
#define NETLINK_CB(skb) kstub_netlink_cb(skb)
#define NETLINK_CREDS(skb) (&NETLINK_CB((skb)).creds)
struct netlink_callback {
	struct sk_buff *skb;
	const struct nlmsghdr *nlh;
	void *data;
	struct module *module;
	struct netlink_ext_ack *extack;
	u16 family;
	u16 answer_flags;
	u32 min_dump_alloc;
	unsigned int prev_seq, seq;
	int flags;
	union {
		u8 ctx[48];
		long args[6];
	};
};

struct genl_info {
	u32 snd_seq;
	u32 snd_portid;
	struct nlmsghdr *nlhdr;
	struct genlmsghdr *genlhdr;
	void *userhdr;
	struct nlattr **attrs;
	struct netlink_ext_ack *extack;
};
#define GENL_SET_ERR_MSG(info, msg) NL_SET_ERR_MSG((info)->extack, msg)
bool kstub_genl_req_attr_check(struct genl_info *info, int attr);
#define GENL_REQ_ATTR_CHECK(info, attr) kstub_genl_req_attr_check(info, attr)

struct genl_ops {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*start)(struct netlink_callback *cb);
	int (*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	int (*done)(struct netlink_callback *cb);
	const struct nla_policy *policy;
	unsigned int maxattr;
	u8 cmd;
	u8 internal_flags;
	u8 flags;
	u8 validate;
};
struct genl_multicast_group {
	char name[GENL_NAMSIZ];
	u8 flags;
};
struct genl_family {
	int id;
	unsigned int hdrsize;
	char name[GENL_NAMSIZ];
	unsigned int version;
	unsigned int maxattr;
	unsigned int mcgrp_offset;
	u8 netnsok : 1;
	u8 parallel_ops : 1;
	u8 n_ops;
	u8 n_small_ops;
	u8 n_mcgrps;
	u8 resv_start_op;
	const struct nla_policy *policy;
	const struct genl_ops *ops;
	const struct genl_multicast_group *mcgrps;
	struct module *module;
};
#define GENLMSG_DEFAULT_SIZE 4096UL
int genl_register_family(struct genl_family *family);
int genl_unregister_family(const struct genl_family *family);
void *genlmsg_put(struct sk_buff *skb, u32 portid, u32 seq, const struct genl_family *family,
		  int flags, u8 cmd);
void *genlmsg_put_reply(struct sk_buff *skb, struct genl_info *info,
			const struct genl_family *family, int flags, u8 cmd);
void genl_dump_check_consistent(struct netlink_callback *cb, void *user_hdr);
void genlmsg_cancel(struct sk_buff *skb, void *hdr);
void genlmsg_end(struct sk_buff *skb, void *hdr);
int genlmsg_reply(struct sk_buff *skb, struct genl_info *info);
int genlmsg_multicast(const struct genl_family *family, struct sk_buff *skb, u32 portid,
		      unsigned int group, gfp_t flags);
int genl_has_listeners(const struct genl_family *family, struct net *net, unsigned int group);
int genl_set_err(const struct genl_family *family, struct net *net, u32 portid, u32 group,
		 int code);
void *genlmsg_data(const struct genlmsghdr *gnlh);
int genlmsg_len(const struct genlmsghdr *gnlh);
struct sk_buff *genlmsg_new(size_t payload, gfp_t flags);

#endif /* KSTUB_NETLINK_H */
