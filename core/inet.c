/* SPDX-License-Identifier: MIT */
#include "core/inet.h"
