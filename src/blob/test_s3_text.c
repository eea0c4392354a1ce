// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "blob/s3_text.h"

static int setup(void **state)
{
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    mem_free(*state);
    return 0;
}

static void assert_str(struct str found, const char *expected)
{
    assert_int_equal(found.len, strlen(expected));
    assert_memory_equal(found.ptr, expected, found.len);
}

static void test_places(void **state)
{
    struct s3_place place;
    struct error err = {0};
    assert_true(s3_place_parse(*state, STR("s3://help-desk"), &place, &err));
    assert_str(place.bucket, "help-desk");
    assert_str(place.prefix, "");
    assert_str(place.endpoint, "https://s3.us-east-1.amazonaws.com");
    assert_int_equal(place.wait_s, 10);
    assert_true(s3_place_parse(
        *state, STR("s3://b1x/one/two/?endpoint=http://[::1]:9000&region=eu-central-1&wait=3"),
        &place, &err));
    assert_str(place.prefix, "one/two/");
    assert_str(place.endpoint, "http://[::1]:9000");
    assert_str(place.region, "eu-central-1");
    assert_int_equal(place.wait_s, 3);
    assert_true(s3_place_parse(*state, STR("s3://bucket/?region=eu-west-3"), &place, &err));
    assert_str(place.endpoint, "https://s3.eu-west-3.amazonaws.com");
}

static void test_wrong_places(void **state)
{
    static const char *const WRONG[] = {
        "s3://",
        "s3:///prefix",
        "s3://Bucket",
        "s3://bucket/../up",
        "s3://bucket//two",
        "s3://bucket/a b",
        "s3://bucket/p?endpoint=ftp://host",
        "s3://bucket/p?endpoint=https://user:password@host",
        "s3://bucket/p?endpoint=https://host/path",
        "s3://bucket/p?region=Mars!",
        "s3://bucket/p?wait=0",
        "s3://bucket/p?wait=1000",
        "s3://bucket/p?secret=abc",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct s3_place place;
        struct error err = {0};
        assert_false(s3_place_parse(*state, str_c(WRONG[i]), &place, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

static const char LISTING[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
    "<Contents><Key>p/blobs/aa/&lt;&amp;amp;</Key><LastModified>2026-11-23T10:00:00.500Z"
    "</LastModified><ETag>&quot;x&quot;</ETag><Size>12</Size></Contents>"
    "<Contents><Key>p/two</Key><LastModified>2026-11-23T10:00:01.000Z</LastModified>"
    "<Size>0</Size></Contents><IsTruncated>true</IsTruncated>"
    "<NextContinuationToken>a/b=&amp;</NextContinuationToken></ListBucketResult>";

static void test_listing(void **state)
{
    struct s3_listing page;
    struct error err = {0};
    assert_true(s3_listing_parse(*state, str_c(LISTING), &page, &err));
    assert_int_equal(page.count, 2);
    assert_str(page.objects[0].key, "p/blobs/aa/<&amp;");
    assert_int_equal(page.objects[0].size, 12);
    assert_int_equal(page.objects[0].changed_at % 1000, 500);
    assert_int_equal(page.objects[1].changed_at - page.objects[0].changed_at, 500);
    assert_str(page.next, "a/b=&");
    assert_true(s3_listing_parse(
        *state, STR("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"), &page,
        &err));
    assert_int_equal(page.count, 0);
    assert_str(page.next, "");
}

// Cut off anywhere it is no listing: taken for one, blobs would seem to be gone.
static void test_cut_listing(void **state)
{
    for (size_t len = 0; len + 1 < sizeof LISTING; len++) {
        struct s3_listing page;
        struct error err = {0};
        mem_ctx *ctx = mem_ctx_new(*state, "cut");
        assert_false(s3_listing_parse(ctx, (struct str){LISTING, len}, &page, &err));
        mem_free(ctx);
    }
    struct s3_listing page;
    struct error err = {0};
    assert_false(s3_listing_parse(*state,
                                  STR("<ListBucketResult><Contents><Key>a</Key><Size>-1</Size>"
                                      "</Contents></ListBucketResult>"),
                                  &page, &err));
    assert_false(s3_listing_parse(
        *state, STR("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"), &page,
        &err));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(test_places), TEST(test_wrong_places),
                                       TEST(test_listing), TEST(test_cut_listing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
