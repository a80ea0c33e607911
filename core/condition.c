/* SPDX-License-Identifier: MIT */
#include "core/condition.h"
