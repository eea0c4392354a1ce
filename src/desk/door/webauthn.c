// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/door/webauthn.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "json/read.h"

enum data_at { AT_FLAGS = HASH_SIZE, AT_COUNTER, AT_END = HASH_SIZE + 5 };
enum flag { FLAG_PRESENT = 0x01, FLAG_VERIFIED = 0x04, FLAG_CREDENTIAL = 0x40 };

#define RSA_LEAST_BITS 2048
#define SIGNED_MAX_BYTES ((size_t)64 << 10)

static bool client_check(mem_ctx *ctx, const struct webauthn_expected *expected, struct str json,
                         struct error *err)
{
    struct jr_value client;
    struct error ignored;
    if (!jr_parse(ctx, json, &client, &ignored)) {
        return error_set(err, ERR_INVALID, "The passkey's answer cannot be read.");
    }
    const char *type = expected->creates ? "webauthn.create" : "webauthn.get";
    bool crossing = false;
    bool crosses = jr_bool(jr_get(client, "crossOrigin"), &crossing) && crossing;
    if (!str_eq_c(jr_text(jr_get(client, "type")), type) || crosses ||
        !secret_equal(jr_text(jr_get(client, "challenge")), expected->challenge)) {
        return error_set(err, ERR_INVALID, "The passkey answered another question.");
    }
    if (!str_eq(jr_text(jr_get(client, "origin")), expected->origin)) {
        return error_set(err, ERR_INVALID, "The passkey was used at another address.");
    }
    return true;
}

bool webauthn_check(mem_ctx *ctx, const struct webauthn_expected *expected, struct str client_json,
                    struct str authenticator, struct webauthn_data *ret, struct error *err)
{
    if (!client_check(ctx, expected, client_json, err)) {
        return false;
    }
    struct hash rp = hash_sha256(expected->rp_id);
    struct str rp_hash = {(const char *)rp.bytes, HASH_SIZE};
    if (authenticator.len < AT_END || !str_eq(str_sub(authenticator, 0, HASH_SIZE), rp_hash)) {
        return error_set(err, ERR_INVALID, "The passkey belongs to another address.");
    }
    const unsigned char *bytes = (const unsigned char *)authenticator.ptr;
    unsigned flags = bytes[AT_FLAGS];
    ret->verified = (flags & FLAG_VERIFIED) != 0;
    ret->counter = 0;
    for (size_t i = AT_COUNTER; i < AT_END; i++) {
        ret->counter = ret->counter << 8 | bytes[i];
    }
    if ((flags & FLAG_PRESENT) == 0 || (expected->verified && !ret->verified) ||
        (expected->creates && (flags & FLAG_CREDENTIAL) == 0)) {
        return error_set(err, ERR_INVALID, "The passkey did not check who holds it.");
    }
    return true;
}

static gnutls_datum_t datum(struct str bytes)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)bytes.ptr, (unsigned)bytes.len};
}

// How keys of this kind sign; GNUTLS_SIGN_UNKNOWN for those that are not taken.
static gnutls_sign_algorithm_t way_to_sign(gnutls_pubkey_t key)
{
    unsigned bits = 0;
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    switch (gnutls_pubkey_get_pk_algorithm(key, &bits)) {
    case GNUTLS_PK_ECDSA:
        return gnutls_pubkey_export_ecc_raw(key, &curve, NULL, NULL) == 0 &&
                       curve == GNUTLS_ECC_CURVE_SECP256R1
                   ? GNUTLS_SIGN_ECDSA_SHA256
                   : GNUTLS_SIGN_UNKNOWN;
    case GNUTLS_PK_RSA:
        return bits >= RSA_LEAST_BITS ? GNUTLS_SIGN_RSA_SHA256 : GNUTLS_SIGN_UNKNOWN;
    case GNUTLS_PK_EDDSA_ED25519:
        return GNUTLS_SIGN_EDDSA_ED25519;
    default:
        return GNUTLS_SIGN_UNKNOWN;
    }
}

static bool key_open(struct str public_key, gnutls_pubkey_t *ret)
{
    gnutls_datum_t der = datum(public_key);
    if (public_key.len == 0 || gnutls_pubkey_init(ret) != 0) {
        return false;
    }
    if (gnutls_pubkey_import(*ret, &der, GNUTLS_X509_FMT_DER) == 0 &&
        way_to_sign(*ret) != GNUTLS_SIGN_UNKNOWN) {
        return true;
    }
    gnutls_pubkey_deinit(*ret);
    return false;
}

bool webauthn_key_good(struct str public_key)
{
    gnutls_pubkey_t key;
    if (!key_open(public_key, &key)) {
        return false;
    }
    gnutls_pubkey_deinit(key);
    return true;
}

bool webauthn_signed(struct str public_key, struct str client_json, struct str authenticator,
                     struct str signature)
{
    gnutls_pubkey_t key;
    if (signature.len == 0 || !key_open(public_key, &key)) {
        return false;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "passkey");
    struct hash hash = hash_sha256(client_json);
    struct buf text;
    buf_init(&text, ctx, SIGNED_MAX_BYTES);
    buf_put(&text, authenticator);
    buf_put(&text, (struct str){(const char *)hash.bytes, HASH_SIZE});
    gnutls_datum_t data = datum(buf_str(&text));
    gnutls_datum_t sign = datum(signature);
    bool good =
        !text.failed && gnutls_pubkey_verify_data2(key, way_to_sign(key), 0, &data, &sign) >= 0;
    gnutls_pubkey_deinit(key);
    mem_free(ctx);
    return good;
}
