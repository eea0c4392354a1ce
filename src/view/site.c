// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/site.h"

#include <pthread.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#define ZONES_MAX 640    // IANA has fewer than 600
#define LOCALES_MAX 128  // more than are translated; the others read English
#define SHIFTS_MAX 256
#define SHIFTS_FROM_MS INT64_C(315532800000)    // 1980
#define SHIFTS_UNTIL_MS INT64_C(2840140800000)  // 2060

struct zone_shift {
    int64_t from_ms;
    int64_t offset_ms;
};

struct zone {
    struct str name;
    struct zone_shift *shifts;  // sorted; the first holds from the beginning of time
    size_t count;
};

enum time_form { FORM_FULL, FORM_YEAR, FORM_DATE, FORM_CLOCK, FORM_COUNT };

struct locale_dates {
    struct str name;
    struct str patterns[FORM_COUNT];  // as Unicode TR 35 writes them
    UPluralRules *plurals;            // NULL: English
    struct str months[12], short_months[12], weekdays[7], short_weekdays[7], halves[2];
};

struct view_site {
    mem_ctx *ctx;
    pthread_mutex_t lock;  // over all below; entries never change once they are in
    struct zone *zones[ZONES_MAX];
    size_t zone_count;
    struct locale_dates *locales[LOCALES_MAX];
    size_t locale_count;
};

static const struct zone UTC = {STR_INIT("UTC"), NULL, 0};

static const struct locale_dates ENGLISH = {
    STR_INIT("en"),
    {STR_INIT("EEEE, d MMMM y, HH:mm"), STR_INIT("d MMM y"), STR_INIT("d MMM, HH:mm"),
     STR_INIT("HH:mm")},
    NULL,
    {STR_INIT("January"), STR_INIT("February"), STR_INIT("March"), STR_INIT("April"),
     STR_INIT("May"), STR_INIT("June"), STR_INIT("July"), STR_INIT("August"), STR_INIT("September"),
     STR_INIT("October"), STR_INIT("November"), STR_INIT("December")},
    {STR_INIT("Jan"), STR_INIT("Feb"), STR_INIT("Mar"), STR_INIT("Apr"), STR_INIT("May"),
     STR_INIT("Jun"), STR_INIT("Jul"), STR_INIT("Aug"), STR_INIT("Sep"), STR_INIT("Oct"),
     STR_INIT("Nov"), STR_INIT("Dec")},
    {STR_INIT("Sunday"), STR_INIT("Monday"), STR_INIT("Tuesday"), STR_INIT("Wednesday"),
     STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday")},
    {STR_INIT("Sun"), STR_INIT("Mon"), STR_INIT("Tue"), STR_INIT("Wed"), STR_INIT("Thu"),
     STR_INIT("Fri"), STR_INIT("Sat")},
    {STR_INIT("am"), STR_INIT("pm")}};

static void site_close(void *handle)
{
    struct view_site *site = handle;
    pthread_mutex_destroy(&site->lock);
}

struct view_site *view_site_new(mem_ctx *ctx)
{
    struct view_site *site = mem_new(ctx, struct view_site);
    site->ctx = site;
    pthread_mutex_init(&site->lock, NULL);
    mem_on_free(site, site_close, site);
    return site;
}

// --- zones ---

static void zone_add_shift(mem_ctx *ctx, struct zone *zone, UCalendar *calendar, int64_t ms)
{
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(calendar, (double)ms, &status);
    int64_t offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &status);
    offset += ucal_get(calendar, UCAL_DST_OFFSET, &status);
    if (U_SUCCESS(status) && zone->count < SHIFTS_MAX) {
        zone->shifts = mem_grow(ctx, zone->shifts, struct zone_shift, zone->count + 1);
        zone->shifts[zone->count++] = (struct zone_shift){ms, offset};
    }
}

