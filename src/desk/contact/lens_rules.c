// SPDX-License-Identifier: GPL-3.0-or-later
//
// The language of the rules, line by line; docs/lens-rules.md is its manual.
#include <string.h>

#include "base/fold.h"
#include "desk/contact/lens_internal.h"

enum { MAX_CLASSES = 500, MAX_RULES = 5000, MAX_TEXT_BYTES = 500 };

struct lens_reader {
    mem_ctx *scratch;
    struct lens *lens;
    struct lens_language *language;                  // the one being read
    struct lens_class *classes[LENS_MAX_LANGUAGES];  // of each language of the lens
    size_t class_count;
    size_t index;  // of the language
    enum lens_kind kind;
    bool kind_set;
    bool all_kinds;
};

struct lens_reader *lens_reader_new(mem_ctx *scratch, struct lens *lens)
{
    struct lens_reader *reader = mem_new(scratch, struct lens_reader);
    reader->scratch = scratch;
    reader->lens = lens;
    return reader;
}

static struct lens_language *language_new(struct lens *lens, struct str code)
{
    struct lens_language *language = mem_new(lens, struct lens_language);
    language->ctx = language;
    language->code = str_dup(language, code);
    language->common = lens_words_new(language);
    language->words = lens_words_new(language);
    language->predicate_count = LENS_MARK_COUNT;
    return language;
}

static bool read_language(struct lens_reader *reader, struct str code, struct error *err)
{
    struct lens *lens = reader->lens;
    if (code.len < 2 || code.len > 8) {
        return error_set(err, ERR_INVALID, "A language is named by its code, as in 'language en'.");
    }
    size_t i = 0;
    while (i < lens->language_count && !str_eq(lens->languages[i]->code, code)) {
        i++;
    }
    if (i == lens->language_count) {
        if (i == LENS_MAX_LANGUAGES) {
            return error_set(err, ERR_INVALID, "There are more than %d languages.",
                             LENS_MAX_LANGUAGES);
        }
        lens->languages[lens->language_count++] = language_new(lens, code);
    }
    reader->index = i;
    reader->language = lens->languages[i];
    reader->kind_set = false;
    reader->all_kinds = false;
    return true;
}

static bool read_common(struct lens_reader *reader, struct str words, struct error *err)
{
    (void)err;
    struct str word;
    while (str_next(&words, ' ', &word)) {
        if (word.len > 0) {
            lens_words_add(reader->language->common, fold_text(reader->scratch, word), 0);
        }
    }
    return true;
}

static struct lens_class *class_named(struct lens_reader *reader, struct str name)
{
    for (struct lens_class *class = reader->classes[reader->index]; class != NULL;
         class = class->next) {
        if (str_eq(class->name, name)) {
            return class;
        }
    }
    struct lens_class *class = mem_new(reader->scratch, struct lens_class);
    class->name = str_dup(reader->scratch, name);
    class->predicate = reader->language->predicate_count++;
    class->next = reader->classes[reader->index];
    reader->classes[reader->index] = class;
    reader->class_count++;
    return class;
}

// `name = a | b` begins or extends a class: what an administrator adds joins what is there.
static bool read_class(struct lens_reader *reader, struct str line, struct error *err)
{
    struct str name;
    struct str alternatives;
    str_cut(line, '=', &name, &alternatives);
    name = str_trim(name);
    if (str_none(alternatives) || name.len == 0 || str_find_char(name, ' ') >= 0) {
        return error_set(err, ERR_INVALID, "A class is written 'class name = one | another'.");
    }
    if (reader->class_count >= MAX_CLASSES) {
        return error_set(err, ERR_INVALID, "There are more than %d classes.", MAX_CLASSES);
    }
    return lens_class_add(reader->language, class_named(reader, name), alternatives, err);
}

