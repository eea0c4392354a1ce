// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cuts a template into literals, outputs and statements.
#include "tplc.h"

#include <string.h>

struct str statement_word(struct str statement)
{
    size_t n = 0;
    while (n < statement.len && strchr(" \t\r\n\"(", statement.ptr[n]) == NULL) {
        n++;
    }
    return str_sub(statement, 0, n);
}

static bool word_takes_line(struct str word)
{
    static const char *const BLOCKS[] = {"use", "template", "fragment", "if",   "elif", "else",
                                         "end", "for",      "let",      "wrap", "body"};
    for (size_t i = 0; i < sizeof BLOCKS / sizeof *BLOCKS; i++) {
        if (str_eq_c(word, BLOCKS[i])) {
            return true;
        }
    }
    return false;
}

static bool opens_at(const struct scanner *scanner, size_t at)
{
    return at + 1 < scanner->source.len && scanner->source.ptr[at] == '{' &&
           strchr("{%#", scanner->source.ptr[at + 1]) != NULL;
}

static void pass(struct scanner *scanner, size_t to)
{
    for (; scanner->at < to; scanner->at++) {
        char c = scanner->source.ptr[scanner->at];
        if (c == '\n') {
            scanner->line++;
            scanner->line_start = true;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            scanner->line_start = false;
        }
    }
}

// Where the closing braces are; strings are skipped except in comments.
static bool find_close(const struct scanner *scanner, size_t from, const char close[2],
                       size_t *ret_at)
{
    bool quoted = false;
    for (size_t i = from; i + 1 < scanner->source.len; i++) {
        char c = scanner->source.ptr[i];
        if (close[0] == '#') {
            quoted = false;
        } else if (quoted && c == '\\') {
            i++;
            continue;
        } else if (c == '"') {
            quoted = !quoted;
        }
        if (!quoted && c == close[0] && scanner->source.ptr[i + 1] == close[1]) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

// The end of the line after `at` when nothing but white space stands there.
static bool blank_to_line_end(const struct scanner *scanner, size_t at, size_t *ret_after)
{
    while (at < scanner->source.len && strchr(" \t\r", scanner->source.ptr[at]) != NULL) {
        at++;
    }
    if (at < scanner->source.len && scanner->source.ptr[at] != '\n') {
        return false;
    }
    *ret_after = at < scanner->source.len ? at + 1 : at;
    return true;
}

// Reads one {{ }}, {% %} or {# #}. TOKEN_END stands for a comment.
static struct token scan_braces(struct scanner *scanner)
{
    char kind = scanner->source.ptr[scanner->at + 1];
    const char close[2] = {kind == '{' ? '}' : kind, '}'};
    bool alone = scanner->line_start;
    struct token token = {.kind = TOKEN_END, .line = scanner->line};
    size_t end = 0;
    if (!find_close(scanner, scanner->at + 2, close, &end)) {
        tplc_fail(scanner->fail, scanner->line, "{%c is never closed", kind);
        scanner->at = scanner->source.len;
        return token;
    }
    token.text = str_trim(str_sub(scanner->source, scanner->at + 2, end - scanner->at - 2));
    if (kind == '{') {
        token.kind = TOKEN_OUTPUT;
    } else if (kind == '%') {
        token.kind = TOKEN_STATEMENT;
    }
    pass(scanner, end + 2);
    size_t after = 0;
    bool takes = kind == '#' || (kind == '%' && word_takes_line(statement_word(token.text)));
    if (takes && alone && blank_to_line_end(scanner, scanner->at, &after)) {
        pass(scanner, after);
    }
    return token;
}

// Drops the indentation before a block statement that stands alone on its line.
static struct str without_indentation(const struct scanner *scanner, struct str literal)
{
    if (!scanner->line_start || scanner->at >= scanner->source.len ||
        scanner->source.ptr[scanner->at + 1] == '{') {
        return literal;
    }
    struct scanner ahead = *scanner;
    struct tplc_fail ignored = {.path = ""};
    ahead.fail = &ignored;
    struct token token = scan_braces(&ahead);
    bool whole_line = ahead.at == ahead.source.len || ahead.source.ptr[ahead.at - 1] == '\n';
    if (ignored.failed || !whole_line ||
        (token.kind == TOKEN_STATEMENT && !word_takes_line(statement_word(token.text)))) {
        return literal;
    }
    while (literal.len > 0 && strchr(" \t", literal.ptr[literal.len - 1]) != NULL) {
        literal.len--;
    }
    return literal;
}

struct token scan_next(struct scanner *scanner)
{
    while (scanner->at < scanner->source.len) {
        size_t start = scanner->at;
        int line = scanner->line;
        if (opens_at(scanner, start)) {
            struct token token = scan_braces(scanner);
            if (token.kind != TOKEN_END) {
                return token;
            }
            continue;
        }
        size_t end = start;
        while (end < scanner->source.len && !opens_at(scanner, end)) {
            end++;
        }
        pass(scanner, end);
        struct str literal = str_sub(scanner->source, start, end - start);
        literal = without_indentation(scanner, literal);
        if (literal.len > 0) {
            return (struct token){TOKEN_LITERAL, literal, line};
        }
    }
    return (struct token){.kind = TOKEN_END, .line = scanner->line};
}
