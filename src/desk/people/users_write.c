// SPDX-License-Identifier: GPL-3.0-or-later
//
// Making, changing and deleting people.
#include <string.h>

#include "base/words.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

// --- members that are simply text or flags ------------------------------------------------------

struct text_member {
    unsigned bit;
    const char *name;
    size_t at;
    size_t most;    // characters of one line, bytes of several
    bool one_line;  // white space becomes single spaces
    bool optional;  // "" is kept as absent
};

static const struct text_member TEXTS[] = {
    {USER_NAME, "name", offsetof(struct user, name), NAME_MAX_CHARS, true, false},
    {USER_ALIAS, "alias", offsetof(struct user, alias), NAME_MAX_CHARS, true, true},
    {USER_LOCALE, "locale", offsetof(struct user, locale), 20, true, false},
    {USER_TIME_ZONE, "time_zone", offsetof(struct user, time_zone), 60, true, false},
    {USER_PHONE, "phone", offsetof(struct user, phone), 60, true, true},
    {USER_DETAILS, "details", offsetof(struct user, details), TEXT_MAX_BYTES, false, false},
    {USER_NOTES, "notes", offsetof(struct user, notes), TEXT_MAX_BYTES, false, false},
    {USER_SIGNATURE, "signature", offsetof(struct user, signature), TEXT_MAX_BYTES, false, false},
    {USER_EXTERNAL_ID, "external_id", offsetof(struct user, external_id), 255, true, true},
};
#define TEXT_MEMBERS (sizeof TEXTS / sizeof TEXTS[0])

struct flag_member {
    unsigned bit;
    size_t at;
};

static const struct flag_member FLAGS[] = {
    {USER_VERIFIED, offsetof(struct user, verified)},
    {USER_SUSPENDED, offsetof(struct user, suspended)},
    {USER_MODERATOR, offsetof(struct user, moderator)},
    {USER_PRIVATE_COMMENTS, offsetof(struct user, only_private_comments)},
    {USER_SHARED_PHONE, offsetof(struct user, shared_phone)},
};
#define FLAG_MEMBERS (sizeof FLAGS / sizeof FLAGS[0])

static struct str *text_at(struct user *user, size_t at)
{
    return (struct str *)(void *)((char *)user + at);
}

static bool *flag_at(struct user *user, size_t at)
{
    return (bool *)(void *)((char *)user + at);
}

// A change being worked out: before, after, and which members really differ.
struct edit {
    const struct people *room;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct user_change *change;
    struct user before;  // id none: a new person
    struct user after;
    unsigned differs;
    int64_t now;
};

static bool is_new(const struct edit *e)
{
    return e->before.id.v == 0;
}

static bool take_text(struct edit *e, const struct text_member *member, struct error *err)
{
    struct user values = e->change->values;
    struct str given = *text_at(&values, member->at);
    struct str text = str_utf8_mend(e->ctx, str_none(given) ? STR("") : given);
    if (member->one_line) {
        struct str line = str_one_line(e->ctx, str_trim(text), member->most + 1);
        if (str_one_line(e->ctx, line, member->most).len != line.len) {
            return error_field(err, member->name, "TooLong",
                               "%s: is too long (maximum is %zu characters)", member->name,
                               member->most);
        }
        text = line;
    } else if (text.len > member->most) {
        return error_field(err, member->name, "TooLong", "%s: is too long (maximum is %zu bytes)",
                           member->name, member->most);
    }
    struct str *place = text_at(&e->after, member->at);
    bool same = str_eq(str_none(*place) ? STR("") : *place, text) && !is_new(e);
    *place = member->optional && text.len == 0 ? STR_NONE : str_dup(e->ctx, text);
    e->differs |= same ? 0 : member->bit;
    return true;
}

static void take_flag(struct edit *e, const struct flag_member *member)
{
    struct user values = e->change->values;
    bool given = *flag_at(&values, member->at);
    bool *place = flag_at(&e->after, member->at);
    e->differs |= *place == given ? 0 : member->bit;
    *place = given;
}

// --- members with rules -------------------------------------------------------------------------

