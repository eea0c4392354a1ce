// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers that show people.
#include "desk/people/api_internal.h"

struct list_query api_list_query(const struct api_page *page)
{
    return (struct list_query){.after = page->keyed ? page->key.id : 0,
                               .descending = api_page_descending(page, false),
                               .limit = api_page_limit(page),
                               .offset = page->offset};
}

// --- answers ------------------------------------------------------------------------------------

static void write_roles(struct jw *w, const struct user *users, size_t count)
{
    static const char *const WORDS[] = {"end-user", "agent", "admin"};
    jw_field_array(w, "roles");
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        bool used = false;
        for (size_t k = 0; k < count && !used; k++) {
            used = str_eq_c(role_word(users[k].role), WORDS[i]);
        }
        if (used) {
            jw_object_begin(w);
            jw_field_null(w, "id");
            jw_field_c(w, "name", WORDS[i]);
            jw_field_empty_object(w, "configuration");
            jw_object_end(w);
        }
    }
    jw_array_end(w);
}

static bool write_identities(struct ctx *ctx, struct jw *w, const struct user_id *ids, size_t count,
                             struct error *err)
{
    struct identity *list = NULL;
    size_t found = 0;
    if (!identities_of_users(ctx->db, ctx->mem, ids, count, &list, &found, err)) {
        return false;
    }
    jw_field_array(w, "identities");
    for (size_t i = 0; i < found; i++) {
        api_identity_write(ctx, w, &list[i]);
    }
    jw_array_end(w);
    return true;
}

static bool is_listed(struct user_id id, const struct user_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].v == id.v) {
            return true;
        }
    }
    return false;
}

// The groups that these people are in.
static bool write_groups(struct ctx *ctx, struct jw *w, const struct user_id *ids, size_t count,
                         struct error *err)
{
    struct group_membership *list = NULL;
    size_t found = 0;
    size_t wanted = 0;
    const struct list_query all = {.limit = INT64_MAX};
    if (!group_memberships_list(ctx->db, ctx->mem, &ctx->actor, &all, &list, &found, err)) {
        return false;
    }
    struct group_id *groups = mem_array(ctx->mem, struct group_id, found + 1);
    for (size_t i = 0; i < found; i++) {
        if (is_listed(list[i].user, ids, count)) {
            groups[wanted++] = list[i].group;
        }
    }
    return api_groups_sideload(ctx, ctx->db, w, groups, wanted, err);
}

bool api_users_sideloads_write(struct ctx *ctx, struct jw *w, const struct user *users,
                               size_t count, struct error *err)
{
    struct user_id *ids = mem_array(ctx->mem, struct user_id, count + 1);
    struct organization_id *organizations = mem_array(ctx->mem, struct organization_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = users[i].id;
        organizations[i] = users[i].organization;
    }
    if (api_includes(ctx, "organizations") &&
        !api_organizations_sideload(ctx, ctx->db, w, organizations, count, err)) {
        return false;
    }
    if (!actor_is_staff(&ctx->actor)) {
        return true;
    }
    if (api_includes(ctx, "roles")) {
        write_roles(w, users, count);
    }
    return (!api_includes(ctx, "identities") || write_identities(ctx, w, ids, count, err)) &&
           (!api_includes(ctx, "groups") || write_groups(ctx, w, ids, count, err));
}

bool api_users_answer(struct ctx *ctx, const struct api_page *page, const struct api_found *found,
                      const struct user *users, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    api_users_write(ctx, &w, "users", users, found->count);
    if (!api_users_sideloads_write(ctx, &w, users, found->count, err)) {
        return false;
    }
    api_page_write(ctx, &w, page, found);
    return api_end(ctx, &w, err);
}

bool api_user_answer(struct ctx *ctx, const struct user *user, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "user");
    api_user_write(ctx, &w, user);
    bool read = ctx->req->method == HTTP_GET || ctx->req->method == HTTP_HEAD;
    if (read && user->id.v != 0 && !api_users_sideloads_write(ctx, &w, user, 1, err)) {
        return false;
    }
    return api_end(ctx, &w, err);
}

// --- lists --------------------------------------------------------------------------------------

