// SPDX-License-Identifier: GPL-3.0-or-later
//
// What tickets cost, for programs and for the form at the ticket's page.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/service/api.h"
#include "desk/service/disruption.h"

static bool answer(struct ctx *ctx, struct db *db, const struct ticket *ticket, struct error *err)
{
    struct disruption d;
    struct jw w;
    bool found = false;
    if (!disruption_find(desk_of(ctx), db, ctx->mem, ticket, &d, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    if (!found) {
        jw_field_null(&w, "disruption");
        return api_end(ctx, &w, err);
    }
    jw_field_object(&w, "disruption");
    jw_field_i64(&w, "ticket_id", ticket->id.v);
    jw_field_str(&w, "degree", degree_word(d.degree));
    jw_field_i64(&w, "people", d.people);
    bool said = d.said_degree != DEGREE_UNSAID;
    jw_field_str(&w, "said_degree", said ? degree_word(d.said_degree) : STR_NONE);
    jw_field_id(&w, "said_people", d.said_people);
    jw_field_id(&w, "corrected_by", d.corrected_by.v);
    jw_field_i64(&w, "cents_an_hour", d.cents_an_hour);
    jw_field_i64(&w, "cents", d.cents);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

static bool load(struct ctx *ctx, struct ticket *ret, struct error *err)
{
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){ctx->path.ids[0]}, ret,
                       err);
}

// GET /api/v2/tickets/{ticket:id}/disruption
bool api_disruption_show(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    return load(ctx, &ticket, err) && answer(ctx, ctx->db, &ticket, err);
}

struct saying {
    struct ctx *ctx;
    struct ticket_id ticket;
    enum disruption_degree degree;
    int64_t people;
};

static bool say_tx(struct db *tx, void *arg, struct error *err)
{
    struct saying *s = arg;
    struct ticket ticket;
    struct disruption said = {.degree = s->degree, .people = s->people};
    return ticket_load(tx, s->ctx->mem, &s->ctx->actor, s->ticket, &ticket, err) &&
           disruption_say(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, &ticket, &said, err);
}

static bool wrong_degree(struct error *err)
{
    return error_field(err, "degree", "InvalidValue", "Degree: stopped, slowed or later.");
}

// PUT /api/v2/tickets/{ticket:id}/disruption {"disruption":{"degree":"stopped","people":12}}
bool api_disruption_say(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct jr_value object = JR_NONE;
    struct saying s = {.ctx = ctx, .people = 1};
    struct db *db = NULL;
    if (!load(ctx, &ticket, err) || !api_body(ctx, "disruption", &object, err)) {
        return false;
    }
    s.ticket = ticket.id;
    if (!degree_parse(jr_text(jr_get(object, "degree")), &s.degree)) {
        return wrong_degree(err);
    }
    if (!jr_absent(jr_get(object, "people")) && !jr_i64(jr_get(object, "people"), &s.people)) {
        return error_field(err, "people", "InvalidValue", "People: must be a number.");
    }
    if (!db_tx_run(ctx->app->db, "api.disruption", say_tx, &s, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = answer(ctx, db, &ticket, err);
    db_read_end(db);
    return ok;
}

// POST /tickets/{ticket:id}/disruption: the form at the ticket.
bool page_disruption_say(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct saying s = {.ctx = ctx, .people = 1};
    struct str people = http_form(ctx->req, "people");
    if (!load(ctx, &ticket, err)) {
        return false;
    }
    s.ticket = ticket.id;
    if (!degree_parse(http_form(ctx->req, "degree"), &s.degree)) {
        return wrong_degree(err);
    }
    if (!str_empty(people) && !str_to_i64(str_trim(people), &s.people)) {
        return error_set(err, ERR_INVALID, "Say how many people as a number.");
    }
    if (!db_tx_run(ctx->app->db, "ticket.disruption", say_tx, &s, err)) {
        return false;
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld", (long long)ticket.id.v));
    return true;
}

// --- prices -------------------------------------------------------------------------------------

static bool answer_prices(struct ctx *ctx, struct db *db, struct error *err)
{
    struct disruption_price *list = NULL;
    size_t count = 0;
    struct jw w;
    if (!disruption_prices(db, ctx->mem, &list, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "disruption_rates");
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(&w);
        jw_field_id(&w, "organization_id", list[i].organization.v);
        jw_field_i64(&w, "cents", list[i].cents);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/disruption_rates
bool api_disruption_rates(struct ctx *ctx, struct error *err)
{
    return answer_prices(ctx, ctx->db, err);
}

struct pricing {
    struct ctx *ctx;
    struct disruption_price price;
};

static bool price_tx(struct db *tx, void *arg, struct error *err)
{
    struct pricing *p = arg;
    return disruption_price_set(tx, &p->ctx->actor, &p->price, err);
}

// PUT /api/v2/disruption_rates {"disruption_rate":{"organization_id":null,"cents":5000}}
bool api_disruption_rate_set(struct ctx *ctx, struct error *err)
{
    struct pricing p = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct db *db = NULL;
    if (!api_body(ctx, "disruption_rate", &object, err)) {
        return false;
    }
    struct jr_value organization = jr_get(object, "organization_id");
    if (!jr_none(organization) && !jr_id(organization, &p.price.organization.v)) {
        return error_field(err, "organization_id", "InvalidValue", "Organization: is no id.");
    }
    if (!jr_i64(jr_get(object, "cents"), &p.price.cents)) {
        return error_field(err, "cents", "BlankValue", "Cents: must be a number.");
    }
    if (!db_tx_run(ctx->app->db, "api.disruption.rate", price_tx, &p, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = answer_prices(ctx, db, err);
    db_read_end(db);
    return ok;
}
