// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/sanitize_table.h"

#include <stdio.h>
#include <string.h>

#include "mail/sanitize.h"

#define B FLAG_BLOCK
#define C FLAG_COMPOSER
#define CELL " colspan rowspan align valign width height bgcolor nowrap "

static const struct tag_row TAGS[] = {
    {GUMBO_TAG_A, TAG_KEEP, C, " href "},
    {GUMBO_TAG_ABBR, TAG_KEEP, 0, ""},
    {GUMBO_TAG_ACRONYM, TAG_KEEP, 0, ""},
    {GUMBO_TAG_ADDRESS, TAG_KEEP, B, ""},
    {GUMBO_TAG_ARTICLE, TAG_KEEP, B, ""},
    {GUMBO_TAG_ASIDE, TAG_KEEP, B, ""},
    {GUMBO_TAG_B, TAG_KEEP, C, ""},
    {GUMBO_TAG_BDI, TAG_KEEP, C, ""},
    {GUMBO_TAG_BDO, TAG_KEEP, 0, ""},
    {GUMBO_TAG_BIG, TAG_KEEP, 0, ""},
    {GUMBO_TAG_BLOCKQUOTE, TAG_KEEP, B | C, ""},
    {GUMBO_TAG_BR, TAG_VOID, C, " clear "},
    {GUMBO_TAG_CAPTION, TAG_KEEP, C | FLAG_CELL, " align "},
    {GUMBO_TAG_CENTER, TAG_KEEP, B, ""},
    {GUMBO_TAG_CITE, TAG_KEEP, 0, ""},
    {GUMBO_TAG_CODE, TAG_KEEP, C, ""},
    {GUMBO_TAG_COL, TAG_VOID, 0, " span width align "},
    {GUMBO_TAG_COLGROUP, TAG_KEEP, 0, " span width align "},
    {GUMBO_TAG_DD, TAG_KEEP, B, ""},
    {GUMBO_TAG_DEL, TAG_KEEP, C, ""},
    {GUMBO_TAG_DETAILS, TAG_KEEP, B, " class open "},
    {GUMBO_TAG_DFN, TAG_KEEP, 0, ""},
    {GUMBO_TAG_DIV, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_DL, TAG_KEEP, B, ""},
    {GUMBO_TAG_DT, TAG_KEEP, B, ""},
    {GUMBO_TAG_EM, TAG_KEEP, C, ""},
    {GUMBO_TAG_FIGCAPTION, TAG_KEEP, B | C, ""},
    {GUMBO_TAG_FIGURE, TAG_KEEP, B | C, ""},
    {GUMBO_TAG_FONT, TAG_KEEP, 0, " color size face "},
    {GUMBO_TAG_FOOTER, TAG_KEEP, B, ""},
    {GUMBO_TAG_H1, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_H2, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_H3, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_H4, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_H5, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_H6, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_HEADER, TAG_KEEP, B, ""},
    {GUMBO_TAG_HR, TAG_VOID, B | C, " size width align color noshade "},
    {GUMBO_TAG_I, TAG_KEEP, C, ""},
    {GUMBO_TAG_IMG, TAG_VOID, C, " src data-src alt width height class align border "},
    {GUMBO_TAG_INS, TAG_KEEP, C, ""},
    {GUMBO_TAG_KBD, TAG_KEEP, C, ""},
    {GUMBO_TAG_LI, TAG_KEEP, B | C, " value type "},
    {GUMBO_TAG_MAIN, TAG_KEEP, B, ""},
    {GUMBO_TAG_MARK, TAG_KEEP, C, ""},
    {GUMBO_TAG_NAV, TAG_KEEP, B, ""},
    {GUMBO_TAG_OL, TAG_KEEP, B | C, " start type reversed "},
    {GUMBO_TAG_P, TAG_KEEP, B | C, " align "},
    {GUMBO_TAG_PRE, TAG_KEEP, B | C, ""},
    {GUMBO_TAG_Q, TAG_KEEP, C, ""},
    {GUMBO_TAG_RP, TAG_KEEP, 0, ""},
    {GUMBO_TAG_RT, TAG_KEEP, 0, ""},
    {GUMBO_TAG_RUBY, TAG_KEEP, 0, ""},
    {GUMBO_TAG_S, TAG_KEEP, C, ""},
    {GUMBO_TAG_SAMP, TAG_KEEP, C, ""},
    {GUMBO_TAG_SECTION, TAG_KEEP, B, ""},
    {GUMBO_TAG_SMALL, TAG_KEEP, C, ""},
    {GUMBO_TAG_SPAN, TAG_KEEP, C, ""},
    {GUMBO_TAG_STRIKE, TAG_KEEP, C, ""},
    {GUMBO_TAG_STRONG, TAG_KEEP, C, ""},
    {GUMBO_TAG_SUB, TAG_KEEP, C, ""},
    {GUMBO_TAG_SUMMARY, TAG_KEEP, B, ""},
    {GUMBO_TAG_SUP, TAG_KEEP, C, ""},
    {GUMBO_TAG_TABLE, TAG_KEEP, B | C,
     " border cellpadding cellspacing width height bgcolor align rules frame "},
    {GUMBO_TAG_TBODY, TAG_KEEP, C, " align valign "},
    {GUMBO_TAG_TD, TAG_KEEP, C | FLAG_CELL, CELL},
    {GUMBO_TAG_TFOOT, TAG_KEEP, C, " align valign "},
    {GUMBO_TAG_TH, TAG_KEEP, C | FLAG_CELL, CELL " scope "},
    {GUMBO_TAG_THEAD, TAG_KEEP, C, " align valign "},
    {GUMBO_TAG_TIME, TAG_KEEP, 0, ""},
    {GUMBO_TAG_TR, TAG_KEEP, C, " align valign bgcolor height "},
    {GUMBO_TAG_TT, TAG_KEEP, C, ""},
    {GUMBO_TAG_U, TAG_KEEP, C, ""},
    {GUMBO_TAG_UL, TAG_KEEP, B | C, " type "},
    {GUMBO_TAG_VAR, TAG_KEEP, 0, ""},
    {GUMBO_TAG_WBR, TAG_VOID, C, ""},
    {GUMBO_TAG_HEAD, TAG_DROP, 0, ""},
    {GUMBO_TAG_TITLE, TAG_DROP, 0, ""},
    {GUMBO_TAG_SCRIPT, TAG_DROP, 0, ""},
    {GUMBO_TAG_STYLE, TAG_DROP, 0, ""},
    {GUMBO_TAG_TEMPLATE, TAG_DROP, 0, ""},
    {GUMBO_TAG_NOSCRIPT, TAG_DROP, 0, ""},
    {GUMBO_TAG_NOEMBED, TAG_DROP, 0, ""},
    {GUMBO_TAG_NOFRAMES, TAG_DROP, 0, ""},
    {GUMBO_TAG_IFRAME, TAG_DROP, 0, ""},
    {GUMBO_TAG_FRAME, TAG_DROP, 0, ""},
    {GUMBO_TAG_FRAMESET, TAG_DROP, 0, ""},
    {GUMBO_TAG_OBJECT, TAG_DROP, 0, ""},
    {GUMBO_TAG_EMBED, TAG_DROP, 0, ""},
    {GUMBO_TAG_APPLET, TAG_DROP, 0, ""},
    {GUMBO_TAG_PARAM, TAG_DROP, 0, ""},
    {GUMBO_TAG_SVG, TAG_DROP, 0, ""},
    {GUMBO_TAG_MATH, TAG_DROP, 0, ""},
    {GUMBO_TAG_META, TAG_DROP, 0, ""},
    {GUMBO_TAG_BASE, TAG_DROP, 0, ""},
    {GUMBO_TAG_LINK, TAG_DROP, 0, ""},
    {GUMBO_TAG_INPUT, TAG_DROP, 0, ""},
    {GUMBO_TAG_SELECT, TAG_DROP, 0, ""},
    {GUMBO_TAG_TEXTAREA, TAG_DROP, 0, ""},
    {GUMBO_TAG_DATALIST, TAG_DROP, 0, ""},
    {GUMBO_TAG_KEYGEN, TAG_DROP, 0, ""},
    {GUMBO_TAG_AUDIO, TAG_DROP, 0, ""},
    {GUMBO_TAG_VIDEO, TAG_DROP, 0, ""},
    {GUMBO_TAG_SOURCE, TAG_DROP, 0, ""},
    {GUMBO_TAG_TRACK, TAG_DROP, 0, ""},
    {GUMBO_TAG_CANVAS, TAG_DROP, 0, ""},
    {GUMBO_TAG_MAP, TAG_DROP, 0, ""},
    {GUMBO_TAG_AREA, TAG_DROP, 0, ""},
    {GUMBO_TAG_BGSOUND, TAG_DROP, 0, ""},
};

