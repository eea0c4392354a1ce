// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/sso/oidc_internal.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/clock.h"
#include "base/random.h"
#include "json/read.h"

#define TOKEN_MAX_BYTES ((size_t)64 << 10)
#define RSA_LEAST_BITS 2048
#define SKEW_MS (60 * SECONDS_MS)

static bool wrong(struct error *err, const char *why)
{
    return error_set(err, ERR_UNAUTHENTICATED,
                     "The other side's word on who you are cannot be trusted: %s", why);
}

// --- keys ---------------------------------------------------------------------------------------

static gnutls_datum_t datum(struct str bytes)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)bytes.ptr, (unsigned)bytes.len};
}

static bool part(mem_ctx *ctx, struct jr_value key, const char *name, struct str *ret)
{
    struct str text = jr_text(jr_get(key, name));
    return !str_empty(text) && base64_decode(ctx, text, ret) && ret->len > 0;
}

static bool import_rsa(mem_ctx *ctx, struct jr_value key, gnutls_pubkey_t pub)
{
    struct str n;
    struct str e;
    unsigned bits = 0;
    if (!part(ctx, key, "n", &n) || !part(ctx, key, "e", &e)) {
        return false;
    }
    const gnutls_datum_t modulus = datum(n);
    const gnutls_datum_t exponent = datum(e);
    return gnutls_pubkey_import_rsa_raw(pub, &modulus, &exponent) == 0 &&
           gnutls_pubkey_get_pk_algorithm(pub, &bits) == GNUTLS_PK_RSA && bits >= RSA_LEAST_BITS;
}

static bool import_p256(mem_ctx *ctx, struct jr_value key, gnutls_pubkey_t pub)
{
    struct str x;
    struct str y;
    if (!str_eq_c(jr_text(jr_get(key, "crv")), "P-256") || !part(ctx, key, "x", &x) ||
        !part(ctx, key, "y", &y)) {
        return false;
    }
    const gnutls_datum_t dx = datum(x);
    const gnutls_datum_t dy = datum(y);
    return gnutls_pubkey_import_ecc_raw(pub, GNUTLS_ECC_CURVE_SECP256R1, &dx, &dy) == 0;
}

// A signature of ES256 is two numbers of 32 bytes (RFC 7518, section 3.4).
static bool signed_p256(gnutls_pubkey_t pub, struct str text, struct str signature)
{
    gnutls_datum_t der = {NULL, 0};
    const gnutls_datum_t said = datum(text);
    if (signature.len != 64) {
        return false;
    }
    const gnutls_datum_t r = datum(str_sub(signature, 0, 32));
    const gnutls_datum_t s = datum(str_from(signature, 32));
    if (gnutls_encode_rs_value(&der, &r, &s) != 0) {
        return false;
    }
    bool good = gnutls_pubkey_verify_data2(pub, GNUTLS_SIGN_ECDSA_SHA256, 0, &said, &der) >= 0;
    gnutls_free(der.data);
    return good;
}

static bool key_signed(mem_ctx *ctx, struct jr_value key, struct str alg, struct str text,
                       struct str signature)
{
    bool rsa = str_eq_c(alg, "RS256");
    struct str kty = jr_text(jr_get(key, "kty"));
    gnutls_pubkey_t pub;
    if (!str_eq_c(kty, rsa ? "RSA" : "EC") || gnutls_pubkey_init(&pub) != 0) {
        return false;
    }
    const gnutls_datum_t said = datum(text);
    const gnutls_datum_t sign = datum(signature);
    bool good = false;
    if (rsa) {
        good = import_rsa(ctx, key, pub) &&
               gnutls_pubkey_verify_data2(pub, GNUTLS_SIGN_RSA_SHA256, 0, &said, &sign) >= 0;
    } else {
        good = import_p256(ctx, key, pub) && signed_p256(pub, text, signature);
    }
    gnutls_pubkey_deinit(pub);
    return good;
}

// Of the keys that the header may mean; one of them must have signed.
static bool any_signed(mem_ctx *ctx, struct str keys, struct jr_value header, struct str text,
                       struct str signature, bool *ret_no_key)
{
    struct jr_value set = JR_NONE;
    struct error ignored;
    struct str alg = jr_text(jr_get(header, "alg"));
    struct str kid = jr_text(jr_get(header, "kid"));
    *ret_no_key = true;
    if (!jr_parse(ctx, keys, &set, &ignored)) {
        return false;
    }
    struct jr_value list = jr_get(set, "keys");
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value key = jr_at(list, i);
        struct str its = jr_text(jr_get(key, "kid"));
        if ((!str_none(kid) && !str_eq(its, kid)) || str_eq_c(jr_text(jr_get(key, "use")), "enc")) {
            continue;
        }
        *ret_no_key = str_none(kid);
        if (key_signed(ctx, key, alg, text, signature)) {
            *ret_no_key = false;
            return true;
        }
    }
    return false;
}

