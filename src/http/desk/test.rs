//! Tests of an edition, to addresses or a saved group, as a chosen reader would get it.

use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use courant_subscribers::EmailAddress;
use courant_templates::desk::parts::Tone;

use super::enter::Posted;
use super::look::{Said, clock_time, look};
use super::pairs::Pairs;
use super::stage::{Shown, whom};
use super::{Answer, Desk};
use crate::delivery::compose::Composer;
use crate::delivery::transport::Outlet;
use crate::delivery::{Sample, sample};
use crate::desk::addresses::{addresses, to_whom};
use crate::desk::{Act, Note, store};
use crate::telemetry::with_causes;

/// `POST /desk/editions/{id}/test`
pub(super) async fn send(
    Shared(desk): Shared<Desk>,
    RawQuery(query): RawQuery,
    posted: Posted,
) -> Answer {
    let query = Pairs::of_query(query.as_deref());
    let Posted {
        visitor,
        about: id,
        form,
    } = posted;
    desk.may(&visitor, Act::Test, &id).await?;
    let mut text = form.get("to").unwrap_or_default().to_owned();
    let given = text.clone();
    if let Some(group) = form.get("group").filter(|name| !name.is_empty()) {
        let found = async {
            let mut conn = desk.database().reader().await?;
            store::group(&mut conn, group).await
        };
        let addresses = found
            .await
            .map_err(|error: crate::database::Error| desk.trouble(&visitor, &error))?;
        if let Some(addresses) = addresses {
            text.push('\n');
            text.push_str(&addresses);
        }
    }
    let to = match addresses(&text) {
        Ok(to) => to,
        Err(wrong) => {
            let said = Said {
                message: Some((Tone::Bad, format!("No test was sent: {wrong}"))),
                to: given,
                wrong: Some(wrong),
                results: Vec::new(),
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return look(&desk, &visitor, (&id, &query), (status, said)).await;
        }
    };
    let edition = desk.edition(&visitor, &id).await?;
    let shown = desk.shown(&edition, query.reader()).await;
    let shown = shown.map_err(|error| desk.trouble(&visitor, &error))?;
    let zone = edition.frame.zone();
    let composer = desk.composer(edition);
    let composer = composer.map_err(|error| desk.trouble(&visitor, &error))?;
    let whom_to = to_whom(&to);
    let results = each(&desk, (&composer, &shown), to).await;
    let went = results.iter().filter(|sample| sample.went).count();
    let detail = format!("{went} of {whom_to}");
    desk.note(Note {
        who: &visitor.name,
        act: Act::Test.name(),
        about: &id,
        done: went > 0,
        detail: &detail,
    })
    .await;
    let all = results.len();
    let at = clock_time(desk.now(), &zone);
    let tone = match went {
        went if went == all => Tone::Good,
        0 => Tone::Bad,
        _ => Tone::Warn,
    };
    let said = Said {
        message: Some((
            tone,
            format!(
                "The test went to {went} of {all} {} at {at}. {}",
                if all == 1 { "address" } else { "addresses" },
                whom(&shown)
            ),
        )),
        to: given,
        wrong: None,
        results,
    };
    let view = query.get("view").unwrap_or("desktop");
    let back = format!("view={view}{}", shown.query());
    desk.lead_to(&visitor, (&id, &back), said)
}

/// Sends to each address; what came of it.
pub(in crate::http) async fn each(
    desk: &Desk,
    (composer, shown): (&Composer, &Shown),
    to: Vec<EmailAddress>,
) -> Vec<Sample> {
    let config = desk.config();
    let password = config.environment.smtp_password.as_ref();
    let transport = config.delivery.open_transport(&config.folder, password);
    let failed = |address: &EmailAddress, why: &dyn std::error::Error| Sample {
        address: address.to_string(),
        went: false,
        reply: with_causes(why),
    };
    let mut outlet = match transport {
        Ok(transport) => Outlet::new(transport),
        Err(error) => return to.iter().map(|address| failed(address, &error)).collect(),
    };
    let mut results = Vec::new();
    for (at, address) in to.iter().enumerate() {
        // Nobody waits ten times for a relay that is not there.
        if let Err(error) = outlet.ready().await {
            let rest = to.get(at..).unwrap_or_default();
            results.extend(rest.iter().map(|address| failed(address, &error)));
            return results;
        }
        let copy = (&shown.recipient, &shown.variant);
        let tried = sample(&mut outlet, composer, copy, address).await;
        results.push(tried.unwrap_or_else(|error| failed(address, &error)));
    }
    outlet.hang_up().await;
    results
}
