// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_JOBS_JOBS_INTERNAL_H
#define STEWARD_JOBS_JOBS_INTERNAL_H

// Where db_notify() tells runners that there are new jobs.
#define JOBS_CHANNEL "jobs"

#endif
