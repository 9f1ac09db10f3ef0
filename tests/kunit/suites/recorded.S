/* SPDX-License-Identifier: GPL-2.0-only */
/* The tapes that tape_test.c plays: see tape.h. `make record` writes them. */
	.section .rodata
	.globl ccm_recorded
ccm_recorded:
	.incbin "recorded.bin"
	.globl ccm_recorded_end
ccm_recorded_end:
	.section .note.GNU-stack, "", @progbits
