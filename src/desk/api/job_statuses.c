// SPDX-License-Identifier: GPL-3.0-or-later
//
// What became of bulk calls. Each sees their own, administrators everybody's.
#include "desk/api/bulk.h"
#include "desk/api/handlers.h"
#include "desk/api/queries.h"

#define LISTED_MOST 100

static bool write_status(struct ctx *ctx, struct jw *w, const struct bulk_status *row,
                         struct error *err)
{
    struct bulk_results_row *results = NULL;
    size_t count = 0;
    bool begun = !str_eq_c(row->state, "queued");
    if (begun && !bulk_results(ctx->db, ctx->mem, row->id, &results, &count, err)) {
        return false;
    }
    jw_object_begin(w);
    jw_field_str(w, "id", row->name);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/job_statuses/%s.json", str_cstr(ctx->mem, row->name)));
    if (begun) {
        jw_field_i64(w, "total", row->total);
        jw_field_i64(w, "progress", row->progress);
    } else {
        jw_field_null(w, "total");
        jw_field_null(w, "progress");
    }
    jw_field_str(w, "status", row->state);
    jw_field_str(w, "message", row->message);
    if (str_eq_c(row->state, "completed") || str_eq_c(row->state, "failed")) {
        jw_field_array(w, "results");
        for (size_t i = 0; i < count; i++) {
            jw_raw(w, results[i].result);
        }
        jw_array_end(w);
    } else {
        jw_field_null(w, "results");
    }
    jw_object_end(w);
    return true;
}

static bool may_see(const struct ctx *ctx, const struct bulk_status *row)
{
    return actor_is_admin(&ctx->actor) || row->user_id.v == ctx->actor.user.v;
}

// GET /api/v2/job_statuses/{name}
bool api_job_status(struct ctx *ctx, struct error *err)
{
    struct bulk_status *rows = NULL;
    size_t count = 0;
    struct jw w;
    if (!bulk_by_names(ctx->db, ctx->mem, &ctx->path.texts[0], 1, &rows, &count, err)) {
        return false;
    }
    if (count == 0 || !may_see(ctx, &rows[0])) {
        return error_set(err, ERR_NOT_FOUND, "There is no such job.");
    }
    api_begin(ctx, &w);
    jw_key(&w, "job_status");
    return write_status(ctx, &w, &rows[0], err) && api_end(ctx, &w, err);
}

static bool list_answer(struct ctx *ctx, const struct bulk_status *rows, size_t count,
                        struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct bulk_status *list = mem_array(ctx->mem, struct bulk_status, count + 1);
    struct jw w;
    size_t seen = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (may_see(ctx, &rows[i])) {
            list[seen++] = rows[i];
        }
    }
    struct bulk_status *shown = NULL;
    if (!api_slice(ctx, &page, list, sizeof *list, seen, offsetof(struct bulk_status, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "job_statuses");
    for (size_t i = 0; i < found.count; i++) {
        if (!write_status(ctx, &w, &shown[i], err)) {
            return false;
        }
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/job_statuses/show_many?ids=
bool api_job_statuses_show_many(struct ctx *ctx, struct error *err)
{
    struct bulk_status *rows = NULL;
    struct str *names = NULL;
    size_t name_count = 0;
    size_t count = 0;
    bool given = false;
    return api_texts(ctx, "ids", &names, &name_count, &given, err) &&
           bulk_by_names(ctx->db, ctx->mem, names, name_count, &rows, &count, err) &&
           list_answer(ctx, rows, count, err);
}

// GET /api/v2/job_statuses
bool api_job_statuses(struct ctx *ctx, struct error *err)
{
    struct bulk_status *rows = NULL;
    size_t count = 0;
    bool read =
        actor_is_admin(&ctx->actor)
            ? bulk_all(ctx->db, ctx->mem, LISTED_MOST, &rows, &count, err)
            : bulk_of_user(ctx->db, ctx->mem, ctx->actor.user, LISTED_MOST, &rows, &count, err);
    return read && list_answer(ctx, rows, count, err);
}
