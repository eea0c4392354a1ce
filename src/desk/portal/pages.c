// SPDX-License-Identifier: GPL-3.0-or-later
//
// The portal: home, asking a person, one's requests.
#include "desk/portal/pages.h"

#include "app/say.h"
#include "desk/desk.h"
#include "desk/knowledge/pages.h"
#include "desk/moments/moments.h"
#include "desk/portal/fields.h"
#include "desk/portal/portal.html.h"
#include "desk/portal/routes.h"
#include "desk/portal/words.h"
#include "desk/service/disruption.h"
#include "desk/tickets/api_fields.h"
#include "desk/tickets/names.h"
#include "mail/html_text.h"

#define HOME_ROWS 20
#define LANGUAGE_SECONDS (365 * INT64_C(86400))

static bool find_own(struct ctx *ctx, int64_t limit, struct ticket **ret, size_t *ret_count,
                     struct error *err)
{
    struct actor self = ctx->actor;
    // Staff have requests of their own too; the portal shows what they asked, not what they serve.
    struct ticket_condition own = {
        .column = TC_REQUESTER, .op = OP_IS, .numbers = &self.user.v, .count = 1};
    bool staff = actor_is_staff(&self);
    struct ticket_query query = {.all = &own,
                                 .all_count = staff ? 1 : 0,
                                 .sort = TC_UPDATED,
                                 .descending = true,
                                 .limit = limit};
    self.role = ROLE_END_USER;
    return tickets_find(ctx->db, ctx->mem, &self, &query, ret, ret_count, err);
}

