// SPDX-License-Identifier: GPL-3.0-or-later
//
// The smaller pages of the workspace: new ticket, many at once, drafts, undo, who is here, files
// and the markup of mails.
#include "app/share.h"
#include "blob/blob.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/tickets/api.h"
#include "desk/tickets/new.html.h"
#include "desk/tickets/pages_internal.h"
#include "live/live.h"
#include "mail/sanitize.h"
#include "view/url.h"
#include "json/json.h"

#define BULK_MAX 200

// --- new ticket ---------------------------------------------------------------------------------

static bool show_new(struct ctx *ctx, struct vm_new_ticket *vm, struct error *err)
{
    struct view v;
    if (!desk_views(ctx, STR(""), &vm->layout, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, STR("New ticket"), "tickets");
    view_ticket_new(&v, vm);
    return true;
}

// The closed ticket that a new one follows; none where the request names none.
static bool find_followed(struct ctx *ctx, struct str number, struct ticket *ret, struct error *err)
{
    struct ticket_id id;
    *ret = (struct ticket){0};
    if (str_empty(number)) {
        return true;
    }
    if (!str_to_i64(number, &id.v) || !ticket_load(ctx->db, ctx->mem, &ctx->actor, id, ret, err)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such ticket to follow up.");
    }
    return ret->status == STATUS_CLOSED ||
           error_set(err, ERR_INVALID,
                     "Ticket %lld is not closed. Answer there instead of following it up.",
                     (long long)id.v);
}

// GET /tickets/new?followup=ID
bool page_ticket_new(struct ctx *ctx, struct error *err)
{
    struct vm_new_ticket vm = {.email = STR(""),
                               .name = STR(""),
                               .subject = STR(""),
                               .body = STR(""),
                               .call = STR(""),
                               .error = STR("")};
    struct ticket followed;
    struct user person;
    bool found = false;
    if (!find_followed(ctx, http_param(ctx->req, "followup"), &followed, err) ||
        (followed.id.v != 0 &&
         !user_find(ctx->db, ctx->mem, followed.requester, &person, &found, err))) {
        return false;
    }
    if (followed.id.v != 0) {
        vm.followup_of = followed.id;
        vm.subject = followed.subject;
        vm.email = found ? person.email : STR("");
        vm.name = found ? person.name : STR("");
    }
    return show_new(ctx, &vm, err);
}

struct creating {
    struct ctx *ctx;
    struct vm_new_ticket *vm;
    struct new_comment comment;
    struct ticket followed;  // id none: it follows no other
    int64_t call_seconds;    // 0: it was no call
    struct ticket_outcome outcome;
};

// A follow-up stands where the ticket stood that it follows.
static void follow_up(const struct ticket *followed, struct ticket_change *change)
{
    change->followup_of = followed->id;
    change->set |= SET_GROUP | SET_PRIORITY | SET_TYPE | SET_TAGS;
    change->set &= ~(unsigned)SET_ASSIGNEE;
    change->group = followed->group;
    change->priority = followed->priority;
    change->type = followed->type;
    change->tags = followed->tags;
    change->remove_tags = STR("closed_by_merge");
}

static bool create_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct creating *creating = arg;
    struct ctx *ctx = creating->ctx;
    struct user person;
    bool made = false;
    struct sender sender = {creating->vm->email, creating->vm->name, STR_NONE};
    if (!user_find_or_create(desk_people(ctx), tx, ctx->mem, &sender, &person, &made, err)) {
        return false;
    }
    struct ticket_change change = {.set = SET_SUBJECT | SET_REQUESTER | SET_ASSIGNEE,
                                   .subject = creating->vm->subject,
                                   .requester = person.id,
                                   .assignee = ctx->actor.user,
                                   .comment = &creating->comment};
    if (creating->followed.id.v != 0) {
        follow_up(&creating->followed, &change);
    }
    struct actor actor = ctx->actor;
    actor.channel = creating->call_seconds > 0 ? CHANNEL_VOICE : actor.channel;
    if (!ticket_apply(desk_tickets(ctx), tx, ctx->mem, &actor, &change, &creating->outcome, err)) {
        return false;
    }
    struct time_spent spent = {.ticket = creating->outcome.after.id,
                               .kind = TIME_CALL,
                               .seconds = creating->call_seconds,
                               .note = STR("They called")};
    return spent.seconds == 0 || time_add(desk_of(ctx), tx, ctx->mem, &actor, &spent, err);
}

