// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages of views, macros, triggers and automations: the list as sentences, and one form for all
// four. They work without scripts: a form has empty lines for more conditions and actions.
#include "desk/desk.h"
#include "desk/rules/api.h"
#include "desk/rules/pages.h"
#include "desk/rules/rehearsal.h"
#include "desk/rules/rules.html.h"
#include "desk/rules/sentence.h"
#include "desk/rules/term_form.h"
#include "desk/tickets/pages_views.h"

static const struct {
    const char *word;
    struct str title;
    struct str one;
    struct str about;
} KINDS[] = {
    [RULE_VIEW] = {"views", STR_INIT("Views"), STR_INIT("View"),
                   STR_INIT("Lists of tickets that keep themselves up to date, in the left column "
                            "in this order.")},
    [RULE_MACRO] = {"macros", STR_INIT("Macros"), STR_INIT("Macro"),
                    STR_INIT("Changes and a text that you look at before sending.")},
    [RULE_TRIGGER] = {"triggers", STR_INIT("Triggers"), STR_INIT("Trigger"),
                      STR_INIT(
                          "What happens by itself after a change. They are tried in this order, "
                          "and again after one has acted; each acts once for a change.")},
    [RULE_AUTOMATION] = {"automations", STR_INIT("Automations"), STR_INIT("Automation"),
                         STR_INIT(
                             "What happens by itself when time has passed. Tried every hour.")},
};

