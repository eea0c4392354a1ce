// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/trail/trail.h"

#include "desk/trail/queries.h"

#define TEXT_MAX 2000

bool trail_add(struct db *tx, const struct actor *actor, int64_t now, const struct trail_note *note,
               struct error *err)
{
    bool person = actor->user.v != 0 && !str_empty(actor->name);
    struct audit_log_insert_in in = {
        .id = db_next_id(tx),
        .action = str_c(note->action),
        .actor_id = actor->user,
        .actor_name = person ? actor->name : STR("The desk"),
        .source_type = str_c(note->source_type),
        .source_id = note->source_id,
        .source_label =
            str_none(note->source_label) ? STR("") : str_utf8_clip(note->source_label, TEXT_MAX),
        .change_text = str_none(note->change) ? STR("") : str_utf8_clip(note->change, TEXT_MAX),
        .address = str_empty(actor->address) ? STR_NONE : actor->address,
        .created_at = now,
    };
    return audit_log_insert(tx, &in, err);
}

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators read the trail.");
}

static struct trail_entry from_row(const struct audit_log_row *row)
{
    return (struct trail_entry){.id = row->id,
                                .action = row->action,
                                .actor = row->actor_id,
                                .actor_name = row->actor_name,
                                .source_type = row->source_type,
                                .source_id = row->source_id,
                                .source_label = row->source_label,
                                .change = row->change_text,
                                .address = row->address,
                                .created_at = row->created_at};
}

bool trail_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                const struct trail_query *query, struct trail_entry **ret, size_t *ret_count,
                struct error *err)
{
    struct audit_log_row *rows = NULL;
    size_t count = 0;
    struct audit_log_up_in up = {query->above,   query->below,       query->since,     query->until,
                                 query->action,  query->source_type, query->source_id, query->actor,
                                 query->address, query->limit,       query->offset};
    struct audit_log_down_in down = {query->above,     query->below,  query->since,
                                     query->until,     query->action, query->source_type,
                                     query->source_id, query->actor,  query->address,
                                     query->limit,     query->offset};
    if (!admins_only(actor, err) ||
        !(query->descending ? audit_log_down(db, ctx, &down, &rows, &count, err)
                            : audit_log_up(db, ctx, &up, &rows, &count, err))) {
        return false;
    }
    *ret = mem_array(ctx, struct trail_entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    *ret_count = count;
    return true;
}

bool trail_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                 const struct trail_query *query, int64_t *ret, struct error *err)
{
    struct audit_log_total_row row;
    struct audit_log_total_in in = {0,
                                    INT64_MAX,
                                    query->since,
                                    query->until,
                                    query->action,
                                    query->source_type,
                                    query->source_id,
                                    query->actor,
                                    query->address};
    if (!admins_only(actor, err) || !audit_log_total(db, ctx, &in, &row, err)) {
        return false;
    }
    *ret = row.n;
    return true;
}

bool trail_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                struct trail_entry *ret, struct error *err)
{
    struct audit_log_row row;
    bool found = false;
    if (!admins_only(actor, err) || !audit_log_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such entry.");
    }
    *ret = from_row(&row);
    return true;
}
