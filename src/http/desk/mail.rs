//! The mail of an edition by itself: in a frame, and as files.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::enter::Visitor;
use super::pairs::Pairs;
use super::stage::Shown;
use super::{Answer, Desk};
use crate::delivery::compose::{Composer, Purpose};
use crate::edition::Edition;

/// An edition and who it is shown as.
async fn wanted(
    desk: &Desk,
    visitor: &Visitor,
    (id, query): (&str, &Pairs),
) -> Result<(Edition, Shown, Composer), Response<Body>> {
    let edition = desk.edition(visitor, id).await?;
    let shown = desk.shown(&edition, query.reader()).await;
    let shown = shown.map_err(|error| desk.trouble(visitor, &error))?;
    let composer = desk.composer(edition.clone());
    let composer = composer.map_err(|error| desk.trouble(visitor, &error))?;
    Ok((edition, shown, composer))
}

/// Where our own colours for the dark begin.
const DARK: &str = "@media (prefers-color-scheme:dark)";

/// `GET /desk/editions/{id}/mail`: for a frame that lets nothing out. `look` is dark, inverted or plain.
///
/// What is sent, but for this: links open nothing, and the way it is looked at is put in front of its own style.
pub(super) async fn shown(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = Pairs::of_query(query.as_deref());
    let (_, shown, composer) = wanted(&desk, &visitor, (&id, &query)).await?;
    let rendered = composer.rendered(&shown.recipient, &shown.variant);
    let mut html = rendered.html.unwrap_or_else(|| {
        "<!DOCTYPE html><title>Text alone</title><p>This reader gets text alone.</p>".to_owned()
    });
    match query.get("look") {
        Some("dark") => html = html.replace(DARK, "@media all"),
        // As a mail program does that knows nothing of our dark colours.
        Some("inverted") => {
            html = html.replace(DARK, "@media not all");
            let invert = "<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}\
                img{filter:invert(1) hue-rotate(180deg)}</style></head>";
            html = html.replacen("</head>", invert, 1);
        }
        Some("plain") => html = without_style(&html),
        _ => html = html.replace(DARK, "@media not all"),
    }
    // A link in a frame without permission to open windows leads nowhere.
    html = html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let mut response = super::super::respond(StatusCode::OK, "text/html; charset=utf-8", html);
    let pictures = if query.get("images") == Some("off") {
        "'none'"
    } else {
        "https: http: data:"
    };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; form-action 'none'; \
         frame-ancestors 'self'; sandbox"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        let same = HeaderValue::from_static("same-origin");
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            same,
        );
    }
    Ok(response)
}

/// The mail as programs show it that drop the style block.
fn without_style(html: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(html.len()), html);
    while let Some((before, after)) = rest.split_once("<style") {
        kept.push_str(before);
        rest = after.split_once("</style>").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

pub(in crate::http) fn file(name: &str, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = super::super::respond(StatusCode::OK, kind, body);
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, disposition);
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        );
    }
    response
}

/// `GET /desk/editions/{id}/mail.eml`: the message as it is sent, with links that belong to nobody.
pub(super) async fn message(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = Pairs::of_query(query.as_deref());
    let (edition, shown, composer) = wanted(&desk, &visitor, (&id, &query)).await?;
    let mail = composer.mail(&shown.recipient, &shown.variant, Purpose::Edition);
    let mail = mail.map_err(|error| desk.trouble(&visitor, &error))?;
    Ok(file(
        &format!("{}.eml", edition.id),
        "message/rfc822",
        mail.bytes,
    ))
}

/// `GET /desk/editions/{id}/mail.html`
pub(super) async fn html_part(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = Pairs::of_query(query.as_deref());
    let (edition, shown, composer) = wanted(&desk, &visitor, (&id, &query)).await?;
    let html = composer.rendered(&shown.recipient, &shown.variant).html;
    let html = html.unwrap_or_default().into_bytes();
    Ok(file(
        &format!("{}.html", edition.id),
        "text/html; charset=utf-8",
        html,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_blocks_are_dropped_and_nothing_else() {
        assert_eq!(
            without_style(
                "<head><style>a{}</style><title>x</title><style media=x>b</style></head>"
            ),
            "<head><title>x</title></head>"
        );
        assert_eq!(without_style("<p style=\"x\">y"), "<p style=\"x\">y");
    }
}
