// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/seal.h"
#include "desk/desk.h"
#include "desk/sso/queries.h"
#include "desk/sso/sso_internal.h"

#define NAME_MAX 120
#define ROLES_MAX 10000

// --- roles by groups ----------------------------------------------------------------------------

// "agent: cn=desk,dc=example,dc=org"; administrators are made here and nowhere else.
static bool read_role(struct str line, enum role *ret_role, struct str *ret_group)
{
    struct str word = STR("");
    struct str group = STR("");
    str_cut(line, ':', &word, &group);
    enum role role = ROLE_NONE;
    bool fine = !str_none(group) && role_parse(str_trim(word), &role) && role >= ROLE_LIGHT_AGENT &&
                role < ROLE_ADMIN;
    *ret_role = role;
    *ret_group = fine ? str_trim(group) : STR("");
    return fine;
}

// The next line that says something.
static bool next_line(struct str *rest, struct str *ret)
{
    while (str_next(rest, '\n', ret)) {
        *ret = str_trim(*ret);
        if (ret->len > 0) {
            return true;
        }
    }
    return false;
}

// Fills the groups to ask about. False when a line is none, or there are too many.
static bool read_roles(struct sso_directory *d)
{
    struct str rest = d->roles;
    struct str line;
    bool fine = true;
    d->at.group_count = 0;
    while (next_line(&rest, &line)) {
        enum role role = ROLE_NONE;
        struct str group;
        if (d->at.group_count == DIRECTORY_GROUPS_MOST || !read_role(line, &role, &group)) {
            fine = false;
        } else {
            d->at.groups[d->at.group_count++] = group;
        }
    }
    return fine;
}

enum role sso_directory_role(mem_ctx *ctx, const struct sso_directory *d,
                             const struct directory_entry *entry)
{
    struct str rest = d->roles;
    struct str line;
    enum role highest = ROLE_NONE;
    for (size_t i = 0; i < d->at.group_count && next_line(&rest, &line); i++) {
        enum role role = ROLE_NONE;
        struct str group;
        if (read_role(line, &role, &group) && entry->member[i] && role > highest) {
            highest = role;
        }
    }
    return d->staff && directory_proved(ctx, &d->at) ? highest : ROLE_NONE;
}

// --- directories --------------------------------------------------------------------------------

static struct str place_of(mem_ctx *ctx, struct provider_id id)
{
    return str_printf(ctx, "sso:%lld:bind", (long long)id.v);
}

static bool from_row(const struct desk *desk, mem_ctx *ctx, const struct sso_directory_row *row,
                     struct sso_directory *ret, struct error *err)
{
    *ret = (struct sso_directory){.id = row->id,
                                  .name = row->name,
                                  .at = {.url = row->url,
                                         .start_tls = row->start_tls,
                                         .insecure = row->insecure,
                                         .ca = row->ca,
                                         .bind_dn = row->bind_dn,
                                         .password = STR(""),
                                         .base = row->base,
                                         .filter = row->filter,
                                         .attr_mail = row->attr_mail,
                                         .attr_name = row->attr_name},
                                  .roles = row->roles,
                                  .staff = row->staff,
                                  .newcomers = row->newcomers,
                                  .active = row->active,
                                  .updated_at = row->updated_at};
    (void)read_roles(ret);
    return row->password.len == 0 || seal_open(ctx, desk->app->secret, place_of(ctx, row->id),
                                               row->password, &ret->at.password, err);
}

