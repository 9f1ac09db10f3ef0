/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that people give: module parameters and parts of them. One rule for all: decimal
 * digits and nothing else, without a zero in front, which some would take for octal and
 * some would not. A line feed may end it, as in what is written to sysfs.
 *
 * Not kstrtouint() and memparse(): those take 010 for 8, and memparse() takes 16E for
 * nothing at all.
 */
#ifndef CCM_CORE_NUMBER_H
#define CCM_CORE_NUMBER_H

#include "types.h"

enum ccm_number_error {
	CCM_NUMBER_OK		= 0,
	CCM_NUMBER_MALFORMED	= 1,
	CCM_NUMBER_ZERO_IN_FRONT = 2,
	CCM_NUMBER_TOO_LARGE	= 3,
};

static inline bool ccm_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What the unit behind a number of bytes shifts by; 0: it is none. */
static inline u32 ccm_unit_shift(char unit)
{
	switch (unit) {
	case 'K':
	case 'k':
		return 10;
	case 'M':
	case 'm':
		return 20;
	case 'G':
	case 'g':
		return 30;
	case 'T':
	case 't':
		return 40;
	default:
		return 0;
	}
}

static inline u32 ccm_number_read_scaled(const char *text, bool units, u64 max, u64 *number)
{
	bool too_large = false;
	u64 value = 0;
	u32 shift = 0;
	const char *c;
	u64 digit;

	for (c = text; ccm_is_digit(*c); c++) {
		digit = (u64)(*c - '0');
		if (value > (~0ULL - digit) / 10)
			too_large = true;
		else
			value = value * 10 + digit;
	}
	if (c == text)
		return CCM_NUMBER_MALFORMED;
	if (units)
		shift = ccm_unit_shift(*c);
	if (shift)
		c++;
	if (*c == '\n')
		c++;
	if (*c)
		return CCM_NUMBER_MALFORMED;
	if (text[0] == '0' && ccm_is_digit(text[1]))
		return CCM_NUMBER_ZERO_IN_FRONT;
	if (too_large || value > max >> shift)
		return CCM_NUMBER_TOO_LARGE;
	*number = value << shift;
	return CCM_NUMBER_OK;
}

/**
 * ccm_number_read() - as in 1, 250, 3341
 * @text: all of it must be the number
 * @max: largest that is possible
 * @number: set on success
 *
 * Return: enum ccm_number_error
 */
static inline u32 ccm_number_read(const char *text, u64 max, u64 *number)
{
	return ccm_number_read_scaled(text, false, max, number);
}

/**
 * ccm_number_read_bytes() - as in 4096, 64K, 64M, 1G, 2t: times 1024 and its powers
 * @text: all of it must be the number and its unit
 * @max: largest that is possible
 * @bytes: set on success
 *
 * Return: enum ccm_number_error
 */
static inline u32 ccm_number_read_bytes(const char *text, u64 max, u64 *bytes)
{
	return ccm_number_read_scaled(text, true, max, bytes);
}

/**
 * ccm_number_rule() - what is wrong with the form of a number, for a message
 * @error: CCM_NUMBER_MALFORMED or CCM_NUMBER_ZERO_IN_FRONT
 *
 * Return: the message's end, behind the number and a colon
 */
static inline const char *ccm_number_rule(u32 error)
{
	return error == CCM_NUMBER_ZERO_IN_FRONT ?
		"leave out the zero in front: numbers are decimal" :
		"not a decimal number";
}

#endif /* CCM_CORE_NUMBER_H */
