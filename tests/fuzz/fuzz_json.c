// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON from outside: parsing, every accessor, binding to a struct with each type of member; and
// text written by the writer reads back as the same text.
#include <string.h>

#include "fuzz.h"
#include "json/json.h"

struct inner {
    enum jr_presence is;
    struct jr_str name;
    struct jr_real share;
};

struct body {
    struct jr_str a;
    struct jr_int b, c, d;
    struct jr_flag e;
    struct jr_strs f, g;
    struct jr_ids h;
    struct jr_value i;
    struct inner j;
};

static const struct jr_field INNER_FIELDS[] = {
    JR_FIELD(STR, "name", struct inner, name, .required = true, .max = 3),
    JR_FIELD(REAL, "share", struct inner, share),
};
static const struct jr_spec INNER = JR_SPEC(INNER_FIELDS);
static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "a", struct body, a, .not_blank = true),
    JR_FIELD(INT, "b", struct body, b),
    JR_FIELD(ID, "c", struct body, c),
    JR_FIELD(TIME, "d", struct body, d),
    JR_FIELD(FLAG, "e", struct body, e),
    JR_FIELD(STRS, "f", struct body, f, .max = 4),
    JR_FIELD(WORDS, "g", struct body, g),
    JR_FIELD(IDS, "h", struct body, h),
    JR_FIELD(RAW, "i", struct body, i),
    JR_CHILD("j", struct body, j, &INNER),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

static void check_read(mem_ctx *ctx, struct str raw)
{
    struct jr_value value = JR_NONE;
    struct error err;
    if (!jr_parse(ctx, raw, &value, &err)) {
        assert(err.code == ERR_BAD_REQUEST && err.message[0] != '\0');
        return;
    }
    struct body body = {0};
    struct problems problems;
    problems_init(&problems, ctx);
    bool good = jr_bind(ctx, value, &SPEC, &body, &problems);
    assert(good == problems_none(&problems, &err));
    assert(str_none(body.a.v) || str_utf8_valid(body.a.v));
    struct str again = jr_dump(ctx, value);
    struct jr_value copy = JR_NONE;
    assert(jr_parse(ctx, again, &copy, &err));
    assert(jr_kind(copy) == jr_kind(value) && jr_count(copy) == jr_count(value));
}

static void check_written(mem_ctx *ctx, struct str raw)
{
    struct str text = str_utf8_mend(ctx, raw);
    struct buf out;
    buf_init(&out, ctx, text.len * 8 + 64);
    struct jw w;
    jw_init(&w, &out);
    jw_array_begin(&w);
    jw_str(&w, str_none(text) ? STR("") : text);
    jw_array_end(&w);
    assert(jw_done(&w) && !out.failed);
    struct str json = buf_str(&out);
    assert(str_find(json, STR("</")) < 0 && str_find(json, STR("<!")) < 0);
    struct jr_value value = JR_NONE;
    struct error err;
    assert(jr_parse(ctx, json, &value, &err));
    assert(str_eq(jr_text(jr_at(value, 0)), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str raw = fuzz_input(data, size);
    check_read(ctx, raw);
    check_written(ctx, raw);
    mem_free(ctx);
    return 0;
}
