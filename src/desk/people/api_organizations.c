// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of organisations and their memberships.
#include "base/words.h"
#include "desk/people/api_bind.h"
#include "desk/people/api_internal.h"
#include "desk/records/records.h"

// --- showing ------------------------------------------------------------------------------------

static bool answer_one(struct ctx *ctx, const struct organization *one, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "organization");
    api_organization_write(ctx, &w, one);
    return api_end(ctx, &w, err);
}

static bool answer_page(struct ctx *ctx, const struct api_page *page, const struct api_found *found,
                        const struct organization *list, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    api_organizations_write(ctx, &w, list, found->count);
    api_page_write(ctx, &w, page, found);
    return api_end(ctx, &w, err);
}

static bool list_answer(struct ctx *ctx, struct user_id user, struct str words, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct organization *list = NULL;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct list_query query = api_list_query(&page);
    query.user = user;
    query.words = words;
    if (!organizations_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err) ||
        (!page.cursor &&
         !organizations_count(ctx->db, ctx->mem, &ctx->actor, &query, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, list, sizeof *list, count, &found);
    api_page_keys(&found, list, id.v);
    return answer_page(ctx, &page, &found, list, err);
}

// GET /api/v2/organizations
bool api_organizations_list(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, (struct user_id){0}, STR_NONE, err);
}

// GET /api/v2/users/{user:id}/organizations
bool api_organizations_of_user(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, (struct user_id){ctx->path.ids[0]}, STR_NONE, err);
}

static bool by_external(struct ctx *ctx, const struct str *ids, size_t count, struct error *err)
{
    const struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    struct api_found found = {0};
    struct organization *list = NULL;
    if (!organizations_by_external_ids(ctx->db, ctx->mem, &ctx->actor, ids, count, &list,
                                       &found.count, err)) {
        return false;
    }
    found.total = (int64_t)found.count;
    return answer_page(ctx, &page, &found, list, err);
}

// GET /api/v2/organizations/search?external_id= or name=
bool api_organizations_search(struct ctx *ctx, struct error *err)
{
    struct str external = http_param(ctx->req, "external_id");
    struct str name = http_param(ctx->req, "name");
    return !str_none(external)
               ? by_external(ctx, &external, 1, err)
               : list_answer(ctx, (struct user_id){0}, str_none(name) ? STR("") : name, err);
}

// GET /api/v2/organizations/autocomplete?name=
bool api_organizations_autocomplete(struct ctx *ctx, struct error *err)
{
    struct str name = http_param(ctx->req, "name");
    if (str_trim(name).len < 2) {
        return error_field(err, "name", "TooShort", "Name: give at least two characters");
    }
    return list_answer(ctx, (struct user_id){0}, name, err);
}

// GET /api/v2/organizations/show_many?ids= or external_ids=
bool api_organizations_show_many(struct ctx *ctx, struct error *err)
{
    const struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    struct api_found found = {0};
    struct organization *list = NULL;
    struct str *externals = NULL;
    int64_t *numbers = NULL;
    size_t number_count = 0;
    size_t external_count = 0;
    bool by_number = false;
    bool given = false;
    if (!api_ids(ctx, "ids", &numbers, &number_count, &by_number, err) ||
        !api_texts(ctx, "external_ids", &externals, &external_count, &given, err)) {
        return false;
    }
    if (given && !by_number) {
        return by_external(ctx, externals, external_count, err);
    }
    struct organization_id *ids = mem_array(ctx->mem, struct organization_id, number_count + 1);
    for (size_t i = 0; i < number_count; i++) {
        ids[i].v = numbers[i];
    }
    if (!organizations_by_ids(ctx->db, ctx->mem, ids, number_count, &list, &found.count, err)) {
        return false;
    }
    found.total = (int64_t)found.count;
    return answer_page(ctx, &page, &found, list, err);
}

// GET /api/v2/organizations/count and /api/v2/users/{user:id}/organizations/count
bool api_organizations_total(struct ctx *ctx, struct error *err)
{
    const struct list_query query = {.user = {ctx->path.ids[0]}, .words = STR_NONE};
    int64_t total = 0;
    return organizations_count(ctx->db, ctx->mem, &ctx->actor, &query, &total, err) &&
           api_count_write(ctx, total, err);
}

// GET /api/v2/organizations/{organization:id}
bool api_organization_show(struct ctx *ctx, struct error *err)
{
    struct organization one;
    return organization_load(ctx->db, ctx->mem, &ctx->actor,
                             (struct organization_id){ctx->path.ids[0]}, &one, err) &&
           answer_one(ctx, &one, err);
}