static bool has_only(struct str text, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr(more, c) == NULL)) {
            return false;
        }
    }
    return text.len > 0;
}

static bool check_texts(struct edit *e, struct error *err)
{
    if (e->after.name.len == 0) {
        return error_field(err, "name", "BlankValue",
                           "Name: is too short (minimum is one "
                           "character)");
    }
    if (!has_only(e->after.locale, "-_")) {
        return error_field(err, "locale", "InvalidValue", "Locale: must look like en-US");
    }
    if (!has_only(e->after.time_zone, "-_+/")) {
        return error_field(err, "time_zone", "InvalidValue",
                           "Time zone: must be a name such as Europe/Vienna");
    }
    if ((e->differs & USER_EXTERNAL_ID) == 0 || str_none(e->after.external_id)) {
        return true;
    }
    struct person_by_external_row other;
    bool found = false;
    if (!person_by_external(e->tx, e->ctx, text_fold(e->ctx, e->after.external_id), &other, &found,
                            err)) {
        return false;
    }
    if (found && other.id.v != e->before.id.v) {
        return error_field(err, "external_id", "DuplicateValue",
                           "External: %.*s has already been taken", STR_ARG(e->after.external_id));
    }
    return true;
}

static bool take_role(struct edit *e, struct error *err)
{
    const struct user *values = &e->change->values;
    if ((e->change->set & USER_ROLE) == 0 || values->role == e->before.role) {
        return true;
    }
    if (values->role < ROLE_END_USER || values->role > ROLE_ADMIN) {
        return error_field(err, "role", "InvalidValue", "Role: is none of end-user, agent, admin");
    }
    bool was_staff = e->before.role >= ROLE_LIGHT_AGENT;
    bool is_staff = values->role >= ROLE_LIGHT_AGENT;
    e->after.role = values->role;
    if (was_staff != is_staff) {
        e->after.scope = is_staff ? SCOPE_ALL : SCOPE_OWN;
        e->after.default_group = (struct group_id){0};
    }
    e->after.only_private_comments = values->role == ROLE_LIGHT_AGENT;
    // A new end user is what everyone may make.
    e->differs |= is_new(e) && !is_staff ? 0 : USER_ROLE;
    return true;
}

static bool take_places(struct edit *e, struct error *err)
{
    const struct user *values = &e->change->values;
    bool exists = true;
    if ((e->change->set & USER_SCOPE) != 0 && e->after.scope != values->scope) {
        bool end_user = e->after.role <= ROLE_END_USER;
        if (end_user && values->scope != SCOPE_OWN && values->scope != SCOPE_ORGANIZATION) {
            return error_field(err, "ticket_restriction", "InvalidValue",
                               "Ticket restriction: end users see their own or their "
                               "organisation's tickets");
        }
        e->after.scope = values->scope;
        e->differs |= USER_SCOPE;
    }
    if ((e->change->set & USER_ORGANIZATION) != 0 &&
        e->after.organization.v != values->organization.v) {
        e->after.organization = values->organization;
        e->differs |= USER_ORGANIZATION;
        if (values->organization.v != 0 &&
            !organization_exists(e->tx, e->ctx, values->organization, &exists, err)) {
            return false;
        }
        if (!exists) {
            return error_field(err, "organization", "RecordNotFound",
                               "Organization: there is no such organization");
        }
    }
    if ((e->change->set & USER_DEFAULT_GROUP) != 0 &&
        e->after.default_group.v != values->default_group.v) {
        e->after.default_group = values->default_group;
        e->differs |= USER_DEFAULT_GROUP;
    }
    return true;
}

static bool take_tags(struct edit *e)
{
    if ((e->change->set & USER_TAGS) != 0) {
        struct str tags = words_normalise(e->ctx, e->change->values.tags);
        e->differs |= str_eq(tags, e->after.tags) ? 0 : USER_TAGS;
        e->after.tags = tags;
    }
    return true;
}

