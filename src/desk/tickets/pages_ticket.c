// SPDX-License-Identifier: GPL-3.0-or-later
//
// The agent's page of one ticket, and what its forms send.
#include "desk/channels/channels.h"
#include "desk/day/pages.h"
#include "desk/desk.h"
#include "desk/knowledge/knowledge.h"
#include "desk/service/disruption.h"
#include "desk/service/service.h"
#include "desk/tickets/api.h"
#include "desk/tickets/pages_compose.h"
#include "desk/tickets/pages_fields.h"
#include "desk/tickets/pages_internal.h"
#include "desk/tickets/show.html.h"

#define OTHER_TICKETS 6

static bool fill_requester(struct ctx *ctx, const struct ticket *ticket, struct names *names,
                           struct vm_ticket_page *vm, struct error *err)
{
    int64_t *requester = mem_new(ctx->mem, int64_t);
    *requester = ticket->requester.v;
    struct ticket_condition own = {.column = TC_REQUESTER, .numbers = requester, .count = 1};
    struct ticket_query query = {.all = &own,
                                 .all_count = 1,
                                 .sort = TC_UPDATED,
                                 .descending = true,
                                 .limit = OTHER_TICKETS + 1};
    struct ticket *tickets = NULL;
    size_t count = 0;
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    vm->others = mem_array(ctx->mem, struct vm_ticket_row, count + 1);
    for (size_t i = 0; i < count && vm->other_count < OTHER_TICKETS; i++) {
        if (tickets[i].id.v != ticket->id.v) {
            vm->others[vm->other_count++] = page_ticket_row(names, &tickets[i]);
            vm->requester_open += tickets[i].status < STATUS_SOLVED ? 1 : 0;
        }
    }
    return true;
}

static bool fill_people(struct ctx *ctx, const struct ticket *ticket, struct names *names,
                        struct vm_ticket_page *vm, struct error *err)
{
    struct collaborator *list = NULL;
    size_t count = 0;
    if (!ticket_collaborators(ctx->db, ctx->mem, ticket, 1, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        names_want(names, ctx->mem, list[i].user);
    }
    names_want_ticket(names, ctx->mem, ticket);
    if (!page_conversation(ctx, ticket, names, &vm->lines, &vm->line_count, err)) {
        return false;
    }
    struct vm_person *copies = mem_array(ctx->mem, struct vm_person, count + 1);
    size_t copy_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == COLLABORATOR_CC) {
            copies[copy_count++] = names_person(names, list[i].user);
        }
    }
    compose_copy_line(ctx->mem, copies, copy_count, &vm->copy, &vm->copy_was);
    for (size_t i = 0; i < vm->line_count; i++) {
        bool newer = vm->lines[i].is_comment && vm->lines[i].comment.id.v > vm->seen;
        vm->seen = newer ? vm->lines[i].comment.id.v : vm->seen;
    }
    vm->requester = names_person(names, ticket->requester);
    vm->steward = names_person(names, ticket->steward);
    vm->assignee = names_person(names, ticket->assignee);
    return fill_requester(ctx, ticket, names, vm, err);
}

// What became of the mails, at the comments that they carry.
static bool fill_deliveries(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                            struct error *err)
{
    struct delivery *list = NULL;
    size_t count = 0;
    if (!channels_deliveries(ctx->db, ctx->mem, ticket->id, clock_now(ctx->app->clock), &list,
                             &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < vm->line_count; k++) {
            struct vm_comment *comment = &vm->lines[k].comment;
            if (vm->lines[k].is_comment && comment->id.v == list[i].comment.v) {
                comment->delivery = list[i].text;
                comment->delivery_failed = list[i].failed;
                comment->can_undo = list[i].can_undo && comment->author.id.v == ctx->actor.user.v;
            }
        }
    }
    return true;
}

