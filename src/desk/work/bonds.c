// SPDX-License-Identifier: GPL-3.0-or-later
//
// What tickets have to do with each other.
#include "desk/work/work_internal.h"

#include "desk/desk.h"
#include "desk/work/queries.h"

#define PARENTS_MOST 100

static const struct side {
    struct str key;
    struct str words;
    struct str kind;
    bool backwards;  // the other ticket stands in from_id
    enum bond_side mirror;
} SIDES[BOND_SIDES] = {
    [BOND_RELATED] = {STR_INIT("related"), STR_INIT("is related to"), STR_INIT("related"), false,
                      BOND_RELATED},
    [BOND_DUPLICATES] = {STR_INIT("duplicates"), STR_INIT("duplicates"), STR_INIT("duplicates"),
                         false, BOND_DUPLICATED},
    [BOND_DUPLICATED] = {STR_INIT("duplicated"), STR_INIT("is duplicated by"),
                         STR_INIT("duplicates"), true, BOND_DUPLICATES},
    [BOND_BLOCKS] = {STR_INIT("blocks"), STR_INIT("blocks"), STR_INIT("blocks"), false,
                     BOND_BLOCKED},
    [BOND_BLOCKED] = {STR_INIT("blocked"), STR_INIT("is blocked by"), STR_INIT("blocks"), true,
                      BOND_BLOCKS},
    [BOND_PARENT] = {STR_INIT("parent"), STR_INIT("is the parent of"), STR_INIT("parent"), false,
                     BOND_CHILD},
    [BOND_CHILD] = {STR_INIT("child"), STR_INIT("is a part of"), STR_INIT("parent"), true,
                    BOND_PARENT},
};

struct str bond_side_words(enum bond_side side)
{
    return SIDES[side].words;
}

struct str bond_side_key(enum bond_side side)
{
    return SIDES[side].key;
}

bool bond_side_parse(struct str key, enum bond_side *ret)
{
    for (int i = 0; i < BOND_SIDES; i++) {
        if (str_eq(SIDES[i].key, key)) {
            *ret = (enum bond_side)i;
            return true;
        }
    }
    return false;
}

static enum bond_side side_of(const struct bond_row *row, struct ticket_id ticket)
{
    for (int i = 0; i < BOND_SIDES; i++) {
        bool fits = str_eq(SIDES[i].kind, row->kind);
        if (fits && (i == BOND_RELATED || SIDES[i].backwards == (row->to_id.v == ticket.v))) {
            return (enum bond_side)i;
        }
    }
    return BOND_RELATED;
}

static struct ticket_id other_of(const struct bond_row *row, struct ticket_id ticket)
{
    return row->from_id.v == ticket.v ? row->to_id : row->from_id;
}

