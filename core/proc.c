/* SPDX-License-Identifier: MIT */
#include "core/proc.h"
