// SPDX-License-Identifier: GPL-3.0-or-later
//
// One call by HTTP: limited in time and size, without redirects and proxies, and only to addresses
// that are allowed. The address is looked at when the socket is made, after names were resolved, so
// a name that points inside, or that points elsewhere the second time, does not help.
#include "desk/hooks/hooks.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "base/buf.h"
#include "base/random.h"
#include "desk/desk.h"
#include "http/address.h"
#include "json/json.h"

#define HEADERS_MAX 16384
#define CONNECT_WAIT_MS 5000

// Not for calls from outside in: this machine, private and shared networks, link-local, test and
// documentation ranges, multicast, and forms of IPv6 that carry an IPv4 address (IANA's registries
// of special-purpose addresses).
static const char *const REFUSED[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "64:ff9b::/96",  "64:ff9b:1::/48",  "100::/64",       "2001::/23",      "2001:db8::/32",
    "2002::/16",     "fc00::/7",        "fe80::/10",      "fec0::/10",      "ff00::/8",
};

static bool in_rules(const struct address *address, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address_rule rule;
        struct error ignored;
        if (address_rule_parse(str_c(texts[i]), &rule, &ignored) &&
            address_matches(address, &rule, 1)) {
            return true;
        }
    }
    return false;
}

bool hook_address_allowed(const struct desk *desk, const unsigned char *bytes)
{
    static const unsigned char ZERO[12] = {0};
    struct address address = {.local_socket = false};
    memcpy(address.bytes, bytes, sizeof address.bytes);
    for (size_t i = 0; i < desk->app->config->webhook_network.count; i++) {
        struct address_rule rule;
        struct error ignored;
        if (address_rule_parse(desk->app->config->webhook_network.items[i], &rule, &ignored) &&
            address_matches(&address, &rule, 1)) {
            return true;
        }
    }
    // ::/96: unspecified, loopback, and an old way to write IPv4.
    if (memcmp(bytes, ZERO, sizeof ZERO) == 0) {
        return false;
    }
    return !in_rules(&address, REFUSED, sizeof REFUSED / sizeof *REFUSED);
}

struct call {
    const struct desk *desk;
    mem_ctx *ctx;
    CURL *curl;
    struct curl_slist *headers;
    struct buf body;
    struct buf received;
    bool refused;
};

bool hook_sockaddr_allowed(const struct desk *desk, const struct sockaddr *address)
{
    unsigned char bytes[16] = {[10] = 0xff, [11] = 0xff};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        memcpy(bytes + 12, &v4.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, 16);
    } else {
        return false;
    }
    return hook_address_allowed(desk, bytes);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct call *call = arg;
    (void)purpose;
    if (!hook_sockaddr_allowed(call->desk, &to->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// The answer's beginning is enough: beyond the maximum the transfer ends.
static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t room = HOOK_ANSWER_MAX - call->body.len;
    size_t len = size * count;
    buf_put(&call->body, (struct str){data, len < room ? len : room});
    return len > room ? 0 : len;
}

static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t len = size * count;
    if (call->received.len + len > HEADERS_MAX) {
        return 0;
    }
    buf_put(&call->received, (struct str){data, len});
    return len;
}

static void add_header(struct call *call, const char *name, struct str value)
{
    char *line = mem_printf(call->ctx, "%s: %.*s", name, STR_ARG(value));
    for (char *c = line; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    struct curl_slist *more = curl_slist_append(call->headers, line);
    call->headers = more != NULL ? more : call->headers;
}

static void add_own_headers(struct call *call, struct str rest)
{
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        struct str name;
        struct str value;
        str_cut(line, ':', &name, &value);
        name = str_trim(name);
        bool ours = str_istarts(name, STR("x-zendesk-")) || str_ieq_c(name, "host") ||
                    str_ieq_c(name, "content-length");
        if (name.len > 0 && !str_none(value) && !ours) {
            add_header(call, str_cstr(call->ctx, name), str_trim(value));
        }
    }
}

static void add_authentication(struct call *call, const struct hook *hook)
{
    struct jr_value auth = JR_NONE;
    struct error ignored;
    if (str_empty(hook->auth) || !jr_parse(call->ctx, hook->auth, &auth, &ignored)) {
        return;
    }
    struct jr_value data = jr_get(auth, "data");
    struct str type = jr_text(jr_get(auth, "type"));
    if (str_eq_c(type, "basic_auth")) {
        struct str pair =
            str_printf(call->ctx, STR_FMT ":" STR_FMT, STR_ARG(jr_text(jr_get(data, "username"))),
                       STR_ARG(jr_text(jr_get(data, "password"))));
        struct str text = base64_encode(call->ctx, pair);
        add_header(call, "Authorization", str_printf(call->ctx, "Basic " STR_FMT, STR_ARG(text)));
    } else if (str_eq_c(type, "bearer_token")) {
        add_header(
            call, "Authorization",
            str_printf(call->ctx, "Bearer " STR_FMT, STR_ARG(jr_text(jr_get(data, "token")))));
    } else if (str_eq_c(type, "api_key")) {
        add_header(call, str_cstr(call->ctx, jr_text(jr_get(data, "name"))),
                   jr_text(jr_get(data, "value")));
    }
}

