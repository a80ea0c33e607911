/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/agent_sysORTable.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "subagent/log.h"

/* A hung master may hold the loop up for this long, once a retry. */
enum { MASTER_TIMEOUT_S = 3 };

static time_t monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* --- the master -----------------------------------------------------------------------
 */

/* Why a UNIX socket cannot be reached, with the remedy. */
static const char *reason_of(const char *address)
{
	const char *path = strncmp(address, "unix:", 5) == 0 ? address + 5 : address;
	struct stat st;

	if (path[0] != '/')
		return "nothing answers there";
	if (stat(path, &st) < 0 && errno == ENOENT)
		return "no such socket: snmpd is not running, or has no \"master "
		       "agentx\" line";
	if (access(path, R_OK | W_OK) < 0)
		return "not permitted: see agentXPerms in snmpd.conf(5)";
	return "nothing answers there";
}

static int on_connect(int major, int minor, void *server_arg, void *client_arg)
{
	struct agent *agent = client_arg;

	(void)major, (void)minor;
	agent->session = server_arg;
	agent_answer(agent);
	if (agent->lost_at)
		log_line(LOG_NOTICE, "snmpd is back after %ld s",
			 (long)(monotonic_seconds() - agent->lost_at));
	agent->connected = true;
	agent->lost_at = 0;
	return SNMP_ERR_NOERROR;
}

static int on_disconnect(int major, int minor, void *server_arg, void *client_arg)
{
	struct agent *agent = client_arg;

	(void)major, (void)minor, (void)server_arg;
	if (agent->connected)
		log_line(LOG_WARNING, "snmpd at %s went away; trying again every %u s",
			 agent_address(agent), agent->retry_s);
	agent->connected = false;
	agent->session = NULL;
	agent->lost_at = monotonic_seconds();
	queue_again(&agent->queue);
	return SNMP_ERR_NOERROR;
}

/* net-snmp's own log. What on_connect() and on_disconnect() tell already is left out. */
static int on_log(int major, int minor, void *server_arg, void *client_arg)
{
	static const char *const told[] = {
	    "AgentX master disconnected us",
	    "AgentX master agent failed to respond",
	    "NET-SNMP version",
	    "Warning: Failed to connect",
	};
	const struct snmp_log_message *message = server_arg;
	int len = (int)strcspn(message->msg, "\n");

	(void)major, (void)minor, (void)client_arg;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (strncmp(message->msg, told[i], strlen(told[i])) == 0)
			return SNMP_ERR_NOERROR;
	if (message->priority <= LOG_WARNING && len > 0)
		log_line(message->priority, "net-snmp: %.*s", len, message->msg);
	return SNMP_ERR_NOERROR;
}

const char *agent_address(const struct agent *agent)
{
	const char *address =
	    netsnmp_ds_get_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);

	(void)agent;
	return address ? address : NETSNMP_AGENTX_SOCKET;
}

/* No configuration, MIB or state file of net-snmp's is read or written: the daemon
 * behaves the same on each host. */
static void isolate(void)
{
	static const int off[] = {
	    NETSNMP_DS_LIB_DONT_PERSIST_STATE,
	    NETSNMP_DS_LIB_DONT_READ_CONFIGS,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
	    NETSNMP_DS_LIB_ALARM_DONT_USE_SIG,
	};

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, off[i], 1);
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "", 1);
	/* net-snmp makes a folder for certificates there; it is for TLS, which is not
	 * used. */
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
}

static const struct {
	int major, minor;
	SNMPCallback *function;
} callbacks[] = {
    {SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log},
    {SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_connect},
    {SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_disconnect},
};

enum { N_CALLBACKS = sizeof(callbacks) / sizeof(callbacks[0]) };

static void set_up(struct agent *agent, const struct agent_options *options)
{
	netsnmp_log_handler *log;

	for (size_t i = 0; i < N_CALLBACKS; i++)
		snmp_register_callback(callbacks[i].major, callbacks[i].minor,
				       callbacks[i].function, agent);
	snmp_disable_log();
	log = netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
	if (log)
		log->pri_max = LOG_EMERG;
	isolate();
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
			       NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	if (options->address[0])
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
				      NETSNMP_DS_AGENT_X_SOCKET, options->address);
}

/* Otherwise snmp_shutdown() would free their argument. */
static void remove_callbacks(struct agent *agent)
{
	for (size_t i = 0; i < N_CALLBACKS; i++)
		snmp_unregister_callback(callbacks[i].major, callbacks[i].minor,
					 callbacks[i].function, agent, 1);
}

int agent_open(const struct agent_options *options, struct agent **ret_agent)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	netsnmp_handler_registration *registration;

	if (!agent)
		return -ENOMEM;
	agent->retry_s = options->retry_s;
	netsnmp_large_fd_set_init(&agent->fds, FD_SETSIZE);
	set_up(agent, options);
	if (init_agent("tcpstated") != 0)
		goto failed;
	/* init_agent() sets its own defaults, so this comes after it. */
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT,
			   MASTER_TIMEOUT_S);
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES, 0);
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
			   NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, (int)options->retry_s);
	registration = netsnmp_create_handler_registration(
	    "tcpstate", agent_handle, agent_base_oid, AGENT_BASE_LEN, HANDLER_CAN_RONLY);
	if (!registration)
		goto failed;
	registration->my_reg_void = agent;
	if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
		goto failed;
	register_sysORTable(
	    (oid *)agent_base_oid, AGENT_BASE_LEN,
	    "TCPSTATE-MIB: TCP connection states, queues, limits and tuning");
	init_snmp("tcpstated");
	if (!agent->connected) {
		log_line(LOG_WARNING,
			 "cannot reach snmpd at %s (%s); trying again every %u s",
			 agent_address(agent), reason_of(agent_address(agent)),
			 agent->retry_s);
		agent->lost_at = monotonic_seconds();
	}
	*ret_agent = agent;
	return 0;
failed:
	remove_callbacks(agent);
	netsnmp_large_fd_set_cleanup(&agent->fds);
	free(agent);
	return -EIO;
}

void agent_close(struct agent *agent)
{
	if (!agent)
		return;
	agent->showing = false;
	remove_callbacks(agent);
	snmp_shutdown("tcpstated");
	netsnmp_large_fd_set_cleanup(&agent->fds);
	free(agent->polled);
	free(agent);
}

void agent_show(struct agent *agent, const struct snapshot *snapshot)
{
	agent->showing = snapshot != NULL;
	if (!snapshot)
		return;
	agent->shown = *snapshot;
	agent->shown.diagnosis.notifications_lost = agent->queue.lost;
}

void agent_base(char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < AGENT_BASE_LEN && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, ".%lu",
				       (unsigned long)agent_base_oid[i]);
}
