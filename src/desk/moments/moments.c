// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/moments/moments.h"

#include <string.h>

#include "app/config.h"
#include "base/random.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/moments/queries.h"

enum { MAC_BYTES = 16, WORD_MAX = 2000, LEADS_MAX = 50 };

// --- links --------------------------------------------------------------------------------------

static void mac(struct str secret, struct comment_id comment, struct user_id user,
                unsigned char *ret)
{
    static const char LABEL[] = "moment:";
    char data[sizeof LABEL + sizeof comment.v + sizeof user.v];
    memcpy(data, LABEL, sizeof LABEL);
    memcpy(data + sizeof LABEL, &comment.v, sizeof comment.v);
    memcpy(data + sizeof LABEL + sizeof comment.v, &user.v, sizeof user.v);
    struct hash hash = hash_keyed(secret, (struct str){data, sizeof data});
    memcpy(ret, hash.bytes, MAC_BYTES);
}

struct str moment_token(mem_ctx *ctx, struct str secret, struct comment_id comment,
                        struct user_id user)
{
    unsigned char bytes[MAC_BYTES];
    mac(secret, comment, user, bytes);
    struct str signature = hex_encode(ctx, (struct str){(const char *)bytes, MAC_BYTES});
    return str_printf(ctx, "%lld-%lld-" STR_FMT, (long long)comment.v, (long long)user.v,
                      STR_ARG(signature));
}

bool moment_token_read(mem_ctx *ctx, struct str secret, struct str token,
                       struct comment_id *ret_comment, struct user_id *ret_user)
{
    struct str comment_text;
    struct str user_text;
    struct str rest;
    struct str signature;
    struct comment_id comment;
    struct user_id user;
    str_cut(token, '-', &comment_text, &rest);
    str_cut(rest, '-', &user_text, &signature);
    if (str_none(signature) || !str_to_i64(comment_text, &comment.v) ||
        !str_to_i64(user_text, &user.v) ||
        !secret_equal(moment_token(ctx, secret, comment, user), token)) {
        return false;
    }
    *ret_comment = comment;
    *ret_user = user;
    return true;
}

// --- rows ---------------------------------------------------------------------------------------

static const char *const RECOVERIES[] = {"none", "open", "answered", "closed"};

static struct moment from_row(const struct moment_row *row)
{
    struct moment moment = {
        .id = row->id,
        .ticket = row->ticket_id,
        .comment = row->comment_id,
        .user = row->user_id,
        .good = str_eq_c(row->score, "good"),
        .word = row->word,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .outcome = row->outcome,
        .closed_by = row->closed_by,
        .closed_at = row->closed_at.v,
    };
    for (size_t i = 0; i < sizeof RECOVERIES / sizeof *RECOVERIES; i++) {
        if (str_eq_c(row->recovery, RECOVERIES[i])) {
            moment.recovery = (enum recovery)i;
        }
    }
    return moment;
}

