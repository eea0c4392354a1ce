// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/spool.h"

#include <assert.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/queries.h"

enum { KEY_BYTES = 16, REASON_MAX = 500, TEXT_MAX = 300, RAW_MAX = 1024 * 1024 * 1024 };

static const struct str STATES[] = {[MAIL_NEW] = STR_INIT("new"),
                                    [MAIL_DONE] = STR_INIT("done"),
                                    [MAIL_QUARANTINED] = STR_INIT("quarantined"),
                                    [MAIL_DROPPED] = STR_INIT("dropped")};

static enum mail_state state_of(struct str word)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        if (str_eq(STATES[i], word)) {
            return (enum mail_state)i;
        }
    }
    assert(false);  // the table allows no other
    return MAIL_NEW;
}

static bool not_found(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "There is no such mail.");
}

// --- coming in --------------------------------------------------------------------------------

// Mailbox and Message-ID, or the whole mail where it has none.
static struct str dedupe_key(mem_ctx *ctx, struct str mailbox, struct str message_id,
                             struct str raw)
{
    bool named = message_id.len > 0;
    struct hash content = hash_sha256(named ? message_id : raw);
    struct buf both;
    buf_init(&both, ctx, mailbox.len + 1 + HASH_SIZE);
    buf_put(&both, str_lower(ctx, mailbox));
    buf_put_char(&both, named ? '<' : '=');
    buf_put(&both, (struct str){(const char *)content.bytes, HASH_SIZE});
    struct hash key = hash_sha256(buf_str(&both));
    return hex_encode(ctx, (struct str){(const char *)key.bytes, KEY_BYTES});
}

