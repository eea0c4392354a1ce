// SPDX-License-Identifier: GPL-3.0-or-later
//
// All statements but scripts travel in libpq's pipeline mode: what goes ahead (BEGIN, a lock), the
// preparation of a statement and its execution are one round trip, and so are the mark of a commit
// and COMMIT. The answers to all but the last are short, so neither side can block the other.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "db/postgres_internal.h"

#define PIPELINE_MAX (POSTGRES_AHEAD + 4)

// --- errors -----------------------------------------------------------------------------------

struct state_row {
    const char *prefix;  // of SQLSTATE; the first that fits decides
    enum error_code code;
    bool try_again;
    bool broken;  // this connection is of no more use
    const char *message;
};

#define LOST_MESSAGE                                                                               \
    "The database server does not answer. Please try again in a moment; the administrator finds "  \
    "the reason in the log."

#define READ_ONLY "25006"

static const struct state_row STATES[] = {
    {"23505", ERR_CONFLICT, false, false, "This already exists."},
    // A server that was the primary once. (Or a reader that writes, which is our mistake.)
    {READ_ONLY, ERR_UNAVAILABLE, false, true, LOST_MESSAGE},
    {"40", ERR_BUSY, true, false, "The database is busy. Please try again in a moment."},
    {"55P03", ERR_BUSY, true, false, "The database is busy. Please try again in a moment."},
    {"57014", ERR_BUSY, false, false,
     "This took the database too long and was stopped. Please ask for less at once, or try again "
     "later."},
    {"53100", ERR_NO_SPACE, false, false,
     "The database server's disk is full, so nothing was saved. Please tell the administrator; "
     "nothing stored before is lost."},
    {"53", ERR_UNAVAILABLE, false, false, LOST_MESSAGE},
    {"57P", ERR_UNAVAILABLE, false, true, LOST_MESSAGE},
    {"08", ERR_UNAVAILABLE, false, true, LOST_MESSAGE},
    {"58", ERR_UNAVAILABLE, false, false, LOST_MESSAGE},
    {"XX001", ERR_UNAVAILABLE, false, false,
     "The database is damaged. The administrator should see its log."},
    {"54", ERR_TOO_LARGE, false, false, "This is too large to be stored."},
    {"22021", ERR_INVALID, false, false, "This text has characters that cannot be stored."},
};

static bool result_fail(struct postgres_conn *conn, const PGresult *result, const char *what,
                        struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (state == NULL) {
        // libpq's own: the connection broke.
        conn->broken = true;
        (void)error_set(err, ERR_UNAVAILABLE, LOST_MESSAGE);
        return error_detail(err, "%s: %s", what, PQerrorMessage(conn->handle));
    }
    conn->broken = conn->broken || (severity != NULL && strcmp(severity, "FATAL") == 0);
    (void)error_internal(err, "postgres");
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        if (strncmp(state, STATES[i].prefix, strlen(STATES[i].prefix)) == 0 &&
            !(conn->reader && strcmp(state, READ_ONLY) == 0)) {
            (void)error_set(err, STATES[i].code, "%s", STATES[i].message);
            conn->try_again = conn->try_again || STATES[i].try_again;
            conn->broken = conn->broken || STATES[i].broken;
            break;
        }
    }
    if (err->code == ERR_CONFLICT) {
        (void)snprintf(err->word, sizeof err->word, "DuplicateValue");
    }
    return error_detail(err, "%s: %s (%s)", what, text == NULL ? "" : text, state);
}

static bool lost_fail(struct postgres_conn *conn, const char *what, struct error *err)
{
    conn->broken = true;
    (void)error_set(err, ERR_UNAVAILABLE, LOST_MESSAGE);
    return error_detail(err, "%s: %s", what, PQerrorMessage(conn->handle));
}

bool postgres_conn_lost(const struct postgres_conn *conn)
{
    return conn->broken || PQstatus(conn->handle) != CONNECTION_OK;
}

// --- connections ------------------------------------------------------------------------------

static void ignore_notice(void *arg UNUSED, const PGresult *result UNUSED)
{
}

