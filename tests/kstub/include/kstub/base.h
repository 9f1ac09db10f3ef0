/* SPDX-License-Identifier: GPL-2.0-only */
/* Types, memory, strings, lists, logs, parameters: declarations for parsing as C++ */
#ifndef KSTUB_BASE_H
#define KSTUB_BASE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef unsigned long uintptr_t;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u16 __be16;
typedef u32 __be32;
typedef u16 __sum16;
typedef u32 __wsum;
typedef u64 __be64;
typedef u8 uint8_t;
typedef u16 uint16_t;
typedef u32 uint32_t;
typedef u64 uint64_t;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned long size_t;
typedef long ssize_t;
typedef long long loff_t;
typedef unsigned short umode_t;
typedef unsigned int gfp_t;
typedef unsigned int __poll_t;
typedef unsigned int fmode_t;
typedef u64 dma_addr_t;
typedef s64 ktime_t;
typedef int clockid_t;
typedef int pid_t;

#define NULL __null

#define __user
#define __rcu
#define __iomem
#define __force
#define __init
#define __ro_after_init
#define __exit
#define __initdata
#define __read_mostly
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
#define __printf(a, b)
#define __must_hold(lock)
#define noinline __attribute__((noinline))
#define fallthrough [[fallthrough]]

#define likely(x) (!!(x))
#define unlikely(x) (!!(x))
#define barrier() __asm__ volatile("" : : : "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define offsetof(type, member) __builtin_offsetof(type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define BUILD_BUG_ON(condition) static_assert(!(condition))
#define container_of(ptr, type, member) ({					\
	const __typeof__(((type *)0)->member) *kstub_ptr = (ptr);		\
	(type *)((char *)(void *)kstub_ptr - offsetof(type, member)); })
#define min(x, y) ({ __typeof__(x) kstub_x = (x); __typeof__(y) kstub_y = (y);	\
	(void)(&kstub_x == &kstub_y); kstub_x < kstub_y ? kstub_x : kstub_y; })
#define max(x, y) ({ __typeof__(x) kstub_x = (x); __typeof__(y) kstub_y = (y);	\
	(void)(&kstub_x == &kstub_y); kstub_x > kstub_y ? kstub_x : kstub_y; })
#define swap(a, b) do { auto kstub_t = (a); (a) = (b); (b) = kstub_t; } while (0)
#define min_t(type, x, y) ((type)(x) < (type)(y) ? (type)(x) : (type)(y))
#define max_t(type, x, y) ((type)(x) > (type)(y) ? (type)(x) : (type)(y))
#define clamp(val, lo, hi) min((__typeof__(val))max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) (((unsigned long long)(n) + (d) - 1) / (d))
#define round_down(x, y) ((x) & ~((__typeof__(x))((y) - 1)))
#define round_up(x, y) ((((x) - 1) | ((__typeof__(x))((y) - 1))) + 1)
#define struct_size(p, member, count) \
	(sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(count))
#define IS_ENABLED(option) 1
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define INT_MAX 0x7fffffff
#define INT_MIN (-INT_MAX - 1)
#define U16_MAX ((u16)~0U)
#define U32_MAX ((u32)~0U)
#define U64_MAX ((u64)~0ULL)
#define BITS_PER_LONG 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

extern "C" {

/* bytes and arithmetic */
__le16 cpu_to_le16(u16 x);
__le32 cpu_to_le32(u32 x);
__le64 cpu_to_le64(u64 x);
u16 le16_to_cpu(__le16 x);
u32 le32_to_cpu(__le32 x);
u64 le64_to_cpu(__le64 x);
u16 le16_to_cpup(const __le16 *p);
u32 le32_to_cpup(const __le32 *p);
u64 le64_to_cpup(const __le64 *p);
__be16 cpu_to_be16(u16 x);
__be32 cpu_to_be32(u32 x);
__be64 cpu_to_be64(u64 x);
u16 be16_to_cpu(__be16 x);
u32 be32_to_cpu(__be32 x);
u64 be64_to_cpu(__be64 x);
__be16 htons(u16 x);
__be32 htonl(u32 x);
u16 ntohs(__be16 x);
u32 ntohl(__be32 x);
u64 div_u64(u64 dividend, u32 divisor);
u64 div64_u64(u64 dividend, u64 divisor);
u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder);
u16 get_unaligned_le16(const void *p);
u32 get_unaligned_le32(const void *p);
u64 get_unaligned_le64(const void *p);
void put_unaligned_le16(u16 val, void *p);
void put_unaligned_le32(u32 val, void *p);
void put_unaligned_le64(u64 val, void *p);
u32 get_random_u32(void);
void memzero_explicit(void *s, size_t count);
u64 get_random_u64(void);
void get_random_bytes(void *buf, size_t len);

