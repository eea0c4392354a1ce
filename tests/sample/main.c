// SPDX-License-Identifier: GPL-3.0-or-later
//
// sample FOLDER: writes the sample pages there, and the assets they link to below FOLDER/assets.
// sample --golden FOLDER writes them without hashes of assets, --check FOLDER compares with those.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sample_pages.html.h"
#include "view/assets.h"
#include "view/url.h"

#define NOW INT64_C(1795400000000)  // 2026-11-23, a Monday

struct user_id sample_user(int number)
{
    return (struct user_id){number};
}

static const struct vm_sample_row ROWS[] = {
    {{1042},
     STR_INIT("Printer on 3rd floor prints blank pages"),
     STR_INIT(
         "since yesterday the printer next to the kitchen prints only empty pages. I have tried "
         "two different documents"),
     {3},
     STR_INIT("Ana Ruiz"),
     {8},
     STR_INIT("Tom Berg"),
     STR_INIT("open"),
     STR_INIT("normal"),
     STR_INIT("0:42 left"),
     "clock-near",
     NOW - 3 * HOURS_MS,
     false},
    {{1041},
     STR_INIT("Cannot sign in after holiday"),
     STR_INIT(
         "My password has expired while I was away, and the form says that it cannot send mail"),
     {15},
     STR_INIT("Gábor Szabó"),
     {5},
     STR_INIT("Mia Lindqvist"),
     STR_INIT("new"),
     STR_INIT("high"),
     STR_INIT("overdue 0:10"),
     "clock-over",
     NOW - 5 * HOURS_MS,
     false},
    {{1039},
     STR_INIT("Projector in room Oslo flickers during video calls with more than four people"),
     STR_INIT("It is worse in the afternoon. We have the board meeting there on Thursday."),
     {22},
     STR_INIT("Priya Natarajan"),
     {8},
     STR_INIT("Tom Berg"),
     STR_INIT("pending"),
     STR_INIT("normal"),
     STR_INIT(""),
     "",
     NOW - 26 * HOURS_MS,
     true},
    {{1036},
     STR_INIT("New colleague starts on 1 December"),
     STR_INIT("She needs a notebook, a telephone, access to the shared calendar and the building"),
     {31},
     STR_INIT("Jens Holm"),
     {5},
     STR_INIT("Mia Lindqvist"),
     STR_INIT("hold"),
     STR_INIT("low"),
     STR_INIT("2 d left"),
     "",
     NOW - 3 * DAYS_MS,
     true},
    {{1030},
     STR_INIT("VPN drops every ten minutes at home"),
     STR_INIT("Thank you, since the new version it has been stable for two days!"),
     {41},
     STR_INIT("Søren"),
     {8},
     STR_INIT("Tom Berg"),
     STR_INIT("solved"),
     STR_INIT("normal"),
     STR_INIT(""),
     "",
     NOW - 40 * DAYS_MS,
     true},
    {{1029},
     STR_INIT("مشكلة في الطابعة"),
     STR_INIT("لا تعمل الطابعة منذ الصباح"),
     {42},
     STR_INIT("ليلى حداد"),
     {5},
     STR_INIT("Mia Lindqvist"),
     STR_INIT("open"),
     STR_INIT("normal"),
     STR_INIT("1:20 left"),
     "",
     NOW - 400 * DAYS_MS,
     true},
};

static const struct vm_option STATUSES[] = {{STR_INIT("open"), STR_INIT("Open"), true},
                                            {STR_INIT("pending"), STR_INIT("Waiting"), false},
                                            {STR_INIT("hold"), STR_INIT("On hold"), false},
                                            {STR_INIT("solved"), STR_INIT("Solved"), false}};

static const struct vm_nav_view VIEWS[] = {
    {{STR_INIT("/desk/mine")}, STR_INIT("Mine"), 12, false},
    {{STR_INIT("/desk/unassigned")}, STR_INIT("Unassigned"), 4, true},
    {{STR_INIT("/desk/due")}, STR_INIT("Due today"), 7, false},
    {{STR_INIT("/desk/cost")}, STR_INIT("Costing most"), 3, false},
    {{STR_INIT("/desk/open")}, STR_INIT("All open"), 131, false},
    {{STR_INIT("/desk/solved")}, STR_INIT("Recently solved"), 58, false}};

static struct vm_sample sample_model(const char *page, struct str title)
{
    return (struct vm_sample){.layout = {.title = title,
                                         .page = page,
                                         .desk = STR("IT Service Desk"),
                                         .mission = STR("We keep your tools working."),
                                         .user = {8},
                                         .user_name = STR("Tom Berg"),
                                         .nav = "tickets",
                                         .is_admin = true,
                                         .is_staff = true,
                                         .views = VIEWS,
                                         .view_count = sizeof VIEWS / sizeof *VIEWS},
                              .rows = ROWS,
                              .row_count = sizeof ROWS / sizeof *ROWS,
                              .pager = {{STR_NONE}, url_literal("/desk/unassigned?before=1029")},
                              .statuses = STATUSES,
                              .status_count = sizeof STATUSES / sizeof *STATUSES,
                              .at = NOW - 3 * HOURS_MS};
}

