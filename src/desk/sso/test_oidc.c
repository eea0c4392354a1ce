// SPDX-License-Identifier: GPL-3.0-or-later
//
// ID tokens: what is believed, and every way in which one must not be. Keys and signatures are made
// here by GnuTLS.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/random.h"
#include "desk/sso/oidc.h"

#define NOW INT64_C(1795399261000)
#define CLAIMS                                                                                     \
    "\"iss\":\"https://id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,"          \
    "\"iat\":1795399261,\"nonce\":\"n-1\",\"email\":\"ana@example.net\","                          \
    "\"email_verified\":true,\"name\":\"Ana\""

struct key {
    gnutls_privkey_t priv;
    bool rsa;
    struct str jwk;  // with kid "k1"
};

static struct str bytes(gnutls_datum_t d)
{
    return (struct str){(const char *)d.data, d.size};
}

// Whole numbers as JSON Web Keys write them: without a leading zero byte.
static struct str number(mem_ctx *ctx, gnutls_datum_t d)
{
    struct str all = bytes(d);
    return base64url_encode(ctx, all.len > 1 && all.ptr[0] == '\0' ? str_from(all, 1) : all);
}

static struct key make_key(mem_ctx *ctx, bool rsa)
{
    struct key key = {.rsa = rsa};
    gnutls_datum_t a;
    gnutls_datum_t b;
    assert_int_equal(gnutls_privkey_init(&key.priv), 0);
    if (rsa) {
        assert_int_equal(gnutls_privkey_generate(key.priv, GNUTLS_PK_RSA, 2048, 0), 0);
        assert_int_equal(
            gnutls_privkey_export_rsa_raw(key.priv, &a, &b, NULL, NULL, NULL, NULL, NULL, NULL), 0);
        key.jwk = str_printf(
            ctx, "{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"" STR_FMT "\",\"e\":\"" STR_FMT "\"}",
            STR_ARG(number(ctx, a)), STR_ARG(number(ctx, b)));
    } else {
        assert_int_equal(gnutls_privkey_generate(key.priv, GNUTLS_PK_ECDSA,
                                                 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                                 0),
                         0);
        assert_int_equal(gnutls_privkey_export_ecc_raw(key.priv, NULL, &a, &b, NULL), 0);
        key.jwk = str_printf(ctx,
                             "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"" STR_FMT
                             "\",\"y\":\"" STR_FMT "\"}",
                             STR_ARG(number(ctx, a)), STR_ARG(number(ctx, b)));
    }
    gnutls_free(a.data);
    gnutls_free(b.data);
    return key;
}

static struct str sign(mem_ctx *ctx, const struct key *key, struct str text)
{
    gnutls_datum_t said = {(unsigned char *)(uintptr_t)text.ptr, (unsigned)text.len};
    gnutls_datum_t out;
    assert_int_equal(gnutls_privkey_sign_data2(
                         key->priv, key->rsa ? GNUTLS_SIGN_RSA_SHA256 : GNUTLS_SIGN_ECDSA_SHA256, 0,
                         &said, &out),
                     0);
    if (key->rsa) {
        struct str ret = str_dup(ctx, bytes(out));
        gnutls_free(out.data);
        return ret;
    }
    gnutls_datum_t r;
    gnutls_datum_t s;
    char raw[64] = {0};
    assert_int_equal(gnutls_decode_rs_value(&out, &r, &s), 0);
    struct str parts[2] = {bytes(r), bytes(s)};
    for (int i = 0; i < 2; i++) {
        struct str one = parts[i].len > 32 ? str_from(parts[i], parts[i].len - 32) : parts[i];
        memcpy(raw + 32 * i + 32 - one.len, one.ptr, one.len);
    }
    gnutls_free(out.data);
    gnutls_free(r.data);
    gnutls_free(s.data);
    return str_dup(ctx, (struct str){raw, sizeof raw});
}

static struct str token(mem_ctx *ctx, const struct key *key, const char *header, const char *claims)
{
    struct str text =
        str_printf(ctx, STR_FMT "." STR_FMT, STR_ARG(base64url_encode(ctx, str_c(header))),
                   STR_ARG(base64url_encode(ctx, str_c(mem_printf(ctx, "{%s}", claims)))));
    return str_printf(ctx, STR_FMT "." STR_FMT, STR_ARG(text),
                      STR_ARG(base64url_encode(ctx, sign(ctx, key, text))));
}

static bool reads(mem_ctx *ctx, const struct key *key, struct str text, bool *ret_no_key)
{
    const struct oidc_expected expected = {
        .issuer = STR("https://id.example"),
        .client = STR("desk"),
        .nonce = STR("n-1"),
        .keys = str_printf(ctx, "{\"keys\":[" STR_FMT "]}", STR_ARG(key->jwk)),
        .now = NOW};
    struct oidc_claims claims;
    struct error err;
    bool read = oidc_token_read(ctx, text, &expected, &claims, ret_no_key, &err);
    if (read) {
        assert_true(str_eq_c(claims.subject, "u-1"));
    } else {
        assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    }
    return read;
}