// Behind a pooler it goes ahead of each transaction instead.
static bool timeout_send(struct postgres_conn *conn, struct error *err)
{
    (void)snprintf(conn->timeout_sql, sizeof conn->timeout_sql, "SET %sstatement_timeout = %d",
                   conn->pooled ? "LOCAL " : "", conn->timeout_ms);
    if (conn->pooled) {
        return true;
    }
    PGresult *result = PQexec(conn->handle, conn->timeout_sql);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        (void)result_fail(conn, result, conn->timeout_sql, err);
    }
    PQclear(result);
    return ok;
}

// A pooler cannot know our server process when we connect, so it makes up a number.
static bool pooled_find(struct postgres_conn *conn, struct error *err)
{
    PGresult *result = PQexec(conn->handle, "SELECT pg_backend_pid()");
    int64_t pid = 0;
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!ok) {
        (void)result_fail(conn, result, "pg_backend_pid", err);
    } else {
        conn->pooled =
            !str_to_i64(str_c(PQgetvalue(result, 0, 0)), &pid) || pid != PQbackendPID(conn->handle);
    }
    PQclear(result);
    return ok;
}

static bool connect_now(struct postgres_conn *conn, struct error *err)
{
    // The last word for a keyword wins, so the URL decides about what stands before it, but cannot
    // change the encoding. A server that is gone without a word is noticed in half a minute.
    static const char *const KEYWORDS[] = {
        "connect_timeout",  "keepalives_idle",           "keepalives_interval",
        "keepalives_count", "tcp_user_timeout",          "dbname",
        "client_encoding",  "fallback_application_name", NULL};
    const char *const values[] = {"5", "10", "5", "3", "20000", conn->url, "UTF8", "steward", NULL};
    conn->handle = PQconnectdbParams(KEYWORDS, values, 1);
    mem_check_(conn->handle);
    if (PQstatus(conn->handle) != CONNECTION_OK) {
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The database server cannot be reached, or does not let Steward in.");
        return error_detail(err, "%s", PQerrorMessage(conn->handle));
    }
    (void)PQsetNoticeReceiver(conn->handle, ignore_notice, NULL);
    return pooled_find(conn, err) && (conn->timeout_ms == 0 || timeout_send(conn, err));
}

bool postgres_conn_open(const char *url, struct postgres_conn **ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "postgres");
    struct postgres_conn *conn = mem_new(ctx, struct postgres_conn);
    conn->ctx = ctx;
    conn->url = mem_text(ctx, url);
    conn->prepared_room = 256;
    conn->prepared = mem_array(ctx, const struct db_query *, conn->prepared_room);
    if (!connect_now(conn, err)) {
        postgres_conn_close(conn);
        return false;
    }
    *ret = conn;
    return true;
}

void postgres_conn_close(struct postgres_conn *conn)
{
    PQfinish(conn->handle);
    mem_free(conn->ctx);
}

static bool connect_anew(struct postgres_conn *conn, struct error *err)
{
    PQfinish(conn->handle);
    memset(conn->prepared, 0, conn->prepared_room * sizeof *conn->prepared);
    conn->prepared_count = 0;
    for (int i = 0; i < POSTGRES_BUILT_KEPT; i++) {
        mem_free((void *)conn->built[i].text.ptr);
        conn->built[i] = (struct postgres_built){0};
    }
    conn->ending = false;
    conn->broken = false;
    bool ok = connect_now(conn, err);
    conn->broken = !ok;
    return ok;
}

bool postgres_conn_timeout(struct postgres_conn *conn, int timeout_ms, struct error *err)
{
    if (conn->timeout_ms == timeout_ms) {
        return true;
    }
    conn->timeout_ms = timeout_ms;
    // A lost connection is opened anew when it is used, with this.
    return timeout_send(conn, err) || (conn->reader && postgres_conn_lost(conn));
}

void postgres_ahead(struct postgres_conn *conn, const char *sql)
{
    assert(conn->ahead_count < POSTGRES_AHEAD);
    conn->ahead[conn->ahead_count++] = sql;
}

// --- prepared statements ----------------------------------------------------------------------

