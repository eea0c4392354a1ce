// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a program may ask about the desk as a whole: settings, languages, roles, addresses, and
// lists of what this desk does not have, which are empty.
#include "app/api.h"
#include "app/config.h"
#include "desk/api/handlers.h"
#include "desk/desk.h"

// --- settings -----------------------------------------------------------------------------------

// GET /api/v2/account/settings: what is so, nothing can be switched here.
bool api_account_settings(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_object(&w, "settings");
    jw_field_object(&w, "branding");
    jw_field_str(&w, "header_text", ctx->app->config->desk_name);
    jw_object_end(&w);
    jw_field_object(&w, "tickets");
    jw_field_bool(&w, "comments_public_by_default", true);
    jw_field_bool(&w, "is_first_comment_private_enabled", true);
    jw_field_bool(&w, "list_newest_comments_first", false);
    jw_field_bool(&w, "collaboration", true);
    jw_field_bool(&w, "private_attachments", false);
    jw_field_bool(&w, "follower_and_email_cc_collaborations", true);
    jw_field_bool(&w, "agent_ticket_deletion", true);
    jw_field_bool(&w, "tagging", true);
    jw_field_bool(&w, "status_hold", true);
    jw_object_end(&w);
    jw_field_object(&w, "users");
    jw_field_bool(&w, "tagging", true);
    jw_object_end(&w);
    jw_field_object(&w, "active_features");
    jw_field_bool(&w, "organization_access_enabled", true);
    jw_field_bool(&w, "user_tagging", true);
    jw_field_bool(&w, "ticket_tagging", true);
    jw_field_bool(&w, "ticket_forms", true);
    jw_field_bool(&w, "custom_statuses_enabled", true);
    jw_field_bool(&w, "voice", false);
    jw_field_bool(&w, "chat", false);
    jw_object_end(&w);
    jw_field_object(&w, "api");
    jw_field_bool(&w, "accepted_api_agreement", true);
    jw_field_bool(&w, "api_password_access", true);
    jw_field_bool(&w, "api_token_access", true);
    jw_object_end(&w);
    jw_field_object(&w, "localization");
    jw_field_array(&w, "locale_ids");
    jw_i64(&w, 1);
    jw_array_end(&w);
    jw_object_end(&w);
    jw_field_object(&w, "limits");
    jw_field_i64(&w, "attachment_size", ctx->app->config->max_upload_bytes);
    jw_object_end(&w);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// --- languages ----------------------------------------------------------------------------------

static const struct locale {
    int64_t id;
    const char *code;
    const char *name;
    const char *native;
} LOCALES[] = {
    {1, "en-US", "English (United States)", "English (United States)"},
};
#define LOCALE_COUNT (sizeof LOCALES / sizeof *LOCALES)
#define RECORDS_AT INT64_C(1704067200000)  // when the records that came with the program were made

static void write_locale(struct ctx *ctx, struct jw *w, const struct locale *one)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/locales/%s.json", one->code));
    jw_field_i64(w, "id", one->id);
    jw_field_c(w, "locale", one->code);
    jw_field_c(w, "name", one->name);
    jw_field_c(w, "native_name", one->native);
    jw_field_c(w, "presentation_name", one->name);
    jw_field_bool(w, "rtl", false);
    jw_field_bool(w, "default", one->id == 1);
    jw_field_time(w, "created_at", RECORDS_AT);
    jw_field_time(w, "updated_at", RECORDS_AT);
    jw_object_end(w);
}

