// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/api/bulk.h"

#include "base/random.h"
#include "desk/api/queries.h"
#include "desk/desk.h"

#define OPEN_MOST 30
#define KEPT_MS DAYS_MS
#define RESULT_MAX (64 * 1024)

// --- reading ------------------------------------------------------------------------------------

static bool too_many(const char *name, struct error *err)
{
    (void)error_set(err, ERR_BAD_REQUEST, "Parameter %s cannot specify more than %d values", name,
                    API_BATCH_MAX);
    (void)snprintf(err->word, sizeof err->word, "TooManyValues");
    return false;
}

// The ids of the address as items; *ret_given says whether there were any.
static bool ids_as_items(struct ctx *ctx, struct bulk_call *ret, bool *ret_given, struct error *err)
{
    int64_t *ids = NULL;
    struct str *externals = NULL;
    size_t id_count = 0;
    size_t external_count = 0;
    bool by_id = false;
    bool by_external = false;
    struct buf out;
    struct jw w;
    if (!api_ids(ctx, "ids", &ids, &id_count, &by_id, err) ||
        !api_texts(ctx, "external_ids", &externals, &external_count, &by_external, err)) {
        return false;
    }
    buf_init(&out, ctx->mem, 1 << 20);
    jw_init(&w, &out);
    jw_array_begin(&w);
    for (size_t i = 0; i < id_count; i++) {
        jw_object_begin(&w);
        jw_field_i64(&w, "id", ids[i]);
        jw_object_end(&w);
    }
    for (size_t i = 0; i < external_count && !by_id; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "external_id", externals[i]);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    ret->items = buf_str(&out);
    ret->common = STR_NONE;
    ret->count = by_id ? id_count : external_count;
    *ret_given = by_id || by_external;
    return true;
}

bool bulk_read_ids(struct ctx *ctx, struct bulk_call *ret, struct error *err)
{
    bool given = false;
    return ids_as_items(ctx, ret, &given, err) &&
           ((given && ret->count > 0) ||
            error_set(err, ERR_BAD_REQUEST, "The parameter ids is missing."));
}

bool bulk_read(struct ctx *ctx, const char *plural, const char *singular, struct bulk_call *ret,
               struct error *err)
{
    struct jr_value whole = JR_NONE;
    bool given = false;
    if (!ids_as_items(ctx, ret, &given, err) || !api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct jr_value list = jr_get(whole, plural);
    struct jr_value one = jr_get(whole, singular);
    if (given && jr_kind(one) == JR_OBJECT) {
        ret->common = jr_dump(ctx->mem, one);
        return ret->count > 0 ||
               error_set(err, ERR_BAD_REQUEST, "The parameter ids names nothing.");
    }
    if (jr_kind(list) != JR_LIST || jr_count(list) == 0) {
        return error_set(err, ERR_BAD_REQUEST, "The body must be a JSON object with \"%s\" in it.",
                         plural);
    }
    if (jr_count(list) > API_BATCH_MAX) {
        return too_many("", err);
    }
    *ret = (struct bulk_call){jr_dump(ctx->mem, list), STR_NONE, jr_count(list)};
    return true;
}

struct bulk_call bulk_one(struct ctx *ctx, struct str item)
{
    return (struct bulk_call){str_printf(ctx->mem, "[" STR_FMT "]", STR_ARG(item)), STR_NONE, 1};
}

// --- starting -----------------------------------------------------------------------------------

struct start {
    struct ctx *ctx;
    const char *kind;
    const struct bulk_call *call;
    struct str name;
    int64_t now;
};

static bool start_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct start *s = arg;
    struct bulk_open_count_row open;
    if (!bulk_open_count(tx, s->ctx->mem, &open, err)) {
        return false;
    }
    if (open.n >= OPEN_MOST) {
        return error_wait(err, ERR_RATE_LIMITED, 5,
                          "Thirty jobs are under way already; wait for one to end.");
    }
    struct bulk_insert_in in = {
        .id = db_next_id(tx),
        .name = s->name,
        .kind = str_c(s->kind),
        .user_id = s->ctx->actor.user,
        .address = s->ctx->actor.address,
        .items = s->call->items,
        .common = s->call->common,
        .total = (int64_t)s->call->count,
        .created_at = s->now,
    };
    struct job_new job = {.kind = BULK_JOB,
                          .payload = str_printf(s->ctx->mem, "%lld", (long long)in.id),
                          .now = s->now};
    return bulk_insert(tx, &in, err) && jobs_add(tx, &job, NULL, err);
}

