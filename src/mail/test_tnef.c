// SPDX-License-Identifier: GPL-3.0-or-later
//
// winmail.dat: what Outlook writes, and what somebody writes who means harm.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/tnef.h"

static mem_ctx *ctx;

static int setup(void **state UNUSED)
{
    ctx = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state UNUSED)
{
    mem_free(ctx);
    return 0;
}

static void put(struct buf *out, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        buf_put_char(out, (char)(value >> (8 * i) & 0xff));
    }
}

static void attribute(struct buf *out, uint32_t level, uint32_t id, struct str data)
{
    uint32_t sum = 0;
    put(out, level, 1);
    put(out, id, 4);
    put(out, (uint32_t)data.len, 4);
    buf_put(out, data);
    for (size_t i = 0; i < data.len; i++) {
        sum += (unsigned char)data.ptr[i];
    }
    put(out, sum & 0xffff, 2);
}

static void property(struct buf *out, uint32_t type, uint32_t id, struct str value)
{
    put(out, type, 2);
    put(out, id, 2);
    put(out, 1, 4);
    put(out, (uint32_t)value.len, 4);
    buf_put(out, value);
    put(out, 0, (4 - value.len % 4) % 4);
}

static struct buf start(void)
{
    struct buf out;
    buf_init(&out, ctx, 1 << 20);
    put(&out, 0x223e9f78u, 4);
    put(&out, 1, 2);
    attribute(&out, 1, 0x00089006, STR("\0\0\1\0"));
    attribute(&out, 1, 0x00069007, STR("\xe4\x04\0\0\0\0\0\0"));  // code page 1252
    return out;
}

// Two files: one with a long name beyond ASCII, a type and a content id, one with a title only.
static struct str two_files(void)
{
    struct buf out = start();
    struct buf props;
    attribute(&out, 2, 0x00069002, STR("\1\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0"));
    attribute(&out, 2, 0x00018010, STR("GRSSEN~1.PDF\0"));
    attribute(&out, 2, 0x0006800f, STR("%PDF-1.4 small"));
    buf_init(&props, ctx, 4096);
    put(&props, 4, 4);
    put(&props, 0x0003, 2);  // a number, in between
    put(&props, 0x3705, 2);
    put(&props, 1, 4);
    property(&props, 0x001f, 0x3707, STR("G\0r\0\xf6\0\xdf\0e\0n\0.\0p\0d\0f\0\0\0"));
    property(&props, 0x001e, 0x370e, STR("Application/PDF\0"));
    property(&props, 0x001f, 0x3712, STR("c\0i\0d\0@\0x\0\0\0"));
    attribute(&out, 2, 0x00069005, buf_str(&props));
    attribute(&out, 2, 0x00069002, STR("\1\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0"));
    attribute(&out, 2, 0x00018010, STR("../\xe4.txt\0"));
    attribute(&out, 2, 0x0006800f, STR("text"));
    return buf_str(&out);
}

static void files_come_out_with_their_names(void **state UNUSED)
{
    struct tnef_file *files = NULL;
    size_t count = 0;
    assert_true(tnef_files(ctx, two_files(), &files, &count));
    assert_int_equal(count, 2);
    assert_true(str_eq_c(files[0].name, "Größen.pdf"));
    assert_true(str_eq_c(files[0].type, "application/pdf"));
    assert_true(str_eq_c(files[0].content_id, "cid@x"));
    assert_true(str_eq_c(files[0].bytes, "%PDF-1.4 small"));
    assert_true(str_eq_c(files[1].type, "application/octet-stream"));
    assert_true(str_eq_c(files[1].bytes, "text"));
    assert_true(str_find(files[1].name, STR("ä.txt")) >= 0);
    assert_true(str_find_char(files[1].name, '/') < 0);
}

static void data_in_properties_and_named_ones_between(void **state UNUSED)
{
    struct tnef_file *files = NULL;
    size_t count = 0;
    struct buf out = start();
    struct buf props;
    attribute(&out, 2, 0x00069002, STR("\1\0"));
    buf_init(&props, ctx, 4096);
    put(&props, 3, 4);
    put(&props, 0x001e, 2);
    put(&props, 0x8005, 2);
    buf_put(&props, STR("0123456789abcdef"));
    put(&props, 1, 4);
    put(&props, 6, 4);
    buf_put(&props, STR("n\0m\0\0\0\0\0"));
    put(&props, 1, 4);
    put(&props, 3, 4);
    buf_put(&props, STR("abc\0"));
    property(&props, 0x0102, 0x3701, STR("the bytes"));
    property(&props, 0x001e, 0x3707, STR("a.bin\0"));
    attribute(&out, 2, 0x00069005, buf_str(&props));
    assert_true(tnef_files(ctx, buf_str(&out), &files, &count));
    assert_int_equal(count, 1);
    assert_true(str_eq_c(files[0].name, "a.bin"));
    assert_true(str_eq_c(files[0].bytes, "the bytes"));
}

// Cut anywhere, it says that it was not whole, and what came before is there.
static void cut_off_anywhere(void **state UNUSED)
{
    struct str whole = two_files();
    size_t seen = 0;
    for (size_t len = 0; len < whole.len; len++) {
        struct tnef_file *files = NULL;
        size_t count = 0;
        // In memory of its own, so that a step beyond is noticed.
        struct str cut = str_dup(ctx, str_sub(whole, 0, len));
        (void)tnef_files(ctx, cut, &files, &count);
        assert_true(count >= seen && count <= 2);
        seen = count;
    }
    assert_int_equal(seen, 1);
}

static void lengths_that_lie(void **state UNUSED)
{
    struct tnef_file *files = NULL;
    size_t count = 0;
    struct buf out = start();
    struct buf props;
    buf_init(&props, ctx, 4096);
    put(&props, 0xffffffffu, 4);
    put(&props, 0x1102, 2);
    put(&props, 0x3701, 2);
    put(&props, 0xffffffffu, 4);
    put(&props, 0xfffffffdu, 4);
    attribute(&out, 2, 0x00069002, STR("\1\0"));
    attribute(&out, 2, 0x00069005, buf_str(&props));
    assert_false(tnef_files(ctx, buf_str(&out), &files, &count));
    assert_int_equal(count, 0);
    assert_false(tnef_files(ctx, STR("no tnef at all"), &files, &count));
    assert_false(tnef_files(ctx, STR(""), &files, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_out_with_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(data_in_properties_and_named_ones_between, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_off_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(lengths_that_lie, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
