//! Columns that tell who may not be mailed: by their names, and by what their cells say.
//!
//! Programs name them in hundreds of ways. Those whose meaning is known stand in lists; of the others a stem
//! in the name is enough to refuse a row that it says something of. A row too much refused is read again with
//! the column renamed; somebody mailed who had left does not come back.

use super::{Standing, words};
use crate::Reason;

/// What a column says of whether a person may be mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// A status: a word nobody knows refuses the row.
    Status,
    /// Something like a status: words that tell of an end count, and so does a no if it can be one.
    Kind { may_be_no: bool },
    /// The status of something that may be the subscription: as that, and a word nobody knows refuses the row.
    SomeStatus,
    /// A no says that the person left; what is neither yes nor no refuses the row.
    Wants,
    /// A no says that the person never agreed.
    Agrees,
    /// Anything but a no says that this happened.
    End(Standing),
    /// The name has such a stem: a yes or a day says that this happened, if it says which; anything else
    /// but a no refuses the row.
    Puzzle(Option<Standing>),
}

/// All of these count; of two that disagree the more cautious one does.
const STATUS: &[&str] = &[
    "status",
    "subscriptionstatus",
    "subscriberstatus",
    "memberstatus",
    "emailstatus",
    "subscribertype",
    "état",
    "statut",
    "estado",
    "stato",
];
const WANTS: &[&str] = &[
    "subscribe",
    "subscribed",
    "issubscribed",
    "subscribedtoemails",
    "subscribedtonewsletter",
    "newslettersubscribed",
    "emailsubscribed",
    "optin",
    "optedin",
    "isoptedin",
    "emailoptin",
    "emailoptedin",
    "marketingoptin",
    "emailenabled",
    "enabled",
    "isenabled",
    "active",
    "isactive",
    "mailable",
    "emailable",
    "receivesemail",
    "receiveemails",
    "wantstoreceiveemail",
    "wantstoreceiveemails",
    "mailallowed",
    "emailallowed",
    "emailsallowed",
    "allowemail",
    "allowemails",
    "allowsemail",
    "abonniert",
    "angemeldet",
    "valid",
    "isvalid",
    "validemail",
    "emailvalid",
    "deliverable",
    "isdeliverable",
    "emaildeliverable",
    "reachable",
];
/// A no says so, and so do words that tell of an end; what else stands there may be the name of a newsletter.
const MAY_BE_NO: &[&str] = &[
    "newsletter",
    "newsletters",
    "emailnewsletter",
    "wantsnewsletter",
    "receivenewsletter",
    "receivesnewsletter",
    "receivenewsletters",
    "receivesnewsletters",
    "wantsnewsletters",
    "newsletterabonniert",
    "mail",
    "mailing",
    "mailings",
    "emailing",
    "emails",
    "emailmarketing",
    "marketing",
    "marketingemails",
    "receiveemail",
    "receivemail",
    "sendemail",
    "sendmail",
    "wantsemail",
    "wantsemails",
    "getsemail",
    "subscriber",
    "issubscriber",
    "correo",
    "boletín",
    "boletin",
    "infolettre",
    "nieuwsbrief",
    "aktiv",
    "actif",
    "activo",
    "attivo",
    "ativo",
    "actief",
    "abonné",
    "inscrit",
    "suscrito",
    "inscrito",
    "iscritto",
    "bestätigt",
];
/// A yes says that they have not answered yet.
const PENDING: &[&str] = &["pending", "ispending", "optinpending", "isoptinpending"];
const AGREES: &[&str] = &[
    "consent",
    "marketingconsent",
    "emailconsent",
    "emailmarketingconsent",
    "acceptsmarketing",
    "acceptsemailmarketing",
    "acceptsemail",
    "acceptsemails",
    "gdpr",
    "gdprconsent",
    "agreed",
    "confirmed",
    "isconfirmed",
    "permission",
    "emailpermission",
    "marketingpermission",
    "einwilligung",
    "consentement",
];
const LEFT: &[&str] = &[
    "unsubscribed",
    "isunsubscribed",
    "unsubscribedat",
    "unsubscribedon",
    "unsubscribeddate",
    "unsubscribedate",
    "unsubscribetime",
    "unsubscriptiondate",
    "dateunsubscribed",
    "unsubtime",
    "unsubdate",
    "unsubscribedfromallemail",
    "optedout",
    "isoptedout",
    "optedoutat",
    "optedoutofemail",
    "hasoptedoutofemail",
    "optout",
    "emailoptout",
    "emailoptedout",
    "optoutdate",
    "optouttime",
    "emaildisabled",
    "emailsdisabled",
    "sendingdisabled",
    "isexcludedfromcampaigns",
    "excludedfromcampaigns",
    "leftat",
    "muted",
    "ismuted",
    "darsedebaja",
    "отписан",
    "отписался",
    "deleted",
    "isdeleted",
    "deletedat",
    "removed",
    "removedat",
    "churndate",
    "canceledat",
    "cancelledat",
    "abgemeldet",
    "abgemeldetam",
    "abmeldedatum",
    "cancelled",
    "canceled",
    "iscancelled",
    "iscanceled",
    "cancellationdate",
    "deactivated",
    "isdeactivated",
    "deactivatedat",
    "inactive",
    "isinactive",
    "inactivesince",
    "disabled",
    "isdisabled",
    "revoked",
    "revokedat",
    "baja",
    "debaja",
    "fechabaja",
    "fechadebaja",
    "bajafecha",
    "nonewsletter",
    "keinnewsletter",
    "keinenewsletter",
];
const BOUNCED: &[&str] = &[
    "bounced",
    "isbounced",
    "bouncedat",
    "bouncedate",
    "hardbounce",
    "hardbounced",
    "hardbouncedat",
    "cleaned",
    "cleanedat",
    "cleantime",
    "undeliverabilitydate",
];
const COMPLAINED: &[&str] = &[
    "complained",
    "complainedat",
    "spam",
    "spamcomplaint",
    "markedasspam",
];
const BLOCKED: &[&str] = &[
    "blacklisted",
    "blocklisted",
    "blacklist",
    "blocklist",
    "emailblacklisted",
    "emailblocklisted",
    "suppressed",
    "issuppressed",
    "emailsuppressionsuppressed",
    "donotmail",
    "donotemail",
    "donotsend",
    "donotcontact",
];