// The files of a reply that was taken back.
static bool fill_uploads(struct ctx *ctx, struct str uploads, struct vm_ticket_page *vm,
                         struct error *err)
{
    struct str *tokens = NULL;
    size_t count = 0;
    struct str token;
    while (str_next(&uploads, ' ', &token)) {
        tokens = mem_grow(ctx->mem, tokens, struct str, count + 1);
        tokens[count++] = token;
    }
    return uploads_waiting(ctx->db, ctx->mem, &ctx->actor, tokens, count,
                           clock_now(ctx->app->clock), &vm->uploads, &vm->upload_count, err);
}

// Only who asked in the portal can have read something there.
static bool fill_read(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                      struct error *err)
{
    struct kb_text *texts = NULL;
    if (!str_eq_c(ticket->channel, "help_center")) {
        return true;
    }
    if (!kb_read_before(ctx->db, ctx->mem, &ctx->actor, ticket->id, &texts, &vm->read_count, err)) {
        return false;
    }
    vm->read = mem_array(ctx->mem, struct vm_option, vm->read_count + 1);
    for (size_t i = 0; i < vm->read_count; i++) {
        vm->read[i].value = str_printf(ctx->mem, "%lld", (long long)texts[i].of);
        vm->read[i].label = texts[i].title;
    }
    return true;
}

static bool fill_draft(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                       struct error *err)
{
    struct draft draft = {.is_public = true};
    bool found = false;
    if (!draft_load(ctx->db, ctx->mem, ctx->actor.user, ticket->id, &draft, &found, err)) {
        return false;
    }
    vm->draft = found ? draft.body : STR("");
    vm->draft_public = draft.is_public && vm->can_reply;
    return !found || str_empty(draft.uploads) || fill_uploads(ctx, draft.uploads, vm, err);
}

static struct str clock_words(mem_ctx *ctx, const struct ticket_clock *one)
{
    switch (one->clock.phase) {
    case PHASE_RUNNING:
        return one->clock.breach_at == 0 ? STR("never due: no working hours")
                                         : meter_due_words(ctx, one->left_ms);
    case PHASE_PAUSED:
        return STR("stands still, it is their turn or on hold");
    case PHASE_DONE:
        return one->clock.breached ? STR("done, but late") : STR("done in time");
    case PHASE_OFF:
        break;
    }
    return STR("");
}

static bool fill_clocks(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                        struct error *err)
{
    struct ticket_clock *list = NULL;
    if (!ticket_clocks(desk_of(ctx), ctx->db, ctx->mem, ticket, 1, &list, &vm->clock_count, err)) {
        return false;
    }
    vm->clocks = mem_array(ctx->mem, struct vm_clock, vm->clock_count + 1);
    for (size_t i = 0; i < vm->clock_count; i++) {
        bool runs = list[i].clock.phase == PHASE_RUNNING && list[i].clock.breach_at != 0;
        vm->clocks[i] = (struct vm_clock){
            .label = meter_label(list[i].clock.meter),
            .words = clock_words(ctx->mem, &list[i]),
            .mood = runs                     ? page_mood(list[i].left_ms)
                    : list[i].clock.breached ? STR("late")
                                             : STR("fine"),
        };
    }
    return true;
}

static struct vm_options degree_options(mem_ctx *ctx, enum disruption_degree chosen)
{
    static const struct str LABELS[] = {STR_INIT("Not said"), STR_INIT("Cannot work"),
                                        STR_INIT("Slowed down"), STR_INIT("When we can")};
    struct vm_options ret = {.items = mem_array(ctx, struct vm_option, DEGREE_COUNT)};
    for (int i = chosen == DEGREE_UNSAID ? 0 : 1; i < DEGREE_COUNT; i++) {
        ret.items[ret.count++] = (struct vm_option){
            .value = degree_word((enum disruption_degree)i),
            .label = LABELS[i],
            .selected = i == (int)chosen,
        };
    }
    return ret;
}