// --- claims -------------------------------------------------------------------------------------

static bool is_for(struct jr_value claims, struct str client)
{
    struct jr_value aud = jr_get(claims, "aud");
    struct str azp = jr_text(jr_get(claims, "azp"));
    bool named = str_eq(jr_text(aud), client) && jr_kind(aud) == JR_TEXT;
    for (size_t i = 0; i < jr_count(aud) && jr_kind(aud) == JR_LIST; i++) {
        named = named || str_eq(jr_text(jr_at(aud, i)), client);
    }
    bool several = jr_kind(aud) == JR_LIST && jr_count(aud) > 1;
    return named && (str_none(azp) ? !several : str_eq(azp, client));
}

static bool in_time(struct jr_value claims, int64_t now)
{
    int64_t ends = 0;
    int64_t made = 0;
    int64_t begins = 0;
    bool has_begin = jr_i64(jr_get(claims, "nbf"), &begins);
    return jr_i64(jr_get(claims, "exp"), &ends) && jr_i64(jr_get(claims, "iat"), &made) &&
           ends < INT64_MAX / 2000 && made < INT64_MAX / 2000 && ends * 1000 + SKEW_MS > now &&
           made * 1000 - SKEW_MS <= now && (!has_begin || begins * 1000 - SKEW_MS <= now);
}

static struct str text_of(mem_ctx *ctx, struct jr_value claims, const char *name)
{
    struct str text = jr_text(jr_get(claims, name));
    return str_none(text) ? STR("") : str_dup(ctx, text);
}

void oidc_claims_read(mem_ctx *ctx, struct jr_value claims, struct oidc_claims *ret)
{
    ret->subject = text_of(ctx, claims, "sub");
    ret->email = text_of(ctx, claims, "email");
    ret->name = text_of(ctx, claims, "name");
    ret->locale = text_of(ctx, claims, "locale");
    if (!jr_bool(jr_get(claims, "email_verified"), &ret->email_verified)) {
        ret->email_verified = false;
    }
}

static bool check_claims(struct jr_value claims, const struct oidc_expected *expected,
                         struct error *err)
{
    struct str nonce = jr_text(jr_get(claims, "nonce"));
    if (!str_eq(jr_text(jr_get(claims, "iss")), expected->issuer)) {
        return wrong(err, "it comes from somebody else.");
    }
    if (!is_for(claims, expected->client)) {
        return wrong(err, "it was meant for another program.");
    }
    if (!in_time(claims, expected->now)) {
        return wrong(err, "its time is over, or the clocks differ.");
    }
    return (!str_none(nonce) && secret_equal(nonce, expected->nonce)) ||
           wrong(err, "it answers another question than ours.");
}

bool oidc_token_read(mem_ctx *ctx, struct str token, const struct oidc_expected *expected,
                     struct oidc_claims *ret, bool *ret_no_key, struct error *err)
{
    struct str head;
    struct str body;
    struct str sign;
    struct str header_json;
    struct str claims_json;
    struct str signature;
    struct jr_value header = JR_NONE;
    struct jr_value claims = JR_NONE;
    struct error ignored;
    bool no_key = false;
    str_cut(token, '.', &head, &body);
    struct str rest = str_none(body) ? STR("") : body;
    str_cut(rest, '.', &body, &sign);
    if (ret_no_key != NULL) {
        *ret_no_key = false;
    }
    if (token.len > TOKEN_MAX_BYTES || str_none(sign) || str_find_char(sign, '.') >= 0 ||
        !base64_decode(ctx, head, &header_json) || !base64_decode(ctx, body, &claims_json) ||
        !base64_decode(ctx, sign, &signature) || !jr_parse(ctx, header_json, &header, &ignored) ||
        !jr_parse(ctx, claims_json, &claims, &ignored)) {
        return wrong(err, "it cannot be read.");
    }
    struct str alg = jr_text(jr_get(header, "alg"));
    if (!str_eq_c(alg, "RS256") && !str_eq_c(alg, "ES256")) {
        return wrong(err, "it is not signed in a way that counts here (RS256, ES256).");
    }
    struct str text = str_sub(token, 0, head.len + 1 + body.len);
    if (!jr_absent(jr_get(header, "crit")) ||
        !any_signed(ctx, expected->keys, header, text, signature, &no_key)) {
        if (ret_no_key != NULL) {
            *ret_no_key = no_key;
        }
        return wrong(err, "its signature is none of the provider's.");
    }
    if (!check_claims(claims, expected, err)) {
        return false;
    }
    oidc_claims_read(ctx, claims, ret);
    return ret->subject.len > 0 || wrong(err, "it names nobody.");
}
