/* SPDX-License-Identifier: MIT */
#include "subagent/oidtable.h"
