/* SPDX-License-Identifier: MIT */
/* What a master sends, taken apart and answered as in a session of the agent's. */
#include "subagent/agent_private.h"

#include <string.h>

#include "subagent/agent_varbind.h"
#include "subagent/tables.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/model.h"

enum { PDU_MAX = 65536, FLAGS_AT = 2, LENGTH_AT = 16, NETWORK_ORDER = 0x10 };

/* The request that is being answered. */
static const netsnmp_pdu *asked;
static netsnmp_session *session;

static size_t count_of(const netsnmp_variable_list *vb)
{
	size_t n = 0;

	for (; vb; vb = vb->next_variable)
		n++;
	return n;
}

/* In place of the master: the answer is one to the request, and AgentX. */
static int receive(netsnmp_transport *transport, const void *buf, int size, void **opaque,
		   int *opaque_len)
{
	netsnmp_pdu *pdu = snmp_pdu_create(0);
	u_char *copy = malloc((size_t)size);

	(void)transport, (void)opaque, (void)opaque_len;
	REQUIRE(pdu && copy && size >= AGENTX_HEADER_LEN && size <= PDU_MAX);
	memcpy(copy, buf, (size_t)size);
	REQUIRE(agentx_check_packet(copy, (size_t)size) == size);
	REQUIRE(agentx_parse(session, pdu, copy, (size_t)size) == 0);
	REQUIRE(pdu->command == AGENTX_RESPONSE_PDU);
	REQUIRE(pdu->sessid == asked->sessid && pdu->transid == asked->transid &&
		pdu->reqid == asked->reqid);
	REQUIRE(pdu->errstat == 0 || !pdu->variables);
	free(copy);
	snmp_free_pdu(pdu);
	return size;
}

static netsnmp_session *open_session(void)
{
	netsnmp_transport *transport = calloc(1, sizeof(*transport));
	netsnmp_session blank;

	REQUIRE(transport);
	transport->sock = -1;
	transport->flags = NETSNMP_TRANSPORT_FLAG_STREAM;
	transport->f_send = receive;
	snmp_disable_log();
	snmp_sess_init(&blank);
	blank.version = AGENTX_VERSION_1;
	blank.flags |= SNMP_FLAGS_STREAM_SOCKET;
	return snmp_add_full(&blank, transport, NULL, agent_parse, NULL, NULL, agentx_realloc_build,
			     agentx_check_packet, NULL);
}

static void take_pdu(struct agent *agent, const uint8_t *data, size_t len)
{
	netsnmp_pdu *pdu = snmp_pdu_create(0);
	u_char *copy = malloc(len);
	size_t n;

	REQUIRE(pdu && copy);
	memcpy(copy, data, len);
	if (agent_parse(session, pdu, copy, len) == 0) {
		asked = pdu;
		n = count_of(pdu->variables);
		agent_on_packet(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, session, 0, pdu, agent);
		REQUIRE(!pdu->variables || count_of(pdu->variables) == n);
	}
	free(copy);
	snmp_free_pdu(pdu);
}

/* A stream: net-snmp takes one PDU after the other from it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct agent agent;
	int len;

	if (!session) {
		session = open_session();
		REQUIRE(session);
		model_fill(&agent.shown);
	}
	agent.showing = size % 8 != 0;
	while ((len = agentx_check_packet((u_char *)data, size)) > 0 && (size_t)len <= size) {
		take_pdu(&agent, data, (size_t)len);
		data += len;
		size -= (size_t)len;
	}
	return 0;
}

/* A request for a table, a column and a row, to begin with. */
static size_t make_request(uint8_t *data, size_t max_size, unsigned seed)
{
	static const u_char types[] = {AGENTX_GET_PDU, AGENTX_GETNEXT_PDU, AGENTX_GETBULK_PDU};
	const struct table *table = &tables_tree.tables[seed / 3 % tables_tree.n_tables];
	netsnmp_pdu *pdu = snmp_pdu_create(types[seed % 3]);
	oid name[MAX_OID_LEN];
	size_t room = 0, len = 0;
	u_char *buf = NULL;

	REQUIRE(pdu);
	pdu->version = AGENTX_VERSION_1;
	memcpy(name, agent_base_oid, sizeof(agent_base_oid));
	for (size_t i = 0; i < table->prefix_len; i++)
		name[AGENT_BASE_LEN + i] = table->prefix[i];
	name[AGENT_BASE_LEN + table->prefix_len] = table->columns[0].arc;
	name[AGENT_BASE_LEN + table->prefix_len + 1] = 0;
	for (size_t n = 0; n <= 2; n++)
		snmp_pdu_add_variable(pdu, name, AGENT_BASE_LEN + table->prefix_len + n,
				      ASN_PRIV_INCL_RANGE, name, AGENT_BASE_LEN * sizeof(oid));
	REQUIRE(agentx_realloc_build(session, pdu, &buf, &room, &len) == 0);
	snmp_free_pdu(pdu);
	len = len < max_size ? len : max_size;
	memcpy(data, buf, len);
	free(buf);
	return len;
}

/* With a length that is right in most of the inputs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size_t payload;

	if (size < AGENTX_HEADER_LEN)
		size = make_request(data, max_size, seed);
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size < AGENTX_HEADER_LEN || seed % 8 == 0)
		return size;
	payload = size - AGENTX_HEADER_LEN;
	data[0] = 1;
	for (size_t i = 0; i < 4; i++)
		data[LENGTH_AT + i] =
		    (uint8_t)(payload >> 8 * (data[FLAGS_AT] & NETWORK_ORDER ? 3 - i : i));
	return size;
}