bool bonds_list(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id ticket,
                struct bond **ret, size_t *ret_count, struct error *err)
{
    struct bond_row *rows = NULL;
    struct ticket *others = NULL;
    size_t count = 0;
    size_t other_count = 0;
    *ret_count = 0;
    if (!bonds_of_ticket(db, ctx, ticket, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct bond, count + 1);
    if (count == 0) {
        return true;
    }
    int64_t *ids = mem_array(ctx, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = other_of(&rows[i], ticket).v;
    }
    struct ticket_condition those = {.column = TC_ID, .numbers = ids, .count = count};
    struct ticket_query query = {
        .all = &those, .all_count = 1, .sort = TC_ID, .limit = (int64_t)count};
    if (!tickets_find(db, ctx, actor, &query, &others, &other_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < other_count; k++) {
            if (others[k].id.v == ids[i]) {
                (*ret)[(*ret_count)++] =
                    (struct bond){rows[i].id, side_of(&rows[i], ticket), others[k]};
            }
        }
    }
    return true;
}

// A child has one parent, and nobody is their own ancestor.
static bool check_family(struct db *tx, mem_ctx *ctx, struct ticket_id parent,
                         struct ticket_id child, struct error *err)
{
    struct bond_parent_of_row row;
    bool found = false;
    if (!bond_parent_of(tx, ctx, child, &row, &found, err)) {
        return false;
    }
    if (found) {
        return error_field(err, "other", "InvalidValue",
                           "Ticket %lld is a part of ticket %lld already.", (long long)child.v,
                           (long long)row.from_id.v);
    }
    struct ticket_id at = parent;
    for (int i = 0; i < PARENTS_MOST; i++) {
        if (!bond_parent_of(tx, ctx, at, &row, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        at = row.from_id;
        if (at.v == child.v) {
            break;
        }
    }
    return error_field(err, "other", "InvalidValue",
                       "Ticket %lld would become a part of itself that way.", (long long)child.v);
}

static bool note_both(struct desk *desk, struct db *tx, const struct actor *actor,
                      const struct tie *tie, bool made, struct error *err)
{
    struct ticket_id ends[2] = {tie->ticket, tie->other};
    enum bond_side sides[2] = {tie->side, SIDES[tie->side].mirror};
    for (int i = 0; i < 2; i++) {
        struct str words = str_printf(db_tx_ctx(tx), STR_FMT " #%lld",
                                      STR_ARG(SIDES[sides[i]].words), (long long)ends[1 - i].v);
        struct ticket_event event = {.kind = STR("Change"),
                                     .field = STR("links"),
                                     .value = made ? words : STR_NONE,
                                     .previous = made ? STR_NONE : words};
        if (!work_note(desk, tx, actor, ends[i], &event, err)) {
            return false;
        }
    }
    return true;
}

static bool check_ends(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       const struct tie *tie, struct error *err)
{
    struct ticket loaded;
    struct error why;
    if (!work_ticket(tx, ctx, actor, tie->ticket, &loaded, err)) {
        return false;
    }
    if (tie->other.v == tie->ticket.v) {
        return error_field(err, "other", "InvalidValue", "A ticket cannot be linked to itself.");
    }
    return work_ticket(tx, ctx, actor, tie->other, &loaded, &why) ||
           error_field(err, "other", "InvalidValue", "There is no ticket %lld that you can see.",
                       (long long)tie->other.v);
}

bool bond_make(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
               const struct tie *tie, struct error *err)
{
    struct bond_row *rows = NULL;
    size_t count = 0;
    if (!check_ends(tx, ctx, actor, tie, err) ||
        !bonds_of_ticket(tx, ctx, tie->ticket, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (other_of(&rows[i], tie->ticket).v == tie->other.v &&
            side_of(&rows[i], tie->ticket) == tie->side) {
            return true;
        }
    }
    const struct side *side = &SIDES[tie->side];
    struct ticket_id from = side->backwards ? tie->other : tie->ticket;
    struct ticket_id to = side->backwards ? tie->ticket : tie->other;
    bool family = tie->side == BOND_PARENT || tie->side == BOND_CHILD;
    if (family && !check_family(tx, ctx, from, to, err)) {
        return false;
    }
    struct bond_insert_in in = {
        db_next_id(tx), side->kind, from, to, actor->user, clock_now(desk->tickets.clock)};
    return bond_insert(tx, &in, err) && note_both(desk, tx, actor, tie, true, err);
}

bool bond_undo(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
               struct ticket_id ticket, int64_t bond, struct error *err)
{
    struct ticket loaded;
    struct bond_row row;
    bool found = false;
    if (!work_ticket(tx, ctx, actor, ticket, &loaded, err) ||
        !bond_by_id(tx, ctx, bond, &row, &found, err)) {
        return false;
    }
    if (!found || (row.from_id.v != ticket.v && row.to_id.v != ticket.v)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such link.");
    }
    struct tie tie = {ticket, side_of(&row, ticket), other_of(&row, ticket)};
    return work_ticket(tx, ctx, actor, tie.other, &loaded, err) && bond_delete(tx, bond, err) &&
           note_both(desk, tx, actor, &tie, false, err);
}

// What would tie the survivor to itself, or twice, is left at the ticket that was merged.
bool bonds_merged(struct db *tx, mem_ctx *ctx, struct ticket_id from, struct ticket_id to,
                  struct error *err)
{
    struct bond_row *old = NULL;
    struct bond_row *kept = NULL;
    size_t old_count = 0;
    size_t kept_count = 0;
    if (!bonds_of_ticket(tx, ctx, from, &old, &old_count, err) ||
        !bonds_of_ticket(tx, ctx, to, &kept, &kept_count, err)) {
        return false;
    }
    for (size_t i = 0; i < old_count; i++) {
        struct ticket_id other = other_of(&old[i], from);
        bool child = str_eq_c(old[i].kind, "parent") && old[i].to_id.v == from.v;
        bool stays = other.v == to.v;
        for (size_t k = 0; k < kept_count; k++) {
            stays = stays || other_of(&kept[k], to).v == other.v ||
                    (child && str_eq_c(kept[k].kind, "parent") && kept[k].to_id.v == to.v);
        }
        bool first = old[i].from_id.v == from.v;
        if (!stays && !bond_set(tx, old[i].id, first ? to : other, first ? other : to, err)) {
            return false;
        }
    }
    return true;
}