static bool known_before(struct db *tx, mem_ctx *ctx, struct str key, struct mail_spooled *ret,
                         struct error *err)
{
    struct mail_in_by_key_row row;
    bool found = false;
    if (!mail_in_by_key(tx, ctx, key, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_internal(err, "a mail was neither inserted nor there before");
    }
    *ret = (struct mail_spooled){.id = row.id,
                                 .duplicate = true,
                                 .state = state_of(row.state),
                                 .ticket = row.ticket_id,
                                 .comment = row.comment_id};
    return true;
}

bool mail_spool_prepare(mem_ctx *ctx, struct blob_store *blobs, struct str raw,
                        struct str *ret_blob, struct error *err)
{
    struct hash hash;
    if (raw.len < MAIL_RAW_IN_ROW) {
        *ret_blob = STR_NONE;
        return true;
    }
    if (!blob_put_bytes(blobs, raw, &hash, err)) {
        return false;
    }
    *ret_blob = hash_hex(ctx, hash);
    return true;
}

bool mail_spool_put(struct db *tx, const struct mail_arrival *arrival, struct mail_spooled *ret,
                    struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    bool in_row = arrival->raw.len < MAIL_RAW_IN_ROW;
    assert(in_row || !str_empty(arrival->blob));
    const struct mail_in_insert_in in = {
        .id = {db_next_id(tx)},
        .mailbox = arrival->mailbox,
        .recipient = arrival->recipient,
        .envelope_from = arrival->envelope_from,
        .received_at = arrival->received_at,
        .state = STATES[arrival->state],
        .reason = str_utf8_clip(arrival->reason, REASON_MAX),
        .message_id = arrival->message_id,
        .dedupe_key = dedupe_key(ctx, arrival->mailbox, arrival->message_id, arrival->raw),
        .sender = str_one_line(ctx, str_utf8_mend(ctx, arrival->sender), TEXT_MAX),
        .subject = str_one_line(ctx, str_utf8_mend(ctx, arrival->subject), TEXT_MAX),
        .size = (int64_t)arrival->raw.len,
        .blob = in_row ? STR_NONE : arrival->blob,
        .inbox_id = arrival->inbox,
        .silent = arrival->silent,
        .dated_at = {arrival->dated_at != 0, arrival->dated_at},
    };
    int64_t inserted = 0;
    if (!mail_in_insert(tx, &in, &inserted, err)) {
        return false;
    }
    if (inserted == 0) {
        return known_before(tx, ctx, in.dedupe_key, ret, err);
    }
    if (in_row && !mail_in_raw_insert(tx, in.id, arrival->raw, err)) {
        return false;
    }
    *ret = (struct mail_spooled){.id = in.id, .state = arrival->state};
    return true;
}

static bool settle(struct db *tx, const struct mail_in_settle_in *in, struct error *err)
{
    int64_t changes = 0;
    return mail_in_settle(tx, in, &changes, err) && (changes == 1 || not_found(err));
}

bool mail_spool_done(struct db *tx, struct mail_id id, struct ticket_id ticket,
                     struct comment_id comment, int64_t now, struct error *err)
{
    const struct mail_in_settle_in in = {.id = id,
                                         .state = STATES[MAIL_DONE],
                                         .ticket_id = ticket,
                                         .comment_id = comment,
                                         .handled_at = {true, now}};
    return settle(tx, &in, err);
}

bool mail_spool_quarantine(struct db *tx, struct mail_id id, struct str reason, struct error *err)
{
    const struct mail_in_settle_in in = {
        .id = id, .state = STATES[MAIL_QUARANTINED], .reason = str_utf8_clip(reason, REASON_MAX)};
    return settle(tx, &in, err);
}

bool mail_spool_drop(struct db *tx, struct mail_id id, struct str reason, int64_t now,
                     struct error *err)
{
    const struct mail_in_settle_in in = {.id = id,
                                         .state = STATES[MAIL_DROPPED],
                                         .reason = str_utf8_clip(reason, REASON_MAX),
                                         .handled_at = {true, now}};
    return settle(tx, &in, err);
}

// --- fetched mail -----------------------------------------------------------------------------

bool mail_spool_describe(struct db *tx, struct mail_id id, const struct mail_arrival *arrival,
                         struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    return mail_in_describe(tx, id, arrival->recipient, arrival->message_id,
                            str_one_line(ctx, str_utf8_mend(ctx, arrival->sender), TEXT_MAX),
                            str_one_line(ctx, str_utf8_mend(ctx, arrival->subject), TEXT_MAX), err);
}

bool mail_spool_unread(struct db *db, mem_ctx *ctx, struct inbox_id inbox, struct mail_id after,
                       int64_t most, struct mail_id **ret, size_t *ret_count, struct error *err)
{
    struct mail_in_unread_row *rows = NULL;
    if (!mail_in_unread(db, ctx, inbox, after, most, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct mail_id, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = rows[i].id;
    }
    return true;
}

bool mail_spool_attempt(struct db *tx, struct mail_id id, struct error *err)
{
    return mail_in_attempt(tx, id, err);
}

bool mail_spool_known(struct db *db, mem_ctx *ctx, struct str mailbox,
                      const struct str *message_ids, size_t count, bool **ret_known,
                      struct error *err)
{
    struct mail_in_known_keys_row *rows = NULL;
    size_t row_count = 0;
    struct str *keys = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        keys[i] = dedupe_key(ctx, mailbox, message_ids[i], STR(""));
    }
    if (!mail_in_known_keys(db, ctx, keys, count, &rows, &row_count, err)) {
        return false;
    }
    *ret_known = mem_array(ctx, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < row_count && message_ids[i].len > 0; k++) {
            (*ret_known)[i] = (*ret_known)[i] || str_eq(rows[k].dedupe_key, keys[i]);
        }
    }
    return true;
}

// --- the admin's decisions --------------------------------------------------------------------

static bool from_quarantine(struct db *tx, struct mail_id id, enum mail_state to, struct str reason,
                            struct db_opt_i64 handled_at, struct error *err)
{
    int64_t changes = 0;
    if (!mail_in_change(tx, id, STATES[MAIL_QUARANTINED], STATES[to], reason, handled_at, &changes,
                        err)) {
        return false;
    }
    return changes == 1 || error_set(err, ERR_CONFLICT, "This mail is not waiting any more.");
}

bool mail_spool_release(struct db *tx, struct mail_id id, struct error *err)
{
    return from_quarantine(tx, id, MAIL_NEW, STR(""), (struct db_opt_i64){0}, err);
}

bool mail_spool_delete(struct db *tx, mem_ctx *ctx, struct mail_id id, int64_t now,
                       struct str *ret_blob, struct error *err)
{
    struct mail_record record;
    if (!mail_spool_get(tx, ctx, id, &record, err) ||
        !from_quarantine(tx, id, MAIL_DROPPED, STR("Deleted by an administrator."),
                         (struct db_opt_i64){true, now}, err) ||
        !mail_in_raw_delete(tx, id, err) || !mail_in_forget_blob(tx, id, err)) {
        return false;
    }
    *ret_blob = record.blob;
    return true;
}

bool mail_spool_scrub(struct db *tx, struct mail_id id, struct error *err)
{
    return mail_in_raw_delete(tx, id, err) && mail_in_scrub(tx, id, err);
}

