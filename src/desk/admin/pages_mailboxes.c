// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mailboxes that mail is fetched from: which there are, how they are, and setting them.
#include "app/say.h"
#include "desk/admin/mailboxes.html.h"
#include "desk/admin/routes.h"
#include "desk/channels/inbox.h"
#include "desk/desk.h"

#define FORM_BYTES 262144

// --- the list -----------------------------------------------------------------------------------

static struct str advice_of(struct ctx *ctx, const struct inbox *box)
{
    if (box->state != INBOX_FAILING) {
        return STR("");
    }
    return str_printf(ctx->mem, STR_FMT " (%lld times so far; tried again by itself.)",
                      STR_ARG(box->last_error), (long long)box->failures);
}

static struct vm_mailbox vm_of(struct ctx *ctx, const struct inbox *box)
{
    static const struct {
        const char *chip, *word;
    } STATES[] = {[INBOX_PAUSED] = {"hold", "Paused"},
                  [INBOX_NEW] = {"new", "Not yet looked at"},
                  [INBOX_WELL] = {"solved", "Working"},
                  [INBOX_FAILING] = {"open", "Failing"}};
    const struct inbox_settings *s = &box->settings;
    return (struct vm_mailbox){
        .id = box->id,
        .address = s->address,
        .server = str_printf(ctx->mem, STR_FMT ":%lld, " STR_FMT, STR_ARG(s->host),
                             (long long)s->port, STR_ARG(s->folder)),
        .chip = STATES[box->state].chip,
        .state = STATES[box->state].word,
        .advice = advice_of(ctx, box),
        .ok_at = box->ok_at,
        .fetched = box->fetched,
        .paused = box->switches.paused,
        .answering = box->switches.answering,
        .failing = box->state == INBOX_FAILING,
    };
}

