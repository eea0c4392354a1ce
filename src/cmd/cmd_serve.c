// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs the desk: HTTP, LMTP and background work in one process, until a signal ends it gently. Or,
// where there are several, only background work: `steward worker`.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/metrics.h"
#include "app/seen.h"
#include "base/log.h"
#include "cmd/program.h"
#include "desk/channels/channels.h"
#include "desk/channels/inbox.h"
#include "http/server.h"
#include "jobs/jobs.h"
#include "live/live.h"

#define GRACE_MS (10 * SECONDS_MS)
#define PEM_BYTES (1 << 20)

struct serving {
    struct program program;
    _Atomic(struct http_server *) http;  // requests for figures come while it starts
    struct lmtp_server *lmtp;
    struct jobs_runner *jobs;
    struct jobs_options job_options;
    struct inboxes *inboxes;
};

static int64_t body_limit(void *env, enum http_method method, struct str path, bool *ret_stream)
{
    struct serving *s = env;
    int64_t limit = dispatch_body_limit(&s->program.app, method, path, ret_stream);
    int64_t most = s->program.config.max_upload_bytes;
    return limit > most ? most : limit;
}

static void handle(void *env, const struct http_request *request, struct http_response *response)
{
    struct serving *s = env;
    dispatch_run(&s->program.app, request, response);
}

static void refuse(void *env, const struct http_request *request, const struct error *why,
                   struct http_response *response)
{
    struct serving *s = env;
    dispatch_refuse(&s->program.app, request, why, response);
}

static bool read_pem(mem_ctx *ctx, struct str path, const char **ret, struct error *err)
{
    char *text = mem_array(ctx, char, PEM_BYTES);
    if (path.len == 0) {
        *ret = NULL;
        return true;
    }
    FILE *file = fopen(str_cstr(ctx, path), "re");
    size_t len = file == NULL ? 0 : fread(text, 1, PEM_BYTES - 1, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    text[len] = '\0';
    *ret = text;
    return len > 0 || error_set(err, ERR_UNAVAILABLE, "Cannot read %.*s.", STR_ARG(path));
}

static bool start_http(struct serving *s, struct error *err)
{
    const struct config *config = &s->program.config;
    static const struct str DEFAULT = STR_INIT("localhost:8080");
    bool given = config->listen.count > 0;
    struct http_server_options options = {
        .listen = given ? config->listen.items : &DEFAULT,
        .listen_count = given ? config->listen.count : 1,
        .threads = (int)config->threads,
        .max_connections = (unsigned)config->max_connections,
        .max_connections_per_address = (unsigned)config->max_connections_per_address,
        .idle_timeout_s = 60,
        .memory_file_bytes = 1 << 20,
        .tmp_folder = mem_printf(s->program.ctx, STR_FMT "/tmp", STR_ARG(config->data)),
        .trusted_proxies = config->trusted_proxy.items,
        .trusted_proxy_count = config->trusted_proxy.count,
        .app = {s, body_limit, handle, refuse},
        .live = s->program.app.live,
    };
    struct http_server *server = NULL;
    bool ok = read_pem(s->program.ctx, config->tls_certificate, &options.tls_certificate, err) &&
              read_pem(s->program.ctx, config->tls_key, &options.tls_key, err) &&
              http_server_start(s->program.ctx, &options, &server, err);
    s->http = server;
    return ok;
}

static bool start_lmtp(struct serving *s, struct error *err)
{
    const struct config *config = &s->program.config;
    struct lmtp_options options = {
        .listen = config->lmtp.items,
        .listen_count = config->lmtp.count,
        .host_name = STR("steward"),
        .spill_folder = str_printf(s->program.ctx, STR_FMT "/tmp", STR_ARG(config->data)),
        .acceptor = intake_acceptor(s->program.desk),
        .max_message = config->max_mail_bytes,
    };
    return config->lmtp.count == 0 || lmtp_server_start(s->program.ctx, &options, &s->lmtp, err);
}

static bool start_jobs(struct serving *s, struct error *err)
{
    s->job_options = (struct jobs_options){
        .db = s->program.app.db,
        .clock = &s->program.clock,
        .env = s->program.desk,
        .kinds = DESK_JOBS,
        .kind_count = DESK_JOB_COUNT,
        .timers = DESK_TIMERS,
        .timer_count = DESK_TIMER_COUNT,
        .threads = (int)s->program.config.job_threads,
    };
    return jobs_start(s->program.ctx, &s->job_options, &s->jobs, err);
}

static double open_live(void *env)
{
    struct serving *s = env;
    return (double)live_count(s->program.app.live);
}

static struct http_stats http_figures(struct serving *s)
{
    struct http_server *server = s->http;
    return server == NULL ? (struct http_stats){0} : http_server_stats(server);
}

static double http_open(void *env)
{
    return (double)http_figures(env).connections;
}

static double http_refused(void *env)
{
    return (double)http_figures(env).refused;
}

static double http_too_slow(void *env)
{
    return (double)http_figures(env).timed_out;
}

static double mails_in(void *env)
{
    struct serving *s = env;
    return s->lmtp == NULL ? 0 : (double)lmtp_server_stats(s->lmtp).accepted;
}

static bool code_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct serving *s = arg;
    struct str code;
    if (!setup_code_make(&s->program.desk->people, tx, s->program.ctx, &code, err)) {
        return false;
    }
    (void)printf("There is no administrator yet. Open %.*s/setup in a browser and enter this code: "
                 "%.*s\n",
                 STR_ARG(s->program.config.public_url), STR_ARG(code));
    (void)fflush(stdout);
    return true;
}

