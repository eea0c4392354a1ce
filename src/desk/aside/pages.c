// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pages of side conversations.
#include "desk/aside/pages.h"

#include "app/say.h"
#include "desk/aside/aside.html.h"
#include "desk/aside/aside_internal.h"
#include "mail/address.h"
#include "mail/html_text.h"

// --- at the ticket ------------------------------------------------------------------------------

struct str aside_span_words(mem_ctx *ctx, int64_t ms)
{
    int64_t minutes = (ms + MINUTES_MS - 1) / MINUTES_MS;
    if (minutes >= 2 * 24 * 60) {
        return str_printf(ctx, "%lld d %lld h", (long long)(minutes / (24 * 60)),
                          (long long)(minutes / 60 % 24));
    }
    return minutes >= 60 ? str_printf(ctx, "%lld h %lld min", (long long)(minutes / 60),
                                      (long long)(minutes % 60))
                         : str_printf(ctx, "%lld min", (long long)minutes);
}

// How long an expert took, or is waited for.
static struct str waited_words(struct ctx *ctx, const struct aside *aside)
{
    bool done = aside->answered_at != 0;
    int64_t end = done ? aside->answered_at : clock_now(ctx->app->clock);
    const struct view_arg time = {
        "time", view_value_str(aside_span_words(ctx->mem, end - aside->created_at))};
    if (aside->kind != ASIDE_EXPERT || (!done && aside->closed)) {
        return STR("");
    }
    return done ? say_with(ctx, "answered after {time}", &time, 1)
                : say_with(ctx, "waiting for {time}", &time, 1);
}

static struct vm_aside_line line_of(struct ctx *ctx, const struct aside *aside)
{
    return (struct vm_aside_line){
        .id = aside->id,
        .subject = aside->subject,
        .people = aside->people,
        .preview = aside->preview,
        .closed = aside->closed,
        .expert = aside->kind == ASIDE_EXPERT,
        .answer = aside->news == ASIDE_ANSWER,
        .trouble = aside->news == ASIDE_TROUBLE,
        .message_at = aside->message_at,
        .waited = waited_words(ctx, aside),
    };
}

bool aside_fill(struct ctx *ctx, const struct ticket *ticket, struct vm_asides *ret,
                struct error *err)
{
    struct aside *list = NULL;
    *ret =
        (struct vm_asides){.ticket = ticket->id, .can_begin = ticket_may_edit(&ctx->actor, ticket)};
    if (!asides_of_ticket(ctx->db, ctx->mem, &ctx->actor, ticket->id, &list, &ret->count, err)) {
        return false;
    }
    ret->lines = mem_array(ctx->mem, struct vm_aside_line, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++) {
        ret->lines[i] = line_of(ctx, &list[i]);
    }
    return true;
}

// GET /tickets/{ticket:id}/asides
bool page_asides(struct ctx *ctx, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct vm_aside_list vm = {0};
    struct ticket ticket;
    struct view v;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !aside_fill(ctx, &ticket, &vm.asides, err)) {
        return false;
    }
    vm.ticket_subject = ticket.subject;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Side conversations"), "tickets");
    if (ctx->fragment) {
        view_aside_part(&v, &vm.asides);
    } else {
        view_aside_list(&v, &vm);
    }
    return true;
}

// --- one ----------------------------------------------------------------------------------------

static void add_name(mem_ctx *ctx, struct str *line, struct str name)
{
    *line = str_printf(ctx, STR_FMT "%s" STR_FMT, STR_ARG(*line), line->len > 0 ? ", " : "",
                       STR_ARG(name));
}

static struct str member_words(mem_ctx *ctx, const struct aside_member *member)
{
    bool outside = member->kind == ASIDE_ADDRESS;
    return member->name.len == 0 ? member->address
           : outside             ? str_printf(ctx, STR_FMT " <" STR_FMT ">", STR_ARG(member->name),
                                              STR_ARG(member->address))
                                 : member->name;
}

