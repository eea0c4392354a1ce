// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/charset.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ucsdet.h>

#include "base/buf.h"

#define NAME_MAX_LEN 60
#define DETECT_BYTES 65536
#define DETECT_LEAST 12  // of fewer bytes a guess knows nothing
#define CHUNK 4096

struct alias {
    const char *name;
    const char *icu;
};

// Names as mail uses them, where ICU has none or one that means less than senders put into it.
static const struct alias ALIASES[] = {
    {"ascii", "windows-1252"},
    {"us-ascii", "windows-1252"},
    {"ansi_x3.4-1968", "windows-1252"},
    {"ansi_x3.110-1983", "windows-1252"},
    {"iso-8859-1", "windows-1252"},
    {"iso8859-1", "windows-1252"},
    {"iso_8859-1", "windows-1252"},
    {"iso-8859-1-windows-3.1-latin-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"latin-1", "windows-1252"},
    {"l1", "windows-1252"},
    {"cp-850", "ibm-850_P100-1995"},
    {"gb2312", "gb18030"},
    {"gb_2312", "gb18030"},
    {"gb_2312-80", "gb18030"},
    {"gb2312-80", "gb18030"},
    {"x-gbk", "gb18030"},
    {"gbk", "gb18030"},
    {"cp936", "gb18030"},
    {"windows-936", "gb18030"},
    {"euc-cn", "gb18030"},
    {"hz", "HZ"},
    {"ks_c_5601", "windows-949-2000"},
    {"ks_c_5601-1987", "windows-949-2000"},
    {"ks_c_5601-1989", "windows-949-2000"},
    {"ksc5601", "windows-949-2000"},
    {"ks_c-5601-1987", "windows-949-2000"},
    {"korean", "windows-949-2000"},
    {"euc-kr", "windows-949-2000"},
    {"euc_kr", "windows-949-2000"},
    {"cp949", "windows-949-2000"},
    {"uhc", "windows-949-2000"},
    {"shift-jis", "ibm-943_P15A-2003"},
    {"x-sjis", "ibm-943_P15A-2003"},
    {"sjis", "ibm-943_P15A-2003"},
    {"cp932", "ibm-943_P15A-2003"},
    {"windows-932", "ibm-943_P15A-2003"},
    {"x-euc-jp", "euc-jp-2007"},
    {"eucjp", "euc-jp-2007"},
    {"big5", "ibm-1375_P100-2008"},
    {"big-5", "ibm-1375_P100-2008"},
    {"cn-big5", "ibm-1375_P100-2008"},
    {"x-x-big5", "ibm-1375_P100-2008"},
    {"cp950", "windows-950-2000"},
    {"iso-8859-8-i", "windows-1255"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "windows-874"},
    {"x-mac-roman", "macintosh"},
    {"x-mac-ukrainian", "x-mac-cyrillic"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"utf", "UTF-8"},
    {"utf_8", "UTF-8"},
    {"utf8mb4", "UTF-8"},
    {"utf-8-sig", "UTF-8"},
    {"x-utf-8", "UTF-8"},
};

// The names of ISO-2022-JP in which Microsoft's extra characters turn up.
static const char *const JIS_NAMES[] = {"iso-2022-jp", "iso-2022-jp-ms", "csiso2022jp",
                                        "jis",         "cp50220",        "cp50221",
                                        "cp50222",     "iso2022jp",      "iso-2022-jp-1"};

static struct str jis_to_shift_jis(mem_ctx *ctx, struct str bytes);

static bool name_in_jis(struct str name)
{
    for (size_t i = 0; i < sizeof JIS_NAMES / sizeof JIS_NAMES[0]; i++) {
        if (str_ieq_c(name, JIS_NAMES[i])) {
            return true;
        }
    }
    return false;
}

// Quotes, blanks and a stray "charset=" fall off; the result fits ICU's idea of a name.
static struct str name_tidy(struct str name)
{
    name = str_trim(name);
    while (name.len > 0 && strchr("\"'= ", name.ptr[0]) != NULL) {
        name = str_from(name, 1);
    }
    while (name.len > 0 && strchr("\"'; ", name.ptr[name.len - 1]) != NULL) {
        name.len--;
    }
    // RFC 2231 language after an encoded word's charset: "utf-8*en".
    ptrdiff_t star = str_find_char(name, '*');
    if (star > 0) {
        name = str_sub(name, 0, (size_t)star);
    }
    return name.len > NAME_MAX_LEN ? STR_NONE : name;
}

static UConverter *converter_open(struct str name)
{
    char icu[NAME_MAX_LEN + 1];
    if (name.len == 0 || name.len > NAME_MAX_LEN || str_ieq_c(name, "binary")) {
        return NULL;
    }
    (void)snprintf(icu, sizeof icu, STR_FMT, STR_ARG(name));
    if (strlen(icu) != name.len || strpbrk(icu, ",/ \t") != NULL) {
        return NULL;  // ICU reads options after a comma
    }
    const char *wanted = icu;
    for (size_t i = 0; i < sizeof ALIASES / sizeof ALIASES[0]; i++) {
        if (str_ieq_c(name, ALIASES[i].name)) {
            wanted = ALIASES[i].icu;
        }
    }
    UErrorCode status = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(wanted, &status);
    return U_FAILURE(status) ? NULL : converter;
}

bool charset_known(struct str name)
{
    name = name_tidy(name);
    if (name_in_jis(name)) {
        return true;
    }
    UConverter *converter = converter_open(name);
    if (converter == NULL) {
        return false;
    }
    ucnv_close(converter);
    return true;
}

static void count_broken(const void *context, UConverterToUnicodeArgs *args, const char *units,
                         int32_t length, UConverterCallbackReason reason, UErrorCode *status)
{
    if (reason <= UCNV_IRREGULAR) {
        *(size_t *)(uintptr_t)context += 1;
    }
    UCNV_TO_U_CALLBACK_SUBSTITUTE(NULL, args, units, length, reason, status);
}

// Converts all of it; *ret_broken counts the sequences that were no characters.
static struct str convert(mem_ctx *ctx, UConverter *from, struct str bytes, size_t *ret_broken)
{
    UErrorCode status = U_ZERO_ERROR;
    *ret_broken = 0;
    ucnv_setToUCallBack(from, count_broken, ret_broken, NULL, NULL, &status);
    UConverter *to = ucnv_open("UTF-8", &status);
    struct buf out;
    buf_init(&out, ctx, bytes.len * 6 + 2 * CHUNK);
    UChar pivot[CHUNK];
    UChar *pivot_source = pivot;
    UChar *pivot_target = pivot;
    const char *source = bytes.ptr;
    bool first = true;
    do {
        char *target = buf_reserve(&out, CHUNK);
        if (target == NULL || to == NULL) {
            break;
        }
        char *start = target;
        status = U_ZERO_ERROR;
        ucnv_convertEx(to, from, &target, start + CHUNK, &source, bytes.ptr + bytes.len, pivot,
                       &pivot_source, &pivot_target, pivot + CHUNK, first, true, &status);
        out.len += (size_t)(target - start);
        first = false;
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    ucnv_close(to);
    if (U_FAILURE(status)) {
        *ret_broken = SIZE_MAX;
    }
    return buf_str(&out);
}

static struct str convert_named(mem_ctx *ctx, struct str name, struct str bytes, size_t *ret_broken)
{
    UConverter *from = converter_open(name);
    if (from == NULL) {
        *ret_broken = SIZE_MAX;
        return STR_NONE;
    }
    struct str text = convert(ctx, from, bytes, ret_broken);
    ucnv_close(from);
    return text;
}

static struct str convert_declared(mem_ctx *ctx, struct str name, struct str bytes,
                                   size_t *ret_broken)
{
    if (name_in_jis(name)) {
        struct str shifted = jis_to_shift_jis(ctx, bytes);
        return str_none(shifted) ? convert_named(ctx, STR("iso-2022-jp-2"), bytes, ret_broken)
                                 : convert_named(ctx, STR("cp932"), shifted, ret_broken);
    }
    return convert_named(ctx, name, bytes, ret_broken);
}

static bool only_ascii(struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (c >= 0x80 || c == 0x1b || c == 0) {
            return false;
        }
    }
    return true;
}

// Sets whose plain ASCII bytes mean ASCII; for others (UTF-7, UTF-16, HZ) the bytes must be read.
static bool ascii_based(struct str name)
{
    return !str_istarts(name, STR("utf-7")) && !str_istarts(name, STR("utf-16")) &&
           !str_istarts(name, STR("utf-32")) && !str_istarts(name, STR("ucs")) &&
           !str_istarts(name, STR("hz")) && str_ifind(name, STR("utf-7")) < 0 &&
           !str_istarts(name, STR("unicode")) && !str_istarts(name, STR("ibm")) &&
           !str_istarts(name, STR("iso-10646"));
}

static struct str convert_detected(mem_ctx *ctx, struct str bytes)
{
    if (bytes.len < DETECT_LEAST) {
        return STR_NONE;
    }
    UErrorCode status = U_ZERO_ERROR;
    UCharsetDetector *detector = ucsdet_open(&status);
    struct str text = STR_NONE;
    struct str sample = str_sub(bytes, 0, DETECT_BYTES);
    ucsdet_setText(detector, sample.ptr, (int32_t)sample.len, &status);
    const UCharsetMatch *match = ucsdet_detect(detector, &status);
    if (U_SUCCESS(status) && match != NULL && ucsdet_getConfidence(match, &status) >= 20) {
        size_t broken;
        text = convert_declared(ctx, str_c(ucsdet_getName(match, &status)), bytes, &broken);
        if (broken != 0) {
            text = STR_NONE;
        }
    }
    ucsdet_close(detector);
    return text;
}

static struct str to_utf8(mem_ctx *ctx, struct str name, struct str bytes)
{
    bool says_ascii = str_ieq_c(name, "us-ascii") || str_ieq_c(name, "ascii");
    size_t broken = SIZE_MAX;
    struct str declared = STR_NONE;
    // Bytes above 127 are not US-ASCII, so that such a declaration says nothing.
    if (name.len > 0 && !says_ascii) {
        declared = convert_declared(ctx, name, bytes, &broken);
        if (broken == 0) {
            return declared;
        }
    }
    if (str_empty(declared) && str_find(bytes, STR("\x1b$")) >= 0) {
        // Nobody but the ISO-2022 sets uses this escape, and all its bytes are valid UTF-8.
        struct str japanese = convert_declared(ctx, STR("iso-2022-jp"), bytes, &broken);
        if (broken == 0) {
            return japanese;
        }
    }
    if (str_utf8_valid(bytes)) {
        return bytes;
    }
    if (broken != SIZE_MAX && broken <= 1 + bytes.len / 50) {
        return declared;
    }
    struct str guess = convert_detected(ctx, bytes);
    if (str_none(guess)) {
        guess = convert_named(ctx, STR("windows-1252"), bytes, &broken);
    }
    return guess;
}

struct str charset_to_utf8(mem_ctx *ctx, struct str declared, struct str bytes)
{
    if (bytes.len > INT32_MAX / 4) {
        bytes.len = INT32_MAX / 4;
    }
    struct str name = name_tidy(declared);
    if (bytes.len == 0) {
        return STR("");
    }
    if (only_ascii(bytes) && ascii_based(name)) {
        return str_utf8_mend(ctx, bytes);
    }
    struct str text = to_utf8(ctx, name, bytes);
    if (str_starts(text, STR("\xef\xbb\xbf"))) {
        text = str_from(text, 3);
    }
    return str_utf8_mend(ctx, text);
}

// ---- ISO-2022-JP with the extensions of cp50221, by way of Shift_JIS -------------------------

enum jis_mode { JIS_ASCII, JIS_KANJI, JIS_KANA };

struct jis_escape {
    const char *bytes;
    enum jis_mode mode;
};

static const struct jis_escape JIS_ESCAPES[] = {
    {"\x1b(B", JIS_ASCII},  {"\x1b(J", JIS_ASCII},       {"\x1b(H", JIS_ASCII},
    {"\x1b$@", JIS_KANJI},  {"\x1b$B", JIS_KANJI},       {"\x1b$(@", JIS_KANJI},
    {"\x1b$(B", JIS_KANJI}, {"\x1b&@\x1b$B", JIS_KANJI}, {"\x1b(I", JIS_KANA},
};

// The length of the known escape at the start, 0 when there is none.
static size_t jis_escape_at(struct str rest, enum jis_mode *mode)
{
    for (size_t i = 0; i < sizeof JIS_ESCAPES / sizeof JIS_ESCAPES[0]; i++) {
        struct str escape = str_c(JIS_ESCAPES[i].bytes);
        if (str_starts(rest, escape)) {
            *mode = JIS_ESCAPES[i].mode;
            return escape.len;
        }
    }
    return 0;
}

// JIS X 0208 row and cell to the two bytes of Shift_JIS (JIS X 0208:1997, annex 1).
static void put_kanji(struct buf *out, unsigned high, unsigned low)
{
    unsigned row = (high - 0x21) / 2;
    unsigned lead = row + (row < 31 ? 0x81 : 0xc1);
    unsigned trail = high % 2 == 0 ? low + 0x7e : low + 0x1f + (low >= 0x60);
    buf_put_char(out, (char)lead);
    buf_put_char(out, (char)trail);
}

// Absent when there are escapes of other sets (JIS X 0212, Chinese, Korean, Greek).
static struct str jis_to_shift_jis(mem_ctx *ctx, struct str bytes)
{
    struct buf out;
    buf_init(&out, ctx, bytes.len * 2 + 1);
    enum jis_mode mode = JIS_ASCII;
    while (bytes.len > 0) {
        unsigned char c = (unsigned char)bytes.ptr[0];
        size_t step = 1;
        if (c == 0x1b) {
            step = jis_escape_at(bytes, &mode);
            if (step == 0) {
                return STR_NONE;
            }
        } else if (c == '\n') {
            mode = JIS_ASCII;  // RFC 1468: a line ends in ASCII, told or not
            buf_put_char(&out, '\n');
        } else if (mode == JIS_KANJI && bytes.len > 1 && c >= 0x21 && c <= 0x7e &&
                   bytes.ptr[1] >= 0x21 && bytes.ptr[1] <= 0x7e) {
            put_kanji(&out, c, (unsigned char)bytes.ptr[1]);
            step = 2;
        } else if (mode == JIS_KANA && c >= 0x21 && c <= 0x5f) {
            buf_put_char(&out, (char)(c + 0x80));
        } else {
            buf_put_char(&out, (char)c);
        }
        bytes = str_from(bytes, step);
    }
    return buf_str(&out);
}
