// SPDX-License-Identifier: GPL-3.0-or-later
//
// Browsers that show news, and sending to them. A message is a job for each browser: looked up,
// sealed and sent when it runs.
#include "app/config.h"
#include "base/buf.h"
#include "base/random.h"
#include "desk/desk.h"
#include "desk/hooks/hooks.h"
#include "desk/notices/notices_internal.h"
#include "desk/notices/queries.h"
#include "desk/notices/webpush.h"
#include "json/json.h"

#define ENDPOINT_MOST 2000
#define NAME_MOST 100
#define LIFE_S 86400        // how long a push service keeps what a browser that sleeps must hear
#define TOKEN_LIFE_S 43200  // RFC 8292 allows a day
#define KEY_LABEL "web push, key 1"

static struct push_browser from_row(const struct push_browser_row *row)
{
    return (struct push_browser){.id = row->id,
                                 .user = row->user_id,
                                 .endpoint = row->endpoint,
                                 .public_key = row->public_key,
                                 .auth = row->auth,
                                 .name = row->name,
                                 .created_at = row->created_at};
}

bool push_browsers(struct db *db, mem_ctx *ctx, struct user_id user, struct push_browser **ret,
                   size_t *ret_count, struct error *err)
{
    struct push_browser_row *rows = NULL;
    if (!push_browsers_of(db, ctx, user, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct push_browser, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

struct str push_public_key(struct desk *desk, mem_ctx *ctx)
{
    unsigned char scalar[WEBPUSH_SCALAR];
    unsigned char point[WEBPUSH_POINT];
    webpush_derive(desk->app->secret, KEY_LABEL, scalar);
    return webpush_public(scalar, point)
               ? base64url_encode(ctx, (struct str){(const char *)point, sizeof point})
               : STR("");
}

// "https://push.example" of an address; "" when it is none that messages may go to. Plain http is
// for push services inside, whose networks an administrator has named.
static struct str origin_of(const struct desk *desk, struct str endpoint)
{
    bool inside = desk->app->config->webhook_network.count > 0;
    size_t scheme = str_starts(endpoint, STR("https://"))            ? 8
                    : inside && str_starts(endpoint, STR("http://")) ? 7
                                                                     : 0;
    int64_t host = scheme == 0 ? -1 : str_find_char(str_from(endpoint, scheme), '/');
    if (host <= 0 || endpoint.len > ENDPOINT_MOST) {
        return STR("");
    }
    for (size_t i = 0; i < endpoint.len; i++) {
        unsigned char c = (unsigned char)endpoint.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '@' || c == '\\' || c == '"') {
            return STR("");
        }
    }
    return str_sub(endpoint, 0, scheme + (size_t)host);
}

static bool keys_fit(mem_ctx *ctx, const struct push_browser *browser)
{
    struct webpush_seal seal = {.scalar = {1}};
    struct str ignored;
    struct error why;
    return base64_decode(ctx, browser->public_key, &seal.browser_key) &&
           base64_decode(ctx, browser->auth, &seal.auth) &&
           webpush_seal(ctx, &seal, STR(""), &ignored, &why);
}

bool push_browser_add(struct desk *desk, struct db *tx, mem_ctx *ctx, struct push_browser *browser,
                      struct error *err)
{
    struct push_browser *list = NULL;
    size_t count = 0;
    if (origin_of(desk, browser->endpoint).len == 0 || !keys_fit(ctx, browser)) {
        return error_set(err, ERR_INVALID, "This browser gave no address for messages.");
    }
    if (!push_browsers(tx, ctx, browser->user, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].endpoint, browser->endpoint)) {
            browser->id = list[i].id;
            count = 0;
        }
    }
    if (count >= PUSH_BROWSERS_MOST) {
        return error_set(err, ERR_INVALID, "There are too many browsers. Remove one first.");
    }
    browser->id = browser->id != 0 ? browser->id : db_next_id(tx);
    browser->name = str_one_line(ctx, browser->name, NAME_MOST);
    struct push_browser_put_in in = {browser->id,         browser->user, browser->endpoint,
                                     browser->public_key, browser->auth, browser->name,
                                     browser->created_at};
    return push_browser_put(tx, &in, err);
}

static bool load_own(struct db *db, mem_ctx *ctx, struct user_id user, int64_t id,
                     struct push_browser_row *ret, struct error *err)
{
    bool found = false;
    if (!push_browser_by_id(db, ctx, id, ret, &found, err)) {
        return false;
    }
    return (found && ret->user_id.v == user.v) ||
           error_set(err, ERR_NOT_FOUND, "There is no such browser.");
}

bool push_browser_remove(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t id,
                         struct error *err)
{
    struct push_browser_row row;
    return load_own(tx, ctx, user, id, &row, err) && push_browser_delete(tx, id, err);
}

// --- jobs ---------------------------------------------------------------------------------------

// "BROWSER KIND TICKET COMMENT ACTOR"; a trial has no ticket.
static bool put_job(struct db *tx, mem_ctx *ctx, int64_t browser, const struct news *news,
                    int64_t now, struct error *err)
{
    struct job_new job = {.kind = PUSH_SEND_JOB,
                          .payload =
                              str_printf(ctx, "%lld %d %lld %lld %lld", (long long)browser,
                                         (int)news->kind, (long long)news->ticket.v,
                                         (long long)news->comment.v, (long long)news->actor.v),
                          .now = now};
    return jobs_add(tx, &job, NULL, err);
}

