// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of policies.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/rules/api_terms.h"
#include "desk/service/api.h"
#include "desk/service/service.h"

static void write_policy(struct ctx *ctx, struct jw *w, const struct policy *p)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/slas/policies/%lld.json", (long long)p->id.v));
    jw_field_i64(w, "id", p->id.v);
    jw_field_str(w, "title", p->rule.title);
    jw_field_str(w, "description", p->description);
    jw_field_i64(w, "position", p->position);
    api_conditions_write(w, "filter", &p->rule);
    jw_field_array(w, "policy_metrics");
    for (size_t i = 0; i < p->target_count; i++) {
        const struct policy_target *one = &p->targets[i];
        jw_object_begin(w);
        jw_field_str(w, "priority", ticket_priority_word(one->priority));
        jw_field_str(w, "metric", meter_word(one->meter));
        jw_field_i64(w, "target", one->target_ms / MINUTES_MS);
        jw_field_i64(w, "target_in_seconds", one->target_ms / SECONDS_MS);
        jw_field_bool(w, "business_hours", one->business);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_field_time(w, "created_at", p->created_at);
    jw_field_time(w, "updated_at", p->updated_at);
    jw_object_end(w);
}

static bool answer_policy(struct ctx *ctx, const struct policy *p, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "sla_policy");
    write_policy(ctx, &w, p);
    return api_end(ctx, &w, err);
}

static bool load(struct ctx *ctx, struct policy *ret, struct error *err)
{
    const struct service_book *book = NULL;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct policy *found = policy_in_book(book, (struct policy_id){ctx->path.ids[0]});
    if (found == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such policy.");
    }
    *ret = *found;
    return true;
}

static bool write_list(struct ctx *ctx, const struct service_book *book, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct policy *list = NULL;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !api_slice(ctx, &page, book->policies, sizeof *book->policies, book->policy_count, SIZE_MAX,
                   (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "sla_policies");
    for (size_t i = 0; i < found.count; i++) {
        write_policy(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/slas/policies
bool api_policies_list(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    return service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err) &&
           write_list(ctx, book, err);
}

// GET /api/v2/slas/policies/{policy:id}
bool api_policy_show(struct ctx *ctx, struct error *err)
{
    struct policy policy;
    return load(ctx, &policy, err) && answer_policy(ctx, &policy, err);
}

// --- reading ------------------------------------------------------------------------------------

static bool read_target(struct jr_value one, struct policy_target *ret, struct error *err)
{
    int64_t amount = 0;
    bool seconds = jr_i64(jr_get(one, "target_in_seconds"), &amount);
    bool business = false;
    *ret = (struct policy_target){0};
    if (!ticket_priority_parse(jr_text(jr_get(one, "priority")), &ret->priority) ||
        ret->priority == PRIORITY_NONE) {
        return error_field(err, "policy_metrics", "InvalidValue",
                           "Policy metrics: the priority is low, normal, high or urgent.");
    }
    if (!meter_parse(jr_text(jr_get(one, "metric")), &ret->meter)) {
        return error_field(err, "policy_metrics", "InvalidValue",
                           "Policy metrics: there is no such metric.");
    }
    if ((!seconds && !jr_i64(jr_get(one, "target"), &amount)) || amount <= 0 ||
        amount > 3650 * (DAYS_MS / SECONDS_MS)) {
        return error_field(err, "policy_metrics", "InvalidValue",
                           "Policy metrics: the target is a number of minutes.");
    }
    ret->target_ms = amount * (seconds ? SECONDS_MS : MINUTES_MS);
    ret->business = jr_bool(jr_get(one, "business_hours"), &business) && business;
    return true;
}

static bool read_targets(struct ctx *ctx, struct jr_value list, struct policy *ret,
                         struct error *err)
{
    size_t count = jr_count(list);
    if (jr_absent(list)) {
        return true;
    }
    if (count > 4 * METER_COUNT) {
        return error_field(err, "policy_metrics", "TooLong",
                           "Policy metrics: one target for each metric and priority.");
    }
    struct policy_target *targets = mem_array(ctx->mem, struct policy_target, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!read_target(jr_at(list, i), &targets[i], err)) {
            return false;
        }
    }
    ret->targets = targets;
    ret->target_count = count;
    return true;
}

static bool read_policy(struct ctx *ctx, struct policy *ret, struct error *err)
{
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "sla_policy", &object, err)) {
        return false;
    }
    if (!jr_absent(jr_get(object, "title"))) {
        struct str title = jr_text(jr_get(object, "title"));
        ret->rule.title = str_none(title) ? STR("") : title;
    }
    if (!jr_absent(jr_get(object, "description"))) {
        struct str text = jr_text(jr_get(object, "description"));
        ret->description = str_none(text) ? STR("") : str_utf8_clip(text, 5000);
    }
    if (!jr_none(jr_get(object, "position")) &&
        (!jr_i64(jr_get(object, "position"), &ret->position) || ret->position < 1)) {
        return error_field(err, "position", "InvalidValue", "Position: counts from 1.");
    }
    struct jr_value filter = jr_get(object, "filter");
    if (!jr_absent(filter)) {
        ret->rule.terms = NULL;
        ret->rule.term_count = 0;
        api_terms_read(ctx->mem, jr_get(filter, "all"), PLACE_ALL, &ret->rule, &problems);
        api_terms_read(ctx->mem, jr_get(filter, "any"), PLACE_ANY, &ret->rule, &problems);
    }
    if (problems.count > 0) {
        return problems_none(&problems, err);
    }
    return read_targets(ctx, jr_get(object, "policy_metrics"), ret, err);
}

