/* SPDX-License-Identifier: MIT */
#include "core/kernel/container.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/array.h"

/* A component of a cgroup's path. */
struct piece {
	const char *at;
	size_t len;
};

/* Ids are 64 hexadecimal digits, those of pods 32; a name shows 12 of them, as the tools do. */
enum { ID_MIN = 32, ID_MAX = 64, ID_SHOWN = 12 };

enum where {
	AFTER,      /* the id follows the word in the same piece, ".scope" or ".slice" may end it */
	BELOW,      /* the id is the next piece after the word; ':' separates pieces, too */
	BELOW2,     /* the id is the next piece but one */
	NAME_AFTER, /* the piece begins with the word, then a name, then the ending */
	NAME_BELOW, /* the next piece after the word is the name */
	NAME_ABOVE, /* the piece before the word, in machine.slice, is a name and the ending */
};

static const struct rule {
	const char *word;
	enum where where;
	const char *ending;   /* of NAME_AFTER and NAME_ABOVE */
	enum netns_kind kind; /* 0: no container */
	const char *prefix;   /* of the name */
	bool pod;             /* its containers, one or two pieces below, share its network */
} rules[] = {
    {"pod", AFTER, NULL, NETNS_KUBERNETES, "pod-", true},
    {"libpod_pod_", AFTER, NULL, NETNS_PODMAN, "podman-pod-", true},
    {"docker-", AFTER, NULL, NETNS_DOCKER, "docker-", false},
    {"docker", BELOW, NULL, NETNS_DOCKER, "docker-", false},
    {"actions_job", BELOW, NULL, NETNS_DOCKER, "docker-", false},
    {"ecs", BELOW2, NULL, NETNS_DOCKER, "docker-", false},
    {"libpod-", AFTER, NULL, NETNS_PODMAN, "podman-", false},
    {"libpod-payload-", AFTER, NULL, NETNS_PODMAN, "podman-", false},
    {"containerd-", AFTER, NULL, NETNS_CONTAINERD, "containerd-", false},
    {"cri-containerd", BELOW, NULL, NETNS_CONTAINERD, "containerd-", false},
    {"nerdctl-", AFTER, NULL, NETNS_CONTAINERD, "containerd-", false},
    {"nerdctl", BELOW, NULL, NETNS_CONTAINERD, "containerd-", false},
    {"crio-", AFTER, NULL, NETNS_CRIO, "crio-", false},
    {"crio", BELOW, NULL, NETNS_CRIO, "crio-", false},
    {"systemd-nspawn@", NAME_AFTER, ".service", NETNS_NSPAWN, "", false},
    /* libvirt registers its machines as well; a virtual one is no container. */
    {"machine-qemu\\x2d", NAME_AFTER, ".scope", 0, "", false},
    {"machine-lxc\\x2d", NAME_AFTER, ".scope", NETNS_LXC, "lxc-", false},
    {"machine-", NAME_AFTER, ".scope", NETNS_NSPAWN, "", false},
    /* With --register=no, the scope has but the name. Others have no such cgroup below. */
    {"payload", NAME_ABOVE, ".scope", NETNS_NSPAWN, "", false},
    {"lxc.payload.", NAME_AFTER, "", NETNS_LXC, "", false},
    {"lxc.payload", NAME_BELOW, NULL, NETNS_LXC, "", false},
    {"lxc", NAME_BELOW, NULL, NETNS_LXC, "", false},
};

static bool is(struct piece piece, const char *word)
{
	return strlen(word) == piece.len && memcmp(piece.at, word, piece.len) == 0;
}

static bool begins(struct piece piece, const char *word)
{
	size_t len = strlen(word);

	return len < piece.len && memcmp(piece.at, word, len) == 0;
}

static bool ends(struct piece piece, const char *word)
{
	size_t len = strlen(word);

	return len < piece.len && memcmp(piece.at + piece.len - len, word, len) == 0;
}

static struct piece after(struct piece piece, size_t len)
{
	return (struct piece){piece.at + len, piece.len - len};
}

