/* SPDX-License-Identifier: MIT */
#include "core/sampler.h"
