// SPDX-License-Identifier: GPL-3.0-or-later
//
// What templates run on. A `struct view` is one answer being written for one reader: where the
// markup goes, and what of the reader the page depends on. Templates (tools/README.md) are compiled
// to functions `void view_<name>(struct view *v, …)`; inside a template `v` is this struct.
//
//   struct view v;
//   view_init(&v, &ctx->resp->body, ctx->mem);
//   v.now = …; v.csrf = …;
//   view_reader(&v, locale, time_zone);
//   view_ticket_show(&v, &vm);
#ifndef STEWARD_VIEW_VIEW_H
#define STEWARD_VIEW_VIEW_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"

struct catalogue;
struct view_site;
struct view_times;

struct view {
    struct buf *out;
    mem_ctx *mem;            // for what helpers format; lives as long as the request
    struct view_site *site;  // zones and formats shared by all requests; NULL: UTC and English
    int64_t now;
    struct str locale;              // "en-US"; set with `words` by view_reader()
    const struct catalogue *words;  // NULL: English
    struct str time_zone;           // IANA name
    struct str csrf;                // token for forms; empty when there is no session
    struct view_times *times;       // of view_time(): what was looked up, and the last answer
};

// English, UTC, no session.
void view_init(struct view *v, struct buf *out, mem_ctx *mem);

// Whose language and clock the page speaks. Both texts must outlive the view.
void view_reader(struct view *v, struct str locale, struct str time_zone);

// Words for a reader, where {% t %} cannot stand: as the argument of an include, or in C. `words`
// is the English text: a literal, or one marked by WORDS where it was written.
struct str tr(const struct view *v, const char *words);
struct str tr_str(const struct view *v, struct str words);

// Marks an English literal for the catalogues where it cannot be translated yet, as in a table.
#define WORDS(literal) literal

#endif
