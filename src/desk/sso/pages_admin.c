// SPDX-License-Identifier: GPL-3.0-or-later
//
// Setting where else people sign in.
#include "app/config.h"
#include "app/say.h"
#include "desk/desk.h"
#include "desk/sso/pages_internal.h"
#include "desk/sso/sso.html.h"
#include "view/url.h"

struct str sso_redirect_uri(const struct ctx *ctx)
{
    struct str base = ctx->app->config->public_url;
    if (str_empty(base)) {
        return STR("");
    }
    base = str_sub(base, 0, base.len - (str_ends(base, STR("/")) ? 1 : 0));
    return str_printf(ctx->mem, STR_FMT "/sign-in/came-back", STR_ARG(base));
}

// GET /admin/sign-on
bool page_sso_list(struct ctx *ctx, struct error *err)
{
    struct vm_sso_list vm = {.redirect_uri = sso_redirect_uri(ctx)};
    struct sso_provider *all = NULL;
    struct view v;
    if (!sso_providers(desk_of(ctx), ctx->db, ctx->mem, &all, &vm.count, err)) {
        return false;
    }
    vm.rows = mem_array(ctx->mem, struct vm_sso_row, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        vm.rows[i] = (struct vm_sso_row){
            .id = all[i].id, .name = all[i].name, .issuer = all[i].issuer, .active = all[i].active};
        if (!sso_people_count(ctx->db, ctx->mem, all[i].id, &vm.rows[i].people, err)) {
            return false;
        }
    }
    if (!sso_directory_rows(ctx, &vm.directories, &vm.directory_count, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Single sign-on"), "admin");
    view_sso_list(&v, &vm);
    return true;
}

static bool show_form(struct ctx *ctx, struct vm_sso_form *vm)
{
    struct url_builder action;
    struct view v;
    url_begin(&action, ctx->mem, "/admin/sign-on");
    if (vm->id.v != 0) {
        url_segment_i64(&action, vm->id.v);
    }
    vm->action = url_end(&action);
    vm->redirect_uri = sso_redirect_uri(ctx);
    vm->tried = str_none(vm->tried) ? STR("") : vm->tried;
    desk_page_begin(ctx, &v, &vm->layout,
                    vm->id.v == 0 ? say_words(ctx, "Add a place to sign in") : vm->p.name, "admin");
    view_sso_form(&v, vm);
    return true;
}

// GET /admin/sign-on/new
bool page_sso_new(struct ctx *ctx, struct error *err)
{
    (void)err;
    struct vm_sso_form vm = {.p = {.name = STR(""),
                                   .issuer = STR(""),
                                   .client = STR(""),
                                   .secret = STR(""),
                                   .ca = STR(""),
                                   .active = true}};
    return show_form(ctx, &vm);
}

static bool load_form(struct ctx *ctx, struct vm_sso_form *vm, struct error *err)
{
    vm->id.v = ctx->path.ids[0];
    if (!sso_provider_load(desk_of(ctx), ctx->db, ctx->mem, vm->id, &vm->p, err)) {
        return false;
    }
    vm->has_secret = vm->p.secret.len > 0;
    return true;
}

// GET /admin/sign-on/{provider:id}
bool page_sso_edit(struct ctx *ctx, struct error *err)
{
    struct vm_sso_form vm = {0};
    return load_form(ctx, &vm, err) && show_form(ctx, &vm);
}

// POST /admin/sign-on/{provider:id}/try
bool page_sso_try(struct ctx *ctx, struct error *err)
{
    struct vm_sso_form vm = {0};
    struct oidc_place place;
    struct error why;
    if (!load_form(ctx, &vm, err)) {
        return false;
    }
    vm.works = oidc_discover(ctx->mem, vm.p.issuer, vm.p.ca, &place, &why);
    vm.tried = vm.works ? say_words(ctx, "The provider answers, and says what is needed.")
                        : str_dup(ctx->mem, str_c(why.message));
    return show_form(ctx, &vm);
}

struct saving {
    struct ctx *ctx;
    struct sso_provider p;
};

static bool save_tx(struct db *tx, void *arg, struct error *err)
{
    struct saving *s = arg;
    struct sso_provider before;
    if (s->p.id.v != 0 &&
        !sso_provider_load(desk_of(s->ctx), tx, db_tx_ctx(tx), s->p.id, &before, err)) {
        return false;
    }
    // Never shown, so left empty it stays.
    struct sso_provider p = s->p;
    p.secret = p.secret.len == 0 && p.id.v != 0 ? before.secret : p.secret;
    return sso_provider_store(desk_of(s->ctx), tx, &s->ctx->actor, &p, err);
}

static bool show_refused(struct ctx *ctx, const struct sso_provider *typed, const struct error *why)
{
    struct vm_sso_form vm = {.id = typed->id, .p = *typed, .has_secret = typed->id.v != 0};
    struct str words = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
    struct str field = str_c(why->field);
    struct str none = STR("");
    vm.error_name = str_eq_c(field, "name") ? words : none;
    vm.error_issuer = str_eq_c(field, "issuer") ? words : none;
    vm.error_client = str_eq_c(field, "client") ? words : none;
    vm.error_ca = str_eq_c(field, "ca") ? words : none;
    vm.error = field.len == 0 ? words : none;
    ctx->resp->status = 422;
    return show_form(ctx, &vm);
}

// POST /admin/sign-on and /admin/sign-on/{provider:id}
bool page_sso_save(struct ctx *ctx, struct error *err)
{
    struct error why;
    struct saving s = {.ctx = ctx,
                       .p = {.id = {ctx->path.ids[0]},
                             .name = http_form_trimmed(ctx->req, "name"),
                             .issuer = http_form_trimmed(ctx->req, "issuer"),
                             .client = http_form_trimmed(ctx->req, "client"),
                             .secret = http_form_trimmed(ctx->req, "secret"),
                             .ca = http_form_trimmed(ctx->req, "ca"),
                             .newcomers = http_form_trimmed(ctx->req, "newcomers").len > 0,
                             .trusts_mail = http_form_trimmed(ctx->req, "trusts_mail").len > 0,
                             .second_step = http_form_trimmed(ctx->req, "second_step").len > 0,
                             .active = http_form_trimmed(ctx->req, "active").len > 0}};
    if (db_tx_run(ctx->app->db, "sso.save", save_tx, &s, &why)) {
        http_redirect(ctx->resp, STR("/admin/sign-on"));
        return true;
    }
    if (why.code != ERR_INVALID) {
        *err = why;
        return false;
    }
    return show_refused(ctx, &s.p, &why);
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return sso_provider_remove(desk_of(ctx), tx, &ctx->actor,
                               (struct provider_id){ctx->path.ids[0]}, err);
}

// POST /admin/sign-on/{provider:id}/remove
bool page_sso_remove(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "sso.remove", remove_tx, ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/sign-on"));
    return true;
}