// --- changing -----------------------------------------------------------------------------------

struct storing {
    struct ctx *ctx;
    struct policy policy;
    struct policy_id *ids;
    size_t count;
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    struct policy again = s->policy;  // a transaction may run twice
    if (!policy_store(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, &again, err)) {
        return false;
    }
    s->policy = again;
    return true;
}

// POST /api/v2/slas/policies
bool api_policy_create(struct ctx *ctx, struct error *err)
{
    struct storing s = {
        .ctx = ctx,
        .policy = {.description = STR(""), .rule = {.kind = RULE_POLICY, .title = STR("")}}};
    if (!read_policy(ctx, &s.policy, err) ||
        !db_tx_run(ctx->app->db, "api.policy", store_tx, &s, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/slas/policies/%lld.json", (long long)s.policy.id.v));
    return answer_policy(ctx, &s.policy, err);
}

// PUT /api/v2/slas/policies/{policy:id}
bool api_policy_update(struct ctx *ctx, struct error *err)
{
    struct storing s = {.ctx = ctx};
    return load(ctx, &s.policy, err) && read_policy(ctx, &s.policy, err) &&
           db_tx_run(ctx->app->db, "api.policy", store_tx, &s, err) &&
           answer_policy(ctx, &s.policy, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    return policy_delete(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, s->policy.id, err);
}

// DELETE /api/v2/slas/policies/{policy:id}
bool api_policy_delete(struct ctx *ctx, struct error *err)
{
    struct storing s = {.ctx = ctx};
    if (!load(ctx, &s.policy, err) ||
        !db_tx_run(ctx->app->db, "api.policy.delete", delete_tx, &s, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool reorder_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    return policies_reorder(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, s->ids, s->count,
                            err);
}

// PUT /api/v2/slas/policies/reorder {"sla_policy_ids":[3,1,2]}
bool api_policies_reorder(struct ctx *ctx, struct error *err)
{
    struct storing s = {.ctx = ctx};
    struct jr_value whole = JR_NONE;
    const struct service_book *book = NULL;
    struct db *db = NULL;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct jr_value list = jr_get(whole, "sla_policy_ids");
    s.ids = mem_array(ctx->mem, struct policy_id, jr_count(list) + 1);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!jr_id(jr_at(list, i), &s.ids[s.count++].v)) {
            return error_field(err, "sla_policy_ids", "InvalidValue", "These are not ids.");
        }
    }
    if (s.count == 0) {
        return error_field(err, "sla_policy_ids", "BlankValue", "Name the ids in their new order.");
    }
    if (!db_tx_run(ctx->app->db, "api.policies.reorder", reorder_tx, &s, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = service_read(desk_of(ctx)->service, db, ctx->mem, &book, err);
    db_read_end(db);
    return ok && write_list(ctx, book, err);
}
