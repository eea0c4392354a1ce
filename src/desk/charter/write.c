// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing drafts.
#include "base/random.h"
#include "desk/charter/charter_internal.h"
#include "desk/desk.h"
#include "desk/trail/trail.h"

enum { COMMENT_MOST = 4000, MONTHS_USUAL = 12, MONTHS_MOST = 60, SIGNERS_MOST = 200 };

static const struct charter_change EXAMPLE = {
#define TEXT(name, words) .fields[CHARTER_##name] = STR_INIT(words),
#define VALUE(name, keywords, meaning)
#define OBJECTIVE(horizon, title, measure, target)
#include "desk/charter/example.def"
#undef TEXT
#undef VALUE
#undef OBJECTIVE
};
static const struct charter_value EXAMPLE_VALUES[] = {
#define TEXT(name, words)
#define VALUE(name, keywords, meaning)                                                             \
    {0, 0, STR_INIT(name), STR_INIT(keywords), STR_INIT(meaning)},
#define OBJECTIVE(horizon, title, measure, target)
#include "desk/charter/example.def"
#undef VALUE
#undef OBJECTIVE
};
static const struct charter_objective EXAMPLE_OBJECTIVES[] = {
#define VALUE(name, keywords, meaning)
#define OBJECTIVE(horizon, heading, by, aim)                                                       \
    {.is_long = sizeof(horizon) == sizeof "long" && (horizon)[0] == 'l',                           \
     .title = STR_INIT(heading),                                                                   \
     .measure = STR_INIT(by),                                                                      \
     .target = STR_INIT(aim)},
#include "desk/charter/example.def"
#undef TEXT
#undef VALUE
#undef OBJECTIVE
};

bool charter_note(struct desk *desk, struct db *tx, const struct actor *actor, const char *action,
                  const struct charter *charter, struct str change, struct error *err)
{
    struct trail_note note = {.action = action,
                              .source_type = "charter",
                              .source_id = charter->id,
                              .source_label = str_printf(db_tx_ctx(tx), "Charter, version %lld",
                                                         (long long)charter->number),
                              .change = change};
    return trail_add(tx, actor, clock_now(desk->app->clock), &note, err);
}

// --- lists --------------------------------------------------------------------------------------

static bool put_values(struct db *tx, const struct charter_change *change, struct error *err)
{
    if (!values_clear(tx, change->id, err)) {
        return false;
    }
    for (size_t i = 0; i < change->value_count; i++) {
        const struct charter_value *value = &change->values[i];
        int64_t id = db_next_id(tx);
        struct value_insert_in in = {.id = id,
                                     .version_id = change->id,
                                     .origin = value->origin != 0 ? value->origin : id,
                                     .position = (int64_t)i,
                                     .name = str_trim(value->name),
                                     .keywords = str_trim(value->keywords),
                                     .meaning = str_trim(value->meaning)};
        if (in.name.len > 0 && !value_insert(tx, &in, err)) {
            return false;
        }
    }
    return true;
}

static bool put_objectives(struct db *tx, const struct charter_change *change, struct error *err)
{
    if (!objectives_clear(tx, change->id, err)) {
        return false;
    }
    for (size_t i = 0; i < change->objective_count; i++) {
        const struct charter_objective *one = &change->objectives[i];
        int64_t id = db_next_id(tx);
        struct objective_insert_in in = {.id = id,
                                         .version_id = change->id,
                                         .origin = one->origin != 0 ? one->origin : id,
                                         .position = (int64_t)i,
                                         .horizon = one->is_long ? STR("long") : STR("short"),
                                         .title = str_trim(one->title),
                                         .measure = str_trim(one->measure),
                                         .target = str_trim(one->target)};
        if (in.title.len > 0 && !objective_insert(tx, &in, err)) {
            return false;
        }
    }
    return true;
}

bool charter_put_lists(struct db *tx, const struct charter_change *change, struct error *err)
{
    return (!change->set_values || put_values(tx, change, err)) &&
           (!change->set_objectives || put_objectives(tx, change, err));
}

