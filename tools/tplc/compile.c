// SPDX-License-Identifier: GPL-3.0-or-later
//
// Statements, blocks, and the C that comes out. Each template and fragment becomes one function
// `void view_name(struct view *v, …)`; a template with {% body %} becomes two.
#include "tplc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAGMENTS_DEEP 8

enum block_kind { BLOCK_IF, BLOCK_FOR, BLOCK_LET, BLOCK_WRAP, BLOCK_FRAGMENT };

struct block {
    enum block_kind kind;
    int line;
    struct html_place start;  // where it began: what a missing else leaves us with
    struct html_place end;    // where its first branch ended
    bool has_branch, has_else;
    size_t depth, base;  // elements open when it began; base of the outer block
    struct str name, args;
};

struct compiler {
    mem_ctx *ctx;
    struct scanner scanner;
    struct tplc_fail fail;
    struct html_walk html;
    struct buf literal;
    struct buf code[FRAGMENTS_DEEP];  // of the functions being written, innermost last
    size_t code_depth;
    struct buf done, prototypes, uses;
    struct block blocks[TPLC_MAX_DEPTH];
    size_t block_count;
    bool in_template, has_body;
    struct str name, params;
    int template_line;
};

void tplc_fail(struct tplc_fail *fail, int line, const char *fmt, ...)
{
    if (fail->failed) {
        return;
    }
    fail->failed = true;
    int n = snprintf(fail->message, sizeof fail->message, "%s:%d: ", fail->path, line);
    va_list args;
    va_start(args, fmt);
    if (n > 0 && (size_t)n < sizeof fail->message) {
        (void)vsnprintf(fail->message + n, sizeof fail->message - (size_t)n, fmt, args);
    }
    va_end(args);
}

static struct buf *code(struct compiler *c)
{
    return &c->code[c->code_depth];
}

static void put_c_string(struct buf *out, struct str text)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        if (ch == '"' || ch == '\\') {
            buf_put_char(out, '\\');
            buf_put_char(out, (char)ch);
        } else if (ch == '\n') {
            buf_put_c(out, "\\n");
        } else if (ch < ' ' || ch == '?') {
            buf_printf(out, "\\%03o", ch);
        } else {
            buf_put_char(out, (char)ch);
        }
    }
    buf_put_char(out, '"');
}

static void flush_literal(struct compiler *c)
{
    struct str text = buf_str(&c->literal);
    if (text.len > 0) {
        buf_put_c(code(c), "    buf_put(v->out, STR(");
        put_c_string(code(c), text);
        buf_put_c(code(c), "));\n");
    }
    buf_reset(&c->literal);
}

// What follows is C that came from this line of the template.
static void put_line(struct compiler *c, int line)
{
    flush_literal(c);
    buf_printf(code(c), "#line %d ", line);
    put_c_string(code(c), str_c(c->fail.path));
    buf_put_char(code(c), '\n');
}

static void put_signature(struct buf *out, struct str name, const char *suffix, struct str params)
{
    buf_printf(out, "void view_" STR_FMT "%s(struct view *v", STR_ARG(name), suffix);
    if (params.len > 0) {
        buf_printf(out, ", " STR_FMT, STR_ARG(params));
    }
    buf_put_char(out, ')');
}

static void put_call(struct compiler *c, int line, struct str name, const char *suffix,
                     struct str args)
{
    put_line(c, line);
    buf_printf(code(c), "    view_" STR_FMT "%s(v%s" STR_FMT ");\n", STR_ARG(name), suffix,
               args.len > 0 ? ", " : "", STR_ARG(args));
}

// The names of parameters, which are also the arguments where a fragment stands in its page.
static struct str params_names(struct compiler *c, struct str params)
{
    struct buf names;
    buf_init(&names, c->ctx, TPLC_MAX_SOURCE);
    struct str rest = params.len > 0 ? params : STR_NONE;
    struct str param;
    while (str_next(&rest, ',', &param)) {
        param = str_trim(param);
        size_t n = param.len;
        while (n > 0 && strchr(" *\t", param.ptr[n - 1]) == NULL) {
            n--;
        }
        buf_put_c(&names, names.len > 0 ? ", " : "");
        buf_put(&names, str_from(param, n));
    }
    return names.len > 0 ? buf_str(&names) : STR_NONE;
}

