/* SPDX-License-Identifier: MIT */
#include "core/sysctld.h"