static bool read_kind(struct lens_reader *reader, struct str word, struct error *err)
{
    reader->all_kinds = str_eq_c(word, "all");
    reader->kind_set = reader->all_kinds;
    for (int kind = 0; kind < LENS_KIND_COUNT; kind++) {
        if (str_eq_c(word, lens_kind_word((enum lens_kind)kind))) {
            reader->kind = (enum lens_kind)kind;
            reader->kind_set = true;
        }
    }
    return reader->kind_set ||
           error_set(err, ERR_INVALID,
                     "A kind is deadline, vendor, tier, staffing, blame, data, or all.");
}

static bool read_text(struct lens_reader *reader, struct str text, bool is_reason,
                      struct error *err)
{
    if (!reader->kind_set || reader->all_kinds || text.len == 0 || text.len > MAX_TEXT_BYTES) {
        return error_set(err, ERR_INVALID, "'why' and 'say' belong to a kind, with up to %d bytes.",
                         MAX_TEXT_BYTES);
    }
    struct lens_kind_text *texts = &reader->language->texts[reader->kind];
    *(is_reason ? &texts->reason : &texts->wording) = str_dup(reader->language, text);
    return true;
}

static struct lens_rule *rule_add(struct lens_reader *reader, int strength)
{
    struct lens_language *language = reader->language;
    language->rules =
        mem_grow(language, language->rules, struct lens_rule, language->rule_count + 1);
    struct lens_rule *rule = &language->rules[language->rule_count++];
    *rule = (struct lens_rule){.kind = reader->kind,
                               .strength = strength,
                               .window = LENS_DEFAULT_WINDOW,
                               .veto_all = reader->all_kinds};
    return rule;
}

static bool read_window(struct lens_rule *rule, struct str *line, struct error *err)
{
    ptrdiff_t at = str_find_char(*line, '~');
    if (at < 0) {
        return true;
    }
    int64_t window = 0;
    struct str number = str_trim(str_from(*line, (size_t)at + 1));
    if (!str_to_i64(number, &window) || window < 1 || window > LENS_SENTENCE_TOKENS) {
        return error_set(err, ERR_INVALID, "A window is written '~ 12' at the end of the items.");
    }
    rule->window = (uint32_t)window;
    *line = str_sub(*line, 0, (size_t)at);
    return true;
}

static bool read_vetoes(struct lens_reader *reader, uint32_t rule, struct str vetoes,
                        struct error *err)
{
    struct str veto;
    while (!str_none(vetoes) && str_next(&vetoes, '!', &veto)) {
        struct lens_item item = {.rule = rule, .veto = true};
        if (!lens_item_add(reader->language, reader->classes[reader->index], str_trim(veto), item,
                           err)) {
            return false;
        }
    }
    return true;
}

// items [~ window] [! veto]...
static bool read_leak(struct lens_reader *reader, struct str line, int strength, struct error *err)
{
    if (!reader->kind_set || reader->all_kinds) {
        return error_set(err, ERR_INVALID, "'leak' belongs below a kind.");
    }
    struct lens_rule *rule = rule_add(reader, strength);
    uint32_t number = reader->language->rule_count - 1;
    struct str items;
    struct str vetoes;
    str_cut(line, '!', &items, &vetoes);
    if (!read_window(rule, &items, err)) {
        return false;
    }
    struct str part;
    uint32_t count = 0;
    while (str_next(&items, '&', &part)) {
        if (count == LENS_MAX_ITEMS) {
            return error_set(err, ERR_INVALID, "A rule has at most %d items.", LENS_MAX_ITEMS);
        }
        struct lens_item item = {.rule = number, .number = (uint8_t)count++};
        if (!lens_item_add(reader->language, reader->classes[reader->index], str_trim(part), item,
                           err)) {
            return false;
        }
    }
    reader->language->rules[number].item_count = count;
    return read_vetoes(reader, number, vetoes, err);
}

static bool read_fine(struct lens_reader *reader, struct str line, struct error *err)
{
    if (!reader->kind_set) {
        return error_set(err, ERR_INVALID, "'fine' belongs below a kind.");
    }
    (void)rule_add(reader, 0);
    return read_vetoes(reader, reader->language->rule_count - 1, line, err);
}