static struct str mailed_names(mem_ctx *ctx, const struct aside_whole *whole, int64_t event)
{
    struct str names = STR("");
    int64_t group = 0;
    for (size_t i = 0; i < whole->sent_count; i++) {
        const struct aside_member *member = aside_member_of(whole, whole->sent[i].member);
        if (whole->sent[i].event != event || member == NULL) {
            continue;
        }
        bool again = member->through != 0 && member->through == group;
        group = member->through != 0 ? member->through : group;
        member = member->through != 0 ? aside_member_of(whole, group) : member;
        if (!again && member != NULL) {
            add_name(ctx, &names, member->name.len > 0 ? member->name : member->address);
        }
    }
    return names;
}

static struct str event_words(struct ctx *ctx, const struct aside_event *event)
{
    const struct view_arg args[] = {
        {"name", view_value_str(event->name)},
        {"address", view_value_str(event->address)},
        {"reason", view_value_str(event->body)},
        {"subject", view_value_str(str_none(event->new_subject) ? STR("") : event->new_subject)},
    };
    if (event->type == ASIDE_FAILED) {
        return say_with(ctx, "The mail to {address} could not be delivered: {reason}", args, 4);
    }
    if (!str_none(event->new_subject)) {
        return say_with(ctx, "{name} named it “{subject}”", args, 4);
    }
    return str_eq_c(event->new_state, "closed") ? say_with(ctx, "{name} closed it", args, 4)
                                                : say_with(ctx, "{name} opened it again", args, 4);
}

static void fill_text(mem_ctx *ctx, const struct aside_event *event, struct vm_aside_event *ret)
{
    size_t at = event->quoted_from >= 0 && (size_t)event->quoted_from <= event->body.len
                    ? (size_t)event->quoted_from
                    : event->body.len;
    ret->body = text_to_html(ctx, str_sub(event->body, 0, at));
    ret->has_quoted = at < event->body.len;
    ret->quoted = text_to_html(ctx, str_from(event->body, at));
}

static struct vm_aside_event event_of(struct ctx *ctx, const struct aside_whole *whole,
                                      const struct aside_event *event)
{
    const struct aside_member *member = aside_member_of(whole, event->member);
    struct vm_aside_event ret = {
        .id = event->id,
        .is_message = event->type == ASIDE_CREATE || event->type == ASIDE_REPLY,
        .person = event->person,
        .name = event->name,
        .address = STR(""),
        .to = mailed_names(ctx->mem, whole, event->id),
        .words = STR(""),
        .by_mail = str_eq_c(event->channel, "email"),
        .automatic = event->automatic,
        .at = event->created_at,
    };
    if (!ret.is_message) {
        ret.words = event_words(ctx, event);
        return ret;
    }
    bool clear = event->person.v != 0 || str_eq(event->address, event->name);
    ret.address = clear ? STR("") : event->address;
    ret.stranger = ret.by_mail && member == NULL;
    fill_text(ctx->mem, event, &ret);
    ret.files = mem_array(ctx->mem, struct vm_aside_file, whole->file_count + 1);
    for (size_t i = 0; i < whole->file_count; i++) {
        if (whole->files[i].event == event->id) {
            ret.files[ret.file_count++] = (struct vm_aside_file){
                whole->files[i].file_name, whole->files[i].size, whole->files[i].uuid};
        }
    }
    return ret;
}

static bool fill_aside(struct ctx *ctx, const struct aside *aside, struct vm_aside *vm,
                       struct error *err)
{
    struct aside_whole whole;
    struct ticket ticket;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, aside->ticket, &ticket, err) ||
        !asides_whole(ctx->db, ctx->mem, aside, 1, &whole, err)) {
        return false;
    }
    vm->ticket = aside->ticket;
    vm->ticket_subject = ticket.subject;
    vm->line = line_of(ctx, aside);
    vm->created_at = aside->created_at;
    vm->can_edit = ticket_may_edit(&ctx->actor, &ticket);
    vm->members = STR("");
    for (size_t i = 0; i < whole.member_count; i++) {
        if (whole.members[i].through == 0) {
            add_name(ctx->mem, &vm->members, member_words(ctx->mem, &whole.members[i]));
        }
    }
    vm->events = mem_array(ctx->mem, struct vm_aside_event, whole.event_count + 1);
    vm->event_count = whole.event_count;
    for (size_t i = 0; i < whole.event_count; i++) {
        vm->events[i] = event_of(ctx, &whole, &whole.events[i]);
    }
    return true;
}

