//! What is held about a reader: shown as a file, and deleted.

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use courant_templates::view::MessageView;

use super::{Answer, Own, State, respond};
use crate::clock;
use crate::links::Kind;
use crate::people;

/// `GET /p/{token}/data`: everything that is held about the reader, as a file.
pub(super) async fn data(Shared(state): Shared<State>, Path(token): Path<String>) -> Answer {
    let Own { token, .. } = state.verified_own(&token, Kind::Preferences).await?;
    let (state, person, _) = state.person(token).await?;
    let held = async {
        let mut reader = state.0.database.reader().await?;
        people::everything(&mut reader, &person.address).await
    };
    let held = held.await.map_err(|error| state.trouble(&error))?;
    let text = clock::in_words(&held).and_then(|held| serde_json::to_string_pretty(&held));
    let text = text.unwrap_or_default();
    let mut response = respond(StatusCode::OK, "application/json", text);
    let name = HeaderValue::from_static("attachment; filename=\"my-data.json\"");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// `POST /p/{token}/erase`
pub(super) async fn erase(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answer {
    let Own { token, .. } = state.verified_own(&token, Kind::Preferences).await?;
    let mut pairs = url::form_urlencoded::parse(&body);
    if !pairs.any(|(name, value)| name == "erase" && value == "1") {
        return Err(state.no_button());
    }
    let (state, person, _) = state.person(token).await?;
    let now = state.0.clock.unix();
    let erased = people::forget(&state.0.database, &person.address, now).await;
    let _twice_is_fine = erased.map_err(|error| state.trouble(&error))?;
    tracing::info!("a reader was erased");
    let words = state.words();
    let view = MessageView {
        title: &words.erased_title,
        text: &words.erased_text,
        list: "",
        address: "",
        links: Vec::new(),
        small: None,
    };
    Ok(state.message(StatusCode::OK, &view))
}
