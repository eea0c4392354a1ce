// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of the headings under which triggers stand.
#include "desk/rules/api.h"
#include "desk/rules/api_internal.h"

static void write_one(struct ctx *ctx, struct jw *w, const struct rule_category *category)
{
    jw_object_begin(w);
    jw_field_str(w, "id", str_printf(ctx->mem, "%lld", (long long)category->id.v));
    jw_field_str(w, "name", category->name);
    jw_field_i64(w, "position", category->position);
    jw_field_time(w, "created_at", category->created_at);
    jw_field_time(w, "updated_at", category->updated_at);
    jw_object_end(w);
}

static bool answer_one(struct ctx *ctx, const struct rule_category *category, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "trigger_category");
    write_one(ctx, &w, category);
    return api_end(ctx, &w, err);
}

// GET /api/v2/trigger_categories
bool api_categories_list(struct ctx *ctx, struct error *err)
{
    const struct rule_book *book = NULL;
    struct rule_category *list = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !api_rules_read(ctx, &book, err) ||
        !api_slice(ctx, &page, book->categories, sizeof *book->categories, book->category_count,
                   offsetof(struct rule_category, id), (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "trigger_categories");
    for (size_t i = 0; i < found.count; i++) {
        write_one(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool load(struct ctx *ctx, struct rule_category *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->category_count; i++) {
        if (book->categories[i].id.v == ctx->path.ids[0]) {
            *ret = book->categories[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such category.");
}

// GET /api/v2/trigger_categories/{category:id}
bool api_category_show(struct ctx *ctx, struct error *err)
{
    struct rule_category category;
    return load(ctx, &category, err) && answer_one(ctx, &category, err);
}

struct category_call {
    struct ctx *ctx;
    struct rule_category category;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct category_call *call = arg;
    return rule_category_write(desk_of(call->ctx)->rules, tx, &call->ctx->actor, &call->category,
                               err);
}

static bool run_write(struct ctx *ctx, struct rule_category category, struct error *err)
{
    struct category_call call = {ctx, category};
    struct jr_value object = JR_NONE;
    int64_t position = 0;
    if (!api_body(ctx, "trigger_category", &object, err)) {
        return false;
    }
    struct str name = jr_text(jr_get(object, "name"));
    call.category.name = str_none(name) ? category.name : str_one_line(ctx->mem, name, 255);
    if (jr_i64(jr_get(object, "position"), &position)) {
        call.category.position = position;
    }
    if (!db_tx_run(ctx->app->db, "api.category", write_tx, &call, err)) {
        return false;
    }
    if (category.id.v == 0) {
        api_created(ctx,
                    api_url(ctx, "/api/v2/trigger_categories/%lld", (long long)call.category.id.v));
    }
    return answer_one(ctx, &call.category, err);
}

// POST /api/v2/trigger_categories
bool api_category_create(struct ctx *ctx, struct error *err)
{
    return run_write(ctx, (struct rule_category){.name = STR("")}, err);
}

// PATCH /api/v2/trigger_categories/{category:id}
bool api_category_update(struct ctx *ctx, struct error *err)
{
    struct rule_category category;
    return load(ctx, &category, err) && run_write(ctx, category, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct category_call *call = arg;
    return rule_category_delete(desk_of(call->ctx)->rules, tx, call->ctx->mem, &call->ctx->actor,
                                call->category.id, err);
}

// DELETE /api/v2/trigger_categories/{category:id}
bool api_category_delete(struct ctx *ctx, struct error *err)
{
    struct category_call call = {.ctx = ctx};
    if (!load(ctx, &call.category, err) ||
        !db_tx_run(ctx->app->db, "api.category.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
