// SPDX-License-Identifier: GPL-3.0-or-later
//
// Addresses of peers: where a request came from, also through reverse proxies that are trusted.
#ifndef STEWARD_HTTP_ADDRESS_H
#define STEWARD_HTTP_ADDRESS_H

#include "http/http.h"

// IPv6, IPv4 as ::ffff:a.b.c.d, or a peer on a local socket.
struct address {
    unsigned char bytes[16];
    bool local_socket;
};

// A set of addresses: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "unix".
struct address_rule {
    struct address base;
    int bits;  // of the 128 that count
};

// Text as found in headers and configuration; brackets around and a port behind are taken off.
MUST_CHECK bool address_parse(struct str text, struct address *ret);
// "192.0.2.7", "2001:db8::1", "unix".
struct str address_text(mem_ctx *ctx, const struct address *address);
bool address_is_loopback(const struct address *address);
// What limits by address count as one: the address, or for IPv6 its /64, which is what one customer
// line gets.
struct address address_group(const struct address *address);

// INVALID for what is no rule.
MUST_CHECK bool address_rule_parse(struct str text, struct address_rule *ret, struct error *err);
bool address_matches(const struct address *address, const struct address_rule *rules, size_t count);

struct address_rules {
    const struct address_rule *items;
    size_t count;
};

// Sets request->peer, scheme and host from the connection and the request's headers. Where the
// connection comes from a trusted proxy, X-Forwarded-For, -Proto and -Host count, each as the
// proxy nearest to us wrote it: the peer is the last address that no trusted proxy has. BAD_REQUEST
// when there is no usable host.
MUST_CHECK bool http_read_origin(struct http_request *request, const struct address *socket_peer,
                                 bool tls, struct address_rules trusted, struct error *err);

#endif
