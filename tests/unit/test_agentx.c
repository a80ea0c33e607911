/* SPDX-License-Identifier: MIT */
/*
 * The functions of libnetsnmpagent that no installed header declares: do they still take what we
 * declare that they take, and is what they write AgentX?
 */
#include "subagent/agent_private.h"

#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

enum { SESSION = 7, TRANSACTION = 11, REQUEST = 13 };

static const oid name[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 4022, 1};
enum { NAME_LEN = sizeof(name) / sizeof(name[0]) };

/* A session as subagent/agent_session.c opens one. */
static netsnmp_session session = {.version = AGENTX_VERSION_1};

/* What a subagent answers: a text, a Counter64 and the end of the MIB. */
static netsnmp_pdu *make_response(void)
{
	const struct counter64 c64 = {.high = 1, .low = 2};
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_RESPONSE_PDU);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pdu);
	pdu->version = AGENTX_VERSION_1;
	pdu->sessid = SESSION;
	pdu->transid = TRANSACTION;
	pdu->reqid = REQUEST;
	pdu->time = 0;
	snmp_pdu_add_variable(pdu, name, NAME_LEN, ASN_OCTET_STR, "shop", 4);
	snmp_pdu_add_variable(pdu, name, NAME_LEN, ASN_COUNTER64, &c64, sizeof(c64));
	snmp_pdu_add_variable(pdu, name, NAME_LEN, SNMP_ENDOFMIBVIEW, NULL, 0);
	return pdu;
}

/* The octets of a PDU, which is freed; to be freed. */
static u_char *encode(netsnmp_pdu *pdu, size_t *ret_len)
{
	size_t size = 16, len = 0;
	u_char *buf = malloc(size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(buf);
	CU_ASSERT_EQUAL_FATAL(agentx_realloc_build(&session, pdu, &buf, &size, &len), 0);
	CU_ASSERT_FATAL(len >= AGENTX_HEADER_LEN && len <= size);
	snmp_free_pdu(pdu);
	*ret_len = len;
	return buf;
}

/* RFC 2741, 6.1: a bit of the flags tells the order of a number's octets. */
static uint32_t number_at(const u_char *pdu, size_t at, size_t octets)
{
	bool network = pdu[2] & 0x10;
	uint32_t number = 0;

	for (size_t i = 0; i < octets; i++)
		number |= (uint32_t)pdu[at + i] << 8 * (network ? octets - 1 - i : i);
	return number;
}

/* RFC 2741, 6.1 and 6.2.16. */
static void encodes(void)
{
	size_t len;
	u_char *buf = encode(make_response(), &len);

	CU_ASSERT_EQUAL(buf[0], 1);
	CU_ASSERT_EQUAL(buf[1], AGENTX_RESPONSE_PDU);
	CU_ASSERT_EQUAL(number_at(buf, 4, 4), SESSION);
	CU_ASSERT_EQUAL(number_at(buf, 8, 4), TRANSACTION);
	CU_ASSERT_EQUAL(number_at(buf, 12, 4), REQUEST);
	CU_ASSERT_EQUAL(number_at(buf, 16, 4), len - AGENTX_HEADER_LEN);
	/* After sysUpTime, error and index comes the first variable: its type and, after its name
	 * of five numbers behind the prefix 1.3.6.1.4, its value. */
	CU_ASSERT_EQUAL(number_at(buf, 28, 2), ASN_OCTET_STR);
	CU_ASSERT_EQUAL(buf[32], NAME_LEN - 5);
	CU_ASSERT_EQUAL(buf[33], 4);
	CU_ASSERT_EQUAL(number_at(buf, 56, 4), 4);
	CU_ASSERT_EQUAL(memcmp(buf + 60, "shop", 4), 0);
	free(buf);
}

static void decodes(void)
{
	size_t len;
	u_char *buf = encode(make_response(), &len);
	netsnmp_pdu *pdu = snmp_pdu_create(0);
	const netsnmp_variable_list *vb;

	CU_ASSERT_EQUAL_FATAL(agentx_parse(&session, pdu, buf, len), 0);
	CU_ASSERT_EQUAL(pdu->command, AGENTX_RESPONSE_PDU);
	CU_ASSERT_EQUAL(pdu->sessid, SESSION);
	CU_ASSERT_EQUAL(pdu->transid, TRANSACTION);
	CU_ASSERT_EQUAL(pdu->reqid, REQUEST);
	vb = pdu->variables;
	CU_ASSERT_PTR_NOT_NULL_FATAL(vb);
	CU_ASSERT_EQUAL(snmp_oid_compare(vb->name, vb->name_length, name, NAME_LEN), 0);
	CU_ASSERT_EQUAL(vb->type, ASN_OCTET_STR);
	CU_ASSERT_EQUAL_FATAL(vb->val_len, 4);
	CU_ASSERT_EQUAL(memcmp(vb->val.string, "shop", 4), 0);
	vb = vb->next_variable;
	CU_ASSERT_PTR_NOT_NULL_FATAL(vb);
	CU_ASSERT_EQUAL_FATAL(vb->type, ASN_COUNTER64);
	CU_ASSERT_EQUAL(vb->val.counter64->high, 1);
	CU_ASSERT_EQUAL(vb->val.counter64->low, 2);
	vb = vb->next_variable;
	CU_ASSERT_PTR_NOT_NULL_FATAL(vb);
	CU_ASSERT_EQUAL(vb->type, SNMP_ENDOFMIBVIEW);
	CU_ASSERT_PTR_NULL(vb->next_variable);
	snmp_free_pdu(pdu);
	free(buf);
}

/* A stream comes in pieces: the header says how much is still to come. */
static void tells_the_length(void)
{
	size_t len;
	u_char *buf = encode(make_response(), &len);

	CU_ASSERT_EQUAL(agentx_check_packet(buf, AGENTX_HEADER_LEN - 1), 0);
	CU_ASSERT_EQUAL(agentx_check_packet(buf, AGENTX_HEADER_LEN), (int)len);
	CU_ASSERT_EQUAL(agentx_check_packet(buf, len), (int)len);
	free(buf);
}

/* What is cut off is an error, wherever it is cut. */
static void refuses_a_part(void)
{
	size_t len;
	u_char *buf = encode(make_response(), &len);

	snmp_disable_log();
	for (size_t part = 0; part < len; part++) {
		netsnmp_pdu *pdu = snmp_pdu_create(0);
		u_char *copy = malloc(part + 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, buf, part);
		CU_ASSERT_NOT_EQUAL(agentx_parse(&session, pdu, copy, part), 0);
		free(copy);
		snmp_free_pdu(pdu);
	}
	free(buf);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"encodes", encodes},
	    {"decodes", decodes},
	    {"tells_the_length", tells_the_length},
	    {"refuses_a_part", refuses_a_part},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("agentx", tests);
}
