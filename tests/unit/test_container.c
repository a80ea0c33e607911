/* SPDX-License-Identifier: MIT */
#include "core/kernel/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/label.h"
#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 64 digits, as docker, podman, containerd and cri-o make them. */
#define ID    "3f4e5d6c7b8a90123456789abcdef0123456789abcdef0123456789abcdef012"
#define INNER "a1b2c3d4e5f60123456789abcdef0123456789abcdef0123456789abcdef0123"

/* A pod's uid: as the API has it, as part of a slice's name, and of a static pod. */
#define UID        "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define UID_SLICE  "3fa85f64_5717_4562_b3fc_2c963f66afa6"
#define UID_STATIC "8e1c8f0a2b7d4c5e9f6a1b3c5d7e9f01"

#define USER       "/user.slice/user-1000.slice/user@1000.service"

struct named {
	const char *cgroup, *kind, *name; /* kind NULL: none */
};

static void check(const struct named *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[NETNS_NAME_MAX] = "not written";
		const char *kind = label_netns_kind(container_name(rows[i].cgroup, name));

		CHECK_EQ_STR(kind, rows[i].kind);
		CHECK_EQ_STR(name, rows[i].name);
		if (strcmp(name, rows[i].name) != 0)
			printf("  %s", rows[i].cgroup);
	}
}

