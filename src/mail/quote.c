// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quote.h"

#include <string.h>

#include "base/buf.h"
#include "mail/quote_words.h"

#define LINES_MAX 5000  // further down nothing is folded that was not before
#define SIGNATURE_LINES 30
#define ATTRIBUTION_LINES 4
#define BLOCK_BYTES 2000

enum line_kind { LINE_BLANK, LINE_NEW, LINE_QUOTED };

struct lines {
    mem_ctx *ctx;
    struct str text;
    struct str *items;
    enum line_kind *kinds;
    size_t count;
};

static enum line_kind kind_of(struct str line)
{
    struct str bare = str_trim(line);
    if (bare.len == 0) {
        return LINE_BLANK;
    }
    // ">From " is what mbox files make of a line that began with "From ".
    bool quoted = (bare.ptr[0] == '>' && !str_starts(line, STR(">From "))) ||
                  str_starts(bare, STR("\xef\xbc\x9e"));
    return quoted ? LINE_QUOTED : LINE_NEW;
}

static void lines_split(struct lines *l)
{
    struct str rest = l->text;
    struct str line;
    size_t room = 0;
    while (l->count < LINES_MAX && str_next(&rest, '\n', &line)) {
        if (l->count == room) {
            room = room == 0 ? 64 : room * 2;
            l->items = mem_grow(l->ctx, l->items, struct str, room);
            l->kinds = mem_grow(l->ctx, l->kinds, enum line_kind, room);
        }
        l->kinds[l->count] = kind_of(line);
        l->items[l->count++] = line;
    }
}

// The next line that is not blank, or count.
static size_t next_full(const struct lines *l, size_t from)
{
    while (from < l->count && l->kinds[from] == LINE_BLANK) {
        from++;
    }
    return from;
}

// Whether new words come after the quotation that begins at `from`. What follows "-- " is a
// signature, not words.
static bool words_after_quote(const struct lines *l, size_t from)
{
    bool quote_seen = false;
    for (size_t i = from; i < l->count; i++) {
        if (l->kinds[i] == LINE_QUOTED) {
            quote_seen = true;
        } else if (l->kinds[i] == LINE_NEW && quote_seen) {
            if (quote_signature_delimiter(l->items[i]) || quote_device_line(l->items[i])) {
                return false;
            }
            return true;
        }
    }
    return false;
}

// Attributions are folded by mail programs: up to four lines make one. The number of lines, 0 for
// none.
static size_t attribution_at(const struct lines *l, size_t at)
{
    struct buf joined;
    buf_init(&joined, l->ctx, 4096);
    for (size_t n = 1; n <= ATTRIBUTION_LINES && at + n <= l->count; n++) {
        if (l->kinds[at + n - 1] != LINE_NEW) {
            return 0;
        }
        buf_put(&joined, n > 1 ? STR(" ") : STR(""));
        buf_put(&joined, str_trim(l->items[at + n - 1]));
        if (joined.failed) {
            return 0;
        }
        if (quote_attribution(buf_str(&joined))) {
            return n;
        }
        if (joined.len > 0 && strchr(".!?", joined.data[joined.len - 1]) != NULL && n > 1) {
            return 0;
        }
    }
    return 0;
}

// Only a line that can begin an attribution is tried with those after it, so that the words before
// it stay out.
static bool begins_attribution(const struct lines *l, size_t at)
{
    size_t n = attribution_at(l, at);
    if (n == 0) {
        return false;
    }
    // The shortest attribution wins: not "Thanks! On … wrote:" when "On … wrote:" will do.
    for (size_t later = at + 1; later < at + n; later++) {
        if (attribution_at(l, later) > 0 && l->kinds[later] == LINE_NEW) {
            struct str first = str_trim(l->items[at]);
            bool opens = str_istarts(first, STR("on ")) || str_istarts(first, STR("am ")) ||
                         str_istarts(first, STR("le ")) || str_istarts(first, STR("el ")) ||
                         str_istarts(first, STR("il ")) || str_istarts(first, STR("op ")) ||
                         str_istarts(first, STR("em ")) || str_istarts(first, STR("den ")) ||
                         str_istarts(first, STR("w dniu ")) || str_istarts(first, STR("dnia "));
            return opens;
        }
    }
    return true;
}

static bool long_rule(struct str line)
{
    line = str_trim(line);
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] != '_' && line.ptr[i] != '-') {
            return false;
        }
    }
    return line.len >= 20;
}

static struct str rest_from(const struct lines *l, size_t at)
{
    if (at >= l->count) {
        return STR("");
    }
    size_t offset = (size_t)(l->items[at].ptr - l->text.ptr);
    return str_sub(l->text, offset, BLOCK_BYTES);
}

// History of which all that follows is part.
static bool history_at(const struct lines *l, size_t at)
{
    struct str line = l->items[at];
    if (quote_separator(line) || quote_header_block(rest_from(l, at))) {
        return true;
    }
    return long_rule(line) && quote_header_block(rest_from(l, next_full(l, at + 1)));
}

// "-- " with not much behind it but quotations.
static bool signature_at(const struct lines *l, size_t at)
{
    if (!quote_signature_delimiter(l->items[at])) {
        return false;
    }
    size_t words = 0;
    for (size_t i = at + 1; i < l->count; i++) {
        if (l->kinds[i] == LINE_NEW && (history_at(l, i) || attribution_at(l, i) > 0)) {
            break;
        }
        words += l->kinds[i] == LINE_NEW;
    }
    return words <= SIGNATURE_LINES && !words_after_quote(l, at);
}

// The last words of all, or of all but the quotation.
static bool device_at(const struct lines *l, size_t at)
{
    if (!quote_device_line(l->items[at])) {
        return false;
    }
    size_t next = next_full(l, at + 1);
    return next == l->count || l->kinds[next] == LINE_QUOTED || history_at(l, next) ||
           attribution_at(l, next) > 0;
}

static bool quote_begins(const struct lines *l, size_t at)
{
    if (l->kinds[at] == LINE_QUOTED) {
        return !words_after_quote(l, at);
    }
    if (l->kinds[at] != LINE_NEW) {
        return false;
    }
    if (history_at(l, at) || signature_at(l, at) || device_at(l, at)) {
        return true;
    }
    return begins_attribution(l, at) && !words_after_quote(l, at);
}

struct mail_fold mail_fold_text(mem_ctx *ctx, struct str text)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "fold");
    struct lines l = {.ctx = scratch, .text = text};
    lines_split(&l);
    struct mail_fold fold = {text, STR("")};
    bool words = false;
    for (size_t i = 0; i < l.count; i++) {
        if (words && quote_begins(&l, i)) {
            size_t offset = (size_t)(l.items[i].ptr - text.ptr);
            fold = (struct mail_fold){str_sub(text, 0, offset), str_from(text, offset)};
            break;
        }
        // A forwarded mail is what its sender wants read.
        if (l.kinds[i] == LINE_NEW && quote_forward(l.items[i])) {
            break;
        }
        // An attribution opens no words of its own: what it announces may be all there is.
        words =
            words || (l.kinds[i] == LINE_NEW && !(history_at(&l, i) || begins_attribution(&l, i)));
    }
    mem_free(scratch);
    return fold;
}
