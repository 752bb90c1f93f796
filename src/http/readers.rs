//! The pages a reader reaches from the footer: leaving, preferences, the copy in a browser.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{Response, StatusCode};
use courant_languages::{Language, Locale};
use courant_subscribers::store::subscribers;
use courant_subscribers::{
    Counting, Digests, Format, How, Outcome, Preferences, Status, Subscriber, SubscriberId, Topics,
};
use courant_templates::view::{
    ChoiceView, Chosen, PreferencesView, UnsubscribeView, UnsubscribedView,
};
use courant_templates::web;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::track::{Asked, note};
use super::{Answer, Own, State, html, respond};
use crate::database::{self, Error};
use crate::delivery::{self, DeliveryId};
use crate::engagement::EventKind;
use crate::links::{Kind, Token};
use crate::render::{self, Prepared, Reader, Urls};
use crate::signup::leaving::{self, Left};

/// How long a pause is.
const PAUSE_SECONDS: i64 = 14 * 24 * 3600;

/// The time zones of places, by name.
static TIME_ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    const PLACES: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let all = jiff::tz::db().available().map(|name| name.to_string());
    let mut zones: Vec<_> = all
        .filter(|name| PLACES.iter().any(|place| name.starts_with(place)))
        .collect();
    zones.sort_unstable();
    zones
});

