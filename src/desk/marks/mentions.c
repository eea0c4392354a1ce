// SPDX-License-Identifier: GPL-3.0-or-later
//
// "@Tom Berg" in an internal note tells Tom: as he wishes, among the activities, and as a follower
// of the ticket. Names are read from the text, so it is the same from the page, by mail and the
// API. Public words tell nobody: they are for the requester.
#include "desk/marks/marks.h"

#include "base/fold.h"
#include "desk/desk.h"
#include "desk/notices/notices.h"

#define STAFF_MOST 1000
#define MENTIONS_MOST 20

struct mentions {
    struct desk *desk;
    struct db *tx;
    const struct ticket_applied *applied;
    struct user *staff;
    struct str *names;  // folded
    size_t staff_count;
    const struct user *told[MENTIONS_MOST];
    size_t told_count;
};

static bool ends_word(struct str text, size_t at)
{
    size_t next = at;
    struct fold_char c;
    return !fold_next(text, &next, &c) || !c.word;
}

// The longest name that stands at the beginning of `text`, folded; 0 for none.
static size_t longest_name(const struct mentions *m, struct str text)
{
    size_t best = 0;
    for (size_t i = 0; i < m->staff_count; i++) {
        struct str name = m->names[i];
        if (name.len > best && str_starts(text, name) && ends_word(text, name.len)) {
            best = name.len;
        }
    }
    return best;
}

static void add_told(struct mentions *m, const struct user *person)
{
    for (size_t i = 0; i < m->told_count; i++) {
        if (m->told[i] == person) {
            return;
        }
    }
    if (m->told_count < MENTIONS_MOST && person->id.v != m->applied->actor->user.v) {
        m->told[m->told_count++] = person;
    }
}

// An address like tom@berg.example is no mention: something that is no word stands before the sign.
static void find_mentions(struct mentions *m, struct str folded)
{
    for (size_t i = 0; i < folded.len; i++) {
        unsigned char before = i == 0 ? ' ' : (unsigned char)folded.ptr[i - 1];
        bool word =
            before >= 0x80 || (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z');
        if (folded.ptr[i] != '@' || word) {
            continue;
        }
        struct str rest = str_from(folded, i + 1);
        size_t len = longest_name(m, rest);
        for (size_t k = 0; k < m->staff_count && len > 0; k++) {
            if (m->names[k].len == len && str_starts(rest, m->names[k])) {
                add_told(m, &m->staff[k]);
            }
        }
    }
}

static bool load_staff(struct mentions *m, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user_query query = {.roles = 1u << ROLE_LIGHT_AGENT | 1u << ROLE_AGENT |
                                        1u << ROLE_LEAD | 1u << ROLE_ADMIN,
                               .external_id = STR_NONE,
                               .limit = STAFF_MOST};
    mem_ctx *ctx = db_tx_ctx(m->tx);
    if (!users_list(m->tx, ctx, &system, &query, &m->staff, &m->staff_count, err)) {
        return false;
    }
    m->names = mem_array(ctx, struct str, m->staff_count + 1);
    for (size_t i = 0; i < m->staff_count; i++) {
        m->names[i] = m->staff[i].suspended ? STR("") : fold_text(ctx, m->staff[i].name);
    }
    return true;
}

static bool note(struct mentions *m, const char *kind, struct str field, struct str value,
                 struct str previous, struct error *err)
{
    struct ticket_event event = {
        .kind = str_c(kind), .field = field, .value = value, .previous = previous};
    return ticket_event_add(m->tx, m->applied->outcome->after.id, m->applied->outcome->audit,
                            &event, err);
}

static bool follow(struct mentions *m, struct user_id user, struct error *err)
{
    struct collaborator_change one = {.user = user, .kind = COLLABORATOR_FOLLOWER};
    struct ticket_change change = {.ticket = m->applied->outcome->after.id,
                                   .collaborators = &one,
                                   .collaborator_count = 1,
                                   .into = m->applied->outcome->audit};
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_outcome outcome;
    if (!ticket_apply(&m->desk->tickets, m->tx, m->applied->ctx, &system, &change, &outcome, err)) {
        return false;
    }
    m->applied->outcome->after = outcome.after;
    return true;
}

static bool tell(struct mentions *m, const struct user *person, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(m->tx);
    const struct ticket *ticket = &m->applied->outcome->after;
    struct actor reader;
    bool fresh = false;
    if (!people_load_actor(m->tx, ctx, person->id, &reader, err)) {
        return false;
    }
    if (!ticket_may_see(m->tx, &reader, ticket)) {
        return note(m, "Error", STR("mention"),
                    str_printf(ctx, STR_FMT " may not see this ticket and was not told.",
                               STR_ARG(person->name)),
                    STR_NONE, err);
    }
    struct mark mark = {.kind = MARK_ACTIVITY,
                        .user = person->id,
                        .object = ticket->id.v,
                        .actor = m->applied->actor->user,
                        .word = STR(ACTIVITY_COMMENT),
                        .comment = m->applied->outcome->comment,
                        .created_at = m->applied->now};
    // The assignee hears of every comment anyway.
    bool known = ticket->assignee.v == person->id.v;
    return (known || mark_add(m->tx, ctx, &mark, &fresh, err)) &&
           notice_tell(m->desk, m->tx, m->applied, NOTICE_MENTION, person->id, err) &&
           follow(m, person->id, err);
}

static bool can_mention(const struct ticket_applied *applied)
{
    const struct new_comment *comment = applied->change->comment;
    return comment != NULL && !comment->is_public && !applied->change->import &&
           actor_is_staff(applied->actor) && applied->actor->user.v != 0 &&
           str_find_char(comment->body, '@') >= 0;
}

static bool find_all(struct mentions *m, struct error *err)
{
    if (!load_staff(m, err)) {
        return false;
    }
    find_mentions(m, fold_text(db_tx_ctx(m->tx), m->applied->change->comment->body));
    return true;
}

bool mentions_name(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                   struct user_id user, bool *ret, struct error *err)
{
    struct mentions m = {.desk = desk, .tx = tx, .applied = applied};
    *ret = false;
    if (!can_mention(applied)) {
        return true;
    }
    if (!find_all(&m, err)) {
        return false;
    }
    for (size_t i = 0; i < m.told_count; i++) {
        *ret = *ret || m.told[i]->id.v == user.v;
    }
    return true;
}

bool mentions_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                      struct error *err)
{
    struct mentions m = {.desk = env, .tx = tx, .applied = applied};
    if (!can_mention(applied)) {
        return true;
    }
    if (!find_all(&m, err)) {
        return false;
    }
    for (size_t i = 0; i < m.told_count; i++) {
        if (!tell(&m, m.told[i], err)) {
            return false;
        }
    }
    return true;
}
