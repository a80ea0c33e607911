/* SPDX-License-Identifier: MIT */
#include "core/owner.h"
