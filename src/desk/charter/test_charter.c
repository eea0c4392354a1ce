// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/charter/charter.h"

#include "base/random.h"
#include "desk/charter/diff.h"
#include "desk/test_world.h"
#include "mail/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// --- differences --------------------------------------------------------------------------------

static struct str side(mem_ctx *ctx, const struct diff_part *parts, size_t count,
                       enum diff_kind other)
{
    struct buf out;
    buf_init(&out, ctx, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].kind != other) {
            buf_put(&out, parts[i].text);
        }
    }
    return buf_str(&out);
}

static void differences_tell_both_sides(void **state)
{
    struct world *w = *state;
    struct diff_part *parts = NULL;
    size_t count = 0;
    struct str before = STR("We help people with printers and stay until it is done.");
    struct str after = STR("We help everybody with printers and projectors until it is done.");
    diff_words(w->ctx, before, after, &parts, &count);
    assert_true(str_eq(side(w->ctx, parts, count, DIFF_GONE), after));
    assert_true(str_eq(side(w->ctx, parts, count, DIFF_NEW), before));
    assert_true(parts[0].kind == DIFF_SAME && str_eq_c(parts[0].text, "We help "));
    assert_true(parts[1].kind == DIFF_GONE && str_eq_c(parts[1].text, "people "));
    assert_true(parts[2].kind == DIFF_NEW && str_eq_c(parts[2].text, "everybody "));
    diff_words(w->ctx, STR(""), STR(""), &parts, &count);
    assert_int_equal(count, 0);
    diff_words(w->ctx, STR(""), STR("new"), &parts, &count);
    assert_true(count == 1 && parts[0].kind == DIFF_NEW);
    // Larger than is compared word by word: still both texts, whole.
    struct buf large;
    buf_init(&large, w->ctx, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        buf_printf(&large, "word%d ", i);
    }
    diff_words(w->ctx, buf_str(&large), STR("short"), &parts, &count);
    assert_int_equal(count, 2);
    assert_true(str_eq(parts[0].text, buf_str(&large)));
}

// --- from draft to force ------------------------------------------------------------------------

struct act {
    struct world *w;
    const struct actor *actor;
    int64_t id;
    struct str hash;
    struct charter_opening opening;
    struct charter_change change;
};

static bool begin(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return charter_begin(a->w->desk, tx, a->w->ctx, a->actor, CHARTER_FROM_EXAMPLE, &a->id, err);
}

static bool change(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return charter_change(a->w->desk, tx, a->w->ctx, a->actor, &a->change, err);
}

static bool open_it(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return charter_open(a->w->desk, tx, a->w->ctx, a->actor, &a->opening, err);
}

static bool sign(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return charter_sign(a->w->desk, tx, a->w->ctx, a->actor, a->id, a->hash, err);
}

static bool acknowledge(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return charter_acknowledge(a->w->desk, tx, a->w->ctx, a->actor, a->hash, err);
}

static bool run(struct act *a, db_fn *fn, enum error_code expected)
{
    struct error err = {0};
    bool done = db_tx_run(a->w->app.db, "test", fn, a, &err);
    if (!done) {
        assert_int_equal(err.code, expected);
    }
    return done;
}

struct loading {
    struct world *w;
    struct charter charter;
    struct str mission;
    int64_t waiting;
    int64_t current;
};

static bool load(struct db *db, void *arg, struct error *err)
{
    struct loading *l = arg;
    struct actor admin = world_actor(&l->w->admin);
    struct charter_covered *people = NULL;
    size_t count = 0;
    int64_t oldest = 0;
    l->mission = charter_mission(l->w->desk, db, l->w->ctx);
    if (!charter_load(db, l->w->ctx, &admin, l->charter.id, &l->charter, err) ||
        !charter_coverage(l->w->desk, db, l->w->ctx, &admin, &people, &count, err) ||
        !mail_outbox_queue(db, &l->waiting, &oldest, err)) {
        return false;
    }
    l->current = 0;
    for (size_t i = 0; i < count; i++) {
        l->current += people[i].current ? 1 : 0;
    }
    return true;
}

static struct loading now(struct world *w, int64_t id)
{
    struct loading l = {.w = w, .charter = {.id = id}};
    struct error err;
    assert_true(db_read(w->app.db, load, &l, &err));
    return l;
}

static struct act opened(struct world *w, const struct actor *lead)
{
    struct act a = {.w = w, .actor = lead};
    struct user_id *signers = mem_array(w->ctx, struct user_id, 2);
    signers[0] = w->tom.id;
    assert_true(run(&a, begin, 0));
    a.opening = (struct charter_opening){a.id, signers, 1, 12};
    assert_false(run(&a, open_it, ERR_INVALID));  // nobody of the management signs
    signers[1] = w->admin.id;
    a.opening.signer_count = 2;
    assert_true(run(&a, open_it, 0));
    return a;
}