static void sign(struct call *call, const struct hook *hook, struct str invocation,
                 struct str payload)
{
    struct str time = time_iso(call->ctx, clock_now(call->desk->app->clock));
    struct str signed_text =
        str_printf(call->ctx, STR_FMT STR_FMT, STR_ARG(time), STR_ARG(payload));
    struct hash hash = hash_keyed(hook->secret, signed_text);
    struct str bytes = {(const char *)hash.bytes, sizeof hash.bytes};
    add_header(call, "X-Zendesk-Account-Id", STR("1"));
    add_header(call, "X-Zendesk-Webhook-Id", hook->id);
    add_header(call, "X-Zendesk-Webhook-Invocation-Id", invocation);
    add_header(call, "X-Zendesk-Webhook-Signature-Timestamp", time);
    add_header(call, "X-Zendesk-Webhook-Signature", base64_encode(call->ctx, bytes));
}

static const char *content_type(struct str format)
{
    return str_eq_c(format, "xml")            ? "application/xml"
           : str_eq_c(format, "form_encoded") ? "application/x-www-form-urlencoded"
                                              : "application/json";
}

static void set_limits(struct call *call)
{
    CURL *curl = call->curl;
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)HOOK_WAIT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_WAIT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "Steward");
}

// A GET has no body: what is to be told stands behind the address.
static struct str url_of(struct call *call, const struct hook *hook, struct str payload)
{
    if (!str_eq_c(hook->method, "GET") || str_empty(payload) ||
        !str_eq_c(hook->format, "form_encoded")) {
        return hook->endpoint;
    }
    bool has_query = str_find_char(hook->endpoint, '?') >= 0;
    return str_printf(call->ctx, STR_FMT "%s" STR_FMT, STR_ARG(hook->endpoint),
                      has_query ? "&" : "?", STR_ARG(payload));
}

// Makes the call whose headers are set, and reads what came.
static void perform(struct call *call, const struct hook_request *request, struct hook_answer *ret)
{
    char trouble[CURL_ERROR_SIZE] = "";
    long code = 0;
    (void)curl_easy_setopt(call->curl, CURLOPT_ERRORBUFFER, trouble);
    (void)curl_easy_setopt(call->curl, CURLOPT_URL, str_cstr(call->ctx, request->url));
    (void)curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
    if (!str_eq_c(request->method, "GET")) {
        (void)curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)request->body.len);
        (void)curl_easy_setopt(call->curl, CURLOPT_COPYPOSTFIELDS,
                               request->body.len > 0 ? request->body.ptr : "");
        (void)curl_easy_setopt(call->curl, CURLOPT_CUSTOMREQUEST,
                               str_cstr(call->ctx, request->method));
    }
    CURLcode result = curl_easy_perform(call->curl);
    // An answer that was cut because it is long is an answer.
    bool cut = result == CURLE_WRITE_ERROR && call->body.len == HOOK_ANSWER_MAX;
    if (result == CURLE_OK || cut) {
        (void)curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &code);
    }
    ret->status_code = code;
    if (code == 0) {
        const char *why = trouble[0] != '\0' ? trouble : curl_easy_strerror(result);
        ret->trouble = call->refused
                           ? STR("This address is not allowed: it leads to this machine or a "
                                 "private network (setting webhook_network).")
                           : str_utf8_mend(call->ctx, str_c(mem_text(call->ctx, why)));
    }
    ret->body = str_utf8_mend(call->ctx, buf_str(&call->body));
    ret->headers = str_utf8_mend(call->ctx, buf_str(&call->received));
}

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool begin(struct call *call, const struct desk *desk, mem_ctx *ctx, struct hook_answer *ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, curl_start);
    *call = (struct call){.desk = desk, .ctx = ctx, .curl = curl_easy_init()};
    *ret = (struct hook_answer){
        .headers = STR(""), .body = STR(""), .trouble = STR("There is no memory for the call.")};
    if (call->curl == NULL) {
        return false;
    }
    ret->trouble = STR("");
    buf_init(&call->body, ctx, HOOK_ANSWER_MAX + 1);
    buf_init(&call->received, ctx, HEADERS_MAX + 1);
    set_limits(call);
    return true;
}

static void end(struct call *call)
{
    curl_slist_free_all(call->headers);
    curl_easy_cleanup(call->curl);
}

void hook_call(const struct desk *desk, mem_ctx *ctx, const struct hook *hook,
               struct str invocation, struct str payload, struct hook_answer *ret)
{
    struct call call;
    if (!begin(&call, desk, ctx, ret)) {
        return;
    }
    const struct hook_request request = {
        .method = hook->method, .url = url_of(&call, hook, payload), .body = payload};
    add_header(&call, "Content-Type", str_c(content_type(hook->format)));
    sign(&call, hook, invocation, payload);
    add_authentication(&call, hook);
    add_own_headers(&call, hook->headers);
    perform(&call, &request, ret);
    end(&call);
}

void hook_send(const struct desk *desk, mem_ctx *ctx, const struct hook_request *request,
               struct hook_answer *ret)
{
    struct call call;
    if (!begin(&call, desk, ctx, ret)) {
        return;
    }
    add_own_headers(&call, request->headers);
    perform(&call, request, ret);
    end(&call);
}
