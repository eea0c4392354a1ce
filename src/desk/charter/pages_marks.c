// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values seen in replies: marking one, and the page of those that are marked.
#include "desk/charter/charter.html.h"
#include "desk/charter/pages.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"

enum { MARKS_MOST = 100, EXCERPT_CHARS = 300, YEAR_DAYS = 365 };

// One query for the comments of a ticket; a page shows few tickets.
static bool fill_mark(struct ctx *ctx, struct names *names, const struct charter_mark *mark,
                      struct vm_charter_mark *ret, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment comment;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, mark->ticket, &ticket, err) ||
        !comment_load(ctx->db, ctx->mem, &ctx->actor, mark->comment, &comment, err)) {
        return false;
    }
    *ret = (struct vm_charter_mark){
        .id = mark->id,
        .ticket = mark->ticket,
        .comment = mark->comment,
        .subject = ticket.subject,
        .value = mark->value_name,
        .author = names_person(names, comment.author).name,
        .excerpt =
            comment.withdrawn ? STR("") : str_one_line(ctx->mem, comment.body, EXCERPT_CHARS),
        .marked_by = names_person(names, mark->marked_by).name,
        .note = mark->note,
        .at = mark->created_at,
        .can_remove = mark->marked_by.v == ctx->actor.user.v || ctx->actor.role >= ROLE_LEAD};
    return true;
}

// Names of markers and of the authors of what they marked.
static bool want_names(struct ctx *ctx, struct names *names, const struct charter_mark *marks,
                       size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct ticket_comment comment;
        if (!comment_load(ctx->db, ctx->mem, &ctx->actor, marks[i].comment, &comment, err)) {
            return false;
        }
        names_want(names, ctx->mem, marks[i].marked_by);
        names_want(names, ctx->mem, comment.author);
    }
    return names_load(names, ctx->db, ctx->mem, err);
}

// GET /charter/values?value=7
bool page_charter_values(struct ctx *ctx, struct error *err)
{
    struct vm_charter_values vm = {.only = STR("")};
    struct charter charter = {0};
    struct charter_mark *marks = NULL;
    struct names names = {0};
    struct view v;
    bool found = false;
    int64_t value = 0;
    int64_t origin = 0;
    int64_t since = clock_now(ctx->app->clock) - YEAR_DAYS * DAYS_MS;
    bool one = str_to_i64(http_param(ctx->req, "value"), &value);
    if (!charter_in_force(ctx->db, ctx->mem, &charter, &found, err) ||
        !charter_mark_counts(ctx->db, ctx->mem, &ctx->actor, &charter, since, &vm.shown, err)) {
        return false;
    }
    vm.values = charter.values;
    vm.value_count = charter.value_count;
    for (size_t i = 0; one && i < charter.value_count; i++) {
        if (charter.values[i].id == value) {
            origin = charter.values[i].origin;
            vm.only = charter.values[i].name;
        }
    }
    if (!charter_marks(ctx->db, ctx->mem, &ctx->actor, origin, MARKS_MOST, &marks, &vm.mark_count,
                       err) ||
        !want_names(ctx, &names, marks, vm.mark_count, err)) {
        return false;
    }
    vm.marks = mem_array(ctx->mem, struct vm_charter_mark, vm.mark_count + 1);
    for (size_t i = 0; i < vm.mark_count; i++) {
        if (!fill_mark(ctx, &names, &marks[i], &vm.marks[i], err)) {
            return false;
        }
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Our values in our work"), "charter");
    view_charter_values_page(&v, &vm);
    return true;
}

static bool show_marking(struct ctx *ctx, struct comment_id id, struct str error, struct error *err)
{
    struct vm_charter_marking vm = {.comment = id, .error = error};
    struct ticket_comment comment;
    struct ticket ticket;
    struct charter charter = {0};
    struct names names = {0};
    struct view v;
    bool found = false;
    if (!comment_load(ctx->db, ctx->mem, &ctx->actor, id, &comment, err) ||
        !ticket_load(ctx->db, ctx->mem, &ctx->actor, comment.ticket, &ticket, err) ||
        !charter_in_force(ctx->db, ctx->mem, &charter, &found, err)) {
        return false;
    }
    names_want(&names, ctx->mem, comment.author);
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm.ticket = ticket.id;
    vm.author = names_person(&names, comment.author).name;
    vm.excerpt = str_one_line(ctx->mem, comment.body, EXCERPT_CHARS);
    vm.values = charter.values;
    vm.value_count = charter.value_count;
    desk_page_begin(ctx, &v, &vm.layout, STR("Which value does this reply show?"), "tickets");
    view_charter_marking_page(&v, &vm);
    return true;
}

// GET /charter/marks/new?comment=7
bool page_charter_marking(struct ctx *ctx, struct error *err)
{
    struct comment_id id;
    return str_to_i64(http_param(ctx->req, "comment"), &id.v)
               ? show_marking(ctx, id, STR(""), err)
               : error_set(err, ERR_BAD_REQUEST, "This link is not complete.");
}

struct marking {
    struct ctx *ctx;
    struct charter_new_mark mark;
    int64_t id;
};

static bool mark_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct marking *m = arg;
    return charter_mark_add(desk_of(m->ctx), tx, m->ctx->mem, &m->ctx->actor, &m->mark, &m->id,
                            err);
}

// POST /charter/marks
bool page_charter_mark(struct ctx *ctx, struct error *err)
{
    struct marking m = {.ctx = ctx, .mark = {.note = http_form_trimmed(ctx->req, "note")}};
    struct ticket_comment comment;
    struct error why;
    if (!str_to_i64(http_form_trimmed(ctx->req, "comment"), &m.mark.comment.v)) {
        return error_set(err, ERR_BAD_REQUEST, "This form is not complete.");
    }
    if (!str_to_i64(http_form_trimmed(ctx->req, "value"), &m.mark.value)) {
        m.mark.value = 0;
    }
    if (!db_tx_run(ctx->app->db, "charter.mark", mark_in_tx, &m, &why)) {
        if (why.code != ERR_INVALID && why.code != ERR_CONFLICT) {
            *err = why;
            return false;
        }
        ctx->resp->status = error_http_status(why.code);
        return show_marking(ctx, m.mark.comment, str_dup(ctx->mem, str_c(why.message)), err);
    }
    if (!comment_load(ctx->db, ctx->mem, &ctx->actor, m.mark.comment, &comment, err)) {
        return false;
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld#comment-%lld",
                                        (long long)comment.ticket.v, (long long)comment.id.v));
    return true;
}

static bool unmark_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct marking *m = arg;
    return charter_mark_remove(desk_of(m->ctx), tx, m->ctx->mem, &m->ctx->actor, m->id, err);
}

// POST /charter/marks/{object:id}/remove
bool page_charter_unmark(struct ctx *ctx, struct error *err)
{
    struct marking m = {.ctx = ctx, .id = ctx->path.ids[0]};
    if (!db_tx_run(ctx->app->db, "charter.unmark", unmark_in_tx, &m, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/charter/values"));
    return true;
}