static unsigned role_bits(struct str word)
{
    enum role role = ROLE_NONE;
    if (str_eq_c(word, "agent")) {
        return 1u << ROLE_LIGHT_AGENT | 1u << ROLE_AGENT | 1u << ROLE_LEAD;
    }
    return role_parse(word, &role) ? 1u << role : 0;
}

static bool parse_roles(struct ctx *ctx, unsigned *ret, struct error *err)
{
    struct str *words = NULL;
    size_t count = 0;
    bool given = false;
    *ret = 0;
    if (!api_texts(ctx, "role", &words, &count, &given, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *ret |= role_bits(words[i]);
    }
    return true;
}

static bool list_answer(struct ctx *ctx, struct user_query *query, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct user *users = NULL;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err) || !parse_roles(ctx, &query->roles, err)) {
        return false;
    }
    query->after = (struct user_id){page.keyed ? page.key.id : 0};
    query->descending = api_page_descending(&page, false);
    query->limit = api_page_limit(&page);
    query->offset = page.offset;
    if (!users_list(ctx->db, ctx->mem, &ctx->actor, query, &users, &count, err) ||
        (!page.cursor && !users_count(ctx->db, ctx->mem, &ctx->actor, query, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, users, sizeof *users, count, &found);
    api_page_keys(&found, users, id.v);
    return api_users_answer(ctx, &page, &found, users, err);
}

// GET /api/v2/users
bool api_users_list(struct ctx *ctx, struct error *err)
{
    struct user_query query = {.external_id = http_param(ctx->req, "external_id")};
    return list_answer(ctx, &query, err);
}

// GET /api/v2/groups/{group:id}/users
bool api_users_of_group(struct ctx *ctx, struct error *err)
{
    struct group group;
    struct user_query query = {.external_id = STR_NONE, .group = {ctx->path.ids[0]}};
    return group_load(ctx->db, ctx->mem, &ctx->actor, query.group, &group, err) &&
           list_answer(ctx, &query, err);
}

// GET /api/v2/organizations/{organization:id}/users
bool api_users_of_organization(struct ctx *ctx, struct error *err)
{
    struct organization one;
    struct user_query query = {.external_id = STR_NONE, .organization = {ctx->path.ids[0]}};
    return organization_load(ctx->db, ctx->mem, &ctx->actor, query.organization, &one, err) &&
           list_answer(ctx, &query, err);
}

// GET /api/v2/users/count
bool api_users_total(struct ctx *ctx, struct error *err)
{
    struct user_query query = {.external_id = STR_NONE};
    int64_t total = 0;
    return parse_roles(ctx, &query.roles, err) &&
           users_count(ctx->db, ctx->mem, &ctx->actor, &query, &total, err) &&
           api_count_write(ctx, total, err);
}

// GET /api/v2/organizations/{organization:id}/users/count
bool api_users_of_organization_total(struct ctx *ctx, struct error *err)
{
    struct user_query query = {.external_id = STR_NONE, .organization = {ctx->path.ids[0]}};
    int64_t total = 0;
    return users_count(ctx->db, ctx->mem, &ctx->actor, &query, &total, err) &&
           api_count_write(ctx, total, err);
}

static bool whole_answer(struct ctx *ctx, const struct user *users, size_t count, struct error *err)
{
    const struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    const struct api_found found = {.total = (int64_t)count, .count = count};
    return api_users_answer(ctx, &page, &found, users, err);
}

// GET /api/v2/users/show_many?ids= or external_ids=
bool api_users_show_many(struct ctx *ctx, struct error *err)
{
    int64_t *numbers = NULL;
    struct str *externals = NULL;
    struct user *users = NULL;
    size_t number_count = 0;
    size_t external_count = 0;
    size_t count = 0;
    bool by_number = false;
    bool by_external = false;
    if (!api_ids(ctx, "ids", &numbers, &number_count, &by_number, err) ||
        !api_texts(ctx, "external_ids", &externals, &external_count, &by_external, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx->mem, struct user_id, number_count + 1);
    for (size_t i = 0; i < number_count; i++) {
        ids[i].v = numbers[i];
    }
    struct user_query query = {.external_id = STR_NONE,
                               .ids = by_external && !by_number ? NULL : ids,
                               .id_count = number_count,
                               .external_ids = externals,
                               .external_id_count = external_count};
    return users_list(ctx->db, ctx->mem, &ctx->actor, &query, &users, &count, err) &&
           whole_answer(ctx, users, count, err);
}

// GET /api/v2/users/search?query= or external_id=
bool api_users_search(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct user *users = NULL;
    size_t count = 0;
    struct str words = http_param(ctx->req, "query");
    struct user_query query = {.external_id = http_param(ctx->req, "external_id")};
    if (!str_none(query.external_id)) {
        return list_answer(ctx, &query, err);
    }
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    // Search has one order, so a cursor carries the place as a number.
    int64_t skip = page.cursor ? page.key.value : page.offset;
    if (!users_search(ctx->db, ctx->mem, &ctx->actor, words, api_page_limit(&page), skip, &users,
                      &count, err) ||
        !users_search_count(ctx->db, ctx->mem, &ctx->actor, words, &found.total, err)) {
        return false;
    }
    page.backwards = false;
    api_page_cut(&page, users, sizeof *users, count, &found);
    found.last = (struct api_key){.value = skip + page.size};
    found.first = (struct api_key){.value = skip > page.size ? skip - page.size : 0};
    return api_users_answer(ctx, &page, &found, users, err);
}

// GET /api/v2/users/autocomplete?name=, POST {"name":"…"}
bool api_users_autocomplete(struct ctx *ctx, struct error *err)
{
    struct user *users = NULL;
    size_t count = 0;
    struct str name;
    if (!api_said(ctx, "name", &name, err)) {
        return false;
    }
    if (str_trim(name).len < 2) {
        return error_field(err, "name", "TooShort", "Name: give at least two characters");
    }
    return users_search(ctx->db, ctx->mem, &ctx->actor, name, 20, 0, &users, &count, err) &&
           whole_answer(ctx, users, count, err);
}

// --- one ----------------------------------------------------------------------------------------

// GET /api/v2/users/{user:id}
bool api_user_show(struct ctx *ctx, struct error *err)
{
    struct user user;
    return user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &user,
                     err) &&
           api_user_answer(ctx, &user, err);
}

// GET /api/v2/users/me: also for nobody, who is told so.
bool api_user_me(struct ctx *ctx, struct error *err)
{
    struct user user = {.name = STR("Anonymous user"),
                        .email = STR("invalid@example.com"),
                        .role = ROLE_END_USER,
                        .scope = SCOPE_OWN,
                        .alias = STR_NONE,
                        .locale = STR("en-US"),
                        .time_zone = STR("Etc/UTC"),
                        .phone = STR_NONE,
                        .external_id = STR_NONE};
    if (ctx->actor.user.v != 0 &&
        !user_load(ctx->db, ctx->mem, &ctx->actor, ctx->actor.user, &user, err)) {
        return false;
    }
    return api_user_answer(ctx, &user, err);
}

// GET /api/v2/users/{user:id}/tags
bool api_user_tags(struct ctx *ctx, struct error *err)
{
    struct user user;
    return user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &user,
                     err) &&
           api_tags_answer(ctx, user.tags, err);
}

bool api_tags_answer(struct ctx *ctx, struct str tags, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_words(&w, "tags", tags);
    return api_end(ctx, &w, err);
}

bool api_tags_body(struct ctx *ctx, struct str *ret, struct error *err)
{
    struct body {
        struct jr_strs tags;
    } body = {0};
    static const struct jr_field FIELDS[] = {JR_FIELD(WORDS, "tags", struct body, tags)};
    static const struct jr_spec SPEC = JR_SPEC(FIELDS);
    struct jr_value whole = JR_NONE;
    struct problems problems;
    struct buf tags;
    problems_init(&problems, ctx->mem);
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, whole, &SPEC, &body, &problems)) {
        return problems_none(&problems, err);
    }
    buf_init(&tags, ctx->mem, 1 << 20);
    for (size_t i = 0; i < body.tags.count; i++) {
        buf_put(&tags, body.tags.v[i]);
        buf_put_char(&tags, ' ');
    }
    *ret = buf_str(&tags);
    return true;
}