static bool offer_setup(struct serving *s, struct error *err)
{
    struct db *db = NULL;
    bool needed = false;
    if (!db_read_begin(s->program.app.db, &db, err)) {
        return false;
    }
    bool ok = setup_needed(db, &needed, err);
    db_read_end(db);
    return ok && (!needed || db_tx_run(s->program.app.db, "setup.code", code_in_tx, s, err));
}

static void write_seen(const struct serving *s)
{
    struct error err;
    if (!seen_flush(s->program.app.seen, s->program.app.db, &err)) {
        log_error("cannot note which sessions are in use", &err);
    }
}

// Signals are taken by the main thread alone, which has little else to do.
static void wait_for_end(const struct serving *s, const sigset_t *signals)
{
    int signal = 0;
    while (signal != SIGTERM && signal != SIGINT) {
        static const struct timespec SEEN_EVERY = {.tv_sec = 20};
        signal = sigtimedwait(signals, NULL, &SEEN_EVERY);
        write_seen(s);
    }
}

static void add_figures(struct serving *s)
{
    static const struct {
        const char *name, *help;
        bool counter;
        metric_fn *read;
    } FIGURES[] = {
        {"live_connections", "Open live pages.", false, open_live},
        {"http_connections", "Open HTTP connections.", false, http_open},
        {"http_connections_refused_total", "Connections too many from one address.", true,
         http_refused},
        {"http_connections_too_slow_total", "Connections ended because they were too slow.", true,
         http_too_slow},
        {"lmtp_accepted_total", "Mails taken in by LMTP.", true, mails_in},
    };
    for (size_t i = 0; i < sizeof FIGURES / sizeof *FIGURES; i++) {
        metrics_gauge(s->program.app.metrics, FIGURES[i].name, FIGURES[i].help, FIGURES[i].counter,
                      FIGURES[i].read, s);
    }
}

static bool start_inboxes(struct serving *s, bool fetch, struct error *err)
{
    return inboxes_start(s->program.ctx, s->program.desk, fetch, &s->inboxes, err);
}

static bool start(struct serving *s, bool with_jobs, struct error *err)
{
    add_figures(s);
    return (!with_jobs || start_jobs(s, err)) && start_lmtp(s, err) && offer_setup(s, err) &&
           start_inboxes(s, with_jobs, err) && start_http(s, err);
}

// Whoever sends requests here gets the time to notice that it should not.
static void drain(struct serving *s, const sigset_t *signals)
{
    const struct timespec wait = {.tv_sec = (time_t)s->program.config.drain_seconds};
    atomic_store(&s->program.desk->draining, true);
    if (s->http != NULL && wait.tv_sec > 0) {
        LOG(LOG_LEVEL_INFO, "draining", LOG_NUM("seconds", wait.tv_sec));
        http_server_drain(s->http);
        (void)sigtimedwait(signals, NULL, &wait);
    }
}

static void stop(struct serving *s)
{
    atomic_store(&s->program.desk->stopping, true);
    if (s->http != NULL) {
        http_server_stop(s->http, GRACE_MS);
    }
    if (s->lmtp != NULL) {
        lmtp_server_stop(s->lmtp, GRACE_MS);
    }
    if (s->inboxes != NULL) {
        inboxes_stop(s->inboxes);
    }
    if (s->jobs != NULL) {
        jobs_stop(s->jobs);
    }
}

