// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers that views, macros, triggers and automations share. Which of them is meant stands
// in the address.
#include "desk/rules/api.h"
#include "desk/rules/api_bind.h"

#include <stdlib.h>

#include "desk/rules/api_internal.h"

enum rule_kind api_rule_kind(const struct ctx *ctx)
{
    for (enum rule_kind kind = RULE_VIEW; kind < RULE_AUTOMATION; kind++) {
        struct str prefix = str_printf(ctx->mem, "/api/v2/%s", api_rule_key(kind, true));
        struct str rest = str_from(ctx->req->path, prefix.len);
        bool ends = str_empty(rest) || rest.ptr[0] == '/' || rest.ptr[0] == '.';
        if (str_starts(ctx->req->path, prefix) && ends) {
            return kind;
        }
    }
    return RULE_AUTOMATION;
}

bool api_rules_read(struct ctx *ctx, const struct rule_book **ret, struct error *err)
{
    return rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, ret, err);
}

bool api_rule_load(struct ctx *ctx, enum rule_kind kind, int64_t id, const struct rule **ret,
                   struct error *err)
{
    const struct rule_book *book = NULL;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    *ret = rule_in_book(book, kind, (struct rule_id){id});
    if (*ret == NULL || !rule_may_see(*ret, &ctx->actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such %s.", api_rule_key(kind, false));
    }
    return true;
}

static bool answer_one(struct ctx *ctx, const struct rule *rule, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, api_rule_key(rule->kind, false));
    api_rule_write(ctx, &w, rule);
    return api_end(ctx, &w, err);
}

// --- lists --------------------------------------------------------------------------------------

struct wanted {
    bool active_only;
    bool inactive_only;
    struct str words;  // in the title
    int64_t category;
    struct str access;
    int64_t *ids;
    size_t id_count;
    bool by_ids;
};

static bool read_wanted(struct ctx *ctx, struct wanted *ret, struct error *err)
{
    struct str active = http_param(ctx->req, "active");
    struct str path = ctx->req->path;
    bool whole = str_ends(path, STR("/active")) || str_ends(path, STR("/compact"));
    ret->active_only = whole || str_eq_c(active, "true");
    ret->inactive_only = str_eq_c(active, "false");
    ret->words = http_param(ctx->req, "query");
    ret->access = http_param(ctx->req, "access");
    if (!str_to_i64(http_param(ctx->req, "category_id"), &ret->category)) {
        ret->category = 0;
    }
    return api_ids(ctx, "ids", &ret->ids, &ret->id_count, &ret->by_ids, err);
}

static bool access_fits(const struct rule *rule, struct str access)
{
    if (str_eq_c(access, "personal")) {
        return rule->audience == AUDIENCE_PERSON;
    }
    if (str_eq_c(access, "shared") || str_eq_c(access, "agnostic")) {
        return rule->audience != AUDIENCE_PERSON;
    }
    return !str_eq_c(access, "account") || rule->audience == AUDIENCE_ALL;
}

static bool is_wanted(const struct rule *rule, const struct wanted *wanted)
{
    if ((wanted->active_only && !rule->active) || (wanted->inactive_only && rule->active) ||
        (wanted->category != 0 && rule->category.v != wanted->category) ||
        (!str_empty(wanted->words) && str_ifind(rule->title, wanted->words) < 0) ||
        !access_fits(rule, wanted->access)) {
        return false;
    }
    bool listed = !wanted->by_ids;
    for (size_t i = 0; i < wanted->id_count && !listed; i++) {
        listed = wanted->ids[i] == rule->id.v;
    }
    return listed;
}

static int by_title(const void *a, const void *b)
{
    return str_cmp((*(const struct rule *const *)a)->title,
                   (*(const struct rule *const *)b)->title);
}

static int by_created(const void *a, const void *b)
{
    int64_t x = (*(const struct rule *const *)a)->created_at;
    int64_t y = (*(const struct rule *const *)b)->created_at;
    return x < y ? -1 : x > y;
}

static int by_updated(const void *a, const void *b)
{
    int64_t x = (*(const struct rule *const *)a)->updated_at;
    int64_t y = (*(const struct rule *const *)b)->updated_at;
    return x < y ? -1 : x > y;
}

static void sort_rows(struct str sort, const struct rule **rows, size_t count)
{
    if (str_eq_c(sort, "alphabetical") || str_eq_c(sort, "title")) {
        qsort(rows, count, sizeof *rows, by_title);
    } else if (str_eq_c(sort, "created_at")) {
        qsort(rows, count, sizeof *rows, by_created);
    } else if (str_eq_c(sort, "updated_at")) {
        qsort(rows, count, sizeof *rows, by_updated);
    }
}