static bool fill_disruption(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                            struct error *err)
{
    struct disruption d = {.people = 1};
    bool found = false;
    if (!disruption_find(desk_of(ctx), ctx->db, ctx->mem, ticket, &d, &found, err)) {
        return false;
    }
    vm->degrees = degree_options(ctx->mem, d.degree);
    vm->people = d.people;
    vm->said = d.said_degree == DEGREE_UNSAID
                   ? STR("")
                   : str_printf(ctx->mem, STR_FMT ", %lld", STR_ARG(degree_word(d.said_degree)),
                                (long long)d.said_people);
    vm->spent = !found ? STR("")
                       : str_printf(ctx->mem, STR_FMT " so far, " STR_FMT " an hour",
                                    STR_ARG(disruption_money(ctx->mem, d.cents)),
                                    STR_ARG(disruption_money(ctx->mem, ticket->cost_rate)));
    return true;
}

static bool fill_page(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                      struct error *err)
{
    struct names names = {0};
    vm->id = ticket->id;
    vm->version = ticket->version;
    vm->subject = ticket->subject;
    vm->status = ticket_status_word(ticket->status);
    vm->channel = ticket->channel;
    vm->created_at = ticket->created_at;
    vm->tags = ticket->tags;
    vm->closed = ticket->status == STATUS_CLOSED;
    vm->can_edit = ticket_may_edit(&ctx->actor, ticket) && !vm->closed;
    vm->can_reply = ticket_may_comment(&ctx->actor, true) && !vm->closed;
    vm->followup_of = ticket->followup_of;
    vm->statuses = page_status_options(ctx->mem, ticket);
    vm->priorities = page_priority_options(ctx->mem, ticket->priority);
    vm->types = page_type_options(ctx->mem, ticket->type);
    vm->error = STR("");
    day_play_fill(ctx, ticket->id, &vm->play);
    return desk_views(ctx, STR(""), &vm->layout, err) &&
           fill_people(ctx, ticket, &names, vm, err) && fill_deliveries(ctx, ticket, vm, err) &&
           fill_draft(ctx, ticket, vm, err) && fill_read(ctx, ticket, vm, err) &&
           work_fill(ctx, ticket, &vm->work, err) && aside_fill(ctx, ticket, &vm->asides, err) &&
           ticket_asked_with(ctx->db, ctx->mem, ticket->id, &vm->asked, err) &&
           fulfil_fill_side(ctx, ticket->id, &vm->fulfil, err) &&
           fill_clocks(ctx, ticket, vm, err) && fill_disruption(ctx, ticket, vm, err) &&
           fields_fill(ctx, ticket, false, &vm->fields, &vm->statuses, err) &&
           page_agent_options(ctx, ticket->assignee, &vm->agents, err) &&
           page_group_options(ctx, ticket->group, &vm->groups, err);
}

static bool load_page(struct ctx *ctx, struct ticket *ticket, struct vm_ticket_page *vm,
                      struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, id, ticket, err) &&
           fill_page(ctx, ticket, vm, err);
}

static void begin(struct ctx *ctx, struct view *v, struct vm_ticket_page *vm)
{
    struct str title =
        str_printf(ctx->mem, "#%lld " STR_FMT, (long long)vm->id.v, STR_ARG(vm->subject));
    desk_page_begin(ctx, v, &vm->layout, title, "ticket");
    day_notice(ctx, &vm->layout, url_literal("/desk"));
}

// What a macro proposes stands in the composer, behind what was there.
static bool fill_macro(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_page *vm,
                       struct error *err)
{
    struct vm_macro macro;
    int64_t id = 0;
    if (!str_to_i64(http_param(ctx->req, "macro"), &id) || vm->closed) {
        return true;
    }
    if (!compose_macro(ctx, ticket, id, &macro, err)) {
        return false;
    }
    vm->sets = macro.sets;
    if (!macro.has_text) {
        return true;
    }
    bool markup = str_starts(vm->draft, STR("<"));
    vm->draft = vm->draft.len == 0 ? macro.body
                                   : str_printf(ctx->mem, STR_FMT "%s" STR_FMT, STR_ARG(vm->draft),
                                                markup ? "" : "\n\n",
                                                STR_ARG(markup ? macro.text.markup : macro.body));
    vm->draft_public = macro.is_public && vm->can_reply;
    return true;
}

