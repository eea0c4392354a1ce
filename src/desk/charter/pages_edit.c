// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing a charter in seven steps, and what leads do with it.
#include "desk/charter/charter.html.h"
#include "desk/charter/pages.h"
#include "desk/desk.h"

enum { STEP_MISSION = 3, STEP_VALUES = 4, STEP_OBJECTIVES = 5, SPARE_ROWS = 2, SIGNERS_MOST = 200 };

static const struct {
    const char *title;
    const char *intro;
} STEPS[CHARTER_STEPS] = {
    {"Company", "What the desk does serves what the whole organisation is for. Begin there."},
    {"Five questions", "Answer them in plain words, as you would tell a new colleague."},
    {"Mission and vision",
     "Now one sentence from your five answers, and one about where you want to be."},
    {"Values", "A handful is enough. Each with the words that make it easy to recognise."},
    {"Objectives", "What you want to reach soon and in the long run, and how you will see it."},
    {"Team charter", "How the team works together: what happens, who does it, who answers for it."},
    {"Greetings", "How people are greeted, and what new colleagues read first."},
};

// Forms send line ends as CR LF; the text that is signed has LF only.
static struct str without_returns(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\r') {
            buf_put_char(&out, text.ptr[i]);
        }
    }
    return text.len == 0 ? STR("") : buf_str(&out);
}

// The n-th field of that name, "" when there is none.
static struct str form_nth(struct ctx *ctx, const char *name, size_t n)
{
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        const struct http_pair *pair = &ctx->req->form.items[i];
        if (str_eq_c(pair->name, name) && n-- == 0) {
            return without_returns(ctx->mem, str_trim(pair->value));
        }
    }
    return STR("");
}

static size_t form_count(struct ctx *ctx, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        count += str_eq_c(ctx->req->form.items[i].name, name) ? 1 : 0;
    }
    return count;
}

// --- the form -----------------------------------------------------------------------------------

static void add_field(struct vm_charter_text *ret, int field, const struct charter *charter)
{
    *ret = (struct vm_charter_text){.word = CHARTER_FIELD_KINDS[field].word,
                                    .heading = CHARTER_FIELD_KINDS[field].heading,
                                    .question = CHARTER_FIELD_KINDS[field].question,
                                    .body = charter->fields[field],
                                    .is_line = field == CHARTER_MISSION};
}

static void fill_fields(struct ctx *ctx, const struct charter *charter, struct vm_charter_edit *vm)
{
    vm->fields = mem_array(ctx->mem, struct vm_charter_text, CHARTER_FIELDS);
    vm->answers = mem_array(ctx->mem, struct vm_charter_text, CHARTER_FIELDS);
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        int step = CHARTER_FIELD_KINDS[i].step;
        if (step == vm->step) {
            add_field(&vm->fields[vm->field_count++], i, charter);
        } else if (step < vm->step && vm->step == STEP_MISSION && charter->fields[i].len > 0) {
            add_field(&vm->answers[vm->answer_count++], i, charter);
        }
    }
}

static size_t rows_of(size_t count, size_t most)
{
    return count + SPARE_ROWS > most ? most : count + SPARE_ROWS;
}

static void fill_lists(struct ctx *ctx, const struct charter *charter, struct vm_charter_edit *vm)
{
    const struct charter_value no_value = {0, 0, STR_INIT(""), STR_INIT(""), STR_INIT("")};
    const struct charter_objective no_objective = {
        .title = STR_INIT(""), .measure = STR_INIT(""), .target = STR_INIT("")};
    vm->is_values = vm->step == STEP_VALUES;
    vm->is_objectives = vm->step == STEP_OBJECTIVES;
    vm->value_count = rows_of(charter->value_count, CHARTER_VALUES_MOST);
    vm->objective_count = rows_of(charter->objective_count, CHARTER_OBJECTIVES_MOST);
    vm->values = mem_array(ctx->mem, struct charter_value, vm->value_count + 1);
    vm->objectives = mem_array(ctx->mem, struct charter_objective, vm->objective_count + 1);
    for (size_t i = 0; i < vm->value_count; i++) {
        vm->values[i] = i < charter->value_count ? charter->values[i] : no_value;
    }
    for (size_t i = 0; i < vm->objective_count; i++) {
        vm->objectives[i] = i < charter->objective_count ? charter->objectives[i] : no_objective;
    }
}

static bool show_edit(struct ctx *ctx, const struct charter *charter, int step, struct str error)
{
    struct vm_charter_edit vm = {.id = charter->id,
                                 .number = charter->number,
                                 .revision = charter->revision,
                                 .step = step,
                                 .last = step == CHARTER_STEPS,
                                 .intro = STEPS[step - 1].intro,
                                 .error = error};
    struct view v;
    vm.steps = mem_array(ctx->mem, struct vm_charter_step, CHARTER_STEPS);
    for (int i = 0; i < CHARTER_STEPS; i++) {
        vm.steps[vm.step_count++] = (struct vm_charter_step){i + 1, STEPS[i].title, i + 1 == step};
    }
    fill_fields(ctx, charter, &vm);
    fill_lists(ctx, charter, &vm);
    desk_page_begin(ctx, &v, &vm.layout, STR("Writing the charter"), "charter");
    view_charter_edit_page(&v, &vm);
    return true;
}