// As long as a reply can be taken back, what it did to the status is not told either.
static bool hide_held(struct ctx *ctx, struct ticket *tickets, size_t count, struct error *err)
{
    bool *held = mem_array(ctx->mem, bool, count + 1);
    if (!tickets_held(ctx->db, ctx->mem, tickets, count, held, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (held[i]) {
            tickets[i].status = STATUS_OPEN;
        }
    }
    return true;
}

static struct str happening(const struct ctx *ctx, const struct ticket *ticket, struct str steward)
{
    return say_with(ctx, portal_happening(ticket, steward.len > 0),
                    &(struct view_arg){"steward", view_value_str(steward)}, 1);
}

static bool fill_rows(struct ctx *ctx, struct vm_portal_home *vm, struct error *err)
{
    struct ticket *tickets = NULL;
    size_t count = 0;
    struct names names = {0};
    if (ctx->actor.user.v == 0) {
        return true;
    }
    if (!find_own(ctx, HOME_ROWS, &tickets, &count, err) || !hide_held(ctx, tickets, count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        names_want(&names, ctx->mem, tickets[i].steward);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->rows = mem_array(ctx->mem, struct vm_portal_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct vm_person steward = names_person(&names, tickets[i].steward);
        vm->rows[i] = (struct vm_portal_row){
            .id = tickets[i].id,
            .subject = tickets[i].subject,
            .steward = steward.id,
            .steward_name = steward.name,
            .happening = happening(ctx, &tickets[i], steward.name),
            .updated_at = tickets[i].updated_at,
            .done = tickets[i].status >= STATUS_SOLVED,
        };
    }
    vm->row_count = count;
    return true;
}

// GET /
bool portal_home(struct ctx *ctx, struct error *err)
{
    struct vm_portal_home vm = {0};
    struct view v;
    if (!fill_rows(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR(""), "home");
    // Programs that move desks look whether a home page names its own address.
    vm.layout.address = str_printf(ctx->mem, STR_FMT "://" STR_FMT "/", STR_ARG(ctx->req->scheme),
                                   STR_ARG(ctx->req->host));
    view_portal_home(&v, &vm);
    return true;
}

// GET /requests
bool portal_requests(struct ctx *ctx, struct error *err)
{
    struct vm_portal_home vm = {0};
    struct view v;
    if (!fill_rows(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "My requests"), "requests");
    view_portal_requests(&v, &vm);
    return true;
}

// --- asking -------------------------------------------------------------------------------------

static bool show_ask(struct ctx *ctx, struct vm_ask *vm, struct error *err)
{
    struct view v;
    int64_t *read = mem_array(ctx->mem, int64_t, KB_READ_MOST);
    vm->known = ctx->actor.user.v != 0;
    vm->read = read;
    vm->read_count = kb_read_ids(ctx, read);
    if (!portal_fields_ask(ctx, vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Ask a person"), "home");
    view_portal_ask(&v, vm);
    return true;
}

// GET /ask
bool portal_ask(struct ctx *ctx, struct error *err)
{
    struct str subject = http_param(ctx->req, "subject");
    struct vm_ask vm = {.name = STR(""),
                        .email = STR(""),
                        .body = STR(""),
                        .error = STR(""),
                        .error_email = STR(""),
                        .error_body = STR(""),
                        .degree = STR(""),
                        .people = STR("1"),
                        .subject = str_none(subject) ? STR("") : subject};
    return show_ask(ctx, &vm, err);
}

struct asking {
    struct ctx *ctx;
    struct vm_ask *vm;
    struct new_comment comment;
    struct ticket_outcome outcome;
};

// Nobody must say it, and a number that is none is one person: it never stops a request.
static bool say_disruption(struct db *tx, struct asking *asking, const struct actor *actor,
                           struct error *err)
{
    struct disruption said = {0};
    int64_t people = 0;
    if (!degree_parse(asking->vm->degree, &said.degree)) {
        return true;
    }
    bool fine = str_to_i64(str_trim(asking->vm->people), &people) && people >= 1 &&
                people <= DISRUPTED_MOST;
    said.people = fine ? people : 1;
    return disruption_say(desk_of(asking->ctx), tx, asking->ctx->mem, actor, &asking->outcome.after,
                          &said, err);
}

bool portal_asker(struct ctx *ctx, struct db *tx, struct str email, struct str name,
                  struct actor *ret, struct error *err)
{
    *ret = ctx->actor;
    ret->role = ROLE_END_USER;
    ret->channel = CHANNEL_PORTAL;
    if (ret->user.v != 0) {
        return true;
    }
    struct user person;
    bool created = false;
    struct sender sender = {email, name, say_locale(ctx)};
    if (!user_find_or_create(desk_people(ctx), tx, ctx->mem, &sender, &person, &created, err)) {
        (void)snprintf(err->field, sizeof err->field, "email");
        return false;
    }
    if (person.suspended) {
        return error_set(err, ERR_FORBIDDEN, "This address cannot be used to ask for help.");
    }
    ret->user = person.id;
    ret->organization = person.organization;
    return true;
}

static bool ask_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct asking *asking = arg;
    struct ctx *ctx = asking->ctx;
    struct actor actor;
    if (!portal_asker(ctx, tx, asking->vm->email, asking->vm->name, &actor, err)) {
        return false;
    }
    struct ticket_change change = {
        .set = SET_SUBJECT, .subject = asking->vm->subject, .comment = &asking->comment};
    int64_t read[KB_READ_MOST];
    size_t read_count = kb_read_ids(ctx, read);
    struct field_binding fields;
    struct jr_value said;
    if (!portal_fields_read(ctx, &said, err) ||
        !field_binding_read(&fields, tx, ctx->mem, &actor, (struct ticket_id){0}, said, err)) {
        return false;
    }
    field_binding_carry(&fields, &change);
    return ticket_apply(desk_tickets(ctx), tx, ctx->mem, &actor, &change, &asking->outcome, err) &&
           kb_note_read(tx, ctx->mem, asking->outcome.after.id, read, read_count,
                        clock_now(ctx->app->clock), err) &&
           say_disruption(tx, asking, &actor, err);
}

// POST /ask. "website" is a field that no person sees: who fills it in is a robot, and is thanked.
bool portal_ask_send(struct ctx *ctx, struct error *err)
{
    struct vm_ask vm = {.name = http_form_text(ctx->req, "name"),
                        .email = http_form_text(ctx->req, "email"),
                        .subject = http_form_text(ctx->req, "subject"),
                        .body = http_form_text(ctx->req, "body"),
                        .degree = http_form_text(ctx->req, "degree"),
                        .people = http_form_text(ctx->req, "people"),
                        .error = STR(""),
                        .error_email = STR(""),
                        .error_body = STR("")};
    struct asking asking = {.ctx = ctx, .vm = &vm};
    struct error why;
    if (http_form_text(ctx->req, "website").len > 0) {
        vm.sent = true;
        return show_ask(ctx, &vm, err);
    }
    if (!desk_read_comment(ctx, &asking.comment, err)) {
        return false;
    }
    asking.comment.is_public = true;
    if (!db_tx_run(ctx->app->db, "portal.ask", ask_in_tx, &asking, &why)) {
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        bool email = str_eq_c(str_c(why.field), "email");
        bool body = str_eq_c(str_c(why.field), "base");
        struct str message = str_dup(ctx->mem, str_c(why.message));
        vm.error_email =
            email ? say_words(ctx, "Please give the mail address at which we can answer you.")
                  : STR("");
        vm.error_body = body ? say_words(ctx, "Please say in a few words what you need.") : STR("");
        vm.error = email || body ? STR("") : message;
        ctx->resp->status = 422;
        return show_ask(ctx, &vm, err);
    }
    if (ctx->actor.user.v != 0) {
        http_redirect(ctx->resp,
                      str_printf(ctx->mem, "/requests/%lld", (long long)asking.outcome.after.id.v));
        return true;
    }
    http_redirect(ctx->resp, STR("/asked"));
    return true;
}

// GET /asked
bool portal_asked(struct ctx *ctx, struct error *err)
{
    (void)err;
    struct vm_ask vm = {.name = STR(""),
                        .email = STR(""),
                        .subject = STR(""),
                        .body = STR(""),
                        .error = STR(""),
                        .sent = true};
    return show_ask(ctx, &vm, err);
}

// --- one request --------------------------------------------------------------------------------

static void fill_files(struct ctx *ctx, const struct attachment *files, size_t count,
                       struct vm_portal_comment *vm)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].comment.v == vm->id.v) {
            vm->files = mem_grow(ctx->mem, vm->files, struct vm_portal_file, vm->file_count + 1);
            vm->files[vm->file_count++] = (struct vm_portal_file){
                files[i].file_name, files[i].size, attachment_link(ctx->mem, &files[i])};
        }
    }
}

static void fill_text(struct ctx *ctx, const struct ticket_comment *comment,
                      struct vm_portal_comment *vm)
{
    bool rich = !str_none(comment->html.markup) && !str_eq_c(comment->channel, "email");
    size_t cut = comment->quoted_from < 0 ? comment->body.len : (size_t)comment->quoted_from;
    if (rich) {
        vm->text = comment->html;
        return;
    }
    vm->text = text_to_html(ctx->mem, str_trim(str_sub(comment->body, 0, cut)));
    vm->has_quoted = cut < comment->body.len;
    vm->quoted = vm->has_quoted ? text_to_html(ctx->mem, str_trim(str_from(comment->body, cut)))
                                : (struct html){STR("")};
}

// What this reader thinks of the desk's answers, or may say.
static bool fill_moments(struct ctx *ctx, const struct actor *reader, struct vm_request *vm,
                         struct error *err)
{
    struct moment *moments = NULL;
    size_t count = 0;
    if (!moments_of(ctx->db, ctx->mem, &vm->id.v, 1, &moments, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < vm->comment_count; i++) {
        struct vm_portal_comment *one = &vm->comments[i];
        one->judge = STR("");
        if (!one->by_desk || one->own) {
            continue;
        }
        one->judge = moment_token(ctx->mem, ctx->app->secret, one->id, reader->user);
        for (size_t k = 0; k < count; k++) {
            if (moments[k].comment.v == one->id.v && moments[k].user.v == reader->user.v) {
                one->judged = true;
                one->helped = moments[k].good;
            }
        }
    }
    return true;
}

// The conversation as this person may read it, whoever looks.
static bool fill_request(struct ctx *ctx, const struct actor *reader, const struct ticket *ticket,
                         struct vm_request *vm, struct error *err)
{
    struct ticket_comment *comments = NULL;
    struct attachment *files = NULL;
    size_t count = 0;
    size_t file_count = 0;
    struct names names = {0};
    struct ticket shown = *ticket;
    if (!hide_held(ctx, &shown, 1, err) ||
        !ticket_comments(ctx->db, ctx->mem, reader, ticket->id, &comments, &count, err) ||
        !ticket_attachments(ctx->db, ctx->mem, ticket->id, &files, &file_count, err)) {
        return false;
    }
    names_want(&names, ctx->mem, ticket->steward);
    for (size_t i = 0; i < count; i++) {
        names_want(&names, ctx->mem, comments[i].author);
        names_want(&names, ctx->mem, comments[i].speaks_for);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    struct vm_person steward = names_person(&names, ticket->steward);
    vm->id = ticket->id;
    vm->subject = ticket->subject;
    vm->steward = steward.id;
    vm->steward_name = steward.name;
    vm->happening = happening(ctx, &shown, steward.name);
    vm->done = shown.status >= STATUS_SOLVED;
    vm->closed = shown.status == STATUS_CLOSED;
    vm->created_at = ticket->created_at;
    vm->comments = mem_array(ctx->mem, struct vm_portal_comment, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct user *author = names_user(&names, comments[i].author);
        struct vm_portal_comment *one = &vm->comments[vm->comment_count];
        if (comments[i].withdrawn || !comments[i].is_public) {
            continue;
        }
        *one = (struct vm_portal_comment){
            .id = comments[i].id,
            .author = comments[i].author,
            .author_name = author == NULL ? STR("") : author->name,
            .for_name = names_person(&names, comments[i].speaks_for).name,
            .own = comments[i].author.v == reader->user.v,
            .by_desk = author != NULL && author->role >= ROLE_LIGHT_AGENT &&
                       comments[i].author.v != ticket->requester.v,
            .created_at = comments[i].created_at,
        };
        fill_text(ctx, &comments[i], one);
        fill_files(ctx, files, file_count, one);
        vm->comment_count++;
    }
    return portal_fields_show(ctx, ticket, &vm->fields, err) &&
           fulfil_fill_request(ctx, ticket, &vm->fulfil, err) &&
           (vm->preview || fill_moments(ctx, reader, vm, err));
}

static struct actor as_requester(const struct ctx *ctx)
{
    struct actor actor = ctx->actor;
    actor.role = ROLE_END_USER;
    actor.channel = CHANNEL_PORTAL;
    return actor;
}

static bool show_request(struct ctx *ctx, const struct actor *reader, const struct ticket *ticket,
                         struct vm_request *vm, struct error *err)
{
    struct view v;
    if (!fill_request(ctx, reader, ticket, vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, ticket->subject, "requests");
    if (ctx->fragment) {
        view_request_conversation(&v, vm);
    } else {
        view_portal_request(&v, vm);
    }
    return true;
}

// GET /requests/{ticket:id}
bool portal_request(struct ctx *ctx, struct error *err)
{
    struct actor reader = as_requester(ctx);
    struct ticket ticket;
    struct vm_request vm = {.draft = STR(""), .error = STR("")};
    struct ticket_id id = {ctx->path.ids[0]};
    return ticket_load(ctx->db, ctx->mem, &reader, id, &ticket, err) &&
           show_request(ctx, &reader, &ticket, &vm, err);
}

// GET /tickets/{ticket:id}/as-requester: the same page, for the agent who wants to be sure.
bool portal_preview(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct actor reader = as_requester(ctx);
    struct vm_request vm = {.draft = STR(""), .error = STR(""), .preview = true};
    struct ticket_id id = {ctx->path.ids[0]};
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err)) {
        return false;
    }
    reader.user = ticket.requester;
    return show_request(ctx, &reader, &ticket, &vm, err);
}

struct request_reply {
    struct ctx *ctx;
    struct actor actor;
    struct ticket ticket;
    struct new_comment comment;
    bool with_comment;
    bool solved;
    struct ticket_outcome outcome;
};

// A closed request is not opened again: what is written becomes a new one that follows it.
static bool reply_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct request_reply *reply = arg;
    bool closed = reply->ticket.status == STATUS_CLOSED;
    struct ticket_change change = {
        .ticket = closed ? (struct ticket_id){0} : reply->ticket.id,
        .followup_of = closed ? reply->ticket.id : (struct ticket_id){0},
        .set = closed          ? SET_SUBJECT
               : reply->solved ? SET_STATUS
                               : 0u,
        .status = STATUS_SOLVED,
        .subject = reply->ticket.subject,
        .comment = reply->with_comment ? &reply->comment : NULL,
    };
    return ticket_apply(desk_tickets(reply->ctx), tx, reply->ctx->mem, &reply->actor, &change,
                        &reply->outcome, err);
}

// POST /requests/{ticket:id}: an answer, "it is solved", or both.
bool portal_request_reply(struct ctx *ctx, struct error *err)
{
    struct request_reply reply = {.ctx = ctx, .actor = as_requester(ctx)};
    struct ticket_id id = {ctx->path.ids[0]};
    struct error why;
    if (!ticket_load(ctx->db, ctx->mem, &reply.actor, id, &reply.ticket, err) ||
        !desk_read_comment(ctx, &reply.comment, err)) {
        return false;
    }
    reply.solved = str_eq_c(http_form(ctx->req, "solved"), "1");
    reply.comment.is_public = true;
    reply.with_comment =
        !reply.solved || str_trim(reply.comment.body).len > 0 || reply.comment.file_count > 0;
    if (!db_tx_run(ctx->app->db, "portal.reply", reply_in_tx, &reply, &why)) {
        struct vm_request vm = {.draft = reply.comment.body,
                                .error = str_dup(ctx->mem, str_c(why.message))};
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        ctx->resp->status = 422;
        return show_request(ctx, &reply.actor, &reply.ticket, &vm, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/requests/%lld", (long long)reply.outcome.after.id.v));
    return true;
}

// GET /language?code=de&back=/help: what this browser is to read from now on. The address to come
// back to is one of this desk.
bool portal_language(struct ctx *ctx, struct error *err)
{
    const char *code = words_spoken(http_param(ctx->req, "code"));
    if (code == NULL) {
        return error_set(err, ERR_INVALID, "The desk does not speak this language.");
    }
    http_set_cookie(ctx->resp, ctx->req, SAY_COOKIE, str_c(code), LANGUAGE_SECONDS);
    http_redirect(ctx->resp, url_own_or(http_param(ctx->req, "back"), url_literal("/")).text);
    return true;
}

const struct route *portal_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/", portal_home, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_GET, "/language", portal_language, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_GET, "/ask", portal_ask, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_POST, "/ask", portal_ask_send, ROUTE_PAGE, WHO_ANYONE, RATE_PUBLIC_FORM, 64 << 20,
         false},
        {HTTP_GET, "/asked", portal_asked, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_GET, "/requests", portal_requests, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE, 0, false},
        {HTTP_GET, "/requests/{ticket:id}", portal_request, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE, 0,
         false},
        {HTTP_POST, "/requests/{ticket:id}", portal_request_reply, ROUTE_PAGE, WHO_SIGNED_IN,
         RATE_PAGE, 64 << 20, false},
        {HTTP_GET, "/tickets/{ticket:id}/as-requester", portal_preview, ROUTE_PAGE, WHO_STAFF,
         RATE_PAGE, 0, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
