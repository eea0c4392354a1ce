// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the pages of the door share: questions to passkeys and secrets of apps. Nothing of it is
// kept here until it is answered: it goes out sealed and comes back.
#include "app/config.h"
#include "app/rate.h"
#include "base/buf.h"
#include "base/random.h"
#include "base/seal.h"
#include "desk/door/pages_internal.h"
#include "desk/door/qr.h"
#include "desk/door/totp.h"

#define ASKED_MS INT64_C(600000)
#define CHALLENGE_BYTES 32
#define CREDENTIAL_MAX_BYTES 1400  // of the id in base64url (W3C Web Authentication, 5.8.3)

struct factors door_factors(struct ctx *ctx)
{
    return (struct factors){ctx->mem, ctx->app->secret, clock_now(ctx->app->clock)};
}

static void forget(void *limiter)
{
    rate_forget_verified(limiter);
}

void door_forget_passwords(struct ctx *ctx, struct db *tx)
{
    db_after_commit(tx, forget, ctx->app->limiter);
}

// --- sealed and dated: "USER UNTIL TEXT"
// ----------------------------------------------------------

struct str door_give_out(struct ctx *ctx, const char *place, struct user_id user, struct str text)
{
    int64_t until = clock_now(ctx->app->clock) + ASKED_MS;
    struct str dated = str_printf(ctx->mem, "%lld %lld " STR_FMT, (long long)user.v,
                                  (long long)until, STR_ARG(text));
    return seal_text(ctx->mem, ctx->app->secret, str_c(place), dated);
}

bool door_take_back(struct ctx *ctx, const char *place, struct str sealed, struct user_id *ret_user,
                    struct str *ret)
{
    struct str dated;
    struct str user;
    struct str until;
    int64_t ends = 0;
    struct error ignored;
    if (sealed.len == 0 ||
        !seal_open(ctx->mem, ctx->app->secret, str_c(place), sealed, &dated, &ignored)) {
        return false;
    }
    str_cut(dated, ' ', &user, &dated);
    str_cut(dated, ' ', &until, ret);
    return str_to_i64(user, &ret_user->v) && str_to_i64(until, &ends) &&
           ends > clock_now(ctx->app->clock);
}

// --- apps ---------------------------------------------------------------------------------------

static bool app_show(struct ctx *ctx, struct str secret, struct str account, struct vm_app_new *ret,
                     struct error *err)
{
    struct str desk = ctx->app->config->desk_name;
    ret->shown = totp_secret_shown(ctx->mem, secret);
    return qr_path(ctx->mem, totp_uri(ctx->mem, secret, desk, account), &ret->qr, &ret->qr_size,
                   err);
}

// The same secret again after a mistyped code, so that nobody scans twice.
bool door_app_new(struct ctx *ctx, struct user_id user, struct str account, struct vm_app_new *ret,
                  struct error *err)
{
    struct str secret;
    struct error gone;
    if (!door_app_secret(ctx, user, &secret, &gone)) {
        char *raw = mem_array(ctx->mem, char, TOTP_SECRET_BYTES);
        random_bytes(raw, TOTP_SECRET_BYTES);
        secret = (struct str){raw, TOTP_SECRET_BYTES};
    }
    ret->sealed = door_give_out(ctx, APP_PLACE, user, hex_encode(ctx->mem, secret));
    ret->name = http_form_text(ctx->req, "name");
    return app_show(ctx, secret, account, ret, err);
}

bool door_app_secret(struct ctx *ctx, struct user_id user, struct str *ret, struct error *err)
{
    struct user_id owner = {0};
    struct str hex;
    if (!door_take_back(ctx, APP_PLACE, http_form_text(ctx->req, "secret"), &owner, &hex) ||
        owner.v != user.v || !hex_decode(ctx->mem, hex, ret)) {
        return error_set(err, ERR_INVALID, "This took too long. Please begin again.");
    }
    return true;
}

// --- passkeys -----------------------------------------------------------------------------------

static struct str host_of(struct str origin)
{
    ptrdiff_t scheme = str_find(origin, STR("://"));
    struct str host = str_from(origin, scheme < 0 ? 0 : (size_t)scheme + 3);
    ptrdiff_t slash = str_find_char(host, '/');
    host = slash < 0 ? host : str_sub(host, 0, (size_t)slash);
    ptrdiff_t colon = str_find_char(host, ':');
    return colon < 0 ? host : str_sub(host, 0, (size_t)colon);
}

static bool is_number(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9')) {
            return host.ptr[i] == '[';
        }
    }
    return true;
}

// Scheme and host of the desk as configured. Passkeys belong to names: where that is none, the
// address counts that the browser used.
static struct str origin_of(struct ctx *ctx)
{
    struct str url = ctx->app->config->public_url;
    if (is_number(host_of(url))) {
        return str_printf(ctx->mem, STR_FMT "://" STR_FMT, STR_ARG(ctx->req->scheme),
                          STR_ARG(ctx->req->host));
    }
    ptrdiff_t scheme = str_find(url, STR("://"));
    size_t from = scheme < 0 ? 0 : (size_t)scheme + 3;
    ptrdiff_t slash = str_find_char(str_from(url, from), '/');
    return slash < 0 ? url : str_sub(url, 0, from + (size_t)slash);
}

static const char *passkey_place(bool creates)
{
    return creates ? "second factor: new passkey" : "second factor: passkey";
}

void door_passkey_ask(struct ctx *ctx, struct user_id user, bool creates, struct vm_passkey *ret)
{
    struct str handle = str_printf(ctx->mem, "%lld", (long long)user.v);
    ret->challenge = random_token(ctx->mem, CHALLENGE_BYTES);
    ret->ticket = door_give_out(ctx, passkey_place(creates), user, ret->challenge);
    ret->rp_id = host_of(origin_of(ctx));
    ret->user = base64url_encode(ctx->mem, handle);
    ret->credentials = STR("");
}

void door_passkey_anyone(struct ctx *ctx, struct str *ret_challenge, struct str *ret_ticket,
                         struct str *ret_rp)
{
    struct vm_passkey asked;
    door_passkey_ask(ctx, (struct user_id){0}, false, &asked);
    *ret_challenge = asked.challenge;
    *ret_ticket = asked.ticket;
    *ret_rp = asked.rp_id;
}

bool door_passkey_answer(struct ctx *ctx, bool creates, struct passkey_answer *ret,
                         struct error *err)
{
    struct str origin = origin_of(ctx);
    if (!door_take_back(ctx, passkey_place(creates), http_form_text(ctx->req, "ticket"), &ret->user,
                        &ret->challenge)) {
        return error_set(err, ERR_INVALID, "This took too long. Please begin again.");
    }
    // Whoever signs in by a passkey alone must be known to the device.
    const struct webauthn_expected expected = {.creates = creates,
                                               .challenge = ret->challenge,
                                               .origin = origin,
                                               .rp_id = host_of(origin),
                                               .verified = !creates && ret->user.v == 0};
    if (!base64_decode(ctx->mem, http_form_text(ctx->req, "client"), &ret->client_json) ||
        !base64_decode(ctx->mem, http_form_text(ctx->req, "authenticator"), &ret->authenticator) ||
        http_form_text(ctx->req, "credential").len > CREDENTIAL_MAX_BYTES) {
        return error_set(err, ERR_INVALID, "The passkey's answer cannot be read.");
    }
    return webauthn_check(ctx->mem, &expected, ret->client_json, ret->authenticator, &ret->data,
                          err);
}
