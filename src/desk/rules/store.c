// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who may see and change rules, and writing them.
#include "desk/rules/rules_internal.h"

#include "desk/hooks/targets.h"
#include "desk/people/people.h"
#include "desk/rules/actions.h"
#include "desk/rules/queries.h"
#include "desk/trail/trail.h"

bool rule_may_see(const struct rule *rule, const struct actor *actor)
{
    if (!actor_is_staff(actor)) {
        return false;
    }
    switch (rule->audience) {
    case AUDIENCE_ALL:
        return true;
    case AUDIENCE_GROUPS:
        for (size_t i = 0; i < rule->group_count; i++) {
            if (actor_in_group(actor, rule->groups[i])) {
                return true;
            }
        }
        return actor_is_admin(actor);
    case AUDIENCE_PERSON:
        return rule->owner.v == actor->user.v;
    }
    return false;
}

bool rule_may_change(const struct rule *rule, const struct actor *actor)
{
    if (!rule_may_see(rule, actor)) {
        return false;
    }
    if (actor_is_admin(actor)) {
        return true;
    }
    if (rule->kind == RULE_TRIGGER || rule->kind == RULE_AUTOMATION || !actor_is_agent(actor)) {
        return false;
    }
    if (rule->audience == AUDIENCE_PERSON) {
        return true;
    }
    bool own = rule->audience == AUDIENCE_GROUPS && actor->role >= ROLE_LEAD;
    for (size_t i = 0; i < rule->group_count && own; i++) {
        own = actor_in_group(actor, rule->groups[i]);
    }
    return own;
}

// --- checking -----------------------------------------------------------------------------------

static bool names_enough(const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->all_count; i++) {
        switch ((int)conditions->all[i].field) {
        case FIELD_STATUS:
        case FIELD_TYPE:
        case FIELD_GROUP:
        case FIELD_ASSIGNEE:
        case FIELD_REQUESTER:
            return true;
        default:
            break;
        }
    }
    return false;
}

// What the kind of rule wants beside terms that are right each for itself.
static void check_whole(enum rule_kind kind, const struct conditions *conditions,
                        const struct rule_action *actions, size_t count, struct problems *problems)
{
    struct str base = STR("base");
    if (kind == RULE_VIEW) {
        return;
    }
    if (count == 0) {
        problems_add(problems, base, "BlankValue", "Actions: name at least one.");
    }
    if (kind != RULE_MACRO && conditions->all_count + conditions->any_count == 0) {
        problems_add(problems, base, "BlankValue", "Conditions: name at least one.");
    }
    if (kind != RULE_AUTOMATION) {
        return;
    }
    if (!conditions_have_time(conditions)) {
        problems_add(problems, base, "InvalidValue",
                     "Conditions: an automation needs one on hours passed under “all”.");
    } else if (count > 0 && !actions_end_conditions(conditions, actions, count)) {
        problems_add(
            problems, base, "InvalidValue",
            "Actions: one of them must make a condition of “all” false, or the automation "
            "would run every hour. Change the status that the hours count in, or add a tag "
            "that a condition excludes.");
    }
}

bool rule_terms_check(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                      const struct rule_term *terms, size_t count, struct problems *problems)
{
    struct conditions conditions;
    struct rule_action *list = NULL;
    struct str base = STR("base");
    size_t before = problems->count;
    size_t actions = 0;
    if (count > TERMS_MAX) {
        problems_add(problems, base, "TooLong", "At most %d conditions and actions fit one rule.",
                     TERMS_MAX);
        return false;
    }
    bool fine = conditions_compile(ctx, kind, defined, terms, count, &conditions, problems);
    fine = actions_compile(ctx, kind, defined, terms, count, &list, &actions, problems) && fine;
    if (!fine) {
        return false;
    }
    if (kind == RULE_VIEW && !names_enough(&conditions)) {
        problems_add(problems, base, "InvalidValue",
                     "Conditions: a view needs one on status, type, group, assignee or requester "
                     "under “all”.");
    }
    check_whole(kind, &conditions, list, actions, problems);
    return problems->count == before;
}

