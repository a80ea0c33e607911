/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int suite_run(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {
	    {.pName = name, .pTests = tests},
	    CU_SUITE_INFO_NULL,
	};
	int failed = 1;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	if (CU_register_suites(suites) == CUE_SUCCESS) {
		CU_basic_set_mode(CU_BRM_VERBOSE);
		CU_basic_run_tests();
		failed = CU_get_number_of_failures() > 0 || CU_get_number_of_tests_run() == 0;
	}
	CU_cleanup_registry();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *suite_data(const char *name)
{
	static char path[4096];
	const char *dir = getenv("TESTDATA");

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/data", name);
	return path;
}

int suite_open_data(const char *name)
{
	int fd = open(suite_data(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	return fd;
}
