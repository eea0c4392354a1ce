// SPDX-License-Identifier: GPL-3.0-or-later
//
// Links, times in the reader's zone, embedded files, and the small words of widgets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "view/layout.h"
#include "view/test_contexts.h"
#include "view/url.h"

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

#define ASSERT_STR(got, want) assert_string_equal(str_cstr(ctx, (got)), (want))

static void writes_each_place_by_its_rule(void **state)
{
    (void)state;
    const char *page = contexts_page(ctx, STR("<i>\"'&")).ptr;
    assert_non_null(strstr(page, "title=\"&lt;i&gt;&quot;&#39;&amp;\""));
    assert_non_null(strstr(page, " <b>bold</b></p>"));
    assert_non_null(strstr(page, "href=\"/a?b&amp;c\""));
    assert_non_null(strstr(page, "/tickets/%3Ci%3E%22%27%26?q=%3Ci%3E%22%27%26&amp;n=3#"));
    assert_non_null(strstr(page, "\"evil\": \"\\u003ci\\u003e\\u0022\\u0027\\u0026\", \"n\": 3"));
    assert_non_null(strstr(page, "name=\"a\" checked>"));
    assert_non_null(strstr(page, ">3 tickets of &lt;i"));
}

static void takes_only_harmless_links(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"https://example.org/x?y#z", "HTTP://example.org",
                                       "mailto:ana@example.org",    "tel:+4930123456",
                                       "/tickets/42?x=%20",         "/"};
    static const char *const BAD[] = {"javascript:alert(1)",
                                      "JAVASCRIPT:alert(1)",
                                      " javascript:alert(1)",
                                      "java\tscript:alert(1)",
                                      "java\nscript:alert(1)",
                                      "\x01javascript:alert(1)",
                                      "data:text/html,x",
                                      "vbscript:x",
                                      "file:///etc/passwd",
                                      "//evil.example",
                                      "/\\evil.example",
                                      "\\\\evil.example",
                                      "/\t/evil.example",
                                      "https:/\\evil.example",
                                      "tickets/42",
                                      "https://",
                                      "mailto:",
                                      ""};
    struct url url;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_true(url_checked(str_c(GOOD[i]), &url));
        ASSERT_STR(url.text, GOOD[i]);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(url_checked(str_c(BAD[i]), &url));
    }
    ASSERT_STR(url_own_or(STR("//evil.example"), url_literal("/desk")).text, "/desk");
    ASSERT_STR(url_own_or(STR("https://evil.example/"), url_literal("/desk")).text, "/desk");
    ASSERT_STR(url_own_or(STR("/requests"), url_literal("/desk")).text, "/requests");
}

static void builds_links_from_parts(void **state)
{
    (void)state;
    struct url_builder b;
    url_begin(&b, ctx, "/people");
    url_segment_i64(&b, 42);
    url_segment(&b, STR("a/b ?"));
    url_segment(&b, STR(".."));
    url_param(&b, "q", STR("x&y=z"));
    url_param(&b, "none", STR_NONE);
    url_param_i64(&b, "page", -1);
    ASSERT_STR(url_end(&b).text, "/people/42/a%2Fb%20%3F/%EF%BF%BD?q=x%26y%3Dz&page=-1");
    ASSERT_STR(url_mailto(ctx, STR("a?b@x.org?cc=y")).text, "mailto:a%3Fb@x.org%3Fcc%3Dy");
}

static struct view view_at(const char *now, const char *zone, const char *locale)
{
    struct view v;
    view_init(&v, NULL, ctx);
    v.site = view_site_new(ctx);
    v.time_zone = str_c(zone);
    view_reader(&v, str_c(locale), v.time_zone);
    assert_true(time_parse_iso(str_c(now), &v.now));
    return v;
}

static struct view_time time_for(struct view *v, const char *at)
{
    int64_t ms = 0;
    assert_true(time_parse_iso(str_c(at), &ms));
    return view_time(v, ms);
}

