//! The desk as a browser meets it: who comes in, what each may do, and what is done, on both databases.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::databases::{self, Scratch};
use super::support::program::{self, Running};

/// All checks that ask somebody outside, or about what a test does not have; what is left is "alt".
const SKIPPED: &str = "['html-size', 'style-size', 'picture-size', 'link-answers', 'link-https', 'link-redirects', \
     'link-host', 'pictures', 'service', 'one-click', 'headings', 'language', 'contrast', \
     'text-size', 'link-text', 'layout-tables', 'text-part', 'subject', 'preheader', 'sender-name', \
     'repeated-story', 'summary', 'weather', 'sponsor', 'postal-address', 'headers', \
     'list-unsubscribe', 'dkim-signature', 'dkim-key', 'spf', 'dmarc', 'alignment', 'mx', 'ptr', \
     'relay', 'spam-score', 'clock', 'disk', 'audience', 'list-health', 'complaints']";

/// A publisher with an edition that waits for approval, and a desk.
pub(super) struct House {
    folder: TempDir,
    database: String,
    pub(super) address: String,
    _server: Running,
}

/// What came back: status, headers and body.
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The value of a hidden field.
    fn hidden(&self, name: &str) -> Option<String> {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start)?;
        Some(rest.split('"').next()?.to_owned())
    }

    pub(super) fn token(&self) -> String {
        self.hidden("token")
            .unwrap_or_else(|| panic!("{}", self.text))
    }
}

fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

fn is_served(address: &str) -> bool {
    (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(address).is_ok()
    })
}

impl House {
    fn open(database: String) -> Self {
        Self::with(database, "approval = \"manual\"")
    }

    /// With a rule of the digest's.
    fn with(database: String, rule: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let files = program::FILES;
        let keys = format!("{files}\n[delivery.dkim]\nsign = false\n[check]\nskip = {SKIPPED}");
        let config = program::config(program::LINES, &keys);
        let config = config.replace("at = \"00:00\"", &format!("at = \"00:00\"\n{rule}"));
        fs::write(folder.path().join("digest.toml"), config).unwrap();
        let now = Timestamp::now();
        let lines = (1..9).map(|number: i64| {
            let mut story = json!({
                "url": format!("https://www.tarn.example/{number}"),
                "title": format!("Story {number} of the day"),
                "summary": "What happened at the berth.",
                "category": "Quay",
                "published": (now - number.minutes()).to_string(),
            });
            if number == 1 {
                story["image"] = json!("https://www.tarn.example/1.jpg");
            }
            format!("{story}\n")
        });
        fs::write(folder.path().join("news.jsonl"), lines.collect::<String>()).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = program::command(folder.path(), arguments);
            let output = command.env("COURANT_DATABASE_URL", &database).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
        };
        run(&["init"]);
        for number in 0..3 {
            let reader = format!("reader{number}@example.org");
            run(&["subscribers", "add", &reader, "--name", "Reader"]);
        }
        run(&["fetch"]);
        run(&["edition", "build", "daily"]);
        let address = free_address();
        let mut serve = program::command(folder.path(), &["serve", "--listen", &address]);
        serve.env("COURANT_DATABASE_URL", &database);
        let server = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let this = Self {
            folder,
            database,
            address,
            _server: Running::from(server.unwrap()),
        };
        assert!(is_served(&this.address), "nobody serves");
        this
    }

    pub(super) fn run(&self, arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
        let mut command = program::command(self.folder.path(), arguments);
        command.env("COURANT_DATABASE_URL", &self.database);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    }

    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let (_, text) = self.run(&[arguments, &["--json"]].concat(), b"");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(super) fn ask(&self, what: (&str, &str), head: &str, body: &str) -> Reply {
        ask(&self.address, what, (head, body))
    }

    /// Sends the form of the door, as a browser does.
    pub(super) fn sign_in(&self, head: &str, form: &str) -> Reply {
        let page = self.ask(("GET", "/desk/sign-in"), "", "");
        let cookie = page.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let head = format!("{head}Cookie: {cookie}\r\n");
        let form = format!("{form}&token={}", page.token());
        self.ask(("POST", "/desk/sign-in"), &head, &form)
    }

    /// Lets somebody in, and signs them in.
    pub(super) fn enter(&self, name: &str, role: &str) -> Person<'_> {
        let add = ["desk", "add", name, "--role", role, "--stdin"];
        assert_eq!(self.run(&add, b"correct horse battery").0, Some(0));
        let form = format!("name={name}&password=correct+horse+battery");
        let reply = self.sign_in("", &form);
        assert_eq!(reply.code, 303, "{}", reply.text);
        let cookie = reply.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Person {
            house: self,
            cookie,
        }
    }

    /// Whether the record says that somebody was refused something.
    pub(super) fn refused(&self, who: &str, act: &str) -> bool {
        let (_, text) = self.run(&["desk", "log", "--json"], b"");
        text.lines().any(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["who"] == who && line["act"] == act && line["outcome"] == "refused"
        })
    }

    pub(super) fn edition(&self) -> Value {
        self.json(&["edition", "show"])
    }

    /// An edition of tomorrow, with news of its own.
    pub(super) fn another_edition(&self) {
        let path = self.folder.path().join("news.jsonl");
        let mut lines = fs::read_to_string(&path).unwrap();
        let story = json!({
            "url": "https://www.tarn.example/later",
            "title": "A later story",
            "published": Timestamp::now().to_string(),
        });
        lines.push_str(&story.to_string());
        lines.push('\n');
        fs::write(path, lines).unwrap();
        assert_eq!(self.run(&["fetch"], b"").0, Some(0));
        let tomorrow = Timestamp::now() + 24.hours();
        let build = ["edition", "build", "daily", "--at", &tomorrow.to_string()];
        assert_eq!(self.run(&build, b"").0, Some(0));
    }

    pub(super) fn page(&self, rest: &str) -> String {
        let id = self.edition()["edition"].as_str().unwrap().to_owned();
        format!("/desk/editions/{id}{rest}")
    }

    pub(super) fn mails(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.folder.path().join("outbox")) else {
            return Vec::new();
        };
        let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
        paths
    }
}

