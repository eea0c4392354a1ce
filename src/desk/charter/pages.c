// SPDX-License-Identifier: GPL-3.0-or-later
//
// The charter as it is read, signed and acknowledged.
#include "desk/charter/pages.h"

#include "app/config.h"
#include "desk/charter/charter.html.h"
#include "desk/desk.h"
#include "desk/people/people.h"
#include "desk/tickets/names.h"
#include "mail/html_text.h"
#include "view/url.h"

static const char *const STATE_WORDS[] = {"Draft", "Being signed", "In force", "Replaced",
                                          "Withdrawn"};

// --- what a page shows --------------------------------------------------------------------------

struct filling {
    struct ctx *ctx;
    const struct charter *charter;
    struct vm_charter *vm;
    struct charter_comment *comments;
    size_t comment_count;
    struct names names;
};

static void pick_comments(struct filling *f, const char *field, struct vm_charter_comment **ret,
                          size_t *ret_count)
{
    mem_ctx *ctx = f->ctx->mem;
    *ret = mem_array(ctx, struct vm_charter_comment, f->comment_count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < f->comment_count; i++) {
        const struct charter_comment *one = &f->comments[i];
        if (str_eq_c(one->field, field)) {
            (*ret)[(*ret_count)++] = (struct vm_charter_comment){
                names_person(&f->names, one->author).name, one->author, one->body, one->created_at};
        }
    }
}

static void fill_text(struct filling *f, int field, struct vm_charter_text *ret)
{
    const struct charter_field_kind *kind = &CHARTER_FIELD_KINDS[field];
    *ret = (struct vm_charter_text){.word = kind->word,
                                    .heading = kind->heading,
                                    .question = kind->question,
                                    .body = f->charter->fields[field],
                                    .empty = f->charter->fields[field].len == 0};
    ret->shown = text_to_html(f->ctx->mem, ret->body);
    pick_comments(f, kind->word, &ret->comments, &ret->comment_count);
}

static void fill_texts(struct filling *f)
{
    struct vm_charter *vm = f->vm;
    vm->texts = mem_array(f->ctx->mem, struct vm_charter_text, CHARTER_FIELDS);
    vm->drafted = mem_array(f->ctx->mem, struct vm_charter_text, 2);
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        bool head = i == CHARTER_MISSION || i == CHARTER_VISION;
        bool aside =
            !vm->is_draft && (i == CHARTER_CALL || i == CHARTER_CHAT || i == CHARTER_WELCOME);
        if (head) {
            fill_text(f, i, &vm->drafted[vm->drafted_count++]);
        } else if (!aside) {
            fill_text(f, i, &vm->texts[vm->text_count++]);
        }
    }
    pick_comments(f, "", &vm->comments, &vm->comment_count);
}

static bool fill_signers(struct ctx *ctx, struct vm_charter *vm, struct error *err)
{
    struct charter_signer *signers = NULL;
    if (!charter_signers(ctx->db, ctx->mem, &ctx->actor, vm->id, &signers, &vm->signer_count,
                         err)) {
        return false;
    }
    vm->signers = mem_array(ctx->mem, struct vm_charter_signer, vm->signer_count + 1);
    for (size_t i = 0; i < vm->signer_count; i++) {
        const struct charter_signer *one = &signers[i];
        vm->signers[i] = (struct vm_charter_signer){
            one->name, one->user, one->leader, one->signed_at != 0, one->signed_at, one->hash};
        vm->can_sign = vm->can_sign ||
                       (vm->is_signing && one->signed_at == 0 && one->user.v == ctx->actor.user.v);
    }
    return true;
}

static void fill_head(struct ctx *ctx, const struct charter *charter, struct vm_charter *vm)
{
    vm->exists = true;
    vm->id = charter->id;
    vm->number = charter->number;
    vm->state = STATE_WORDS[charter->state];
    vm->is_draft = charter->state == CHARTER_DRAFT;
    vm->is_signing = charter->state == CHARTER_SIGNING;
    vm->is_in_force = charter->state == CHARTER_IN_FORCE;
    vm->overdue = charter_overdue(charter, clock_now(ctx->app->clock));
    vm->review_at = charter->review_at;
    vm->review_months = charter->review_months;
    vm->hash = charter->hash;
    vm->mission = charter->fields[CHARTER_MISSION];
    vm->vision = charter->fields[CHARTER_VISION];
    vm->values = charter->values;
    vm->value_count = charter->value_count;
    vm->objectives = charter->objectives;
    vm->objective_count = charter->objective_count;
    vm->can_write = ctx->actor.role >= ROLE_LEAD;
}