static bool take_email(struct edit *e, struct error *err)
{
    if ((e->change->set & USER_EMAIL) == 0 || str_empty(e->change->values.email)) {
        return true;
    }
    struct identity_by_value_row row;
    struct str email;
    bool found = false;
    if (!email_normalise(e->ctx, e->change->values.email, &email)) {
        return error_field(err, "email", "InvalidFormat", "Email: %.*s is not properly formatted",
                           STR_ARG(str_utf8_clip(e->change->values.email, 100)));
    }
    if (!identity_by_value(e->tx, e->ctx, STR("email"), email, &row, &found, err)) {
        return false;
    }
    if (found && row.user_id.v == e->before.id.v) {
        return true;
    }
    if (found) {
        return error_field(err, "email", "DuplicateValue",
                           "Email: %.*s is already being used by another user", STR_ARG(email));
    }
    e->after.email = email;
    e->differs |= USER_EMAIL;
    return true;
}

static bool work_out(struct edit *e, struct error *err)
{
    for (size_t i = 0; i < TEXT_MEMBERS; i++) {
        if ((e->change->set & TEXTS[i].bit) != 0 && !take_text(e, &TEXTS[i], err)) {
            return false;
        }
    }
    if (!take_role(e, err)) {
        return false;
    }
    for (size_t i = 0; i < FLAG_MEMBERS; i++) {
        if ((e->change->set & FLAGS[i].bit) != 0) {
            take_flag(e, &FLAGS[i]);
        }
    }
    return take_places(e, err) && take_tags(e) && take_email(e, err) && check_texts(e, err);
}

// --- permission ---------------------------------------------------------------------------------

#define OWN_FIELDS (USER_NAME | USER_LOCALE | USER_TIME_ZONE | USER_PHONE)
#define OWN_STAFF_FIELDS (OWN_FIELDS | USER_ALIAS | USER_SIGNATURE)
#define ADMIN_FIELDS (USER_ROLE | USER_DEFAULT_GROUP | USER_MODERATOR | USER_PRIVATE_COMMENTS)

static unsigned fields_allowed(const struct edit *e)
{
    const struct actor *actor = e->actor;
    if (actor_is_admin(actor)) {
        return ~0u;
    }
    if (actor_is_agent(actor) && (is_new(e) || e->before.role <= ROLE_END_USER)) {
        return ~(unsigned)ADMIN_FIELDS;
    }
    return actor_is_staff(actor) ? OWN_STAFF_FIELDS : OWN_FIELDS;
}

static bool permit(const struct edit *e, struct error *err)
{
    if ((e->differs & ~fields_allowed(e)) != 0) {
        return error_set(err, ERR_FORBIDDEN, "You may not change these fields of this person.");
    }
    bool self = e->actor->user.v != 0 && e->actor->user.v == e->before.id.v;
    if (self && (e->differs & USER_SUSPENDED) != 0) {
        return error_set(err, ERR_FORBIDDEN, "You cannot suspend yourself.");
    }
    return true;
}

static bool keeps_an_admin(const struct edit *e, struct error *err)
{
    const struct user *before = &e->before;
    const struct user *after = &e->after;
    bool was = before->role == ROLE_ADMIN && before->active && !before->suspended;
    bool is = after->role == ROLE_ADMIN && after->active && !after->suspended;
    struct other_admin_count_row row;
    if (!was || is) {
        return true;
    }
    if (!other_admin_count(e->tx, e->ctx, before->id, &row, err)) {
        return false;
    }
    return row.n > 0 || error_field(err, "role", "InvalidValue",
                                    "Role: this is the last administrator. Make somebody else "
                                    "one first.");
}

// --- storing ------------------------------------------------------------------------------------

bool user_store(struct db *tx, mem_ctx *ctx, struct user *user, int64_t now, struct error *err)
{
    user->updated_at = now;
    struct str external_key =
        str_none(user->external_id) ? STR_NONE : text_fold(ctx, user->external_id);
    struct person_update_in in = {
        .id = user->id,
        .name = user->name,
        .email = user->email,
        .role = user->role,
        .scope = user->scope,
        .organization_id = user->organization,
        .default_group_id = user->default_group,
        .alias = user->alias,
        .locale = user->locale,
        .time_zone = user->time_zone,
        .phone = user->phone,
        .details = user->details,
        .notes = user->notes,
        .signature = user->signature,
        .tags = user->tags,
        .external_id = user->external_id,
        .external_key = external_key,
        .verified = user->verified,
        .suspended = user->suspended,
        .moderator = user->moderator,
        .only_private_comments = user->only_private_comments,
        .shared_phone = user->shared_phone,
        .updated_at = now,
        .active = user->active,
    };
    return person_update(tx, &in, err);
}

