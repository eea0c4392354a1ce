// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/notices/webpush.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "json/json.h"

#define GCM_TAG 16
#define RECORD_SIZE 4096

static struct str bytes(const void *data, size_t len)
{
    return (struct str){data, len};
}

// --- the curve ----------------------------------------------------------------------------------

// scalar * point, or scalar * G without a point; as an uncompressed point.
static bool multiply(const unsigned char scalar[WEBPUSH_SCALAR], const struct str *point,
                     unsigned char ret[WEBPUSH_POINT])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *out = group != NULL ? EC_POINT_new(group) : NULL;
    EC_POINT *in = group != NULL ? EC_POINT_new(group) : NULL;
    BIGNUM *number = BN_bin2bn(scalar, WEBPUSH_SCALAR, NULL);
    bool ok = out != NULL && in != NULL && number != NULL && !BN_is_zero(number) &&
              BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
    if (ok && point != NULL) {
        // Reading it checks that it lies on the curve.
        ok = point->len == WEBPUSH_POINT && point->ptr[0] == 4 &&
             EC_POINT_oct2point(group, in, (const unsigned char *)point->ptr, point->len, NULL) ==
                 1 &&
             EC_POINT_mul(group, out, NULL, in, number, NULL) == 1;
    } else if (ok) {
        ok = EC_POINT_mul(group, out, number, NULL, NULL, NULL) == 1;
    }
    ok = ok && EC_POINT_point2oct(group, out, POINT_CONVERSION_UNCOMPRESSED, ret, WEBPUSH_POINT,
                                  NULL) == WEBPUSH_POINT;
    BN_clear_free(number);
    EC_POINT_free(in);
    EC_POINT_clear_free(out);
    EC_GROUP_free(group);
    return ok;
}

bool webpush_public(const unsigned char scalar[WEBPUSH_SCALAR],
                    unsigned char ret_point[WEBPUSH_POINT])
{
    return multiply(scalar, NULL, ret_point);
}

void webpush_derive(struct str secret, const char *label, unsigned char ret_scalar[WEBPUSH_SCALAR])
{
    unsigned char point[WEBPUSH_POINT];
    struct hash hash = hash_keyed(secret, str_c(label));
    // One hash of 2^32 lies beyond the curve's order: its own hash is tried then.
    while (!webpush_public(hash.bytes, point)) {
        hash = hash_keyed(secret, bytes(hash.bytes, sizeof hash.bytes));
    }
    memcpy(ret_scalar, hash.bytes, WEBPUSH_SCALAR);
}

// --- sealing ------------------------------------------------------------------------------------

// HKDF-Expand (RFC 5869) of at most one block.
static struct hash expand(struct hash key, const char *label, size_t label_len)
{
    unsigned char info[64];
    memcpy(info, label, label_len);
    info[label_len] = 1;
    return hash_keyed(bytes(key.bytes, sizeof key.bytes), bytes(info, label_len + 1));
}

static bool gcm(const unsigned char *key, const unsigned char *nonce, struct str text,
                unsigned char *ret)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    const unsigned char last = 2;  // the record's end: no padding follows, and no other record
    int len = 0;
    int more = 0;
    bool ok =
        cipher != NULL && EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
        EVP_EncryptUpdate(cipher, ret, &len, (const unsigned char *)text.ptr, (int)text.len) == 1 &&
        EVP_EncryptUpdate(cipher, ret + len, &more, &last, 1) == 1 &&
        EVP_EncryptFinal_ex(cipher, ret + len + more, &more) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, GCM_TAG, ret + text.len + 1) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return ok;
}

// The key of RFC 8291, 3.4, from which RFC 8188 makes its own.
static struct hash input_key(const struct webpush_seal *seal, const unsigned char *shared,
                             const unsigned char *own)
{
    static const char LABEL[] = "WebPush: info";
    unsigned char info[sizeof LABEL + 2 * WEBPUSH_POINT + 1];
    struct hash key = hash_keyed(seal->auth, bytes(shared, 32));
    memcpy(info, LABEL, sizeof LABEL);
    memcpy(info + sizeof LABEL, seal->browser_key.ptr, WEBPUSH_POINT);
    memcpy(info + sizeof LABEL + WEBPUSH_POINT, own, WEBPUSH_POINT);
    info[sizeof info - 1] = 1;
    return hash_keyed(bytes(key.bytes, sizeof key.bytes), bytes(info, sizeof info));
}

