// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer lens: reads a public reply before it leaves and finds what is nobody's business
// outside the desk. It warns and proposes better words; it never changes or stops a reply itself.
//
// What to look for stands in rules (lens_rules/*.txt, embedded; docs/lens-rules.md explains the
// language), a file for each language; administrators add their own at run time. The rules of a
// language become one automaton, so that reading takes a time that grows with the text only.
#ifndef STEWARD_DESK_CONTACT_LENS_H
#define STEWARD_DESK_CONTACT_LENS_H

#include "base/error.h"
#include "base/str.h"

// LENS_KIND(identifier, word in rules and output). In the order in which one wins over the next
// when both are equally strong.
#define LENS_KINDS                                                                                 \
    LENS_KIND(DATA, "data")                                                                        \
    LENS_KIND(BLAME, "blame")                                                                      \
    LENS_KIND(STAFFING, "staffing")                                                                \
    LENS_KIND(DEADLINE, "deadline")                                                                \
    LENS_KIND(VENDOR, "vendor")                                                                    \
    LENS_KIND(TIER, "tier")

enum lens_kind {
#define LENS_KIND(identifier, word) LENS_##identifier,
    LENS_KINDS
#undef LENS_KIND
        LENS_KIND_COUNT
};

const char *lens_kind_word(enum lens_kind kind);

struct lens;

// Makes a lens of the rules in the program and `extra`, an administrator's rules in the same
// language (may be absent). Fails with INVALID and the line of the first mistake in `extra`. A lens
// is never changed once made: threads may share it.
MUST_CHECK bool lens_load(mem_ctx *ctx, struct str extra, struct lens **ret, struct error *err);

// The same of these rules alone.
MUST_CHECK bool lens_load_rules(mem_ctx *ctx, struct str rules, struct lens **ret,
                                struct error *err);

// Whether there are rules for the language ("en", "de", "es", "fr").
bool lens_knows_language(const struct lens *lens, struct str language);

// What is not other people's data: addresses, telephone numbers, ticket references and names of the
// requester and of the desk. "@example.com" stands for all addresses there.
struct lens_context {
    const struct str *own;
    size_t own_count;
};

struct lens_hit {
    enum lens_kind kind;
    int strength;  // 1 weak, 2 normal, 3 strong
    size_t start;  // bytes of the text
    size_t len;
    struct str reason;   // why it should not leave, in the language of the rule; borrowed from the
    struct str wording;  // lens, as is what to write instead
};

struct lens_hits {
    struct lens_hit *list;  // in order of where they start
    size_t count;
};

// Reads a plain text. Lines that begin with '>' are somebody else's words and passed over. With an
// absent `language` the words of the text decide. `context` may be NULL.
void lens_read(mem_ctx *ctx, const struct lens *lens, struct str text, struct str language,
               const struct lens_context *context, struct lens_hits *ret);

// The kind that weighs most. There must be hits.
enum lens_kind lens_strongest(const struct lens_hits *hits);

#endif
