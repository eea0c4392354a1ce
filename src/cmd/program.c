// SPDX-License-Identifier: GPL-3.0-or-later
#include "cmd/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/metrics.h"
#include "app/rate.h"
#include "app/seal.h"
#include "app/seen.h"
#include "base/log.h"
#include "base/random.h"
#include "blob/blob.h"
#include "cmd/sandbox.h"
#include "live/live.h"
#include "mail/smtp.h"
#include "migrations.h"

#define SECRET_BYTES 32
// A start looks for damage in files of up to 128 MiB; doctor looks at everything.
#define VERIFY_MS 2000

static bool make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return true;
    }
    return error_set(err, ERR_UNAVAILABLE, "Cannot make the folder %s: %s", path, strerror(errno));
}

static bool make_data(struct program *p, const char *data, struct error *err)
{
    struct stat known;
    const char *secret = mem_printf(p->ctx, "%s/secret", data);
    if (!make_folder(data, err)) {
        return false;
    }
    if (stat(secret, &known) == 0) {
        return true;
    }
    struct str key = random_token(p->ctx, SECRET_BYTES);
    int fd = open(secret, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, key.ptr, key.len) == (ssize_t)key.len && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok || error_set(err, ERR_UNAVAILABLE, "Cannot write %s: %s", secret, strerror(errno));
}

bool read_first_line(mem_ctx *ctx, const char *path, struct str *ret, struct error *err)
{
    char line[1024];
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (file == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    }
    bool got = fgets(line, sizeof line, file) != NULL;
    if (!standard) {
        (void)fclose(file);
    }
    if (!got) {
        return error_set(err, ERR_INVALID, "%s is empty.", path);
    }
    *ret = str_dup(ctx, str_trim(str_c(line)));
    return true;
}

static bool read_secret(struct program *p, const char *data, struct error *err)
{
    struct str line;
    const char *path = mem_printf(p->ctx, "%s/secret", data);
    if (!read_first_line(p->ctx, path, &line, err)) {
        return error_set(err, ERR_UNAVAILABLE,
                         "%s is no data folder (its secret cannot be read). "
                         "Make one with `steward init --data %s …`.",
                         data, data);
    }
    return base64_decode(p->ctx, line, &p->app.secret) ||
           error_set(err, ERR_UNAVAILABLE,
                     "%s is damaged: restore it from a backup, or the links in "
                     "mails that were sent will not work any more.",
                     path);
}

static bool read_settings(struct program *p, const struct given *given, const char *data,
                          struct error *err)
{
    enum log_level level = LOG_LEVEL_INFO;
    config_init(&p->config);
    if (!config_load(&p->config, p->ctx, str_c(data), err)) {
        return false;
    }
    bool listens = false;
    for (size_t i = 0; i < given->count; i++) {
        struct str name = str_c(given->items[i].option->name);
        struct str value = str_c(given->items[i].value);
        // Listeners of the command line stand in place of those of the file.
        if (str_eq_c(name, "listen") && !listens) {
            p->config.listen.count = 0;
            listens = true;
        }
        if (config_known(name) && !config_set(&p->config, p->ctx, name, value, err)) {
            return false;
        }
    }
    if (!log_level_parse(p->config.log_level, &level)) {
        return error_set(err, ERR_INVALID, "log_level is one of debug, info, warn, error.");
    }
    struct str two_factors = p->config.two_factors;
    if (!str_eq_c(two_factors, "staff") && !str_eq_c(two_factors, "optional")) {
        return error_set(err, ERR_INVALID, "two_factors is staff or optional.");
    }
    log_set_level(level);
    return true;
}

// Without a public address, the first listener is the best guess at how people reach us. It comes
// from the settings and never from a request, whose Host header anybody can write.
static void guess_public_url(struct program *p)
{
    const struct config *config = &p->config;
    struct str listen = config->listen.count > 0 ? config->listen.items[0] : STR("localhost:8080");
    if (config->public_url.len == 0 && !str_ends(listen, STR(":0"))) {
        p->config.public_url =
            str_printf(p->ctx, "%s://" STR_FMT, config->tls_certificate.len > 0 ? "https" : "http",
                       STR_ARG(listen));
    }
}

struct blob_place program_blobs(mem_ctx *ctx, const struct config *config, const char *url)
{
    const char *data = str_cstr(ctx, config->data);
    struct blob_place place = {.url = url,
                               .scratch = mem_printf(ctx, "%s/tmp", data),
                               .access_key = config->blobs_access_key,
                               .secret_key = config->blobs_secret_key};
    if (url == NULL) {
        place.url =
            config->blobs.len > 0 ? str_cstr(ctx, config->blobs) : mem_printf(ctx, "file:%s", data);
    }
    return place;
}

static bool open_stores(struct program *p, const char *data, struct error *err)
{
    const char *url = p->config.db.len > 0 ? str_cstr(p->ctx, p->config.db)
                                           : mem_printf(p->ctx, "sqlite:%s/steward.db", data);
    struct str listen = p->config.db_listen;
    struct db_options options = {.url = url,
                                 .listen_url = listen.len > 0 ? str_cstr(p->ctx, listen) : NULL,
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT,
                                 .statement_timeout_ms = 30000};
    const char *tmp = mem_printf(p->ctx, "%s/tmp", data);
    const struct blob_place place = program_blobs(p->ctx, &p->config, NULL);
    return make_folder(tmp, err) && db_open(p->ctx, &options, &p->app.db, err) &&
           blob_store_open(p->ctx, &place, &p->app.blobs, err);
}

// --- the sandbox ---------------------------------------------------------------------------------

