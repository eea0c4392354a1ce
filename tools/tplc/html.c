// SPDX-License-Identifier: GPL-3.0-or-later
//
// Follows a template's literal HTML character by character, so that at each output it is known
// where the value stands. Stricter than HTML on purpose: all attributes quoted, all elements
// closed, nothing that a strict Content-Security-Policy would refuse.
#include "tplc.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool in_list(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}
#define IN_LIST(name, list) in_list((name), (list), sizeof(list) / sizeof *(list))

static bool element_is_void(const char *name)
{
    static const char *const VOID[] = {"area", "br",   "col",   "embed",  "hr",    "img", "input",
                                       "link", "meta", "param", "source", "track", "wbr"};
    return IN_LIST(name, VOID);
}

static bool element_is_banned(const char *name)
{
    static const char *const BANNED[] = {
        "base",     "object",    "embed",   "applet",  "frame",         "frameset",         "xmp",
        "animate",  "set",       "noembed", "style",   "animatemotion", "animatetransform", "param",
        "noframes", "plaintext", "math",    "noscript"};
    return IN_LIST(name, BANNED);
}

static bool ends_with(const char *name, const char *suffix)
{
    return str_ends(str_c(name), str_c(suffix));
}

static bool attr_is_url(const char *name)
{
    static const char *const URLS[] = {"href",   "src",     "action", "formaction", "poster",
                                       "cite",   "data",    "ping",   "manifest",   "background",
                                       "hx-get", "hx-post", "hx-put", "hx-patch",   "hx-delete"};
    return IN_LIST(name, URLS) || ends_with(name, ":href") || ends_with(name, "-href") ||
           ends_with(name, "-url") || ends_with(name, "-src") || ends_with(name, "-connect");
}

static enum attr_kind attr_kind_of(const char *tag, const char *name)
{
    static const char *const BANNED[] = {"style", "srcdoc", "http-equiv", "hx-vars"};
    static const char *const LITERAL[] = {"srcset",     "imagesrcset", "sizes",      "hx-vals",
                                          "hx-headers", "hx-trigger",  "hx-request", "hx-ext",
                                          "hx-config",  "hx-include",  "is",         "nonce",
                                          "integrity",  "sandbox",     "allow",      "csp"};
    if (strncmp(name, "on", 2) == 0 || strncmp(name, "hx-on", 5) == 0 || IN_LIST(name, BANNED)) {
        return ATTR_BANNED;
    }
    if (attr_is_url(name)) {
        return ATTR_URL;
    }
    bool script = strcmp(tag, "script") == 0 && strcmp(name, "id") != 0;
    return script || IN_LIST(name, LITERAL) ? ATTR_LITERAL : ATTR_PLAIN;
}

static void put_char(struct html_walk *html, char c)
{
    buf_put_char(html->out, c);
    html->white_sent = is_space(c);
}

static void put_text(struct html_walk *html, const char *text)
{
    buf_put_c(html->out, text);
    html->white_sent = false;
}

static void append_char(struct html_walk *html, char *name, size_t size, char c)
{
    size_t n = strlen(name);
    if (n + 1 >= size) {
        tplc_fail(html->fail, html->line, "a name is too long: %s", name);
        return;
    }
    name[n] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    name[n + 1] = '\0';
}

static void element_open(struct html_walk *html, const char *name)
{
    if (html->depth == TPLC_MAX_DEPTH) {
        tplc_fail(html->fail, html->line, "more than %d elements within each other",
                  TPLC_MAX_DEPTH);
        return;
    }
    struct html_element *element = &html->open[html->depth++];
    memcpy(element->name, name, sizeof element->name);
    element->line = html->line;
}

static void element_close(struct html_walk *html, const char *name)
{
    if (html->depth <= html->base) {
        tplc_fail(html->fail, html->line, "</%s> closes what was not opened in this block", name);
        return;
    }
    const struct html_element *element = &html->open[--html->depth];
    if (strcmp(element->name, name) != 0) {
        tplc_fail(html->fail, html->line, "</%s> comes while <%s> of line %d is open", name,
                  element->name, element->line);
    }
}

static bool inside_svg(const struct html_walk *html)
{
    for (size_t i = 0; i < html->depth; i++) {
        if (strcmp(html->open[i].name, "svg") == 0) {
            return true;
        }
    }
    return strcmp(html->now.tag, "svg") == 0;
}

