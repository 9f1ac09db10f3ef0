/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks, atomics, waiting, time, timers, work queues, notifiers */
#ifndef KSTUB_SYNC_H
#define KSTUB_SYNC_H

#include <kstub/base.h>

typedef struct spinlock {
	int raw;
} spinlock_t;
struct mutex {
	int owner;
};
typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
} wait_queue_head_t;
struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define DEFINE_SPINLOCK(name) spinlock_t name
#define DEFINE_MUTEX(name) struct mutex name
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define DECLARE_COMPLETION_ONSTACK(name) struct completion name

extern "C" {
void spin_lock_init(spinlock_t *lock);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void spin_lock_bh(spinlock_t *lock);
void spin_unlock_bh(spinlock_t *lock);
void spin_lock_irq(spinlock_t *lock);
void spin_unlock_irq(spinlock_t *lock);
int spin_trylock(spinlock_t *lock);
unsigned long kstub_spin_lock_irqsave(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
void mutex_init(struct mutex *lock);
void mutex_destroy(struct mutex *lock);
void mutex_lock(struct mutex *lock);
void mutex_lock_nested(struct mutex *lock, unsigned int subclass);
int mutex_lock_interruptible(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void lockdep_assert_held(const void *lock);
void lockdep_assert(bool condition);
int lockdep_is_held(const void *lock);
void might_sleep(void);
void smp_mb(void);
void smp_rmb(void);
void smp_wmb(void);
void smp_mb__before_atomic(void);
void smp_mb__after_atomic(void);
void cpu_relax(void);
void local_irq_disable(void);
void local_irq_enable(void);
void preempt_disable(void);
void preempt_enable(void);
int cond_resched(void);
void schedule(void);

int atomic_read(const atomic_t *v);
int atomic_read_acquire(const atomic_t *v);
void atomic_set(atomic_t *v, int i);
void atomic_set_release(atomic_t *v, int i);
void atomic_inc(atomic_t *v);
int atomic_inc_return(atomic_t *v);
void atomic_dec(atomic_t *v);
int atomic_dec_return(atomic_t *v);
void atomic_add(int i, atomic_t *v);
void atomic_sub(int i, atomic_t *v);
int atomic_cmpxchg(atomic_t *v, int old, int new_value);
bool atomic_dec_and_test(atomic_t *v);
s64 atomic64_read(const atomic64_t *v);
void atomic64_set(atomic64_t *v, s64 i);
void atomic64_inc(atomic64_t *v);
void atomic64_add(s64 i, atomic64_t *v);
s64 atomic64_inc_return(atomic64_t *v);

void set_bit(long nr, volatile unsigned long *addr);
void clear_bit(long nr, volatile unsigned long *addr);
bool test_bit(long nr, const volatile unsigned long *addr);
bool test_and_set_bit(long nr, volatile unsigned long *addr);
bool test_and_clear_bit(long nr, volatile unsigned long *addr);
unsigned long find_first_bit(const unsigned long *addr, unsigned long size);
unsigned long find_first_zero_bit(const unsigned long *addr, unsigned long size);

struct wait_queue_entry;
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry, unsigned int mode, int flags,
				 void *key);
struct wait_queue_entry {
	unsigned int flags;
	void *private_data;
	wait_queue_func_t func;
};
void init_waitqueue_head(wait_queue_head_t *wq);
void init_waitqueue_func_entry(struct wait_queue_entry *entry, wait_queue_func_t func);
void add_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry);
void remove_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry);
void wake_up(wait_queue_head_t *wq);
void wake_up_all(wait_queue_head_t *wq);
void wake_up_interruptible(wait_queue_head_t *wq);
void wake_up_interruptible_all(wait_queue_head_t *wq);
bool wq_has_sleeper(wait_queue_head_t *wq);
void kstub_wait(wait_queue_head_t *wq);
void kstub_wait_var(void *var);
void wake_up_var(void *var);
void init_completion(struct completion *x);
void reinit_completion(struct completion *x);
void complete(struct completion *x);
void complete_all(struct completion *x);
bool completion_done(struct completion *x);
void wait_for_completion(struct completion *x);
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout);
}

/* smp_store_release() and smp_load_acquire() */
#define smp_store_release(p, v) (*(p) = (v))
#define smp_load_acquire(p) (*(p))
#define xchg(ptr, v) ({ __typeof__(*(ptr)) kstub_old = *(ptr); *(ptr) = (v); kstub_old; })
#define cmpxchg(ptr, old, val) \
	({ __typeof__(*(ptr)) kstub_old = *(ptr); if (kstub_old == (old)) *(ptr) = (val); kstub_old; })
#define spin_lock_irqsave(lock, flags) ((flags) = kstub_spin_lock_irqsave(lock))
#define wait_event(wq, condition) ({ kstub_wait(&(wq)); (void)(condition); })
#define wait_event_interruptible(wq, condition) \
	({ kstub_wait(&(wq)); (condition) ? 0 : -ERESTARTSYS; })
