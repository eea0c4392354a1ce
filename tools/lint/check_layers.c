// SPDX-License-Identifier: GPL-3.0-or-later
//
// check_layers RULES FILE...: reads every #include "..." of the files and compares it with the
// rules (layers.txt says how they are written). Prints what is forbidden as FILE:LINE: and why, and
// exits with 1 if there was any. It needs nothing but libc, so that it can be built before
// everything.
#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RULES 200

struct rule {
    int line;
    char *files;    // pattern of files
    char *headers;  // patterns of headers, each preceded by a space
};

struct rules {
    struct rule items[MAX_RULES];
    int count;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "check_layers: %s: %s\n", what, name);
    exit(2);
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        die("cannot read", path);
    }
    return file;
}

static char *copy(const char *text)
{
    char *ret = strdup(text);
    if (ret == NULL) {
        die("no memory", text);
    }
    return ret;
}

static void read_rules(const char *path, struct rules *rules)
{
    FILE *file = open_file(path);
    char line[1000];
    int number = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        number++;
        line[strcspn(line, "#\n")] = '\0';
        char *colon = strchr(line, ':');
        if (colon == NULL) {
            continue;
        }
        if (rules->count == MAX_RULES) {
            die("too many rules", path);
        }
        *colon = '\0';
        rules->items[rules->count++] =
            (struct rule){.line = number, .files = copy(line), .headers = copy(colon + 1)};
    }
    fclose(file);
}

static const struct rule *rule_for(const struct rules *rules, const char *file)
{
    for (int i = 0; i < rules->count; i++) {
        if (fnmatch(rules->items[i].files, file, 0) == 0) {
            return &rules->items[i];
        }
    }
    return NULL;
}

// Where the folder of `path` ends, as a length without the slash; 0 without a folder.
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

// Headers are named from src/ on, so a file's own folder is its path without "src/"; outside of
// src/ they may be named plainly.
static bool same_folder(const char *file, const char *header)
{
    bool in_src = strncmp(file, "src/", 4) == 0;
    const char *from = in_src ? file + 4 : file;
    if (!in_src && folder_length(header) == 0) {
        return true;
    }
    size_t length = folder_length(from);
    return length == folder_length(header) && strncmp(from, header, length) == 0;
}

// The inside of a room: what sqlc made for it, and what its files tell only each other.
static bool is_inside(const char *header)
{
    return fnmatch("desk/*/queries.h", header, 0) == 0 || fnmatch("*_internal.h", header, 0) == 0;
}

static bool allowed_by(const struct rule *rule, const char *header, bool own)
{
    char *patterns = copy(rule->headers);
    bool allowed = own;
    bool denied = false;
    char *rest = NULL;
    for (char *word = strtok_r(patterns, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (word[0] == '!') {
            denied = denied || fnmatch(word + 1, header, 0) == 0;
        } else {
            allowed = allowed || fnmatch(word, header, 0) == 0;
        }
    }
    free(patterns);
    return allowed && !denied;
}

static bool check_include(const struct rule *rule, const char *file, int line, const char *header)
{
    bool own = same_folder(file, header);
    if (strstr(header, "..") != NULL) {
        printf("%s:%d: \"%s\": name headers from src/ on, not by ..\n", file, line, header);
        return false;
    }
    if (is_inside(header) && !own && strncmp(file, "src/", 4) == 0) {
        printf("%s:%d: \"%s\" is the inside of another room: call its header\n", file, line,
               header);
        return false;
    }
    if (!allowed_by(rule, header, own)) {
        printf("%s:%d: \"%s\" is not below it (layers.txt:%d)\n", file, line, header, rule->line);
        return false;
    }
    return true;
}

// The header named by an #include "..." line, NULL for any other line.
static char *included(char *line)
{
    char *at = line + strspn(line, " \t");
    if (*at != '#') {
        return NULL;
    }
    at++;
    at += strspn(at, " \t");
    if (strncmp(at, "include", 7) != 0) {
        return NULL;
    }
    at += 7 + strspn(at + 7, " \t");
    if (*at != '"') {
        return NULL;
    }
    at++;
    at[strcspn(at, "\"\n")] = '\0';
    return at;
}

static bool check_file(const struct rules *rules, const char *path)
{
    const struct rule *rule = rule_for(rules, path);
    if (rule == NULL) {
        printf("%s: no line of layers.txt says what it may include\n", path);
        return false;
    }
    FILE *file = open_file(path);
    char line[4000];
    bool good = true;
    for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        const char *header = included(line);
        if (header != NULL && !check_include(rule, path, number, header)) {
            good = false;
        }
    }
    fclose(file);
    return good;
}

int main(int argc, char **argv)
{
    static struct rules rules;
    if (argc < 3) {
        fprintf(stderr, "usage: check_layers RULES FILE...\n");
        return 2;
    }
    read_rules(argv[1], &rules);
    bool good = true;
    for (int i = 2; i < argc; i++) {
        good = check_file(&rules, argv[i]) && good;
    }
    for (int i = 0; i < rules.count; i++) {
        free(rules.items[i].files);
        free(rules.items[i].headers);
    }
    return good ? 0 : 1;
}
