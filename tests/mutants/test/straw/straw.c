// SPDX-License-Identifier: GPL-2.0-only
#include "straw.h"

int straw_max(int a, int b)
{
	if (a > b)
		return a;
	return b;
}

int straw_sum(int n)
{
	int sum = 0;

	while (n > 0) {
		sum += n;
		n--;
	}
	return sum;
}

int straw_alone(int a)
{
	int b = 2 * a;

	b = a + 1;
	return b;
}