static int read_step(struct str text)
{
    int64_t step = 0;
    return str_to_i64(text, &step) && step >= 1 && step <= CHARTER_STEPS ? (int)step : 1;
}

// GET /charter/versions/{object:id}/edit?step=3
bool page_charter_edit(struct ctx *ctx, struct error *err)
{
    struct charter charter;
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &charter, err)) {
        return false;
    }
    if (charter.state != CHARTER_DRAFT) {
        return error_set(err, ERR_CONFLICT,
                         "This version is no draft any more; its text is fixed.");
    }
    return show_edit(ctx, &charter, read_step(http_param(ctx->req, "step")), STR(""));
}

// --- saving -------------------------------------------------------------------------------------

struct saving {
    struct ctx *ctx;
    struct charter_change change;
};

static void read_values(struct ctx *ctx, struct charter_change *change)
{
    size_t rows = form_count(ctx, "name");
    struct charter_value *values = mem_array(ctx->mem, struct charter_value, rows + 1);
    change->set_values = true;
    for (size_t i = 0; i < rows; i++) {
        struct charter_value *one = &values[change->value_count];
        *one = (struct charter_value){.name = form_nth(ctx, "name", i),
                                      .keywords = form_nth(ctx, "keywords", i),
                                      .meaning = form_nth(ctx, "meaning", i)};
        if (!str_to_i64(form_nth(ctx, "origin", i), &one->origin)) {
            one->origin = 0;
        }
        change->value_count += one->name.len > 0 ? 1 : 0;
    }
    change->values = values;
}

static void read_objectives(struct ctx *ctx, struct charter_change *change)
{
    size_t rows = form_count(ctx, "title");
    struct charter_objective *all = mem_array(ctx->mem, struct charter_objective, rows + 1);
    change->set_objectives = true;
    for (size_t i = 0; i < rows; i++) {
        struct charter_objective *one = &all[change->objective_count];
        *one = (struct charter_objective){.title = form_nth(ctx, "title", i),
                                          .measure = form_nth(ctx, "measure", i),
                                          .target = form_nth(ctx, "target", i),
                                          .is_long = str_eq_c(form_nth(ctx, "horizon", i), "long")};
        if (!str_to_i64(form_nth(ctx, "origin", i), &one->origin)) {
            one->origin = 0;
        }
        change->objective_count += one->title.len > 0 ? 1 : 0;
    }
    change->objectives = all;
}

static bool save_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct saving *s = arg;
    return charter_change(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, &s->change, err);
}

// What was written stays on the page.
static bool show_again(struct ctx *ctx, const struct charter_change *change, int step,
                       const struct error *why, struct error *err)
{
    struct charter charter;
    if (why->code != ERR_INVALID && why->code != ERR_CONFLICT) {
        *err = *why;
        return false;
    }
    struct str message = str_dup(ctx->mem, str_c(why->message));
    if (!charter_load(ctx->db, ctx->mem, &ctx->actor, change->id, &charter, err)) {
        return false;
    }
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        if ((change->set & (1U << i)) != 0) {
            charter.fields[i] = change->fields[i];
        }
    }
    if (change->set_values) {
        charter.value_count = change->value_count;
        charter.values = mem_array(ctx->mem, struct charter_value, change->value_count + 1);
        for (size_t i = 0; i < change->value_count; i++) {
            charter.values[i] = change->values[i];
        }
    }
    if (change->set_objectives) {
        charter.objective_count = change->objective_count;
        charter.objectives =
            mem_array(ctx->mem, struct charter_objective, change->objective_count + 1);
        for (size_t i = 0; i < change->objective_count; i++) {
            charter.objectives[i] = change->objectives[i];
        }
    }
    ctx->resp->status = error_http_status(why->code);
    return show_edit(ctx, &charter, step, message);
}

// POST /charter/versions/{object:id}/edit
bool page_charter_save(struct ctx *ctx, struct error *err)
{
    struct saving s = {.ctx = ctx, .change = {.id = ctx->path.ids[0]}};
    struct error why;
    int step = read_step(http_form_trimmed(ctx->req, "step"));
    if (!str_to_i64(http_form_trimmed(ctx->req, "revision"), &s.change.revision)) {
        return error_set(err, ERR_BAD_REQUEST, "This form is not complete.");
    }
    for (int i = 0; i < CHARTER_FIELDS; i++) {
        if (CHARTER_FIELD_KINDS[i].step == step) {
            s.change.set |= 1U << i;
            s.change.fields[i] = form_nth(ctx, CHARTER_FIELD_KINDS[i].word, 0);
        }
    }
    if (step == STEP_VALUES) {
        read_values(ctx, &s.change);
    }
    if (step == STEP_OBJECTIVES) {
        read_objectives(ctx, &s.change);
    }
    if (!db_tx_run(ctx->app->db, "charter.change", save_in_tx, &s, &why)) {
        return show_again(ctx, &s.change, step, &why, err);
    }
    http_redirect(ctx->resp,
                  step == CHARTER_STEPS
                      ? str_printf(ctx->mem, "/charter/versions/%lld", (long long)s.change.id)
                      : str_printf(ctx->mem, "/charter/versions/%lld/edit?step=%d",
                                   (long long)s.change.id, step + 1));
    return true;
}

