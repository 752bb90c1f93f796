//! The API of the desk as a program meets it, and the document that says what there is: on both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use courant::desk::{Role, store, tokens};
use courant::http::api;
use serde_json::{Value, json};

use super::desk::{House, Reply, on_each};
use super::support::databases;

const ROOT: &str = "/api/v1";

/// A program with a token.
struct Program<'a> {
    house: &'a House,
    token: String,
}

impl House {
    /// A program that comes for somebody new.
    fn program(&self, name: &str, role: &str) -> Program<'_> {
        let add = ["desk", "add", name, "--role", role];
        assert_eq!(self.run(&add, b"").0, Some(0));
        self.token(name, "checks")
    }

    fn token(&self, name: &str, label: &str) -> Program<'_> {
        let made = self.json(&["desk", "token", name, "--label", label]);
        let token = made["token"].as_str().unwrap().to_owned();
        assert!(token.starts_with("courant_"), "{token}");
        Program { house: self, token }
    }
}

impl Program<'_> {
    fn ask_with(&self, (method, path): (&str, &str), head: &str, body: &str) -> Reply {
        let head = format!("Authorization: Bearer {}\r\n{head}", self.token);
        self.house
            .ask((method, &format!("{ROOT}{path}")), &head, body)
    }

    fn get(&self, path: &str) -> Reply {
        self.ask_with(("GET", path), "", "")
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        let kind = "Content-Type: application/json\r\n";
        self.ask_with(("POST", path), kind, &body.to_string())
    }
}

fn body(reply: &Reply) -> Value {
    let (_, body) = reply.text.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {}", reply.text))
}

/// A refusal in words, of this status.
fn problem(reply: &Reply, code: u16) -> String {
    assert_eq!(reply.code, code, "{}", reply.text);
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    let problem = body(reply);
    assert_eq!(problem["status"], code);
    let detail = problem["detail"].as_str().unwrap().to_owned();
    assert!(detail.ends_with('.'), "{detail}");
    detail
}

/// The document, and which of its operations were asked and done.
struct Document {
    whole: Value,
    done: BTreeSet<String>,
}

