//! Which column means what.

use std::borrow::Cow;

use super::telling::{self, Telling};
use super::words::squeezed;
use super::{ImportError, Standing};

/// Names of the address column, squeezed, best first: "address" is a street in some layouts.
const ADDRESS: &[&str] = &[
    "email",
    "emailaddress",
    "subscriberemail",
    "emailadresse",
    "adresseemail",
    "courriel",
    "correoelectrónico",
    "correoelectronico",
    "correo",
    "indirizzoemail",
    "emailadres",
    "emailid",
    "mail",
    "subscriber",
    "address",
];
const NAME: &[&str] = &["name", "fullname", "displayname", "subscribername"];
const FIRST: &[&str] = &[
    "firstname",
    "givenname",
    "fname",
    "vorname",
    "prénom",
    "prenom",
    "nombre",
    "voornaam",
];
const LAST: &[&str] = &[
    "lastname",
    "familyname",
    "surname",
    "lname",
    "nachname",
    "nom",
    "apellido",
    "apellidos",
    "achternaam",
];
const DIGESTS: &[&str] = &["digests", "digest"];
const TOPICS: &[&str] = &["topics"];
const FORMAT: &[&str] = &["format", "emailtype", "mailformat"];
const COUNTING: &[&str] = &["counting"];
const TIME_ZONE: &[&str] = &["timezone"];
const LANGUAGE: &[&str] = &["language"];
const PAUSED: &[&str] = &["pauseduntil"];
/// When the person agreed, by the other program's own account; the best evidence first.
const AGREED: &[&str] = &[
    "confirmtime",
    "confirmedat",
    "optintime",
    "optindate",
    "doubleoptin",
    "subscribedat",
    "subscribedate",
    "subscriptiondate",
    "signupdate",
    "createdat",
    "creationdate",
    "dateadded",
    "addedtime",
    "created",
];

/// The program a file comes from, as far as its columns mean something of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Told from the header.
    #[default]
    Auto,
    /// Mailchimp: an export of those who left, or bounced, has no status; its columns say so.
    Mailchimp,
    /// Substack.
    Substack,
    /// Ghost.
    Ghost,
    /// Beehiiv.
    Beehiiv,
    /// listmonk.
    Listmonk,
    /// Buttondown: its status is called type.
    Buttondown,
    /// Columns by name.
    Csv,
    /// JSON, one object a person.
    Json,
}

impl Layout {
    fn told(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|one| one == name);
        if has("memberrating") || has("optinip") || has("leid") || has("euid") {
            Self::Mailchimp
        } else if has("subscribertype") || has("undeliverabilitydate") || has("unsubscriptiondate")
        {
            Self::Buttondown
        } else if has("activesubscription") && has("emaildisabled") {
            Self::Substack
        } else if has("subscribedtoemails") && has("complimentaryplan") {
            Self::Ghost
        } else {
            Self::Csv
        }
    }
}

/// A column that tells who may not be mailed.
#[derive(Debug)]
struct Teller {
    at: usize,
    telling: Telling,
}

/// What only our own export has.
#[derive(Debug)]
pub(super) struct OurColumns {
    pub(super) created: Option<usize>,
    pub(super) confirmed: Option<usize>,
    pub(super) unsubscribed: Option<usize>,
    pub(super) origin: Option<usize>,
    pub(super) suppression: Option<usize>,
    pub(super) since: Option<usize>,
    pub(super) until: Option<usize>,
    pub(super) note: Option<usize>,
}

