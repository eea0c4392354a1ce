// SPDX-License-Identifier: GPL-3.0-or-later
//
// The rules room: views, macros, triggers and automations. All four are a `struct rule`: a name, a
// place in the order, who may use it, and terms, which are conditions and actions as people wrote
// them. The desk keeps all rules in memory as a book, compiled; a book is read again when the stamp
// in the database is another one.
//
// Who may: staff use what is shared with everybody, with a group of theirs, or their own. Agents
// write their own views and macros, leads also those of their groups, administrators all rules.
// Triggers and automations are the administrators' and seen by all staff. What somebody may not
// see is NOT_FOUND; what they see but may not change is FORBIDDEN.
#ifndef STEWARD_DESK_RULES_RULES_H
#define STEWARD_DESK_RULES_RULES_H

#include "app/actor.h"
#include "base/clock.h"
#include "base/problems.h"
#include "desk/rules/actions.h"
#include "desk/rules/conditions.h"
#include "desk/tickets/tickets.h"

enum rule_audience { AUDIENCE_ALL, AUDIENCE_GROUPS, AUDIENCE_PERSON };

struct rule {
    struct rule_id id;
    enum rule_kind kind;
    struct str slug;  // in addresses, of the views that are there from the start; absent otherwise
    struct str title;
    struct str description;  // absent when none
    bool active;
    bool is_default;
    int64_t position;
    struct category_id category;  // triggers
    enum rule_audience audience;
    struct user_id owner;           // AUDIENCE_PERSON
    const struct group_id *groups;  // AUDIENCE_GROUPS
    size_t group_count;
    // Views.
    struct str columns;   // words, one space between
    struct str group_by;  // absent: no groups
    bool group_down;
    struct str sort_by;  // absent: by number
    bool sort_down;
    struct user_id created_by;
    int64_t created_at;
    int64_t updated_at;
    const struct rule_term *terms;
    size_t term_count;
    // Compiled, in a book only.
    struct conditions conditions;
    struct rule_action *actions;
    size_t action_count;
    bool broken;  // what it names is not known to this program (any more): it never matches
};

struct rule_category {
    struct category_id id;
    struct str name;
    int64_t position;
    int64_t created_at;
    int64_t updated_at;
};

// All rules at one moment, in the order in which they are tried: kind, category, position, id.
struct rule_book {
    int64_t stamp;
    struct rule *rules;
    size_t count;
    struct rule_category *categories;  // by position
    size_t category_count;
    struct rule_defined defined;  // what the terms name
};

// The wired room. One lock guards the book and the counts of views (views.c).
struct rules;
struct rules *rules_new(mem_ctx *ctx, struct clock *clock);

// The rules as this handle's snapshot has them. The book lives as long as `ctx`.
MUST_CHECK bool rules_read(struct rules *room, struct db *db, mem_ctx *ctx,
                           const struct rule_book **ret, struct error *err);

// The one with that id and kind; NULL when there is none.
const struct rule *rule_in_book(const struct rule_book *book, enum rule_kind kind,
                                struct rule_id id);
const struct rule *rule_by_slug(const struct rule_book *book, struct str slug);
bool rule_may_see(const struct rule *rule, const struct actor *actor);
bool rule_may_change(const struct rule *rule, const struct actor *actor);

// --- changing -----------------------------------------------------------------------------------

// Which members of a rule count in rule_update().
enum {
    RULE_TITLE = 1 << 0,
    RULE_DESCRIPTION = 1 << 1,
    RULE_ACTIVE = 1 << 2,
    RULE_POSITION = 1 << 3,
    RULE_CATEGORY = 1 << 4,
    RULE_AUDIENCE = 1 << 5,  // audience, owner, groups
    RULE_COLUMNS = 1 << 6,
    RULE_GROUPING = 1 << 7,
    RULE_SORTING = 1 << 8,
    RULE_CONDITIONS = 1 << 9,  // the terms of `all` and `any`
    RULE_ACTIONS = 1 << 10,
};

struct rule_change {
    unsigned set;
    struct rule values;  // the kind always counts
};

// Inside a transaction. INVALID with the field at fault: title blank, a condition or action that
// this kind does not know (field "base"), a view without one of status, type, group, assignee or
// requester in `all`, no actions where there must be some, a category or group that is not there.
// A position of 0 is the end of the list. *ret lives in `ctx` and is not compiled.
MUST_CHECK bool rule_create(struct rules *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct rule_change *change,
                            struct rule *ret, struct error *err);
MUST_CHECK bool rule_update(struct rules *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct rule_id id,
                            const struct rule_change *change, struct rule *ret, struct error *err);
MUST_CHECK bool rule_delete(struct rules *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, enum rule_kind kind, struct rule_id id,
                            struct error *err);
// Puts these first, in this order; the others keep theirs behind them.
struct rule_order {
    enum rule_kind kind;
    const struct rule_id *ids;
    size_t count;
};
MUST_CHECK bool rules_reorder(struct rules *room, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, const struct rule_order *order,
                              struct error *err);

// Headings of triggers; administrators only. With id none: makes one. The name cannot be blank; one
// with triggers in it stays (INVALID).
MUST_CHECK bool rule_category_write(struct rules *room, struct db *tx, const struct actor *actor,
                                    struct rule_category *category, struct error *err);
MUST_CHECK bool rule_category_delete(struct rules *room, struct db *tx, mem_ctx *ctx,
                                     const struct actor *actor, struct category_id id,
                                     struct error *err);

// Every mistake in the terms, as the API tells them; says whether there was none.
bool rule_terms_check(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                      const struct rule_term *terms, size_t count, struct problems *problems);

// What terms name was defined, changed or deleted: everybody reads the rules anew.
MUST_CHECK bool rules_defined_changed(struct db *tx, struct error *err);

// --- views --------------------------------------------------------------------------------------

// Whether `name` is a column that lists can show, group and sort by; *ret is what it sorts by.
MUST_CHECK bool view_column(struct str name, enum ticket_column *ret);
// The tickets of a view for this actor, in its order. Pages and limits are the caller's.
struct ticket_query view_query(mem_ctx *ctx, const struct rule *view, const struct actor *actor,
                               int64_t now);
// Views hold what is to be done, unless all they show is solved.
bool view_is_history(const struct rule *view);

#define VIEW_COUNT_MOST 1000

// How many tickets the actor sees in the view, counting to VIEW_COUNT_MOST. A count that took long
// is kept for twenty times as long, so that counting never costs more than a twentieth of a core
// for one view; one that took a millisecond is as good as fresh.
MUST_CHECK bool view_count(struct rules *room, struct db *db, mem_ctx *ctx, const struct rule *view,
                           const struct actor *actor, int64_t *ret, struct error *err);

#endif
