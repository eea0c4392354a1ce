// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages of policies: what is owed to which tickets.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/rules/term_form.h"
#include "desk/service/api.h"
#include "desk/service/pages.h"
#include "desk/service/service.html.h"
#include "desk/service/written.h"

static const enum ticket_priority PRIORITIES[4] = {PRIORITY_URGENT, PRIORITY_HIGH, PRIORITY_NORMAL,
                                                   PRIORITY_LOW};

static const struct policy_target *target_of(const struct policy *p, enum meter meter,
                                             enum ticket_priority priority)
{
    for (size_t i = 0; i < p->target_count; i++) {
        if (p->targets[i].meter == meter && p->targets[i].priority == priority) {
            return &p->targets[i];
        }
    }
    return NULL;
}

// "First reply 30m to 1d, Resolution 8h"
static struct str targets_text(struct ctx *ctx, const struct policy *p)
{
    struct buf out;
    buf_init(&out, ctx->mem, 4096);
    for (enum meter meter = 0; meter < METER_COUNT; meter++) {
        int64_t least = 0;
        int64_t most = 0;
        for (size_t i = 0; i < 4; i++) {
            const struct policy_target *one = target_of(p, meter, PRIORITIES[i]);
            int64_t ms = one != NULL ? one->target_ms : 0;
            least = ms > 0 && (least == 0 || ms < least) ? ms : least;
            most = ms > most ? ms : most;
        }
        if (most == 0) {
            continue;
        }
        buf_put_c(&out, out.len > 0 ? ", " : "");
        buf_put(&out, say_str(ctx, meter_label(meter)));
        buf_put_c(&out, " ");
        buf_put(&out, span_write(ctx->mem, least));
        if (most > least) {
            buf_put_c(&out, " – ");
            buf_put(&out, span_write(ctx->mem, most));
        }
    }
    return buf_str(&out);
}

// GET /admin/levels
bool page_levels(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    struct rule_names names;
    struct vm_levels vm = {0};
    struct view v;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err) ||
        !rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    vm.lines = mem_array(ctx->mem, struct vm_level_line, book->policy_count + 1);
    for (size_t i = 0; i < book->policy_count; i++) {
        const struct policy *p = &book->policies[i];
        vm.lines[vm.count++] =
            (struct vm_level_line){.id = p->id,
                                   .title = p->rule.title,
                                   .about = p->description,
                                   .sentence = rule_sentence(ctx->mem, &p->rule, &names),
                                   .targets = targets_text(ctx, p),
                                   .broken = p->broken};
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Service levels"), "admin");
    view_service_levels(&v, &vm);
    return true;
}

// --- the form -----------------------------------------------------------------------------------

static struct str target_field(mem_ctx *ctx, enum meter meter, enum ticket_priority priority)
{
    return str_printf(ctx, STR_FMT "-" STR_FMT, STR_ARG(meter_word(meter)),
                      STR_ARG(ticket_priority_word(priority)));
}

static struct str business_field(mem_ctx *ctx, enum meter meter)
{
    return str_printf(ctx, STR_FMT "-business", STR_ARG(meter_word(meter)));
}

// Spans and marks come from the policy, or as they were typed.
static void fill_rows(struct ctx *ctx, const struct policy *p, bool typed, struct vm_level_form *vm)
{
    for (enum meter meter = 0; meter < METER_COUNT; meter++) {
        struct vm_level_row *row = &vm->rows[meter];
        row->label = say_str(ctx, meter_label(meter));
        row->business_field = business_field(ctx->mem, meter);
        row->business = typed ? !str_empty(http_form(ctx->req, row->business_field.ptr)) : true;
        for (size_t i = 0; i < 4; i++) {
            const struct policy_target *one = target_of(p, meter, PRIORITIES[i]);
            struct vm_level_target *target = &row->targets[i];
            target->field = target_field(ctx->mem, meter, PRIORITIES[i]);
            target->label = str_printf(ctx->mem, STR_FMT ", " STR_FMT, STR_ARG(row->label),
                                       STR_ARG(ticket_priority_word(PRIORITIES[i])));
            target->span = typed         ? http_form_text(ctx->req, target->field.ptr)
                           : one != NULL ? span_write(ctx->mem, one->target_ms)
                                         : STR("");
            row->business = row->business && (typed || one == NULL || one->business);
        }
    }
}

static bool show(struct ctx *ctx, const struct policy *p, bool typed, struct vm_level_form *vm,
                 struct error *err)
{
    struct rule_names names;
    struct url_builder link;
    struct view v;
    if (!rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    url_begin(&link, ctx->mem, "/admin/levels");
    vm->is_new = p->id.v == 0;
    if (!vm->is_new) {
        url_segment_i64(&link, p->id.v);
    }
    vm->action = url_end(&link);
    vm->title = p->rule.title;
    vm->about = p->description;
    rule_term_lines(ctx->mem, &p->rule, PLACE_ALL, &names, &vm->all, &vm->all_count);
    rule_term_lines(ctx->mem, &p->rule, PLACE_ANY, &names, &vm->any, &vm->any_count);
    rule_term_words(ctx->mem, &names, &vm->words);
    fill_rows(ctx, p, typed, vm);
    desk_page_begin(ctx, &v, &vm->layout,
                    vm->is_new ? say_words(ctx, "New service level") : p->rule.title, "admin");
    view_service_level_form(&v, vm);
    return true;
}

static struct policy blank(void)
{
    return (struct policy){.description = STR(""), .rule = {.kind = RULE_POLICY, .title = STR("")}};
}

// GET /admin/levels/new
bool page_level_new(struct ctx *ctx, struct error *err)
{
    struct vm_level_form vm = {.error = STR("")};
    struct policy policy = blank();
    return show(ctx, &policy, false, &vm, err);
}

static bool load(struct ctx *ctx, const struct service_book **ret_book, struct policy *ret,
                 struct error *err)
{
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, ret_book, err)) {
        return false;
    }
    const struct policy *found = policy_in_book(*ret_book, (struct policy_id){ctx->path.ids[0]});
    if (found == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such service level.");
    }
    *ret = *found;
    ret->rule.kind = RULE_POLICY;
    return true;
}