static void function_begin(struct compiler *c, int line, struct str name, const char *suffix,
                           struct str params)
{
    put_signature(&c->prototypes, name, suffix, params);
    buf_put_c(&c->prototypes, ";\n");
    buf_printf(code(c), "\n#line %d ", line);
    put_c_string(code(c), str_c(c->fail.path));
    buf_put_char(code(c), '\n');
    put_signature(code(c), name, suffix, params);
    buf_put_c(code(c), "\n{\n    (void)v;\n");
    struct str names = params_names(c, params);
    struct str one;
    while (str_next(&names, ',', &one)) {
        buf_printf(code(c), "    (void)" STR_FMT ";\n", STR_ARG(str_trim(one)));
    }
}

static void function_end(struct compiler *c)
{
    flush_literal(c);
    buf_put_c(code(c), "}\n");
    buf_put(&c->done, buf_str(code(c)));
    buf_reset(code(c));
}

// "name(inner)" → name, inner.
static bool split_call(struct compiler *c, struct str text, int line, struct str *ret_name,
                       struct str *ret_inner)
{
    ptrdiff_t open = str_find_char(text, '(');
    if (open < 0 || text.ptr[text.len - 1] != ')') {
        tplc_fail(&c->fail, line, "write name(…), not '" STR_FMT "'", STR_ARG(text));
        return false;
    }
    *ret_name = str_trim(str_sub(text, 0, (size_t)open));
    *ret_inner = str_trim(str_sub(text, (size_t)open + 1, text.len - (size_t)open - 2));
    return name_check(&c->fail, line, *ret_name, "the name of a template");
}

static bool params_check(struct compiler *c, struct str params, int line)
{
    for (size_t i = 0; i < params.len; i++) {
        if (strchr("(){};#\"\n", params.ptr[i]) != NULL) {
            tplc_fail(&c->fail, line, "parameters are plain: const struct x *name, int n");
            return false;
        }
    }
    return true;
}

static bool wants_text(struct compiler *c, struct str word, int line)
{
    if (c->html.now.place != PLACE_TEXT) {
        tplc_fail(&c->fail, line, STR_FMT " may stand in text only, not %s", STR_ARG(word),
                  html_place_name(&c->html.now));
        return false;
    }
    return true;
}

static void block_push(struct compiler *c, enum block_kind kind, int line)
{
    if (c->block_count == TPLC_MAX_DEPTH) {
        tplc_fail(&c->fail, line, "more than %d blocks within each other", TPLC_MAX_DEPTH);
        return;
    }
    c->blocks[c->block_count++] = (struct block){.kind = kind,
                                                 .line = line,
                                                 .start = c->html.now,
                                                 .depth = c->html.depth,
                                                 .base = c->html.base};
    c->html.base = c->html.depth;
}

static void elements_closed(struct compiler *c, size_t depth, int line)
{
    if (c->html.depth > depth) {
        const struct html_element *open = &c->html.open[c->html.depth - 1];
        tplc_fail(&c->fail, line, "<%s> of line %d is still open here", open->name, open->line);
    }
}

// One way through a block ends here; all ways must end at the same place in HTML.
static void branch_end(struct compiler *c, struct block *block, int line)
{
    elements_closed(c, block->depth, line);
    if (!block->has_branch) {
        block->end = c->html.now;
        block->has_branch = true;
    } else if (!html_place_meet(&block->end, &c->html.now)) {
        tplc_fail(&c->fail, line, "the ways through this block (line %d) end differently: %s or %s",
                  block->line, html_place_name(&block->end), html_place_name(&c->html.now));
    }
}