#define wait_event_timeout(wq, condition, timeout) \
	({ kstub_wait(&(wq)); (condition) ? (long)(timeout) : 0L; })
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	({ kstub_wait(&(wq)); (condition) ? (long)(timeout) : 0L; })
#define wait_var_event(var, condition) ({ kstub_wait_var(var); (void)(condition); })

/* time */
#define HZ 250
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_MSEC 1000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L
#define CLOCK_MONOTONIC 1
extern "C" {
extern unsigned long volatile jiffies;
unsigned long msecs_to_jiffies(const unsigned int m);
unsigned int jiffies_to_msecs(const unsigned long j);
unsigned long usecs_to_jiffies(const unsigned int u);
u64 ktime_get_ns(void);
u64 ktime_get_boottime_ns(void);
u64 ktime_get_real_ns(void);
ktime_t ktime_get(void);
s64 ktime_us_delta(ktime_t later, ktime_t earlier);
ktime_t ns_to_ktime(u64 ns);
ktime_t ms_to_ktime(u64 ms);
ktime_t us_to_ktime(u64 us);
s64 ktime_to_ns(const ktime_t kt);
void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
void usleep_range(unsigned long min_us, unsigned long max_us);
void udelay(unsigned long usecs);
void mdelay(unsigned long msecs);
}
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)

struct hrtimer;
enum hrtimer_mode {
	HRTIMER_MODE_ABS = 0,
	HRTIMER_MODE_REL = 1,
	HRTIMER_MODE_PINNED = 2,
	HRTIMER_MODE_SOFT = 4,
	HRTIMER_MODE_HARD = 8,
	HRTIMER_MODE_ABS_SOFT = 4,
	HRTIMER_MODE_REL_SOFT = 5,
	HRTIMER_MODE_REL_HARD = 9,
};
enum hrtimer_restart {
	HRTIMER_NORESTART,
	HRTIMER_RESTART,
};
struct hrtimer {
	ktime_t _softexpires;
	enum hrtimer_restart (*function)(struct hrtimer *);
	void *base;
};
extern "C" {
void hrtimer_init(struct hrtimer *timer, clockid_t which_clock, enum hrtimer_mode mode);
void hrtimer_start(struct hrtimer *timer, ktime_t tim, const enum hrtimer_mode mode);
int hrtimer_cancel(struct hrtimer *timer);
int hrtimer_try_to_cancel(struct hrtimer *timer);
u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval);
bool hrtimer_active(const struct hrtimer *timer);
}

/* work queues */
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
struct work_struct {
	unsigned long data;
	struct list_head entry;
	work_func_t func;
};
struct timer_list {
	unsigned long expires;
	void (*function)(struct timer_list *);
	u32 flags;
};
bool timer_pending(const struct timer_list *timer);
int mod_timer(struct timer_list *timer, unsigned long expires);
int del_timer_sync(struct timer_list *timer);
void timer_setup(struct timer_list *timer, void (*callback)(struct timer_list *),
		 unsigned int flags);

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
	int cpu;
};
enum {
	WQ_UNBOUND = 1 << 1,
	WQ_UNBOUND_MAX_ACTIVE = 512,
	WQ_FREEZABLE = 1 << 2,
	WQ_MEM_RECLAIM = 1 << 3,
	WQ_HIGHPRI = 1 << 4,
	WQ_CPU_INTENSIVE = 1 << 5,
	WQ_SYSFS = 1 << 6,
};
extern "C" {
extern struct workqueue_struct *system_wq;
extern struct workqueue_struct *system_highpri_wq;
extern struct workqueue_struct *system_unbound_wq;
void kstub_init_work(struct work_struct *work, work_func_t func);
void kstub_init_delayed_work(struct delayed_work *work, work_func_t func);
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...);
void destroy_workqueue(struct workqueue_struct *wq);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
			unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
		      unsigned long delay);
bool schedule_work(struct work_struct *work);
bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay);
void flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
bool flush_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool flush_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
struct delayed_work *to_delayed_work(struct work_struct *work);
bool work_pending(struct work_struct *work);
bool delayed_work_pending(struct delayed_work *dwork);
}
#define INIT_WORK(work, func) kstub_init_work(work, func)
#define INIT_WORK_ONSTACK(work, func) kstub_init_work(work, func)
void destroy_work_on_stack(struct work_struct *work);
#define INIT_DELAYED_WORK(work, func) kstub_init_delayed_work(work, func)
#define alloc_ordered_workqueue(fmt, flags, ...) \
	alloc_workqueue(fmt, WQ_UNBOUND | (flags), 1, ##__VA_ARGS__)

/* ratelimit */
struct ratelimit_state {
	int interval;
	int burst;
};
#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init) \
	struct ratelimit_state name = { interval_init, burst_init }
#define RATELIMIT_MSG_ON_RELEASE (1UL << 0)
extern "C" {
int __ratelimit(struct ratelimit_state *rs);
void ratelimit_state_init(struct ratelimit_state *rs, int interval, int burst);
void ratelimit_set_flags(struct ratelimit_state *rs, unsigned long flags);
}

/* RCU */
void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);
#define rcu_dereference_protected(p, c) ((void)(c), (p))
#define rcu_dereference(p) (p)
#define rcu_assign_pointer(p, v) ((p) = (v))
#define RCU_INIT_POINTER(p, v) ((p) = (v))
struct rcu_head {
	void *next;
};
void kstub_kfree_rcu(void *p, struct rcu_head *head);
#define kfree_rcu(p, member) kstub_kfree_rcu(p, &(p)->member)