static void from_rows(mem_ctx *ctx, const struct moment_row *rows, size_t count,
                      struct moment **ret, size_t *ret_count)
{
    *ret = mem_array(ctx, struct moment, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    *ret_count = count;
}

bool moment_find(struct db *db, mem_ctx *ctx, struct comment_id comment, struct user_id user,
                 struct moment *ret, bool *ret_found, struct error *err)
{
    struct moment_row row;
    if (!moment_of(db, ctx, comment, user, &row, ret_found, err)) {
        return false;
    }
    if (*ret_found) {
        *ret = from_row(&row);
    }
    return true;
}

bool moment_load(struct db *db, mem_ctx *ctx, struct moment_id id, struct moment *ret,
                 struct error *err)
{
    struct moment_row row;
    bool found = false;
    if (!moment_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such verdict.");
    }
    *ret = from_row(&row);
    return true;
}

// --- judging ------------------------------------------------------------------------------------

static bool load_answer(struct db *tx, mem_ctx *ctx, const struct verdict *verdict,
                        struct ticket *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_comment comment;
    struct user author;
    bool found = false;
    if (!comment_load(tx, ctx, &system, verdict->comment, &comment, err) ||
        !ticket_load(tx, ctx, &system, comment.ticket, ret, err) ||
        !user_find(tx, ctx, comment.author, &author, &found, err)) {
        return false;
    }
    bool answer = found && author.role >= ROLE_LIGHT_AGENT && comment.is_public &&
                  !comment.withdrawn && comment.author.v != verdict->user.v;
    return answer || error_set(err, ERR_NOT_FOUND, "There is no such answer to judge.");
}

// Not to whom the ticket belongs: a bad moment is never handled by the one it was about alone.
static bool tell_leads(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct ticket *ticket,
                       const struct verdict *verdict, struct error *err)
{
    struct user_query query = {.roles = 1U << ROLE_LEAD, .limit = LEADS_MAX};
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user *people = NULL;
    size_t count = 0;
    if (!users_list(tx, ctx, &system, &query, &people, &count, err)) {
        return false;
    }
    if (count == 0) {
        query.roles = 1U << ROLE_ADMIN;
        if (!users_list(tx, ctx, &system, &query, &people, &count, err)) {
            return false;
        }
    }
    struct str said = str_empty(verdict->word) ? STR("Nothing was said with it.") : verdict->word;
    struct str subject = str_printf(ctx, "A bad moment in #%lld: " STR_FMT, (long long)ticket->id.v,
                                    STR_ARG(ticket->subject));
    struct str text = str_printf(ctx,
                                 "Somebody was not helped by an answer.\n\n" STR_FMT
                                 "\n\nTicket: " STR_FMT "/tickets/%lld\nAll that wait: " STR_FMT
                                 "/moments\n\nThe steward answers; please see that "
                                 "it turns out well, and note what came of it.\n",
                                 STR_ARG(said), STR_ARG(desk->app->config->public_url),
                                 (long long)ticket->id.v, STR_ARG(desk->app->config->public_url));
    for (size_t i = 0; i < count; i++) {
        if (!people[i].suspended && !str_empty(people[i].email) &&
            !channels_tell(desk, tx, &people[i], subject, text, err)) {
            return false;
        }
    }
    return true;
}

static bool note_verdict(struct desk *desk, struct db *tx, const struct ticket *ticket,
                         const struct verdict *verdict, struct error *err)
{
    struct ticket_event event = {
        .kind = STR("Change"),
        .field = STR("satisfaction_score"),
        .value = verdict->good ? STR("good") : STR("bad"),
        .previous = STR_NONE,
    };
    return ticket_note_event(&desk->tickets, tx, ticket->id, &event, err);
}

static const char *next_recovery(const struct moment *before, bool found, bool good)
{
    if (!found || before->recovery == RECOVERY_NONE) {
        return good ? "none" : "open";
    }
    // A changed mind closes nothing that a lead looks at; one that turns bad again opens it again.
    bool again = !good && before->good;
    return again ? "open" : RECOVERIES[before->recovery];
}

bool moment_judge(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct verdict *verdict,
                  struct moment *ret, struct error *err)
{
    struct ticket ticket;
    struct moment before = {0};
    bool found = false;
    int64_t now = clock_now(desk->app->clock);
    if (!load_answer(tx, ctx, verdict, &ticket, err) ||
        !moment_find(tx, ctx, verdict->comment, verdict->user, &before, &found, err)) {
        return false;
    }
    struct str score = verdict->good ? STR("good") : STR("bad");
    struct str said = str_none(verdict->word) ? (found ? before.word : STR("")) : verdict->word;
    said = str_utf8_clip(str_trim(said), WORD_MAX);
    struct str recovery = str_c(next_recovery(&before, found, verdict->good));
    struct moment_id id = found ? before.id : (struct moment_id){db_next_id(tx)};
    struct moment_insert_in insert = {id,   ticket.id, verdict->comment, verdict->user, score,
                                      said, now,       recovery};
    bool new_score = !found || before.good != verdict->good;
    bool turned_bad = new_score && !verdict->good;
    bool done = (found ? moment_update(tx, id, score, said, now, recovery, err)
                       : moment_insert(tx, &insert, err)) &&
                (!new_score || note_verdict(desk, tx, &ticket, verdict, err)) &&
                (!turned_bad || tell_leads(desk, tx, ctx, &ticket, verdict, err));
    if (!done) {
        return false;
    }
    channels_publish_ticket(tx, ticket.id);
    return moment_load(tx, ctx, id, ret, err);
}

bool moments_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                     struct error *err)
{
    (void)env;
    const struct new_comment *comment = applied->change->comment;
    const struct ticket *ticket = &applied->outcome->after;
    bool answers = !applied->change->import && comment != NULL && comment->is_public &&
                   actor_is_staff(applied->actor) && applied->outcome->before.id.v != 0 &&
                   ticket->requester.v != applied->actor->user.v;
    return !answers || moments_answered(tx, ticket->id, err);
}

