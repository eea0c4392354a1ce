// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/notices/notices.h"

#include "base/random.h"
#include "desk/notices/webpush.h"
#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct str decode(mem_ctx *ctx, const char *text)
{
    struct str ret = STR("");
    assert_true(base64_decode(ctx, str_c(text), &ret));
    return ret;
}

// The example of RFC 8291, appendix A.
static void seals_as_the_standard_does(void **state)
{
    struct world *w = *state;
    struct webpush_seal seal = {
        .browser_key = decode(w->ctx, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4"
                                      "bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        .auth = decode(w->ctx, "BTBZMqHH6r4Tts7J_aSIgg")};
    struct str sealed;
    struct error err;
    memcpy(seal.scalar, decode(w->ctx, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").ptr, 32);
    memcpy(seal.salt, decode(w->ctx, "DGv6ra1nlYgDCS1FRnbzlw").ptr, 16);
    assert_true(webpush_seal(w->ctx, &seal, STR("When I grow up, I want to be a watermelon"),
                             &sealed, &err));
    assert_string_equal(str_cstr(w->ctx, base64url_encode(w->ctx, sealed)),
                        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
                        "c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAm"
                        "S6TlzAC8wEqKK6PBru3jl7A_"
                        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_"
                        "Qulcy4a-fN");
}

static void refuses_keys_that_are_none(void **state)
{
    struct world *w = *state;
    char off_curve[WEBPUSH_POINT] = {4, 1, 2, 3};
    struct webpush_seal seal = {.browser_key = {off_curve, sizeof off_curve},
                                .auth = STR("0123456789abcdef"),
                                .scalar = {1}};
    unsigned char point[WEBPUSH_POINT];
    const unsigned char nothing[WEBPUSH_SCALAR] = {0};
    unsigned char beyond[WEBPUSH_SCALAR];
    struct str sealed;
    struct error err;
    memset(beyond, 0xff, sizeof beyond);
    assert_false(webpush_seal(w->ctx, &seal, STR("x"), &sealed, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(webpush_public(nothing, point));
    assert_false(webpush_public(beyond, point));
    // The same secret gives the same key, another label another one.
    unsigned char a[WEBPUSH_SCALAR];
    unsigned char b[WEBPUSH_SCALAR];
    webpush_derive(STR("secret"), "one", a);
    webpush_derive(STR("secret"), "one", b);
    assert_memory_equal(a, b, sizeof a);
    webpush_derive(STR("secret"), "two", b);
    assert_memory_not_equal(a, b, sizeof a);
}

struct add {
    struct world *w;
    struct push_browser browser;
};

static bool add_tx(struct db *tx, void *arg, struct error *err)
{
    struct add *add = arg;
    return push_browser_add(add->w->desk, tx, add->w->ctx, &add->browser, err);
}

static bool adds(struct world *w, const char *endpoint)
{
    struct error err;
    struct add add = {.w = w,
                      .browser = {.user = w->tom.id,
                                  .endpoint = str_c(endpoint),
                                  .public_key = push_public_key(w->desk, w->ctx),
                                  .auth = STR("BTBZMqHH6r4Tts7J_aSIgg"),
                                  .name = STR("Firefox")}};
    bool ok = db_tx_run(w->app.db, "test", add_tx, &add, &err);
    assert_true(ok || err.code == ERR_INVALID);
    return ok;
}

static void messages_go_to_addresses_of_https_only(void **state)
{
    struct world *w = *state;
    static const char *const WRONG[] = {"",
                                        "https://push.example",
                                        "http://push.example/a",
                                        "ftp://push.example/a",
                                        "https:///a",
                                        "https://push.example@inside/a",
                                        "https://push.example/a b",
                                        "https://push.example/a\r\nX: y"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_false(adds(w, WRONG[i]));
    }
    for (int i = 0; i < PUSH_BROWSERS_MOST; i++) {
        assert_true(adds(w, mem_printf(w->ctx, "https://push.example/%d", i)));
    }
    assert_false(adds(w, "https://push.example/more"));
    assert_true(adds(w, "https://push.example/7"));  // it is known already
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seals_as_the_standard_does, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(refuses_keys_that_are_none, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(messages_go_to_addresses_of_https_only, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
