/* SPDX-License-Identifier: MIT */
#include "core/limit.h"
