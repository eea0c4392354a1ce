// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where calls may go, and who decides that.
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "desk/hooks/hooks.h"
#include "desk/test_world.h"

static bool allowed(const struct world *w, const char *text)
{
    unsigned char bytes[16] = {[10] = 0xff, [11] = 0xff};
    bool v6 = strchr(text, ':') != NULL;
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, v6 ? bytes : bytes + 12), 1);
    return hook_address_allowed(w->desk, bytes);
}

static void addresses_inside_are_refused(void **state)
{
    static const char *const INSIDE[] = {
        "127.0.0.1",       "10.1.2.3",   "172.16.0.1", "172.31.255.255",  "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "0.0.0.0",    "224.0.0.1",       "255.255.255.255",
        "198.18.0.1",      "::1",        "::",         "::ffff:10.0.0.1", "::127.0.0.1",
        "fd00::1",         "fe80::1",    "ff02::1",    "64:ff9b::a00:1",  "2002:a00:1::",
        "2001:db8::1",
    };
    static const char *const OUTSIDE[] = {"93.184.216.34", "8.8.8.8", "172.32.0.1",
                                          "2606:4700::1111", "2a00:1450::1"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof INSIDE / sizeof *INSIDE; i++) {
        if (allowed(w, INSIDE[i])) {
            fail_msg("%s", INSIDE[i]);
        }
    }
    for (size_t i = 0; i < sizeof OUTSIDE / sizeof *OUTSIDE; i++) {
        if (!allowed(w, OUTSIDE[i])) {
            fail_msg("%s", OUTSIDE[i]);
        }
    }
    struct str network = STR("10.1.0.0/16");
    w->config.webhook_network.items = &network;
    w->config.webhook_network.count = 1;
    assert_true(allowed(w, "10.1.2.3"));
    assert_false(allowed(w, "10.2.0.1"));
}

struct storing {
    struct world *w;
    const struct actor *actor;
    struct hook hook;
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    return hook_store(s->w->desk, tx, s->w->ctx, s->actor, &s->hook, err);
}

static void only_administrators_write_webhooks(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct actor admin = world_actor(&w->admin);
    struct error err = {0};
    struct storing s = {.w = w,
                        .actor = &tom,
                        .hook = {.id = STR(""),
                                 .name = STR("x"),
                                 .active = true,
                                 .endpoint = STR("https://example.org/in"),
                                 .method = STR("POST"),
                                 .format = STR("json"),
                                 .auth = STR(""),
                                 .headers = STR(""),
                                 .subscriptions = STR("")}};
    assert_false(db_tx_run(w->app.db, "test", store_tx, &s, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    s.actor = &admin;
    assert_true(db_tx_run(w->app.db, "test", store_tx, &s, &err));
    assert_int_equal(s.hook.id.len, 26);
    s.hook.endpoint = STR("file:///etc/passwd");
    assert_false(db_tx_run(w->app.db, "test", store_tx, &s, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
        TEST(addresses_inside_are_refused),
        TEST(only_administrators_write_webhooks),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
