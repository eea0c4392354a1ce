// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"

static void print_help(const char *command, const char *about, const struct option *options,
                       size_t count)
{
    (void)printf("steward %s\n\n%s\n", command, about);
    if (count > 0) {
        (void)printf("\nOptions:\n");
    }
    for (size_t i = 0; i < count; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                       options[i].value == NULL ? "" : " ",
                       options[i].value == NULL ? "" : options[i].value);
        (void)printf("  %-28s %s%s\n", left, options[i].help,
                     options[i].repeat ? " (may repeat)" : "");
    }
    (void)printf("  %-28s %s\n", "--help", "this text");
}

static const struct option *find(const struct option *options, size_t count, const char *name,
                                 size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static enum options_result wrong(const char *command, const char *what, const char *which)
{
    (void)fprintf(stderr, "steward %s: %s \"%s\". `steward %s --help` shows what there is.\n",
                  command, what, which, command);
    return OPTIONS_WRONG;
}

enum options_result options_read(int argc, char **argv, const char *about,
                                 const struct option *options, size_t option_count,
                                 struct given *ret)
{
    *ret = (struct given){0};
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            print_help(argv[0], about, options, option_count);
            return OPTIONS_DONE;
        }
        if (strncmp(arg, "--", 2) != 0) {
            if (ret->word_count == sizeof ret->words / sizeof *ret->words) {
                return wrong(argv[0], "too many words, from", arg);
            }
            ret->words[ret->word_count++] = arg;
            continue;
        }
        const char *equals = strchr(arg, '=');
        size_t len = equals == NULL ? strlen(arg) - 2 : (size_t)(equals - arg) - 2;
        const struct option *option = find(options, option_count, arg + 2, len);
        if (option == NULL) {
            return wrong(argv[0], "unknown option", arg);
        }
        const char *value = "";
        if (option->value != NULL) {
            value = equals != NULL ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
        }
        if (value == NULL || (option->value == NULL && equals != NULL)) {
            return wrong(argv[0],
                         value == NULL ? "a value is missing after" : "no value belongs to", arg);
        }
        if (ret->count == sizeof ret->items / sizeof *ret->items) {
            return wrong(argv[0], "too many options, from", arg);
        }
        ret->items[ret->count].option = option;
        ret->items[ret->count++].value = value;
    }
    return OPTIONS_GO_ON;
}

const char *given_value(const struct given *given, const char *name)
{
    for (size_t i = given->count; i > 0; i--) {
        if (strcmp(given->items[i - 1].option->name, name) == 0) {
            return given->items[i - 1].value;
        }
    }
    return NULL;
}

int fail_with(const struct error *err)
{
    (void)fprintf(stderr, "steward: %s\n", err->message);
    if (err->detail[0] != '\0') {
        (void)fprintf(stderr, "steward: (%s)\n", err->detail);
    }
    switch (err->code) {
    case ERR_INVALID:
    case ERR_BAD_REQUEST:
    case ERR_TOO_LARGE:
        return EX_DATAERR;
    case ERR_FORBIDDEN:
    case ERR_UNAUTHENTICATED:
        return EX_NOPERM;
    case ERR_NOT_FOUND:
    case ERR_GONE:
        return EX_NOUSER;
    case ERR_CONFLICT:
        return EX_CANTCREAT;
    case ERR_BUSY:
    case ERR_RATE_LIMITED:
        return EX_TEMPFAIL;
    case ERR_UNAVAILABLE:
        return EX_UNAVAILABLE;
    case ERR_NO_SPACE:
        return EX_IOERR;
    case ERR_METHOD:
    case ERR_OK:
    case ERR_INTERNAL:
        break;
    }
    return EX_SOFTWARE;
}