static void do_if(struct compiler *c, struct str cond, int line)
{
    if (expr_check(&c->fail, line, cond, EXPR_CONDITION)) {
        put_line(c, line);
        buf_printf(code(c), "    if (" STR_FMT ") {\n", STR_ARG(cond));
        block_push(c, BLOCK_IF, line);
    }
}

static void do_else(struct compiler *c, struct str word, struct str cond, int line)
{
    struct block *block = c->block_count > 0 ? &c->blocks[c->block_count - 1] : NULL;
    if (block == NULL || block->kind != BLOCK_IF || block->has_else) {
        tplc_fail(&c->fail, line, STR_FMT " without an open if", STR_ARG(word));
        return;
    }
    branch_end(c, block, line);
    c->html.now = block->start;
    block->has_else = str_eq_c(word, "else");
    put_line(c, line);
    if (block->has_else) {
        buf_put_c(code(c), "    } else {\n");
    } else if (expr_check(&c->fail, line, cond, EXPR_CONDITION)) {
        buf_printf(code(c), "    } else if (" STR_FMT ") {\n", STR_ARG(cond));
    }
}

// {% for item in array count n %}
static void do_for(struct compiler *c, struct str rest, int line)
{
    ptrdiff_t in = str_find(rest, STR(" in "));
    ptrdiff_t count = str_find(rest, STR(" count "));
    if (in < 0 || count < in) {
        tplc_fail(&c->fail, line, "write {%% for item in array count n %%}");
        return;
    }
    struct str item = str_trim(str_sub(rest, 0, (size_t)in));
    struct str array = str_trim(str_sub(rest, (size_t)in + 4, (size_t)(count - in) - 4));
    struct str n = str_trim(str_from(rest, (size_t)count + 7));
    if (!name_check(&c->fail, line, item, "a variable") ||
        !expr_check(&c->fail, line, array, EXPR_VALUE) ||
        !expr_check(&c->fail, line, n, EXPR_VALUE)) {
        return;
    }
    put_line(c, line);
    buf_printf(code(c),
               "    for (size_t " STR_FMT "_index = 0; " STR_FMT "_index < (size_t)(" STR_FMT
               "); " STR_FMT "_index++) { const __auto_type " STR_FMT " UNUSED = &(" STR_FMT
               ")[" STR_FMT "_index];\n",
               STR_ARG(item), STR_ARG(item), STR_ARG(n), STR_ARG(item), STR_ARG(item),
               STR_ARG(array), STR_ARG(item));
    block_push(c, BLOCK_FOR, line);
}

// {% let name = expr %} … {% end %}
static void do_let(struct compiler *c, struct str rest, int line)
{
    struct str name;
    struct str value;
    str_cut(rest, '=', &name, &value);
    name = str_trim(name);
    value = str_trim(value);
    if (name_check(&c->fail, line, name, "a variable") &&
        expr_check(&c->fail, line, value, EXPR_CONDITION)) {
        put_line(c, line);
        buf_printf(code(c), "    { const __auto_type " STR_FMT " UNUSED = " STR_FMT ";\n",
                   STR_ARG(name), STR_ARG(value));
        block_push(c, BLOCK_LET, line);
    }
}

static void do_include(struct compiler *c, struct str word, struct str rest, int line)
{
    struct str name;
    struct str args;
    if (!wants_text(c, word, line) || !split_call(c, rest, line, &name, &args) ||
        !expr_check(&c->fail, line, args, EXPR_ARGS)) {
        return;
    }
    bool wrap = str_eq_c(word, "wrap");
    put_call(c, line, name, wrap ? "_begin" : "", args);
    if (wrap) {
        block_push(c, BLOCK_WRAP, line);
        c->blocks[c->block_count - 1].name = name;
        c->blocks[c->block_count - 1].args = args;
    }
}

static void do_fragment(struct compiler *c, struct str word, struct str rest, int line)
{
    struct str name;
    struct str params;
    if (!wants_text(c, word, line) || !split_call(c, rest, line, &name, &params) ||
        !params_check(c, params, line)) {
        return;
    }
    if (c->code_depth + 1 == FRAGMENTS_DEEP) {
        tplc_fail(&c->fail, line, "fragments nested too deeply");
        return;
    }
    put_call(c, line, name, "", params_names(c, params));
    block_push(c, BLOCK_FRAGMENT, line);
    c->code_depth++;
    function_begin(c, line, name, "", params);
}

