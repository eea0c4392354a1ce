// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_walk.h"

#include <string.h>

#include "mail/headers.h"

enum frame_kind { FRAME_MIXED, FRAME_ALTERNATIVE, FRAME_RELATED };

struct frame {
    GMimeMultipart *multipart;
    enum frame_kind kind;
    int next;
    int root;  // of a multipart/related: the child that is shown
    size_t alternative;
    int branch;
    bool related_extra;
};

struct walk {
    mem_ctx *ctx;
    struct str stream;
    const struct mail_limits *limits;
    struct mime_leaves *leaves;
    struct buf *problems;
    struct frame *frames;
    size_t depth;
    size_t seen;
    size_t alternatives;
};

struct str mime_field(mem_ctx *ctx, GMimeObject *object, const char *name)
{
    GMimeHeader *header =
        g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);
    return header == NULL ? STR_NONE : str_dup(ctx, str_c(g_mime_header_get_raw_value(header)));
}

static struct str type_of(mem_ctx *ctx, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    if (type == NULL) {
        return STR("text/plain");
    }
    const char *major = g_mime_content_type_get_media_type(type);
    const char *minor = g_mime_content_type_get_media_subtype(type);
    struct str name = str_printf(ctx, "%s/%s", major == NULL ? "application" : major,
                                 minor == NULL ? "octet-stream" : minor);
    return str_lower(ctx, str_utf8_mend(ctx, name));
}

static enum mail_encoding encoding_of(GMimePart *part)
{
    switch (g_mime_part_get_content_encoding(part)) {
    case GMIME_CONTENT_ENCODING_BASE64:
        return MAIL_ENCODING_BASE64;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
        return MAIL_ENCODING_QUOTED_PRINTABLE;
    case GMIME_CONTENT_ENCODING_UUENCODE:
        return MAIL_ENCODING_UUENCODE;
    case GMIME_CONTENT_ENCODING_DEFAULT:
    case GMIME_CONTENT_ENCODING_7BIT:
    case GMIME_CONTENT_ENCODING_8BIT:
    case GMIME_CONTENT_ENCODING_BINARY:
    default:  // the library's enum may grow; what we do not know is read as it stands
        return MAIL_ENCODING_NONE;
    }
}

// The bytes of a part's content within the stream.
static struct str content_of(struct walk *w, GMimePart *part)
{
    GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
    GMimeStream *content = wrapper == NULL ? NULL : g_mime_data_wrapper_get_stream(wrapper);
    if (content == NULL || content->bound_start < 0) {
        return STR("");
    }
    size_t start = (size_t)content->bound_start;
    size_t end = content->bound_end < 0 ? w->stream.len : (size_t)content->bound_end;
    return end <= start ? STR("") : str_sub(w->stream, start, end - start);
}

static ptrdiff_t first_header_offset(GMimeObject *object)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(object);
    return g_mime_header_list_get_count(headers) == 0
               ? -1
               : (ptrdiff_t)g_mime_header_get_offset(g_mime_header_list_get_header_at(headers, 0));
}

// Where the last leaf below `object` ends, at least `least`.
static size_t last_leaf_end(struct walk *w, GMimeObject *object, size_t least)
{
    while (object != NULL) {
        ptrdiff_t own = first_header_offset(object);
        if (own > (ptrdiff_t)least) {
            least = (size_t)own;
        }
        if (GMIME_IS_MULTIPART(object)) {
            int count = g_mime_multipart_get_count((GMimeMultipart *)object);
            object =
                count == 0 ? NULL : g_mime_multipart_get_part((GMimeMultipart *)object, count - 1);
        } else if (GMIME_IS_MESSAGE_PART(object)) {
            GMimeMessage *inner = g_mime_message_part_get_message((GMimeMessagePart *)object);
            object = inner == NULL ? NULL : g_mime_message_get_mime_part(inner);
        } else {
            struct str content =
                GMIME_IS_PART(object) ? content_of(w, (GMimePart *)object) : STR_NONE;
            size_t end = content.len == 0 ? 0 : (size_t)(content.ptr - w->stream.ptr) + content.len;
            return end > least ? end : least;
        }
    }
    return least;
}

