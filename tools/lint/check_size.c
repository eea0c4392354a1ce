// SPDX-License-Identifier: GPL-3.0-or-later
//
// check_size FILE...: the limits of size in the house rules. Any file: 900 lines. In C, each
// function: 100 lines from its opening to its closing brace, 15 paths (1 and one more for each if,
// for, while, switch and ?; a switch counts once, being a table), control structures nested 4 deep,
// 6 parameters (outputs named ret… and the `err` that everything fallible has are not counted, nor
// are those of a callback, which begin with its closure `cls`: they are not its own choice). Prints
// FILE:LINE: what is too big, exits with 1 if anything is. There is no list of exceptions.
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_LINES 900
#define MAX_FUNCTION_LINES 100
#define MAX_PATHS 15
#define MAX_NESTING 4
#define MAX_PARAMETERS 6

#define MAX_DEPTH 256
#define NAME_LENGTH 100

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_MARK };

struct token {
    enum token_kind kind;
    int line;
    char text[NAME_LENGTH];  // the word, or the mark of one character
};

struct scanner {
    const char *at;
    int line;
    bool line_start;
};

// A pair of parentheses being read or just closed.
struct group {
    char before[NAME_LENGTH];  // the word in front of it: a function's name, or `if`
    int parameters;
    bool callback;  // the first parameter is the closure of somebody else's callback type
};

struct function {
    char name[NAME_LENGTH];
    int line;
    int parameters;
    int paths;
    int nesting;
};

struct reader {
    const char *path;
    struct scanner scan;
    struct token previous;
    struct group groups[MAX_DEPTH];
    int group_depth;
    struct group closed;      // the group that ended last
    bool control[MAX_DEPTH];  // whether the brace at each depth belongs to a control structure
    int depth;
    int control_depth;
    int function_depth;  // depth inside the function being read, 0 outside of any
    struct function function;
    bool good;
};

static void skip_line(struct scanner *scan)
{
    while (*scan->at != '\0' && *scan->at != '\n') {
        if (scan->at[0] == '\\' && scan->at[1] == '\n') {
            scan->at++;
            scan->line++;
        }
        scan->at++;
    }
}

static void skip_comment(struct scanner *scan)
{
    scan->at += 2;
    while (*scan->at != '\0' && strncmp(scan->at, "*/", 2) != 0) {
        scan->line += *scan->at == '\n';
        scan->at++;
    }
    scan->at += *scan->at == '\0' ? 0 : 2;
}

static void skip_quoted(struct scanner *scan)
{
    char quote = *scan->at++;
    while (*scan->at != '\0' && *scan->at != quote && *scan->at != '\n') {
        scan->at += scan->at[0] == '\\' && scan->at[1] != '\0' ? 2 : 1;
    }
    scan->at += *scan->at == quote ? 1 : 0;
}

// Passes what is no token: space, comments, quoted text, preprocessor lines.
static void skip_empty(struct scanner *scan)
{
    for (;;) {
        char c = *scan->at;
        if (c == '\n') {
            scan->line++;
            scan->line_start = true;
            scan->at++;
        } else if (isspace((unsigned char)c)) {
            scan->at++;
        } else if (strncmp(scan->at, "//", 2) == 0 || (c == '#' && scan->line_start)) {
            skip_line(scan);
        } else if (strncmp(scan->at, "/*", 2) == 0) {
            skip_comment(scan);
        } else if (c == '"' || c == '\'') {
            skip_quoted(scan);
        } else {
            return;
        }
    }
}

static struct token next_token(struct scanner *scan)
{
    skip_empty(scan);
    struct token token = {.kind = TOKEN_END, .line = scan->line};
    const char *start = scan->at;
    if (*start == '\0') {
        return token;
    }
    scan->line_start = false;
    if (isalnum((unsigned char)*start) || *start == '_') {
        token.kind = TOKEN_WORD;
        while (isalnum((unsigned char)*scan->at) || *scan->at == '_') {
            scan->at++;
        }
    } else {
        token.kind = TOKEN_MARK;
        scan->at++;
    }
    size_t length = (size_t)(scan->at - start);
    if (length >= NAME_LENGTH) {
        length = NAME_LENGTH - 1;
    }
    memcpy(token.text, start, length);
    return token;
}

static bool is(const struct token *token, const char *text)
{
    return strcmp(token->text, text) == 0;
}

static bool is_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static void limit(struct reader *reader, const char *what, int value, int most)
{
    if (value > most) {
        printf("%s:%d: %s: %d %s, at most %d\n", reader->path, reader->function.line,
               reader->function.name, value, what, most);
        reader->good = false;
    }
}

