// SPDX-License-Identifier: GPL-3.0-or-later
//
// People as agents see them: finding them, and one person with what they asked for.
#include "app/say.h"
#include "desk/people/pages_internal.h"
#include "desk/people/people.html.h"
#include "desk/tickets/tickets.h"

#define ROWS 50
#define TICKET_ROWS 20

// --- rows ---------------------------------------------------------------------------------------

static struct str or_empty(struct str text)
{
    return str_none(text) ? STR("") : text;
}

struct str page_role_label(const struct ctx *ctx, enum role role)
{
    switch (role) {
    case ROLE_LIGHT_AGENT:
        return say_words(ctx, "Light agent");
    case ROLE_AGENT:
        return say_words(ctx, "Agent");
    case ROLE_LEAD:
        return say_words(ctx, "Lead");
    case ROLE_ADMIN:
        return say_words(ctx, "Administrator");
    case ROLE_NONE:
    case ROLE_END_USER:
    case ROLE_SYSTEM:
        break;
    }
    return STR("");
}

static struct vm_people_row row_of(const struct ctx *ctx, const struct user *user,
                                   const struct organization *places, size_t place_count)
{
    struct vm_people_row row = {.id = user->id,
                                .name = user->name,
                                .email = or_empty(user->email),
                                .organization = STR(""),
                                .role = page_role_label(ctx, user->role),
                                .suspended = user->suspended,
                                .seen_at = user->last_login_at};
    for (size_t i = 0; i < place_count; i++) {
        if (places[i].id.v == user->organization.v) {
            row.organization = places[i].name;
        }
    }
    return row;
}

static bool fill_rows(struct ctx *ctx, const struct user *users, size_t count, struct vm_people *vm,
                      struct error *err)
{
    struct organization *places = NULL;
    size_t place_count = 0;
    struct organization_id *ids = mem_array(ctx->mem, struct organization_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = users[i].organization;
    }
    if (!organizations_by_ids(ctx->db, ctx->mem, ids, count, &places, &place_count, err)) {
        return false;
    }
    vm->rows = mem_array(ctx->mem, struct vm_people_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        vm->rows[i] = row_of(ctx, &users[i], places, place_count);
    }
    vm->row_count = count;
    return true;
}

// --- the list -----------------------------------------------------------------------------------

static struct url list_link(struct ctx *ctx, const struct vm_people *vm, int64_t before)
{
    struct url_builder b;
    url_begin(&b, ctx->mem, "/people");
    if (vm->staff_only) {
        url_param(&b, "who", STR("staff"));
    }
    if (before != 0) {
        url_param_i64(&b, "before", before);
    }
    return url_end(&b);
}

// Newest first; older ones by key, so that the page costs the same anywhere.
static bool list_newest(struct ctx *ctx, struct vm_people *vm, struct user **users, size_t *count,
                        struct error *err)
{
    int64_t before = 0;
    struct str given = http_param(ctx->req, "before");
    if (!str_none(given) && !str_to_i64(given, &before)) {
        before = 0;
    }
    struct user_query query = {
        .external_id = STR_NONE, .after = {before}, .descending = true, .limit = ROWS + 1};
    for (int role = ROLE_LIGHT_AGENT; vm->staff_only && role <= ROLE_ADMIN; role++) {
        query.roles |= 1u << role;
    }
    if (!users_list(ctx->db, ctx->mem, &ctx->actor, &query, users, count, err)) {
        return false;
    }
    if (*count > ROWS) {
        *count = ROWS;
        vm->pager.older = list_link(ctx, vm, (*users)[ROWS - 1].id.v);
    }
    if (before != 0) {
        vm->pager.newer = list_link(ctx, vm, 0);
    }
    return true;
}

// GET /people
bool page_people(struct ctx *ctx, struct error *err)
{
    struct vm_people vm = {.query = or_empty(http_param(ctx->req, "q")),
                           .staff_only = str_eq_c(http_param(ctx->req, "who"), "staff"),
                           .may_add = actor_is_agent(&ctx->actor)};
    struct user *users = NULL;
    struct view v;
    size_t count = 0;
    bool search = str_trim(vm.query).len > 0;
    bool fine = search ? users_search(ctx->db, ctx->mem, &ctx->actor, vm.query, ROWS, 0, &users,
                                      &count, err)
                       : list_newest(ctx, &vm, &users, &count, err);
    if (!fine || !fill_rows(ctx, users, count, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "People"), "people");
    view_people(&v, &vm);
    return true;
}

// --- one person ---------------------------------------------------------------------------------