/// Where each meaning stands in a row.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) address: usize,
    pub(super) name: Option<usize>,
    pub(super) first: Option<usize>,
    pub(super) last: Option<usize>,
    pub(super) digests: Option<usize>,
    pub(super) topics: Option<usize>,
    pub(super) format: Option<usize>,
    pub(super) counting: Option<usize>,
    pub(super) time_zone: Option<usize>,
    pub(super) language: Option<usize>,
    pub(super) paused: Option<usize>,
    pub(super) agreed: Vec<usize>,
    /// The file is an export of ours.
    pub(super) ours: Option<OurColumns>,
    /// The names of the columns as they are written.
    written: Vec<String>,
    tellers: Vec<Teller>,
    /// Of these, columns of boxes: where others say yes and never no, what is empty is no yes.
    boxes: Vec<usize>,
    /// Columns that mean nothing to us.
    unknown: Vec<usize>,
    /// Where everybody of the file stood, whatever the cells say.
    at_least: Standing,
}

impl Columns {
    /// One column, for the address: a list without a header.
    pub(super) fn bare() -> Self {
        Self {
            count: 1,
            ..Self::default()
        }
    }

    pub(super) fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        layout: Layout,
    ) -> Result<Self, ImportError> {
        let written: Vec<String> = header.map(|name| name.trim().to_owned()).collect();
        let names: Vec<String> = written
            .iter()
            .map(|name| squeezed(name).into_owned())
            .collect();
        let first_of = |aliases: &[&str]| {
            aliases
                .iter()
                .find_map(|alias| names.iter().position(|name| name == alias))
        };
        let Some(address) = first_of(ADDRESS) else {
            return Err(no_address(&written));
        };
        let layout = match layout {
            Layout::Auto | Layout::Json => Layout::told(&names),
            given => given,
        };
        let is_ours = ["counting", "origin", "format"]
            .iter()
            .all(|name| first_of(&[*name]).is_some())
            && first_of(&["suppression", "createdat"]).is_some();
        let mut tellers = tellers(&names, layout);
        if is_ours {
            // Columns that somebody added tell as they do elsewhere.
            tellers.retain(|teller| {
                teller.telling == Telling::Status || !is_of_ours(&names[teller.at])
            });
        }
        let has_status = has_status(&tellers);
        let agreed = AGREED.iter().filter_map(|alias| first_of(&[*alias]));
        let mut columns = Self {
            count: names.len(),
            address,
            name: first_of(NAME),
            first: first_of(FIRST),
            last: first_of(LAST),
            digests: first_of(DIGESTS),
            topics: first_of(TOPICS),
            format: first_of(FORMAT),
            counting: first_of(COUNTING),
            time_zone: first_of(TIME_ZONE),
            language: first_of(LANGUAGE),
            paused: first_of(PAUSED),
            agreed: agreed.collect(),
            ours: is_ours.then(|| OurColumns {
                created: first_of(&["createdat"]),
                confirmed: first_of(&["confirmedat"]),
                unsubscribed: first_of(&["unsubscribedat"]),
                origin: first_of(&["origin"]),
                suppression: first_of(&["suppression"]),
                since: first_of(&["suppressedsince"]),
                until: first_of(&["suppresseduntil"]),
                note: first_of(&["suppressionnote"]),
            }),
            at_least: telling::whole_file(&names, has_status),
            written,
            tellers,
            boxes: Vec::new(),
            unknown: Vec::new(),
        };
        columns.unknown = columns.without_meaning();
        if is_ours {
            columns.unknown.retain(|&at| !is_of_ours(&names[at]));
        }
        Ok(columns)
    }

    /// Looks at the first rows for columns of boxes.
    pub(super) fn look_ahead(&mut self, rows: &[Vec<Cow<'_, str>>]) {
        let is_box = |teller: &&Teller| {
            let kinds = [
                Telling::Wants,
                Telling::Agrees,
                Telling::Kind { may_be_no: true },
            ];
            let cells = rows.iter().filter_map(|row| row.get(teller.at));
            let (empty, said): (Vec<&Cow<'_, str>>, Vec<&Cow<'_, str>>) =
                cells.partition(|cell| super::words::is_empty(cell));
            kinds.contains(&teller.telling)
                && !empty.is_empty()
                && !said.is_empty()
                && said.iter().all(|cell| super::words::is_ticked(cell))
        };
        let boxes = self.tellers.iter().filter(is_box);
        self.boxes = boxes.map(|teller| teller.at).collect();
    }

    fn without_meaning(&self) -> Vec<usize> {
        let known = [Some(self.address), self.name, self.first, self.last];
        let tells = |at| self.tellers.iter().any(|teller| teller.at == at);
        let known = [&known[..], &self.choices()].concat();
        let is_known = |at| known.contains(&Some(at)) || self.agreed.contains(&at) || tells(at);
        (0..self.count).filter(|&at| !is_known(at)).collect()
    }

    /// The names of the columns that mean nothing to us, as they are written.
    pub(super) fn ignored(&self) -> Vec<String> {
        let names = self.unknown.iter().filter_map(|&at| self.written.get(at));
        names.filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The last column that may say a person left; a row that ends before it says nothing.
    pub(super) fn last_telling(&self) -> Option<usize> {
        self.tellers.iter().map(|teller| teller.at).max()
    }

    /// The columns of another header that stands among the rows, as where files were put one after the other;
    /// nothing for a row that is none.
    pub(super) fn header_again<'a>(
        &self,
        cells: impl Iterator<Item = &'a str> + Clone,
        layout: Layout,
    ) -> Option<Self> {
        let is_name = |(at, cell): (usize, &str)| {
            let name = squeezed(cell);
            let same = self.written.get(at).is_some_and(|name| name == cell.trim());
            let is_other = !matches!(&*name, "address" | "subscriber");
            ADDRESS.contains(&&*name) && (is_other || same)
        };
        let mut each = cells.clone().enumerate();
        let other = each
            .any(is_name)
            .then(|| Self::find(cells, layout).ok())??;
        // Somebody may be called Email; a header has another name that means something.
        let means = other.count == 1
            || other.name.or(other.first).or(other.last).is_some()
            || !other.tellers.is_empty()
            || !other.agreed.is_empty()
            || other.written == self.written;
        means.then_some(other)
    }

    /// Whether the columns are called the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.written == other.written
    }

    /// Whether the row has a word in a column for the status.
    pub(super) fn has_word<'a>(&self, cell: &impl Fn(Option<usize>) -> &'a str) -> bool {
        let mut all = self.tellers.iter();
        all.any(|it| it.telling == Telling::Status && !cell(Some(it.at)).trim().is_empty())
    }

    /// Whether the row says that the person left, whatever else it says.
    pub(super) fn says_left<'a>(&self, cell: &impl Fn(Option<usize>) -> &'a str) -> bool {
        let left = Standing::Left;
        let mut tellers = self.tellers.iter();
        self.at_least == left
            || tellers.any(
                |it| matches!(it.telling.hear(cell(Some(it.at))), Ok(Some(told)) if told == left),
            )
    }

    /// Whether a column may say what somebody chose.
    pub(super) fn have_choices(&self) -> bool {
        self.choices().iter().any(Option::is_some)
    }

    fn choices(&self) -> [Option<usize>; 7] {
        [
            self.digests,
            self.topics,
            self.format,
            self.counting,
            self.time_zone,
            self.language,
            self.paused,
        ]
    }

    /// The most cautious of all that a row says, which has `count` cells.
    ///
    /// # Errors
    /// What it says when that may mean that the person left, and nothing else says it clearly.
    pub(super) fn standing<'a>(
        &self,
        count: usize,
        cell: &impl Fn(Option<usize>) -> &'a str,
    ) -> Result<Standing, String> {
        let mut standing = self.at_least;
        let mut doubt = None;
        for teller in &self.tellers {
            if self.boxes.contains(&teller.at) && super::words::is_empty(cell(Some(teller.at))) {
                let why = "is empty where others say yes, and may mean no".to_owned();
                doubt.get_or_insert((teller.at, why));
                continue;
            }
            match teller.telling.hear(cell(Some(teller.at))) {
                Ok(Some(told)) if told > Standing::Active && self.is_divided(teller, cell) => {
                    let why = "says different things of different lists".to_owned();
                    doubt.get_or_insert((teller.at, why));
                }
                Ok(told) => standing = standing.max(told.unwrap_or(Standing::Active)),
                Err(why) => {
                    doubt.get_or_insert((teller.at, why));
                }
            }
        }
        if standing >= Standing::Left {
            return Ok(standing);
        }
        let beyond = self.count..count;
        let mut others = self.unknown.iter().copied().chain(beyond);
        // Behind the last column a day may be of another list's.
        let ends = |at: usize| {
            let cell = cell(Some(at));
            super::words::names_an_end(cell) || (at >= self.count && super::words::is_date(cell))
        };
        if doubt.is_none()
            && let Some(at) = others.find(|&at| ends(at))
        {
            doubt = Some((at, format!("{:?} may say that they left", cell(Some(at)))));
        }
        match doubt {
            None => Ok(standing),
            Some((at, why)) => Err(match self.written.get(at) {
                Some(name) if !name.is_empty() => format!("column {name:?}: {why}"),
                _ => why,
            }),
        }
    }

    /// Whether columns of one name say of one that they stay and of another that they left: lists of lists in
    /// JSON.
    fn is_divided<'a>(&self, teller: &Teller, cell: &impl Fn(Option<usize>) -> &'a str) -> bool {
        let name = self.written.get(teller.at);
        let same = self
            .tellers
            .iter()
            .filter(|other| other.telling == teller.telling && self.written.get(other.at) == name);
        let mut said = same.filter_map(|other| {
            let cell = cell(Some(other.at));
            let told = other.telling.hear(cell).ok().flatten();
            told.filter(|_| !cell.is_empty())
        });
        said.any(|told| told == Standing::Active)
    }
}