/* variable arguments */
typedef __builtin_va_list va_list;
#define va_start(ap, last) __builtin_va_start(ap, last)
#define va_arg(ap, type) __builtin_va_arg(ap, type)
#define va_copy(dest, src) __builtin_va_copy(dest, src)
#define va_end(ap) __builtin_va_end(ap)
int vprintk(const char *fmt, va_list args);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args);

/* strings */
void *memcpy(void *dest, const void *src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
void *memset(void *s, int c, size_t n);
void *memset64(uint64_t *s, uint64_t v, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr_inv(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s1, const char *s2);
size_t strcspn(const char *s, const char *reject);
char *strsep(char **s, const char *ct);
char *strim(char *s);
ssize_t strscpy(char *dest, const char *src, size_t n);
int snprintf(char *buf, size_t size, const char *fmt, ...);
int scnprintf(char *buf, size_t size, const char *fmt, ...);
char *bin2hex(char *dst, const void *src, size_t count);
int hex2bin(u8 *dst, const char *src, size_t count);
int kstrtou64(const char *s, unsigned int base, u64 *res);
int kstrtou8(const char *s, unsigned int base, u8 *res);
int kstrtobool(const char *s, bool *res);
int kstrtou32(const char *s, unsigned int base, u32 *res);
int kstrtou16(const char *s, unsigned int base, u16 *res);
int kstrtouint(const char *s, unsigned int base, unsigned int *res);
int kstrtoint(const char *s, unsigned int base, int *res);
unsigned long long memparse(const char *ptr, char **retptr);

/* memory */
#define GFP_KERNEL ((gfp_t)0xcc0)
#define GFP_ATOMIC ((gfp_t)0xa20)
#define GFP_NOIO ((gfp_t)0xc00)
#define GFP_KERNEL_ACCOUNT ((gfp_t)0x400cc0)
#define __GFP_ZERO ((gfp_t)0x100)
#define __GFP_NOWARN ((gfp_t)0x2000)
#define __GFP_RETRY_MAYFAIL ((gfp_t)0x4000)
void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kcalloc(size_t n, size_t size, gfp_t flags);
void *kmemdup(const void *src, size_t len, gfp_t flags);
char *kstrdup(const char *s, gfp_t flags);
char *kasprintf(gfp_t flags, const char *fmt, ...);
void kfree(const void *p);
void kfree_sensitive(const void *p);
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void kvfree(const void *p);
unsigned long get_zeroed_page(gfp_t flags);
unsigned long __get_free_page(gfp_t flags);
void free_page(unsigned long addr);
unsigned long __get_free_pages(gfp_t flags, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
int get_order(unsigned long size);
unsigned int memalloc_noio_save(void);
void memalloc_noio_restore(unsigned int flags);
struct page;
struct page *virt_to_page(const void *addr);
bool virt_addr_valid(const void *addr);
void *alloc_pages_exact(size_t size, gfp_t gfp_mask);
void free_pages_exact(void *virt, size_t size);
void kmemleak_not_leak(const void *ptr);
#define SZ_2M 0x00200000
void *__vmalloc(unsigned long size, gfp_t gfp_mask);
void *vzalloc(unsigned long size);
void vfree(const void *addr);
bool is_vmalloc_addr(const void *x);
struct page *vmalloc_to_page(const void *addr);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
void *memdup_user(const void __user *src, size_t len);
void *memdup_user_nul(const void __user *src, size_t len);
#define put_user(x, ptr) ({ *(ptr) = (x); 0; })
#define get_user(x, ptr) ({ (x) = *(ptr); 0; })

/* errors */
#define MAX_ERRNO 4095
void *ERR_PTR(long error);
long PTR_ERR(const void *ptr);
bool IS_ERR(const void *ptr);
bool IS_ERR_OR_NULL(const void *ptr);
int PTR_ERR_OR_ZERO(const void *ptr);
void *ERR_CAST(const void *ptr);

/* logs */
int printk(const char *fmt, ...);
void dump_stack(void);
[[noreturn]] void panic(const char *fmt, ...);
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define pr_emerg(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited pr_err
#define pr_warn_ratelimited pr_warn
#define pr_info_ratelimited pr_info
#define pr_err_once pr_err
#define pr_warn_once pr_warn
#define pr_info_once pr_info
#define WARN(condition, fmt, ...) \
	({ bool kstub_on = !!(condition); printk(fmt, ##__VA_ARGS__); kstub_on; })
#define WARN_ON(condition) ({ bool kstub_on = !!(condition); kstub_on; })
#define WARN_ONCE WARN
#define WARN_ON_ONCE WARN_ON

} /* extern "C" */

/* errno */
enum {
	EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, EAGAIN = 11,
	ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19,
	EINVAL = 22, ENFILE = 23, ENOTTY = 25, ENOSPC = 28, EPIPE = 32, ERANGE = 34,
	ENOSYS = 38, ENODATA = 61, EPROTO = 71, EBADMSG = 74, EOVERFLOW = 75,
	EMSGSIZE = 90, EPROTONOSUPPORT = 93, EOPNOTSUPP = 95, EAFNOSUPPORT = 97,
	EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101,
	ECONNABORTED = 103, ECONNRESET = 104, ENOBUFS = 105, EISCONN = 106,
	ENOTCONN = 107, ESHUTDOWN = 108, ETIMEDOUT = 110, ECONNREFUSED = 111,
	EHOSTDOWN = 112, EHOSTUNREACH = 113, EALREADY = 114, EINPROGRESS = 115,
	ESTALE = 116, EDQUOT = 122, ECANCELED = 125, ENOKEY = 126, ENOTRECOVERABLE = 131,
	ERESTARTSYS = 512,
};

/* lists */
struct list_head {
	struct list_head *next, *prev;
};
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
extern "C" {
void INIT_LIST_HEAD(struct list_head *list);
void list_add(struct list_head *entry, struct list_head *head);
void list_add_tail(struct list_head *entry, struct list_head *head);
void list_add_tail_rcu(struct list_head *entry, struct list_head *head);
void list_del(struct list_head *entry);
void list_del_rcu(struct list_head *entry);
void list_del_init(struct list_head *entry);
void list_move(struct list_head *list, struct list_head *head);
void list_move_tail(struct list_head *list, struct list_head *head);
int list_empty(const struct list_head *head);
int list_is_singular(const struct list_head *head);
void list_splice(const struct list_head *list, struct list_head *head);
void list_splice_init(struct list_head *list, struct list_head *head);
void list_splice_tail_init(struct list_head *list, struct list_head *head);
}
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) list_entry((ptr)->next, type, member)
#define list_last_entry(ptr, type, member) list_entry((ptr)->prev, type, member)
#define list_first_entry_or_null(ptr, type, member) \
	(list_empty(ptr) ? NULL : list_first_entry(ptr, type, member))
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&pos->member == (head))
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry(head, __typeof__(*pos), member);		\
	     !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))
#define list_for_each_entry_rcu(pos, head, member) list_for_each_entry(pos, head, member)
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member),		\
	     n = list_next_entry(pos, member);					\
	     !list_entry_is_head(pos, head, member);				\
	     pos = n, n = list_next_entry(n, member))