// GET /admin/levels/{policy:id}
bool page_level_edit(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    struct vm_level_form vm = {.error = STR("")};
    struct policy policy;
    return load(ctx, &book, &policy, err) && show(ctx, &policy, false, &vm, err);
}

// --- what it sends ------------------------------------------------------------------------------

static bool read_targets(struct ctx *ctx, struct policy *ret, struct error *err)
{
    struct policy_target *list = mem_array(ctx->mem, struct policy_target, 4 * METER_COUNT);
    size_t count = 0;
    for (enum meter meter = 0; meter < METER_COUNT; meter++) {
        bool business = !str_empty(http_form(ctx->req, business_field(ctx->mem, meter).ptr));
        for (size_t i = 0; i < 4; i++) {
            struct str name = target_field(ctx->mem, meter, PRIORITIES[i]);
            struct str text = http_form_trimmed(ctx->req, name.ptr);
            struct policy_target one = {PRIORITIES[i], meter, 0, business};
            if (str_empty(text)) {
                continue;
            }
            if (!span_read(text, &one.target_ms, err)) {
                return false;
            }
            list[count++] = one;
        }
    }
    ret->targets = list;
    ret->target_count = count;
    return count > 0 || error_field(err, "policy_metrics", "BlankValue",
                                    "Say what is owed: at least one span of time.");
}

struct level_write {
    struct ctx *ctx;
    struct policy policy;
    struct policy_id *order;
    size_t order_count;
    bool remove;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct level_write *w = arg;
    struct policy again = w->policy;  // a transaction may run twice
    struct desk *desk = desk_of(w->ctx);
    const struct actor *actor = &w->ctx->actor;
    if (w->order_count > 0) {
        return policies_reorder(desk, tx, w->ctx->mem, actor, w->order, w->order_count, err);
    }
    return w->remove ? policy_delete(desk, tx, w->ctx->mem, actor, again.id, err)
                     : policy_store(desk, tx, w->ctx->mem, actor, &again, err);
}

static bool save(struct ctx *ctx, struct policy *policy, struct error *err)
{
    struct vm_level_form vm = {.error = STR("")};
    struct rule_names names;
    struct error why;
    if (!rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    policy->rule.title = http_form_trimmed(ctx->req, "title");
    policy->description = str_utf8_clip(http_form_trimmed(ctx->req, "about"), 5000);
    policy->rule.terms = NULL;
    policy->rule.term_count = 0;
    rule_terms_form(ctx, PLACE_ALL, &names, &policy->rule);
    rule_terms_form(ctx, PLACE_ANY, &names, &policy->rule);
    struct level_write w = {.ctx = ctx, .policy = *policy};
    if (read_targets(ctx, &w.policy, &why) &&
        db_tx_run(ctx->app->db, "page.level", write_tx, &w, &why)) {
        http_redirect(ctx->resp, STR("/admin/levels"));
        return true;
    }
    return say_mistake(ctx, &why, &vm.error, err) && show(ctx, policy, true, &vm, err);
}

// POST /admin/levels
bool page_level_create(struct ctx *ctx, struct error *err)
{
    struct policy policy = blank();
    return save(ctx, &policy, err);
}

static void move(mem_ctx *ctx, const struct service_book *book, bool up, struct level_write *w)
{
    size_t at = 0;
    w->order = mem_array(ctx, struct policy_id, book->policy_count + 1);
    w->order_count = book->policy_count;
    for (size_t i = 0; i < book->policy_count; i++) {
        w->order[i] = book->policies[i].id;
        at = w->order[i].v == w->policy.id.v ? i : at;
    }
    size_t other = up ? at - (at > 0 ? 1 : 0) : at + (at + 1 < w->order_count ? 1 : 0);
    struct policy_id kept = w->order[at];
    w->order[at] = w->order[other];
    w->order[other] = kept;
}

// POST /admin/levels/{policy:id} do=save|delete|up|down
bool page_level_save(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    struct level_write w = {.ctx = ctx};
    struct str what = http_form(ctx->req, "do");
    bool up = str_eq_c(what, "up");
    if (!load(ctx, &book, &w.policy, err)) {
        return false;
    }
    w.remove = str_eq_c(what, "delete");
    if (up || str_eq_c(what, "down")) {
        move(ctx->mem, book, up, &w);
    } else if (!w.remove) {
        return save(ctx, &w.policy, err);
    }
    if (!db_tx_run(ctx->app->db, "page.level", write_tx, &w, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/levels"));
    return true;
}