/// Whether a name, squeezed, is that of a column of our own exports.
fn is_of_ours(name: &str) -> bool {
    crate::export::COLUMNS
        .iter()
        .any(|column| squeezed(column) == name)
}

fn no_address(written: &[String]) -> ImportError {
    if written.iter().any(|name| name.contains('@')) {
        return ImportError::NoHeader;
    }
    let shown = written.iter().take(20).map(|name| format!("{name:?}"));
    ImportError::NoAddressColumn(shown.collect())
}

fn has_status(tellers: &[Teller]) -> bool {
    let mut all = tellers.iter();
    all.any(|teller| teller.telling == Telling::Status)
}

fn tellers(names: &[String], layout: Layout) -> Vec<Teller> {
    let mut tellers: Vec<Teller> = names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let telling = match Telling::of(name)? {
                Telling::Kind { .. } if layout == Layout::Buttondown && name == "type" => {
                    Telling::Status
                }
                telling => telling,
            };
            Some(Teller { at, telling })
        })
        .collect();
    if !has_status(&tellers)
        && let Some(at) = names.iter().position(|name| name == "state")
    {
        // Beside a city it is most likely a part of a country; no such part is called "cancelled".
        let telling = if telling::state_is_status(names) {
            Telling::Status
        } else {
            Telling::Kind { may_be_no: false }
        };
        tellers.push(Teller { at, telling });
    }
    tellers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_column_is_found_by_its_best_name() {
        let cases = [
            ("email", 0),
            ("Name,E-Mail", 1),
            ("Address,Email Address", 1),
            ("NAME,ADDRESS", 1),
            ("id,EMAIL_ADDRESS,email type", 1),
            ("id,emailAddress", 1),
        ];
        for (header, expected) in cases {
            assert_eq!(
                Columns::find(header.split(','), Layout::Auto)
                    .unwrap()
                    .address,
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn a_file_without_names_of_columns_is_refused() {
        let error = Columns::find("ann@example.org,Ann".split(','), Layout::Auto).unwrap_err();
        assert!(matches!(error, ImportError::NoHeader));
        let error = Columns::find("Name,Town".split(','), Layout::Auto).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no column is called \"email\"; the columns are \"Name\", \"Town\""
        );
    }
}
