// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sentences and tokens. A token is a word, a number, or a whole mail address, telephone number or
// reference.
#include <string.h>

#include "base/fold.h"
#include "desk/contact/lens_internal.h"

enum { APOSTROPHE = 0x27, RIGHT_QUOTE = 0x2019, MODIFIER_APOSTROPHE = 0x2BC };

// --- words with apostrophes ---------------------------------------------------------------------

struct short_form {
    const char *tail, *full;
};

static const struct short_form ENGLISH_TAILS[] = {
    {"re", "are"}, {"ve", "have"}, {"ll", "will"}, {"m", "am"}, {"s", "'s"}, {"d", "'d"},
};

static const struct short_form ENGLISH_STEMS[] = {{"ca", "can"}, {"wo", "will"}, {"sha", "shall"}};

// Negated forms as people type them without the apostrophe.
static const char *const BARE_NEGATIONS[] = {
    "arent",  "cant", "couldnt",  "didnt", "doesnt", "dont", "hadnt",   "hasnt",
    "havent", "isnt", "shouldnt", "wasnt", "werent", "wont", "wouldnt",
};

static bool is_apostrophe(uint32_t c)
{
    return c == APOSTROPHE || c == RIGHT_QUOTE || c == MODIFIER_APOSTROPHE;
}

static void put(char *to, const char *text, size_t len)
{
    size_t fits = len < LENS_TOKEN_BYTES - 1 ? len : LENS_TOKEN_BYTES - 1;
    memcpy(to, text, fits);
    to[fits] = '\0';
}

static void put_negated(char parts[3][LENS_TOKEN_BYTES], const char *verb, size_t len)
{
    put(parts[0], verb, len);
    for (size_t i = 0; i < sizeof(ENGLISH_STEMS) / sizeof(ENGLISH_STEMS[0]); i++) {
        if (strcmp(parts[0], ENGLISH_STEMS[i].tail) == 0) {
            put(parts[0], ENGLISH_STEMS[i].full, strlen(ENGLISH_STEMS[i].full));
        }
    }
    put(parts[1], "not", 3);
}

static size_t split_at(const char *head, size_t head_len, const char *tail,
                       char parts[3][LENS_TOKEN_BYTES])
{
    if (strcmp(tail, "t") == 0 && head_len > 1 && head[head_len - 1] == 'n') {
        put_negated(parts, head, head_len - 1);
        return 2;
    }
    put(parts[0], head, head_len);
    for (size_t i = 0; i < sizeof(ENGLISH_TAILS) / sizeof(ENGLISH_TAILS[0]); i++) {
        if (strcmp(tail, ENGLISH_TAILS[i].tail) == 0) {
            put(parts[1], ENGLISH_TAILS[i].full, strlen(ENGLISH_TAILS[i].full));
            return 2;
        }
    }
    put(parts[1], tail, strlen(tail));
    return tail[0] == '\0' ? 1 : 2;
}

static bool is_bare_negation(const char *word)
{
    for (size_t i = 0; i < sizeof(BARE_NEGATIONS) / sizeof(BARE_NEGATIONS[0]); i++) {
        if (strcmp(word, BARE_NEGATIONS[i]) == 0) {
            return true;
        }
    }
    return false;
}

size_t lens_split_word(struct str word, char parts[3][LENS_TOKEN_BYTES])
{
    char folded[2 * LENS_TOKEN_BYTES];
    size_t len = 0;
    size_t cut = 0;
    bool has_cut = false;
    struct fold_char c;
    for (size_t at = 0; fold_next(word, &at, &c) && len + sizeof(c.bytes) < sizeof(folded);) {
        if (is_apostrophe(c.from)) {
            cut = len;
            has_cut = true;
            folded[len++] = '\0';
        } else {
            memcpy(folded + len, c.bytes, c.count);
            len += c.count;
        }
    }
    folded[len] = '\0';
    if (has_cut) {
        return cut == 0 ? (put(parts[0], folded + 1, len - 1), 1)
                        : split_at(folded, cut, folded + cut + 1, parts);
    }
    if (is_bare_negation(folded)) {
        put_negated(parts, folded, len - 2);
        return 2;
    }
    put(parts[0], folded, len);
    return 1;
}

// --- scanning -----------------------------------------------------------------------------------

struct scan {
    struct str text;
    const struct lens_context *context;
    struct lens_sentence *sentence;
};

