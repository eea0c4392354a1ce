// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where administrators arrange services: by buttons, so by keyboard and without scripts too.
#include "app/say.h"
#include "desk/catalogue/arrange.html.h"
#include "desk/catalogue/pages.h"
#include "desk/catalogue/queries.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"

struct arranging {
    struct ctx *ctx;
    struct object_id id;
    struct service service;
    struct field_edit edit;
    bool up;
};

typedef bool arrange_fn(struct db *tx, struct arranging *a, struct error *err);

struct arrange_call {
    arrange_fn *fn;
    struct arranging *a;
};

static bool arrange_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct arrange_call *call = arg;
    return call->fn(tx, call->a, err);
}

// --- all of them --------------------------------------------------------------------------------

static bool show_services(struct ctx *ctx, struct vm_services *vm, struct error *err)
{
    struct service *list = NULL;
    struct view v;
    if (!services_list(ctx->db, ctx->mem, &ctx->actor, &list, &vm->count, err)) {
        return false;
    }
    vm->services = mem_array(ctx->mem, struct vm_service, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        vm->services[i] = (struct vm_service){.id = list[i].id,
                                              .name = list[i].name,
                                              .summary = list[i].summary,
                                              .open = list[i].open,
                                              .first = i == 0,
                                              .last = i + 1 == vm->count};
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Services"), "admin");
    view_services_arrange(&v, vm);
    return true;
}

// GET /admin/services
bool page_arrange(struct ctx *ctx, struct error *err)
{
    struct vm_services vm = {.error = STR(""), .name = STR("")};
    return show_services(ctx, &vm, err);
}

static bool make_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    return service_make(desk_of(a->ctx), tx, a->ctx->mem, &a->ctx->actor, a->service.name, &a->id,
                        err);
}

static void go(struct ctx *ctx, struct object_id id)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/admin/services/%lld", (long long)id.v));
}

// POST /admin/services name=
bool page_service_make(struct ctx *ctx, struct error *err)
{
    struct arranging a = {.ctx = ctx, .service = {.name = http_form_trimmed(ctx->req, "name")}};
    struct arrange_call call = {make_in_tx, &a};
    struct error why;
    if (!db_tx_run(ctx->app->db, "catalogue.make", arrange_in_tx, &call, &why)) {
        struct vm_services vm = {.error = say_str(ctx, str_dup(ctx->mem, str_c(why.message))),
                                 .name = a.service.name};
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        ctx->resp->status = 422;
        return show_services(ctx, &vm, err);
    }
    go(ctx, a.id);
    return true;
}

static bool move_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    return service_move(tx, a->ctx->mem, &a->ctx->actor, a->id, a->up, err);
}

// POST /admin/services/{object:id}/move to=up|down
bool page_service_move(struct ctx *ctx, struct error *err)
{
    struct arranging a = {.ctx = ctx,
                          .id = {ctx->path.ids[0]},
                          .up = str_eq_c(http_form_trimmed(ctx->req, "to"), "up")};
    struct arrange_call call = {move_in_tx, &a};
    if (!db_tx_run(ctx->app->db, "catalogue.move", arrange_in_tx, &call, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/services"));
    return true;
}

// --- one of them --------------------------------------------------------------------------------

static const char *kind_words(enum ask_kind kind)
{
    static const char *const WORDS_OF[ASK_KINDS] = {
        WORDS("A line of text"), WORDS("Several lines"),  WORDS("One of a list"),
        WORDS("Yes or no"),      WORDS("A day"),          WORDS("A number"),
        WORDS("A person"),       WORDS("Files, pictures")};
    return WORDS_OF[kind];
}

static void fill_choices(struct ctx *ctx, const struct vm_form *form, size_t before,
                         struct vm_field *vm)
{
    vm->kinds = mem_array(ctx->mem, struct vm_option, ASK_KINDS);
    vm->kind_count = ASK_KINDS;
    for (size_t i = 0; i < ASK_KINDS; i++) {
        struct str word = ask_kind_word((enum ask_kind)i);
        vm->kinds[i] = (struct vm_option){word, say_str(ctx, str_c(kind_words((enum ask_kind)i))),
                                          str_eq(word, vm->kind)};
    }
    vm->befores = mem_array(ctx->mem, struct vm_option, before + 1);
    for (size_t i = 0; i < before; i++) {
        if (!form->fields[i].file) {
            vm->befores[vm->before_count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)form->fields[i].mark),
                                   form->fields[i].label, form->fields[i].mark == vm->when_mark};
        }
    }
}