static bool check_groups(struct db *tx, const struct rule *rule, struct error *err)
{
    for (size_t i = 0; i < rule->group_count; i++) {
        bool exists = false;
        if (!group_exists(tx, rule->groups[i], &exists, err)) {
            return false;
        }
        if (!exists) {
            return error_field(err, "restriction", "RecordNotFound",
                               "Restriction: there is no group %lld.",
                               (long long)rule->groups[i].v);
        }
    }
    return rule->audience != AUDIENCE_GROUPS || rule->group_count > 0 ||
           error_field(err, "restriction", "BlankValue", "Restriction: name a group.");
}

static bool check_columns(const struct rule *rule, struct error *err)
{
    enum ticket_column column = TC_ID;
    struct str rest = rule->columns;
    struct str name;
    while (str_next(&rest, ' ', &name)) {
        if (!str_empty(name) && !view_column(name, &column)) {
            return error_field(err, "base", "InvalidValue", "Columns: “%.*s” is not known.",
                               STR_ARG(name));
        }
    }
    if (!str_empty(rule->sort_by) && !view_column(rule->sort_by, &column)) {
        return error_field(err, "base", "InvalidValue", "Order: “%.*s” is not known.",
                           STR_ARG(rule->sort_by));
    }
    if (!str_empty(rule->group_by) &&
        (!view_column(rule->group_by, &column) || column == TC_SUBJECT)) {
        return error_field(err, "base", "InvalidValue", "Groups: “%.*s” cannot make groups.",
                           STR_ARG(rule->group_by));
    }
    return true;
}

static bool check_category(const struct rule_book *book, const struct rule *rule, struct error *err)
{
    if (rule->category.v == 0) {
        return true;
    }
    for (size_t i = 0; i < book->category_count; i++) {
        if (book->categories[i].id.v == rule->category.v) {
            return true;
        }
    }
    return error_field(err, "category_id", "RecordNotFound", "Category: there is no such one.");
}

// A target that is named must be there: nobody would hear of what happens.
static bool check_targets(struct db *tx, mem_ctx *ctx, const struct rule *rule, struct error *err)
{
    for (size_t i = 0; i < rule->term_count; i++) {
        const struct rule_term *term = &rule->terms[i];
        enum action_field field = ACTION_STATUS;
        int64_t id = 0;
        bool found = false;
        if (term->place != PLACE_ACTION || term->count == 0 ||
            !action_field_parse(term->field, &field) || field != ACTION_TARGET) {
            continue;
        }
        if (!str_to_i64(term->values[0], &id)) {
            return error_field(err, "base", "InvalidValue", "Actions: a target has a number.");
        }
        if (!target_exists(tx, ctx, id, &found, err)) {
            return false;
        }
        if (!found) {
            return error_field(err, "base", "InvalidValue", "Actions: there is no target %lld.",
                               (long long)id);
        }
    }
    return true;
}

static bool check(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct rule_book *book, const struct rule *rule, struct error *err)
{
    struct problems problems;
    problems_init(&problems, ctx);
    if (str_empty(str_trim(rule->title))) {
        return error_field(err, "title", "BlankValue", "Title: cannot be blank");
    }
    if (!rule_may_change(rule, actor)) {
        return error_set(err, ERR_FORBIDDEN,
                         rule->kind == RULE_TRIGGER || rule->kind == RULE_AUTOMATION
                             ? "Only administrators write triggers and automations."
                             : "You may write this for yourself; what others share is written by "
                               "leads for their groups and by administrators.");
    }
    if (!rule_terms_check(ctx, rule->kind, &book->defined, rule->terms, rule->term_count,
                          &problems)) {
        return problems_none(&problems, err);
    }
    return check_groups(tx, rule, err) && check_targets(tx, ctx, rule, err) &&
           check_columns(rule, err) && check_category(book, rule, err);
}

// --- writing ------------------------------------------------------------------------------------

static struct str audience_word(enum rule_audience audience)
{
    static const struct str WORDS[] = {STR_INIT("all"), STR_INIT("groups"), STR_INIT("person")};
    return WORDS[audience];
}