static char byte_at(struct str text, size_t at)
{
    return at < text.len ? text.ptr[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_address_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

// Where a mail address that begins here ends; `at` when none does.
static size_t email_end(struct str text, size_t at)
{
    size_t i = at;
    while (i < text.len && is_address_char(text.ptr[i])) {
        i++;
    }
    if (i == at || byte_at(text, i) != '@') {
        return at;
    }
    size_t domain = ++i;
    bool dot = false;
    while (i < text.len &&
           (is_letter(text.ptr[i]) || is_digit(text.ptr[i]) ||
            ((text.ptr[i] == '.' || text.ptr[i] == '-') &&
             (is_letter(byte_at(text, i + 1)) || is_digit(byte_at(text, i + 1)))))) {
        dot = dot || text.ptr[i] == '.';
        i++;
    }
    return dot && i > domain + 3 ? i : at;
}

static bool is_date(struct str number)
{
    size_t digits = 0;
    size_t marks = 0;
    for (size_t i = 0; i < number.len; i++) {
        digits += is_digit(number.ptr[i]) ? 1 : 0;
        marks += number.ptr[i] == '-' || number.ptr[i] == '/' || number.ptr[i] == '.' ? 1 : 0;
    }
    return digits <= 8 && marks == 2 && digits + marks == number.len;
}

// Nine to eleven digits in at least three groups, the first of two to four.
static bool is_grouped(struct str number)
{
    size_t digits = 0;
    size_t blanks = 0;
    size_t first = 0;
    for (size_t i = 0; i < number.len; i++) {
        digits += is_digit(number.ptr[i]) ? 1 : 0;
        blanks += number.ptr[i] == ' ' ? 1 : 0;
        first += blanks == 0 && is_digit(number.ptr[i]) ? 1 : 0;
    }
    return digits >= 9 && digits <= 11 && blanks >= 2 && first >= 2 && first <= 4 &&
           digits + blanks == number.len;
}

// A telephone number begins with +, 0 or a bracket, or has its parts joined by hyphens or parted
// into groups; it has from seven to fifteen digits (ITU-T E.164) and is no date.
static size_t phone_end(struct str text, size_t at)
{
    char first = byte_at(text, at);
    if (first != '+' && first != '(' && !is_digit(first)) {
        return at;
    }
    size_t digits = 0;
    size_t hyphens = 0;
    size_t end = at;
    for (size_t i = at; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_digit(c)) {
            digits++;
            end = i + 1;
        } else if (strchr(" -/().+", c) == NULL || c == '\0' || i - end > 2 ||
                   (c == '+' && i > at)) {
            break;
        }
        hyphens += c == '-' ? 1 : 0;
    }
    struct str number = str_sub(text, at, end - at);
    ptrdiff_t blank = str_find_char(number, ' ');
    struct str first_part = str_sub(number, 0, blank < 0 ? number.len : (size_t)blank);
    bool looks = first == '+' || first == '0' || first == '(' || hyphens > 0 || is_grouped(number);
    bool whole = digits >= 7 && digits <= 15 && !is_letter(byte_at(text, end));
    return looks && whole && !is_date(first_part) ? end : at;
}

// INC0012345, SR-4711, #4711: letters, perhaps a hyphen, and at least three digits.
static size_t reference_end(struct str text, size_t at)
{
    size_t i = at;
    if (byte_at(text, i) == '#') {
        i++;
    } else {
        while (i < text.len && i - at < 8 && text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') {
            i++;
        }
        if (i - at < 2) {
            return at;
        }
        i += byte_at(text, i) == '-' ? 1 : 0;
    }
    size_t digits = i;
    while (is_digit(byte_at(text, i))) {
        i++;
    }
    size_t least = byte_at(text, at) == '#' ? 1 : 3;
    return i - digits >= least && !is_letter(byte_at(text, i)) ? i : at;
}

static bool is_number(struct str raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        if (!is_digit(raw.ptr[i]) && (strchr(".,:", raw.ptr[i]) == NULL || i == 0)) {
            return false;
        }
    }
    return raw.len > 0;
}

static bool is_time(struct str raw)
{
    size_t i = 0;
    while (i < 2 && is_digit(byte_at(raw, i))) {
        i++;
    }
    struct str tail = str_from(raw, i);
    return i > 0 && (str_ieq_c(tail, "am") || str_ieq_c(tail, "pm") || str_ieq_c(tail, "h") ||
                     str_ieq_c(tail, "uhr") ||
                     ((byte_at(tail, 0) == ':' || byte_at(tail, 0) == 'h') && tail.len == 3 &&
                      is_digit(tail.ptr[1]) && is_digit(tail.ptr[2])));
}

// --- whose it is --------------------------------------------------------------------------------

// Digits only, without the leading zeros and country codes that the same number may lack.
static size_t last_digits(struct str text, char *digits, size_t most)
{
    size_t count = 0;
    for (size_t i = text.len; i > 0 && count < most; i--) {
        if (is_digit(text.ptr[i - 1])) {
            digits[count++] = text.ptr[i - 1];
        }
    }
    return count;
}

