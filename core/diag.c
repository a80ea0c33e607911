/* SPDX-License-Identifier: MIT */
#include "core/diag.h"
