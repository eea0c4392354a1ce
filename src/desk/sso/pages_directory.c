// SPDX-License-Identifier: GPL-3.0-or-later
//
// Passwords that directories check, and setting those directories.
#include "app/say.h"
#include "base/log.h"
#include "desk/desk.h"
#include "desk/sso/directory.html.h"
#include "desk/sso/pages_internal.h"
#include "view/url.h"

// --- signing in ---------------------------------------------------------------------------------

bool sso_any_directory(struct ctx *ctx, bool *ret, struct error *err)
{
    struct sso_directory *all = NULL;
    size_t count = 0;
    if (!sso_directories(desk_of(ctx), ctx->db, ctx->mem, &all, &count, err)) {
        return false;
    }
    *ret = false;
    for (size_t i = 0; i < count; i++) {
        *ret = *ret || all[i].active;
    }
    return true;
}

struct entering {
    struct ctx *ctx;
    const struct sso_directory *directory;
    struct directory_entry entry;
    struct user user;
};

static bool enter_tx(struct db *tx, void *arg, struct error *err)
{
    struct entering *e = arg;
    return sso_directory_person(desk_of(e->ctx), tx, e->ctx->mem, e->directory, &e->entry, &e->user,
                                err);
}

// What is wrong with it is for administrators.
static bool told(const struct sso_directory *directory, const struct error *why, struct error *err)
{
    LOG(LOG_LEVEL_WARN, "directory", LOG_TEXT("name", directory->name),
        LOG_TEXT("why", str_c(why->message)));
    return error_set(err, ERR_UNAVAILABLE,
                     "This is no password of this desk's own, and the directory that may know it "
                     "does not answer just now. Try again in a minute, or let us mail you a link.");
}

