// SPDX-License-Identifier: GPL-3.0-or-later
//
// The charter as programs know it. Everybody reads mission, vision, values and greetings of what is
// in force; the rest as on the pages.
#include "app/api.h"
#include "app/config.h"
#include "desk/charter/pages.h"
#include "desk/desk.h"

enum { MARKS_MOST = 100 };

static void write_values(struct jw *w, const struct charter *charter)
{
    jw_field_array(w, "values");
    for (size_t i = 0; i < charter->value_count; i++) {
        const struct charter_value *one = &charter->values[i];
        jw_object_begin(w);
        jw_field_id(w, "id", one->id);
        jw_field_str(w, "name", one->name);
        jw_field_str(w, "keywords", one->keywords);
        jw_field_str(w, "meaning", one->meaning);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_objectives(struct jw *w, const struct charter *charter)
{
    jw_field_array(w, "objectives");
    for (size_t i = 0; i < charter->objective_count; i++) {
        const struct charter_objective *one = &charter->objectives[i];
        jw_object_begin(w);
        jw_field_id(w, "id", one->id);
        jw_field_str(w, "horizon", one->is_long ? STR("long") : STR("short"));
        jw_field_str(w, "title", one->title);
        jw_field_str(w, "measure", one->measure);
        jw_field_str(w, "target", one->target);
        jw_field_i64(w, "percent", one->percent);
        jw_field_str(w, "note", one->note);
        jw_field_time(w, "progress_at", one->progress_at);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_head(struct ctx *ctx, struct jw *w, const struct charter *one)
{
    jw_field_str(w, "url", api_url(ctx, "/api/v2/charter/versions/%lld.json", (long long)one->id));
    jw_field_id(w, "id", one->id);
    jw_field_i64(w, "number", one->number);
    jw_field_str(w, "state", charter_state_word(one->state));
    jw_field_i64(w, "revision", one->revision);
    jw_field_i64(w, "review_months", one->review_months);
    jw_field_str(w, "hash", one->hash);
    jw_field_time(w, "created_at", one->created_at);
    jw_field_time(w, "updated_at", one->updated_at);
    jw_field_time(w, "in_force_at", one->in_force_at);
    jw_field_time(w, "review_at", one->review_at);
    jw_field_bool(w, "overdue", charter_overdue(one, clock_now(ctx->app->clock)));
}

static bool write_version(struct ctx *ctx, struct jw *w, const struct charter *one,
                          struct error *err)
{
    struct charter_signer *signers = NULL;
    size_t count = 0;
    if (!charter_signers(ctx->db, ctx->mem, &ctx->actor, one->id, &signers, &count, err)) {
        return false;
    }
    jw_object_begin(w);
    write_head(ctx, w, one);
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        jw_field_str(w, CHARTER_FIELD_KINDS[i].word, one->fields[i]);
    }
    write_values(w, one);
    write_objectives(w, one);
    jw_field_array(w, "signers");
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(w);
        jw_field_id(w, "user_id", signers[i].user.v);
        jw_field_str(w, "name", signers[i].name);
        jw_field_str(w, "part", signers[i].leader ? STR("leader") : STR("staff"));
        jw_field_time(w, "signed_at", signers[i].signed_at);
        jw_field_str(w, "hash", signers[i].hash);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
    return true;
}

static bool answer_version(struct ctx *ctx, int64_t id, struct error *err)
{
    struct charter charter;
    struct jw w;
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, id, &charter, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "version");
    return write_version(ctx, &w, &charter, err) && api_end(ctx, &w, err);
}

// GET /api/v2/charter: what everybody may know.
bool api_charter(struct ctx *ctx, struct error *err)
{
    struct charter charter = {0};
    bool found = false;
    struct jw w;
    if (!charter_in_force(ctx->db, ctx->mem, &charter, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "charter");
    jw_field_str(&w, "desk", ctx->app->config->desk_name);
    jw_field_str(&w, "mission",
                 found ? charter.fields[CHARTER_MISSION] : ctx->app->config->mission);
    jw_field_str(&w, "vision", found ? charter.fields[CHARTER_VISION] : STR_NONE);
    jw_field_str(&w, "greeting_chat", found ? charter.fields[CHARTER_CHAT] : STR_NONE);
    jw_field_str(&w, "greeting_call", found ? charter.fields[CHARTER_CALL] : STR_NONE);
    jw_field_time(&w, "in_force_at", found ? charter.in_force_at : 0);
    write_values(&w, &charter);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/charter/versions
bool api_charter_versions(struct ctx *ctx, struct error *err)
{
    struct charter *all = NULL;
    size_t count = 0;
    struct api_page page;
    struct api_found found = {0};
    void *part = NULL;
    struct jw w;
    if (!charter_list(ctx->db, ctx->mem, &ctx->actor, &all, &count, err) ||
        !api_page_parse(ctx, &page, err) ||
        !api_slice(ctx, &page, all, sizeof *all, count, offsetof(struct charter, id), &part, &found,
                   err)) {
        return false;
    }
    const struct charter *rows = part;
    api_begin(ctx, &w);
    jw_field_array(&w, "versions");
    for (size_t i = 0; i < found.count; i++) {
        jw_object_begin(&w);
        write_head(ctx, &w, &rows[i]);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/charter/versions/{object:id}
bool api_charter_version(struct ctx *ctx, struct error *err)
{
    return answer_version(ctx, ctx->path.ids[0], err);
}

// --- writing ------------------------------------------------------------------------------------

struct charter_call {
    struct ctx *ctx;
    int64_t id;
    enum charter_start start;
    struct charter_change change;
    struct charter_opening opening;
    struct charter_progress progress;
    struct charter_new_mark mark;
    struct str hash;
};

static bool create_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_begin(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, call->start,
                         &call->id, err);
}

// POST /api/v2/charter/versions {"version":{"from":"example"}}
bool api_charter_create(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    if (!api_body(ctx, "version", &object, err)) {
        return false;
    }
    struct str from = jr_text(jr_get(object, "from"));
    call.start = str_eq_c(from, "example")    ? CHARTER_FROM_EXAMPLE
                 : str_eq_c(from, "in_force") ? CHARTER_FROM_IN_FORCE
                                              : CHARTER_BLANK;
    if (!db_tx_run(ctx->app->db, "charter.begin", create_in_tx, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/charter/versions/%lld.json", (long long)call.id));
    return answer_version(ctx, call.id, err);
}

static struct str text_of(struct jr_value object, const char *name)
{
    struct str text = jr_text(jr_get(object, name));
    return str_none(text) ? STR("") : text;
}

static int64_t number_of(struct jr_value object, const char *name, int64_t otherwise)
{
    int64_t number = 0;
    return jr_i64(jr_get(object, name), &number) ? number : otherwise;
}

// Programs name values and objectives by their ids; the room knows origins.
static void bind_lists(struct ctx *ctx, const struct charter *now, struct jr_value object,
                       struct charter_change *change)
{
    struct jr_value values = jr_get(object, "values");
    struct jr_value objectives = jr_get(object, "objectives");
    size_t value_count = jr_count(values);
    size_t objective_count = jr_count(objectives);
    struct charter_value *some = mem_array(ctx->mem, struct charter_value, value_count + 1);
    struct charter_objective *more =
        mem_array(ctx->mem, struct charter_objective, objective_count + 1);
    for (size_t i = 0; i < value_count; i++) {
        struct jr_value one = jr_at(values, i);
        some[i] = (struct charter_value){.name = text_of(one, "name"),
                                         .keywords = text_of(one, "keywords"),
                                         .meaning = text_of(one, "meaning")};
        for (size_t k = 0; k < now->value_count; k++) {
            if (now->values[k].id == number_of(one, "id", 0)) {
                some[i].origin = now->values[k].origin;
            }
        }
    }
    for (size_t i = 0; i < objective_count; i++) {
        struct jr_value one = jr_at(objectives, i);
        more[i] = (struct charter_objective){.title = text_of(one, "title"),
                                             .measure = text_of(one, "measure"),
                                             .target = text_of(one, "target"),
                                             .is_long = str_eq_c(text_of(one, "horizon"), "long")};
        for (size_t k = 0; k < now->objective_count; k++) {
            if (now->objectives[k].id == number_of(one, "id", 0)) {
                more[i].origin = now->objectives[k].origin;
            }
        }
    }
    change->set_values = !jr_absent(values);
    change->values = some;
    change->value_count = value_count;
    change->set_objectives = !jr_absent(objectives);
    change->objectives = more;
    change->objective_count = objective_count;
}

static bool update_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_change(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->change,
                          err);
}

// PUT /api/v2/charter/versions/{object:id}
bool api_charter_update(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .change = {.id = ctx->path.ids[0]}};
    struct charter now;
    struct jr_value object = JR_NONE;
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, call.change.id, &now, err) ||
        !api_body(ctx, "version", &object, err)) {
        return false;
    }
    call.change.revision = number_of(object, "revision", now.revision);
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        struct str text = jr_text(jr_get(object, CHARTER_FIELD_KINDS[i].word));
        if (!str_none(text)) {
            call.change.set |= 1U << i;
            call.change.fields[i] = text;
        }
    }
    bind_lists(ctx, &now, object, &call.change);
    return db_tx_run(ctx->app->db, "charter.change", update_in_tx, &call, err) &&
           answer_version(ctx, call.change.id, err);
}

static bool open_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_open(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->opening,
                        err);
}

// PUT /api/v2/charter/versions/{object:id}/open {"signer_ids":[1,2],"review_months":12}
bool api_charter_open(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .opening = {.id = ctx->path.ids[0]}};
    struct jr_value body = JR_NONE;
    if (!api_body_whole(ctx, &body, err)) {
        return false;
    }
    struct jr_value list = jr_get(body, "signer_ids");
    size_t count = jr_count(list);
    struct user_id *signers = mem_array(ctx->mem, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!jr_id(jr_at(list, i), &signers[i].v)) {
            return error_field(err, "signer_ids", "InvalidValue", "Signers: must be ids of people");
        }
    }
    call.opening.signers = signers;
    call.opening.signer_count = count;
    call.opening.review_months = number_of(body, "review_months", 12);
    return db_tx_run(ctx->app->db, "charter.open", open_in_tx, &call, err) &&
           answer_version(ctx, call.opening.id, err);
}