// hint POINTS pattern [! veto]...
static bool read_hint(struct lens_reader *reader, struct str line, struct error *err)
{
    struct str points;
    struct str rest;
    int64_t value = 0;
    str_cut(line, ' ', &points, &rest);
    if (!reader->kind_set || reader->all_kinds || str_none(rest) || !str_to_i64(points, &value) ||
        value == 0 || value < -LENS_MAX_HINT || value > LENS_MAX_HINT) {
        return error_set(err, ERR_INVALID,
                         "Below a kind, a hint is written 'hint 2 pattern', from -%d to %d.",
                         LENS_MAX_HINT, LENS_MAX_HINT);
    }
    uint32_t number = reader->language->rule_count;
    if (!read_leak(reader, rest, 1, err)) {
        return false;
    }
    reader->language->rules[number].hint = (int)value;
    return true;
}

static bool read_line(struct lens_reader *reader, struct str line, struct error *err)
{
    struct str word;
    struct str rest;
    str_cut(line, ' ', &word, &rest);
    rest = str_none(rest) ? STR("") : str_trim(rest);
    if (str_eq_c(word, "language")) {
        return read_language(reader, rest, err);
    }
    if (reader->language == NULL) {
        return error_set(err, ERR_INVALID, "Rules begin with 'language' and its code.");
    }
    if (reader->language->rule_count >= MAX_RULES) {
        return error_set(err, ERR_INVALID, "There are more than %d rules.", MAX_RULES);
    }
    if (str_eq_c(word, "common")) {
        return read_common(reader, rest, err);
    }
    if (str_eq_c(word, "class")) {
        return read_class(reader, rest, err);
    }
    if (str_eq_c(word, "kind")) {
        return read_kind(reader, rest, err);
    }
    if (str_eq_c(word, "why") || str_eq_c(word, "say")) {
        return read_text(reader, rest, word.ptr[0] == 'w', err);
    }
    if (str_eq_c(word, "fine")) {
        return read_fine(reader, rest, err);
    }
    if (str_eq_c(word, "hint")) {
        return read_hint(reader, rest, err);
    }
    int strength = str_eq_c(word, "leak?") ? 1 : str_eq_c(word, "leak") ? 2 : 3;
    if (strength == 3 && !str_eq_c(word, "leak!")) {
        return error_set(err, ERR_INVALID, "'" STR_FMT "' is no beginning of a line.",
                         STR_ARG(word));
    }
    return read_leak(reader, rest, strength, err);
}

// Lines that begin with a blank go on with the line before.
static struct str next_entry(mem_ctx *scratch, struct str *rest, int64_t *line)
{
    struct buf entry;
    buf_init(&entry, scratch, LENS_MAX_RULE_BYTES);
    struct str part;
    bool more = true;
    while (more && str_next(rest, '\n', &part)) {
        (*line)++;
        struct str text = str_trim(part);
        if (text.len > 0 && text.ptr[0] != '#') {
            buf_put_c(&entry, " ");
            buf_put(&entry, text);
        }
        more = !str_none(*rest) && rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t');
    }
    return str_trim(buf_str(&entry));
}

bool lens_reader_add(struct lens_reader *reader, struct str rules, struct error *err)
{
    if (rules.len > LENS_MAX_RULE_BYTES || !str_utf8_valid(rules)) {
        return error_set(err, ERR_INVALID, "Rules are valid UTF-8 text of at most 1 MiB.");
    }
    reader->language = NULL;
    int64_t line = 0;
    struct str rest = rules;
    while (!str_none(rest)) {
        int64_t first = line + 1;
        struct str entry = next_entry(reader->scratch, &rest, &line);
        struct error why = {0};
        if (entry.len > 0 && !read_line(reader, entry, &why)) {
            return error_set(err, why.code, "Line %lld: %s", (long long)first, why.message);
        }
    }
    return true;
}
