// SPDX-License-Identifier: GPL-3.0-or-later
//
// Making and changing people by forms.
#include "app/say.h"
#include "desk/people/pages_internal.h"
#include "desk/people/people.html.h"

struct form_call {
    struct ctx *ctx;
    struct user before;  // id none: a new person
    struct user_change change;
    struct user after;
    struct str manager;  // the address; absent: left as it is
};

// --- showing ------------------------------------------------------------------------------------

static void fill_roles(struct ctx *ctx, struct vm_person_form *vm, enum role current)
{
    if (!actor_is_admin(&ctx->actor)) {
        return;
    }
    for (int role = ROLE_END_USER; role <= ROLE_ADMIN; role++) {
        struct str label = page_role_label(ctx, (enum role)role);
        vm->roles[vm->role_count++] =
            (struct vm_option){.value = role_name((enum role)role),
                               .label = label.len == 0 ? say_words(ctx, "Requester") : label,
                               .selected = (int)current == role};
    }
}

static bool show(struct ctx *ctx, struct vm_person_form *vm, const struct user *before)
{
    struct view v;
    struct url_builder b;
    url_begin(&b, ctx->mem, "/people");
    if (before->id.v != 0) {
        url_segment_i64(&b, before->id.v);
    }
    vm->id = before->id;
    vm->action = url_end(&b);
    desk_page_begin(ctx, &v, &vm->layout,
                    before->id.v == 0 ? say_words(ctx, "New person") : before->name, "people");
    view_person_form(&v, vm);
    return true;
}

static bool load(struct ctx *ctx, struct user *ret, struct error *err)
{
    return user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, ret, err);
}

// GET /people/new
bool page_person_new(struct ctx *ctx, struct error *err)
{
    (void)err;
    const struct user nobody = {0};
    struct str email = http_param(ctx->req, "email");
    struct vm_person_form vm = {.email = str_none(email) ? STR("") : email};
    fill_roles(ctx, &vm, ROLE_END_USER);
    return show(ctx, &vm, &nobody);
}

// GET /people/{user:id}/edit
bool page_person_edit(struct ctx *ctx, struct error *err)
{
    struct user user;
    struct user manager = {0};
    struct organization place;
    bool found = false;
    bool led = false;
    if (!load(ctx, &user, err) ||
        !organization_find(ctx->db, ctx->mem, user.organization, &place, &found, err) ||
        !user_manager(ctx->db, ctx->mem, user.id, &manager, &led, err)) {
        return false;
    }
    struct vm_person_form vm = {.name = user.name,
                                .phone = str_none(user.phone) ? STR("") : user.phone,
                                .organization = found ? place.name : STR(""),
                                .manager =
                                    led && !str_none(manager.email) ? manager.email : STR(""),
                                .details = user.details,
                                .notes = user.notes,
                                .tags = user.tags};
    fill_roles(ctx, &vm, user.role);
    return show(ctx, &vm, &user);
}

// --- saving -------------------------------------------------------------------------------------

// The organisation of that name; none for an empty name.
static bool find_organization(struct ctx *ctx, struct str name, struct organization_id *ret,
                              struct error *err)
{
    struct organization *list = NULL;
    size_t count = 0;
    const struct list_query query = {.limit = 100, .words = name};
    *ret = (struct organization_id){0};
    if (name.len == 0) {
        return true;
    }
    if (!organizations_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_ieq(list[i].name, name)) {
            *ret = list[i].id;
            return true;
        }
    }
    return error_field(err, "organization", "RecordNotFound",
                       "There is no organization of this name.");
}

static bool read_form(struct form_call *call, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct user *values = &call->change.values;
    struct str role = http_form_text(ctx->req, "role");
    call->manager = http_form(ctx->req, "manager");
    call->change.set = USER_NAME | USER_EMAIL | USER_PHONE | USER_ORGANIZATION | USER_DETAILS |
                       USER_NOTES | USER_TAGS;
    *values = (struct user){.name = http_form_text(ctx->req, "name"),
                            .email = str_trim(http_form_text(ctx->req, "email")),
                            .phone = http_form_text(ctx->req, "phone"),
                            .details = http_form_text(ctx->req, "details"),
                            .notes = http_form_text(ctx->req, "notes"),
                            .tags = http_form_text(ctx->req, "tags")};
    if (role.len > 0 && role_parse(role, &values->role)) {
        call->change.set |= USER_ROLE;
    }
    return find_organization(ctx, str_trim(http_form_text(ctx->req, "organization")),
                             &values->organization, err);
}

