/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_CRYPTO_SHA2_H
#define KSTUB_CRYPTO_SHA2_H

#define SHA256_DIGEST_SIZE 32

#endif