/// Beside one of these a "state" is a part of a country.
const PLACES: &[&str] = &[
    "city",
    "zip",
    "zipcode",
    "postalcode",
    "country",
    "street",
    "address1",
];

const LEFT_STEMS: &[&str] = &[
    "unsub",
    "optout",
    "optedout",
    "abgemeld",
    "abmeld",
    "ausgetragen",
    "désabonn",
    "desabonn",
    "désinscri",
    "desinscri",
    "dadodebaja",
    "afgemeld",
    "afmeld",
    "disiscri",
    "descadastr",
    "abbestell",
    "kündig",
    "kuendig",
    "uitgeschre",
    "uitschrij",
    "withdrawn",
    "widerruf",
    "deaktiviert",
    "désactiv",
    "desactivad",
    "disattivat",
    "notsubscribed",
    "removed",
    "deleted",
    "churn",
];
const BOUNCE_STEMS: &[&str] = &["hardbounc"];
const COMPLAINT_STEMS: &[&str] = &["complain", "spam"];
const BLOCK_STEMS: &[&str] = &[
    "suppress",
    "blacklist",
    "blocklist",
    "donotmail",
    "donotemail",
    "donotcontact",
    "dontmail",
    "dontemail",
    "nomail",
    "noemail",
    "quarantin",
    "gesperrt",
    "blocked",
];
/// These do not tell of which end.
const OTHER_STEMS: &[&str] = &["bounc", "undeliver", "rebond", "invalid"];
/// What a name with such a stem ends with that does not mean the person: "unsubscribe link". Within a name it may be a
/// part of any word.
const HARMLESS: &[&str] = &[
    "link",
    "url",
    "token",
    "hash",
    "key",
    "code",
    "page",
    "score",
    "rating",
    "preference",
    "preferences",
];
/// What such a name begins with.
const HARMLESS_BEGINNINGS: &[&str] = &["link", "url", "antispam"];
/// Something else than mail has a status, too.
const OTHER_STATUS: &[&str] = &[
    "payment",
    "plan",
    "order",
    "stripe",
    "billing",
    "paid",
    "job",
    "lead",
    "shipping",
    "invoice",
    "marital",
    "employment",
    "customer",
    "account",
    "trial",
];

impl Telling {
    /// What a column of this name (squeezed) tells; nothing for most.
    pub(super) fn of(name: &str) -> Option<Self> {
        let kinds = [
            (STATUS, Self::Status),
            (WANTS, Self::Wants),
            (MAY_BE_NO, Self::Kind { may_be_no: true }),
            (AGREES, Self::Agrees),
            (LEFT, Self::End(Standing::Left)),
            (PENDING, Self::End(Standing::Unconfirmed)),
            (BOUNCED, Self::End(Standing::Blocked(Reason::HardBounce))),
            (COMPLAINED, Self::End(Standing::Blocked(Reason::Complaint))),
            (BLOCKED, Self::End(Standing::Blocked(Reason::Manual))),
        ];
        let known = kinds.iter().find(|(names, _)| names.contains(&name));
        let known = known.map(|&(_, telling)| telling);
        known.or_else(|| puzzle(name)).or_else(|| kind(name))
    }

