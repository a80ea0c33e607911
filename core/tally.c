/* SPDX-License-Identifier: MIT */
#include "core/tally.h"
