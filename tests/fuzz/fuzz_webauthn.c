// SPDX-License-Identifier: GPL-3.0-or-later
//
// What browsers send of a passkey: client data, authenticator data, key and signature.
#include <assert.h>

#include "desk/door/webauthn.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str rest = fuzz_input(data, size);
    struct str parts[4];
    for (size_t i = 0; i < 4; i++) {
        struct str part = STR("");
        (void)str_next(&rest, '\n', &part);
        parts[i] = part;
    }
    const struct webauthn_expected expected = {.creates = size % 2 == 0,
                                               .challenge = STR("Y2hhbGxlbmdl"),
                                               .origin = STR("https://help.example.org"),
                                               .rp_id = STR("help.example.org")};
    struct webauthn_data answer;
    struct error err;
    bool fits = webauthn_check(ctx, &expected, parts[0], parts[1], &answer, &err);
    bool good = webauthn_key_good(parts[2]);
    bool sure = webauthn_signed(parts[2], parts[0], parts[1], parts[3]);
    assert(good || !sure);
    assert(!fits || answer.counter >= 0);
    mem_free(ctx);
    return 0;
}
