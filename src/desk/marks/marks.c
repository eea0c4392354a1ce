// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/marks/marks.h"

#include "desk/desk.h"
#include "desk/marks/queries.h"
#include "desk/notices/notices.h"

#define ACTIVITY_LIFE_MS (30 * DAYS_MS)

static const char *const KINDS[] = {"activity", "bookmark", "skip", "subscription"};

static struct str kind_word(enum mark_kind kind)
{
    return str_c(KINDS[kind]);
}

static struct mark from_row(enum mark_kind kind, const struct mark_row *row)
{
    return (struct mark){.id = row->id,
                         .kind = kind,
                         .user = row->user_id,
                         .object = row->object_id,
                         .actor = row->actor_id,
                         .word = row->word,
                         .comment = row->comment_id,
                         .created_at = row->created_at};
}

bool marks_list(struct db *db, mem_ctx *ctx, const struct mark_query *query, struct mark **ret,
                size_t *ret_count, struct error *err)
{
    struct mark_row *rows = NULL;
    size_t count = 0;
    struct str kind = kind_word(query->kind);
    bool ok = query->user.v != 0 ? marks_of_user(db, ctx, kind, query->user, query->since,
                                                 MARKS_MOST, &rows, &count, err)
              : query->object != 0
                  ? marks_of_object(db, ctx, kind, query->object, MARKS_MOST, &rows, &count, err)
                  : marks_of_kind(db, ctx, kind, MARKS_MOST, &rows, &count, err);
    if (!ok) {
        return false;
    }
    *ret = mem_array(ctx, struct mark, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(query->kind, &rows[count - 1 - i]);
    }
    *ret_count = count;
    return true;
}

bool mark_load(struct db *db, mem_ctx *ctx, enum mark_kind kind, int64_t id, struct mark *ret,
               struct error *err)
{
    struct mark_row row;
    bool found = false;
    if (!mark_by_id(db, ctx, kind_word(kind), id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such %s.", KINDS[kind]);
    }
    *ret = from_row(kind, &row);
    return true;
}

bool mark_add(struct db *tx, mem_ctx *ctx, struct mark *mark, bool *ret_new, struct error *err)
{
    struct mark_row row;
    struct str kind = kind_word(mark->kind);
    bool found = false;
    bool once = mark->kind == MARK_BOOKMARK || mark->kind == MARK_SUBSCRIPTION;
    if (once && !mark_between(tx, ctx, kind, mark->user, mark->object, &row, &found, err)) {
        return false;
    }
    *ret_new = !found;
    if (found) {
        *mark = from_row(mark->kind, &row);
        return true;
    }
    mark->id = db_next_id(tx);
    struct mark_insert_in in = {mark->id,    kind,       mark->user,    mark->object,
                                mark->actor, mark->word, mark->comment, mark->created_at};
    return mark_insert(tx, &in, err);
}

bool mark_remove(struct db *tx, int64_t id, struct error *err)
{
    return mark_delete(tx, id, err);
}

bool person_settings(struct db *db, mem_ctx *ctx, struct user_id user, struct str *ret,
                     struct error *err)
{
    struct person_setting_of_row row;
    bool found = false;
    if (!person_setting_of(db, ctx, user, &row, &found, err)) {
        return false;
    }
    *ret = found ? row.doc : STR("{}");
    return true;
}

bool person_settings_store(struct db *tx, struct user_id user, struct str doc, int64_t now,
                           struct error *err)
{
    return person_setting_put(tx, user, doc, now, err);
}

bool marks_followers(struct db *tx, mem_ctx *ctx, const struct ticket *ticket, struct user_id **ret,
                     size_t *ret_count, struct error *err)
{
    struct mark_query query = {.kind = MARK_SUBSCRIPTION, .object = ticket->organization.v};
    struct mark *list = NULL;
    size_t count = 0;
    *ret = NULL;
    *ret_count = 0;
    if (ticket->organization.v == 0) {
        return true;
    }
    if (!marks_list(tx, ctx, &query, &list, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct actor reader;
        if (!people_load_actor(tx, ctx, list[i].user, &reader, err)) {
            return false;
        }
        if (reader.user.v != 0 && ticket_may_see(tx, &reader, ticket)) {
            (*ret)[(*ret_count)++] = reader.user;
        }
    }
    return true;
}

// --- activities ---------------------------------------------------------------------------------

static bool tell(const struct ticket_applied *applied, struct db *tx, const char *verb,
                 struct comment_id comment, struct error *err)
{
    const struct ticket *ticket = &applied->outcome->after;
    struct mark mark = {.kind = MARK_ACTIVITY,
                        .user = ticket->assignee,
                        .object = ticket->id.v,
                        .actor = applied->actor->user,
                        .word = str_c(verb),
                        .comment = comment,
                        .created_at = applied->now};
    bool fresh = false;
    return mark_add(tx, applied->ctx, &mark, &fresh, err);
}

// Whoever is named in a note hears of it as a mention, and not once more as the assignee.
static bool tell_of_comment(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                            struct error *err)
{
    const struct new_comment *comment = applied->change->comment;
    const struct user_id assignee = applied->outcome->after.assignee;
    bool named = false;
    if (!tell(applied, tx, ACTIVITY_COMMENT, applied->outcome->comment, err) ||
        !mentions_name(desk, tx, applied, assignee, &named, err)) {
        return false;
    }
    enum notice_kind kind = comment != NULL && !comment->is_public ? NOTICE_NOTE : NOTICE_REPLY;
    return named || notice_tell(desk, tx, applied, kind, assignee, err);
}

bool marks_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                   struct error *err)
{
    struct desk *desk = env;
    const struct ticket *before = &applied->outcome->before;
    const struct ticket *after = &applied->outcome->after;
    bool somebody = after->assignee.v != 0 && after->assignee.v != applied->actor->user.v;
    if (!somebody || applied->change->import) {
        return true;
    }
    const struct comment_id none = {0};
    bool assigned = before->assignee.v != after->assignee.v;
    bool said = applied->outcome->comment.v != 0 && before->id.v != 0;
    bool raised = before->id.v != 0 && !assigned && after->priority > before->priority;
    return (!assigned ||
            (tell(applied, tx, ACTIVITY_ASSIGNMENT, none, err) &&
             notice_tell(desk, tx, applied, NOTICE_ASSIGNMENT, after->assignee, err))) &&
           (!said || tell_of_comment(desk, tx, applied, err)) &&
           (!raised || tell(applied, tx, ACTIVITY_PRIORITY, none, err));
}

bool marks_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    struct str kind = kind_word(MARK_SUBSCRIPTION);
    return marks_move_person(tx, kind, from, to, err) && marks_forget_person(tx, kind, from, err);
}

bool marks_organization_moved(struct db *tx, struct organization_id from, struct organization_id to,
                              struct error *err)
{
    struct str kind = kind_word(MARK_SUBSCRIPTION);
    return marks_move_object(tx, kind, from.v, to.v, err) &&
           marks_forget_object(tx, kind, from.v, err);
}

static bool sweep_tx(struct db *tx, void *arg, struct error *err)
{
    const struct desk *desk = arg;
    return marks_forget(tx, kind_word(MARK_ACTIVITY),
                        clock_now(desk->app->clock) - ACTIVITY_LIFE_MS, err);
}

bool marks_sweep(void *env, mem_ctx *ctx, struct error *err)
{
    (void)ctx;
    struct desk *desk = env;
    return db_tx_run(desk->app->db, "marks.sweep", sweep_tx, desk, err);
}
