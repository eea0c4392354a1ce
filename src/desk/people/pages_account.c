// SPDX-License-Identifier: GPL-3.0-or-later
//
// One's own account: profile, password, sessions.
#include "app/rate.h"
#include "app/say.h"
#include "app/session.h"
#include "desk/people/account.html.h"
#include "desk/people/pages_internal.h"
#include "view/words.h"

// --- showing ------------------------------------------------------------------------------------

struct marker {
    const char *text;
    const char *name;
};

static const char *find_marker(struct str agent, const struct marker *markers,
                               const char *otherwise)
{
    for (size_t i = 0; markers[i].text != NULL; i++) {
        if (str_find(agent, str_c(markers[i].text)) >= 0) {
            return markers[i].name;
        }
    }
    return otherwise;
}

struct str account_browser_name(mem_ctx *ctx, struct str agent)
{
    static const struct marker BROWSERS[] = {
        {"Edg/", "Edge"},      {"OPR/", "Opera"},     {"Firefox/", "Firefox"},
        {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
        {NULL, NULL}};
    static const struct marker SYSTEMS[] = {
        {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"},
        {"Mac OS X", "macOS"},  {"Linux", "Linux"},   {NULL, NULL}};
    const char *browser = find_marker(agent, BROWSERS, "Another program");
    const char *system = find_marker(agent, SYSTEMS, NULL);
    return system == NULL ? str_c(browser) : str_printf(ctx, "%s on %s", browser, system);
}

static bool fill_sessions(struct ctx *ctx, struct vm_account *vm, struct error *err)
{
    struct session_info *list = NULL;
    size_t count = 0;
    if (!session_list(ctx, &list, &count, err)) {
        return false;
    }
    vm->sessions = mem_array(ctx->mem, struct vm_session, count + 1);
    for (size_t i = 0; i < count; i++) {
        vm->sessions[i] =
            (struct vm_session){.id = list[i].id,
                                .browser = account_browser_name(ctx->mem, list[i].agent),
                                .address = list[i].address,
                                .seen_at = list[i].seen_at,
                                .current = list[i].current};
    }
    vm->session_count = count;
    return true;
}

static struct str or_empty(struct str text)
{
    return str_none(text) ? STR("") : text;
}

static bool load_account(struct ctx *ctx, struct vm_account *vm, struct error *err)
{
    struct user user;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, ctx->actor.user, &user, err) ||
        !password_exists(ctx->db, user.id, &vm->has_password, err)) {
        return false;
    }
    vm->staff = user.role >= ROLE_LIGHT_AGENT;
    vm->name = user.name;
    vm->alias = or_empty(user.alias);
    vm->email = or_empty(user.email);
    vm->phone = or_empty(user.phone);
    vm->locale = user.locale;
    vm->time_zone = user.time_zone;
    vm->signature = user.signature;
    return fill_sessions(ctx, vm, err);
}

static struct str notice_of(struct ctx *ctx)
{
    struct str done = http_param(ctx->req, "done");
    if (str_eq_c(done, "saved")) {
        return say_words(ctx, "Saved.");
    }
    if (str_eq_c(done, "password")) {
        return say_words(ctx, "Your new password holds. You were signed out everywhere else.");
    }
    return str_eq_c(done, "ended") ? say_words(ctx, "Signed out there.") : STR("");
}

// The languages that pages speak, and the person's own where that is another.
static void fill_languages(struct ctx *ctx, struct vm_account *vm)
{
    size_t count;
    const struct words_language *languages = words_languages(&count);
    bool listed = false;
    vm->languages = mem_array(ctx->mem, struct vm_option, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str code = str_c(languages[i].code);
        bool selected = str_eq(code, vm->locale);
        listed = listed || selected;
        vm->languages[i] = (struct vm_option){code, str_c(languages[i].name), selected};
    }
    vm->language_count = count;
    if (!listed) {
        vm->languages[vm->language_count++] = (struct vm_option){vm->locale, vm->locale, true};
    }
}

static bool show(struct ctx *ctx, struct vm_account *vm)
{
    struct view v;
    fill_languages(ctx, vm);
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Your account"), "account");
    vm->layout.notice = notice_of(ctx);
    view_account(&v, vm);
    return true;
}

// GET /account
bool page_account(struct ctx *ctx, struct error *err)
{
    struct vm_account vm = {0};
    return load_account(ctx, &vm, err) && show(ctx, &vm);
}

// --- profile ------------------------------------------------------------------------------------

struct account_call {
    struct ctx *ctx;
    struct user_change change;
    struct user after;
    struct str hash;
};

static bool save_tx(struct db *tx, void *arg, struct error *err)
{
    struct account_call *call = arg;
    struct ctx *ctx = call->ctx;
    return user_update(desk_people(ctx), tx, ctx->mem, &ctx->actor, ctx->actor.user, &call->change,
                       &call->after, err);
}

