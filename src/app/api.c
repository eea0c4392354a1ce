// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/api.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- addresses ----------------------------------------------------------------------------------

struct str api_url(struct ctx *ctx, const char *path, ...)
{
    char text[2048];
    va_list args;
    va_start(args, path);
    int len = vsnprintf(text, sizeof text, path, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof text);
    return str_printf(ctx->mem, STR_FMT "://" STR_FMT "%s", STR_ARG(ctx->req->scheme),
                      STR_ARG(ctx->req->host), text);
}

// --- answers ------------------------------------------------------------------------------------

static void begin_json(struct ctx *ctx, struct jw *w)
{
    http_set_header(ctx->resp, "Content-Type", STR("application/json; charset=utf-8"));
    buf_reset(&ctx->resp->body);
    jw_init(w, &ctx->resp->body);
    jw_object_begin(w);
}

void api_begin(struct ctx *ctx, struct jw *w)
{
    if (ctx->resp->status == 0) {
        ctx->resp->status = 200;
    }
    begin_json(ctx, w);
}

bool api_end(struct ctx *ctx, struct jw *w, struct error *err)
{
    jw_object_end(w);
    assert(jw_done(w));
    if (ctx->resp->body.failed) {
        return error_internal(err, "the answer is larger than %zu bytes", ctx->resp->body.max);
    }
    return true;
}

void api_created(struct ctx *ctx, struct str url)
{
    ctx->resp->status = 201;
    http_set_header(ctx->resp, "Location", url);
}

void api_no_content(struct ctx *ctx)
{
    ctx->resp->status = 204;
    buf_reset(&ctx->resp->body);
}

bool api_count_write(struct ctx *ctx, int64_t value, struct error *err)
{
    struct civil now = time_civil(clock_now(ctx->app->clock));
    struct jw w;
    api_begin(ctx, &w);
    jw_field_object(&w, "count");
    jw_field_i64(&w, "value", value);
    jw_field_str(&w, "refreshed_at",
                 str_printf(ctx->mem, "%04lld-%02d-%02dT%02d:%02d:%02d+00:00", (long long)now.year,
                            now.month, now.day, now.hour, now.minute, now.second));
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// --- errors -------------------------------------------------------------------------------------

static void write_details(struct jw *w, const struct problem *items, size_t count)
{
    jw_field_c(w, "error", "RecordInvalid");
    jw_field_c(w, "description", "Record validation errors");
    jw_field_object(w, "details");
    for (size_t i = 0; i < count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = str_eq(items[k].field, items[i].field);
        }
        if (seen) {
            continue;
        }
        jw_key_str(w, items[i].field);
        jw_array_begin(w);
        for (size_t k = i; k < count; k++) {
            if (str_eq(items[k].field, items[i].field)) {
                jw_object_begin(w);
                jw_field_str(w, "description", items[k].message);
                jw_field_c(w, "error", items[k].word);
                jw_object_end(w);
            }
        }
        jw_array_end(w);
    }
    jw_object_end(w);
}

static void write_invalid(struct jw *w, const struct error *err)
{
    if (err->field[0] == '\0' && err->word[0] != '\0') {
        jw_field_c(w, "error", err->word);
        jw_field_c(w, "description", err->message);
        return;
    }
    struct problem problem = {.field = str_c(err->field[0] == '\0' ? "base" : err->field),
                              .word = err->word[0] == '\0' ? "InvalidValue" : err->word,
                              .message = str_c(err->message)};
    write_details(w, &problem, 1);
}

static void write_forbidden(struct jw *w, const struct error *err)
{
    if (strcmp(err->word, "MissingScope") == 0) {
        jw_field_c(w, "error", "Forbidden");
        jw_field_c(w, "description", err->message);
        return;
    }
    jw_field_object(w, "error");
    jw_field_c(w, "title", "Forbidden");
    jw_field_c(w, "message", err->message);
    jw_object_end(w);
}

// The newer endpoints' shape, which the original also uses for bad pages.
static void write_list_of_errors(struct jw *w, const struct error *err)
{
    jw_field_array(w, "errors");
    jw_object_begin(w);
    jw_field_c(w, "code", err->word);
    jw_field_c(w, "title", err->message);
    jw_field_c(w, "detail", err->message);
    jw_object_end(w);
    jw_array_end(w);
}

static void write_plain(struct jw *w, const struct error *err)
{
    bool not_found = err->code == ERR_NOT_FOUND;
    jw_field_c(w, "error", err->word[0] == '\0' ? error_api_word(err->code) : err->word);
    jw_field_c(w, "description", not_found ? "Not found" : err->message);
    if (strcmp(err->word, "TooManyValues") == 0) {
        jw_field_i64(w, "max_count", API_BATCH_MAX);
    }
}

void api_write_error(struct ctx *ctx, const struct error *err)
{
    struct jw w;
    ctx->resp->status = error_http_status(err->code);
    // A browser that asks for one of our pages would show its own sign-in window.
    if (err->code == ERR_UNAUTHENTICATED && str_none(http_header(ctx->req, "Sec-Fetch-Mode"))) {
        http_set_header(ctx->resp, "WWW-Authenticate", STR("Basic realm=\"Web Password\""));
    }
    begin_json(ctx, &w);
    if (err->code == ERR_INVALID) {
        write_invalid(&w, err);
    } else if (err->code == ERR_UNAUTHENTICATED) {
        jw_field_c(&w, "error", "Couldn't authenticate you");
    } else if (err->code == ERR_FORBIDDEN) {
        write_forbidden(&w, err);
    } else if (strcmp(err->word, "InvalidPaginationParameter") == 0) {
        write_list_of_errors(&w, err);
    } else {
        write_plain(&w, err);
    }
    jw_object_end(&w);
}

bool api_write_problems(struct ctx *ctx, const struct problems *problems)
{
    struct jw w;
    ctx->resp->status = 422;
    begin_json(ctx, &w);
    write_details(&w, problems->items, problems->count);
    jw_object_end(&w);
    return true;
}