static bool write_term(struct db *tx, struct rule_id rule, size_t ordinal,
                       const struct rule_term *term, struct error *err)
{
    static const struct str PLACES[] = {STR_INIT("all"), STR_INIT("any"), STR_INIT("action")};
    struct rule_term_insert_in in = {
        .rule_id = rule,
        .ordinal = (int64_t)ordinal,
        .part = -1,
        .place = PLACES[term->place],
        .field = term->field,
        .operator= str_empty(term->op) ? STR_NONE : term->op,
        .value = STR_NONE,
        .is_list = term->list,
    };
    if (term->count == 0) {
        return rule_term_insert(tx, &in, err);
    }
    for (size_t i = 0; i < term->count; i++) {
        in.part = (int64_t)i;
        in.value = term->values[i];
        if (!rule_term_insert(tx, &in, err)) {
            return false;
        }
    }
    return true;
}

static bool write_terms(struct db *tx, const struct rule *rule, struct error *err)
{
    if (!rule_terms_remove(tx, rule->id, err)) {
        return false;
    }
    for (size_t i = 0; i < rule->term_count; i++) {
        if (!write_term(tx, rule->id, i, &rule->terms[i], err)) {
            return false;
        }
    }
    return true;
}

static bool write_groups(struct db *tx, const struct rule *rule, struct error *err)
{
    if (!rule_groups_remove(tx, rule->id, err)) {
        return false;
    }
    for (size_t i = 0; rule->audience == AUDIENCE_GROUPS && i < rule->group_count; i++) {
        bool twice = false;
        for (size_t k = 0; k < i; k++) {
            twice = twice || rule->groups[k].v == rule->groups[i].v;
        }
        if (!twice && !rule_group_insert(tx, rule->id, rule->groups[i], err)) {
            return false;
        }
    }
    return true;
}

static bool insert(struct db *tx, const struct rule *rule, struct error *err)
{
    struct rule_insert_in in = {
        .id = rule->id,
        .kind = rule_kind_word(rule->kind),
        .title = rule->title,
        .description = rule->description,
        .active = rule->active,
        .position = rule->position,
        .category_id = rule->category,
        .audience = audience_word(rule->audience),
        .owner_id = rule->owner,
        .shown = rule->columns,
        .group_by = rule->group_by,
        .group_down = rule->group_down,
        .sort_by = rule->sort_by,
        .sort_down = rule->sort_down,
        .created_by = rule->created_by,
        .created_at = rule->created_at,
    };
    return rule_insert(tx, &in, err);
}

static bool update(struct db *tx, const struct rule *rule, struct error *err)
{
    struct rule_update_row_in in = {
        .id = rule->id,
        .title = rule->title,
        .description = rule->description,
        .active = rule->active,
        .position = rule->position,
        .category_id = rule->category,
        .audience = audience_word(rule->audience),
        .owner_id = rule->owner,
        .shown = rule->columns,
        .group_by = rule->group_by,
        .group_down = rule->group_down,
        .sort_by = rule->sort_by,
        .sort_down = rule->sort_down,
        .updated_at = rule->updated_at,
    };
    return rule_update_row(tx, &in, err);
}

// The terms of the places that a change does not speak of stay.
static void merge_terms(mem_ctx *ctx, struct rule *rule, const struct rule_change *change)
{
    struct rule_term *terms =
        mem_array(ctx, struct rule_term, rule->term_count + change->values.term_count + 1);
    size_t count = 0;
    for (int actions = 0; actions <= 1; actions++) {
        bool fresh = (change->set & (actions ? RULE_ACTIONS : RULE_CONDITIONS)) != 0;
        const struct rule_term *from = fresh ? change->values.terms : rule->terms;
        size_t from_count = fresh ? change->values.term_count : rule->term_count;
        for (size_t i = 0; i < from_count; i++) {
            if ((from[i].place == PLACE_ACTION) == (actions == 1)) {
                terms[count++] = from[i];
            }
        }
    }
    rule->terms = terms;
    rule->term_count = count;
}

