// SPDX-License-Identifier: GPL-3.0-or-later
//
// Address fields (RFC 5322, 3.4) as they come: names in any form, groups, comments, commas in
// names that should have been quoted, addresses without brackets. Only addresses that can be
// answered are kept.
#ifndef STEWARD_MAIL_ADDRESS_H
#define STEWARD_MAIL_ADDRESS_H

#include "base/str.h"
#include "mail/message.h"

// Reads a raw field. Addresses that are not valid fall away; each address comes once; at most
// `max` of them.
struct mail_addresses address_list(mem_ctx *ctx, struct str raw, size_t max);

// Whether "local@domain" is one that can be mailed: dot-atom or UTF-8 local part of at most 64
// bytes, a domain of at most 253 in letters, digits and hyphens, or an address literal.
bool address_valid(struct str address);

// The form in which addresses are compared and stored: blanks trimmed, domain lower case and in
// its ASCII (xn--) form. Absent when it is not valid.
struct str address_normal(mem_ctx *ctx, struct str address);

struct str address_local(struct str address);
struct str address_domain(struct str address);

// Both in lower case: nobody has two people in one mailbox differing by case.
bool address_same(struct str a, struct str b);

#endif
