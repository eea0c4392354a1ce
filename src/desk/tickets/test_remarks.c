// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/mem.h"
#include "desk/tickets/remarks.h"

static void files_are_named(void **state)
{
    static const char *const YES[] = {
        "I have Attached the form.",
        "See the attachment:",
        "Hallo,\nanbei die Datei",
        "Im ANHANG finden Sie",
        "Das Bild ist angehängt",
        "le fichier ci-joint.",
        "Pièce jointe !",
        "Adjunto el archivo",
    };
    static const char *const NO[] = {
        "",
        "Is the cable detached?",
        "> see the attachment\nThank you",
        "Please attach a picture",
        "I remain attaché",
        "reattached-like-things",
    };
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    (void)state;
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++) {
        assert_true(text_names_file(ctx, str_c(YES[i])));
    }
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++) {
        assert_false(text_names_file(ctx, str_c(NO[i])));
    }
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
