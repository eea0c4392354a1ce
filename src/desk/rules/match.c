// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions tested against one ticket in memory. What only some conditions need (the requester,
// texts as words) is read or made when first asked for, once for all rules of a change.
#include "base/fold.h"
#include "base/words.h"
#include "desk/people/people.h"
#include "desk/rules/conditions.h"

// --- numbers ------------------------------------------------------------------------------------

static int64_t number_of(const struct ticket *ticket, enum condition_field field)
{
    switch ((int)field) {
    case FIELD_STATUS:
        return (int64_t)ticket->status;
    case FIELD_PRIORITY:
        return (int64_t)ticket->priority;
    case FIELD_TYPE:
        return (int64_t)ticket->type;
    case FIELD_GROUP:
        return ticket->group.v;
    case FIELD_ASSIGNEE:
        return ticket->assignee.v;
    case FIELD_STEWARD:
        return ticket->steward.v;
    case FIELD_REQUESTER:
        return ticket->requester.v;
    case FIELD_ORGANIZATION:
        return ticket->organization.v;
    default:
        return 0;
    }
}

// Whether the value on the ticket is the one that the condition names; special people and groups
// are whoever they are now.
static bool is_value(const struct rule_facts *facts, const struct condition *condition,
                     int64_t value)
{
    enum value_kind kind = condition_value_kind(condition->field);
    bool special = kind == VALUE_GROUP || kind == VALUE_PERSON;
    if (!special || condition->number >= 0) {
        return value == condition->number;
    }
    switch (condition->number) {
    case ID_CURRENT_USER:
        return value != 0 && value == facts->actor->user.v;
    case ID_REQUESTER:
        return value != 0 && value == facts->ticket->requester.v;
    case ID_ASSIGNEE:
        return value != 0 && value == facts->ticket->assignee.v;
    case ID_CURRENT_GROUPS:
        return value != 0 && actor_in_group(facts->actor, (struct group_id){value});
    default:
        return value != 0;  // all agents: whoever has been assigned is one
    }
}

// What a change did to a value: whether it is another, and whether the condition's was it then and
// is it now.
struct turn {
    bool changed;
    bool now;
    bool then;
};

static bool match_turn(enum rule_op op, const struct turn *turn)
{
    switch ((int)op) {
    case ROP_IS:
    case ROP_INCLUDES:
        return turn->now;
    case ROP_IS_NOT:
    case ROP_NOT_INCLUDES:
        return !turn->now;
    case ROP_CHANGED:
        return turn->changed;
    case ROP_NOT_CHANGED:
        return !turn->changed;
    case ROP_CHANGED_TO:
        return turn->changed && turn->now;
    case ROP_NOT_CHANGED_TO:
        return !turn->changed || !turn->now;
    case ROP_CHANGED_FROM:
        return turn->changed && turn->then;
    case ROP_NOT_CHANGED_FROM:
        return !turn->changed || !turn->then;
    default:
        return false;
    }
}

static bool match_number(const struct rule_facts *facts, const struct condition *condition)
{
    int64_t now = number_of(facts->ticket, condition->field);
    int64_t then = facts->before == NULL ? now : number_of(facts->before, condition->field);
    const struct turn turn = {now != then, is_value(facts, condition, now),
                              is_value(facts, condition, then)};
    switch ((int)condition->op) {
    case ROP_LESS:
        return now < condition->number;
    case ROP_LESS_EQUAL:
        return now <= condition->number;
    case ROP_GREATER:
        return now > condition->number;
    case ROP_GREATER_EQUAL:
        return now >= condition->number;
    default:
        return match_turn(condition->op, &turn);
    }
}

// --- what administrators defined ----------------------------------------------------------------

