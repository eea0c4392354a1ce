// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sealed secrets open at their place and under their key only.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/seal.h"

static const struct str KEY = STR_INIT("0123456789abcdef0123456789abcdef");
static const struct str PLACE = STR_INIT("inbox:7:secret");

static void opens_where_it_was_sealed(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct error err;
    struct str opened;
    (void)state;
    struct str sealed = seal_text(ctx, KEY, PLACE, STR("correct horse"));
    assert_true(str_find(sealed, STR("horse")) < 0);
    assert_false(str_eq(sealed, seal_text(ctx, KEY, PLACE, STR("correct horse"))));
    assert_true(seal_open(ctx, KEY, PLACE, sealed, &opened, &err));
    assert_true(str_eq_c(opened, "correct horse"));
    assert_true(str_empty(seal_text(ctx, KEY, PLACE, STR(""))));
    assert_true(seal_open(ctx, KEY, PLACE, STR(""), &opened, &err));
    assert_true(str_empty(opened));
    mem_free(ctx);
}

static void opens_nowhere_else(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct error err;
    struct str opened;
    (void)state;
    struct str sealed = seal_text(ctx, KEY, PLACE, STR("correct horse"));
    char *other = mem_text_n(ctx, sealed.ptr, sealed.len);
    other[sealed.len / 2] = (char)(other[sealed.len / 2] == 'A' ? 'B' : 'A');
    assert_false(seal_open(ctx, KEY, STR("inbox:8:secret"), sealed, &opened, &err));
    assert_false(seal_open(ctx, STR("another key"), PLACE, sealed, &opened, &err));
    assert_false(seal_open(ctx, KEY, PLACE, str_c(other), &opened, &err));
    assert_false(seal_open(ctx, KEY, PLACE, str_sub(sealed, 0, 20), &opened, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    mem_free(ctx);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_where_it_was_sealed),
        cmocka_unit_test(opens_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