static bool fill_versions(struct ctx *ctx, struct vm_arrange *vm, struct error *err)
{
    struct forms_of_service_row *rows = NULL;
    struct names names = {0};
    if (!forms_of_service(ctx->db, ctx->mem, vm->form.id, &rows, &vm->version_count, err)) {
        return false;
    }
    for (size_t i = 0; i < vm->version_count; i++) {
        names_want(&names, ctx->mem, rows[i].created_by);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->versions = mem_array(ctx->mem, struct vm_version, vm->version_count + 1);
    for (size_t i = 0; i < vm->version_count; i++) {
        bool draft = str_eq_c(rows[i].state, "draft");
        vm->versions[i] =
            (struct vm_version){.number = rows[i].number,
                                .draft = draft,
                                .author = names_person(&names, rows[i].created_by).name,
                                .at = rows[i].created_at,
                                .requests = rows[i].requests};
        vm->other = vm->other || !draft;
    }
    return true;
}

static bool show_service(struct ctx *ctx, struct vm_arrange *vm, struct error *err)
{
    struct object_id id = {ctx->path.ids[0]};
    struct service service;
    struct form form;
    struct view v;
    if (!service_load(ctx->db, ctx->mem, &ctx->actor, id, &service, err) ||
        !form_version(ctx->db, ctx->mem, &ctx->actor, id, 0, &form, err)) {
        return false;
    }
    catalogue_fill_form(ctx, &service, &form, NULL, &vm->form);
    vm->open = service.open;
    vm->draft = form.draft;
    for (size_t i = 0; i < vm->form.field_count; i++) {
        vm->form.fields[i].first = i == 0;
        vm->form.fields[i].last = i + 1 == vm->form.field_count;
        fill_choices(ctx, &vm->form, i, &vm->form.fields[i]);
    }
    vm->added = (struct vm_field){.kind = STR("text"),
                                  .label = STR(""),
                                  .hint = STR(""),
                                  .choices = STR(""),
                                  .preset = STR(""),
                                  .when_value = STR("")};
    fill_choices(ctx, &vm->form, vm->form.field_count, &vm->added);
    if (!fill_versions(ctx, vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->form.layout, service.name, "admin");
    view_service_arrange(&v, vm);
    return true;
}

// GET /admin/services/{object:id}
bool page_service_edit(struct ctx *ctx, struct error *err)
{
    struct vm_arrange vm = {.form = {.error = STR("")}};
    return show_service(ctx, &vm, err);
}

// Mistakes are shown at the page of the service, which stays as it was.
static bool arrange(struct ctx *ctx, arrange_fn *fn, struct arranging *a, struct error *err)
{
    struct arrange_call call = {fn, a};
    struct error why;
    a->ctx = ctx;
    a->id = (struct object_id){ctx->path.ids[0]};
    if (db_tx_run(ctx->app->db, "catalogue.arrange", arrange_in_tx, &call, &why)) {
        go(ctx, a->id);
        return true;
    }
    if (why.code != ERR_INVALID && why.code != ERR_CONFLICT) {
        *err = why;
        return false;
    }
    struct vm_arrange vm = {.form = {.error = say_str(ctx, str_dup(ctx->mem, str_c(why.message)))}};
    ctx->resp->status = error_http_status(why.code);
    return show_service(ctx, &vm, err);
}

static bool store_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    a->service.id = a->id;
    return service_store(tx, a->ctx->mem, &a->ctx->actor, &a->service, err);
}

// POST /admin/services/{object:id}
bool page_service_store(struct ctx *ctx, struct error *err)
{
    struct arranging a = {.service = {.name = http_form_trimmed(ctx->req, "name"),
                                      .summary = http_form_trimmed(ctx->req, "summary"),
                                      .open = str_eq_c(http_form_trimmed(ctx->req, "open"), "1")}};
    return arrange(ctx, store_in_tx, &a, err);
}

static bool field_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    a->edit.service = a->id;
    return field_change(desk_of(a->ctx), tx, a->ctx->mem, &a->ctx->actor, &a->edit, err);
}