static void open_group(struct reader *reader)
{
    if (reader->group_depth == MAX_DEPTH) {
        return;
    }
    struct group *group = &reader->groups[reader->group_depth++];
    memset(group, 0, sizeof(*group));
    if (reader->previous.kind == TOKEN_WORD) {
        memcpy(group->before, reader->previous.text, NAME_LENGTH);
    }
}

// Counts the parameter that ends here, by its name: the last token before the comma.
static void end_parameter(struct reader *reader)
{
    const char *name = reader->previous.text;
    bool none = strcmp(name, "(") == 0 || strcmp(name, "void") == 0;
    bool by_convention = strcmp(name, "err") == 0 || strncmp(name, "ret", 3) == 0;
    if (reader->group_depth > 0 && !none && !by_convention) {
        struct group *group = &reader->groups[reader->group_depth - 1];
        group->callback = group->callback || (group->parameters == 0 && strcmp(name, "cls") == 0);
        group->parameters++;
    }
}

static void close_group(struct reader *reader)
{
    end_parameter(reader);
    if (reader->group_depth > 0) {
        reader->closed = reader->groups[--reader->group_depth];
    }
}

static void begin_function(struct reader *reader, int line)
{
    reader->function_depth = reader->depth;
    reader->control_depth = 0;
    reader->function = (struct function){
        .line = line,
        .parameters = reader->closed.callback ? 0 : reader->closed.parameters,
        .paths = 1,
    };
    memcpy(reader->function.name, reader->closed.before, NAME_LENGTH);
}

static void end_function(struct reader *reader, int line)
{
    limit(reader, "lines", line - reader->function.line + 1, MAX_FUNCTION_LINES);
    limit(reader, "paths", reader->function.paths, MAX_PATHS);
    limit(reader, "levels of nesting", reader->function.nesting, MAX_NESTING);
    limit(reader, "parameters", reader->function.parameters, MAX_PARAMETERS);
    reader->function_depth = 0;
}

static void open_brace(struct reader *reader, const struct token *token)
{
    static const char *const heads[] = {"if", "for", "while", "switch", NULL};
    static const char *const bare[] = {"else", "do", NULL};
    const struct token *previous = &reader->previous;
    bool after_head = is(previous, ")") && is_any(reader->closed.before, heads);
    bool control = after_head || is_any(previous->text, bare);
    if (reader->depth + 1 == MAX_DEPTH) {
        return;
    }
    reader->control[++reader->depth] = control;
    if (reader->depth == 1 && is(previous, ")")) {
        begin_function(reader, token->line);
    } else if (control && reader->function_depth > 0) {
        reader->control_depth++;
        if (reader->control_depth > reader->function.nesting) {
            reader->function.nesting = reader->control_depth;
        }
    }
}

static void close_brace(struct reader *reader, const struct token *token)
{
    if (reader->depth == 0) {
        return;
    }
    if (reader->function_depth == reader->depth) {
        end_function(reader, token->line);
    } else if (reader->control[reader->depth] && reader->function_depth > 0) {
        reader->control_depth--;
    }
    reader->depth--;
}

static void read_token(struct reader *reader, const struct token *token)
{
    static const char *const forks[] = {"if", "for", "while", "switch", "?", NULL};
    if (is_any(token->text, forks)) {
        reader->function.paths++;
    }
    if (is(token, "(")) {
        open_group(reader);
    } else if (is(token, ")")) {
        close_group(reader);
    } else if (is(token, ",")) {
        end_parameter(reader);
    } else if (is(token, "{")) {
        open_brace(reader, token);
    } else if (is(token, "}")) {
        close_brace(reader, token);
    }
    reader->previous = *token;
}

static void check_functions(struct reader *reader)
{
    for (;;) {
        struct token token = next_token(&reader->scan);
        if (token.kind == TOKEN_END) {
            return;
        }
        read_token(reader, &token);
    }
}

static int count_lines(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "check_size: cannot read %s\n", path);
        exit(2);
    }
    long size = ftell(file);
    char *text = size < 0 ? NULL : calloc(1, (size_t)size + 1);
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "check_size: cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    return text;
}

static bool check_file(const char *path)
{
    char *text = read_file(path);
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        exit(2);
    }
    reader->path = path;
    reader->good = true;
    reader->scan = (struct scanner){.at = text, .line = 1, .line_start = true};
    int lines = count_lines(text);
    if (lines > MAX_FILE_LINES) {
        printf("%s: %d lines, at most %d\n", path, lines, MAX_FILE_LINES);
        reader->good = false;
    }
    const char *dot = strrchr(path, '.');
    if (dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0)) {
        check_functions(reader);
    }
    bool good = reader->good;
    free(reader);
    free(text);
    return good;
}

int main(int argc, char **argv)
{
    bool good = true;
    for (int i = 1; i < argc; i++) {
        good = check_file(argv[i]) && good;
    }
    return good ? 0 : 1;
}
