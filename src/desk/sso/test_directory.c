// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/sso/directory.h"

static void names_are_no_syntax(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    (void)state;
    const struct {
        struct str login, filter;
    } CASES[] = {
        {STR("ana"), STR("(|(uid=ana)(mail=ana))")},
        {STR("*)(mail=*"), STR("(|(uid=\\2a\\29\\28mail=\\2a)(mail=\\2a\\29\\28mail=\\2a))")},
        {STR("a\\b"), STR("(|(uid=a\\5cb)(mail=a\\5cb))")},
        {STR("{login}"), STR("(|(uid={login})(mail={login}))")},
        {STR("\0"), STR("(|(uid=\\00)(mail=\\00))")},
        {STR("jürg"), STR("(|(uid=j\\c3\\bcrg)(mail=j\\c3\\bcrg))")},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct str filled =
            directory_filter(ctx, STR("(|(uid={login})(mail={login}))"), CASES[i].login);
        assert_string_equal(str_cstr(ctx, filled), str_cstr(ctx, CASES[i].filter));
    }
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_no_syntax)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
