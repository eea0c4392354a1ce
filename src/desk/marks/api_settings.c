// SPDX-License-Identifier: GPL-3.0-or-later
//
// What programs keep for their user: settings in named parts, each an object of plain values.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/marks/api.h"
#include "desk/marks/marks.h"

#define SETTINGS_MAX (32 << 10)

static const struct {
    const char *part;
    const char *name;
    bool value;
} DEFAULTS[] = {
    {"lotus", "keyboard_shortcuts_enabled", true},
    {"lotus", "show_onboarding_tooltips", false},
    {"lotus", "show_reporting_video_tutorial", false},
};
#define DEFAULT_COUNT (sizeof DEFAULTS / sizeof *DEFAULTS)

// One part: what `newer` says, else `older`, else what stands for it.
static void write_part(mem_ctx *ctx, struct jw *w, const char *part, struct jr_value older,
                       struct jr_value newer, bool with_defaults)
{
    struct str key;
    struct jr_value value;
    void *at = NULL;
    jw_field_object(w, part);
    for (size_t i = 0; i < DEFAULT_COUNT && with_defaults; i++) {
        bool said = !jr_absent(jr_get(older, DEFAULTS[i].name)) ||
                    !jr_absent(jr_get(newer, DEFAULTS[i].name));
        if (str_eq_c(str_c(part), DEFAULTS[i].part) && !said) {
            jw_field_bool(w, DEFAULTS[i].name, DEFAULTS[i].value);
        }
    }
    while (jr_next(older, &at, &key, &value)) {
        if (jr_absent(jr_get(newer, str_cstr(ctx, key)))) {
            jw_key_str(w, key);
            jw_raw(w, jr_dump(ctx, value));
        }
    }
    at = NULL;
    while (jr_next(newer, &at, &key, &value)) {
        jw_key_str(w, key);
        jw_raw(w, jr_dump(ctx, value));
    }
    jw_object_end(w);
}

// The parts of both; "lotus" is always there for who asks.
static void write_settings(mem_ctx *ctx, struct jw *w, struct jr_value older, struct jr_value newer,
                           bool with_defaults)
{
    struct str key;
    struct jr_value value;
    void *at = NULL;
    jw_object_begin(w);
    if (with_defaults && jr_absent(jr_get(older, "lotus"))) {
        write_part(ctx, w, "lotus", JR_NONE, JR_NONE, true);
    }
    while (jr_next(older, &at, &key, &value)) {
        const char *part = str_cstr(ctx, key);
        write_part(ctx, w, part, value, jr_get(newer, part), with_defaults);
    }
    at = NULL;
    while (jr_next(newer, &at, &key, &value)) {
        const char *part = str_cstr(ctx, key);
        if (jr_absent(jr_get(older, part)) && jr_kind(value) == JR_OBJECT) {
            write_part(ctx, w, part, JR_NONE, value, with_defaults);
        }
    }
    jw_object_end(w);
}

static bool settings_answer(struct ctx *ctx, struct jr_value doc, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "settings");
    write_settings(ctx->mem, &w, doc, JR_NONE, true);
    return api_end(ctx, &w, err);
}

// GET /api/v2/users/me/settings
bool api_own_settings(struct ctx *ctx, struct error *err)
{
    struct str text;
    struct jr_value doc;
    return person_settings(ctx->db, ctx->mem, ctx->actor.user, &text, err) &&
           jr_parse(ctx->mem, text, &doc, err) && settings_answer(ctx, doc, err);
}

struct storing {
    struct ctx *ctx;
    struct jr_value body;
    struct jr_value after;
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    struct ctx *ctx = s->ctx;
    struct str text;
    struct jr_value before;
    struct buf out;
    struct jw w;
    if (!person_settings(tx, ctx->mem, ctx->actor.user, &text, err) ||
        !jr_parse(ctx->mem, text, &before, err)) {
        return false;
    }
    buf_init(&out, ctx->mem, SETTINGS_MAX);
    jw_init(&w, &out);
    write_settings(ctx->mem, &w, before, s->body, false);
    if (out.failed) {
        return error_field(err, "settings", "TooLong", "Settings: are too large");
    }
    return person_settings_store(tx, ctx->actor.user, buf_str(&out), clock_now(ctx->app->clock),
                                 err) &&
           jr_parse(ctx->mem, buf_str(&out), &s->after, err);
}

// PUT /api/v2/users/me/settings {"settings":{"lotus":{…}}}
bool api_own_settings_update(struct ctx *ctx, struct error *err)
{
    struct storing s = {.ctx = ctx};
    return api_body(ctx, "settings", &s.body, err) &&
           db_tx_run(ctx->app->db, "api.settings", store_tx, &s, err) &&
           settings_answer(ctx, s.after, err);
}