impl Document {
    fn operations(&self) -> BTreeMap<(String, String), Value> {
        let mut all = BTreeMap::new();
        for (path, methods) in self.whole["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                all.insert((method.to_uppercase(), path.clone()), operation.clone());
            }
        }
        all
    }

    fn names(&self) -> BTreeSet<String> {
        let all = self.operations();
        let names = all
            .values()
            .map(|it| it["operationId"].as_str().unwrap().to_owned());
        let names: BTreeSet<_> = names.collect();
        assert_eq!(names.len(), all.len(), "two operations of one name");
        names
    }

    /// Holds an answer against what is said of its operation.
    fn hold(&mut self, name: &str, reply: &Reply) {
        let all = self.operations();
        let operation = all.values().find(|it| it["operationId"] == name);
        let operation = operation.unwrap_or_else(|| panic!("{name} is not in the document"));
        let answer = &operation["responses"][reply.code.to_string()];
        assert!(
            answer.is_object(),
            "{name} answers {}: {}",
            reply.code,
            reply.text
        );
        let kind = reply
            .header("content-type")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let content = &answer["content"][kind];
        assert!(
            content.is_object(),
            "{name} is not said to answer with {kind}"
        );
        if kind.ends_with("json") {
            let mut schema = content["schema"].clone();
            schema["components"] = self.whole["components"].clone();
            let validator = jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap();
            let answer = body(reply);
            let wrong: Vec<_> = validator
                .iter_errors(&answer)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{answer:#}");
        }
        if reply.code == 200 {
            self.done.insert(name.to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_document_answers_as_it_says() {
    on_each(|house| {
        let open = house.ask(("GET", "/api/v1/openapi.json"), "", "");
        let whole = body(&open);
        let mut document = Document {
            whole,
            done: BTreeSet::new(),
        };
        document.hold("openapi", &open);
        let mut printed = house.json(&["desk", "openapi"]);
        printed["servers"] = document.whole["servers"].clone();
        assert_eq!(printed, document.whole);
        let ida = house.program("ida", "editor");
        looked_at(house, &ida, &mut document);
        previewed(house, &ida, &mut document);
        done(house, &ida, &mut document);
        recorded(house, &ida, &mut document);
        assert_eq!(document.done, document.names());
        refused(&ida, &document);
    })
    .await;
}

/// Everything that only looks, before the edition leaves.
fn looked_at(house: &House, ida: &Program<'_>, document: &mut Document) {
    let told = house.edition();
    let id = told["edition"].as_str().unwrap();
    for (name, path) in [
        ("list_editions", "/editions".to_owned()),
        ("list_editions", "/editions?limit=1".to_owned()),
        ("show_edition", format!("/editions/{id}")),
        ("list_changes", format!("/editions/{id}/versions")),
        ("check_edition", format!("/editions/{id}/checks")),
        ("show_mail", format!("/editions/{id}/mail")),
        ("show_mail_eml", format!("/editions/{id}/mail.eml")),
        ("show_mail_html", format!("/editions/{id}/mail.html")),
        ("show_mail_txt", format!("/editions/{id}/mail.txt")),
        ("list_reports", "/reports".to_owned()),
        ("show_report", format!("/reports/{id}")),
        ("list_digests", "/digests".to_owned()),
        ("count_subscribers", "/subscribers/figures".to_owned()),
        ("show_me", "/people/me".to_owned()),
    ] {
        let reply = ida.get(&path);
        assert_eq!(reply.code, 200, "{path}: {}", reply.text);
        document.hold(name, &reply);
        assert!(!reply.text.contains("reader1@example.org"), "{path}");
        // Who shows no token sees nothing of it.
        let stranger = house.ask(("GET", &format!("{ROOT}{path}")), "", "");
        problem(&stranger, 401);
        assert!(
            stranger
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
        document.hold(name, &stranger);
    }
    // What the command tells and what the API tells is one thing.
    let shown = body(&ida.get(&format!("/editions/{id}")));
    for (name, value) in told.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(shown["report"], Value::Null);
    // Of what is not sent yet a report says so.
    let report = body(&ida.get(&format!("/reports/{id}")));
    assert_eq!(
        (&report["recipients"], &report["waiting"]),
        (&json!(0), &json!(3))
    );
    let (code, out) = house.run(&["report", id], b"");
    assert_eq!(code, Some(0));
    assert!(
        out.ends_with(
            "not sent yet: it would go to 3 readers now, but for those who have had its stories\n"
        ),
        "{out}"
    );
    let figures = body(&ida.get("/subscribers/figures"));
    assert_eq!(figures["active"], 3);
    assert_eq!(body(&ida.get("/digests"))["digests"][0]["readers"], 3);
    let text = ida.ask_with(
        ("GET", &format!("/editions/{id}/mail")),
        "Accept: text/html;q=0.1, text/plain\r\n",
        "",
    );
    assert!(
        text.header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    document.hold("show_mail", &text);
    let accept = "Accept: application/pdf\r\n";
    let none = ida.ask_with(("GET", &format!("/editions/{id}/mail")), accept, "");
    problem(&none, 406);
    document.hold("show_mail", &none);
}

/// The mail as somebody gets it.
fn previewed(house: &House, ida: &Program<'_>, document: &mut Document) {
    let id = house.edition()["edition"].as_str().unwrap().to_owned();
    let path = format!("/editions/{id}/preview");
    let own = ida.post(&path, &json!({}));
    assert_eq!(own.code, 200, "{}", own.text);
    document.hold("preview_edition", &own);
    let own = body(&own);
    assert_eq!((&own["copy"], &own["left_out"]), (&json!(0), &json!(0)));
    // The same bytes as the file.
    let file = ida.get(&format!("/editions/{id}/mail.eml"));
    let message = own["message"].as_str().unwrap();
    let alike = |text: &str| {
        let changing = ["Message-ID:", "Date:", "boundary=", "--"];
        let lines = text.lines();
        let lines = lines.filter(|line| !changing.iter().any(|it| line.contains(it)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (_, file) = file.text.split_once("\r\n\r\n").unwrap();
    assert_eq!(alike(message), alike(file));
    let subject = own["headers"].as_array().unwrap().iter();
    let subject = subject.filter(|it| it["name"] == "Subject");
    assert_eq!(subject.count(), 1);
    assert_eq!(own["size"]["message"], message.len());
    let as_reader = ida.post(&path, &json!({"as": "reader1@example.org"}));
    document.hold("preview_edition", &as_reader);
    let as_reader = body(&as_reader);
    let message = as_reader["message"].as_str().unwrap();
    assert!(message.contains("reader1@example.org"), "{message}");
    for (wrong, why) in [
        (json!({"as": "nobody@example.org"}), "nobody on the list"),
        (json!({"as": "no address"}), "as:"),
        (json!({"copy": 77}), "no such copy"),
        (json!({"subject": 0}), "on trial"),
        (
            json!({"as": "reader1@example.org", "copy": 0}),
            "one of the two",
        ),
    ] {
        let refused = ida.post(&path, &wrong);
        assert!(problem(&refused, 422).contains(why), "{}", refused.text);
        document.hold("preview_edition", &refused);
    }
}

/// The record, which is for admins.
fn recorded(house: &House, ida: &Program<'_>, document: &mut Document) {
    let refused = ida.get("/record");
    problem(&refused, 403);
    document.hold("list_record", &refused);
    let ada = house.program("ada", "admin");
    let record = ada.get("/record?limit=2");
    assert_eq!(record.code, 200, "{}", record.text);
    document.hold("list_record", &record);
    let lines = body(&record)["record"].clone();
    assert_eq!(lines.as_array().unwrap().len(), 2);
    let all = body(&ada.get("/record"))["record"].clone();
    let mut all = all.as_array().unwrap().iter();
    let tried = all.find(|line| line["who"] == "ida" && line["about"] == "record");
    assert_eq!(tried.unwrap()["outcome"], "refused");
}

/// What is said of a story for the editions to come.
fn marked(ida: &Program<'_>, document: &mut Document, (path, lead): (&str, &Value)) {
    let marks = json!({"article": lead, "pinned": true, "boost": 2.5});
    let marked = ida.post(path, &marks);
    assert_eq!(marked.code, 200, "{}", marked.text);
    document.hold("mark_story", &marked);
    let expected = json!({"article": lead, "pinned": true, "hidden": false, "boost": 2.5});
    assert_eq!(body(&marked), expected);
    let wrong = json!({"article": lead, "hidden": true, "boost": 0});
    let wrong = ida.post(path, &wrong);
    assert!(problem(&wrong, 422).contains("from 0.01 to 100"));
    document.hold("mark_story", &wrong);
    problem(&ida.post(path, &json!({"article": lead})), 422);
    let none = json!({"article": "none", "pinned": true});
    assert!(problem(&ida.post(path, &none), 422).contains("no such story"));
    let back = json!({"article": lead, "pinned": false, "boost": 1});
    let back = body(&ida.post(path, &back));
    let plain = json!({"article": lead, "pinned": false, "hidden": false, "boost": 1.0});
    assert_eq!(back, plain);
}

/// Everything that changes something, in an order in which it can be done; and what cannot.
fn done(house: &House, ida: &Program<'_>, document: &mut Document) {
    let told = house.edition();
    let id = told["edition"].as_str().unwrap();
    let at = |rest: &str| format!("/editions/{id}/{rest}");
    let lead = &told["entries"][0]["article"];
    let subject = json!({"change": "subject", "text": "By a program"});
    let changes = json!({"version": 0, "changes": [subject]});
    let changed = ida.post(&at("changes"), &changes);
    assert_eq!(changed.code, 200, "{}", changed.text);
    document.hold("change_edition", &changed);
    assert_eq!(house.edition()["subject"], "By a program");
    assert_eq!(body(&changed)["subject_is_written"], true);
    // What changes nothing is no change.
    let same = json!({"version": 1, "changes": [subject]});
    let same = ida.post(&at("changes"), &same);
    assert_eq!(body(&same)["version"], 1);
    // Somebody who looked before.
    let late = ida.post(&at("changes"), &changes);
    problem(&late, 409);
    assert_eq!(body(&late)["version"], 1);
    document.hold("change_edition", &late);
    let none = json!({"version": 1, "changes": [{"change": "up", "article": "nothing"}]});
    let none = ida.post(&at("changes"), &none);
    assert!(problem(&none, 422).contains("there is no story nothing"));
    document.hold("change_edition", &none);
    // All or nothing.
    let half = json!({"version": 1, "changes": [subject, {"change": "headline", "article": lead, "text": ""}]});
    problem(&ida.post(&at("changes"), &half), 422);
    assert_eq!(house.edition()["version"], 1);
    let back = json!({"version": 1, "change": 1});
    let back = ida.post(&at("restore"), &back);
    document.hold("restore_edition", &back);
    assert_eq!(house.edition()["subject"], told["subject"]);
    let versions = ida.get(&at("versions"));
    document.hold("list_changes", &versions);
    let versions = &body(&versions)["changes"];
    assert_eq!(versions.as_array().unwrap().len(), 2);
    assert_eq!(
        (&versions[0]["version"], &versions[1]["who"]),
        (&json!(2), &json!("ida"))
    );
    let never = ida.post(&at("restore"), &json!({"version": 2, "change": 77}));
    assert!(problem(&never, 422).contains("no change 77"));
    // The picture of the lead says nothing: a check fails.
    let failed = ida.post(&at("approve"), &json!({"version": 2}));
    problem(&failed, 409);
    document.hold("approve_edition", &failed);
    assert_eq!(body(&failed)["findings"][0]["check"], "alt");
    assert_eq!(house.edition()["status"], "draft");
    assert!(house.refused("ida", "approve"));
    let alt = json!({"change": "alt", "article": lead, "text": "A boat at the quay"});
    let mended = ida.post(&at("changes"), &json!({"version": 2, "changes": [alt]}));
    assert_eq!(mended.code, 200, "{}", mended.text);
    tested(house, ida, document);
    problem(&ida.post(&at("approve"), &json!({"version": 2})), 409);
    let approved = ida.post(&at("approve"), &json!({"version": 3.0}));
    assert_eq!(approved.code, 200, "{}", approved.text);
    document.hold("approve_edition", &approved);
    assert_eq!(house.edition()["status"], "approved");
    assert_eq!(house.run(&["send", id, "--yes"], b"").0, Some(0));
    let sent = ida.get(&format!("/editions/{id}"));
    document.hold("show_edition", &sent);
    let report = body(&sent)["report"].as_str().unwrap().to_owned();
    let (_, report) = report.split_once(ROOT).unwrap();
    let report = ida.get(report);
    document.hold("show_report", &report);
    assert_eq!(body(&report)["sent"], 3);
    document.hold("list_reports", &ida.get("/reports"));
    marked(ida, document, (&at("later"), lead));
    // What is out stays as it is.
    let late = ida.post(&at("changes"), &json!({"version": 3, "changes": [subject]}));
    assert!(problem(&late, 409).contains("the edition is sent"));
    let late = ida.post(&at("cancel"), &json!({}));
    assert!(problem(&late, 409).contains("cannot be cancelled"));
    document.hold("cancel_edition", &late);
    house.another_edition();
    let other = house.edition();
    let cancel = format!("/editions/{}/cancel", other["edition"].as_str().unwrap());
    let off = ida.ask_with(("POST", &cancel), "", "");
    assert_eq!(off.code, 200, "{}", off.text);
    document.hold("cancel_edition", &off);
    assert_eq!(house.edition()["status"], "cancelled");
    // Pages follow one another.
    let first = body(&ida.get("/editions?limit=1"));
    assert_eq!(first["editions"][0]["edition"], other["edition"]);
    let next = first["next"].as_str().unwrap().to_owned();
    let (_, next) = next.split_once(ROOT).unwrap();
    let second = ida.get(next);
    document.hold("list_editions", &second);
    assert_eq!(body(&second)["editions"][0]["edition"], id);
    assert_eq!(body(&second)["next"], Value::Null);
}

fn tested(house: &House, ida: &Program<'_>, document: &mut Document) {
    let id = house.edition()["edition"].as_str().unwrap().to_owned();
    let at = format!("/editions/{id}/test");
    let many: Vec<_> = (0..11).map(|n| format!("a{n}@example.org")).collect();
    assert!(problem(&ida.post(&at, &json!({"to": many})), 422).contains("10 at most"));
    let wrong = ida.post(&at, &json!({"to": ["a@example.org", "nonsense"]}));
    assert!(problem(&wrong, 422).starts_with("to/1: "));
    document.hold("test_edition", &wrong);
    let unknown = json!({"to": ["a@example.org"], "as": "nobody@example.org"});
    problem(&ida.post(&at, &unknown), 422);
    let unknown = json!({"to": ["a@example.org"], "group": "none"});
    assert!(problem(&ida.post(&at, &unknown), 422).starts_with("group: "));
    assert_eq!(house.mails().len(), 0);
    let group = ["desk", "group", "team", "--to", "c@example.org"];
    assert_eq!(house.run(&group, b"").0, Some(0));
    let sent = ida.post(&at, &json!({"to": ["a@example.org"], "group": "team"}));
    assert_eq!(body(&sent)["sent"], 2, "{}", sent.text);
    for mail in house.mails() {
        fs::remove_file(mail).unwrap();
    }
    let test = json!({"to": ["a@example.org", "A@example.org"], "as": "reader1@example.org"});
    let sent = ida.post(&at, &test);
    assert_eq!(sent.code, 200, "{}", sent.text);
    document.hold("test_edition", &sent);
    assert_eq!(body(&sent)["sent"], 1);
    let mails = house.mails();
    assert_eq!(mails.len(), 1);
    let mail = fs::read_to_string(&mails[0]).unwrap();
    assert!(
        mail.contains("Subject: [Test] ") && mail.contains("To: a@example.org"),
        "{mail}"
    );
    fs::remove_file(&mails[0]).unwrap();
}

/// What cannot be asked is refused in words, whatever it is.
fn refused(ida: &Program<'_>, document: &Document) {
    let all = document.operations();
    let paths: BTreeSet<_> = all.keys().map(|(_, path)| path.clone()).collect();
    for path in &paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if all.contains_key(&(method.to_owned(), path.clone())) {
                continue;
            }
            let reply = ida.ask_with((method, &path.replace("{id}", "daily")), "", "");
            problem(&reply, 405);
            let allowed = reply
                .header("allow")
                .unwrap_or_else(|| panic!("{}", reply.text));
            assert!(!allowed.contains(method), "{method} {path}: {allowed}");
        }
    }
    for path in [
        "",
        "/",
        "/nothing",
        "/editions/",
        "/editions/a/b/c",
        "/editions/none",
        "/editions/%00",
        "/editions/%ff",
        "/editions/..%2f..",
        "/reports/none",
        "/editions/none/mail.pdf",
    ] {
        problem(&ida.get(path), 404);
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limits=1",
        "limit=1&limit=2",
        "before=%00",
    ] {
        problem(&ida.get(&format!("/editions?{query}")), 400);
    }
    problem(&ida.get("/editions?before=none"), 422);
    let id = body(&ida.get("/editions"))["editions"][0]["edition"].clone();
    let changes = format!("/editions/{}/changes", id.as_str().unwrap());
    for (text, says) in [
        ("", "line 1"),
        ("{", "line 1 column 1"),
        ("{\"version\":0,\n\"changes\":[],\n\"more\":1}", "line 3"),
        ("{\"version\":0,\"version\":0,\"changes\":[]}", "duplicate"),
        ("{\"version\":-1,\"changes\":[]}", "whole number"),
        ("{\"version\":0.5,\"changes\":[]}", "whole number"),
        (
            "{\"version\":0,\"changes\":[{\"change\":\"subject\",\"text\":\"x\",\"by\":\"y\"}]}",
            "unknown field `by`",
        ),
        (
            "{\"version\":0,\"changes\":[{\"change\":\"rename\"}]}",
            "unknown variant `rename`",
        ),
        (
            "{\"version\":0,\"changes\":[{\"change\":\"lead\"}]}",
            "missing field `article`",
        ),
    ] {
        let kind = "Content-Type: application/json\r\n";
        let reply = ida.ask_with(("POST", &changes), kind, text);
        let detail = problem(&reply, 400);
        assert!(detail.contains(says), "{text}: {detail}");
    }
    let kind = "Content-Type: application/json; charset=utf-8\r\n";
    let large = format!("{{\"version\":0,\"changes\":[{}]}}", " ".repeat(200_000));
    problem(&ida.ask_with(("POST", &changes), kind, &large), 413);
    problem(&ida.ask_with(("POST", &changes), "", "version=0"), 415);
    let empty = json!({"version": 0, "changes": []});
    problem(&ida.post(&changes, &empty), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tokens_that_last_are_good_and_wrong_ones_are_written_down() {
    on_each(|house| {
        let ida = house.program("ida", "editor");
        let me = body(&ida.get("/people/me"));
        assert_eq!(
            (&me["name"], &me["role"]),
            (&json!("ida"), &json!("editor"))
        );
        assert_eq!(
            me["may"],
            json!(["look", "write", "arrange", "test", "approve", "cancel"])
        );
        // A token has one label, and a label one token.
        let again = ["desk", "token", "ida", "--label", "checks"];
        assert_eq!(house.run(&again, b"").0, Some(2));
        assert_eq!(
            house.run(&["desk", "token", "max", "--label", "x"], b"").0,
            Some(2)
        );
        assert_eq!(
            house.run(&["desk", "token", "ida", "--label", " "], b"").0,
            Some(2)
        );
        // Nothing of it is stored but a hash.
        let (_, listed) = house.run(&["desk", "tokens"], b"");
        assert!(listed.contains("ida   checks"), "{listed}");
        assert!(!listed.contains(&ida.token));
        // No cookie, no other scheme, and not in the address.
        let cookie = format!("Cookie: {}\r\n", house.enter("kim", "admin").cookie);
        let me = format!("{ROOT}/people/me");
        problem(&house.ask(("GET", &me), &cookie, ""), 401);
        let basic = "Authorization: Basic aWRhOnNlY3JldA==\r\n";
        problem(&house.ask(("GET", &me), basic, ""), 401);
        let query = format!("{me}?access_token={}", ida.token);
        problem(&house.ask(("GET", &query), "", ""), 401);
        let two = format!(
            "Authorization: Bearer {0}\r\nAuthorization: Bearer {0}\r\n",
            ida.token
        );
        problem(&house.ask(("GET", &me), &two, ""), 401);
        // What somebody may is looked up each time.
        let role = ["desk", "role", "ida", "marketing"];
        assert_eq!(house.run(&role, b"").0, Some(0));
        assert_eq!(body(&ida.get("/people/me"))["role"], "marketing");
        let other = house.token("ida", "other");
        let revoke = ["desk", "revoke", "ida", "--label", "checks"];
        assert_eq!(house.run(&["desk", "revoke", "ida"], b"").0, Some(2));
        assert_eq!(house.run(&revoke, b"").0, Some(0));
        assert_eq!(house.run(&revoke, b"").0, Some(2));
        problem(&ida.get("/people/me"), 401);
        assert!(house.refused("nobody", "token"));
        assert_eq!(other.get("/people/me").code, 200);
        assert_eq!(house.run(&["desk", "remove", "ida"], b"").0, Some(0));
        problem(&other.get("/people/me"), 401);
        // Whoever tries many is not looked at for long; whoever has a good one does not notice.
        let kim = house.token("kim", "good");
        let wrong = Program {
            house,
            token: format!("courant_{}", "ab".repeat(32)),
        };
        let codes: Vec<_> = (0..25).map(|_| wrong.get("/people/me").code).collect();
        assert!(
            codes.starts_with(&[401]) && codes.ends_with(&[429, 429]),
            "{codes:?}"
        );
        assert_eq!(wrong.get("/people/me").header("retry-after"), Some("3600"));
        assert_eq!(kim.get("/people/me").code, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_may_not_is_refused_and_written_down() {
    on_each(|house| {
        let max = house.program("max", "marketing");
        let told = house.edition();
        let id = told["edition"].as_str().unwrap();
        let at = |rest: &str| format!("/editions/{id}/{rest}");
        let up = json!({"change": "up", "article": told["entries"][1]["article"]});
        let subject = json!({"change": "subject", "text": "By marketing"});
        for (path, body, act) in [
            ("changes", json!({"version": 0, "changes": [up]}), "arrange"),
            (
                "changes",
                json!({"version": 0, "changes": [subject, up]}),
                "arrange",
            ),
            ("restore", json!({"version": 0, "change": 1}), "arrange"),
            ("approve", json!({"version": 0}), "approve"),
            ("cancel", json!({}), "cancel"),
            ("later", json!({"article": "x", "hidden": true}), "arrange"),
        ] {
            let reply = max.post(&at(path), &body);
            assert!(
                problem(&reply, 403).contains("the role marketing"),
                "{path}"
            );
            assert!(house.refused("max", act), "{act}");
        }
        assert_eq!(house.edition(), told);
        let words = json!({"version": 0, "changes": [subject]});
        assert_eq!(max.post(&at("changes"), &words).code, 200);
        assert_eq!(house.edition()["subject"], "By marketing");
        let (_, log) = house.run(&["desk", "log"], b"");
        assert!(log.contains("version 1, by token \"checks\""), "{log}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_by_themselves() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut transaction = database.begin_write().await.unwrap();
        let added = store::add_person(&mut transaction, ("ida", Role::Editor), "hash", 0);
        assert!(added.await.unwrap());
        courant::database::commit(transaction).await.unwrap();
        let mut reader = database.reader().await.unwrap();
        let (ida, _) = store::person(&mut reader, "ida").await.unwrap().unwrap();
        drop(reader);
        let token = tokens::issue(database, (&ida, "nightly"), (1000, 9000)).await;
        let token = token.unwrap().unwrap();
        let again = tokens::issue(database, (&ida, "nightly"), (1000, 9000)).await;
        assert_eq!(again.unwrap(), None);
        let used = async || {
            let mut reader = database.reader().await.unwrap();
            store::tokens::all(&mut reader).await.unwrap()[0].used_at
        };
        assert_eq!(used().await, None);
        // That it was used is written once an hour.
        for (now, written) in [(2000, 2000), (5599, 2000), (5600, 5600), (8999, 5600)] {
            let bearer = tokens::bearer(database, &token, now)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                (bearer.person, bearer.token.label.as_str()),
                (ida.clone(), "nightly")
            );
            assert_eq!(used().await, Some(written), "{now}");
        }
        assert_eq!(tokens::bearer(database, &token, 9000).await.unwrap(), None);
        for wrong in ["", "courant_", &token[8..], &token.to_uppercase()] {
            assert_eq!(tokens::bearer(database, wrong, 2000).await.unwrap(), None);
        }
        let mut transaction = database.begin_write().await.unwrap();
        let gone = store::tokens::remove(&mut transaction, "ida", Some("other")).await;
        assert_eq!(gone.unwrap(), 0);
        let gone = store::tokens::remove(&mut transaction, "ida", None).await;
        assert_eq!(gone.unwrap(), 1);
        courant::database::commit(transaction).await.unwrap();
        assert_eq!(tokens::bearer(database, &token, 2000).await.unwrap(), None);
        scratch.end().await;
    }
}

/// What the API is, for those who read it: a change of it is seen where it is reviewed.
#[test]
fn the_document_is_the_one_in_docs() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let document = api::document("https://news.example.org");
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/openapi.json is old: UPDATE_GOLDEN=1 writes it"
    );
}

/// Routes are made of the table that the document is made of, and nowhere else.
#[test]
fn no_route_is_beside_the_table() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/api");
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.contains(".route(")
                || line.contains(".nest(")
                || line.contains(".route_service(")
            {
                found.push(line.trim().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            "router = router.route(&format!(\"{ROOT}{path}\"), any(lost));",
            "router = router.route(&format!(\"{ROOT}{}\", operation.path), operation.route);",
        ]
    );
}
