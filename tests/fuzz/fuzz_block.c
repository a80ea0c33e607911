/* SPDX-License-Identifier: MIT */
/* The plugin's block of collectd.conf, as collectd's parser hands it on. */
#include "collectd.h"
#include "globals.h"
#include "plugin.h"

#include <stdarg.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

void module_register(void);

enum { LINES_MAX = 64, WORDS_MAX = 80 };

static int (*configure)(oconfig_item_t *block);

/* --- what the plugin has of collectd --------------------------------------- */

char *hostname_g = "fuzz";

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
	(void)type;
	configure = callback;
	return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback)
{
	(void)name, (void)callback;
	return 0;
}

void plugin_log(int level, const char *format, ...)
{
	char line[1024];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	REQUIRE(strncmp(line, "tcpstate plugin: ", 17) == 0 && fuzz_is_printable(line));
}

/* These are for reading, which nothing here does. */
#define UNUSED(declaration)                                                                        \
	declaration                                                                                \
	{                                                                                          \
		abort();                                                                           \
	}
UNUSED(int plugin_register_complex_read(const char *group, const char *name,
					int (*callback)(user_data_t *), cdtime_t interval,
					user_data_t const *user_data))
UNUSED(int plugin_register_data_set(const data_set_t *ds))
UNUSED(const data_set_t *plugin_get_ds(const char *name))
UNUSED(int plugin_dispatch_values(value_list_t const *vl))
UNUSED(int plugin_dispatch_notification(const notification_t *n))
UNUSED(int plugin_notification_meta_add_string(notification_t *n, const char *name,
					       const char *value))
UNUSED(int plugin_notification_meta_add_unsigned_int(notification_t *n, const char *name,
						     uint64_t value))
UNUSED(int plugin_notification_meta_add_double(notification_t *n, const char *name, double value))
UNUSED(int plugin_notification_meta_free(notification_meta_t *n))
UNUSED(cdtime_t plugin_get_interval(void))
UNUSED(cdtime_t cdtime(void))

/* --- lines of words -------------------------------------------------------- */

/* collectd makes numbers and switches of words that look like some. */
static oconfig_value_t make_value(char *word)
{
	oconfig_value_t value = {.type = OCONFIG_TYPE_NUMBER};
	char *end;

	value.value.number = strtod(word, &end);
	if (end != word && *end == '\0')
		return value;
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
		value.type = OCONFIG_TYPE_BOOLEAN;
		value.value.boolean = word[0] == 't';
		return value;
	}
	value.type = OCONFIG_TYPE_STRING;
	value.value.string = word;
	return value;
}

/* "<" begins a block. */
static bool make_item(char *line, oconfig_item_t *item, oconfig_value_t values[WORDS_MAX])
{
	static const char key[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	static oconfig_item_t inner = {.key = "inner"};
	char *word, *rest = line + (line[0] == '<');

	*item = (oconfig_item_t){.values = values, .key = strsep(&rest, " ")};
	if (!item->key[0] || item->key[strspn(item->key, key)])
		return false;
	item->children = &inner;
	item->children_num = line[0] == '<';
	while (item->values_num < WORDS_MAX && (word = strsep(&rest, " ")))
		values[item->values_num++] = make_value(word);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static oconfig_value_t values[LINES_MAX][WORDS_MAX];
	oconfig_item_t items[LINES_MAX];
	oconfig_item_t block = {.key = "Plugin", .children = items};
	char *text = fuzz_text((struct fuzz_input){data, size}), *rest = text, *line;

	module_register();
	while (block.children_num < LINES_MAX && (line = strsep(&rest, "\n")))
		if (make_item(line, &items[block.children_num], values[block.children_num]))
			block.children_num++;
	REQUIRE(configure(&block) == 0);
	free(text);
	return 0;
}