static bool write_file(const char *folder, const char *name, struct str bytes)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        return false;
    }
    bool good = fwrite(bytes.ptr, 1, bytes.len, out) == bytes.len;
    return fclose(out) == 0 && good;
}

static bool write_assets(const char *folder)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/assets", folder);
    (void)mkdir(path, 0755);
    bool good = true;
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        good = write_file(folder, ASSETS[i].path.ptr, ASSETS[i].plain) && good;
    }
    return good;
}

enum sample_page { LIST, TICKET, NOTE, PORTAL, REQUEST, SIGN_IN, ERROR_PAGE, SAMPLE_PAGES };

static void write_page(struct view *v, enum sample_page page, struct vm_sample *vm)
{
    switch (page) {
    case LIST:
        vm->layout.notice = STR("Your reply goes out in some seconds.");
        vm->layout.undo = url_literal("/tickets/1042/undo");
        vm->layout.undo_seconds = 10;
        view_sample_list(v, vm);
        break;
    case TICKET:
    case NOTE:
        view_sample_ticket(v, vm, page == NOTE);
        break;
    case PORTAL:
        view_sample_portal(v, vm);
        break;
    case REQUEST:
        view_sample_request(v, vm);
        break;
    case SIGN_IN:
        vm->layout.user.v = 0;
        view_sample_sign_in(v, vm);
        break;
    case ERROR_PAGE:
        view_error_page(v, &vm->layout, 404,
                        STR("There is nothing here, or it is not for you to see."), STR("8f3a"));
        break;
    case SAMPLE_PAGES:
        break;
    }
}

static const char *const NAMES[SAMPLE_PAGES] = {"list.html",   "ticket.html",  "note.html",
                                                "portal.html", "request.html", "sign-in.html",
                                                "error.html"};

static struct str page_markup(mem_ctx *ctx, enum sample_page page)
{
    struct buf *out = mem_new(ctx, struct buf);
    buf_init(out, ctx, 1 << 20);
    struct view v;
    view_init(&v, out, ctx);
    v.now = NOW;
    v.csrf = STR("token");
    struct vm_sample vm = sample_model(NAMES[page], STR("Unassigned"));
    write_page(&v, page, &vm);
    return buf_str(out);
}

// "/assets/app-0123456789abcdef.css" without its hash, so that a changed style is no changed page.
static struct str without_hashes(mem_ctx *ctx, struct str markup)
{
    struct buf out;
    buf_init(&out, ctx, 1 << 20);
    ptrdiff_t at;
    while ((at = str_find(markup, STR("/assets/"))) >= 0) {
        ptrdiff_t dash = str_find_char(str_from(markup, (size_t)at), '-');
        size_t stop = (size_t)(at + dash);
        buf_put(&out, str_sub(markup, 0, stop));
        markup = str_from(markup, stop + 17);
    }
    buf_put(&out, markup);
    return buf_str(&out);
}

static bool same_as_golden(mem_ctx *ctx, const char *folder, const char *name, struct str markup)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return false;
    }
    size_t room = markup.len + 1;
    char *golden = mem_array(ctx, char, room);
    struct str read = {golden, fread(golden, 1, room, in)};
    (void)fclose(in);
    if (!str_eq(read, markup)) {
        size_t i = 0;
        while (i < read.len && i < markup.len && read.ptr[i] == markup.ptr[i]) {
            i++;
        }
        fprintf(stderr, "%s differs from its golden file at byte %zu: " STR_FMT "\n", name, i,
                STR_ARG(str_sub(markup, i, 60)));
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    bool golden = argc == 3 && strcmp(argv[1], "--golden") == 0;
    if (argc != 2 && !check && !golden) {
        fprintf(stderr, "usage: sample [--check | --golden] FOLDER\n");
        return 2;
    }
    const char *folder = argv[argc - 1];
    mem_ctx *ctx = mem_ctx_new(NULL, "sample");
    bool good = check || golden || write_assets(folder);
    for (int page = 0; page < SAMPLE_PAGES; page++) {
        struct str markup = page_markup(ctx, (enum sample_page)page);
        struct str stable = without_hashes(ctx, markup);
        if (check) {
            good = same_as_golden(ctx, folder, NAMES[page], stable) && good;
        } else {
            good = write_file(folder, NAMES[page], golden ? stable : markup) && good;
        }
    }
    mem_free(ctx);
    return good ? 0 : 1;
}
