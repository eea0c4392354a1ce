// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "http/multipart.h"
#include "http/spool.h"

#define ASSERT_STR(value, expected) assert_string_equal(str_cstr(f->ctx, (value)), (expected))
#define TYPE "multipart/form-data; boundary=\"B 1\""

struct fixture {
    mem_ctx *ctx;
    char folder[40];
    struct http_request *request;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *f = mem_new(NULL, struct fixture);
    f->ctx = mem_ctx_new(f, "test");
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/steward-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mem_free(f->ctx);
    // Succeeds only when all temporary files went with the request.
    assert_int_equal(rmdir(f->folder), 0);
    mem_free(f);
    return 0;
}

// Parses in pieces of `step` bytes.
static bool parse(struct fixture *f, const char *type, struct str body, size_t step)
{
    struct multipart_limits limits = {20, 1000, 100, f->folder};
    struct multipart *m = NULL;
    mem_free(f->ctx);
    f->ctx = mem_ctx_new(f, "test");
    f->request = mem_new(f->ctx, struct http_request);
    f->request->ctx = f->ctx;
    if (!multipart_begin(f->request, str_c(type), &limits, &m, &f->err)) {
        return false;
    }
    for (size_t at = 0; at < body.len; at += step) {
        if (!multipart_feed(m, str_sub(body, at, step), &f->err)) {
            return false;
        }
    }
    return multipart_end(m, &f->err);
}

#define FORM                                                                                       \
    "preamble\r\n--B 1 \t\r\n"                                                                     \
    "Content-Disposition: form-data; name=\"subject\"\r\n\r\nhello\r\n"                            \
    "--B 1\r\ncontent-disposition: form-data; name=body\r\n\r\n"                                   \
    "two\r\nlines\r\n--B 2\r\n\r\n--B 1\r\n"                                                       \
    "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--B 1\r\n"                          \
    "Content-Disposition: form-data; name=\"f\"; filename=\"a\\\"b;c.txt\"\r\n"                    \
    "Content-Type: text/plain\r\n\r\nfile bytes\r\n--B 1\r\n"                                      \
    "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\n"                                \
    "Content-Type: application/octet-stream\r\n\r\n\r\n--B 1--\r\nepilogue"

static void test_form(void **state)
{
    struct fixture *f = *state;
    for (size_t step = 1; step < sizeof FORM; step++) {
        assert_true(parse(f, TYPE, STR(FORM), step));
        ASSERT_STR(http_form(f->request, "subject"), "hello");
        ASSERT_STR(http_form(f->request, "body"), "two\r\nlines\r\n--B 2\r\n");
        ASSERT_STR(http_form(f->request, "empty"), "");
        assert_int_equal(f->request->form.count, 3);
        assert_int_equal(f->request->files.count, 1);
        const struct http_file *file = &f->request->files.items[0];
        ASSERT_STR(file->field, "f");
        ASSERT_STR(file->name, "a\"b;c.txt");
        ASSERT_STR(file->type, "text/plain");
        ASSERT_STR(file->bytes, "file bytes");
        assert_int_equal(file->size, 10);
        assert_null(file->tmp_path);
    }
}

static struct str form_with_file(mem_ctx *ctx, size_t size)
{
    struct buf body;
    buf_init(&body, ctx, size + 1000);
    buf_put_c(&body, "--B 1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n");
    for (size_t i = 0; i < size; i++) {
        buf_put_char(&body, (char)(i % 7 == 0 ? '\r' : (int)('a' + i % 26)));
    }
    buf_put_c(&body, "\r\n--B 1--");
    return buf_str(&body);
}

static void test_large_file(void **state)
{
    struct fixture *f = *state;
    struct stat found;
    struct str body = form_with_file(f, 700000);
    assert_true(parse(f, TYPE, body, 8192));
    const struct http_file *file = &f->request->files.items[0];
    assert_non_null(file->tmp_path);
    assert_true(str_none(file->bytes));
    assert_int_equal(file->size, 700000);
    assert_int_equal(stat(file->tmp_path, &found), 0);
    assert_int_equal(found.st_size, 700000);
    assert_int_equal(found.st_mode & 0777, 0600);
}