// GET /admin/mailboxes
static bool page_mailboxes(struct ctx *ctx, struct error *err)
{
    struct vm_mailboxes vm = {0};
    struct inbox *list = NULL;
    struct view v;
    if (!inbox_list(ctx->db, ctx->mem, &list, &vm.count, err)) {
        return false;
    }
    vm.items = mem_array(ctx->mem, struct vm_mailbox, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        vm.items[i] = vm_of(ctx, &list[i]);
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Mailboxes"), "admin");
    if (ctx->fragment) {
        view_mailbox_list(&v, &vm);
    } else {
        view_mailboxes(&v, &vm);
    }
    return true;
}

// --- one of them --------------------------------------------------------------------------------

static struct str day_of(struct ctx *ctx, int64_t ms)
{
    return ms == 0 ? STR("") : str_sub(time_iso(ctx->mem, ms), 0, 10);
}

static void fill_answer(struct ctx *ctx, struct vm_mailbox_page *vm,
                        const struct inbox_answer *answer)
{
    bool given = answer->asked_at != 0 && !answer->waiting;
    vm->asked = answer->asked_at != 0;
    vm->waiting = answer->waiting;
    vm->refused = given ? answer->error : STR("");
    vm->reached = given && answer->error.len == 0;
    vm->previewed = vm->reached && answer->since != 0;
    vm->asked_at = answer->asked_at;
    vm->since = day_of(ctx, answer->since);
    vm->count = answer->count;
    vm->oldest_at = answer->oldest_at;
    vm->first = mem_array(ctx->mem, struct vm_mailbox_sample, answer->first_count + 1);
    vm->first_count = answer->first_count;
    for (size_t i = 0; i < answer->first_count; i++) {
        vm->first[i] = (struct vm_mailbox_sample){answer->first[i].received_at,
                                                  answer->first[i].from, answer->first[i].subject};
    }
}

bool mailbox_show(struct ctx *ctx, struct inbox_id id, struct str error, struct str error_since,
                  struct error *err)
{
    struct inbox box;
    struct vm_mailbox_page vm = {.error = error, .error_since = error_since};
    struct view v;
    if (!inbox_get(ctx->db, ctx->mem, id, &box, err)) {
        return false;
    }
    vm.grants = box.settings.oauth && box.settings.authorize_url.len > 0;
    vm.box = vm_of(ctx, &box);
    fill_answer(ctx, &vm, &box.answer);
    vm.importing = box.importing;
    vm.imported = box.switches.import_since != 0 && !box.importing;
    vm.import_since = day_of(ctx, box.switches.import_since);
    desk_page_begin(ctx, &v, &vm.layout, vm.box.address, "admin");
    if (ctx->fragment) {
        view_mailbox_now(&v, &vm);
    } else {
        view_mailbox_page(&v, &vm);
    }
    return true;
}

// GET /admin/mailboxes/{inbox:id}
static bool page_mailbox(struct ctx *ctx, struct error *err)
{
    return mailbox_show(ctx, (struct inbox_id){ctx->path.ids[0]}, STR(""), STR(""), err);
}

// --- the form -----------------------------------------------------------------------------------

static void fill_form(struct ctx *ctx, struct vm_mailbox_form *vm, const struct inbox_settings *s)
{
    static const char *const SECURITY[3][2] = {{"tls", "TLS (mostly port 993)"},
                                               {"starttls", "STARTTLS (mostly port 143)"},
                                               {"none", "None: only for a server on this machine"}};
    static const char *const AFTER[3][2] = {{"leave", "Leave messages as they are"},
                                            {"seen", "Mark them as read"},
                                            {"move", "Move them to another folder"}};
    static const char *const AUTH[2][2] = {{"password", "Password"}, {"oauth", "OAuth"}};
    for (int i = 0; i < 3; i++) {
        vm->security[i] =
            (struct vm_option){str_c(SECURITY[i][0]), str_c(SECURITY[i][1]), (int)s->security == i};
        vm->after[i] =
            (struct vm_option){str_c(AFTER[i][0]), str_c(AFTER[i][1]), (int)s->after == i};
    }
    for (int i = 0; i < 2; i++) {
        vm->auth[i] =
            (struct vm_option){str_c(AUTH[i][0]), str_c(AUTH[i][1]), s->oauth == (i == 1)};
    }
    vm->address = s->address;
    vm->host = s->host;
    vm->port = str_printf(ctx->mem, "%lld", (long long)s->port);
    vm->user = s->user;
    vm->folder = s->folder;
    vm->move_to = s->move_to;
    vm->poll_seconds = str_printf(ctx->mem, "%lld", (long long)s->poll_seconds);
    vm->ca = s->ca;
    vm->authorize_url = s->authorize_url;
    vm->token_url = s->token_url;
    vm->redirect_uri = mailbox_redirect_uri(ctx);
    vm->client = s->client;
    vm->scope = s->scope;
}

static void show_form(struct ctx *ctx, struct vm_mailbox_form *vm, struct inbox_id id)
{
    struct view v;
    struct url_builder b;
    url_begin(&b, ctx->mem, "/admin/mailboxes");
    if (id.v != 0) {
        url_segment_i64(&b, id.v);
    }
    vm->id = id;
    vm->action = url_end(&b);
    desk_page_begin(ctx, &v, &vm->layout, id.v == 0 ? STR("Add a mailbox") : vm->address, "admin");
    view_mailbox_form(&v, vm);
}

// What large providers' manuals say; all of it may be changed in the form.
static void fill_provider(struct inbox_settings *s, struct str provider)
{
    if (str_eq_c(provider, "google")) {
        s->host = STR("imap.gmail.com");
        s->authorize_url = STR("https://accounts.google.com/o/oauth2/v2/auth");
        s->token_url = STR("https://oauth2.googleapis.com/token");
        s->scope = STR("https://mail.google.com/");
        s->oauth = true;
    } else if (str_eq_c(provider, "microsoft")) {
        s->host = STR("outlook.office365.com");
        s->authorize_url = STR("https://login.microsoftonline.com/common/oauth2/v2.0/authorize");
        s->token_url = STR("https://login.microsoftonline.com/common/oauth2/v2.0/token");
        s->scope = STR("https://outlook.office.com/IMAP.AccessAsUser.All offline_access");
        s->oauth = true;
    }
}

// GET /admin/mailboxes/new
static bool page_mailbox_new(struct ctx *ctx, struct error *err)
{
    (void)err;
    struct inbox_settings preset = {
        .port = 993, .folder = STR("INBOX"), .poll_seconds = 60, .address = STR("")};
    struct vm_mailbox_form vm = {0};
    fill_provider(&preset, http_param(ctx->req, "provider"));
    fill_form(ctx, &vm, &preset);
    show_form(ctx, &vm, (struct inbox_id){0});
    return true;
}

// GET /admin/mailboxes/{inbox:id}/edit
static bool page_mailbox_edit(struct ctx *ctx, struct error *err)
{
    struct inbox box;
    struct vm_mailbox_form vm = {0};
    if (!inbox_get(ctx->db, ctx->mem, (struct inbox_id){ctx->path.ids[0]}, &box, err)) {
        return false;
    }
    fill_form(ctx, &vm, &box.settings);
    show_form(ctx, &vm, box.id);
    return true;
}

// --- saving -------------------------------------------------------------------------------------

struct call {
    struct ctx *ctx;
    struct inbox_id id;
    struct inbox_settings settings;
    int64_t since;
};

static struct str text_of(struct ctx *ctx, const char *name)
{
    struct str text = http_form(ctx->req, name);
    return str_none(text) ? STR("") : str_trim(text);
}

static int64_t number_of(struct ctx *ctx, const char *name)
{
    int64_t number = 0;
    return str_to_i64(text_of(ctx, name), &number) ? number : 0;
}

static void read_form(struct call *call)
{
    struct ctx *ctx = call->ctx;
    struct str security = text_of(ctx, "security");
    struct str after = text_of(ctx, "after");
    struct str secret = http_form(ctx->req, "secret");
    call->settings = (struct inbox_settings){
        .address = text_of(ctx, "address"),
        .host = text_of(ctx, "host"),
        .port = number_of(ctx, "port"),
        .security = str_eq_c(security, "starttls") ? IMAP_STARTTLS
                    : str_eq_c(security, "none")   ? IMAP_CLEAR
                                                   : IMAP_TLS,
        .ca = text_of(ctx, "ca"),
        .user = text_of(ctx, "user"),
        .oauth = str_eq_c(text_of(ctx, "auth"), "oauth"),
        .secret = str_none(secret) ? STR("") : secret,
        .authorize_url = text_of(ctx, "authorize_url"),
        .token_url = text_of(ctx, "token_url"),
        .client = text_of(ctx, "client"),
        .token_secret = text_of(ctx, "token_secret"),
        .scope = text_of(ctx, "scope"),
        .folder = text_of(ctx, "folder"),
        .after = str_eq_c(after, "seen")   ? INBOX_SEEN
                 : str_eq_c(after, "move") ? INBOX_MOVE
                                           : INBOX_LEAVE,
        .move_to = text_of(ctx, "move_to"),
        .poll_seconds = number_of(ctx, "poll_seconds"),
    };
}

// Where the message about a field stands.
static struct str *place_of(struct vm_mailbox_form *vm, const char *field)
{
    const struct {
        const char *name;
        struct str *place;
    } PLACES[] = {
        {"address", &vm->error_address},
        {"host", &vm->error_host},
        {"port", &vm->error_port},
        {"user", &vm->error_user},
        {"secret", &vm->error_secret},
        {"folder", &vm->error_folder},
        {"move_to", &vm->error_move_to},
        {"poll_seconds", &vm->error_poll_seconds},
        {"ca", &vm->error_ca},
        {"security", &vm->error_security},
        {"authorize_url", &vm->error_authorize_url},
        {"token_url", &vm->error_token_url},
        {"client", &vm->error_client},
    };
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        if (str_eq_c(str_c(field), PLACES[i].name)) {
            return PLACES[i].place;
        }
    }
    return &vm->error;
}

