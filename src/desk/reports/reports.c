// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reports/reports.h"

#include <stdlib.h>

#include "desk/desk.h"
#include "desk/people/people.h"
#include "desk/service/disruption.h"
#include "desk/work/work.h"

static bool may_read(const struct actor *actor, const struct report_span *span, struct error *err)
{
    bool all = actor_is_admin(actor) || (actor->role == ROLE_LEAD && actor->scope == SCOPE_ALL);
    bool own = actor->role == ROLE_LEAD && actor->scope == SCOPE_GROUPS && span->group.v != 0 &&
               actor_in_group(actor, span->group);
    return all || own ||
           error_set(err, ERR_FORBIDDEN, "Reports are for leads, of groups that they may see.");
}

static bool check(const struct report_span *span, struct error *err)
{
    if (span->until <= span->since) {
        return error_field(err, "until", "InvalidValue", "The span ends before it begins.");
    }
    return span->until - span->since <= (REPORT_DAYS_MOST + 1) * DAYS_MS ||
           error_field(err, "until", "InvalidValue", "A report covers at most a year.");
}

// --- staff --------------------------------------------------------------------------------------

static int compare_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool load_staff(struct db *db, mem_ctx *ctx, struct user_id **ret, size_t *ret_count,
                       struct error *err)
{
    const struct actor system = actor_system(CHANNEL_SYSTEM);
    const struct user_query query = {.roles = 1U << ROLE_LIGHT_AGENT | 1U << ROLE_AGENT |
                                              1U << ROLE_LEAD | 1U << ROLE_ADMIN,
                                     .external_id = STR_NONE,
                                     .limit = 100000};
    struct user *users = NULL;
    if (!users_list(db, ctx, &system, &query, &users, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct user_id, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = users[i].id;
    }
    qsort(*ret, *ret_count, sizeof **ret, compare_id);
    return true;
}

// --- costs --------------------------------------------------------------------------------------

struct pile {
    int64_t id;
    int64_t tickets;
    int64_t cents;
};

static int compare_pile_id(const void *a, const void *b)
{
    return compare_id(&((const struct pile *)a)->id, &((const struct pile *)b)->id);
}

static int compare_pile_cents(const void *a, const void *b)
{
    const struct pile *x = a;
    const struct pile *y = b;
    return x->cents != y->cents ? (x->cents > y->cents ? -1 : 1) : compare_id(&x->id, &y->id);
}

// Sums up piles of one id, the dearest first; without those that cost nothing.
static size_t sum_piles(struct pile *piles, size_t count)
{
    size_t sums = 0;
    qsort(piles, count, sizeof *piles, compare_pile_id);
    for (size_t i = 0; i < count; i++) {
        if (sums > 0 && piles[sums - 1].id == piles[i].id) {
            piles[sums - 1].tickets += piles[i].tickets;
            piles[sums - 1].cents += piles[i].cents;
        } else {
            piles[sums++] = piles[i];
        }
    }
    qsort(piles, sums, sizeof *piles, compare_pile_cents);
    return sums < REPORT_COSTS_MOST ? sums : REPORT_COSTS_MOST;
}

static struct report_cost *named(mem_ctx *ctx, const struct pile *piles, size_t count)
{
    struct report_cost *list = mem_array(ctx, struct report_cost, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct report_cost){STR(""), piles[i].tickets, piles[i].cents};
    }
    return list;
}

static bool name_organizations(struct db *db, mem_ctx *ctx, const struct pile *piles,
                               struct report *r, struct error *err)
{
    struct organization_id ids[REPORT_COSTS_MOST];
    struct organization *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < r->organization_count; i++) {
        ids[i].v = piles[i].id;
    }
    if (!organizations_by_ids(db, ctx, ids, r->organization_count, &found, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < r->organization_count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (found[k].id.v == piles[i].id) {
                r->organizations[i].name = found[k].name;
            }
        }
    }
    return true;
}

static bool name_groups(struct db *db, mem_ctx *ctx, const struct pile *piles, struct report *r,
                        struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    if (!groups_all(db, ctx, &groups, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < r->group_count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (groups[k].id.v == piles[i].id) {
                r->groups[i].name = groups[k].name;
            }
        }
    }
    return true;
}

static bool add_costs(struct desk *desk, struct db *db, mem_ctx *ctx, struct report *r,
                      struct error *err)
{
    struct ticket *tickets = NULL;
    int64_t *cents = NULL;
    size_t count = 0;
    if (!report_tickets(db, ctx, &r->span, &tickets, &count, err) ||
        !disruption_costs(desk, db, ctx, tickets, count, &cents, err)) {
        return false;
    }
    struct pile *by_organization = mem_array(ctx, struct pile, count + 1);
    struct pile *by_group = mem_array(ctx, struct pile, count + 1);
    size_t dear = 0;
    for (size_t i = 0; i < count; i++) {
        if (cents[i] > 0) {
            r->cents += cents[i];
            by_organization[dear] = (struct pile){tickets[i].organization.v, 1, cents[i]};
            by_group[dear++] = (struct pile){tickets[i].group.v, 1, cents[i]};
        }
    }
    r->organization_count = sum_piles(by_organization, dear);
    r->group_count = sum_piles(by_group, dear);
    r->organizations = named(ctx, by_organization, r->organization_count);
    r->groups = named(ctx, by_group, r->group_count);
    return name_organizations(db, ctx, by_organization, r, err) &&
           name_groups(db, ctx, by_group, r, err);
}

// --- the whole ----------------------------------------------------------------------------------

// What is known of the whole desk alone.
static bool add_whole(struct db *db, mem_ctx *ctx, struct report *r, struct error *err)
{
    const struct actor system = actor_system(CHANNEL_SYSTEM);
    const struct time_range range = {r->span.since, r->span.until};
    struct time_total *totals = NULL;
    size_t count = 0;
    if (!promise_sums(db, ctx, range.since, range.until, &r->promises, &r->promise_count, err) ||
        !moments_sum(db, ctx, &system, range.since, range.until, &r->moments, err) ||
        !time_by_person(db, ctx, &system, &range, &totals, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        r->desk_seconds += totals[i].seconds;
    }
    return true;
}

bool report_make(struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                 const struct report_span *span, struct report *ret, struct error *err)
{
    struct user_id *staff = NULL;
    size_t staff_count = 0;
    *ret = (struct report){.span = *span};
    if (!may_read(actor, span, err) || !check(span, err) ||
        !load_staff(db, ctx, &staff, &staff_count, err) ||
        !report_days(db, ctx, span, &ret->days, &ret->day_count, err) ||
        !report_channels(db, ctx, span, &ret->channels, &ret->channel_count, err) ||
        !report_waits(db, ctx, span, staff, staff_count, &ret->word, &ret->solution, err) ||
        !report_moves(db, ctx, span, &ret->moves, err) || !add_costs(desk, db, ctx, ret, err) ||
        (span->group.v == 0 && !add_whole(db, ctx, ret, err))) {
        return false;
    }
    for (size_t i = 0; i < ret->day_count; i++) {
        ret->made += ret->days[i].made;
        ret->solved += ret->days[i].solved;
    }
    return true;
}