// POST /tickets: an agent records what somebody asked for, on the phone or at the door.
bool page_ticket_create(struct ctx *ctx, struct error *err)
{
    struct vm_new_ticket vm = {.email = http_form_text(ctx->req, "email"),
                               .name = http_form_text(ctx->req, "name"),
                               .subject = http_form_text(ctx->req, "subject"),
                               .body = http_form_text(ctx->req, "body"),
                               .call = http_form_text(ctx->req, "call"),
                               .error = STR("")};
    struct creating creating = {.ctx = ctx, .vm = &vm};
    struct error why;
    if (!find_followed(ctx, http_form(ctx->req, "followup"), &creating.followed, err) ||
        !desk_read_comment(ctx, &creating.comment, err)) {
        return false;
    }
    vm.followup_of = creating.followed.id;
    int64_t minutes = 0;
    if (vm.call.len > 0) {
        // What is no number is refused like one that is too large.
        creating.call_seconds =
            str_to_i64(vm.call, &minutes) && minutes > 0 && minutes <= TIME_MOST_SECONDS / 60
                ? minutes * 60
                : -1;
    }
    // What the person said is theirs to see; the author is the agent who wrote it down.
    creating.comment.is_public = !str_eq_c(http_form(ctx->req, "public"), "0");
    creating.comment.held_until = desk_undo_until(ctx);
    if (!db_tx_run(ctx->app->db, "page.ticket.create", create_in_tx, &creating, &why)) {
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        vm.error = str_dup(ctx->mem, str_c(why.message));
        ctx->resp->status = 422;
        return show_new(ctx, &vm, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/tickets/%lld", (long long)creating.outcome.after.id.v));
    return true;
}

// --- many at once -------------------------------------------------------------------------------

struct bulk {
    struct ctx *ctx;
    struct ticket_change change;
    int64_t ids[BULK_MAX];
    size_t count;
};

static bool bulk_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct bulk *bulk = arg;
    for (size_t i = 0; i < bulk->count; i++) {
        struct ticket_outcome outcome;
        struct ticket_change change = bulk->change;
        change.ticket.v = bulk->ids[i];
        if (!ticket_apply(desk_tickets(bulk->ctx), tx, db_tx_ctx(tx), &bulk->ctx->actor, &change,
                          &outcome, err)) {
            return false;
        }
    }
    return true;
}

// POST /tickets/bulk: all of them, or none.
bool page_tickets_bulk(struct ctx *ctx, struct error *err)
{
    struct bulk *bulk = mem_new(ctx->mem, struct bulk);
    struct str status = http_form_text(ctx->req, "status");
    struct str assignee = http_form_text(ctx->req, "assignee");
    struct url back = url_own_or(http_form_text(ctx->req, "back"), url_literal("/desk"));
    bulk->ctx = ctx;
    for (size_t i = 0; i < ctx->req->form.count && bulk->count < BULK_MAX; i++) {
        const struct http_pair *pair = &ctx->req->form.items[i];
        if (str_eq_c(pair->name, "ids") && str_to_i64(pair->value, &bulk->ids[bulk->count])) {
            bulk->count++;
        }
    }
    if (status.len > 0) {
        bulk->change.set |= SET_STATUS;
        if (!ticket_status_parse(status, &bulk->change.status)) {
            return error_set(err, ERR_INVALID, "This status is not known.");
        }
    }
    if (assignee.len > 0) {
        bulk->change.set |= SET_ASSIGNEE;
        if (!str_to_i64(assignee, &bulk->change.assignee.v)) {
            return error_set(err, ERR_INVALID, "This person is not known.");
        }
    }
    if (!db_tx_run(ctx->app->db, "page.tickets.bulk", bulk_in_tx, bulk, err)) {
        return false;
    }
    http_redirect(ctx->resp, back.text);
    return true;
}

// --- drafts, undo, presence ---------------------------------------------------------------------

struct drafting {
    struct ctx *ctx;
    struct ticket_id ticket;
    struct draft draft;
};

static bool draft_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct drafting *drafting = arg;
    return draft_store(tx, drafting->ctx->actor.user, drafting->ticket, &drafting->draft, err);
}

// POST /tickets/{ticket:id}/draft
bool page_ticket_draft(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct drafting drafting = {.ctx = ctx, .ticket = {ctx->path.ids[0]}};
    struct str html = http_form_text(ctx->req, "html_body");
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, drafting.ticket, &ticket, err)) {
        return false;
    }
    drafting.draft = (struct draft){
        .is_public = !str_eq_c(http_form(ctx->req, "public"), "0"),
        .body = str_utf8_clip(html.len > 0 ? html : http_form_text(ctx->req, "body"), 1 << 20),
        .updated_at = clock_now(ctx->app->clock),
    };
    if (!db_tx_run(ctx->app->db, "page.draft", draft_in_tx, &drafting, err)) {
        return false;
    }
    ctx->resp->status = 204;
    return true;
}

struct undoing {
    struct ctx *ctx;
    struct comment_id comment;
    struct ticket_id ticket;
};

static bool undo_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct undoing *undoing = arg;
    if (!channels_undo_reply(desk_of(undoing->ctx), tx, undoing->ctx->mem, &undoing->ctx->actor,
                             undoing->comment, &undoing->ticket, err)) {
        return false;
    }
    share_changed(tx, str_printf(db_tx_ctx(tx), "ticket:%lld", (long long)undoing->ticket.v));
    return true;
}

