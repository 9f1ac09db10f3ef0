/* SPDX-License-Identifier: GPL-2.0-only */
/* KUnit: expectations are expressions of their arguments, cases are functions */
#ifndef KSTUB_KUNIT_TEST_H
#define KSTUB_KUNIT_TEST_H

#include <kstub/base.h>

#define KUNIT_PARAM_DESC_SIZE 128

struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	int param_index;
};
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};
struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

extern "C" {
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp);
void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp);
void kunit_kfree(struct kunit *test, const void *ptr);
void kstub_expect(struct kunit *test, bool condition);
void kstub_message(const char *fmt, ...);
}

#define KUNIT_CASE(test_name) { .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_PARAM(test_name, gen_params) \
	{ .run_case = test_name, .name = #test_name, .generate_params = gen_params }
#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		const __typeof__((array)[0]) *next =				\
			prev ? (const __typeof__((array)[0]) *)prev + 1 : (array); \
		if (next - (array) < (long)ARRAY_SIZE((array))) {		\
			void (*describe)(const __typeof__((array)[0]) *, char *) = get_desc; \
			if (describe)						\
				describe(next, desc);				\
			return next;						\
		}								\
		return NULL;							\
	}									\
	static_assert(sizeof(array) > 0)
#define kunit_test_suite(suite) \
	[[maybe_unused]] static struct kunit_suite *const kstub_suite_##suite = &suite
#define kunit_test_suites(...) \
	[[maybe_unused]] static struct kunit_suite *const kstub_suites[] = { __VA_ARGS__ }

#define kunit_info(test, fmt, ...) (kstub_expect(test, true), kstub_message(fmt, ##__VA_ARGS__))
#define kunit_err kunit_info
#define kunit_skip kunit_info
#define KUNIT_FAIL(test, fmt, ...) \
	(kstub_expect(test, false), kstub_message(fmt, ##__VA_ARGS__))
#define KUNIT_SUCCEED(test) kstub_expect(test, true)

#define KUNIT_EXPECT_TRUE(test, x) kstub_expect(test, (x))
#define KUNIT_EXPECT_FALSE(test, x) kstub_expect(test, !(x))
#define KUNIT_EXPECT_EQ(test, a, b) kstub_expect(test, (a) == (b))
#define KUNIT_EXPECT_NE(test, a, b) kstub_expect(test, (a) != (b))
#define KUNIT_EXPECT_LT(test, a, b) kstub_expect(test, (a) < (b))
#define KUNIT_EXPECT_LE(test, a, b) kstub_expect(test, (a) <= (b))
#define KUNIT_EXPECT_GT(test, a, b) kstub_expect(test, (a) > (b))
#define KUNIT_EXPECT_GE(test, a, b) kstub_expect(test, (a) >= (b))
#define KUNIT_EXPECT_PTR_EQ KUNIT_EXPECT_EQ
#define KUNIT_EXPECT_PTR_NE KUNIT_EXPECT_NE
#define KUNIT_EXPECT_NULL(test, p) kstub_expect(test, (p) == NULL)
#define KUNIT_EXPECT_NOT_NULL(test, p) kstub_expect(test, (p) != NULL)
#define KUNIT_EXPECT_STREQ(test, a, b) kstub_expect(test, strcmp(a, b) == 0)
#define KUNIT_EXPECT_STRNEQ(test, a, b) kstub_expect(test, strcmp(a, b) != 0)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, p) kstub_expect(test, !IS_ERR_OR_NULL(p))

#define kstub_msg(expectation, fmt, ...) (expectation, kstub_message(fmt, ##__VA_ARGS__))
#define KUNIT_EXPECT_TRUE_MSG(test, x, ...) kstub_msg(KUNIT_EXPECT_TRUE(test, x), __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, x, ...) kstub_msg(KUNIT_EXPECT_FALSE(test, x), __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_EQ(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_NE(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_LT(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_LE(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_GT(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, a, b, ...) kstub_msg(KUNIT_EXPECT_GE(test, a, b), __VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(test, a, b, ...) \
	kstub_msg(KUNIT_EXPECT_STREQ(test, a, b), __VA_ARGS__)

#define KUNIT_ASSERT_TRUE KUNIT_EXPECT_TRUE
#define KUNIT_ASSERT_FALSE KUNIT_EXPECT_FALSE
#define KUNIT_ASSERT_EQ KUNIT_EXPECT_EQ
#define KUNIT_ASSERT_NE KUNIT_EXPECT_NE
#define KUNIT_ASSERT_LT KUNIT_EXPECT_LT
#define KUNIT_ASSERT_LE KUNIT_EXPECT_LE
#define KUNIT_ASSERT_GT KUNIT_EXPECT_GT
#define KUNIT_ASSERT_GE KUNIT_EXPECT_GE
#define KUNIT_ASSERT_PTR_EQ KUNIT_EXPECT_EQ
#define KUNIT_ASSERT_PTR_NE KUNIT_EXPECT_NE
#define KUNIT_ASSERT_NULL KUNIT_EXPECT_NULL
#define KUNIT_ASSERT_NOT_NULL KUNIT_EXPECT_NOT_NULL
#define KUNIT_ASSERT_STREQ KUNIT_EXPECT_STREQ
#define KUNIT_ASSERT_NOT_ERR_OR_NULL KUNIT_EXPECT_NOT_ERR_OR_NULL
#define KUNIT_ASSERT_TRUE_MSG KUNIT_EXPECT_TRUE_MSG
#define KUNIT_ASSERT_FALSE_MSG KUNIT_EXPECT_FALSE_MSG
#define KUNIT_ASSERT_EQ_MSG KUNIT_EXPECT_EQ_MSG
#define KUNIT_ASSERT_NE_MSG KUNIT_EXPECT_NE_MSG
#define KUNIT_ASSERT_LT_MSG KUNIT_EXPECT_LT_MSG
#define KUNIT_ASSERT_LE_MSG KUNIT_EXPECT_LE_MSG
#define KUNIT_ASSERT_GT_MSG KUNIT_EXPECT_GT_MSG
#define KUNIT_ASSERT_GE_MSG KUNIT_EXPECT_GE_MSG

#endif /* KSTUB_KUNIT_TEST_H */
