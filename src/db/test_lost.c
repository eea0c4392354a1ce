// SPDX-License-Identifier: GPL-3.0-or-later
//
// Connections to PostgreSQL that break at the worst moment: a go-between on a socket in the test's
// folder passes bytes on until it is told to lose some. And programs that change the schema while
// others work.
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "db/test_world.h"

#define SOCKET_NAME ".s.PGSQL.5432"
#define PAIRS_MAX 512

enum losing {
    LOSE_NOTHING,
    LOSE_COMMIT,  // the next COMMIT does not reach the server
    LOSE_ANSWER,  // it does, but its answer does not come back
    LOSE_OFTEN,
};

struct between {
    struct world *world;
    const char *server;  // socket
    int listener;
    pthread_t thread;
    atomic_int mode;
    atomic_int lost;
    atomic_bool stop;
    pthread_t pairs[PAIRS_MAX];
    int pair_count;
};

struct pair {
    struct between *between;
    int client;
    int server;
    bool deaf;  // to the server from now on
};

static int socket_at(const char *path, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    const struct sockaddr *generic = (const struct sockaddr *)&address;
    int rc = listens ? bind(fd, generic, sizeof address) : connect(fd, generic, sizeof address);
    assert_int_equal(rc, 0);
    assert_true(!listens || listen(fd, 64) == 0);
    return fd;
}

static bool write_all(int fd, const char *bytes, ssize_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, (size_t)len, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= n;
    }
    return true;
}

// What to do with bytes of the client: false loses the connection.
static bool pass_request(struct pair *pair, const char *bytes, ssize_t len)
{
    struct between *b = pair->between;
    int mode = atomic_load(&b->mode);
    // Not that of a reader, which is a simple query.
    bool commit = bytes[0] != 'Q' && memmem(bytes, (size_t)len, "COMMIT", 6) != NULL;
    if (mode == LOSE_OFTEN && random_below(60) == 0) {
        atomic_fetch_add(&b->lost, 1);
        return false;
    }
    if (commit && (mode == LOSE_COMMIT || mode == LOSE_ANSWER)) {
        atomic_store(&b->mode, LOSE_NOTHING);
        atomic_fetch_add(&b->lost, 1);
        pair->deaf = mode == LOSE_ANSWER;
        return mode == LOSE_ANSWER && write_all(pair->server, bytes, len);
    }
    return write_all(pair->server, bytes, len);
}

static bool pass_answer(struct pair *pair, const char *bytes, ssize_t len)
{
    struct between *b = pair->between;
    if (pair->deaf) {
        return memmem(bytes, (size_t)len, "COMMIT", 6) == NULL;
    }
    if (atomic_load(&b->mode) == LOSE_OFTEN && random_below(60) == 0) {
        atomic_fetch_add(&b->lost, 1);
        return false;
    }
    return write_all(pair->client, bytes, len);
}

static void *pair_main(void *arg)
{
    struct pair *pair = arg;
    static _Thread_local char bytes[65536];
    bool open = true;
    while (open) {
        struct pollfd fds[] = {{.fd = pair->client, .events = POLLIN},
                               {.fd = pair->server, .events = POLLIN}};
        open = poll(fds, 2, 20) >= 0 && !atomic_load(&pair->between->stop);
        if (open && fds[0].revents != 0) {
            ssize_t n = read(pair->client, bytes, sizeof bytes);
            open = n > 0 && pass_request(pair, bytes, n);
        }
        if (open && fds[1].revents != 0) {
            ssize_t n = read(pair->server, bytes, sizeof bytes);
            open = n > 0 && pass_answer(pair, bytes, n);
        }
    }
    (void)close(pair->client);
    (void)close(pair->server);
    free(pair);
    return NULL;
}

static void *between_main(void *arg)
{
    struct between *b = arg;
    while (!atomic_load(&b->stop)) {
        struct pollfd fds[] = {{.fd = b->listener, .events = POLLIN}};
        if (poll(fds, 1, 20) <= 0) {
            continue;
        }
        struct pair *pair = calloc(1, sizeof *pair);
        assert_non_null(pair);
        *pair = (struct pair){.between = b,
                              .client = accept(b->listener, NULL, NULL),
                              .server = socket_at(b->server, false)};
        assert_true(b->pair_count < PAIRS_MAX);
        assert_int_equal(pthread_create(&b->pairs[b->pair_count++], NULL, pair_main, pair), 0);
    }
    return NULL;
}

