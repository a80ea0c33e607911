/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "subagent/agent_varbind.h"
#include "subagent/log.h"

/* net-snmp's own log. A line that comes back at each attempt is told once. */
static int on_log(int major, int minor, void *server_arg, void *client_arg)
{
	struct agent *agent = client_arg;
	const struct snmp_log_message *message = server_arg;
	char line[sizeof(agent->logged)];

	(void)major, (void)minor;
	if (message->priority > LOG_WARNING)
		return SNMP_ERR_NOERROR;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(message->msg, "\n"), message->msg);
	if (line[0] && strcmp(line, agent->logged) != 0) {
		memcpy(agent->logged, line, sizeof(line));
		log_line(message->priority, "net-snmp: %s", line);
	}
	return SNMP_ERR_NOERROR;
}

/* No configuration, MIB or state file of net-snmp's is read or written: the daemon behaves the
 * same on each host. */
static void isolate(void)
{
	static const int off[] = {
	    NETSNMP_DS_LIB_DONT_PERSIST_STATE,      NETSNMP_DS_LIB_DONT_READ_CONFIGS,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
	    NETSNMP_DS_LIB_ALARM_DONT_USE_SIG,
	};

	for (size_t i = 0; i < COUNT_OF(off); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, off[i], 1);
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "", 1);
	/* net-snmp makes a directory for certificates there; it is for TLS, which is not used. */
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
}

static void set_up(struct agent *agent)
{
	netsnmp_log_handler *log;

	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, agent);
	snmp_disable_log();
	log = netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
	if (log)
		log->pri_max = LOG_EMERG;
	isolate();
	/* As snmpd does for its own end. */
	netsnmp_register_default_domain("agentx", "unix tcp");
	netsnmp_register_default_target("agentx", "unix", NETSNMP_AGENTX_SOCKET);
	netsnmp_register_default_target("agentx", "tcp", "localhost:705");
	init_snmp("tcpstated");
}

int agent_open(const struct agent_options *options, struct agent **ret_agent)
{
	struct agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return -ENOMEM;
	agent->address = options->address[0] ? options->address : NETSNMP_AGENTX_SOCKET;
	agent->retry_s = options->retry_s;
	agent->notifies_only = options->notifies_only;
	agent->queue.lost = options->lost;
	agent->queue.told = options->told;
	netsnmp_large_fd_set_init(&agent->fds, FD_SETSIZE);
	set_up(agent);
	agent_session_keep(0, agent);
	*ret_agent = agent;
	return 0;
}

void agent_close(struct agent *agent)
{
	if (!agent)
		return;
	agent_session_close(agent);
	/* Otherwise snmp_shutdown() would free its argument. */
	snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, agent, 1);
	snmp_shutdown("tcpstated");
	netsnmp_large_fd_set_cleanup(&agent->fds);
	free(agent->polled);
	free(agent->contexts);
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

uint32_t agent_lost(const struct agent *agent)
{
	return agent->queue.lost;
}

void agent_base(char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < AGENT_BASE_LEN && at < size; i++)
		at +=
		    (size_t)snprintf(buf + at, size - at, ".%lu", (unsigned long)agent_base_oid[i]);
}