// A part that was itself parsed has no range of its own in GMime: it goes from its first field
// to the next boundary of a multipart around it.
static struct str range_of(struct walk *w, GMimeObject *object, size_t start)
{
    size_t from = last_leaf_end(w, object, start);
    from = from > start + 2 ? from - 2 : start;
    for (size_t level = w->depth; level > 0; level--) {
        const char *boundary = g_mime_multipart_get_boundary(w->frames[level - 1].multipart);
        if (boundary == NULL || boundary[0] == '\0') {
            continue;
        }
        struct str line = str_printf(w->ctx, "\n--%s", boundary);
        ptrdiff_t at = str_find(str_from(w->stream, from), line);
        if (at >= 0) {
            size_t end = from + (size_t)at;
            end -= end > start && w->stream.ptr[end - 1] == '\r';
            return str_sub(w->stream, start, end - start);
        }
    }
    return str_from(w->stream, start);
}

static struct mime_leaf *leaf_add(struct walk *w, struct str type)
{
    struct mime_leaves *all = w->leaves;
    if ((all->count & (all->count - 1)) == 0) {
        size_t room = all->count == 0 ? 1 : all->count * 2;
        all->items = mem_grow(w->ctx, all->items, struct mime_leaf, room);
    }
    struct mime_leaf *leaf = &all->items[all->count++];
    *leaf = (struct mime_leaf){.type = type};
    if (w->depth > 0) {
        const struct frame *frame = &w->frames[w->depth - 1];
        leaf->alternative = frame->alternative;
        leaf->branch =
            frame->kind == FRAME_ALTERNATIVE && frame->branch < 0 ? frame->next - 1 : frame->branch;
        leaf->related_extra = frame->related_extra ||
                              (frame->kind == FRAME_RELATED && frame->next - 1 != frame->root);
    }
    return leaf;
}

static void leaf_fields(struct walk *w, struct mime_leaf *leaf, GMimeObject *object)
{
    leaf->content_type = mime_field(w->ctx, object, "Content-Type");
    leaf->disposition = mime_field(w->ctx, object, "Content-Disposition");
    leaf->content_id = mime_field(w->ctx, object, "Content-ID");
    leaf->location = mime_field(w->ctx, object, "Content-Location");
    leaf->description = mime_field(w->ctx, object, "Content-Description");
}

static void walk_message(struct walk *w, GMimeMessagePart *part)
{
    struct mime_leaf *leaf = leaf_add(w, type_of(w->ctx, (GMimeObject *)part));
    leaf_fields(w, leaf, (GMimeObject *)part);
    leaf->is_message = true;
    leaf->encoded = STR("");
    GMimeMessage *inner = g_mime_message_part_get_message(part);
    if (inner == NULL) {
        return;
    }
    GMimeObject *body = g_mime_message_get_mime_part(inner);
    ptrdiff_t start = first_header_offset((GMimeObject *)inner);
    ptrdiff_t body_start = body == NULL ? -1 : first_header_offset(body);
    if (start < 0 || (body_start >= 0 && body_start < start)) {
        start = body_start;  // all its fields are Content-*
    }
    if (start < 0 && body != NULL && GMIME_IS_PART(body)) {
        struct str content = content_of(w, (GMimePart *)body);
        start = content.len == 0 ? -1 : content.ptr - w->stream.ptr;
    }
    if (start >= 0) {
        leaf->encoded = range_of(w, body, (size_t)start);
    }
}

static void walk_text_outside(struct walk *w, const char *text)
{
    struct str inside = str_c(text);
    if (str_trim(inside).len > 0) {
        struct mime_leaf *leaf = leaf_add(w, STR("text/plain"));
        leaf->encoded = str_dup(w->ctx, inside);
    }
}

static bool has_text(GMimeMultipart *multipart)
{
    int count = g_mime_multipart_get_count(multipart);
    for (int i = 0; i < count; i++) {
        GMimeObject *child = g_mime_multipart_get_part(multipart, i);
        if (GMIME_IS_TEXT_PART(child) || GMIME_IS_MULTIPART(child)) {
            return true;
        }
    }
    return false;
}

static bool can_be_root(GMimeObject *child)
{
    return GMIME_IS_MULTIPART(child) || GMIME_IS_TEXT_PART(child);
}

