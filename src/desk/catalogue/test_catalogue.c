// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which questions count, what is wrong with answers, what becomes of them; who may arrange. The
// pages are tested from outside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/catalogue/catalogue.h"
#include "desk/test_world.h"

struct doing {
    struct world *w;
    struct actor actor;
    enum field_change change;
    struct form_field field;
    struct object_id service;
    bool up;
};

static struct form load(struct world *w, int64_t service, int64_t number)
{
    struct form form;
    struct error err;
    struct db *db = NULL;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(form_load(db, w->ctx, (struct object_id){service}, number, &form, &err));
    db_read_end(db);
    return form;
}

static bool judge(struct world *w, const struct form *form, const char *const *said,
                  struct answers *ret)
{
    *ret = (struct answers){.form = form};
    ret->values = mem_array(w->ctx, struct str, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        ret->values[i] = str_c(said[i]);
    }
    return answers_judge(w->ctx, ret, false);
}

static void questions_count_where_they_are_shown(void **state)
{
    struct world *w = *state;
    struct form form = load(w, 3, 0);
    struct answers answers;
    struct service service = {.name = STR("Account")};
    static const char *const NAME[] = {"A new name", "ana@example.com", "Ruiz", "", "", ""};
    assert_true(judge(w, &form, NAME, &answers));
    answers.service = &service;
    assert_true(answers.shown[2]);
    assert_false(answers.shown[3]);
    assert_string_equal(str_cstr(w->ctx, answers_subject(w->ctx, &answers)), "Account: A new name");
    // What was typed into a question that does not count is not asked for.
    static const char *const ENDS[] = {"The account ends", "ana@example.com", "Ruiz", "",
                                       "2026-12-01",       "Thank you"};
    assert_true(judge(w, &form, ENDS, &answers));
    assert_string_equal(str_cstr(w->ctx, answers_text(w->ctx, &answers)),
                        "What shall change? The account ends\n"
                        "Whose account is it? ana@example.com\n"
                        "The last day: 2026-12-01\n\n"
                        "Is there more to know?\nThank you");
    // But one that counts must be answered.
    static const char *const MISSING[] = {"The account ends", "ana@example.com", "", "", "", ""};
    assert_false(judge(w, &form, MISSING, &answers));
    assert_true(answers.errors[4].len > 0);
    assert_int_equal(answers.errors[2].len, 0);
}

static void answers_are_of_their_kind(void **state)
{
    struct world *w = *state;
    struct form form = load(w, 3, 0);
    struct answers answers;
    static const char *const WRONG[][6] = {
        {"Something unheard of", "ana@example.com", "", "", "", ""},
        {"A new account", "nobody", "", "", "", ""},
        {"The account ends", "ana@example.com", "", "", "tomorrow", ""},
        {"", "ana@example.com", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_false(judge(w, &form, WRONG[i], &answers));
    }
    struct form media = load(w, 5, 0);
    static const char *const COPIES[] = {"Tape", "many", "", "yes", ""};
    static const char *const TEN[] = {"Tape", "10", "", "yes", ""};
    assert_false(judge(w, &media, COPIES, &answers));
    assert_true(judge(w, &media, TEN, &answers));
}

static bool change_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    struct field_edit edit = {d->service, d->change, d->field};
    return field_change(d->w->desk, tx, d->w->ctx, &d->actor, &edit, err);
}

static bool publish_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return form_publish_draft(d->w->desk, tx, d->w->ctx, &d->actor, d->service, err);
}

static bool drop_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return form_drop_draft(tx, d->w->ctx, &d->actor, d->service, err);
}

static bool move_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return service_move(tx, d->w->ctx, &d->actor, d->service, d->up, err);
}

enum { DONE = -1 };

static int run(struct doing *d, db_fn *fn)
{
    struct error err = {0};
    return db_tx_run(d->w->app.db, "test", fn, d, &err) ? DONE : (int)err.code;
}

static void published_versions_stay(void **state)
{
    struct world *w = *state;
    struct doing d = {.w = w,
                      .actor = world_actor(&w->admin),
                      .service = {7},
                      .change = QUESTION_ADD,
                      .field = {.kind = ASK_TEXT,
                                .label = STR("Which licence?"),
                                .hint = STR(""),
                                .choices = STR(""),
                                .preset = STR(""),
                                .when_value = STR("")}};
    size_t before = load(w, 7, 0).field_count;
    assert_int_equal(run(&d, publish_in_tx), ERR_CONFLICT);
    assert_int_equal(run(&d, change_in_tx), DONE);
    assert_int_equal(load(w, 7, 0).field_count, before);
    assert_int_equal(run(&d, publish_in_tx), DONE);
    assert_int_equal(load(w, 7, 0).field_count, before + 1);
    assert_int_equal(load(w, 7, 0).number, 2);
    assert_int_equal(load(w, 7, 1).field_count, before);
    // A draft that is dropped was never there.
    d.change = QUESTION_REMOVE;
    d.field.mark = 1;
    assert_int_equal(run(&d, change_in_tx), DONE);
    assert_int_equal(run(&d, drop_in_tx), DONE);
    assert_int_equal(load(w, 7, 0).field_count, before + 1);
    // Nothing depends on what stands behind it, or is not there.
    d.service.v = 3;
    d.change = QUESTION_UP;
    d.field.mark = 3;
    assert_int_equal(run(&d, change_in_tx), DONE);
    assert_int_equal(run(&d, change_in_tx), ERR_INVALID);
    d.change = QUESTION_REMOVE;
    d.field.mark = 1;
    assert_int_equal(run(&d, change_in_tx), ERR_INVALID);
    d.field.mark = 99;
    assert_int_equal(run(&d, change_in_tx), ERR_CONFLICT);
}

static void only_administrators_arrange(void **state)
{
    struct world *w = *state;
    struct doing d = {.w = w,
                      .actor = world_actor(&w->tom),
                      .service = {7},
                      .change = QUESTION_REMOVE,
                      .field = {.mark = 1}};
    db_fn *const calls[] = {change_in_tx, publish_in_tx, drop_in_tx, move_in_tx};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        assert_int_equal(run(&d, calls[i]), ERR_FORBIDDEN);
    }
    d.actor = world_actor(&w->admin);
    d.up = true;
    assert_int_equal(run(&d, move_in_tx), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(questions_count_where_they_are_shown, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(answers_are_of_their_kind, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(published_versions_stay, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(only_administrators_arrange, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