static void merge(mem_ctx *ctx, struct rule *rule, const struct rule_change *change)
{
    const struct rule *in = &change->values;
    unsigned set = change->set;
    rule->title =
        (set & RULE_TITLE) != 0 ? str_one_line(ctx, in->title, TITLE_MAX_CHARS) : rule->title;
    rule->description = (set & RULE_DESCRIPTION) != 0 ? in->description : rule->description;
    rule->active = (set & RULE_ACTIVE) != 0 ? in->active : rule->active;
    rule->position = (set & RULE_POSITION) != 0 ? in->position : rule->position;
    rule->category = (set & RULE_CATEGORY) != 0 ? in->category : rule->category;
    rule->columns = (set & RULE_COLUMNS) != 0 ? in->columns : rule->columns;
    if ((set & RULE_AUDIENCE) != 0) {
        rule->audience = in->audience;
        rule->owner = in->owner;
        rule->groups = in->groups;
        rule->group_count = in->group_count;
    }
    if ((set & RULE_GROUPING) != 0) {
        rule->group_by = in->group_by;
        rule->group_down = in->group_down;
    }
    if ((set & RULE_SORTING) != 0) {
        rule->sort_by = in->sort_by;
        rule->sort_down = in->sort_down;
    }
    merge_terms(ctx, rule, change);
}

static int64_t last_position(const struct rule_book *book, enum rule_kind kind)
{
    int64_t last = 0;
    for (size_t i = 0; i < book->count; i++) {
        if (book->rules[i].kind == kind && book->rules[i].position > last) {
            last = book->rules[i].position;
        }
    }
    return last;
}

// One's own views and macros are nobody else's business.
static bool note(struct db *tx, const struct actor *actor, const struct rule *rule,
                 const char *action, int64_t now, struct error *err)
{
    struct str kind = rule_kind_word(rule->kind);
    const struct trail_note note = {.action = action,
                                    .source_type = kind.ptr,
                                    .source_id = rule->id.v,
                                    .source_label = rule->title,
                                    .change = rule->active ? STR("Active") : STR("Inactive")};
    return rule->audience == AUDIENCE_PERSON || trail_add(tx, actor, now, &note, err);
}

bool rule_create(struct rules *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct rule_change *change, struct rule *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    if (!rules_read(room, tx, ctx, &book, err)) {
        return false;
    }
    struct rule rule = {
        .kind = change->values.kind,
        .slug = STR_NONE,
        .title = STR(""),
        .description = STR_NONE,
        .active = true,
        .columns =
            change->values.kind == RULE_VIEW ? STR("status subject requester updated") : STR(""),
        .group_by = STR_NONE,
        .sort_by = STR_NONE,
        .created_by = actor->user,
        .created_at = clock_now(room->clock),
    };
    if (rule.kind == RULE_TRIGGER && book->category_count > 0) {
        rule.category = book->categories[0].id;
    }
    merge(ctx, &rule, change);
    if (rule.position <= 0 || rule.position > POSITION_MAX) {
        rule.position = last_position(book, rule.kind) + 1;
    }
    rule.updated_at = rule.created_at;
    if (!check(tx, ctx, actor, book, &rule, err)) {
        return false;
    }
    rule.id.v = db_next_id(tx);
    if (!insert(tx, &rule, err) || !write_terms(tx, &rule, err) || !write_groups(tx, &rule, err) ||
        !book_changed(tx, err) || !note(tx, actor, &rule, "create", rule.created_at, err)) {
        return false;
    }
    *ret = rule;
    return true;
}

static bool load(struct rules *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 enum rule_kind kind, struct rule_id id, const struct rule_book **ret_book,
                 struct rule *ret, struct error *err)
{
    if (!rules_read(room, tx, ctx, ret_book, err)) {
        return false;
    }
    const struct rule *found = rule_in_book(*ret_book, kind, id);
    if (found == NULL || !rule_may_see(found, actor)) {
        struct str word = rule_kind_word(kind);
        return error_set(err, ERR_NOT_FOUND, "There is no such %.*s.", STR_ARG(word));
    }
    if (!rule_may_change(found, actor)) {
        return error_set(err, ERR_FORBIDDEN,
                         "Others use this as well: only leads of its groups and administrators "
                         "may change it.");
    }
    *ret = *found;
    return true;
}

