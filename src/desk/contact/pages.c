// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer lens beside the composer, and its page for administrators.
#include "desk/contact/pages.h"

#include "desk/contact/lens.html.h"
#include "desk/desk.h"
#include "mail/html_text.h"

enum { LATEST = 50, REPORT_DAYS = 30 };

static struct str kind_in_words(struct str kind)
{
    static const struct {
        const char *kind;
        const char *words;
    } WORDS[] = {
        {"deadline", "our deadlines"},
        {"vendor", "who works for us"},
        {"tier", "how we are organised"},
        {"staffing", "who is missing here"},
        {"blame", "blame"},
        {"data", "somebody else's data"},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_eq_c(kind, WORDS[i].kind)) {
            return str_c(WORDS[i].words);
        }
    }
    return kind;
}

bool lens_panel_fill(struct ctx *ctx, const struct ticket *ticket, struct str text,
                     struct vm_lens *ret, struct error *err)
{
    struct lens_hits hits;
    struct reply_text reply = {ticket, &ctx->actor, text};
    *ret = (struct vm_lens){0};
    if (ticket->requester.v == ctx->actor.user.v) {
        return true;
    }
    if (!contact_review(desk_of(ctx), ctx->db, ctx->mem, &reply, &hits, err)) {
        return false;
    }
    ret->hits = mem_array(ctx->mem, struct vm_lens_hit, hits.count + 1);
    for (size_t i = 0; i < hits.count; i++) {
        const struct lens_hit *hit = &hits.list[i];
        ret->hits[ret->count++] = (struct vm_lens_hit){
            str_sub(text, hit->start, hit->len), kind_in_words(str_c(lens_kind_word(hit->kind))),
            hit->reason, hit->wording};
    }
    return true;
}

// POST /tickets/{id}/lens: what stands in the composer now.
static bool page_lens_read(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct vm_lens vm;
    struct view v;
    struct vm_layout layout = {0};
    struct ticket_id id = {ctx->path.ids[0]};
    struct str html = http_form(ctx->req, "html_body");
    struct str body = http_form(ctx->req, "body");
    struct str text = str_empty(html) ? body : html_to_text(ctx->mem, html);
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !lens_panel_fill(ctx, &ticket, str_none(text) ? STR("") : text, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &layout, STR(""), "ticket");
    view_lens_panel(&v, &vm);
    return true;
}

static bool show_page(struct ctx *ctx, struct vm_lens_page *vm, struct error *err)
{
    struct view v;
    struct lens_sum *sums = NULL;
    int64_t since = clock_now(ctx->app->clock) - REPORT_DAYS * DAYS_MS;
    if (!contact_sums(ctx->db, ctx->mem, &ctx->actor, since, &sums, &vm->sum_count, err) ||
        !contact_findings(ctx->db, ctx->mem, &ctx->actor, LATEST, &vm->findings, &vm->finding_count,
                          err)) {
        return false;
    }
    vm->sums = mem_array(ctx->mem, struct vm_lens_sum, vm->sum_count + 1);
    for (size_t i = 0; i < vm->sum_count; i++) {
        vm->sums[i] =
            (struct vm_lens_sum){kind_in_words(sums[i].kind), sums[i].found, sums[i].asked};
    }
    for (size_t i = 0; i < vm->finding_count; i++) {
        vm->findings[i].kind = kind_in_words(vm->findings[i].kind);
    }
    desk_page_begin(ctx, &v, &vm->layout, STR("Customer lens"), "admin");
    view_lens_page(&v, vm);
    return true;
}

// GET /admin/lens
static bool page_lens(struct ctx *ctx, struct error *err)
{
    struct vm_lens_page vm = {.error = STR("")};
    vm.saved = str_eq_c(http_param(ctx->req, "saved"), "1");
    return contact_rules(ctx->db, ctx->mem, &ctx->actor, &vm.rules, err) &&
           show_page(ctx, &vm, err);
}

// POST /admin/lens
static bool page_lens_save(struct ctx *ctx, struct error *err)
{
    struct str rules = http_form(ctx->req, "rules");
    struct error why;
    rules = str_none(rules) ? STR("") : rules;
    if (contact_set_rules(desk_of(ctx), ctx->mem, &ctx->actor, rules, &why)) {
        http_redirect(ctx->resp, STR("/admin/lens?saved=1"));
        return true;
    }
    if (why.code != ERR_INVALID) {
        *err = why;
        return false;
    }
    struct vm_lens_page vm = {.rules = rules, .error = str_c(why.message)};
    ctx->resp->status = 422;
    return show_page(ctx, &vm, err);
}

const struct route *contact_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_POST, "/tickets/{ticket:id}/lens", page_lens_read, ROUTE_PAGE, WHO_AGENT, RATE_PAGE,
         4 << 20, false},
        {HTTP_GET, "/admin/lens", page_lens, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0, false},
        {HTTP_POST, "/admin/lens", page_lens_save, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 1 << 20,
         false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
