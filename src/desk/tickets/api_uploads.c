// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files sent ahead of the comment that carries them, and files by their number.
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

struct adding {
    struct ctx *ctx;
    struct new_file file;
    struct str token;
    struct str name;  // the upload's token from then on
    struct attachment added;
    struct attachment *files;
    size_t count;
    int64_t now;
};

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct adding *a = arg;
    struct ctx *ctx = a->ctx;
    return upload_add(tx, ctx->mem, &ctx->actor, a->token, &a->file, a->now, &a->name, &a->added,
                      err) &&
           upload_files(tx, ctx->mem, &ctx->actor, a->name, &a->files, &a->count, err);
}

// The file of a form field uploaded_data, the raw body in a file, or the raw body in memory.
static bool find_file(struct ctx *ctx, struct http_file *ret, struct error *err)
{
    const struct http_request *req = ctx->req;
    struct str name = http_param(req, "filename");
    if (req->files.count > 0) {
        *ret = req->files.items[0];
        name = str_empty(name) ? http_form(req, "filename") : name;
    } else if (req->raw != NULL) {
        *ret = *req->raw;
    } else {
        *ret = (struct http_file){.bytes = req->body,
                                  .size = (int64_t)req->body.len,
                                  .type = http_header(req, "Content-Type")};
    }
    ret->name = str_empty(name) ? ret->name : name;
    if (str_empty(ret->name)) {
        return error_field(err, "filename", "BlankValue", "Filename: cannot be blank");
    }
    if (ret->tmp_path == NULL && str_none(ret->bytes)) {
        ret->bytes = STR("");
    }
    return true;
}

// A type as clients send it says little about raw bodies: JSON and forms are how they send, not
// what. The name's ending decides then.
static struct str type_of(const struct new_file *file)
{
    static const struct {
        const char *ending;
        const char *type;
    } TYPES[] = {
        {".png", "image/png"},         {".jpg", "image/jpeg"},      {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},         {".webp", "image/webp"},     {".pdf", "application/pdf"},
        {".txt", "text/plain"},        {".log", "text/plain"},      {".csv", "text/csv"},
        {".json", "application/json"}, {".zip", "application/zip"},
    };
    bool said = !str_starts(file->content_type, STR("application/json")) &&
                !str_starts(file->content_type, STR("application/binary")) &&
                !str_starts(file->content_type, STR("application/octet-stream")) &&
                !str_starts(file->content_type, STR("application/x-www-form-urlencoded"));
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES && !said; i++) {
        struct str ending = str_c(TYPES[i].ending);
        size_t len = file->file_name.len;
        if (len > ending.len && str_ieq(str_from(file->file_name, len - ending.len), ending)) {
            return str_c(TYPES[i].type);
        }
    }
    return said ? file->content_type : STR("application/octet-stream");
}

// POST /api/v2/uploads?filename=[&token=]
bool api_upload_add(struct ctx *ctx, struct error *err)
{
    struct adding a = {.ctx = ctx, .token = http_param(ctx->req, "token")};
    struct http_file file;
    struct jw w;
    a.now = clock_now(ctx->app->clock);
    if (!find_file(ctx, &file, err) || !desk_store_file(ctx, &file, &a.file, err)) {
        return false;
    }
    a.file.content_type = type_of(&a.file);
    if (!db_tx_run(ctx->app->db, "api.upload", add_in_tx, &a, err)) {
        return false;
    }
    ctx->resp->status = 201;
    api_begin(ctx, &w);
    jw_field_object(&w, "upload");
    jw_field_str(&w, "token", a.name);
    jw_field_time(&w, "expires_at", a.now + 3 * DAYS_MS);
    jw_key(&w, "attachment");
    api_attachment_write(ctx, &w, &a.added);
    jw_field_array(&w, "attachments");
    for (size_t i = 0; i < a.count; i++) {
        api_attachment_write(ctx, &w, &a.files[i]);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return upload_remove(tx, &ctx->actor, ctx->path.texts[0], err);
}

// DELETE /api/v2/uploads/{token}
bool api_upload_remove(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "api.upload.remove", remove_in_tx, ctx, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// GET /api/v2/attachments/{attachment:id}
bool api_attachment_show(struct ctx *ctx, struct error *err)
{
    struct attachment_id id = {ctx->path.ids[0]};
    struct attachment file;
    struct jw w;
    if (!attachment_load(ctx->db, ctx->mem, &ctx->actor, id, &file, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "attachment");
    api_attachment_write(ctx, &w, &file);
    return api_end(ctx, &w, err);
}