static bool put_fields(struct db *tx, const struct charter_change *change, struct error *err)
{
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        if ((change->set & (1U << f)) != 0 &&
            !charter_field_put(tx, change->id, str_c(CHARTER_FIELD_KINDS[f].word),
                               str_trim(change->fields[f]), err)) {
            return false;
        }
    }
    return true;
}

// --- a new draft --------------------------------------------------------------------------------

// What the draft begins with.
static bool source_of(struct db *tx, mem_ctx *ctx, enum charter_start start,
                      struct charter_change *ret, struct error *err)
{
    struct charter now;
    bool found = false;
    *ret = (struct charter_change){.set = (1U << CHARTER_FIELDS) - 1};
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        ret->fields[f] = STR("");
    }
    if (start == CHARTER_FROM_EXAMPLE) {
        *ret = EXAMPLE;
        ret->set = (1U << CHARTER_FIELDS) - 1;
        ret->set_values = ret->set_objectives = true;
        ret->values = EXAMPLE_VALUES;
        ret->value_count = sizeof EXAMPLE_VALUES / sizeof *EXAMPLE_VALUES;
        ret->objectives = EXAMPLE_OBJECTIVES;
        ret->objective_count = sizeof EXAMPLE_OBJECTIVES / sizeof *EXAMPLE_OBJECTIVES;
    }
    if (start != CHARTER_FROM_IN_FORCE) {
        return true;
    }
    if (!charter_in_force(tx, ctx, &now, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no charter in force yet.");
    }
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        ret->fields[f] = now.fields[f];
    }
    ret->set_values = ret->set_objectives = true;
    ret->values = now.values;
    ret->value_count = now.value_count;
    ret->objectives = now.objectives;
    ret->objective_count = now.objective_count;
    return true;
}

bool charter_begin(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   enum charter_start start, int64_t *ret_id, struct error *err)
{
    struct charter_change content;
    struct version_last_number_row last;
    int64_t now = clock_now(desk->app->clock);
    if (!charter_leads_only(actor, err) || !source_of(tx, ctx, start, &content, err) ||
        !version_last_number(tx, ctx, &last, err)) {
        return false;
    }
    content.id = db_next_id(tx);
    struct charter made = {.id = content.id, .number = last.number + 1};
    if (!version_insert(tx, made.id, made.number, MONTHS_USUAL, actor->user, now, err) ||
        !put_fields(tx, &content, err) || !charter_put_lists(tx, &content, err) ||
        !charter_note(desk, tx, actor, "create", &made, STR_NONE, err)) {
        return false;
    }
    *ret_id = made.id;
    return true;
}

// --- changing it --------------------------------------------------------------------------------

static bool check_fields(const struct charter_change *change, struct error *err)
{
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        size_t most = f == CHARTER_MISSION ? CHARTER_LINE_MOST : CHARTER_TEXT_MOST;
        if ((change->set & (1U << f)) != 0 && str_trim(change->fields[f]).len > most) {
            return error_field(err, CHARTER_FIELD_KINDS[f].word, "TooLong",
                               "%s: please say it in at most %zu characters.",
                               CHARTER_FIELD_KINDS[f].heading, most);
        }
    }
    return true;
}

static bool check_lists(const struct charter_change *change, struct error *err)
{
    bool fits = true;
    for (size_t i = 0; change->set_values && i < change->value_count; i++) {
        const struct charter_value *one = &change->values[i];
        fits = fits && one->name.len <= CHARTER_LINE_MOST &&
               one->keywords.len <= CHARTER_LINE_MOST && one->meaning.len <= CHARTER_TEXT_MOST;
    }
    for (size_t i = 0; change->set_objectives && i < change->objective_count; i++) {
        const struct charter_objective *one = &change->objectives[i];
        fits = fits && one->title.len <= CHARTER_LINE_MOST &&
               one->measure.len <= CHARTER_LINE_MOST && one->target.len <= CHARTER_LINE_MOST;
    }
    if (change->value_count > CHARTER_VALUES_MOST ||
        change->objective_count > CHARTER_OBJECTIVES_MOST) {
        return error_field(err, "base", "TooLong",
                           "Fewer are better: at most %d values and %d objectives.",
                           CHARTER_VALUES_MOST, CHARTER_OBJECTIVES_MOST);
    }
    return fits || error_field(err, "base", "TooLong", "Please say it in fewer words.");
}

