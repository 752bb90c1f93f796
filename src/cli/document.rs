//! A document that a person names: a file, standard input, or something on the web.

use std::path::Path;

use url::Url;

use super::Desk;
use crate::fetch::{Fetched, Fetcher, Validators};
use crate::sources::poll;
use crate::telemetry::with_causes;
use crate::units::Bytes;

/// A document as it came.
pub(super) struct Document {
    /// Its beginning, as far as `fetch.max_bytes`.
    pub(super) bytes: Vec<u8>,
    /// What links are relative to: as a person said, else where it was found.
    pub(super) url: Option<Url>,
    /// As a person said, else as it was served.
    pub(super) content_type: Option<String>,
    /// It goes on behind `limit`.
    pub(super) cut: bool,
    /// `fetch.max_bytes`.
    pub(super) limit: Bytes,
    /// What it was asked with; none for what did not come from the web.
    pub(super) fetcher: Option<Fetcher>,
}

/// The address, if `from` is one on the web.
pub(super) fn web(from: &str) -> Option<Url> {
    let url = Url::parse(from).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Reads what `from` names; `url` and `content_type` win over what the answer says.
///
/// # Errors
/// Why it cannot be read, in words that follow its name.
pub(super) async fn read(
    desk: &Desk,
    from: &str,
    url: Option<Url>,
    content_type: Option<String>,
) -> Result<Document, String> {
    // The configuration only says how to ask; without one the defaults do.
    let settings = desk.config().map(|config| config.fetch).unwrap_or_default();
    let limit = settings.max_bytes;
    let Some(place) = web(from) else {
        let read = if from == "-" {
            poll::read_limited(tokio::io::stdin(), limit).await
        } else {
            poll::read_file(Path::new(from), limit).await
        };
        let (bytes, cut) = read.map_err(|error| format!("cannot be read: {error}"))?;
        return Ok(Document {
            bytes,
            url,
            content_type,
            cut,
            limit,
            fetcher: None,
        });
    };
    let fetcher = Fetcher::new(&settings).map_err(|error| with_causes(&error))?;
    let fetched = fetcher.get(&place, &Validators::default()).await;
    match fetched.map_err(|error| with_causes(&error))? {
        Fetched::NotModified => Err("answered \"not modified\" to a first request".to_owned()),
        Fetched::Body(body) => Ok(Document {
            bytes: body.bytes,
            url: Some(url.unwrap_or(body.final_url)),
            content_type: content_type.or(body.content_type),
            cut: body.cut,
            limit,
            fetcher: Some(fetcher),
        }),
    }
}
