/* SPDX-License-Identifier: MIT */

/*
 * The module that snmpd loads (dlmod): it answers TCPSTATE-MIB inside snmpd from the file with the
 * daemon's newest snapshot. It samples nothing, has no thread, and waits for nobody.
 */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/agent_varbind.h"
#include "subagent/snapshotfile.h"

/* snmpd looks for these two, by the name that dlmod gives. */
void init_tcpstate_snmp(void);
void deinit_tcpstate_snmp(void);

/* Before that of the subagent, 127, which snmpd asks only once this module has been unloaded. */
enum { PRIORITY = 126 };

struct served {
	netsnmp_handler_registration *registration; /* NULL: refused */
	const char *path;                           /* of the file */
	struct snapshotfile_copy copy;
	int told; /* the last error in the log; 0: none, or it is over */
};

/* snmpd gives nothing back to the function that ends a module. */
static struct served *loaded;

static const char *reason(int error)
{
	switch (error) {
	case -ENOENT:
		return "no such file: tcpstated does not run, or writes another one";
	case -EACCES:
		return "not permitted: snmpd's user has to be in the group tcpstate";
	case -ETIME:
		return "too old: tcpstated does not write it any more";
	case -ESTALE:
		return "written by another version of tcpstated";
	case -EINVAL:
		return "damaged";
	default:
		return strerror(-error);
	}
}

/* NULL: there is none that can be shown. The log has each reason once, in a row. */
static const struct snapshot *newest(struct served *m)
{
	int error = snapshotfile_follow(&m->copy, m->path);

	if (error < 0 && error != m->told)
		snmp_log(LOG_WARNING, "TCPSTATE-MIB is empty: %s: %s\n", m->path, reason(error));
	else if (error == 0 && m->told < 0)
		snmp_log(LOG_NOTICE, "TCPSTATE-MIB is answered from %s again\n", m->path);
	m->told = error;
	return error < 0 ? NULL : m->copy.snapshot;
}

/* A request, and what is the same for all of its variables. */
struct ask {
	const struct snapshot *s; /* NULL: none */
	netsnmp_pdu *pdu;
	bool sees_all; /* all of TCPSTATE-MIB is in the requester's view */
};

/* snmpd itself holds only the first of several repetitions against the requester's view. */
static bool is_visible(const struct ask *ask, netsnmp_variable_list *vb)
{
	return ask->sees_all ||
	       in_a_view(vb->name, &vb->name_length, ask->pdu, vb->type) == VACM_SUCCESS;
}

/* The next variable that the requester may see. False: there is none here, and snmpd goes on to
 * the subtree after this one. */
static bool answer_next(const struct ask *ask, netsnmp_request_info *request, size_t *last)
{
	netsnmp_variable_list *vb = request->requestvb;

	do {
		if (!agent_varbind_next(ask->s, vb, request->inclusive, request->range_end,
					request->range_end_len, last)) {
			snmp_set_var_typed_value(vb, ASN_NULL, NULL, 0);
			return false;
		}
		request->inclusive = 0;
	} while (!is_visible(ask, vb));
	return true;
}

/* All repetitions at once: snmpd's own way from one to the next costs more than the answers. */
static void answer_bulk(const struct ask *ask, netsnmp_request_info *request)
{
	size_t last = SIZE_MAX;

	while (answer_next(ask, request, &last) && request->repeat > 0) {
		netsnmp_variable_list *vb = request->requestvb, *next = vb->next_variable;

		if (!next)
			break;
		snmp_set_var_objid(next, vb->name, vb->name_length);
		request->requestvb = next;
		request->repeat--;
	}
}

static int on_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
		      netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	struct ask ask = {.s = newest(handler->myvoid), .pdu = info->asp->pdu};

	ask.sees_all = netsnmp_acm_check_subtree(ask.pdu, registration->rootoid,
						 registration->rootoid_len) == VACM_SUCCESS;
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		if (info->mode == MODE_GET)
			agent_varbind_get(ask.s, request->requestvb);
		else /* of a GETNEXT there is no repetition */
			answer_bulk(&ask, request);
	}
	return SNMP_ERR_NOERROR;
}

static netsnmp_handler_registration *new_registration(struct served *m)
{
	netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
	    "tcpstate_snmp", on_request, agent_base_oid, AGENT_BASE_LEN,
	    HANDLER_CAN_RONLY | HANDLER_CAN_GETBULK);

	if (registration) {
		registration->priority = PRIORITY;
		registration->handler->myvoid = m;
	}
	return registration;
}

void init_tcpstate_snmp(void)
{
	const char *path = getenv("TCPSTATE_SNAPSHOT");

	loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		return;
	loaded->path = path ? path : SNAPSHOTFILE_DEFAULT;
	loaded->registration = new_registration(loaded);
	/* Frees it where it fails; snmpd has told why. */
	if (loaded->registration &&
	    netsnmp_register_handler(loaded->registration) != MIB_REGISTERED_OK)
		loaded->registration = NULL;
}

void deinit_tcpstate_snmp(void)
{
	if (!loaded)
		return;
	if (loaded->registration)
		netsnmp_unregister_handler(loaded->registration);
	snapshotfile_drop(&loaded->copy);
	free(loaded);
	loaded = NULL;
}