bool bulk_start(struct ctx *ctx, const char *kind, const struct bulk_call *call, struct error *err)
{
    char bytes[16];
    struct jw w;
    random_bytes(bytes, sizeof bytes);
    struct str hex = hex_encode(ctx->mem, (struct str){bytes, sizeof bytes});
    struct start start = {.ctx = ctx,
                          .kind = kind,
                          .call = call,
                          .name = str_printf(ctx->mem, "V3-" STR_FMT, STR_ARG(hex)),
                          .now = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "api.bulk.start", start_in_tx, &start, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "job_status");
    jw_field_str(&w, "id", start.name);
    jw_field_str(&w, "url", api_url(ctx, "/api/v2/job_statuses/%s.json", start.name.ptr));
    jw_field_null(&w, "total");
    jw_field_null(&w, "progress");
    jw_field_c(&w, "status", "queued");
    jw_field_null(&w, "message");
    jw_field_null(&w, "results");
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// --- running ------------------------------------------------------------------------------------

struct step {
    struct ctx *ctx;
    const struct bulk_kind *kind;
    int64_t bulk;
    int64_t index;
    struct jr_value item;
    struct jr_value common;
};

// Whose fault it is: the caller's goes into the result, ours lets the job be tried again.
static bool is_answer(enum error_code code)
{
    int status = error_http_status(code);
    return status >= 400 && status < 500 && code != ERR_RATE_LIMITED;
}

static struct str failed_result(const struct step *s, struct buf *out, const struct error *why)
{
    struct jw w;
    int64_t id = 0;
    buf_reset(out);
    jw_init(&w, out);
    jw_object_begin(&w);
    jw_field_i64(&w, "index", s->index);
    if (jr_id(jr_get(s->item, "id"), &id)) {
        jw_field_i64(&w, "id", id);
    }
    jw_field_c(&w, "error", s->kind->failure);
    jw_field_c(&w, "details", why->message);
    jw_object_end(&w);
    return buf_str(out);
}

static bool step_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct step *s = arg;
    struct error why = {0};
    struct buf out;
    struct jw w;
    int64_t changes = 0;
    if (!bulk_advance(tx, s->bulk, s->index, s->index + 1, &changes, err) || changes == 0) {
        return changes != 0 || error_set(err, ERR_CONFLICT, "another runner has this job");
    }
    buf_init(&out, s->ctx->mem, RESULT_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_i64(&w, "index", s->index);
    s->ctx->db = tx;
    struct bulk_item item = {s->ctx, tx, (size_t)s->index, s->item, s->common, &w};
    if (!db_savepoint(tx, err)) {
        return false;
    }
    struct str result;
    if (s->kind->run(&item, &why)) {
        db_savepoint_keep(tx);
        jw_object_end(&w);
        result = buf_str(&out);
    } else if (is_answer(why.code)) {
        db_savepoint_undo(tx);
        result = failed_result(s, &out, &why);
    } else {
        *err = why;
        return false;
    }
    return bulk_result_insert(tx, s->bulk, s->index, result, err);
}

static const struct bulk_kind *kind_of(struct str name)
{
    for (size_t i = 0; i < BULK_KIND_COUNT; i++) {
        if (str_eq_c(name, BULK_KINDS[i]->name)) {
            return BULK_KINDS[i];
        }
    }
    return NULL;
}

struct running {
    struct app *app;
    mem_ctx *mem;
    int64_t id;
    bool found;
    struct bulk_by_id_row row;
    struct actor actor;
    const char *state;
    struct str message;
};

static bool load(struct db *db, void *arg, struct error *err)
{
    struct running *r = arg;
    return bulk_by_id(db, r->mem, r->id, &r->row, &r->found, err) &&
           (!r->found || r->app->load_actor(db, r->mem, r->row.user_id, &r->actor, err));
}

static bool finish_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct running *r = arg;
    struct db_opt_i64 now = {true, clock_now(r->app->clock)};
    return bulk_set_state(tx, r->id, str_c(r->state), r->message, now, err);
}