static bool same_phone(struct str a, struct str b)
{
    enum { TELLING = 7 };
    char x[TELLING];
    char y[TELLING];
    return last_digits(a, x, TELLING) == TELLING && last_digits(b, y, TELLING) == TELLING &&
           memcmp(x, y, TELLING) == 0;
}

// A name is own when it is one of the words of an own name.
static bool has_word(struct str words, struct str word)
{
    struct str part;
    while (str_next(&words, ' ', &part)) {
        if (str_ieq(part, word)) {
            return true;
        }
    }
    return false;
}

static bool is_own(const struct lens_context *context, struct str raw)
{
    for (size_t i = 0; context != NULL && i < context->own_count; i++) {
        struct str own = context->own[i];
        bool domain = byte_at(own, 0) == '@' && raw.len > own.len &&
                      str_ieq(str_from(raw, raw.len - own.len), own);
        if (domain || str_ieq(own, raw) || same_phone(own, raw) || has_word(own, raw)) {
            return true;
        }
    }
    return false;
}

static bool is_role_address(struct str address)
{
    static const char *const roles[] = {
        "support",  "info",    "help",       "helpdesk", "service",     "servicedesk", "contact",
        "kontakt",  "office",  "admin",      "sales",    "billing",     "security",    "noreply",
        "no-reply", "hilfe",   "soporte",    "ayuda",    "contacto",    "assistance",  "aide",
        "it",       "privacy", "postmaster", "hello",    "feedback",    "team",        "hr",
        "accounts", "press",   "jobs",       "abuse",    "datenschutz", "buchhaltung", "rechnung",
    };
    struct str local;
    struct str domain;
    str_cut(address, '@', &local, &domain);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (str_ieq_c(local, roles[i])) {
            return true;
        }
    }
    return false;
}

// --- tokens -------------------------------------------------------------------------------------

static struct lens_token *add_token(struct scan *scan, size_t start, size_t end, unsigned marks)
{
    struct lens_sentence *sentence = scan->sentence;
    if (sentence->count == LENS_SENTENCE_TOKENS) {
        return NULL;
    }
    struct lens_token *token = &sentence->tokens[sentence->count++];
    token->start = start;
    token->end = end;
    token->len = 0;
    token->marks = (uint16_t)marks;
    return token;
}

static void add_special(struct scan *scan, size_t start, size_t end, enum lens_mark mark)
{
    struct str raw = str_sub(scan->text, start, end - start);
    bool own = is_own(scan->context, raw) || (mark == LENS_MARK_EMAIL && is_role_address(raw));
    (void)add_token(scan, start, end, 1U << (own ? LENS_MARK_OWN : mark));
}

static unsigned word_marks(const struct scan *scan, struct str raw)
{
    unsigned marks = 0;
    marks |= is_number(raw) ? 1U << LENS_MARK_NUMBER : 0;
    marks |= is_time(raw) ? 1U << LENS_MARK_TIME | 1U << LENS_MARK_NUMBER : 0;
    struct fold_char c;
    size_t at = 0;
    bool letter = fold_next(raw, &at, &c) && c.word && !is_digit(raw.ptr[0]);
    bool capital = letter && (c.count != c.len || memcmp(c.bytes, raw.ptr, c.len) != 0) &&
                   !(c.from >= 0xDF && c.from <= 0xFF) && (c.from < 0x100 || c.from % 2 == 0);
    if (capital && scan->sentence->count > 1) {
        marks |= is_own(scan->context, raw) ? 1U << LENS_MARK_OWN : 1U << LENS_MARK_CAPITAL;
    }
    return marks;
}

static void add_word(struct scan *scan, size_t start, size_t end)
{
    struct str raw = str_sub(scan->text, start, end - start);
    char parts[3][LENS_TOKEN_BYTES];
    size_t count = lens_split_word(raw, parts);
    unsigned marks = word_marks(scan, raw);
    for (size_t i = 0; i < count; i++) {
        struct lens_token *token = add_token(scan, start, end, marks);
        if (token != NULL) {
            token->len = (uint8_t)strlen(parts[i]);
            memcpy(token->word, parts[i], token->len);
        }
    }
}

// The end of the word at `at`: apostrophes inside belong to it, and points, commas and colons
// between digits.
static size_t word_end(struct str text, size_t at)
{
    size_t end = at;
    struct fold_char c;
    struct fold_char after;
    for (size_t i = at; fold_next(text, &i, &c);) {
        if (c.word || (c.count == 0 && end > at)) {
            end = i;
            continue;
        }
        size_t peek = i;
        bool joins = is_apostrophe(c.from) ||
                     ((c.from == '.' || c.from == ',' || c.from == ':') && end > at &&
                      is_digit(text.ptr[end - 1]) && is_digit(byte_at(text, i)));
        if (!joins || end == at || !fold_next(text, &peek, &after) || !after.word) {
            break;
        }
    }
    return end;
}

