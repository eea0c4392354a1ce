// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/sanitize_check.h"

#include "mail/html_tree.h"
#include "mail/sanitize.h"

static bool harmless_link(struct str url)
{
    static const char *const STARTS[] = {
        "http://", "https://", "mailto:", "tel:", "/attachments/", "/part/"};
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        if (str_starts(url, str_c(STARTS[i]))) {
            return true;
        }
    }
    return false;
}

static bool harmless_image(struct str url)
{
    return (harmless_link(url) && !str_starts(url, STR("mailto:")) &&
            !str_starts(url, STR("tel:"))) ||
           str_istarts(url, STR("data:image/png;base64,")) ||
           str_istarts(url, STR("data:image/gif;base64,")) ||
           str_istarts(url, STR("data:image/jpeg;base64,")) ||
           str_istarts(url, STR("data:image/jpg;base64,")) ||
           str_istarts(url, STR("data:image/webp;base64,"));
}

static bool harmless_value(mem_ctx *ctx, struct str name, struct str value)
{
    if (str_eq_c(name, "href")) {
        return harmless_link(value);
    }
    if (str_eq_c(name, "src") || str_eq_c(name, "data-src")) {
        return harmless_image(value);
    }
    if (str_eq_c(name, "style")) {
        return str_eq(css_sanitize(ctx, value), value) && str_ifind(value, STR("url")) < 0 &&
               str_ifind(value, STR("position")) < 0 && str_find_char(value, '\\') < 0;
    }
    return true;
}

static const char *check_element(mem_ctx *ctx, const GumboNode *node)
{
    struct str tag = html_tag_name(node);
    GumboTag known = html_tag(node);
    // The parser makes these for any input.
    bool frame = (known == GUMBO_TAG_HTML || known == GUMBO_TAG_HEAD || known == GUMBO_TAG_BODY) &&
                 node->v.element.attributes.length == 0;
    if (frame) {
        return NULL;
    }
    if (html_tag(node) == GUMBO_TAG_UNKNOWN || !sanitize_allows(tag, STR(""))) {
        return mem_printf(ctx, "element <" STR_FMT ">", STR_ARG(tag));
    }
    const GumboVector *all = &node->v.element.attributes;
    for (unsigned i = 0; i < all->length; i++) {
        const GumboAttribute *attribute = all->data[i];
        struct str name = str_c(attribute->name);
        struct str value = str_c(attribute->value);
        bool own_class = str_eq_c(name, "class") &&
                         (str_eq_c(value, "quoted") || str_eq_c(value, "blocked-image"));
        if ((!sanitize_allows(tag, name) && !own_class) || str_istarts(name, STR("on"))) {
            return mem_printf(ctx, "attribute " STR_FMT " of <" STR_FMT ">", STR_ARG(name),
                              STR_ARG(tag));
        }
        if (!harmless_value(ctx, name, value)) {
            return mem_printf(ctx, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
        }
    }
    return NULL;
}

static const char *check_node(mem_ctx *ctx, const GumboNode *node)
{
    if (node->type == GUMBO_NODE_COMMENT || node->type == GUMBO_NODE_CDATA) {
        return "a comment";
    }
    return html_is_element(node) ? check_element(ctx, node) : NULL;
}

const char *sanitize_check(mem_ctx *ctx, struct str markup)
{
    const GumboNode *document;
    if (!str_utf8_valid(markup)) {
        return "not UTF-8";
    }
    if (!html_tree_parse(ctx, markup, &document)) {
        return NULL;  // refused by its bounds: never shown
    }
    struct html_walk walk;
    html_walk_init(&walk, ctx, document);
    const GumboNode *node;
    int mark;
    enum html_visit visit;
    while ((visit = html_walk_next(&walk, &node, &mark)) != HTML_DONE) {
        const char *wrong = visit == HTML_ENTER ? check_node(ctx, node) : NULL;
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}
