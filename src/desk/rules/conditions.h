// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions: what views show, when triggers and automations act. They are written as terms
// (field, operator, value, as people and programs send them), compiled once, and then either tested
// against a ticket in memory (conditions_match) or turned into a filter of a list
// (conditions_filter). Both give the same answer for what both know.
#ifndef STEWARD_DESK_RULES_CONDITIONS_H
#define STEWARD_DESK_RULES_CONDITIONS_H

#include "app/actor.h"
#include "base/problems.h"
#include "desk/rules/custom.h"
#include "desk/tickets/tickets.h"

// RULE_POLICY: conditions of service levels; they are no rules of the book (desk/service).
enum rule_kind { RULE_VIEW, RULE_MACRO, RULE_TRIGGER, RULE_AUTOMATION, RULE_POLICY };
enum rule_place { PLACE_ALL, PLACE_ANY, PLACE_ACTION };

// A condition or action as written.
struct rule_term {
    enum rule_place place;
    struct str field;
    struct str op;  // absent for actions and where none was given
    const struct str *values;
    size_t count;
    bool list;  // the value was a list, whatever its length
};

enum condition_field {
#define FIELD(name, word, label, value, operators, where) FIELD_##name,
#include "desk/rules/fields.def"
#undef FIELD
    FIELD_COUNT
};

enum rule_op {
#define OPERATOR(name, word, label) ROP_##name,
#include "desk/rules/operators.def"
#undef OPERATOR
    ROP_COUNT
};

enum value_kind {
    VALUE_STATUS,
    VALUE_PRIORITY,
    VALUE_TYPE,
    VALUE_GROUP,
    VALUE_PERSON,
    VALUE_ORGANIZATION,
    VALUE_TAGS,
    VALUE_WORDS,
    VALUE_CHANNEL,
    VALUE_UPDATE,
    VALUE_COMMENT,
    VALUE_FLAG,
    VALUE_ROLE,
    VALUE_TEXT,
    VALUE_HOURS,
    VALUE_TIME,
    VALUE_CHOICE,  // of what administrators defined
    VALUE_CUSTOM   // of a custom field
};

// Values of groups and people that are somebody else each time. 0 is nobody.
enum {
    ID_CURRENT_USER = -1,
    ID_REQUESTER = -2,
    ID_ASSIGNEE = -3,
    ID_ALL_AGENTS = -4,
    ID_CURRENT_GROUPS = -5
};

enum { COMMENT_PUBLIC, COMMENT_PRIVATE, COMMENT_ANY };

struct condition {
    enum condition_field field;
    enum rule_op op;
    int64_t number;           // enumerations, ids, hours (as milliseconds), times, flags
    const struct str *texts;  // tags, words (as words_spaced() makes them), channels
    size_t text_count;
    struct str phrase;       // words as one text, folded; texts as they are
    const int64_t *numbers;  // choices, as choice_number() has them: one of them
    size_t number_count;
    struct custom_field custom;
};

struct conditions {
    const struct condition *all;
    size_t all_count;
    const struct condition *any;  // one of them must hold, when there are some
    size_t any_count;
};

// Compiles the terms of `all` and `any`; actions are passed over. What is wrong goes to `problems`
// (field "base"); says whether nothing was. `defined` must live as long as *ret.
bool conditions_compile(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                        const struct rule_term *terms, size_t count, struct conditions *ret,
                        struct problems *problems);

// What a ticket is tested against.
struct rule_facts {
    struct db *db;
    mem_ctx *ctx;
    const struct ticket *before;  // as it was before the change; id none: it is being created;
                                  // NULL: there is no change
    const struct ticket *ticket;  // as it is now
    const struct actor *actor;    // who changes it
    const struct new_comment *comment;  // that comes with the change, or NULL
    int64_t now;
    // Read when first asked for.
    bool has_requester, has_description;
    int64_t requester_role;
    struct str description;
    struct str subject_of;  // what `subject_words` belong to
    struct str subject_words;
    struct str comment_words;
    struct str description_words;
    // Custom fields that changed since `before`, each with what it was first.
    const struct ticket_field_change *changes;
    size_t change_count;
    struct custom_values of[CUSTOM_OF_COUNT];
};

MUST_CHECK bool conditions_match(struct rule_facts *facts, const struct conditions *conditions,
                                 bool *ret, struct error *err);

// A condition on a custom field for one value (absent: none), but for those on changes.
bool custom_holds(mem_ctx *ctx, const struct condition *condition, struct str value, int64_t now);

// The filter of a list. Conditions that no filter can express are left out, and *ret_exact (may be
// NULL) becomes false: the list then has more than what matches, never less.
struct ticket_query conditions_filter(mem_ctx *ctx, const struct conditions *conditions,
                                      const struct actor *actor, int64_t now, bool *ret_exact);

// --- words --------------------------------------------------------------------------------------

struct str rule_kind_word(enum rule_kind kind);  // "view"
MUST_CHECK bool condition_field_parse(struct str word, enum condition_field *ret);
struct str condition_field_word(enum condition_field field);
struct str condition_field_label(enum condition_field field);
enum value_kind condition_value_kind(enum condition_field field);
bool condition_field_fits(enum condition_field field, enum rule_kind kind);
struct str rule_op_word(enum rule_op op);
struct str rule_op_label(enum rule_op op);
bool condition_op_fits(enum condition_field field, enum rule_op op, enum rule_kind kind);
// Folded, with one space around each word: "My printer!" is " my printer ". Without words: " ".
struct str words_spaced(mem_ctx *ctx, struct str text);
// For custom fields, whose kinds differ.
bool condition_custom_op_fits(const struct custom_field *field, enum rule_op op,
                              enum rule_kind kind);
// Whether the operator needs no value ("changed").
bool rule_op_terminal(enum rule_op op);

#endif