static void place_after_start_tag(struct html_walk *html)
{
    struct html_place *now = &html->now;
    const char *tag = now->tag;
    now->place = PLACE_TEXT;
    now->json_string = false;
    if (strcmp(tag, "textarea") == 0 || strcmp(tag, "title") == 0) {
        now->place = inside_svg(html) ? PLACE_TEXT : PLACE_RCDATA;
    } else if (strcmp(tag, "script") == 0) {
        now->place = now->script_is_json ? PLACE_JSON : PLACE_EMPTY;
    } else if (strcmp(tag, "iframe") == 0) {
        now->place = PLACE_EMPTY;
    }
    // The HTML parser drops one line break after these tags; ours is there to be dropped, so that
    // a text that begins with one keeps it.
    if (strcmp(tag, "textarea") == 0 || strcmp(tag, "pre") == 0) {
        put_char(html, '\n');
        now->newline_sent = true;
    }
}

static void tag_end(struct html_walk *html)
{
    struct html_place *now = &html->now;
    if (now->tag_ends_element) {
        element_close(html, now->tag);
        put_char(html, '>');
        now->place = PLACE_TEXT;
        return;
    }
    bool is_void = element_is_void(now->tag);
    bool foreign = inside_svg(html);
    if (now->tag_closed_itself && !is_void && !foreign) {
        tplc_fail(html->fail, html->line, "<%s/> does not close itself in HTML: write </%s>",
                  now->tag, now->tag);
    }
    bool closed = now->tag_closed_itself && foreign;
    put_text(html, closed ? "/>" : ">");
    if (is_void || closed) {
        now->place = PLACE_TEXT;
        return;
    }
    place_after_start_tag(html);
    element_open(html, now->tag);
}

// Reads the name after '<' or '</'; returns how many bytes of `rest` it took.
static size_t tag_begin(struct html_walk *html, struct str rest)
{
    struct html_place *now = &html->now;
    size_t n = 1;
    *now = (struct html_place){.place = PLACE_TAG};
    if (n < rest.len && rest.ptr[n] == '/') {
        now->tag_ends_element = true;
        n++;
    }
    while (n < rest.len && !is_space(rest.ptr[n]) && strchr("/>", rest.ptr[n]) == NULL) {
        append_char(html, now->tag, sizeof now->tag, rest.ptr[n]);
        n++;
    }
    char first = now->tag[0];
    if (first < 'a' || first > 'z') {
        tplc_fail(html->fail, html->line, "a lone '<': write &lt;, or no output in a tag's name");
    } else if (n == rest.len) {
        tplc_fail(html->fail, html->line, "no output may stand in or right after a tag's name");
    } else if (element_is_banned(now->tag)) {
        tplc_fail(html->fail, html->line, "<%s> is not allowed in templates", now->tag);
    }
    buf_put(html->out, str_sub(rest, 0, n));
    return n;
}

// <!-- … --> is dropped, <!doctype …> is kept.
static size_t declaration(struct html_walk *html, struct str rest)
{
    bool comment = str_starts(rest, STR("<!--"));
    ptrdiff_t end = comment ? str_find(rest, STR("-->")) : str_find_char(rest, '>');
    if (end < 0) {
        tplc_fail(html->fail, html->line, "no output may stand in a comment or declaration");
        return rest.len;
    }
    if (comment) {
        return (size_t)end + 3;
    }
    buf_put(html->out, str_sub(rest, 0, (size_t)end + 1));
    return (size_t)end + 1;
}

