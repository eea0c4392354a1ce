// SPDX-License-Identifier: GPL-3.0-or-later
//
// Throwing tickets away and fetching them back, one or many.
#include "app/say.h"
#include "desk/day/pages_internal.h"
#include "desk/day/removal.html.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_views.h"

#define IDS_MOST 200
#define PAGE_ROWS 50

struct str day_field(struct ctx *ctx, const char *name)
{
    struct str text = http_form(ctx->req, name);
    return str_none(text) ? STR("") : str_trim(text);
}

struct chosen {
    struct ticket_id ids[IDS_MOST];
    size_t count;
};

static void choose(struct chosen *chosen, struct str list)
{
    struct str word;
    while (str_next(&list, ',', &word) && chosen->count < IDS_MOST) {
        int64_t number = 0;
        bool known = !str_to_i64(word, &number) || number <= 0;
        for (size_t i = 0; i < chosen->count; i++) {
            known = known || chosen->ids[i].v == number;
        }
        if (!known) {
            chosen->ids[chosen->count++].v = number;
        }
    }
}

// All that the request names: ?ids=1,2, and `ids` of the form, several or with commas.
static bool read_chosen(struct ctx *ctx, struct chosen *ret, struct error *err)
{
    struct str query = http_param(ctx->req, "ids");
    ret->count = 0;
    choose(ret, str_none(query) ? STR("") : query);
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        if (str_eq_c(ctx->req->form.items[i].name, "ids")) {
            choose(ret, ctx->req->form.items[i].value);
        }
    }
    return ret->count > 0 || error_set(err, ERR_INVALID, "No ticket was chosen.");
}

static struct str ids_text(mem_ctx *ctx, const struct chosen *chosen)
{
    struct buf out;
    buf_init(&out, ctx, IDS_MOST * 21);
    for (size_t i = 0; i < chosen->count; i++) {
        buf_put_c(&out, i > 0 ? "," : "");
        buf_put_i64(&out, chosen->ids[i].v);
    }
    return buf_str(&out);
}

static struct url back_of(struct ctx *ctx)
{
    struct str asked = http_form(ctx->req, "back");
    asked = str_none(asked) ? http_param(ctx->req, "back") : asked;
    return url_own_or(str_none(asked) ? STR("") : asked, url_literal("/desk"));
}

void day_go_back(struct ctx *ctx, const char *done, struct str ids)
{
    struct str back = back_of(ctx).text;
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, STR_FMT "%sdone=%s&ids=" STR_FMT, STR_ARG(back),
                             str_find(back, STR("?")) < 0 ? "?" : "&", done, STR_ARG(ids)));
}

void day_notice(struct ctx *ctx, struct vm_layout *layout, struct url here)
{
    struct str done = http_param(ctx->req, "done");
    struct str ids = http_param(ctx->req, "ids");
    struct chosen chosen = {.count = 0};
    bool deleted = str_eq_c(done, "deleted");
    bool spam = str_eq_c(done, "spam");
    bool restored = str_eq_c(done, "restored");
    choose(&chosen, str_none(ids) ? STR("") : ids);
    if (chosen.count == 0 || !(deleted || spam || restored)) {
        return;
    }
    const struct view_arg count = {"n", view_value_i64((int64_t)chosen.count)};
    layout->notice = say_with(ctx,
                              restored  ? WORDS("{n} ticket is back.|{n} tickets are back.")
                              : deleted ? WORDS("{n} ticket was deleted.|{n} tickets were deleted.")
                                        : WORDS("{n} ticket was marked as spam and deleted.|{n} "
                                                "tickets were marked as spam and deleted."),
                              &count, 1);
    if (!restored) {
        struct url_builder undo;
        url_begin(&undo, ctx->mem, "/tickets/restore");
        url_param(&undo, "ids", ids_text(ctx->mem, &chosen));
        url_param(&undo, "back", here.text);
        layout->undo = url_end(&undo);
    }
}

// --- doing --------------------------------------------------------------------------------------

