// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cards, needs and absences as programs know them.
#include "app/api.h"
#include "desk/tend/pages.h"
#include "desk/tend/tend_internal.h"

static struct str text_of(struct jr_value object, const char *name)
{
    struct str text = jr_text(jr_get(object, name));
    return str_none(text) ? STR("") : text;
}

// Words as a text or as a list of texts.
static struct str words_of(mem_ctx *ctx, struct jr_value object, const char *name)
{
    struct jr_value value = jr_get(object, name);
    struct str all = text_of(object, name);
    for (size_t i = 0; i < jr_count(value); i++) {
        struct str one = jr_text(jr_at(value, i));
        all =
            str_none(one) ? all : str_printf(ctx, STR_FMT " " STR_FMT, STR_ARG(all), STR_ARG(one));
    }
    return all;
}

static int64_t number_of(struct jr_value object, const char *name, int64_t otherwise)
{
    int64_t number = 0;
    return jr_i64(jr_get(object, name), &number) ? number : otherwise;
}

// --- cards --------------------------------------------------------------------------------------

static void write_card(struct ctx *ctx, struct jw *w, const struct tend_book *book,
                       const struct tend_card *card, int64_t load)
{
    const struct tend_absence *away = tend_away(book, card->user, clock_now(ctx->app->clock));
    jw_object_begin(w);
    jw_field_id(w, "user_id", card->user.v);
    jw_field_str(w, "name", card->name);
    jw_field_bool(w, "takes", card->takes && card->works);
    jw_field_i64(w, "capacity", card->capacity);
    jw_field_words(w, "skills", card->skills);
    jw_field_words(w, "languages", card->languages);
    jw_field_id(w, "schedule_id", card->schedule.v);
    jw_field_i64(w, "load", load);
    jw_field_time(w, "away_until", away != NULL ? away->to_at : 0);
    jw_field_id(w, "deputy_id", away != NULL ? away->deputy.v : 0);
    jw_object_end(w);
}

// GET /api/v2/stewards
bool api_stewards(struct ctx *ctx, struct error *err)
{
    const struct tend_book *book = NULL;
    struct jw w;
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx->mem, struct user_id, book->card_count + 1);
    int64_t *loads = mem_array(ctx->mem, int64_t, book->card_count + 1);
    for (size_t i = 0; i < book->card_count; i++) {
        ids[i] = book->cards[i].user;
    }
    if (!tickets_tended(ctx->db, ctx->mem, ids, book->card_count, loads, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "stewards");
    for (size_t i = 0; i < book->card_count; i++) {
        write_card(ctx, &w, book, &book->cards[i], loads[i]);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "count", (int64_t)book->card_count);
    return api_end(ctx, &w, err);
}

struct tend_call {
    struct ctx *ctx;
    struct tend_card card;
    struct tend_need *needs;
    size_t need_count;
    struct tend_absence absence;
};

static bool card_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tend_call *call = arg;
    return tend_card_store(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->card,
                           err);
}

// PUT /api/v2/stewards/{user:id}: what is not said stays.
bool api_steward_write(struct ctx *ctx, struct error *err)
{
    struct tend_call call = {.ctx = ctx};
    struct user_id user = {ctx->path.ids[0]};
    const struct tend_book *book = NULL;
    struct jr_value object = JR_NONE;
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err) ||
        !api_body(ctx, "steward", &object, err)) {
        return false;
    }
    const struct tend_card *now = tend_card_of(book, user);
    call.card = now != NULL ? *now
                            : (struct tend_card){.takes = true,
                                                 .capacity = TEND_CAPACITY_USUAL,
                                                 .skills = STR(""),
                                                 .languages = STR("")};
    call.card.user = user;
    struct jr_value takes = jr_get(object, "takes");
    if (!jr_absent(takes) && !jr_bool(takes, &call.card.takes)) {
        return error_field(err, "takes", "InvalidValue", "Takes: true or false, please.");
    }
    call.card.capacity = number_of(object, "capacity", call.card.capacity);
    if (!jr_absent(jr_get(object, "skills"))) {
        call.card.skills = words_of(ctx->mem, object, "skills");
    }
    if (!jr_absent(jr_get(object, "languages"))) {
        call.card.languages = words_of(ctx->mem, object, "languages");
    }
    if (!jr_absent(jr_get(object, "schedule_id"))) {
        call.card.schedule.v = number_of(object, "schedule_id", 0);
    }
    if (!db_tx_run(ctx->app->db, "tend.card", card_in_tx, &call, err)) {
        return false;
    }
    return api_stewards(ctx, err);
}

static bool uncard_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tend_call *call = arg;
    return tend_card_delete(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                            call->card.user, err);
}

