// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every fuzz target implements (libFuzzer's interface), and what targets share.
#ifndef STEWARD_TESTS_FUZZ_FUZZ_H
#define STEWARD_TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

// Called with each input; always returns 0. Finding something means to crash: by the sanitizers or
// by assert.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input as text that is not NUL-terminated, so that reading past its end is noticed.
static inline struct str fuzz_input(const uint8_t *data, size_t size)
{
    return (struct str){(const char *)data, size};
}

#endif
