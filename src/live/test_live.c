// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "live/live.h"

struct listener {
    int paused;
    int woken;
};

static void pause_it(void *arg)
{
    ((struct listener *)arg)->paused++;
}

static void wake_it(void *arg)
{
    ((struct listener *)arg)->woken++;
}

static int set_up(void **state)
{
    *state = live_hub_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

// What there is to send, or "wait" or "end".
static const char *take(struct live_subscription *sub, struct listener *listener)
{
    static char out[512];
    size_t len = 0;
    switch (live_take(sub, out, sizeof out - 1, &len, pause_it, wake_it, listener)) {
    case LIVE_DATA:
        out[len] = '\0';
        return out;
    case LIVE_WAIT:
        return "wait";
    case LIVE_END:
        break;
    }
    return "end";
}

#define GREETING "retry: 2000\nid: 1\n: here\n\n"

static void test_topics(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    struct live_subscription *sub = live_subscribe(hub, STR("ticket:1,desk"), false);
    assert_string_equal(take(sub, &listener), GREETING);
    assert_string_equal(take(sub, &listener), "wait");
    assert_int_equal(listener.paused, 1);
    live_publish(hub, STR("ticket:2"));
    assert_int_equal(listener.woken, 0);
    live_publish(hub, STR("ticket:1"));
    live_publish(hub, STR("ticket:1"));
    live_publish(hub, STR("desk"));
    assert_int_equal(listener.woken, 1);
    assert_string_equal(take(sub, &listener), "event: change\ndata: ticket:1\n\n"
                                              "event: change\ndata: desk\n\n");
    assert_string_equal(take(sub, &listener), "wait");
    assert_int_equal(live_count(hub), 1);
    live_unsubscribe(sub);
    assert_int_equal(live_count(hub), 0);
    live_publish(hub, STR("ticket:1"));
    assert_int_equal(listener.woken, 1);
}

static void test_beat(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    struct live_subscription *sub = live_subscribe(hub, STR(""), false);
    (void)take(sub, &listener);
    assert_string_equal(take(sub, &listener), "wait");
    for (int second = 0; second < LIVE_BEAT_S; second++) {
        live_beat(hub);
    }
    assert_int_equal(listener.woken, 1);
    assert_string_equal(take(sub, &listener), ": beat\n\n");
    live_unsubscribe(sub);
}

// Who comes back may have missed anything.
static void test_again(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    struct live_subscription *sub = live_subscribe(hub, STR("desk"), true);
    live_publish(hub, STR("desk"));
    assert_string_equal(take(sub, &listener), GREETING "event: refresh\ndata: *\n\n");
    assert_string_equal(take(sub, &listener), "wait");
    live_publish_all(hub);
    assert_string_equal(take(sub, &listener), "event: refresh\ndata: *\n\n");
    live_unsubscribe(sub);
}

static void test_small_buffer(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    char out[128];
    size_t len = 0;
    int events = 0;
    struct live_subscription *sub = live_subscribe(
        hub, STR("topic-with-a-long-name-a,topic-with-a-long-name-b,topic-with-a-long-name-c"),
        false);
    live_publish(hub, STR("topic-with-a-long-name-a"));
    live_publish(hub, STR("topic-with-a-long-name-b"));
    live_publish(hub, STR("topic-with-a-long-name-c"));
    while (live_take(sub, out, sizeof out, &len, pause_it, wake_it, &listener) == LIVE_DATA) {
        struct str rest = {out, len};
        struct str line;
        while (str_next(&rest, '\n', &line)) {
            events += str_starts(line, STR("data: topic")) ? 1 : 0;
        }
    }
    assert_int_equal(events, 3);
    live_unsubscribe(sub);
}

static void test_limits(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    struct live_subscription *sub =
        live_subscribe(hub,
                       STR("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,,bad\ntopic,"
                           "a-topic-that-is-far-too-long-to-be-one-of-ours-at-all"),
                       false);
    (void)take(sub, &listener);
    live_publish(hub, STR("q"));
    assert_string_equal(take(sub, &listener), "wait");
    live_publish(hub, STR("p"));
    assert_string_equal(take(sub, &listener), "event: change\ndata: p\n\n");
    live_unsubscribe(sub);
    sub = live_subscribe(hub, STR("x\ndata: y"), false);
    (void)take(sub, &listener);
    live_publish(hub, STR("x\ndata: y"));
    assert_string_equal(take(sub, &listener), "wait");
    live_unsubscribe(sub);
}

static void test_close(void **state)
{
    struct live_hub *hub = *state;
    struct listener listener = {0};
    struct live_subscription *sub = live_subscribe(hub, STR("a"), false);
    (void)take(sub, &listener);
    (void)take(sub, &listener);
    live_close(hub);
    assert_int_equal(listener.woken, 1);
    assert_string_equal(take(sub, &listener), "end");
    struct live_subscription *late = live_subscribe(hub, STR("a"), false);
    assert_string_equal(take(late, &listener), "end");
    live_unsubscribe(sub);
    live_unsubscribe(late);
}

// --- threads ------------------------------------------------------------------------------------

#define ROUNDS 300

struct shared {
    struct live_hub *hub;
    _Atomic int told;
};

static void nothing(void *arg)
{
    (void)arg;
}

static void *come_and_go(void *arg)
{
    struct shared *shared = arg;
    char out[512];
    size_t len = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct live_subscription *sub = live_subscribe(shared->hub, STR("a,b,c"), i % 2 == 0);
        for (int k = 0; k < 4; k++) {
            if (live_take(sub, out, sizeof out, &len, nothing, nothing, NULL) == LIVE_DATA) {
                (void)atomic_fetch_add(&shared->told, 1);
            }
        }
        presence_touch(shared->hub, i % 5, i, STR("Ann"), STR("typing"), i);
        live_unsubscribe(sub);
    }
    return NULL;
}