static bool insert(struct edit *e, struct error *err)
{
    struct user *user = &e->after;
    user->id = (struct user_id){db_next_id(e->tx)};
    user->created_at = e->now;
    user->updated_at = e->now;
    struct str external_key =
        str_none(user->external_id) ? STR_NONE : text_fold(e->ctx, user->external_id);
    // The address comes with its identity.
    struct person_insert_in in = {
        .id = user->id,
        .name = user->name,
        .email = STR_NONE,
        .role = user->role,
        .scope = user->scope,
        .alias = user->alias,
        .locale = user->locale,
        .time_zone = user->time_zone,
        .phone = user->phone,
        .details = user->details,
        .notes = user->notes,
        .signature = user->signature,
        .tags = user->tags,
        .external_id = user->external_id,
        .external_key = external_key,
        .verified = user->verified,
        .suspended = user->suspended,
        .moderator = user->moderator,
        .only_private_comments = user->only_private_comments,
        .shared_phone = user->shared_phone,
        .created_at = e->now,
        .updated_at = e->now,
    };
    return person_insert(e->tx, &in, err);
}

bool user_index(struct db *tx, mem_ctx *ctx, struct user_id id, struct error *err)
{
    struct identity_row *rows = NULL;
    size_t count = 0;
    struct user user;
    struct str *words = NULL;
    size_t word_count = 0;
    if (!user_need(tx, ctx, id, &user, err) || !words_delete(tx, id, err) ||
        !identities_of(tx, ctx, &id, 1, &rows, &count, err)) {
        return false;
    }
    struct str text = user.name;
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(rows[i].type, "email")) {
            text = str_printf(ctx, STR_FMT " " STR_FMT, STR_ARG(text), STR_ARG(rows[i].value));
        }
    }
    fold_words(ctx, text, &words, &word_count);
    for (size_t i = 0; i < word_count; i++) {
        if (!word_insert(tx, words[i], id, err)) {
            return false;
        }
    }
    return true;
}

static bool store_email(struct edit *e, struct error *err)
{
    struct identity_id id;
    bool first = str_none(e->before.email);
    struct new_identity add = {.user = e->after.id,
                               .type = STR("email"),
                               .value = e->after.email,
                               .verified = e->after.verified &&
                                           (first || (e->change->set & USER_VERIFIED) != 0),
                               .primary = first};
    if (!first) {
        e->after.email = e->before.email;  // one more address, not another primary one
    }
    return identity_put(e->tx, e->ctx, &add, e->now, &id, err);
}

static bool store_organization(struct edit *e, struct error *err)
{
    struct organization_id wanted = e->after.organization;
    bool given = (e->change->set & USER_ORGANIZATION) != 0 && wanted.v != 0;
    bool by_domain = (is_new(e) || str_none(e->before.email)) && !given &&
                     e->before.organization.v == 0 && (e->differs & USER_EMAIL) != 0;
    if (by_domain && !organization_for_email(e->tx, e->ctx, e->after.email, &wanted, err)) {
        return false;
    }
    e->after.organization = wanted;
    if (wanted.v != 0 && wanted.v != e->before.organization.v) {
        return organization_join(e->tx, e->ctx, e->after.id, wanted, true, e->now, err);
    }
    if (wanted.v == 0 && e->before.organization.v != 0) {
        return organization_leave(e->tx, e->ctx, e->after.id, e->before.organization, e->now, err);
    }
    return true;
}