// POST /comments/{comment:id}/undo
bool page_comment_undo(struct ctx *ctx, struct error *err)
{
    struct undoing undoing = {.ctx = ctx, .comment = {ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "page.undo", undo_in_tx, &undoing, err)) {
        return false;
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/tickets/%lld#composer", (long long)undoing.ticket.v));
    return true;
}

// POST /tickets/{ticket:id}/here doing=viewing|typing|leaving: says that I am here, answers who
// else is, and lets their pages know.
bool page_ticket_here(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct presence others[8];
    struct jw w;
    struct ticket_id id = {ctx->path.ids[0]};
    int64_t now = clock_now(ctx->app->clock);
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err)) {
        return false;
    }
    share_here(ctx, id, http_form_text(ctx->req, "doing"));
    size_t count = presence_list(ctx->app->live, id.v, ctx->actor.user.v, now, others, 8);
    http_set_header(ctx->resp, "Content-Type", STR("application/json"));
    jw_init(&w, &ctx->resp->body);
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(&w);
        jw_field_c(&w, "name", others[i].name);
        jw_field_c(&w, "doing", others[i].doing);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    return true;
}

// --- files --------------------------------------------------------------------------------------

// Types that a browser may show by itself; everything else is saved, whatever it claims to be.
static bool shown_in_place(struct str type)
{
    static const char *const TYPES[] = {"image/png",  "image/jpeg",      "image/gif",
                                        "image/webp", "application/pdf", "text/plain"};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_ieq_c(type, TYPES[i])) {
            return true;
        }
    }
    return false;
}

static void file_headers(struct ctx *ctx, const struct attachment *file)
{
    bool shown = shown_in_place(file->content_type);
    http_set_file_name(ctx->resp, !shown, file->file_name);
    // The content's hash: the browser asks whether it still is this one, and it always is.
    http_set_header(ctx->resp, "ETag",
                    str_printf(ctx->mem, "\"" STR_FMT "\"", STR_ARG(file->hash)));
    http_set_header(ctx->resp, "Content-Type",
                    !shown                                        ? STR("application/octet-stream")
                    : str_ieq_c(file->content_type, "text/plain") ? STR("text/plain; charset=utf-8")
                                                                  : file->content_type);
    http_set_header(ctx->resp, "Content-Security-Policy",
                    STR("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    http_set_header(ctx->resp, "Cross-Origin-Resource-Policy", STR("same-origin"));
    http_set_header(ctx->resp, "Cache-Control", STR("private, max-age=86400, immutable"));
}

// GET /attachments/token/{token}: the token is the key, as mails and other systems need it.
bool page_attachment(struct ctx *ctx, struct error *err)
{
    struct attachment file;
    struct hash hash;
    if (!attachment_by_address(ctx->db, ctx->mem, ctx->path.texts[0], &file, err)) {
        return false;
    }
    if (!blob_hash_parse(file.hash, &hash)) {
        return error_internal(err, "attachment %lld has no hash", (long long)file.id.v);
    }
    if (!blob_open(ctx->app->blobs, hash, &ctx->resp->file, &ctx->resp->file_size, err)) {
        return false;
    }
    file_headers(ctx, &file);
    return true;
}

// GET /comments/{comment:id}/html?images=1: the markup of a mail, alone in a sandbox.
bool page_comment_html(struct ctx *ctx, struct error *err)
{
    struct ticket_comment comment;
    struct comment_id id = {ctx->path.ids[0]};
    bool images = str_eq_c(http_param(ctx->req, "images"), "1");
    if (!comment_load(ctx->db, ctx->mem, &ctx->actor, id, &comment, err)) {
        return false;
    }
    struct html html = comment.html;
    if (images && !str_none(html.markup)) {
        struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                           .show_remote_images = true,
                                           .own_prefix = STR("/attachments/"),
                                           .fold_quotes = true,
                                           .fold_label = STR("")};
        struct sanitized shown;
        html_sanitize(ctx->mem, html.markup, &options, &shown);
        html = shown.html;
    }
    http_set_header(ctx->resp, "Content-Security-Policy",
                    images ? STR("default-src 'none'; style-src 'unsafe-inline' 'self'; img-src "
                                 "'self' data: https: http:; frame-ancestors 'self'; sandbox "
                                 "allow-same-origin allow-popups allow-popups-to-escape-sandbox")
                           : STR("default-src 'none'; style-src 'unsafe-inline' 'self'; img-src "
                                 "'self' data:; frame-ancestors 'self'; sandbox allow-same-origin "
                                 "allow-popups allow-popups-to-escape-sandbox"));
    http_set_header(ctx->resp, "Cache-Control", STR("private, max-age=3600"));
    struct view v;
    struct vm_mail_frame vm = {html};
    view_init(&v, &ctx->resp->body, ctx->mem);
    view_mail_frame(&v, &vm);
    return true;
}