static void shows_times_in_the_readers_zone(void **state)
{
    (void)state;
    struct view v = view_at("2026-11-23T10:00:00Z", "Europe/Berlin", "en");
    struct view_time time = time_for(&v, "2026-11-23T13:02:00Z");
    ASSERT_STR(time.iso, "2026-11-23T13:02:00Z");
    ASSERT_STR(time.brief, "14:02");
    ASSERT_STR(time.full, "Monday, 23 November 2026, 14:02");
    ASSERT_STR(time_for(&v, "2026-07-01T12:00:00Z").brief, "1 Jul, 14:00");
    ASSERT_STR(time_for(&v, "2025-12-31T23:30:00Z").brief, "1 Jan, 00:30");
    ASSERT_STR(time_for(&v, "2024-12-31T23:30:00Z").brief, "1 Jan 2025");
    v = view_at("2026-03-29T12:00:00Z", "Europe/Berlin", "en");
    ASSERT_STR(time_for(&v, "2026-03-29T00:59:59Z").brief, "01:59");
    ASSERT_STR(time_for(&v, "2026-03-29T01:00:00Z").brief, "03:00");
    v = view_at("2026-11-23T10:00:00Z", "Asia/Kathmandu", "en");
    ASSERT_STR(time_for(&v, "2026-11-23T10:00:00Z").brief, "15:45");
    v = view_at("2026-11-23T10:00:00Z", "No/Such_Zone", "en");
    ASSERT_STR(time_for(&v, "2026-11-23T10:00:00Z").brief, "10:00");
}

static void shows_times_in_the_readers_language(void **state)
{
    (void)state;
    struct view v = view_at("2026-11-23T10:00:00Z", "Europe/Berlin", "de-DE");
    ASSERT_STR(time_for(&v, "2026-11-23T13:02:00Z").full, "Montag, 23. November 2026 um 14:02");
    ASSERT_STR(time_for(&v, "2026-07-01T12:00:00Z").brief, "1. Juli, 14:00");
    v = view_at("2026-11-23T10:00:00Z", "America/New_York", "en-US");
    ASSERT_STR(time_for(&v, "2026-11-23T18:02:00Z").brief, "1:02\xE2\x80\xAFPM");
    v = view_at("2026-11-23T10:00:00Z", "UTC", "ar");
    assert_string_equal(view_direction(&v), "rtl");
    assert_true(str_utf8_valid(time_for(&v, "2026-07-01T12:00:00Z").full));
    v = view_at("2026-11-23T10:00:00Z", "UTC", "\"><script>");
    assert_true(time_for(&v, "2026-11-23T13:02:00Z").brief.len > 0);
}

static void finds_embedded_files_by_their_hashed_path(void **state)
{
    (void)state;
    const struct asset *css = asset_find(asset_url("app.css").text);
    assert_non_null(css);
    ASSERT_STR(css->type, "text/css; charset=utf-8");
    assert_true(css->brotli.len > 0 && css->brotli.len < css->gzip.len);
    assert_null(asset_find(STR("/assets/app.css")));
    assert_null(asset_find(STR("/assets/../x")));
    struct str encoding;
    (void)asset_encoded(css, STR("gzip, deflate, br;q=0.9"), &encoding);
    ASSERT_STR(encoding, "br");
    (void)asset_encoded(css, STR("gzip;q=1.0, br;q=0"), &encoding);
    ASSERT_STR(encoding, "gzip");
    assert_int_equal(asset_encoded(css, STR_NONE, &encoding).len, css->plain.len);
    assert_true(str_none(encoding));
}

// A ticket page's first visit may cost 120 KB, 10 KB of it style.
static void keeps_pages_small(void **state)
{
    (void)state;
    size_t all = 0;
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        all += str_none(ASSETS[i].gzip) ? ASSETS[i].plain.len : ASSETS[i].gzip.len;
    }
    assert_true(all < 110 * 1000);
    assert_true(asset_find(asset_url("app.css").text)->gzip.len < 10 * 1000);
}

static void shortens_names_and_sizes(void **state)
{
    (void)state;
    struct view v;
    view_init(&v, NULL, ctx);
    ASSERT_STR(view_initials(&v, STR("Ana Ruiz")), "AR");
    ASSERT_STR(view_initials(&v, STR("  Ana Maria  de la Ruiz ")), "AR");
    ASSERT_STR(view_initials(&v, STR("\xC3\x98yvind")), "\xC3\x98");
    ASSERT_STR(view_initials(&v, STR("")), "?");
    ASSERT_STR(view_size(&v, 0), "0 bytes");
    ASSERT_STR(view_size(&v, 999), "999 bytes");
    ASSERT_STR(view_size(&v, 1400), "1.4 kB");
    ASSERT_STR(view_size(&v, 1400000), "1.4 MB");
    ASSERT_STR(view_size(&v, 25000000), "25 MB");
    assert_int_equal(view_hue((struct user_id){25}), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_each_place_by_its_rule),
        TEST(takes_only_harmless_links),
        TEST(builds_links_from_parts),
        TEST(shows_times_in_the_readers_zone),
        TEST(shows_times_in_the_readers_language),
        TEST(finds_embedded_files_by_their_hashed_path),
        TEST(keeps_pages_small),
        TEST(shortens_names_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
