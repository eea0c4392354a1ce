// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all readers share: the time zones and date formats that were asked for so far, taken from
// ICU once each, so that a page with a hundred times on it costs microseconds. One per program,
// made by cmd; safe to use from all threads (it locks itself).
#ifndef STEWARD_VIEW_SITE_H
#define STEWARD_VIEW_SITE_H

#include "view/view.h"
#include "view/words.h"

struct view_site *view_site_new(mem_ctx *ctx);

// Offset from UTC at `ms` in the reader's zone; 0 for zones that ICU does not know.
int64_t view_zone_offset_ms(struct view *v, int64_t ms);

// One moment for one reader.
struct view_time {
    struct str iso;    // "2026-11-23T02:01:11Z"
    struct str full;   // "Monday, 23 November 2026, 14:02", as the locale writes it
    struct str brief;  // "14:02" today, "23 Nov, 14:02" this year, else "23 Nov 2026"
};
struct view_time view_time(struct view *v, int64_t ms);

// Which of the forms of words goes with a number, by the rules of the reader's language.
enum plural view_plural(struct view *v, int64_t number);

// Whether the page's words are in the language of that code ("de").
bool view_speaks(const struct view *v, const char *code);

// "en" of "en-US", for <html lang>; and "rtl" or "ltr".
struct str view_language(const struct view *v);
const char *view_direction(const struct view *v);

#endif