static struct between *between_start(struct world *w)
{
    struct between *b = mem_new(w->ctx, struct between);
    const char *host = strstr(postgres_url(), "host=") + strlen("host=");
    const char *path = mem_printf(w->ctx, "%s/" SOCKET_NAME, w->folder);
    b->world = w;
    b->server = mem_printf(w->ctx, "%s/" SOCKET_NAME, host);
    b->listener = socket_at(path, true);
    assert_int_equal(pthread_create(&b->thread, NULL, between_main, b), 0);
    w->url = mem_printf(
        w->ctx, "postgresql://steward@/postgres?host=%s&options=-csearch_path%%3Ddesk", w->folder);
    reopen(w);
    return b;
}

static void between_stop(struct between *b)
{
    mem_free(b->world->open);
    b->world->open = NULL;
    atomic_store(&b->stop, true);
    assert_int_equal(pthread_join(b->thread, NULL), 0);
    for (int i = 0; i < b->pair_count; i++) {
        assert_int_equal(pthread_join(b->pairs[i], NULL), 0);
    }
    (void)close(b->listener);
    (void)unlink(mem_printf(b->world->ctx, "%s/" SOCKET_NAME, b->world->folder));
}

// --- what is done -----------------------------------------------------------------------------

struct adding {
    int runs;
    int after;
};

static void added(void *arg)
{
    ((struct adding *)arg)->after++;
}

// A row that nothing would keep from being there twice.
static bool add(struct db *db, void *arg, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_I64};
    static const struct db_query INSERT = {.name = "insert_more",
                                           .postgres = "INSERT INTO more (id) VALUES ($1)",
                                           .params = PARAMS,
                                           .param_count = 1};
    const struct db_value params[] = {DB_VALUE_I64(db_next_id(db))};
    struct adding *adding = arg;
    adding->runs++;
    db_after_commit(db, added, adding);
    return db_exec(db, &INSERT, params, NULL, err);
}

static bool one_number(struct db *db, const struct db_query *query, int64_t *ret, struct error *err)
{
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, query, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err) && row;
    *ret = ok ? db_column_i64(rows, 0) : -1;
    db_query_end(rows);
    return ok;
}

static bool count_more(struct db *db, void *arg, struct error *err)
{
    static const struct db_query COUNT = {.name = "count_more",
                                          .postgres = "SELECT COUNT(*) FROM more"};
    return one_number(db, &COUNT, arg, err);
}

static bool count_marks(struct db *db, void *arg, struct error *err)
{
    static const struct db_query COUNT = {.name = "count_marks",
                                          .postgres = "SELECT COUNT(*) FROM steward_commit"};
    return one_number(db, &COUNT, arg, err);
}