struct attribute_row {
    const char *name;
    enum value_kind kind;
    bool everywhere;
    bool composer;
};

static const struct attribute_row ATTRIBUTES[] = {
    {"style", VALUE_STYLE, true, true},
    {"title", VALUE_TEXT, true, true},
    {"dir", VALUE_WORD, true, true},
    {"lang", VALUE_WORD, true, true},
    {"href", VALUE_LINK, false, true},
    {"src", VALUE_IMAGE, false, true},
    {"data-src", VALUE_IMAGE, false, true},
    {"class", VALUE_CLASS, false, true},
    {"alt", VALUE_TEXT, false, true},
    {"width", VALUE_LENGTH, false, true},
    {"height", VALUE_LENGTH, false, true},
    {"colspan", VALUE_NUMBER, false, true},
    {"rowspan", VALUE_NUMBER, false, true},
    {"start", VALUE_NUMBER, false, true},
    {"value", VALUE_NUMBER, false, true},
    {"type", VALUE_WORD, false, true},
    {"scope", VALUE_WORD, false, true},
    {"align", VALUE_WORD, false, true},
    {"reversed", VALUE_FLAG, false, true},
    {"open", VALUE_FLAG, false, false},
    {"valign", VALUE_WORD, false, false},
    {"bgcolor", VALUE_COLOR, false, false},
    {"color", VALUE_COLOR, false, false},
    {"size", VALUE_WORD, false, false},
    {"face", VALUE_FACE, false, false},
    {"border", VALUE_NUMBER, false, false},
    {"cellpadding", VALUE_NUMBER, false, false},
    {"cellspacing", VALUE_NUMBER, false, false},
    {"span", VALUE_NUMBER, false, false},
    {"clear", VALUE_WORD, false, false},
    {"rules", VALUE_WORD, false, false},
    {"frame", VALUE_WORD, false, false},
    {"nowrap", VALUE_FLAG, false, false},
    {"noshade", VALUE_FLAG, false, false},
};

