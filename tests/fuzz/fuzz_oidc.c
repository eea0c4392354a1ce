// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a provider of single sign-on says: a token, and the keys that it may be signed by.
#include <assert.h>

#include "desk/sso/oidc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str rest = fuzz_input(data, size);
    struct str token = STR("");
    (void)str_next(&rest, '\n', &token);
    const struct oidc_expected expected = {.issuer = STR("https://id.example"),
                                           .client = STR("desk"),
                                           .nonce = STR("n-1"),
                                           .keys = str_none(rest) ? STR("") : rest,
                                           .now = INT64_C(1795399261000)};
    struct oidc_claims claims = {.subject = STR("")};
    bool no_key = false;
    struct error err;
    bool read = oidc_token_read(ctx, token, &expected, &claims, &no_key, &err);
    assert(!read || (claims.subject.len > 0 && !no_key));
    mem_free(ctx);
    return 0;
}
