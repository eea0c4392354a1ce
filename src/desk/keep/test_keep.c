// SPDX-License-Identifier: GPL-3.0-or-later
//
// The collector against uploads that come at the wrong moment, and the lists of references and
// blobs against the schema; the rest is tested from outside.
#include "desk/keep/collect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/rows.h"
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

// --- the lists and the schema -------------------------------------------------------------------

struct listed {
    const char *table, *column, *target, *also;
    bool yes;
};

static const struct listed REFERENCES[] = {
#define REF(table, column, target, also, where, what, names) {#table, #column, #target, also, true},
#define NO_REF(table, column, why) {#table, #column, NULL, NULL, false},
#include "desk/keep/references.def"
};

static const struct listed BLOBS[] = {
#define BLOB(table, column) {#table, #column, NULL, NULL, true},
#define NO_BLOB(table, column) {#table, #column, NULL, NULL, false},
#include "desk/keep/blobs.def"
};

struct schema {
    struct db_table *tables;
    size_t count;
};

static bool read_schema(struct db *db, void *arg, struct error *err)
{
    struct schema *schema = arg;
    return db_tables(db, &schema->tables, &schema->count, err);
}

static struct schema schema_of(struct world *w)
{
    struct schema schema = {0};
    struct error err;
    assert_true(db_read(w->app.db, read_schema, &schema, &err));
    assert_true(schema.count > 30);
    return schema;
}

static bool has_column(const struct schema *schema, const char *table, const char *column)
{
    for (size_t t = 0; t < schema->count; t++) {
        for (int c = 0; c < schema->tables[t].column_count; c++) {
            if (strcmp(schema->tables[t].name, table) == 0 &&
                strcmp(schema->tables[t].columns[c].name, column) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_listed(const struct listed *list, size_t count, const char *table,
                      const char *column)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].table, table) == 0 && strcmp(list[i].column, column) == 0) {
            return true;
        }
    }
    return false;
}

static bool looks_like_reference(const struct db_table_column *column)
{
    static const char *const ENDS[] = {"_id", "_by", "_of", "_into"};
    for (size_t i = 0; column->type == DB_I64 && i < sizeof ENDS / sizeof *ENDS; i++) {
        if (str_ends(str_c(column->name), str_c(ENDS[i]))) {
            return true;
        }
    }
    return false;
}

static bool looks_like_blob(const struct db_table_column *column)
{
    return column->type == DB_TEXT &&
           (strstr(column->name, "hash") != NULL || strstr(column->name, "blob") != NULL);
}

static void compare(const struct schema *schema, const struct listed *list, size_t count,
                    bool looks_like(const struct db_table_column *column), const char *file)
{
    for (size_t t = 0; t < schema->count; t++) {
        const struct db_table *table = &schema->tables[t];
        for (int c = 0; c < table->column_count; c++) {
            if (looks_like(&table->columns[c]) &&
                !is_listed(list, count, table->name, table->columns[c].name)) {
                fail_msg("%s.%s has no line in src/desk/keep/%s", table->name,
                         table->columns[c].name, file);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_column(schema, list[i].table, list[i].column)) {
            fail_msg("%s names %s.%s, which the schema does not have", file, list[i].table,
                     list[i].column);
        }
    }
}

static void every_reference_is_checked_or_explained(void **state)
{
    struct schema schema = schema_of(*state);
    size_t count = sizeof REFERENCES / sizeof *REFERENCES;
    compare(&schema, REFERENCES, count, looks_like_reference, "references.def");
    for (size_t i = 0; i < count; i++) {
        assert_true(!REFERENCES[i].yes || has_column(&schema, REFERENCES[i].target, "id"));
        assert_true(REFERENCES[i].also == NULL || has_column(&schema, REFERENCES[i].also, "id"));
    }
}

// The part of queries.sql that begins with this name.
static const char *query_text(mem_ctx *ctx, const char *name)
{
    static char text[65536];
    FILE *file = fopen(KEEP_QUERIES, "re");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_true(len > 0 && len < sizeof text - 1);
    text[len] = '\0';
    const char *begin = strstr(text, mem_printf(ctx, "-- name: %s ", name));
    assert_non_null(begin);
    const char *end = strstr(begin + 1, "-- name: ");
    return end == NULL ? begin : mem_text_n(ctx, begin, (size_t)(end - begin));
}

static int times(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static void every_blob_is_known_to_the_collector(void **state)
{
    struct world *w = *state;
    struct schema schema = schema_of(w);
    size_t count = sizeof BLOBS / sizeof *BLOBS;
    compare(&schema, BLOBS, count, looks_like_blob, "blobs.def");
    const char *all = query_text(w->ctx, "blob_names");
    const char *some = query_text(w->ctx, "blobs_named");
    for (size_t i = 0; i < count; i++) {
        const char *from = mem_printf(w->ctx, "FROM %s WHERE %s ", BLOBS[i].table, BLOBS[i].column);
        // blob_names once for each engine.
        assert_int_equal(times(all, from), BLOBS[i].yes ? 2 : 0);
        assert_int_equal(times(some, from), BLOBS[i].yes ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unnamed_blobs_go_in_two_steps, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_put_in_between_loses_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(every_reference_is_checked_or_explained, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(every_blob_is_known_to_the_collector, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