static int64_t number_now(struct world *w, db_fn *fn)
{
    struct error err = {0};
    int64_t count = -1;
    if (!db_read(w->store, fn, &count, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return count;
}

static void lose_once(void **state, enum losing mode, int runs)
{
    struct world *w = *state;
    struct between *b = between_start(w);
    struct error err = {0};
    struct adding adding = {0};
    atomic_store(&b->mode, mode);
    if (!db_tx_run(w->store, "add", add, &adding, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    assert_int_equal(atomic_load(&b->lost), 1);
    assert_int_equal(adding.runs, runs);
    assert_int_equal(adding.after, 1);
    assert_int_equal(number_now(w, count_more), 1);
    between_stop(b);
}

static void test_commit_is_lost(void **state)
{
    lose_once(state, LOSE_COMMIT, 2);
}

static void test_answer_to_commit_is_lost(void **state)
{
    lose_once(state, LOSE_ANSWER, 1);
}

#define THREADS 6
#define ROUNDS 60

struct busy {
    struct world *world;
    int good;
    int after;
    pthread_t thread;
};

static void *busy_main(void *arg)
{
    struct busy *busy = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct error err = {0};
        struct adding adding = {0};
        busy->good += db_tx_run(busy->world->store, "add", add, &adding, &err);
        busy->after += adding.after;
    }
    return NULL;
}

static void test_lost_again_and_again(void **state)
{
    struct world *w = *state;
    struct between *b = between_start(w);
    struct busy busy[THREADS] = {0};
    int good = 0;
    int after = 0;
    atomic_store(&b->mode, LOSE_OFTEN);
    for (int i = 0; i < THREADS; i++) {
        busy[i].world = w;
        assert_int_equal(pthread_create(&busy[i].thread, NULL, busy_main, &busy[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(busy[i].thread, NULL), 0);
        good += busy[i].good;
        after += busy[i].after;
    }
    atomic_store(&b->mode, LOSE_NOTHING);
    assert_true(atomic_load(&b->lost) > 10);
    assert_int_equal(good, THREADS * ROUNDS);
    assert_int_equal(after, good);
    assert_int_equal(number_now(w, count_more), good);
    between_stop(b);
}

static void test_marks_are_forgotten(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 1200; i++) {
        struct error err = {0};
        struct adding adding = {0};
        assert_true(db_tx_run(w->store, "add", add, &adding, &err));
    }
    int64_t marks = number_now(w, count_marks);
    assert_true(marks > 0 && marks <= 1000);
}

// --- migrations beside old programs -----------------------------------------------------------

static const struct db_migration NEWER[] = {
    {"test/0003_colour", "", "ALTER TABLE thing ADD COLUMN colour TEXT"},
    {"test/0004_wheel", "", "CREATE TABLE wheel (id BIGINT PRIMARY KEY, thing_id BIGINT)"},
};

struct newer {
    struct world world;
    const struct db_migration *migrations;
    bool ok;
    struct error err;
    pthread_t thread;
};

static void *newer_main(void *arg)
{
    struct newer *newer = arg;
    newer->ok = try_open(&newer->world, newer->migrations, 4, &newer->err);
    return NULL;
}

struct old {
    struct world *world;
    atomic_bool stop;
    int good, bad;
    int64_t slowest_us;
    pthread_t thread;
};

static void *old_main(void *arg)
{
    struct old *old = arg;
    while (!atomic_load(&old->stop)) {
        char name[32];
        struct error err = {0};
        int64_t begun = clock_monotonic_us();
        (void)snprintf(name, sizeof name, "old %d", old->good);
        struct thing thing = {.name = name};
        bool ok = db_tx_run(old->world->store, "insert", insert_thing, &thing, &err);
        old->good += ok;
        old->bad += !ok;
        int64_t took = clock_monotonic_us() - begun;
        old->slowest_us = took > old->slowest_us ? took : old->slowest_us;
    }
    return NULL;
}

static void test_migrations_beside_old_programs(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct db_migration all[] = {WORLD_MIGRATIONS[0], WORLD_MIGRATIONS[1], NEWER[0], NEWER[1]};
    struct newer newer[3];
    struct old old = {.world = w};
    int64_t count = 0;
    assert_int_equal(pthread_create(&old.thread, NULL, old_main, &old), 0);
    // Somebody reads for a long time what is to be changed.
    struct db *reading = NULL;
    assert_true(db_read_begin(w->store, &reading, &err));
    assert_true(count_fn(reading, &count, &err));
    for (int i = 0; i < 3; i++) {
        newer[i] = (struct newer){.world = *w, .migrations = all};
        assert_int_equal(pthread_create(&newer[i].thread, NULL, newer_main, &newer[i]), 0);
    }
    (void)usleep(2600000);
    db_read_end(reading);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(newer[i].thread, NULL), 0);
        if (!newer[i].ok) {
            fail_msg("%s (%s)", newer[i].err.message, newer[i].err.detail);
        }
    }
    int before = old.good;
    (void)usleep(100000);
    atomic_store(&old.stop, true);
    assert_int_equal(pthread_join(old.thread, NULL), 0);
    assert_true(old.good > before);
    assert_int_equal(old.bad, 0);
    assert_true(old.slowest_us < 3500000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(count_now(&newer[i].world), old.good);
        mem_free(newer[i].world.open);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_commit_is_lost),
        TEST(test_answer_to_commit_is_lost),
        TEST(test_lost_again_and_again),
        TEST(test_marks_are_forgotten),
        TEST(test_migrations_beside_old_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