static struct zone *zone_load(mem_ctx *ctx, struct str name)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar id[64];
    UChar canonical[64];
    int32_t length = 0;
    u_strFromUTF8(id, 64, &length, name.ptr, (int32_t)name.len, &status);
    ucal_getCanonicalTimeZoneID(id, length, canonical, 64, NULL, &status);
    UCalendar *calendar = ucal_open(id, length, "en", UCAL_GREGORIAN, &status);
    struct zone *zone = mem_new(ctx, struct zone);
    zone->name = str_dup(ctx, name);
    if (U_FAILURE(status)) {
        ucal_close(calendar);
        return zone;
    }
    UDate at = (UDate)SHIFTS_FROM_MS;
    zone_add_shift(ctx, zone, calendar, SHIFTS_FROM_MS);
    ucal_setMillis(calendar, at, &status);
    while (at < (UDate)SHIFTS_UNTIL_MS && zone->count < SHIFTS_MAX &&
           ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at, &status) &&
           U_SUCCESS(status)) {
        zone_add_shift(ctx, zone, calendar, (int64_t)at);
    }
    ucal_close(calendar);
    return zone;
}

static const struct zone *zone_find_locked(struct view_site *site, struct str name)
{
    for (size_t i = 0; i < site->zone_count; i++) {
        if (str_eq(site->zones[i]->name, name)) {
            return site->zones[i];
        }
    }
    if (site->zone_count == ZONES_MAX || name.len > 60) {
        return &UTC;
    }
    struct zone *zone = zone_load(site->ctx, name);
    site->zones[site->zone_count++] = zone;
    return zone;
}

static const struct zone *zone_of(struct view *v)
{
    if (v->site == NULL || str_empty(v->time_zone) || str_eq_c(v->time_zone, "UTC")) {
        return &UTC;
    }
    pthread_mutex_lock(&v->site->lock);
    const struct zone *zone = zone_find_locked(v->site, v->time_zone);
    pthread_mutex_unlock(&v->site->lock);
    return zone;
}

static int64_t zone_offset(const struct zone *zone, int64_t ms)
{
    size_t low = 0;
    size_t high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->shifts[middle].from_ms <= ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return zone->count == 0 ? 0 : zone->shifts[low].offset_ms;
}

int64_t view_zone_offset_ms(struct view *v, int64_t ms)
{
    return zone_offset(zone_of(v), ms);
}

// --- date formats ---

static struct str from_utf16(mem_ctx *ctx, const UChar *text, int32_t length)
{
    char utf8[256];
    int32_t n = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(utf8, sizeof utf8, &n, text, length, &status);
    return U_FAILURE(status) ? STR("") : str_dup(ctx, (struct str){utf8, (size_t)n});
}

static void load_pattern(mem_ctx *ctx, UDateTimePatternGenerator *generator, const char *skeleton,
                         struct str *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wanted[32];
    UChar pattern[100];
    u_uastrncpy(wanted, skeleton, 32);
    int32_t n = udatpg_getBestPattern(generator, wanted, -1, pattern, 100, &status);
    if (U_SUCCESS(status)) {
        *ret = from_utf16(ctx, pattern, n);
    }
}

static void load_symbols(mem_ctx *ctx, UDateFormat *format, UDateFormatSymbolType type,
                         int32_t first, struct str *ret, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        UErrorCode status = U_ZERO_ERROR;
        UChar symbol[64];
        int32_t n = udat_getSymbols(format, type, first + i, symbol, 64, &status);
        if (U_SUCCESS(status)) {
            ret[i] = from_utf16(ctx, symbol, n);
        }
    }
}

static void plurals_close(void *handle)
{
    uplrules_close(handle);
}