// An origin that is not of this draft is a new one: nobody takes over another value's history.
static void own_origins(const struct charter *draft, struct charter_change *change, mem_ctx *ctx)
{
    struct charter_value *values = mem_array(ctx, struct charter_value, change->value_count + 1);
    struct charter_objective *objectives =
        mem_array(ctx, struct charter_objective, change->objective_count + 1);
    for (size_t i = 0; i < change->value_count; i++) {
        bool known = false;
        values[i] = change->values[i];
        for (size_t k = 0; k < draft->value_count; k++) {
            known = known || draft->values[k].origin == values[i].origin;
        }
        values[i].origin = known ? values[i].origin : 0;
    }
    for (size_t i = 0; i < change->objective_count; i++) {
        bool known = false;
        objectives[i] = change->objectives[i];
        for (size_t k = 0; k < draft->objective_count; k++) {
            known = known || draft->objectives[k].origin == objectives[i].origin;
        }
        objectives[i].origin = known ? objectives[i].origin : 0;
    }
    change->values = values;
    change->objectives = objectives;
}

bool charter_change(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                    const struct charter_change *change, struct error *err)
{
    struct charter draft;
    int64_t changed = 0;
    struct charter_change own = *change;
    if (!charter_leads_only(actor, err) || !charter_find(tx, ctx, change->id, &draft, err) ||
        !check_fields(change, err) || !check_lists(change, err) ||
        !version_touch(tx, change->id, change->revision, clock_now(desk->app->clock), &changed,
                       err)) {
        return false;
    }
    if (changed == 0) {
        return error_set(err, ERR_CONFLICT,
                         draft.state == CHARTER_DRAFT
                             ? "Somebody else has changed this draft since you opened it."
                             : "This version is no draft any more; its text is fixed.");
    }
    own_origins(&draft, &own, ctx);
    return put_fields(tx, &own, err) && charter_put_lists(tx, &own, err);
}

bool charter_withdraw(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      int64_t id, struct error *err)
{
    struct charter charter;
    if (!charter_leads_only(actor, err) || !charter_find(tx, ctx, id, &charter, err)) {
        return false;
    }
    if (charter.state != CHARTER_DRAFT && charter.state != CHARTER_SIGNING) {
        return error_set(err, ERR_CONFLICT, "Only drafts, and what is being signed, can be ended.");
    }
    return version_withdraw(tx, id, clock_now(desk->app->clock), err) &&
           charter_note(desk, tx, actor, "destroy", &charter, STR("Withdrawn"), err);
}

// --- for signatures -----------------------------------------------------------------------------

static bool named_twice(const struct charter_opening *opening, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (opening->signers[k].v == opening->signers[i].v) {
            return true;
        }
    }
    return false;
}

static bool ask_signers(struct desk *desk, struct db *tx, mem_ctx *ctx,
                        const struct charter *charter, const struct charter_opening *opening,
                        struct error *err)
{
    struct charter_letter letter = charter_letter_sign(desk, ctx, charter);
    bool leader = false;
    for (size_t i = 0; i < opening->signer_count && i < SIGNERS_MOST; i++) {
        struct user person;
        bool found = false;
        if (named_twice(opening, i)) {
            continue;
        }
        if (!user_find(tx, ctx, opening->signers[i], &person, &found, err)) {
            return false;
        }
        if (!found || !person.active || person.suspended || person.role < ROLE_LIGHT_AGENT) {
            return error_field(err, "signers", "InvalidValue", "Only active staff can sign.");
        }
        bool leads = person.role >= ROLE_LEAD;
        leader = leader || leads;
        if (!signer_insert(tx, db_next_id(tx), charter->id, person.id,
                           leads ? STR("leader") : STR("staff"), person.name, err) ||
            !charter_tell(desk, tx, &person, &letter, err)) {
            return false;
        }
    }
    return leader || error_field(err, "signers", "InvalidValue",
                                 "Please name at least one lead or administrator to sign.");
}