static void test_docker(void)
{
	static const struct named rows[] = {
	    {"0::/docker/" ID "\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/system.slice/docker-" ID ".scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/system.slice/docker-" ID ".scope/init.scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/system.slice/docker-" ID ".scope/system.slice/nginx.service\n", "docker",
	     "docker-3f4e5d6c7b8a"},
	    {"0::" USER "/user.slice/docker-" ID ".scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::" USER "/app.slice/docker.service/docker/" ID "\n", "docker",
	     "docker-3f4e5d6c7b8a"},
	    /* systemd's form of a path, given to a daemon with the other driver. */
	    {"0::/system.slice:docker:" ID "\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/batch.slice/docker-" ID ".scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/actions_job/" ID "\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/ecs/8e1c8f0a2b7d4c5e9f6a1b3c5d7e9f01/" ID "\n", "docker", "docker-3f4e5d6c7b8a"},
	    /* The cgroup has been removed, the process has not ended yet. */
	    {"0::/docker/" ID " (deleted)\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/system.slice/docker-" ID ".scope (deleted)\n", "docker", "docker-3f4e5d6c7b8a"},
	    /* As a process in a cgroup namespace of its own sees it. */
	    {"0::/../docker-" ID ".scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/../../docker/" ID "\n", "docker", "docker-3f4e5d6c7b8a"},
	    /* The daemon itself, and what has no id. */
	    {"0::/system.slice/docker.service\n", "service", "docker.service"},
	    {"0::/docker\n", NULL, ""},
	    {"0::/docker/buildkit/t4967jvf8rbufklrhkicskyes\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_podman(void)
{
	static const struct named rows[] = {
	    {"0::/machine.slice/libpod-" ID ".scope\n", "podman", "podman-3f4e5d6c7b8a"},
	    {"0::/machine.slice/libpod-" ID ".scope/container\n", "podman", "podman-3f4e5d6c7b8a"},
	    {"0::" USER "/user.slice/libpod-" ID ".scope/container\n", "podman",
	     "podman-3f4e5d6c7b8a"},
	    {"0::/libpod_parent/libpod-" ID "\n", "podman", "podman-3f4e5d6c7b8a"},
	    {"0::/system.slice/shop.service/libpod-payload-" ID "\n", "podman",
	     "podman-3f4e5d6c7b8a"},
	    {"0::/machine.slice/machine-libpod_pod_" INNER ".slice/libpod-" ID ".scope/container\n",
	     "podman", "podman-pod-a1b2c3d4e5f6"},
	    {"0::" USER "/user.slice/user-libpod_pod_" INNER ".slice/libpod-" ID ".scope\n",
	     "podman", "podman-pod-a1b2c3d4e5f6"},
	    {"0::/machine.slice/libpod-conmon-" ID ".scope\n", NULL, ""},
	    {"0::/libpod_parent/conmon\n", NULL, ""},
	    {"0::" USER "/user.slice/podman-pause-7d1b4c5e.scope\n", NULL, ""},
	    {"0::" USER "/user.slice/podman-239302.scope\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_containerd_crio(void)
{
	static const struct named rows[] = {
	    {"0::/default/web\n", "containerd", "containerd-web"},
	    {"0::/default/" ID "\n", "containerd", "containerd-3f4e5d6c7b8a"},
	    {"0::/staging/" ID "\n", "containerd", "containerd-3f4e5d6c7b8a"},
	    {"0::/k8s.io/" ID "\n", "containerd", "containerd-3f4e5d6c7b8a"},
	    {"0::/system.slice/nerdctl-" ID ".scope\n", "containerd", "containerd-3f4e5d6c7b8a"},
	    {"0::" USER "/user.slice/nerdctl-" ID ".scope\n", "containerd",
	     "containerd-3f4e5d6c7b8a"},
	    {"0::/system.slice:nerdctl:" ID "\n", "containerd", "containerd-3f4e5d6c7b8a"},
	    {"0::/system.slice/cri-containerd-" ID ".scope\n", "containerd",
	     "containerd-3f4e5d6c7b8a"},
	    {"0::/system.slice/containerd.service\n", "service", "containerd.service"},
	    {"0::/default\n", NULL, ""},
	    {"0::/staging/web\n", NULL, ""},
	    {"0::/../default/web/x\n", NULL, ""},
	    /* A neighbour: whose, nobody can know. */
	    {"0::/../" ID "\n", NULL, ""},
	    {"0::/machine.slice/crio-" ID ".scope\n", "crio", "crio-3f4e5d6c7b8a"},
	    {"0::/machine.slice/crio-" ID ".scope/container\n", "crio", "crio-3f4e5d6c7b8a"},
	    {"0::/machine.slice/crio-conmon-" ID ".scope\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_kubernetes(void)
{
	static const struct named rows[] = {
	    {"0::/kubepods/besteffort/pod" UID "/" ID "\n", "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods/burstable/pod" UID "/" ID "\n", "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods/pod" UID "/" ID "\n", "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods/pod" UID "/crio-" ID "\n", "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods/burstable/pod" UID_STATIC "/" ID "\n", "kubernetes", "pod-8e1c8f0a2b7d"},
	    {"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_SLICE
	     ".slice/cri-containerd-" ID ".scope\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_SLICE
	     ".slice/crio-" ID ".scope/container\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods.slice/kubepods-pod" UID_SLICE ".slice/docker-" ID ".scope\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_STATIC
	     ".slice/cri-containerd-" ID ".scope\n",
	     "kubernetes", "pod-8e1c8f0a2b7d"},
	    {"1:name=systemd:/system.slice/containerd.service/kubepods-burstable-pod" UID_SLICE
	     ".slice:cri-containerd:" ID "\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/system.slice/docker.service/BestEffort.slice/BestEffort-pod" UID_SLICE
	     ".slice/" ID "\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/../../pod" UID "/" ID "\n", "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/../../kubepods-besteffort-pod" UID_SLICE ".slice/cri-containerd-" ID ".scope\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    /* kind, minikube: the pods are in a container, which has a network of its own. */
	    {"0::/docker/" ID "/kubelet/kubepods/besteffort/pod" UID "/" INNER "\n", "kubernetes",
	     "pod-3fa85f64-5717"},
	    {"0::/system.slice/docker-" ID
	     ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	     "kubelet-kubepods-besteffort-pod" UID_SLICE ".slice/cri-containerd-" INNER ".scope\n",
	     "kubernetes", "pod-3fa85f64-5717"},
	    {"0::/system.slice/docker-" ID ".scope/init.scope\n", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/system.slice/docker-" ID ".scope/system.slice/kubelet.service\n", "docker",
	     "docker-3f4e5d6c7b8a"},
	    /* Docker within a pod, one form each. */
	    {"0::/kubepods/burstable/pod" UID "/" ID "/docker/" INNER "\n", "docker",
	     "docker-a1b2c3d4e5f6"},
	    {"0::/kubepods.slice/kubepods-pod" UID_SLICE ".slice/cri-containerd-" ID
	     ".scope/docker/" INNER "\n",
	     "docker", "docker-a1b2c3d4e5f6"},
	    {"0::/kubepods.slice\n", NULL, ""},
	    {"0::/kubepods/besteffort\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_machines(void)
{
	static const struct named rows[] = {
	    {"0::/machine.slice/systemd-nspawn@web.service/payload/init.scope\n", "nspawn", "web"},
	    {"0::/machine.slice/systemd-nspawn@my\\x2dbox.service/payload\n", "nspawn", "my-box"},
	    {"0::/machine.slice/machine-web.scope/payload/system.slice/nginx.service\n", "nspawn",
	     "web"},
	    {"0::/machine.slice/machine-my\\x2dbox.a\\x2eb.scope/payload\n", "nspawn",
	     "my-box.a.b"},
	    {"0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/docker-" ID
	     ".scope\n",
	     "docker", "docker-3f4e5d6c7b8a"},
	    /* Unregistered; in the unit of its own; and what is like it. */
	    {"0::/machine.slice/web.scope/payload\n", "nspawn", "web"},
	    {"0::/machine.slice/my\\x2dbox.scope/payload/init.scope\n", "nspawn", "my-box"},
	    {"0::/lxc.payload.outer/machine.slice/web.scope/payload\n", "nspawn", "web"},
	    {"0::/system.slice/box.service/payload\n", "service", "box.service"},
	    {"0::/machine.slice/web.scope\n", NULL, ""},
	    {"0::/machine.slice/web.scope/supervisor\n", NULL, ""},
	    {"0::/machine.slice/libpod-" ID ".scope/payload\n", "podman", "podman-3f4e5d6c7b8a"},
	    {"0::/user.slice/run-u1.scope/payload\n", NULL, ""},
	    {"0::/machine.slice/.scope/payload\n", NULL, ""},
	    {"0::/machine.slice/machine-lxc\\x2d4711\\x2dshop.scope\n", "lxc", "lxc-4711-shop"},
	    {"0::/machine.slice/machine-qemu\\x2d1\\x2ddb.scope/libvirt/emulator\n", NULL, ""},
	    {"0::/lxc.payload.web/machine.slice/machine-qemu\\x2d1\\x2ddb.scope\n", "lxc", "web"},
	    {"0::/lxc/web\n", "lxc", "web"},
	    {"0::/lxc/101/ns/init.scope\n", "lxc", "101"},
	    {"0::/lxc.payload/web\n", "lxc", "web"},
	    {"0::/lxc.payload.web\n", "lxc", "web"},
	    {"0::/lxc.payload.staging_web/system.slice/ssh.service\n", "lxc", "staging_web"},
	    {"0::/lxc.payload.outer/lxc.payload.inner/init.scope\n", "lxc", "inner"},
	    {"0::/lxc.payload.web/system.slice/docker-" ID ".scope\n", "docker",
	     "docker-3f4e5d6c7b8a"},
	    {"0::/user.slice/user-1000.slice/session-3.scope/lxc/web\n", "lxc", "web"},
	    {"0::/lxc.monitor.web\n", NULL, ""},
	    {"0::/lxc.monitor/web\n", NULL, ""},
	    {"0::/lxc.pivot\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_services(void)
{
	static const struct named rows[] = {
	    {"0::/system.slice/nginx.service\n", "service", "nginx.service"},
	    {"0::/system.slice/nginx.service/worker\n", "service", "nginx.service"},
	    {"0::/system.slice/system-openvpn.slice/openvpn@home.service\n", "service",
	     "openvpn@home.service"},
	    {"0::/system.slice/dbus-:1.3-org.example.Portal@0.service\n", "service",
	     "dbus-:1.3-org.example.Portal@0.s"},
	    {"0::" USER "/app.slice/syncthing.service\n", "service", "syncthing.service"},
	    {"0::" USER "/app.slice\n", NULL, ""},
	    {"0::" USER "/app.slice/vte-spawn-7d1b.scope\n", NULL, ""},
	    {"0::/user.slice/user-0.slice/session-1.scope\n", NULL, ""},
	    {"0::/init.scope\n", NULL, ""},
	    {"0::/\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

/* Whole files: of cgroup v1, and of v1 with v2 beside it. */
static void test_versions(void)
{
	static const struct named rows[] = {
	    {"12:net_cls,net_prio:/docker/" ID "\n11:freezer:/docker/" ID "\n10:rdma:/\n"
	     "1:name=systemd:/docker/" ID "\n0::/system.slice/containerd.service\n",
	     "docker", "docker-3f4e5d6c7b8a"},
	    {"10:perf_event:/docker/" ID "\n7:devices:/user.slice\n"
	     "1:name=systemd:/user.slice/user-52321.slice/session-128207.scope\n",
	     "docker", "docker-3f4e5d6c7b8a"},
	    {"4:devices:/user.slice\n3:memory:" USER "\n1:name=systemd:" USER
	     "/user.slice/libpod-" ID ".scope\n0::" USER "\n",
	     "podman", "podman-3f4e5d6c7b8a"},
	    {"9:cpuset:/lxc/web\n1:name=systemd:/lxc/web/init.scope\n", "lxc", "web"},
	    {"5:freezer:/\n4:cpu,cpuacct:/system.slice\n"
	     "1:name=systemd:/system.slice/nginx.service\n"
	     "0::/system.slice/nginx.service\n",
	     "service", "nginx.service"},
	    {"1:name=systemd:/system.slice/nginx.service\n", "service", "nginx.service"},
	    /* Other controllers' cgroups do not tell of systemd's units. */
	    {"4:pids:/system.slice/nginx.service\n1:name=systemd:/\n0::/\n", NULL, ""},
	};

	check(rows, COUNT(rows));
}

static void test_hostile(void)
{
	static const struct named rows[] = {
	    {"", NULL, ""},
	    {"\n\n", NULL, ""},
	    {"0", NULL, ""},
	    {"0:", NULL, ""},
	    {"0::", NULL, ""},
	    {"no colon\n0::/docker/" ID, "docker", "docker-3f4e5d6c7b8a"},
	    {"0::////docker////" ID "///", "docker", "docker-3f4e5d6c7b8a"},
	    {"0::docker/" ID, "docker", "docker-3f4e5d6c7b8a"},
	    {"0::/lxc/..", NULL, ""},
	    {"0::/lxc/a b\x01\x7f\xff\"c", "lxc", "a_b___\"c"},
	    {"0::/lxc.payload.\x1b[31m", "lxc", "_[31m"},
	    {"0::/lxc.payload.", NULL, ""},
	    {"0::/machine.slice/machine-a\\x2fb\\x0ac.scope", "nspawn", "a_b_c"},
	    {"0::/machine.slice/machine-a\\x.scope", "nspawn", "a\\x"},
	    {"0::/machine.slice/machine-a\\x2.scope", "nspawn", "a\\x2"},
	    {"0::/machine.slice/machine-.scope", NULL, ""},
	    {"0::/lxc/one-name-of-more-than-thirty-two-bytes", "lxc",
	     "one-name-of-more-than-thirty-two"},
	    {"0::/docker/" ID "0", NULL, ""},
	    {"0::/docker/3f4e5d6c7b8a", NULL, ""},
	    {"0::/docker/-" ID, NULL, ""},
	    {"0::/podabc/x", NULL, ""},
	    {"0::/.service", NULL, ""},
	};
	size_t size = 1 << 20;
	char *path = malloc(size), name[NETNS_NAME_MAX];

	check(rows, COUNT(rows));
	CU_ASSERT_PTR_NOT_NULL_FATAL(path);
	memset(path, '-', size - 1);
	memcpy(path, "0::/", 4);
	path[size - 1] = '\0';
	CHECK_EQ_INT(container_name(path, name), 0);
	for (size_t i = 4; i < size - 1; i += 2)
		path[i] = '/';
	CHECK_EQ_INT(container_name(path, name), 0);
	free(path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"docker", test_docker},
	    {"podman", test_podman},
	    {"containerd and cri-o", test_containerd_crio},
	    {"Kubernetes", test_kubernetes},
	    {"systemd-nspawn, libvirt, lxc", test_machines},
	    {"services", test_services},
	    {"cgroup v1 and v2", test_versions},
	    {"hostile paths", test_hostile},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("container", tests);
}