enum deed { DEED_DELETE, DEED_SPAM, DEED_RESTORE, DEED_PURGE };

struct doing {
    struct ctx *ctx;
    struct chosen chosen;
    enum deed deed;
    bool suspend;
};

static bool do_one(struct doing *d, struct db *tx, struct ticket_id id, struct error *err)
{
    struct ctx *ctx = d->ctx;
    struct ticket_change change = {.ticket = id, .set = SET_DELETED, .deleted = true};
    struct ticket_outcome outcome;
    switch (d->deed) {
    case DEED_DELETE:
        return ticket_apply(desk_tickets(ctx), tx, db_tx_ctx(tx), &ctx->actor, &change, &outcome,
                            err);
    case DEED_SPAM:
        return day_mark_spam(desk_of(ctx), tx, db_tx_ctx(tx), &ctx->actor, id, d->suspend, err);
    case DEED_RESTORE:
        return day_restore(desk_of(ctx), tx, db_tx_ctx(tx), &ctx->actor, id, err);
    case DEED_PURGE:
        return ticket_purge(desk_tickets(ctx), tx, db_tx_ctx(tx), &ctx->actor, id, err);
    }
    return true;
}

static bool do_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    for (size_t i = 0; i < d->chosen.count; i++) {
        if (!do_one(d, tx, d->chosen.ids[i], err)) {
            return false;
        }
    }
    return true;
}

static bool do_all(struct doing *d, const char *done, struct error *err)
{
    if (!read_chosen(d->ctx, &d->chosen, err) ||
        !db_tx_run(d->ctx->app->db, "day.removal", do_in_tx, d, err)) {
        return false;
    }
    day_go_back(d->ctx, done, ids_text(d->ctx->mem, &d->chosen));
    return true;
}

// POST /tickets/remove ids=1,2 back=PATH: all of them, or none.
bool page_day_remove(struct ctx *ctx, struct error *err)
{
    struct doing d = {.ctx = ctx, .deed = DEED_DELETE};
    return do_all(&d, "deleted", err);
}

// POST /tickets/restore?ids=1,2
bool page_day_restore(struct ctx *ctx, struct error *err)
{
    struct doing d = {.ctx = ctx, .deed = DEED_RESTORE};
    return do_all(&d, "restored", err);
}

// POST /tickets/purge ids=1,2
bool page_day_purge(struct ctx *ctx, struct error *err)
{
    struct doing d = {.ctx = ctx, .deed = DEED_PURGE};
    return do_all(&d, "purged", err);
}

// --- spam ---------------------------------------------------------------------------------------

static bool fill_spam(struct ctx *ctx, const struct chosen *chosen, struct vm_spam *vm,
                      struct error *err)
{
    struct names names = {0};
    struct ticket *tickets = mem_array(ctx->mem, struct ticket, chosen->count);
    for (size_t i = 0; i < chosen->count; i++) {
        if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, chosen->ids[i], &tickets[i], err)) {
            return false;
        }
        names_want_ticket(&names, ctx->mem, &tickets[i]);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->lines = mem_array(ctx->mem, struct vm_removed, chosen->count);
    vm->count = chosen->count;
    for (size_t i = 0; i < chosen->count; i++) {
        const struct user *sender = names_user(&names, tickets[i].requester);
        vm->lines[i] = (struct vm_removed){.id = tickets[i].id,
                                           .subject = tickets[i].subject,
                                           .requester = names_person(&names, tickets[i].requester)};
        vm->senders += sender != NULL && sender->role < ROLE_LIGHT_AGENT ? 1 : 0;
    }
    return desk_views(ctx, STR(""), &vm->layout, err);
}

static bool show_spam(struct ctx *ctx, struct str error, struct error *err)
{
    struct vm_spam vm = {.back = back_of(ctx), .error = error};
    struct chosen chosen;
    struct view v;
    if (!read_chosen(ctx, &chosen, err) || !fill_spam(ctx, &chosen, &vm, err)) {
        return false;
    }
    vm.ids = ids_text(ctx->mem, &chosen);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Mark as spam"), "tickets");
    view_day_spam(&v, &vm);
    return true;
}