static bool sign_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_sign(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, call->id,
                        call->hash, err);
}

// PUT /api/v2/charter/versions/{object:id}/sign {"hash":"…"}
bool api_charter_sign(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .id = ctx->path.ids[0]};
    struct jr_value body = JR_NONE;
    if (!api_body_whole(ctx, &body, err)) {
        return false;
    }
    call.hash = text_of(body, "hash");
    return db_tx_run(ctx->app->db, "charter.sign", sign_in_tx, &call, err) &&
           answer_version(ctx, call.id, err);
}

static bool withdraw_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_withdraw(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, call->id,
                            err);
}

// DELETE /api/v2/charter/versions/{object:id}
bool api_charter_withdraw(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .id = ctx->path.ids[0]};
    if (!db_tx_run(ctx->app->db, "charter.withdraw", withdraw_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool acknowledge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_acknowledge(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                               call->hash, err);
}

// PUT /api/v2/charter/acknowledgement {"hash":"…"}
bool api_charter_acknowledge(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx};
    struct jr_value body = JR_NONE;
    if (!api_body_whole(ctx, &body, err)) {
        return false;
    }
    call.hash = text_of(body, "hash");
    if (!db_tx_run(ctx->app->db, "charter.acknowledge", acknowledge_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// GET /api/v2/charter/coverage
bool api_charter_coverage(struct ctx *ctx, struct error *err)
{
    struct charter_covered *people = NULL;
    size_t count = 0;
    int64_t current = 0;
    struct jw w;
    if (!charter_coverage(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &people, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "people");
    for (size_t i = 0; i < count; i++) {
        current += people[i].current ? 1 : 0;
        jw_object_begin(&w);
        jw_field_id(&w, "user_id", people[i].user.v);
        jw_field_str(&w, "name", people[i].name);
        jw_field_id(&w, "group_id", people[i].group.v);
        jw_field_time(&w, "acknowledged_at", people[i].acknowledged_at);
        jw_field_bool(&w, "current", people[i].current);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "current", current);
    jw_field_i64(&w, "count", (int64_t)count);
    return api_end(ctx, &w, err);
}

static bool progress_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_progress_note(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                                 &call->progress, err);
}

// PUT /api/v2/charter/objectives/{object:id} {"percent":40,"note":"…"}
bool api_charter_progress(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .progress = {.objective = ctx->path.ids[0]}};
    struct jr_value body = JR_NONE;
    if (!api_body_whole(ctx, &body, err)) {
        return false;
    }
    call.progress.percent = number_of(body, "percent", -1);
    call.progress.note = text_of(body, "note");
    if (!db_tx_run(ctx->app->db, "charter.progress", progress_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- marks --------------------------------------------------------------------------------------

static void write_mark(struct jw *w, const struct charter_mark *one)
{
    jw_object_begin(w);
    jw_field_id(w, "id", one->id);
    jw_field_id(w, "ticket_id", one->ticket.v);
    jw_field_id(w, "comment_id", one->comment.v);
    jw_field_id(w, "value_id", one->value);
    jw_field_str(w, "value", one->value_name);
    jw_field_id(w, "marked_by_id", one->marked_by.v);
    jw_field_str(w, "note", one->note);
    jw_field_time(w, "created_at", one->created_at);
    jw_object_end(w);
}

// GET /api/v2/charter/marks: the latest hundred.
bool api_charter_marks(struct ctx *ctx, struct error *err)
{
    struct charter_mark *marks = NULL;
    size_t count = 0;
    struct jw w;
    if (!charter_marks(ctx->db, ctx->mem, &ctx->actor, 0, MARKS_MOST, &marks, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "marks");
    for (size_t i = 0; i < count; i++) {
        write_mark(&w, &marks[i]);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "count", (int64_t)count);
    return api_end(ctx, &w, err);
}

static bool mark_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_mark_add(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->mark,
                            &call->id, err);
}

// POST /api/v2/charter/marks {"mark":{"comment_id":1,"value_id":2,"note":"…"}}
bool api_charter_mark_create(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct jw w;
    if (!api_body(ctx, "mark", &object, err)) {
        return false;
    }
    call.mark = (struct charter_new_mark){.comment = {number_of(object, "comment_id", 0)},
                                          .value = number_of(object, "value_id", 0),
                                          .note = text_of(object, "note")};
    if (!db_tx_run(ctx->app->db, "charter.mark", mark_in_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = 201;
    api_begin(ctx, &w);
    jw_field_object(&w, "mark");
    jw_field_id(&w, "id", call.id);
    jw_field_id(&w, "comment_id", call.mark.comment.v);
    jw_field_id(&w, "value_id", call.mark.value);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

static bool unmark_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct charter_call *call = arg;
    return charter_mark_remove(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, call->id,
                               err);
}

// DELETE /api/v2/charter/marks/{object:id}
bool api_charter_mark_delete(struct ctx *ctx, struct error *err)
{
    struct charter_call call = {.ctx = ctx, .id = ctx->path.ids[0]};
    if (!db_tx_run(ctx->app->db, "charter.unmark", unmark_in_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
