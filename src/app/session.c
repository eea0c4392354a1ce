// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session.h"

#include <string.h>

#include "app/config.h"
#include "app/oauth.h"
#include "app/queries.h"
#include "app/rate.h"
#include "app/seen.h"
#include "base/random.h"
#include "base/words.h"
#include "view/words.h"

#define COOKIE_PLAIN "steward_session"
#define COOKIE_SECURE "__Host-steward_session"
#define COOKIE_FORM_PLAIN "steward_form"
#define COOKIE_FORM_SECURE "__Host-steward_form"
#define TOKEN_BYTES 32
#define MAC_BYTES 16
#define SESSIONS_MOST 10000

static const char *cookie_name(const struct ctx *ctx)
{
    return str_eq_c(ctx->req->scheme, "https") ? COOKIE_SECURE : COOKIE_PLAIN;
}

static const char *form_cookie_name(const struct ctx *ctx)
{
    return str_eq_c(ctx->req->scheme, "https") ? COOKIE_FORM_SECURE : COOKIE_FORM_PLAIN;
}

static struct str token_hash(mem_ctx *ctx, struct str token)
{
    return hash_hex(ctx, hash_sha256(token));
}

// --- starting and ending ------------------------------------------------------------------------

struct start {
    struct ctx *ctx;
    struct user_id user;
    struct str hash;
    struct str old_hash;
    int64_t now;
};

static bool start_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct start *start = arg;
    struct ctx *ctx = start->ctx;
    struct str agent = http_header(ctx->req, "User-Agent");
    struct session_insert_in in = {
        .id = {db_next_id(tx)},
        .token_hash = start->hash,
        .user_id = start->user,
        .address = ctx->req->peer,
        .agent = str_none(agent) ? STR("") : str_utf8_clip(agent, 300),
        .now = start->now,
    };
    return session_delete_by_hash(tx, start->old_hash, err) && session_insert(tx, &in, err);
}

bool session_start(struct ctx *ctx, struct user_id user, struct error *err)
{
    struct str token = random_token(ctx->mem, TOKEN_BYTES);
    struct start start = {.ctx = ctx,
                          .user = user,
                          .hash = token_hash(ctx->mem, token),
                          .old_hash = str_none(ctx->session) ? STR("") : ctx->session,
                          .now = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "session.start", start_in_tx, &start, err)) {
        return false;
    }
    http_set_cookie(ctx->resp, ctx->req, cookie_name(ctx), token,
                    ctx->app->config->session_absolute_hours * 3600);
    ctx->session = start.hash;
    return true;
}

static bool end_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return session_delete_by_hash(tx, ctx->session, err);
}

bool session_end(struct ctx *ctx, struct error *err)
{
    http_set_cookie(ctx->resp, ctx->req, cookie_name(ctx), STR(""), 0);
    return ctx->session.len == 0 || db_tx_run(ctx->app->db, "session.end", end_in_tx, ctx, err);
}

bool session_end_others(struct db *tx, struct user_id user, struct str except, struct error *err)
{
    return session_delete_others(tx, user, str_none(except) ? STR("") : except, err);
}

bool session_list_of(struct ctx *ctx, struct user_id user, struct session_info **ret,
                     size_t *ret_count, struct error *err)
{
    struct session_row *rows = NULL;
    size_t count = 0;
    bool read = user.v != 0
                    ? session_rows_of_user(ctx->db, ctx->mem, user, &rows, &count, err)
                    : session_rows_of_all(ctx->db, ctx->mem, SESSIONS_MOST, &rows, &count, err);
    if (!read) {
        return false;
    }
    struct session_info *list = mem_array(ctx->mem, struct session_info, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct session_info){rows[i].id,
                                        rows[i].user_id,
                                        rows[i].address,
                                        rows[i].agent,
                                        rows[i].created_at,
                                        rows[i].seen_at,
                                        str_eq(rows[i].token_hash, ctx->session)};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

bool session_list(struct ctx *ctx, struct session_info **ret, size_t *ret_count, struct error *err)
{
    return session_list_of(ctx, ctx->actor.user, ret, ret_count, err);
}

struct end_one {
    struct session_id id;
    struct user_id user;
};

static bool end_one_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct end_one *end = arg;
    int64_t changes = 0;
    if (!session_delete_own(tx, end->id, end->user, &changes, err)) {
        return false;
    }
    return changes > 0 || error_set(err, ERR_NOT_FOUND, "That session has ended already.");
}

bool session_end_of(struct ctx *ctx, struct user_id user, struct session_id id, struct error *err)
{
    struct end_one end = {id, user};
    return db_tx_run(ctx->app->db, "session.end_one", end_one_in_tx, &end, err);
}