// GET /tickets/spam?ids=1,2
bool page_day_spam(struct ctx *ctx, struct error *err)
{
    return show_spam(ctx, STR(""), err);
}

// POST /tickets/spam ids=1,2 sure=1 suspend=1; without `sure` it asks
bool page_day_spam_do(struct ctx *ctx, struct error *err)
{
    struct doing d = {.ctx = ctx, .deed = DEED_SPAM};
    struct error why;
    if (!str_eq_c(day_field(ctx, "sure"), "1")) {
        return show_spam(ctx, STR(""), err);
    }
    d.suspend = str_eq_c(day_field(ctx, "suspend"), "1");
    if (do_all(&d, "spam", &why)) {
        return true;
    }
    if (why.code != ERR_INVALID || d.chosen.count == 0) {
        *err = why;
        return false;
    }
    ctx->resp->status = 422;
    return show_spam(ctx, say_str(ctx, str_dup(ctx->mem, str_c(why.message))), err);
}

// --- what was deleted ---------------------------------------------------------------------------

static struct url older_link(mem_ctx *ctx, const struct ticket *last)
{
    struct url_builder link;
    url_begin(&link, ctx, "/tickets/deleted");
    url_param(&link, "page",
              str_printf(ctx, "%lld.%lld", (long long)last->updated_at, (long long)last->id.v));
    return url_end(&link);
}

static bool read_page(struct ctx *ctx, struct ticket_query *query, struct error *err)
{
    struct str page = http_param(ctx->req, "page");
    struct str at;
    struct str id;
    if (str_empty(page)) {
        return true;
    }
    str_cut(page, '.', &at, &id);
    return (str_to_i64(at, &query->after_value) && str_to_i64(id, &query->after_id.v)) ||
           error_set(err, ERR_BAD_REQUEST,
                     "This link to a page of the list is damaged. Go "
                     "back to the list and start at its first page.");
}

static bool fill_deleted(struct ctx *ctx, struct vm_removed_list *vm, struct error *err)
{
    struct ticket_query query = {
        .deleted = true, .sort = TC_UPDATED, .descending = true, .limit = PAGE_ROWS + 1};
    struct ticket *tickets = NULL;
    struct names names = {0};
    size_t count = 0;
    if (!read_page(ctx, &query, err) ||
        !tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    if (count > PAGE_ROWS) {
        count = PAGE_ROWS;
        vm->pager.older = older_link(ctx->mem, &tickets[count - 1]);
    }
    for (size_t i = 0; i < count; i++) {
        names_want(&names, ctx->mem, tickets[i].requester);
        names_want(&names, ctx->mem, tickets[i].deleted_by);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->lines = mem_array(ctx->mem, struct vm_removed, count + 1);
    vm->count = count;
    for (size_t i = 0; i < count; i++) {
        struct str tags = str_printf(ctx->mem, " " STR_FMT " ", STR_ARG(tickets[i].tags));
        vm->lines[i] =
            (struct vm_removed){.id = tickets[i].id,
                                .subject = tickets[i].subject,
                                .requester = names_person(&names, tickets[i].requester),
                                .remover = tickets[i].deleted_by.v == 0
                                               ? STR("")
                                               : names_person(&names, tickets[i].deleted_by).name,
                                .deleted_at = tickets[i].deleted_at,
                                .gone_at = tickets[i].deleted_at + TICKET_RESTORE_MS,
                                .spam = str_find(tags, STR(" spam ")) >= 0};
    }
    return true;
}

// GET /tickets/deleted?page=CURSOR
bool page_day_deleted(struct ctx *ctx, struct error *err)
{
    struct vm_removed_list vm = {.is_admin = actor_is_admin(&ctx->actor)};
    struct view v;
    if (!fill_deleted(ctx, &vm, err) || !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Deleted tickets"), "tickets");
    day_notice(ctx, &vm.layout, url_literal("/tickets/deleted"));
    view_day_deleted(&v, &vm);
    return true;
}