static const char *folder_of(mem_ctx *ctx, struct str path)
{
    size_t slash = path.len;
    while (slash > 0 && path.ptr[slash - 1] != '/') {
        slash--;
    }
    return slash == 0 ? "." : str_cstr(ctx, str_sub(path, 0, slash > 1 ? slash - 1 : 1));
}

// Folders of local sockets: the file is made at the start and removed at the end.
static void allow_sockets(struct sandbox *sandbox, mem_ctx *ctx, const struct config_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str where = list->items[i];
        where = str_starts(where, STR("unix:")) ? str_from(where, 5) : where;
        if (str_starts(where, STR("/"))) {
            sandbox_may_write(sandbox, folder_of(ctx, where));
        }
    }
}

static void allow_files(struct sandbox *sandbox, mem_ctx *ctx, const struct config *config)
{
    struct smtp_config smtp;
    struct error ignored;  // a wrong address of the mail server is told by who uses it
    const char *home = getenv("HOME");
    if (config->tls_certificate.len > 0) {
        sandbox_may_read(sandbox, str_cstr(ctx, config->tls_certificate));
        sandbox_may_read(sandbox, str_cstr(ctx, config->tls_key));
    }
    if (config->smtp.len > 0 && smtp_config_parse(ctx, config->smtp, &smtp, &ignored) &&
        smtp.ca_file.len > 0) {
        sandbox_may_read(sandbox, str_cstr(ctx, smtp.ca_file));
    }
    if (home != NULL && str_starts(config->db, STR("postgres"))) {
        sandbox_may_read(sandbox, mem_printf(ctx, "%s/.postgresql", home));
        sandbox_may_read(sandbox, mem_printf(ctx, "%s/.pgpass", home));
    }
}

void program_sandbox(mem_ctx *ctx, const struct config *config, struct sandbox *ret)
{
    *ret = (struct sandbox){.write_count = 0};
    sandbox_may_write(ret, str_cstr(ctx, config->data));
    if (str_starts(config->db, STR("sqlite:"))) {
        sandbox_may_write(ret, folder_of(ctx, str_from(config->db, strlen("sqlite:"))));
    }
    if (str_starts(config->blobs, STR("file:"))) {
        sandbox_may_write(ret, str_cstr(ctx, str_from(config->blobs, strlen("file:"))));
    }
    allow_sockets(ret, ctx, &config->listen);
    allow_sockets(ret, ctx, &config->lmtp);
    allow_files(ret, ctx, config);
}

static bool enter_sandbox(struct program *p, struct error *err)
{
    struct sandbox sandbox;
    bool off = str_eq_c(p->config.sandbox, "off");
    if (!off && !str_eq_c(p->config.sandbox, "on")) {
        return error_set(err, ERR_INVALID, "sandbox is on or off.");
    }
    if (off) {
        LOG(LOG_LEVEL_WARN, "the sandbox is off: so it is set", LOG_NUM("calls", 0));
        return true;
    }
    program_sandbox(p->ctx, &p->config, &sandbox);
    struct sandbox_state state = sandbox_enter(&sandbox);
    LOG(LOG_LEVEL_INFO, "sandbox", LOG_NUM("calls", state.calls),
        LOG_NUM("files_abi", state.files_abi));
    return true;
}

// Tests live through days in seconds: STEWARD_TEST_AHEAD_SECONDS puts the program's clock so far
// ahead of the machine's.
static void set_clock(struct clock *clock)
{
    const char *ahead = getenv("STEWARD_TEST_AHEAD_SECONDS");
    int64_t seconds = 0;
    if (ahead != NULL && str_to_i64(str_c(ahead), &seconds) && seconds > 0 &&
        seconds < 3650 * (DAYS_MS / SECONDS_MS)) {
        clock_set(clock, clock_now(clock) + seconds * SECONDS_MS);
    }
}

// --- opening -------------------------------------------------------------------------------------

static bool open_all(struct program *p, const struct given *given, enum program_use use,
                     struct error *err)
{
    const char *data = given_value(given, "data");
    if (data == NULL || data[0] == '\0') {
        return error_set(err, ERR_INVALID, "Say which data folder: --data DIR.");
    }
    (void)umask(0077);
    clock_init(&p->clock);
    set_clock(&p->clock);
    p->app.clock = &p->clock;
    p->app.config = &p->config;
    if ((use != PROGRAM_VISIT && !make_data(p, data, err)) || !read_secret(p, data, err) ||
        !read_settings(p, given, data, err) || (use == PROGRAM_SERVE && !enter_sandbox(p, err)) ||
        !open_stores(p, data, err) ||
        (use == PROGRAM_SERVE && !db_verify(p->app.db, VERIFY_MS, err)) ||
        !seal_check(p->app.db, p->app.secret, given_value(given, "new-secret") != NULL, err)) {
        return false;
    }
    guess_public_url(p);
    p->app.live = live_hub_new(p->ctx);
    p->app.limiter = limiter_new(p->ctx);
    p->app.metrics = metrics_new(p->ctx);
    p->app.seen = seen_new(p->ctx);
    return desk_new(p->ctx, &p->app, &p->desk, err);
}

bool program_open(struct program *p, const struct given *given, enum program_use use,
                  struct error *err)
{
    *p = (struct program){.ctx = mem_ctx_new(NULL, "program")};
    if (open_all(p, given, use, err)) {
        return true;
    }
    program_close(p);
    return false;
}

void program_close(struct program *p)
{
    mem_free(p->ctx);
    p->ctx = NULL;
}

struct actor program_actor(void)
{
    return actor_system(CHANNEL_SYSTEM);
}