static bool store_groups(struct edit *e, struct error *err)
{
    bool was_staff = e->before.role >= ROLE_LIGHT_AGENT;
    bool is_staff = e->after.role >= ROLE_LIGHT_AGENT;
    if (was_staff && !is_staff) {
        return group_memberships_delete_of_person(e->tx, e->after.id, err);
    }
    if ((e->differs & USER_DEFAULT_GROUP) != 0 && e->after.default_group.v != 0) {
        if (!is_staff) {
            return error_field(err, "default_group_id", "InvalidValue",
                               "Default group: end users are in no groups");
        }
        return group_join(e->tx, e->ctx, e->after.id, e->after.default_group, true, e->now, err);
    }
    if (!was_staff && is_staff) {
        return group_join_default(e->tx, e->ctx, e->after.id, e->now, err);
    }
    return true;
}

static bool end_access(struct edit *e, struct error *err)
{
    bool less = e->after.suspended || e->after.role < e->before.role || !e->after.active;
    const struct people_hooks *hooks = &e->room->hooks;
    if (is_new(e) || !less || (e->differs & (USER_SUSPENDED | USER_ROLE)) == 0) {
        return true;
    }
    return links_end(e->tx, e->after.id, err) &&
           (hooks->end_sessions == NULL ||
            hooks->end_sessions(hooks->env, e->tx, e->after.id, STR_NONE, err));
}

static bool verify_primary(struct edit *e, struct error *err)
{
    struct identity_by_value_row row;
    bool found = false;
    if ((e->differs & USER_VERIFIED) == 0 || !e->after.verified || str_none(e->after.email)) {
        return true;
    }
    return identity_by_value(e->tx, e->ctx, STR("email"), e->after.email, &row, &found, err) &&
           (!found || identity_set_verified(e->tx, row.id, e->now, err));
}

static bool tell(const struct edit *e, const struct user *after, struct error *err)
{
    const struct people_hooks *hooks = &e->room->hooks;
    const struct user *before = e->before.id.v == 0 ? NULL : &e->before;
    return hooks->person_changed == NULL ||
           hooks->person_changed(hooks->env, e->tx, e->actor, before, after, err);
}

// Writes what differs. What other functions write into the row (organisation, group, address) is
// read again at the end.
static bool store(struct edit *e, struct user *ret, struct error *err)
{
    struct user row = e->after;
    row.email = e->before.email;
    row.organization = e->before.organization;
    if (e->after.role >= ROLE_LIGHT_AGENT) {
        row.default_group = e->before.default_group;
    }
    if (is_new(e) ? !insert(e, err) : !user_store(e->tx, e->ctx, &row, e->now, err)) {
        return false;
    }
    if ((e->differs & USER_EMAIL) != 0 && !store_email(e, err)) {
        return false;
    }
    if (!store_organization(e, err) || !store_groups(e, err) || !end_access(e, err) ||
        !verify_primary(e, err)) {
        return false;
    }
    if ((e->differs & (USER_NAME | USER_EMAIL)) != 0 &&
        !user_index(e->tx, e->ctx, e->after.id, err)) {
        return false;
    }
    return user_need(e->tx, e->ctx, e->after.id, ret, err) && tell(e, ret, err);
}

// --- public -------------------------------------------------------------------------------------

static struct user blank_user(void)
{
    return (struct user){.name = STR(""),
                         .email = STR_NONE,
                         .role = ROLE_END_USER,
                         .scope = SCOPE_OWN,
                         .alias = STR_NONE,
                         .locale = STR("en-US"),
                         .time_zone = STR("Etc/UTC"),
                         .phone = STR_NONE,
                         .details = STR(""),
                         .notes = STR(""),
                         .signature = STR(""),
                         .tags = STR(""),
                         .external_id = STR_NONE,
                         .active = true};
}

bool user_create(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct user_change *change, struct user *ret, struct error *err)
{
    struct edit e = {.room = room,
                     .tx = tx,
                     .ctx = ctx,
                     .actor = actor,
                     .change = change,
                     .after = blank_user(),
                     .now = clock_now(room->clock)};
    return need_agent(actor, err) && work_out(&e, err) && permit(&e, err) && store(&e, ret, err);
}

