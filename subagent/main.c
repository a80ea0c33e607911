/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/model/state.h"
#include "subagent/connections.h"
#include "subagent/daemon.h"
#include "subagent/daemonconfig.h"
#include "subagent/log.h"
#include "subagent/look.h"
#include "subagent/once.h"
#include "subagent/trial.h"
#include "subagent/watch.h"

static const char default_config[] = TCPSTATE_SYSCONFDIR "/tcpstate.conf";

enum long_option { OPTION_NAMESPACE = 256, OPTION_NO_FILTER, OPTION_PROFILE };

struct options {
	struct daemon_options daemon;
	const char *profile;
	const char *netns; /* the name of a namespace */
	const char *condition;
	uint32_t states; /* of connections */
	bool foreground;
	/* 1: given */
	int once, json, check, explain, prometheus, sample, tuning, test, all, sysctl;
	int connections, watch;
};

static void print_help(void)
{
	printf("tcpstated serves the states of this host's TCP connections to snmpd "
	       "(AgentX),\n"
	       "as TCPSTATE-MIB.\n"
	       "\n"
	       "usage: tcpstated [-f] [-c FILE] [-x ADDRESS] [--no-filter]\n"
	       "       tcpstated --once [-c FILE] [--json] [--sample] [--namespace NAME]\n"
	       "       tcpstated --watch [-c FILE] [--sample] [--namespace NAME]\n"
	       "       tcpstated --check | --prometheus [-c FILE] [--sample] [--namespace NAME]\n"
	       "       tcpstated --connections [STATE,...] [-c FILE] [--json] [--sample]\n"
	       "                 [--namespace NAME]\n"
	       "       tcpstated --explain [CONDITION] [-c FILE] [--sample] [--namespace NAME]\n"
	       "       tcpstated --tuning [-c FILE] [--profile NAME] "
	       "[--all | --json | --sysctl]\n"
	       "       tcpstated --test-notification [-c FILE] [-x ADDRESS]\n"
	       "\n"
	       "  -f             stay in the foreground and log to stderr\n"
	       "  -c FILE        configuration [%s]\n"
	       "  -x ADDRESS     AgentX address of snmpd, as in its agentXSocket\n"
	       "                 [unix:/var/agentx/master]\n"
	       "      --no-filter\n"
	       "                 do not limit the daemon's system calls (seccomp): for\n"
	       "                 debuggers\n"
	       "      --once     print what is seen now and exit: 0 normal, 1 warning,\n"
	       "                 2 critical, 3 unknown\n"
	       "      --watch    the same again and again, with what is new, grown or gone\n"
	       "                 marked; q ends it\n"
	       "      --check    one line for Nagios or Icinga, and the same exit codes\n"
	       "      --prometheus\n"
	       "                 the figures in Prometheus' text format; exit code 3 if\n"
	       "                 there are none\n"
	       "      --connections [STATE,...]\n"
	       "                 every connection, or those in these states: by state, the\n"
	       "                 longest silent first\n"
	       "      --explain [CONDITION]\n"
	       "                 why it is (not) raised: its rule, the numbers that went\n"
	       "                 into it, what is missing; without a name, all in brief\n"
	       "      --sample   with any of them: a look of its own, not what the running\n"
	       "                 tcpstated has seen\n"
	       "      --namespace NAME\n"
	       "                 with any of them: another network namespace of the host, by\n"
	       "                 the name that --once lists\n"
	       "      --tuning   print how the kernel's TCP parameters stand: what "
	       "deserves\n"
	       "                 a look; --all: all of them; --sysctl: a fragment for\n"
	       "                 sysctl.d(5), for review\n"
	       "      --profile NAME\n"
	       "                 recommendations to compare with: modern, web-server,\n"
	       "                 http-client, or the path of a file [as configured]\n"
	       "      --test-notification\n"
	       "                 send a notification, marked as a test, through snmpd to its\n"
	       "                 sinks\n"
	       "      --json     with --once, --connections or --tuning: for a script\n"
	       "  -V, --version  print the version\n"
	       "  -h, --help     print this\n"
	       "\n"
	       "SIGHUP reads the configuration again. See tcpstated(8), tcpstate.conf(5).\n",
	       default_config);
}

