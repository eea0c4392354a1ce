// SPDX-License-Identifier: GPL-3.0-or-later
#include "cmd/report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOW_EVERY_US 200000

void report_clear(struct report *report)
{
    if (report->width > 0) {
        (void)fprintf(stderr, "\r%*s\r", (int)report->width, "");
        (void)fflush(stderr);
        report->width = 0;
    }
}

static void progress(void *arg, const char *what, int64_t done)
{
    struct report *report = arg;
    int64_t now = clock_monotonic_us();
    if (report->quiet || now - report->shown_us < SHOW_EVERY_US) {
        return;
    }
    char line[80];
    int length = snprintf(line, sizeof line, "%s: %lld", what, (long long)done);
    report_clear(report);
    report->shown_us = now;
    report->width = length > 0 ? (size_t)length : 0;
    (void)fputs(line, stderr);
    (void)fflush(stderr);
}

static void violation(void *arg, struct str what, const char *advice)
{
    struct report *report = arg;
    report_clear(report);
    report->violations++;
    (void)printf("WRONG  " STR_FMT "\n       %s\n", STR_ARG(what), advice);
}

void report_init(struct report *report)
{
    *report = (struct report){
        .findings = {.arg = report, .violation = violation, .progress = progress},
        .quiet = isatty(STDERR_FILENO) == 0,
    };
}
