//! What an editor says of a story for the editions to come: pinned, hidden, boosted.

use std::collections::HashMap;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use courant_templates::desk::LaterView;
use courant_templates::desk::parts::Tone;

use super::edit::{Told, editor};
use super::enter::{Posted, Visitor};
use super::pairs::Pairs;
use super::{Answer, Desk};
use crate::articles::store::{self, Acted};
use crate::articles::{Article, ArticleId, BOOSTS};
use crate::database::{self, Conn, Error};
use crate::desk::{Act, Note};
use crate::edition::Edition;

/// What is said of the edition's stories now.
pub(super) async fn marks(
    desk: &Desk,
    visitor: &Visitor,
    edition: &Edition,
) -> Result<HashMap<ArticleId, LaterView>, axum::response::Response> {
    let ids = edition.entries.iter().map(|it| it.article.id.clone());
    let ids: Vec<ArticleId> = ids.collect();
    let found = async {
        let mut conn = desk.database().reader().await?;
        store::by_ids(&mut conn, &ids).await
    };
    let found = found
        .await
        .map_err(|error: Error| desk.trouble(visitor, &error))?;
    let mark = |article: Article| {
        let view = LaterView {
            is_pinned: article.pinned_at.is_some(),
            is_hidden: article.hidden_at.is_some(),
            boost: article.boost,
        };
        (article.id, view)
    };
    Ok(found.into_iter().map(mark).collect())
}

/// `POST /desk/editions/{id}/later`
pub(super) async fn save(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let edition = posted.edition(&desk, Act::Arrange).await?;
    let Posted {
        visitor,
        about: id,
        form,
    } = posted;
    let wanted = form.get("article").unwrap_or_default();
    let mut entries = edition.entries.iter();
    let entry = entries.find(|entry| entry.article.id.as_str() == wanted);
    let Some((article, wish)) = entry.map(|it| &it.article).zip(Wish::of(&form)) else {
        let words = "Nothing was changed: a factor is a number from 0.01 to 100.";
        let told = Told::new(Tone::Bad, words);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return editor(&desk, &visitor, &edition, (status, told)).await;
    };
    let acted = wish
        .act(&desk, &article.id)
        .await
        .map_err(|error| desk.trouble(&visitor, &error))?;
    let done = acted == Acted::Done;
    if done {
        let detail = format!("{}: {}", wish.words(), article.title);
        desk.note(Note {
            who: &visitor.name,
            act: Act::Arrange.name(),
            about: &id,
            done,
            detail: &detail,
        })
        .await;
    }
    let told = if done {
        let words = format!("{}: {}.", wish.words(), article.title);
        Told::new(Tone::Good, words)
    } else {
        Told::new(Tone::Quiet, "It was so already.")
    };
    editor(&desk, &visitor, &edition, (StatusCode::OK, told)).await
}

/// What somebody says of a story for the editions to come.
#[derive(Clone, Copy)]
pub(in crate::http) enum Wish {
    /// It stands at the top of the next one.
    Pin,
    /// Not any more.
    Unpin,
    /// It stands in none.
    Hide,
    /// Not any more.
    Unhide,
    /// Its score is multiplied by this.
    Boost(f64),
}

impl Wish {
    fn of(form: &Pairs) -> Option<Self> {
        Some(match form.get("do")? {
            "pin" => Self::Pin,
            "unpin" => Self::Unpin,
            "hide" => Self::Hide,
            "unhide" => Self::Unhide,
            "boost" => {
                let factor: f64 = form.numbered("factor")?.trim().parse().ok()?;
                Self::Boost(Some(factor).filter(|factor| BOOSTS.contains(factor))?)
            }
            _ => return None,
        })
    }

    pub(in crate::http) fn words(self) -> String {
        match self {
            Self::Pin => "Pinned for the next edition".to_owned(),
            Self::Unpin => "Not pinned any more".to_owned(),
            Self::Hide => "Kept out of the editions to come".to_owned(),
            Self::Unhide => "Not kept out any more".to_owned(),
            Self::Boost(factor) => format!("Boosted by {factor} in the editions to come"),
        }
    }

    async fn act(self, desk: &Desk, article: &ArticleId) -> Result<Acted, Error> {
        let mut tx = desk.database().begin_write().await?;
        let acted = self
            .act_in(&mut tx, article, desk.now().as_second())
            .await?;
        database::commit(tx).await?;
        Ok(acted)
    }

    /// Says it, in a transaction.
    pub(in crate::http) async fn act_in(
        self,
        conn: &mut Conn,
        article: &ArticleId,
        now: i64,
    ) -> Result<Acted, Error> {
        match self {
            Self::Pin => store::pin(conn, article, now).await,
            Self::Unpin => store::unpin(conn, article).await,
            Self::Hide => store::hide(conn, article, now).await,
            Self::Unhide => store::unhide(conn, article).await,
            Self::Boost(factor) => store::boost(conn, article, factor).await,
        }
    }
}
