#!/usr/bin/env python3
"""Says which operations of an OpenAPI document, FILE, were never done according to the access log, FILE."""

import json
import re
import sys

with open(sys.argv[1]) as file:
    paths = json.load(file)["paths"]
wanted = {(method.upper(), "/api/v1" + path) for path, methods in paths.items() for method in methods}
line = re.compile(r'method=(\S+) route="?([^" ]+)"? status=(\d+)')
with open(sys.argv[2]) as file:
    told = [line.search(re.sub(r"\x1b\[[0-9;]*m", "", text)) for text in file]
answers = [it.groups() for it in told if it]
done = {(method, route) for method, route, status in answers if status == "200"}
for method, route in sorted(wanted - done):
    counts = [status for m, r, status in answers if (m, r) == (method, route)]
    print(f"never done: {method} {route}, but {len(counts)} times {sorted(set(counts))}", file=sys.stderr)
broken = sorted({it for it in answers if it[2].startswith("5")})
for answer in broken:
    print("broken:", *answer, file=sys.stderr)
sys.exit(bool(wanted - done or broken or not wanted))
