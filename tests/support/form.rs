//! Forms as a browser without scripts fills them in: from the page, with the fields that the page has.

use scraper::{ElementRef, Html, Selector};

/// A form of a page with what already stands in it.
#[derive(Debug, Clone)]
pub struct PageForm {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// Names of all controls and buttons.
    pub names: Vec<String>,
}

/// The forms of a page that are sent by POST.
pub fn post_forms(page: &str) -> Vec<PageForm> {
    let html = Html::parse_document(page);
    html.select(&selector("form"))
        .filter(|form| form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")))
        .map(|form| read(&html, form))
        .collect()
}

/// With the controls that stand elsewhere and name the form.
fn read(html: &Html, form: ElementRef<'_>) -> PageForm {
    let mut fields = Vec::new();
    let mut names = Vec::new();
    let all = selector("input, textarea, select, button");
    let elsewhere =
        html.select(&all).filter(|control| control.attr("form").is_some_and(|id| form.attr("id") == Some(id)));
    let within = form.select(&all).filter(|control| control.attr("form").is_none());
    for control in within.chain(elsewhere) {
        let Some(name) = control.attr("name") else {
            continue;
        };
        names.push(name.to_owned());
        if control.attr("disabled").is_none()
            && let Some(value) = value_of(control)
        {
            fields.push((name.to_owned(), value));
        }
    }
    PageForm { action: form.attr("action").unwrap_or_default().to_owned(), fields, names }
}

/// What a control sends if nobody touches it; none for buttons and empty boxes.
fn value_of(control: ElementRef<'_>) -> Option<String> {
    match control.value().name() {
        "textarea" => {
            // The first line break after the tag is not part of the text; the parser has removed it.
            Some(control.text().collect())
        }
        "select" => {
            let chosen = control.select(&selector("option[selected]")).next();
            let option = chosen.or_else(|| control.select(&selector("option")).next())?;
            Some(option.attr("value").map_or_else(|| option.text().collect(), str::to_owned))
        }
        "button" => None,
        _ => match control.attr("type").unwrap_or("text") {
            "checkbox" | "radio" => control.attr("checked").map(|_| control.attr("value").unwrap_or("on").to_owned()),
            "submit" | "button" | "reset" | "image" | "file" => None,
            _ => Some(control.attr("value").unwrap_or_default().to_owned()),
        },
    }
}

impl PageForm {
    /// Fills a field in or presses a button; several values of one name stay in order.
    pub fn fill(&mut self, typed: &[(&str, &str)]) {
        self.fields.retain(|(name, _)| !typed.iter().any(|(typed, _)| typed == name));
        self.fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }

    pub fn encoded(&self) -> String {
        encode(self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

/// Pairs as a browser sends them.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(
            &text.replace("\r\n", "\n").replace('\n', "\r\n"),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string()
    };
    pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// A body of several parts, with files as (field, file name, bytes). Returns content type and body.
pub fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> (String, Vec<u8>) {
    let boundary = "----a-line-between-parts-4f1c";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    for (name, file, bytes) in files {
        let file = file.replace('"', "%22");
        body.extend(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}