static bool save_tx(struct db *tx, void *arg, struct error *err)
{
    struct form_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct people *room = desk_people(ctx);
    bool saved =
        call->before.id.v == 0
            ? user_create(room, tx, ctx->mem, &ctx->actor, &call->change, &call->after, err)
            : user_update(room, tx, ctx->mem, &ctx->actor, call->before.id, &call->change,
                          &call->after, err);
    return saved &&
           (str_none(call->manager) ||
            user_manager_set(tx, ctx->mem, &ctx->actor, call->after.id, call->manager, err));
}

// The form again, with what was typed and what is wrong with it.
static bool show_refused(struct form_call *call, const struct error *why)
{
    struct ctx *ctx = call->ctx;
    const struct user *typed = &call->change.values;
    struct vm_person_form vm = {.name = typed->name,
                                .email = typed->email,
                                .phone = typed->phone,
                                .organization = http_form_text(ctx->req, "organization"),
                                .manager = http_form_text(ctx->req, "manager"),
                                .details = typed->details,
                                .notes = typed->notes,
                                .tags = typed->tags};
    struct str field = str_c(why->field);
    struct str *place = str_eq_c(field, "name")           ? &vm.error_name
                        : str_eq_c(field, "email")        ? &vm.error_email
                        : str_eq_c(field, "organization") ? &vm.error_organization
                        : str_eq_c(field, "manager")      ? &vm.error_manager
                                                          : &vm.error;
    *place = page_message(ctx, why);
    fill_roles(ctx, &vm, (call->change.set & USER_ROLE) != 0 ? typed->role : call->before.role);
    ctx->resp->status = 422;
    return show(ctx, &vm, &call->before);
}

static bool go_to(struct ctx *ctx, struct user_id user, const char *done)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/people/%lld?done=%s", (long long)user.v, done));
    return true;
}

static bool save(struct form_call *call, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct error why;
    if (!read_form(call, &why) || !db_tx_run(ctx->app->db, "person.save", save_tx, call, &why)) {
        *err = why;
        return why.code == ERR_INVALID && show_refused(call, &why);
    }
    return go_to(ctx, call->after.id, "saved");
}

// POST /people
bool page_person_create(struct ctx *ctx, struct error *err)
{
    struct form_call call = {.ctx = ctx};
    return save(&call, err);
}

// POST /people/{user:id}
bool page_person_save(struct ctx *ctx, struct error *err)
{
    struct form_call call = {.ctx = ctx};
    return load(ctx, &call.before, err) && save(&call, err);
}

// --- single acts --------------------------------------------------------------------------------

// POST /people/{user:id}/suspend
bool page_person_suspend(struct ctx *ctx, struct error *err)
{
    struct form_call call = {.ctx = ctx};
    call.change.set = USER_SUSPENDED;
    call.change.values.suspended = str_eq_c(http_form_text(ctx->req, "suspended"), "1");
    return load(ctx, &call.before, err) &&
           db_tx_run(ctx->app->db, "person.suspend", save_tx, &call, err) &&
           go_to(ctx, call.after.id, "saved");
}

static bool invite_tx(struct db *tx, void *arg, struct error *err)
{
    struct form_call *call = arg;
    struct ctx *ctx = call->ctx;
    return link_invite(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->before.id, err);
}

// POST /people/{user:id}/invite
bool page_person_invite(struct ctx *ctx, struct error *err)
{
    struct form_call call = {.ctx = ctx};
    return load(ctx, &call.before, err) &&
           db_tx_run(ctx->app->db, "person.invite", invite_tx, &call, err) &&
           go_to(ctx, call.before.id, "invited");
}
