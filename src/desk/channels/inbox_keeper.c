// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who fetches: one thread that knows which mailboxes there are, and one for each mailbox. A failing
// mailbox waits longer each time; the row says why, and until when.
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "desk/channels/inbox_internal.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"

#define WORKERS_MOST 64
#define KEEPER_MS 5000
#define WAIT_MS 500
#define BACK_OFF_MS SECONDS_MS
#define BACK_OFF_MOST_MS (15 * MINUTES_MS)
// A wrong password tried too often locks the account.
#define BACK_OFF_REFUSED_MS (5 * MINUTES_MS)
#define BACK_OFF_REFUSED_MOST_MS HOURS_MS

struct worker {
    struct desk *desk;
    struct inbox_id id;
    int64_t version;
    int stop_fd;
    pthread_t thread;
    int keeper_fd;  // wakes the keeper
    bool used;
    atomic_bool done;
};

struct inboxes {
    struct desk *desk;
    bool fetch;
    pthread_t thread;
    bool running;
    int wake_fd;
    atomic_bool stopping;
    struct worker workers[WORKERS_MOST];  // the keeper's thread only
};

// --- waking -------------------------------------------------------------------------------------

static void wake(int fd)
{
    const uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;  // it is readable already then
}

// True when something was said.
static bool wait_fd(int fd, int ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, ms) > 0 && (one.revents & POLLIN) != 0;
}

bool inbox_stopping(const struct inbox_run *run)
{
    return run->stop_fd >= 0 && wait_fd(run->stop_fd, 0);
}

static void on_notice(void *arg, struct str payload)
{
    const struct inboxes *all = arg;
    (void)payload;
    wake(all->wake_fd);
}

// --- one mailbox --------------------------------------------------------------------------------

struct outcome {
    struct inbox_run *run;
    mem_ctx *ctx;
    const struct error *why;
    struct inbox inbox;
    int64_t now;
};

static int64_t back_off(const struct error *why, int64_t failures)
{
    bool refused = why->code == ERR_UNAUTHENTICATED;
    int64_t most = refused ? BACK_OFF_REFUSED_MOST_MS : BACK_OFF_MOST_MS;
    int64_t wait = refused ? BACK_OFF_REFUSED_MS : BACK_OFF_MS;
    for (int64_t i = 0; i < failures && wait < most; i++) {
        wait *= 2;
    }
    wait = wait < most ? wait : most;
    return wait - (int64_t)random_below((uint64_t)wait / 4 + 1);
}

static bool look_tx(struct db *db, void *arg, struct error *err)
{
    struct outcome *o = arg;
    return inbox_get(db, o->ctx, o->run->id, &o->inbox, err);
}

static bool failed_tx(struct db *tx, void *arg, struct error *err)
{
    struct outcome *o = arg;
    if (!inbox_get(tx, o->ctx, o->run->id, &o->inbox, err)) {
        return false;
    }
    inbox_publish(o->run->desk, tx);
    return inbox_failed(tx, o->run->id, o->run->owner, o->now, str_c(o->why->message),
                        o->now + back_off(o->why, o->inbox.failures), err);
}

static bool end_tx(struct db *tx, void *arg, struct error *err)
{
    const struct inbox_run *run = arg;
    return inbox_lease_end(tx, run->id, run->owner, err);
}

static void note_failure(struct inbox_run *run, const struct error *why)
{
    struct error err;
    struct outcome o = {.run = run,
                        .ctx = mem_ctx_new(NULL, "inbox failure"),
                        .why = why,
                        .now = clock_now(run->desk->app->clock)};
    if (!db_tx_run(run->desk->app->db, "inbox.failed", failed_tx, &o, &err)) {
        log_error("cannot note that a mailbox fails", &err);
    } else {
        LOG(LOG_LEVEL_WARN, "a mailbox cannot be fetched from",
            LOG_TEXT("mailbox", o.inbox.settings.address), LOG_TEXT("reason", str_c(why->message)),
            LOG_TEXT("detail", str_c(why->detail)), LOG_NUM("failures", o.inbox.failures + 1));
    }
    mem_free(o.ctx);
}