bool sso_directories(const struct desk *desk, struct db *db, mem_ctx *ctx,
                     struct sso_directory **ret, size_t *ret_count, struct error *err)
{
    struct sso_directory_row *rows = NULL;
    if (!sso_directory_list(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct sso_directory, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        if (!from_row(desk, ctx, &rows[i], &(*ret)[i], err)) {
            return false;
        }
    }
    return true;
}

bool sso_directory_load(const struct desk *desk, struct db *db, mem_ctx *ctx, struct provider_id id,
                        struct sso_directory *ret, struct error *err)
{
    struct sso_directory *all = NULL;
    size_t count = 0;
    if (!sso_directories(desk, db, ctx, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i].id.v == id.v) {
            *ret = all[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such directory.");
}

static bool check(mem_ctx *ctx, struct sso_directory *d, struct error *err)
{
    if (str_empty(str_trim(d->name)) || d->name.len > NAME_MAX) {
        return error_field(err, "name", "InvalidValue", "Name: needed, and short.");
    }
    if (d->roles.len > ROLES_MAX || !read_roles(d)) {
        return error_field(err, "roles", "InvalidValue",
                           "Roles: in each line light-agent, agent or lead, a colon and the whole "
                           "name of a group; at most 20.");
    }
    if (!directory_check(ctx, &d->at, err)) {
        return false;
    }
    return !d->staff || directory_proved(ctx, &d->at) ||
           error_field(err, "staff", "InvalidValue",
                       "Staff: only by a directory that speaks TLS, or stands on this machine.");
}

static bool note(struct db *tx, const struct actor *actor, const struct sso_directory *d,
                 const char *action, int64_t now, struct error *err)
{
    const struct sso_provider as_provider = {.id = d->id, .name = d->name};
    return sso_note(tx, actor, &as_provider, action, now, err);
}

bool sso_directory_store(const struct desk *desk, struct db *tx, const struct actor *actor,
                         struct sso_directory *d, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    bool create = d->id.v == 0;
    int64_t now = clock_now(desk->app->clock);
    if (!check(ctx, d, err)) {
        return false;
    }
    d->id.v = create ? db_next_id(tx) : d->id.v;
    const struct sso_directory_put_in in = {
        .id = d->id,
        .name = d->name,
        .url = d->at.url,
        .start_tls = d->at.start_tls,
        .insecure = d->at.insecure,
        .ca = d->at.ca,
        .bind_dn = d->at.bind_dn,
        .password = seal_text(ctx, desk->app->secret, place_of(ctx, d->id), d->at.password),
        .base = d->at.base,
        .filter = d->at.filter,
        .attr_mail = d->at.attr_mail,
        .attr_name = d->at.attr_name,
        .roles = d->roles,
        .staff = d->staff,
        .newcomers = d->newcomers,
        .active = d->active,
        .now = now};
    return sso_directory_put(tx, &in, err) &&
           note(tx, actor, d, create ? "create" : "update", now, err);
}

bool sso_directory_remove(const struct desk *desk, struct db *tx, const struct actor *actor,
                          struct provider_id id, struct error *err)
{
    struct sso_directory gone;
    int64_t changes = 0;
    return sso_directory_load(desk, tx, db_tx_ctx(tx), id, &gone, err) &&
           sso_entries_delete(tx, id, err) && sso_directory_delete(tx, id, &changes, err) &&
           note(tx, actor, &gone, "destroy", clock_now(desk->app->clock), err);
}

bool sso_directory_people(struct db *db, mem_ctx *ctx, struct provider_id id, int64_t *ret,
                          struct error *err)
{
    struct sso_entry_count_row row = {0};
    bool ok = sso_entry_count(db, ctx, id, &row, err);
    *ret = row.count;
    return ok;
}

// --- people -------------------------------------------------------------------------------------

// Groups decide for requesters and for whoever they made staff, not for whom administrators did.
static bool apply_role(const struct desk *desk, struct db *tx, mem_ctx *ctx, enum role wanted,
                       struct str *given, struct user *person, struct error *err)
{
    enum role before = ROLE_NONE;
    bool ours = person->role == ROLE_END_USER ||
                (given->len > 0 && role_parse(*given, &before) && before == person->role);
    enum role target = wanted > ROLE_END_USER ? wanted : ROLE_END_USER;
    if (!ours) {
        *given = STR("");
        return true;
    }
    *given = target > ROLE_END_USER ? role_name(target) : STR("");
    if (target == person->role) {
        return true;
    }
    const struct actor system = actor_system(CHANNEL_SYSTEM);
    const struct user_change change = {.set = USER_ROLE, .values = {.role = target}};
    return user_update(&desk->people, tx, ctx, &system, person->id, &change, person, err);
}

bool sso_directory_person(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                          const struct sso_directory *d, const struct directory_entry *entry,
                          struct user *ret, struct error *err)
{
    const struct sso_provider provider = {
        .id = d->id, .name = d->name, .newcomers = d->newcomers, .trusts_mail = true};
    const struct oidc_claims claims = {.subject = entry->id,
                                       .email = entry->mail,
                                       .name = str_one_line(ctx, entry->name, 100),
                                       .locale = STR("")};
    struct sso_entry_find_row row = {.role = STR("")};
    bool known = false;
    bool found = false;
    if (!sso_entry_find(tx, ctx, d->id, entry->id, &row, &known, err) ||
        (known && !user_find(tx, ctx, row.user_id, ret, &found, err))) {
        return false;
    }
    struct str given = found ? row.role : STR("");
    if (found ? !sso_may_come(ret, err)
              : !sso_by_address(desk, tx, ctx, &provider, &claims, ret, err)) {
        return false;
    }
    if (ret->role > ROLE_END_USER && (!d->staff || !directory_proved(ctx, &d->at))) {
        return error_set(err, ERR_UNAUTHENTICATED,
                         "Staff do not sign in by this directory. Take your password of this desk, "
                         "or let us mail you a link.");
    }
    return apply_role(desk, tx, ctx, sso_directory_role(ctx, d, entry), &given, ret, err) &&
           sso_entry_put(tx, d->id, entry->id, ret->id, given, clock_now(desk->app->clock), err);
}
