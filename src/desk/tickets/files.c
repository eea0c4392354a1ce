// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files: sent ahead as uploads, then adopted by the comment that names the upload's token.
#include "desk/tickets/apply_internal.h"

#include "base/random.h"
#include "desk/tickets/queries.h"

static struct attachment attachment_from(const struct attachment_row *row)
{
    return (struct attachment){
        .id = row->id,
        .comment = row->comment_id,
        .ticket = row->ticket_id,
        .hash = row->hash,
        .file_name = row->file_name,
        .content_type = row->content_type,
        .size = row->size,
        .is_inline = row->is_inline,
        .content_id = row->content_id,
        .token = row->token,
        .created_by = row->created_by,
    };
}

bool ticket_attachments(struct db *db, mem_ctx *ctx, struct ticket_id id, struct attachment **ret,
                        size_t *ret_count, struct error *err)
{
    struct attachment_row *rows = NULL;
    size_t count = 0;
    if (!attachments_of_ticket(db, ctx, id, &rows, &count, err)) {
        return false;
    }
    struct attachment *list = mem_array(ctx, struct attachment, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = attachment_from(&rows[i]);
    }
    *ret = list;
    *ret_count = count;
    return true;
}

bool comments_files(struct db *db, mem_ctx *ctx, const struct ticket_comment *comments,
                    size_t count, struct attachment **ret, size_t *ret_count, struct error *err)
{
    struct attachment_row *rows = NULL;
    size_t found = 0;
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = comments[i].id.v;
    }
    if (count > 0 && !attachments_of_comments(db, ctx, ids, count, &rows, &found, err)) {
        return false;
    }
    struct attachment *list = mem_array(ctx, struct attachment, found + 1);
    for (size_t i = 0; i < found; i++) {
        list[i] = attachment_from(&rows[i]);
    }
    *ret = list;
    *ret_count = found;
    return true;
}

static struct str token_hash(mem_ctx *ctx, struct str token)
{
    return hash_hex(ctx, hash_sha256(token));
}

// The living, unused upload of that token which this actor began.
static bool upload_find(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str token,
                        int64_t now, struct upload_by_hash_row *ret, struct error *err)
{
    bool found = false;
    if (!upload_by_hash(db, ctx, token_hash(ctx, token), ret, &found, err)) {
        return false;
    }
    bool own = found && (ret->created_by.v == actor->user.v || actor_is_admin(actor));
    if (!own || ret->used_at.set || now - ret->created_at > UPLOAD_LIFE_MS) {
        return error_field(err, "uploads", "InvalidValue",
                           "Upload: this file's token is unknown, used or too old. Send the file "
                           "again.");
    }
    return true;
}

bool upload_add(struct db *tx, mem_ctx *ctx, const struct actor *actor, struct str token,
                const struct new_file *file, int64_t now, struct str *ret_token,
                struct attachment *ret, struct error *err)
{
    struct upload_by_hash_row upload = {0};
    struct str name = token;
    if (!str_empty(token)) {
        if (!upload_find(tx, ctx, actor, token, now, &upload, err)) {
            return false;
        }
    } else {
        name = random_token(ctx, 24);
        upload.id.v = db_next_id(tx);
        if (!upload_insert(tx, upload.id, token_hash(ctx, name), actor->user, now, err)) {
            return false;
        }
    }
    struct attachment_insert_in in = {
        .id = {db_next_id(tx)},
        .upload_id = upload.id,
        .hash = file->hash,
        .file_name = file->file_name,
        .content_type = file->content_type,
        .size = file->size,
        .is_inline = file->is_inline,
        .content_id = file->content_id,
        .token = random_token(ctx, 24),
        .created_by = actor->user,
        .created_at = now,
    };
    if (!attachment_insert(tx, &in, err)) {
        return false;
    }
    *ret_token = name;
    *ret = (struct attachment){
        .id = in.id,
        .hash = in.hash,
        .file_name = in.file_name,
        .content_type = in.content_type,
        .size = in.size,
        .is_inline = in.is_inline,
        .content_id = in.content_id,
        .token = in.token,
        .created_by = in.created_by,
    };
    return true;
}

bool upload_files(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str token,
                  struct attachment **ret, size_t *ret_count, struct error *err)
{
    struct upload_by_hash_row upload;
    struct attachment_row *rows = NULL;
    size_t count = 0;
    bool found = false;
    if (!upload_by_hash(db, ctx, token_hash(ctx, token), &upload, &found, err)) {
        return false;
    }
    if (!found || upload.created_by.v != actor->user.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such upload.");
    }
    if (!attachments_of_upload(db, ctx, upload.id, &rows, &count, err)) {
        return false;
    }
    struct attachment *list = mem_array(ctx, struct attachment, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = attachment_from(&rows[i]);
    }
    *ret = list;
    *ret_count = count;
    return true;
}

