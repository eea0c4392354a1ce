// SPDX-License-Identifier: GPL-3.0-or-later
//
// Styles by allow-list: each property names the kind of values it may have, each value is read
// word by word and written anew. A declaration with anything else in it is left out whole.
#include <string.h>

#include "base/buf.h"
#include "mail/sanitize.h"

#define STYLE_MAX 4096
#define VALUE_MAX 200
#define WORDS_MAX 12
#define LENGTH_MAX 5000

enum css_kind {
    CSS_COLOR = 1,
    CSS_LENGTH = 2,  // not negative
    CSS_NUMBER = 4,
    CSS_WORD = 8,  // one of the keywords below
    CSS_FAMILY = 16,
};

struct css_property {
    const char *name;
    int kinds;
    int words;  // at most, in the value
};

static const struct css_property PROPERTIES[] = {
    {"color", CSS_COLOR, 1},
    {"background-color", CSS_COLOR, 1},
    {"background", CSS_COLOR, 1},
    {"font-weight", CSS_NUMBER | CSS_WORD, 1},
    {"font-style", CSS_WORD, 1},
    {"font-variant", CSS_WORD, 1},
    {"font-size", CSS_LENGTH | CSS_WORD, 1},
    {"font-family", CSS_FAMILY, WORDS_MAX},
    {"line-height", CSS_LENGTH | CSS_NUMBER | CSS_WORD, 1},
    {"letter-spacing", CSS_LENGTH | CSS_WORD, 1},
    {"text-align", CSS_WORD, 1},
    {"text-decoration", CSS_WORD | CSS_COLOR, 3},
    {"text-decoration-line", CSS_WORD, 2},
    {"text-transform", CSS_WORD, 1},
    {"text-indent", CSS_LENGTH, 1},
    {"vertical-align", CSS_WORD | CSS_LENGTH, 1},
    {"white-space", CSS_WORD, 1},
    {"word-break", CSS_WORD, 1},
    {"overflow-wrap", CSS_WORD, 1},
    {"direction", CSS_WORD, 1},
    {"display", CSS_WORD, 1},
    {"width", CSS_LENGTH | CSS_WORD, 1},
    {"min-width", CSS_LENGTH, 1},
    {"max-width", CSS_LENGTH | CSS_WORD, 1},
    {"height", CSS_LENGTH | CSS_WORD, 1},
    {"max-height", CSS_LENGTH | CSS_WORD, 1},
    {"padding", CSS_LENGTH, 4},
    {"padding-top", CSS_LENGTH, 1},
    {"padding-right", CSS_LENGTH, 1},
    {"padding-bottom", CSS_LENGTH, 1},
    {"padding-left", CSS_LENGTH, 1},
    {"margin", CSS_LENGTH | CSS_WORD, 4},
    {"margin-top", CSS_LENGTH | CSS_WORD, 1},
    {"margin-right", CSS_LENGTH | CSS_WORD, 1},
    {"margin-bottom", CSS_LENGTH | CSS_WORD, 1},
    {"margin-left", CSS_LENGTH | CSS_WORD, 1},
    {"border", CSS_LENGTH | CSS_WORD | CSS_COLOR, 3},
    {"border-top", CSS_LENGTH | CSS_WORD | CSS_COLOR, 3},
    {"border-right", CSS_LENGTH | CSS_WORD | CSS_COLOR, 3},
    {"border-bottom", CSS_LENGTH | CSS_WORD | CSS_COLOR, 3},
    {"border-left", CSS_LENGTH | CSS_WORD | CSS_COLOR, 3},
    {"border-color", CSS_COLOR, 4},
    {"border-style", CSS_WORD, 4},
    {"border-width", CSS_LENGTH | CSS_WORD, 4},
    {"border-radius", CSS_LENGTH, 4},
    {"border-collapse", CSS_WORD, 1},
    {"border-spacing", CSS_LENGTH, 2},
    {"list-style-type", CSS_WORD, 1},
    {"table-layout", CSS_WORD, 1},
};

