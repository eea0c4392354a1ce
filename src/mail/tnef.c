// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/tnef.h"

#include "base/buf.h"
#include "mail/charset.h"
#include "mail/mime_part.h"

#define SIGNATURE 0x223e9f78u
#define HEAD_BYTES 6

enum {
    LEVEL_MESSAGE = 1,
    LEVEL_ATTACHMENT = 2,
    // Attributes (MS-OXTNEF 2.1.3.2).
    ATT_RENDER_DATA = 0x00069002,  // begins an attachment
    ATT_TITLE = 0x00018010,
    ATT_DATA = 0x0006800f,
    ATT_PROPERTIES = 0x00069005,
    ATT_CODEPAGE = 0x00069007,
    // Properties of an attachment (MS-OXPROPS).
    PROP_DATA = 0x3701,
    PROP_FILE_NAME = 0x3704,
    PROP_LONG_FILE_NAME = 0x3707,
    PROP_TYPE = 0x370e,
    PROP_CONTENT_ID = 0x3712,
    // Types of properties.
    TYPE_MULTI = 0x1000,
    TYPE_OBJECT = 0x000d,
    TYPE_TEXT8 = 0x001e,
    TYPE_TEXT16 = 0x001f,
    TYPE_BINARY = 0x0102,
    OBJECT_HEAD_BYTES = 16,
    NAMED_PROPERTY = 0x8000,
};

struct reader {
    mem_ctx *ctx;
    struct str rest;
    bool broken;
    struct str charset;
    struct tnef_file *files;
    size_t count;
};

// --- bytes --------------------------------------------------------------------------------------

static struct str take(struct str *rest, size_t len, bool *broken)
{
    if (*broken || len > rest->len) {
        *broken = true;
        return STR("");
    }
    struct str bytes = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return bytes;
}

static uint32_t number(struct str *rest, size_t len, bool *broken)
{
    struct str bytes = take(rest, len, broken);
    uint32_t value = 0;
    for (size_t i = bytes.len; i > 0; i--) {
        value = value << 8 | (unsigned char)bytes.ptr[i - 1];
    }
    return value;
}

// Values of properties are filled up to four bytes; the last one may lack that.
static struct str take_padded(struct str *rest, size_t len, bool *broken)
{
    struct str bytes = take(rest, len, broken);
    size_t pad = (4 - len % 4) % 4;
    *rest = str_from(*rest, pad);
    return bytes;
}

// --- texts --------------------------------------------------------------------------------------

static struct str until_nul(struct str bytes)
{
    ptrdiff_t end = str_find_char(bytes, '\0');
    return end < 0 ? bytes : str_sub(bytes, 0, (size_t)end);
}

static struct str text_of(struct reader *r, uint32_t type, struct str bytes)
{
    struct str charset = type == TYPE_TEXT16 ? STR("utf-16le") : r->charset;
    struct str raw = type == TYPE_TEXT16 ? str_sub(bytes, 0, bytes.len / 2 * 2) : until_nul(bytes);
    return str_trim(until_nul(charset_to_utf8(r->ctx, charset, raw)));
}

static void set_name(struct reader *r, struct tnef_file *file, struct str name)
{
    struct str safe = file_name_safe(r->ctx, name);
    if (safe.len > 0) {
        file->name = safe;
    }
}

// --- the properties of one attachment -----------------------------------------------------------

// Bytes of a value whose length the type gives.
static size_t fixed_size(uint32_t type)
{
    switch (type) {
    case 0x0005:  // double
    case 0x0006:  // currency
    case 0x0007:  // time
    case 0x0014:  // 64 bits
    case 0x0040:  // system time
        return 8;
    case 0x0048:  // class
        return 16;
    default:
        return 4;
    }
}

static void use_property(struct reader *r, struct tnef_file *file, uint32_t id, uint32_t type,
                         struct str value)
{
    bool text = type == TYPE_TEXT8 || type == TYPE_TEXT16;
    if (id == PROP_DATA && type == TYPE_OBJECT && value.len > OBJECT_HEAD_BYTES) {
        value = str_from(value, OBJECT_HEAD_BYTES);
        // A message within is TNEF again: one file, for whoever can read it.
        if (tnef_is(value) && str_none(file->name)) {
            file->name = STR("message.dat");
        }
        file->bytes = value;
    } else if (id == PROP_DATA && type == TYPE_BINARY) {
        file->bytes = value;
    } else if (id == PROP_LONG_FILE_NAME && text) {
        set_name(r, file, text_of(r, type, value));
    } else if (id == PROP_FILE_NAME && text && str_none(file->name)) {
        set_name(r, file, text_of(r, type, value));
    } else if (id == PROP_TYPE && text) {
        file->type = str_lower(r->ctx, text_of(r, type, value));
    } else if (id == PROP_CONTENT_ID && text) {
        file->content_id = text_of(r, type, value);
    }
}