// GET /api/v2/organizations/{organization:id}/tags
bool api_organization_tags(struct ctx *ctx, struct error *err)
{
    struct organization one;
    return organization_load(ctx->db, ctx->mem, &ctx->actor,
                             (struct organization_id){ctx->path.ids[0]}, &one, err) &&
           api_tags_answer(ctx, one.tags, err);
}

// --- changing -----------------------------------------------------------------------------------

struct organization_body {
    struct jr_str name, external_id, details, notes;
    struct jr_int group_id;
    struct jr_flag shared_tickets, shared_comments;
    struct jr_strs domain_names, tags;
    struct jr_value organization_fields;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "name", struct organization_body, name, .not_blank = true, .max = 255),
    JR_FIELD(STR, "external_id", struct organization_body, external_id, .max = 255),
    JR_FIELD(STR, "details", struct organization_body, details),
    JR_FIELD(STR, "notes", struct organization_body, notes),
    JR_FIELD(ID, "group_id", struct organization_body, group_id),
    JR_FIELD(FLAG, "shared_tickets", struct organization_body, shared_tickets),
    JR_FIELD(FLAG, "shared_comments", struct organization_body, shared_comments),
    JR_FIELD(WORDS, "domain_names", struct organization_body, domain_names),
    JR_FIELD(WORDS, "tags", struct organization_body, tags),
    JR_FIELD(RAW, "organization_fields", struct organization_body, organization_fields),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

static void carry_text(const struct jr_str *from, unsigned bit, struct str *to, unsigned *set)
{
    if (from->is != JR_UNSET) {
        *to = from->is == JR_SET ? from->v : STR("");
        *set |= bit;
    }
}

static void carry_flag(const struct jr_flag *from, unsigned bit, bool *to, unsigned *set)
{
    if (from->is == JR_SET) {
        *to = from->v;
        *set |= bit;
    }
}

static void carry_words(mem_ctx *ctx, const struct jr_strs *from, unsigned bit, struct str *to,
                        unsigned *set)
{
    struct buf words;
    if (from->is == JR_UNSET) {
        return;
    }
    buf_init(&words, ctx, 1 << 20);
    for (size_t i = 0; i < from->count; i++) {
        buf_put(&words, from->v[i]);
        buf_put_char(&words, ' ');
    }
    *to = buf_str(&words);
    *set |= bit;
}

static struct organization_change change_of(mem_ctx *ctx, const struct organization_body *body)
{
    struct organization_change change = {0};
    struct organization *values = &change.values;
    carry_text(&body->name, ORGANIZATION_NAME, &values->name, &change.set);
    carry_text(&body->external_id, ORGANIZATION_EXTERNAL_ID, &values->external_id, &change.set);
    carry_text(&body->details, ORGANIZATION_DETAILS, &values->details, &change.set);
    carry_text(&body->notes, ORGANIZATION_NOTES, &values->notes, &change.set);
    carry_flag(&body->shared_tickets, ORGANIZATION_SHARED_TICKETS, &values->shared_tickets,
               &change.set);
    carry_flag(&body->shared_comments, ORGANIZATION_SHARED_COMMENTS, &values->shared_comments,
               &change.set);
    carry_words(ctx, &body->domain_names, ORGANIZATION_DOMAINS, &values->domains, &change.set);
    carry_words(ctx, &body->tags, ORGANIZATION_TAGS, &values->tags, &change.set);
    if (body->group_id.is != JR_UNSET) {
        values->group.v = body->group_id.v;
        change.set |= ORGANIZATION_GROUP;
    }
    return change;
}

struct organization_call {
    struct ctx *ctx;
    struct organization_id id;  // none: create
    struct organization_change change;
    struct jr_value fields;
    struct organization after;
};

static bool call_tx(struct db *tx, void *arg, struct error *err)
{
    struct organization_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct people *room = desk_people(ctx);
    bool fine = call->id.v == 0 ? organization_create(room, tx, ctx->mem, &ctx->actor,
                                                      &call->change, &call->after, err)
                                : organization_update(room, tx, ctx->mem, &ctx->actor, call->id,
                                                      &call->change, &call->after, err);
    bool changed = false;
    struct organization_id id = call->after.id;
    return fine &&
           keyed_values_store(tx, ctx->mem, "organization_fields", id.v, call->fields, &changed,
                              err) &&
           (!changed || (organization_touched(room, tx, id, err) &&
                         organization_load(tx, ctx->mem, &ctx->actor, id, &call->after, err)));
}