static void do_end(struct compiler *c, int line)
{
    if (c->block_count == 0) {
        tplc_fail(&c->fail, line, "end without an open block");
        return;
    }
    struct block *block = &c->blocks[--c->block_count];
    branch_end(c, block, line);
    if ((block->kind == BLOCK_IF && !block->has_else) || block->kind == BLOCK_FOR) {
        c->html.now = block->start;
        branch_end(c, block, line);
    } else if (block->kind == BLOCK_WRAP || block->kind == BLOCK_FRAGMENT) {
        wants_text(c, STR("end"), line);
    }
    c->html.now = block->end;
    c->html.base = block->base;
    flush_literal(c);
    if (block->kind == BLOCK_FRAGMENT) {
        function_end(c);
        c->code_depth--;
    } else if (block->kind == BLOCK_WRAP) {
        put_call(c, line, block->name, "_end", block->args);
    } else {
        buf_put_c(code(c), "    }\n");
    }
}

static void do_body(struct compiler *c, struct str word, int line)
{
    if (!wants_text(c, word, line)) {
        return;
    }
    for (size_t i = 0; i < c->block_count; i++) {
        if (c->blocks[i].kind != BLOCK_WRAP) {
            tplc_fail(&c->fail, line, "body may stand in wrap only, in no other block");
            return;
        }
    }
    if (c->has_body) {
        tplc_fail(&c->fail, line, "body stands once in a template");
        return;
    }
    c->has_body = true;
    function_end(c);
    function_begin(c, line, c->name, "_end", c->params);
}

static void template_end(struct compiler *c, int line)
{
    if (!c->in_template || c->fail.failed) {
        return;
    }
    if (c->block_count > 0) {
        tplc_fail(&c->fail, c->blocks[c->block_count - 1].line, "this block is never ended");
    } else if (c->html.now.place != PLACE_TEXT) {
        tplc_fail(&c->fail, line, "the template ends %s", html_place_name(&c->html.now));
    }
    elements_closed(c, 0, line);
    function_end(c);
    c->in_template = false;
}

// Whether the template that begins here has a {% body %}: its functions are named after that.
static bool body_ahead(const struct compiler *c)
{
    struct scanner ahead = c->scanner;
    struct tplc_fail ignored = {.path = ""};
    ahead.fail = &ignored;
    for (;;) {
        struct token token = scan_next(&ahead);
        struct str word = token.kind == TOKEN_STATEMENT ? statement_word(token.text) : STR_NONE;
        if (token.kind == TOKEN_END || str_eq_c(word, "template")) {
            return false;
        }
        if (str_eq_c(word, "body")) {
            return true;
        }
    }
}

static void do_template(struct compiler *c, struct str rest, int line)
{
    template_end(c, line);
    if (!split_call(c, rest, line, &c->name, &c->params) || !params_check(c, c->params, line)) {
        return;
    }
    c->in_template = true;
    c->has_body = false;
    c->html.now = (struct html_place){.place = PLACE_TEXT};
    c->html.depth = 0;
    c->html.base = 0;
    c->html.white_sent = true;
    function_begin(c, line, c->name, body_ahead(c) ? "_begin" : "", c->params);
}

static void do_use(struct compiler *c, struct str rest, int line)
{
    struct str header;
    if (!expr_take_string(&rest, &header) || rest.len > 0) {
        tplc_fail(&c->fail, line, "write {%% use \"folder/header.h\" %%}");
        return;
    }
    buf_printf(&c->uses, "#include \"" STR_FMT "\"\n", STR_ARG(header));
}

