// SPDX-License-Identifier: GPL-3.0-or-later
//
// The collector against uploads that come at the wrong moment; the rest is tested from outside.
#include "desk/keep/collect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct collected collect(struct world *w, int64_t later)
{
    struct collected done;
    struct error err;
    int64_t now = clock_now(&w->clock) + later;
    // The store's times are those of the machine.
    struct clock real;
    clock_init(&real);
    now += clock_now(&real) - clock_now(&w->clock);
    assert_true(blobs_collect(w->app.db, w->app.blobs, now, &done, &err));
    return done;
}

static bool there(struct world *w, struct hash hash)
{
    int fd = -1;
    int64_t size = 0;
    struct error err;
    bool ok = blob_open(w->app.blobs, hash, &fd, &size, &err);
    if (ok) {
        (void)close(fd);
    }
    return ok;
}

static void unnamed_blobs_go_in_two_steps(void **state)
{
    struct world *w = *state;
    struct hash hash;
    struct error err;
    assert_true(blob_put_bytes(w->app.blobs, STR("nobody's"), &hash, &err));
    assert_int_equal(collect(w, 0).set_aside, 0);
    assert_int_equal(collect(w, 2 * DAYS_MS).set_aside, 1);
    assert_true(there(w, hash));
    assert_int_equal(collect(w, HOURS_MS).removed, 0);
    assert_int_equal(collect(w, 2 * DAYS_MS).removed, 1);
    assert_false(there(w, hash));
}

// Somebody puts the same content just when it is set aside, and names it after that.
static void a_put_in_between_loses_nothing(void **state)
{
    struct world *w = *state;
    struct hash hash;
    struct hash again;
    struct error err;
    assert_true(blob_put_bytes(w->app.blobs, STR("twice"), &hash, &err));
    assert_int_equal(collect(w, 2 * DAYS_MS).set_aside, 1);
    assert_true(blob_put_bytes(w->app.blobs, STR("twice"), &again, &err));
    // The one aside grows old; the new one is young.
    const struct timespec old[2] = {{.tv_sec = time(NULL) - 200000},
                                    {.tv_sec = time(NULL) - 200000}};
    const char *aside =
        mem_printf(w->ctx, "%s/blobs/aside/" STR_FMT, w->folder, STR_ARG(hash_hex(w->ctx, hash)));
    assert_int_equal(utimensat(AT_FDCWD, aside, old, 0), 0);
    assert_int_equal(collect(w, 0).removed, 1);
    assert_true(there(w, hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unnamed_blobs_go_in_two_steps, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_put_in_between_loses_nothing, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