static bool kind_of(const struct ctx *ctx, enum rule_kind *ret, struct error *err)
{
    for (enum rule_kind kind = RULE_VIEW; kind <= RULE_AUTOMATION; kind++) {
        if (str_eq_c(ctx->path.texts[0], KINDS[kind].word)) {
            *ret = kind;
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such page.");
}

static bool may_write(const struct ctx *ctx, enum rule_kind kind)
{
    return actor_is_admin(&ctx->actor) ||
           (actor_is_agent(&ctx->actor) && (kind == RULE_VIEW || kind == RULE_MACRO));
}

static struct str audience_text(mem_ctx *ctx, const struct rule *rule,
                                const struct rule_names *names)
{
    struct buf out;
    if (rule->audience == AUDIENCE_ALL) {
        return STR("");
    }
    if (rule->audience == AUDIENCE_PERSON) {
        return STR("only you");
    }
    buf_init(&out, ctx, 8192);
    for (size_t i = 0; i < rule->group_count; i++) {
        for (size_t k = 0; k < names->group_count; k++) {
            if (names->groups[k].id.v == rule->groups[i].v) {
                buf_put_c(&out, out.len > 0 ? ", " : "for ");
                buf_put(&out, names->groups[k].name);
            }
        }
    }
    return buf_str(&out);
}

// GET /rules/{name}
bool page_rules(struct ctx *ctx, struct error *err)
{
    const struct rule_book *book = NULL;
    struct rule_names names;
    struct vm_rules vm = {0};
    struct view v;
    enum rule_kind kind = RULE_VIEW;
    if (!kind_of(ctx, &kind, err) ||
        !rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err) ||
        !rule_names_load(ctx->db, ctx->mem, &names, err) ||
        !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    vm.kind = str_c(KINDS[kind].word);
    vm.about = KINDS[kind].about;
    vm.can_write = may_write(ctx, kind);
    vm.rules = mem_array(ctx->mem, struct vm_rule, book->count + 1);
    for (size_t i = 0; i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        if (rule->kind == kind && rule_may_see(rule, &ctx->actor)) {
            vm.rules[vm.rule_count++] =
                (struct vm_rule){.id = rule->id,
                                 .title = rule->title,
                                 .sentence = rule_sentence(ctx->mem, rule, &names),
                                 .audience = audience_text(ctx->mem, rule, &names),
                                 .active = rule->active,
                                 .can_change = rule_may_change(rule, &ctx->actor)};
        }
    }
    desk_page_begin(ctx, &v, &vm.layout, KINDS[kind].title, "rules");
    view_rules_page(&v, &vm);
    return true;
}

// --- the form -----------------------------------------------------------------------------------

static void fill_audiences(struct ctx *ctx, const struct rule *rule, const struct rule_names *names,
                           struct vm_choices *ret)
{
    bool admin = actor_is_admin(&ctx->actor);
    vm_choice_add(ctx->mem, ret, STR("mine"), STR("Only me"), rule->audience == AUDIENCE_PERSON);
    if (admin) {
        vm_choice_add(ctx->mem, ret, STR("all"), STR("Everybody"), rule->audience == AUDIENCE_ALL);
    }
    for (size_t i = 0; i < names->group_count; i++) {
        bool own = actor_in_group(&ctx->actor, names->groups[i].id);
        if (admin || (own && ctx->actor.role >= ROLE_LEAD)) {
            bool here = rule->audience == AUDIENCE_GROUPS && rule->group_count > 0 &&
                        rule->groups[0].v == names->groups[i].id.v;
            vm_choice_add(
                ctx->mem, ret, str_printf(ctx->mem, "%lld", (long long)names->groups[i].id.v),
                str_printf(ctx->mem, "Group " STR_FMT, STR_ARG(names->groups[i].name)), here);
        }
    }
}

static void fill_order(mem_ctx *ctx, const struct rule *rule, struct vm_rule_form *vm)
{
    static const char *const COLUMNS[] = {"status",   "priority", "type",     "requester",
                                          "assignee", "steward",  "group",    "organization",
                                          "created",  "updated",  "assigned", "due_date",
                                          "solved",   "subject",  "nice_id"};
    vm_choice_add(ctx, &vm->group_by, STR(""), STR("—"), str_empty(rule->group_by));
    vm_choice_add(ctx, &vm->sort_by, STR(""), STR("—"), str_empty(rule->sort_by));
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++) {
        struct str name = str_c(COLUMNS[i]);
        if (i < 8) {
            vm_choice_add(ctx, &vm->group_by, name, name, str_eq(name, rule->group_by));
        }
        vm_choice_add(ctx, &vm->sort_by, name, name, str_eq(name, rule->sort_by));
    }
    vm->columns = rule->columns;
    vm->group_down = rule->group_down;
    vm->sort_down = rule->sort_down;
}

static bool show_form(struct ctx *ctx, const struct rule *rule, struct vm_rule_form *vm,
                      struct error *err)
{
    struct rule_names names;
    struct view v;
    enum rule_kind kind = rule->kind;
    if (!rule_names_load(ctx->db, ctx->mem, &names, err) ||
        !desk_views(ctx, STR(""), &vm->layout, err)) {
        return false;
    }
    struct url_builder link;
    url_begin(&link, ctx->mem, "/rules");
    url_segment(&link, str_c(KINDS[kind].word));
    if (rule->id.v != 0) {
        url_segment(&link, str_printf(ctx->mem, "%lld", (long long)rule->id.v));
    }
    vm->action = url_end(&link);
    vm->kind = str_c(KINDS[kind].word);
    vm->is_new = rule->id.v == 0;
    vm->is_view = kind == RULE_VIEW;
    vm->has_conditions = kind != RULE_MACRO;
    vm->has_actions = kind != RULE_VIEW;
    vm->has_audience = kind == RULE_VIEW || kind == RULE_MACRO;
    vm->can_try = kind == RULE_TRIGGER || kind == RULE_AUTOMATION;
    vm->title = rule->title;
    vm->description = str_none(rule->description) ? STR("") : rule->description;
    vm->active = rule->active;
    vm->error = str_none(vm->error) ? STR("") : vm->error;
    rule_term_lines(ctx->mem, rule, PLACE_ALL, &names, &vm->all, &vm->all_count);
    rule_term_lines(ctx->mem, rule, PLACE_ANY, &names, &vm->any, &vm->any_count);
    rule_term_lines(ctx->mem, rule, PLACE_ACTION, &names, &vm->actions, &vm->action_count);
    rule_term_words(ctx->mem, &names, &vm->words);
    fill_audiences(ctx, rule, &names, &vm->audiences);
    fill_order(ctx->mem, rule, vm);
    desk_page_begin(ctx, &v, &vm->layout, vm->is_new ? KINDS[kind].one : rule->title, "rules");
    view_rule_form(&v, vm);
    return true;
}

// GET /rules/{name}/new
bool page_rule_new(struct ctx *ctx, struct error *err)
{
    struct vm_rule_form vm = {0};
    struct rule rule = {.title = STR(""), .active = true, .columns = STR("status subject updated")};
    if (!kind_of(ctx, &rule.kind, err)) {
        return false;
    }
    if (!may_write(ctx, rule.kind)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators write triggers and automations.");
    }
    bool shared = actor_is_admin(&ctx->actor) || rule.kind >= RULE_TRIGGER;
    rule.audience = shared ? AUDIENCE_ALL : AUDIENCE_PERSON;
    return show_form(ctx, &rule, &vm, err);
}

static bool load(struct ctx *ctx, struct rule *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    enum rule_kind kind = RULE_VIEW;
    if (!kind_of(ctx, &kind, err) ||
        !rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct rule *found = rule_in_book(book, kind, (struct rule_id){ctx->path.ids[0]});
    if (found == NULL || !rule_may_see(found, &ctx->actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such rule.");
    }
    *ret = *found;
    return true;
}

// GET /rules/{name}/{rule:id}
bool page_rule_edit(struct ctx *ctx, struct error *err)
{
    struct vm_rule_form vm = {0};
    struct rule rule;
    if (!load(ctx, &rule, err)) {
        return false;
    }
    if (!rule_may_change(&rule, &ctx->actor)) {
        return error_set(err, ERR_FORBIDDEN, "Others use this as well; you may not change it.");
    }
    return show_form(ctx, &rule, &vm, err);
}

// --- what the form sends ------------------------------------------------------------------------

static void read_audience(struct ctx *ctx, struct rule *ret)
{
    struct str audience = http_form(ctx->req, "audience");
    struct group_id *group = mem_new(ctx->mem, struct group_id);
    ret->audience = AUDIENCE_ALL;
    ret->groups = NULL;
    ret->group_count = 0;
    if (str_eq_c(audience, "mine")) {
        ret->audience = AUDIENCE_PERSON;
        ret->owner = ctx->actor.user;
    } else if (!str_none(audience) && str_to_i64(audience, &group->v)) {
        ret->audience = AUDIENCE_GROUPS;
        ret->groups = group;
        ret->group_count = 1;
    }
}

static bool read_form(struct ctx *ctx, enum rule_kind kind, struct rule_change *ret,
                      struct error *err)
{
    struct rule_names names;
    struct rule *rule = &ret->values;
    if (!rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    ret->set = RULE_TITLE | RULE_DESCRIPTION | RULE_ACTIVE | RULE_CONDITIONS | RULE_ACTIONS;
    rule->kind = kind;
    rule->title = http_form(ctx->req, "title");
    rule->title = str_none(rule->title) ? STR("") : rule->title;
    rule->description = http_form(ctx->req, "description");
    rule->active = !str_empty(http_form(ctx->req, "active"));
    if (kind == RULE_VIEW || kind == RULE_MACRO) {
        ret->set |= RULE_AUDIENCE;
        read_audience(ctx, rule);
    }
    if (kind != RULE_MACRO) {
        rule_terms_form(ctx, PLACE_ALL, &names, rule);
        rule_terms_form(ctx, PLACE_ANY, &names, rule);
    }
    if (kind != RULE_VIEW) {
        rule_terms_form(ctx, PLACE_ACTION, &names, rule);
    }
    if (kind == RULE_VIEW) {
        ret->set |= RULE_COLUMNS | RULE_GROUPING | RULE_SORTING;
        rule->columns = http_form(ctx->req, "columns");
        rule->columns = str_none(rule->columns) ? STR("") : rule->columns;
        rule->group_by = http_form(ctx->req, "group_by");
        rule->group_down = !str_empty(http_form(ctx->req, "group_down"));
        rule->sort_by = http_form(ctx->req, "sort_by");
        rule->sort_down = !str_empty(http_form(ctx->req, "sort_down"));
    }
    return true;
}

struct page_write {
    struct ctx *ctx;
    struct rule_id id;
    struct rule_change change;
    struct rule after;
    struct rule_order order;
    bool remove;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_write *write = arg;
    struct ctx *ctx = write->ctx;
    struct rules *room = desk_of(ctx)->rules;
    if (write->remove) {
        return rule_delete(room, tx, ctx->mem, &ctx->actor, write->change.values.kind, write->id,
                           err);
    }
    if (write->order.count > 0) {
        return rules_reorder(room, tx, ctx->mem, &ctx->actor, &write->order, err);
    }
    return write->id.v == 0
               ? rule_create(room, tx, ctx->mem, &ctx->actor, &write->change, &write->after, err)
               : rule_update(room, tx, ctx->mem, &ctx->actor, write->id, &write->change,
                             &write->after, err);
}

static void go_to_list(struct ctx *ctx, enum rule_kind kind)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/rules/%s", KINDS[kind].word));
}

// The form again with what was typed, and why it was not taken.
static bool show_refused(struct ctx *ctx, const struct page_write *write, const struct error *why,
                         struct error *err)
{
    struct vm_rule_form vm = {.error = str_c(why->message)};
    struct rule typed = write->change.values;
    if (why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    typed.id = write->id;
    ctx->resp->status = error_http_status(why->code);
    return show_form(ctx, &typed, &vm, err);
}

static bool show_tried(struct ctx *ctx, const struct page_write *write, struct error *err)
{
    struct rule typed = write->change.values;
    struct vm_rule_form vm = {.tried = true};
    struct rehearsal result;
    struct problems problems;
    struct error why;
    const struct rule_book *book = NULL;
    problems_init(&problems, ctx->mem);
    typed.id = write->id;
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    if (!rule_terms_check(ctx->mem, typed.kind, &book->defined, typed.terms, typed.term_count,
                          &problems) ||
        !conditions_compile(ctx->mem, typed.kind, &book->defined, typed.terms, typed.term_count,
                            &typed.conditions, &problems)) {
        return problems_none(&problems, &why) || show_refused(ctx, write, &why, err);
    }
    if (!rule_rehearse(ctx->db, ctx->mem, &ctx->actor, typed.kind, &typed.conditions,
                       clock_now(ctx->app->clock), &result, err)) {
        return false;
    }
    bool trigger = typed.kind == RULE_TRIGGER;
    vm.tried_text = str_printf(
        ctx->mem, "It would have acted on %lld of the last %lld %s. Nothing was saved.",
        (long long)result.matched, (long long)result.tried, trigger ? "changes" : "tickets");
    vm.found = mem_array(ctx->mem, struct vm_found, result.count + 1);
    for (size_t i = 0; i < result.count; i++) {
        vm.found[vm.found_count++] =
            (struct vm_found){result.tickets[i].id, result.tickets[i].subject};
    }
    return show_form(ctx, &typed, &vm, err);
}

static bool save(struct ctx *ctx, struct page_write *write, struct error *err)
{
    struct error why;
    if (!read_form(ctx, write->change.values.kind, &write->change, err)) {
        return false;
    }
    if (str_eq_c(http_form(ctx->req, "do"), "try")) {
        return show_tried(ctx, write, err);
    }
    if (!db_tx_run(ctx->app->db, "page.rule", write_tx, write, &why)) {
        return show_refused(ctx, write, &why, err);
    }
    go_to_list(ctx, write->change.values.kind);
    return true;
}

// POST /rules/{name}
bool page_rule_create(struct ctx *ctx, struct error *err)
{
    struct page_write write = {.ctx = ctx};
    if (!kind_of(ctx, &write.change.values.kind, err)) {
        return false;
    }
    if (!may_write(ctx, write.change.values.kind)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators write triggers and automations.");
    }
    return save(ctx, &write, err);
}

// The order of this kind with one rule moved by one place.
static bool moved(struct ctx *ctx, const struct rule *rule, bool up, struct page_write *write,
                  struct error *err)
{
    const struct rule_book *book = NULL;
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    struct rule_id *ids = mem_array(ctx->mem, struct rule_id, book->count + 1);
    size_t count = 0;
    size_t at = 0;
    for (size_t i = 0; i < book->count; i++) {
        if (book->rules[i].kind == rule->kind && rule_may_change(&book->rules[i], &ctx->actor)) {
            at = book->rules[i].id.v == rule->id.v ? count : at;
            ids[count++] = book->rules[i].id;
        }
    }
    size_t other = up ? at - (at > 0 ? 1 : 0) : at + (at + 1 < count ? 1 : 0);
    struct rule_id kept = ids[at];
    ids[at] = ids[other];
    ids[other] = kept;
    write->order = (struct rule_order){rule->kind, ids, count};
    return true;
}

// POST /rules/{name}/{rule:id}
bool page_rule_save(struct ctx *ctx, struct error *err)
{
    struct page_write write = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    struct str what = http_form(ctx->req, "do");
    struct rule rule;
    if (!load(ctx, &rule, err)) {
        return false;
    }
    if (!rule_may_change(&rule, &ctx->actor)) {
        return error_set(err, ERR_FORBIDDEN, "Others use this as well; you may not change it.");
    }
    write.change.values.kind = rule.kind;
    bool up = str_eq_c(what, "up");
    if (str_eq_c(what, "switch")) {
        write.change.set = RULE_ACTIVE;
        write.change.values.active = !rule.active;
    } else if (str_eq_c(what, "delete")) {
        write.remove = true;
    } else if (up || str_eq_c(what, "down")) {
        if (!moved(ctx, &rule, up, &write, err)) {
            return false;
        }
    } else {
        return save(ctx, &write, err);
    }
    if (!db_tx_run(ctx->app->db, "page.rule", write_tx, &write, err)) {
        return false;
    }
    go_to_list(ctx, rule.kind);
    return true;
}
