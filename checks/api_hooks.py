"""Lets most requests of Schemathesis name editions, versions and stories that are there: what is made up ends at the
first look. What is wrong on purpose stays as it is."""

import json
import os
import random
import re
import urllib.request

import schemathesis

TOKEN = os.environ["COURANT_CHECK_TOKEN"]
ID = re.compile(r"[A-Za-z0-9-]+")
chance = random.Random(20261128)
known = {}


def ask(base, path):
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


@schemathesis.auth()
class Auth:
    def get(self, case, context):
        return TOKEN

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    base = case.operation.base_url
    case.headers = case.headers or {}
    # Whoever shows too many wrong tokens is refused: every request comes from a network of its own.
    network = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
    case.headers.setdefault("X-Forwarded-For", network)
    path = case.path_parameters or {}
    given = path.get("id")
    if not (isinstance(given, str) and ID.fullmatch(given)) or chance.random() < 0.2:
        return
    if base not in known:
        known[base] = [it["edition"] for it in ask(base, "/editions")["editions"]]
    # Few are called off, so that there is something left to change.
    ids = known[base]
    if case.operation.label.endswith("/cancel"):
        ids = [it for it in ids if it.startswith("four")]
    path["id"] = chance.choice(ids)
    body = case.body
    if not isinstance(body, dict):
        return
    edition = ask(base, f"/editions/{path['id']}")
    version = body.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version >= 0 and chance.random() < 0.9:
        body["version"] = edition["version"]
    changes = body.get("changes")
    for change in changes if isinstance(changes, list) else []:
        if isinstance(change, dict) and isinstance(change.get("article"), str):
            change["article"] = chance.choice(edition["entries"])["article"]
    if isinstance(body.get("change"), int) and edition["version"] > 0 and body["change"] > 0:
        body["change"] = chance.randint(1, edition["version"])
    if isinstance(body.get("article"), str) and chance.random() < 0.8:
        body["article"] = chance.choice(edition["entries"])["article"]
    to = body.get("to")
    if isinstance(to, list) and all(isinstance(it, str) for it in to) and chance.random() < 0.5:
        body["to"] = [f"reader{at}@tarn.example" for at in range(len(to))]
