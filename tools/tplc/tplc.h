// SPDX-License-Identifier: GPL-3.0-or-later
//
// tplc turns HTML templates into C. It owns the grammar of templates and the knowledge of where in
// HTML a value stands; which types may stand there is decided by the C compiler through the macros
// of view/put.h. tools/README.md is its manual.
//
//   scan.c     text into literals, outputs and statements
//   html.c     literals into the place they leave us at, and which places are forbidden
//   expr.c     the small part of C that templates may use
//   compile.c  statements, blocks, and the C that comes out
#ifndef STEWARD_TPLC_H
#define STEWARD_TPLC_H

#include "base/buf.h"
#include "base/error.h"

#define TPLC_MAX_SOURCE ((size_t)1 << 20)
#define TPLC_MAX_DEPTH 64  // blocks, and elements open at once

struct tplc_options {
    const char *header_name;  // what the C file includes
    bool words;  // words for people must stand in {% t %}, so that catalogues have them
};

// Compiles one template file. `path` is what error messages and #line directives name. On failure
// the message is "path:line: what".
MUST_CHECK bool tplc_compile(mem_ctx *ctx, const char *path, struct str text,
                             const struct tplc_options *options, struct str *ret_header,
                             struct str *ret_source, struct error *err);

// The first failure of a compilation; later ones are ignored, so that callers need one check.
struct tplc_fail {
    bool failed;
    const char *path;
    char message[400];
};
void tplc_fail(struct tplc_fail *fail, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

// --- scan.c ---

enum token_kind { TOKEN_END, TOKEN_LITERAL, TOKEN_OUTPUT, TOKEN_STATEMENT };

struct token {
    enum token_kind kind;
    struct str text;  // the literal, or what stands between the braces, trimmed
    int line;
};

struct scanner {
    struct str source;
    size_t at;
    int line;
    bool line_start;  // only white space since the last line break
    struct tplc_fail *fail;
};

// The next token; comments {# #} are passed over. A block statement that stands alone on its line
// takes the whole line with it.
struct token scan_next(struct scanner *scanner);
// The first word of a statement.
struct str statement_word(struct str statement);

// --- html.c ---

enum place {
    PLACE_TEXT,
    PLACE_RCDATA,  // inside <textarea> or <title>
    PLACE_JSON,    // inside <script type="application/json">
    PLACE_EMPTY,   // inside an element whose content must be literal white space: <script src>
    PLACE_TAG,     // between the attributes of a tag
    PLACE_NAME,    // in an attribute's name
    PLACE_FLAG,    // after `name?=`
    PLACE_VALUE,   // in a quoted attribute value
};

enum attr_kind { ATTR_PLAIN, ATTR_URL, ATTR_LITERAL, ATTR_BANNED };
// What of a URL value has been written: nothing; a whole checked URL; text after which only
// literals may come; a path prefix; a query or fragment.
enum url_stage { URL_START, URL_WHOLE, URL_LITERAL, URL_PATH, URL_QUERY };

#define HTML_NAME_MAX 40
#define HTML_VALUE_MAX 64

// Where in HTML we are. Plain data: copied at branches and compared where they meet.
struct html_place {
    enum place place;
    char quote;
    enum attr_kind attr_kind;
    enum url_stage url;
    bool json_string;
    bool tag_ends_element;   // inside </…
    bool tag_closed_itself;  // a '/' stands before the next '>'
    bool script_is_json;
    bool newline_sent;  // <pre> or <textarea> has just begun
    char tag[HTML_NAME_MAX];
    char attr[HTML_NAME_MAX];
    char value[HTML_VALUE_MAX];  // the first bytes of the attribute's literal value
};

struct html_element {
    char name[HTML_NAME_MAX];
    int line;
};

struct html_walk {
    struct html_place now;
    struct html_element open[TPLC_MAX_DEPTH];
    size_t depth;
    size_t base;      // elements below may not be closed here: they belong to the outer block
    bool white_sent;  // the last byte written was collapsible white space
    struct buf *out;  // literal output
    int line;
    bool words;        // literal words for people are failures
    bool entity;       // between '&' and ';'
    unsigned letters;  // that stand in a row here
    struct tplc_fail *fail;
};

// Follows a literal and appends what is to be written of it. The attribute's name of `name?=` is
// left in now.attr.
void html_literal(struct html_walk *html, struct str text, int line);
// Before a statement: a name without a value ends here.
void html_settle(struct html_walk *html, int line);
// The macro of view/put.h that writes a value here, or NULL after tplc_fail().
const char *html_put_macro(struct html_walk *html);
// The same for translated text.
const char *html_words_macro(struct html_walk *html);
// Whether two branches end alike; equalises URL stages that differ only harmlessly.
bool html_place_meet(struct html_place *a, const struct html_place *b);
const char *html_place_name(const struct html_place *place);

// --- expr.c ---

enum expr_use { EXPR_VALUE, EXPR_CONDITION, EXPR_ARGS };
// Whether `expr` stays within the safe part of C for that use; fails with a message otherwise.
bool expr_check(struct tplc_fail *fail, int line, struct str expr, enum expr_use use);
bool name_check(struct tplc_fail *fail, int line, struct str name, const char *what);
// Takes a leading "quoted" text off *rest, without its quotes but with its escapes.
bool expr_take_string(struct str *rest, struct str *ret);
// Takes the part before the next comma that is in no brackets or quotes.
bool expr_next_arg(struct str *rest, struct str *ret);

#endif