bool session_end_one(struct ctx *ctx, struct session_id id, struct error *err)
{
    return session_end_of(ctx, ctx->actor.user, id, err);
}

static bool sweep_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct app *app = arg;
    int64_t now = clock_now(app->clock);
    return session_delete_idle(tx, now - app->config->session_idle_hours * HOURS_MS,
                               now - app->config->session_absolute_hours * HOURS_MS, err);
}

bool session_sweep(struct app *app, struct error *err)
{
    return db_tx_run(app->db, "session.sweep", sweep_in_tx, app, err);
}

// --- loading ------------------------------------------------------------------------------------

// What a form's token proves: that its sender was shown a page in this session, or (without one)
// with this cookie.
static void csrf_mac(const struct ctx *ctx, const char *kind, struct str bound_to,
                     unsigned char mac[MAC_BYTES])
{
    struct str text = str_printf(ctx->mem, "%s:" STR_FMT, kind, STR_ARG(bound_to));
    struct hash hash = hash_keyed(ctx->app->secret, text);
    memcpy(mac, hash.bytes, MAC_BYTES);
}

// Looks different on each page: a page is compressed together with what strangers wrote, and the
// size of the answer must not tell them whether they guessed a part of the token.
static struct str csrf_token(const struct ctx *ctx, const char *kind, struct str bound_to)
{
    unsigned char bytes[2 * MAC_BYTES];
    random_bytes(bytes, MAC_BYTES);
    csrf_mac(ctx, kind, bound_to, bytes + MAC_BYTES);
    for (size_t i = 0; i < MAC_BYTES; i++) {
        bytes[MAC_BYTES + i] ^= bytes[i];
    }
    return base64url_encode(ctx->mem, (struct str){(const char *)bytes, sizeof bytes});
}

static bool csrf_token_fits(const struct ctx *ctx, struct str given, const char *kind,
                            struct str bound_to)
{
    unsigned char mac[MAC_BYTES];
    char unmasked[MAC_BYTES];
    struct str bytes;
    if (given.len > 64 || !base64_decode(ctx->mem, given, &bytes) || bytes.len != 2 * MAC_BYTES) {
        return false;
    }
    csrf_mac(ctx, kind, bound_to, mac);
    for (size_t i = 0; i < MAC_BYTES; i++) {
        unmasked[i] = (char)(bytes.ptr[i] ^ bytes.ptr[MAC_BYTES + i]);
    }
    return secret_equal((struct str){unmasked, MAC_BYTES},
                        (struct str){(const char *)mac, MAC_BYTES});
}

static void be_anonymous(struct ctx *ctx)
{
    ctx->actor = (struct actor){.role = ROLE_NONE,
                                .scope = SCOPE_OWN,
                                .name = STR(""),
                                .email = STR(""),
                                .channel = CHANNEL_WEB,
                                .locale = words_accepted(http_header(ctx->req, "Accept-Language")),
                                .time_zone = STR("UTC"),
                                .address = ctx->req->peer};
    ctx->session = STR("");
    ctx->csrf = STR("");
}

static bool become(struct ctx *ctx, struct user_id user, enum channel channel, struct error *err)
{
    if (!ctx->app->load_actor(ctx->db, ctx->mem, user, &ctx->actor, err)) {
        return false;
    }
    ctx->actor.channel = channel;
    ctx->actor.address = ctx->req->peer;
    return true;
}

bool session_load(struct ctx *ctx, struct error *err)
{
    struct str token = http_cookie(ctx->req, cookie_name(ctx));
    struct session_by_hash_row row;
    bool found = false;
    be_anonymous(ctx);
    if (str_empty(token)) {
        return true;
    }
    struct str hash = token_hash(ctx->mem, token);
    if (!session_by_hash(ctx->db, ctx->mem, hash, &row, &found, err)) {
        return false;
    }
    int64_t now = clock_now(ctx->app->clock);
    const struct config *config = ctx->app->config;
    bool alive = found && now - row.seen_at < config->session_idle_hours * HOURS_MS &&
                 now - row.created_at < config->session_absolute_hours * HOURS_MS;
    if (!alive) {
        return true;
    }
    if (!become(ctx, row.user_id, CHANNEL_WEB, err)) {
        return false;
    }
    if (ctx->actor.user.v == 0) {
        be_anonymous(ctx);
        return true;
    }
    ctx->session = hash;
    ctx->csrf = csrf_token(ctx, "session", hash);
    if (now - row.seen_at > SEEN_EVERY_MS) {
        seen_session(ctx->app->seen, row.id, now);
    }
    return true;
}