bool sso_password(struct ctx *ctx, struct str name, struct str password, struct user_id *ret,
                  struct error *err)
{
    struct sso_directory *all = NULL;
    size_t count = 0;
    (void)error_set(err, ERR_NOT_FOUND, "Nobody elsewhere has this name and password.");
    struct error nobody = *err;
    if (!sso_directories(desk_of(ctx), ctx->db, ctx->mem, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && !str_empty(name) && !str_empty(password); i++) {
        struct entering e = {.ctx = ctx, .directory = &all[i]};
        const struct sso_asking asking = {&all[i], name, password};
        struct error why;
        if (!all[i].active) {
            continue;
        }
        if (sso_ask(desk_of(ctx)->sso, ctx->mem, &asking, &e.entry, &why)) {
            bool entered = db_tx_run(ctx->app->db, "sso.directory", enter_tx, &e, err);
            *ret = entered ? e.user.id : *ret;
            return entered;
        }
        if (why.code == ERR_UNAVAILABLE) {
            (void)told(&all[i], &why, &nobody);
        } else if (why.code != ERR_NOT_FOUND) {
            break;  // it knows the name, and this is not the password
        }
    }
    *err = nobody;
    return false;
}

// --- setting ------------------------------------------------------------------------------------

bool sso_directory_rows(struct ctx *ctx, struct vm_sso_row **ret, size_t *ret_count,
                        struct error *err)
{
    struct sso_directory *all = NULL;
    if (!sso_directories(desk_of(ctx), ctx->db, ctx->mem, &all, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_sso_row, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        struct vm_sso_row *row = &(*ret)[i];
        *row = (struct vm_sso_row){
            .id = all[i].id, .name = all[i].name, .issuer = all[i].at.url, .active = all[i].active};
        if (!sso_directory_people(ctx->db, ctx->mem, all[i].id, &row->people, err)) {
            return false;
        }
    }
    return true;
}

static bool show_form(struct ctx *ctx, struct vm_directory_form *vm)
{
    struct url_builder action;
    struct view v;
    url_begin(&action, ctx->mem, "/admin/directories");
    if (vm->id.v != 0) {
        url_segment_i64(&action, vm->id.v);
    }
    vm->action = url_end(&action);
    vm->like_url = STR("ldaps://directory.example.org");
    vm->like_binder = STR("cn=desk,dc=example,dc=org");
    vm->like_base = STR("ou=people,dc=example,dc=org");
    vm->like_roles = STR("agent: cn=desk,ou=groups,dc=example,dc=org");
    vm->other_filter = STR("(&(objectClass=user)(|(sAMAccountName={login})"
                           "(userPrincipalName={login})))");
    vm->tried = str_none(vm->tried) ? STR("") : vm->tried;
    vm->found = str_none(vm->found) ? STR("") : vm->found;
    vm->login = str_none(vm->login) ? STR("") : vm->login;
    desk_page_begin(ctx, &v, &vm->layout,
                    vm->id.v == 0 ? say_words(ctx, "Add a directory") : vm->d.name, "admin");
    view_directory_form(&v, vm);
    return true;
}

// GET /admin/directories/new
bool page_directory_new(struct ctx *ctx, struct error *err)
{
    (void)err;
    struct str none = STR("");
    struct vm_directory_form vm = {
        .d = {.name = none,
              .at = {.url = none,
                     .ca = none,
                     .bind_dn = none,
                     .base = none,
                     .filter = STR("(&(objectClass=person)(|(uid={login})(mail={login})))"),
                     .attr_mail = STR("mail"),
                     .attr_name = STR("cn")},
              .roles = none,
              .active = true}};
    return show_form(ctx, &vm);
}

static bool load_form(struct ctx *ctx, struct vm_directory_form *vm, struct error *err)
{
    vm->id.v = ctx->path.ids[0];
    if (!sso_directory_load(desk_of(ctx), ctx->db, ctx->mem, vm->id, &vm->d, err)) {
        return false;
    }
    vm->has_password = vm->d.at.password.len > 0;
    return true;
}

// GET /admin/directories/{provider:id}
bool page_directory_edit(struct ctx *ctx, struct error *err)
{
    struct vm_directory_form vm = {0};
    return load_form(ctx, &vm, err) && show_form(ctx, &vm);
}

// POST /admin/directories/{provider:id}/try
bool page_directory_try(struct ctx *ctx, struct error *err)
{
    struct vm_directory_form vm = {.login = http_form_trimmed(ctx->req, "login")};
    struct directory_entry entry = {.dn = STR("")};
    struct error why;
    if (!load_form(ctx, &vm, err)) {
        return false;
    }
    bool one = !str_empty(vm.login);
    vm.works = one ? directory_find(ctx->mem, &vm.d.at, vm.login, &entry, &why)
                   : directory_try(ctx->mem, &vm.d.at, &why);
    if (!vm.works) {
        vm.tried = say_str(ctx, str_dup(ctx->mem, str_c(why.message)));
        return show_form(ctx, &vm);
    }
    vm.tried = say_words(ctx, "The directory answers, and lets the desk search.");
    if (one) {
        enum role role = sso_directory_role(ctx->mem, &vm.d, &entry);
        struct str word = role == ROLE_NONE ? STR("") : role_name(role);
        vm.found = str_printf(ctx->mem, STR_FMT " · " STR_FMT " · " STR_FMT "%s" STR_FMT,
                              STR_ARG(entry.dn), STR_ARG(entry.name), STR_ARG(entry.mail),
                              word.len > 0 ? " · " : "", STR_ARG(word));
    }
    return show_form(ctx, &vm);
}

struct saving {
    struct ctx *ctx;
    struct sso_directory d;
};

static bool save_tx(struct db *tx, void *arg, struct error *err)
{
    const struct saving *s = arg;
    struct sso_directory before;
    struct sso_directory d = s->d;
    if (d.id.v != 0 &&
        !sso_directory_load(desk_of(s->ctx), tx, db_tx_ctx(tx), d.id, &before, err)) {
        return false;
    }
    // Never shown, so left empty it stays; but it goes nowhere else than where it was meant for.
    if (d.id.v != 0 && d.at.password.len == 0 && d.at.bind_dn.len > 0 &&
        str_eq(d.at.url, before.at.url)) {
        d.at.password = before.at.password;
    }
    return sso_directory_store(desk_of(s->ctx), tx, &s->ctx->actor, &d, err);
}

static bool show_refused(struct ctx *ctx, const struct sso_directory *typed,
                         const struct error *why)
{
    struct vm_directory_form vm = {.id = typed->id, .d = *typed, .has_password = typed->id.v != 0};
    struct str words = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
    struct str field = str_c(why->field);
    const struct {
        const char *name;
        struct str *at;
    } FIELDS[] = {
        {"name", &vm.error_name},
        {"url", &vm.error_url},
        {"ca", &vm.error_ca},
        {"bind_dn", &vm.error_bind_dn},
        {"password", &vm.error_password},
        {"base", &vm.error_base},
        {"filter", &vm.error_filter},
        {"attr_mail", &vm.error_attr_mail},
        {"attr_name", &vm.error_attr_name},
        {"staff", &vm.error_staff},
        {"roles", &vm.error_roles},
        {"", &vm.error},
    };
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        *FIELDS[i].at = str_eq_c(field, FIELDS[i].name) ? words : STR("");
    }
    ctx->resp->status = 422;
    return show_form(ctx, &vm);
}

static bool is_ticked(struct ctx *ctx, const char *name)
{
    return http_form_trimmed(ctx->req, name).len > 0;
}

// POST /admin/directories and /admin/directories/{provider:id}
bool page_directory_save(struct ctx *ctx, struct error *err)
{
    struct error why;
    struct saving s = {.ctx = ctx,
                       .d = {.id = {ctx->path.ids[0]},
                             .name = http_form_trimmed(ctx->req, "name"),
                             .at = {.url = http_form_trimmed(ctx->req, "url"),
                                    .start_tls = is_ticked(ctx, "start_tls"),
                                    .insecure = is_ticked(ctx, "insecure"),
                                    .ca = http_form_trimmed(ctx->req, "ca"),
                                    .bind_dn = http_form_trimmed(ctx->req, "bind_dn"),
                                    .password = http_form_text(ctx->req, "secret"),
                                    .base = http_form_trimmed(ctx->req, "base"),
                                    .filter = http_form_trimmed(ctx->req, "filter"),
                                    .attr_mail = http_form_trimmed(ctx->req, "attr_mail"),
                                    .attr_name = http_form_trimmed(ctx->req, "attr_name")},
                             .roles = http_form_trimmed(ctx->req, "roles"),
                             .staff = is_ticked(ctx, "staff"),
                             .newcomers = is_ticked(ctx, "newcomers"),
                             .active = is_ticked(ctx, "active")}};
    if (db_tx_run(ctx->app->db, "directory.save", save_tx, &s, &why)) {
        http_redirect(ctx->resp, STR("/admin/sign-on"));
        return true;
    }
    if (why.code != ERR_INVALID) {
        *err = why;
        return false;
    }
    return show_refused(ctx, &s.d, &why);
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return sso_directory_remove(desk_of(ctx), tx, &ctx->actor,
                                (struct provider_id){ctx->path.ids[0]}, err);
}

// POST /admin/directories/{provider:id}/remove
bool page_directory_remove(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "directory.remove", remove_tx, ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/sign-on"));
    return true;
}