bool charter_open(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct charter_opening *opening, struct error *err)
{
    struct charter draft;
    struct charter other;
    bool found = false;
    if (!charter_leads_only(actor, err) || !charter_find(tx, ctx, opening->id, &draft, err) ||
        !charter_in_state(tx, ctx, "signing", &other, &found, err)) {
        return false;
    }
    if (draft.state != CHARTER_DRAFT || found) {
        return error_set(err, ERR_CONFLICT,
                         found ? "Another version is being signed; withdraw it first."
                               : "This version is no draft any more.");
    }
    if (draft.fields[CHARTER_MISSION].len == 0) {
        return error_field(err, "mission", "BlankValue", "The mission is still missing.");
    }
    if (opening->review_months < 1 || opening->review_months > MONTHS_MOST) {
        return error_field(err, "review_months", "InvalidValue",
                           "It is reviewed after 1 to %d months.", MONTHS_MOST);
    }
    struct str text = charter_text(ctx, &draft);
    struct str hash = hash_hex(ctx, hash_sha256(text));
    return version_open(tx, draft.id, text, hash, opening->review_months,
                        clock_now(desk->app->clock), err) &&
           ask_signers(desk, tx, ctx, &draft, opening, err) &&
           charter_note(desk, tx, actor, "update", &draft, STR("Opened for signatures"), err);
}

// --- comments and progress ----------------------------------------------------------------------

static bool known_field(struct str field)
{
    bool known = field.len == 0 || str_eq_c(field, "values") || str_eq_c(field, "objectives");
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        known = known || str_eq_c(field, CHARTER_FIELD_KINDS[f].word);
    }
    return known;
}

bool charter_comment_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         const struct charter_new_comment *comment, struct error *err)
{
    struct charter charter;
    struct str words = str_trim(comment->body);
    if (!charter_staff_only(actor, err) ||
        !charter_find(tx, ctx, comment->version, &charter, err)) {
        return false;
    }
    if (charter.state != CHARTER_DRAFT) {
        return error_set(err, ERR_CONFLICT, "This version is no draft any more.");
    }
    if (words.len == 0 || words.len > COMMENT_MOST || !known_field(comment->field)) {
        return error_field(err, "body", "InvalidValue",
                           "Please say something, in at most %d characters.", COMMENT_MOST);
    }
    struct charter_comment_insert_in in = {db_next_id(tx), comment->version,
                                           comment->field, actor->user,
                                           words,          clock_now(desk->app->clock)};
    return charter_comment_insert(tx, &in, err);
}

bool charter_progress_note(struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct actor *actor, const struct charter_progress *progress,
                           struct error *err)
{
    struct objective_in_force_row row;
    bool found = false;
    if (!charter_leads_only(actor, err) ||
        !objective_in_force(tx, ctx, progress->objective, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such objective.");
    }
    if (progress->percent < 0 || progress->percent > 100) {
        return error_field(err, "percent", "InvalidValue", "Progress goes from 0 to 100 percent.");
    }
    struct progress_insert_in in = {.id = db_next_id(tx),
                                    .origin = row.origin,
                                    .percent = progress->percent,
                                    .note =
                                        str_utf8_clip(str_trim(progress->note), CHARTER_LINE_MOST),
                                    .created_by = actor->user,
                                    .now = clock_now(desk->app->clock)};
    return progress_insert(tx, &in, err);
}
