// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who may see and change whom, and the words for roles and scopes.
#include <string.h>

#include "desk/people/people_internal.h"

bool may_see_user(const struct actor *actor, struct user_id user)
{
    return actor_is_staff(actor) || (actor->user.v != 0 && actor->user.v == user.v);
}

bool may_edit_user(const struct actor *actor, const struct user *person, struct error *err)
{
    bool self = actor->user.v != 0 && actor->user.v == person->id.v;
    if (actor_is_admin(actor) || self) {
        return true;
    }
    if (!actor_is_staff(actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such person.");
    }
    if (actor_is_agent(actor) && person->role <= ROLE_END_USER) {
        return true;
    }
    return error_set(err, ERR_FORBIDDEN, "Only administrators can change members of staff.");
}

bool need_staff(const struct actor *actor, struct error *err)
{
    return actor_is_staff(actor) || error_set(err, ERR_FORBIDDEN, "This is for staff only.");
}

bool need_agent(const struct actor *actor, struct error *err)
{
    return actor_is_agent(actor) || error_set(err, ERR_FORBIDDEN, "This is for agents only.");
}

bool need_admin(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "This is for administrators only.");
}

// --- lists --------------------------------------------------------------------------------------

static void reverse(char *rows, size_t row_size, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        char *a = rows + i * row_size;
        char *b = rows + (count - 1 - i) * row_size;
        for (size_t k = 0; k < row_size; k++) {
            char byte = a[k];
            a[k] = b[k];
            b[k] = byte;
        }
    }
}

size_t page_cut(const struct list_query *query, void *rows, size_t row_size, size_t count,
                row_key *key)
{
    char *bytes = rows;
    size_t kept = 0;
    int64_t skipped = 0;
    if (query->descending) {
        reverse(bytes, row_size, count);
    }
    for (size_t i = 0; i < count && (int64_t)kept < query->limit; i++) {
        int64_t at = key(bytes + i * row_size);
        bool inside =
            query->after == 0 || (query->descending ? at < query->after : at > query->after);
        if (inside && skipped++ >= query->offset) {
            memmove(bytes + kept * row_size, bytes + i * row_size, row_size);
            kept++;
        }
    }
    return kept;
}

// --- words --------------------------------------------------------------------------------------

struct role_row {
    enum role role;
    struct str name;
    struct str word;
};

static const struct role_row ROLES[] = {
    {ROLE_END_USER, STR_INIT("end-user"), STR_INIT("end-user")},
    {ROLE_LIGHT_AGENT, STR_INIT("light-agent"), STR_INIT("agent")},
    {ROLE_AGENT, STR_INIT("agent"), STR_INIT("agent")},
    {ROLE_LEAD, STR_INIT("lead"), STR_INIT("agent")},
    {ROLE_ADMIN, STR_INIT("admin"), STR_INIT("admin")},
};
#define ROLE_ROWS (sizeof ROLES / sizeof ROLES[0])

struct str role_word(enum role role)
{
    for (size_t i = 0; i < ROLE_ROWS; i++) {
        if (ROLES[i].role == role) {
            return ROLES[i].word;
        }
    }
    return STR("");
}

struct str role_name(enum role role)
{
    for (size_t i = 0; i < ROLE_ROWS; i++) {
        if (ROLES[i].role == role) {
            return ROLES[i].name;
        }
    }
    return STR("");
}

bool role_parse(struct str word, enum role *ret)
{
    for (size_t i = 0; i < ROLE_ROWS; i++) {
        if (str_eq(ROLES[i].name, word)) {
            *ret = ROLES[i].role;
            return true;
        }
    }
    return false;
}

static const struct str SCOPES[] = {
    [SCOPE_ALL] = STR_INIT(""),
    [SCOPE_GROUPS] = STR_INIT("groups"),
    [SCOPE_ORGANIZATION] = STR_INIT("organization"),
    [SCOPE_ASSIGNED] = STR_INIT("assigned"),
    [SCOPE_OWN] = STR_INIT("requested"),
};

struct str scope_word(enum access_scope scope)
{
    return SCOPES[scope];
}

bool scope_parse(struct str word, enum access_scope *ret)
{
    for (size_t i = 0; i < sizeof SCOPES / sizeof SCOPES[0]; i++) {
        if (str_eq(SCOPES[i], word)) {
            *ret = (enum access_scope)i;
            return true;
        }
    }
    return false;
}
