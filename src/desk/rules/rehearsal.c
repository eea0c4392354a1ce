// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/rehearsal.h"

#include "desk/people/people.h"

struct retelling {
    struct db *db;
    mem_ctx *ctx;
    const struct conditions *conditions;
    struct rehearsal *result;
    const struct ticket *latest;  // as it is now
    struct ticket ticket;         // as it was after the change that is told
    struct ticket_audit *audits;
    size_t audit_count;
    struct ticket_event *events;
    size_t event_count;
    struct ticket_comment *comments;
    size_t comment_count;
};

static int64_t id_of(struct str text)
{
    int64_t id = 0;
    return !str_none(text) && str_to_i64(text, &id) ? id : 0;
}

// Takes one event back.
static void undo(struct ticket *t, const struct ticket_event *event)
{
    struct str value = str_none(event->previous) ? STR("") : event->previous;
    if (!str_eq_c(event->kind, "Change")) {
        return;
    }
    if (str_eq_c(event->field, "status")) {
        t->status = ticket_status_parse(value, &t->status) ? t->status : STATUS_NEW;
    } else if (str_eq_c(event->field, "priority")) {
        t->priority = ticket_priority_parse(value, &t->priority) ? t->priority : PRIORITY_NONE;
    } else if (str_eq_c(event->field, "type")) {
        t->type = ticket_type_parse(value, &t->type) ? t->type : TYPE_NONE;
    } else if (str_eq_c(event->field, "assignee_id")) {
        t->assignee.v = id_of(value);
    } else if (str_eq_c(event->field, "group_id")) {
        t->group.v = id_of(value);
    } else if (str_eq_c(event->field, "requester_id")) {
        t->requester.v = id_of(value);
    } else if (str_eq_c(event->field, "organization_id")) {
        t->organization.v = id_of(value);
    } else if (str_eq_c(event->field, "subject")) {
        t->subject = value;
    } else if (str_eq_c(event->field, "tags")) {
        t->tags = value;
    }
}

static enum channel channel_of(struct str word)
{
    static const struct str WORDS[] = {
#define CHANNEL(name, word) [CHANNEL_##name] = STR_INIT(word),
        CHANNELS
#undef CHANNEL
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_eq(WORDS[i], word)) {
            return (enum channel)i;
        }
    }
    return CHANNEL_WEB;
}

static bool author_of(struct retelling *r, const struct ticket_audit *audit, struct actor *ret,
                      struct error *err)
{
    struct user user;
    bool found = false;
    *ret = actor_system(channel_of(audit->channel));
    if (audit->author.v != 0 && !user_find(r->db, r->ctx, audit->author, &user, &found, err)) {
        return false;
    }
    if (found) {
        ret->user = user.id;
        ret->role = user.role;
    }
    return true;
}

static void add_found(struct rehearsal *result, const struct ticket *ticket)
{
    result->matched++;
    for (size_t i = 0; i < result->count; i++) {
        if (result->tickets[i].id.v == ticket->id.v) {
            return;
        }
    }
    if (result->count < REHEARSAL_SHOWN) {
        result->tickets[result->count++] = *ticket;
    }
}

static bool tell_one(struct retelling *r, size_t index, struct error *err)
{
    const struct ticket_audit *audit = &r->audits[index];
    struct ticket before = r->ticket;
    struct new_comment comment = {.quoted_from = -1};
    struct actor author;
    bool wrote = false;
    bool matches = false;
    for (size_t i = r->event_count; i > 0; i--) {
        if (r->events[i - 1].audit.v == audit->id.v) {
            undo(&before, &r->events[i - 1]);
        }
    }
    for (size_t i = 0; i < r->comment_count && !wrote; i++) {
        wrote = r->comments[i].audit.v == audit->id.v;
        comment.body = r->comments[i].body;
        comment.is_public = r->comments[i].is_public;
    }
    if (index == 0) {
        before = (struct ticket){.subject = STR(""), .tags = STR("")};
    }
    if (!author_of(r, audit, &author, err)) {
        return false;
    }
    struct rule_facts facts = {.db = r->db,
                               .ctx = r->ctx,
                               .before = &before,
                               .ticket = &r->ticket,
                               .actor = &author,
                               .comment = wrote ? &comment : NULL,
                               .now = audit->created_at};
    if (!conditions_match(&facts, r->conditions, &matches, err)) {
        return false;
    }
    r->result->tried++;
    if (matches) {
        add_found(r->result, r->latest);
    }
    r->ticket = before;
    return true;
}

static bool tell_ticket(struct retelling *r, const struct actor *actor, struct error *err)
{
    struct ticket_id id = r->latest->id;
    r->ticket = *r->latest;
    if (!ticket_audits(r->db, r->ctx, id, &r->audits, &r->audit_count, &r->events, &r->event_count,
                       err) ||
        !ticket_comments(r->db, r->ctx, actor, id, &r->comments, &r->comment_count, err)) {
        return false;
    }
    for (size_t i = r->audit_count; i > 0 && r->result->tried < REHEARSAL_CHANGES; i--) {
        if (!tell_one(r, i - 1, err)) {
            return false;
        }
    }
    return true;
}

static bool rehearse_now(struct retelling *r, const struct actor *actor, int64_t now,
                         struct ticket *tickets, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct rule_facts facts = {
            .db = r->db, .ctx = r->ctx, .ticket = &tickets[i], .actor = actor, .now = now};
        bool matches = false;
        if (!conditions_match(&facts, r->conditions, &matches, err)) {
            return false;
        }
        r->result->tried++;
        if (matches) {
            add_found(r->result, &tickets[i]);
        }
    }
    return true;
}

bool rule_rehearse(struct db *db, mem_ctx *ctx, const struct actor *actor, enum rule_kind kind,
                   const struct conditions *conditions, int64_t now, struct rehearsal *ret,
                   struct error *err)
{
    struct ticket *tickets = NULL;
    size_t count = 0;
    bool automation = kind == RULE_AUTOMATION;
    struct ticket_query query = {0};
    if (automation) {
        query = conditions_filter(ctx, conditions, actor, now, NULL);
    }
    query.sort = TC_UPDATED;
    query.descending = true;
    query.limit = REHEARSAL_CHANGES;
    *ret = (struct rehearsal){.tried = 0};
    struct retelling r = {.db = db, .ctx = ctx, .conditions = conditions, .result = ret};
    if (!tickets_find(db, ctx, actor, &query, &tickets, &count, err)) {
        return false;
    }
    if (automation) {
        return rehearse_now(&r, actor, now, tickets, count, err);
    }
    for (size_t i = 0; i < count && ret->tried < REHEARSAL_CHANGES; i++) {
        r.latest = &tickets[i];
        if (!tell_ticket(&r, actor, err)) {
            return false;
        }
    }
    return true;
}
