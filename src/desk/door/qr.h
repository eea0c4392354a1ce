// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_DOOR_QR_H
#define STEWARD_DESK_DOOR_QR_H

#include "base/error.h"
#include "base/str.h"

// A QR code (ISO/IEC 18004) of `text`: the dark squares as the path of an SVG whose view box is
// *ret_size wide and high, quiet zone included. TOO_LARGE when the text does not fit.
MUST_CHECK bool qr_path(mem_ctx *ctx, struct str text, struct str *ret, int *ret_size,
                        struct error *err);

#endif
