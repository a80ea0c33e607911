# SPDX-License-Identifier: MIT
"""A master agent that hates its subagents: hostile_master.py SOCKET.

Takes one session after the other, and in each sends nonsense of another kind: random octets, PDUs
of AgentX (RFC 2741) with wrong lengths, versions and contents, or good ones an octet at a time.
"""
import os
import random
import socket
import struct
import sys
import time

OPEN, REGISTER, GET, GETNEXT, GETBULK, NOTIFY, PING, RESPONSE = 1, 3, 5, 6, 7, 12, 13, 18


def header(kind, length, version=1, flags=0x10, session=1, packet=1):
    return struct.pack(">BBBBIIII", version, kind, flags, 0, session, packet, packet, length)


def response(packet, session):
    body = struct.pack(">IHH", 0, 0, 0)
    return header(RESPONSE, len(body), packet=packet, session=session) + body


def answer(connection):
    """Answers one PDU as a good master would."""
    data = connection.recv(20, socket.MSG_WAITALL)
    if len(data) < 20:
        return False
    _, _, flags, _, session, _, packet, length = struct.unpack(
        (">" if data[2] & 0x10 else "<") + "BBBBIIII", data)
    connection.recv(length, socket.MSG_WAITALL)
    reply = response(packet, session or 1)
    if not flags & 0x10:
        body = struct.pack("<IHH", 0, 0, 0)
        reply = struct.pack("<BBBBIIII", 1, RESPONSE, flags & 0x10, 0, session or 1, packet, packet,
                            len(body)) + body
    connection.sendall(reply)
    return True


def noise(connection):
    connection.sendall(os.urandom(random.randrange(1, 4096)))


def endless(connection):
    answer(connection)
    connection.sendall(header(GET, random.choice([0xffffffff, 0x7fffffff, 0x10000000, 65536])))
    for _ in range(64):
        connection.sendall(os.urandom(65536))


def slow(connection):
    answer(connection)
    for octet in header(GETNEXT, 64) + os.urandom(64):
        connection.sendall(bytes([octet]))
        time.sleep(0.05)


def requests(connection):
    """A session, and then requests whose insides are random."""
    for _ in range(3):
        answer(connection)
    for packet in range(200):
        body = os.urandom(4 * random.randrange(0, 64))
        connection.sendall(header(random.choice([GET, GETNEXT, GETBULK, NOTIFY, PING, RESPONSE, 99]),
                                  len(body), version=random.choice([1, 1, 1, 0, 255]),
                                  flags=random.choice([0x10, 0, 0xff]), packet=packet) + body)


def long_names(connection):
    """Well-formed search ranges with names of the greatest length, many of them."""
    for _ in range(3):
        answer(connection)
    name = struct.pack(">BBBB", 128, 0, 0, 0) + b"".join(
        struct.pack(">I", random.randrange(1 << 32)) for _ in range(128))
    body = (name + name) * 200
    for packet in range(20):
        connection.sendall(header(GETNEXT, len(body), packet=packet) + body)


def silent(_connection):
    time.sleep(5)


def main():
    kinds = [noise, endless, slow, requests, long_names, silent]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o777)
    listener.listen(8)
    count = 0
    while True:
        connection, _ = listener.accept()
        connection.settimeout(5)
        kind = kinds[count % len(kinds)]
        count += 1
        try:
            kind(connection)
            time.sleep(0.2)
        except OSError:
            pass
        connection.close()
        print(f"session {count}: {kind.__name__}")


main()
