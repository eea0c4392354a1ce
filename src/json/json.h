// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON out (jw_, write.h) and JSON in (jr_, read.h). jansson is used only inside read.c.
#ifndef STEWARD_JSON_JSON_H
#define STEWARD_JSON_JSON_H

#include "json/read.h"
#include "json/write.h"

#endif