// The form again, with what was typed and what is wrong with it.
static bool show_refused(struct ctx *ctx, const struct user *typed, const struct error *why,
                         struct error *err)
{
    struct vm_account vm = {0};
    struct str message = page_message(ctx, why);
    if (!load_account(ctx, &vm, err)) {
        return false;
    }
    vm.name = typed->name;
    vm.phone = typed->phone;
    vm.locale = typed->locale;
    vm.time_zone = typed->time_zone;
    vm.alias = vm.staff ? typed->alias : vm.alias;
    vm.signature = vm.staff ? typed->signature : vm.signature;
    struct str field = str_c(why->field);
    struct str *place = str_eq_c(field, "phone")       ? &vm.error_phone
                        : str_eq_c(field, "locale")    ? &vm.error_locale
                        : str_eq_c(field, "time_zone") ? &vm.error_time_zone
                                                       : &vm.error_name;
    *place = message;
    ctx->resp->status = 422;
    return show(ctx, &vm);
}

// POST /account
bool page_account_save(struct ctx *ctx, struct error *err)
{
    struct account_call call = {.ctx = ctx};
    struct user *values = &call.change.values;
    struct error why;
    call.change.set = USER_NAME | USER_PHONE | USER_LOCALE | USER_TIME_ZONE;
    *values = (struct user){.name = http_form_text(ctx->req, "name"),
                            .phone = http_form_text(ctx->req, "phone"),
                            .locale = http_form_text(ctx->req, "locale"),
                            .time_zone = http_form_text(ctx->req, "time_zone"),
                            .alias = http_form_text(ctx->req, "alias"),
                            .signature = http_form_text(ctx->req, "signature")};
    if (actor_is_staff(&ctx->actor)) {
        call.change.set |= USER_ALIAS | USER_SIGNATURE;
    }
    if (!db_tx_run(ctx->app->db, "account.save", save_tx, &call, &why)) {
        *err = why;
        return why.code == ERR_INVALID && show_refused(ctx, values, &why, err);
    }
    // What was chosen here holds in this browser, too.
    http_set_cookie(ctx->resp, ctx->req, SAY_COOKIE, STR(""), 0);
    http_redirect(ctx->resp, STR("/account?done=saved"));
    return true;
}

// --- password -----------------------------------------------------------------------------------

static bool password_tx(struct db *tx, void *arg, struct error *err)
{
    struct account_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct new_password set = {
        .user = ctx->actor.user, .hash = call->hash, .keep_session = ctx->session};
    return password_set(desk_people(ctx), tx, ctx->mem, &ctx->actor, &set, err);
}

// Whether the present password was given, and how to say that it was not.
static bool check_previous(struct ctx *ctx, struct vm_account *vm, struct error *err)
{
    struct user self;
    struct error why;
    int64_t now = clock_now(ctx->app->clock);
    if (!vm->has_password) {
        return true;
    }
    if (!guess_allowed(ctx->app->limiter, vm->email, ctx->req->peer, now, err)) {
        return false;
    }
    if (password_check(ctx->db, ctx->mem, vm->email, http_form_text(ctx->req, "previous"), &self,
                       &why)) {
        guess_passed(ctx->app->limiter, vm->email, ctx->req->peer);
        return true;
    }
    guess_failed(ctx->app->limiter, vm->email, ctx->req->peer, now);
    vm->error_previous = say_words(ctx, "That is not your present password.");
    return true;
}

// POST /account/password
bool page_account_password(struct ctx *ctx, struct error *err)
{
    struct account_call call = {.ctx = ctx};
    struct vm_account vm = {0};
    struct error why;
    if (!load_account(ctx, &vm, err) || !check_previous(ctx, &vm, err)) {
        return false;
    }
    const struct user person = {.name = vm.name, .email = vm.email};
    if (vm.error_previous.len == 0 &&
        !password_prepare(ctx->mem, http_form_text(ctx->req, "password"), &person, &call.hash,
                          &why)) {
        vm.error_password = page_message(ctx, &why);
    }
    if (vm.error_previous.len + vm.error_password.len > 0) {
        ctx->resp->status = 422;
        return show(ctx, &vm);
    }
    if (!db_tx_run(ctx->app->db, "account.password", password_tx, &call, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/account?done=password"));
    return true;
}

// --- sessions -----------------------------------------------------------------------------------

// POST /account/sessions/{session:id}/end
bool page_session_end(struct ctx *ctx, struct error *err)
{
    struct session_id id = {ctx->path.ids[0]};
    struct session_info *list = NULL;
    size_t count = 0;
    bool current = false;
    if (!session_list(ctx, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        current = current || (list[i].id.v == id.v && list[i].current);
    }
    if (current ? !session_end(ctx, err) : !session_end_one(ctx, id, err)) {
        return false;
    }
    http_redirect(ctx->resp, current ? STR("/") : STR("/account?done=ended"));
    return true;
}

static bool end_others_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    const struct people_hooks *hooks = &desk_people(ctx)->hooks;
    return hooks->end_sessions(hooks->env, tx, ctx->actor.user, ctx->session, err);
}

// POST /account/sessions/end-others
bool page_sessions_end(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "account.sessions", end_others_tx, ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/account?done=ended"));
    return true;
}
