// SPDX-License-Identifier: GPL-3.0-or-later
//
// Large desks for measuring. Everything is drawn from a small generator seeded by the ticket's
// number, so that the same number of tickets is always the same desk.
#include "desk/sample/sample.h"

#define BATCH 500
#define PEOPLE_PER_TICKET 3  // one person for three tickets, as in large desks
#define PEOPLE_MOST 400000
#define SOLVED_PERCENT 98
#define SPAN_MS (1500 * DAYS_MS)  // the desk's age

static const char *const WORDS[] = {
    "printer", "laptop",     "password", "account",   "network", "screen",    "phone",   "calendar",
    "mail",    "attachment", "licence",  "projector", "scanner", "server",    "folder",  "access",
    "update",  "keyboard",   "battery",  "cable",     "meeting", "room",      "report",  "invoice",
    "form",    "backup",     "browser",  "video",     "sound",   "camera",    "blank",   "slow",
    "broken",  "missing",    "locked",   "new",       "urgent",  "yesterday", "morning", "again",
    "please",  "need",       "cannot",   "open",      "save",    "send",      "print",   "sign",
    "connect", "install",    "the",      "my",        "our",     "on",        "in",      "since",
    "after",   "with",
};
#define WORD_COUNT (sizeof WORDS / sizeof *WORDS)

struct many {
    struct desk *desk;
    mem_ctx *ctx;  // for one batch
    struct clock clock;
    struct tickets room;
    struct actor admin;
    struct user *agents;
    size_t agent_count;
    int64_t first;
    int64_t last;
    int64_t all;
    int64_t now;
};

// xorshift64* by S. Vigna, "An experimental exploration of Marsaglia's xorshift generators".
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

static struct str sentence(mem_ctx *ctx, uint64_t *state, size_t words)
{
    struct buf out;
    buf_init(&out, ctx, 4096);
    for (size_t i = 0; i < words; i++) {
        buf_put_c(&out, i > 0 ? " " : "");
        buf_put_c(&out, WORDS[draw(state) % WORD_COUNT]);
    }
    return buf_str(&out);
}

static bool person_for(struct many *m, struct db *tx, uint64_t *state, struct user_id *ret,
                       struct error *err)
{
    size_t wanted = (size_t)(m->all / PEOPLE_PER_TICKET + 1);
    wanted = wanted > PEOPLE_MOST ? PEOPLE_MOST : wanted;
    size_t number = draw(state) % wanted;
    struct user user;
    bool created = false;
    struct sender sender = {
        .email = str_printf(m->ctx, "person%zu@bench.example", number),
        .name = str_printf(m->ctx, "Person %zu", number),
        .locale = STR_NONE,
    };
    if (!user_find_or_create(&m->desk->people, tx, m->ctx, &sender, &user, &created, err)) {
        return false;
    }
    *ret = user.id;
    return true;
}

struct talk {
    struct ticket_id id;
    int64_t at;
    struct actor requester;
    struct actor agent;
};

static bool add_comments(struct many *m, struct db *tx, uint64_t *state, const struct talk *talk,
                         struct error *err)
{
    struct ticket_outcome outcome;
    size_t comments = draw(state) % 8;
    for (size_t i = 0; i < comments; i++) {
        struct new_comment comment = {.body = sentence(m->ctx, state, 12 + draw(state) % 40),
                                      .is_public = i % 3 != 2,
                                      .quoted_from = -1,
                                      .stranger = STR_NONE};
        bool by_requester = i % 2 == 1 && comment.is_public;
        struct ticket_change change = {.ticket = talk->id, .comment = &comment};
        clock_freeze(&m->clock, talk->at + (int64_t)(i + 1) * HOURS_MS);
        if (!ticket_apply(&m->room, tx, m->ctx, by_requester ? &talk->requester : &talk->agent,
                          &change, &outcome, err)) {
            return false;
        }
    }
    return true;
}