bool api_rules_list(struct ctx *ctx, struct error *err)
{
    enum rule_kind kind = api_rule_kind(ctx);
    const struct rule_book *book = NULL;
    struct wanted wanted = {0};
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err) || !read_wanted(ctx, &wanted, err) ||
        !api_rules_read(ctx, &book, err)) {
        return false;
    }
    size_t most = str_ends(ctx->req->path, STR("/compact")) ? 32 : book->count;
    const struct rule **rows = mem_array(ctx->mem, const struct rule *, book->count + 1);
    for (size_t i = 0; i < book->count && count < most; i++) {
        const struct rule *rule = &book->rules[i];
        if (rule->kind == kind && rule_may_see(rule, &ctx->actor) && is_wanted(rule, &wanted)) {
            rows[count++] = rule;
        }
    }
    sort_rows(page.sort, rows, count);
    const struct rule **list = NULL;
    if (!api_slice(ctx, &page, rows, sizeof *rows, count, SIZE_MAX, (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, api_rule_key(kind, true));
    for (size_t i = 0; i < found.count; i++) {
        api_rule_write(ctx, &w, list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

bool api_rule_show(struct ctx *ctx, struct error *err)
{
    const struct rule *rule = NULL;
    return api_rule_load(ctx, api_rule_kind(ctx), ctx->path.ids[0], &rule, err) &&
           answer_one(ctx, rule, err);
}

// --- changing -----------------------------------------------------------------------------------

struct rule_call {
    struct ctx *ctx;
    enum rule_kind kind;
    struct rule_id id;  // none: create
    struct rule_change change;
    struct rule after;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct rule_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct rules *room = desk_of(ctx)->rules;
    return call->id.v == 0
               ? rule_create(room, tx, ctx->mem, &ctx->actor, &call->change, &call->after, err)
               : rule_update(room, tx, ctx->mem, &ctx->actor, call->id, &call->change, &call->after,
                             err);
}

static bool run_write(struct ctx *ctx, int64_t id, struct error *err)
{
    struct rule_call call = {.ctx = ctx, .kind = api_rule_kind(ctx), .id = {id}};
    struct jr_value object = JR_NONE;
    struct problems problems;
    const struct rule *known = NULL;
    problems_init(&problems, ctx->mem);
    if ((id != 0 && !api_rule_load(ctx, call.kind, id, &known, err)) ||
        !api_body(ctx, api_rule_key(call.kind, false), &object, err)) {
        return false;
    }
    bool fine = api_rule_change_read(ctx, object, call.kind, &call.change, &problems);
    if (id == 0 && (call.change.set & RULE_TITLE) == 0) {
        problems_add(&problems, STR("title"), "BlankValue", "Title: cannot be blank");
    }
    struct conditions ignored;
    const struct rule_book *book = NULL;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    fine = conditions_compile(ctx->mem, call.kind, &book->defined, call.change.values.terms,
                              call.change.values.term_count, &ignored, &problems) &&
           fine;
    struct rule_action *actions = NULL;
    size_t action_count = 0;
    fine = actions_compile(ctx->mem, call.kind, &book->defined, call.change.values.terms,
                           call.change.values.term_count, &actions, &action_count, &problems) &&
           fine;
    if (problems.count > 0 || !fine) {
        return api_write_problems(ctx, &problems);
    }
    if (!db_tx_run(ctx->app->db, "api.rule", write_tx, &call, err)) {
        return false;
    }
    if (id == 0) {
        api_created(ctx, api_rule_url(ctx, &call.after));
    }
    return answer_one(ctx, &call.after, err);
}

bool api_rule_make(struct ctx *ctx, struct db *tx, enum rule_kind kind, struct jr_value object,
                   struct rule *ret, struct error *err)
{
    struct rule_change change = {0};
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_rule_change_read(ctx, object, kind, &change, &problems)) {
        return problems_none(&problems, err);
    }
    return rule_create(desk_of(ctx)->rules, tx, ctx->mem, &ctx->actor, &change, ret, err);
}

bool api_rule_create(struct ctx *ctx, struct error *err)
{
    return run_write(ctx, 0, err);
}

bool api_rule_update(struct ctx *ctx, struct error *err)
{
    return run_write(ctx, ctx->path.ids[0], err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct rule_call *call = arg;
    return rule_delete(desk_of(call->ctx)->rules, tx, call->ctx->mem, &call->ctx->actor, call->kind,
                       call->id, err);
}

bool api_rule_delete(struct ctx *ctx, struct error *err)
{
    struct rule_call call = {.ctx = ctx, .kind = api_rule_kind(ctx), .id = {ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "api.rule.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- many ---------------------------------------------------------------------------------------

struct rules_call {
    struct ctx *ctx;
    enum rule_kind kind;
    struct jr_value list;
    struct rule_id *ids;
    size_t count;
};

static bool destroy_tx(struct db *tx, void *arg, struct error *err)
{
    struct rules_call *call = arg;
    for (size_t i = 0; i < call->count; i++) {
        if (!rule_delete(desk_of(call->ctx)->rules, tx, call->ctx->mem, &call->ctx->actor,
                         call->kind, call->ids[i], err)) {
            return false;
        }
    }
    return true;
}

// DELETE …/destroy_many?ids=
bool api_rules_destroy_many(struct ctx *ctx, struct error *err)
{
    struct rules_call call = {.ctx = ctx, .kind = api_rule_kind(ctx)};
    int64_t *ids = NULL;
    bool given = false;
    if (!api_ids(ctx, "ids", &ids, &call.count, &given, err)) {
        return false;
    }
    call.ids = mem_array(ctx->mem, struct rule_id, call.count + 1);
    for (size_t i = 0; i < call.count; i++) {
        call.ids[i].v = ids[i];
    }
    if (!db_tx_run(ctx->app->db, "api.rules.destroy", destroy_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool update_many_tx(struct db *tx, void *arg, struct error *err)
{
    struct rules_call *call = arg;
    struct ctx *ctx = call->ctx;
    for (size_t i = 0; i < jr_count(call->list); i++) {
        struct jr_value one = jr_at(call->list, i);
        struct rule_change change = {.values.kind = call->kind};
        struct rule after;
        struct problems problems;
        struct rule_id id = {0};
        problems_init(&problems, ctx->mem);
        if (!jr_id(jr_get(one, "id"), &id.v)) {
            return error_field(err, "id", "BlankValue", "Id: each of the list needs one.");
        }
        if (!api_rule_change_read(ctx, one, call->kind, &change, &problems)) {
            return problems_none(&problems, err);
        }
        if (!rule_update(desk_of(ctx)->rules, tx, ctx->mem, &ctx->actor, id, &change, &after,
                         err)) {
            return false;
        }
        call->ids[call->count++] = after.id;
    }
    return true;
}

// The rules as they are after a write.
static bool answer_many(struct ctx *ctx, const struct rules_call *call, bool all, struct error *err)
{
    const struct rule_book *book = NULL;
    struct db *db = NULL;
    struct jw w;
    if (!db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = rules_read(desk_of(ctx)->rules, db, ctx->mem, &book, err);
    db_read_end(db);
    if (!ok) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, api_rule_key(call->kind, true));
    for (size_t i = 0; i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        bool listed = all && rule->kind == call->kind;
        for (size_t k = 0; k < call->count && !listed; k++) {
            listed = call->ids[k].v == rule->id.v;
        }
        if (listed && rule_may_see(rule, &ctx->actor)) {
            api_rule_write(ctx, &w, rule);
        }
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

// PUT …/update_many {"views":[{"id":1,"position":2,"active":true}]}
bool api_rules_update_many(struct ctx *ctx, struct error *err)
{
    struct rules_call call = {.ctx = ctx, .kind = api_rule_kind(ctx)};
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    call.list = jr_get(whole, api_rule_key(call.kind, true));
    if (jr_count(call.list) > API_BATCH_MAX) {
        return error_set(err, ERR_BAD_REQUEST, "At most %d at once.", API_BATCH_MAX);
    }
    call.ids = mem_array(ctx->mem, struct rule_id, jr_count(call.list) + 1);
    return db_tx_run(ctx->app->db, "api.rules.update", update_many_tx, &call, err) &&
           answer_many(ctx, &call, false, err);
}

static bool reorder_tx(struct db *tx, void *arg, struct error *err)
{
    struct rules_call *call = arg;
    const struct rule_order order = {call->kind, call->ids, call->count};
    return rules_reorder(desk_of(call->ctx)->rules, tx, call->ctx->mem, &call->ctx->actor, &order,
                         err);
}

// PUT …/reorder {"trigger_ids":[3,1,2]}
bool api_rules_reorder(struct ctx *ctx, struct error *err)
{
    struct rules_call call = {.ctx = ctx, .kind = api_rule_kind(ctx)};
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    const char *key = mem_printf(ctx->mem, "%s_ids", api_rule_key(call.kind, false));
    struct jr_value list = jr_get(whole, key);
    call.ids = mem_array(ctx->mem, struct rule_id, jr_count(list) + 1);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!jr_id(jr_at(list, i), &call.ids[call.count++].v)) {
            return error_field(err, key, "InvalidValue", "These are not ids.");
        }
    }
    if (call.count == 0) {
        return error_field(err, key, "BlankValue", "Name the ids in their new order.");
    }
    return db_tx_run(ctx->app->db, "api.rules.reorder", reorder_tx, &call, err) &&
           answer_many(ctx, &call, true, err);
}
