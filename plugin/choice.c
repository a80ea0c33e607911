/* SPDX-License-Identifier: MIT */
#include "plugin/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_place(const void *left, const void *right)
{
	const struct candidate *a = left;
	const struct candidate *b = right;
	int order = inet_addr_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->port - (int)b->port;
}

/* Those chosen before come first, then the heavier ones. */
static int compare_claim(const void *left, const void *right)
{
	const struct candidate *a = left;
	const struct candidate *b = right;

	if (a->kept != b->kept)
		return a->kept ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return compare_place(a, b);
}

size_t choice_merge(struct candidate *candidates, size_t n)
{
	size_t used = 0;

	qsort(candidates, n, sizeof(*candidates), compare_place);
	for (size_t i = 0; i < n; i++) {
		if (used > 0 && compare_place(&candidates[used - 1], &candidates[i]) == 0)
			candidates[used - 1].weight += candidates[i].weight;
		else
			candidates[used++] = candidates[i];
	}
	return used;
}

int choice_make(struct choice *choice, struct candidate *candidates, size_t n, size_t max)
{
	struct candidate *chosen = NULL;

	for (size_t i = 0; i < n; i++)
		candidates[i].kept =
		    choice->count > 0 && bsearch(&candidates[i], choice->chosen, choice->count,
						 sizeof(*candidates), compare_place);
	if (n > max) {
		qsort(candidates, n, sizeof(*candidates), compare_claim);
		n = max;
	}
	choice_done(choice);
	if (n == 0)
		return 0;
	chosen = malloc(n * sizeof(*chosen));
	if (!chosen)
		return -ENOMEM;
	memcpy(chosen, candidates, n * sizeof(*chosen));
	qsort(chosen, n, sizeof(*chosen), compare_place);
	choice->chosen = chosen;
	choice->count = n;
	return 0;
}

bool choice_has_port(const struct choice *choice, uint16_t port)
{
	for (size_t i = 0; i < choice->count; i++) {
		if (choice->chosen[i].port == port)
			return true;
	}
	return false;
}

void choice_done(struct choice *choice)
{
	free(choice->chosen);
	*choice = (struct choice){0};
}
