/* SPDX-License-Identifier: MIT */
#include "tests/support/mibtree.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_LEN (sizeof(base) / sizeof(base[0]))

static const oid base[] = {TCPSTATE_MIB_BASE};

void mibtree_expect(bool good, const char *name, const char *what)
{
	if (!good)
		printf("\n    %s: %s", name, what);
	CU_ASSERT_TRUE(good);
}

size_t mibtree_oid(oid name[MAX_OID_LEN], const uint32_t *arcs, size_t n_arcs)
{
	memcpy(name, base, sizeof(base));
	for (size_t i = 0; i < n_arcs; i++)
		name[BASE_LEN + i] = arcs[i];
	return BASE_LEN + n_arcs;
}

struct tree *mibtree_at(const uint32_t *arcs, size_t n_arcs)
{
	oid name[MAX_OID_LEN];
	struct tree *node;

	mibtree_oid(name, arcs, n_arcs);
	node = get_tree(name, BASE_LEN + n_arcs, get_tree_head());
	for (size_t i = n_arcs; node && i > 0; i--, node = node->parent)
		if (node->subid != arcs[i - 1])
			return NULL;
	if (!node || strcmp(node->label, "tcpStateMIB") != 0)
		return NULL;
	return get_tree(name, BASE_LEN + n_arcs, get_tree_head());
}

struct tree *mibtree_named(const char *name)
{
	return find_tree_node(name, which_module("TCPSTATE-MIB"));
}

/* Only the MIB at hand, the base modules and net-snmp's own; nothing of the user's. */
static bool load_mib(void)
{
	const char *file = getenv("MIBFILE"), *base_dir = getenv("MIBBASE");
	char dirs[4096], *copy;

	if (!file || !base_dir || !(copy = strdup(file)))
		return false;
	snprintf(dirs, sizeof(dirs), "%s:/usr/share/snmp/mibs:%s", base_dir, dirname(copy));
	free(copy);
	setenv("MIBDIRS", dirs, 1);
	setenv("MIBS", "TCPSTATE-MIB", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SAVE_MIB_DESCRS, 1);
	netsnmp_init_mib();
	return get_mib_parse_error_count() == 0 && mibtree_named("tcpStateMIB") != NULL;
}

int mibtree_run(const char *name, CU_TestInfo *tests)
{
	int failed;

	if (!load_mib()) {
		fprintf(stderr, "cannot read TCPSTATE-MIB: set MIBFILE and MIBBASE\n");
		return EXIT_FAILURE;
	}
	failed = suite_run(name, tests);
	shutdown_mib();
	return failed;
}