// GET /tickets/{id}?macro=ID
bool page_ticket(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct vm_ticket_page vm = {0};
    struct view v;
    if (!load_page(ctx, &ticket, &vm, err) || !fill_macro(ctx, &ticket, &vm, err)) {
        return false;
    }
    begin(ctx, &v, &vm);
    if (ctx->fragment) {
        view_ticket_conversation(&v, &vm);
    } else {
        view_ticket_show(&v, &vm);
    }
    return true;
}

// The page again with what was typed, and why it was not taken.
struct refused {
    struct ticket_id id;
    struct str text;
    bool is_public;
    struct vm_lens lens;
    struct waiting_upload *uploads;
    size_t upload_count;
    struct vm_warnings warnings;
    const struct compose *compose;  // NULL: the form had none
    bool properties;                // the form was that of the right column
};

static void choose_typed(struct ctx *ctx, const char *name, struct vm_options *options)
{
    struct str typed = http_form(ctx->req, name);
    for (size_t i = 0; !str_none(typed) && i < options->count; i++) {
        options->items[i].selected = str_eq(options->items[i].value, typed);
    }
}

// The right column as it was typed, with what it showed before beside it.
static bool retype_properties(struct ctx *ctx, const struct ticket *ticket,
                              struct vm_ticket_page *vm, struct error *err)
{
    vm->statuses = page_status_options(ctx->mem, ticket);
    if (!fields_fill(ctx, ticket, true, &vm->fields, &vm->statuses, err)) {
        return false;
    }
    choose_typed(ctx, "status", &vm->statuses);
    choose_typed(ctx, "assignee", &vm->agents);
    choose_typed(ctx, "group", &vm->groups);
    choose_typed(ctx, "priority", &vm->priorities);
    choose_typed(ctx, "type", &vm->types);
    struct str tags = http_form(ctx->req, "tags");
    vm->tags = str_none(tags) ? vm->tags : tags;
    return true;
}

static bool show_refused(struct ctx *ctx, const struct refused *refused, const struct error *why,
                         struct error *err)
{
    struct ticket ticket;
    struct vm_ticket_page vm = {0};
    struct view v;
    if (why->code != ERR_INVALID && why->code != ERR_CONFLICT && why->code != ERR_GONE) {
        *err = *why;
        return false;
    }
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, refused->id, &ticket, err) ||
        !fill_page(ctx, &ticket, &vm, err)) {
        return false;
    }
    if (refused->properties) {
        if (!retype_properties(ctx, &ticket, &vm, err)) {
            return false;
        }
    } else {
        vm.draft = refused->text;
        vm.draft_public = refused->is_public;
    }
    vm.lens = refused->lens;
    vm.uploads = refused->uploads;
    vm.upload_count = refused->upload_count;
    vm.warnings = refused->warnings;
    vm.error = refused->warnings.count > 0 ? STR("") : str_c(why->message);
    if (refused->compose != NULL) {
        const struct compose *c = refused->compose;
        if (!compose_sets(ctx, &c->asked, c->people, c->person_count, &vm.sets, err) ||
            !compose_field_sets(c, &vm.sets, err)) {
            return false;
        }
        vm.copy = c->has_copy ? c->copy_line : vm.copy;
    }
    ctx->resp->status = error_http_status(why->code);
    begin(ctx, &v, &vm);
    view_ticket_show(&v, &vm);
    return true;
}

