// SPDX-License-Identifier: GPL-3.0-or-later
//
// What servers on one database tell each other, by LISTEN and NOTIFY. A NOTIFY inside the
// transactions themselves would make them all commit one after another, since PostgreSQL keeps
// notices in the order of commits; so one thread tells, after the commits, what has gathered
// meanwhile, in one statement.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/random.h"
#include "db/postgres_internal.h"

#define RECONNECT_MS 500
#define PAYLOAD_MAX 7000
#define QUEUE_MAX 10000
#define CHANNEL "steward"
// In place of a channel: more than could be told.
#define MISSED "!"

struct outgoing {
    struct str text;
    struct outgoing *next;
};

struct postgres_notices {
    struct db_store *store;
    const char *url;
    struct str token;  // marks our own notices
    bool hears;
    pthread_t thread;
    bool started;
    int event;  // there is something to tell, or it is over
    // Of the thread:
    struct postgres_conn *conn;
    struct outgoing *telling;  // taken from the queue, not yet told
    size_t telling_count;

    pthread_mutex_t lock;  // of what follows
    bool stop;
    struct outgoing *first, *last;
    size_t count;
    bool overflowed;
};

// --- hearing ----------------------------------------------------------------------------------

static void hear(struct postgres_notices *n, const char *text)
{
    struct str token;
    struct str rest;
    struct str channel;
    struct str payload;
    str_cut(str_c(text), ' ', &token, &rest);
    str_cut(rest, ' ', &channel, &payload);
    if (str_eq(token, n->token)) {
        return;
    }
    if (str_eq_c(channel, MISSED)) {
        db_notices_missed(n->store);
        return;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "notice");
    db_notify_local(n->store, str_cstr(ctx, channel), payload.ptr == NULL ? STR("") : payload);
    mem_free(ctx);
}

static bool hear_all(struct postgres_notices *n)
{
    if (PQconsumeInput(n->conn->handle) != 1) {
        return false;
    }
    for (PGnotify *notice = PQnotifies(n->conn->handle); notice != NULL;
         notice = PQnotifies(n->conn->handle)) {
        if (n->hears) {
            hear(n, notice->extra);
        }
        PQfreemem(notice);
    }
    return true;
}

// --- telling ----------------------------------------------------------------------------------

static struct outgoing *outgoing_new(const struct postgres_notices *n, const char *channel,
                                     struct str payload)
{
    struct outgoing *out = mem_new(NULL, struct outgoing);
    out->text =
        str_printf(out, STR_FMT " %s " STR_FMT, STR_ARG(n->token), channel, STR_ARG(payload));
    return out;
}

void postgres_notices_tell(struct postgres_notices *n, const char *channel, struct str payload)
{
    struct outgoing *out = outgoing_new(n, channel, payload.len > PAYLOAD_MAX ? STR("") : payload);
    (void)pthread_mutex_lock(&n->lock);
    bool room = n->count < QUEUE_MAX;
    n->overflowed = n->overflowed || !room;
    if (room) {
        *(n->last == NULL ? &n->first : &n->last->next) = out;
        n->last = out;
        n->count++;
    }
    (void)pthread_mutex_unlock(&n->lock);
    if (room) {
        (void)eventfd_write(n->event, 1);
    } else {
        mem_free(out);
    }
}

static void outgoing_free(struct outgoing *list)
{
    while (list != NULL) {
        struct outgoing *next = list->next;
        mem_free(list);
        list = next;
    }
}

// Takes the queue, unless something taken before is still to be told. True when it is over.
static bool queue_take(struct postgres_notices *n)
{
    (void)pthread_mutex_lock(&n->lock);
    if (n->telling == NULL) {
        n->telling = n->first;
        n->telling_count = n->count;
        if (n->overflowed) {
            struct outgoing *missed = outgoing_new(n, MISSED, STR(""));
            missed->next = n->telling;
            n->telling = missed;
            n->telling_count++;
        }
        n->first = NULL;
        n->last = NULL;
        n->count = 0;
        n->overflowed = false;
    }
    bool stop = n->stop;
    (void)pthread_mutex_unlock(&n->lock);
    return stop;
}

