// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lists of people and finding them while typing. Two steps: the page's ids, then their rows.
#include <string.h>

#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

// Which roles were asked for, as the queries want them.
struct roles {
    int64_t list[ROLE_ADMIN];
    size_t count;
    bool all;
    bool staff;  // no end users among them
};

static struct roles roles_of(unsigned bits)
{
    struct roles roles = {.staff = true};
    for (int role = ROLE_END_USER; role <= ROLE_ADMIN; role++) {
        if (bits == 0 || (bits & (1u << role)) != 0) {
            roles.list[roles.count++] = role;
            roles.staff = roles.staff && role > ROLE_END_USER;
        }
    }
    roles.all = roles.count == ROLE_ADMIN;
    return roles;
}

// The users of a page in the order of their ids; `rows` borrowed from a query.
static bool load_page(struct db *db, mem_ctx *ctx, const struct person_id *rows, size_t count,
                      bool descending, struct user **ret, size_t *ret_count, struct error *err)
{
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    if (!users_by_ids(db, ctx, ids, count, ret, ret_count, err)) {
        return false;
    }
    for (size_t i = 0; descending && i < *ret_count / 2; i++) {
        struct user swap = (*ret)[i];
        (*ret)[i] = (*ret)[*ret_count - 1 - i];
        (*ret)[*ret_count - 1 - i] = swap;
    }
    return true;
}

// A page's ids, by the query that has an index for it.
static bool page_ids(struct db *db, mem_ctx *ctx, const struct user_query *q,
                     struct person_id **rows, size_t *count, struct error *err)
{
    struct roles r = roles_of(q->roles);
    bool down = q->descending;
    struct user_id after = {q->after.v == 0 && down ? INT64_MAX : q->after.v};
    int64_t most = q->limit;
    int64_t skip = q->offset;
    if (q->organization.v != 0) {
        return down ? person_ids_of_organization_down(db, ctx, q->organization, r.list, r.count,
                                                      after, most, skip, rows, count, err)
                    : person_ids_of_organization_up(db, ctx, q->organization, r.list, r.count,
                                                    after, most, skip, rows, count, err);
    }
    if (q->group.v != 0) {
        return down ? person_ids_of_group_down(db, ctx, q->group, r.list, r.count, after, most,
                                               skip, rows, count, err)
                    : person_ids_of_group_up(db, ctx, q->group, r.list, r.count, after, most, skip,
                                             rows, count, err);
    }
    if (r.all) {
        return down ? person_ids_down(db, ctx, after, most, skip, rows, count, err)
                    : person_ids_up(db, ctx, after, most, skip, rows, count, err);
    }
    if (r.staff) {
        return down ? person_ids_of_staff_down(db, ctx, r.list, r.count, after, most, skip, rows,
                                               count, err)
                    : person_ids_of_staff_up(db, ctx, r.list, r.count, after, most, skip, rows,
                                             count, err);
    }
    return down ? person_ids_of_roles_down(db, ctx, r.list, r.count, after, most, skip, rows, count,
                                           err)
                : person_ids_of_roles_up(db, ctx, r.list, r.count, after, most, skip, rows, count,
                                         err);
}

static bool by_external_ids(struct db *db, mem_ctx *ctx, const struct str *texts, size_t count,
                            struct user **ret, size_t *ret_count, struct error *err)
{
    struct person_id *rows = NULL;
    size_t found = 0;
    struct str *keys = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        keys[i] = text_fold(ctx, texts[i]);
    }
    return person_ids_by_external(db, ctx, keys, count, &rows, &found, err) &&
           load_page(db, ctx, rows, found, false, ret, ret_count, err);
}

