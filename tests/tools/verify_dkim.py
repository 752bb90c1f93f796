#!/usr/bin/python3
"""Second opinions on DKIM signatures: dkimpy and Perl's Mail::DKIM, neither of which knows our code.

verify_dkim.py FOLDER: every FOLDER/good/*.eml must verify in both, every FOLDER/bad/*.eml in neither;
FOLDER/records.json maps names in the DNS to their text. Prints what it counted; exit code 1 when one
message is not as its folder says.
"""

import json
import pathlib
import subprocess
import sys

import dkim

MAIL_DKIM = pathlib.Path(__file__).with_name("mail_dkim.pl")


def by_dkimpy(raw, records):
    def txt(name, timeout=5):
        return records.get(name.decode().rstrip(".").lower(), "").encode()

    signatures = sum(line.lower().startswith(b"dkim-signature:") for line in raw.splitlines())
    try:
        message = dkim.DKIM(raw)
        return signatures > 0 and all(message.verify(i, dnsfunc=txt) for i in range(signatures))
    except dkim.DKIMException:
        return False


def by_mail_dkim(paths, records):
    task = json.dumps({"records": records, "messages": [str(path) for path in paths]})
    command = ["/usr/bin/perl", str(MAIL_DKIM)]
    ran = subprocess.run(command, input=task, capture_output=True, check=True, text=True)
    return [line == "1" for line in ran.stdout.split()]


def main():
    folder = pathlib.Path(sys.argv[1])
    records = {k.lower(): v for k, v in json.loads((folder / "records.json").read_text()).items()}
    wrong, counts = [], {"good": 0, "bad": 0}
    for kind, wanted in (("good", True), ("bad", False)):
        paths = sorted((folder / kind).glob("*.eml"))
        for path, other in zip(paths, by_mail_dkim(paths, records), strict=True):
            counts[kind] += 1
            if by_dkimpy(path.read_bytes(), records) != wanted:
                wrong.append(f"{kind}/{path.name}: dkimpy says otherwise")
            if other != wanted:
                wrong.append(f"{kind}/{path.name}: Mail::DKIM says otherwise")
    print(json.dumps({**counts, "wrong": wrong}))
    return 1 if wrong or not counts["good"] else 0


if __name__ == "__main__":
    sys.exit(main())