/* objects in sysfs, as far as uevents are sent of them */
struct kobject {
	const char *name;
};
enum kobject_action {
	KOBJ_ADD,
	KOBJ_REMOVE,
	KOBJ_CHANGE,
};
extern "C" int kobject_uevent(struct kobject *kobj, enum kobject_action action);

/* modules and their parameters */
struct module_kobject {
	struct kobject kobj;
	struct module *mod;
};
struct module {
	char name[56];
	const char *version;
	struct module_kobject mkobj;
};
struct kernel_param;
struct kernel_param_ops {
	unsigned int flags;
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);
	void (*free)(void *arg);
};
#define THIS_MODULE ((struct module *)0)
#define kstub_join2(a, b) a##b
#define kstub_join(a, b) kstub_join2(a, b)
#define kstub_unique(prefix) kstub_join(prefix, __COUNTER__)
#define module_init(fn) [[maybe_unused]] static int (*const kstub_init)(void) = fn
#define module_exit(fn) [[maybe_unused]] static void (*const kstub_exit)(void) = fn
#define MODULE_DESCRIPTION(text) static_assert(sizeof(text) > 1)
#define MODULE_AUTHOR(text) static_assert(sizeof(text) > 1)
#define MODULE_LICENSE(text) static_assert(sizeof(text) > 1)
#define MODULE_VERSION(text) static_assert(sizeof(text) > 1)
#define MODULE_SOFTDEP(text) static_assert(sizeof(text) > 1)
#define MODULE_ALIAS(text) static_assert(sizeof(text) > 1)
#define MODULE_IMPORT_NS(name) static_assert(sizeof(#name) > 1)
#define MODULE_PARM_DESC(name, text) static_assert(sizeof(#name) > 1 && sizeof(text) > 1)
typedef unsigned int kstub_param_uint;
typedef int kstub_param_int;
typedef unsigned short kstub_param_ushort;
typedef unsigned long kstub_param_ulong;
typedef unsigned long long kstub_param_ullong;
typedef char *kstub_param_charp;
typedef bool kstub_param_bool;
#define module_param_named(name, value, type, perm) \
	[[maybe_unused]] static kstub_param_##type *const kstub_param_of_##name = &value; \
	static_assert((perm) <= 0777)
