/* SPDX-License-Identifier: GPL-2.0-only */
/* What is changed in the test of ccm_mutants itself */
#ifndef CCM_MUTANTS_STRAW_H
#define CCM_MUTANTS_STRAW_H

#ifdef __cplusplus
extern "C" {
#endif

/* The larger one */
int straw_max(int a, int b);
/* Of 1 to @n, all added */
int straw_sum(int n);
/* What no test calls */
int straw_alone(int a);

#ifdef __cplusplus
}
#endif

#endif /* CCM_MUTANTS_STRAW_H */