// The form again, with what was typed and what is wrong with it.
static bool show_refused(struct call *call, const struct error *why)
{
    struct ctx *ctx = call->ctx;
    struct vm_mailbox_form vm = {0};
    fill_form(ctx, &vm, &call->settings);
    *place_of(&vm, why->field) = str_dup(ctx->mem, str_c(why->message));
    ctx->resp->status = 422;
    show_form(ctx, &vm, call->id);
    return true;
}

static bool save_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct ctx *ctx = call->ctx;
    struct inbox_id made;
    return call->id.v == 0
               ? inbox_create(desk_of(ctx), tx, &ctx->actor, &call->settings, &made, err)
               : inbox_change(desk_of(ctx), tx, &ctx->actor, call->id, &call->settings, err);
}

static bool back_to_list(struct ctx *ctx, struct error *err)
{
    if (!inboxes_know(desk_of(ctx), err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/mailboxes"));
    return true;
}

// POST /admin/mailboxes and POST /admin/mailboxes/{inbox:id}
static bool page_mailbox_save(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    struct error why;
    read_form(&call);
    if (!db_tx_run(ctx->app->db, "mailbox.save", save_tx, &call, &why)) {
        *err = why;
        return why.code == ERR_INVALID && show_refused(&call, &why);
    }
    return back_to_list(ctx, err);
}

static bool switch_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct ctx *ctx = call->ctx;
    struct inbox box;
    if (!inbox_get(tx, ctx->mem, call->id, &box, err)) {
        return false;
    }
    struct str paused = text_of(ctx, "paused");
    struct str answering = text_of(ctx, "answering");
    if (paused.len > 0) {
        box.switches.paused = str_eq_c(paused, "1");
    }
    if (answering.len > 0) {
        box.switches.answering = str_eq_c(answering, "1");
    }
    return inbox_switch_to(tx, &ctx->actor, call->id, &box.switches, err);
}

// POST /admin/mailboxes/{inbox:id}/switch
static bool page_mailbox_switch(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    return db_tx_run(ctx->app->db, "mailbox.switch", switch_tx, &call, err) &&
           back_to_list(ctx, err);
}

static bool try_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    return inbox_try_now(tx, &call->ctx->actor, call->id, err);
}