// Deleted people are not in lists of ids.
static bool by_ids(struct db *db, mem_ctx *ctx, const struct user_query *query, struct user **ret,
                   size_t *ret_count, struct error *err)
{
    struct user *users = NULL;
    size_t count = 0;
    size_t kept = 0;
    if (!users_by_ids(db, ctx, query->ids, query->id_count, &users, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (users[i].active) {
            users[kept++] = users[i];
        }
    }
    *ret = users;
    *ret_count = kept;
    return true;
}

bool users_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                const struct user_query *query, struct user **ret, size_t *ret_count,
                struct error *err)
{
    struct person_id *rows = NULL;
    size_t count = 0;
    if (!need_staff(actor, err)) {
        return false;
    }
    if (query->ids != NULL) {
        return by_ids(db, ctx, query, ret, ret_count, err);
    }
    if (query->external_ids != NULL) {
        return by_external_ids(db, ctx, query->external_ids, query->external_id_count, ret,
                               ret_count, err);
    }
    if (!str_none(query->external_id)) {
        return by_external_ids(db, ctx, &query->external_id, 1, ret, ret_count, err);
    }
    return page_ids(db, ctx, query, &rows, &count, err) &&
           load_page(db, ctx, rows, count, query->descending, ret, ret_count, err);
}

bool users_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                 const struct user_query *query, int64_t *ret, struct error *err)
{
    struct roles r = roles_of(query->roles);
    struct count_row row = {0};
    bool fine = false;
    if (!need_staff(actor, err)) {
        return false;
    }
    if (!str_none(query->external_id)) {
        struct user *users = NULL;
        size_t count = 0;
        fine = by_external_ids(db, ctx, &query->external_id, 1, &users, &count, err);
        row.n = (int64_t)count;
    } else if (query->organization.v != 0) {
        fine =
            person_count_of_organization(db, ctx, query->organization, r.list, r.count, &row, err);
    } else if (query->group.v != 0) {
        fine = person_count_of_group(db, ctx, query->group, r.list, r.count, &row, err);
    } else if (r.all) {
        fine = person_count(db, ctx, &row, err);
    } else if (r.staff) {
        fine = person_count_of_staff(db, ctx, r.list, r.count, &row, err);
    } else {
        fine = person_count_of_roles(db, ctx, r.list, r.count, &row, err);
    }
    if (fine) {
        *ret = row.n;
    }
    return fine;
}

// --- finding ------------------------------------------------------------------------------------

// What was typed, taken apart.
struct wanted {
    struct str words[3];
    size_t word_count;
    unsigned roles;
    struct str external_id;               // absent when not asked for
    struct organization_id organization;  // none when not asked for
    bool nothing;                         // a filter that nobody can fit
};

static void read_filter(struct wanted *w, mem_ctx *ctx, struct str key, struct str value)
{
    enum role role = ROLE_NONE;
    if (str_eq_c(key, "role")) {
        if (role_parse(value, &role)) {
            w->roles |= str_eq_c(value, "agent")
                            ? 1u << ROLE_LIGHT_AGENT | 1u << ROLE_AGENT | 1u << ROLE_LEAD
                            : 1u << role;
        } else {
            w->nothing = true;
        }
    } else if (str_eq_c(key, "external_id")) {
        w->external_id = str_dup(ctx, value);
    } else if (str_eq_c(key, "organization_id")) {
        w->nothing = w->nothing || !str_to_i64(value, &w->organization.v);
    }
}

// Words beyond the third are left out: three beginnings name a person well enough.
static void read_words(struct wanted *w, mem_ctx *ctx, struct str text)
{
    struct str *words = NULL;
    size_t count = 0;
    if (str_find_char(text, '@') > 0) {
        // An address or its beginning is one word as a whole.
        words = mem_array(ctx, struct str, 1);
        words[count++] = text_fold(ctx, text);
    } else {
        fold_words(ctx, text, &words, &count);
    }
    for (size_t i = 0; i < count && w->word_count < 3; i++) {
        w->words[w->word_count++] = words[i];
    }
}

static bool next_term(struct str *rest, struct str *ret)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    bool quoted = false;
    while (len < rest->len && (quoted || rest->ptr[len] != ' ')) {
        quoted = rest->ptr[len] == '"' ? !quoted : quoted;
        len++;
    }
    *ret = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return len > 0;
}

static struct str unquote(mem_ctx *ctx, struct str text)
{
    char *bytes = mem_text_n(ctx, text.ptr, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (bytes[i] != '"' && bytes[i] != '*') {
            bytes[len++] = bytes[i];
        }
    }
    return (struct str){bytes, len};
}