bool user_update(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct user_id id, const struct user_change *change, struct user *ret,
                 struct error *err)
{
    struct edit e = {.room = room,
                     .tx = tx,
                     .ctx = ctx,
                     .actor = actor,
                     .change = change,
                     .now = clock_now(room->clock)};
    if (!user_need(tx, ctx, id, &e.before, err) || !may_edit_user(actor, &e.before, err)) {
        return false;
    }
    e.after = e.before;
    if (!work_out(&e, err) || !permit(&e, err) || !keeps_an_admin(&e, err)) {
        return false;
    }
    if (e.differs == 0) {
        *ret = e.before;
        return true;
    }
    return store(&e, ret, err);
}

static bool remove_everything(struct edit *e, struct error *err)
{
    struct user_id id = e->before.id;
    return identities_delete(e->tx, id, err) && password_delete(e->tx, id, err) &&
           words_delete(e->tx, id, err) && person_manager_end(e->tx, id, err) &&
           group_memberships_delete_of_person(e->tx, id, err) &&
           org_memberships_delete_of_person(e->tx, id, err);
}

bool user_delete(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct user_id id, struct user *ret, struct error *err)
{
    struct edit e = {.room = room,
                     .tx = tx,
                     .ctx = ctx,
                     .actor = actor,
                     .differs = USER_SUSPENDED,
                     .now = clock_now(room->clock)};
    if (!user_need(tx, ctx, id, &e.before, err) || !may_edit_user(actor, &e.before, err)) {
        return false;
    }
    if (!actor_is_agent(actor) || actor->user.v == id.v) {
        return error_set(err, ERR_FORBIDDEN, "You cannot delete this person.");
    }
    e.after = e.before;
    e.after.active = false;
    e.after.email = STR_NONE;
    e.after.organization = (struct organization_id){0};
    e.after.default_group = (struct group_id){0};
    if (!keeps_an_admin(&e, err) || !remove_everything(&e, err) || !end_access(&e, err) ||
        !user_store(tx, ctx, &e.after, e.now, err) || !tell(&e, &e.after, err)) {
        return false;
    }
    *ret = e.after;
    return true;
}

// "ana.ruiz" becomes "Ana Ruiz".
static struct str name_from_email(mem_ctx *ctx, struct str email)
{
    ptrdiff_t at = str_find_char(email, '@');
    char *name = mem_text_n(ctx, email.ptr, at < 0 ? email.len : (size_t)at);
    bool start = true;
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '.' || *c == '_' || *c == '+') {
            *c = ' ';
        }
        if (start && *c >= 'a' && *c <= 'z') {
            *c = (char)(*c - 'a' + 'A');
        }
        start = *c == ' ';
    }
    struct str text = str_trim(str_c(name));
    return text.len == 0 ? email : text;
}

bool user_find_or_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                         const struct sender *sender, struct user *ret, bool *ret_created,
                         struct error *err)
{
    struct str email;
    bool found = false;
    if (!email_normalise(ctx, sender->email, &email)) {
        return error_field(err, "email", "InvalidFormat", "Email: %.*s is not properly formatted",
                           STR_ARG(str_utf8_clip(sender->email, 100)));
    }
    if (!user_by_email(tx, ctx, email, ret, &found, err)) {
        return false;
    }
    *ret_created = !found;
    if (found) {
        return true;
    }
    struct str given = str_none(sender->name) ? STR("") : str_utf8_mend(ctx, sender->name);
    struct str name = str_one_line(ctx, str_trim(given), NAME_MAX_CHARS);
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user_change change = {
        .set = USER_NAME | USER_EMAIL,
        .values = {.name = name.len == 0 ? name_from_email(ctx, email) : name, .email = email}};
    if (!str_none(sender->locale) && sender->locale.len <= 20 && has_only(sender->locale, "-_")) {
        change.set |= USER_LOCALE;
        change.values.locale = sender->locale;
    }
    return user_create(room, tx, ctx, &system, &change, ret, err);
}

bool user_signed_in(const struct people *room, struct db *tx, struct user_id id, struct error *err)
{
    return person_set_login(tx, id, clock_now(room->clock), err);
}