bool push_news(struct db *tx, mem_ctx *ctx, struct user_id user, const struct news *news,
               int64_t now, struct error *err)
{
    struct push_browser_row *rows = NULL;
    size_t count = 0;
    if (!push_browsers_of(tx, ctx, user, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!put_job(tx, ctx, rows[i].id, news, now, err)) {
            return false;
        }
    }
    return true;
}

bool push_browser_try(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t id, int64_t now,
                      struct error *err)
{
    struct push_browser_row row;
    const struct news trial = {.kind = NOTICE_MENTION};
    return load_own(tx, ctx, user, id, &row, err) && put_job(tx, ctx, id, &trial, now, err);
}

struct sending {
    struct desk *desk;
    mem_ctx *ctx;
    struct news news;
    struct push_browser_row browser;
    struct told told;
    bool due;
};

static bool read_payload(struct str payload, struct sending *s)
{
    int64_t numbers[5];
    for (size_t i = 0; i < 5; i++) {
        struct str word;
        if (!str_next(&payload, ' ', &word) || !str_to_i64(word, &numbers[i])) {
            return false;
        }
    }
    if (numbers[1] < 0 || numbers[1] >= NOTICE_KINDS) {
        return false;
    }
    s->browser.id = numbers[0];
    s->news = (struct news){.kind = (enum notice_kind)numbers[1],
                            .ticket = {numbers[2]},
                            .comment = {numbers[3]},
                            .actor = {numbers[4]}};
    return true;
}

static bool look_up(struct db *db, void *arg, struct error *err)
{
    struct sending *s = arg;
    struct actor reader;
    if (!push_browser_by_id(db, s->ctx, s->browser.id, &s->browser, &s->due, err)) {
        return false;
    }
    if (!s->due) {
        return true;
    }
    if (!people_load_actor(db, s->ctx, s->browser.user_id, &reader, err)) {
        return false;
    }
    s->due = actor_is_staff(&reader);
    if (!s->due) {
        return true;
    }
    if (s->news.ticket.v == 0) {
        s->told =
            (struct told){STR("This browser shows your news"), STR(""), STR("/account/notices")};
        return true;
    }
    return news_words(db, s->ctx, &reader, &s->news, &s->told, &s->due, err);
}

static struct str message(struct sending *s)
{
    struct buf out;
    struct jw w;
    buf_init(&out, s->ctx, WEBPUSH_TEXT_MOST);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "title", str_one_line(s->ctx, s->told.title, 150));
    jw_field_str(&w, "body", str_one_line(s->ctx, s->told.quote, 150));
    jw_field_str(&w, "url", s->told.path);
    jw_object_end(&w);
    return buf_str(&out);
}

static bool forget_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct sending *s = arg;
    return push_browser_delete(tx, s->browser.id, err);
}

// RFC 8030, 5: 201 is sent, 404 and 410 that nobody listens any more.
static bool take_answer(struct sending *s, const struct hook_answer *answer, struct error *err)
{
    int64_t code = answer->status_code;
    if (code >= 200 && code < 300) {
        return true;
    }
    if (code == 404 || code == 410) {
        return db_tx_run(s->desk->app->db, "push.forget", forget_in_tx, s, err);
    }
    bool later = code == 0 || code == 429 || code >= 500;
    return error_set(err, later ? ERR_UNAVAILABLE : ERR_INVALID,
                     "The push service answered %lld: %.200s", (long long)code,
                     str_cstr(s->ctx, code == 0 ? answer->trouble : answer->body));
}

bool push_send_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct sending s = {.desk = env, .ctx = ctx};
    struct webpush_seal seal;
    unsigned char scalar[WEBPUSH_SCALAR];
    struct str authorization;
    struct hook_request request = {.method = STR("POST")};
    struct hook_answer answer;
    if (!read_payload(job->payload, &s)) {
        return error_set(err, ERR_INVALID, "This is no message.");
    }
    if (!db_read(s.desk->app->db, look_up, &s, err)) {
        return false;
    }
    if (!s.due) {
        return true;
    }
    webpush_derive(s.desk->app->secret, KEY_LABEL, scalar);
    random_bytes(seal.salt, sizeof seal.salt);
    struct str once = random_token(ctx, 32);
    webpush_derive(once, "message", seal.scalar);
    if (!base64_decode(ctx, s.browser.public_key, &seal.browser_key) ||
        !base64_decode(ctx, s.browser.auth, &seal.auth)) {
        return error_set(err, ERR_INVALID, "The browser's keys are none.");
    }
    if (!webpush_seal(ctx, &seal, message(&s), &request.body, err) ||
        !webpush_authorization(
            ctx, scalar, origin_of(s.desk, s.browser.endpoint), s.desk->app->config->public_url,
            clock_now(s.desk->app->clock) / 1000 + TOKEN_LIFE_S, &authorization, err)) {
        return false;
    }
    request.url = s.browser.endpoint;
    request.headers = str_printf(ctx,
                                 "Content-Type: application/octet-stream\nContent-Encoding: "
                                 "aes128gcm\nTTL: %d\nUrgency: normal\nAuthorization: " STR_FMT,
                                 LIFE_S, STR_ARG(authorization));
    hook_send(s.desk, ctx, &request, &answer);
    return take_answer(&s, &answer, err);
}