// Text of a form has CR LF at its line ends.
static struct str lines(struct ctx *ctx, struct str text)
{
    struct buf out;
    struct str line;
    buf_init(&out, ctx->mem, 65536);
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 0) {
            buf_put_c(&out, out.len > 0 ? "\n" : "");
            buf_put(&out, line);
        }
    }
    return buf_str(&out);
}

static bool read_field(struct ctx *ctx, struct form_field *ret, struct error *err)
{
    struct str preset = http_form_trimmed(ctx->req, "preset");
    *ret = (struct form_field){
        .label = http_form_trimmed(ctx->req, "label"),
        .hint = http_form_trimmed(ctx->req, "hint"),
        .required = str_eq_c(http_form_trimmed(ctx->req, "required"), "1"),
        .choices = lines(ctx, http_form_trimmed(ctx->req, "choices")),
        .preset = str_eq_c(preset, "name") || str_eq_c(preset, "email") ? preset : STR(""),
        .when_value = http_form_trimmed(ctx->req, "when_value")};
    if (!ask_kind_parse(http_form_trimmed(ctx->req, "kind"), &ret->kind)) {
        return error_set(err, ERR_BAD_REQUEST, "There is no such kind of question.");
    }
    if (!str_to_i64(http_form_trimmed(ctx->req, "when"), &ret->when_mark)) {
        ret->when_mark = 0;
    }
    return true;
}

// POST /admin/services/{object:id}/fields
bool page_field_add(struct ctx *ctx, struct error *err)
{
    struct arranging a = {.edit = {.change = QUESTION_ADD}};
    return read_field(ctx, &a.edit.field, err) && arrange(ctx, field_in_tx, &a, err);
}

// POST /admin/services/{object:id}/fields/{number:id} do=save|up|down|remove
bool page_field_change(struct ctx *ctx, struct error *err)
{
    struct str what = http_form_trimmed(ctx->req, "do");
    struct arranging a = {.edit = {.change = str_eq_c(what, "up")       ? QUESTION_UP
                                             : str_eq_c(what, "down")   ? QUESTION_DOWN
                                             : str_eq_c(what, "remove") ? QUESTION_REMOVE
                                                                        : QUESTION_SAVE}};
    if (a.edit.change == QUESTION_SAVE && !read_field(ctx, &a.edit.field, err)) {
        return false;
    }
    a.edit.field.mark = ctx->path.ids[1];
    return arrange(ctx, field_in_tx, &a, err);
}

static bool publish_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    return form_publish_draft(desk_of(a->ctx), tx, a->ctx->mem, &a->ctx->actor, a->id, err);
}

// POST /admin/services/{object:id}/publish
bool page_form_publish(struct ctx *ctx, struct error *err)
{
    struct arranging a = {0};
    return arrange(ctx, publish_in_tx, &a, err);
}

static bool discard_in_tx(struct db *tx, struct arranging *a, struct error *err)
{
    return form_drop_draft(tx, a->ctx->mem, &a->ctx->actor, a->id, err);
}

// POST /admin/services/{object:id}/discard
bool page_form_discard(struct ctx *ctx, struct error *err)
{
    struct arranging a = {0};
    return arrange(ctx, discard_in_tx, &a, err);
}