static void log_serving(const struct serving *s)
{
    if (s->http != NULL) {
        LOG(LOG_LEVEL_INFO, "serving", LOG_NUM("port", http_server_port(s->http, 0)));
    } else {
        LOG(LOG_LEVEL_INFO, "working", LOG_NUM("threads", s->program.config.job_threads));
    }
    if (db_deaf(s->program.app.db)) {
        LOG(LOG_LEVEL_WARN, "what other servers change is not shown live here: the database is "
                            "behind a pooler, and db_listen is not set");
    }
}

static void log_stopping(const struct serving *s)
{
    int64_t under_way = s->http == NULL ? 0 : (int64_t)http_server_stats(s->http).under_way;
    LOG(LOG_LEVEL_INFO, "stopping", LOG_NUM("under_way", under_way));
}

typedef bool start_fn(struct serving *s, const struct given *given, struct error *err);

static bool start_serving(struct serving *s, const struct given *given, struct error *err)
{
    return start(s, given_value(given, "no-jobs") == NULL, err);
}

static bool start_working(struct serving *s, const struct given *given UNUSED, struct error *err)
{
    return start_jobs(s, err) && start_inboxes(s, true, err);
}

static int run(const struct given *given, start_fn *start_all)
{
    struct serving *s = mem_new(NULL, struct serving);
    struct error err;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    int code = EX_OK;
    if (!program_open(&s->program, given, PROGRAM_SERVE, &err)) {
        code = fail_with(&err);
        mem_free(s);
        return code;
    }
    if (!start_all(s, given, &err)) {
        code = fail_with(&err);
    } else {
        log_serving(s);
        wait_for_end(s, &signals);
        drain(s, &signals);
        log_stopping(s);
    }
    stop(s);
    program_close(&s->program);
    mem_free(s);
    return code;
}

// Reads the command line; true to go on, otherwise *ret_code is what to end with.
static bool read_options(int argc, char **argv, const char *about, const struct option *options,
                         size_t count, struct given *given, int *ret_code)
{
    enum options_result read = options_read(argc, argv, about, options, count, given);
    bool good = given->word_count == 0 && given_value(given, "data") != NULL;
    if (read == OPTIONS_GO_ON && !good) {
        (void)fprintf(stderr, "steward %s: --data DIR is needed, and no other words.\n", argv[0]);
    }
    *ret_code = read == OPTIONS_DONE ? EX_OK : EX_USAGE;
    return read == OPTIONS_GO_ON && good;
}

#define OPTION_DB_LISTEN                                                                           \
    {                                                                                              \
        "db-listen", "URL", false, "the PostgreSQL server itself, where --db is a pooler"          \
    }
#define OPTION_LOG_LEVEL                                                                           \
    {                                                                                              \
        "log-level", "LEVEL", false, "debug, info, warn or error"                                  \
    }

int cmd_serve(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        OPTION_DB_LISTEN,
        {"listen", "HOST:PORT", true, "where to serve HTTP; localhost:8080 if not given"},
        {"lmtp", "ADDRESS", true, "HOST:PORT or /path to take mail by LMTP"},
        {"smtp", "URL", false, "smtp://host:port to send mail through"},
        {"tls-certificate", "FILE", false, "PEM certificate; with --tls-key serves HTTPS"},
        {"tls-key", "FILE", false, "PEM key"},
        {"public-url", "URL", false, "how people reach this desk; used in mails"},
        {"mailbox", "MAIL", false, "the desk's own mail address"},
        OPTION_LOG_LEVEL,
        {"no-jobs", NULL, false, "no background work in this process; workers do it"},
        {"drain-seconds", "N", false, "after a signal, /healthz says 503 so long before the end"},
        {"new-secret", NULL, false, "go on with another secret, when the desk's own is lost"},
    };
    struct given given;
    int code;
    return read_options(argc, argv,
                        "Runs the desk. All options can also stand in DIR/steward.conf.", OPTIONS,
                        sizeof OPTIONS / sizeof *OPTIONS, &given, &code)
               ? run(&given, start_serving)
               : code;
}

int cmd_worker(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        OPTION_DB_LISTEN,
        {"smtp", "URL", false, "smtp://host:port to send mail through"},
        {"public-url", "URL", false, "how people reach this desk; used in mails"},
        {"mailbox", "MAIL", false, "the desk's own mail address"},
        {"job-threads", "N", false, "pieces of work at a time"},
        OPTION_LOG_LEVEL,
    };
    struct given given;
    int code;
    return read_options(argc, argv,
                        "Does a desk's background work and nothing else: mails to send, timers. "
                        "For desks of several servers, on PostgreSQL. All options can also stand "
                        "in DIR/steward.conf.",
                        OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given, &code)
               ? run(&given, start_working)
               : code;
}
