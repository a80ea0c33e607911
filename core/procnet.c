/* SPDX-License-Identifier: MIT */
#include "core/procnet.h"
