// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of the lens. Texts and patterns are cut into the same tokens (lens_text.c); a token
// satisfies predicates (lens_words.c); patterns over predicates are compiled to a position
// automaton [Glushkov 1961] (lens_pattern.c) by the reader of rules (lens_rules.c), and run over
// the tokens of each sentence (lens_match.c).
#ifndef STEWARD_DESK_CONTACT_LENS_INTERNAL_H
#define STEWARD_DESK_CONTACT_LENS_INTERNAL_H

#include "base/buf.h"
#include "desk/contact/lens.h"

enum {
    LENS_MAX_LANGUAGES = 16,
    LENS_MAX_ITEMS = 6,          // of a rule
    LENS_TOKEN_BYTES = 64,       // of a folded word; the rest of a longer one is not looked at
    LENS_SENTENCE_TOKENS = 400,  // longer ones are cut
    LENS_DEFAULT_GAP = 3,
    LENS_DEFAULT_WINDOW = 18,
    LENS_HINTS_ENOUGH = 4,  // points of hints in a sentence that make a leak
    LENS_MAX_HINT = 9,
    LENS_MAX_POSITIONS = 200000,
    LENS_MAX_EDGES = 2000000,
    LENS_MAX_RULE_BYTES = 1 << 20,
};

// --- tokens -------------------------------------------------------------------------------------

// What a token is beyond its letters; each is a predicate of the same number.
enum lens_mark {
    LENS_MARK_START,  // an empty token at the start of each sentence
    LENS_MARK_NUMBER,
    LENS_MARK_CAPITAL,  // begins with a capital, though not at the start of a sentence
    LENS_MARK_EMAIL,    // neither the requester's nor the desk's, nor of a role such as support@
    LENS_MARK_PHONE,
    LENS_MARK_REFERENCE,  // INC0012345, #4711
    LENS_MARK_TIME,       // 17:30, 5pm
    LENS_MARK_OWN,        // one of the context's
    LENS_MARK_QUESTION,   // an empty token at the end of a question
    LENS_MARK_COUNT
};

struct lens_token {
    size_t start, end;            // bytes of the text
    char word[LENS_TOKEN_BYTES];  // folded
    uint8_t len;
    uint16_t marks;  // bits
};

struct lens_sentence {
    struct lens_token tokens[LENS_SENTENCE_TOKENS];
    size_t count;  // the first is always LENS_MARK_START
};

// Takes the next sentence that has words; false at the end.
bool lens_next_sentence(struct str text, const struct lens_context *context, size_t *at,
                        struct lens_sentence *ret);

// Cuts a word with apostrophes into what it is short for: hasn't → has not, l'équipe → l equipe.
// Returns how many parts were set (at most 3). Parts are folded.
size_t lens_split_word(struct str word, char parts[3][LENS_TOKEN_BYTES]);

// --- words and predicates -----------------------------------------------------------------------

struct lens_words;
struct lens_language;

struct lens_words *lens_words_new(mem_ctx *ctx);
// Words that fit `pattern` (folded; may begin or end with '*') satisfy the predicate.
void lens_words_add(struct lens_words *words, struct str pattern, uint32_t predicate);
// The same in a language's words, for `word` as it stands in a rule: folded, and with its umlauts
// as people write them where there are none.
void lens_word_forms(struct lens_language *language, struct str word, uint32_t predicate);
// Calls for each predicate that the word satisfies, some perhaps more than once.
void lens_words_find(const struct lens_words *words, struct str word,
                     void (*found)(void *cls, uint32_t predicate), void *cls);

// --- automaton ----------------------------------------------------------------------------------

// While rules are read, positions and edges stand in the order in which they were made. Sealing
// orders positions by predicate and gives each its edges, for matching.
struct lens_edge {
    uint32_t to;
    uint32_t gap;  // so many tokens may stand between
};

struct lens_follow {
    uint32_t from;
    struct lens_edge edge;
};

struct lens_position {
    uint32_t predicate;
    uint32_t item;
    bool first;  // an item may begin here
    bool last;   // an item may end here
    uint32_t edge_count;
    struct lens_edge *edges;  // once sealed
};

struct lens_item {
    uint32_t rule;
    uint8_t number;  // of the rule's items
    bool veto;       // keeps the rule, or the whole kind, from counting in this sentence
};

struct lens_rule {
    enum lens_kind kind;
    int strength;
    uint32_t item_count;  // 0: only a veto against the kind
    uint32_t window;      // tokens from the first to the last word of all items
    bool veto_all;        // of all kinds
    int hint;             // not 0: no rule of its own, but so many points for the kind
};

struct lens_kind_text {
    struct str reason;
    struct str wording;
};

struct lens_language {
    mem_ctx *ctx;
    struct str code;
    struct lens_words *common;  // words by which the language is known
    struct lens_words *words;
    struct lens_literals *literals;
    uint32_t predicate_count;
    uint32_t *predicate_positions;  // by predicate: its first position; one more at the end
    struct lens_position *positions;
    uint32_t position_count;
    struct lens_follow *edges;  // until sealed
    uint32_t edge_count, edge_capacity;
    struct lens_item *items;
    uint32_t item_count;
    struct lens_rule *rules;
    uint32_t rule_count;
    struct lens_kind_text texts[LENS_KIND_COUNT];
};

struct lens {
    struct lens_language *languages[LENS_MAX_LANGUAGES];
    size_t language_count;
};

// The predicate that only this word satisfies ('*' as in lens_words_add); the same for the same
// word.
uint32_t lens_literal(struct lens_language *language, struct str word);

// Once all rules are read.
void lens_seal(struct lens_language *language);

// A class of a language: one-word alternatives share a predicate, longer ones keep their text.
struct lens_class {
    struct str name;
    uint32_t predicate;  // of its one-word alternatives
    bool has_words;
    struct str *phrases;
    size_t phrase_count;
    struct lens_class *next;
};

// Adds alternatives ("a | b c | {other}") to the class.
MUST_CHECK bool lens_class_add(struct lens_language *language, struct lens_class *to,
                               struct str alternatives, struct error *err);

// Compiles the pattern as a new item of the rule.
MUST_CHECK bool lens_item_add(struct lens_language *language, const struct lens_class *classes,
                              struct str pattern, struct lens_item item, struct error *err);

// --- rules --------------------------------------------------------------------------------------

// Reads rules into the languages of the lens, which are made as they are named.
struct lens_reader;
struct lens_reader *lens_reader_new(mem_ctx *scratch, struct lens *lens);
MUST_CHECK bool lens_reader_add(struct lens_reader *reader, struct str rules, struct error *err);

// The texts embedded in the program, ended by NULL.
extern const char *const LENS_BUILTIN[];

// --- matching -----------------------------------------------------------------------------------

struct lens_found {
    struct lens_hit *list;
    size_t count;
    size_t capacity;
};

struct lens_run;
struct lens_run *lens_run_new(mem_ctx *scratch, const struct lens_language *language);
// Appends what the rules find to `found`, whose list grows below the run's context.
void lens_run_sentence(struct lens_run *run, const struct lens_sentence *sentence,
                       struct lens_found *found);

#endif