static size_t prepared_slot(const struct postgres_conn *conn, const struct db_query *query)
{
    size_t mask = conn->prepared_room - 1;
    size_t i = ((uintptr_t)query >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20 & mask;
    while (conn->prepared[i] != NULL && conn->prepared[i] != query) {
        i = (i + 1) & mask;
    }
    return i;
}

static void prepared_add(struct postgres_conn *conn, const struct db_query *query)
{
    conn->prepared[prepared_slot(conn, query)] = query;
    conn->prepared_count++;
    if (conn->prepared_count * 2 <= conn->prepared_room) {
        return;
    }
    const struct db_query **old = conn->prepared;
    size_t old_room = conn->prepared_room;
    conn->prepared_room *= 2;
    conn->prepared = mem_array(conn->ctx, const struct db_query *, conn->prepared_room);
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != NULL) {
            conn->prepared[prepared_slot(conn, old[i])] = old[i];
        }
    }
    mem_free(old);
}

// The place of built SQL: where it is kept already, or where the one longest unused stands.
static int built_place(struct postgres_conn *conn, struct str sql, bool *ret_kept)
{
    int place = 0;
    for (int i = 0; i < POSTGRES_BUILT_KEPT; i++) {
        if (!str_none(conn->built[i].text) && str_eq(conn->built[i].text, sql)) {
            *ret_kept = true;
            return i;
        }
        if (conn->built[i].used_at < conn->built[place].used_at) {
            place = i;
        }
    }
    *ret_kept = false;
    return place;
}

static void built_keep(struct postgres_conn *conn, int place, struct str sql, uint64_t number)
{
    mem_free((void *)conn->built[place].text.ptr);
    conn->built[place].text = str_none(sql) ? sql : str_dup(conn->ctx, sql);
    conn->built[place].number = number;
}

// --- sending ----------------------------------------------------------------------------------

struct sending {
    const struct db_query *query;  // or
    struct str built;              // or
    const char *plain;
    const struct db_value *values;
    int count;
};

// What was sent and what to remember once it is known to have worked.
struct pipeline {
    struct postgres_conn *conn;
    mem_ctx *ctx;
    const char *what[PIPELINE_MAX];
    const struct db_query *prepares[PIPELINE_MAX];
    bool unclear[PIPELINE_MAX];  // its answer does not say whether it wrote
    int count;
    // Built SQL that is prepared anew: which answers say that the old one is gone and the new one
    // there; -1 for none.
    int place;
    int gone_at;
    int there_at;
    uint64_t number;
    struct str built;
};

static void sent(struct pipeline *p, const char *what, const struct db_query *prepares)
{
    assert(p->count < PIPELINE_MAX);
    p->what[p->count] = what;
    p->prepares[p->count++] = prepares;
}