bool rule_update(struct rules *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct rule_id id, const struct rule_change *change, struct rule *ret,
                 struct error *err)
{
    enum rule_kind kind = change->values.kind;
    const struct rule_book *book = NULL;
    struct rule rule;
    if (!load(room, tx, ctx, actor, kind, id, &book, &rule, err)) {
        return false;
    }
    int64_t position = rule.position;
    merge(ctx, &rule, change);
    if (rule.position <= 0 || rule.position > POSITION_MAX) {
        rule.position = position;
    }
    rule.updated_at = clock_now(room->clock);
    // Only what is written is checked: switching a rule off must work whatever it says.
    unsigned harmless = RULE_ACTIVE | RULE_POSITION;
    bool judged = (change->set & ~harmless) != 0 || (rule.active && change->set != RULE_POSITION);
    if (judged && !check(tx, ctx, actor, book, &rule, err)) {
        return false;
    }
    if (!update(tx, &rule, err) || !write_terms(tx, &rule, err) || !write_groups(tx, &rule, err) ||
        !book_changed(tx, err) || !note(tx, actor, &rule, "update", rule.updated_at, err)) {
        return false;
    }
    *ret = rule;
    return true;
}

bool rule_delete(struct rules *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 enum rule_kind kind, struct rule_id id, struct error *err)
{
    const struct rule_book *book = NULL;
    struct rule rule;
    return load(room, tx, ctx, actor, kind, id, &book, &rule, err) &&
           rule_terms_remove(tx, id, err) && rule_groups_remove(tx, id, err) &&
           rule_done_remove(tx, id, err) && rule_remove(tx, id, err) && book_changed(tx, err) &&
           note(tx, actor, &rule, "destroy", clock_now(room->clock), err);
}

static bool listed(const struct rule_id *ids, size_t count, struct rule_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].v == id.v) {
            return true;
        }
    }
    return false;
}

bool rules_reorder(struct rules *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   const struct rule_order *order, struct error *err)
{
    enum rule_kind kind = order->kind;
    const struct rule_id *ids = order->ids;
    size_t count = order->count;
    const struct rule_book *book = NULL;
    int64_t position = 1;
    struct rule rule;
    for (size_t i = 0; i < count; i++) {
        if (!load(room, tx, ctx, actor, kind, ids[i], &book, &rule, err) ||
            !rule_position_write(tx, ids[i], position++, err)) {
            return false;
        }
    }
    // Others go on behind; what the actor may not change stays where it is.
    for (size_t i = 0; book != NULL && i < book->count; i++) {
        const struct rule *other = &book->rules[i];
        if (other->kind == kind && !listed(ids, count, other->id) &&
            rule_may_change(other, actor) && !rule_position_write(tx, other->id, position++, err)) {
            return false;
        }
    }
    return book_changed(tx, err);
}

// --- categories ---------------------------------------------------------------------------------

bool rule_category_write(struct rules *room, struct db *tx, const struct actor *actor,
                         struct rule_category *category, struct error *err)
{
    int64_t now = clock_now(room->clock);
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators arrange triggers.");
    }
    if (str_empty(str_trim(category->name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    if (category->position <= 0 || category->position > POSITION_MAX) {
        category->position = POSITION_MAX;
    }
    category->updated_at = now;
    if (category->id.v != 0) {
        return rule_category_update(tx, category->id, category->name, category->position, now,
                                    err) &&
               book_changed(tx, err);
    }
    category->id.v = db_next_id(tx);
    category->created_at = now;
    return rule_category_insert(tx, category->id, category->name, category->position, now, err) &&
           book_changed(tx, err);
}

bool rule_category_delete(struct rules *room, struct db *tx, mem_ctx *ctx,
                          const struct actor *actor, struct category_id id, struct error *err)
{
    const struct rule_book *book = NULL;
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators arrange triggers.");
    }
    if (!rules_read(room, tx, ctx, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->count; i++) {
        if (book->rules[i].category.v == id.v) {
            return error_field(err, "base", "InvalidValue",
                               "There are triggers in this category; move or delete them first.");
        }
    }
    return rule_category_remove(tx, id, err) && book_changed(tx, err);
}
