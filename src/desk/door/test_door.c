// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/random.h"
#include "desk/door/factors.h"
#include "desk/door/qr.h"
#include "desk/door/totp.h"
#include "desk/door/webauthn.h"
#include "desk/test_world.h"

#define SECRET STR("12345678901234567890")

// RFC 6238, appendix B, the last six digits.
static void codes_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        int code;
    } CASES[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
                 {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(totp_code(SECRET, totp_step(CASES[i].seconds * 1000)), CASES[i].code);
    }
}

static void a_code_works_near_its_time_and_once(void **state)
{
    struct world *w = *state;
    int64_t now = INT64_C(1111111109000);
    int64_t step = totp_step(now);
    assert_int_equal(totp_match(SECRET, STR("081804"), now, -1), step);
    assert_int_equal(totp_match(SECRET, STR("081 804"), now + 30000, -1), step);
    assert_int_equal(totp_match(SECRET, STR("081804"), now - 30000, -1), step);
    assert_int_equal(totp_match(SECRET, STR("081804"), now + 90000, -1), -1);
    assert_int_equal(totp_match(SECRET, STR("081804"), now, step), -1);
    assert_int_equal(totp_match(SECRET, STR("81804"), now, -1), -1);
    assert_int_equal(totp_match(SECRET, STR("0818044"), now, -1), -1);
    assert_int_equal(totp_match(SECRET, STR(""), now, -1), -1);
    struct str shown = totp_secret_shown(w->ctx, SECRET);
    assert_string_equal(str_cstr(w->ctx, shown), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    struct str uri = totp_uri(w->ctx, SECRET, STR("IT Desk"), STR("a&b@example.org"));
    assert_string_equal(str_cstr(w->ctx, uri),
                        "otpauth://totp/IT%20Desk:a%26b%40example.org?secret="
                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=IT%20Desk");
}

static void qr_codes_have_room_around(void **state)
{
    struct world *w = *state;
    struct error err;
    struct str path;
    int size = 0;
    assert_true(qr_path(w->ctx, STR("otpauth://totp/x"), &path, &size, &err));
    assert_true(size >= 21 + 8);
    assert_true(str_starts(path, STR("M4 4h1v1h-1z")));
    struct buf much;
    buf_init(&much, w->ctx, 8000);
    for (int i = 0; i < 4000; i++) {
        buf_put_char(&much, 'x');
    }
    assert_false(qr_path(w->ctx, buf_str(&much), &path, &size, &err));
}

// --- passkeys -----------------------------------------------------------------------------------

static const struct webauthn_expected ASKED = {.creates = false,
                                               .challenge = STR_INIT("Y2hhbGxlbmdl"),
                                               .origin = STR_INIT("https://help.example.org"),
                                               .rp_id = STR_INIT("help.example.org")};

static struct str authenticator(mem_ctx *ctx, const char *rp_id, int flags)
{
    struct hash hash = hash_sha256(str_c(rp_id));
    struct buf out;
    buf_init(&out, ctx, 64);
    buf_put(&out, (struct str){(const char *)hash.bytes, HASH_SIZE});
    buf_put_char(&out, (char)flags);
    buf_put(&out, (struct str){"\0\0\1\2", 4});
    return buf_str(&out);
}

static void answers_to_other_questions_are_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *client;
        const char *rp_id;
        int flags;
        bool good;
    } CASES[] = {
        {"{\"type\":\"webauthn.get\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://"
         "help.example.org\"}",
         "help.example.org", 0x05, true},
        {"{\"type\":\"webauthn.create\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://"
         "help.example.org\"}",
         "help.example.org", 0x05, false},
        {"{\"type\":\"webauthn.get\",\"challenge\":\"b3RoZXI\",\"origin\":\"https://"
         "help.example.org\"}",
         "help.example.org", 0x05, false},
        {"{\"type\":\"webauthn.get\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://"
         "evil.example.org\"}",
         "help.example.org", 0x05, false},
        {"{\"type\":\"webauthn.get\",\"challenge\":\"Y2hhbGxlbmdl\",\"crossOrigin\":true,"
         "\"origin\":\"https://help.example.org\"}",
         "help.example.org", 0x05, false},
        {"{\"type\":\"webauthn.get\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://"
         "help.example.org\"}",
         "evil.example.org", 0x05, false},
        {"{\"type\":\"webauthn.get\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://"
         "help.example.org\"}",
         "help.example.org", 0x04, false},
        {"not json", "help.example.org", 0x05, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct error err;
        struct webauthn_data data;
        struct str bytes = authenticator(w->ctx, CASES[i].rp_id, CASES[i].flags);
        assert_int_equal(webauthn_check(w->ctx, &ASKED, str_c(CASES[i].client), bytes, &data, &err),
                         CASES[i].good);
        assert_true(!CASES[i].good || (data.verified && data.counter == 0x0102));
        assert_false(webauthn_check(w->ctx, &ASKED, str_c(CASES[i].client),
                                    str_sub(bytes, 0, bytes.len - 1), &data, &err));
    }
    assert_false(webauthn_key_good(STR("")));
    assert_false(webauthn_key_good(STR("0\x59no key")));
    assert_false(webauthn_signed(STR("no key"), STR("{}"), STR("data"), STR("signature")));
}

// --- what is kept -------------------------------------------------------------------------------

struct keeping {
    struct world *w;
    struct factors f;
    struct actor actor;
    struct str codes[RECOVERY_CODES];
    struct str code;
    bool good;
};

static bool add(struct db *tx, void *arg, struct error *err)
{
    struct keeping *k = arg;
    return factor_add_app(&k->f, tx, &k->actor, STR("my phone"), SECRET, k->code, err) &&
           recovery_codes_make(&k->f, tx, k->actor.user, k->codes, err);
}

static bool use(struct db *tx, void *arg, struct error *err)
{
    struct keeping *k = arg;
    return factor_code_use(&k->f, tx, k->actor.user, k->code, &k->good, err);
}

static bool used(struct keeping *k, struct str code)
{
    struct error err;
    k->code = code;
    k->good = false;
    assert_true(db_tx_run(k->w->app.db, "use", use, k, &err));
    return k->good;
}

static struct str code_at(struct keeping *k, int64_t now)
{
    return str_printf(k->w->ctx, "%06d", totp_code(SECRET, totp_step(now)));
}

static void codes_and_recovery_codes_work_once(void **state)
{
    struct world *w = *state;
    struct error err;
    struct user ana = world_person(w, "ana@example.org", ROLE_END_USER);
    struct keeping k = {.w = w, .actor = world_actor(&ana)};
    k.f = (struct factors){w->ctx, w->app.secret, INT64_C(1111111109000)};
    k.code = STR("000000");
    assert_false(db_tx_run(w->app.db, "add", add, &k, &err));
    assert_string_equal(err.field, "code");
    k.code = code_at(&k, k.f.now);
    assert_true(db_tx_run(w->app.db, "add", add, &k, &err));
    assert_false(used(&k, code_at(&k, k.f.now)));
    k.f.now += 60000;
    assert_true(used(&k, code_at(&k, k.f.now)));
    assert_false(used(&k, code_at(&k, k.f.now)));
    assert_true(used(&k, k.codes[3]));
    assert_false(used(&k, k.codes[3]));
    assert_false(used(&k, STR("zzzz-zzzz")));
    assert_false(used(&k, STR("")));
    // Another person's codes open nothing.
    struct user bob = world_person(w, "bob@example.org", ROLE_END_USER);
    k.actor = world_actor(&bob);
    assert_false(used(&k, k.codes[4]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_are_those_of_the_standard, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_code_works_near_its_time_and_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(qr_codes_have_room_around, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(answers_to_other_questions_are_refused, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(codes_and_recovery_codes_work_once, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