static bool fill_charter(struct ctx *ctx, const struct charter *charter, struct vm_charter *vm,
                         struct error *err)
{
    struct filling f = {.ctx = ctx, .charter = charter, .vm = vm};
    struct charter_duty duty;
    fill_head(ctx, charter, vm);
    if (!charter_comments(ctx->db, ctx->mem, &ctx->actor, charter->id, &f.comments,
                          &f.comment_count, err) ||
        !charter_duties(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &duty, err)) {
        return false;
    }
    for (size_t i = 0; i < f.comment_count; i++) {
        names_want(&f.names, ctx->mem, f.comments[i].author);
    }
    if (!names_load(&f.names, ctx->db, ctx->mem, err)) {
        return false;
    }
    fill_texts(&f);
    vm->must_acknowledge = vm->is_in_force && duty.acknowledge;
    vm->acknowledged = vm->is_in_force && !duty.acknowledge;
    return fill_signers(ctx, vm, err);
}

static bool fill_versions(struct ctx *ctx, struct vm_charter *vm, struct error *err)
{
    struct charter *all = NULL;
    size_t count = 0;
    if (!charter_list(ctx->db, ctx->mem, &ctx->actor, &all, &count, err)) {
        return false;
    }
    vm->versions = mem_array(ctx->mem, struct vm_charter_version, count + 1);
    vm->version_count = count;
    for (size_t i = 0; i < count; i++) {
        vm->versions[i] =
            (struct vm_charter_version){all[i].id, all[i].number, STATE_WORDS[all[i].state],
                                        all[i].updated_at, all[i].state == CHARTER_DRAFT};
        if (all[i].id == vm->id && i + 1 < count) {
            vm->earlier = all[i + 1].id;
        }
    }
    return true;
}

static bool fill_covered(struct ctx *ctx, struct vm_charter *vm, struct error *err)
{
    struct charter_covered *people = NULL;
    size_t count = 0;
    if (!vm->can_write) {
        return true;
    }
    if (!charter_coverage(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &people, &count, err)) {
        return false;
    }
    vm->staff = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        vm->covered += people[i].current ? 1 : 0;
    }
    return true;
}

// --- pages --------------------------------------------------------------------------------------

// GET /mission: what everybody may read.
bool page_mission(struct ctx *ctx, struct error *err)
{
    struct vm_charter vm = {.vision = STR("")};
    struct charter charter;
    struct view v;
    if (!charter_in_force(ctx->db, ctx->mem, &charter, &vm.exists, err)) {
        return false;
    }
    vm.mission = ctx->app->config->mission;
    if (vm.exists) {
        vm.mission = charter.fields[CHARTER_MISSION];
        vm.vision = charter.fields[CHARTER_VISION];
        vm.values = charter.values;
        vm.value_count = charter.value_count;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("What we are here for"), "home");
    view_mission_page(&v, &vm);
    return true;
}