#define module_param(name, type, perm) module_param_named(name, name, type, perm)
#define module_param_cb(name, ops, arg, perm) \
	[[maybe_unused]] static const struct kernel_param_ops *const kstub_ops_##name = ops; \
	[[maybe_unused]] static void *const kstub_arg_##name = arg; \
	static_assert((perm) <= 0777)
extern "C" {
extern const struct kernel_param_ops param_ops_uint;
int param_set_uint(const char *val, const struct kernel_param *kp);
int param_get_uint(char *buffer, const struct kernel_param *kp);
int param_set_int(const char *val, const struct kernel_param *kp);
int param_get_int(char *buffer, const struct kernel_param *kp);
int param_set_charp(const char *val, const struct kernel_param *kp);
int param_get_charp(char *buffer, const struct kernel_param *kp);
}
struct kernel_param {
	const char *name;
	struct module *mod;
	const struct kernel_param_ops *ops;
	const u16 perm;
	s8 level;
	u8 flags;
	void *arg;
};
#define EXPORT_SYMBOL(name) static_assert(sizeof(&name) > 0)
#define EXPORT_SYMBOL_GPL(name) static_assert(sizeof(&name) > 0)
extern "C" {
bool try_module_get(struct module *module);
void module_put(struct module *module);
void __module_get(struct module *module);
}

/* kref, as far as it is a counter with a release function */
typedef struct refcount_struct {
	int refs;
} refcount_t;
struct kref {
	refcount_t refcount;
};
extern "C" {
void kref_init(struct kref *kref);
void kref_get(struct kref *kref);
int kref_put(struct kref *kref, void (*release)(struct kref *kref));
void refcount_set(refcount_t *r, int n);
void refcount_inc(refcount_t *r);
bool refcount_inc_not_zero(refcount_t *r);
bool refcount_dec_and_test(refcount_t *r);
}

/* the machine */
struct new_utsname {
	char sysname[65];
	char nodename[65];
	char release[65];
	char version[65];
	char machine[65];
	char domainname[65];
};
extern "C" struct new_utsname *utsname(void);

#endif /* KSTUB_BASE_H */
