// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_CMD_CMD_TRIAGE_H
#define STEWARD_CMD_CMD_TRIAGE_H

// steward triage evaluate|bench …; argv[0] is "triage". Returns the exit status (sysexits.h).
int cmd_triage(int argc, char **argv);

#endif