static bool send_plain(struct pipeline *p, const char *sql)
{
    sent(p, sql, NULL);
    return PQsendQueryParams(p->conn->handle, sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
}

static bool send_prepare(struct pipeline *p, const struct sending *s, char name[32],
                         const struct postgres_params *params)
{
    struct postgres_conn *conn = p->conn;
    if (s->query != NULL) {
        (void)snprintf(name, 32, "q%llx", (unsigned long long)(uintptr_t)s->query);
        if (conn->prepared[prepared_slot(conn, s->query)] != NULL) {
            return true;
        }
        sent(p, s->query->name, s->query);
        return PQsendPrepare(conn->handle, name, s->query->postgres, s->count, params->types) == 1;
    }
    bool kept = false;
    int place = built_place(conn, s->built, &kept);
    struct postgres_built *built = &conn->built[place];
    built->used_at = ++conn->turn;
    p->number = kept ? built->number : conn->turn;
    (void)snprintf(name, 32, "b%llu", (unsigned long long)p->number);
    if (kept) {
        return true;
    }
    p->place = place;
    p->built = s->built;
    if (!str_none(built->text)) {
        p->gone_at = p->count;
        if (!send_plain(
                p, mem_printf(p->ctx, "DEALLOCATE b%llu", (unsigned long long)built->number))) {
            return false;
        }
    }
    p->there_at = p->count;
    sent(p, "built query", NULL);
    return PQsendPrepare(conn->handle, name, str_cstr(p->ctx, s->built), s->count, params->types) ==
           1;
}

static bool send_one(struct pipeline *p, const struct sending *s)
{
    PGconn *handle = p->conn->handle;
    struct postgres_params params = {0};
    char name[32];
    if (s->plain != NULL) {
        return send_plain(p, s->plain);
    }
    assert(s->query == NULL || s->query->postgres != NULL);
    postgres_params_set(&params, p->ctx, s->query == NULL ? NULL : s->query->params, s->values,
                        s->count);
    const char *what = s->query == NULL ? "built query" : s->query->name;
    const char *sql = s->query != NULL ? s->query->postgres : str_cstr(p->ctx, s->built);
    bool unclear = str_istarts(str_c(sql), STR("WITH"));
    if (p->conn->pooled) {
        sent(p, what, NULL);
        p->unclear[p->count - 1] = unclear;
        return PQsendQueryParams(handle, sql, s->count, params.types, params.values, params.lengths,
                                 params.formats, 1) == 1;
    }
    if (!send_prepare(p, s, name, &params)) {
        return false;
    }
    sent(p, what, NULL);
    p->unclear[p->count - 1] = unclear;
    return PQsendQueryPrepared(handle, name, s->count, params.values, params.lengths,
                               params.formats, 1) == 1;
}

static bool send_all(struct pipeline *p, const struct sending *list, int count)
{
    struct postgres_conn *conn = p->conn;
    bool ok = PQenterPipelineMode(conn->handle) == 1;
    for (int i = 0; ok && i < conn->ahead_count; i++) {
        ok = send_plain(p, conn->ahead[i]);
    }
    for (int i = 0; ok && i < count; i++) {
        ok = send_one(p, &list[i]);
    }
    return ok && PQpipelineSync(conn->handle) == 1;
}

// The answer to one statement; NULL when the connection is lost.
static PGresult *answer_next(PGconn *handle)
{
    PGresult *result = PQgetResult(handle);
    for (PGresult *more = result; more != NULL;) {
        more = PQgetResult(handle);
        PQclear(more);
    }
    return result;
}

static bool answers_end(struct postgres_conn *conn)
{
    PGresult *result = PQgetResult(conn->handle);
    bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    PQclear(result);
    return PQexitPipelineMode(conn->handle) == 1 && synced;
}

static void answer_note(struct pipeline *p, int i, const PGresult *result)
{
    const char *done = PQcmdStatus((PGresult *)result);
    struct str changes = str_c(PQcmdTuples((PGresult *)result));
    if (p->prepares[i] != NULL) {
        prepared_add(p->conn, p->prepares[i]);
    }
    if (i == p->gone_at) {
        built_keep(p->conn, p->place, STR_NONE, 0);
    }
    if (i == p->there_at) {
        built_keep(p->conn, p->place, p->built, p->number);
    }
    bool writes = strncmp(done, "INSERT", 6) == 0 || strncmp(done, "UPDATE", 6) == 0 ||
                  strncmp(done, "DELETE", 6) == 0;
    p->conn->wrote = p->conn->wrote || p->unclear[i] || (writes && !str_eq_c(changes, "0"));
}

// Reads all answers; *ret is the one to the last statement.
static bool answers_take(struct pipeline *p, PGresult **ret, struct error *err)
{
    struct postgres_conn *conn = p->conn;
    bool ok = true;
    for (int i = 0; i < p->count; i++) {
        PGresult *result = answer_next(conn->handle);
        if (result == NULL && ok) {
            return lost_fail(conn, p->what[i], err);
        }
        if (result == NULL) {
            conn->broken = true;
            return false;
        }
        ExecStatusType status = PQresultStatus(result);
        bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (ok && !good) {
            ok = false;
            (void)result_fail(conn, result, p->what[i], err);
        } else if (good) {
            answer_note(p, i, result);
        }
        if (ok && i == p->count - 1) {
            *ret = result;
        } else {
            PQclear(result);
        }
    }
    if (!answers_end(conn)) {
        conn->broken = true;  // what was answered counts
    }
    return ok;
}

static bool exchange_once(struct postgres_conn *conn, const struct sending *list, int count,
                          PGresult **ret, struct error *err)
{
    struct pipeline p = {
        .conn = conn, .ctx = mem_ctx_new(NULL, "pipeline"), .gone_at = -1, .there_at = -1};
    bool ok = !postgres_conn_lost(conn);
    if (!ok || !send_all(&p, list, count)) {
        ok = lost_fail(conn, p.count == 0 ? "begin" : p.what[p.count - 1], err);
    } else {
        ok = answers_take(&p, ret, err);
    }
    mem_free(p.ctx);
    return ok;
}

// Sends what goes ahead and then the list, all in one round trip; *ret is the last one's result.
static bool exchange(struct postgres_conn *conn, const struct sending *list, int count,
                     PGresult **ret, struct error *err)
{
    bool first = conn->ahead_count > 0;
    bool ok = exchange_once(conn, list, count, ret, err);
    if (!ok && first && conn->reader && postgres_conn_lost(conn)) {
        // The server was started again since the last time; nothing was read yet.
        ok = connect_anew(conn, err) && exchange_once(conn, list, count, ret, err);
    }
    conn->ahead_count = 0;
    return ok;
}

bool postgres_do(struct postgres_conn *conn, const char *sql, struct error *err)
{
    const struct sending one = {.plain = sql};
    PGresult *result = NULL;
    bool ok = exchange(conn, &one, 1, &result, err);
    PQclear(result);
    return ok;
}

void postgres_rollback(struct postgres_conn *conn)
{
    struct error ignored;  // a connection that is lost has forgotten everything
    if (conn->ahead_count == 0 && !postgres_conn_lost(conn)) {
        (void)!postgres_do(conn, "ROLLBACK", &ignored);
    }
    conn->ahead_count = 0;
}

bool postgres_script(struct postgres_conn *conn, const char *sql, struct error *err)
{
    if (conn->ahead_count > 0 && !postgres_do(conn, "SELECT 1", err)) {
        return false;
    }
    PGresult *result = PQexec(conn->handle, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!ok) {
        (void)result_fail(conn, result, sql, err);
    }
    PQclear(result);
    return ok;
}

// --- commits ----------------------------------------------------------------------------------

// kind 0: written by the transaction itself. 1: by whoever found it missing, so that it can never
// be committed any more.
const char POSTGRES_MARKS[] =
    "CREATE TABLE IF NOT EXISTS steward_commit (run BIGINT NOT NULL, number BIGINT NOT NULL, "
    "kind INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (run, number))";

static const enum db_type MARK_PARAMS[] = {DB_I64, DB_I64};
static const struct db_query MARK_PUT = {
    .name = "db_mark_put",
    .postgres = "INSERT INTO steward_commit (run, number, kind) VALUES ($1, $2, 0)",
    .params = MARK_PARAMS,
    .param_count = 2};
static const struct db_query MARK_FENCE = {
    .name = "db_mark_fence",
    .postgres = "INSERT INTO steward_commit (run, number, kind) VALUES ($1, $2, 1) "
                "ON CONFLICT DO NOTHING",
    .params = MARK_PARAMS,
    .param_count = 2};
static const struct db_query MARK_FIND = {
    .name = "db_mark_find",
    .postgres = "SELECT kind FROM steward_commit WHERE run = $1 AND number = $2",
    .params = MARK_PARAMS,
    .param_count = 2};
static const struct db_query MARKS_OLD = {
    .name = "db_marks_old",
    .postgres = "DELETE FROM steward_commit WHERE at < now() - interval '7 days'"};
static const struct db_query MARKS_FORGET = {
    .name = "db_marks_forget",
    .postgres = "DELETE FROM steward_commit WHERE run = $1 AND number < $2",
    .params = MARK_PARAMS,
    .param_count = 2};

bool postgres_commit(struct postgres_conn *conn, struct postgres_mark mark, struct error *err)
{
    const struct db_value values[] = {DB_VALUE_I64(mark.run), DB_VALUE_I64(mark.number)};
    const struct sending both[] = {{.query = &MARK_PUT, .values = values, .count = 2},
                                   {.plain = "COMMIT"}};
    PGresult *result = NULL;
    if (conn->ahead_count > 0) {
        conn->ahead_count = 0;  // not even BEGIN was sent
        return true;
    }
    bool ok = conn->wrote ? exchange(conn, both, 2, &result, err)
                          : exchange(conn, &both[1], 1, &result, err);
    if (ok && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        ok = error_internal(err, "a statement failed and its transaction went on nevertheless");
    }
    PQclear(result);
    return ok;
}

bool postgres_committed(struct postgres_conn *conn, struct postgres_mark mark, bool *ret,
                        struct error *err)
{
    const struct db_value values[] = {DB_VALUE_I64(mark.run), DB_VALUE_I64(mark.number)};
    // Waits for the transaction in question where it still goes on.
    const struct sending fence = {.query = &MARK_FENCE, .values = values, .count = 2};
    const struct sending find = {.query = &MARK_FIND, .values = values, .count = 2};
    PGresult *result = NULL;
    if (!exchange(conn, &fence, 1, &result, err)) {
        return false;
    }
    PQclear(result);
    if (!exchange(conn, &find, 1, &result, err)) {
        return false;
    }
    assert(PQntuples(result) == 1);
    const char *kind = PQgetvalue(result, 0, 0);
    *ret = kind[PQgetlength(result, 0, 0) - 1] == 0;
    PQclear(result);
    return true;
}

static void marks_delete(struct postgres_conn *conn, const struct sending *one)
{
    PGresult *result = NULL;
    struct error ignored;  // then they are deleted another time
    (void)!exchange(conn, one, 1, &result, &ignored);
    PQclear(result);
}

void postgres_marks_forget(struct postgres_conn *conn, struct postgres_mark below)
{
    const struct db_value values[] = {DB_VALUE_I64(below.run), DB_VALUE_I64(below.number)};
    marks_delete(conn, &(struct sending){.query = &MARKS_FORGET, .values = values, .count = 2});
}

void postgres_marks_sweep(struct postgres_conn *conn)
{
    marks_delete(conn, &(struct sending){.query = &MARKS_OLD});
}

// --- running ----------------------------------------------------------------------------------

bool postgres_start(struct db *db, const struct db_query *query, struct str sql,
                    const struct db_value *params, int param_count, struct db_cursor **ret,
                    struct error *err)
{
    struct postgres_conn *conn = ((struct postgres_db *)db)->conn;
    const struct sending one = {
        .query = query, .built = sql, .values = params, .count = param_count};
    PGresult *result = NULL;
    if (!exchange(conn, &one, 1, &result, err)) {
        return false;
    }
    struct postgres_cursor *cursor = mem_new(conn->ctx, struct postgres_cursor);
    *cursor = (struct postgres_cursor){
        .base.db = db, .conn = conn, .result = result, .row = -1, .rows = PQntuples(result)};
    db->open_cursors++;
    *ret = &cursor->base;
    return true;
}

bool postgres_step(struct db_cursor *cursor, bool *ret_row, struct error *err UNUSED)
{
    struct postgres_cursor *c = (struct postgres_cursor *)cursor;
    c->row++;
    *ret_row = c->row < c->rows;
    return true;
}

void postgres_end(struct db_cursor *cursor)
{
    struct postgres_cursor *c = (struct postgres_cursor *)cursor;
    cursor->db->open_cursors--;
    PQclear(c->result);
    mem_free(c);
}

bool postgres_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                   int64_t *ret_changes, struct error *err)
{
    const struct sending one = {.query = query, .values = params, .count = query->param_count};
    PGresult *result = NULL;
    if (!exchange(((struct postgres_db *)db)->conn, &one, 1, &result, err)) {
        return false;
    }
    int64_t changes = 0;
    // "" for statements that change no rows.
    if (ret_changes != NULL && !str_to_i64(str_c(PQcmdTuples(result)), &changes)) {
        changes = 0;
    }
    PQclear(result);
    if (ret_changes != NULL) {
        *ret_changes = changes;
    }
    return true;
}
