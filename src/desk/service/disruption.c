// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/disruption.h"

#include "desk/desk.h"
#include "desk/service/queries.h"
#include "desk/service/service.h"

enum { CENTS_MOST = 100000000 };

static const struct str WORDS[DEGREE_COUNT] = {STR_INIT(""), STR_INIT("stopped"),
                                               STR_INIT("slowed"), STR_INIT("later")};

struct str degree_word(enum disruption_degree degree)
{
    return WORDS[degree];
}

bool degree_parse(struct str word, enum disruption_degree *ret)
{
    for (int i = DEGREE_STOPPED; i < DEGREE_COUNT; i++) {
        if (str_eq(word, WORDS[i])) {
            *ret = (enum disruption_degree)i;
            return true;
        }
    }
    return false;
}

// --- money --------------------------------------------------------------------------------------

struct str disruption_money(mem_ctx *ctx, int64_t cents)
{
    return str_printf(ctx, "%lld.%02d", (long long)(cents / 100), (int)(cents % 100));
}

// What one span cost: working hours by the price of all people together.
static bool cost_of(struct desk *desk, struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                    const struct disruption_of_row *row, int64_t until, int64_t *ret,
                    struct error *err)
{
    const struct service_book *book = NULL;
    *ret = row->spent_cents;
    if (row->since == 0 || row->cents_an_hour == 0 || until <= row->since) {
        return true;
    }
    if (!service_read(desk->service, db, ctx, &book, err)) {
        return false;
    }
    const struct schedule *schedule = schedule_of_group(book, ticket->group);
    int64_t span = schedule == NULL ? until - row->since
                                    : calendar_between(schedule->calendar, row->since, until);
    *ret += (int64_t)((double)span / (double)HOURS_MS * (double)row->cents_an_hour);
    return true;
}

static bool price_of(struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                     enum disruption_degree degree, int64_t people, int64_t *ret, struct error *err)
{
    static const int64_t HALVES[DEGREE_COUNT] = {0, 2, 1, 0};
    struct disruption_rate_of_row *rows = NULL;
    size_t count = 0;
    if (!disruption_rate_of(db, ctx, ticket->organization, &rows, &count, err)) {
        return false;
    }
    *ret = count == 0 ? 0 : people * rows[0].cents * HALVES[degree] / 2;
    return true;
}

static bool is_over(const struct ticket *ticket)
{
    return ticket->status >= STATUS_SOLVED || ticket->deleted_at != 0;
}

static bool write(struct db *tx, struct ticket *ticket, const struct disruption_of_row *row,
                  struct error *err)
{
    struct disruption_write_in in = {
        .ticket_id = ticket->id,
        .degree = row->degree,
        .people = row->people,
        .said_degree = row->said_degree,
        .said_people = row->said_people,
        .corrected_by = row->corrected_by,
        .cents_an_hour = row->cents_an_hour,
        .since = row->since,
        .spent_cents = row->spent_cents,
    };
    ticket->cost_rate = row->since == 0 ? 0 : row->cents_an_hour;
    return disruption_write(tx, &in, err) &&
           ticket_cost_note(tx, ticket->id, ticket->cost_rate, err);
}

// --- saying -------------------------------------------------------------------------------------

bool disruption_say(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                    struct ticket *ticket, const struct disruption *said, struct error *err)
{
    struct disruption_of_row row = {0};
    int64_t now = clock_now(desk->app->clock);
    bool found = false;
    bool staff = actor_is_staff(actor);
    enum disruption_degree degree = said->degree;
    int64_t people = said->people;
    if (people < 1 || people > DISRUPTED_MOST) {
        return error_field(err, "people", "InvalidValue",
                           "People: say how many cannot work as they should, at least one.");
    }
    if (staff && !ticket_may_edit(actor, ticket)) {
        return error_set(err, ERR_FORBIDDEN, "You may not change this ticket.");
    }
    if (!disruption_of(tx, ctx, ticket->id, &row, &found, err)) {
        return false;
    }
    if (!staff && found) {
        return true;
    }
    if (!found) {
        row.since = is_over(ticket) ? 0 : ticket->created_at;
    } else if (!cost_of(desk, tx, ctx, ticket, &row, now, &row.spent_cents, err)) {
        return false;
    } else {
        row.since = is_over(ticket) ? 0 : now;
    }
    row.degree = (int64_t)degree;
    row.people = people;
    if (staff) {
        row.corrected_by = actor->user;
    } else {
        row.said_degree = (int64_t)degree;
        row.said_people = people;
    }
    return price_of(tx, ctx, ticket, degree, people, &row.cents_an_hour, err) &&
           write(tx, ticket, &row, err);
}