// Many files that fit each share one budget of memory.
static void test_memory_budget(void **state)
{
    struct fixture *f = *state;
    struct buf body;
    buf_init(&body, f, 10000);
    for (int i = 0; i < 3; i++) {
        buf_put_c(&body, "--B 1\r\nContent-Disposition: form-data; name=\"f\"; "
                         "filename=\"x\"\r\n\r\n"
                         "123456789012345678901234567890123456789012345678901234567890\r\n");
    }
    buf_put_c(&body, "--B 1--");
    assert_true(parse(f, TYPE, buf_str(&body), 100));
    assert_int_equal(f->request->files.count, 3);
    assert_null(f->request->files.items[0].tmp_path);
    assert_non_null(f->request->files.items[1].tmp_path);
    assert_int_equal(f->request->files.items[2].size, 60);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    struct buf many;
    static const char *const BAD[] = {
        "",
        "--B 1",
        "--B 1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--B 1\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B 1--",
        "--B 1\r\n\r\nx\r\n--B 1--",
        "--B 1garbage\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--B 1--",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(parse(f, TYPE, str_c(BAD[i]), 7));
        assert_int_equal(f->err.code, ERR_BAD_REQUEST);
    }
    assert_false(parse(f, "multipart/form-data", STR(FORM), 100));
    assert_false(parse(f, "multipart/form-data; boundary=", STR(FORM), 100));
    buf_init(&many, f, 100000);
    for (int i = 0; i < 21; i++) {
        buf_put_c(&many, "--B 1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n");
    }
    buf_put_c(&many, "--B 1--");
    assert_false(parse(f, TYPE, buf_str(&many), 100));
}

static void test_too_long(void **state)
{
    struct fixture *f = *state;
    struct buf body;
    buf_init(&body, f, 100000);
    buf_put_c(&body, "--B 1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
    for (int i = 0; i < 1001; i++) {
        buf_put_c(&body, "x");
    }
    buf_put_c(&body, "\r\n--B 1--");
    assert_false(parse(f, TYPE, buf_str(&body), 50));
    assert_int_equal(f->err.code, ERR_TOO_LARGE);
    buf_reset(&body);
    buf_put_c(&body, "--B 1\r\nX: ");
    for (int i = 0; i < 20000; i++) {
        buf_put_c(&body, "x");
    }
    assert_false(parse(f, TYPE, buf_str(&body), 50));
    assert_int_equal(f->err.code, ERR_BAD_REQUEST);
}

static void test_no_folder(void **state)
{
    struct fixture *f = *state;
    struct spool spool;
    spool_init(&spool, f->ctx, 10, "/nonexistent");
    assert_true(spool_put(&spool, STR("0123456789"), &f->err));
    assert_false(spool_put(&spool, STR("x"), &f->err));
    assert_int_equal(f->err.code, ERR_UNAVAILABLE);
}

static void test_sweep(void **state)
{
    struct fixture *f = *state;
    char *mine = mem_printf(f, "%s/other", f->folder);
    char *left = mem_printf(f, "%s/upload-abc", f->folder);
    FILE *a = fopen(mine, "we");
    FILE *b = fopen(left, "we");
    assert_non_null(a);
    assert_non_null(b);
    (void)fclose(a);
    (void)fclose(b);
    spool_sweep(f->folder);
    // It may be of another server that runs.
    assert_int_equal(access(left, F_OK), 0);
    const struct utimbuf long_ago = {1000, 1000};
    assert_int_equal(utime(left, &long_ago), 0);
    assert_int_equal(utime(mine, &long_ago), 0);
    spool_sweep(f->folder);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(unlink(mine), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_budget, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sweep, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