static bool read_number(struct str text, int64_t *ret)
{
    *ret = 0;
    return str_empty(text) || str_to_i64(text, ret);
}

// Fields of the right column, as many as the form has.
static bool read_properties(struct ctx *ctx, struct ticket_change *change, struct error *err)
{
    struct str status = http_form(ctx->req, "status");
    struct str priority = http_form(ctx->req, "priority");
    struct str type = http_form(ctx->req, "type");
    struct str assignee = http_form(ctx->req, "assignee");
    struct str group = http_form(ctx->req, "group");
    bool ok = true;
    if (!str_none(status)) {
        ok = ok &&
             (ticket_status_parse(status, &change->status) || fields_status(ctx, &change->status));
        change->set |= SET_STATUS;
    }
    if (!str_none(priority)) {
        ok = ok && ticket_priority_parse(priority, &change->priority);
        change->set |= SET_PRIORITY;
    }
    if (!str_none(type)) {
        ok = ok && ticket_type_parse(type, &change->type);
        change->set |= SET_TYPE;
    }
    if (!str_none(assignee)) {
        ok = ok && read_number(assignee, &change->assignee.v);
        change->set |= SET_ASSIGNEE;
    }
    if (!str_none(group)) {
        ok = ok && read_number(group, &change->group.v);
        change->set |= SET_GROUP;
    }
    if (!str_none(http_form(ctx->req, "tags"))) {
        change->tags = http_form(ctx->req, "tags");
        change->set |= SET_TAGS;
    }
    if (!str_none(http_form(ctx->req, "subject"))) {
        change->subject = http_form(ctx->req, "subject");
        change->set |= SET_SUBJECT;
    }
    return ok || error_set(err, ERR_INVALID,
                           "One of the choices is not known; nothing was "
                           "changed. Reload the page and choose again.");
}

// Only what differs from the ticket counts: the form always sends all of its fields, and a field
// that somebody else changed meanwhile must not be set back.
static void drop_unchanged(const struct ticket *ticket, struct ticket_change *change)
{
    unsigned same = 0;
    same |= change->status == ticket->status ? SET_STATUS : 0u;
    same |= change->priority == ticket->priority ? SET_PRIORITY : 0u;
    same |= change->type == ticket->type ? SET_TYPE : 0u;
    same |= change->assignee.v == ticket->assignee.v ? SET_ASSIGNEE : 0u;
    same |= change->group.v == ticket->group.v ? SET_GROUP : 0u;
    change->set &= ~same;
}

static void go_to_ticket(struct ctx *ctx, struct ticket_id id, const char *anchor)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld%s", (long long)id.v, anchor));
}

struct setting {
    struct ctx *ctx;
    const struct ticket *ticket;
    struct ticket_change change;
    struct ticket_outcome outcome;
};

static bool set_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct setting *s = arg;
    struct ctx *ctx = s->ctx;
    struct ticket_change change = s->change;
    struct field_binding fields;
    struct jr_value body;
    if (!fields_read(ctx, s->ticket, &body, err) ||
        !field_binding_read(&fields, tx, ctx->mem, &ctx->actor, s->ticket->id, body, err)) {
        return false;
    }
    field_binding_carry(&fields, &change);
    return ticket_apply(desk_tickets(ctx), tx, ctx->mem, &ctx->actor, &change, &s->outcome, err);
}

static bool solves(const struct ticket_change *change)
{
    return (change->set & SET_STATUS) != 0 && change->status == STATUS_SOLVED;
}

// POST /tickets/{id}/properties
bool page_ticket_properties(struct ctx *ctx, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct ticket ticket;
    struct setting setting = {.ctx = ctx, .ticket = &ticket, .change = {.ticket = id}};
    struct error why;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !read_properties(ctx, &setting.change, err)) {
        return false;
    }
    drop_unchanged(&ticket, &setting.change);
    if ((solves(&setting.change) && !fields_complete(ctx, &ticket, &why)) ||
        !db_tx_run(ctx->app->db, "ticket.properties", set_in_tx, &setting, &why)) {
        struct refused refused = {.id = id, .text = STR(""), .is_public = true, .properties = true};
        return show_refused(ctx, &refused, &why, err);
    }
    http_redirect(ctx->resp, day_play_stay(ctx, id).text);
    return true;
}