/* How many options ask for a snapshot. */
static int shows(const struct options *o)
{
	return o->once + o->check + o->connections + o->explain + o->prometheus + o->watch;
}

#define SHOWS "--once, --watch, --check, --connections, --explain or --prometheus"

/* The options that say what to do, and those that only say how. */
static int check_combination(const struct options *o)
{
	const char *error = NULL;

	if (shows(o) + o->tuning + o->test > 1)
		error = "only one of --once, --watch, --check, --connections, --explain, "
			"--prometheus, --tuning and --test-notification at a time";
	else if (o->json && !o->once && !o->connections && !o->tuning)
		error = "--json goes with --once, --connections or --tuning";
	else if (o->sample && !shows(o))
		error = "--sample goes with " SHOWS;
	else if (o->netns && !shows(o))
		error = "--namespace goes with " SHOWS;
	else if ((o->all || o->sysctl || o->profile) && !o->tuning)
		error = "--all, --sysctl and --profile go with --tuning";
	else if (o->all + o->sysctl + (o->tuning && o->json) > 1)
		error = "only one of --all, --json and --sysctl at a time";
	if (!error)
		return 0;
	fprintf(stderr, "tcpstated: %s\n", error);
	return -EINVAL;
}

static int parse_states(const char *text, struct options *options)
{
	const char *wrong;
	int len;

	if (connections_states(text, &options->states, &wrong, &len) == 0)
		return 0;
	fprintf(stderr, "tcpstated: \"%.*s\" is no state; there are", len, wrong);
	for (uint32_t state = 1; state <= STATE_COUNT; state++)
		fprintf(stderr, "%s %s", state > 1 ? "," : "", state_name(state));
	fputc('\n', stderr);
	return -EINVAL;
}

