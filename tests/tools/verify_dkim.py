#!/usr/bin/python3
"""Second opinions on DKIM signatures: dkimpy and OpenDKIM, neither of which knows our code.

verify_dkim.py FOLDER: every FOLDER/good/*.eml must verify in both, every FOLDER/bad/*.eml in neither;
FOLDER/records.json maps names in the DNS to their text. Prints what it counted; exit code 1 when one
message is not as its folder says. Runs in a network and mount namespace of its own (unshare -n -m),
where it answers OpenDKIM's questions to the DNS itself.
"""

import fcntl
import json
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import dkim

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
NOERROR_ANSWER, NXDOMAIN = 0x8580, 0x8583


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def answer(query, records):
    """One TXT answer, or none (RFC 1035 section 4.1)."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12 : at + 5]
    text = records.get(".".join(labels).lower())
    flags = NXDOMAIN if text is None else NOERROR_ANSWER
    head = query[:2] + struct.pack(">HHHHH", flags, 1, int(text is not None), 0, 0)
    if text is None:
        return head + question
    pieces = [text[i : i + 250].encode() for i in range(0, len(text), 250)]
    data = b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return head + question + struct.pack(">HHHIH", 0xC00C, 16, 1, 60, len(data)) + data


def serve(records):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def loop():
        while True:
            query, asker = server.recvfrom(4096)
            server.sendto(answer(query, records), asker)

    threading.Thread(target=loop, daemon=True).start()
    with tempfile.NamedTemporaryFile("w", delete=False) as resolver:
        resolver.write("nameserver 127.0.0.1\noptions timeout:2 attempts:2\n")
    subprocess.run(["mount", "--bind", resolver.name, "/etc/resolv.conf"], check=True)


def by_dkimpy(raw, records):
    def txt(name, timeout=5):
        return records.get(name.decode().rstrip(".").lower(), "").encode()

    signatures = sum(line.lower().startswith(b"dkim-signature:") for line in raw.splitlines())
    try:
        message = dkim.DKIM(raw)
        return signatures > 0 and all(message.verify(i, dnsfunc=txt) for i in range(signatures))
    except dkim.DKIMException:
        return False


def by_opendkim(raw):
    ran = subprocess.run(["opendkim-testmsg", "-C"], input=raw, capture_output=True, check=False)
    return ran.returncode == 0 and not ran.stdout and not ran.stderr


def main():
    folder = pathlib.Path(sys.argv[1])
    records = {k.lower(): v for k, v in json.loads((folder / "records.json").read_text()).items()}
    loopback_up()
    serve(records)
    wrong, counts = [], {"good": 0, "bad": 0}
    for kind, wanted in (("good", True), ("bad", False)):
        for path in sorted((folder / kind).glob("*.eml")):
            raw = path.read_bytes()
            counts[kind] += 1
            if by_dkimpy(raw, records) != wanted:
                wrong.append(f"{kind}/{path.name}: dkimpy says otherwise")
            if by_opendkim(raw) != wanted:
                wrong.append(f"{kind}/{path.name}: OpenDKIM says otherwise")
    print(json.dumps({**counts, "wrong": wrong}))
    return 1 if wrong or not counts["good"] else 0


if __name__ == "__main__":
    sys.exit(main())