static bool among(const struct condition *condition, int64_t number)
{
    for (size_t i = 0; i < condition->number_count; i++) {
        if (condition->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static bool match_choice(const struct rule_facts *facts, const struct condition *condition)
{
    enum defined_kind kind = custom_defined_kind(condition_field_word(condition->field));
    int64_t now = choice_number(facts->ticket, kind);
    int64_t then = facts->before == NULL ? now : choice_number(facts->before, kind);
    const struct turn turn = {now != then, among(condition, now), among(condition, then)};
    return match_turn(condition->op, &turn);
}

static int64_t object_of(const struct ticket *ticket, enum custom_of of)
{
    return of == CUSTOM_OF_TICKET      ? ticket->id.v
           : of == CUSTOM_OF_REQUESTER ? ticket->requester.v
                                       : ticket->organization.v;
}

static bool read_value(struct rule_facts *facts, const struct custom_field *field, struct str *ret,
                       struct error *err)
{
    int64_t object = object_of(facts->ticket, field->of);
    struct custom_values *known = &facts->of[field->of];
    if (!known->loaded || known->object != object) {
        *known = (struct custom_values){.loaded = true, .object = object};
        if (object != 0 &&
            !field_values_all(facts->db, facts->ctx, object, &known->values, &known->count, err)) {
            return false;
        }
    }
    *ret = field_value_of(known->values, known->count, field->record->id, object);
    return true;
}

static bool has_part(const struct condition *c, struct str value)
{
    for (size_t i = 0; i < c->text_count; i++) {
        if (!str_none(value) && str_ifind(value, c->texts[i]) >= 0) {
            return true;
        }
    }
    return false;
}

static bool is_custom(const struct condition *c, struct str value)
{
    bool found = false;
    double wanted = 0;
    double number = 0;
    if (c->custom.kind == CUSTOM_FLAG) {
        return str_eq_c(value, "true") == (c->number != 0);
    }
    for (size_t i = 0; i < c->text_count && !found && !str_none(value); i++) {
        switch (c->custom.kind) {
        case CUSTOM_CHOICES:
            found = words_has(value, c->texts[i]);
            break;
        case CUSTOM_NUMBER:
            found = str_to_f64(value, &number) && str_to_f64(c->texts[i], &wanted) &&
                    number >= wanted && number <= wanted;
            break;
        default:
            found = str_eq(value, c->texts[i]);
        }
    }
    return found;
}

// -1, 0 or 1; dates compare as their texts do.
static int compare_custom(const struct condition *c, struct str value)
{
    double wanted = 0;
    double number = 0;
    if (c->custom.kind == CUSTOM_DATE) {
        return str_cmp(value, c->texts[0]);
    }
    if (!str_to_f64(value, &number) || !str_to_f64(c->texts[0], &wanted)) {
        return 0;
    }
    return number < wanted ? -1 : number > wanted;
}

bool custom_holds(mem_ctx *ctx, const struct condition *c, struct str value, int64_t now)
{
    bool none = str_none(value);
    bool parts = c->custom.kind == CUSTOM_TEXT;
    switch ((int)c->op) {
    case ROP_PRESENT:
        return !none;
    case ROP_NOT_PRESENT:
        return none;
    case ROP_IS:
        return is_custom(c, value);
    case ROP_IS_NOT:
        return !is_custom(c, value);
    case ROP_INCLUDES:
        return parts ? has_part(c, value) : is_custom(c, value);
    case ROP_NOT_INCLUDES:
        return !(parts ? has_part(c, value) : is_custom(c, value));
    case ROP_PART:
        return has_part(c, value);
    case ROP_NOT_PART:
        return !has_part(c, value);
    case ROP_LESS:
        return !none && compare_custom(c, value) < 0;
    case ROP_LESS_EQUAL:
        return !none && compare_custom(c, value) <= 0;
    case ROP_GREATER:
        return !none && compare_custom(c, value) > 0;
    case ROP_GREATER_EQUAL:
        return !none && compare_custom(c, value) >= 0;
    case ROP_PREVIOUS_DAYS:
        return !none && str_cmp(value, custom_day(ctx, now, -c->number)) >= 0 &&
               str_cmp(value, custom_day(ctx, now, 0)) <= 0;
    case ROP_NEXT_DAYS:
        return !none && str_cmp(value, custom_day(ctx, now, 0)) >= 0 &&
               str_cmp(value, custom_day(ctx, now, c->number)) <= 0;
    default:
        return false;
    }
}

static bool match_custom(struct rule_facts *facts, const struct condition *c, bool *ret,
                         struct error *err)
{
    struct str now;
    if (!read_value(facts, &c->custom, &now, err)) {
        return false;
    }
    struct str then = now;
    for (size_t i = 0; i < facts->change_count && c->custom.of == CUSTOM_OF_TICKET; i++) {
        if (facts->changes[i].field == c->custom.record->id) {
            then = facts->changes[i].previous;
            break;
        }
    }
    bool same = str_none(now) == str_none(then) && str_eq(now, then);
    const struct turn turn = {!same, is_custom(c, now), is_custom(c, then)};
    *ret = c->op >= ROP_CHANGED ? match_turn(c->op, &turn)
                                : custom_holds(facts->ctx, c, now, facts->now);
    return true;
}

// --- words --------------------------------------------------------------------------------------

static bool match_words(const struct condition *condition, struct str raw_folded, struct str words)
{
    bool found = false;
    if (condition->op == ROP_IS || condition->op == ROP_IS_NOT) {
        found = str_find(raw_folded, condition->phrase) >= 0;
        return found == (condition->op == ROP_IS);
    }
    for (size_t i = 0; i < condition->text_count && !found; i++) {
        found = str_find(words, condition->texts[i]) >= 0;
    }
    return found == (condition->op == ROP_INCLUDES);
}

static bool match_subject(struct rule_facts *facts, const struct condition *condition)
{
    struct str subject = facts->ticket->subject;
    if (facts->subject_of.ptr != subject.ptr || str_none(facts->subject_words)) {
        facts->subject_of = subject;
        facts->subject_words = words_spaced(facts->ctx, subject);
    }
    bool phrase = condition->op == ROP_IS || condition->op == ROP_IS_NOT;
    struct str folded = phrase ? fold_text(facts->ctx, subject) : STR("");
    return match_words(condition, folded, facts->subject_words);
}

static bool match_comment_words(struct rule_facts *facts, const struct condition *condition)
{
    bool negative = condition->op == ROP_NOT_INCLUDES || condition->op == ROP_IS_NOT;
    if (facts->comment == NULL) {
        return negative;
    }
    struct str body = facts->comment->body;
    int64_t cut = facts->comment->quoted_from;
    struct str fresh = cut > 0 && (size_t)cut < body.len ? str_sub(body, 0, (size_t)cut) : body;
    if (str_none(facts->comment_words)) {
        facts->comment_words = words_spaced(facts->ctx, fresh);
    }
    bool phrase = condition->op == ROP_IS || condition->op == ROP_IS_NOT;
    struct str folded = phrase ? fold_text(facts->ctx, fresh) : STR("");
    return match_words(condition, folded, facts->comment_words);
}

static bool match_description(struct rule_facts *facts, const struct condition *condition,
                              bool *ret, struct error *err)
{
    if (!facts->has_description) {
        struct ticket_text *texts = NULL;
        size_t count = 0;
        bool creating = facts->before != NULL && facts->before->id.v == 0;
        if (!creating &&
            !ticket_descriptions(facts->db, facts->ctx, facts->ticket, 1, &texts, &count, err)) {
            return false;
        }
        facts->description = count > 0 ? texts[0].body : STR("");
        if (creating && facts->comment != NULL) {
            facts->description = facts->comment->body;
        }
        facts->description_words = words_spaced(facts->ctx, facts->description);
        facts->has_description = true;
    }
    bool phrase = condition->op == ROP_IS || condition->op == ROP_IS_NOT;
    struct str folded = phrase ? fold_text(facts->ctx, facts->description) : STR("");
    *ret = match_words(condition, folded, facts->description_words);
    return true;
}

static bool match_tags(const struct rule_facts *facts, const struct condition *condition)
{
    bool found = false;
    for (size_t i = 0; i < condition->text_count && !found; i++) {
        found = words_has(facts->ticket->tags, condition->texts[i]);
    }
    return found == (condition->op == ROP_INCLUDES);
}

static bool match_channel(struct str channel, const struct condition *condition)
{
    bool found = false;
    for (size_t i = 0; i < condition->text_count && !found; i++) {
        found = str_eq(channel, condition->texts[i]);
    }
    return found == (condition->op == ROP_IS || condition->op == ROP_INCLUDES);
}

// --- the rest -----------------------------------------------------------------------------------

// Roles as conditions tell them apart.
static int64_t plain_role(enum role role)
{
    return role >= ROLE_ADMIN ? ROLE_ADMIN : role >= ROLE_LIGHT_AGENT ? ROLE_AGENT : ROLE_END_USER;
}

// "Is an agent" holds for administrators, too.
static bool role_is(int64_t role, int64_t wanted)
{
    return role == wanted || (wanted == ROLE_AGENT && role == ROLE_ADMIN);
}

static bool match_requester_role(struct rule_facts *facts, const struct condition *condition,
                                 bool *ret, struct error *err)
{
    struct user person;
    bool found = false;
    if (!facts->has_requester) {
        if (!user_find(facts->db, facts->ctx, facts->ticket->requester, &person, &found, err)) {
            return false;
        }
        facts->requester_role = plain_role(found ? person.role : ROLE_END_USER);
        facts->has_requester = true;
    }
    *ret = role_is(facts->requester_role, condition->number) == (condition->op == ROP_IS);
    return true;
}

static bool comment_kind(const struct rule_facts *facts, int64_t wanted)
{
    if (facts->comment == NULL) {
        return false;
    }
    return wanted == COMMENT_ANY || facts->comment->is_public == (wanted == COMMENT_PUBLIC);
}

// The time that an hours' condition counts from; 0 when that never was, or is not so now.
static int64_t since_when(const struct ticket *t, enum condition_field field)
{
    static const struct {
        enum condition_field field;
        enum ticket_status status;
    } STATES[] = {
        {FIELD_HOURS_NEW, STATUS_NEW},         {FIELD_HOURS_OPEN, STATUS_OPEN},
        {FIELD_HOURS_PENDING, STATUS_PENDING}, {FIELD_HOURS_HOLD, STATUS_HOLD},
        {FIELD_HOURS_SOLVED, STATUS_SOLVED},   {FIELD_HOURS_CLOSED, STATUS_CLOSED},
    };
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        if (STATES[i].field == field) {
            return t->status == STATES[i].status ? t->status_updated_at : 0;
        }
    }
    switch ((int)field) {
    case FIELD_HOURS_CREATED:
        return t->created_at;
    case FIELD_HOURS_ASSIGNED:
        return t->assigned_at;
    case FIELD_HOURS_UPDATED:
        return t->updated_at;
    case FIELD_HOURS_REQUESTER:
        return t->requester_updated_at;
    case FIELD_HOURS_ASSIGNEE:
        return t->assignee_updated_at;
    case FIELD_HOURS_BREACH:
    case FIELD_HOURS_UNTIL_BREACH:
        return t->breach_at;
    default:
        return t->due_at;
    }
}

// Whole hours pass: "is 2" holds from two hours on until the third begins.
static bool match_hours(const struct rule_facts *facts, const struct condition *condition)
{
    int64_t since = since_when(facts->ticket, condition->field);
    int64_t passed = facts->now - since;
    if (condition->field == FIELD_HOURS_UNTIL_DUE || condition->field == FIELD_HOURS_UNTIL_BREACH) {
        passed = since - facts->now;
    }
    if (since == 0 || passed < 0) {
        return false;
    }
    switch ((int)condition->op) {
    case ROP_LESS:
        return passed < condition->number;
    case ROP_GREATER:
        return passed > condition->number;
    default:
        return passed >= condition->number && passed < condition->number + HOURS_MS;
    }
}

static bool match_time(const struct rule_facts *facts, const struct condition *condition)
{
    int64_t at = facts->ticket->created_at;
    switch ((int)condition->op) {
    case ROP_LESS:
        return at < condition->number;
    case ROP_LESS_EQUAL:
        return at <= condition->number;
    case ROP_GREATER:
        return at > condition->number;
    default:
        return at >= condition->number;
    }
}

static bool match_flag(const struct rule_facts *facts, const struct condition *condition)
{
    bool value = facts->ticket->is_public;
    if (condition->field == FIELD_ATTACHMENT) {
        value =
            facts->comment != NULL && facts->comment->file_count + facts->comment->upload_count > 0;
    }
    return (value == (condition->number != 0)) == (condition->op == ROP_IS);
}

static struct str update_channel(const struct rule_facts *facts)
{
    static const struct str WORDS[] = {
#define CHANNEL(name, word) [CHANNEL_##name] = STR_INIT(word),
        CHANNELS
#undef CHANNEL
    };
    return WORDS[facts->actor->channel];
}

static bool match_one(struct rule_facts *facts, const struct condition *c, bool *ret,
                      struct error *err)
{
    switch (condition_value_kind(c->field)) {
    case VALUE_STATUS:
    case VALUE_PRIORITY:
    case VALUE_TYPE:
    case VALUE_GROUP:
    case VALUE_PERSON:
    case VALUE_ORGANIZATION:
        *ret = match_number(facts, c);
        return true;
    case VALUE_TAGS:
        *ret = match_tags(facts, c);
        return true;
    case VALUE_WORDS:
        if (c->field == FIELD_DESCRIPTION || c->field == FIELD_TEXT) {
            return match_description(facts, c, ret, err);
        }
        *ret = c->field == FIELD_SUBJECT ? match_subject(facts, c) : match_comment_words(facts, c);
        return true;
    case VALUE_CHANNEL:
        *ret = match_channel(c->field == FIELD_VIA ? facts->ticket->channel : update_channel(facts),
                             c);
        return true;
    case VALUE_UPDATE: {
        bool creating = facts->before != NULL && facts->before->id.v == 0;
        *ret = (creating == (c->number == 0)) == (c->op == ROP_IS);
        return true;
    }
    case VALUE_COMMENT:
        *ret = comment_kind(facts, c->number) == (c->op == ROP_IS);
        return true;
    case VALUE_FLAG:
        *ret = match_flag(facts, c);
        return true;
    case VALUE_ROLE:
        if (c->field == FIELD_REQUESTER_ROLE) {
            return match_requester_role(facts, c, ret, err);
        }
        *ret = role_is(plain_role(facts->actor->role), c->number) == (c->op == ROP_IS);
        return true;
    case VALUE_TEXT: {
        struct str value = str_none(facts->ticket->recipient) ? STR("") : facts->ticket->recipient;
        *ret = str_ieq(value, c->phrase) == (c->op == ROP_IS);
        return true;
    }
    case VALUE_HOURS:
        *ret = match_hours(facts, c);
        return true;
    case VALUE_TIME:
        *ret = match_time(facts, c);
        return true;
    case VALUE_CHOICE:
        *ret = match_choice(facts, c);
        return true;
    case VALUE_CUSTOM:
        return match_custom(facts, c, ret, err);
    }
    return error_internal(err, "no such condition");
}

bool conditions_match(struct rule_facts *facts, const struct conditions *conditions, bool *ret,
                      struct error *err)
{
    bool holds = true;
    for (size_t i = 0; i < conditions->all_count && holds; i++) {
        if (!match_one(facts, &conditions->all[i], &holds, err)) {
            return false;
        }
    }
    bool any = conditions->any_count == 0;
    for (size_t i = 0; i < conditions->any_count && holds && !any; i++) {
        if (!match_one(facts, &conditions->any[i], &any, err)) {
            return false;
        }
    }
    *ret = holds && any;
    return true;
}