static bool load(struct ctx *ctx, struct aside *ret, struct error *err)
{
    struct ticket_id ticket = {ctx->path.ids[0]};
    return aside_load(ctx->db, ctx->mem, &ctx->actor, ticket, ctx->path.ids[1], ret, err);
}

static bool show_aside(struct ctx *ctx, const struct aside *aside, struct str mistake,
                       struct error *err)
{
    struct vm_aside vm = {.error = mistake,
                          .body = http_form_text(ctx->req, "body"),
                          .to = http_form_text(ctx->req, "to")};
    struct view v;
    if (!fill_aside(ctx, aside, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, aside->subject, "tickets");
    if (ctx->fragment && ctx->req->method == HTTP_GET) {
        view_aside_talk(&v, &vm);
    } else {
        view_aside_show(&v, &vm);
    }
    return true;
}

// GET /tickets/{ticket:id}/asides/{object:id}
bool page_aside(struct ctx *ctx, struct error *err)
{
    struct aside aside;
    return load(ctx, &aside, err) && show_aside(ctx, &aside, STR(""), err);
}

// --- forms --------------------------------------------------------------------------------------

// A mistake of the person's own is shown at the form; others go into *err.
// The targets of a form: person, group, and addresses in one line.
static bool read_targets(struct ctx *ctx, struct aside_message *ret, struct error *err)
{
    struct str line = http_form_trimmed(ctx->req, "to");
    struct mail_addresses list = address_list(ctx->mem, line, ASIDE_MEMBERS_MOST);
    struct aside_target *to = mem_array(ctx->mem, struct aside_target, list.count + 3);
    int64_t id = 0;
    size_t count = 0;
    if (line.len > 0 && list.count == 0) {
        return error_field(err, "to", "InvalidValue", "%.*s is no mail address.",
                           STR_ARG(str_utf8_clip(line, 100)));
    }
    if (str_to_i64(http_form_trimmed(ctx->req, "person"), &id) && id > 0) {
        to[count++] = (struct aside_target){.person = {id}};
    }
    if (str_to_i64(http_form_trimmed(ctx->req, "group"), &id) && id > 0) {
        to[count++] = (struct aside_target){.group = {id}};
    }
    for (size_t i = 0; i < list.count; i++) {
        to[count++] =
            (struct aside_target){.address = list.items[i].address, .name = list.items[i].name};
    }
    ret->to = to;
    ret->to_count = count;
    return true;
}

static bool read_message(struct ctx *ctx, struct aside_message *ret, struct error *err)
{
    const struct http_files *files = &ctx->req->files;
    struct new_file *stored = mem_array(ctx->mem, struct new_file, files->count + 1);
    *ret = (struct aside_message){.body = http_form_trimmed(ctx->req, "body"), .files = stored};
    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].name.len > 0 &&
            !desk_store_file(ctx, &files->items[i], &stored[ret->file_count++], err)) {
            return false;
        }
    }
    return read_targets(ctx, ret, err);
}

struct page_call {
    struct ctx *ctx;
    struct aside_begin begin;
    struct aside_message message;
    struct aside aside;
    struct aside_setting setting;
    int64_t event;
};

static void redirect_to(struct ctx *ctx, const struct aside *aside)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld/asides/%lld",
                                        (long long)aside->ticket.v, (long long)aside->id));
}

static bool write_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_call *call = arg;
    return aside_write(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->aside,
                       &call->message, &call->event, err);
}

// POST /tickets/{ticket:id}/asides/{object:id}
bool page_aside_write(struct ctx *ctx, struct error *err)
{
    struct page_call call = {.ctx = ctx};
    struct str mistake;
    struct error why;
    if (!load(ctx, &call.aside, err)) {
        return false;
    }
    if (!read_message(ctx, &call.message, &why) ||
        !db_tx_run(ctx->app->db, "aside.write", write_in_tx, &call, &why)) {
        return say_mistake(ctx, &why, &mistake, err) && show_aside(ctx, &call.aside, mistake, err);
    }
    redirect_to(ctx, &call.aside);
    return true;
}