fn ask(address: &str, (method, path): (&str, &str), (head, body): (&str, &str)) -> Reply {
    let host = if head.contains("Host: ") {
        String::new()
    } else {
        format!("Host: {address}\r\n")
    };
    let kind = if head.contains("Content-Type: ") {
        ""
    } else {
        "Content-Type: application/x-www-form-urlencoded\r\n"
    };
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n{head}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Reply {
        code: text[9..12].parse().unwrap(),
        text,
    }
}

/// Somebody who is signed in.
pub(super) struct Person<'a> {
    house: &'a House,
    pub(super) cookie: String,
}

impl Person<'_> {
    pub(super) fn get(&self, path: &str) -> Reply {
        let head = format!("Cookie: {}\r\n", self.cookie);
        self.house.ask(("GET", path), &head, "")
    }

    pub(super) fn post_with(&self, path: &str, head: &str, body: &str) -> Reply {
        let head = format!("Cookie: {}\r\n{head}", self.cookie);
        self.house.ask(("POST", path), &head, body)
    }

    /// A form of a page, with what the page put into it.
    pub(super) fn post(&self, (page, path): (&str, &str), body: &str) -> Reply {
        let page = self.get(page);
        assert_eq!(page.code, 200, "{}", page.text);
        let version = page.hidden("version").unwrap_or_default();
        let body = format!("token={}&version={version}&{body}", page.token());
        let reply = self.post_with(path, "Sec-Fetch-Site: same-origin\r\n", &body);
        // What was done is said on the page that a browser is led to.
        match reply.header("location") {
            Some(page) if page.contains("said=") => self.get(page),
            _ => reply,
        }
    }
}