/* notifiers */
struct notifier_block;
typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action, void *data);
struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;
};
struct atomic_notifier_head {
	spinlock_t lock;
	struct notifier_block *head;
};
struct raw_notifier_head {
	struct notifier_block *head;
};
#define RAW_NOTIFIER_HEAD(name) struct raw_notifier_head name
#define NOTIFY_DONE 0x0000
#define NOTIFY_OK 0x0001
#define NOTIFY_BAD 0x8002
extern "C" {
extern struct atomic_notifier_head panic_notifier_list;
int atomic_notifier_chain_register(struct atomic_notifier_head *nh,
				   struct notifier_block *nb);
int atomic_notifier_chain_unregister(struct atomic_notifier_head *nh,
				     struct notifier_block *nb);
int raw_notifier_chain_register(struct raw_notifier_head *nh, struct notifier_block *nb);
int raw_notifier_chain_unregister(struct raw_notifier_head *nh, struct notifier_block *nb);
int register_reboot_notifier(struct notifier_block *nb);
int unregister_reboot_notifier(struct notifier_block *nb);
}

/* programs in user space */
#define UMH_NO_WAIT 0
#define UMH_WAIT_EXEC 1
#define UMH_WAIT_PROC 2
extern "C" int call_usermodehelper(const char *path, char **argv, char **envp, int wait);

/* threads and processors */
struct fs_struct;
struct task_struct {
	struct fs_struct *fs;
};
extern struct task_struct *const current;
struct cpumask;
extern const struct cpumask *const cpu_online_mask;
#define for_each_online_cpu(cpu) for ((cpu) = 0; (cpu) < num_online_cpus(); (cpu)++)
#define for_each_possible_cpu(cpu) for_each_online_cpu(cpu)
extern "C" {
unsigned int num_online_cpus(void);
unsigned int num_possible_cpus(void);
unsigned int smp_processor_id(void);
unsigned int get_cpu(void);
void put_cpu(void);
void cpus_read_lock(void);
void cpus_read_unlock(void);
void local_bh_disable(void);
void local_bh_enable(void);
struct task_struct *kthread_create(int (*threadfn)(void *data), void *data,
				   const char *namefmt, ...);
struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data,
					  unsigned int cpu, const char *namefmt);
void kthread_bind(struct task_struct *k, unsigned int cpu);
int wake_up_process(struct task_struct *tsk);
int signal_pending(struct task_struct *p);
void sched_set_fifo(struct task_struct *p);
void sched_set_fifo_low(struct task_struct *p);
struct task_struct *kthread_run(int (*threadfn)(void *data), void *data,
				const char *namefmt, ...);
int kthread_stop(struct task_struct *k);
bool kthread_should_stop(void);
}

/* tasklets, per-CPU variables */
struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;
	atomic_t count;
	bool use_callback;
	union {
		void (*func)(unsigned long data);
		void (*callback)(struct tasklet_struct *t);
	};
	unsigned long data;
};
#define DECLARE_TASKLET(name, cb) \
	struct tasklet_struct name = { .count = ATOMIC_INIT(0), .callback = cb }
extern "C" {
void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *));
void tasklet_schedule(struct tasklet_struct *t);
void tasklet_kill(struct tasklet_struct *t);
void *kstub_alloc_percpu(size_t size);
void free_percpu(void *ptr);
unsigned long kstub_flags(void);
void local_irq_restore(unsigned long flags);
}
#define local_save_flags(flags) ((flags) = kstub_flags())
#define local_irq_save(flags) ((flags) = kstub_flags())
#define DEFINE_PER_CPU(type, name) __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define __percpu
#define alloc_percpu(type) ((__typeof__(type) *)kstub_alloc_percpu(sizeof(type)))
#define per_cpu(var, cpu) (*((void)(cpu), &(var)))
#define per_cpu_ptr(ptr, cpu) ((void)(cpu), (ptr))
#define this_cpu_ptr(ptr) (ptr)
#define this_cpu_inc(var) ((void)(var)++)

/* An array by index */
struct xarray {
	void *xa_head;
};
#define XA_PRESENT 8U
extern "C" {
void xa_init(struct xarray *xa);
void xa_destroy(struct xarray *xa);
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_erase(struct xarray *xa, unsigned long index);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter);
}

#endif /* KSTUB_SYNC_H */