static void all_sign_the_very_text(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    struct actor tom = world_actor(&w->tom);
    struct user eve = world_person(w, "eve@people.example", ROLE_END_USER);
    struct user lea = world_person(w, "lea@desk.example", ROLE_AGENT);
    struct actor stranger = world_actor(&eve);
    struct actor colleague = world_actor(&lea);
    struct act a = opened(w, &admin);
    struct loading seen = now(w, a.id);
    assert_true(str_eq(seen.charter.hash, hash_hex(w->ctx, hash_sha256(seen.charter.text))));
    assert_true(str_eq(seen.charter.text, charter_text(w->ctx, &seen.charter)));
    assert_true(str_eq(seen.mission, w->config.mission));
    a.hash = seen.charter.hash;
    // What is being signed stays as it is.
    a.change = (struct charter_change){.id = a.id, .revision = 1, .set = 1U << CHARTER_MISSION};
    a.change.fields[CHARTER_MISSION] = STR("Another");
    assert_false(run(&a, change, ERR_CONFLICT));
    a.actor = &stranger;
    assert_false(run(&a, sign, ERR_NOT_FOUND));
    a.actor = &colleague;
    assert_false(run(&a, sign, ERR_FORBIDDEN));
    a.actor = &tom;
    a.hash = STR("0000");
    assert_false(run(&a, sign, ERR_CONFLICT));
    a.hash = seen.charter.hash;
    assert_true(run(&a, sign, 0));
    assert_false(run(&a, sign, ERR_CONFLICT));
    assert_int_equal(now(w, a.id).charter.state, CHARTER_SIGNING);
    a.actor = &admin;
    assert_true(run(&a, sign, 0));
    seen = now(w, a.id);
    assert_int_equal(seen.charter.state, CHARTER_IN_FORCE);
    assert_true(str_eq(seen.mission, seen.charter.fields[CHARTER_MISSION]));
    assert_true(str_eq_c(time_iso(w->ctx, seen.charter.review_at), "2027-11-23T09:00:00Z"));
}

static void everybody_acknowledges_each_year(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    struct actor tom = world_actor(&w->tom);
    struct error err;
    struct act a = opened(w, &admin);
    a.hash = now(w, a.id).charter.hash;
    assert_true(run(&a, sign, 0));
    a.actor = &tom;
    assert_true(run(&a, sign, 0));
    int64_t told = now(w, a.id).waiting;
    assert_int_equal(told, 4);  // two to sign, two to acknowledge
    assert_true(run(&a, acknowledge, 0));
    assert_int_equal(now(w, a.id).current, 1);
    // Nobody is told twice within two weeks; then only who has not acknowledged.
    assert_true(charter_remind(w->desk, w->ctx, &err));
    assert_int_equal(now(w, a.id).waiting, told);
    int64_t start = clock_now(&w->clock);
    clock_freeze(&w->clock, start + 15 * DAYS_MS);
    assert_true(charter_remind(w->desk, w->ctx, &err));
    assert_int_equal(now(w, a.id).waiting, told + 1);
    // A year later all must, and the review is due, of which the lead hears.
    clock_freeze(&w->clock, start + 366 * DAYS_MS);
    struct loading late = now(w, a.id);
    assert_int_equal(late.current, 0);
    assert_true(charter_overdue(&late.charter, clock_now(&w->clock)));
    assert_true(charter_remind(w->desk, w->ctx, &err));
    assert_int_equal(now(w, a.id).waiting, told + 1 + 3);
}

static void drafts_are_for_leads_and_change_once(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    struct actor tom = world_actor(&w->tom);
    struct act a = {.w = w, .actor = &tom};
    assert_false(run(&a, begin, ERR_FORBIDDEN));
    a.actor = &admin;
    assert_true(run(&a, begin, 0));
    int64_t origin = now(w, a.id).charter.values[0].origin;
    struct charter_value values[] = {{.origin = origin, .name = STR("Calm")},
                                     {.origin = 4711, .name = STR("Care")},
                                     {.name = STR("  ")}};
    a.change = (struct charter_change){
        .id = a.id, .revision = 1, .set_values = true, .values = values, .value_count = 3};
    for (int i = 0; i < 3; i++) {
        values[i].keywords = values[i].meaning = STR("");
    }
    assert_true(run(&a, change, 0));
    assert_false(run(&a, change, ERR_CONFLICT));  // written from what was there before
    struct charter changed = now(w, a.id).charter;
    assert_int_equal(changed.value_count, 2);
    assert_int_equal(changed.values[0].origin, origin);
    assert_int_not_equal(changed.values[1].origin, 4711);  // of no value of this draft
    assert_true(
        str_eq_c(charter_greeting(w->ctx, STR("{desk}, {name}: {x}"), STR("Tom"), STR("IT")),
                 "IT, Tom: {x}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(differences_tell_both_sides, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(all_sign_the_very_text, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(everybody_acknowledges_each_year, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(drafts_are_for_leads_and_change_once, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