bool mail_spool_forget(struct db *tx, struct mail_id id, struct error *err)
{
    return mail_in_raw_delete(tx, id, err) && mail_in_forget(tx, id, err);
}

bool mail_spool_scrub_ticket(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return mail_in_raw_scrub_ticket(tx, ticket, err) && mail_in_scrub_ticket(tx, ticket, err);
}

// --- looking ----------------------------------------------------------------------------------

static struct mail_record record_of(const struct mail_in_row *row)
{
    return (struct mail_record){.id = row->id,
                                .mailbox = row->mailbox,
                                .recipient = row->recipient,
                                .envelope_from = row->envelope_from,
                                .received_at = row->received_at,
                                .state = state_of(row->state),
                                .reason = row->reason,
                                .message_id = row->message_id,
                                .sender = row->sender,
                                .subject = row->subject,
                                .size = row->size,
                                .blob = row->blob,
                                .ticket = row->ticket_id,
                                .comment = row->comment_id,
                                .attempts = row->attempts,
                                .inbox = row->inbox_id,
                                .silent = row->silent,
                                .dated_at = row->dated_at.v};
}

bool mail_spool_get(struct db *db, mem_ctx *ctx, struct mail_id id, struct mail_record *ret,
                    struct error *err)
{
    struct mail_in_row row;
    bool found = false;
    if (!mail_in_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return not_found(err);
    }
    *ret = record_of(&row);
    return true;
}

bool mail_spool_raw(struct db *db, struct blob_store *blobs, mem_ctx *ctx,
                    const struct mail_record *record, struct str *ret, struct error *err)
{
    if (!str_empty(record->blob)) {
        struct hash hash;
        return blob_hash_parse(record->blob, &hash)
                   ? blob_read(ctx, blobs, hash, RAW_MAX, ret, err)
                   : error_internal(err, "a mail names a blob that is no hash");
    }
    struct mail_in_raw_of_row row;
    bool found = false;
    if (!mail_in_raw_of(db, ctx, record->id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_GONE, "The content of this mail was deleted.");
    }
    *ret = row.raw;
    return true;
}

bool mail_spool_list(struct db *db, mem_ctx *ctx, enum mail_state state, struct mail_id before,
                     int64_t most, struct mail_record **ret, size_t *ret_count, struct error *err)
{
    struct mail_in_row *rows = NULL;
    size_t count = 0;
    struct mail_id end = {before.v == 0 ? INT64_MAX : before.v};
    if (!mail_in_waiting(db, ctx, STATES[state], end, most, &rows, &count, err)) {
        return false;
    }
    struct mail_record *records = mem_array(ctx, struct mail_record, count);
    for (size_t i = 0; i < count; i++) {
        records[i] = record_of(&rows[i]);
    }
    *ret = records;
    *ret_count = count;
    return true;
}

bool mail_spool_count(struct db *db, enum mail_state state, int64_t *ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "mail count");
    struct mail_in_count_waiting_row row;
    bool counted = mail_in_count_waiting(db, ctx, STATES[state], &row, err);
    if (counted) {
        *ret = row.count;
    }
    mem_free(ctx);
    return counted;
}

bool mail_spool_ticket_of(struct db *db, mem_ctx *ctx, const struct str *message_ids, size_t count,
                          struct ticket_id *ret, struct error *err)
{
    struct mail_in_tickets_of_row *rows = NULL;
    size_t found = 0;
    if (count > 0 && !mail_in_tickets_of(db, ctx, message_ids, count, &rows, &found, err)) {
        return false;
    }
    *ret = (struct ticket_id){0};
    for (size_t i = 0; i < count && ret->v == 0; i++) {
        for (size_t j = 0; j < found; j++) {
            if (str_eq(rows[j].message_id, message_ids[i])) {
                *ret = rows[j].ticket_id;
            }
        }
    }
    return true;
}

bool mail_spool_ids_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket, int64_t most,
                       struct str **ret, size_t *ret_count, struct error *err)
{
    struct mail_in_ids_of_ticket_row *rows = NULL;
    size_t count = 0;
    if (!mail_in_ids_of_ticket(db, ctx, ticket, most, &rows, &count, err)) {
        return false;
    }
    struct str *ids = mem_array(ctx, struct str, count);
    size_t kept = 0;
    for (size_t i = count; i > 0; i--) {
        if (rows[i - 1].message_id.len > 0) {
            ids[kept++] = rows[i - 1].message_id;
        }
    }
    *ret = ids;
    *ret_count = kept;
    return true;
}
