// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models, routes and handlers of the reports room.
#ifndef STEWARD_DESK_REPORTS_PAGES_H
#define STEWARD_DESK_REPORTS_PAGES_H

#include "app/app.h"
#include "view/layout.h"

// A day's two bars in a drawing that is 10 wide for each day and 100 high.
struct vm_report_day {
    struct str day;  // 2026-11-24
    int64_t made;
    int64_t solved;
    int64_t made_x;
    int64_t made_y;
    int64_t made_height;
    int64_t solved_x;
    int64_t solved_y;
    int64_t solved_height;
};

struct vm_report_line {
    struct str name;
    int64_t count;
    struct str value;
};

struct vm_report {
    struct vm_layout layout;
    struct str from;
    struct str to;
    struct vm_option *groups;
    size_t group_count;
    bool whole;  // of the whole desk
    struct url csv;
    int64_t made;
    int64_t solved;
    struct vm_report_day *days;
    size_t day_count;
    int64_t width;
    int64_t highest;
    struct vm_report_line *channels;
    size_t channel_count;
    int64_t word_count;
    struct str word_median;
    struct str word_most;
    int64_t solution_count;
    struct str solution_median;
    struct str solution_most;
    int64_t steward_tickets;
    int64_t assignee_times;
    int64_t assignee_tickets;
    int64_t group_times;
    int64_t group_tickets;
    int64_t reopened;
    int64_t repeated;
    struct vm_report_line *promises;
    size_t promise_count;
    int64_t good;
    int64_t bad;
    struct str cost;
    struct str desk_time;
    struct vm_report_line *organizations;
    size_t organization_count;
    struct vm_report_line *cost_groups;
    size_t cost_group_count;
};

const struct route *reports_routes(size_t *ret_count);

bool page_report(struct ctx *ctx, struct error *err);
bool page_report_csv(struct ctx *ctx, struct error *err);
bool api_report(struct ctx *ctx, struct error *err);

#endif
