//! Approving an edition, and calling it off.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{Response, StatusCode};
use courant_templates::desk::parts::Tone;

use super::edit::as_seen;
use super::enter::{Posted, Visitor};
use super::look::{Said, look};
use super::pairs::Pairs;
use super::{Answer, Desk};
use crate::desk::{Act, Note};
use crate::edition::{Edition, Status, Step};
use crate::pipeline;
use crate::preflight;

/// `POST /desk/editions/{id}/approve`: refused while a check fails.
pub(super) async fn approve(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let edition = posted.edition(&desk, Act::Approve).await?;
    let Posted {
        visitor,
        about: id,
        form,
    } = posted;
    // What is no draft any more is nobody's to look at: the step says why.
    let is_draft = edition.status == Status::Draft;
    if is_draft && preflight::has_failed(&desk.check(&visitor, &edition).await?) {
        desk.note(Note {
            who: &visitor.name,
            act: Act::Approve.name(),
            about: &id,
            done: false,
            detail: "a check fails",
        })
        .await;
        let words = "Not approved: a check fails. What it is, and how to mend it, stands below.";
        return said(
            &desk,
            &visitor,
            (&id, "view=checks"),
            (StatusCode::CONFLICT, Tone::Bad, words),
        )
        .await;
    }
    step(&desk, &visitor, (edition, &form), Step::Approve).await
}

/// `POST /desk/editions/{id}/cancel`
pub(super) async fn cancel(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let edition = posted.edition(&desk, Act::Cancel).await?;
    let Posted { visitor, form, .. } = posted;
    step(&desk, &visitor, (edition, &form), Step::Cancel).await
}

async fn step(
    desk: &Desk,
    visitor: &Visitor,
    (edition, form): (Edition, &Pairs),
    step: Step,
) -> Answer {
    let id = edition.id.to_string();
    let act = if step == Step::Approve {
        Act::Approve
    } else {
        Act::Cancel
    };
    // Whoever says yes says it to what they saw.
    let seen = as_seen(edition, form);
    let taken = pipeline::take_step(desk.database(), &seen, step, desk.now()).await;
    let (done, status, tone, words) = match &taken {
        Ok(Some(Status::Approved)) => (
            true,
            StatusCode::OK,
            Tone::Good,
            "Approved. It leaves with the next run of its digest.".to_owned(),
        ),
        Ok(Some(_)) => (
            true,
            StatusCode::OK,
            Tone::Good,
            "Called off. What has not left stays here; sending stops within seconds.".to_owned(),
        ),
        Ok(None) => (
            false,
            StatusCode::CONFLICT,
            Tone::Bad,
            "It has changed since you opened this page. Look at it again first.".to_owned(),
        ),
        Err(pipeline::Error::Edition(error)) => (
            false,
            StatusCode::CONFLICT,
            Tone::Bad,
            format!("Not done: {error}."),
        ),
        Err(error) => return Err(desk.trouble(visitor, error)),
    };
    desk.note(Note {
        who: &visitor.name,
        act: act.name(),
        about: &id,
        done,
        detail: if done { "" } else { &words },
    })
    .await;
    if done {
        let said = Said {
            message: Some((tone, words)),
            ..Said::default()
        };
        return desk.lead_to(visitor, (&id, "view=desktop"), said);
    }
    said(desk, visitor, (&id, ""), (status, tone, &words)).await
}

async fn said(
    desk: &Desk,
    visitor: &Visitor,
    (id, query): (&str, &str),
    (status, tone, words): (StatusCode, Tone, &str),
) -> Result<Response<Body>, Response<Body>> {
    let said = Said {
        message: Some((tone, words.to_owned())),
        ..Said::default()
    };
    let query = Pairs::of_query(Some(query));
    look(desk, visitor, (id, &query), (status, said)).await
}