static bool fill_tickets(struct ctx *ctx, struct user_id user, struct vm_person_page *vm,
                         struct error *err)
{
    struct ticket *tickets = NULL;
    size_t count = 0;
    const struct ticket_condition theirs = {
        .column = TC_REQUESTER, .op = OP_IS, .numbers = &user.v, .count = 1};
    const struct ticket_query query = {.all = &theirs,
                                       .all_count = 1,
                                       .sort = TC_UPDATED,
                                       .descending = true,
                                       .limit = TICKET_ROWS};
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    vm->tickets = mem_array(ctx->mem, struct vm_person_ticket, count + 1);
    for (size_t i = 0; i < count; i++) {
        vm->tickets[i] = (struct vm_person_ticket){.id = tickets[i].id.v,
                                                   .subject = tickets[i].subject,
                                                   .status = ticket_status_word(tickets[i].status),
                                                   .updated_at = tickets[i].updated_at};
    }
    vm->ticket_count = count;
    return true;
}

static void join_name(struct buf *out, struct str name)
{
    buf_put_c(out, out->len > 0 ? ", " : "");
    buf_put(out, name);
}

static bool fill_addresses(struct ctx *ctx, const struct user *user, struct vm_person_page *vm,
                           struct error *err)
{
    struct identity *list = NULL;
    size_t count = 0;
    struct buf text;
    buf_init(&text, ctx->mem, 64 * 1024);
    if (!identities_list(ctx->db, ctx->mem, &ctx->actor, user->id, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool primary = str_eq_c(list[i].type, "email") && list[i].primary;
        if (!primary) {
            join_name(&text, list[i].value);
        }
    }
    vm->addresses = text.len == 0 ? STR("") : buf_str(&text);
    return true;
}

static bool fill_groups(struct ctx *ctx, const struct user *user, struct vm_person_page *vm,
                        struct error *err)
{
    struct group *list = NULL;
    size_t count = 0;
    struct buf text;
    const struct list_query query = {.user = user->id, .limit = 100, .words = STR_NONE};
    buf_init(&text, ctx->mem, 64 * 1024);
    if (!groups_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        join_name(&text, list[i].name);
    }
    vm->groups = text.len == 0 ? STR("") : buf_str(&text);
    return true;
}

static bool fill_manager(struct ctx *ctx, const struct user *user, struct vm_person_page *vm,
                         struct error *err)
{
    struct user manager;
    bool found = false;
    if (!user_manager(ctx->db, ctx->mem, user->id, &manager, &found, err)) {
        return false;
    }
    vm->manager = manager.id;
    vm->manager_name = found ? manager.name : STR("");
    return true;
}

static struct str notice_of(struct ctx *ctx)
{
    struct str done = http_param(ctx->req, "done");
    if (str_eq_c(done, "saved")) {
        return say_words(ctx, "Saved.");
    }
    return str_eq_c(done, "invited") ? say_words(ctx, "The invitation is on its way.") : STR("");
}

static void fill_person(struct ctx *ctx, const struct user *user, struct vm_person_page *vm)
{
    const struct actor *actor = &ctx->actor;
    bool requester = user->role <= ROLE_END_USER;
    bool self = user->id.v == actor->user.v;
    bool may = user->active && (actor_is_admin(actor) || (requester && actor_is_agent(actor)));
    vm->phone = or_empty(user->phone);
    vm->time_zone = user->time_zone;
    vm->details = user->details;
    vm->notes = user->notes;
    vm->tags = user->tags;
    vm->verified = user->verified;
    vm->deleted = !user->active;
    vm->created_at = user->created_at;
    vm->may_edit = may;
    vm->may_suspend = may && !self;
    vm->may_invite = may && !requester && !self && actor_is_admin(actor) && !str_none(user->email);
}

// GET /people/{user:id}
bool page_person(struct ctx *ctx, struct error *err)
{
    struct vm_person_page vm = {0};
    struct organization *places = NULL;
    struct user user;
    struct view v;
    size_t count = 0;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &user,
                   err) ||
        !organizations_by_ids(ctx->db, ctx->mem, &user.organization, 1, &places, &count, err) ||
        !fill_tickets(ctx, user.id, &vm, err) || !fill_addresses(ctx, &user, &vm, err) ||
        !fill_groups(ctx, &user, &vm, err) || !fill_manager(ctx, &user, &vm, err)) {
        return false;
    }
    vm.person = row_of(ctx, &user, places, count);
    fill_person(ctx, &user, &vm);
    desk_page_begin(ctx, &v, &vm.layout, user.name, "people");
    vm.layout.notice = notice_of(ctx);
    view_person(&v, &vm);
    return true;
}