// GET /charter
bool page_charter(struct ctx *ctx, struct error *err)
{
    struct vm_charter vm = {.error = STR(""), .can_write = ctx->actor.role >= ROLE_LEAD};
    struct charter charter;
    struct view v;
    if (!charter_in_force(ctx->db, ctx->mem, &charter, &vm.exists, err) ||
        (vm.exists && (!fill_charter(ctx, &charter, &vm, err) || !fill_covered(ctx, &vm, err))) ||
        !fill_versions(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Charter"), "charter");
    view_charter_page(&v, &vm);
    return true;
}

// GET /charter/welcome
bool page_charter_welcome(struct ctx *ctx, struct error *err)
{
    struct vm_charter vm = {.error = STR("")};
    struct charter charter;
    struct view v;
    if (!charter_in_force(ctx->db, ctx->mem, &charter, &vm.exists, err) ||
        (vm.exists && !fill_charter(ctx, &charter, &vm, err))) {
        return false;
    }
    if (vm.exists) {
        struct str desk = ctx->app->config->desk_name;
        vm.greeting_call =
            charter_greeting(ctx->mem, charter.fields[CHARTER_CALL], ctx->actor.name, desk);
        vm.greeting_chat =
            charter_greeting(ctx->mem, charter.fields[CHARTER_CHAT], ctx->actor.name, desk);
        vm.welcome = text_to_html(ctx->mem, charter.fields[CHARTER_WELCOME]);
        vm.can_write = false;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("What we are here for"), "charter");
    view_charter_welcome_page(&v, &vm);
    return true;
}

static bool fill_people(struct ctx *ctx, struct vm_charter *vm, struct error *err)
{
    struct user_query query = {.roles = 1U << ROLE_LIGHT_AGENT | 1U << ROLE_AGENT |
                                        1U << ROLE_LEAD | 1U << ROLE_ADMIN,
                               .limit = 500};
    struct user *people = NULL;
    size_t count = 0;
    if (!vm->can_write || !vm->is_draft) {
        return true;
    }
    if (!users_list(ctx->db, ctx->mem, &ctx->actor, &query, &people, &count, err)) {
        return false;
    }
    vm->people = mem_array(ctx->mem, struct vm_charter_choice, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!people[i].suspended) {
            vm->people[vm->person_count++] = (struct vm_charter_choice){
                people[i].id, people[i].name, people[i].role >= ROLE_LEAD};
        }
    }
    return true;
}

bool charter_show(struct ctx *ctx, int64_t id, struct str error, struct error *err)
{
    struct vm_charter vm = {.error = error};
    struct charter charter;
    struct view v;
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, id, &charter, err) ||
        !fill_charter(ctx, &charter, &vm, err) || !fill_versions(ctx, &vm, err) ||
        !fill_people(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout,
                    str_printf(ctx->mem, "Charter, version %lld", (long long)vm.number), "charter");
    view_charter_version_page(&v, &vm);
    return true;
}

// GET /charter/versions/{object:id}
bool page_charter_version(struct ctx *ctx, struct error *err)
{
    return charter_show(ctx, ctx->path.ids[0], STR(""), err);
}

// GET /charter/versions/{object:id}/text: the very bytes that are signed.
bool page_charter_text(struct ctx *ctx, struct error *err)
{
    struct charter charter;
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &charter, err)) {
        return false;
    }
    http_set_header_c(ctx->resp, "Content-Type", "text/plain; charset=utf-8");
    buf_put(&ctx->resp->body,
            str_none(charter.text) ? charter_text(ctx->mem, &charter) : charter.text);
    return true;
}

// --- differences --------------------------------------------------------------------------------

static struct str list_text(mem_ctx *ctx, const struct charter *charter, bool values)
{
    struct buf out;
    buf_init(&out, ctx, 1 << 20);
    for (size_t i = 0; values && i < charter->value_count; i++) {
        const struct charter_value *one = &charter->values[i];
        buf_put(&out, str_printf(ctx, STR_FMT " (" STR_FMT "): " STR_FMT "\n", STR_ARG(one->name),
                                 STR_ARG(one->keywords), STR_ARG(one->meaning)));
    }
    for (size_t i = 0; !values && i < charter->objective_count; i++) {
        const struct charter_objective *one = &charter->objectives[i];
        buf_put(&out, str_printf(ctx, STR_FMT " (" STR_FMT "; " STR_FMT ")\n", STR_ARG(one->title),
                                 STR_ARG(one->measure), STR_ARG(one->target)));
    }
    return buf_str(&out);
}

static void add_change(struct ctx *ctx, struct vm_charter_changes *vm, const char *heading,
                       struct str before, struct str after)
{
    struct vm_charter_change *one = &vm->changes[vm->change_count];
    if (str_eq(before, after)) {
        return;
    }
    one->heading = heading;
    diff_words(ctx->mem, before, after, &one->parts, &one->part_count);
    vm->change_count++;
}

// GET /charter/versions/{object:id}/changes?from=7
bool page_charter_changes(struct ctx *ctx, struct error *err)
{
    struct vm_charter_changes vm = {0};
    struct charter before;
    struct charter after;
    struct view v;
    int64_t from = 0;
    if (!str_to_i64(http_param(ctx->req, "from"), &from)) {
        return error_set(err, ERR_BAD_REQUEST, "This link is not complete.");
    }
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &after, err) ||
        !charter_load(ctx->db, ctx->mem, &ctx->actor, from, &before, err)) {
        return false;
    }
    vm.id = after.id;
    vm.number = after.number;
    vm.before = before.number;
    vm.changes = mem_array(ctx->mem, struct vm_charter_change, CHARTER_FIELDS + 2);
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        add_change(ctx, &vm, CHARTER_FIELD_KINDS[i].heading, before.fields[i], after.fields[i]);
    }
    add_change(ctx, &vm, "Values", list_text(ctx->mem, &before, true),
               list_text(ctx->mem, &after, true));
    add_change(ctx, &vm, "Objectives", list_text(ctx->mem, &before, false),
               list_text(ctx->mem, &after, false));
    desk_page_begin(ctx, &v, &vm.layout, STR("What has changed"), "charter");
    view_charter_changes_page(&v, &vm);
    return true;
}

