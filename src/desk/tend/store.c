// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing cards, needs and absences.
#include "base/words.h"
#include "desk/tend/queries.h"
#include "desk/tend/tend_internal.h"
#include "desk/trail/trail.h"

enum { NEEDS_MOST = 500, NOTE_CHARS = 200, LANGUAGES_MOST = 20 };
#define ABSENCE_LONGEST_MS (3 * 366 * DAYS_MS)

bool tend_may_set(const struct actor *actor)
{
    return actor->role >= ROLE_LEAD;
}

bool tend_may_absent(const struct actor *actor, struct user_id user)
{
    return actor_is_staff(actor) && (actor->user.v == user.v || tend_may_set(actor));
}

static bool may_set(const struct actor *actor, struct error *err)
{
    return tend_may_set(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only leads and administrators set who takes what.");
}

// Somebody who can be assigned tickets.
static bool load_agent(struct db *tx, mem_ctx *ctx, struct user_id id, const char *field,
                       struct user *ret, struct error *err)
{
    bool found = false;
    if (!user_find(tx, ctx, id, ret, &found, err)) {
        return false;
    }
    return (found && ret->active && ret->role >= ROLE_AGENT) ||
           error_field(err, field, "InvalidValue", "This is nobody who works on tickets here.");
}

// --- cards --------------------------------------------------------------------------------------

// "de-AT, EN" becomes "de en"; false for a word that is no language.
static bool read_languages(mem_ctx *ctx, struct str text, struct str *ret)
{
    struct str word;
    struct str all = STR("");
    while (words_next(&text, &word)) {
        struct str one = tend_language(ctx, word);
        if (str_none(one)) {
            return false;
        }
        all = words_combine(ctx, all, one, STR(""));
    }
    *ret = all;
    return true;
}

static bool note(struct desk *desk, struct db *tx, const struct actor *actor, const char *action,
                 const struct user *person, struct str change, struct error *err)
{
    const struct trail_note line = {.action = action,
                                    .source_type = "stewardship",
                                    .source_id = person->id.v,
                                    .source_label = person->name,
                                    .change = change};
    return trail_add(tx, actor, clock_now(desk->app->clock), &line, err);
}

bool tend_card_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     const struct tend_card *card, struct error *err)
{
    struct user person;
    struct str languages;
    if (!may_set(actor, err) || !load_agent(tx, ctx, card->user, "user_id", &person, err)) {
        return false;
    }
    if (!read_languages(ctx, card->languages, &languages)) {
        return error_field(err, "languages", "InvalidValue",
                           "Languages: write their short names, such as “en, de”.");
    }
    if (card->capacity < 1 || card->capacity > TEND_CAPACITY_MOST) {
        return error_field(err, "capacity", "InvalidValue",
                           "Capacity: a number from 1 to %d, please.", TEND_CAPACITY_MOST);
    }
    struct tend_card_put_in in = {
        .user_id = card->user,
        .takes = card->takes,
        .capacity = card->capacity,
        .skills = words_normalise(ctx, card->skills),
        .languages = languages,
        .schedule_id = card->schedule,
        .updated_by = actor->user,
        .updated_at = clock_now(desk->app->clock),
    };
    struct str change = str_printf(
        ctx, "Takes requests: %s; at most %lld; skills: " STR_FMT "; languages: " STR_FMT,
        in.takes ? "yes" : "no", (long long)in.capacity, STR_ARG(in.skills), STR_ARG(in.languages));
    return tend_card_put(tx, &in, err) && tend_book_changed(tx, err) &&
           note(desk, tx, actor, "update", &person, change, err);
}