static const char RS[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
static const char ES[] = "{\"alg\":\"ES256\",\"kid\":\"k1\"}";

static void a_good_token_says_who_it_is(void **state)
{
    mem_ctx *ctx = *state;
    for (int rsa = 0; rsa < 2; rsa++) {
        struct key key = make_key(ctx, rsa == 1);
        assert_true(reads(ctx, &key, token(ctx, &key, rsa == 1 ? RS : ES, CLAIMS), NULL));
        assert_true(reads(
            ctx, &key,
            token(ctx, &key, rsa == 1 ? "{\"alg\":\"RS256\"}" : "{\"alg\":\"ES256\"}", CLAIMS),
            NULL));
        gnutls_privkey_deinit(key.priv);
    }
}

static void signatures_that_do_not_count(void **state)
{
    mem_ctx *ctx = *state;
    struct key key = make_key(ctx, true);
    struct key other = make_key(ctx, true);
    struct key curve = make_key(ctx, false);
    bool no_key = false;
    static const char *const HEADERS[] = {
        "{\"alg\":\"none\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
        "{\"alg\":\"rs256\",\"kid\":\"k1\"}",
        "{\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"x\"]}",
        "[]",
        "{",
    };
    for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++) {
        assert_false(reads(ctx, &key, token(ctx, &key, HEADERS[i], CLAIMS), NULL));
    }
    assert_false(reads(ctx, &key, token(ctx, &other, RS, CLAIMS), &no_key));
    assert_false(no_key);
    assert_false(
        reads(ctx, &key, token(ctx, &key, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", CLAIMS), &no_key));
    assert_true(no_key);
    assert_false(reads(ctx, &curve, token(ctx, &key, ES, CLAIMS), NULL));
    // One byte of the words, or of the signature, is another.
    struct str good = token(ctx, &key, RS, CLAIMS);
    for (size_t at = 30; at < good.len; at += 41) {
        char *copy = mem_text_n(ctx, good.ptr, good.len);
        copy[at] = copy[at] == 'A' ? 'B' : 'A';
        struct str bent = {copy, good.len};
        assert_true(str_eq(bent, good) || !reads(ctx, &key, bent, NULL));
    }
    // The signature is left away, or there is one part too many.
    ptrdiff_t dot = str_find_char(str_from(good, (size_t)str_find_char(good, '.') + 1), '.');
    struct str unsigned_part =
        str_sub(good, 0, (size_t)str_find_char(good, '.') + 1 + (size_t)dot + 1);
    assert_false(reads(ctx, &key, unsigned_part, NULL));
    assert_false(reads(ctx, &key, str_printf(ctx, STR_FMT ".x", STR_ARG(good)), NULL));
    assert_false(reads(ctx, &key, STR(""), NULL));
    gnutls_privkey_deinit(key.priv);
    gnutls_privkey_deinit(other.priv);
    gnutls_privkey_deinit(curve.priv);
}

static void claims_that_do_not_fit(void **state)
{
    mem_ctx *ctx = *state;
    struct key key = make_key(ctx, false);
    static const char *const GOOD[] = {
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":[\"desk\"],\"exp\":1795399561,\"iat\":1795399261,"
        "\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":[\"desk\",\"x\"],\"azp\":\"desk\",\"exp\":1795399561,"
        "\"iat\":1795399261,\"nonce\":\"n-1\"",
        // A minute of difference between clocks is none.
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399211,\"iat\":1795399311,"
        "\"nonce\":\"n-1\"",
    };
    static const char *const BAD[] = {
        "\"iss\":\"https://id.example/"
        "\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,\"iat\":1795399261,\"nonce\":\"n-"
        "1\"",
        "\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,\"iat\":1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"other\",\"exp\":1795399561,\"iat\":1795399261,"
        "\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":[\"desk\",\"x\"],\"exp\":1795399561,\"iat\":"
        "1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":[\"desk\",\"x\"],\"azp\":\"x\",\"exp\":1795399561,"
        "\"iat\":1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"exp\":1795399561,\"iat\":1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399100,\"iat\":1795398261,"
        "\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"iat\":1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399961,\"iat\":1795399861,"
        "\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399961,\"iat\":1795399261,"
        "\"nbf\":1795399861,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":9223372036854775807,\"iat\":"
        "1795399261,\"nonce\":\"n-1\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,\"iat\":1795399261,"
        "\"nonce\":\"n-2\"",
        "\"iss\":\"https://"
        "id.example\",\"sub\":\"u-1\",\"aud\":\"desk\",\"exp\":1795399561,\"iat\":1795399261",
        "\"iss\":\"https://"
        "id.example\",\"aud\":\"desk\",\"exp\":1795399561,\"iat\":1795399261,\"nonce\":\"n-1\"",
    };
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_true(reads(ctx, &key, token(ctx, &key, ES, GOOD[i]), NULL));
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(reads(ctx, &key, token(ctx, &key, ES, BAD[i]), NULL));
    }
    gnutls_privkey_deinit(key.priv);
}

static int setup(void **state)
{
    random_init();
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    mem_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_token_says_who_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(signatures_that_do_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(claims_that_do_not_fit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
