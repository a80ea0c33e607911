/* SPDX-License-Identifier: MIT */
#include "core/tunable.h"