// RFC 2387, 3.2: the root is the part named by "start", else the first; some put the pictures
// first, so the first that can be read.
static int related_root(struct walk *w, GMimeMultipart *multipart)
{
    struct str start =
        header_param(w->ctx, mime_field(w->ctx, (GMimeObject *)multipart, "Content-Type"), "start");
    struct mail_ids wanted = header_ids(w->ctx, start, 1);
    int count = g_mime_multipart_get_count(multipart);
    int readable = -1;
    for (int i = 0; i < count; i++) {
        GMimeObject *child = g_mime_multipart_get_part(multipart, i);
        struct str id = mime_field(w->ctx, child, "Content-ID");
        struct mail_ids ids = header_ids(w->ctx, id, 1);
        if (ids.count == 1 && wanted.count == 1 && str_eq(ids.items[0], wanted.items[0]) &&
            can_be_root(child)) {
            return i;
        }
        readable = readable < 0 && can_be_root(child) ? i : readable;
    }
    return readable < 0 ? 0 : readable;
}

static void multipart_kind(struct walk *w, struct frame *frame)
{
    struct str type = type_of(w->ctx, (GMimeObject *)frame->multipart);
    if (str_eq_c(type, "multipart/alternative")) {
        frame->kind = FRAME_ALTERNATIVE;
        if (frame->alternative == 0) {
            frame->alternative = ++w->alternatives;
            frame->branch = -1;
        }
    } else if (str_eq_c(type, "multipart/related")) {
        frame->kind = FRAME_RELATED;
        frame->root = related_root(w, frame->multipart);
    } else if (str_eq_c(type, "multipart/report") && str_none(w->leaves->report_type)) {
        struct str field = mime_field(w->ctx, (GMimeObject *)frame->multipart, "Content-Type");
        struct str kind = header_param(w->ctx, field, "report-type");
        w->leaves->report_type = str_none(kind) ? STR("") : str_lower(w->ctx, str_trim(kind));
    }
}

static void walk_multipart(struct walk *w, GMimeMultipart *multipart)
{
    if (w->depth >= w->limits->max_depth) {
        ptrdiff_t start = first_header_offset((GMimeObject *)multipart);
        struct mime_leaf *leaf = leaf_add(w, STR("message/rfc822"));
        leaf->encoded = start < 0 ? STR("") : range_of(w, (GMimeObject *)multipart, (size_t)start);
        buf_put_c(w->problems,
                  "The mail is nested too deeply; the inmost parts are kept as one.\n");
        return;
    }
    struct frame frame = {.multipart = multipart, .kind = FRAME_MIXED, .branch = -1};
    if (w->depth > 0) {
        const struct frame *outer = &w->frames[w->depth - 1];
        frame.alternative = outer->alternative;
        frame.branch =
            outer->kind == FRAME_ALTERNATIVE && outer->branch < 0 ? outer->next - 1 : outer->branch;
        frame.related_extra = outer->related_extra ||
                              (outer->kind == FRAME_RELATED && outer->next - 1 != outer->root);
    }
    multipart_kind(w, &frame);
    w->frames[w->depth++] = frame;
    if (!has_text(multipart)) {
        // Bounces and broken mails keep their words outside of all parts.
        walk_text_outside(w, g_mime_multipart_get_prologue(multipart));
    }
}

static void walk_object(struct walk *w, GMimeObject *object)
{
    if (w->seen++ >= w->limits->max_parts) {
        return;
    }
    if (GMIME_IS_MULTIPART(object)) {
        walk_multipart(w, (GMimeMultipart *)object);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        walk_message(w, (GMimeMessagePart *)object);
    } else if (GMIME_IS_PART(object)) {
        struct mime_leaf *leaf = leaf_add(w, type_of(w->ctx, object));
        leaf_fields(w, leaf, object);
        leaf->encoding = encoding_of((GMimePart *)object);
        leaf->encoded = content_of(w, (GMimePart *)object);
        leaf->is_message = str_eq_c(leaf->type, "message/rfc822");
    }
}

void mime_walk(mem_ctx *ctx, GMimeObject *root, struct str stream, const struct mail_limits *limits,
               struct mime_leaves *leaves, struct buf *problems)
{
    struct walk w = {
        .ctx = ctx, .stream = stream, .limits = limits, .leaves = leaves, .problems = problems};
    w.frames = mem_array(ctx, struct frame, limits->max_depth + 1);
    walk_object(&w, root);
    while (w.depth > 0) {
        struct frame *frame = &w.frames[w.depth - 1];
        if (frame->next >= g_mime_multipart_get_count(frame->multipart)) {
            w.depth--;
            continue;
        }
        frame->next++;
        walk_object(&w, g_mime_multipart_get_part(frame->multipart, frame->next - 1));
    }
    if (w.seen > limits->max_parts) {
        buf_printf(problems, "The mail has %zu parts; the first %zu are shown.\n", w.seen,
                   limits->max_parts);
    }
}