static void *tell(void *arg)
{
    struct shared *shared = arg;
    struct presence others[4];
    for (int i = 0; i < ROUNDS * 4; i++) {
        live_publish(shared->hub, STR("b"));
        live_beat(shared->hub);
        (void)presence_list(shared->hub, i % 5, 0, i, others, 4);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct shared shared = {.hub = *state};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, i < 3 ? come_and_go : tell, &shared), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(live_count(*state), 0);
    assert_true(atomic_load(&shared.told) >= 3 * ROUNDS);
}

// --- marks --------------------------------------------------------------------------------------

static const char *take_since(struct live_hub *hub, struct str mark)
{
    struct listener listener = {0};
    struct live_subscription *sub = live_subscribe(hub, STR("ticket:1,desk"), false);
    live_since(sub, mark);
    const char *text = take(sub, &listener);
    live_unsubscribe(sub);
    return text;
}

static void test_changes_before_listening_are_heard(void **state)
{
    struct live_hub *hub = *state;
    struct live_hub *other = live_hub_new(hub);
    live_publish(hub, STR("desk"));
    struct str mark = live_mark(hub, hub);
    assert_string_equal(take_since(hub, mark), GREETING);
    live_publish(hub, STR("ticket:1"));
    live_publish(hub, STR("ticket:2"));
    assert_string_equal(take_since(hub, mark), GREETING "event: change\ndata: ticket:1\n\n");
    assert_string_equal(take_since(hub, STR("")), GREETING);
    const char *refresh = GREETING "event: refresh\ndata: *\n\n";
    assert_string_equal(take_since(hub, live_mark(other, hub)), refresh);
    assert_string_equal(take_since(hub, STR("rubbish")), refresh);
    for (int i = 0; i < 5000; i++) {
        live_publish(hub, STR("ticket:2"));
    }
    assert_string_equal(take_since(hub, mark), refresh);
    mark = live_mark(hub, hub);
    live_publish_all(hub);
    assert_string_equal(take_since(hub, mark), refresh);
}

// --- presence -----------------------------------------------------------------------------------

static void test_presence(void **state)
{
    struct live_hub *hub = *state;
    struct presence others[8];
    assert_true(presence_touch(hub, 42, 1, STR("Ann"), STR("viewing"), 1000));
    assert_true(presence_touch(hub, 42, 2, STR("Bo \xc3\xa4"), STR("typing"), 2000));
    assert_false(presence_touch(hub, 42, 2, STR("Bo \xc3\xa4"), STR("typing"), 2000));
    assert_true(presence_touch(hub, 43, 3, STR("Cy"), STR("rubbish"), 2000));
    assert_true(presence_touch(hub, 42, 1, STR("Ann"), STR("typing"), 3000));
    assert_int_equal(presence_list(hub, 42, 9, 3000, others, 8), 2);
    assert_int_equal(others[0].user, 1);
    assert_string_equal(others[0].doing, "typing");
    assert_int_equal(others[1].user, 2);
    assert_string_equal(others[1].name, "Bo \xc3\xa4");
    assert_int_equal(presence_list(hub, 42, 1, 3000, others, 8), 1);
    assert_int_equal(presence_list(hub, 42, 9, 3000, others, 1), 1);
    assert_int_equal(presence_list(hub, 42, 9, 2001 + LIVE_PRESENCE_MS, others, 8), 1);
    assert_int_equal(presence_list(hub, 43, 0, 2000, others, 8), 1);
    assert_string_equal(others[0].doing, "viewing");
    assert_true(presence_leave(hub, 43, 3));
    assert_false(presence_leave(hub, 43, 3));
    assert_int_equal(presence_list(hub, 43, 0, 2000, others, 8), 0);
}

static void test_presence_is_bounded(void **state)
{
    struct live_hub *hub = *state;
    struct presence others[2];
    for (int64_t i = 0; i < PRESENCES_MAX + 5000; i++) {
        presence_touch(hub, i, 1, STR("Ann"), STR("viewing"), 1000);
    }
    presence_touch(hub, 7, 2, STR("Bo"), STR("viewing"), 1000);
    // What is stale makes room again.
    int64_t later = 1001 + LIVE_PRESENCE_MS;
    for (int64_t i = 0; i < 3000; i++) {
        presence_touch(hub, 1, 1, STR("Ann"), STR("viewing"), later);
    }
    presence_touch(hub, PRESENCES_MAX + 4000, 1, STR("Ann"), STR("viewing"), later);
    assert_int_equal(presence_list(hub, PRESENCES_MAX + 4000, 0, later, others, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_topics, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_beat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_buffer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changes_before_listening_are_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_presence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_presence_is_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