struct tag_row sanitize_tag(GumboTag tag)
{
    for (size_t i = 0; i < sizeof TAGS / sizeof TAGS[0]; i++) {
        if (TAGS[i].tag == tag) {
            return TAGS[i];
        }
    }
    return (struct tag_row){tag, TAG_UNWRAP, 0, ""};
}

static bool listed(const char *names, struct str name)
{
    char padded[40];
    int len = snprintf(padded, sizeof padded, " " STR_FMT " ", STR_ARG(name));
    return len > 2 && (size_t)len < sizeof padded && strstr(names, padded) != NULL;
}

enum value_kind sanitize_attribute(const struct tag_row *row, struct str name, bool composer)
{
    for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof ATTRIBUTES[0]; i++) {
        const struct attribute_row *attribute = &ATTRIBUTES[i];
        if (str_ieq_c(name, attribute->name)) {
            bool here = attribute->everywhere || listed(row->attributes, str_c(attribute->name));
            return here && (attribute->composer || !composer) ? attribute->kind : VALUE_NONE;
        }
    }
    return VALUE_NONE;
}

bool sanitize_allows(struct str tag, struct str attribute)
{
    char name[32];
    (void)snprintf(name, sizeof name, STR_FMT, STR_ARG(tag));
    struct tag_row row = sanitize_tag(gumbo_tag_enum(name));
    if (row.rule != TAG_KEEP && row.rule != TAG_VOID) {
        return false;
    }
    bool made_by_us = row.tag == GUMBO_TAG_A
                          ? str_eq_c(attribute, "rel") || str_eq_c(attribute, "target")
                      : row.tag == GUMBO_TAG_IMG
                          ? str_eq_c(attribute, "referrerpolicy") || str_eq_c(attribute, "loading")
                          : false;
    return str_empty(attribute) || made_by_us ||
           sanitize_attribute(&row, attribute, false) != VALUE_NONE;
}