static const char *const WORDS[] = {
    "normal",       "bold",        "bolder",      "lighter",     "italic",      "oblique",
    "small-caps",   "xx-small",    "x-small",     "small",       "medium",      "large",
    "x-large",      "xx-large",    "smaller",     "larger",      "left",        "right",
    "center",       "justify",     "start",       "end",         "none",        "underline",
    "line-through", "overline",    "uppercase",   "lowercase",   "capitalize",  "top",
    "middle",       "bottom",      "baseline",    "sub",         "super",       "text-top",
    "text-bottom",  "nowrap",      "pre",         "pre-wrap",    "pre-line",    "break-word",
    "break-all",    "keep-all",    "ltr",         "rtl",         "block",       "inline",
    "inline-block", "table",       "table-row",   "table-cell",  "list-item",   "auto",
    "thin",         "thick",       "solid",       "dashed",      "dotted",      "double",
    "groove",       "ridge",       "inset",       "outset",      "hidden",      "collapse",
    "separate",     "disc",        "circle",      "square",      "decimal",     "lower-alpha",
    "upper-alpha",  "lower-roman", "upper-roman", "lower-latin", "upper-latin", "fixed",
    "anywhere",     "inherit",     "initial"};

static const char *const UNITS[] = {"px", "pt", "em", "rem", "ex", "ch",
                                    "%",  "in", "cm", "mm",  "pc", ""};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The number at the start: digits with at most one point, not negative. Length read, 0 for none.
static size_t number_at(struct str s, bool *ret_small)
{
    size_t at = 0;
    size_t digits = 0;
    bool point = false;
    int64_t whole = 0;
    for (; at < s.len && (digit(s.ptr[at]) || (s.ptr[at] == '.' && !point)) && at < 12; at++) {
        digits += digit(s.ptr[at]);
        point = point || s.ptr[at] == '.';
        whole = point ? whole : whole * 10 + (s.ptr[at] - '0');
    }
    *ret_small = whole <= LENGTH_MAX;
    return digits == 0 ? 0 : at;
}

static bool is_number(struct str word)
{
    bool small;
    return word.len > 0 && number_at(word, &small) == word.len && small;
}

static bool is_length(struct str word)
{
    bool small;
    size_t len = number_at(word, &small);
    if (len == 0 || !small) {
        return false;
    }
    struct str unit = str_from(word, len);
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (str_eq_c(unit, UNITS[i])) {
            return true;
        }
    }
    return false;
}

static bool is_word(struct str word)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (str_eq_c(word, WORDS[i])) {
            return true;
        }
    }
    return false;
}

static bool is_hex_color(struct str word)
{
    if (word.len < 4 || word.len > 9 || word.ptr[0] != '#') {
        return false;
    }
    for (size_t i = 1; i < word.len; i++) {
        if (!digit(word.ptr[i]) && !(word.ptr[i] >= 'a' && word.ptr[i] <= 'f')) {
            return false;
        }
    }
    return true;
}

// rgb(1,2,3), rgba(), hsl(), hsla(): only digits and separators inside.
static bool is_color_function(struct str word)
{
    ptrdiff_t open = str_find_char(word, '(');
    struct str name = str_sub(word, 0, open < 0 ? 0 : (size_t)open);
    if (!str_eq_c(name, "rgb") && !str_eq_c(name, "rgba") && !str_eq_c(name, "hsl") &&
        !str_eq_c(name, "hsla")) {
        return false;
    }
    for (size_t i = (size_t)open + 1; i + 1 < word.len; i++) {
        if (!digit(word.ptr[i]) && strchr(" ,.%/", word.ptr[i]) == NULL) {
            return false;
        }
    }
    return word.ptr[word.len - 1] == ')' && word.len < 60;
}

// Names of colours are letters only; a browser knows them or does nothing.
static bool is_color_name(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!letter(word.ptr[i])) {
            return false;
        }
    }
    return word.len >= 3 && word.len <= 24;
}

static bool word_allowed(struct str word, int kinds)
{
    return ((kinds & CSS_WORD) && is_word(word)) || ((kinds & CSS_LENGTH) && is_length(word)) ||
           ((kinds & CSS_NUMBER) && is_number(word)) ||
           ((kinds & CSS_COLOR) &&
            (is_hex_color(word) || is_color_function(word) || is_color_name(word)));
}