bool webpush_seal(mem_ctx *ctx, const struct webpush_seal *seal, struct str text, struct str *ret,
                  struct error *err)
{
    static const char KEY_LABEL[] = "Content-Encoding: aes128gcm";
    static const char NONCE_LABEL[] = "Content-Encoding: nonce";
    unsigned char own[WEBPUSH_POINT];
    unsigned char shared[WEBPUSH_POINT];
    const size_t head = WEBPUSH_SALT + 4 + 1 + WEBPUSH_POINT;
    if (text.len > WEBPUSH_TEXT_MOST) {
        return error_set(err, ERR_INVALID, "This message is too long.");
    }
    if (seal->auth.len != WEBPUSH_AUTH || !webpush_public(seal->scalar, own) ||
        !multiply(seal->scalar, &seal->browser_key, shared)) {
        return error_set(err, ERR_INVALID, "The browser's keys are none.");
    }
    struct hash input = input_key(seal, shared + 1, own);
    struct hash key =
        hash_keyed(bytes(seal->salt, WEBPUSH_SALT), bytes(input.bytes, sizeof input.bytes));
    struct hash content = expand(key, KEY_LABEL, sizeof KEY_LABEL);
    struct hash nonce = expand(key, NONCE_LABEL, sizeof NONCE_LABEL);
    unsigned char *out = mem_array(ctx, unsigned char, head + text.len + 1 + GCM_TAG);
    memcpy(out, seal->salt, WEBPUSH_SALT);
    out[WEBPUSH_SALT] = 0;
    out[WEBPUSH_SALT + 1] = 0;
    out[WEBPUSH_SALT + 2] = RECORD_SIZE >> 8;
    out[WEBPUSH_SALT + 3] = RECORD_SIZE & 0xff;
    out[WEBPUSH_SALT + 4] = WEBPUSH_POINT;
    memcpy(out + WEBPUSH_SALT + 5, own, WEBPUSH_POINT);
    if (!gcm(content.bytes, nonce.bytes, text, out + head)) {
        return error_set(err, ERR_INTERNAL, "The message could not be sealed.");
    }
    *ret = bytes(out, head + text.len + 1 + GCM_TAG);
    return true;
}

// --- who sends ----------------------------------------------------------------------------------

static EVP_PKEY *key_of(const unsigned char scalar[WEBPUSH_SCALAR])
{
    unsigned char point[WEBPUSH_POINT];
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *number = BN_bin2bn(scalar, WEBPUSH_SCALAR, NULL);
    bool ok =
        build != NULL && maker != NULL && number != NULL && webpush_public(scalar, point) &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1;
    params = ok ? OSSL_PARAM_BLD_to_param(build) : NULL;
    if (params == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
    BN_clear_free(number);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(maker);
    return key;
}

// ES256 (RFC 7518, 3.4): both numbers one after the other, not in ASN.1.
static bool sign(const unsigned char scalar[WEBPUSH_SCALAR], struct str text, unsigned char ret[64])
{
    unsigned char der[128];
    size_t len = sizeof der;
    EVP_PKEY *key = key_of(scalar);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    ECDSA_SIG *pair = NULL;
    const unsigned char *at = der;
    bool ok = key != NULL && digest != NULL &&
              EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(digest, der, &len, (const unsigned char *)text.ptr, text.len) == 1;
    pair = ok ? d2i_ECDSA_SIG(NULL, &at, (long)len) : NULL;
    ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, 32) == 32 &&
         BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + 32, 32) == 32;
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(key);
    return ok;
}

bool webpush_authorization(mem_ctx *ctx, const unsigned char scalar[WEBPUSH_SCALAR],
                           struct str audience, struct str subject, int64_t expires_s,
                           struct str *ret, struct error *err)
{
    unsigned char point[WEBPUSH_POINT];
    unsigned char signature[64];
    struct buf claims;
    struct jw w;
    buf_init(&claims, ctx, 4096);
    jw_init(&w, &claims);
    jw_object_begin(&w);
    jw_field_str(&w, "aud", audience);
    jw_field_i64(&w, "exp", expires_s);
    jw_field_str(&w, "sub", subject);
    jw_object_end(&w);
    struct str head = base64url_encode(ctx, STR("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"));
    struct str body = base64url_encode(ctx, buf_str(&claims));
    struct str text = str_printf(ctx, STR_FMT "." STR_FMT, STR_ARG(head), STR_ARG(body));
    if (!webpush_public(scalar, point) || !sign(scalar, text, signature)) {
        return error_set(err, ERR_INTERNAL, "The desk could not sign for its message.");
    }
    *ret = str_printf(ctx, "vapid t=" STR_FMT "." STR_FMT ", k=" STR_FMT, STR_ARG(text),
                      STR_ARG(base64url_encode(ctx, bytes(signature, sizeof signature))),
                      STR_ARG(base64url_encode(ctx, bytes(point, sizeof point))));
    return true;
}