static bool add_ticket(struct many *m, struct db *tx, int64_t number, struct error *err)
{
    uint64_t state = (uint64_t)number * 2654435761u + 88172645463325252u;
    struct user_id person;
    struct ticket_outcome outcome;
    int64_t at = m->now - SPAN_MS + number * (SPAN_MS / (m->all + 1));
    if (!person_for(m, tx, &state, &person, err)) {
        return false;
    }
    const struct user *agent = &m->agents[draw(&state) % m->agent_count];
    struct actor by_agent = {.user = agent->id,
                             .role = ROLE_AGENT,
                             .scope = SCOPE_ALL,
                             .name = agent->name,
                             .channel = CHANNEL_WEB,
                             .address = STR_NONE};
    struct actor by_person = {.user = person,
                              .role = ROLE_END_USER,
                              .scope = SCOPE_OWN,
                              .name = STR(""),
                              .channel = CHANNEL_EMAIL,
                              .address = STR_NONE};
    struct new_comment first = {.body = sentence(m->ctx, &state, 20 + draw(&state) % 60),
                                .is_public = true,
                                .quoted_from = -1,
                                .stranger = STR_NONE};
    struct ticket_change change = {.set = SET_SUBJECT,
                                   .comment = &first,
                                   .subject = sentence(m->ctx, &state, 3 + draw(&state) % 6)};
    clock_freeze(&m->clock, at);
    if (!ticket_apply(&m->room, tx, m->ctx, &by_person, &change, &outcome, err)) {
        return false;
    }
    struct ticket_id id = outcome.after.id;
    struct talk talk = {id, at, by_person, by_agent};
    if (!add_comments(m, tx, &state, &talk, err)) {
        return false;
    }
    bool open =
        number > m->all - 2000 ? draw(&state) % 2 == 0 : draw(&state) % 100 >= SOLVED_PERCENT;
    struct ticket_change end = {.ticket = id,
                                .set = SET_STATUS | SET_PRIORITY | SET_TAGS,
                                .status = open ? STATUS_OPEN : STATUS_SOLVED,
                                .priority = (enum ticket_priority)(draw(&state) % 5),
                                .tags = sentence(m->ctx, &state, 2)};
    if (!open || draw(&state) % 3 > 0) {
        end.set |= SET_ASSIGNEE;
        end.assignee = agent->id;
    }
    clock_freeze(&m->clock, at + DAYS_MS);
    return ticket_apply(&m->room, tx, m->ctx, &by_agent, &end, &outcome, err);
}

static bool batch_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct many *m = arg;
    for (int64_t number = m->first; number <= m->last; number++) {
        if (!add_ticket(m, tx, number, err)) {
            return false;
        }
    }
    return true;
}

struct beginning {
    struct many *m;
    mem_ctx *ctx;
    int64_t present;
};

static bool look_around(struct db *db, void *arg, struct error *err)
{
    struct beginning *b = arg;
    struct ticket_query all = {.sort = TC_ID, .also_deleted = true};
    return users_agents(db, b->ctx, &b->m->agents, &b->m->agent_count, err) &&
           tickets_count(db, b->ctx, &b->m->admin, &all, INT64_MAX, &b->present, err);
}

bool sample_many(struct desk *desk, mem_ctx *ctx, int64_t tickets,
                 void (*progress)(void *env, int64_t done, int64_t all), void *env,
                 struct error *err)
{
    struct many *m = mem_new(ctx, struct many);
    struct beginning begin = {.m = m, .ctx = ctx};
    m->desk = desk;
    m->all = tickets;
    m->admin = actor_system(CHANNEL_SYSTEM);
    m->now = clock_now(desk->app->clock);
    clock_init(&m->clock);
    m->room = (struct tickets){.clock = &m->clock};
    if (!db_read(desk->app->db, look_around, &begin, err)) {
        return false;
    }
    if (m->agent_count == 0) {
        return error_set(err, ERR_INVALID,
                         "The desk has no agents yet: `steward user add` makes one.");
    }
    for (int64_t done = begin.present; done < tickets;) {
        m->first = done + 1;
        m->last = done + BATCH < tickets ? done + BATCH : tickets;
        m->ctx = mem_ctx_new(ctx, "batch");
        bool ok = db_tx_run(desk->app->db, "sample.many", batch_in_tx, m, err);
        mem_free(m->ctx);
        if (!ok) {
            return false;
        }
        done = m->last;
        progress(env, done, tickets);
    }
    return true;
}
