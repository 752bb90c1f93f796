//! The desk by command: what an editor does in a browser is done in a terminal, and written down as well.

use serde_json::Value;

use super::desk::{House, on_each};

fn log(house: &House) -> Vec<(String, String, String)> {
    let (_, text) = house.run(&["desk", "log", "--json"], b"");
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("act"), text("outcome"), text("detail"))
    });
    lines.collect()
}

fn titles(edition: &Value) -> Vec<&str> {
    let entries = edition["entries"].as_array().unwrap().iter();
    entries.map(|it| it["title"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stories_are_moved_rewritten_and_put_back_by_command() {
    on_each(|house| {
        let before = house.edition();
        let id = before["edition"].as_str().unwrap();
        let story = |place: &str, what: &[&str]| {
            let arguments = [&["edition", "story", id, place], what].concat();
            house.run(&arguments, b"").0
        };
        assert_eq!(story("3", &["--lead", "--headline", "By hand"]), Some(0));
        let after = house.edition();
        assert_eq!(titles(&after)[0], "By hand");
        assert_eq!(titles(&after)[1], titles(&before)[0]);
        // By the beginning of an article's id; nothing is stored of what is only tried.
        let second = after["entries"][1]["article"].as_str().unwrap();
        assert_eq!(story(&second[..12], &["--out", "--dry-run"]), Some(0));
        assert_eq!(house.edition(), after);
        assert_eq!(story(&second[..12], &["--out"]), Some(0));
        assert_eq!(titles(&house.edition()).len(), titles(&before).len() - 1);
        for (place, what) in [
            ("1", &["--up"][..]),
            ("99", &["--up"]),
            ("1", &[]),
            ("1", &["--url", "https://u:p@www.tarn.example/"]),
            ("", &["--up"]),
        ] {
            assert_eq!(story(place, what), Some(2), "{place} {what:?}");
        }
        let (_, changes) = house.run(&["edition", "changes", id, "--json"], b"");
        let first: Value = serde_json::from_str(changes.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&first["version"], &first["who"]),
            (&1.into(), &"command line".into())
        );
        assert!(first["what"].as_str().unwrap().contains("leads"), "{first}");
        assert_eq!(house.run(&["edition", "restore", id, "77"], b"").0, Some(2));
        assert_eq!(house.run(&["edition", "restore", id, "1"], b"").0, Some(0));
        assert_eq!(titles(&house.edition()), titles(&before));
        let paid = ["edition", "write", id, "--sponsor-name", "Tarn Ferries"];
        assert_eq!(house.run(&paid, b"").0, Some(2), "all of it, or none");
        let rest = [
            "--sponsor-title",
            "Sail",
            "--sponsor-text",
            "Every hour.",
            "--sponsor-cta",
            "Times",
        ];
        let paid = [
            &paid[..],
            &rest,
            &["--sponsor-url", "https://ferry.example/"],
        ]
        .concat();
        assert_eq!(house.run(&paid, b"").0, Some(0));
        let shown = house.json(&["edition", "write", id, "--no-sponsor", "--dry-run"]);
        assert_eq!(shown["sponsor"], Value::Null);
        let acts: Vec<_> = log(house).into_iter().map(|(act, ..)| act).collect();
        assert_eq!(acts.iter().filter(|act| *act == "arrange").count(), 3);
        assert_eq!(acts.iter().filter(|act| *act == "write").count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_a_no_and_a_test_by_command_are_in_the_record() {
    on_each(|house| {
        let id = house.edition()["edition"].as_str().unwrap().to_owned();
        // The lead's picture says nothing.
        let checked = ["edition", "approve", &id, "--checked"];
        assert_eq!(house.run(&checked, b"").0, Some(5));
        assert_eq!(house.edition()["status"], "draft");
        assert!(house.refused("command line", "approve"));
        let to: Vec<String> = (0..11).map(|n| format!("t{n}@example.org")).collect();
        let test = |rest: &[&str]| house.run(&[&["test", &id], rest].concat(), b"").0;
        assert_eq!(test(&["--to", &to.join(",")]), Some(2), "ten at most");
        assert_eq!(
            test(&["--to", &to[..2].join(","), "--as", "reader1@example.org"]),
            Some(0)
        );
        assert_eq!(
            test(&["--to", &to[0], "--as", "stranger@example.org"]),
            Some(2)
        );
        assert_eq!(test(&["--group", "none"]), Some(2));
        assert_eq!(house.mails().len(), 2);
        // Groups are made by command as well.
        let make = [
            "desk",
            "group",
            "team",
            "--to",
            "c@example.org,d@example.org",
        ];
        assert_eq!(house.run(&make, b"").0, Some(0));
        assert_eq!(house.json(&["desk", "groups"])["name"], "team");
        assert_eq!(
            house
                .run(&["desk", "group", "team", "--to", "nonsense"], b"")
                .0,
            Some(2)
        );
        assert_eq!(
            house.run(&["desk", "group", "none", "--remove"], b"").0,
            Some(2)
        );
        assert_eq!(
            house.run(&["desk", "group", "team", "--remove"], b"").0,
            Some(0)
        );
        assert_eq!(house.run(&["desk", "groups"], b"").1, "");
        let ida = house.enter("ida", "editor");
        let group = "name-0=friends&addresses-0=a@example.org%0Ab@example.org";
        assert_eq!(ida.post(("/desk/groups", "/desk/groups"), group).code, 200);
        assert_eq!(test(&["--group", "friends"]), Some(0));
        assert_eq!(house.mails().len(), 4);
        assert_eq!(house.run(&["edition", "approve", &id], b"").0, Some(0));
        assert_eq!(house.run(&["edition", "cancel", &id], b"").0, Some(0));
        let log = log(house);
        for (act, detail) in [
            ("test", "2 of 2: …@example.org, …@example.org"),
            ("approve", ""),
            ("cancel", ""),
        ] {
            let line = (act.to_owned(), "done".to_owned(), detail.to_owned());
            assert!(log.contains(&line), "{act}: {log:?}");
        }
        // What was called off has a report all the same.
        let list = ida.get("/desk/editions");
        assert!(
            list.text.contains(&format!("/desk/reports/{id}")),
            "{}",
            list.text
        );
        let report = ida.get(&format!("/desk/reports/{id}"));
        assert!(report.text.contains("Called off"), "{}", report.text);
        let edit = ida.get(&house.page("/edit"));
        assert!(!edit.text.contains("Make lead") && edit.text.contains("Later editions"));
    })
    .await;
}
