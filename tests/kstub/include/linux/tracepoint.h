/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_TRACEPOINT_H
#define KSTUB_TRACEPOINT_H

#include <kstub/sync.h>

/* Only what callers see; the body of an event is the kernel's own little language. */
#define TP_PROTO(...) __VA_ARGS__
#define TP_ARGS(...) __VA_ARGS__
#define TRACE_EVENT(name, proto, args, tstruct, assign, print) \
	extern "C" void trace_##name(proto)

#endif
