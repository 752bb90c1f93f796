//! Editions changed, tested, approved and called off.

use axum::extract::State as Shared;
use courant_subscribers::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::editions::{gives_edition, shown};
use super::operation::Operation;
use super::preview;
use super::problem::Problem;
use super::read::{Id, Input, MOST_WHOLE, whole};
use super::{Answer, Api, json};
use crate::desk::addresses::{MOST, to_whom};
use crate::desk::{Act, store};
use crate::edition::edit::{Edit, EditError};
use crate::edition::store::versions;
use crate::edition::{Edition, Status, Step};
use crate::http::desk::stage;
use crate::http::desk::test::each;
use crate::pipeline;
use crate::preflight;
use crate::telemetry::with_causes;

/// Changes at once.
const MOST_CHANGES: usize = 100;

pub(super) fn operations() -> Vec<Operation> {
    let change = Operation::post(
        ("/editions/{id}/changes", "change_edition"),
        (
            "Change an edition, all or nothing",
            "Subject, preheader, notice, note and sponsor are for everybody of the desk, stories for editors. A change \
             takes an approval back; one that changes nothing makes no version.",
        ),
        change,
    );
    let restore = Operation::post(
        ("/editions/{id}/restore", "restore_edition"),
        (
            "Put an edition back to what it was before a change",
            "That is a change as well.",
        ),
        restore,
    );
    let approve = Operation::post(
        ("/editions/{id}/approve", "approve_edition"),
        (
            "Say that an edition may go out",
            "Refused while a check fails; `findings` says which.",
        ),
        approve,
    );
    let cancel = Operation::post(
        ("/editions/{id}/cancel", "cancel_edition"),
        (
            "Call an edition off",
            "What has not left stays here; sending stops within seconds. It takes no version: what is to stop is to \
             stop, whoever changed it meanwhile.",
        ),
        cancel,
    );
    let test = Operation::post(
        ("/editions/{id}/test", "test_edition"),
        (
            "Send a test to some addresses",
            "Never counted, and in no ledger; its links belong to nobody.",
        ),
        test,
    );
    vec![
        gives_edition(change.takes::<Wanted>().refuses(&[403, 409, 422])),
        gives_edition(restore.takes::<Back>().refuses(&[403, 409, 422])),
        gives_edition(approve.takes::<Seen>().refuses(&[403, 409])),
        gives_edition(cancel.refuses(&[403, 409])),
        test.takes::<Test>().gives::<Tested>().refuses(&[403, 422]),
    ]
}

/// Changes of an edition as it was seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewChanges")]
struct Wanted {
    /// The version they are made to.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 0, max = MOST_WHOLE))]
    version: i64,
    /// The changes, in order.
    #[schemars(length(min = 1, max = MOST_CHANGES))]
    changes: Vec<Edit>,
}

/// What a change takes.
fn act(edit: &Edit) -> Act {
    match edit {
        Edit::Subject { .. }
        | Edit::Alternatives { .. }
        | Edit::Preheader { .. }
        | Edit::Notice { .. }
        | Edit::Note { .. }
        | Edit::Sponsor { .. } => Act::Write,
        Edit::Headline { .. }
        | Edit::Summary { .. }
        | Edit::Alt { .. }
        | Edit::NoPicture { .. }
        | Edit::Url { .. }
        | Edit::Lead { .. }
        | Edit::Up { .. }
        | Edit::Down { .. }
        | Edit::Remove { .. } => Act::Arrange,
    }
}

async fn change(
    Shared(api): Shared<Api>,
    caller: Caller,
    Id(id): Id,
    Input(wanted): Input<Wanted>,
) -> Answer {
    let is_arranged = wanted.changes.iter().any(|edit| act(edit) == Act::Arrange);
    let act = if is_arranged {
        Act::Arrange
    } else {
        Act::Write
    };
    api.may(&caller, act, id.as_str()).await?;
    if !(1..=MOST_CHANGES).contains(&wanted.changes.len()) {
        return Err(Problem::cannot(format!(
            "changes: 1 to {MOST_CHANGES} at once."
        )));
    }
    let edition = api.edition_at(&id, wanted.version).await?;
    let desk = &api.0.desk;
    let by = caller.name();
    let what = (&edition, wanted.changes.as_slice());
    let changed = pipeline::change(desk.database(), desk.config(), what, by, desk.now()).await;
    api.stored(
        &caller,
        act,
        (&edition, changed.map(|(changed, _)| changed)),
    )
    .await
}

