/* SPDX-License-Identifier: MIT */
#include "core/build.h"
