/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/model/state.h"

struct fuzz_input fuzz_take(struct fuzz_input *input)
{
	const uint8_t *cut = input->size ? memchr(input->data, FUZZ_CUT, input->size) : NULL;
	struct fuzz_input taken = *input;

	if (!cut) {
		input->size = 0;
		return taken;
	}
	taken.size = (size_t)(cut - input->data);
	input->data = cut + 1;
	input->size -= taken.size + 1;
	return taken;
}

char *fuzz_text(struct fuzz_input input)
{
	char *text = malloc(input.size + 1);

	REQUIRE(text);
	if (input.size)
		memcpy(text, input.data, input.size);
	text[input.size] = '\0';
	return text;
}

const char *fuzz_file(struct fuzz_input input)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	REQUIRE(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	REQUIRE(file_write_all(fd, input.data, input.size) == 0);
	return path;
}

struct fuzz_directory fuzz_directory(void)
{
	struct fuzz_directory directory;
	const char *place = getenv("TMPDIR");

	snprintf(directory.path, sizeof(directory.path), "%s/tcpstate-fuzz-XXXXXX",
		 place ? place : "/tmp");
	REQUIRE(mkdtemp(directory.path));
	directory.fd = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(directory.fd >= 0);
	return directory;
}

void fuzz_put(const struct fuzz_directory *directory, const char *path, struct fuzz_input input)
{
	int fd = openat(directory->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && file_write_all(fd, input.data, input.size) == 0);
	close(fd);
}

bool fuzz_is_printable(const char *text)
{
	char *clean = strdup(text);
	bool same;

	REQUIRE(clean);
	text_clean(clean);
	same = strcmp(clean, text) == 0;
	free(clean);
	return same;
}

static void check_addr(const struct inet_addr *addr)
{
	REQUIRE(addr->type >= INET_IPV4 && addr->type <= INET_IPV6Z);
	for (size_t i = inet_addr_len(addr->type); i < INET_ADDR_MAX; i++)
		REQUIRE(addr->bytes[i] == 0);
}

void fuzz_check_conn(const struct conn *conn)
{
	REQUIRE(conn->state >= 1 && conn->state <= STATE_COUNT);
	REQUIRE(conn->ip_version == (inet_addr_is_v4(&conn->local) ? IP_V4 : IP_V6));
	REQUIRE(conn->owner == 0);
	check_addr(&conn->local);
	check_addr(&conn->remote);
}
