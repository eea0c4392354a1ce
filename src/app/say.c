// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/say.h"

#include "view/words.h"

struct str say_locale(const struct ctx *ctx)
{
    const char *chosen = words_spoken(http_cookie(ctx->req, SAY_COOKIE));
    return chosen != NULL ? str_c(chosen) : ctx->actor.locale;
}

struct str say_str(const struct ctx *ctx, struct str words)
{
    return words_find(words_catalogue(say_locale(ctx)), words);
}

struct str say_words(const struct ctx *ctx, const char *words)
{
    return say_str(ctx, str_c(words));
}

struct str say_with(const struct ctx *ctx, const char *words, const struct view_arg *args,
                    size_t count)
{
    struct view v;
    view_init(&v, NULL, ctx->mem);
    v.site = ctx->app->site;
    view_reader(&v, say_locale(ctx), ctx->actor.time_zone);
    return view_words_str(&v, words, args, count);
}

bool say_mistake(struct ctx *ctx, const struct error *why, struct str *ret, struct error *err)
{
    if (why->code != ERR_INVALID && why->code != ERR_CONFLICT && why->code != ERR_GONE) {
        *err = *why;
        return false;
    }
    *ret = str_dup(ctx->mem, say_str(ctx, str_c(why->message)));
    ctx->resp->status = error_http_status(why->code);
    return true;
}
