/* SPDX-License-Identifier: MIT */
#include "core/kernel/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Stands for the cgroup2 mount. */
struct mount {
	struct tree tree;
	int fd;
	struct services *services;
};

static struct mount mount_new(void)
{
	struct mount m;

	tree_make(&m.tree);
	m.fd = open(m.tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(m.fd >= 0);
	CHECK_EQ_INT_FATAL(services_new(m.fd, &m.services), 0);
	return m;
}

static void mount_free(struct mount *m)
{
	services_free(m->services);
	close(m->fd);
	tree_remove(&m->tree);
}

static void add_cgroup(const struct mount *m, const char *path)
{
	char file[TREE_PATH_MAX];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	tree_file(&m->tree, file, "");
}

static uint64_t id_of(const struct mount *m, const char *path)
{
	struct stat st = {0};

	CHECK_EQ_INT_FATAL(fstatat(m->fd, path, &st, 0), 0);
	return st.st_ino;
}

/* The name as services_find() tells it, "" for NULL. */
static const char *name_of(struct services *s, uint64_t id)
{
	const struct service *service = services_find(s, id);

	return service ? service->name : "";
}

static void test_name(void)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
	    {"/", ""},
	    {"", ""},
	    {"//", ""},
	    {"/system.slice/nginx.service", "nginx.service"},
	    {"/system.slice/nginx.service/", "nginx.service"},
	    {"/system.slice/docker-0123.scope/init", "docker-0123.scope"},
	    {"/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service"},
	    {"/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"},
	    {"/a.service/b.scope/c/d", "b.scope"},
	    {"/docker/0123", "0123"},
	    {"/system.slice", "system.slice"},
	    {"/.service", ".service"},
	    {"/web/.service", ".service"},
	    {"/xservice/yscope", "yscope"},
	    {"/..", ""},
	    {"/../../other.service/x", "other.service"},
	    {"/..a", "..a"},
	    {"no slash", "no slash"},
	};
	char name[SERVICE_NAME_MAX], small[8];

	for (size_t i = 0; i < COUNT(cases); i++) {
		service_name(cases[i].path, sizeof(name), name);
		CHECK_EQ_STR(name, cases[i].name);
	}
	service_name("/system.slice/nginx.service", sizeof(small), small);
	CHECK_EQ_STR(small, "nginx.s");
}

/* The same directories as a tree: what a walk names must be what the path names. */
static void test_walk(void)
{
	static const char *const directories[] = {
	    "system.slice",
	    "system.slice/nginx.service",
	    "system.slice/docker-0123.scope",
	    "system.slice/docker-0123.scope/init",
	    "system.slice/docker-0123.scope/init/deep",
	    "user.slice",
	    "user.slice/user@1000.service",
	    "user.slice/user@1000.service/app.slice",
	    "user.slice/user@1000.service/app.slice/foo.service",
	    "docker",
	    "docker/0123",
	};
	char name[SERVICE_NAME_MAX];
	struct mount m = mount_new();

	for (size_t i = 0; i < COUNT(directories); i++)
		add_cgroup(&m, directories[i]);
	for (size_t i = 0; i < COUNT(directories); i++) {
		service_name(directories[i], sizeof(name), name);
		CHECK_EQ_STR(name_of(m.services, id_of(&m, directories[i])), name);
	}
	CU_ASSERT_PTR_NULL(services_find(m.services, id_of(&m, ".")));
	CU_ASSERT_PTR_NULL(services_find(m.services, id_of(&m, "system.slice/cgroup.procs")));
	CU_ASSERT_PTR_NULL(services_find(m.services, 0));
	CU_ASSERT_PTR_NULL(services_find(m.services, UINT64_MAX));
	mount_free(&m);
}