// POST /admin/mailboxes/{inbox:id}/try
static bool page_mailbox_try(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    return db_tx_run(ctx->app->db, "mailbox.try", try_tx, &call, err) && back_to_list(ctx, err);
}

// --- asking and importing -----------------------------------------------------------------------

// The day in the form, 0 without one. False when it is none, or not yet over.
static bool read_day(struct ctx *ctx, int64_t *ret)
{
    struct str text = text_of(ctx, "since");
    *ret = 0;
    return text.len == 0 ||
           (text.len == 10 && time_parse_iso(text, ret) && *ret <= clock_now(ctx->app->clock));
}

static bool bad_day(struct ctx *ctx, struct error *err)
{
    ctx->resp->status = 422;
    return mailbox_show(ctx, (struct inbox_id){ctx->path.ids[0]}, STR(""),
                        say_words(ctx, "That is no day of the past."), err);
}

static bool to_one(struct ctx *ctx)
{
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/admin/mailboxes/%lld", (long long)ctx->path.ids[0]));
    return true;
}

static bool ask_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    return inbox_ask(desk_of(call->ctx), tx, &call->ctx->actor, call->id, call->since, err);
}

// POST /admin/mailboxes/{inbox:id}/ask
static bool page_mailbox_ask(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    if (!read_day(ctx, &call.since)) {
        return bad_day(ctx, err);
    }
    return db_tx_run(ctx->app->db, "mailbox.ask", ask_tx, &call, err) && to_one(ctx);
}

static bool import_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct inbox box;
    if (!inbox_get(tx, call->ctx->mem, call->id, &box, err)) {
        return false;
    }
    box.switches.import_since = call->since;
    return inbox_switch_to(tx, &call->ctx->actor, call->id, &box.switches, err);
}

// POST /admin/mailboxes/{inbox:id}/import
static bool page_mailbox_import(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    if (!read_day(ctx, &call.since)) {
        return bad_day(ctx, err);
    }
    return db_tx_run(ctx->app->db, "mailbox.import", import_tx, &call, err) && to_one(ctx);
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    return inbox_remove(tx, &call->ctx->actor, call->id, err);
}

// POST /admin/mailboxes/{inbox:id}/remove
static bool page_mailbox_remove(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    return db_tx_run(ctx->app->db, "mailbox.remove", remove_tx, &call, err) &&
           back_to_list(ctx, err);
}

const struct route *mailbox_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/admin/mailboxes", page_mailboxes, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0, false},
        {HTTP_GET, "/admin/mailboxes/new", page_mailbox_new, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0,
         false},
        {HTTP_POST, "/admin/mailboxes", page_mailbox_save, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE,
         FORM_BYTES, false},
        {HTTP_GET, "/admin/mailboxes/{inbox:id}/edit", page_mailbox_edit, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 0, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}", page_mailbox_save, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, FORM_BYTES, false},
        {HTTP_GET, "/admin/mailboxes/{inbox:id}", page_mailbox, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0,
         false},
        {HTTP_GET, "/admin/mailboxes/granted", page_mailbox_granted, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 0, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/grant", page_mailbox_grant, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/ask", page_mailbox_ask, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/import", page_mailbox_import, ROUTE_PAGE,
         WHO_ADMIN, RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/switch", page_mailbox_switch, ROUTE_PAGE,
         WHO_ADMIN, RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/try", page_mailbox_try, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mailboxes/{inbox:id}/remove", page_mailbox_remove, ROUTE_PAGE,
         WHO_ADMIN, RATE_PAGE, 65536, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
