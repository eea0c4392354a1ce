// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a composer form sends: text from the rich editor or the plain field, and files.
#include "app/config.h"
#include "blob/blob.h"
#include "desk/desk.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"

#include <string.h>

#define FILES_MAX 50
#define NAME_BYTES_MAX 200

// A name to show and to save under: the part behind the last slash, without control characters.
struct str desk_file_name(mem_ctx *ctx, struct str raw)
{
    struct str name = raw;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '/' || raw.ptr[i] == '\\') {
            name = str_from(raw, i + 1);
        }
    }
    name =
        str_utf8_clip(str_one_line(ctx, str_utf8_mend(ctx, name), NAME_BYTES_MAX), NAME_BYTES_MAX);
    bool dots = str_eq_c(name, ".") || str_eq_c(name, "..");
    return name.len == 0 || dots ? STR("file") : name;
}

bool desk_store_file(struct ctx *ctx, const struct http_file *file, struct new_file *ret,
                     struct error *err)
{
    struct hash hash;
    int64_t size = file->size;
    bool stored = file->tmp_path != NULL
                      ? blob_put_path(ctx->app->blobs, file->tmp_path, &hash, &size, err)
                      : blob_put_bytes(ctx->app->blobs, file->bytes, &hash, err);
    if (!stored) {
        return false;
    }
    bool typed = file->type.len > 2 && file->type.len < 128 && str_find_char(file->type, '/') > 0;
    *ret = (struct new_file){
        .hash = hash_hex(ctx->mem, hash),
        .file_name = desk_file_name(ctx->mem, file->name),
        .content_type = typed ? str_lower(ctx->mem, file->type) : STR("application/octet-stream"),
        .size = size,
        .content_id = STR_NONE,
        .token = STR_NONE,
    };
    return true;
}

static bool read_files(struct ctx *ctx, struct new_comment *ret, struct error *err)
{
    const struct http_files *files = &ctx->req->files;
    if (files->count > FILES_MAX) {
        return error_set(err, ERR_INVALID, "At most %d files can be sent at once.", FILES_MAX);
    }
    struct new_file *list = mem_array(ctx->mem, struct new_file, files->count + 1);
    for (size_t i = 0; i < files->count; i++) {
        if (!desk_store_file(ctx, &files->items[i], &list[i], err)) {
            return false;
        }
    }
    ret->files = list;
    ret->file_count = files->count;
    return true;
}

static void read_uploads(struct ctx *ctx, struct new_comment *ret)
{
    struct str *tokens = NULL;
    size_t count = 0;
    for (size_t i = 0; i < ctx->req->form.count && count < FILES_MAX; i++) {
        const struct http_pair *pair = &ctx->req->form.items[i];
        if (str_eq_c(pair->name, "uploads") && pair->value.len > 0) {
            tokens = mem_grow(ctx->mem, tokens, struct str, count + 1);
            tokens[count++] = pair->value;
        }
    }
    ret->uploads = tokens;
    ret->upload_count = count;
}

int64_t desk_undo_until(const struct ctx *ctx)
{
    return clock_now(ctx->app->clock) + ctx->app->config->undo_send_seconds * SECONDS_MS;
}

bool desk_read_comment(struct ctx *ctx, struct new_comment *ret, struct error *err)
{
    struct str html = http_form(ctx->req, "html_body");
    struct str body = http_form(ctx->req, "body");
    *ret = (struct new_comment){.quoted_from = -1, .body = STR(""), .stranger = STR_NONE};
    if (!str_empty(html)) {
        struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                           .composer = true,
                                           .own_prefix = STR("/attachments/"),
                                           .fold_label = STR("")};
        struct sanitized clean;
        html_sanitize(ctx->mem, html, &options, &clean);
        ret->html = clean.html;
        ret->body = html_to_text(ctx->mem, clean.html.markup);
    } else if (!str_none(body)) {
        ret->body = body;
    }
    read_uploads(ctx, ret);
    return read_files(ctx, ret, err);
}
