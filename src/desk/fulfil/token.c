// SPDX-License-Identifier: GPL-3.0-or-later
//
// Links by which somebody decides without signing in.
#include <string.h>

#include "base/random.h"
#include "desk/fulfil/fulfil.h"

enum { MAC_BYTES = 16 };

static void mac(struct str secret, int64_t ask, struct user_id user, unsigned char *ret)
{
    static const char LABEL[] = "approve:";
    char data[sizeof LABEL + sizeof ask + sizeof user.v];
    memcpy(data, LABEL, sizeof LABEL);
    memcpy(data + sizeof LABEL, &ask, sizeof ask);
    memcpy(data + sizeof LABEL + sizeof ask, &user.v, sizeof user.v);
    struct hash hash = hash_keyed(secret, (struct str){data, sizeof data});
    memcpy(ret, hash.bytes, MAC_BYTES);
}

struct str fulfil_token(mem_ctx *ctx, struct str secret, int64_t ask, struct user_id user)
{
    unsigned char bytes[MAC_BYTES];
    mac(secret, ask, user, bytes);
    struct str signature = hex_encode(ctx, (struct str){(const char *)bytes, MAC_BYTES});
    return str_printf(ctx, "%lld-%lld-" STR_FMT, (long long)ask, (long long)user.v,
                      STR_ARG(signature));
}

bool fulfil_token_read(mem_ctx *ctx, struct str secret, struct str token, int64_t *ret_ask,
                       struct user_id *ret_user)
{
    struct str ask_text;
    struct str user_text;
    struct str rest;
    struct str signature;
    int64_t ask = 0;
    struct user_id user;
    str_cut(token, '-', &ask_text, &rest);
    str_cut(rest, '-', &user_text, &signature);
    if (str_none(signature) || !str_to_i64(ask_text, &ask) || !str_to_i64(user_text, &user.v) ||
        !secret_equal(fulfil_token(ctx, secret, ask, user), token)) {
        return false;
    }
    *ret_ask = ask;
    *ret_user = user;
    return true;
}
