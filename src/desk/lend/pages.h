// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of borrowing and lending, and the room's routes.
#ifndef STEWARD_DESK_LEND_PAGES_H
#define STEWARD_DESK_LEND_PAGES_H

#include "app/app.h"
#include "desk/lend/lend.h"
#include "desk/lend/stock.h"
#include "view/layout.h"

struct vm_lend_item {
    int64_t id;
    struct str name;
    struct str kind;  // "" where the one before is of the same kind
    struct str label;
    struct str place;
    struct str condition;
    int64_t days_most;
    struct str days;  // as typed
    bool open;
    struct str free;  // "Free now", "Free again from 2026-11-30"
};

struct vm_loan {
    int64_t id;
    int64_t item;
    struct str name;
    struct str label;
    struct str person;  // for staff
    struct user_id user;
    struct str from;
    struct str to;
    struct str state;  // in words
    struct str condition_out;
    struct str condition_back;
    bool booked;
    bool out;
    bool late;
};

struct vm_loans {
    struct vm_layout layout;
    struct vm_lend_item *items;
    size_t item_count;
    struct vm_loan *loans;
    size_t loan_count;
    bool may_arrange;
    struct str error;
};

struct vm_day {
    int64_t number;  // within its month
    bool taken;
    bool past;
};

struct vm_week {
    struct str monday;
    struct vm_day days[7];
};

#define CALENDAR_WEEKS 8

struct vm_lend_page {
    struct vm_layout layout;
    struct vm_lend_item item;
    struct vm_week weeks[CALENDAR_WEEKS];
    struct str earlier;  // the Monday to begin with, "" for none
    struct str later;
    struct str today;
    struct str from;  // typed
    struct str to;
    bool known;  // signed in
    struct str error;
};

struct vm_lend_edit {
    struct vm_layout layout;
    struct vm_lend_item item;
    struct vm_loan *loans;
    size_t loan_count;
    struct str error;
};

struct vm_stock {
    int64_t id;
    struct str name;
    struct str place;
    int64_t amount;
    int64_t minimum;
    struct str minimum_text;
    bool low;
};

struct vm_stock_line {
    struct str amount;  // "+5", "-2"
    struct str person;
    struct ticket_id ticket;
    struct str note;
    int64_t at;
};

struct vm_stock_list {
    struct vm_layout layout;
    struct vm_stock *items;
    size_t count;
    struct vm_stock fresh;
    bool may_arrange;
    struct str error;
};

struct vm_stock_page {
    struct vm_layout layout;
    struct vm_stock item;
    struct vm_stock_line *lines;
    size_t count;
    bool may_arrange;
    struct str error;
};

#define ROUTE(method, path, handler, kind, who, rate, limit)                                       \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/lend/routes.def"
#undef ROUTE

// Loans with the names of things and people, as staff see them.
MUST_CHECK bool lend_fill_loans(struct ctx *ctx, const struct loan *loans, size_t count,
                                struct vm_loan **ret, struct error *err);
struct vm_lend_item lend_vm_item(mem_ctx *ctx, const struct lend_item *item);
const struct route *lend_routes(size_t *ret_count);

#endif
