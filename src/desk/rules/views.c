// SPDX-License-Identifier: GPL-3.0-or-later
//
// Saved views: what they list, by what they can be sorted and grouped, how many tickets stand in
// them.
#include "desk/rules/rules_internal.h"

#define KEEP_FACTOR 20
#define KEEP_MOST_US (60 * INT64_C(1000000))
// Conditions on hours move with the clock, and another program may have written.
#define KEEP_UNCHANGED_US (1 * INT64_C(1000000))

bool view_column(struct str name, enum ticket_column *ret)
{
    static const struct {
        const char *name;
        enum ticket_column column;
    } NAMES[] = {
        {"nice_id", TC_ID},
        {"id", TC_ID},
        {"subject", TC_SUBJECT},
        {"status", TC_STATUS},
        {"type", TC_TYPE},
        {"priority", TC_PRIORITY},
        {"requester", TC_REQUESTER},
        {"submitter", TC_SUBMITTER},
        {"assignee", TC_ASSIGNEE},
        {"steward", TC_STEWARD},
        {"group", TC_GROUP},
        {"organization", TC_ORGANIZATION},
        {"created", TC_CREATED},
        {"created_at", TC_CREATED},
        {"updated", TC_UPDATED},
        {"updated_at", TC_UPDATED},
        {"updated_assignee", TC_ASSIGNEE_UPDATED},
        {"updated_requester", TC_REQUESTER_UPDATED},
        {"assigned", TC_ASSIGNED},
        {"due_date", TC_DUE},
        {"sla_next_breach_at", TC_BREACH},
        {"disruption_cost", TC_COST},
        {"solved", TC_SOLVED},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (str_eq_c(name, NAMES[i].name)) {
            *ret = NAMES[i].column;
            return true;
        }
    }
    return false;
}

struct ticket_query view_query(mem_ctx *ctx, const struct rule *view, const struct actor *actor,
                               int64_t now)
{
    struct ticket_query query = conditions_filter(ctx, &view->conditions, actor, now, NULL);
    query.awake = true;
    query.sort = TC_ID;
    if (!str_empty(view->sort_by) && !view_column(view->sort_by, &query.sort)) {
        query.sort = TC_ID;
    }
    query.descending = view->sort_down;
    query.grouped = !str_empty(view->group_by) && view_column(view->group_by, &query.group) &&
                    query.group != TC_SUBJECT;
    query.group_descending = view->group_down;
    return query;
}

bool view_is_history(const struct rule *view)
{
    for (size_t i = 0; i < view->conditions.all_count; i++) {
        const struct condition *c = &view->conditions.all[i];
        if (c->field != FIELD_STATUS) {
            continue;
        }
        if ((c->op == ROP_GREATER && c->number >= STATUS_HOLD) ||
            ((c->op == ROP_IS || c->op == ROP_GREATER_EQUAL) && c->number >= STATUS_SOLVED)) {
            return true;
        }
    }
    return false;
}

// --- counts -------------------------------------------------------------------------------------

static struct kept_count *slot_of(struct rules *room, const struct rule *view,
                                  const struct actor *actor)
{
    uint64_t key = (uint64_t)view->id.v * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)actor->user.v;
    key ^= key >> 29;
    return &room->counts[key % VIEW_COUNTS];
}

static bool kept(struct rules *room, const struct rule *view, const struct actor *actor,
                 uint64_t changes, int64_t *ret)
{
    int64_t now_us = clock_monotonic_us();
    (void)pthread_mutex_lock(&room->lock);
    const struct kept_count *slot = slot_of(room, view, actor);
    bool unchanged = changes != 0 && slot->changes == changes && slot->unchanged_until_us > now_us;
    bool good = slot->view == view->id.v && slot->user == actor->user.v &&
                slot->stamp == view->updated_at && (slot->until_us > now_us || unchanged);
    if (good) {
        *ret = slot->count;
    }
    (void)pthread_mutex_unlock(&room->lock);
    return good;
}

bool view_count(struct rules *room, struct db *db, mem_ctx *ctx, const struct rule *view,
                const struct actor *actor, int64_t *ret, struct error *err)
{
    int64_t count = 0;
    if (kept(room, view, actor, db_changes(db), ret)) {
        return true;
    }
    struct ticket_query query = view_query(ctx, view, actor, clock_now(room->clock));
    int64_t begun_us = clock_monotonic_us();
    if (!tickets_count(db, ctx, actor, &query, VIEW_COUNT_MOST, &count, err)) {
        return false;
    }
    int64_t end_us = clock_monotonic_us();
    int64_t keep_us = (end_us - begun_us) * KEEP_FACTOR;
    // Below a few milliseconds it is cheaper to count again than to be late.
    int64_t late_us = keep_us <= 100 * 1000 ? 0 : keep_us < KEEP_MOST_US ? keep_us : KEEP_MOST_US;
    (void)pthread_mutex_lock(&room->lock);
    *slot_of(room, view, actor) = (struct kept_count){
        .view = view->id.v,
        .user = actor->user.v,
        .stamp = view->updated_at,
        .count = count,
        .until_us = end_us + late_us,
        .changes = db_changes(db),
        .unchanged_until_us = end_us + KEEP_UNCHANGED_US,
    };
    (void)pthread_mutex_unlock(&room->lock);
    *ret = count;
    return true;
}
