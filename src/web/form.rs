//! Forms and JSON bodies: the same names, read into the same pairs.

use serde_json::Value;

use super::address;
use super::multipart::{Broken, Parts};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::lines_lf;

/// Of a form that holds files: each costs more than a pair of an ordinary one.
const MOST_PARTS: usize = 500;

const SCALARS: &str = "This field takes a text, a number or true and false.";

#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Names that came as JSON's null or as an empty list: where a field can be emptied, that empties it.
    emptied: Vec<String>,
    /// Names that came as a list.
    lists: Vec<String>,
    files: Vec<SentFile>,
    /// Came as JSON: no form token is needed, and the answer is JSON.
    pub json: bool,
}

/// A small file that came with a form, in memory.
#[derive(Debug, Clone)]
pub struct SentFile {
    /// The name of the control that it came from.
    pub field: String,
    pub bytes: Vec<u8>,
}

impl Form {
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// The parts of a form that holds files. Fields where no file was chosen bring none.
    pub(super) async fn parse_parts(boundary: &str, bytes: &[u8]) -> Result<Self> {
        let mut form = Self::default();
        let mut parts = Parts::new(bytes, boundary);
        form.read_parts(&mut parts).await.map_err(|broken| match broken {
            Broken::Short => Error::invalid("", "The form broke off before its end. Please send it again."),
            Broken::Malformed(why) => Error::invalid("", format!("The form can't be read: {why}.")),
        })?;
        Ok(form)
    }

    async fn read_parts(&mut self, parts: &mut Parts<&[u8]>) -> std::result::Result<(), Broken> {
        while let Some(head) = parts.next().await? {
            if self.fields.len() + self.files.len() >= MOST_PARTS {
                return Err(Broken::Malformed("it has too many fields"));
            }
            let mut bytes = Vec::new();
            while let Some(piece) = parts.piece().await? {
                bytes.extend(piece);
            }
            match head.file_name {
                Some(name) if name.is_empty() => {}
                Some(_) => self.files.push(SentFile { field: head.name, bytes }),
                None => self.fields.push((head.name, clean(&String::from_utf8_lossy(&bytes)))),
            }
        }
        Ok(())
    }

    pub fn parse(content_type: &str, bytes: &[u8]) -> Result<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" | "" => Self::parse_form(bytes),
            "application/json" => Self::parse_json(bytes),
            other => Err(Error::invalid("Content-Type", format!("A form can't come as {other}."))),
        }
    }

    fn parse_form(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::invalid("", "The form is not in UTF-8."))?;
        let mut fields = address::pairs(text);
        for (_, value) in &mut fields {
            *value = clean(value);
        }
        Ok(Self { fields, ..Self::default() })
    }

    fn parse_json(bytes: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid("body", format!("This is not JSON: {error}.")))?;
        let Value::Object(object) = value else {
            return Err(Error::invalid("body", "The JSON body must be an object of field names and values."));
        };
        let mut form = Self { json: true, ..Self::default() };
        let mut problems = Vec::new();
        for (name, value) in object {
            match value {
                Value::Null => form.emptied.push(name),
                Value::Bool(false) => {}
                Value::Array(values) => match values.iter().map(scalar).collect::<Option<Vec<String>>>() {
                    Some(texts) => {
                        if texts.is_empty() {
                            form.emptied.push(name.clone());
                        }
                        form.fields.extend(texts.into_iter().map(|text| (name.clone(), text)));
                        form.lists.push(name);
                    }
                    None => problems.push(Problem::new(name, "A list holds texts and numbers and nothing else.")),
                },
                other => match scalar(&other) {
                    Some(text) => form.fields.push((name, text)),
                    None => {
                        problems.push(Problem::new(name, SCALARS));
                    }
                },
            }
        }
        if problems.is_empty() { Ok(form) } else { Err(Error::Invalid(problems)) }
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value, or an empty text.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Whether a box is ticked or a button of that name was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The bytes of the file that was chosen in that control.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|file| file.field == name).map(|file| file.bytes.as_slice())
    }

    /// A whole number that must be there.
    pub fn number(&self, name: &str) -> Result<i64> {
        match self.get(name) {
            None => Err(Error::invalid(name, format!("The field `{name}` is missing."))),
            Some(value) => value.trim().parse().map_err(|_| {
                Error::invalid(name, format!("`{value}` is not a whole number.", value = shortened(value)))
            }),
        }
    }

    /// For handlers none of whose fields takes several values.
    pub(super) fn refuse_lists(&self) -> Result<()> {
        if self.lists.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid(self.lists.iter().map(|name| Problem::new(name, SCALARS)).collect()))
    }

    /// Names that were sent as null or as an empty list.
    pub fn emptied(&self) -> &[String] {
        &self.emptied
    }

    /// In the order in which they came; the values of a list stand one after the other under its name.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The longest text that was typed: what an error page shows again.
    pub fn longest_text(&self) -> Option<&str> {
        self.fields
            .iter()
            .filter(|(name, _)| name != "__FORM_TOKEN" && !name.contains("password"))
            .map(|(_, value)| value.as_str())
            .filter(|value| value.chars().count() > 20)
            .max_by_key(|value| value.len())
    }
}

/// A text, a number or true; none for anything else.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("1".to_owned()),
        _ => None,
    }
}

/// LF line ends; no NUL, which SQLite's own functions would stop at.
fn clean(value: &str) -> String {
    lines_lf(value).replace('\0', "\u{FFFD}")
}

/// For quoting what was typed in a message.
pub fn shortened(value: &str) -> String {
    if value.chars().count() <= 60 {
        return value.to_owned();
    }
    let mut short: String = value.chars().take(60).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_json_give_the_same_fields() {
        let form = Form::parse("application/x-www-form-urlencoded", b"text=a%0D%0Ab+c&save=1").expect("reads");
        let json =
            Form::parse("application/json; charset=utf-8", br#"{"text":"a\r\nb c","save":true}"#).expect("reads");
        for form in [form, json] {
            assert_eq!(form.text("text"), "a\nb c");
            assert!(form.has("save"));
        }
    }

    #[test]
    fn a_list_is_a_name_that_comes_several_times_and_null_empties() {
        let form = Form::parse("application/json", br#"{"cc":["kim","sam"],"keywords":[],"milestone":null,"x":false}"#)
            .expect("reads");
        assert_eq!(form.pairs(), [("cc".to_owned(), "kim".to_owned()), ("cc".to_owned(), "sam".to_owned())]);
        assert_eq!(form.emptied(), ["keywords", "milestone"]);
        assert!(matches!(form.refuse_lists(), Err(Error::Invalid(problems)) if problems.len() == 2));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for (kind, body) in [
            ("application/json", &b"[1]"[..]),
            ("application/json", b"{"),
            ("application/json", br#"{"a":{"b":1}}"#),
            ("application/json", br#"{"a":[{"b":1}]}"#),
            ("text/plain", b"x"),
            ("application/x-www-form-urlencoded", b"\xff"),
        ] {
            assert!(matches!(Form::parse(kind, body), Err(Error::Invalid(_))), "{kind}");
        }
    }
}