static bool set_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_call *call = arg;
    return aside_set(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->aside,
                     &call->setting, err);
}

// POST /tickets/{ticket:id}/asides/{object:id}/state
bool page_aside_state(struct ctx *ctx, struct error *err)
{
    struct page_call call = {.ctx = ctx};
    call.setting =
        (struct aside_setting){.set_closed = true,
                               .closed = str_eq_c(http_form_trimmed(ctx->req, "state"), "closed"),
                               .subject = STR_NONE};
    if (!load(ctx, &call.aside, err) ||
        !db_tx_run(ctx->app->db, "aside.set", set_in_tx, &call, err)) {
        return false;
    }
    redirect_to(ctx, &call.aside);
    return true;
}

// --- a new one ----------------------------------------------------------------------------------

static struct vm_option option_of(mem_ctx *ctx, int64_t id, struct str label, struct str chosen)
{
    struct str value = str_printf(ctx, "%lld", (long long)id);
    return (struct vm_option){value, label, str_eq(value, chosen)};
}

static bool fill_choices(struct ctx *ctx, struct vm_aside_new *vm, struct error *err)
{
    struct user *people = NULL;
    struct group *groups = NULL;
    size_t count = 0;
    if (!users_agents(ctx->db, ctx->mem, &people, &count, err) ||
        !groups_all(ctx->db, ctx->mem, &groups, &vm->group_count, err)) {
        return false;
    }
    vm->people = mem_array(ctx->mem, struct vm_option, count + 1);
    vm->groups = mem_array(ctx->mem, struct vm_option, vm->group_count + 1);
    for (size_t i = 0; i < count; i++) {
        if (people[i].id.v != ctx->actor.user.v) {
            vm->people[vm->person_count++] = option_of(ctx->mem, people[i].id.v, people[i].name,
                                                       http_form_trimmed(ctx->req, "person"));
        }
    }
    for (size_t i = 0; i < vm->group_count; i++) {
        vm->groups[i] = option_of(ctx->mem, groups[i].id.v, groups[i].name,
                                  http_form_trimmed(ctx->req, "group"));
    }
    return true;
}

static bool show_new(struct ctx *ctx, struct str mistake, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct vm_aside_new vm = {.error = mistake,
                              .to = http_form_text(ctx->req, "to"),
                              .subject = http_form_text(ctx->req, "subject"),
                              .body = http_form_text(ctx->req, "body")};
    struct ticket ticket;
    struct user requester = {0};
    bool found = false;
    struct view v;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !user_find(ctx->db, ctx->mem, ticket.requester, &requester, &found, err) ||
        !fill_choices(ctx, &vm, err)) {
        return false;
    }
    vm.ticket = ticket.id;
    vm.ticket_subject = ticket.subject;
    vm.requester = found ? requester.name : STR("");
    vm.subject = ctx->req->method == HTTP_POST ? vm.subject : ticket.subject;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Ask a colleague or a vendor"), "tickets");
    view_aside_new(&v, &vm);
    return true;
}

// GET /tickets/{ticket:id}/asides/new
bool page_aside_new(struct ctx *ctx, struct error *err)
{
    return show_new(ctx, STR(""), err);
}

static bool begin_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_call *call = arg;
    return aside_begin(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->begin,
                       &call->aside, err);
}

// POST /tickets/{ticket:id}/asides/new
bool page_aside_begin(struct ctx *ctx, struct error *err)
{
    struct page_call call = {.ctx = ctx};
    struct str mistake;
    struct error why;
    call.begin = (struct aside_begin){.ticket = {ctx->path.ids[0]},
                                      .subject = http_form_trimmed(ctx->req, "subject"),
                                      .message = &call.message,
                                      .external_ids = STR_NONE,
                                      .from_name = STR(""),
                                      .from_address = STR("")};
    if (!read_message(ctx, &call.message, &why) ||
        !db_tx_run(ctx->app->db, "aside.begin", begin_in_tx, &call, &why)) {
        return say_mistake(ctx, &why, &mistake, err) && show_new(ctx, mistake, err);
    }
    redirect_to(ctx, &call.aside);
    return true;
}