static void skip_name(struct str *rest, bool *broken)
{
    (void)take(rest, 16, broken);
    uint32_t by_name = number(rest, 4, broken);
    uint32_t length = number(rest, 4, broken);
    if (by_name == 1) {
        (void)take_padded(rest, length, broken);
    }
}

static bool is_long_value(uint32_t type)
{
    return type == TYPE_OBJECT || type == TYPE_TEXT8 || type == TYPE_TEXT16 || type == TYPE_BINARY;
}

static void read_properties(struct reader *r, struct str rest)
{
    struct tnef_file *file = &r->files[r->count - 1];
    bool broken = false;
    uint32_t count = number(&rest, 4, &broken);
    for (uint32_t i = 0; i < count && !broken; i++) {
        uint32_t type = number(&rest, 2, &broken);
        uint32_t id = number(&rest, 2, &broken);
        bool many = (type & TYPE_MULTI) != 0;
        type &= ~(uint32_t)TYPE_MULTI;
        if (id >= NAMED_PROPERTY) {
            skip_name(&rest, &broken);
        }
        uint32_t values = many || is_long_value(type) ? number(&rest, 4, &broken) : 1;
        for (uint32_t k = 0; k < values && !broken; k++) {
            size_t size = is_long_value(type) ? number(&rest, 4, &broken) : fixed_size(type);
            struct str value = take_padded(&rest, size, &broken);
            if (k == 0 && !broken) {
                use_property(r, file, id, type, value);
            }
        }
    }
    r->broken = r->broken || broken;
}

// --- attributes ---------------------------------------------------------------------------------

static void begin_file(struct reader *r)
{
    if (r->count < TNEF_FILES_MOST) {
        r->files[r->count++] = (struct tnef_file){
            .name = STR_NONE, .type = STR_NONE, .content_id = STR_NONE, .bytes = STR_NONE};
    } else {
        r->broken = true;
    }
}

static void use_attribute(struct reader *r, uint32_t level, uint32_t id, struct str data)
{
    if (level == LEVEL_MESSAGE && id == ATT_CODEPAGE) {
        bool broken = false;
        uint32_t page = number(&data, 4, &broken);
        r->charset = str_printf(r->ctx, "windows-%u", page);
    }
    if (level != LEVEL_ATTACHMENT) {
        return;
    }
    if (id == ATT_RENDER_DATA) {
        begin_file(r);
        return;
    }
    if (r->count == 0) {
        return;
    }
    struct tnef_file *file = &r->files[r->count - 1];
    if (id == ATT_TITLE && str_none(file->name)) {
        set_name(r, file, text_of(r, TYPE_TEXT8, data));
    } else if (id == ATT_DATA && str_none(file->bytes)) {
        file->bytes = data;
    } else if (id == ATT_PROPERTIES) {
        read_properties(r, data);
    }
}

static void read_all(struct reader *r)
{
    while (r->rest.len > 0 && !r->broken) {
        uint32_t level = number(&r->rest, 1, &r->broken);
        uint32_t id = number(&r->rest, 4, &r->broken);
        uint32_t length = number(&r->rest, 4, &r->broken);
        struct str data = take(&r->rest, length, &r->broken);
        (void)number(&r->rest, 2, &r->broken);  // a checksum that many get wrong
        if (!r->broken) {
            use_attribute(r, level, id, data);
        }
    }
}

// Those with bytes, with a name and a type each.
static size_t finish(struct reader *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct tnef_file file = r->files[i];
        if (str_none(file.bytes)) {
            continue;
        }
        if (str_none(file.name)) {
            file.name = str_printf(r->ctx, "attachment-%zu", kept + 1);
        }
        if (str_empty(file.type) || str_find_char(file.type, '/') < 1) {
            file.type = STR("application/octet-stream");
        }
        r->files[kept++] = file;
    }
    return kept;
}

bool tnef_is(struct str bytes)
{
    bool broken = false;
    return number(&bytes, 4, &broken) == SIGNATURE && !broken;
}

bool tnef_files(mem_ctx *ctx, struct str bytes, struct tnef_file **ret, size_t *ret_count)
{
    struct reader r = {.ctx = ctx, .rest = str_from(bytes, HEAD_BYTES), .charset = STR("")};
    r.files = mem_array(ctx, struct tnef_file, TNEF_FILES_MOST);
    r.broken = !tnef_is(bytes);
    read_all(&r);
    *ret = r.files;
    *ret_count = finish(&r);
    return !r.broken;
}
