// SPDX-License-Identifier: GPL-3.0-or-later
//
// Webhooks and their log as rows; who may write them; asking for a call.
#include "desk/hooks/hooks.h"

#include "base/random.h"
#include "base/seal.h"
#include "base/words.h"
#include "desk/desk.h"
#include "desk/hooks/queries.h"
#include "desk/rules/rules.h"
#include "desk/trail/trail.h"

#define NAME_MAX_CHARS 255
#define PAYLOAD_MAX (256 << 10)
#define LOG_MOST 1000
#define KEEP_MS (30 * DAYS_MS)

// 48 bits of time and 80 of chance in 26 letters and digits (the ULID's alphabet and order).
static struct str new_id(mem_ctx *ctx, int64_t now)
{
    static const char LETTERS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[26];
    uint64_t time = (uint64_t)now;
    for (int i = 9; i >= 0; i--) {
        text[i] = LETTERS[time & 31];
        time >>= 5;
    }
    for (int i = 10; i < 26; i++) {
        text[i] = LETTERS[random_below(32)];
    }
    return str_c(mem_text_n(ctx, text, sizeof text));
}

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators decide where the desk calls.");
}

static bool from_row(const struct desk *desk, mem_ctx *ctx, const struct webhook_row *row,
                     struct hook *ret, struct error *err)
{
    *ret = (struct hook){
        .id = row->id,
        .name = row->name,
        .description = row->description,
        .active = row->active,
        .endpoint = row->endpoint,
        .method = row->method,
        .format = row->format,
        .headers = row->headers,
        .subscriptions = row->subscriptions,
        .paused_until = row->paused_until,
        .created_by = row->created_by,
        .created_at = row->created_at,
        .updated_by = row->updated_by,
        .updated_at = row->updated_at.v,
    };
    struct str key = desk->app->secret;
    return seal_open(ctx, key, STR("webhook.auth"), row->auth_sealed, &ret->auth, err) &&
           seal_open(ctx, key, STR("webhook.secret"), row->secret_sealed, &ret->secret, err);
}

bool hooks_list(const struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                struct hook **ret, size_t *ret_count, struct error *err)
{
    struct webhook_row *rows = NULL;
    size_t count = 0;
    if (!admins_only(actor, err) || !webhook_rows(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct hook, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!from_row(desk, ctx, &rows[i], &(*ret)[i], err)) {
            return false;
        }
    }
    *ret_count = count;
    return true;
}

static bool load_any(const struct desk *desk, struct db *db, mem_ctx *ctx, struct str id,
                     struct hook *ret, struct error *err)
{
    struct webhook_row row;
    bool found = false;
    if (!webhook_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such webhook.");
    }
    return from_row(desk, ctx, &row, ret, err);
}

bool hook_load(const struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
               struct str id, struct hook *ret, struct error *err)
{
    return admins_only(actor, err) && load_any(desk, db, ctx, id, ret, err);
}

// --- changing -----------------------------------------------------------------------------------

static bool is_one_of(struct str word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (str_eq_c(word, words[i])) {
            return true;
        }
    }
    return false;
}

