/* SPDX-License-Identifier: MIT */
#include "subagent/tables.h"
