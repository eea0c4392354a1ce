// SPDX-License-Identifier: GPL-3.0-or-later
//
// What dispatch.c is put together from.
#ifndef STEWARD_APP_DISPATCH_INTERNAL_H
#define STEWARD_APP_DISPATCH_INTERNAL_H

#include "app/app.h"

bool is_api_path(struct str path);
bool is_write(enum http_method method);

// Who it is, whether they may, whether the form is ours, whether it is not too often: in this
// order. Fills ctx->actor, session and csrf.
MUST_CHECK bool guards_pass(struct ctx *ctx, const struct route *route, struct error *err);

// Makes the answer to an error, as page or as JSON. Of what was answered so far, the first `keep`
// headers stay.
void answer_error(struct ctx *ctx, bool api, size_t keep, const struct error *err);
// A path that is not there, or not for this method. *err says which.
void answer_no_route(struct ctx *ctx, unsigned methods, struct error *err);
// The answer to OPTIONS, of any path that exists.
void answer_options(struct ctx *ctx, unsigned methods);
// A weak entity tag of the body, so that clients that have it need not get it again.
void answer_etag(struct ctx *ctx);
// Headers that every answer has.
void answer_headers(struct ctx *ctx, bool api);

#endif
