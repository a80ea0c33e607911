/* SPDX-License-Identifier: MIT */
#include "core/feed.h"
