// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/sample/sample.h"

#include <string.h>

#include "desk/charter/charter.h"

enum cast {
#define AGENT(key, name, role, group) CAST_##key,
#define PERSON(key, name, organisation) CAST_##key,
#include "desk/sample/stories.def"
#undef AGENT
#undef PERSON
    CAST_COUNT
};

struct somebody {
    const char *key;
    struct str name;
    enum role role;
    struct str belongs;  // group of agents, organisation of others
};

static const struct somebody PEOPLE[CAST_COUNT] = {
#define AGENT(key, name, role, group) {#key, STR_INIT(name), ROLE_##role, STR_INIT(group)},
#define PERSON(key, name, organisation)                                                            \
    {#key, STR_INIT(name), ROLE_END_USER, STR_INIT(organisation)},
#include "desk/sample/stories.def"
#undef AGENT
#undef PERSON
};

enum step_kind { STEP_STORY, STEP_SAYS, STEP_NOTES };

struct step {
    enum step_kind kind;
    enum cast who;
    enum channel channel;
    struct str text;  // subject or message
    int64_t minutes_ago;
    enum ticket_status status;
    enum ticket_priority priority;
    enum ticket_type type;
    struct str tags;
};

static const struct step STEPS[] = {
#define STORY(by, how, about, minutes, state, urgency, sort, words)                                \
    {STEP_STORY,     CAST_##by,          CHANNEL_##how, STR_INIT(about), minutes,                  \
     STATUS_##state, PRIORITY_##urgency, TYPE_##sort,   STR_INIT(words)},
#define MESSAGE(what, by, said)                                                                    \
    {what, CAST_##by, CHANNEL_WEB, STR_INIT(said), 0, 0, 0, 0, STR_INIT("")},
#define SAYS(by, said) MESSAGE(STEP_SAYS, by, said)
#define NOTES(by, said) MESSAGE(STEP_NOTES, by, said)
#include "desk/sample/stories.def"
#undef STORY
#undef SAYS
#undef NOTES
#undef MESSAGE
};
#define STEP_COUNT (sizeof STEPS / sizeof *STEPS)

struct sample {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    struct str password_hash;
    struct actor admin;
    struct clock clock;
    struct tickets room;  // the tickets room without observers, on a clock of its own
    struct user users[CAST_COUNT];
    int64_t now;
};

static bool make_group(struct sample *s, struct str name, struct group_id *ret, struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    struct group made;
    if (!groups_all(s->tx, s->ctx, &groups, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(groups[i].name, name)) {
            *ret = groups[i].id;
            return true;
        }
    }
    struct group_change change = {.set = GROUP_NAME, .values = {.name = name}};
    if (!group_create(&s->desk->people, s->tx, s->ctx, &s->admin, &change, &made, err)) {
        return false;
    }
    *ret = made.id;
    return true;
}

static bool make_organization(struct sample *s, struct str name, struct organization_id *ret,
                              struct error *err)
{
    for (size_t i = 0; i < CAST_COUNT; i++) {
        if (s->users[i].id.v != 0 && str_eq(PEOPLE[i].belongs, name)) {
            *ret = s->users[i].organization;
            return true;
        }
    }
    struct organization made;
    struct organization_change change = {.set = ORGANIZATION_NAME, .values = {.name = name}};
    if (!organization_create(&s->desk->people, s->tx, s->ctx, &s->admin, &change, &made, err)) {
        return false;
    }
    *ret = made.id;
    return true;
}

static bool make_agent(struct sample *s, size_t i, struct error *err)
{
    struct group_id group;
    struct group_membership membership;
    const struct people *room = &s->desk->people;
    if (!make_group(s, PEOPLE[i].belongs, &group, err)) {
        return false;
    }
    struct new_membership add = {.user = s->users[i].id, .group = group, .is_default = true};
    if (!group_membership_add(room, s->tx, s->ctx, &s->admin, &add, &membership, err)) {
        return false;
    }
    s->users[i].default_group = group;
    struct new_password set = {s->users[i].id, s->password_hash, STR_NONE};
    return str_empty(s->password_hash) || password_set(room, s->tx, s->ctx, &s->admin, &set, err);
}

static bool make_person(struct sample *s, size_t i, struct error *err)
{
    bool staff = PEOPLE[i].role > ROLE_END_USER;
    struct user_change change = {
        .set =
            USER_NAME | USER_EMAIL | USER_ROLE | USER_VERIFIED | (staff ? 0u : USER_ORGANIZATION),
        .values = {.name = PEOPLE[i].name,
                   .email = str_printf(s->ctx, "%s@example.org", PEOPLE[i].key),
                   .role = PEOPLE[i].role,
                   .verified = true},
    };
    if (!staff && !make_organization(s, PEOPLE[i].belongs, &change.values.organization, err)) {
        return false;
    }
    return user_create(&s->desk->people, s->tx, s->ctx, &s->admin, &change, &s->users[i], err) &&
           (!staff || make_agent(s, i, err));
}

static struct actor actor_of(const struct sample *s, enum cast who, enum channel channel)
{
    return (struct actor){.user = s->users[who].id,
                          .role = PEOPLE[who].role,
                          .scope = SCOPE_ALL,
                          .name = PEOPLE[who].name,
                          .organization = s->users[who].organization,
                          .channel = channel,
                          .address = STR_NONE};
}

// One story: the steps from `first` to the next story. Its messages are spread between its
// beginning and now.
static bool tell_story(struct sample *s, size_t first, size_t end, struct error *err)
{
    const struct step *story = &STEPS[first];
    struct ticket_outcome outcome = {0};
    int64_t begin = s->now - story->minutes_ago * MINUTES_MS;
    int64_t pause = story->minutes_ago * MINUTES_MS / (int64_t)(end - first + 1);
    for (size_t i = first + 1; i < end; i++) {
        const struct step *step = &STEPS[i];
        bool opening = i == first + 1;
        struct actor actor = actor_of(s, step->who, opening ? story->channel : CHANNEL_WEB);
        bool staff = actor_is_staff(&actor);
        struct new_comment comment = {.body = step->text,
                                      .is_public = step->kind == STEP_SAYS,
                                      .quoted_from = -1,
                                      .stranger = STR_NONE};
        struct ticket_change change = {.ticket = outcome.after.id, .comment = &comment};
        if (opening) {
            change.set = SET_SUBJECT;
            change.subject = story->text;
        } else if (staff && outcome.after.assignee.v == 0) {
            change.set = SET_ASSIGNEE;
            change.assignee = actor.user;
        }
        clock_freeze(&s->clock, begin + pause * (int64_t)(i - first - 1));
        if (!ticket_apply(&s->room, s->tx, s->ctx, &actor, &change, &outcome, err)) {
            return false;
        }
    }
    struct actor lead = actor_of(s, CAST_tom, CHANNEL_WEB);
    struct ticket_change last = {.ticket = outcome.after.id,
                                 .set = SET_PRIORITY | SET_TYPE | SET_TAGS,
                                 .priority = story->priority,
                                 .type = story->type,
                                 .tags = story->tags};
    if (story->status != STATUS_NEW && story->status != outcome.after.status) {
        last.set |= SET_STATUS;
        last.status = story->status;
    }
    return ticket_apply(&s->room, s->tx, s->ctx, &lead, &last, &outcome, err);
}

// The example charter, signed by all of the staff.
static bool sign_charter(struct sample *s, struct error *err)
{
    struct actor staff[CAST_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < CAST_COUNT; i++) {
        if (PEOPLE[i].role > ROLE_END_USER) {
            staff[count++] = actor_of(s, (enum cast)i, CHANNEL_WEB);
        }
    }
    return charter_sample(s->desk, s->tx, s->ctx, &staff[CAST_tom], staff, count, err);
}

static bool fill_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct sample *s = arg;
    int64_t tickets = 0;
    struct ticket_query all = {.sort = TC_ID};
    s->tx = tx;
    s->now = clock_now(s->desk->app->clock);
    memset(s->users, 0, sizeof s->users);
    if (!tickets_count(tx, s->ctx, &s->admin, &all, 1, &tickets, err)) {
        return false;
    }
    if (tickets > 0) {
        return error_set(err, ERR_CONFLICT,
                         "This desk has tickets already; sample data is for new "
                         "desks.");
    }
    for (size_t i = 0; i < CAST_COUNT; i++) {
        if (!make_person(s, i, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < STEP_COUNT;) {
        size_t end = i + 1;
        while (end < STEP_COUNT && STEPS[end].kind != STEP_STORY) {
            end++;
        }
        if (!tell_story(s, i, end, err)) {
            return false;
        }
        i = end;
    }
    return sign_charter(s, err);
}

static void sample_init(struct sample *s, struct desk *desk, mem_ctx *ctx)
{
    s->desk = desk;
    s->ctx = ctx;
    s->admin = actor_system(CHANNEL_SYSTEM);
    s->password_hash = STR("");
    clock_init(&s->clock);
    s->room = (struct tickets){.clock = &s->clock};
}

bool sample_desk(struct desk *desk, mem_ctx *ctx, struct str password, struct error *err)
{
    struct sample *s = mem_new(ctx, struct sample);
    struct user nobody = {.name = STR(""), .email = STR("")};
    sample_init(s, desk, ctx);
    if (!str_empty(password) && !password_prepare(ctx, password, &nobody, &s->password_hash, err)) {
        return false;
    }
    return db_tx_run(desk->app->db, "sample", fill_in_tx, s, err);
}
