/* SPDX-License-Identifier: MIT */
#include "core/history.h"