void csrf_anonymous(struct ctx *ctx)
{
    struct str cookie = http_cookie(ctx->req, form_cookie_name(ctx));
    if (cookie.len < 20 || cookie.len > 100) {
        cookie = random_token(ctx->mem, 24);
        http_set_cookie(ctx->resp, ctx->req, form_cookie_name(ctx), cookie, -1);
    }
    ctx->csrf = csrf_token(ctx, "anonymous", cookie);
}

// A browser tells where a request comes from; what comes from elsewhere is not ours. Sec-Fetch-Site
// is the browser's own judgement; Origin has to be compared with the address that we are reached
// by, which behind a proxy only the configuration knows for sure.
static bool from_our_pages(const struct ctx *ctx)
{
    struct str site = http_header(ctx->req, "Sec-Fetch-Site");
    struct str origin = http_header(ctx->req, "Origin");
    if (!str_none(site)) {
        return str_eq_c(site, "same-origin") || str_eq_c(site, "none");
    }
    if (str_none(origin)) {
        return true;
    }
    struct str own = str_printf(ctx->mem, STR_FMT "://" STR_FMT, STR_ARG(ctx->req->scheme),
                                STR_ARG(ctx->req->host));
    struct str public_url = ctx->app->config->public_url;
    bool ends = str_ends(public_url, STR("/"));
    struct str public_origin = str_sub(public_url, 0, public_url.len - (ends ? 1 : 0));
    return str_ieq(origin, own) || (public_origin.len > 0 && str_ieq(origin, public_origin));
}

bool csrf_check(struct ctx *ctx, struct error *err)
{
    struct str given = http_form(ctx->req, "csrf");
    struct str cookie = http_cookie(ctx->req, form_cookie_name(ctx));
    if (str_none(given)) {
        given = http_header(ctx->req, "X-CSRF-Token");
    }
    bool fits = ctx->session.len > 0
                    ? csrf_token_fits(ctx, given, "session", ctx->session)
                    : !str_empty(cookie) && csrf_token_fits(ctx, given, "anonymous", cookie);
    return (fits && from_our_pages(ctx)) ||
           error_set(err, ERR_FORBIDDEN,
                     "This form is too old or came from another site, so nothing was changed. Go "
                     "back, reload the page and send it again.");
}

// --- programs -----------------------------------------------------------------------------------

bool api_token_create(struct db *tx, mem_ctx *ctx, struct user_id user, struct str name,
                      int64_t now, struct str *ret_token, struct error *err)
{
    struct str token = random_token(ctx, 30);
    struct token_id id = {db_next_id(tx)};
    if (!api_token_insert(tx, id, token_hash(ctx, token), user, name, now, err)) {
        return false;
    }
    *ret_token = token;
    return true;
}