    /// What a cell says; nothing when it says nothing.
    ///
    /// # Errors
    /// What it says, when nobody can tell what that means.
    pub(super) fn hear(self, cell: &str) -> Result<Option<Standing>, String> {
        match self {
            Self::Status => match words::standing(cell) {
                Ok(told) => Ok(Some(told)),
                Err(word) => Err(format!("the status {word:?} is not one we know")),
            },
            Self::Kind { may_be_no } => Ok(match words::standing(cell) {
                Ok(told) => Some(told),
                Err(_) if may_be_no && words::says_no(cell) => Some(Standing::Left),
                Err(_) if words::tells_an_end(cell) => return Err(may_have_left(cell)),
                Err(_) if may_be_no && words::begins_with_no(cell) => {
                    return Err(may_have_left(cell));
                }
                Err(_) => None,
            }),
            Self::SomeStatus => match words::standing(cell) {
                Ok(told) => Ok(Some(told)),
                Err(_) if words::says_no(cell) => Ok(Some(Standing::Left)),
                Err(_) if words::says_yes(cell) => Ok(None),
                Err(word) => Err(format!("the status {word:?} is not one we know")),
            },
            Self::Wants if words::says_no(cell) => Ok(Some(Standing::Left)),
            Self::Wants => match words::standing(cell) {
                Ok(told) => Ok(Some(told)),
                Err(_) if words::says_yes(cell) => Ok(None),
                Err(_) => Err(format!("{cell:?} says neither yes nor no to mail")),
            },
            Self::Agrees if words::says_no(cell) || words::is_none(cell) => {
                Ok(Some(Standing::Unconfirmed))
            }
            Self::Agrees => match words::standing(cell) {
                Err(_) if words::tells_an_end(cell) => Err(may_have_left(cell)),
                told => Ok(told.ok()),
            },
            Self::End(end) => Ok(words::happened(cell).then_some(end)),
            Self::Puzzle(_) if !words::happened(cell) => Ok(None),
            Self::Puzzle(Some(end)) if words::is_yes(cell) || words::is_date(cell) => Ok(Some(end)),
            Self::Puzzle(_) => Err(format!("{cell:?} may say that they are not to be mailed")),
        }
    }
}

fn may_have_left(cell: &str) -> String {
    format!("{cell:?} may say that they left")
}

fn has_one(name: &str, stems: &[&str]) -> bool {
    stems.iter().any(|stem| name.contains(stem))
}

fn puzzle(name: &str) -> Option<Telling> {
    let ends = HARMLESS.iter().any(|end| name.ends_with(end));
    let begins = HARMLESS_BEGINNINGS
        .iter()
        .any(|begin| name.starts_with(begin));
    if begins || (ends && !name.ends_with("monkey")) {
        return None;
    }
    let kinds = [
        (LEFT_STEMS, Some(Standing::Left)),
        (BOUNCE_STEMS, Some(Standing::Blocked(Reason::HardBounce))),
        (COMPLAINT_STEMS, Some(Standing::Blocked(Reason::Complaint))),
        (BLOCK_STEMS, Some(Standing::Blocked(Reason::Manual))),
        (OTHER_STEMS, None),
    ];
    let found = kinds.iter().find(|(stems, _)| has_one(name, stems));
    found.map(|&(_, end)| Telling::Puzzle(end))
}

/// What a name ends with that asks for mail; a no says that they do not.
const WISHES: &[&str] = &[
    "subscribed",
    "optin",
    "optedin",
    "newsletter",
    "newsletters",
];

fn kind(name: &str) -> Option<Telling> {
    // Ghost's subscriptions are paid for, and its newsletters are not the person's.
    let is_ghosts = matches!(name, "subscriptionsstatus" | "newslettersstatus");
    let is_others = has_one(name, OTHER_STATUS) && !name.contains("email");
    if is_ghosts || is_others || name.ends_with("date") || name.ends_with("at") {
        return None;
    }
    // phpList asks "Is this subscriber confirmed".
    if has_one(name, &["confirmed"]) && !has_one(name, &["unconfirmed", "notconfirmed"]) {
        return Some(Telling::Agrees);
    }
    if name.ends_with("status") && !name.contains("active") {
        return Some(Telling::SomeStatus);
    }
    let is_one = name == "type"
        || has_one(name, &["status", "subscription", "permission", "consent"])
        || (name != "state" && name.ends_with("state"))
        || WISHES.iter().any(|wish| name.ends_with(wish))
        || name.starts_with("newsletter");
    let is_newsletters = name.starts_with("newsletter") && name.ends_with("active");
    let may_be_no = name != "type" && (!name.contains("active") || is_newsletters);
    is_one.then_some(Telling::Kind { may_be_no })
}

/// Whether a column "state" is one of the person's, in a file with these names and no status.
pub(super) fn state_is_status(names: &[String]) -> bool {
    !names.iter().any(|name| PLACES.contains(&name.as_str()))
}

/// Mailchimp's exports of those who left and of those who bounced have columns of their own and no
/// status: an empty cell in them does not make anybody active. Mailgun's export of bounces is known by its code
/// and its error.
pub(super) fn whole_file(names: &[String], has_status: bool) -> Standing {
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    let left = has(&["unsubtime", "unsubcampaigntitle", "unsubreason"]);
    let is_mailguns = has(&["code"]) && has(&["error"]);
    let bounced = has(&["cleantime", "cleancampaigntitle"]) || is_mailguns;
    match (has_status, left, bounced) {
        (false, true, false) => Standing::Left,
        (false, false, true) => Standing::Blocked(Reason::HardBounce),
        _ => Standing::Active,
    }
}

#[cfg(test)]
#[path = "telling_tests.rs"]
mod tests;