// DELETE /api/v2/stewards/{user:id}
bool api_steward_delete(struct ctx *ctx, struct error *err)
{
    struct tend_call call = {.ctx = ctx, .card = {.user = {ctx->path.ids[0]}}};
    if (!db_tx_run(ctx->app->db, "tend.uncard", uncard_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- needs --------------------------------------------------------------------------------------

// GET /api/v2/stewards/needs
bool api_needs(struct ctx *ctx, struct error *err)
{
    const struct tend_book *book = NULL;
    struct jw w;
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "needs");
    for (size_t i = 0; i < book->need_count; i++) {
        const struct tend_need *one = &book->needs[i];
        jw_object_begin(&w);
        jw_field_id(&w, "id", one->id);
        jw_field_str(&w, "kind", tend_need_word(one->kind));
        jw_field_str(&w, "word", one->word);
        jw_field_str(&w, "skill", one->skill);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

static bool needs_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tend_call *call = arg;
    return tend_needs_store(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, call->needs,
                            call->need_count, err);
}

static bool kind_of(struct str word, enum tend_need_kind *ret)
{
    for (int i = 0; i < NEED_KINDS; i++) {
        if (str_eq(tend_need_word((enum tend_need_kind)i), word)) {
            *ret = (enum tend_need_kind)i;
            return true;
        }
    }
    return false;
}

// PUT /api/v2/stewards/needs {"needs":[{"kind":"tag","word":"vpn","skill":"network"}]}
bool api_needs_write(struct ctx *ctx, struct error *err)
{
    struct tend_call call = {.ctx = ctx};
    struct jr_value body = JR_NONE;
    if (!api_body_whole(ctx, &body, err)) {
        return false;
    }
    struct jr_value list = jr_get(body, "needs");
    call.need_count = jr_count(list);
    call.needs = mem_array(ctx->mem, struct tend_need, call.need_count + 1);
    for (size_t i = 0; i < call.need_count; i++) {
        struct jr_value one = jr_at(list, i);
        int64_t number = 0;
        struct str word = text_of(one, "word");
        if (jr_i64(jr_get(one, "word"), &number) && str_empty(word)) {
            word = str_printf(ctx->mem, "%lld", (long long)number);
        }
        call.needs[i] = (struct tend_need){.word = word, .skill = text_of(one, "skill")};
        if (!kind_of(text_of(one, "kind"), &call.needs[i].kind)) {
            return error_field(err, "kind", "InvalidValue", "Kind: group, tag or form, please.");
        }
    }
    return db_tx_run(ctx->app->db, "tend.needs", needs_in_tx, &call, err) && api_needs(ctx, err);
}

// --- routes -------------------------------------------------------------------------------------

// GET /api/v2/stewards/routes
bool api_group_routes(struct ctx *ctx, struct error *err)
{
    const struct tend_book *book = NULL;
    struct jw w;
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "routes");
    for (size_t i = 0; i < book->route_count; i++) {
        jw_object_begin(&w);
        jw_field_id(&w, "group_id", book->routes[i].group.v);
        jw_field_str(&w, "way", tend_way_word(book->routes[i].way));
        jw_object_end(&w);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

struct route_call {
    struct ctx *ctx;
    struct tend_route route;
};

static bool route_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct route_call *call = arg;
    return tend_route_store(desk_of(call->ctx), tx, &call->ctx->actor, &call->route, err);
}

// PUT /api/v2/stewards/routes/{group:id} {"route":{"way":"turn"}}
bool api_group_route_write(struct ctx *ctx, struct error *err)
{
    struct route_call call = {.ctx = ctx, .route = {.group = {ctx->path.ids[0]}}};
    struct jr_value object = JR_NONE;
    if (!api_body(ctx, "route", &object, err)) {
        return false;
    }
    if (!tend_way_parse(text_of(object, "way"), &call.route.way)) {
        return error_field(err, "way", "InvalidValue", "Way: none, load or turn, please.");
    }
    return db_tx_run(ctx->app->db, "tend.route", route_in_tx, &call, err) &&
           api_group_routes(ctx, err);
}

// --- absences -----------------------------------------------------------------------------------

static void write_absence(struct jw *w, const struct tend_absence *one)
{
    jw_object_begin(w);
    jw_field_id(w, "id", one->id);
    jw_field_id(w, "user_id", one->user.v);
    jw_field_time(w, "from", one->from_at);
    jw_field_time(w, "to", one->to_at);
    jw_field_id(w, "deputy_id", one->deputy.v);
    jw_field_str(w, "note", one->note);
    jw_object_end(w);
}

// GET /api/v2/absences: those that are not over.
bool api_absences(struct ctx *ctx, struct error *err)
{
    const struct tend_book *book = NULL;
    int64_t now = clock_now(ctx->app->clock);
    struct jw w;
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "absences");
    for (size_t i = 0; i < book->absence_count; i++) {
        if (book->absences[i].to_at > now) {
            write_absence(&w, &book->absences[i]);
        }
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

static bool absent_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tend_call *call = arg;
    return tend_absence_add(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                            &call->absence, err);
}

// POST /api/v2/absences {"absence":{"from":"…","to":"…","deputy_id":1}}: one's own, or user_id's
bool api_absence_create(struct ctx *ctx, struct error *err)
{
    struct tend_call call = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct jw w;
    if (!api_body(ctx, "absence", &object, err)) {
        return false;
    }
    call.absence = (struct tend_absence){
        .user = {number_of(object, "user_id", ctx->actor.user.v)},
        .deputy = {number_of(object, "deputy_id", 0)},
        .note = text_of(object, "note"),
    };
    if (!time_parse_iso(text_of(object, "from"), &call.absence.from_at)) {
        return error_field(err, "from", "InvalidValue",
                           "From: a time such as 2026-11-23T08:00:00Z");
    }
    if (!time_parse_iso(text_of(object, "to"), &call.absence.to_at)) {
        return error_field(err, "to", "InvalidValue", "To: a time such as 2026-11-30T18:00:00Z");
    }
    if (!db_tx_run(ctx->app->db, "tend.absence", absent_in_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = 201;
    api_begin(ctx, &w);
    jw_key(&w, "absence");
    write_absence(&w, &call.absence);
    return api_end(ctx, &w, err);
}

static bool unabsent_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tend_call *call = arg;
    return tend_absence_delete(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                               call->absence.id, err);
}

// DELETE /api/v2/absences/{object:id}
bool api_absence_delete(struct ctx *ctx, struct error *err)
{
    struct tend_call call = {.ctx = ctx, .absence = {.id = ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "tend.present", unabsent_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
