//! `courant articles`: what is in the store, and the editor's hand.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::Desk;
use super::exit::{self, Failure};
use crate::articles::store::clusters::{self, Source};
use crate::articles::store::{Acted, Prefix};
use crate::articles::{Article, BOOSTS, store};
use crate::database::{self, Database};
use crate::ranking::store::total_page_views;

#[derive(Debug, Subcommand)]
pub(super) enum Articles {
    /// The newest articles
    List(List),
    /// One article with everything known of it
    Show(Id),
    /// Put an article at the top of the next edition
    Pin(Toggle),
    /// Keep an article out of all editions
    Hide(Toggle),
    /// Multiply an article's score
    Boost(Boost),
    /// Say that an article is a story of its own, whatever it resembles
    Split(Toggle),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// How many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: i64,
}

#[derive(Debug, Args)]
pub(super) struct Id {
    /// The article's id, or its beginning
    id: String,
}

#[derive(Debug, Args)]
pub(super) struct Toggle {
    /// The article's id, or its beginning
    id: String,
    /// Take it back
    #[arg(long)]
    undo: bool,
}

#[derive(Debug, Args)]
pub(super) struct Boost {
    /// The article's id, or its beginning
    id: String,
    /// The factor: 1 is none, 2 doubles the score
    factor: f64,
}

impl Articles {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (_, database) = desk.open().await?;
        match self {
            Self::List(list) => {
                let mut reader = database.reader().await?;
                let articles = store::list(&mut reader, list.limit).await?;
                let rows: Vec<_> = articles.iter().map(row).collect();
                for article in &articles {
                    let views = total_page_views(&mut reader, &article.id).await?;
                    desk.output.json(&Listed { article, views })?;
                }
                desk.output.table(
                    &["article", "published", "source", "marks", "title"],
                    &rows,
                    70,
                );
            }
            Self::Show(Id { id }) => {
                let article = find(&database, &id).await?;
                let mut reader = database.reader().await?;
                let sources = clusters::sources(&mut reader, &article.id).await?;
                let others = clusters::members(&mut reader, &article).await?;
                let whole = Whole {
                    article: &article,
                    views: total_page_views(&mut reader, &article.id).await?,
                    sources: &sources,
                    same_story: others.iter().filter(|it| it.id != article.id).collect(),
                };
                show(desk, &whole)?;
            }
            Self::Split(Toggle { id, undo }) => {
                let article = find(&database, &id).await?;
                let now = desk.clock.unix();
                let mut transaction = database.begin_write().await?;
                let acted = if undo {
                    clusters::unsplit(&mut transaction, &article.id).await?
                } else {
                    clusters::split(&mut transaction, &article.id, now).await?
                };
                clusters::join(&mut transaction, now).await?;
                database::commit(transaction).await?;
                say(
                    desk,
                    acted,
                    if undo {
                        "compared again"
                    } else {
                        "a story of its own"
                    },
                    &article,
                )?;
            }
            Self::Pin(Toggle { id, undo }) => {
                let article = find(&database, &id).await?;
                let mut transaction = database.begin_write().await?;
                let acted = if undo {
                    store::unpin(&mut transaction, &article.id).await?
                } else {
                    store::pin(&mut transaction, &article.id, desk.clock.unix()).await?
                };
                database::commit(transaction).await?;
                say(
                    desk,
                    acted,
                    if undo { "not pinned" } else { "pinned" },
                    &article,
                )?;
            }
            Self::Hide(Toggle { id, undo }) => {
                let article = find(&database, &id).await?;
                let mut transaction = database.begin_write().await?;
                let acted = if undo {
                    store::unhide(&mut transaction, &article.id).await?
                } else {
                    store::hide(&mut transaction, &article.id, desk.clock.unix()).await?
                };
                database::commit(transaction).await?;
                say(
                    desk,
                    acted,
                    if undo { "not hidden" } else { "hidden" },
                    &article,
                )?;
            }
            Self::Boost(Boost { id, factor }) => {
                if !BOOSTS.contains(&factor) {
                    let message = format!("{factor} is not a factor from 0.01 to 100");
                    return Err(Failure::new(exit::USAGE, message));
                }
                let article = find(&database, &id).await?;
                let mut transaction = database.begin_write().await?;
                let acted = store::boost(&mut transaction, &article.id, factor).await?;
                database::commit(transaction).await?;
                say(desk, acted, &format!("boosted by {factor}"), &article)?;
            }
        }
        Ok(exit::DONE)
    }
}

