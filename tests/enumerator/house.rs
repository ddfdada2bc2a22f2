//! The houses whose doors are tried, and who stands before them. To build one takes as long as to ask it a hundred times, so each
//! kind is built once and copied for whoever needs one in which nobody has left traces.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rocket::http::Method;
use tempfile::TempDir;
use trackway::web::token;

use super::furniture;
use super::rules::Send;
use crate::support::answer::Answer;
use crate::support::form::{encode, multipart};
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// The kinds of viewer, in the order of the statuses in `rules.rs`.
pub const VIEWERS: [&str; 5] = ["anonymous", "stranger", "member", "insider", "admin"];

/// How a POST shows that it comes from a page of ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Guard {
    /// The token of the viewer's own session.
    Own,
    None,
    Forged,
    /// A token as anonymous readers get it, in the form of somebody who is signed in.
    OfNobody,
    ForeignOrigin,
    CrossSite,
    /// Another host of the same registered domain.
    SameSite,
}

/// What a house hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hides {
    /// Pages, a component with a ticket, a private ticket, notes, a list, a project.
    Everything,
    /// The private ticket alone.
    Private,
    Nothing,
}

/// What a viewer shows.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The secret of a session.
    Session(String),
    /// An API token.
    Token(String),
}

pub struct House {
    pub test: TestSite,
    credentials: Vec<(&'static str, Credential)>,
    /// Kept for the next one.
    _model: Option<Arc<Model>>,
}

/// A house as it was built, which nobody lives in. It goes with the last house that is like it.
struct Model {
    folder: TempDir,
    credentials: Vec<(&'static str, Credential)>,
    /// Its folder is there as long as the model.
    _repository: Option<TestRepository>,
}

impl Model {
    fn of(hides: Hides, code: bool) -> Arc<Self> {
        static MODELS: [Mutex<Weak<Model>>; 6] = [const { Mutex::new(Weak::new()) }; 6];
        let place = &MODELS[2 * hides as usize + usize::from(code)];
        let mut kept = place.lock().unwrap_or_else(PoisonError::into_inner);
        kept.upgrade().unwrap_or_else(|| {
            let house = furniture::build(hides);
            let repository = code.then(|| house.keep_code());
            let House { test, credentials, .. } = house;
            let built = Arc::new(Self { folder: test.close(), credentials, _repository: repository });
            *kept = Arc::downgrade(&built);
            built
        })
    }
}

impl House {
    /// One without code, as it was built.
    pub fn new(hides: Hides) -> Self {
        Self::like(Model::of(hides, false))
    }

    pub fn with_code(hides: Hides) -> Self {
        Self::like(Model::of(hides, true))
    }

    fn like(model: Arc<Model>) -> Self {
        let test = TestSite::copied(model.folder.path());
        Self { test, credentials: model.credentials.clone(), _model: Some(model) }
    }

    /// One that is being built.
    pub(super) fn furnished(test: TestSite, credentials: Vec<(&'static str, Credential)>) -> Self {
        Self { test, credentials, _model: None }
    }

    pub fn person(&self, viewer: &str) -> Person<'_> {
        match self.credentials.iter().find(|(name, _)| *name == viewer).map(|(_, credential)| credential) {
            Some(Credential::Session(session)) => Person::new(&self.test, viewer, Some(session.clone())),
            Some(Credential::Token(secret)) => {
                Person::new(&self.test, viewer, None).with_header("Authorization", &format!("Bearer {secret}"))
            }
            None => self.test.anonymous(),
        }
    }

    pub fn post(&self, viewer: &str, address: &str, send: Send, guard: Guard) -> Answer {
        let mut person = self.person(viewer);
        let session = person.session.clone().unwrap_or_default();
        let issue = |session: &str| token::issue(self.test.site.secret(), session);
        let form_token = match guard {
            Guard::None => None,
            Guard::Forged => Some(issue("another session")),
            Guard::OfNobody => Some(issue("")),
            _ => Some(issue(&session)),
        };
        match guard {
            Guard::ForeignOrigin => person = person.with_header("Origin", "https://evil.example"),
            Guard::CrossSite => person = person.with_header("Sec-Fetch-Site", "cross-site"),
            Guard::SameSite => person = person.with_header("Sec-Fetch-Site", "same-site"),
            _ => {}
        }
        let token = form_token.as_deref().map(|token| ("__FORM_TOKEN", token));
        let (kind, body) = match send {
            Send::Nothing => (String::new(), Vec::new()),
            Send::Form(fields) => (
                "application/x-www-form-urlencoded".to_owned(),
                encode(token.into_iter().chain(fields.iter().copied())).into_bytes(),
            ),
            Send::File(fields, name, bytes) => {
                let fields: Vec<_> = token.into_iter().chain(fields.iter().copied()).collect();
                multipart(&fields, &[("attachment", name, bytes)])
            }
        };
        person.send(Method::Post, address, &kind, body)
    }

    /// Without what differs between two sites that are alike: tokens, moments, and the random ids of projects.
    pub fn plain(&self, answer: &Answer) -> String {
        let mut text = answer.without_token();
        if answer.header("Content-Type") == Some("application/zip") {
            // The moments in an archive are no text; that nothing more is in it shows in its length.
            text = format!("{} bytes", answer.body.len());
        }
        for row in self.test.site.projects().unwrap() {
            text = text.replace(&row.id, "");
        }
        let text = without_all(&text, "<time", "</time>");
        // Who has an editor open: not the same people have been in both houses.
        let text = without_all(&text, "role=\"status\" data-others", "</p>");
        let text = without_all(&text, "<updated>", "</updated>");
        let text = without_all(&text, "\"time\":\"", "\"");
        let text =
            ["DTSTAMP:", "CREATED:", "LAST-MODIFIED:"].iter().fold(text, |text, line| without_all(&text, line, "\r"));
        let text = without_all(&text, "\"changetime\":\"", "\"");
        let text = without_all(&text, "class=\"new-token\">", "<");
        // The secret of a second factor is nobody's yet when it is shown.
        let text = without_all(&text, "<svg class=\"qr\"", "</svg>");
        let text = without_all(&text, "name=\"secret\" value=\"", "\"");
        let text = without_all(&text, "otpauth://", "\"");
        let text = without_all(&text, "\"entered\":\"", "\"");
        let text = without_all(&text, "\"contacted\":\"", "\"");
        let text = without_all(&text, "\"created\":\"", "\"");
        let text = without_all(&text, "timeline?from=", "&");
        // Permanent ids in feeds are drawn from the site's secret.
        let text = without_all(&text, "/timeline#", "</id>");
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| {
                !["date", "content-length", "etag", "last-modified"].contains(&name.to_lowercase().as_str())
            })
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        // Rocket keeps them in no order.
        headers.sort();
        format!("{} {}\n{text}", answer.status, headers.join("\n"))
    }
}

fn without_all(text: &str, begin: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        out.push_str(&rest[..at]);
        rest = rest[at + begin.len()..].split_once(end).map_or("", |(_, after)| after);
    }
    out + rest
}
