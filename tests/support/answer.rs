//! What came back from a request, and what a reader sees of it.

use scraper::{Html, Selector};

#[derive(Debug, Clone)]
pub struct Answer {
    pub asked: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What stands between `<main>` and `</main>`.
    #[track_caller]
    pub fn main(&self) -> String {
        let text = self.text();
        let begin = text.find("<main").unwrap_or_else(|| panic!("{} has no <main>:\n{text}", self.asked));
        let begin = begin + text[begin..].find('>').map_or(0, |end| end + 1);
        let end = text.find("</main>").unwrap_or(text.len());
        text[begin..end].trim().to_owned()
    }

    /// The words of `<main>` as they are read, blanks run together.
    #[track_caller]
    pub fn words(&self) -> String {
        let html = Html::parse_fragment(&self.main());
        html.root_element().text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text of every element that a selector finds.
    #[track_caller]
    pub fn all(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text());
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector)
            .map(|element| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of every element that a selector finds and that has it.
    #[track_caller]
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text());
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// Problems of a refused form as (field, message).
    #[track_caller]
    pub fn problems(&self) -> Vec<(String, String)> {
        let selector = "ul.problems > li";
        self.attributes(selector, "data-field").into_iter().zip(self.all(selector)).collect()
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} answered no JSON ({error}):\n{}", self.asked, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn location(&self) -> &str {
        self.header("Location").unwrap_or_default()
    }

    /// The page without what differs from request to request: the token of its forms.
    pub fn without_token(&self) -> String {
        let mut text = self.text();
        let marker = "name=\"__FORM_TOKEN\" value=\"";
        let mut from = 0;
        while let Some(found) = text[from..].find(marker) {
            let begin = from + found + marker.len();
            let end = begin + text[begin..].find('"').unwrap_or(0);
            text.replace_range(begin..end, "");
            from = begin;
        }
        text
    }

    /// Fails with the page if the status is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        let seen = if self.body.is_empty() { self.location().to_owned() } else { shortened(&self.text()) };
        assert_eq!(self.status, status, "{} answered {}:\n{seen}", self.asked, self.status);
        self
    }
}

fn shortened(text: &str) -> String {
    let begin = text.find("<main").unwrap_or(0);
    text[begin..].chars().take(4000).collect()
}