/// What the editor said of an article: "pinned", "hidden", "×2".
pub(super) fn marks(article: &Article) -> String {
    let mut marks = Vec::new();
    if article.pinned_at.is_some() {
        marks.push("pinned".to_owned());
    }
    if article.hidden_at.is_some() {
        marks.push("hidden".to_owned());
    }
    if (article.boost - 1.0).abs() > f64::EPSILON {
        marks.push(format!("×{}", article.boost));
    }
    marks.join(" ")
}

fn row(article: &Article) -> Vec<String> {
    let at = Timestamp::from_second(article.published_at).unwrap_or(Timestamp::UNIX_EPOCH);
    vec![
        article.id.as_str().chars().take(8).collect(),
        at.strftime("%Y-%m-%d %H:%M").to_string(),
        article.source.clone(),
        marks(article),
        article.title.clone(),
    ]
}

/// An article with the page views counted outside, of all days.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    article: &'a Article,
    views: i64,
}

/// An article with what the site says of its readers, who had it and what else tells its story.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    article: &'a Article,
    /// Page views counted outside, of all days.
    views: i64,
    sources: &'a [Source],
    same_story: Vec<&'a Article>,
}

fn show(desk: &Desk, whole: &Whole<'_>) -> Result<(), Failure> {
    let Whole {
        article,
        views,
        sources,
        ref same_story,
    } = *whole;
    let at = Timestamp::from_second(article.published_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
    let cluster = article.cluster.as_ref().unwrap_or(&article.id);
    desk.output.line(format!(
        "{}\n{}\n\nid        {}\nsource    {}\ncategory  {}\ntags      {}\nauthor    {}\n\
         published {at}\npicture   {}\ncluster   {cluster}\nviews     {views}\n\n{}",
        article.title,
        article.url,
        article.id,
        article.source,
        text(&article.category),
        article.tags.join(", "),
        text(&article.author),
        text(&article.image_url),
        text(&article.summary),
    ));
    let others = sources.iter().filter(|had| had.source != article.source);
    for had in others {
        desk.output.line(format!(
            "\nalso in {}: {}\n  {}",
            had.source, had.title, had.url
        ));
    }
    for other in same_story {
        desk.output.line(format!(
            "\nsame story: {} ({}, {})\n  {}",
            other.title, other.source, other.id, other.url
        ));
    }
    desk.output.json(whole)
}

fn say(desk: &Desk, acted: Acted, what: &str, article: &Article) -> Result<(), Failure> {
    desk.output.json(&serde_json::json!({
        "article": article.id, "title": article.title, "changed": acted == Acted::Done, "now": what,
    }))?;
    let again = if acted == Acted::Done {
        ""
    } else {
        " (it was already)"
    };
    desk.output
        .line(format!("{what}: {}{again}", article.title));
    Ok(())
}

async fn find(database: &Database, id: &str) -> Result<Article, Failure> {
    let mut reader = database.reader().await?;
    match store::find_prefix(&mut reader, id).await? {
        Prefix::One(article) => Ok(*article),
        Prefix::Nothing => Err(
            Failure::new(exit::USAGE, format!("there is no article \"{id}\""))
                .hint("`courant articles list` shows their ids"),
        ),
        Prefix::Several => Err(Failure::new(
            exit::USAGE,
            format!("several articles begin with \"{id}\""),
        )
        .hint("write more of the id")),
    }
}