static void test_shared(void)
{
	struct mount m = mount_new();

	add_cgroup(&m, "a.service");
	add_cgroup(&m, "a.service/one");
	add_cgroup(&m, "a.service/two");
	services_find(m.services, id_of(&m, "a.service/one"))->owner = 7;
	CHECK_EQ_INT(services_find(m.services, id_of(&m, "a.service/two"))->owner, 7);
	CHECK_EQ_INT(services_find(m.services, id_of(&m, "a.service"))->owner, 7);
	services_begin(m.services);
	CHECK_EQ_INT(services_find(m.services, id_of(&m, "a.service"))->owner, 0);
	mount_free(&m);
}

/* One walk a round; a name outlives its directory as long as it is looked up. */
static void test_rounds(void)
{
	struct mount m = mount_new();
	uint64_t old, new, never = UINT64_MAX;

	add_cgroup(&m, "old.service");
	old = id_of(&m, "old.service");
	CHECK_EQ_STR(name_of(m.services, old), "old.service");
	add_cgroup(&m, "new.service");
	new = id_of(&m, "new.service");
	CU_ASSERT_PTR_NULL(services_find(m.services, new));
	services_begin(m.services);
	CHECK_EQ_STR(name_of(m.services, new), "new.service");
	CHECK_EQ_STR(name_of(m.services, old), "old.service");

	tree_drop(&m.tree, "old.service");
	for (int round = 0; round < 4; round++) {
		services_begin(m.services);
		CU_ASSERT_PTR_NULL(services_find(m.services, never - (uint64_t)round));
		CHECK_EQ_STR(name_of(m.services, old), "old.service");
	}
	for (int round = 0; round < 4; round++) {
		services_begin(m.services);
		CU_ASSERT_PTR_NULL(services_find(m.services, UINT64_MAX / 2 + (uint64_t)round));
	}
	CU_ASSERT_PTR_NULL(services_find(m.services, old));
	mount_free(&m);
}

/* An id that was not found does not cause a walk in each round. */
static void test_nameless(void)
{
	struct mount m = mount_new();
	uint64_t late;

	CU_ASSERT_PTR_NULL(services_find(m.services, UINT64_MAX));
	services_begin(m.services);
	CU_ASSERT_PTR_NULL(services_find(m.services, UINT64_MAX));
	/* No walk has been made in this round yet: it still can find this one. */
	add_cgroup(&m, "late.service");
	late = id_of(&m, "late.service");
	CHECK_EQ_STR(name_of(m.services, late), "late.service");
	mount_free(&m);
}

static void test_hostile(void)
{
	char path[1024] = "", name[300];
	struct mount m = mount_new();
	uint64_t deep;

	memset(name, 'n', sizeof(name));
	strcpy(name + 240, ".service");
	add_cgroup(&m, name);
	CHECK_EQ_INT(strlen(name_of(m.services, id_of(&m, name))), SERVICE_NAME_MAX - 1);
	services_begin(m.services);
	add_cgroup(&m, "top.service");
	strcpy(path, "top.service");
	for (int i = 0; i < 100; i++) {
		strcat(path, "/deep");
		add_cgroup(&m, path);
	}
	deep = id_of(&m, "top.service/deep/deep/deep");
	CHECK_EQ_STR(name_of(m.services, deep), "top.service");
	CU_ASSERT_PTR_NULL(services_find(m.services, id_of(&m, path)));
	mount_free(&m);
}

static void test_no_cgroup(void)
{
	static const int handles[] = {-1, 1 << 20};
	struct services *s;

	for (size_t i = 0; i < COUNT(handles); i++) {
		CHECK_EQ_INT_FATAL(services_new(handles[i], &s), 0);
		services_begin(s);
		CU_ASSERT_PTR_NULL(services_find(s, 1));
		services_free(s);
	}
	services_free(NULL);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the name in a path", test_name},
	    {"a walk names every directory as its path does", test_walk},
	    {"cgroups below a service share it", test_shared},
	    {"rounds", test_rounds},
	    {"unknown ids", test_nameless},
	    {"long names, deep directories", test_hostile},
	    {"no cgroup2", test_no_cgroup},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("service", tests);
}
