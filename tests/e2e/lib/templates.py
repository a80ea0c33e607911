#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the templates of Zabbix and LibreNMS say of themselves.

templates.py zabbix FILE    prints "OID OBJECT" of each object that is asked for, and what is wrong
                            to stderr
templates.py librenms FILE  prints "OID OBJECT", the class of the sensor behind it
"""
import re
import sys
import uuid

import yaml

OBJECT = re.compile(r"TCPSTATE-MIB::(\w+)")
STEPS = {
    "SNMP_WALK_VALUE": 2,
    "MULTIPLIER": 1,
    "CHANGE_PER_SECOND": 0,
    "DISCARD_UNCHANGED_HEARTBEAT": 1,
}
failed = False


def wrong(what, why):
    global failed
    failed = True
    print(f"{what}: {why}", file=sys.stderr)


def nodes(tree):
    if isinstance(tree, dict):
        yield tree
        tree = tree.values()
    elif not isinstance(tree, list):
        return
    for branch in tree:
        yield from nodes(branch)


def check_uuids(tree):
    seen = set()
    for node in nodes(tree):
        text = node.get("uuid")
        if text is None:
            continue
        if not re.fullmatch("[0-9a-f]{32}", text) or uuid.UUID(text).version != 4:
            wrong(text, "no UUID of version 4")
        if text in seen:
            wrong(text, "twice")
        seen.add(text)


def pair(oids, item):
    """Each OID that an item asks for beside the object that its description names."""
    objects = OBJECT.findall(item["description"])
    if len(oids) != len(objects):
        wrong(item["key"], f"{len(oids)} OIDs, {len(objects)} objects")
    for oid, name in zip(oids, objects):
        print(oid, name)


def check_asked(item, walks):
    oid = re.fullmatch(r"(get|walk)\[([0-9.,]+)\]", item["snmp_oid"])
    if not oid:
        return wrong(item["key"], "asks for no OID")
    oids = oid[2].split(",")
    if oid[1] == "walk":
        walks[item["key"]] = oids
    return pair(oids, item)


def in_walk(oid, walk):
    return any(oid.startswith(column + ".") for column in walk)


def check_dependent(item, walks):
    walk = walks.get(item["master_item"]["key"])
    if walk is None:
        return wrong(item["key"], "no such master item")
    oid = item["preprocessing"][0]["parameters"][0]
    if item["preprocessing"][0]["type"] != "SNMP_WALK_VALUE" or not in_walk(oid, walk):
        wrong(item["key"], "takes what its master does not walk")
    return pair([oid.replace(".{#SNMPINDEX}", "")], item)


def check_steps(item):
    for step in item.get("preprocessing", []):
        if STEPS.get(step["type"]) != len(step.get("parameters", [])):
            wrong(item["key"], f"preprocessing {step['type']}")


def check_rule(rule, walks):
    walk = walks.get(rule["master_item"]["key"], [])
    (step,) = rule["preprocessing"]
    macros = {"{#SNMPINDEX}"}
    for macro, oid, _ in zip(*[iter(step["parameters"])] * 3):
        macros.add(macro)
        if oid not in walk:
            wrong(rule["key"], f"{macro} is not walked")
    if step["type"] != "SNMP_WALK_TO_JSON" or len(step["parameters"]) % 3:
        wrong(rule["key"], "preprocessing")
    for macro in set(re.findall(r"\{#\w+\}", yaml.dump(rule["item_prototypes"]))) - macros:
        wrong(rule["key"], f"{macro} is not discovered")


def check_triggers(template, items):
    keys = {item["key"] for item in items}
    text = yaml.dump(template, width=10**6).replace("{HOST.HOST}", template["template"])
    for key in set(re.findall(rf"/{template['template']}/([\w.]+(?:\[[^]]*\])?)", text)) - keys:
        wrong(key, "a trigger looks at no item")
    triggers = [t for n in nodes(template) for k in ("triggers", "trigger_prototypes") for t in n.get(k, [])]
    if len({t["name"] for t in triggers}) != len(triggers) or not triggers:
        wrong("triggers", "none, or two of a name")


def zabbix(tree):
    export = tree["zabbix_export"]
    (template,) = export["templates"]
    if export["version"] != "7.0":
        wrong("version", export["version"])
    check_uuids(tree)
    rules, walks = template["discovery_rules"], {}
    items = template["items"] + [item for rule in rules for item in rule["item_prototypes"]]
    for item in items:
        if item["type"] == "SNMP_AGENT":
            check_asked(item, walks)
    for item in items:
        if item["type"] == "DEPENDENT":
            check_dependent(item, walks)
        check_steps(item)
    for rule in rules:
        check_rule(rule, walks)
    if len({item["key"] for item in items}) != len(items):
        wrong("items", "two of a key")
    check_triggers(template, items)


def librenms(tree):
    for kind, sensors in tree["modules"]["sensors"].items():
        for sensor in sensors["data"]:
            oid, index = sensor["num_oid"].split(".{{ $index }}")
            if index or not sensor["index"].startswith(sensor["value"] + "."):
                wrong(sensor["value"], "index")
            print(oid.lstrip("."), sensor["value"], kind)
            for name in re.findall(r"\{\{ \$(tcp\w+) \}\}", sensor["descr"]):
                print("-", name, kind)


{"zabbix": zabbix, "librenms": librenms}[sys.argv[1]](yaml.safe_load(open(sys.argv[2], encoding="utf-8")))
sys.exit(failed)
