// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bringing in an expert from the ticket's page or by a program, and the report for leads.
#include "app/api.h"
#include "app/say.h"
#include "desk/aside/aside.html.h"
#include "desk/aside/aside_internal.h"
#include "desk/aside/pages.h"

#define REPORT_MS (90 * DAYS_MS)

struct engaging {
    struct ctx *ctx;
    struct aside_target target;
    struct aside_message message;
    struct aside_begin begin;
    struct aside aside;
};

static bool engage_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct engaging *e = arg;
    return aside_begin(desk_of(e->ctx), tx, e->ctx->mem, &e->ctx->actor, &e->begin, &e->aside, err);
}

static bool engage(struct engaging *e, struct str question, struct error *err)
{
    struct ctx *ctx = e->ctx;
    struct ticket_id id = {ctx->path.ids[0]};
    struct ticket ticket;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !aside_summary(ctx, &ticket, question, &e->message.body, err)) {
        return false;
    }
    const struct view_arg subject = {"subject", view_value_str(ticket.subject)};
    bool asked = e->target.person.v != 0 || e->target.group.v != 0 || e->target.address.len > 0;
    e->message.to = &e->target;
    e->message.to_count = asked ? 1 : 0;
    e->begin = (struct aside_begin){
        .ticket = id,
        .kind = ASIDE_EXPERT,
        .subject = say_with(ctx, "Your help with “{subject}”", &subject, 1),
        .message = &e->message,
        .external_ids = STR_NONE,
        .from_name = STR(""),
        .from_address = STR(""),
    };
    return db_tx_run(ctx->app->db, "aside.expert", engage_in_tx, e, err);
}

// POST /tickets/{ticket:id}/expert: who ("p7" a person, "g3" a group), question
bool page_expert(struct ctx *ctx, struct error *err)
{
    struct engaging e = {.ctx = ctx, .target = {.address = STR(""), .name = STR("")}};
    struct str who = http_form_trimmed(ctx->req, "who");
    int64_t id = 0;
    bool known = who.len > 1 && str_to_i64(str_from(who, 1), &id) && id > 0;
    if (known && who.ptr[0] == 'g') {
        e.target.group.v = id;
    } else if (known) {
        e.target.person.v = id;
    }
    if (!engage(&e, http_form_trimmed(ctx->req, "question"), err)) {
        return false;
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/tickets/%lld#asides", (long long)ctx->path.ids[0]));
    return true;
}

// POST /api/v2/tickets/{ticket:id}/experts {"expert":{"user_id":1,"question":"…"}}
bool api_expert(struct ctx *ctx, struct error *err)
{
    struct engaging e = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct ticket_id id = {ctx->path.ids[0]};
    struct ticket ticket;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !api_body(ctx, "expert", &object, err)) {
        return false;
    }
    struct str email = jr_text(jr_get(object, "email"));
    struct str question = jr_text(jr_get(object, "question"));
    e.target = (struct aside_target){.address = str_none(email) ? STR("") : email, .name = STR("")};
    bool by_id = jr_id(jr_get(object, "support_group_id"), &e.target.group.v) ||
                 jr_id(jr_get(object, "user_id"), &e.target.person.v);
    if (!by_id && e.target.address.len == 0) {
        return error_field(err, "expert", "BlankValue",
                           "Expert: user_id, support_group_id or email, please.");
    }
    return engage(&e, str_none(question) ? STR("") : str_trim(question), err) &&
           aside_answer_begun(ctx, &e.aside, err);
}

// GET /asides/experts
bool page_experts(struct ctx *ctx, struct error *err)
{
    struct vm_experts vm = {0};
    struct aside_expert_row *rows = NULL;
    struct view v;
    if (!aside_experts(ctx->db, ctx->mem, &ctx->actor, clock_now(ctx->app->clock) - REPORT_MS,
                       &rows, &vm.count, err)) {
        return false;
    }
    vm.rows = mem_array(ctx->mem, struct vm_expert_row, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        bool any = rows[i].answered > 0;
        vm.rows[i] = (struct vm_expert_row){
            .people = rows[i].people,
            .asked = rows[i].asked,
            .answered = rows[i].answered,
            .waiting = rows[i].waiting,
            .median = any ? aside_span_words(ctx->mem, rows[i].median_ms) : STR(""),
            .longest = any ? aside_span_words(ctx->mem, rows[i].longest_ms) : STR(""),
        };
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "How soon experts answer"), "tickets");
    view_aside_experts(&v, &vm);
    return true;
}