bool tend_card_delete(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      struct user_id user, struct error *err)
{
    struct user person;
    bool found = false;
    if (!may_set(actor, err) || !user_find(tx, ctx, user, &person, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such person.");
    }
    return tend_card_remove(tx, user, err) && tend_book_changed(tx, err) &&
           note(desk, tx, actor, "destroy", &person, STR_NONE, err);
}

// --- needs --------------------------------------------------------------------------------------

static bool check_need(struct db *tx, mem_ctx *ctx, const struct tend_need *need, struct str *word,
                       struct str *skill, struct error *err)
{
    struct str rest = need->skill;
    struct str more;
    *skill = words_normalise(ctx, need->skill);
    bool one = words_next(&rest, &more) && !words_next(&rest, &more);
    if (!one) {
        return error_field(err, "skill", "InvalidValue", "Skill: one word, please.");
    }
    rest = need->word;
    *word = words_normalise(ctx, need->word);
    if (!words_next(&rest, &more) || words_next(&rest, &more)) {
        return error_field(err, "word", "InvalidValue", "Say which group, tag or form.");
    }
    struct group_id group = {0};
    bool exists = true;
    if (need->kind == NEED_GROUP &&
        (!str_to_i64(need->word, &group.v) || !group_exists(tx, group, &exists, err))) {
        return error_field(err, "word", "InvalidValue", "Say which group.");
    }
    return exists || error_field(err, "word", "RecordNotFound", "There is no such group.");
}

bool tend_needs_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      const struct tend_need *needs, size_t count, struct error *err)
{
    if (!may_set(actor, err) || !tend_needs_remove(tx, err)) {
        return false;
    }
    if (count > NEEDS_MOST) {
        return error_field(err, "needs", "TooLong", "These are more than %d.", NEEDS_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        struct str word;
        struct str skill;
        if (!check_need(tx, ctx, &needs[i], &word, &skill, err) ||
            !tend_need_insert(tx, db_next_id(tx), tend_need_word(needs[i].kind), word, skill,
                              err)) {
            return false;
        }
    }
    const struct trail_note line = {.action = "update",
                                    .source_type = "stewardship",
                                    .source_label = STR("Needed skills"),
                                    .change = str_printf(ctx, "%zu", count)};
    return tend_book_changed(tx, err) &&
           trail_add(tx, actor, clock_now(desk->app->clock), &line, err);
}

bool tend_route_store(struct desk *desk, struct db *tx, const struct actor *actor,
                      const struct tend_route *route, struct error *err)
{
    bool exists = false;
    if (!may_set(actor, err) || !group_exists(tx, route->group, &exists, err)) {
        return false;
    }
    if (!exists) {
        return error_set(err, ERR_NOT_FOUND, "There is no such group.");
    }
    const struct trail_note line = {.action = "update",
                                    .source_type = "routing",
                                    .source_id = route->group.v,
                                    .source_label = STR("Routing of a group"),
                                    .change = tend_way_word(route->way)};
    bool stored = route->way == WAY_NONE
                      ? tend_route_remove(tx, route->group, err)
                      : tend_route_put(tx, route->group, tend_way_word(route->way), err);
    return stored && tend_book_changed(tx, err) &&
           trail_add(tx, actor, clock_now(desk->app->clock), &line, err);
}

// --- absences -----------------------------------------------------------------------------------

static bool check_absence(struct db *tx, mem_ctx *ctx, const struct tend_absence *absence,
                          struct error *err)
{
    struct user person;
    if (!load_agent(tx, ctx, absence->user, "user_id", &person, err) ||
        (absence->deputy.v != 0 &&
         !load_agent(tx, ctx, absence->deputy, "deputy_id", &person, err))) {
        return false;
    }
    if (absence->deputy.v == absence->user.v) {
        return error_field(err, "deputy_id", "InvalidValue",
                           "Somebody else has to cover while a person is away.");
    }
    if (absence->to_at <= absence->from_at) {
        return error_field(err, "to", "InvalidValue", "The end has to come after the beginning.");
    }
    return absence->to_at - absence->from_at <= ABSENCE_LONGEST_MS ||
           error_field(err, "to", "InvalidValue", "That is longer than three years.");
}

bool tend_absence_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      struct tend_absence *absence, struct error *err)
{
    if (!tend_may_absent(actor, absence->user)) {
        return error_set(err, ERR_FORBIDDEN,
                         "Your own absences, please; those of others are for leads and "
                         "administrators.");
    }
    if (!check_absence(tx, ctx, absence, err)) {
        return false;
    }
    absence->id = db_next_id(tx);
    absence->created_by = actor->user;
    struct tend_absence_insert_in in = {
        .id = absence->id,
        .user_id = absence->user,
        .from_at = absence->from_at,
        .to_at = absence->to_at,
        .deputy_id = absence->deputy,
        .note = str_one_line(ctx, absence->note, NOTE_CHARS),
        .created_by = actor->user,
        .created_at = clock_now(desk->app->clock),
    };
    return tend_absence_insert(tx, &in, err) && tend_book_changed(tx, err);
}

bool tend_absence_delete(struct desk *desk UNUSED, struct db *tx, mem_ctx *ctx,
                         const struct actor *actor, int64_t id, struct error *err)
{
    struct tend_absence_by_id_row row;
    bool found = false;
    if (!tend_absence_by_id(tx, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found || !actor_is_staff(actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such absence.");
    }
    if (!tend_may_absent(actor, row.user_id)) {
        return error_set(err, ERR_FORBIDDEN, "This is somebody else's absence.");
    }
    return tend_absence_remove(tx, id, err) && tend_book_changed(tx, err);
}

bool tend_person_changed(struct desk *desk UNUSED, struct db *tx, const struct user *before,
                         const struct user *after, struct error *err)
{
    struct tend_card_exists_row row;
    bool same = before != NULL && before->role == after->role && before->active == after->active &&
                before->suspended == after->suspended && str_eq(before->name, after->name);
    if (same || before == NULL) {
        return true;
    }
    return tend_card_exists(tx, db_tx_ctx(tx), after->id, &row, err) &&
           (row.found == 0 || tend_book_changed(tx, err));
}