bool api_token_list(struct db *db, mem_ctx *ctx, struct user_id user, struct api_token **ret,
                    size_t *ret_count, struct error *err)
{
    struct api_token_rows_of_user_row *rows = NULL;
    size_t count = 0;
    if (!api_token_rows_of_user(db, ctx, user, &rows, &count, err)) {
        return false;
    }
    struct api_token *list = mem_array(ctx, struct api_token, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct api_token){rows[i].id, rows[i].name, rows[i].created_at,
                                     rows[i].used_at.set ? rows[i].used_at.v : 0};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

bool api_token_revoke(struct db *tx, struct token_id id, struct user_id user, int64_t now,
                      struct error *err)
{
    int64_t changes = 0;
    if (!api_token_revoke_own(tx, id, user, now, &changes, err)) {
        return false;
    }
    return changes > 0 || error_set(err, ERR_NOT_FOUND, "That token does not exist any more.");
}

bool api_token_revoke_all(struct db *tx, struct user_id user, int64_t now, struct error *err)
{
    return api_tokens_revoke_of_user(tx, user, now, err);
}

static bool unauthenticated(struct error *err)
{
    return error_set(err, ERR_UNAUTHENTICATED, "Couldn't authenticate you");
}

// Becomes the user, or nobody with an error when that user is gone or suspended.
static bool become_known(struct ctx *ctx, struct user_id user, struct error *err)
{
    if (!become(ctx, user, CHANNEL_API, err)) {
        return false;
    }
    if (ctx->actor.user.v == 0) {
        be_anonymous(ctx);
        return unauthenticated(err);
    }
    return true;
}

static bool by_oauth(struct ctx *ctx, struct str access, struct error *err)
{
    struct oauth_token token;
    bool found = false;
    if (!oauth_token_find(ctx->db, ctx->mem, access, clock_now(ctx->app->clock), &token, &found,
                          err)) {
        return false;
    }
    if (!found) {
        return unauthenticated(err);
    }
    if (!become_known(ctx, token.user, err)) {
        return false;
    }
    ctx->scopes = token.scopes;
    ctx->token = token.id;
    return true;
}

// Any address of theirs will do: scripts go on when somebody's main address changes.
static bool owns(struct ctx *ctx, struct str email, struct error *err)
{
    struct user_id owner = {0};
    if (str_none(email) || str_ieq(email, ctx->actor.email)) {
        return true;
    }
    if (!ctx->app->find_by_email(ctx->db, ctx->mem, email, &owner, err)) {
        return false;
    }
    return owner.v == ctx->actor.user.v || unauthenticated(err);
}

// `email` may be absent (bearer tokens); when given, it must be the token's owner.
static bool by_token(struct ctx *ctx, struct str email, struct str token, struct error *err)
{
    struct api_token_by_hash_row row;
    bool found = false;
    if (!api_token_by_hash(ctx->db, ctx->mem, token_hash(ctx->mem, token), &row, &found, err)) {
        return false;
    }
    if (!found) {
        return str_none(email) ? by_oauth(ctx, token, err) : unauthenticated(err);
    }
    if (!become_known(ctx, row.user_id, err)) {
        return false;
    }
    if (!owns(ctx, email, err)) {
        be_anonymous(ctx);
        return false;
    }
    ctx->token = row.id.v;
    int64_t now = clock_now(ctx->app->clock);
    if (!row.used_at.set || now - row.used_at.v > SEEN_EVERY_MS) {
        seen_token(ctx->app->seen, row.id, now);
    }
    return true;
}

static bool by_password(struct ctx *ctx, struct str email, struct str password, struct error *err)
{
    struct user_id user = {0};
    struct limiter *limiter = ctx->app->limiter;
    int64_t now = clock_now(ctx->app->clock);
    struct str both =
        str_printf(ctx->mem, "password:" STR_FMT "\n" STR_FMT, STR_ARG(email), STR_ARG(password));
    struct hash key = hash_keyed(ctx->app->secret, both);
    if (rate_verified(limiter, key, now, &user)) {
        return become_known(ctx, user, err);
    }
    if (!guess_allowed(limiter, email, ctx->req->peer, now, err) ||
        !ctx->app->check_password(ctx, email, password, &user, err)) {
        return false;
    }
    if (user.v == 0) {
        guess_failed(limiter, email, ctx->req->peer, now);
        return unauthenticated(err);
    }
    guess_passed(limiter, email, ctx->req->peer);
    rate_verified_add(limiter, key, ctx->verified_epoch, now, user);
    return become_known(ctx, user, err);
}

static bool by_basic(struct ctx *ctx, struct str encoded, struct error *err)
{
    struct str decoded;
    struct str name;
    struct str secret;
    if (!base64_decode(ctx->mem, str_trim(encoded), &decoded) || !str_utf8_valid(decoded)) {
        return unauthenticated(err);
    }
    str_cut(decoded, ':', &name, &secret);
    if (str_none(secret)) {
        return unauthenticated(err);
    }
    if (str_ends(name, STR("/token"))) {
        return by_token(ctx, str_sub(name, 0, name.len - 6), secret, err);
    }
    return by_password(ctx, name, secret, err);
}

// An admin's program may act for somebody else.
static bool on_behalf_of(struct ctx *ctx, struct error *err)
{
    struct str email = http_header(ctx->req, "X-On-Behalf-Of");
    struct user_id user = {0};
    if (str_empty(email)) {
        return true;
    }
    bool scoped = str_none(ctx->scopes) || words_has(ctx->scopes, STR("impersonate"));
    if (!actor_is_admin(&ctx->actor) || !scoped) {
        return error_set(err, ERR_FORBIDDEN, "Only an administrator's token can act for others.");
    }
    if (!ctx->app->find_by_email(ctx->db, ctx->mem, email, &user, err)) {
        return false;
    }
    if (user.v == 0) {
        return error_set(err, ERR_FORBIDDEN, "There is nobody with the address in X-On-Behalf-Of.");
    }
    return become_known(ctx, user, err);
}

bool api_authenticate(struct ctx *ctx, struct error *err)
{
    struct str given = http_header(ctx->req, "Authorization");
    struct str access = http_param(ctx->req, "access_token");
    if (str_none(given) && str_none(access)) {
        if (!session_load(ctx, err)) {
            return false;
        }
        ctx->actor.channel = CHANNEL_API;
        return true;
    }
    be_anonymous(ctx);
    bool ok = str_istarts(given, STR("Basic ")) ? by_basic(ctx, str_from(given, 6), err)
              : str_istarts(given, STR("Bearer "))
                  ? by_token(ctx, STR_NONE, str_trim(str_from(given, 7)), err)
              : str_none(given) ? by_token(ctx, STR_NONE, access, err)
                                : unauthenticated(err);
    return ok && on_behalf_of(ctx, err);
}