// One token's files as one entry; nothing for a token that cannot be sent any more.
static bool add_waiting(struct db *db, mem_ctx *ctx, const struct upload_by_hash_row *upload,
                        struct str token, struct waiting_upload *list, size_t *count,
                        struct error *err)
{
    struct attachment_row *rows = NULL;
    size_t row_count = 0;
    struct waiting_upload one = {token, STR(""), 0};
    if (!attachments_of_upload(db, ctx, upload->id, &rows, &row_count, err)) {
        return false;
    }
    for (size_t i = 0; i < row_count; i++) {
        one.name = str_printf(ctx, STR_FMT "%s" STR_FMT, STR_ARG(one.name),
                              one.name.len > 0 ? ", " : "", STR_ARG(rows[i].file_name));
        one.size += rows[i].size;
    }
    if (row_count > 0) {
        list[(*count)++] = one;
    }
    return true;
}

bool uploads_waiting(struct db *db, mem_ctx *ctx, const struct actor *actor,
                     const struct str *tokens, size_t count, int64_t now,
                     struct waiting_upload **ret, size_t *ret_count, struct error *err)
{
    *ret = mem_array(ctx, struct waiting_upload, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct upload_by_hash_row upload;
        bool found = false;
        if (!upload_by_hash(db, ctx, token_hash(ctx, tokens[i]), &upload, &found, err)) {
            return false;
        }
        bool usable = found && upload.created_by.v == actor->user.v && !upload.used_at.set &&
                      now - upload.created_at <= UPLOAD_LIFE_MS;
        if (usable && !add_waiting(db, ctx, &upload, tokens[i], *ret, ret_count, err)) {
            return false;
        }
    }
    return true;
}

bool upload_take_back(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      struct attachment_id file, int64_t now, struct str *ret_token,
                      struct error *err)
{
    struct upload_id upload = {db_next_id(tx)};
    *ret_token = random_token(ctx, 24);
    return upload_insert(tx, upload, token_hash(ctx, *ret_token), actor->user, now, err) &&
           attachment_take_back(tx, file, upload, err);
}

bool upload_remove(struct db *tx, const struct actor *actor, struct str token, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct upload_by_hash_row upload;
    bool found = false;
    if (!upload_by_hash(tx, ctx, token_hash(ctx, token), &upload, &found, err)) {
        return false;
    }
    if (!found || upload.created_by.v != actor->user.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such upload.");
    }
    return attachments_delete_of_upload(tx, upload.id, err) &&
           (upload.used_at.set || upload_delete(tx, upload.id, err));
}

bool upload_adopt(const struct apply *a, struct str token, struct error *err)
{
    struct upload_by_hash_row upload;
    return upload_find(a->tx, a->ctx, a->actor, token, a->now, &upload, err) &&
           attachments_adopt(a->tx, upload.id, a->after.id, a->comment, NULL, err) &&
           upload_mark_used(a->tx, upload.id, a->now, err);
}

bool attachment_by_address(struct db *db, mem_ctx *ctx, struct str token, struct attachment *ret,
                           struct error *err)
{
    struct attachment_row row;
    bool found = false;
    if (!attachment_by_token(db, ctx, token, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    *ret = attachment_from(&row);
    return true;
}

// The file's comment must be one that the actor may read.
static bool comment_readable(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct comment_id id, struct error *err)
{
    struct comment_row comment;
    bool found = false;
    if (!comment_by_id(db, ctx, id, &comment, &found, err)) {
        return false;
    }
    if (!found || !(comment.is_public || actor_is_staff(actor))) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    return true;
}

bool attachment_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                     struct attachment_id id, struct attachment *ret, struct error *err)
{
    struct attachment_row row;
    struct ticket ticket;
    bool found = false;
    if (!attachment_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    bool own = found && row.ticket_id.v == 0 && row.created_by.v == actor->user.v;
    if (!found || (row.ticket_id.v == 0 && !own)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    if (row.ticket_id.v != 0 && (!ticket_load(db, ctx, actor, row.ticket_id, &ticket, err) ||
                                 !comment_readable(db, ctx, actor, row.comment_id, err))) {
        return false;
    }
    *ret = attachment_from(&row);
    return true;
}
