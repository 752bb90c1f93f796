//! Sources that are no feeds, as the poller meets them.

use courant::articles;
use courant::articles::topics::Rules;
use courant::fetch::Validators;
use courant::sources::{self, Config, Format, Polled, State};

use crate::support::feeds::{Feeds, fetcher};

use super::{NOON, news};

fn config(text: &str) -> Config {
    let config: Config = toml::from_str(text).unwrap();
    config.check().unwrap();
    config
}

#[tokio::test]
async fn an_index_is_followed_to_its_newest_maps() {
    let feeds = Feeds::start().await;
    let url = feeds.url("/feed/index.sitemap.xml");
    for format in ["sitemap", "feed"] {
        let config = config(&format!("name = 'map'\nurl = '{url}'\nformat = '{format}'"));
        let news = news(&config).await;
        assert_eq!(news.parsed.format, Format::Sitemap);
        assert_eq!(news.validators, Validators::default());
        let [item] = news.parsed.items.as_slice() else {
            panic!("{:?}", news.parsed)
        };
        let draft = articles::draft(item, &config, &Rules::default(), NOON).unwrap();
        assert_eq!(draft.url, "https://herald.example/news/storm?id=7");
        assert_eq!(draft.title, "Storm & high tide close the harbour");
        let said = news.parsed.repaired.join("\n");
        assert!(said.contains("cut off"), "{said}");
        assert!(said.contains("/error answered 500"), "{said}");
    }
}

#[tokio::test]
async fn a_folder_of_markdown_is_read_again_when_a_file_changes() {
    let home = tempfile::tempdir().unwrap();
    let config = config(
        "name = 'posts'\nfile = 'posts'\nformat = 'markdown'\nhome_url = 'https://herald.example/'",
    );
    let look = async |known: &State| sources::poll(&fetcher(), &config, home.path(), known).await;
    let Polled::Failed {
        message, temporary, ..
    } = look(&State::default()).await
    else {
        panic!()
    };
    assert!(message.contains("No such file") && !temporary, "{message}");
    std::fs::create_dir(home.path().join("posts")).unwrap();
    let file = home.path().join("posts/2026-11-23-storm.md");
    std::fs::write(&file, "---\ntitle: Storm\ntags: [sea]\n---\nIt *blows*.\n").unwrap();
    let Polled::News(news) = look(&State::default()).await else {
        panic!()
    };
    let draft = articles::draft(&news.parsed.items[0], &config, &Rules::default(), NOON).unwrap();
    assert_eq!(draft.url, "https://herald.example/storm/");
    assert_eq!(draft.summary.as_deref(), Some("It blows."));
    let known = State {
        location: config.location_text(),
        reading: config.reading(),
        validators: news.validators.clone(),
        ..State::default()
    };
    assert_eq!(look(&known).await, Polled::Unchanged);
    std::fs::write(&file, "---\ntitle: Gale\n---\n").unwrap();
    assert!(matches!(look(&known).await, Polled::News(_)));
    let otherwise = State {
        location: "posts".to_owned(),
        reading: "posts".to_owned(),
        ..known
    };
    assert!(matches!(look(&otherwise).await, Polled::News(_)));
}
