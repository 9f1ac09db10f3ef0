// SPDX-License-Identifier: GPL-2.0-only
/* The core's words for states, reasons and stages, for kernel clients. */
#include <linux/export.h>
#include <linux/ccm.h>

#include "core/names.h"

/**
 * ccm_partner_state_name() - "READY", "DOWN", ...
 * @state: enum ccm_state
 *
 * Context: any.
 * Return: a constant; "?" if there is no such state
 */
const char *ccm_partner_state_name(u32 state)
{
	return ccm_state_name(state);
}
EXPORT_SYMBOL_GPL(ccm_partner_state_name);

/**
 * ccm_partner_reason_name() - "unreachable", "hung", ...
 * @reason: enum ccm_reason
 *
 * Context: any.
 * Return: a constant; "?" if there is no such reason
 */
const char *ccm_partner_reason_name(u32 reason)
{
	return ccm_reason_text(reason);
}
EXPORT_SYMBOL_GPL(ccm_partner_reason_name);

/**
 * ccm_partner_stage_name() - "initramfs", "running", ...
 * @stage: enum ccm_stage
 *
 * Context: any.
 * Return: a constant; "?" if there is no such stage
 */
const char *ccm_partner_stage_name(u32 stage)
{
	return ccm_stage_name(stage);
}
EXPORT_SYMBOL_GPL(ccm_partner_stage_name);

/**
 * ccm_client_state_name() - "waiting", "opening", "ready", ...
 * @state: enum ccm_client_state
 *
 * Context: any.
 * Return: a constant; "?" if there is no such state
 */
const char *ccm_client_state_name(u32 state)
{
	return ccm_client_state_text(state);
}
EXPORT_SYMBOL_GPL(ccm_client_state_name);

/**
 * ccm_client_reason_name() - "no-session", "memory", "port-lost", ...
 * @reason: enum ccm_client_reason
 *
 * Context: any.
 * Return: a constant; "?" if there is no such reason
 */
const char *ccm_client_reason_name(u32 reason)
{
	return ccm_client_reason_text(reason);
}
EXPORT_SYMBOL_GPL(ccm_client_reason_name);
