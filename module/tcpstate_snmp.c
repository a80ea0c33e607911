/* SPDX-License-Identifier: MIT */

/*
 * The module that snmpd loads (dlmod): it answers TCPSTATE-MIB inside snmpd from the files with the
 * daemon's newest snapshots, that of the host and, each in an SNMP context of its name, those of
 * the other network namespaces. It samples nothing, has no thread, and waits for nobody.
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

/* PRIORITY: before that of the subagent, 127, which snmpd asks only once this module has been
 * unloaded. LOOK_S: how often the contexts are held against the daemon's list. */
enum { PRIORITY = 126, LOOK_S = 3 };

/* A snapshot, and whom it is shown to. */
struct served {
	struct contexts *all;
	bool registered;           /* false: refused */
	char name[NETNS_NAME_MAX]; /* of the namespace and the context; "": the host's own */
	uint64_t inode;            /* of the namespace; 0: the host's own */
	char path[SNAPSHOTFILE_PATH_MAX];
	struct snapshotfile_copy copy;
	size_t near; /* for agent_varbind_walk() */
	int told;    /* the last error in the log; 0: none, or it is over */
	struct served *next;
};

struct contexts {
	struct served host;
	struct served *others; /* in the order of the names */
	unsigned alarm;        /* 0: none */
};

/* snmpd gives nothing back to the function that ends a module. */
static struct contexts *loaded;

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

/* The log has each reason once, in a row. That a namespace has gone is none. */
static void tell(struct served *v, int error)
{
	if (error == -ENOENT && v->inode)
		return;
	if (error < 0 && error != v->told)
		snmp_log(LOG_WARNING, "TCPSTATE-MIB is empty: %s: %s\n", v->path, reason(error));
	else if (error == 0 && v->told < 0)
		snmp_log(LOG_NOTICE, "TCPSTATE-MIB is answered from %s again\n", v->path);
	v->told = error;
}

/* NULL: there is none that can be shown. An inode is used again: the snapshot says whose it is. */
static const struct snapshot *newest(struct served *v)
{
	int error = snapshotfile_follow(&v->copy, v->path);

	if (error == 0 && strcmp(v->copy.snapshot->info.netns, v->name) != 0)
		error = -ENOENT;
	tell(v, error);
	return error < 0 ? NULL : v->copy.snapshot;
}

/* Without the host's the daemon is gone, and what it has left of the others is of no use. */
static const struct snapshot *newest_of(struct served *v)
{
	struct served *host = &v->all->host;

	return v == host || newest(host) ? newest(v) : NULL;
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

/* The next variable that the requester may see. */
static bool answer_next(const struct ask *ask, netsnmp_request_info *request,
			struct oidtable_walk *walk)
{
	do {
		if (!agent_varbind_next(walk, request->range_end, request->range_end_len,
					request->requestvb))
			return false;
	} while (!is_visible(ask, request->requestvb));
	return true;
}

/* All repetitions at once: snmpd's own way from one to the next costs more than the answers. From
 * one that has none snmpd goes on to the subtree after this one. */
static void answer_bulk(const struct ask *ask, netsnmp_request_info *request, size_t *near)
{
	struct oidtable_walk walk;
	bool more =
	    agent_varbind_walk(ask->s, request->requestvb, request->inclusive, near, &walk) &&
	    answer_next(ask, request, &walk);

	while (more && request->repeat > 0 && request->requestvb->next_variable) {
		const netsnmp_variable_list *before = request->requestvb;

		request->requestvb = before->next_variable;
		request->repeat--;
		request->inclusive = 0;
		more = answer_next(ask, request, &walk);
		if (!more)
			snmp_set_var_objid(request->requestvb, before->name, before->name_length);
	}
	if (!more)
		snmp_set_var_typed_value(request->requestvb, ASN_NULL, NULL, 0);
}

static int on_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
		      netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	struct served *v = handler->myvoid;
	struct ask ask = {.s = newest_of(v), .pdu = info->asp->pdu};

	ask.sees_all = netsnmp_acm_check_subtree(ask.pdu, registration->rootoid,
						 registration->rootoid_len) == VACM_SUCCESS;
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		if (info->mode == MODE_GET)
			agent_varbind_get(ask.s, request->requestvb);
		else /* of a GETNEXT there is no repetition */
			answer_bulk(&ask, request, &v->near);
	}
	return SNMP_ERR_NOERROR;
}

