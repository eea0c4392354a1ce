// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "http/address.h"
#include "http/http.h"
#include "http/negotiate.h"

#define ASSERT_STR(value, expected) assert_string_equal(str_cstr(*state, (value)), (expected))

static int set_up(void **state)
{
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

static struct http_request *request_new(mem_ctx *ctx)
{
    struct http_request *request = mem_new(ctx, struct http_request);
    request->ctx = ctx;
    request->scheme = STR("http");
    return request;
}

static void add_header(struct http_request *request, const char *name, const char *value)
{
    http_pairs_add(request->ctx, &request->headers, str_c(name), str_c(value));
}

static void test_query(void **state)
{
    struct http_request *request = request_new(*state);
    struct error err;
    assert_true(http_parse_query(*state,
                                 STR("a=1&b=x+y%2Bz&a=2&page%5Bsize%5D=9&&flag&q=100%&e=%zz"), 10,
                                 &request->params, &err));
    ASSERT_STR(http_param(request, "a"), "2");
    ASSERT_STR(http_param(request, "b"), "x y+z");
    ASSERT_STR(http_param(request, "page[size]"), "9");
    ASSERT_STR(http_param(request, "flag"), "");
    ASSERT_STR(http_param(request, "q"), "100%");
    ASSERT_STR(http_param(request, "e"), "%zz");
    assert_true(str_none(http_param(request, "A")));
}

static void test_query_limits(void **state)
{
    struct http_pairs pairs = {0};
    struct error err;
    assert_false(http_parse_query(*state, STR("a&b&c&d"), 3, &pairs, &err));
    assert_int_equal(err.code, ERR_BAD_REQUEST);
    assert_int_equal(pairs.count, 3);
}

static void test_strange_bytes(void **state)
{
    struct http_request *request = request_new(*state);
    struct error err;
    assert_true(http_parse_query(*state, STR("a=%00x%0d%0a&b=%ff%fe"), 10, &request->params, &err));
    ASSERT_STR(http_param(request, "a"), "x\r\n");
    ASSERT_STR(http_param(request, "b"), "\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_cookies(void **state)
{
    struct http_request *request = request_new(*state);
    http_parse_cookies(*state, STR("a=1; steward_session=abc=; ; =x; novalue; a=2"),
                       &request->cookies);
    ASSERT_STR(http_cookie(request, "steward_session"), "abc=");
    ASSERT_STR(http_cookie(request, "a"), "2");
    assert_true(str_none(http_cookie(request, "novalue")));
}

static const char *path_of(mem_ctx *ctx, const char *raw)
{
    struct str path;
    return http_path_normalise(ctx, str_c(raw), &path) ? str_cstr(ctx, path) : "bad";
}

static void test_paths(void **state)
{
    static const char *const CASES[][2] = {
        {"/", "/"},
        {"/tickets/42", "/tickets/42"},
        {"/tickets/42/", "/tickets/42"},
        {"//api//v2//tickets.json", "/api/v2/tickets"},
        {"/api/v2/tickets/1.json", "/api/v2/tickets/1"},
        {"/files/a.json", "/files/a.json"},
        {"/tags/%C3%A4%20b", "/tags/\xc3\xa4 b"},
        {"/a+b", "/a+b"},
        {"/a/../b", "bad"},
        {"/a/%2e%2E/b", "bad"},
        {"/a/.%01./b", "bad"},
        {"/a/./b", "bad"},
        {"/a%2Fb", "bad"},
        {"/a%5cb", "bad"},
        {"/a\\b", "bad"},
        {"/a%00b", "bad"},
        {"/a%0", "bad"},
        {"/100%", "bad"},
        {"", "bad"},
        {"*", "bad"},
        {"http://other/", "bad"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_string_equal(path_of(*state, CASES[i][0]), CASES[i][1]);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    assert_true(http_host_valid(STR("help.example.org:8443")));
    assert_true(http_host_valid(STR("[::1]:80")));
    assert_false(http_host_valid(STR("")));
    assert_false(http_host_valid(STR("a b")));
    assert_false(http_host_valid(STR("a/b")));
    assert_false(http_host_valid(STR("a@b")));
    assert_false(http_host_valid((struct str){"a\0b", 3}));
}

static bool head_ok(mem_ctx *ctx, const char *const *lines)
{
    struct http_pairs headers = {0};
    struct error err;
    for (; *lines != NULL; lines += 2) {
        http_pairs_add(ctx, &headers, str_c(lines[0]), str_c(lines[1]));
    }
    return http_head_check(&headers, &err);
}

// RFC 9112, 6.3: ways in which two servers behind each other could read different requests.
static void test_smuggling(void **state)
{
    static const char *const FINE[] = {"Host", "a", "Content-Length", "12", NULL};
    static const char *const CHUNKED[] = {"Host", "a", "Transfer-Encoding", "Chunked", NULL};
    static const char *const TWO_HOSTS[] = {"Host", "a", "host", "b", NULL};
    static const char *const TWO_LENGTHS[] = {"Content-Length", "1", "content-length", "1", NULL};
    static const char *const BOTH[] = {"Content-Length", "1", "Transfer-Encoding", "chunked", NULL};
    static const char *const SIGNED[] = {"Content-Length", "+1", NULL};
    static const char *const LIST[] = {"Content-Length", "1, 1", NULL};
    static const char *const OTHER[] = {"Transfer-Encoding", "gzip, chunked", NULL};
    static const char *const ODD[] = {"Transfer-Encoding", "xchunked", NULL};
    assert_true(head_ok(*state, FINE));
    assert_true(head_ok(*state, CHUNKED));
    assert_false(head_ok(*state, TWO_HOSTS));
    assert_false(head_ok(*state, TWO_LENGTHS));
    assert_false(head_ok(*state, BOTH));
    assert_false(head_ok(*state, SIGNED));
    assert_false(head_ok(*state, LIST));
    assert_false(head_ok(*state, OTHER));
    assert_false(head_ok(*state, ODD));
}

// --- answers ------------------------------------------------------------------------------------

static struct http_response *response_new(mem_ctx *ctx)
{
    struct http_response *response = mem_new(ctx, struct http_response);
    http_response_init(response, ctx);
    return response;
}

static void test_header_injection(void **state)
{
    struct http_response *response = response_new(*state);
    http_set_header(response, "X-Name", STR("a\r\nSet-Cookie: b=c\n\x7f"));
    ASSERT_STR(http_response_header(response, "x-name"), "a  Set-Cookie: b=c  ");
    http_set_header(response, "X-Name", (struct str){"a\0b", 3});
    ASSERT_STR(http_response_header(response, "x-name"), "a b");
    http_redirect(response, STR("/next\r\nX: y\x01\xc3\xa4\"<a>"));
    ASSERT_STR(http_response_header(response, "Location"), "/next%0D%0AX:%20y%01%C3%A4%22%3Ca%3E");
    assert_int_equal(response->status, 303);
    http_set_file_name(response, true, STR("a\r\nb\"; filename=\"x.html"));
    ASSERT_STR(http_response_header(response, "Content-Disposition"),
               "attachment; filename=\"a__b_; filename=_x.html\"; "
               "filename*=UTF-8''a%0D%0Ab%22%3B%20filename%3D%22x.html");
}

static void test_headers_replace(void **state)
{
    struct http_response *response = response_new(*state);
    http_set_header_c(response, "Cache-Control", "no-store");
    http_set_header_c(response, "cache-control", "private");
    assert_int_equal(response->headers.count, 1);
    http_set_header_c(response, "Set-Cookie", "a=1");
    http_set_header_c(response, "Set-Cookie", "b=2");
    assert_int_equal(response->headers.count, 3);
    buf_put_c(&response->body, "x");
    http_response_cut(response, 1);
    assert_int_equal(response->headers.count, 1);
    assert_int_equal(response->body.len, 0);
}

static void test_cookie_attributes(void **state)
{
    struct http_response *response = response_new(*state);
    struct http_request *request = request_new(*state);
    http_set_cookie(response, request, "s", STR("v"), -1);
    ASSERT_STR(http_response_header(response, "Set-Cookie"), "s=v; Path=/; HttpOnly; SameSite=Lax");
    request->scheme = STR("https");
    http_set_cookie(response, request, "s", STR("v"), 60);
    ASSERT_STR(http_response_header(response, "Set-Cookie"),
               "s=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
}

static void test_file_names(void **state)
{
    struct http_response *response = response_new(*state);
    http_set_file_name(response, false, STR("report.pdf"));
    ASSERT_STR(http_response_header(response, "Content-Disposition"),
               "inline; filename=\"report.pdf\"");
    http_set_file_name(response, true, STR("\xc3\xa4%41.txt"));
    ASSERT_STR(http_response_header(response, "Content-Disposition"),
               "attachment; filename=\"___41.txt\"; filename*=UTF-8''%C3%A4%2541.txt");
}

// --- negotiation --------------------------------------------------------------------------------

static void test_codings(void **state)
{
    (void)state;
    assert_true(http_accepts_coding(STR("gzip, deflate, br"), "br"));
    assert_true(http_accepts_coding(STR("GZIP;q=0.1"), "gzip"));
    assert_true(http_accepts_coding(STR("*"), "gzip"));
    assert_false(http_accepts_coding(STR("gzip;q=0, *"), "gzip"));
    assert_false(http_accepts_coding(STR("*;q=0"), "gzip"));
    assert_false(http_accepts_coding(STR("xgzip"), "gzip"));
    assert_false(http_accepts_coding(STR("identity"), "gzip"));
    assert_false(http_accepts_coding(STR_NONE, "gzip"));
}

static void test_languages(void **state)
{
    (void)state;
    const struct str offered[] = {STR("en-US"), STR("de"), STR("pt-BR")};
    assert_int_equal(http_choose_language(STR("de-CH, en;q=0.8"), offered, 3, 0), 1);
    assert_int_equal(http_choose_language(STR("fr, pt;q=0.5, en;q=0.4"), offered, 3, 0), 2);
    assert_int_equal(http_choose_language(STR("en-GB,de;q=0"), offered, 3, 9), 0);
    assert_int_equal(http_choose_language(STR("ja"), offered, 3, 9), 9);
    assert_int_equal(http_choose_language(STR_NONE, offered, 3, 9), 9);
    assert_int_equal(http_choose_language(STR(",;q=1,;;"), offered, 3, 9), 9);
}

static void test_etags(void **state)
{
    (void)state;
    assert_true(http_etag_matches(STR("\"a\", W/\"b\""), STR("\"b\"")));
    assert_true(http_etag_matches(STR("\"b\""), STR("W/\"b\"")));
    assert_true(http_etag_matches(STR("*"), STR("\"b\"")));
    assert_false(http_etag_matches(STR("\"ab\""), STR("\"b\"")));
    assert_false(http_etag_matches(STR_NONE, STR("\"b\"")));
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum http_range result;
        int64_t from, len;
    } CASES[] = {
        {"bytes=0-9", HTTP_RANGE_PART, 0, 10},
        {"bytes=90-", HTTP_RANGE_PART, 90, 10},
        {"bytes=-10", HTTP_RANGE_PART, 90, 10},
        {"bytes=-1000", HTTP_RANGE_PART, 0, 100},
        {"bytes=50-1000", HTTP_RANGE_PART, 50, 50},
        {"bytes=99-99", HTTP_RANGE_PART, 99, 1},
        {"bytes=100-", HTTP_RANGE_OUTSIDE, 0, 0},
        {"bytes=-0", HTTP_RANGE_OUTSIDE, 0, 0},
        {"bytes=100-200", HTTP_RANGE_OUTSIDE, 0, 0},
        {"bytes=9-0", HTTP_RANGE_ALL, 0, 0},
        {"bytes=0-1,5-6", HTTP_RANGE_ALL, 0, 0},
        {"bytes=-", HTTP_RANGE_ALL, 0, 0},
        {"bytes=--1", HTTP_RANGE_ALL, 0, 0},
        {"bytes=a-b", HTTP_RANGE_ALL, 0, 0},
        {"bytes=99999999999999999999-", HTTP_RANGE_ALL, 0, 0},
        {"lines=0-9", HTTP_RANGE_ALL, 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t from = 0;
        int64_t len = 0;
        assert_int_equal(http_range_parse(str_c(CASES[i].header), 100, &from, &len),
                         CASES[i].result);
        assert_int_equal(from, CASES[i].from);
        assert_int_equal(len, CASES[i].len);
    }
}

static void test_gzip(void **state)
{
    struct http_request *request = request_new(*state);
    struct http_response *response = response_new(*state);
    unsigned char plain[5000];
    uLongf size = sizeof plain;
    add_header(request, "Accept-Encoding", "gzip");
    http_set_header_c(response, "Content-Type", "text/html; charset=utf-8");
    http_set_header_c(response, "Vary", "HX-Request");
    for (int i = 0; i < 1000; i++) {
        buf_put_c(&response->body, "abcd");
    }
    http_finish(request, response);
    ASSERT_STR(http_response_header(response, "Content-Encoding"), "gzip");
    ASSERT_STR(http_response_header(response, "Vary"), "HX-Request, Accept-Encoding");
    assert_true(response->body.len < 200);
    z_stream z = {.next_in = (Bytef *)response->body.data,
                  .avail_in = (uInt)response->body.len,
                  .next_out = plain,
                  .avail_out = (uInt)size};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, 4000);
    (void)inflateEnd(&z);
}

static void test_no_gzip(void **state)
{
    struct http_request *request = request_new(*state);
    struct http_response *small = response_new(*state);
    struct http_response *picture = response_new(*state);
    char *bytes = mem_array(*state, char, 4000);
    add_header(request, "Accept-Encoding", "gzip");
    http_set_header_c(small, "Content-Type", "text/html; charset=utf-8");
    buf_put_c(&small->body, "short");
    http_finish(request, small);
    assert_true(str_none(http_response_header(small, "Content-Encoding")));
    http_set_header_c(picture, "Content-Type", "image/png");
    buf_put(&picture->body, (struct str){bytes, 4000});
    http_finish(request, picture);
    assert_int_equal(picture->body.len, 4000);
}

static void test_not_modified(void **state)
{
    struct http_request *request = request_new(*state);
    struct http_response *response = response_new(*state);
    add_header(request, "If-None-Match", "W/\"1\"");
    http_set_header_c(response, "ETag", "\"1\"");
    buf_put_c(&response->body, "body");
    http_finish(request, response);
    assert_int_equal(response->status, 304);
    assert_int_equal(response->body.len, 0);
    ASSERT_STR(http_response_header(response, "ETag"), "\"1\"");
}

// --- addresses ----------------------------------------------------------------------------------

static const char *group_text(mem_ctx *ctx, const char *text)
{
    struct address address;
    if (!address_parse(str_c(text), &address)) {
        return "bad";
    }
    struct address group = address_group(&address);
    return str_cstr(ctx, address_text(ctx, &group));
}

static void test_addresses(void **state)
{
    assert_string_equal(group_text(*state, "192.0.2.7"), "192.0.2.7");
    assert_string_equal(group_text(*state, "::ffff:192.0.2.7"), "192.0.2.7");
    assert_string_equal(group_text(*state, "192.0.2.7:4711"), "192.0.2.7");
    assert_string_equal(group_text(*state, "[2001:db8:1:2:3::4]:80"), "2001:db8:1:2::");
    assert_string_equal(group_text(*state, "unix"), "unix");
    assert_string_equal(group_text(*state, "192.0.2.256"), "bad");
    assert_string_equal(group_text(*state, "evil\r\nx"), "bad");
    assert_string_equal(group_text(*state, ""), "bad");
}

static bool rule_fits(const char *rule, const char *address)
{
    struct address_rule parsed;
    struct address parsed_address;
    struct error err;
    assert_true(address_rule_parse(str_c(rule), &parsed, &err));
    assert_true(address_parse(str_c(address), &parsed_address));
    return address_matches(&parsed_address, &parsed, 1);
}

static void test_address_rules(void **state)
{
    (void)state;
    struct address_rule rule;
    struct error err;
    assert_true(rule_fits("10.0.0.0/8", "10.200.3.4"));
    assert_false(rule_fits("10.0.0.0/8", "11.0.0.1"));
    assert_true(rule_fits("172.16.0.0/12", "172.31.255.1"));
    assert_false(rule_fits("172.16.0.0/12", "172.32.0.1"));
    assert_true(rule_fits("0.0.0.0/0", "203.0.113.9"));
    assert_false(rule_fits("0.0.0.0/0", "2001:db8::1"));
    assert_true(rule_fits("2001:db8::/32", "2001:db8:ffff::1"));
    assert_true(rule_fits("127.0.0.1", "::ffff:127.0.0.1"));
    assert_true(rule_fits("unix", "unix"));
    assert_false(rule_fits("::/0", "unix"));
    assert_false(address_rule_parse(STR("10.0.0.0/33"), &rule, &err));
    assert_false(address_rule_parse(STR("proxy.example"), &rule, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

static struct http_request *origin(mem_ctx *ctx, const char *peer, const char *rule,
                                   const char *const *headers)
{
    struct http_request *request = request_new(ctx);
    struct address_rule parsed;
    struct address address;
    struct error err;
    add_header(request, "Host", "desk.internal");
    for (; *headers != NULL; headers += 2) {
        add_header(request, headers[0], headers[1]);
    }
    assert_true(address_rule_parse(str_c(rule), &parsed, &err));
    assert_true(address_parse(str_c(peer), &address));
    assert_true(
        http_read_origin(request, &address, false, (struct address_rules){&parsed, 1}, &err));
    return request;
}

static void test_origin(void **state)
{
    static const char *const FORWARDED[] = {"X-Forwarded-For",
                                            "198.51.100.1, 203.0.113.5, 10.0.0.9",
                                            "X-Forwarded-Proto",
                                            "http, https",
                                            "X-Forwarded-Host",
                                            "evil.example, help.example.org",
                                            NULL};
    const struct http_request *request = origin(*state, "10.0.0.1", "10.0.0.0/8", FORWARDED);
    // 198.51.100.1 was sent by the client itself.
    ASSERT_STR(request->peer, "203.0.113.5");
    ASSERT_STR(request->scheme, "https");
    ASSERT_STR(request->host, "help.example.org");
    request = origin(*state, "192.0.2.1", "10.0.0.0/8", FORWARDED);
    ASSERT_STR(request->peer, "192.0.2.1");
    ASSERT_STR(request->scheme, "http");
    ASSERT_STR(request->host, "desk.internal");
}

static void test_origin_rubbish(void **state)
{
    static const char *const RUBBISH[] = {"X-Forwarded-For", "<script>, 10.0.0.9", NULL};
    ASSERT_STR(origin(*state, "10.0.0.1", "10.0.0.0/8", RUBBISH)->peer, "10.0.0.9");
    struct http_request *request = request_new(*state);
    struct address address = {.local_socket = true};
    struct error err;
    add_header(request, "Host", "a\"><script>");
    assert_false(http_read_origin(request, &address, false, (struct address_rules){NULL, 0}, &err));
    ASSERT_STR(request->host, "localhost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_query_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strange_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cookies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hosts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_smuggling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header_injection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_headers_replace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cookie_attributes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_languages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_etags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gzip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_gzip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_modified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_rules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_origin_rubbish, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
