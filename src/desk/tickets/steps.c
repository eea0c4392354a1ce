// SPDX-License-Identifier: GPL-3.0-or-later
//
// A ticket's life as a row of steps, read from its history: what clocks are made from.
#include "desk/people/people.h"
#include "desk/tickets/queries.h"
#include "desk/tickets/tickets_internal.h"

bool ticket_words_answer(const struct ticket *ticket, struct user_id author, enum role role)
{
    return author.v != ticket->requester.v && role >= ROLE_LIGHT_AGENT;
}

static enum role role_of(const struct user *users, size_t count, struct user_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (users[i].id.v == id.v) {
            return users[i].role;
        }
    }
    return ROLE_END_USER;
}

struct life {
    const struct ticket *ticket;
    const struct step_events_row *events;
    size_t event_count;
    const struct step_comments_row *comments;
    size_t comment_count;
    const struct user *users;
    size_t user_count;
};

// What one audit did.
static void take_audit(const struct life *l, int64_t audit, size_t *event, size_t *comment,
                       struct ticket_step *step)
{
    for (; *event < l->event_count && l->events[*event].audit_id.v == audit; (*event)++) {
        struct str word = l->events[*event].value;
        step->at = l->events[*event].created_at;
        if (!str_none(word) && !ticket_status_parse(word, &step->status)) {
            step->status = STATUS_OPEN;
        }
    }
    for (; *comment < l->comment_count && l->comments[*comment].audit_id.v == audit; (*comment)++) {
        const struct step_comments_row *one = &l->comments[*comment];
        step->at = one->created_at;
        bool answer = ticket_words_answer(l->ticket, one->author_id,
                                          role_of(l->users, l->user_count, one->author_id));
        step->answered = step->answered || (answer && !step->created);
        step->asked = step->asked || !answer;
    }
}

bool ticket_steps(struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                  struct ticket_step **ret, size_t *ret_count, struct error *err)
{
    struct step_events_row *events = NULL;
    struct step_comments_row *comments = NULL;
    struct user *users = NULL;
    struct life life = {.ticket = ticket};
    if (!step_events(db, ctx, ticket->id, &events, &life.event_count, err) ||
        !step_comments(db, ctx, ticket->id, &comments, &life.comment_count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx, struct user_id, life.comment_count + 1);
    for (size_t i = 0; i < life.comment_count; i++) {
        ids[i] = comments[i].author_id;
    }
    if (!users_by_ids(db, ctx, ids, life.comment_count, &users, &life.user_count, err)) {
        return false;
    }
    life.events = events;
    life.comments = comments;
    life.users = users;
    struct ticket_step *steps =
        mem_array(ctx, struct ticket_step, life.event_count + life.comment_count + 1);
    enum ticket_status status = STATUS_NEW;
    size_t count = 0;
    for (size_t e = 0, c = 0; e < life.event_count || c < life.comment_count; count++) {
        int64_t audit = e < life.event_count ? events[e].audit_id.v : INT64_MAX;
        bool talk = c < life.comment_count && comments[c].audit_id.v < audit;
        steps[count] = (struct ticket_step){.created = count == 0, .status = status};
        take_audit(&life, talk ? comments[c].audit_id.v : audit, &e, &c, &steps[count]);
        status = steps[count].status;
    }
    if (ticket->deleted_at != 0) {
        steps[count++] = (struct ticket_step){.at = ticket->deleted_at, .status = STATUS_CLOSED};
    }
    *ret = steps;
    *ret_count = count;
    return true;
}

bool ticket_breach_note(struct db *tx, struct ticket_id ticket, int64_t breach_at,
                        struct error *err)
{
    struct db_opt_i64 at = {breach_at != 0, breach_at};
    return ticket_breach_write(tx, ticket, at, err);
}

bool ticket_cost_note(struct db *tx, struct ticket_id ticket, int64_t cents_an_hour,
                      struct error *err)
{
    return ticket_cost_write(tx, ticket, cents_an_hour, err);
}
