/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How lines in the kernel log begin: with CCM's name, as the device and the tool have it,
 * not with the module's. Sources that write there include this before anything else.
 */
#ifndef CCM_LOG_H
#define CCM_LOG_H

#define pr_fmt(fmt) "ccm: " fmt

#endif /* CCM_LOG_H */