// A paused mailbox is still asked questions.
static bool is_wanted(const struct inbox *inbox)
{
    return !inbox->switches.paused || inbox->answer.waiting;
}

// Whether it may be tried now. *ret_on is false when there is nothing to fetch any more.
static bool is_due(struct inbox_run *run, bool *ret_on)
{
    struct error err;
    struct outcome o = {.run = run, .ctx = mem_ctx_new(NULL, "inbox look")};
    bool ok = db_read(run->desk->app->db, look_tx, &o, &err);
    bool due = ok && o.inbox.next_try_at <= clock_now(run->desk->app->clock);
    *ret_on = ok ? is_wanted(&o.inbox) : err.code != ERR_NOT_FOUND;
    mem_free(o.ctx);
    return due && *ret_on;
}

static void run_once(struct inbox_run *run)
{
    struct error err = {0};
    bool held = false;
    bool well = false;
    if (!inbox_hold(run, &held, &err) || !held) {
        (void)wait_fd(run->stop_fd, 10 * WAIT_MS);
        run->resumed = false;
        return;
    }
    bool ok = inbox_fetch(run, &well, &err);
    run->resumed = true;
    if (!ok && !inbox_stopping(run) && err.code != ERR_CONFLICT) {
        note_failure(run, &err);
    }
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    mem_ctx *ctx = mem_ctx_new(NULL, "inbox worker");
    struct inbox_run run = {
        .desk = w->desk, .id = w->id, .owner = random_token(ctx, 16), .stop_fd = w->stop_fd};
    struct error err;
    bool on = true;
    while (on && !inbox_stopping(&run)) {
        if (is_due(&run, &on)) {
            run_once(&run);
        } else if (on) {
            (void)wait_fd(run.stop_fd, WAIT_MS);
        }
    }
    if (!db_tx_run(w->desk->app->db, "inbox.lease.end", end_tx, &run, &err)) {
        log_error("cannot give a mailbox back", &err);
    }
    mem_free(ctx);
    atomic_store(&w->done, true);
    wake(w->keeper_fd);
    return NULL;
}

// --- all of them --------------------------------------------------------------------------------