/* Takes the next piece of *path; false: there is none. */
static bool take_piece(struct piece *path, const char *separators, struct piece *ret_piece)
{
	size_t len = 0;

	while (path->len > 0 && strchr(separators, path->at[0]))
		*path = after(*path, 1);
	while (len < path->len && !strchr(separators, path->at[len]))
		len++;
	*ret_piece = (struct piece){path->at, len};
	*path = after(*path, len);
	return len > 0;
}

/* The uid of a pod has '-' between its digits, or '_' where it is part of a slice's name. */
static bool is_id(struct piece piece)
{
	size_t digits = 0;

	for (size_t i = 0; i < piece.len; i++) {
		if (isxdigit((unsigned char)piece.at[i]))
			digits++;
		else if (i == 0 || (piece.at[i] != '-' && piece.at[i] != '_'))
			return false;
	}
	return digits >= ID_MIN && digits <= ID_MAX && (digits == piece.len || digits == ID_MIN);
}

/* The id after a word that begins the piece, or follows a '-' in it. */
static bool id_after(struct piece piece, const char *word, struct piece *ret_id)
{
	if (ends(piece, ".scope") || ends(piece, ".slice"))
		piece.len -= strlen(".scope");
	for (size_t i = 0; i < piece.len; i++) {
		struct piece part = after(piece, i);

		if ((i > 0 && piece.at[i - 1] != '-') || !begins(part, word))
			continue;
		*ret_id = after(part, strlen(word));
		if (is_id(*ret_id))
			return true;
	}
	return false;
}

static bool name_above(const struct piece pieces[3], const struct rule *rule,
		       struct piece *ret_name)
{
	*ret_name = pieces[1];
	if (!is(pieces[0], rule->word) || !ends(pieces[1], rule->ending) ||
	    !is(pieces[2], "machine.slice"))
		return false;
	ret_name->len -= strlen(rule->ending);
	return true;
}

static bool name_after(struct piece piece, const struct rule *rule, struct piece *ret_name)
{
	if (!begins(piece, rule->word))
		return false;
	*ret_name = after(piece, strlen(rule->word));
	if (!ends(*ret_name, rule->ending))
		return false;
	ret_name->len -= strlen(rule->ending);
	return true;
}

/* pieces: this one and the two above it. */
static bool matches(const struct rule *rule, const struct piece pieces[3], struct piece *ret_name)
{
	*ret_name = pieces[0];
	switch (rule->where) {
	case AFTER:
		return id_after(pieces[0], rule->word, ret_name);
	case BELOW:
		return is(pieces[1], rule->word) && is_id(pieces[0]);
	case BELOW2:
		return is(pieces[2], rule->word) && is_id(pieces[0]);
	case NAME_AFTER:
		return name_after(pieces[0], rule, ret_name);
	case NAME_BELOW:
		return is(pieces[1], rule->word);
	case NAME_ABOVE:
		return name_above(pieces, rule, ret_name);
	}
	return false;
}

static const struct rule *find_rule(const struct piece pieces[3], struct piece *ret_name)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (matches(&rules[i], pieces, ret_name))
			return &rules[i];
	}
	return NULL;
}

static void set_id(const char *prefix, struct piece id, char ret_name[NETNS_NAME_MAX])
{
	char shown[ID_SHOWN + 8];
	size_t len = 0, digits = 0;

	for (size_t i = 0; i < id.len && digits < ID_SHOWN && len < sizeof(shown); i++) {
		shown[len++] = (char)(id.at[i] == '_' ? '-' : id.at[i]);
		digits += isxdigit((unsigned char)id.at[i]) != 0;
	}
	netns_set_name(prefix, shown, len, ret_name);
}

static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Undoes systemd's escapes: "\x2d". */
static void set_machine(const char *prefix, struct piece name, char ret_name[NETNS_NAME_MAX])
{
	char plain[NETNS_NAME_MAX];
	size_t len = 0;

	for (size_t i = 0; i < name.len && len < sizeof(plain); i++) {
		char c = name.at[i];

		if (name.len - i >= 4 && c == '\\' && name.at[i + 1] == 'x' &&
		    isxdigit((unsigned char)name.at[i + 2]) &&
		    isxdigit((unsigned char)name.at[i + 3])) {
			c = (char)(hex(name.at[i + 2]) << 4 | hex(name.at[i + 3]));
			i += 3;
		}
		plain[len++] = c;
	}
	netns_set_name(prefix, plain, len, ret_name);
}