// Each {name} in the words must be given, and each one given must be in the words.
static void words_check(struct compiler *c, struct str words, struct str args, int line)
{
    size_t given = 0;
    struct str rest = args.len > 0 ? args : STR_NONE;
    struct str arg;
    while (expr_next_arg(&rest, &arg)) {
        struct str name;
        struct str value;
        str_cut(arg, '=', &name, &value);
        struct str braced = str_printf(c->ctx, "{" STR_FMT "}", STR_ARG(str_trim(name)));
        if (!name_check(&c->fail, line, str_trim(name), "a word's name") ||
            !expr_check(&c->fail, line, value, EXPR_VALUE)) {
            return;
        }
        if (str_find(words, braced) < 0) {
            tplc_fail(&c->fail, line, STR_FMT " is not in the words", STR_ARG(braced));
        }
        given++;
    }
    size_t wanted = 0;
    for (size_t i = 0; i < words.len; i++) {
        bool again =
            str_find(str_sub(words, 0, i),
                     str_sub(words, i, (size_t)(str_find_char(str_from(words, i), '}') + 1))) >= 0;
        wanted += words.ptr[i] == '{' && !again;
    }
    if (wanted != given) {
        tplc_fail(&c->fail, line, "the words have %zu names in braces, but %zu are given", wanted,
                  given);
    }
}

// {% t "One ticket for {name}|{n} tickets for {name}" n=count, name=vm->name %}
static void do_words(struct compiler *c, struct str rest, int line)
{
    struct str words;
    if (!expr_take_string(&rest, &words)) {
        tplc_fail(&c->fail, line, "write {%% t \"Words\" %%}");
        return;
    }
    rest = str_trim(rest);
    words_check(c, words, rest, line);
    const char *function = html_words_macro(&c->html);
    if (function == NULL) {
        return;
    }
    put_line(c, line);
    buf_printf(code(c), "    %s(v, \"" STR_FMT "\", ", function, STR_ARG(words));
    if (rest.len == 0) {
        buf_put_c(code(c), "NULL, 0);\n");
        return;
    }
    buf_put_c(code(c), "(const struct view_arg[]){");
    size_t n = 0;
    struct str arg;
    while (expr_next_arg(&rest, &arg)) {
        struct str name;
        struct str value;
        str_cut(arg, '=', &name, &value);
        buf_printf(code(c), "%s{\"" STR_FMT "\", VIEW_VALUE(" STR_FMT ")}", n++ > 0 ? ", " : "",
                   STR_ARG(str_trim(name)), STR_ARG(value));
    }
    buf_printf(code(c), "}, %zu);\n", n);
}

static void do_output(struct compiler *c, struct str expr, int line)
{
    c->html.line = line;
    bool flag = c->html.now.place == PLACE_FLAG;
    if (!expr_check(&c->fail, line, expr, flag ? EXPR_CONDITION : EXPR_VALUE)) {
        return;
    }
    if (flag) {
        put_line(c, line);
        buf_printf(code(c), "    if (" STR_FMT ") {\n    buf_put(v->out, STR(\" %s\"));\n    }\n",
                   STR_ARG(expr), c->html.now.attr);
        c->html.now.place = PLACE_TAG;
        return;
    }
    const char *macro = html_put_macro(&c->html);
    if (macro != NULL) {
        put_line(c, line);
        buf_printf(code(c), "    %s(v, " STR_FMT ");\n", macro, STR_ARG(expr));
    }
}