static bool run_call(struct ctx *ctx, struct organization_id id, struct error *err)
{
    struct organization_call call = {.ctx = ctx, .id = id};
    struct organization_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "organization", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    call.change = change_of(ctx->mem, &body);
    call.fields = body.organization_fields;
    if (!db_tx_run(ctx->app->db, "api.organization", call_tx, &call, err)) {
        return false;
    }
    if (id.v == 0) {
        api_created(ctx,
                    api_url(ctx, "/api/v2/organizations/%lld.json", (long long)call.after.id.v));
    }
    return answer_one(ctx, &call.after, err);
}

// POST /api/v2/organizations
bool api_organization_create(struct ctx *ctx, struct error *err)
{
    return run_call(ctx, (struct organization_id){0}, err);
}

// PUT /api/v2/organizations/{organization:id}
bool api_organization_update(struct ctx *ctx, struct error *err)
{
    return run_call(ctx, (struct organization_id){ctx->path.ids[0]}, err);
}

bool api_organization_meant(struct ctx *ctx, struct db *db, struct jr_value object,
                            struct organization_id *ret, struct error *err)
{
    struct organization *list = NULL;
    struct organization_id id = {0};
    size_t count = 0;
    struct str external = jr_text(jr_get(object, "external_id"));
    struct str name = str_trim(jr_text(jr_get(object, "name")));
    const struct list_query named = {.limit = API_BATCH_MAX, .words = name};
    if (!jr_none(jr_get(object, "id")) && !jr_id(jr_get(object, "id"), &id.v)) {
        return error_field(err, "id", "InvalidValue", "Id: must be an id");
    }
    if (id.v == 0 && !str_empty(external)) {
        if (!organizations_by_external_ids(db, ctx->mem, &ctx->actor, &external, 1, &list, &count,
                                           err)) {
            return false;
        }
        id = count > 0 ? list[0].id : id;
    }
    if (id.v == 0 && !str_empty(name)) {
        if (!organizations_list(db, ctx->mem, &ctx->actor, &named, &list, &count, err)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            id = str_ieq(list[i].name, name) ? list[i].id : id;
        }
    }
    *ret = id;
    return true;
}

bool api_organization_apply(struct ctx *ctx, struct db *tx, struct jr_value object,
                            struct organization_id id, struct organization *ret, struct error *err)
{
    struct organization_call call = {.ctx = ctx, .id = id};
    struct organization_body body = {0};
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        return problems_none(&problems, err);
    }
    call.change = change_of(ctx->mem, &body);
    call.fields = body.organization_fields;
    if (!call_tx(tx, &call, err)) {
        return false;
    }
    *ret = call.after;
    return true;
}

// POST /api/v2/organizations/create_or_update: by id, external id or name.
bool api_organization_create_or_update(struct ctx *ctx, struct error *err)
{
    struct jr_value object = JR_NONE;
    struct organization_id id;
    return api_body(ctx, "organization", &object, err) &&
           api_organization_meant(ctx, ctx->db, object, &id, err) && run_call(ctx, id, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct organization_call *call = arg;
    return organization_delete(desk_people(call->ctx), tx, &call->ctx->actor, call->id, err);
}

// DELETE /api/v2/organizations/{organization:id}
bool api_organization_delete(struct ctx *ctx, struct error *err)
{
    struct organization_call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "api.organization.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// POST sets all, PUT adds, DELETE takes away: /api/v2/organizations/{organization:id}/tags
bool api_organization_tags_change(struct ctx *ctx, struct error *err)
{
    struct organization_call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    struct organization before;
    struct str tags;
    if (!organization_load(ctx->db, ctx->mem, &ctx->actor, call.id, &before, err) ||
        !api_tags_body(ctx, &tags, err)) {
        return false;
    }
    bool remove = ctx->req->method == HTTP_DELETE;
    struct str base = ctx->req->method == HTTP_POST ? STR("") : before.tags;
    call.change.set = ORGANIZATION_TAGS;
    call.change.values.tags =
        words_combine(ctx->mem, base, remove ? STR("") : tags, remove ? tags : STR(""));
    if (!db_tx_run(ctx->app->db, "api.organization.tags", call_tx, &call, err)) {
        return false;
    }
    if (ctx->req->method == HTTP_POST) {
        ctx->resp->status = 201;
    }
    return api_tags_answer(ctx, call.after.tags, err);
}