static bool keeps_white(const struct html_walk *html)
{
    for (size_t i = 0; i < html->depth; i++) {
        if (strcmp(html->open[i].name, "pre") == 0) {
            return true;
        }
    }
    return false;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Two letters in a row are a word that a person reads; names of keys, commands and files stand in
// elements of their own.
static void follow_words(struct html_walk *html, char c)
{
    html->entity = c == '&' || (html->entity && (letter(c) || c == '#'));
    html->letters = letter(c) && !html->entity ? html->letters + 1 : 0;
    if (html->words && html->letters == 2) {
        tplc_fail(html->fail, html->line,
                  "words for people stand in {%% t \"...\" %%}, where the "
                  "catalogues of other languages find them");
    }
}

static bool is_code(const struct html_walk *html)
{
    static const char *const CODE[] = {"code", "kbd", "pre", "samp"};
    for (size_t i = 0; i < html->depth; i++) {
        if (in_list(html->open[i].name, CODE, sizeof CODE / sizeof *CODE)) {
            return true;
        }
    }
    return false;
}

static bool attr_is_read(const char *name)
{
    static const char *const READ[] = {"alt",         "aria-description", "aria-label",
                                       "placeholder", "aria-valuetext",   "title"};
    return in_list(name, READ, sizeof READ / sizeof *READ);
}

static size_t walk_text(struct html_walk *html, struct str rest)
{
    char c = rest.ptr[0];
    if (c == '<') {
        html->letters = 0;
    } else if (!is_code(html)) {
        follow_words(html, c);
    }
    if (c == '<') {
        return str_starts(rest, STR("<!")) ? declaration(html, rest) : tag_begin(html, rest);
    }
    if (!is_space(c) || keeps_white(html)) {
        put_char(html, c);
        return 1;
    }
    size_t n = 0;
    bool line_break = false;
    for (; n < rest.len && is_space(rest.ptr[n]); n++) {
        line_break = line_break || rest.ptr[n] == '\n';
    }
    if (!html->white_sent) {
        put_char(html, line_break ? '\n' : ' ');
    }
    return n;
}

static bool at_end_tag(const struct html_walk *html, struct str rest)
{
    const char *name = html->depth > 0 ? html->open[html->depth - 1].name : "";
    return str_starts(rest, STR("</")) && str_istarts(str_from(rest, 2), str_c(name));
}

static size_t walk_raw(struct html_walk *html, struct str rest)
{
    char c = rest.ptr[0];
    struct html_place *now = &html->now;
    if (at_end_tag(html, rest)) {
        return tag_begin(html, rest);
    }
    if (now->place == PLACE_EMPTY && !is_space(c)) {
        tplc_fail(html->fail, html->line, "<%s> must be empty: scripts live in files",
                  html->open[html->depth - 1].name);
    }
    if (now->place == PLACE_JSON && c == '<') {
        tplc_fail(html->fail, html->line, "write < as \\u003c in script data");
    }
    size_t n = now->place == PLACE_JSON && c == '\\' && rest.len > 1 ? 2 : 1;
    now->json_string = now->json_string != (now->place == PLACE_JSON && c == '"');
    buf_put(html->out, str_sub(rest, 0, n));
    html->white_sent = false;
    return n;
}

static void name_begin(struct html_walk *html, char c)
{
    struct html_place *now = &html->now;
    if (strchr("\"'=<", c) != NULL || now->tag_ends_element) {
        tplc_fail(html->fail, html->line, "'%c' is not expected in a tag", c);
    }
    now->place = PLACE_NAME;
    now->attr[0] = '\0';
    append_char(html, now->attr, sizeof now->attr, c);
}

static size_t walk_tag(struct html_walk *html, struct str rest)
{
    char c = rest.ptr[0];
    if (c == '>') {
        tag_end(html);
    } else if (c == '/') {
        html->now.tag_closed_itself = true;
    } else if (!is_space(c)) {
        name_begin(html, c);
    }
    return 1;
}

static void put_name(struct html_walk *html)
{
    struct html_place *now = &html->now;
    now->attr_kind = attr_kind_of(now->tag, now->attr);
    if (strcmp(now->attr, "style") == 0 && ends_with(html->fail->path, "_mail.html")) {
        now->attr_kind = ATTR_LITERAL;  // mail programs know no style sheets, and no CSP of ours
    }
    if (now->attr_kind == ATTR_BANNED) {
        tplc_fail(html->fail, html->line, "the attribute %s is not allowed in templates",
                  now->attr);
    }
    put_char(html, ' ');
    put_text(html, now->attr);
}

static size_t value_begin(struct html_walk *html, struct str rest)
{
    struct html_place *now = &html->now;
    if (rest.len < 2 || (rest.ptr[1] != '"' && rest.ptr[1] != '\'')) {
        tplc_fail(html->fail, html->line, "the value of %s must stand in quotes", now->attr);
        return 1;
    }
    put_name(html);
    put_char(html, '=');
    put_char(html, rest.ptr[1]);
    now->place = PLACE_VALUE;
    now->quote = rest.ptr[1];
    now->url = URL_START;
    now->value[0] = '\0';
    return 2;
}

// At the end of a name: "?=", "=", or an attribute without value.
static size_t walk_name(struct html_walk *html, struct str rest)
{
    struct html_place *now = &html->now;
    char c = rest.ptr[0];
    if (c == '=') {
        return value_begin(html, rest);
    }
    if (c == '?') {
        if (rest.len != 2 || rest.ptr[1] != '=') {
            tplc_fail(html->fail, html->line, "write %s?={{ condition }}", now->attr);
        }
        now->place = PLACE_FLAG;
        return rest.len < 2 ? 1 : 2;
    }
    if (is_space(c) || c == '>' || c == '/') {
        put_name(html);
        now->place = PLACE_TAG;
        return 0;
    }
    append_char(html, now->attr, sizeof now->attr, c);
    return 1;
}

static bool name_letter(char c)
{
    return letter(c) || (c >= '0' && c <= '9');
}

// "/x…", "https://host/…": a path that literal text has begun, so that no value can turn it into
// another scheme or host.
static enum url_stage url_prefix_stage(const char *value)
{
    struct str text = str_c(value);
    if (str_starts(text, STR("https://")) || str_starts(text, STR("http://"))) {
        text = str_from(text, str_starts(text, STR("https://")) ? 8 : 7);
        ptrdiff_t slash = str_find_char(text, '/');
        return slash > 0 ? URL_PATH : URL_LITERAL;
    }
    if (text.len > 0 && (text.ptr[0] == '?' || text.ptr[0] == '#')) {
        return URL_QUERY;
    }
    return text.len > 1 && text.ptr[0] == '/' && name_letter(text.ptr[1]) ? URL_PATH : URL_LITERAL;
}

static void follow_url(struct html_walk *html, char c)
{
    struct html_place *now = &html->now;
    if (now->url == URL_WHOLE) {
        tplc_fail(html->fail, html->line, "nothing may follow a whole URL in %s", now->attr);
    } else if (now->url == URL_START || now->url == URL_LITERAL) {
        now->url = url_prefix_stage(now->value);
    }
    if ((c == '?' || c == '#') && now->url == URL_PATH) {
        now->url = URL_QUERY;
    }
}

static void value_end(struct html_walk *html)
{
    struct html_place *now = &html->now;
    put_char(html, now->quote);
    now->place = PLACE_TAG;
    if (strcmp(now->tag, "script") == 0 && strcmp(now->attr, "type") == 0) {
        now->script_is_json = strcmp(now->value, "application/json") == 0;
    }
    if (now->attr_kind == ATTR_URL &&
        str_istarts(str_trim(str_c(now->value)), STR("javascript:"))) {
        tplc_fail(html->fail, html->line, "no javascript: in %s", now->attr);
    }
    now->value[0] = '\0';
}

static size_t walk_value(struct html_walk *html, struct str rest)
{
    struct html_place *now = &html->now;
    char c = rest.ptr[0];
    if (c == now->quote) {
        html->letters = 0;
        value_end(html);
        return 1;
    }
    put_char(html, c);
    size_t n = strlen(now->value);
    if (n + 1 < sizeof now->value) {
        now->value[n] = c;
        now->value[n + 1] = '\0';
    }
    if (now->attr_kind == ATTR_URL) {
        follow_url(html, c);
    } else if (attr_is_read(now->attr)) {
        follow_words(html, c);
    }
    return 1;
}

static size_t walk_step(struct html_walk *html, struct str rest)
{
    switch (html->now.place) {
    case PLACE_TEXT:
        return walk_text(html, rest);
    case PLACE_RCDATA:
    case PLACE_JSON:
    case PLACE_EMPTY:
        return walk_raw(html, rest);
    case PLACE_TAG:
        return walk_tag(html, rest);
    case PLACE_NAME:
        return walk_name(html, rest);
    case PLACE_FLAG:
        tplc_fail(html->fail, html->line, "%s?= wants {{ condition }}", html->now.attr);
        return 1;
    case PLACE_VALUE:
        return walk_value(html, rest);
    }
    return 1;
}

void html_literal(struct html_walk *html, struct str text, int line)
{
    html->line = line;
    while (text.len > 0 && !html->fail->failed) {
        bool again = html->now.newline_sent && text.ptr[0] == '\n';
        html->now.newline_sent = false;
        size_t n = again ? 1 : walk_step(html, text);
        for (size_t i = 0; i < n; i++) {
            html->line += text.ptr[i] == '\n';
        }
        text = str_from(text, n);
    }
}

void html_settle(struct html_walk *html, int line)
{
    html->line = line;
    html->white_sent = false;
    html->now.newline_sent = false;
    if (html->now.place == PLACE_NAME) {
        put_name(html);
        html->now.place = PLACE_TAG;
    } else if (html->now.place == PLACE_FLAG) {
        tplc_fail(html->fail, line, "%s?= wants {{ condition }}", html->now.attr);
    }
}

static const char *url_put_macro(struct html_walk *html)
{
    struct html_place *now = &html->now;
    switch (now->url) {
    case URL_START:
        now->url = URL_WHOLE;
        return "VIEW_PUT_URL";
    case URL_PATH:
        return "VIEW_PUT_URL_PATH";
    case URL_QUERY:
        return "VIEW_PUT_URL_QUERY";
    case URL_WHOLE:
    case URL_LITERAL:
        break;
    }
    tplc_fail(html->fail, html->line,
              "%s wants one whole struct url, or values after a literal path such as /tickets/",
              now->attr);
    return NULL;
}

static const char *value_put_macro(struct html_walk *html)
{
    if (html->now.attr_kind == ATTR_URL) {
        return url_put_macro(html);
    }
    if (html->now.attr_kind == ATTR_PLAIN) {
        return "VIEW_PUT_ATTR";
    }
    tplc_fail(html->fail, html->line, "the attribute %s takes literal text only", html->now.attr);
    return NULL;
}

const char *html_put_macro(struct html_walk *html)
{
    html->now.newline_sent = false;
    html->white_sent = false;
    switch (html->now.place) {
    case PLACE_TEXT:
        return "VIEW_PUT_TEXT";
    case PLACE_RCDATA:
        return "VIEW_PUT_ATTR";
    case PLACE_JSON:
        if (!html->now.json_string) {
            return "VIEW_PUT_JSON";
        }
        tplc_fail(html->fail, html->line, "leave the quotes out: a text brings its own in JSON");
        return NULL;
    case PLACE_VALUE:
        return value_put_macro(html);
    case PLACE_EMPTY:
    case PLACE_TAG:
    case PLACE_NAME:
    case PLACE_FLAG:
        break;
    }
    tplc_fail(html->fail, html->line, "no output may stand %s", html_place_name(&html->now));
    return NULL;
}

const char *html_words_macro(struct html_walk *html)
{
    const char *macro = html_put_macro(html);
    if (macro == NULL) {
        return NULL;
    }
    if (html->now.place == PLACE_VALUE && html->now.attr_kind == ATTR_URL) {
        tplc_fail(html->fail, html->line, "no words in a URL");
        return NULL;
    }
    return html->now.place == PLACE_JSON ? "view_words_json" : "view_words";
}

bool html_place_meet(struct html_place *a, const struct html_place *b)
{
    bool values = a->place == PLACE_VALUE && b->place == PLACE_VALUE;
    if (values && a->url >= URL_PATH && b->url >= URL_PATH) {
        a->url = a->url < b->url ? a->url : b->url;
    } else if (values && a->attr_kind == ATTR_URL &&
               (a->url != b->url || strcmp(a->value, b->value) != 0)) {
        return false;
    }
    bool tags = a->place >= PLACE_TAG;
    return a->place == b->place && a->json_string == b->json_string &&
           (!tags || strcmp(a->tag, b->tag) == 0) &&
           (a->place <= PLACE_TAG || (strcmp(a->attr, b->attr) == 0 && a->quote == b->quote));
}

const char *html_place_name(const struct html_place *place)
{
    switch (place->place) {
    case PLACE_TEXT:
        return "in text";
    case PLACE_RCDATA:
        return "in a <textarea> or <title>";
    case PLACE_JSON:
        return "in script data";
    case PLACE_EMPTY:
        return "in a script";
    case PLACE_TAG:
        return "between attributes";
    case PLACE_NAME:
        return "in an attribute's name";
    case PLACE_FLAG:
        return "after ?=";
    case PLACE_VALUE:
        return "in an attribute's value";
    }
    return "here";
}
