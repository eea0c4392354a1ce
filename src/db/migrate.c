// SPDX-License-Identifier: GPL-3.0-or-later
//
// Brings the schema up to date. What was applied is recorded with the hash of its text, so that
// a database made by another version of the program is noticed before anything is written.
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "db/db_internal.h"

struct migrating {
    const struct db_options *options;
    size_t index;
};

static const char *text_for(const struct db *db, const struct db_migration *migration)
{
    return db->ops->engine == DB_SQLITE ? migration->sqlite : migration->postgres;
}

static const struct db_migration *migration_named(const struct db_options *options, struct str name)
{
    for (size_t i = 0; i < options->migration_count; i++) {
        if (str_eq_c(name, options->migrations[i].name)) {
            return &options->migrations[i];
        }
    }
    return NULL;
}

static bool applied_check(struct db *db, const struct db_options *options, struct str name,
                          struct str hash, struct error *err)
{
    const struct db_migration *migration = migration_named(options, name);
    if (migration == NULL) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The database was used by a newer version of Steward: it has the "
                         "migration " STR_FMT ", which this version does not know. Start the newer "
                         "version again, or restore a backup from before it.",
                         STR_ARG(name));
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "migration");
    bool same = str_eq(hash, hash_hex(ctx, hash_sha256(str_c(text_for(db, migration)))));
    mem_free(ctx);
    if (!same) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The database was made by another text of the migration " STR_FMT
                         " than this program has. Use the released program that made it.",
                         STR_ARG(name));
    }
    return true;
}

// Checks all that was applied; *ret_count is how many that are.
static bool applied_list(struct db *db, void *arg, struct error *err)
{
    static const struct db_query LIST = {.name = "db_migrations",
                                         .sqlite = "SELECT name, hash FROM schema_migration",
                                         .postgres = "SELECT name, hash FROM schema_migration"};
    struct migrating *m = arg;
    struct db_cursor *rows;
    if (!db_query_start(db, &LIST, NULL, &rows, err)) {
        return false;
    }
    bool row = false;
    bool ok = db_query_step(rows, &row, err);
    while (ok && row) {
        ok = applied_check(db, m->options, db_column_text(rows, 0), db_column_text(rows, 1), err) &&
             db_query_step(rows, &row, err);
    }
    db_query_end(rows);
    return ok;
}

static bool is_applied(struct db *db, const char *name, bool *ret, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_TEXT};
    static const struct db_query FIND = {.name = "db_migration_applied",
                                         .sqlite = "SELECT 1 FROM schema_migration WHERE name = ?1",
                                         .postgres =
                                             "SELECT 1 FROM schema_migration WHERE name = $1",
                                         .params = PARAMS,
                                         .param_count = 1};
    const struct db_value params[] = {DB_VALUE_TEXT(str_c(name))};
    struct db_cursor *rows;
    if (!db_query_start(db, &FIND, params, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, ret, err);
    db_query_end(rows);
    return ok;
}

static bool record(struct db *db, const struct db_migration *migration, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_TEXT, DB_TEXT, DB_I64};
    static const struct db_query INSERT = {
        .name = "db_migration_record",
        .sqlite = "INSERT INTO schema_migration (name, hash, applied_at) VALUES (?1, ?2, ?3)",
        .postgres = "INSERT INTO schema_migration (name, hash, applied_at) VALUES ($1, $2, $3)",
        .params = PARAMS,
        .param_count = 3};
    struct clock clock;
    clock_init(&clock);
    struct str hash = hash_hex(db_tx_ctx(db), hash_sha256(str_c(text_for(db, migration))));
    const struct db_value params[] = {DB_VALUE_TEXT(str_c(migration->name)), DB_VALUE_TEXT(hash),
                                      DB_VALUE_I64(clock_now(&clock))};
    return db_exec(db, &INSERT, params, NULL, err);
}

static bool apply(struct db *db, void *arg, struct error *err)
{
    const struct migrating *m = arg;
    const struct db_migration *migration = &m->options->migrations[m->index];
    bool done = false;
    // Looked up again inside the transaction: two programs may start at once.
    if (!is_applied(db, migration->name, &done, err)) {
        return false;
    }
    if (done) {
        return true;
    }
    if (!db->ops->script(db, text_for(db, migration), err)) {
        char why[sizeof err->detail];
        memcpy(why, err->detail, sizeof why);
        return error_detail(err, "migration %s: %.400s", migration->name, why);
    }
    return record(db, migration, err);
}

static bool own_tables(struct db *db, void *arg UNUSED, struct error *err)
{
    return db->ops->script(db, db->ops->own_tables, err);
}

static bool pending(struct db *db, void *arg, struct error *err)
{
    struct migrating *m = arg;
    bool done = true;
    while (m->index < m->options->migration_count) {
        if (!is_applied(db, m->options->migrations[m->index].name, &done, err)) {
            return false;
        }
        if (!done) {
            break;
        }
        m->index++;
    }
    return true;
}

bool db_migrate(struct db_store *store, const struct db_options *options, struct error *err)
{
    struct migrating m = {.options = options};
    if (!db_tx_run(store, DB_MIGRATE_NAME, own_tables, NULL, err) ||
        !db_read(store, applied_list, &m, err)) {
        return false;
    }
    while (m.index < options->migration_count) {
        if (!db_read(store, pending, &m, err)) {
            return false;
        }
        if (m.index < options->migration_count &&
            !db_tx_run(store, DB_MIGRATE_NAME, apply, &m, err)) {
            return false;
        }
    }
    return true;
}
