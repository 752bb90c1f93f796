//! One JSON object to columns and cells: what stands inside of others gets the names of all around it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Deeper than this nothing is looked at.
const MAX_DEPTH: usize = 8;

/// The members of an object in their order, also when two have one name.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The names and the cells of an object, in its order.
///
/// # Errors
/// When the text is no JSON object.
pub(super) fn flat(object: &str) -> Result<(Vec<String>, Vec<String>), serde_json::Error> {
    let members: Members = serde_json::from_str(object)?;
    let mut cells = Cells::default();
    for (name, value) in &members.0 {
        cells.take(name, value, 0);
    }
    Ok((cells.names, cells.cells))
}

#[derive(Default)]
struct Cells {
    names: Vec<String>,
    cells: Vec<String>,
}

impl Cells {
    fn push(&mut self, name: &str, cell: &str) {
        self.names.push(name.to_owned());
        self.cells.push(cell.to_owned());
    }

    fn take(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::Null => self.push(name, ""),
            Value::String(text) => self.push(name, text),
            Value::Bool(_) | Value::Number(_) => self.push(name, &value.to_string()),
            // Ghost: who gets none of its newsletters has left.
            Value::Array(all) if all.is_empty() && name == "newsletters" => {
                self.push("subscribed to newsletter", "no");
            }
            Value::Array(_) | Value::Object(_) if depth == MAX_DEPTH => {}
            Value::Array(all) => {
                for one in all {
                    self.take(name, one, depth + 1);
                }
            }
            Value::Object(members) => {
                // listmonk: nobody is asked to confirm a list of single opt-in, and all are mailed.
                let is_single = members.get("optin").is_some_and(|it| it == "single");
                for (inner, value) in members {
                    let path = format!("{name} {inner}");
                    if is_single && inner == "subscription_status" && value == "unconfirmed" {
                        self.push(&path, "confirmed");
                    } else {
                        self.take(&path, value, depth + 1);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_columns_with_the_names_around_them() {
        let (names, cells) = flat(
            r#"{"email":"a@x.org","n":null,"n":2,"tags":["a","b"],"newsletters":[],
                "s":{"on":true,"why":{"it":"x"}},
                "lists":[{"optin":"single","subscription_status":"unconfirmed"}]}"#,
        )
        .unwrap();
        let all: Vec<String> = names
            .iter()
            .zip(&cells)
            .map(|(name, cell)| format!("{name}={cell}"))
            .collect();
        let expected = [
            "email=a@x.org",
            "n=",
            "n=2",
            "tags=a",
            "tags=b",
            "subscribed to newsletter=no",
            "s on=true",
            "s why it=x",
            "lists optin=single",
            "lists subscription_status=confirmed",
        ];
        assert_eq!(all, expected);
        assert!(flat("[]").is_err());
    }

    #[test]
    fn depth_has_an_end() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(flat(&deep).unwrap().0.len(), 0);
    }
}