// The next word; "(...)" stays together.
static struct str take_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t at = 0;
    bool inside = false;
    while (at < rest->len && (inside || rest->ptr[at] != ' ')) {
        inside = rest->ptr[at] == '(' || (inside && rest->ptr[at] != ')');
        at++;
    }
    struct str word = str_sub(*rest, 0, at);
    *rest = str_from(*rest, at);
    return word;
}

static bool value_words(struct buf *out, struct str value, const struct css_property *property)
{
    int count = 0;
    while (str_trim(value).len > 0) {
        struct str word = take_word(&value);
        if (++count > property->words || !word_allowed(word, property->kinds)) {
            return false;
        }
        buf_put(out, count > 1 ? STR(" ") : STR(""));
        buf_put(out, word);
    }
    return count > 0;
}

static bool family_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!letter(c) && !digit(c) && c != ' ' && c != '-' && c != '_' && c != '.' &&
            (unsigned char)c < 0x80) {
            return false;
        }
    }
    return name.len > 0 && name.len <= 60;
}

// Names of fonts, quoted anew where they are more than letters and hyphens.
static bool value_family(struct buf *out, struct str value)
{
    struct str name;
    int count = 0;
    while (str_next(&value, ',', &name)) {
        name = str_trim(name);
        if (name.len >= 2 && (name.ptr[0] == '"' || name.ptr[0] == '\'') &&
            name.ptr[name.len - 1] == name.ptr[0]) {
            name = str_trim(str_sub(name, 1, name.len - 2));
        }
        if (!family_name(name) || ++count > WORDS_MAX) {
            return false;
        }
        bool plain = true;
        for (size_t i = 0; i < name.len; i++) {
            plain = plain && (letter(name.ptr[i]) || name.ptr[i] == '-');
        }
        buf_put(out, count > 1 ? STR(", ") : STR(""));
        buf_put(out, plain ? STR("") : STR("'"));
        buf_put(out, name);
        buf_put(out, plain ? STR("") : STR("'"));
    }
    return count > 0;
}

static const struct css_property *property_find(struct str name)
{
    for (size_t i = 0; i < sizeof PROPERTIES / sizeof PROPERTIES[0]; i++) {
        if (str_ieq_c(name, PROPERTIES[i].name)) {
            return &PROPERTIES[i];
        }
    }
    return NULL;
}

static void declaration(mem_ctx *ctx, struct buf *out, struct str text)
{
    struct str name;
    struct str value;
    str_cut(text, ':', &name, &value);
    const struct css_property *property = property_find(str_trim(name));
    ptrdiff_t important = str_find_char(value, '!');
    value = str_trim(important < 0 ? value : str_sub(value, 0, (size_t)important));
    if (property == NULL || value.len == 0 || value.len > VALUE_MAX) {
        return;
    }
    struct buf fresh;
    buf_init(&fresh, ctx, VALUE_MAX * 2);
    bool fine = property->kinds == CSS_FAMILY
                    ? value_family(&fresh, value)
                    : value_words(&fresh, str_lower(ctx, value), property);
    if (fine && !fresh.failed) {
        buf_put(out, out->len > 0 ? STR("; ") : STR(""));
        buf_put_c(out, property->name);
        buf_put(out, STR(": "));
        buf_put(out, buf_str(&fresh));
    }
}

struct str css_sanitize(mem_ctx *ctx, struct str style)
{
    struct buf flat;
    struct buf out;
    buf_init(&flat, ctx, STYLE_MAX);
    buf_init(&out, ctx, STYLE_MAX * 2);
    style = str_sub(style, 0, STYLE_MAX);
    // An escape or a comment can hide anything from a simple reader: nobody needs them here.
    if (str_find_char(style, '\\') >= 0 || str_find(style, STR("/*")) >= 0) {
        return STR("");
    }
    for (size_t i = 0; i < style.len; i++) {
        char c = style.ptr[i];
        buf_put_char(&flat, c >= '\0' && c < ' ' ? ' ' : c);
    }
    struct str rest = buf_str(&flat);
    struct str one;
    while (str_next(&rest, ';', &one)) {
        declaration(ctx, &out, one);
    }
    return buf_str(&out);
}