/// A change to take back, in an edition as it was seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restore")]
struct Back {
    /// The version that is put back.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 0, max = MOST_WHOLE))]
    version: i64,
    /// The version of the change before which it was as it should be.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 0, max = MOST_WHOLE))]
    change: i64,
}

async fn restore(
    Shared(api): Shared<Api>,
    caller: Caller,
    Id(id): Id,
    Input(back): Input<Back>,
) -> Answer {
    api.may(&caller, Act::Arrange, id.as_str()).await?;
    let edition = api.edition_at(&id, back.version).await?;
    let desk = &api.0.desk;
    let mut reader = desk.database().reader().await?;
    let all = versions::versions(&mut reader, &edition.id).await?;
    drop(reader);
    if !all.iter().any(|it| it.version == back.change) {
        let detail = format!("change: the edition has no change {}.", back.change);
        return Err(Problem::cannot(detail));
    }
    let by = caller.name();
    let what = (&edition, back.change);
    let changed = pipeline::restore(desk.database(), desk.config(), what, by, desk.now()).await;
    api.stored(
        &caller,
        Act::Arrange,
        (&edition, changed.map(|(changed, _)| changed)),
    )
    .await
}

/// The version of an edition that somebody looked at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The version the answer is about.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 0, max = MOST_WHOLE))]
    version: i64,
}

async fn approve(
    Shared(api): Shared<Api>,
    caller: Caller,
    Id(id): Id,
    Input(seen): Input<Seen>,
) -> Answer {
    api.may(&caller, Act::Approve, id.as_str()).await?;
    let edition = api.edition_at(&id, seen.version).await?;
    if edition.status == Status::Draft {
        let findings = api.0.desk.findings(&edition).await;
        // What was not looked at is no pass.
        let findings = findings.map_err(|error| Problem::trouble(&error))?;
        if preflight::has_failed(&findings) {
            let about = (Act::Approve, id.as_str());
            api.note(&caller, about, (false, "a check fails")).await;
            let problem = Problem::conflict(
                "Not approved: a check fails. `findings` says which, and how to mend it.",
            );
            return Err(problem.with_failed(&findings));
        }
    }
    api.step(&caller, (edition, Step::Approve), Act::Approve)
        .await
}

async fn cancel(Shared(api): Shared<Api>, caller: Caller, Id(id): Id) -> Answer {
    api.may(&caller, Act::Cancel, id.as_str()).await?;
    let edition = api.edition(&id).await?;
    api.step(&caller, (edition, Step::Cancel), Act::Cancel)
        .await
}

impl Api {
    /// An edition, if it still is what somebody saw.
    async fn edition_at(
        &self,
        id: &crate::edition::EditionId,
        version: i64,
    ) -> Result<Edition, Problem> {
        let edition = self.edition(id).await?;
        if edition.version == version {
            return Ok(edition);
        }
        let now = edition.version;
        let detail =
            format!("version: you name {version}, and it is {now} by now. Look at it again first.");
        Err(Problem::conflict(detail).at_version(now))
    }

    /// The answer to a change.
    async fn stored(
        &self,
        caller: &Caller,
        act: Act,
        (before, changed): (&Edition, Result<Edition, pipeline::Error>),
    ) -> Answer {
        let changed = changed.map_err(|error| match &error {
            pipeline::Error::Changed(_) => Problem::conflict(
                "Somebody changed it just now, or it is on its way. Look at it again first.",
            ),
            pipeline::Error::Edit(EditError::Status(_)) => {
                Problem::conflict(format!("Not changed: {}.", with_causes(&error)))
            }
            pipeline::Error::Edit(_)
            | pipeline::Error::NoChange(..)
            | pipeline::Error::TooLarge { .. } => {
                Problem::cannot(format!("Not changed: {}.", with_causes(&error)))
            }
            _ => Problem::trouble(&error),
        })?;
        if changed.version != before.version {
            let detail = format!("version {}", changed.version);
            self.done(caller, act, (before.id.as_str(), &detail)).await;
        }
        shown(self, &changed)
    }

