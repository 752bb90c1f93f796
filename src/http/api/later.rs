//! What is said of a story for the editions to come.

use axum::extract::State as Shared;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::operation::Operation;
use super::problem::Problem;
use super::read::{Id, Input};
use super::{Answer, Api, json};
use crate::articles::store::{self, Acted};
use crate::articles::{Article, BOOSTS};
use crate::database;
use crate::desk::Act;
use crate::http::desk::later::Wish;

pub(super) fn operations() -> Vec<Operation> {
    let later = Operation::post(
        ("/editions/{id}/later", "mark_story"),
        (
            "Pin, hide or boost a story of an edition for the editions to come",
            "The edition itself stays as it is. What is not named stays as it was; all of it, or nothing, is done.",
        ),
        later,
    );
    vec![
        later
            .takes::<Wanted>()
            .gives::<Marks>()
            .refuses(&[403, 422]),
    ]
}

/// What is to be said of a story.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMarks")]
struct Wanted {
    /// The story, by its article's id.
    #[schemars(length(min = 1, max = 200))]
    article: String,
    /// Whether it stands at the top of the next edition; a hidden one is hidden no more then.
    #[serde(default)]
    pinned: Option<bool>,
    /// Whether it stands in no edition; a pinned one is pinned no more then.
    #[serde(default)]
    hidden: Option<bool>,
    /// The factor on its score; 1 is none.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 100.0))]
    boost: Option<f64>,
}

/// What is said of a story.
#[derive(Serialize, JsonSchema)]
struct Marks {
    /// The story, by its article's id.
    article: String,
    /// Whether it stands at the top of the next edition.
    pinned: bool,
    /// Whether it stands in no edition.
    hidden: bool,
    /// The factor on its score; 1 is none.
    boost: f64,
}

impl Wanted {
    fn wishes(&self) -> Result<Vec<Wish>, Problem> {
        let boost = match self.boost {
            Some(factor) if !BOOSTS.contains(&factor) => {
                return Err(Problem::cannot("boost: a number from 0.01 to 100."));
            }
            boost => boost.map(Wish::Boost),
        };
        if self.pinned == Some(true) && self.hidden == Some(true) {
            let detail = "hidden: a story stands at the top or in none, not both.";
            return Err(Problem::cannot(detail));
        }
        let pin = |is: bool| if is { Wish::Pin } else { Wish::Unpin };
        let hide = |is: bool| if is { Wish::Hide } else { Wish::Unhide };
        let all = [self.pinned.map(pin), self.hidden.map(hide), boost];
        let all: Vec<Wish> = all.into_iter().flatten().collect();
        if all.is_empty() {
            return Err(Problem::cannot("Say pinned, hidden or boost."));
        }
        Ok(all)
    }
}

async fn later(
    Shared(api): Shared<Api>,
    caller: Caller,
    Id(id): Id,
    Input(wanted): Input<Wanted>,
) -> Answer {
    api.may(&caller, Act::Arrange, id.as_str()).await?;
    let wishes = wanted.wishes()?;
    let edition = api.edition(&id).await?;
    let mut entries = edition.entries.iter();
    let entry = entries.find(|entry| entry.article.id.as_str() == wanted.article);
    let known = entry.map(|entry| &entry.article.id);
    let missing = || Problem::cannot("article: the edition has no such story.");
    let article = known.ok_or_else(missing)?;
    let desk = &api.0.desk;
    let now = desk.now().as_second();
    let mut transaction = desk.database().begin_write().await?;
    let mut done = Vec::new();
    for wish in wishes {
        if wish.act_in(&mut transaction, article, now).await? == Acted::Done {
            done.push(wish.words());
        }
    }
    let ids = std::slice::from_ref(article);
    let found: Vec<Article> = store::by_ids(&mut transaction, ids).await?;
    database::commit(transaction).await?;
    let stored = found.into_iter().next().ok_or_else(missing)?;
    if !done.is_empty() {
        let detail = format!("{}: {}", done.join(", "), stored.title);
        api.done(&caller, Act::Arrange, (id.as_str(), &detail))
            .await;
    }
    json(&Marks {
        article: stored.id.to_string(),
        pinned: stored.pinned_at.is_some(),
        hidden: stored.hidden_at.is_some(),
        boost: stored.boost,
    })
}
