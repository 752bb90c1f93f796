//! `courant rank`: the order now, and why.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::articles::marks;
use super::exit::{self, Failure};
use super::{Desk, find_digest, instant};
use crate::articles::{Article, cluster::also_reported_by};
use crate::pipeline;
use crate::ranking::{self, Parts, document};

#[derive(Debug, Args)]
pub(super) struct Rank {
    /// For which digest; the first one of the configuration if not given
    #[arg(long, value_name = "NAME")]
    digest: Option<String>,
    /// As if it were this instant (RFC 3339)
    #[arg(long, value_name = "T")]
    at: Option<String>,
    /// Rank what this document says, with no store ("-" reads standard input)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["digest", "at", "explain"])]
    input: Option<PathBuf>,
    /// Say in words what each score is made of
    #[arg(long)]
    explain: bool,
}

#[derive(Serialize)]
struct Other<'a> {
    article: &'a str,
    source: &'a str,
    title: &'a str,
}

fn other(article: &Article) -> Other<'_> {
    Other {
        article: article.id.as_str(),
        source: &article.source,
        title: &article.title,
    }
}

#[derive(Serialize)]
struct Line<'a> {
    article: &'a str,
    url: &'a str,
    title: &'a str,
    score: f64,
    parts: &'a Parts,
    /// Articles that tell the same story share this: the id of the one that told it first.
    cluster: &'a str,
    /// The others that tell it; they are no candidates.
    also: Vec<Other<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
    /// The edition of this digest that had it: it will not be sent again.
    sent_in: Option<&'a str>,
    hidden: bool,
}

impl Rank {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        if let Some(input) = &self.input {
            return answer(desk, input);
        }
        let (config, database) = desk.open().await?;
        let name = match &self.digest {
            Some(name) => name.as_str(),
            None => config
                .digest
                .first()
                .map_or("", |digest| digest.name.as_str()),
        };
        let digest = find_digest(&config, name)?;
        let at = instant(self.at.as_deref(), &desk.clock)?;
        let mut reader = database.reader().await?;
        let ranking = pipeline::rank(&mut reader, &config, digest, at).await?;
        let sent = crate::edition::store::sent_articles(&mut reader, &digest.name).await?;
        let last = if self.explain {
            crate::edition::store::before(&mut reader, &digest.name, at).await?
        } else {
            None
        };
        let moved = match &last {
            Some(last) => pipeline::moved_since(&mut reader, last, &ranking).await?,
            None => BTreeMap::new(),
        };
        let by_id: BTreeMap<&str, &Article> = ranking
            .articles
            .iter()
            .map(|article| (article.id.as_str(), article))
            .collect();
        if ranking.scores.is_empty() {
            desk.output
                .note(format!("no article is younger than {}", digest.max_age()));
            return Ok(exit::NOTHING);
        }
        let mut rows = Vec::new();
        for (index, score) in ranking.scores.iter().enumerate() {
            let Some(article) = by_id.get(score.story.as_str()) else {
                continue;
            };
            let also = ranking.also.get(&article.id).map_or(&[][..], Vec::as_slice);
            let explanation = self.explain.then(|| {
                let mut words = ranking::explain(score, &ranking.estimates, None);
                let others = also_reported_by(article, also);
                for more in moved.get(&score.story).into_iter().chain(&others) {
                    words.push_str("; ");
                    words.push_str(more);
                }
                words
            });
            let mut told_by = std::iter::once(*article).chain(also);
            let sent_in = told_by.find_map(|article| sent.get(&article.id));
            let sent_in = sent_in.map(crate::edition::EditionId::as_str);
            desk.output.json(&Line {
                article: &score.story,
                url: &article.url,
                title: &article.title,
                score: score.total,
                parts: &score.parts,
                cluster: article.cluster.as_ref().unwrap_or(&article.id).as_str(),
                also: also.iter().map(other).collect(),
                explanation: explanation.clone(),
                sent_in,
                hidden: article.hidden_at.is_some(),
            })?;
            let hand = marks(article);
            if let Some(words) = explanation {
                let words = match hand.as_str() {
                    "" => words,
                    hand => format!("{hand} by the editor; {words}"),
                };
                desk.output
                    .line(format!("{:>3}. {}\n     {words}", index + 1, article.title));
                if let Some(edition) = sent_in {
                    desk.output.line(format!("     already sent in {edition}"));
                }
            }
            rows.push(vec![
                (index + 1).to_string(),
                format!("{:.4}", score.total),
                format!("{:.1}", score.parts.clicks),
                format!("{:.0}", score.parts.age_hours),
                sent_in.unwrap_or_default().to_owned(),
                hand,
                article.title.clone(),
            ]);
        }
        if !self.explain {
            desk.output.table(
                &[
                    "#", "score", "clicks", "hours", "sent in", "editor", "title",
                ],
                &rows,
                70,
            );
        }
        Ok(exit::DONE)
    }
}

/// No document is larger; one of 100,000 articles and 200,000 exposures has some 40 MB.
const LARGEST_BYTES: u64 = 1 << 30;

/// `rank --input`: one document in, one out, in either style.
fn answer(desk: &Desk, input: &Path) -> Result<u8, Failure> {
    let name = input.display();
    let unread = |error: std::io::Error| {
        Failure::new(exit::USAGE, format!("could not read {name}: {error}"))
    };
    let mut bytes = Vec::new();
    let length = if input == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST_BYTES)
            .read_to_end(&mut bytes)
    } else {
        let file = std::fs::File::open(input).map_err(unread)?;
        file.take(LARGEST_BYTES).read_to_end(&mut bytes)
    };
    length.map_err(unread)?;
    let found = document::answer(&bytes).map_err(|error| {
        let (code, hint) = match &error {
            document::Error::Config(_) => (
                exit::CONFIGURATION,
                "keys of `config` are those of [ranking] in digest.toml, and a few more",
            ),
            document::Error::Document { .. } | document::Error::Value(_) => {
                (exit::USAGE, "docs/ranking.md describes the document")
            }
        };
        Failure::new(code, format!("could not use {name}: {error}")).hint(hint)
    })?;
    for note in &found.notes {
        desk.output.note(note);
    }
    let text = serde_json::to_string(&found)
        .map_err(|error| Failure::new(exit::UNEXPECTED, error.to_string()))?;
    desk.output.raw(&text);
    Ok(exit::DONE)
}