// GET /api/v2/locales, /agent and /public
bool api_locales(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {.total = LOCALE_COUNT, .count = LOCALE_COUNT};
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    found.first.id = 1;
    found.last.id = LOCALES[LOCALE_COUNT - 1].id;
    found.count = page.keyed || page.offset > 0 ? 0 : found.count;
    api_begin(ctx, &w);
    jw_field_array(&w, "locales");
    for (size_t i = 0; i < found.count; i++) {
        write_locale(ctx, &w, &LOCALES[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool locale_answer(struct ctx *ctx, const struct locale *one, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "locale");
    write_locale(ctx, &w, one);
    return api_end(ctx, &w, err);
}

// GET /api/v2/locales/current, GET and PUT /api/v2/locales/detect_best_locale
bool api_locale_current(struct ctx *ctx, struct error *err)
{
    return locale_answer(ctx, &LOCALES[0], err);
}

// GET /api/v2/locales/{name}: by number or code
bool api_locale(struct ctx *ctx, struct error *err)
{
    struct str name = ctx->path.texts[0];
    int64_t id = 0;
    bool number = str_to_i64(name, &id);
    for (size_t i = 0; i < LOCALE_COUNT; i++) {
        if (number ? LOCALES[i].id == id : str_ieq_c(name, LOCALES[i].code)) {
            return locale_answer(ctx, &LOCALES[i], err);
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such locale.");
}

// --- roles --------------------------------------------------------------------------------------

static const struct desk_role {
    int64_t id;
    enum role role;
    const char *name;
    const char *description;
    int64_t type;
} ROLES[] = {
    {1, ROLE_ADMIN, "Admin", "Sees and changes everything.", 4},
    {2, ROLE_LEAD, "Lead", "An agent who decides about the own groups.", 0},
    {3, ROLE_AGENT, "Agent", "Works on tickets.", 0},
    {4, ROLE_LIGHT_AGENT, "Light agent", "Reads tickets and writes internal notes.", 1},
};
#define ROLE_COUNT (sizeof ROLES / sizeof *ROLES)

static bool write_role(struct ctx *ctx, struct jw *w, const struct desk_role *one,
                       struct error *err)
{
    struct user_query query = {.roles = 1u << one->role, .external_id = STR_NONE};
    int64_t members = 0;
    if (!users_count(ctx->db, ctx->mem, &ctx->actor, &query, &members, err)) {
        return false;
    }
    bool agent = one->role >= ROLE_AGENT;
    jw_object_begin(w);
    jw_field_i64(w, "id", one->id);
    jw_field_c(w, "name", one->name);
    jw_field_c(w, "description", one->description);
    jw_field_i64(w, "role_type", one->type);
    jw_field_i64(w, "team_member_count", members);
    jw_field_object(w, "configuration");
    jw_field_c(w, "ticket_comment_access", agent ? "public" : "none");
    jw_field_bool(w, "ticket_deletion", agent);
    jw_field_bool(w, "ticket_merge", agent);
    jw_field_c(w, "end_user_profile_access", agent ? "full" : "readonly");
    jw_field_bool(w, "organization_editing", agent);
    jw_field_bool(w, "manage_groups", one->role == ROLE_ADMIN);
    jw_field_bool(w, "manage_team_members", one->role == ROLE_ADMIN);
    jw_object_end(w);
    jw_field_time(w, "created_at", RECORDS_AT);
    jw_field_time(w, "updated_at", RECORDS_AT);
    jw_object_end(w);
    return true;
}

// GET /api/v2/custom_roles: the roles that this desk has; they cannot be changed.
bool api_custom_roles(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {.total = ROLE_COUNT, .count = ROLE_COUNT};
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    found.count = page.keyed || page.offset > 0 ? 0 : found.count;
    found.first.id = ROLES[0].id;
    found.last.id = ROLES[ROLE_COUNT - 1].id;
    api_begin(ctx, &w);
    jw_field_array(&w, "custom_roles");
    for (size_t i = 0; i < found.count; i++) {
        if (!write_role(ctx, &w, &ROLES[i], err)) {
            return false;
        }
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/custom_roles/{role:id}
bool api_custom_role(struct ctx *ctx, struct error *err)
{
    struct jw w;
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (ROLES[i].id == ctx->path.ids[0]) {
            api_begin(ctx, &w);
            jw_key(&w, "custom_role");
            return write_role(ctx, &w, &ROLES[i], err) && api_end(ctx, &w, err);
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such role.");
}

// --- what this desk does not have ---------------------------------------------------------------

// Lists by the last words of the path; each is empty because there is nothing of the kind here.
bool api_nothing(struct ctx *ctx, struct error *err)
{
    static const struct {
        const char *path;
        const char *key;
    } LISTS[] = {
        {"/api/v2/apps", "apps"},
        {"/api/v2/apps/owned", "apps"},
        {"/api/v2/apps/installations", "installations"},
        {"/api/v2/sharing_agreements", "sharing_agreements"},
        {"/api/v2/channels/voice/phone_numbers", "phone_numbers"},
    };
    struct api_page page;
    const struct api_found found = {0};
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    api_begin(ctx, &w);
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
        if (str_eq_c(ctx->req->path, LISTS[i].path)) {
            jw_field_empty_array(&w, LISTS[i].key);
        }
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}
