// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of C that may stand in a template: paths to fields, calls, numbers, texts, and in
// conditions comparisons. No assignment, braces, casts to structs, statements.
#include "tplc.h"

#include <string.h>

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool name_check(struct tplc_fail *fail, int line, struct str name, const char *what)
{
    bool good = name.len > 0 && !(name.ptr[0] >= '0' && name.ptr[0] <= '9');
    for (size_t i = 0; i < name.len; i++) {
        good = good && name_char(name.ptr[i]);
    }
    if (!good || str_eq_c(name, "v")) {
        tplc_fail(fail, line, "'" STR_FMT "' cannot be %s", STR_ARG(name), what);
        return false;
    }
    return true;
}

bool expr_take_string(struct str *rest, struct str *ret)
{
    *rest = str_trim(*rest);
    if (rest->len < 2 || rest->ptr[0] != '"') {
        return false;
    }
    for (size_t i = 1; i < rest->len && rest->ptr[i] != '\n'; i++) {
        if (rest->ptr[i] == '\\') {
            i++;
        } else if (rest->ptr[i] == '"') {
            *ret = str_sub(*rest, 1, i - 1);
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

bool expr_next_arg(struct str *rest, struct str *ret)
{
    if (str_none(*rest)) {
        return false;
    }
    int depth = 0;
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        struct str quoted = str_from(*rest, i);
        struct str ignored;
        if (c == '"' && expr_take_string(&quoted, &ignored)) {
            i = (size_t)(quoted.ptr - rest->ptr) - 1;
        } else if (strchr("([", c) != NULL) {
            depth++;
        } else if (strchr(")]", c) != NULL) {
            depth--;
        } else if (c == ',' && depth == 0) {
            *ret = str_trim(str_sub(*rest, 0, i));
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    *ret = str_trim(*rest);
    *rest = STR_NONE;
    return true;
}

// Length of the operator that `rest` begins with, 0 when it is none of those allowed.
static size_t operator_length(struct str rest, enum expr_use use)
{
    static const char *const ALWAYS[] = {"->", ".", ",", "(", ")", "[", "]"};
    static const char *const LOGIC[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!"};
    for (size_t i = 0; i < sizeof ALWAYS / sizeof *ALWAYS; i++) {
        if (str_starts(rest, str_c(ALWAYS[i]))) {
            return strlen(ALWAYS[i]);
        }
    }
    for (size_t i = 0; use == EXPR_CONDITION && i < sizeof LOGIC / sizeof *LOGIC; i++) {
        if (str_starts(rest, str_c(LOGIC[i]))) {
            return strlen(LOGIC[i]);
        }
    }
    char c = rest.ptr[0];
    bool doubled = rest.len > 1 && rest.ptr[1] == c;
    return !doubled && strchr("+-*&", c) != NULL ? 1 : 0;
}

static bool word_allowed(struct str word)
{
    static const char *const KEYWORDS[] = {"sizeof",   "struct", "union",    "enum",
                                           "typeof",   "asm",    "__asm__",  "_Generic",
                                           "__func__", "out",    "volatile", "_Alignof"};
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++) {
        if (str_eq_c(word, KEYWORDS[i])) {
            return false;
        }
    }
    return true;
}

bool expr_check(struct tplc_fail *fail, int line, struct str expr, enum expr_use use)
{
    struct str rest = str_trim(expr);
    int depth = 0;
    if (rest.len == 0 && use != EXPR_ARGS) {
        tplc_fail(fail, line, "an expression is missing");
        return false;
    }
    while (rest.len > 0) {
        size_t n = 0;
        struct str text;
        if (expr_take_string(&rest, &text)) {
            continue;
        }
        while (n < rest.len && name_char(rest.ptr[n])) {
            n++;
        }
        bool good = n == 0 || word_allowed(str_sub(rest, 0, n));
        if (n == 0 && strchr(" \t\r\n", rest.ptr[0]) != NULL) {
            n = 1;
        } else if (n == 0) {
            n = operator_length(rest, use);
            depth += strchr("([", rest.ptr[0]) != NULL;
            depth -= strchr(")]", rest.ptr[0]) != NULL;
            good = n > 0 && depth >= 0 && !(depth == 0 && rest.ptr[0] == ',' && use != EXPR_ARGS);
        }
        if (!good) {
            tplc_fail(fail, line, "'" STR_FMT "' is more C than a template may use here",
                      STR_ARG(expr));
            return false;
        }
        rest = str_from(rest, n);
    }
    if (depth != 0) {
        tplc_fail(fail, line, "brackets do not match in '" STR_FMT "'", STR_ARG(expr));
    }
    return depth == 0;
}