struct reply {
    struct ctx *ctx;
    struct compose compose;
    struct ticket_change change;
    struct ticket_outcome outcome;
    bool later;
    struct later_plan plan;
};

static bool changes_anything(const struct ticket_change *change)
{
    return change->set != 0 || change->collaborator_count > 0 || change->field_count > 0 ||
           !str_empty(change->add_tags) || !str_empty(change->remove_tags);
}

// What leaves later takes its status along; other changes, and the people in copy, hold at once.
static bool plan_reply(struct ctx *ctx, struct reply *reply, struct error *err)
{
    struct str status =
        (reply->change.set & SET_STATUS) != 0 ? ticket_status_word(reply->change.status) : STR("");
    reply->later = !str_none(later_wanted(ctx));
    if (!reply->later) {
        return true;
    }
    const struct new_comment *comment = reply->change.comment;
    reply->change.set &= ~(unsigned)(SET_STATUS | SET_CUSTOM_STATUS);
    reply->change.comment = NULL;
    return later_read(ctx, comment, reply->change.ticket, status, &reply->plan, err);
}

static bool reply_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct reply *reply = arg;
    struct ctx *ctx = reply->ctx;
    struct draft nothing = {.body = STR("")};
    if (reply->later) {
        return compose_people(&reply->compose, tx, &reply->change, err) &&
               compose_fields(&reply->compose, tx, &reply->change, err) &&
               (!changes_anything(&reply->change) ||
                ticket_apply(desk_tickets(ctx), tx, ctx->mem, &ctx->actor, &reply->change,
                             &reply->outcome, err)) &&
               later_plan(desk_of(ctx), tx, ctx->mem, &ctx->actor, &reply->plan, err) &&
               draft_store(tx, ctx->actor.user, reply->change.ticket, &nothing, err);
    }
    return compose_people(&reply->compose, tx, &reply->change, err) &&
           compose_fields(&reply->compose, tx, &reply->change, err) &&
           ticket_apply(desk_tickets(ctx), tx, ctx->mem, &ctx->actor, &reply->change,
                        &reply->outcome, err) &&
           draft_store(tx, ctx->actor.user, reply->change.ticket, &nothing, err);
}

struct keeping {
    struct ctx *ctx;
    const struct new_comment *comment;
    struct refused *refused;
};

static bool keep_files_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct keeping *keeping = arg;
    struct ctx *ctx = keeping->ctx;
    const struct new_comment *comment = keeping->comment;
    struct refused *refused = keeping->refused;
    int64_t now = clock_now(ctx->app->clock);
    struct str *tokens =
        mem_array(ctx->mem, struct str, comment->upload_count + comment->file_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < comment->upload_count; i++) {
        tokens[count++] = comment->uploads[i];
    }
    for (size_t i = 0; i < comment->file_count; i++) {
        struct attachment file;
        if (!upload_add(tx, ctx->mem, &ctx->actor, STR_NONE, &comment->files[i], now,
                        &tokens[count++], &file, err)) {
            return false;
        }
    }
    return uploads_waiting(tx, ctx->mem, &ctx->actor, tokens, count, now, &refused->uploads,
                           &refused->upload_count, err);
}

// The files came already; they wait, each as an upload, for the second sending.
static bool keep_files(struct ctx *ctx, const struct new_comment *comment, struct refused *refused,
                       struct error *err)
{
    struct keeping keeping = {ctx, comment, refused};
    return db_tx_run(ctx->app->db, "ticket.reply.keep", keep_files_in_tx, &keeping, err);
}