static struct locale_dates *locale_load(mem_ctx *ctx, struct str name)
{
    struct locale_dates *dates = mem_new(ctx, struct locale_dates);
    *dates = ENGLISH;
    dates->name = str_dup(ctx, name);
    char id[ULOC_FULLNAME_CAPACITY + 32];
    UErrorCode status = U_ZERO_ERROR;
    uloc_forLanguageTag(dates->name.ptr, id, ULOC_FULLNAME_CAPACITY, NULL, &status);
    uloc_setKeywordValue("calendar", "gregorian", id, sizeof id, &status);
    UDateTimePatternGenerator *generator = udatpg_open(id, &status);
    UDateFormat *format = udat_open(UDAT_MEDIUM, UDAT_MEDIUM, id, NULL, 0, NULL, 0, &status);
    if (U_SUCCESS(status)) {
        load_pattern(ctx, generator, "yMMMMEEEEdjm", &dates->patterns[FORM_FULL]);
        load_pattern(ctx, generator, "yMMMd", &dates->patterns[FORM_YEAR]);
        load_pattern(ctx, generator, "MMMdjm", &dates->patterns[FORM_DATE]);
        load_pattern(ctx, generator, "jm", &dates->patterns[FORM_CLOCK]);
        load_symbols(ctx, format, UDAT_MONTHS, 0, dates->months, 12);
        load_symbols(ctx, format, UDAT_SHORT_MONTHS, 0, dates->short_months, 12);
        load_symbols(ctx, format, UDAT_WEEKDAYS, 1, dates->weekdays, 7);
        load_symbols(ctx, format, UDAT_SHORT_WEEKDAYS, 1, dates->short_weekdays, 7);
        load_symbols(ctx, format, UDAT_AM_PMS, 0, dates->halves, 2);
    }
    status = U_ZERO_ERROR;
    UPluralRules *plurals = uplrules_open(id, &status);
    dates->plurals = U_SUCCESS(status) ? plurals : NULL;
    mem_on_free(dates, plurals_close, plurals);
    udat_close(format);
    udatpg_close(generator);
    return dates;
}

static const struct locale_dates *locale_find_locked(struct view_site *site, struct str name)
{
    for (size_t i = 0; i < site->locale_count; i++) {
        if (str_eq(site->locales[i]->name, name)) {
            return site->locales[i];
        }
    }
    if (site->locale_count == LOCALES_MAX || name.len > 40) {
        return &ENGLISH;
    }
    struct locale_dates *dates = locale_load(site->ctx, name);
    site->locales[site->locale_count++] = dates;
    return dates;
}

static const struct locale_dates *locale_of(struct view *v)
{
    if (v->site == NULL || str_empty(v->locale) || str_eq_c(v->locale, "en")) {
        return &ENGLISH;
    }
    pthread_mutex_lock(&v->site->lock);
    const struct locale_dates *dates = locale_find_locked(v->site, v->locale);
    pthread_mutex_unlock(&v->site->lock);
    return dates;
}

static void put_number(struct buf *out, int64_t number, size_t width)
{
    if (width >= 2 && number < 10) {
        buf_put_char(out, '0');
    }
    buf_put_i64(out, number);
}

static void put_year(struct buf *out, int64_t year, size_t width)
{
    if (width == 2) {
        put_number(out, year % 100, 2);
    } else {
        buf_put_i64(out, year);
    }
}

static void put_month(struct buf *out, const struct locale_dates *dates, int month, size_t width)
{
    if (width < 3) {
        put_number(out, month, width);
    } else {
        buf_put(out, width == 3 ? dates->short_months[month - 1] : dates->months[month - 1]);
    }
}