// --- what else leads do -------------------------------------------------------------------------

struct leading {
    struct ctx *ctx;
    enum charter_start start;
    int64_t id;
    struct charter_opening opening;
    struct charter_progress progress;
    struct str field;
    struct str body;
};

static bool begin_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leading *l = arg;
    return charter_begin(desk_of(l->ctx), tx, l->ctx->mem, &l->ctx->actor, l->start, &l->id, err);
}

// POST /charter/versions
bool page_charter_begin(struct ctx *ctx, struct error *err)
{
    struct str from = http_form_trimmed(ctx->req, "from");
    struct leading l = {.ctx = ctx,
                        .start = str_eq_c(from, "example")    ? CHARTER_FROM_EXAMPLE
                                 : str_eq_c(from, "in_force") ? CHARTER_FROM_IN_FORCE
                                                              : CHARTER_BLANK};
    if (!db_tx_run(ctx->app->db, "charter.begin", begin_in_tx, &l, err)) {
        return false;
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/charter/versions/%lld/edit", (long long)l.id));
    return true;
}

// Back to the version, or the version with what was wrong.
static bool to_version(struct ctx *ctx, int64_t id, bool done, const struct error *why,
                       struct error *err)
{
    if (done) {
        http_redirect(ctx->resp, str_printf(ctx->mem, "/charter/versions/%lld", (long long)id));
        return true;
    }
    if (why->code != ERR_INVALID && why->code != ERR_CONFLICT) {
        *err = *why;
        return false;
    }
    ctx->resp->status = error_http_status(why->code);
    return charter_show(ctx, id, str_dup(ctx->mem, str_c(why->message)), err);
}

static bool open_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leading *l = arg;
    return charter_open(desk_of(l->ctx), tx, l->ctx->mem, &l->ctx->actor, &l->opening, err);
}

// POST /charter/versions/{object:id}/open
bool page_charter_open(struct ctx *ctx, struct error *err)
{
    struct leading l = {.ctx = ctx, .opening = {.id = ctx->path.ids[0]}};
    struct error why;
    size_t count = form_count(ctx, "signer");
    struct user_id *signers = mem_array(ctx->mem, struct user_id, count + 1);
    for (size_t i = 0; i < count && i < SIGNERS_MOST; i++) {
        if (str_to_i64(form_nth(ctx, "signer", i), &signers[l.opening.signer_count].v)) {
            l.opening.signer_count++;
        }
    }
    l.opening.signers = signers;
    if (!str_to_i64(http_form_trimmed(ctx->req, "review_months"), &l.opening.review_months)) {
        l.opening.review_months = 0;
    }
    bool done = db_tx_run(ctx->app->db, "charter.open", open_in_tx, &l, &why);
    return to_version(ctx, l.opening.id, done, &why, err);
}

static bool withdraw_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leading *l = arg;
    return charter_withdraw(desk_of(l->ctx), tx, l->ctx->mem, &l->ctx->actor, l->id, err);
}

// POST /charter/versions/{object:id}/withdraw
bool page_charter_withdraw(struct ctx *ctx, struct error *err)
{
    struct leading l = {.ctx = ctx, .id = ctx->path.ids[0]};
    struct error why;
    bool done = db_tx_run(ctx->app->db, "charter.withdraw", withdraw_in_tx, &l, &why);
    return to_version(ctx, l.id, done, &why, err);
}

static bool comment_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leading *l = arg;
    const struct charter_new_comment comment = {l->id, l->field, l->body};
    return charter_comment_add(desk_of(l->ctx), tx, l->ctx->mem, &l->ctx->actor, &comment, err);
}

// POST /charter/versions/{object:id}/comments
bool page_charter_comment(struct ctx *ctx, struct error *err)
{
    struct leading l = {.ctx = ctx,
                        .id = ctx->path.ids[0],
                        .field = http_form_trimmed(ctx->req, "field"),
                        .body = form_nth(ctx, "body", 0)};
    struct error why;
    bool done = db_tx_run(ctx->app->db, "charter.comment", comment_in_tx, &l, &why);
    return to_version(ctx, l.id, done, &why, err);
}

static bool progress_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leading *l = arg;
    return charter_progress_note(desk_of(l->ctx), tx, l->ctx->mem, &l->ctx->actor, &l->progress,
                                 err);
}

// POST /charter/objectives/{object:id}
bool page_charter_progress(struct ctx *ctx, struct error *err)
{
    struct leading l = {.ctx = ctx, .progress = {.objective = ctx->path.ids[0]}};
    l.progress.note = form_nth(ctx, "note", 0);
    if (!str_to_i64(http_form_trimmed(ctx->req, "percent"), &l.progress.percent)) {
        l.progress.percent = -1;
    }
    if (!db_tx_run(ctx->app->db, "charter.progress", progress_in_tx, &l, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/charter"));
    return true;
}