// --- reading ------------------------------------------------------------------------------------

bool moments_of(struct db *db, mem_ctx *ctx, const int64_t *tickets, size_t count,
                struct moment **ret, size_t *ret_count, struct error *err)
{
    struct moment_row *rows = NULL;
    size_t row_count = 0;
    if (!moments_of_tickets(db, ctx, tickets, count, &rows, &row_count, err)) {
        return false;
    }
    from_rows(ctx, rows, row_count, ret, ret_count);
    return true;
}

static bool leads_only(const struct actor *actor, struct error *err)
{
    return actor->role >= ROLE_LEAD ||
           error_set(err, ERR_FORBIDDEN, "Only leads and administrators look after bad moments.");
}

bool moments_waiting(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
                     struct moment **ret, size_t *ret_count, struct error *err)
{
    struct moment_row *rows = NULL;
    size_t count = 0;
    if (!leads_only(actor, err) || !moments_to_recover(db, ctx, most, &rows, &count, err)) {
        return false;
    }
    from_rows(ctx, rows, count, ret, ret_count);
    return true;
}

bool moments_last(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
                  struct moment **ret, size_t *ret_count, struct error *err)
{
    struct moment_row *rows = NULL;
    size_t count = 0;
    if (!leads_only(actor, err) || !moments_latest(db, ctx, most, &rows, &count, err)) {
        return false;
    }
    from_rows(ctx, rows, count, ret, ret_count);
    return true;
}

bool moments_sum(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                 int64_t until, struct moment_sum *ret, struct error *err)
{
    struct moment_sums_row *rows = NULL;
    size_t count = 0;
    *ret = (struct moment_sum){0};
    if (!leads_only(actor, err) || !moment_sums(db, ctx, since, until, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *(str_eq_c(rows[i].score, "good") ? &ret->good : &ret->bad) = rows[i].uses;
    }
    return true;
}

bool moments_list(struct db *db, mem_ctx *ctx, const struct moment_query *query,
                  struct moment **ret, size_t *ret_count, struct error *err)
{
    struct moments_between_in in = {query->after, query->since,     query->until,
                                    query->score, query->with_word, query->most};
    struct moment_row *rows = NULL;
    size_t count = 0;
    if (!moments_between(db, ctx, &in, &rows, &count, err)) {
        return false;
    }
    from_rows(ctx, rows, count, ret, ret_count);
    return true;
}

struct closing {
    struct moment_id id;
    struct str outcome;
    struct user_id by;
    int64_t now;
};

static bool close_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct closing *closing = arg;
    int64_t changes = 0;
    return moment_close(tx, closing->id, closing->outcome, closing->by, closing->now, &changes,
                        err) &&
           (changes == 1 || error_set(err, ERR_CONFLICT, "Somebody noted the outcome already."));
}

bool moment_recovered(struct desk *desk, const struct actor *actor, struct moment_id id,
                      struct str outcome, struct error *err)
{
    struct closing closing = {id, str_utf8_clip(str_trim(outcome), WORD_MAX), actor->user,
                              clock_now(desk->app->clock)};
    if (!leads_only(actor, err)) {
        return false;
    }
    if (str_empty(closing.outcome)) {
        return error_set(err, ERR_INVALID, "Please say in a few words what came of it.");
    }
    return db_tx_run(desk->app->db, "moment.close", close_in_tx, &closing, err);
}

bool moments_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return moments_scrub_ticket(tx, ticket, err);
}