impl State {
    /// The person a token belongs to, what they chose, and this in their language; else a page, for tokens of
    /// tests and of erased readers.
    pub(super) async fn person(
        &self,
        token: Token,
    ) -> Result<(Self, Subscriber, Preferences), Response<Body>> {
        let found = async {
            let Some(person) = self.find(token).await? else {
                return Ok(None);
            };
            let chosen = load_preferences(self, person.id).await?;
            Ok(Some((person, chosen)))
        };
        match found.await {
            Ok(Some((person, chosen))) => {
                Ok((self.speaking(chosen.language.as_deref()), person, chosen))
            }
            Ok(None) => Err(self.gone()),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    async fn find(&self, token: Token) -> Result<Option<Subscriber>, Error> {
        let mut reader = self.0.database.reader().await?;
        let id = SubscriberId::from_i64(token.subscriber);
        Ok(subscribers::find_by_id(&mut reader, id).await?)
    }

    fn link(&self, token: Token, kind: Kind) -> String {
        self.0.links.url(Token { kind, ..token })
    }

    pub(super) fn gone(&self) -> Response<Body> {
        let words = self.words();
        self.problem(StatusCode::OK, &words.nobody_title, &words.nobody_text)
    }
}

/// `GET /u/{token}`: one button, and nothing changes. Who has left already sees that, and the way back.
pub(super) async fn unsubscribe_page(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
) -> Answer {
    let Own { token, .. } = state.verified_own(&token, Kind::Unsubscribe).await?;
    let (state, person, _) = state.person(token).await?;
    // The button ends all of it, whichever digest the link came with.
    let list = state.list_name();
    if person.status == Status::Unsubscribed {
        return Ok(unsubscribed_page(&state, token, &list, &person));
    }
    let view = UnsubscribeView {
        list: &list,
        masked_address: &person.address.masked(),
        action: &state.link(token, Kind::Unsubscribe),
        preferences_url: &state.link(token, Kind::Preferences),
    };
    Ok(html(
        StatusCode::OK,
        web::unsubscribe(&state.page(), &view, &state.0.config.theme),
    ))
}

/// "You are unsubscribed", with the way back for who may go it.
fn unsubscribed_page(
    state: &State,
    token: Token,
    list: &str,
    person: &Subscriber,
) -> Response<Body> {
    let undo = state.link(token, Kind::Unsubscribe);
    let view = UnsubscribedView {
        list,
        masked_address: &person.address.masked(),
        undo_action: (person.status == Status::Unsubscribed).then_some(undo.as_str()),
    };
    html(
        StatusCode::OK,
        web::unsubscribed(&state.page(), &view, &state.0.config.theme),
    )
}

/// What a POST to the unsubscribe address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// The mail program's own button (RFC 8058 section 3.2), urlencoded or multipart.
    OneClick,
    /// The page's button.
    Button,
    /// The button after it.
    Undo,
}

/// Nothing for a body that none of our forms and no mail program sends.
fn wish(body: &[u8]) -> Option<Wish> {
    let pairs: Vec<_> = url::form_urlencoded::parse(body.trim_ascii()).collect();
    let has = |name: &str, value: &str| pairs.iter().any(|(n, v)| n == name && v == value);
    if has("List-Unsubscribe", "One-Click") || has_one_click_part(body) {
        Some(Wish::OneClick)
    } else if has("undo", "1") {
        Some(Wish::Undo)
    } else {
        has("confirm", "1").then_some(Wish::Button)
    }
}

/// Whether a multipart body (RFC 7578) has the field `List-Unsubscribe` and it says `One-Click`.
fn has_one_click_part(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines();
    let Some(boundary) = lines.next().filter(|line| line.starts_with("--")) else {
        return false;
    };
    let boundary = boundary.trim_end();
    text.split(boundary).any(|part| {
        let part = part.replace("\r\n", "\n");
        let Some((head, value)) = part.trim_start().split_once("\n\n") else {
            return false;
        };
        let is_field = head.lines().any(|line| {
            let line = line.to_ascii_lowercase();
            let mut parameters = line.split(';').map(str::trim);
            parameters
                .next()
                .is_some_and(|name| name.starts_with("content-disposition:"))
                && parameters
                    .any(|it| it == "name=\"list-unsubscribe\"" || it == "name=list-unsubscribe")
        });
        is_field && value.trim() == "One-Click"
    })
}

/// `POST /u/{token}`: leaves, or comes back. Twice is fine.
pub(super) async fn unsubscribe(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Answer {
    let Own { token, edition } = state.verified_own(&token, Kind::Unsubscribe).await?;
    let Some(wish) = wish(&body) else {
        return Err(state.no_button());
    };
    let person = change(&state, token, wish)
        .await
        .map_err(|error| state.trouble(&error))?;
    if let Some(edition) = edition.filter(|_| wish != Wish::Undo) {
        note(&state, token, (&edition, EventKind::Unsubscribe), asked);
    }
    // No page, no redirect, no cookie: nobody is looking (RFC 8058 section 3.1).
    if wish == Wish::OneClick {
        return Ok(respond(StatusCode::OK, "text/plain; charset=utf-8", ""));
    }
    let person = person.ok_or_else(|| state.gone())?;
    let chosen = load_preferences(&state, person.id).await;
    let chosen = chosen.map_err(|error| state.trouble(&error))?;
    let state = state.speaking(chosen.language.as_deref());
    if wish == Wish::Undo {
        let notice = Some(state.words().subscribed_again.as_str());
        return Ok(preferences(&state, token, (&person, &chosen), notice));
    }
    Ok(unsubscribed_page(
        &state,
        token,
        &state.list_name(),
        &person,
    ))
}

async fn change(state: &State, token: Token, wish: Wish) -> Result<Option<Subscriber>, Error> {
    let how = match wish {
        Wish::OneClick => How::OneClick,
        Wish::Button => How::Button,
        Wish::Undo => return come_back(state, token).await,
    };
    let wish = leaving::Wish {
        id: SubscriberId::from_i64(token.subscriber),
        how,
        at: state.0.clock.unix(),
    };
    let id = wish.id;
    let left = leaving::leave_or_note(&state.0.database, wish, &state.0.config.signup).await?;
    let mut reader = state.0.database.reader().await?;
    let mut person = subscribers::find_by_id(&mut reader, id).await?;
    match left {
        Left::Now {
            outcome,
            is_written_to,
        } => {
            if is_written_to {
                state.0.news.notify_one();
            }
            if outcome == Outcome::Changed {
                tracing::info!("a reader left");
            }
        }
        Left::Soon => {
            if let Some(person) = &mut person {
                person.status = Status::Unsubscribed;
            }
        }
    }
    Ok(person)
}

async fn come_back(state: &State, token: Token) -> Result<Option<Subscriber>, Error> {
    let id = SubscriberId::from_i64(token.subscriber);
    let (database, config) = (&state.0.database, &state.0.config.signup);
    // What they wished before they came back comes first.
    let mut change = leaving::Change::begin(database, config).await?;
    let now = state.0.clock.unix();
    let conn = &mut change.transaction;
    let outcome = subscribers::resubscribe(conn, id, How::Button, now).await?;
    let person = subscribers::find_by_id(conn, id).await?;
    change.commit().await?;
    if outcome == Outcome::Changed {
        tracing::info!("a reader came back");
    }
    Ok(person)
}

/// `GET /p/{token}`
pub(super) async fn preferences_page(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
) -> Answer {
    let Own { token, .. } = state.verified_own(&token, Kind::Preferences).await?;
    let (state, person, chosen) = state.person(token).await?;
    Ok(preferences(&state, token, (&person, &chosen), None))
}

fn preferences(
    state: &State,
    token: Token,
    (person, chosen): (&Subscriber, &Preferences),
    notice: Option<&str>,
) -> Response<Body> {
    let tick = |on| if on { Chosen::Yes } else { Chosen::No };
    let digests = &state.0.config.digest;
    let locale = Locale::of(state.tag());
    let whens = state.rhythms(&locale);
    let own = state.link(token, Kind::Preferences);
    let now = state.0.clock.unix();
    let until = chosen.paused_until.filter(|until| *until > now);
    let paused = until.and_then(|until| {
        let words = state.words();
        if until == Preferences::UNTIL_ASKED {
            return Some(words.paused_quiet.clone());
        }
        let zone = chosen
            .time_zone
            .as_deref()
            .and_then(|name| TimeZone::get(name).ok());
        let until = Timestamp::from_second(until).ok()?;
        let zoned = until.to_zoned_datetime(zone.unwrap_or(TimeZone::UTC));
        let day = locale.day(zoned.date());
        Some(words.paused_until.replacen("{date}", &day, 1))
    });
    let view = PreferencesView {
        masked_address: &person.address.masked(),
        action: &own,
        unsubscribe_url: &state.link(token, Kind::Unsubscribe),
        digests: digests
            .iter()
            .zip(&whens)
            .map(|(digest, when)| ChoiceView {
                value: &digest.name,
                name: &digest.title,
                when,
                chosen: tick(chosen.digests.wants(&digest.name)),
            })
            .collect(),
        topics: state.topics(&chosen.topics),
        text_only: tick(chosen.format == Format::Text),
        uncounted: tick(chosen.counting == Counting::Declined),
        time_zones: TIME_ZONES.iter().map(String::as_str).collect(),
        time_zone: chosen.time_zone.as_deref(),
        languages: Language::ALL
            .iter()
            .map(|language| (language.code(), language.name()))
            .collect(),
        language: chosen.language.as_ref().and(state.1).map(Language::code),
        paused: paused.as_deref(),
        data_url: &format!("{own}/data"),
        erase_action: &format!("{own}/erase"),
        notice: match (notice, person.status) {
            (_, Status::Unsubscribed) => Some(&state.words().still_unsubscribed),
            (_, Status::Suppressed) => Some(&state.words().still_suppressed),
            (notice, Status::Pending | Status::Active) => notice,
        },
    };
    html(
        StatusCode::OK,
        web::preferences(&state.page(), &view, &state.0.config.theme),
    )
}

async fn load_preferences(state: &State, id: SubscriberId) -> Result<Preferences, Error> {
    let mut reader = state.0.database.reader().await?;
    Ok(subscribers::preferences(&mut reader, id)
        .await?
        .unwrap_or_default())
}

/// `POST /p/{token}`
pub(super) async fn save_preferences(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answer {
    let Own { token, .. } = state.verified_own(&token, Kind::Preferences).await?;
    let (state, person, before) = state.person(token).await?;
    let names = state
        .0
        .config
        .digest
        .iter()
        .map(|digest| digest.name.as_str());
    let pairs: Vec<_> = url::form_urlencoded::parse(&body).collect();
    let wants_everything = pairs.iter().any(|(name, _)| name == "everything");
    let named = pairs.iter().filter(|(name, _)| name == "topic");
    let topics = state.chosen_topics(wants_everything, named.map(|(_, topic)| topic.as_ref()));
    // None of ours is no choice, where there is one.
    let is_told =
        wants_everything || topics != Topics::All || state.offered_topics().next().is_none();
    let now = state.0.clock.unix();
    let wanted = wanted(&pairs, names, (before.clone(), now)).filter(|_| is_told);
    let Some(wanted) = wanted else {
        let notice = Some(state.words().choose_one.as_str());
        return Ok(preferences(&state, token, (&person, &before), notice));
    };
    let wanted = Preferences { topics, ..wanted };
    let stored = store(&state, person.id, &wanted).await;
    stored.map_err(|error| state.trouble(&error))?;
    let state = state.speaking(wanted.language.as_deref());
    let notice = Some(state.words().saved.as_str());
    Ok(preferences(&state, token, (&person, &wanted), notice))
}

/// The form's choices; none when no digest of ours is ticked. A pause that lasts goes on as it was.
fn wanted<'a>(
    pairs: &[(Cow<'_, str>, Cow<'_, str>)],
    ours: impl Iterator<Item = &'a str>,
    (before, now): (Preferences, i64),
) -> Option<Preferences> {
    let ticked: BTreeSet<_> = pairs
        .iter()
        .filter(|(name, _)| name == "digest")
        .map(|(_, value)| value.as_ref())
        .collect();
    let ours: Vec<_> = ours.collect();
    let chosen: Vec<_> = ours
        .iter()
        .copied()
        .filter(|name| ticked.contains(name))
        .collect();
    if chosen.is_empty() {
        return None;
    }
    let has = |wanted: &str| pairs.iter().any(|(name, _)| name == wanted);
    let zone = pairs.iter().find(|(name, _)| name == "time_zone");
    let zone = zone.map(|(_, zone)| zone.to_string());
    let language = pairs.iter().find(|(name, _)| name == "language");
    let language = match language.map(|(_, tag)| tag.as_ref()) {
        None => before.language.clone(),
        Some(tag) => Language::ALL
            .into_iter()
            .find(|language| language.code() == tag)
            .map(|language| language.code().to_owned()),
    };
    let lasting = before.paused_until.filter(|until| *until > now);
    Some(Preferences {
        // Whoever takes them all also takes the next one we invent.
        digests: if chosen.len() == ours.len() {
            Digests::All
        } else {
            Digests::Only(chosen.into_iter().map(str::to_owned).collect())
        },
        format: if has("text_only") {
            Format::Text
        } else {
            Format::Designed
        },
        counting: if has("uncounted") {
            Counting::Declined
        } else {
            Counting::Allowed
        },
        time_zone: zone.filter(|zone| TIME_ZONES.contains(zone)),
        language,
        paused_until: has("paused").then(|| lasting.unwrap_or(now + PAUSE_SECONDS)),
        ..before
    })
}

async fn store(state: &State, id: SubscriberId, wanted: &Preferences) -> Result<(), Error> {
    let mut transaction = state.0.database.begin_write().await?;
    let _saved = subscribers::save_preferences(&mut transaction, id, wanted).await?;
    database::commit(transaction).await
}

/// `GET /v/{token}`: the reader's own copy. Who looks at it has opened the mail.
pub(super) async fn view(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    asked: Asked,
) -> Answer {
    let (token, edition) = state.verified(&token, |kind| kind == Kind::View).await?;
    let found = async {
        let person = state.find(token).await?;
        let chosen = match &person {
            Some(person) => load_preferences(&state, person.id).await?,
            None => Preferences::default(),
        };
        let delivery = DeliveryId::of(&edition.id, token.subscriber);
        let mut reader = state.0.database.reader().await?;
        let variant = delivery::store::variant(&mut reader, &delivery).await?;
        Ok::<_, Error>((person, chosen, variant.unwrap_or_default()))
    };
    let (person, chosen, variant) = found.await.map_err(|error| state.trouble(&error))?;
    if chosen.counting == Counting::Allowed {
        note(&state, token, (&edition, EventKind::Open), asked);
    }
    let edition = if edition.slates.has(variant.slate) {
        edition
    } else {
        let again = state.edition_anew(edition.number).await;
        let again = again.map_err(|error| state.trouble(&error))?;
        again.unwrap_or(edition)
    };
    let reader = Reader {
        subscriber: token.subscriber,
        address: person
            .as_ref()
            .map_or("nobody", |person| person.address.as_str()),
        subscribed_at: person.as_ref().map_or(0, |person| person.created_at),
        format: Format::Designed,
        counting: chosen.counting,
    };
    let prepared = Prepared::new(&edition);
    let copy = prepared.copy(&edition, &variant);
    let urls = Urls::of(&copy, &reader, &state.0.links);
    let page = render::browser_copy(&copy, &reader, &urls, &state.0.config.theme);
    Ok(html(StatusCode::OK, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(body: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        url::form_urlencoded::parse(body.as_bytes()).collect()
    }

    #[test]
    fn one_click_is_told_from_the_button() {
        let multipart = "--x\r\nContent-Disposition: form-data; \
             name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        for (body, wanted) in [
            ("List-Unsubscribe=One-Click", Some(Wish::OneClick)),
            (multipart, Some(Wish::OneClick)),
            ("confirm=1", Some(Wish::Button)),
            ("undo=1", Some(Wish::Undo)),
            ("", None),
            ("zzz", None),
        ] {
            assert_eq!(wish(body.as_bytes()), wanted, "{body}");
        }
    }

    #[test]
    fn a_form_without_a_digest_is_not_saved() {
        let names = ["daily", "weekly"];
        let saved = |body: &str| {
            let before = (Preferences::default(), 100);
            wanted(&pairs(body), names.into_iter(), before)
        };
        assert!(saved("text_only=1").is_none());
        assert!(saved("digest=monthly").is_none());
        assert_eq!(
            saved("digest=daily&digest=weekly").unwrap().digests,
            Digests::All
        );
        let one = saved("digest=weekly&text_only=1&uncounted=1").unwrap();
        assert_eq!(one.digests, Digests::Only(vec!["weekly".to_owned()]));
        assert_eq!(
            (one.format, one.counting),
            (Format::Text, Counting::Declined)
        );
    }

    #[test]
    fn a_pause_goes_on_until_its_box_is_empty() {
        let saved = |body: &str, paused_until, now| {
            let before = Preferences {
                language: Some("fr".to_owned()),
                paused_until,
                ..Preferences::default()
            };
            let saved = wanted(&pairs(body), ["daily"].into_iter(), (before, now)).unwrap();
            assert_eq!(
                saved.language.as_deref(),
                Some("fr"),
                "what the form lacks stays"
            );
            (saved.paused_until, saved.time_zone)
        };
        let ticked = "digest=daily&paused=1&time_zone=Asia%2FTokyo";
        let tokyo = Some("Asia/Tokyo".to_owned());
        assert_eq!(
            saved(ticked, None, 100),
            (Some(100 + PAUSE_SECONDS), tokyo.clone())
        );
        assert_eq!(saved(ticked, Some(5000), 100), (Some(5000), tokyo.clone()));
        assert_eq!(
            saved(ticked, Some(50), 100),
            (Some(100 + PAUSE_SECONDS), tokyo)
        );
        assert_eq!(
            saved("digest=daily&time_zone=Mars", Some(5000), 100),
            (None, None)
        );
    }
}
