/* SPDX-License-Identifier: MIT */
#include "core/state.h"
