//! What the desk says of stories for the editions to come, and of subjects to try.

use super::desk::on_each;

#[tokio::test(flavor = "multi_thread")]
async fn stories_are_pinned_kept_out_and_boosted_for_the_editions_to_come() {
    on_each(|house| {
        let (edit, later) = (house.page("/edit"), house.page("/later"));
        let lead = house.edition()["entries"][0]["article"].clone();
        let lead = lead.as_str().unwrap().to_owned();
        let article = || house.json(&["articles", "show", &lead]);
        let ida = house.enter("ida", "editor");
        for (what, words) in [
            ("do=pin", "Pinned for the next edition: "),
            ("do=pin", "It was so already."),
            (
                "do=boost&factor-0=2.5",
                "Boosted by 2.5 in the editions to come",
            ),
            ("do=unpin", "Not pinned any more: "),
            ("do=hide", "Kept out of the editions to come: "),
            // At the top and nowhere at once makes no sense: the last word counts.
            ("do=pin", "Pinned for the next edition: "),
            ("do=unhide", "It was so already."),
            ("do=hide", "Kept out of the editions to come: "),
            ("do=unpin", "It was so already."),
        ] {
            let reply = ida.post((&edit, &later), &format!("article={lead}&{what}"));
            assert_eq!(reply.code, 200, "{what}");
            assert!(reply.text.contains(words), "{what}: {}", reply.text);
        }
        let told = article();
        assert_eq!(told["boost"], 2.5, "{told}");
        assert!(
            told["pinned_at"].is_null() && told["hidden_at"].is_string(),
            "{told}"
        );
        for what in ["do=boost&factor-0=1000", "do=boost&factor-0=", "do=eat"] {
            let reply = ida.post((&edit, &later), &format!("article={lead}&{what}"));
            assert_eq!(reply.code, 422, "{what}");
        }
        // This edition is as it was.
        assert_eq!(house.edition()["entries"][0]["article"], lead.as_str());
        let mona = house.enter("mona", "marketing");
        let reply = mona.post((&edit, &later), &format!("article={lead}&do=unhide"));
        assert_eq!(reply.code, 403);
        assert!(house.refused("mona", "arrange"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_to_try_are_written_one_a_line() {
    on_each(|house| {
        let edit = house.page("/edit");
        let ida = house.enter("ida", "editor");
        let two = "form=words&subject=Boats&alternatives=Ships%0D%0A%0D%0A+Ferries";
        let reply = ida.post((&edit, &edit), two);
        assert_eq!(reply.code, 200, "{}", reply.text);
        assert!(reply.text.contains("Ships\nFerries"), "{}", reply.text);
        let tried = &house.edition()["alternatives"];
        assert_eq!(*tried, serde_json::json!(["Ships", "Ferries"]));
        let same = "form=words&subject=Boats&alternatives=Boats";
        let reply = ida.post((&edit, &edit), same);
        assert_eq!(reply.code, 422);
        assert!(
            reply
                .text
                .contains("two of the subjects to try are the same")
        );
        let none = "form=words&subject=Boats&alternatives=";
        assert_eq!(ida.post((&edit, &edit), none).code, 200);
        assert_eq!(house.edition()["alternatives"], serde_json::json!([]));
    })
    .await;
}
