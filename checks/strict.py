"""Reads messages with Python's parser, which shares no code with the one that wrote them.

Usage: strict.py FOLDER. Every .eml in it is parsed with defects as errors and compared with the rules of
RFC 5322, 2045, 2046, 2047, 2369 and 8058 that a newsletter lives by; its parts are written beside it as
.html and .txt for the other checks.
"""

import email
import email.policy
import re
import sys
from pathlib import Path

POLICY = email.policy.SMTP.clone(raise_on_defect=True)
ONCE = [
    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
]


def problems(path: Path) -> list[str]:
    raw = path.read_bytes()
    found = []

    def expect(holds: bool, what: str) -> None:
        if not holds:
            found.append(what)

    message = email.message_from_bytes(raw, policy=POLICY)
    # Headers are parsed when they are asked for; a defect in one raises here.
    for name, value in message.items():
        str(value)
        expect(value.defects == (), f"{name} has defects: {value.defects}")
    for name in ONCE:
        expect(len(message.get_all(name, [])) == 1, f"{name} stands once")
    expect(message.get_content_type() == "multipart/alternative", "the message is an alternative")
    parts = list(message.iter_parts())
    expect([part.get_content_type() for part in parts] == ["text/plain", "text/html"],
           "text first, html last")
    for part in parts:
        expect(part.get_content_charset() == "utf-8", "parts are utf-8")
        expect(part["Content-Transfer-Encoding"] in ("quoted-printable", "base64"), "parts are encoded")
        ending = {"text/plain": ".txt", "text/html": ".html"}[part.get_content_type()]
        path.with_suffix(ending).write_text(part.get_content(), encoding="utf-8", newline="\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    expect(b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b""),
           "lines end with CRLF")
    expect(all(len(line) <= 998 for line in head.split(b"\r\n")), "no header line over 998 bytes")
    expect(all(len(line) <= 76 for line in body.split(b"\r\n")), "no body line over 76 bytes")
    expect(all(not line.endswith((b" ", b"\t")) for line in body.split(b"\r\n")), "no trailing space")
    for word in re.findall(rb"=\?[^?]+\?[bqBQ]\?[^?]*\?=", head):
        expect(len(word) <= 75, "an encoded word has at most 75 bytes (RFC 2047 section 2)")
    for name in ("From", "To", "List-Unsubscribe", "List-Id"):
        for address in re.findall(r"<[^>]*>", str(message[name])):
            expect("=?" not in address, f"no encoded word inside an address of {name}")
    expect(str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click", "one click (RFC 8058)")
    expect(str(message["List-Unsubscribe"]).count("https://") == 1, "one https address to leave")
    boundary = message.get_boundary() or ""
    expect(0 < len(boundary) <= 70, "a boundary of at most 70 characters")
    return found


def main() -> int:
    folder = Path(sys.argv[1])
    messages = sorted(folder.glob("*.eml"))
    failed = 0
    for path in messages:
        try:
            found = problems(path)
        except Exception as error:  # whatever the parser raises is a defect of the message
            found = [f"{type(error).__name__}: {error}"]
        for problem in found:
            print(f"{path.name}: {problem}", file=sys.stderr)
        failed += bool(found)
    print(f"strict MIME: {len(messages)} messages, {failed} with defects")
    return 1 if failed or not messages else 0


sys.exit(main())