static void worker_start(struct inboxes *all, const struct inbox *inbox)
{
    for (size_t i = 0; i < WORKERS_MOST; i++) {
        struct worker *w = &all->workers[i];
        if (w->used) {
            continue;
        }
        *w = (struct worker){.desk = all->desk,
                             .id = inbox->id,
                             .version = inbox->version,
                             .keeper_fd = all->wake_fd,
                             .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        atomic_init(&w->done, false);
        w->used = w->stop_fd >= 0 && pthread_create(&w->thread, NULL, worker_main, w) == 0;
        if (!w->used) {
            LOG(LOG_LEVEL_ERROR, "no thread for a mailbox",
                LOG_TEXT("mailbox", inbox->settings.address));
            (void)close(w->stop_fd);
        }
        return;
    }
    LOG(LOG_LEVEL_ERROR, "too many mailboxes; this one is not fetched from",
        LOG_TEXT("mailbox", inbox->settings.address));
}

static void worker_end(struct worker *w)
{
    (void)pthread_join(w->thread, NULL);
    (void)close(w->stop_fd);
    w->used = false;
}

static struct worker *worker_of(struct inboxes *all, struct inbox_id id)
{
    for (size_t i = 0; i < WORKERS_MOST; i++) {
        if (all->workers[i].used && all->workers[i].id.v == id.v) {
            return &all->workers[i];
        }
    }
    return NULL;
}

struct listing {
    mem_ctx *ctx;
    struct inbox *list;
    size_t count;
};

static bool list_tx(struct db *db, void *arg, struct error *err)
{
    struct listing *l = arg;
    return inbox_list(db, l->ctx, &l->list, &l->count, err);
}

static void know(struct desk *desk, const struct listing *l)
{
    struct str *addresses = mem_array(l->ctx, struct str, l->count + 1);
    for (size_t i = 0; i < l->count; i++) {
        addresses[i] = l->list[i].settings.address;
    }
    mailbox_known_set(desk->mailboxes, addresses, l->count);
}

bool inboxes_know(struct desk *desk, struct error *err)
{
    struct listing l = {.ctx = mem_ctx_new(NULL, "inboxes")};
    bool ok = db_read(desk->app->db, list_tx, &l, err);
    if (ok) {
        know(desk, &l);
    }
    mem_free(l.ctx);
    return ok;
}

// Ends threads whose mailbox is gone, paused or set anew, and starts those that are missing. One
// that ends says so, and what takes its place is started then.
static void match(struct inboxes *all, const struct listing *l)
{
    for (size_t i = 0; i < WORKERS_MOST; i++) {
        struct worker *w = &all->workers[i];
        bool wanted = false;
        for (size_t k = 0; k < l->count; k++) {
            wanted = wanted || (l->list[k].id.v == w->id.v && is_wanted(&l->list[k]) &&
                                l->list[k].version == w->version);
        }
        if (w->used && !wanted) {
            wake(w->stop_fd);
        }
        if (w->used && atomic_load(&w->done)) {
            worker_end(w);
        }
    }
    for (size_t k = 0; k < l->count; k++) {
        if (is_wanted(&l->list[k]) && worker_of(all, l->list[k].id) == NULL) {
            worker_start(all, &l->list[k]);
        }
    }
}

static bool free_tx(struct db *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_engine_of(tx) != DB_SQLITE || inbox_lease_clear(tx, err);
}

// With SQLite no other program fetches: what a killed one held is free.
static void free_leases(const struct inboxes *all)
{
    struct error err;
    if (all->fetch && !db_tx_run(all->desk->app->db, "inbox.free", free_tx, NULL, &err)) {
        log_error("cannot free the leases of mailboxes", &err);
    }
}

static void *keeper_main(void *arg)
{
    struct inboxes *all = arg;
    free_leases(all);
    while (!atomic_load(&all->stopping)) {
        uint64_t said = 0;
        ssize_t got = read(all->wake_fd, &said, sizeof said);
        (void)got;
        struct listing l = {.ctx = mem_ctx_new(NULL, "inboxes")};
        struct error err;
        if (!db_read(all->desk->app->db, list_tx, &l, &err)) {
            log_error("cannot read which mailboxes there are", &err);
        } else {
            know(all->desk, &l);
            if (all->fetch) {
                match(all, &l);
            }
        }
        mem_free(l.ctx);
        (void)wait_fd(all->wake_fd, KEEPER_MS);
    }
    for (size_t i = 0; i < WORKERS_MOST; i++) {
        if (all->workers[i].used) {
            wake(all->workers[i].stop_fd);
        }
    }
    for (size_t i = 0; i < WORKERS_MOST; i++) {
        if (all->workers[i].used) {
            worker_end(&all->workers[i]);
        }
    }
    return NULL;
}

void inboxes_stop(struct inboxes *all)
{
    if (all->running) {
        atomic_store(&all->stopping, true);
        wake(all->wake_fd);
        (void)pthread_join(all->thread, NULL);
        all->running = false;
    }
}

static void inboxes_free(void *handle)
{
    struct inboxes *all = handle;
    inboxes_stop(all);
    db_unlisten(all->desk->app->db, on_notice, all);
    (void)close(all->wake_fd);
}

bool inboxes_start(mem_ctx *ctx, struct desk *desk, bool fetch, struct inboxes **ret,
                   struct error *err)
{
    struct inboxes *all = mem_new(ctx, struct inboxes);
    all->desk = desk;
    all->fetch = fetch;
    all->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (all->wake_fd < 0) {
        return error_internal(err, "no eventfd");
    }
    atomic_init(&all->stopping, false);
    db_listen(desk->app->db, INBOX_CHANNEL, on_notice, all);
    mem_on_free(all, inboxes_free, all);
    if (pthread_create(&all->thread, NULL, keeper_main, all) != 0) {
        return error_internal(err, "no thread for mailboxes");
    }
    all->running = true;
    *ret = all;
    return true;
}