// --- sentences ----------------------------------------------------------------------------------

static bool is_abbreviation(const struct lens_sentence *sentence)
{
    static const char *const known[] = {
        "mr",     "mrs",  "ms",  "dr",  "prof", "nr",  "no",   "st",  "sr",  "sra", "srta",
        "mme",    "mlle", "bzw", "ca",  "evtl", "ggf", "inkl", "tel", "ext", "etc", "vs",
        "approx", "hr",   "fr",  "ing", "num",  "núm", "art",  "pag", "ext",
    };
    const struct lens_token *last = &sentence->tokens[sentence->count - 1];
    struct str word = {last->word, last->len};
    if (word.len == 1 && is_letter(word.ptr[0]) && word.ptr[0] != 'i') {
        return true;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq_c(word, known[i])) {
            return true;
        }
    }
    return false;
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

static bool line_is_quoted(struct str text, size_t line)
{
    return byte_at(text, skip_blanks(text, line)) == '>';
}

static size_t line_end(struct str text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n') {
        at++;
    }
    return at;
}

static size_t skip_quoted(struct str text, size_t at)
{
    while (at < text.len && line_is_quoted(text, at)) {
        at = line_end(text, at) + 1;
    }
    return at < text.len ? at : text.len;
}

// A line break ends a sentence when nothing, a quotation or the item of a list follows.
static bool break_ends(struct str text, size_t next_line)
{
    size_t at = skip_blanks(text, next_line);
    char c = byte_at(text, at);
    return c == '\0' || c == '\n' || c == '\r' || c == '>' || c == '-' || c == '*' ||
           (is_digit(c) && (byte_at(text, at + 1) == '.' || byte_at(text, at + 1) == ')')) ||
           (unsigned char)c == 0xE2;
}

static bool point_ends(const struct scan *scan, size_t after)
{
    char next = byte_at(scan->text, after);
    bool closed = next == '\0' || next == ' ' || next == '\t' || next == '\n' || next == '\r' ||
                  next == '"' || next == ')' || (unsigned char)next >= 0x80;
    size_t at = skip_blanks(scan->text, after);
    char then = byte_at(scan->text, at);
    return closed && !is_abbreviation(scan->sentence) && !(then >= 'a' && then <= 'z');
}

static void begin_sentence(struct scan *scan, size_t at)
{
    scan->sentence->count = 0;
    (void)add_token(scan, at, at, 1U << LENS_MARK_START);
}

static void end_sentence(struct scan *scan, const struct fold_char *mark)
{
    if (mark->from == '?') {
        (void)add_token(scan, mark->start, mark->start + mark->len, 1U << LENS_MARK_QUESTION);
    }
}

// Takes what is neither word nor number at *at; true when the sentence ends with it.
static bool pass_mark(struct scan *scan, size_t *at, const struct fold_char *c)
{
    *at += c->len;
    if (c->from == '\n') {
        if (line_is_quoted(scan->text, *at)) {
            *at = skip_quoted(scan->text, *at);
            return true;
        }
        return break_ends(scan->text, *at);
    }
    return c->from == '!' || c->from == '?' || c->from == 0x2026 ||
           (c->from == '.' && point_ends(scan, *at));
}

static size_t take_special(struct scan *scan, size_t at)
{
    static const struct {
        size_t (*end)(struct str text, size_t at);
        enum lens_mark mark;
    } specials[] = {
        {email_end, LENS_MARK_EMAIL},
        {phone_end, LENS_MARK_PHONE},
        {reference_end, LENS_MARK_REFERENCE},
    };
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        size_t end = specials[i].end(scan->text, at);
        if (end > at) {
            add_special(scan, at, end, specials[i].mark);
            return end;
        }
    }
    return at;
}

bool lens_next_sentence(struct str text, const struct lens_context *context, size_t *at,
                        struct lens_sentence *ret)
{
    struct scan scan = {text, context, ret};
    if (*at == 0) {
        *at = skip_quoted(text, 0);
    }
    begin_sentence(&scan, *at);
    struct fold_char c;
    size_t i = *at;
    for (size_t next = i; fold_next(text, &next, &c); next = i) {
        size_t special = take_special(&scan, i);
        if (special > i) {
            i = special;
        } else if (c.word) {
            size_t end = word_end(text, i);
            add_word(&scan, i, end);
            i = end;
        } else if (pass_mark(&scan, &i, &c)) {
            if (ret->count > 1) {
                end_sentence(&scan, &c);
                break;
            }
            begin_sentence(&scan, i);
        }
        if (ret->count == LENS_SENTENCE_TOKENS) {
            break;
        }
    }
    *at = i;
    return ret->count > 1;
}
