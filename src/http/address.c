// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const unsigned char V4_PREFIX[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct address *address)
{
    return memcmp(address->bytes, V4_PREFIX, sizeof V4_PREFIX) == 0;
}

// "[::1]:80" and "192.0.2.7:80" without what is around the address.
static struct str bare(struct str text)
{
    struct str head;
    struct str tail;
    text = str_trim(text);
    if (text.len > 0 && text.ptr[0] == '[') {
        str_cut(str_from(text, 1), ']', &head, &tail);
        return head;
    }
    str_cut(text, ':', &head, &tail);
    bool one_colon = !str_none(tail) && str_find_char(tail, ':') < 0;
    return one_colon ? head : text;
}

bool address_parse(struct str text, struct address *ret)
{
    char copy[INET6_ADDRSTRLEN + 1];
    struct address found = {.local_socket = false};
    if (str_eq_c(text, "unix")) {
        *ret = (struct address){.local_socket = true};
        return true;
    }
    text = bare(text);
    if (text.len == 0 || text.len >= sizeof copy || str_find_char(text, '\0') >= 0) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    memcpy(found.bytes, V4_PREFIX, sizeof V4_PREFIX);
    if (inet_pton(AF_INET, copy, found.bytes + 12) != 1 &&
        inet_pton(AF_INET6, copy, found.bytes) != 1) {
        return false;
    }
    *ret = found;
    return true;
}

struct str address_text(mem_ctx *ctx, const struct address *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->local_socket) {
        return STR("unix");
    }
    if (is_v4(address)) {
        (void)inet_ntop(AF_INET, address->bytes + 12, text, sizeof text);
    } else {
        (void)inet_ntop(AF_INET6, address->bytes, text, sizeof text);
    }
    return str_dup(ctx, str_c(text));
}

bool address_is_loopback(const struct address *address)
{
    static const unsigned char V6_LOOPBACK[16] = {[15] = 1};
    return address->local_socket || (is_v4(address) && address->bytes[12] == 127) ||
           memcmp(address->bytes, V6_LOOPBACK, sizeof V6_LOOPBACK) == 0;
}

struct address address_group(const struct address *address)
{
    struct address group = *address;
    if (!is_v4(address) && !address->local_socket) {
        memset(group.bytes + 8, 0, 8);
    }
    return group;
}

// --- rules --------------------------------------------------------------------------------------

bool address_rule_parse(struct str text, struct address_rule *ret, struct error *err)
{
    struct str base;
    struct str length;
    struct address_rule rule = {.bits = 128};
    int64_t bits = 0;
    str_cut(str_trim(text), '/', &base, &length);
    bool ok = address_parse(base, &rule.base);
    if (ok && !str_none(length)) {
        int most = is_v4(&rule.base) ? 32 : 128;
        ok = str_to_i64(length, &bits) && bits >= 0 && bits <= most && !rule.base.local_socket;
        rule.bits = 128 - most + (int)bits;
    }
    if (!ok) {
        return error_set(err, ERR_INVALID,
                         "\"%.*s\" is no address. Write 192.0.2.7, 10.0.0.0/8, 2001:db8::/32 or "
                         "unix.",
                         STR_ARG(text));
    }
    *ret = rule;
    return true;
}

static bool rule_matches(const struct address_rule *rule, const struct address *address)
{
    size_t whole = (size_t)rule->bits / 8;
    unsigned rest = (unsigned)rule->bits % 8;
    if (rule->base.local_socket != address->local_socket ||
        memcmp(rule->base.bytes, address->bytes, whole) != 0) {
        return false;
    }
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return rest == 0 || ((rule->base.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

bool address_matches(const struct address *address, const struct address_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rule_matches(&rules[i], address)) {
            return true;
        }
    }
    return false;
}

// --- origin -------------------------------------------------------------------------------------

static bool is_trusted(const struct address *address, struct address_rules trusted)
{
    return address_matches(address, trusted.items, trusted.count);
}

// What stands last in a list that proxies add to.
static struct str last_item(struct str list)
{
    struct str rest = list;
    struct str item;
    struct str last = STR_NONE;
    while (str_next(&rest, ',', &item)) {
        last = str_trim(item);
    }
    return last;
}

// From the nearest to the farthest; what stands behind an unknown hop is hearsay.
static struct address forwarded_peer(struct str list, struct address nearest,
                                     struct address_rules trusted)
{
    struct address peer = nearest;
    struct str rest = list;
    while (rest.len > 0 && is_trusted(&peer, trusted)) {
        size_t start = rest.len;
        while (start > 0 && rest.ptr[start - 1] != ',') {
            start--;
        }
        if (!address_parse(str_from(rest, start), &peer)) {
            break;
        }
        rest = str_sub(rest, 0, start > 0 ? start - 1 : 0);
    }
    return peer;
}

bool http_read_origin(struct http_request *request, const struct address *socket_peer, bool tls,
                      struct address_rules trusted, struct error *err)
{
    struct address peer = *socket_peer;
    struct str host = http_header(request, "Host");
    request->scheme = tls ? STR("https") : STR("http");
    if (is_trusted(socket_peer, trusted)) {
        struct str proto = last_item(http_header(request, "X-Forwarded-Proto"));
        struct str forwarded = last_item(http_header(request, "X-Forwarded-Host"));
        peer = forwarded_peer(http_header(request, "X-Forwarded-For"), peer, trusted);
        if (str_ieq_c(proto, "https") || str_ieq_c(proto, "http")) {
            request->scheme = str_ieq_c(proto, "https") ? STR("https") : STR("http");
        }
        host = str_empty(forwarded) ? host : forwarded;
    }
    request->peer = address_text(request->ctx, &peer);
    request->host = http_host_valid(host) ? host : STR("localhost");
    // Programs that speak HTTP/1.0 may leave the host out.
    return str_empty(host) || http_host_valid(host) ||
           error_set(err, ERR_BAD_REQUEST, "The host of this request is not well formed.");
}