// Reads a public reply before it leaves, unless its author has seen what the lens says.
static bool read_before(struct ctx *ctx, const struct ticket *ticket,
                        const struct new_comment *comment, struct refused *refused,
                        struct error *err)
{
    bool asked = str_eq_c(http_form(ctx->req, "lens"), "anyway");
    return !comment->is_public || asked ||
           lens_panel_fill(ctx, ticket, comment->body, &refused->lens, err);
}

// What stands in the way of sending it at once, with the text and files kept for the second time.
static bool hold_back(struct ctx *ctx, struct reply *reply, const struct new_comment *comment,
                      struct refused *refused, struct error *err)
{
    struct error why;
    if (refused->lens.count > 0) {
        (void)error_set(&why, ERR_INVALID,
                        "Not sent yet: some of this is about us, not about them. Change the words "
                        "below, or say that it may leave as it stands.");
    } else {
        (void)error_set(&why, ERR_INVALID, "Not sent yet.");
    }
    refused->compose = &reply->compose;
    return keep_files(ctx, comment, refused, err) && show_refused(ctx, refused, &why, err);
}

// POST /tickets/{id}/comments
bool page_ticket_comment(struct ctx *ctx, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct ticket ticket;
    struct new_comment comment = {.quoted_from = -1};
    struct reply reply = {.ctx = ctx};
    struct error why;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !desk_read_comment(ctx, &comment, err)) {
        return false;
    }
    comment.is_public = !str_eq_c(http_form(ctx->req, "public"), "0");
    comment.held_until = desk_undo_until(ctx);
    struct refused refused = {
        .id = id,
        .text = str_none(comment.html.markup) ? comment.body : comment.html.markup,
        .is_public = comment.is_public,
    };
    if (!compose_read(ctx, &reply.compose, &why)) {
        return keep_files(ctx, &comment, &refused, err) && show_refused(ctx, &refused, &why, err);
    }
    reply.change = reply.compose.asked;
    reply.change.ticket = id;
    reply.change.comment = &comment;
    if (!read_properties(ctx, &reply.change, err)) {
        return false;
    }
    if (reply.change.status != reply.compose.asked.status) {
        reply.change.set &= ~(unsigned)SET_CUSTOM_STATUS;  // the button's word is the later one
    }
    if (!read_before(ctx, &ticket, &comment, &refused, err) ||
        !compose_warnings(ctx, &ticket, &comment, &refused.warnings, err)) {
        return false;
    }
    if (refused.lens.count > 0 || refused.warnings.count > 0) {
        return hold_back(ctx, &reply, &comment, &refused, err);
    }
    drop_unchanged(&ticket, &reply.change);
    if ((solves(&reply.change) && !fields_complete(ctx, &ticket, &why)) ||
        !plan_reply(ctx, &reply, &why)) {
        refused.compose = &reply.compose;
        return keep_files(ctx, &comment, &refused, err) && show_refused(ctx, &refused, &why, err);
    }
    // Whoever answers first takes the ticket: it is theirs until they hand it on.
    bool takes = comment.is_public && ticket.assignee.v == 0 && actor_is_agent(&ctx->actor) &&
                 (reply.change.set & SET_ASSIGNEE) == 0 && !reply.later;
    if (takes) {
        reply.change.set |= SET_ASSIGNEE;
        reply.change.assignee = ctx->actor.user;
    }
    if (!db_tx_run(ctx->app->db, "ticket.reply", reply_in_tx, &reply, &why)) {
        refused.compose = &reply.compose;
        return show_refused(ctx, &refused, &why, err);
    }
    if (day_play_next(ctx, id)) {
        return true;  // who plays goes on to the next one
    }
    go_to_ticket(ctx, id,
                 reply.later
                     ? ""
                     : mem_printf(ctx->mem, "#comment-%lld", (long long)reply.outcome.comment.v));
    return true;
}