static struct wanted read_query(mem_ctx *ctx, struct str text)
{
    struct wanted w = {.external_id = STR_NONE};
    struct str rest = str_utf8_clip(text, 500);
    struct str term;
    while (next_term(&rest, &term)) {
        struct str key;
        struct str value;
        str_cut(unquote(ctx, term), ':', &key, &value);
        bool is_filter = str_eq_c(key, "role") || str_eq_c(key, "external_id") ||
                         str_eq_c(key, "organization_id");
        if (str_eq_c(key, "type")) {
            continue;  // type:user, which all of them are
        }
        if (!str_none(value) && is_filter) {
            read_filter(&w, ctx, key, value);
        } else if (!str_none(value) && (str_eq_c(key, "email") || str_eq_c(key, "name"))) {
            read_words(&w, ctx, value);
        } else {
            read_words(&w, ctx, unquote(ctx, term));
        }
    }
    return w;
}

static struct person_search_in search_input(mem_ctx *ctx, const struct wanted *w,
                                            const struct roles *roles)
{
    struct str words[3] = {STR_INIT(""), STR_INIT(""), STR_INIT("")};
    for (size_t i = 0; i < w->word_count; i++) {
        words[i] = w->words[i];
    }
    return (struct person_search_in){.from1 = words[0],
                                     .to1 = text_after_prefix(ctx, words[0]),
                                     .from2 = words[1],
                                     .to2 = text_after_prefix(ctx, words[1]),
                                     .from3 = words[2],
                                     .to3 = text_after_prefix(ctx, words[2]),
                                     .roles = roles->list,
                                     .roles_count = roles->count,
                                     .organization_id = w->organization.v};
}

// Without words, the filters alone as a list; external ids always so.
static struct user_query filter_query(const struct wanted *w, int64_t limit, int64_t offset)
{
    return (struct user_query){.roles = w->roles,
                               .organization = w->organization,
                               .external_id = w->external_id,
                               .limit = limit,
                               .offset = offset};
}

static bool is_filter_only(const struct wanted *w)
{
    return !str_none(w->external_id) || (w->word_count == 0 && (w->roles | w->organization.v) != 0);
}

bool users_search(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str words,
                  int64_t limit, int64_t offset, struct user **ret, size_t *ret_count,
                  struct error *err)
{
    if (!need_staff(actor, err)) {
        return false;
    }
    struct wanted w = read_query(ctx, words);
    struct roles roles = roles_of(w.roles);
    if (is_filter_only(&w) && !w.nothing) {
        struct user_query query = filter_query(&w, limit, offset);
        return users_list(db, ctx, actor, &query, ret, ret_count, err);
    }
    if (w.nothing || w.word_count == 0) {
        *ret = NULL;
        *ret_count = 0;
        return true;
    }
    struct person_id *rows = NULL;
    size_t count = 0;
    struct person_search_in in = search_input(ctx, &w, &roles);
    in.most = limit;
    in.skip = offset;
    return person_search(db, ctx, &in, &rows, &count, err) &&
           load_page(db, ctx, rows, count, false, ret, ret_count, err);
}

bool users_search_count(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str words,
                        int64_t *ret, struct error *err)
{
    if (!need_staff(actor, err)) {
        return false;
    }
    struct wanted w = read_query(ctx, words);
    struct roles roles = roles_of(w.roles);
    if (is_filter_only(&w) && !w.nothing) {
        struct user_query query = filter_query(&w, 0, 0);
        return users_count(db, ctx, actor, &query, ret, err);
    }
    if (w.nothing || w.word_count == 0) {
        *ret = 0;
        return true;
    }
    struct person_search_in in = search_input(ctx, &w, &roles);
    struct person_search_count_in count = {.from1 = in.from1,
                                           .to1 = in.to1,
                                           .from2 = in.from2,
                                           .to2 = in.to2,
                                           .from3 = in.from3,
                                           .to3 = in.to3,
                                           .roles = in.roles,
                                           .roles_count = in.roles_count,
                                           .organization_id = in.organization_id};
    struct count_row row;
    if (!person_search_count(db, ctx, &count, &row, err)) {
        return false;
    }
    *ret = row.n;
    return true;
}
