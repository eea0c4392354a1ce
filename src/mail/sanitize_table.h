// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inside of the sanitiser: what is allowed. Everything that is not here does not come out.
#ifndef STEWARD_MAIL_SANITIZE_TABLE_H
#define STEWARD_MAIL_SANITIZE_TABLE_H

#include <gumbo.h>

#include "base/str.h"

enum tag_rule {
    TAG_UNWRAP,  // the tag goes, its words stay
    TAG_DROP,    // it goes with all it holds
    TAG_KEEP,
    TAG_VOID,  // kept, has no inside
};

enum tag_flag {
    FLAG_BLOCK = 1,     // ends an open <p>
    FLAG_COMPOSER = 2,  // our own composer may use it
    FLAG_CELL = 4,      // begins a new world: an outer <p> or <a> does not reach inside
};

struct tag_row {
    GumboTag tag;
    enum tag_rule rule;
    int flags;
    const char *attributes;  // names with a blank around each, besides those of all elements
};

// TAG_UNWRAP for tags that are not listed.
struct tag_row sanitize_tag(GumboTag tag);

enum value_kind {
    VALUE_NONE,    // not allowed
    VALUE_TEXT,    // any words
    VALUE_NUMBER,  // up to 5 digits
    VALUE_LENGTH,  // the same, with "%" or "px"
    VALUE_COLOR,
    VALUE_WORD,  // letters, digits and hyphens
    VALUE_FLAG,  // its presence is all
    VALUE_FACE,  // names of fonts
    VALUE_LINK,
    VALUE_IMAGE,
    VALUE_STYLE,
    VALUE_CLASS,  // one of our own two classes
};

// The kind of value that the attribute may have on that element.
enum value_kind sanitize_attribute(const struct tag_row *row, struct str name, bool composer);

#endif
