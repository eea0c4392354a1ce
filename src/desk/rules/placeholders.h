// SPDX-License-Identifier: GPL-3.0-or-later
//
// Placeholders in the texts of macros, mails and webhooks: "{{ticket.requester.name}}", filters
// ("| upcase"), {% if %}, {% unless %} and {% for %}, as far as the field's rules use that
// language. Names are case-sensitive; one that is not known gives nothing.
#ifndef STEWARD_DESK_RULES_PLACEHOLDERS_H
#define STEWARD_DESK_RULES_PLACEHOLDERS_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"

// Where the text goes decides how values are escaped.
enum placeholder_place { INTO_TEXT, INTO_HTML, INTO_JSON };

struct placeholder_facts {
    struct db *db;
    mem_ctx *ctx;
    const struct ticket *ticket;  // NULL: there is none
    const struct actor *actor;
    struct str public_url;
    struct str desk_name;
    bool public_only;  // the reader is no staff: internal comments do not exist
    enum placeholder_place place;
    // Read when first asked for.
    struct user *people;
    size_t person_count;
    struct ticket_comment *comments;
    size_t comment_count;
    bool has_comments;
    struct error trouble;  // of reading; the render fails with it
    bool failed;
};

// Fills a template. Its own text stays as it is, values are escaped for the place. Fails for what
// the database says; a template that is not well formed gives what could be understood.
MUST_CHECK bool placeholders_fill(struct placeholder_facts *facts, struct str text, struct str *ret,
                                  struct error *err);

#endif