static bool check(const struct hook *hook, struct error *err)
{
    static const char *const METHODS[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
    static const char *const FORMATS[] = {"json", "xml", "form_encoded", NULL};
    if (str_empty(str_trim(hook->name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    bool web =
        str_istarts(hook->endpoint, STR("https://")) || str_istarts(hook->endpoint, STR("http://"));
    if (!web || hook->endpoint.len > 2000 || str_find_char(hook->endpoint, ' ') >= 0 ||
        str_find_char(hook->endpoint, '\n') >= 0) {
        return error_field(err, "endpoint", "InvalidValue",
                           "Endpoint: give an address that begins with https:// or http://");
    }
    if (!is_one_of(hook->method, METHODS)) {
        return error_field(err, "http_method", "InvalidValue", "Method: is not valid");
    }
    return is_one_of(hook->format, FORMATS) ||
           error_field(err, "request_format", "InvalidValue", "Format: is not valid");
}

static bool write_row(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                      const struct actor *actor, const struct hook *hook, bool fresh,
                      struct error *err)
{
    struct str key = desk->app->secret;
    int64_t now = clock_now(desk->app->clock);
    struct str auth = seal_text(ctx, key, STR("webhook.auth"), hook->auth);
    struct str secret = seal_text(ctx, key, STR("webhook.secret"), hook->secret);
    if (fresh) {
        struct webhook_insert_in in = {hook->id,
                                       hook->name,
                                       hook->description,
                                       hook->active,
                                       hook->endpoint,
                                       hook->method,
                                       hook->format,
                                       auth,
                                       secret,
                                       hook->headers,
                                       hook->subscriptions,
                                       actor->user,
                                       now};
        return webhook_insert(tx, &in, err);
    }
    struct webhook_update_in in = {hook->id,
                                   hook->name,
                                   hook->description,
                                   hook->active,
                                   hook->endpoint,
                                   hook->method,
                                   hook->format,
                                   auth,
                                   secret,
                                   hook->headers,
                                   hook->subscriptions,
                                   actor->user,
                                   now};
    return webhook_update(tx, &in, err);
}

static bool note(const struct desk *desk, struct db *tx, const struct actor *actor,
                 const struct hook *hook, const char *action, struct error *err)
{
    const struct trail_note note = {
        .action = action, .source_type = "webhook", .source_label = hook->name, .change = hook->id};
    return trail_add(tx, actor, clock_now(desk->app->clock), &note, err);
}

bool hook_store(const struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                struct hook *hook, struct error *err)
{
    bool fresh = str_empty(hook->id);
    int64_t now = clock_now(desk->app->clock);
    hook->name = str_one_line(ctx, hook->name, NAME_MAX_CHARS);
    if (!admins_only(actor, err) || !check(hook, err)) {
        return false;
    }
    if (fresh) {
        hook->id = new_id(ctx, now);
        hook->secret = random_token(ctx, 32);
        hook->created_by = actor->user;
        hook->created_at = now;
    } else {
        hook->updated_by = actor->user;
        hook->updated_at = now;
    }
    return write_row(desk, tx, ctx, actor, hook, fresh, err) &&
           note(desk, tx, actor, hook, fresh ? "create" : "update", err);
}

// Whether an action calls that webhook, by itself or as a target (0: it is none).
static bool calls(const struct rule_action *action, struct str webhook, int64_t target)
{
    int64_t id = 0;
    if (action->field == ACTION_TARGET && str_to_i64(action->subject, &id)) {
        return target != 0 && id == target;
    }
    return (action->field == ACTION_WEBHOOK || action->field == ACTION_TARGET) &&
           str_eq(action->subject, webhook);
}

bool hook_delete(const struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct str id, struct error *err)
{
    struct hook hook;
    const struct rule_book *book = NULL;
    struct target_of_webhook_row target = {0};
    bool found = false;
    if (!hook_load(desk, tx, ctx, actor, id, &hook, err) ||
        !target_of_webhook(tx, ctx, id, &target, &found, err) ||
        !rules_read(desk->rules, tx, ctx, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        for (size_t k = 0; k < rule->action_count; k++) {
            if (calls(&rule->actions[k], id, found ? target.id : 0)) {
                return error_field(err, "base", "InvalidValue",
                                   "The rule “%.*s” calls this webhook; change that first.",
                                   STR_ARG(rule->title));
            }
        }
    }
    return target_remove_of(tx, id, err) && webhook_remove(tx, id, err) &&
           note(desk, tx, actor, &hook, "destroy", err);
}

bool hook_new_secret(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                     const struct actor *actor, struct str id, struct str *ret, struct error *err)
{
    struct hook hook;
    if (!hook_load(desk, tx, ctx, actor, id, &hook, err)) {
        return false;
    }
    hook.secret = random_token(ctx, 32);
    *ret = hook.secret;
    return write_row(desk, tx, ctx, actor, &hook, false, err) &&
           note(desk, tx, actor, &hook, "update", err);
}

// --- the log ------------------------------------------------------------------------------------

bool hook_invocations(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str id,
                      struct hook_invocation **ret, size_t *ret_count, struct error *err)
{
    struct invocations_of_row *rows = NULL;
    if (!admins_only(actor, err) || !invocations_of(db, ctx, id, LOG_MOST, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct hook_invocation, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct hook_invocation){.id = rows[i].id,
                                             .webhook = id,
                                             .payload = STR(""),
                                             .status = rows[i].status,
                                             .status_code = rows[i].status_code.v,
                                             .created_at = rows[i].created_at,
                                             .completed_at = rows[i].completed_at.v};
    }
    return true;
}

bool hook_attempts(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str invocation,
                   struct hook_attempt **ret, size_t *ret_count, struct error *err)
{
    struct attempts_of_row *rows = NULL;
    if (!admins_only(actor, err) || !attempts_of(db, ctx, invocation, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct hook_attempt, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct hook_attempt){.id = rows[i].id,
                                          .invocation = rows[i].invocation_id,
                                          .status = rows[i].status,
                                          .status_code = rows[i].status_code.v,
                                          .answer = rows[i].answer,
                                          .completed_at = rows[i].completed_at};
    }
    return true;
}

static bool sweep_tx(struct db *tx, void *arg, struct error *err)
{
    const struct desk *desk = arg;
    int64_t before = clock_now(desk->app->clock) - KEEP_MS;
    return attempts_sweep(tx, before, err) && invocations_sweep(tx, before, err);
}

bool hooks_sweep(void *env, mem_ctx *ctx, struct error *err)
{
    (void)ctx;
    struct desk *desk = env;
    return db_tx_run(desk->app->db, "hooks.sweep", sweep_tx, desk, err);
}

// --- calling ------------------------------------------------------------------------------------

bool hook_invoke(const struct desk *desk, struct db *tx, mem_ctx *ctx, struct str webhook,
                 struct str payload, struct str *ret_invocation, struct error *err)
{
    struct hook hook;
    int64_t now = clock_now(desk->app->clock);
    if (!load_any(desk, tx, ctx, webhook, &hook, err)) {
        return false;
    }
    if (!hook.active) {
        return error_field(err, "base", "InvalidValue", "The webhook “%.*s” is switched off.",
                           STR_ARG(hook.name));
    }
    if (payload.len > PAYLOAD_MAX) {
        return error_field(err, "base", "TooLong", "The text for the webhook is too long.");
    }
    struct str id = new_id(ctx, now);
    struct job_new job = {.kind = HOOK_CALL_JOB, .payload = id, .now = now, .unique_key = id};
    if (ret_invocation != NULL) {
        *ret_invocation = id;
    }
    return invocation_insert(tx, id, webhook, payload, now, err) && jobs_add(tx, &job, NULL, err);
}

struct calling {
    struct desk *desk;
    mem_ctx *ctx;
    struct str invocation;
    bool last;
    bool found;
    bool resting;
    bool again;
    struct hook hook;
    struct invocation_by_id_row row;
    struct hook_answer answer;
};

static bool load_call(struct db *db, void *arg, struct error *err)
{
    struct calling *c = arg;
    if (!invocation_by_id(db, c->ctx, c->invocation, &c->row, &c->found, err)) {
        return false;
    }
    c->found = c->found && str_eq_c(c->row.status, "pending");
    if (!c->found) {
        return true;
    }
    struct error why;
    if (!load_any(c->desk, db, c->ctx, c->row.webhook_id, &c->hook, &why)) {
        c->found = false;  // deleted meanwhile: nobody to tell
        *err = why;
        return why.code == ERR_NOT_FOUND;
    }
    c->resting = c->hook.paused_until > clock_now(c->desk->app->clock);
    return true;
}

// A webhook most of whose calls failed within five minutes rests for one.
static bool rest_if_needed(struct calling *c, struct db *tx, int64_t now, struct error *err)
{
    struct attempts_late_row late;
    if (!attempts_late(tx, c->ctx, c->hook.id, now - 5 * MINUTES_MS, &late, err)) {
        return false;
    }
    bool bad = late.failed >= 1000 || (late.total >= 20 && late.failed * 10 >= late.total * 7);
    return !bad || webhook_pause(tx, c->hook.id, now + MINUTES_MS, err);
}

static bool settle_tx(struct db *tx, void *arg, struct error *err)
{
    struct calling *c = arg;
    int64_t now = clock_now(c->desk->app->clock);
    int64_t code = c->answer.status_code;
    bool fine = code >= 200 && code < 300;
    struct str text = code == 0 ? c->answer.trouble : str_utf8_clip(c->answer.body, 1000);
    struct db_opt_i64 status_code = {code != 0, code};
    struct attempt_insert_in in = {new_id(c->ctx, now),
                                   c->hook.id,
                                   c->invocation,
                                   fine ? STR("success") : STR("failed"),
                                   status_code,
                                   text,
                                   now};
    struct str state = fine ? STR("success") : c->again ? STR("pending") : STR("failed");
    return attempt_insert(tx, &in, err) &&
           invocation_settle(tx, c->invocation, state, status_code, now, err) &&
           (fine || rest_if_needed(c, tx, now, err));
}

bool hook_call_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct calling c = {
        .desk = env, .ctx = ctx, .invocation = job->payload, .last = job->last_attempt};
    if (!db_read(c.desk->app->db, load_call, &c, err)) {
        return false;
    }
    if (!c.found) {
        return true;
    }
    if (c.resting && !c.last) {
        return error_set(err, ERR_UNAVAILABLE, "The webhook rests: too many of its calls failed.");
    }
    hook_call(c.desk, ctx, &c.hook, c.invocation, c.row.payload, &c.answer);
    int64_t code = c.answer.status_code;
    c.again = !c.last && (code == 0 || code == 409 || code == 429 || code == 503);
    if (!db_tx_run(c.desk->app->db, "hook.settle", settle_tx, &c, err)) {
        return false;
    }
    return !c.again || error_set(err, ERR_UNAVAILABLE, "The webhook did not take it (%lld): %.*s",
                                 (long long)code, STR_ARG(c.answer.trouble));
}
