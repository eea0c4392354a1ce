// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inside of mail_classify(): what a bounce says, by RFC 3464 or in its own words.
#ifndef STEWARD_MAIL_CLASSIFY_REPORT_H
#define STEWARD_MAIL_CLASSIFY_REPORT_H

#include "mail/classify.h"

// From the report's parts, and from the text where they say too little.
struct mail_bounce bounce_read(mem_ctx *ctx, const struct mail_message *message);

#endif