/* containerd's own cgroups are /NAMESPACE/ID. In the namespace "default" ids may be any names,
 * those of ctr; elsewhere only a whole id tells that it is one. */
static bool is_containerd(const struct piece pieces[3], size_t count)
{
	return count == 2 && !is(pieces[1], "..") &&
	       (is(pieces[1], "default") || (is_id(pieces[0]) && pieces[0].len == ID_MAX));
}

/* Names the innermost container, or the pod whose network it shares. */
static enum netns_kind name_container(struct piece path, char ret_name[NETNS_NAME_MAX])
{
	struct piece pieces[3] = {{"", 0}, {"", 0}, {"", 0}}, piece, name;
	size_t count = 0, pod_end = 0, named = 0;
	enum netns_kind kind = 0;

	while (take_piece(&path, "/:", &piece)) {
		const struct rule *rule;

		pieces[2] = pieces[1];
		pieces[1] = pieces[0];
		pieces[0] = piece;
		count++;
		rule = is(piece, "..") ? NULL : find_rule(pieces, &name);
		if (!rule || !rule->kind || (!rule->pod && count <= pod_end))
			continue;
		if (rule->where == NAME_ABOVE && named == count - 1)
			continue; /* the piece above has told more */
		named = count;
		/* The container of a pod is one piece, or two: "cri-containerd:ID". */
		if (rule->pod)
			pod_end = count + 2;
		kind = rule->kind;
		if (rule->where >= NAME_AFTER)
			set_machine(rule->prefix, name, ret_name);
		else
			set_id(rule->prefix, name, ret_name);
	}
	if (!kind && is_containerd(pieces, count)) {
		kind = NETNS_CONTAINERD;
		if (is_id(pieces[0]))
			set_id("containerd-", pieces[0], ret_name);
		else
			netns_set_name("containerd-", pieces[0].at, pieces[0].len, ret_name);
	}
	return kind;
}

/* The innermost unit, if it is a service and not systemd's own instance of a user. */
static enum netns_kind name_service(struct piece path, char ret_name[NETNS_NAME_MAX])
{
	struct piece piece, unit = {"", 0};

	while (take_piece(&path, "/", &piece)) {
		if (ends(piece, ".service") || ends(piece, ".scope"))
			unit = piece;
	}
	if (!ends(unit, ".service") || begins(unit, "user@"))
		return 0;
	netns_set_name("", unit.at, unit.len, ret_name);
	return NETNS_SERVICE;
}

/* The next line of the file: "ID:CONTROLLERS:PATH". */
static bool take_path(const char **at, struct piece *ret_controllers, struct piece *ret_path)
{
	static const char DELETED[] = " (deleted)";

	while (**at != '\0') {
		const char *line = *at, *end = line + strcspn(line, "\n");
		const char *controllers = memchr(line, ':', (size_t)(end - line)), *path;

		*at = *end == '\n' ? end + 1 : end;
		path = controllers ? memchr(controllers + 1, ':', (size_t)(end - controllers - 1))
				   : NULL;
		if (!path)
			continue;
		*ret_controllers =
		    (struct piece){controllers + 1, (size_t)(path - controllers - 1)};
		*ret_path = (struct piece){path + 1, (size_t)(end - path - 1)};
		if (ends(*ret_path, DELETED)) /* the cgroup has been removed, not the process */
			ret_path->len -= strlen(DELETED);
		return true;
	}
	return false;
}

enum netns_kind container_name(const char *cgroup, char ret_name[NETNS_NAME_MAX])
{
	struct piece controllers, path;
	enum netns_kind service = 0;
	char name[NETNS_NAME_MAX] = "";

	while (take_path(&cgroup, &controllers, &path)) {
		enum netns_kind kind = name_container(path, name);

		if (kind) {
			memcpy(ret_name, name, sizeof(name));
			return kind;
		}
		/* cgroup v2, or systemd's own hierarchy of v1. */
		if (!service && (controllers.len == 0 || is(controllers, "name=systemd")))
			service = name_service(path, ret_name);
	}
	if (!service)
		ret_name[0] = '\0';
	return service;
}
