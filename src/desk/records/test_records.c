// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/records/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct record field_of(mem_ctx *ctx, const char *doc)
{
    struct record record = {.id = 1, .kind = record_kind(STR("ticket_fields"))};
    struct error err;
    assert_true(jr_parse(ctx, str_c(doc), &record.doc, &err));
    return record;
}

static bool parse(mem_ctx *ctx, const struct record *field, const char *json, struct str *ret)
{
    struct jr_value list;
    struct error err = {0};
    struct str text = str_printf(ctx, "[%s]", json);
    assert_true(jr_parse(ctx, text, &list, &err));
    return field_parse(ctx, field, jr_at(list, 0), "custom_fields", ret, &err);
}

static void test_values_are_checked_by_type(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct str value;
    (void)state;
    struct record integer = field_of(ctx, "{\"type\":\"integer\",\"title\":\"N\"}");
    assert_true(parse(ctx, &integer, "\"42\"", &value) && str_eq_c(value, "42"));
    assert_false(parse(ctx, &integer, "4.5", &value));
    struct record decimal = field_of(ctx, "{\"type\":\"decimal\",\"title\":\"N\"}");
    assert_true(parse(ctx, &decimal, "4.5", &value) && str_eq_c(value, "4.5"));
    struct record date = field_of(ctx, "{\"type\":\"date\",\"title\":\"D\"}");
    assert_true(parse(ctx, &date, "\"2024-05-31\"", &value) && str_eq_c(value, "2024-05-31"));
    assert_false(parse(ctx, &date, "\"soon\"", &value));
    struct record box = field_of(ctx, "{\"type\":\"checkbox\",\"title\":\"B\",\"tag\":\"ticked\"}");
    assert_true(parse(ctx, &box, "true", &value));
    assert_true(str_eq_c(field_tags(&box, value), "ticked"));
    assert_true(parse(ctx, &box, "null", &value) && str_none(value));
    mem_free(ctx);
}

static void test_choices_must_be_options_and_are_tags(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct str value;
    (void)state;
    const char *options = "\"custom_field_options\":[{\"id\":7,\"name\":\"A\",\"value\":\"a\"},"
                          "{\"id\":8,\"name\":\"B\",\"value\":\"b\"}]}";
    struct record one =
        field_of(ctx, str_printf(ctx, "{\"type\":\"tagger\",\"title\":\"T\",%s", options).ptr);
    struct record many =
        field_of(ctx, str_printf(ctx, "{\"type\":\"multiselect\",\"title\":\"T\",%s", options).ptr);
    assert_true(parse(ctx, &one, "\"A\"", &value) && str_eq_c(value, "a"));
    assert_false(parse(ctx, &one, "\"c\"", &value));
    assert_true(parse(ctx, &many, "[\"b\",\"a\",\"b\"]", &value) && str_eq_c(value, "a b"));
    assert_true(str_eq_c(field_tags(&many, value), "a b"));
    assert_true(parse(ctx, &many, "[]", &value) && str_none(value));
    mem_free(ctx);
}

static void test_patterns_are_matched(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct str value;
    (void)state;
    struct record plate = field_of(ctx, "{\"type\":\"regexp\",\"title\":\"T\","
                                        "\"regexp_for_validation\":\"^[A-Z]{2}-\\\\d+$\"}");
    assert_true(parse(ctx, &plate, "\"AB-12\"", &value) && str_eq_c(value, "AB-12"));
    assert_false(parse(ctx, &plate, "\"AB-d\"", &value));
    assert_true(parse(ctx, &plate, "null", &value) && str_none(value));
    struct record endless = field_of(ctx, "{\"type\":\"regexp\",\"title\":\"T\","
                                          "\"regexp_for_validation\":\"(a*)*\\\\1\"}");
    assert_false(parse(ctx, &endless, "\"aa\"", &value));
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_checked_by_type),
        cmocka_unit_test(test_patterns_are_matched),
        cmocka_unit_test(test_choices_must_be_options_and_are_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
