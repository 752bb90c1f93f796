//! Values that people write in more than one way.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

/// An id: text, or a whole number; goes out as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    pub(super) text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Text,
    Unsigned,
    Negative,
}

impl Name {
    pub(super) fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kind: Kind::Text,
        }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind {
            Kind::Text => serializer.serialize_str(&self.text),
            Kind::Unsigned => serializer.serialize_u64(self.text.parse().unwrap_or(0)),
            Kind::Negative => serializer.serialize_i64(self.text.parse().unwrap_or(0)),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("text or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
        Ok(Name::text(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Name, E> {
        Ok(Name {
            text: number.to_string(),
            kind: Kind::Unsigned,
        })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Name, E> {
        Ok(Name {
            text: number.to_string(),
            kind: Kind::Negative,
        })
    }
}

/// An instant: RFC 3339, or Unix seconds. In Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(pub(super) i64);

/// Numbers above this are milliseconds: as seconds they would be after the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InstantVisitor)
    }
}

struct InstantVisitor;

impl Visitor<'_> for InstantVisitor {
    type Value = Instant;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an instant, such as \"2026-11-23T07:00:00Z\" or 1795417200 (Unix seconds)")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
        let instant = text.parse::<jiff::Timestamp>();
        let wrong = |_| E::invalid_value(Unexpected::Str(text), &self);
        instant
            .map(|instant| Instant(instant.as_second()))
            .map_err(wrong)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Instant, E> {
        match i64::try_from(number) {
            Ok(seconds) => self.visit_i64(seconds),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Instant, E> {
        let is_milliseconds = number > MILLISECONDS_FROM;
        Ok(Instant(if is_milliseconds {
            number / 1000
        } else {
            number
        }))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Instant, E> {
        match whole(number) {
            Some(seconds) => self.visit_i64(seconds),
            None => Err(E::invalid_value(Unexpected::Float(number), &self)),
        }
    }
}

/// A whole number, also where a program wrote it with a point: `3.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) u32);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a whole number, not negative")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
        let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
        u32::try_from(number).map(Count).map_err(wrong)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
        let wrong = |_| E::invalid_value(Unexpected::Signed(number), &self);
        u32::try_from(number).map(Count).map_err(wrong)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Count, E> {
        let whole = whole(number).filter(|_| number.fract() == 0.0);
        let count = whole.and_then(|number| u32::try_from(number).ok());
        count
            .map(Count)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

/// The whole number below, if it is one that a program could have meant.
fn whole(number: f64) -> Option<i64> {
    // Through text, because that has no way to go wrong in silence.
    let is_sane = number.abs() < 1e15;
    is_sane
        .then(|| format!("{:.0}", number.floor()).parse().ok())
        .flatten()
}
