// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words to whoever asked, in their language, where C speaks and not a template: titles, notices,
// what is wrong with a form. The English literal is what the catalogues know the words by
// (view/words.h); ./dev words finds it at these calls.
#ifndef STEWARD_APP_SAY_H
#define STEWARD_APP_SAY_H

#include "app/app.h"
#include "view/put.h"

#define SAY_COOKIE "language"

// The language of the answer: what was chosen in this browser, else the person's own, else what
// the browser asks for.
struct str say_locale(const struct ctx *ctx);

struct str say_words(const struct ctx *ctx, const char *words);

// The same for words marked by WORDS elsewhere, or an error's message: what no catalogue knows
// stays as it is.
struct str say_str(const struct ctx *ctx, struct str words);

// Fills {names} in, and chooses the form for the first argument's number, as {% t %} does.
struct str say_with(const struct ctx *ctx, const char *words, const struct view_arg *args,
                    size_t count);

// For forms. True where `why` is the sender's mistake (INVALID, CONFLICT, GONE): *ret is the
// message in their language, and the answer has its status, for the form to be shown again with
// what was typed. Any other error goes on into *err.
MUST_CHECK bool say_mistake(struct ctx *ctx, const struct error *why, struct str *ret,
                            struct error *err);

#endif