static void do_statement(struct compiler *c, struct str text, int line)
{
    struct str word = statement_word(text);
    struct str rest = str_trim(str_from(text, word.len));
    if (str_eq_c(word, "use")) {
        do_use(c, rest, line);
    } else if (str_eq_c(word, "template")) {
        do_template(c, rest, line);
    } else if (!c->in_template) {
        tplc_fail(&c->fail, line, "begin with {%% template name(parameters) %%}");
    } else if (str_eq_c(word, "t")) {
        do_words(c, rest, line);
    } else {
        html_settle(&c->html, line);
        if (str_eq_c(word, "if")) {
            do_if(c, rest, line);
        } else if (str_eq_c(word, "elif") || (str_eq_c(word, "else") && rest.len == 0)) {
            do_else(c, word, rest, line);
        } else if (str_eq_c(word, "for")) {
            do_for(c, rest, line);
        } else if (str_eq_c(word, "let")) {
            do_let(c, rest, line);
        } else if (str_eq_c(word, "include") || str_eq_c(word, "wrap")) {
            do_include(c, word, rest, line);
        } else if (str_eq_c(word, "fragment")) {
            do_fragment(c, word, rest, line);
        } else if (str_eq_c(word, "body") && rest.len == 0) {
            do_body(c, word, line);
        } else if (str_eq_c(word, "end") && rest.len == 0) {
            do_end(c, line);
        } else {
            tplc_fail(&c->fail, line, "no such statement: '" STR_FMT "'", STR_ARG(text));
        }
    }
}

static void compile_tokens(struct compiler *c)
{
    struct token token = {.kind = TOKEN_LITERAL};
    while (token.kind != TOKEN_END && !c->fail.failed) {
        token = scan_next(&c->scanner);
        if (c->fail.failed || token.kind == TOKEN_END) {
            break;
        }
        if (token.kind == TOKEN_STATEMENT) {
            do_statement(c, token.text, token.line);
        } else if (!c->in_template) {
            if (token.kind == TOKEN_OUTPUT || str_trim(token.text).len > 0) {
                tplc_fail(&c->fail, token.line, "begin with {%% template name(parameters) %%}");
            }
        } else if (token.kind == TOKEN_OUTPUT) {
            do_output(c, token.text, token.line);
        } else {
            html_literal(&c->html, token.text, token.line);
        }
    }
    template_end(c, c->scanner.line);
}

static void put_files(struct compiler *c, const char *header_name, struct str *ret_header,
                      struct str *ret_source)
{
    struct buf header;
    struct buf source;
    buf_init(&header, c->ctx, 16 * TPLC_MAX_SOURCE);
    buf_init(&source, c->ctx, 16 * TPLC_MAX_SOURCE);
    buf_printf(&header, "// Generated by tplc from %s. Do not edit.\n#pragma once\n", c->fail.path);
    buf_put_c(&header, "#include \"view/view.h\"\n");
    buf_put(&header, buf_str(&c->uses));
    buf_put_char(&header, '\n');
    buf_put(&header, buf_str(&c->prototypes));
    buf_printf(&source, "// Generated by tplc from %s. Do not edit.\n", c->fail.path);
    buf_printf(&source, "#include \"%s\"\n#include \"view/put.h\"\n", header_name);
    buf_put(&source, buf_str(&c->done));
    *ret_header = buf_str(&header);
    *ret_source = buf_str(&source);
}

bool tplc_compile(mem_ctx *ctx, const char *path, struct str text,
                  const struct tplc_options *options, struct str *ret_header,
                  struct str *ret_source, struct error *err)
{
    struct compiler *c = mem_new(ctx, struct compiler);
    c->ctx = ctx;
    c->fail.path = path;
    c->scanner = (struct scanner){text, 0, 1, true, &c->fail};
    c->html.out = &c->literal;
    c->html.fail = &c->fail;
    c->html.words = options->words;
    struct buf *buffers[] = {&c->literal, &c->done, &c->prototypes, &c->uses};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        buf_init(buffers[i], ctx, 16 * TPLC_MAX_SOURCE);
    }
    for (size_t i = 0; i < FRAGMENTS_DEEP; i++) {
        buf_init(&c->code[i], ctx, 16 * TPLC_MAX_SOURCE);
    }
    if (text.len > TPLC_MAX_SOURCE || !str_utf8_valid(text) || str_find_char(text, '\0') >= 0) {
        tplc_fail(&c->fail, 1, "not a text of at most 1 MiB in UTF-8");
    }
    compile_tokens(c);
    if (c->fail.failed) {
        return error_set(err, ERR_INVALID, "%s", c->fail.message);
    }
    put_files(c, options->header_name, ret_header, ret_source);
    return true;
}
