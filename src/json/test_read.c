// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

static mem_ctx *ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(ctx);
    return 0;
}

static struct jr_value parse(const char *text)
{
    struct jr_value value = JR_NONE;
    struct error err;
    assert_true(jr_parse(ctx, str_c(text), &value, &err));
    return value;
}

static void refuse(struct str text)
{
    struct jr_value value = JR_NONE;
    struct error err;
    assert_false(jr_parse(ctx, text, &value, &err));
    assert_int_equal(err.code, ERR_BAD_REQUEST);
}

static void test_refused(void **state)
{
    (void)state;
    refuse(STR(""));
    refuse(STR_NONE);
    refuse(STR("{\"a\":1,\"a\":2}"));
    refuse(STR("{\"a\":12345678901234567890}"));
    refuse(STR("{\"a\":\"\\u0000\"}"));
    refuse(STR("[\"\xff\"]"));
    refuse(STR("{} x"));
    refuse(STR("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
    assert_int_equal(jr_count(parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]")), 1);
}

static void test_values(void **state)
{
    (void)state;
    struct jr_value value =
        parse("{\"n\":\"42\",\"r\":3.0,\"h\":3.5,\"t\":\"x\",\"z\":null,\"b\":\"true\"}");
    int64_t number = 0;
    assert_true(jr_id(jr_get(value, "n"), &number) && number == 42);
    assert_true(jr_i64(jr_get(value, "r"), &number) && number == 3);
    assert_false(jr_i64(jr_get(value, "h"), &number));
    assert_false(jr_id(jr_get(value, "t"), &number));
    double real = 0;
    assert_true(jr_f64(jr_get(value, "n"), &real) && real == 42);
    assert_true(jr_none(jr_get(value, "z")) && !jr_absent(jr_get(value, "z")));
    assert_true(jr_absent(jr_get(value, "nothing")));
    assert_true(jr_absent(jr_get(jr_get(value, "nothing"), "deeper")));
    bool flag = false;
    assert_true(jr_bool(jr_get(value, "b"), &flag) && flag);
    assert_true(str_eq(jr_dump(ctx, parse("{\"b\":[1,null]}")), STR("{\"b\":[1,null]}")));
    void *at = NULL;
    struct str key;
    struct jr_value member;
    assert_true(jr_next(value, &at, &key, &member) && str_eq_c(key, "n"));
    assert_true(jr_next(value, &at, &key, &member) && str_eq_c(key, "r"));
}

struct person {
    enum jr_presence is;
    struct jr_str name;
};

struct body {
    struct jr_str subject;
    struct jr_str status;
    struct jr_int group;
    struct jr_flag safe;
    struct jr_int due;
    struct jr_strs tags;
    struct jr_ids ccs;
    struct jr_value fields;
    struct person requester;
};

static const char *const STATUSES[] = {"new", "open", NULL};
static const struct jr_field PERSON_FIELDS[] = {
    JR_FIELD(STR, "name", struct person, name, .required = true),
};
static const struct jr_spec PERSON = JR_SPEC(PERSON_FIELDS);
static const struct jr_field BODY_FIELDS[] = {
    JR_FIELD(STR, "subject", struct body, subject, .not_blank = true, .max = 5),
    JR_FIELD(STR, "status", struct body, status, .words = STATUSES),
    JR_FIELD(ID, "group_id", struct body, group),
    JR_FIELD(FLAG, "safe_update", struct body, safe),
    JR_FIELD(TIME, "due_at", struct body, due),
    JR_FIELD(WORDS, "tags", struct body, tags),
    JR_FIELD(IDS, "ccs", struct body, ccs, .max = 3),
    JR_FIELD(RAW, "custom_fields", struct body, fields),
    JR_CHILD("requester", struct body, requester, &PERSON),
};
static const struct jr_spec BODY = JR_SPEC(BODY_FIELDS);

static void test_bind(void **state)
{
    (void)state;
    struct body body = {0};
    struct problems problems;
    problems_init(&problems, ctx);
    struct jr_value value =
        parse("{\"subject\":\"\u00e4\u00e4\u00e4\u00e4\u00e4\",\"status\":\"open\","
              "\"group_id\":null,\"safe_update\":true,\"due_at\":\"2026-11-23T03:01:11+01:00\","
              "\"tags\":\"one two,three\",\"ccs\":[1,\"2\"],\"custom_fields\":{\"a\":1},"
              "\"requester\":{\"name\":\"Ana\"},\"unknown\":[]}");
    assert_true(jr_bind(ctx, value, &BODY, &body, &problems));
    assert_int_equal(body.subject.is, JR_SET);
    assert_int_equal(body.group.is, JR_CLEARED);
    assert_true(body.safe.v);
    assert_int_equal(body.due.v, 1795399271000);
    assert_int_equal(body.tags.count, 3);
    assert_true(str_eq_c(body.tags.v[2], "three"));
    assert_int_equal(body.ccs.count, 2);
    assert_int_equal(body.ccs.v[1], 2);
    assert_int_equal(jr_kind(body.fields), JR_OBJECT);
    assert_true(str_eq_c(body.requester.name.v, "Ana"));
}

static void test_all_problems_at_once(void **state)
{
    (void)state;
    struct body body = {0};
    struct problems problems;
    problems_init(&problems, ctx);
    struct jr_value value = parse("{\"subject\":\" \",\"status\":\"gone\",\"group_id\":\"x\","
                                  "\"safe_update\":\"perhaps\",\"due_at\":\"soon\",\"tags\":[{}],"
                                  "\"ccs\":\"1,2,3,4\",\"requester\":{}}");
    assert_false(jr_bind(ctx, value, &BODY, &body, &problems));
    assert_int_equal(problems.count, 8);
    assert_string_equal(problems.items[0].word, "BlankValue");
    assert_false(str_none(problems_of(&problems, "requester.name")));
    struct error err;
    assert_false(problems_none(&problems, &err));
    assert_string_equal(err.field, "subject");

    problems_init(&problems, ctx);
    assert_false(jr_bind(ctx, parse("[]"), &BODY, &body, &problems));
    assert_true(str_eq_c(problems.items[0].field, "base"));
    problems_init(&problems, ctx);
    assert_false(jr_bind(ctx, parse("{\"requester\":3}"), &BODY, &body, &problems));
    assert_true(str_eq_c(problems.items[0].field, "requester"));
}

static void test_absent_is_not_null(void **state)
{
    (void)state;
    struct body body = {0};
    struct problems problems;
    problems_init(&problems, ctx);
    assert_true(
        jr_bind(ctx, parse("{\"requester\":null,\"status\":null}"), &BODY, &body, &problems));
    assert_int_equal(body.subject.is, JR_UNSET);
    assert_int_equal(body.status.is, JR_CLEARED);
    assert_int_equal(body.requester.is, JR_CLEARED);
    assert_true(jr_absent(body.fields));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_problems_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absent_is_not_null, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
