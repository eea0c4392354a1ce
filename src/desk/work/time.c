// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is spent on tickets, and what stands below the answers of a group.
#include "desk/desk.h"
#include "desk/work/queries.h"
#include "desk/work/work_internal.h"

#define NOTE_CHARS 300

static struct str kind_word(enum time_kind kind)
{
    return kind == TIME_CALL ? STR("call") : STR("work");
}

struct str time_words(mem_ctx *ctx, int64_t seconds)
{
    int64_t minutes = (seconds + 59) / 60;
    if (minutes < 60) {
        return str_printf(ctx, "%lld min", (long long)minutes);
    }
    return minutes % 60 == 0 ? str_printf(ctx, "%lld h", (long long)(minutes / 60))
                             : str_printf(ctx, "%lld h %lld min", (long long)(minutes / 60),
                                          (long long)(minutes % 60));
}

bool time_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
              const struct time_spent *spent, struct error *err)
{
    struct ticket ticket;
    if (!ticket_load(tx, ctx, actor, spent->ticket, &ticket, err)) {
        return false;
    }
    if (!actor_is_staff(actor) || actor->user.v == 0) {
        return error_set(err, ERR_FORBIDDEN, "Only staff record time.");
    }
    if (spent->seconds <= 0 || spent->seconds > TIME_MOST_SECONDS) {
        return error_field(err, "minutes", "InvalidValue",
                           "Minutes: a whole number from 1 to %lld, please.",
                           (long long)(TIME_MOST_SECONDS / 60));
    }
    struct time_insert_in in = {db_next_id(tx),
                                ticket.id,
                                actor->user,
                                kind_word(spent->kind),
                                spent->seconds,
                                str_one_line(ctx, spent->note, NOTE_CHARS),
                                clock_now(desk->tickets.clock)};
    struct ticket_event event = {.kind = STR("Change"),
                                 .field = spent->kind == TIME_CALL ? STR("call_time")
                                                                   : STR("time_spent"),
                                 .value = str_printf(ctx, "%lld", (long long)spent->seconds),
                                 .previous = STR_NONE};
    return time_insert(tx, &in, err) && work_note(desk, tx, actor, ticket.id, &event, err);
}

bool time_list(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct time_entry **ret,
               size_t *ret_count, struct error *err)
{
    struct time_row *rows = NULL;
    if (!time_of_ticket(db, ctx, ticket, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct time_entry, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct time_entry){
            .id = rows[i].id,
            .user = rows[i].user_id,
            .kind = str_eq_c(rows[i].kind, "call") ? TIME_CALL : TIME_WORK,
            .seconds = rows[i].seconds,
            .note = rows[i].note,
            .at = rows[i].created_at,
        };
    }
    return true;
}

bool time_of(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id ticket,
             int64_t *ret_all, int64_t *ret_own, struct error *err)
{
    struct time_sum_row row;
    if (!time_sum(db, ctx, ticket, actor->user, &row, err)) {
        return false;
    }
    *ret_all = row.seconds;
    *ret_own = row.own;
    return true;
}

bool time_remove(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 int64_t entry, struct ticket_id *ret_ticket, struct error *err)
{
    struct time_row row;
    struct ticket ticket;
    bool found = false;
    if (!time_by_id(tx, ctx, entry, &row, &found, err)) {
        return false;
    }
    if (!found || !ticket_load(tx, ctx, actor, row.ticket_id, &ticket, err)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such entry.");
    }
    if (row.user_id.v != actor->user.v && !actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only your own time can be taken off.");
    }
    *ret_ticket = ticket.id;
    struct ticket_event event = {.kind = STR("Change"),
                                 .field = STR("time_spent"),
                                 .value = STR_NONE,
                                 .previous = str_printf(ctx, "%lld", (long long)row.seconds)};
    return time_delete(tx, entry, err) && work_note(desk, tx, actor, ticket.id, &event, err);
}

bool time_by_person(struct db *db, mem_ctx *ctx, const struct actor *actor,
                    const struct time_range *range, struct time_total **ret, size_t *ret_count,
                    struct error *err)
{
    struct time_of_people_row *rows = NULL;
    size_t count = 0;
    bool all = actor->role >= ROLE_LEAD;
    struct user_id only = all ? (struct user_id){0} : actor->user;
    if (!time_of_people(db, ctx, range->since, range->until, only, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct time_total, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool same = *ret_count > 0 && (*ret)[*ret_count - 1].user.v == rows[i].user_id.v;
        *ret_count += same ? 0 : 1;
        struct time_total *one = &(*ret)[*ret_count - 1];
        bool call = str_eq_c(rows[i].kind, "call");
        one->user = rows[i].user_id;
        one->seconds += rows[i].seconds;
        one->entries += rows[i].entries;
        one->call_seconds += call ? rows[i].seconds : 0;
    }
    return true;
}

// --- signatures ---------------------------------------------------------------------------------

bool signature_words(struct db *db, mem_ctx *ctx, const struct user *author, struct group_id group,
                     struct str *ret, struct error *err)
{
    struct group_signature_of_row row = {STR_NONE};
    bool found = false;
    *ret = str_none(author->signature) ? STR("") : str_trim(author->signature);
    if (!str_empty(*ret) || group.v == 0) {
        return true;
    }
    if (!group_signature_of(db, ctx, group, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return true;
    }
    // The one word that a group's signature needs filled in.
    struct str head;
    struct str tail;
    ptrdiff_t at = str_find(row.words, STR("{name}"));
    head = at < 0 ? row.words : str_sub(row.words, 0, (size_t)at);
    tail = at < 0 ? STR("") : str_from(row.words, (size_t)at + strlen("{name}"));
    *ret = str_printf(ctx, STR_FMT STR_FMT STR_FMT, STR_ARG(head),
                      STR_ARG(at < 0 ? STR("") : author->name), STR_ARG(tail));
    return true;
}

bool signatures_of_groups(struct db *db, mem_ctx *ctx, struct group_words **ret, size_t *ret_count,
                          struct error *err)
{
    struct group_signatures_row *rows = NULL;
    if (!group_signatures(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct group_words, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct group_words){rows[i].group_id, rows[i].words};
    }
    return true;
}

bool signature_set(struct db *tx, const struct actor *actor, struct group_id group,
                   struct str words, struct error *err)
{
    bool exists = false;
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "This is for administrators.");
    }
    if (!group_exists(tx, group, &exists, err)) {
        return false;
    }
    if (!exists) {
        return error_set(err, ERR_NOT_FOUND, "There is no such group.");
    }
    if (words.len > SIGNATURE_MOST) {
        return error_field(err, "words", "TooLong", "Signature: at most %d bytes, please.",
                           SIGNATURE_MOST);
    }
    return str_empty(words) ? group_signature_delete(tx, group, err)
                            : group_signature_put(tx, group, words, err);
}