pub(super) async fn on_each(check: impl Fn(&House)) {
    for scratch in databases::each().await {
        let house = House::open(Scratch::url(&scratch));
        check(&house);
        drop(house);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_sees_and_does_nothing() {
    on_each(|house| {
        let page = house.page("");
        let reply = house.ask(("GET", &page), "", "");
        assert_eq!(reply.code, 303);
        let location = reply.header("location").unwrap();
        assert!(location.starts_with("/desk/sign-in?next="), "{location}");
        for path in ["/approve", "/cancel", "/edit", "/test"] {
            let reply = house.ask(("POST", &house.page(path)), "", "x=1");
            assert_eq!(reply.code, 403, "{path}");
        }
        let wrong = "name=ida&password=nonsense+nonsense";
        let wrong = house.sign_in("", wrong);
        assert_eq!(wrong.code, 422);
        let cookie = wrong.header("set-cookie").unwrap();
        assert!(cookie.starts_with("courant-door="), "{cookie}");
        let ida = house.enter("ida", "editor");
        assert_eq!(ida.get(&page).code, 200);
        // A session that somebody made up.
        let cookie = format!("courant={}", "ab".repeat(32));
        let forged = Person { house, cookie };
        assert_eq!(forged.get(&page).code, 303);
        assert!(house.refused("nobody", "session"));
        // Where to go after signing in is a page of ours.
        let form = "name=ida&password=correct+horse+battery&next=https://evil.example/";
        let reply = house.sign_in("", form);
        assert_eq!(reply.header("location"), Some("/desk/editions"));
        // Another site knows no token of the door, and browsers say where a form came from.
        let blind = house.ask(("POST", "/desk/sign-in"), "", form);
        assert_eq!(blind.code, 403);
        let origin = "Origin: https://evil.example\r\n";
        assert_eq!(house.sign_in(origin, form).code, 403);
        let origin = format!("Origin: http://{}\r\n", house.address);
        assert_eq!(house.sign_in(&origin, form).code, 303);
        // Who signs out is out.
        let out = ida.post(("/desk/editions", "/desk/sign-out"), "");
        assert_eq!(out.code, 303, "{}", out.text);
        assert_eq!(ida.get(&page).code, 303);
        // So is who may not come any more.
        let max = house.enter("max", "marketing");
        assert_eq!(house.run(&["desk", "remove", "max"], b"").0, Some(0));
        assert_eq!(max.get(&page).code, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_and_roles_that_may_not_are_refused_and_written_down() {
    on_each(|house| {
        let page = house.page("");
        let (approve, edit) = (house.page("/approve"), house.page("/edit"));
        let ida = house.enter("ida", "editor");
        let token = ida.get(&page).token();
        let from_elsewhere = ida.post_with(&approve, "", "version=0&token=wrong");
        assert_eq!(from_elsewhere.code, 403);
        let cross = "Sec-Fetch-Site: cross-site\r\n";
        let right = format!("version=0&token={token}");
        assert_eq!(ida.post_with(&approve, cross, &right).code, 403);
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
            let origin = format!("Origin: {origin}\r\n");
            let reply = ida.post_with(&approve, &origin, &right);
            assert_eq!(reply.code, 403, "{origin}");
        }
        assert!(house.refused("ida", "form"));
        let max = house.enter("max", "marketing");
        let theirs = format!("version=0&token={}", max.get(&page).token());
        let reply = max.post_with(&approve, "", &theirs);
        assert_eq!(reply.code, 403, "{}", reply.text);
        assert!(house.refused("max", "approve"));
        // Somebody else's number is none.
        assert_eq!(max.post_with(&edit, "", &right).code, 403);
        let story = house.edition()["entries"][1]["article"].clone();
        let place = format!("form=place&do=up&article={}", story.as_str().unwrap());
        assert_eq!(max.post((&edit, &edit), &place).code, 403);
        assert!(house.refused("max", "arrange"));
        let words = "form=words&subject=By+marketing&preheader=&notice=&note=";
        let words = max.post((&edit, &edit), words);
        assert_eq!(words.code, 200, "{}", words.text);
        assert_eq!(house.edition()["subject"], "By marketing");
        assert_eq!(house.edition()["status"], "draft");
        assert_eq!(max.get("/desk/record").code, 403);
        let record = house.enter("boss", "admin").get("/desk/record");
        let told = record.text.contains("marketing accounts may not");
        assert!(told, "{}", record.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_is_mended_tested_approved_and_sent() {
    on_each(|house| {
        let page = house.page("");
        let (approve, edit) = (house.page("/approve"), house.page("/edit"));
        let ida = house.enter("ida", "editor");
        for view in [
            "desktop", "mobile", "dark", "text", "source", "headers", "checks",
        ] {
            let reply = ida.get(&format!("{page}?view={view}"));
            assert_eq!(reply.code, 200, "{view}");
            let policy = reply.header("content-security-policy").unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"));
        }
        // The picture of the lead says nothing.
        let checks = ida.get(&format!("{page}?view=checks"));
        assert!(checks.text.contains("1 failed"), "{}", checks.text);
        assert_eq!(ida.post((&page, &approve), "").code, 409);
        assert_eq!(house.edition()["status"], "draft");
        let lead = house.edition()["entries"][0]["article"].clone();
        let lead = lead.as_str().unwrap();
        // Two editors at once: the second is told, and loses nothing.
        let kim = house.enter("kim", "editor");
        let seen = kim.get(&edit);
        let alt = format!("form=story&article={lead}&alt-0=A+boat+at+the+quay");
        let mended = ida.post((&edit, &edit), &alt);
        assert_eq!(mended.code, 200, "{}", mended.text);
        let version = seen.hidden("version").unwrap();
        let late = format!(
            "token={}&version={version}&form=words&subject=Late",
            seen.token()
        );
        let reply = kim.post_with(&edit, "", &late);
        assert_eq!(reply.code, 409);
        assert!(reply.text.contains("Somebody changed this edition"));
        assert!(reply.text.contains("<dd>Late</dd>"), "{}", reply.text);
        assert_ne!(house.edition()["subject"], "Late");
        // What is told is what they made different of what they saw, and not what somebody else did meanwhile.
        let late = format!(
            "token={}&version={version}&form=story&article={lead}&alt-0=&title-0=A+new+one",
            seen.token()
        );
        let reply = kim.post_with(&edit, "", &late);
        assert_eq!(reply.code, 409);
        let (_, told) = reply.text.split_once("What you sent").unwrap();
        let (told, _) = told.split_once("</dl>").unwrap();
        assert_eq!(told.matches("<dd>").count(), 1, "{told}");
        assert!(told.contains("<dd>A new one</dd>"), "{told}");
        tests_go_to_ten_at_most(house, &ida);
        let reply = ida.post((&page, &approve), "");
        assert_eq!(reply.code, 200, "{}", reply.text);
        assert_eq!(house.edition()["status"], "approved");
        // What is downloaded is what is delivered, but for whose it is.
        let who = house.json(&["subscribers", "show", "reader1@example.org"]);
        let file = house.page(&format!("/mail.eml?as={}", who["subscriber"]["id"]));
        let file = ida.get(&file);
        let (_, shown) = file.text.split_once("\r\n\r\n").unwrap();
        let id = house.edition()["edition"].as_str().unwrap().to_owned();
        assert_eq!(house.run(&["send", &id, "--yes"], b"").0, Some(0));
        assert_eq!(house.mails().len(), 3);
        let sent = house.mails();
        let mut sent = sent.iter().map(|path| fs::read_to_string(path).unwrap());
        let sent = sent.find(|mail| mail.contains("To: reader1@")).unwrap();
        assert_eq!(without_owner(shown), without_owner(&sent));
        // Nobody changes what is out.
        let token = ida.get(&edit).token();
        let late = format!("token={token}&version=1&form=place&do=down&article={lead}");
        assert_eq!(ida.post_with(&edit, "", &late).code, 422);
        assert_eq!(ida.get(&format!("/desk/reports/{id}")).code, 200);
        let csv = ida.get(&format!("/desk/reports/{id}?csv=articles"));
        assert!(
            csv.text.contains("position,section,article"),
            "{}",
            csv.text
        );
        assert_eq!(ida.get("/desk/reports").code, 200);
        assert_eq!(ida.get("/desk/nothing").code, 404);
    })
    .await;
}

fn tests_go_to_ten_at_most(house: &House, ida: &Person<'_>) {
    let (page, test) = (house.page(""), house.page("/test?view=desktop"));
    let many: String = (0..11).map(|n| format!("a{n}%40example.org,")).collect();
    assert_eq!(ida.post((&page, &test), &format!("to={many}")).code, 422);
    assert_eq!(house.mails().len(), 0);
    let group = "name-0=desk&addresses-0=desk%40tarn.example";
    assert_eq!(ida.post(("/desk/groups", "/desk/groups"), group).code, 200);
    let reply = ida.post((&page, &test), "to=me%40tarn.example&group=desk");
    let told = reply.text.contains("The test went to 2 of 2 addresses");
    assert!(told, "{}", reply.text);
    assert_eq!(house.mails().len(), 2);
    for path in house.mails() {
        let mail = fs::read_to_string(&path).unwrap();
        assert!(mail.contains("Subject: [Test] "), "{mail}");
        fs::remove_file(path).unwrap();
    }
    let report = house.json(&["report"]);
    assert_eq!(report["recipients"], 0, "a test is in no ledger");
}

/// A message without what names its reader, and when it was written.
fn without_owner(mail: &str) -> String {
    let text = mail.replace("=\r\n", "").replace("\r\n", "\n");
    let own = ["Date: ", "Message-ID: "];
    let lines = text
        .lines()
        .filter(|line| !own.iter().any(|field| line.starts_with(field)));
    let lines: Vec<String> = lines.map(without_tokens).collect();
    lines.join("\n")
}

/// A line with every token of a link, and every name of a part, replaced.
fn without_tokens(line: &str) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        out.push_str(if word.len() >= 24 { "TOKEN" } else { &word });
        word.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out
}

#[test]
fn a_preview_needs_no_log_in_and_answers_this_machine_only() {
    let folder = TempDir::new().unwrap();
    let house = House::open(format!(
        "sqlite:{}",
        folder.path().join("list.db").display()
    ));
    let address = free_address();
    let arguments = ["preview", "--listen", &address];
    let mut command = program::command(house.folder.path(), &arguments);
    command.env("COURANT_DATABASE_URL", &house.database);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _running = Running::from(child.unwrap());
    assert!(is_served(&address), "no preview");
    let path = house.page("");
    let page = ask(&address, ("GET", &path), ("", ""));
    assert_eq!(page.code, 200, "{}", page.text);
    let token = page.token();
    let approve = ("POST", house.page("/approve"));
    let reply = ask(&address, (approve.0, &approve.1), ("", "version=0&token=x"));
    assert_eq!(reply.code, 403);
    // Another site that has this machine's address for its name.
    let elsewhere = ask(&address, ("GET", &path), ("Host: evil.example\r\n", ""));
    assert_eq!(elsewhere.code, 403, "{}", elsewhere.text);
    let form = format!("version=0&token={token}&form=words&subject=From+here");
    let saved = ask(&address, ("POST", &house.page("/edit")), ("", &form));
    assert_eq!(saved.code, 200, "{}", saved.text);
    assert_eq!(house.edition()["subject"], "From here");
}

pub(super) async fn on_each_with(rule: &str, check: impl Fn(&House)) {
    for scratch in databases::each().await {
        let house = House::with(Scratch::url(&scratch), rule);
        check(&house);
        drop(house);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_approves_unless_a_check_fails() {
    on_each_with("approval = \"unless-a-check-fails\"", |house| {
        let (code, _) = house.run(&["run", "daily"], b"");
        assert_eq!(code, Some(5), "the lead's picture says nothing");
        assert_eq!(house.edition()["status"], "draft");
        let lead = house.edition()["entries"][0]["article"].clone();
        let form = format!(
            "form=story&article={}&no_picture-0=1",
            lead.as_str().unwrap()
        );
        let edit = house.page("/edit");
        let mended = house.enter("ida", "editor").post((&edit, &edit), &form);
        assert_eq!(mended.code, 200, "{}", mended.text);
        assert_eq!(house.run(&["run", "daily"], b"").0, Some(0));
        assert_eq!(
            (house.edition()["status"].as_str(), house.mails().len()),
            (Some("sent"), 3)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_approved_in_time_is_left_out_or_sent_as_the_digest_says() {
    // The slot began at midnight: a minute later is over, whenever this runs but for that minute.
    let hurry = "approval = \"manual\"\napprove_by = \"00:01\"";
    on_each_with(hurry, |house| {
        assert_eq!(house.run(&["run", "daily"], b"").0, Some(3));
        assert_eq!(house.edition()["status"], "cancelled");
        assert_eq!(house.run(&["run", "daily"], b"").0, Some(3));
        assert_eq!(house.mails().len(), 0);
    })
    .await;
    on_each_with(&format!("{hurry}\nunapproved = \"send\""), |house| {
        let (code, _) = house.run(&["run", "daily"], b"");
        assert_eq!(code, Some(5), "nobody looked, and a check fails");
        assert_eq!(house.mails().len(), 0);
        let id = house.edition()["edition"].as_str().unwrap().to_owned();
        let mend = ["edition", "story", &id, "1", "--no-picture"];
        assert_eq!(house.run(&mend, b"").0, Some(0));
        assert_eq!(house.run(&["run", "daily"], b"").0, Some(0));
        assert_eq!(house.mails().len(), 3);
        let (_, log) = house.run(&["desk", "log"], b"");
        assert!(log.contains("nobody had approved it in time"), "{log}");
    })
    .await;
    on_each_with("approval = \"manual\"", |house| {
        assert_eq!(
            house.run(&["run", "daily"], b"").0,
            Some(3),
            "there is no hurry"
        );
        assert_eq!(house.edition()["status"], "draft");
    })
    .await;
}