static bool tell_all(struct postgres_notices *n)
{
    static const enum db_type PARAMS[] = {DB_TEXT_ARRAY};
    static const struct db_query TELL = {
        .name = "db_tell",
        .postgres = "SELECT count(pg_notify('" CHANNEL "', text)) FROM unnest($1::text[]) AS text",
        .params = PARAMS,
        .param_count = 1
    };
    if (n->telling == NULL) {
        return true;
    }
    struct postgres_db db = {.base.store = n->store, .conn = n->conn};
    mem_ctx *ctx = mem_ctx_new(NULL, "notices");
    struct str *texts = mem_array(ctx, struct str, n->telling_count);
    size_t count = 0;
    for (const struct outgoing *out = n->telling; out != NULL; out = out->next) {
        texts[count++] = out->text;
    }
    const struct db_value params[] = {DB_VALUE_TEXTS(texts, count)};
    struct error ignored;
    bool ok = postgres_exec(&db.base, &TELL, params, NULL, &ignored);
    mem_free(ctx);
    if (ok) {
        outgoing_free(n->telling);
        n->telling = NULL;
    }
    return ok;
}

// --- the thread -------------------------------------------------------------------------------

static void disconnect(struct postgres_notices *n)
{
    if (n->conn != NULL) {
        postgres_conn_close(n->conn);
        n->conn = NULL;
    }
}

static bool connect_notices(struct postgres_notices *n, bool direct, struct error *err)
{
    if (!postgres_conn_open(n->url, &n->conn, err)) {
        return false;
    }
    n->hears = direct || !n->conn->pooled;
    // A hint need not be on disk.
    bool ok = !n->hears || (postgres_do(n->conn, "LISTEN " CHANNEL, err) &&
                            postgres_do(n->conn, "SET synchronous_commit = off", err));
    if (!ok) {
        disconnect(n);
    }
    return ok;
}

static void wait_for_more(const struct postgres_notices *n)
{
    bool connected = n->conn != NULL;
    struct pollfd fds[] = {{.fd = n->event, .events = POLLIN},
                           {.fd = connected ? PQsocket(n->conn->handle) : -1, .events = POLLIN}};
    eventfd_t ignored;
    (void)poll(fds, 2, connected ? -1 : RECONNECT_MS);
    (void)eventfd_read(n->event, &ignored);
}

static void *notices_main(void *arg)
{
    struct postgres_notices *n = arg;
    struct error ignored;
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    bool stop = false;
    while (!stop) {
        if (n->conn == NULL && connect_notices(n, n->hears, &ignored)) {
            db_notices_missed(n->store);
        }
        stop = queue_take(n);
        if (n->conn != NULL && (!tell_all(n) || !hear_all(n))) {
            disconnect(n);
        }
        if (!stop) {
            wait_for_more(n);
        }
    }
    disconnect(n);
    return NULL;
}

static void notices_close(void *handle)
{
    struct postgres_notices *n = handle;
    if (n->started) {
        (void)pthread_mutex_lock(&n->lock);
        n->stop = true;
        (void)pthread_mutex_unlock(&n->lock);
        (void)eventfd_write(n->event, 1);
        (void)pthread_join(n->thread, NULL);
    }
    disconnect(n);
    outgoing_free(n->telling);
    outgoing_free(n->first);
    if (n->event >= 0) {
        (void)close(n->event);
    }
    (void)pthread_mutex_destroy(&n->lock);
}

bool postgres_notices_start(mem_ctx *ctx, struct db_store *store, const char *url, bool direct,
                            struct postgres_notices **ret, struct error *err)
{
    struct postgres_notices *n = mem_new(ctx, struct postgres_notices);
    n->store = store;
    n->url = mem_text(n, url);
    n->token = random_token32(n, 10);
    n->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&n->lock, NULL);
    mem_on_free(n, notices_close, n);
    // The first time here, so that nothing is missed from the beginning and mistakes are told.
    if (!connect_notices(n, direct, err)) {
        return false;
    }
    if (n->event < 0 || pthread_create(&n->thread, NULL, notices_main, n) != 0) {
        return error_internal(err, "no thread for the database's notices");
    }
    n->started = true;
    *ret = n;
    return true;
}

bool postgres_notices_hear(const struct postgres_notices *n)
{
    return n->hears;
}