// --- doing --------------------------------------------------------------------------------------

struct doing {
    struct ctx *ctx;
    int64_t id;
    struct str hash;
};

static bool sign_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return charter_sign(desk_of(d->ctx), tx, d->ctx->mem, &d->ctx->actor, d->id, d->hash, err);
}

// POST /charter/versions/{object:id}/sign
bool page_charter_sign(struct ctx *ctx, struct error *err)
{
    struct doing d = {ctx, ctx->path.ids[0], http_form_trimmed(ctx->req, "hash")};
    struct error why;
    if (!str_eq_c(http_form_trimmed(ctx->req, "read"), "1")) {
        ctx->resp->status = 422;
        return charter_show(ctx, d.id, STR("Please say that you have read it."), err);
    }
    if (!db_tx_run(ctx->app->db, "charter.sign", sign_in_tx, &d, &why)) {
        if (why.code != ERR_CONFLICT) {
            *err = why;
            return false;
        }
        ctx->resp->status = error_http_status(why.code);
        return charter_show(ctx, d.id, str_dup(ctx->mem, str_c(why.message)), err);
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/charter/versions/%lld", (long long)d.id));
    return true;
}

static bool acknowledge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return charter_acknowledge(desk_of(d->ctx), tx, d->ctx->mem, &d->ctx->actor, d->hash, err);
}

// POST /charter/acknowledge
bool page_charter_acknowledge(struct ctx *ctx, struct error *err)
{
    struct doing d = {.ctx = ctx, .hash = http_form_trimmed(ctx->req, "hash")};
    if (!str_eq_c(http_form_trimmed(ctx->req, "read"), "1")) {
        return error_set(err, ERR_INVALID, "Please say that you have read it.");
    }
    if (!db_tx_run(ctx->app->db, "charter.acknowledge", acknowledge_in_tx, &d, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/charter/welcome"));
    return true;
}

// --- coverage -----------------------------------------------------------------------------------

static const char *role_label(enum role role)
{
    return role == ROLE_ADMIN         ? "Administrator"
           : role == ROLE_LEAD        ? "Lead"
           : role == ROLE_LIGHT_AGENT ? "Light agent"
                                      : "Agent";
}

static bool fill_groups(struct ctx *ctx, const struct charter_covered *people, size_t count,
                        struct vm_charter_coverage *vm, struct error *err)
{
    struct group *groups = NULL;
    size_t group_count = 0;
    if (!groups_all(ctx->db, ctx->mem, &groups, &group_count, err)) {
        return false;
    }
    vm->groups = mem_array(ctx->mem, struct vm_charter_group, group_count + 1);
    for (size_t g = 0; g < group_count; g++) {
        struct vm_charter_group one = {.name = groups[g].name};
        for (size_t i = 0; i < count; i++) {
            bool member = people[i].group.v == groups[g].id.v;
            one.all += member ? 1 : 0;
            one.current += member && people[i].current ? 1 : 0;
        }
        if (one.all > 0) {
            vm->groups[vm->group_count++] = one;
        }
    }
    return true;
}

// GET /charter/coverage
bool page_charter_coverage(struct ctx *ctx, struct error *err)
{
    struct vm_charter_coverage vm = {0};
    struct charter_covered *people = NULL;
    struct view v;
    if (!charter_coverage(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &people, &vm.person_count,
                          err) ||
        !fill_groups(ctx, people, vm.person_count, &vm, err)) {
        return false;
    }
    vm.in_force = vm.person_count > 0;
    vm.all = (int64_t)vm.person_count;
    vm.people = mem_array(ctx->mem, struct vm_charter_covered, vm.person_count + 1);
    for (size_t i = 0; i < vm.person_count; i++) {
        vm.current += people[i].current ? 1 : 0;
        vm.people[i] =
            (struct vm_charter_covered){people[i].user, people[i].name, role_label(people[i].role),
                                        people[i].acknowledged_at, people[i].current};
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Who has read the charter"), "charter");
    view_charter_coverage_page(&v, &vm);
    return true;
}
