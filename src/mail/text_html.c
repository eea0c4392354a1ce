// SPDX-License-Identifier: GPL-3.0-or-later
//
// Plain text as html: nothing of the text is markup, only what we see in it.
#include <string.h>

#include "base/buf.h"
#include "mail/address.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"

#define QUOTES_MAX 20

struct html_writer {
    mem_ctx *ctx;
    struct buf out;
    size_t quotes;
    bool paragraph;
};

static bool url_char(char c)
{
    return (unsigned char)c >= 0x80 || (c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL);
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

// A full stop after an address belongs to the sentence, a bracket to whoever opened it.
static size_t without_tail(struct str url)
{
    size_t len = url.len;
    while (len > 0 && strchr(".,;:!?'*_~", url.ptr[len - 1]) != NULL) {
        len--;
    }
    while (len > 0 && (url.ptr[len - 1] == ')' || url.ptr[len - 1] == ']')) {
        char open = url.ptr[len - 1] == ')' ? '(' : '[';
        if (memchr(url.ptr, open, len) != NULL) {
            break;
        }
        len--;
    }
    return len;
}

// Length of the web address at the start, 0 when there is none.
static size_t web_at(struct str s)
{
    size_t start = str_istarts(s, STR("https://"))  ? 8
                   : str_istarts(s, STR("http://")) ? 7
                   : str_istarts(s, STR("www."))    ? 4
                                                    : 0;
    size_t end = start;
    while (start > 0 && end < s.len && url_char(s.ptr[end])) {
        end++;
    }
    size_t len = start == 0 ? 0 : without_tail(str_sub(s, 0, end));
    return len > start ? len : 0;
}

static size_t address_at(struct str s)
{
    size_t end = 0;
    bool at = false;
    while (end < s.len && end < 320 &&
           (word_char(s.ptr[end]) || strchr(".-_+@", s.ptr[end]) != NULL)) {
        at = at || s.ptr[end] == '@';
        end++;
    }
    size_t len = at ? without_tail(str_sub(s, 0, end)) : 0;
    struct str address = str_sub(s, 0, len);
    return len > 0 && address_valid(address) && str_find_char(address_domain(address), '.') > 0
               ? len
               : 0;
}

static void put_link(struct html_writer *w, struct str words, const char *before)
{
    struct str href =
        link_sanitize(w->ctx, str_printf(w->ctx, "%s" STR_FMT, before, STR_ARG(words)), STR(""));
    if (!str_none(href)) {
        buf_put(&w->out, STR("<a href=\""));
        buf_put_html_text(&w->out, href);
        buf_put(&w->out, STR("\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">"));
    }
    buf_put_html_text(&w->out, words);
    buf_put(&w->out, str_none(href) ? STR("") : STR("</a>"));
}

static bool has_www(struct str line)
{
    for (struct str rest = line; rest.len >= 4; rest = str_from(rest, 1)) {
        ptrdiff_t dot = str_find_char(rest, '.');
        if (dot < 0) {
            return false;
        }
        if (dot >= 3 && str_istarts(str_from(rest, (size_t)dot - 3), STR("www."))) {
            return true;
        }
        rest = str_from(rest, (size_t)dot);
    }
    return false;
}

static bool has_scheme(struct str line)
{
    return str_find_char(line, ':') >= 0 && str_find(line, STR("://")) >= 0;
}

// Looking for links at each word costs more than all else, and few lines have any.
static bool may_have_links(struct str line)
{
    return str_find_char(line, '@') >= 0 || has_scheme(line) || has_www(line);
}

static void put_line(struct html_writer *w, struct str line)
{
    if (!may_have_links(line)) {
        buf_put_html_text(&w->out, line);
        return;
    }
    size_t plain = 0;  // not yet written
    size_t i = 0;
    bool word_start = true;
    while (i < line.len) {
        struct str rest = str_from(line, i);
        size_t web = word_start ? web_at(rest) : 0;
        size_t mail = word_start && web == 0 && word_char(line.ptr[i]) ? address_at(rest) : 0;
        if (web + mail > 0) {
            buf_put_html_text(&w->out, str_sub(line, plain, i - plain));
            bool bare = str_istarts(rest, STR("www."));
            put_link(w, str_sub(rest, 0, web + mail),
                     mail > 0 ? "mailto:"
                     : bare   ? "https://"
                              : "");
            i += web + mail;
            plain = i;
        } else {
            i++;
        }
        word_start = i > 0 && i < line.len && !word_char(line.ptr[i - 1]) &&
                     strchr("@/.-_+", line.ptr[i - 1]) == NULL;
    }
    buf_put_html_text(&w->out, str_from(line, plain));
}

static void end_paragraph(struct html_writer *w)
{
    if (w->paragraph) {
        buf_put(&w->out, STR("</p>\n"));
        w->paragraph = false;
    }
}

static void set_quotes(struct html_writer *w, size_t quotes)
{
    if (quotes != w->quotes) {
        end_paragraph(w);
    }
    for (; w->quotes < quotes; w->quotes++) {
        buf_put(&w->out, STR("<blockquote>"));
    }
    for (; w->quotes > quotes; w->quotes--) {
        buf_put(&w->out, STR("</blockquote>\n"));
    }
}

// Takes "> > " off the line and counts.
static size_t take_quotes(struct str *line)
{
    size_t quotes = 0;
    while (quotes < QUOTES_MAX && line->len > 0 && line->ptr[0] == '>') {
        *line = str_from(*line, 1);
        quotes++;
        if (line->len > 0 && line->ptr[0] == ' ') {
            *line = str_from(*line, 1);
        }
    }
    return quotes;
}

struct html text_to_html(mem_ctx *ctx, struct str text)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "text to html");
    struct html_writer w = {.ctx = scratch};
    buf_init(&w.out, ctx, text.len * 60 + 4096);
    struct str line;
    while (str_next(&text, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
            line.len--;
        }
        size_t quotes = take_quotes(&line);
        if (str_trim(line).len == 0) {
            end_paragraph(&w);
            if (quotes > 0) {
                set_quotes(&w, quotes);
            }
            continue;
        }
        set_quotes(&w, quotes);
        buf_put(&w.out, w.paragraph ? STR("<br>\n") : STR("<p>"));
        w.paragraph = true;
        put_line(&w, line);
    }
    end_paragraph(&w);
    set_quotes(&w, 0);
    mem_free(scratch);
    return (struct html){buf_str(&w.out)};
}
