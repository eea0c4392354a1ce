// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the serving program gives away before the first stranger is heard: it can start no other
// program, trace no other process, load nothing into the kernel, change no user, and open no file
// but those it was told of. A hole in it, or in a library below it, then reaches the desk's own
// data and not the machine.
//
// Three things of Linux do it: no_new_privs (a program started with more rights gets none), a
// seccomp filter of system calls, Landlock for files. Older kernels and some containers lack the
// last one or two; then the rest holds, and the state says what is missing.
#ifndef STEWARD_CMD_SANDBOX_H
#define STEWARD_CMD_SANDBOX_H

#include "base/mem.h"
#include "base/str.h"

#define SANDBOX_PATHS 32

// Files and folders with all below them; what does not exist is left out.
struct sandbox {
    const char *write[SANDBOX_PATHS];  // read, written, made, removed
    size_t write_count;
    const char *read[SANDBOX_PATHS];  // besides what every program reads: libraries, time zones,
    size_t read_count;                // certificates, the resolver's settings
};

struct sandbox_state {
    bool calls;     // the filter of system calls is there
    int files_abi;  // version of Landlock, 0 without
};

// A path for one of the lists; one too many is left out, and with it the right to it.
void sandbox_may_write(struct sandbox *sandbox, const char *path);
void sandbox_may_read(struct sandbox *sandbox, const char *path);

// Enters for good, with all threads started from here on: call it before there are any. Built with
// sanitizers, the filter is left out: their reports need what it forbids.
struct sandbox_state sandbox_enter(const struct sandbox *sandbox);

// A child enters and tries to break out; the verdict in words, such as "no program can be started".
// ret_held says whether everything that this kernel offers held.
struct str sandbox_try(mem_ctx *ctx, const struct sandbox *sandbox, bool *ret_held);

#endif