bool disruption_find(struct desk *desk, struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                     struct disruption *ret, bool *ret_found, struct error *err)
{
    struct disruption_of_row row;
    if (!disruption_of(db, ctx, ticket->id, &row, ret_found, err)) {
        return false;
    }
    if (!*ret_found) {
        return true;
    }
    *ret = (struct disruption){
        .degree = (enum disruption_degree)row.degree,
        .people = row.people,
        .said_degree = (enum disruption_degree)row.said_degree,
        .said_people = row.said_people,
        .corrected_by = row.corrected_by,
        .cents_an_hour = row.cents_an_hour,
    };
    return cost_of(desk, db, ctx, ticket, &row, clock_now(desk->app->clock), &ret->cents, err);
}

// --- while time passes --------------------------------------------------------------------------

bool disruption_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                        struct error *err)
{
    struct desk *desk = env;
    struct ticket_outcome *outcome = applied->outcome;
    struct disruption_of_row row;
    bool found = false;
    bool ends = outcome->before.cost_rate != 0 && is_over(&outcome->after);
    bool resumes =
        outcome->before.id.v != 0 && is_over(&outcome->before) && !is_over(&outcome->after);
    if (!ends && !resumes) {
        return true;
    }
    if (!disruption_of(tx, applied->ctx, outcome->after.id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return true;
    }
    if (!cost_of(desk, tx, applied->ctx, &outcome->before, &row, applied->now, &row.spent_cents,
                 err)) {
        return false;
    }
    row.since = ends ? 0 : applied->now;
    return write(tx, &outcome->after, &row, err);
}

// --- prices -------------------------------------------------------------------------------------

bool disruption_prices(struct db *db, mem_ctx *ctx, struct disruption_price **ret,
                       size_t *ret_count, struct error *err)
{
    struct disruption_rates_row *rows = NULL;
    if (!disruption_rates(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct disruption_price, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct disruption_price){rows[i].organization_id, rows[i].cents};
    }
    return true;
}

bool disruption_price_set(struct db *tx, const struct actor *actor,
                          const struct disruption_price *price, struct error *err)
{
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators say what an hour is worth.");
    }
    if (price->cents < 0 || price->cents > CENTS_MOST) {
        return error_field(err, "cents", "InvalidValue", "Cents: from 0 to %d.", CENTS_MOST);
    }
    return disruption_rate_write(tx, price->organization.v, price->cents, err);
}

// --- sums ---------------------------------------------------------------------------------------

enum { ASKED_AT_ONCE = 500 };

static bool add_costs(struct desk *desk, struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                      size_t count, int64_t *cents, struct error *err)
{
    struct disruptions_of_row *rows = NULL;
    size_t row_count = 0;
    int64_t now = clock_now(desk->app->clock);
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    if (!disruptions_of(db, ctx, ids, count, &rows, &row_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && row_count > 0; i++) {
        for (size_t k = 0; k < row_count; k++) {
            const struct disruption_of_row one = {.cents_an_hour = rows[k].cents_an_hour,
                                                  .since = rows[k].since,
                                                  .spent_cents = rows[k].spent_cents};
            if (rows[k].ticket_id.v == tickets[i].id.v &&
                !cost_of(desk, db, ctx, &tickets[i], &one, now, &cents[i], err)) {
                return false;
            }
        }
    }
    return true;
}

bool disruption_costs(struct desk *desk, struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                      size_t count, int64_t **ret_cents, struct error *err)
{
    *ret_cents = mem_array(ctx, int64_t, count + 1);
    for (size_t at = 0; at < count; at += ASKED_AT_ONCE) {
        size_t part = count - at < ASKED_AT_ONCE ? count - at : ASKED_AT_ONCE;
        if (!add_costs(desk, db, ctx, tickets + at, part, *ret_cents + at, err)) {
            return false;
        }
    }
    return true;
}