/* That something was asked for and is printed. */
static _Noreturn void finish(void)
{
	exit(fflush(stdout) == EOF || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int parse(int argc, char **argv, struct options *options)
{
	const struct option longs[] = {
	    {"all", no_argument, &options->all, 1},
	    {"check", no_argument, &options->check, 1},
	    {"connections", no_argument, &options->connections, 1},
	    {"explain", no_argument, &options->explain, 1},
	    {"help", no_argument, NULL, 'h'},
	    {"json", no_argument, &options->json, 1},
	    {"namespace", required_argument, NULL, OPTION_NAMESPACE},
	    {"no-filter", no_argument, NULL, OPTION_NO_FILTER},
	    {"once", no_argument, &options->once, 1},
	    {"profile", required_argument, NULL, OPTION_PROFILE},
	    {"prometheus", no_argument, &options->prometheus, 1},
	    {"sample", no_argument, &options->sample, 1},
	    {"sysctl", no_argument, &options->sysctl, 1},
	    {"test-notification", no_argument, &options->test, 1},
	    {"tuning", no_argument, &options->tuning, 1},
	    {"version", no_argument, NULL, 'V'},
	    {"watch", no_argument, &options->watch, 1},
	    {0},
	};
	bool wrong = false;
	int c;

	while ((c = getopt_long(argc, argv, "fc:x:Vh", longs, NULL)) != -1) {
		switch (c) {
		case 0: /* set in options */
			break;
		case 'f':
			options->foreground = true;
			break;
		case 'c':
			options->daemon.config_path = optarg;
			options->daemon.config_required = true;
			break;
		case 'x':
			options->daemon.address = optarg;
			break;
		case OPTION_NO_FILTER:
			options->daemon.filter = false;
			break;
		case OPTION_NAMESPACE:
			options->netns = optarg;
			break;
		case OPTION_PROFILE:
			options->profile = optarg;
			break;
		case 'V':
			puts("tcpstated " TCPSTATE_VERSION);
			finish();
		case 'h':
			print_help();
			finish();
		default:
			/* A later --check still decides how that is told. */
			wrong = true;
		}
	}
	if (wrong)
		return -EINVAL;
	if (options->explain && optind < argc)
		options->condition = argv[optind++];
	if (options->connections && optind < argc && parse_states(argv[optind++], options) < 0)
		return -EINVAL;
	if (optind < argc) {
		fprintf(stderr, "tcpstated: no argument expected: %s\n", argv[optind]);
		return -EINVAL;
	}
	return check_combination(options);
}

/* What ends the program before it has begun; the reason is on stderr. A plugin of Nagios has to
 * say UNKNOWN as well. */
static int refuse(const struct options *options, const char *reason)
{
	if (options->check)
		printf("TCPSTATE UNKNOWN - %s\n", reason);
	return shows(options) ? EXIT_UNKNOWN : EXIT_FAILURE;
}

static int configure(const struct options *options, struct daemon_config *ret_config,
		     char error[CONFIG_ERROR_MAX])
{
	int ret = config_load(&daemon_config_options, options->daemon.config_path,
			      options->daemon.config_required, &ret_config->common, error);

	if (ret == 0 && options->profile)
		ret = config_set(&daemon_config_options, &ret_config->common, "profile", 1,
				 &options->profile, error);
	return ret;
}

static struct once_options once_options(const struct options *options)
{
	return (struct once_options){
	    .output = options->check         ? ONCE_CHECK
		      : options->connections ? ONCE_CONNECTIONS
		      : options->explain     ? ONCE_EXPLAIN
		      : options->prometheus  ? ONCE_PROMETHEUS
		      : options->json        ? ONCE_JSON
					     : ONCE_REPORT,
	    .condition = options->condition,
	    .states = options->states,
	    .json = options->json,
	    .sample = options->sample,
	    .netns = options->netns,
	    .config_path = options->daemon.config_path,
	};
}

static enum tuning_output tuning_output(const struct options *options)
{
	return options->sysctl ? TUNING_SYSCTL
	       : options->json ? TUNING_JSON
	       : options->all  ? TUNING_ALL
			       : TUNING_LOOK;
}

/* Otherwise the first files that are opened would be taken for them. What is written there is lost
 * as if they were closed. */
static void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/* Prints what is asked for, and tells where that cannot be written. */
static int print(const struct options *options, const struct daemon_config *config)
{
	struct once_options once = once_options(options);
	int ret;

	if (options->tuning)
		ret = once_tuning(config, tuning_output(options));
	else if (options->watch)
		ret =
		    watch_run(config, options->daemon.config_path, options->sample, options->netns);
	else
		ret = once_run(config, &once);
	if (ferror(stdout))
		fputs("tcpstated: the output cannot be written\n", stderr);
	return ret;
}

int main(int argc, char **argv)
{
	struct options options = {.daemon = {.config_path = default_config, .filter = true},
				  .states = STATE_MASK_ALL};
	char error[CONFIG_ERROR_MAX];
	struct daemon_config config;

	keep_standard_files();
	log_open(true);
	if (parse(argc, argv, &options) < 0) {
		fprintf(stderr, "Try 'tcpstated --help'.\n");
		return refuse(&options, "wrong options, see tcpstated --help");
	}
	if (configure(&options, &config, error) < 0) {
		log_line(LOG_ERR, "%s", error);
		return refuse(&options, error);
	}
	if (options.test)
		return trial_run(options.daemon.address ? options.daemon.address : config.agentx);
	if (options.tuning || shows(&options))
		return print(&options, &config);
	/* In the background the configuration's path is needed again, at SIGHUP. */
	if (!options.foreground && daemon(1, 0) < 0) {
		perror("tcpstated: daemon");
		return EXIT_FAILURE;
	}
	log_open(options.foreground);
	return daemon_run(&options.daemon, &config);
}