static bool finish(struct running *r, const char *state, struct str message, struct error *err)
{
    r->state = state;
    r->message = message;
    return db_tx_run(r->app->db, "api.bulk.end", finish_in_tx, r, err);
}

static struct str completed_at(struct running *r)
{
    struct civil t = time_civil(clock_now(r->app->clock));
    return str_printf(r->mem, "Completed at %04lld-%02d-%02d %02d:%02d:%02d +0000",
                      (long long)t.year, t.month, t.day, t.hour, t.minute, t.second);
}

// One item with memory of its own.
static bool run_step(struct running *r, const struct bulk_kind *kind, int64_t index,
                     struct jr_value item, struct jr_value common, struct error *err)
{
    mem_ctx *mem = mem_ctx_new(r->mem, "bulk item");
    struct http_request *request = mem_new(mem, struct http_request);
    struct http_response *response = mem_new(mem, struct http_response);
    request->ctx = mem;
    request->peer = r->row.address;
    http_response_init(response, mem);
    struct ctx ctx = {.app = r->app,
                      .mem = mem,
                      .req = request,
                      .resp = response,
                      .actor = r->actor,
                      .csrf = STR(""),
                      .session = STR("")};
    struct step step = {&ctx, kind, r->id, index, item, common};
    bool ok = db_tx_run(r->app->db, "api.bulk", step_in_tx, &step, err);
    mem_free(mem);
    return ok;
}

bool bulk_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct desk *desk = env;
    struct running r = {.app = desk->app, .mem = ctx};
    struct jr_value items = JR_NONE;
    struct jr_value common = JR_NONE;
    if (!str_to_i64(job->payload, &r.id) || !db_read(r.app->db, load, &r, err)) {
        return r.id != 0 ? false : error_internal(err, "a bulk job without a number");
    }
    if (!r.found || str_eq_c(r.row.state, "completed")) {
        return true;
    }
    const struct bulk_kind *kind = kind_of(r.row.kind);
    if (kind == NULL || r.actor.user.v == 0) {
        return finish(&r, "failed", STR("Whoever asked for this may not sign in any more."), err);
    }
    r.actor.channel = CHANNEL_API;
    r.actor.address = r.row.address;
    if (!jr_parse(ctx, r.row.items, &items, err) ||
        (!str_none(r.row.common) && !jr_parse(ctx, r.row.common, &common, err))) {
        return false;
    }
    for (int64_t i = r.row.progress; i < r.row.total; i++) {
        if (!run_step(&r, kind, i, jr_at(items, (size_t)i), common, err)) {
            if (job->last_attempt) {
                struct error ignored;
                (void)finish(&r, "failed", STR("The desk could not finish this; see its log."),
                             &ignored);
            }
            return false;
        }
    }
    return finish(&r, "completed", completed_at(&r), err);
}

static bool sweep_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct desk *desk = arg;
    int64_t before = clock_now(desk->app->clock) - KEPT_MS;
    return bulk_results_delete(tx, before, err) && bulk_delete(tx, before, err);
}

bool bulk_sweep(void *env, mem_ctx *ctx, struct error *err)
{
    (void)ctx;
    struct desk *desk = env;
    return db_tx_run(desk->app->db, "api.bulk.sweep", sweep_in_tx, desk, err);
}
