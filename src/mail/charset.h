// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bytes in whatever character set a mail claims, into UTF-8. What the mail declares is believed
// wherever it can be true; a guess is made only where nothing (or nonsense) was declared or where
// the bytes plainly contradict it. Nothing is ever refused: in the end every byte becomes some
// character.
#ifndef STEWARD_MAIL_CHARSET_H
#define STEWARD_MAIL_CHARSET_H

#include "base/str.h"

// `declared` is the charset parameter, absent or "" when there is none. In this order:
//  1. the declared set, under the names that mail programs really mean by it (gb2312 is gb18030,
//     iso-2022-jp has Microsoft's extensions, ks_c_5601 is cp949, iso-8859-1 is windows-1252);
//  2. strict UTF-8;
//  3. the declared set after all, when only a few bytes do not fit it (they become U+FFFD);
//  4. ICU's detector; 5. windows-1252, which takes every byte.
// The result is valid UTF-8 without NUL and control characters. May be `bytes` itself.
struct str charset_to_utf8(mem_ctx *ctx, struct str declared, struct str bytes);

// Whether a converter is known for this name (after the aliases).
bool charset_known(struct str name);

#endif