// One field of a TR 35 pattern: `width` times the letter.
static void put_field(struct buf *out, const struct locale_dates *dates, const struct civil *civil,
                      char letter, size_t width)
{
    int half = civil->hour % 12;
    switch (letter) {
    case 'y':
    case 'u':
        put_year(out, civil->year, width);
        break;
    case 'M':
    case 'L':
        put_month(out, dates, civil->month, width);
        break;
    case 'd':
        put_number(out, civil->day, width);
        break;
    case 'E':
    case 'c':
        buf_put(out, width < 4 ? dates->short_weekdays[civil->weekday]
                               : dates->weekdays[civil->weekday]);
        break;
    case 'H':
    case 'k':
        put_number(out, civil->hour, width);
        break;
    case 'h':
        put_number(out, half == 0 ? 12 : half, width);
        break;
    case 'K':
        put_number(out, half, width);
        break;
    case 'm':
        put_number(out, civil->minute, width);
        break;
    case 'a':
    case 'b':
    case 'B':
        buf_put(out, dates->halves[civil->hour >= 12]);
        break;
    default:
        break;
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str format_civil(mem_ctx *ctx, const struct locale_dates *dates, enum time_form form,
                               const struct civil *civil)
{
    struct str pattern = dates->patterns[form];
    struct buf out;
    buf_init(&out, ctx, 512);
    bool quoted = false;
    for (size_t i = 0; i < pattern.len;) {
        char c = pattern.ptr[i];
        size_t width = 1;
        while (i + width < pattern.len && pattern.ptr[i + width] == c) {
            width++;
        }
        if (c == '\'') {
            quoted = quoted != (width % 2 == 1);
            buf_put_c(&out, width >= 2 ? "'" : "");
        } else if (!quoted && is_letter(c)) {
            put_field(&out, dates, civil, c, width);
        } else {
            buf_put(&out, str_sub(pattern, i, width));
        }
        i += width;
    }
    return buf_str(&out);
}

// What is the same for all times of a page; and the last time's words, since what happened in one
// minute stands together on pages.
struct view_times {
    struct str locale;
    struct str time_zone;
    int64_t now_ms;
    const struct zone *zone;
    const struct locale_dates *dates;
    struct civil now;
    bool any;
    int64_t minute;
    struct view_time time;
};

static bool same_text(struct str a, struct str b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

static struct view_times *times_of(struct view *v)
{
    struct view_times *times = v->times;
    if (times != NULL && times->now_ms == v->now && same_text(times->locale, v->locale) &&
        same_text(times->time_zone, v->time_zone)) {
        return times;
    }
    times = mem_new(v->mem, struct view_times);
    times->locale = v->locale;
    times->time_zone = v->time_zone;
    times->now_ms = v->now;
    times->zone = zone_of(v);
    times->dates = locale_of(v);
    times->now = time_civil(v->now + zone_offset(times->zone, v->now));
    v->times = times;
    return times;
}

struct view_time view_time(struct view *v, int64_t ms)
{
    struct view_times *times = times_of(v);
    int64_t local = ms + zone_offset(times->zone, ms);
    int64_t minute = local / MINUTES_MS;
    struct view_time *time = &times->time;
    if (!times->any || times->minute != minute || local < 0) {
        struct civil at = time_civil(local);
        bool this_year = at.year == times->now.year;
        bool today = this_year && at.month == times->now.month && at.day == times->now.day;
        enum time_form brief = today ? FORM_CLOCK : this_year ? FORM_DATE : FORM_YEAR;
        time->full = format_civil(v->mem, times->dates, FORM_FULL, &at);
        time->brief = format_civil(v->mem, times->dates, brief, &at);
        times->minute = minute;
        times->any = true;
    }
    time->iso = time_iso(v->mem, ms);
    return *time;
}

// --- language ---

enum plural view_plural(struct view *v, int64_t number)
{
    static const char *const KEYWORDS[] = {"zero", "one", "two", "few", "many"};
    const UPluralRules *rules = times_of(v)->dates->plurals;
    if (rules == NULL) {
        return number == 1 ? PLURAL_ONE : PLURAL_OTHER;
    }
    UChar keyword[16];
    char word[16];
    UErrorCode status = U_ZERO_ERROR;
    int32_t n = uplrules_select(rules, (double)number, keyword, 15, &status);
    u_UCharsToChars(keyword, word, U_SUCCESS(status) ? n : 0);
    struct str found = {word, U_SUCCESS(status) ? (size_t)n : 0};
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++) {
        if (str_eq_c(found, KEYWORDS[i])) {
            return (enum plural)i;
        }
    }
    return PLURAL_OTHER;
}

bool view_speaks(const struct view *v, const char *code)
{
    return words_catalogue(str_c(code)) == v->words;
}

struct str view_language(const struct view *v)
{
    return str_empty(v->locale) ? STR("en") : v->locale;
}

const char *view_direction(const struct view *v)
{
    static const char *const RIGHT_TO_LEFT[] = {"ar", "he", "fa", "ur", "yi", "ps", "sd", "ug"};
    struct str language;
    struct str region;
    str_cut(v->locale, '-', &language, &region);
    for (size_t i = 0; i < sizeof RIGHT_TO_LEFT / sizeof *RIGHT_TO_LEFT; i++) {
        if (str_eq_c(language, RIGHT_TO_LEFT[i])) {
            return "rtl";
        }
    }
    return "ltr";
}
