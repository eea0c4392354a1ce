// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading the API's bodies and list parameters.
#include <stdio.h>
#include <string.h>

#include "app/api.h"

// --- bodies -------------------------------------------------------------------------------------

// "user[tags][]" below "user": inner "tags", list. False for names of other objects and for deeper
// nesting, which is passed over like every unknown key.
static bool form_name(struct str name, const char *key, struct str *ret_inner, bool *ret_list)
{
    size_t len = strlen(key);
    if (!str_starts(name, str_c(key)) || name.len < len + 3 || name.ptr[len] != '[') {
        return false;
    }
    struct str rest = str_from(name, len + 1);
    ptrdiff_t end = str_find_char(rest, ']');
    if (end <= 0) {
        return false;
    }
    struct str tail = str_from(rest, (size_t)end + 1);
    *ret_inner = str_sub(rest, 0, (size_t)end);
    *ret_list = str_eq_c(tail, "[]");
    return tail.len == 0 || *ret_list;
}

static bool named_before(struct ctx *ctx, const char *key, size_t at, struct str inner)
{
    struct str other;
    bool list = false;
    for (size_t i = 0; i < at; i++) {
        if (form_name(ctx->req->form.items[i].name, key, &other, &list) && str_eq(other, inner)) {
            return true;
        }
    }
    return false;
}

static void write_form_field(struct ctx *ctx, struct jw *w, const char *key, size_t at)
{
    const struct http_pairs *form = &ctx->req->form;
    struct str inner;
    struct str other;
    bool list = false;
    bool other_list = false;
    if (!form_name(form->items[at].name, key, &inner, &list) || named_before(ctx, key, at, inner)) {
        return;
    }
    jw_key_str(w, inner);
    if (!list) {
        jw_str(w, http_form(ctx->req, str_cstr(ctx->mem, form->items[at].name)));
        return;
    }
    jw_array_begin(w);
    for (size_t i = at; i < form->count; i++) {
        if (form_name(form->items[i].name, key, &other, &other_list) && str_eq(other, inner)) {
            jw_str(w, form->items[i].value);
        }
    }
    jw_array_end(w);
}

// A form as the JSON that it stands for.
static bool form_body(struct ctx *ctx, const char *key, struct jr_value *ret, struct error *err)
{
    struct buf text;
    struct jw w;
    buf_init(&text, ctx->mem, (size_t)16 << 20);
    jw_init(&w, &text);
    jw_object_begin(&w);
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        write_form_field(ctx, &w, key, i);
    }
    jw_object_end(&w);
    if (text.failed) {
        return error_set(err, ERR_TOO_LARGE, "The form is too large.");
    }
    return jr_parse(ctx->mem, buf_str(&text), ret, err);
}

bool api_body_whole(struct ctx *ctx, struct jr_value *ret, struct error *err)
{
    if (str_trim(ctx->req->body).len == 0) {
        *ret = JR_NONE;
        return true;
    }
    return jr_parse(ctx->mem, ctx->req->body, ret, err);
}

bool api_said(struct ctx *ctx, const char *name, struct str *ret, struct error *err)
{
    struct jr_value whole = JR_NONE;
    *ret = http_param(ctx->req, name);
    if (!str_none(*ret)) {
        return true;
    }
    if (ctx->req->form.count > 0) {
        *ret = http_form(ctx->req, name);
        return true;
    }
    // Clients label bodies of a GET as they like; those are passed over.
    if (ctx->req->method != HTTP_GET && !api_body_whole(ctx, &whole, err)) {
        return false;
    }
    *ret = jr_text(jr_get(whole, name));
    return true;
}

bool api_body(struct ctx *ctx, const char *key, struct jr_value *ret, struct error *err)
{
    if (ctx->req->form.count > 0) {
        return form_body(ctx, key, ret, err);
    }
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct jr_value object = jr_get(whole, key);
    if (jr_kind(object) != JR_OBJECT) {
        return error_set(err, ERR_BAD_REQUEST, "The body must be a JSON object with \"%s\" in it.",
                         key);
    }
    *ret = object;
    return true;
}

// --- lists --------------------------------------------------------------------------------------

static bool too_many(const char *name, struct error *err)
{
    error_set(err, ERR_BAD_REQUEST, "Parameter %s cannot specify more than %d values", name,
              API_BATCH_MAX);
    (void)snprintf(err->word, sizeof err->word, "TooManyValues");
    return false;
}

bool api_texts(struct ctx *ctx, const char *name, struct str **ret, size_t *ret_count,
               bool *ret_given, struct error *err)
{
    struct str list_name = str_printf(ctx->mem, "%s[]", name);
    struct str single = http_param(ctx->req, name);
    struct str *texts = mem_array(ctx->mem, struct str, API_BATCH_MAX);
    struct str part;
    size_t count = 0;
    bool given = !str_none(single);
    while (str_next(&single, ',', &part)) {
        if (str_trim(part).len > 0 && count == API_BATCH_MAX) {
            return too_many(name, err);
        }
        if (str_trim(part).len > 0) {
            texts[count++] = str_trim(part);
        }
    }
    for (size_t i = 0; i < ctx->req->params.count; i++) {
        if (!str_eq(ctx->req->params.items[i].name, list_name)) {
            continue;
        }
        given = true;
        if (count == API_BATCH_MAX) {
            return too_many(name, err);
        }
        texts[count++] = ctx->req->params.items[i].value;
    }
    *ret = texts;
    *ret_count = count;
    *ret_given = given;
    return true;
}

bool api_ids(struct ctx *ctx, const char *name, int64_t **ret, size_t *ret_count, bool *ret_given,
             struct error *err)
{
    struct str *texts = NULL;
    size_t count = 0;
    bool given = false;
    if (!api_texts(ctx, name, &texts, &count, &given, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!str_to_i64(texts[i], &ids[i]) || ids[i] <= 0) {
            return error_set(err, ERR_BAD_REQUEST, "Parameter %s: \"%.*s\" is not an id.", name,
                             STR_ARG(str_utf8_clip(texts[i], 40)));
        }
    }
    *ret = ids;
    *ret_count = count;
    *ret_given = given;
    return true;
}

bool api_includes(struct ctx *ctx, const char *name)
{
    struct str text = http_param(ctx->req, "include");
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i == text.len || strchr(",() ", text.ptr[i]) != NULL) {
            if (i > from && str_eq_c(str_sub(text, from, i - from), name)) {
                return true;
            }
            from = i + 1;
        }
    }
    return false;
}
