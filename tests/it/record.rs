//! What the desk writes down, and what it says of an edition's fate.

use serde_json::Value;

use super::desk::{House, on_each, on_each_with};

fn lines(house: &House) -> Vec<Value> {
    let (_, text) = house.run(&["desk", "log", "--json"], b"");
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn details(house: &House, act: &str) -> Vec<String> {
    let lines = lines(house).into_iter();
    let of_act = lines.filter(|line| line["act"] == act && line["outcome"] == "refused");
    of_act
        .map(|line| line["detail"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_in_order_and_says_from_where() {
    on_each(|house| {
        let ida = house.enter("ida", "editor");
        let (page, edit) = (house.page(""), house.page("/edit"));
        for number in 0..4 {
            let words = format!("form=words&subject=Number+{number}&preheader=&notice=&note=");
            assert_eq!(ida.post((&edit, &edit), &words).code, 200);
        }
        let done: Vec<_> = lines(house)
            .into_iter()
            .filter(|line| line["outcome"] == "done")
            .map(|line| line["detail"].as_str().unwrap().to_owned())
            .collect();
        let wanted = [
            "version 4",
            "version 3",
            "version 2",
            "version 1",
            "",
            "editor",
        ];
        assert_eq!(done, wanted);

        house.sign_in("", "name=ida&password=nonsense+nonsense");
        house.sign_in("", "name=nobody-of-us&password=nonsense+nonsense");
        let tried = details(house, "sign-in");
        assert!(
            tried[1].starts_with("wrong password of ida; from 127."),
            "{tried:?}"
        );
        assert!(
            tried[0].starts_with("no account of that name; from 127."),
            "{tried:?}"
        );
        let token = ida.get(&page).token();
        let right = format!("version=0&token={token}");
        ida.post_with(&edit, "Sec-Fetch-Site: cross-site\r\n", &right);
        ida.post_with(&edit, "", "version=0&token=wrong");
        let forms = details(house, "form");
        assert!(forms[0].starts_with("without the number of a form of ours; from 127."));
        assert!(forms[1].starts_with("from a page of another site; from 127."));
        house.ask(("GET", &page), "Cookie: courant=0123456789abcdef\r\n", "");
        assert!(details(house, "session")[0].contains("; from 127."));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_said_once_and_loading_the_page_again_does_nothing() {
    on_each(|house| {
        let ida = house.enter("ida", "editor");
        let (page, test) = (house.page(""), house.page("/test?view=text"));
        let token = ida.get(&page).token();
        let form = format!("token={token}&to=me%40tarn.example");
        let led = ida.post_with(&test, "", &form);
        assert_eq!(led.code, 303);
        let location = led.header("location").unwrap();
        assert!(location.contains("view=text"), "{location}");
        let told = ida.get(location);
        assert!(
            told.text.contains("The test went to 1 of 1"),
            "{}",
            told.text
        );
        let again = ida.get(location);
        assert_eq!(again.code, 200);
        assert!(!again.text.contains("The test went to"), "{}", again.text);
        assert_eq!(house.mails().len(), 1);
        // Where a form posts there is no page.
        for path in ["/test", "/approve", "/cancel", "/later"] {
            let reply = ida.get(&house.page(path));
            assert_eq!(reply.code, 303, "{path}");
            assert!(reply.header("location").unwrap().ends_with(&page), "{path}");
        }
        for (as_whom, words) in [
            ("foo", "That is no address of a reader."),
            ("99", "This edition does not reach that reader"),
            ("who%40example.org", "Nobody on the list has that address."),
        ] {
            let shown = ida.get(&format!("{page}?as={as_whom}"));
            assert!(shown.text.contains(words), "{as_whom}: {}", shown.text);
        }
        // A session that ends loses nothing that somebody wrote.
        let words = format!("token={token}&form=words&subject=&note=A+long+note+of+mine");
        assert_eq!(house.run(&["desk", "remove", "ida"], b"").0, Some(0));
        let lost = ida.post_with(&house.page("/edit"), "", &words);
        assert_eq!(lost.code, 403);
        assert!(lost.text.contains("A long note of mine"), "{}", lost.text);
        assert!(!lost.text.contains(&token), "{}", lost.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_says_until_when_it_waits_and_who_called_it_off() {
    on_each(|house| {
        let ida = house.enter("ida", "editor");
        let page = house.page("");
        let shown = ida.get(&page).text;
        assert!(
            shown.contains("It goes once somebody approves it."),
            "{shown}"
        );
        assert!(shown.contains("It cannot be taken back."), "{shown}");
        let off = ida.post((&page, &house.page("/cancel")), "");
        assert!(off.text.contains("Called off by ida on "), "{}", off.text);
        assert!(ida.get("/desk/editions").text.contains("Called off"));
    })
    .await;
    on_each_with("approval = \"manual\"\napprove_by = \"23:59\"", |house| {
        let ida = house.enter("ida", "editor");
        let shown = ida.get(&house.page("")).text;
        assert!(shown.contains("To be approved by "), "{shown}");
        assert!(shown.contains("after that it is left out."), "{shown}");
        let list = ida.get("/desk/editions").text;
        assert!(list.contains("; to be approved by 23:59"), "{list}");
    })
    .await;
    on_each_with("approval = \"manual\"\napprove_by = \"00:01\"", |house| {
        assert_eq!(house.run(&["run", "daily"], b"").0, Some(3));
        let ida = house.enter("ida", "editor");
        let shown = ida.get(&house.page("")).text;
        assert!(shown.contains("Nobody approved it in time"), "{shown}");
        assert!(
            shown.contains("Skipped") && !shown.contains("Called off"),
            "{shown}"
        );
        assert!(ida.get("/desk/editions").text.contains("Skipped"));
    })
    .await;
}
