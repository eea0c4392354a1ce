// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the pages of an export are read as. How they become people and tickets is shown from
// outside (tests/api/import_zendesk.test.mjs).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "desk/import/pages.h"

static struct import_piece read_piece(mem_ctx *ctx, const char *path, const char *text)
{
    struct import_piece piece;
    struct error err = {0};
    assert_true(import_piece_read(ctx, str_c(path), str_c(text), &piece, &err));
    return piece;
}

static void test_pages(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct import_piece piece = read_piece(
        ctx, "whatever.json",
        "{\"tickets\":[{\"id\":1},{\"id\":2}],\"users\":[{\"id\":3}],\"groups\":[],\"count\":2,"
        "\"targets\":[{\"id\":9}],\"organizations\":null}");
    assert_int_equal(piece.count, 2);
    assert_int_equal(piece.lists[0].kind, IMPORT_USER);
    assert_int_equal(piece.lists[1].kind, IMPORT_TICKET);
    assert_int_equal(piece.lists[1].count, 2);
    assert_int_equal(import_id(import_list_at(&piece.lists[1], 1), "id"), 2);
    mem_free(ctx);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int kind;  // -1: not known
    } CASES[] = {
        {"tickets.jsonl", IMPORT_TICKET},
        {"tickets-2024-01.jsonl", IMPORT_TICKET},
        {"users_0007.json", IMPORT_USER},
        {"users/0007.json", IMPORT_USER},
        {"a/organization_memberships.ndjson", IMPORT_ORGANIZATION_MEMBERSHIP},
        {"ticket_comments.jsonl", IMPORT_COMMENT},
        {"tickets/12/comments.json", IMPORT_COMMENT},
        {"ticket_metrics.jsonl", -1},
        {"usersandmore.jsonl", -1},
        {"12.json", -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct import_piece one = read_piece(ctx, CASES[i].path, "{\"id\":5,\"comments\":[]}");
        struct import_piece list = read_piece(ctx, CASES[i].path, "[{\"id\":5},{\"id\":6}]");
        assert_int_equal(one.count, CASES[i].kind < 0 ? 0 : 1);
        assert_int_equal(list.count, one.count);
        if (CASES[i].kind >= 0) {
            assert_int_equal(one.lists[0].kind, CASES[i].kind);
            assert_int_equal(one.lists[0].count, 1);
            assert_int_equal(import_id(import_list_at(&one.lists[0], 0), "id"), 5);
            assert_int_equal(list.lists[0].count, 2);
        }
        mem_free(ctx);
    }
}

static int64_t ticket_of(const char *path, const char *text)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct import_piece piece = read_piece(ctx, path, text);
    assert_int_equal(piece.count, 1);
    assert_int_equal(piece.lists[0].kind, IMPORT_COMMENT);
    int64_t ticket = import_comment_ticket(&piece.lists[0], import_list_at(&piece.lists[0], 0));
    mem_free(ctx);
    return ticket;
}

static void test_whose_comments(void **state)
{
    (void)state;
    assert_int_equal(ticket_of("tickets/12/comments.json", "{\"comments\":[{\"id\":1}]}"), 12);
    assert_int_equal(ticket_of("comments/12.json", "[{\"id\":1}]"), 12);
    assert_int_equal(ticket_of("c.jsonl", "{\"ticket_id\":7,\"comments\":[{\"id\":1}]}"), 7);
    assert_int_equal(ticket_of("comments/12.json", "[{\"id\":1,\"ticket_id\":8}]"), 8);
    assert_int_equal(ticket_of("comments.json", "{\"comments\":[{\"id\":1}]}"), 0);
}

static void test_values(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct import_piece piece;
    struct error err = {0};
    assert_false(import_piece_read(ctx, STR("users.json"), STR("{\"users\":["), &piece, &err));
    assert_int_equal(err.code, ERR_BAD_REQUEST);
    piece = read_piece(ctx, "users.json",
                       "{\"id\":1,\"at\":\"2021-03-04T05:06:07Z\",\"bad\":\"soon\",\"no\":-4}");
    struct jr_value user = import_list_at(&piece.lists[0], 0);
    assert_int_equal(import_time(user, "at"), INT64_C(1614834367000));
    assert_int_equal(import_time(user, "bad"), 0);
    assert_int_equal(import_time(user, "none"), 0);
    assert_int_equal(import_id(user, "no"), 0);
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_whose_comments),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