    async fn step(&self, caller: &Caller, (edition, step): (Edition, Step), act: Act) -> Answer {
        let desk = &self.0.desk;
        let id = edition.id.as_str();
        let taken = pipeline::take_step(desk.database(), &edition, step, desk.now()).await;
        let problem = match taken {
            Ok(Some(status)) => {
                self.done(caller, act, (id, "")).await;
                return shown(self, &Edition { status, ..edition });
            }
            Ok(None) => Problem::conflict("It has changed just now. Look at it again first."),
            Err(pipeline::Error::Edition(error @ crate::edition::Error::Step { .. })) => {
                Problem::conflict(format!("Not done: {error}."))
            }
            Err(error) => Problem::trouble(&error),
        };
        self.note(
            caller,
            (act, id),
            (false, "it does not allow it as it stands"),
        )
        .await;
        Err(problem)
    }
}

/// A test to send.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTest")]
struct Test {
    /// To whom.
    #[schemars(length(min = 1, max = MOST), inner(length(min = 3, max = 320)))]
    to: Vec<String>,
    /// And to the addresses of a group of the desk, by its name.
    #[serde(default)]
    #[schemars(length(min = 1, max = 60))]
    group: Option<String>,
    /// As which reader gets it, by address; without it the edition's own copy.
    #[serde(default, rename = "as")]
    #[schemars(length(min = 3, max = 320))]
    reader: Option<String>,
}

/// What became of a test.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TestResults")]
struct Tested {
    /// How many addresses it went to.
    sent: usize,
    /// Each address, as it was given.
    results: Vec<Result_>,
}

/// What became of a test to one address.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TestResult")]
struct Result_ {
    /// The address.
    to: String,
    /// Whether the relay took it.
    sent: bool,
    /// What the relay said, or why it was not asked.
    reply: String,
}

/// The addresses of a list, each once.
fn addresses(texts: &[String]) -> Result<Vec<EmailAddress>, Problem> {
    let mut all: Vec<EmailAddress> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let address = EmailAddress::parse(text)
            .map_err(|error| Problem::cannot(format!("to/{at}: {error}.")))?;
        if !all.iter().any(|known| known.key() == address.key()) {
            all.push(address);
        }
    }
    match all.len() {
        0 => Err(Problem::cannot("to: to whom? Name an address.")),
        1..=MOST => Ok(all),
        more => Err(Problem::cannot(format!(
            "to: {more} addresses are more than a test: {MOST} at most."
        ))),
    }
}

async fn test(
    Shared(api): Shared<Api>,
    caller: Caller,
    Id(id): Id,
    Input(test): Input<Test>,
) -> Answer {
    api.may(&caller, Act::Test, id.as_str()).await?;
    let desk = &api.0.desk;
    let mut to = test.to;
    if let Some(name) = &test.group {
        let mut conn = desk.database().reader().await?;
        let addresses = store::group(&mut conn, name).await?;
        let addresses =
            addresses.ok_or_else(|| Problem::cannot("group: there is no group of that name."))?;
        to.extend(addresses.lines().map(str::to_owned));
    }
    let to = addresses(&to)?;
    let edition = api.edition(&id).await?;
    let wanted = stage::Wanted {
        reader: preview::number(&api, test.reader.as_deref()).await?,
        ..stage::Wanted::default()
    };
    let shown = preview::shown(&api, &edition, wanted).await?;
    let composer = desk.composer(edition);
    let composer = composer.map_err(|error| Problem::trouble(&error))?;
    let whom = to_whom(&to);
    let results = each(desk, (&composer, &shown), to).await;
    let sent = results.iter().filter(|sample| sample.went).count();
    let detail = format!("{sent} of {whom}");
    if sent > 0 {
        api.done(&caller, Act::Test, (id.as_str(), &detail)).await;
    } else {
        api.note(&caller, (Act::Test, id.as_str()), (false, &detail))
            .await;
    }
    let results = results.into_iter().map(|sample| Result_ {
        to: sample.address,
        sent: sample.went,
        reply: sample.reply,
    });
    json(&Tested {
        sent,
        results: results.collect(),
    })
}