static netsnmp_handler_registration *new_registration(struct served *v)
{
	netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
	    "tcpstate_snmp", on_request, agent_base_oid, AGENT_BASE_LEN,
	    HANDLER_CAN_RONLY | HANDLER_CAN_GETBULK);

	if (!registration)
		return NULL;
	registration->priority = PRIORITY;
	registration->handler->myvoid = v;
	registration->contextName = v->name[0] ? strdup(v->name) : NULL;
	if (!v->name[0] || registration->contextName)
		return registration;
	netsnmp_handler_registration_free(registration);
	return NULL;
}

static void enter(struct served *v)
{
	netsnmp_handler_registration *registration = new_registration(v);

	/* Frees it where it fails; snmpd has told why. */
	v->registered = registration && netsnmp_register_handler(registration) == MIB_REGISTERED_OK;
}

/* Not by netsnmp_unregister_handler(), which reads the registration's name of the context once it
 * has freed the registration (net-snmp 5.9.3). */
static void leave(struct served *v)
{
	oid base[AGENT_BASE_LEN];

	memcpy(base, agent_base_oid, sizeof(base));
	if (v->registered)
		unregister_mib_context(base, AGENT_BASE_LEN, PRIORITY, 0, 0, v->name);
	snapshotfile_drop(&v->copy);
}

/* --- the contexts --- */

static void remove_other(struct served **at)
{
	struct served *gone = *at;

	*at = gone->next;
	leave(gone);
	free(gone);
}

/* Before `*at`. False: out of memory. */
static bool insert_other(struct contexts *all, struct served **at, const struct netns *row)
{
	struct served *v = calloc(1, sizeof(*v));

	if (!v)
		return false;
	v->all = all;
	memcpy(v->name, row->name, sizeof(v->name));
	v->inode = row->inode;
	snapshotfile_path_in(all->host.path, row->inode, v->path);
	enter(v);
	v->next = *at;
	*at = v;
	return true;
}

static bool is_of(const struct served *v, const struct netns *row)
{
	return strcmp(v->name, row->name) == 0 && v->inode == row->inode;
}

/* Both are in the order of the names. One that was never sampled has no file. */
static void follow_rows(struct contexts *all, const struct netns *rows, size_t count)
{
	struct served **at = &all->others;

	for (const struct netns *row = rows; row < rows + count; row++) {
		if (!row->counted_at.tv_sec && !row->counted_at.tv_nsec)
			continue;
		while (*at && !is_of(*at, row) && strcmp((*at)->name, row->name) <= 0)
			remove_other(at);
		if ((*at && is_of(*at, row)) || insert_other(all, at, row))
			at = &(*at)->next;
	}
	while (*at)
		remove_other(at);
}

/* From snmpd's main loop: while a request is answered no registration may go. Whether there is
 * anything to show is told when somebody asks. */
static void on_alarm(unsigned id, void *arg)
{
	struct contexts *all = arg;
	struct served *host = &all->host;

	(void)id;
	if (snapshotfile_follow(&host->copy, host->path) == 0)
		follow_rows(all, host->copy.snapshot->namespaces,
			    host->copy.snapshot->n_namespaces);
	else
		follow_rows(all, NULL, 0);
}

void init_tcpstate_snmp(void)
{
	const char *path = getenv("TCPSTATE_SNAPSHOT");
	struct served *host;

	loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		return;
	host = &loaded->host;
	host->all = loaded;
	snprintf(host->path, sizeof(host->path), "%s", path ? path : SNAPSHOTFILE_DEFAULT);
	enter(host);
	on_alarm(0, loaded);
	loaded->alarm = snmp_alarm_register(LOOK_S, SA_REPEAT, on_alarm, loaded);
}

void deinit_tcpstate_snmp(void)
{
	if (!loaded)
		return;
	if (loaded->alarm)
		snmp_alarm_unregister(loaded->alarm);
	follow_rows(loaded, NULL, 0);
	leave(&loaded->host);
	free(loaded);
	loaded = NULL;
}
