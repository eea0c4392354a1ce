// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of this folder share: a small schema in a database that each test has to itself,
// and transactions that write to it.
#ifndef STEWARD_DB_TEST_WORLD_H
#define STEWARD_DB_TEST_WORLD_H

#include <pthread.h>

#include "db/db.h"

struct world {
    mem_ctx *ctx;  // freed at the end
    mem_ctx *open;
    const char *folder;
    const char *url;
    struct db_store *store;
};

// Two migrations that make thing (id, name, picture), part (id, thing_id) and more (id).
extern const struct db_migration WORLD_MIGRATIONS[2];

int world_setup(void **state);
int world_teardown(void **state);
bool try_open(struct world *w, const struct db_migration *migrations, size_t count,
              struct error *err);
void reopen(struct world *w);
// Where with_postgres.sh has started a server; NULL when the tests are for SQLite.
const char *postgres_url(void);
void postgres_admin(const char *sql);

struct thing {
    const char *name;
    struct str picture;
    int64_t id;      // of what was inserted
    bool then_fail;  // after writing
    int64_t seen;    // rows counted inside
};

bool count_things(struct db *db, int64_t *ret, struct error *err);
bool insert_named(struct db *db, int64_t id, const char *name, struct str picture,
                  struct error *err);
bool insert_thing(struct db *db, void *arg, struct error *err);
bool count_fn(struct db *db, void *arg, struct error *err);
int64_t count_now(struct world *w);
void must_insert(struct world *w, const char *name);

struct hooks {
    int order;
    int first, second;
    pthread_t thread;
};

// Inserts "a" and notes in which order, and where, what comes after the commit was called.
bool with_hooks(struct db *db, void *arg, struct error *err);

#endif
