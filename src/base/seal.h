// SPDX-License-Identifier: GPL-3.0-or-later
//
// Secrets that must be kept but not be readable in the database or its backups: passwords of
// mailboxes, tokens of other services. Sealed with XChaCha20-Poly1305 (libsodium) under a key that
// is made from the desk's own secret, which stands in the data folder and not in the database.
#ifndef STEWARD_BASE_SEAL_H
#define STEWARD_BASE_SEAL_H

#include "base/error.h"
#include "base/str.h"

// `place` says where the secret belongs ("inbox:7:password"): moved elsewhere it does not open. The
// result is text (base64url); sealing the same twice gives two different ones. "" stays "".
struct str seal_text(mem_ctx *ctx, struct str desk_secret, struct str place, struct str text);
// UNAVAILABLE when it was sealed under another key or has been tampered with.
MUST_CHECK bool seal_open(mem_ctx *ctx, struct str desk_secret, struct str place, struct str sealed,
                          struct str *ret, struct error *err);

#endif
