//! A request as it came in: nothing is looked up yet.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rocket::data::{Data, ToByteUnit};
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::tokio::task::spawn_blocking;

use super::Web;
use super::address;
use super::answer::Answer;
use super::desk::Desk;
use super::error;
use super::form::Form;
use super::lookout::Lookout;
use super::multipart;
use super::proxy::Neighbour;
use crate::auth::api_tokens::PREFIX;
use crate::base::audit;
use crate::base::error::{Error, Result};

/// The largest form: a text of 1 MiB, every byte of it percent-encoded, and a conflict's second text.
const FORM_LIMIT: u64 = 8 * 1024 * 1024;

pub struct Visit {
    pub web: Arc<Web>,
    pub method: Method,
    /// Raw path with the base path, undecoded.
    pub path: String,
    /// Raw query without `?`.
    pub query: String,
    /// The secret of the session cookie.
    pub session: Option<String>,
    pub flash: Option<String>,
    /// How differences were drawn last, see [`diff_look`](super::diff_look).
    pub diff_look: Option<String>,
    /// What a browser brings back that was sent to another place to sign in.
    pub oidc: Option<String>,
    /// What a proxy says beside the request; it counts from few.
    pub neighbour: Neighbour,
    /// The secret in the address of a feed or a calendar; nowhere else is one looked at, and the query has it no more.
    pub feed_token: Option<String>,
    /// What `Authorization: Bearer` shows, whatever it is worth. It stands in place of a session.
    pub api_token: Option<String>,
    pub agent: String,
    /// Where it comes from, for the brake on guessing: the address, IPv6 by its /64.
    pub network: String,
    pub content_type: String,
    /// Asked for by a page that is open, not by somebody: it counts as no visit.
    pub by_itself: bool,
    accept: String,
    /// Sent by a page of another site, as far as the browser tells.
    foreign: bool,
    wrong_host: bool,
    if_match: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visit {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match Self::of(request) {
            Some(visit) => Outcome::Success(visit),
            None => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

impl Visit {
    pub fn of(request: &Request<'_>) -> Option<Self> {
        let web = request.rocket().state::<Arc<Web>>()?;
        let header = |name: &str| request.headers().get_one(name).unwrap_or_default().to_owned();
        let cookie = |name: &str| request.cookies().get(name).map(|cookie| cookie.value().to_owned());
        let origin = header("Origin");
        let fetch_site = header("Sec-Fetch-Site");
        let foreign = (!origin.is_empty() && !web.address.accepts_origin(&origin))
            || !matches!(fetch_site.as_str(), "" | "same-origin" | "none");
        let host = header("Host");
        let path = request.uri().path().raw().to_string();
        let query = request.uri().query().map(|query| query.raw().to_string()).unwrap_or_default();
        let (query, feed_token) = match path.strip_prefix(&web.address.base) {
            Some(below) if request.method() != Method::Post && is_feed(below, &query) => without_token(&query),
            _ => (query, None),
        };
        Some(Self {
            method: request.method(),
            path,
            query,
            feed_token,
            api_token: bearer_of(&header("Authorization")),
            session: cookie(web.address.cookie_name()).filter(|value| value.len() == 64),
            flash: cookie(FLASH),
            diff_look: cookie(super::diff_look::COOKIE),
            oidc: cookie(OIDC_COOKIE),
            neighbour: Neighbour::of(request.remote().map(|peer| peer.ip()), request.headers()),
            agent: header("User-Agent"),
            network: network_of(web, request),
            content_type: header("Content-Type"),
            accept: header("Accept"),
            by_itself: !header("X-Trackway-Live").is_empty(),
            foreign,
            wrong_host: !host.is_empty() && !web.address.accepts_host(&host),
            if_match: Some(header("If-Match")).filter(|value| !value.is_empty()),
            web: Arc::clone(web),
        })
    }

    /// Does the work of a handler and makes its answer, whatever happens.
    pub async fn answer(self, work: impl FnOnce(&Desk) -> Result<Answer> + Send + 'static) -> Answer {
        self.answer_within(None, work).await
    }

    /// The same for a POST: reads the form, checks token and origin, keeps what was typed if that fails.
    pub async fn answer_form(
        self,
        data: Data<'_>,
        work: impl FnOnce(&Desk, &Form) -> Result<Answer> + Send + 'static,
    ) -> Answer {
        match self.read_form(data).await.and_then(|form| form.refuse_lists().map(|()| form)) {
            Ok(form) => self.answer_with_form(form, work).await,
            Err(error) => self.answer(move |_| Err(error)).await,
        }
    }

    /// The same where JSON may bring lists: several pairs of one name.
    pub async fn answer_form_with_lists(
        self,
        data: Data<'_>,
        work: impl FnOnce(&Desk, &Form) -> Result<Answer> + Send + 'static,
    ) -> Answer {
        match self.read_form(data).await {
            Ok(form) => self.answer_with_form(form, work).await,
            Err(error) => self.answer(move |_| Err(error)).await,
        }
    }

    /// For handlers that have read their form by themselves (uploads).
    pub async fn answer_with_form(
        self,
        form: Form,
        work: impl FnOnce(&Desk, &Form) -> Result<Answer> + Send + 'static,
    ) -> Answer {
        let form = Arc::new(form);
        let kept = Arc::clone(&form);
        self.answer_within(Some(kept), move |desk| {
            desk.check_form(&form)?;
            work(desk, &form)
        })
        .await
    }

    async fn answer_within(
        self,
        form: Option<Arc<Form>>,
        work: impl FnOnce(&Desk) -> Result<Answer> + Send + 'static,
    ) -> Answer {
        let web = Arc::clone(&self.web);
        let Ok(_place) = web.line.try_acquire() else {
            return Answer::busy();
        };
        let reads = matches!(self.method, Method::Get | Method::Head);
        let turns = if reads { &web.to_read } else { &web.to_write };
        let Ok(_turn) = turns.acquire().await else {
            return Answer::busy();
        };
        let answer = move || {
            let _door = audit::from_network(&self.network);
            let desk = match Desk::open(self) {
                Ok(desk) => desk,
                Err((visit, error)) => return error::answer(&Desk::of_nobody(visit), error, form.as_deref()),
            };
            let result = if desk.visit.wrong_host {
                Ok(Answer::misdirected())
            } else if desk.has_worthless_token() {
                Ok(Answer::unauthorized())
            } else if let Some(clean) = desk.visit.without_slash() {
                Ok(Answer::moved(&clean))
            } else if let Some(seconds) = desk.web().limits.take(&desk) {
                return error::too_many(&desk, seconds, form.as_deref());
            } else {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&desk)))
                    .unwrap_or_else(|_| Err(Error::internal(format!("{} panicked", desk.visit.path))))
            };
            let mut answer = result.unwrap_or_else(|error| error::answer(&desk, error, form.as_deref()));
            if reads && let Some(session) = desk.renewed() {
                answer = answer.with_session(&desk, &session);
            }
            if desk.visit.flash.is_some() && desk.flash_was_shown() {
                answer.drop_cookie(FLASH, &desk.web().address.base);
            }
            answer
        };
        if reads {
            return web.lookout.get_or_init(Lookout::begin).over(answer);
        }
        // What writes waits for the disk, and for others who write.
        spawn_blocking(answer).await.unwrap_or_else(|_| Answer::busy())
    }

    async fn read_form(&self, data: Data<'_>) -> Result<Form> {
        let read = data.open(FORM_LIMIT.bytes()).into_bytes().await;
        let bytes = read.map_err(|_| Error::invalid("", "The form broke off before its end. Please send it again."))?;
        if !bytes.is_complete() {
            return Err(Error::invalid("", "The form is larger than 8 MiB; nothing of it was taken."));
        }
        match multipart::boundary(&self.content_type) {
            Some(boundary) => Form::parse_parts(&boundary, &bytes.into_inner()).await,
            None => Form::parse(&self.content_type, &bytes.into_inner()),
        }
    }

    /// The pairs of the query in their order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        address::pairs(&self.query)
    }

    /// The first value of that name in the query.
    pub fn value(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Whether JSON was asked for, by `?format=json` or by `Accept`.
    pub fn wants_json(&self) -> bool {
        match self.value("format") {
            Some(format) => format == "json",
            None => self.accepts_json(),
        }
    }

    /// Whether files of cells are to hold the very data, with nothing before what a spreadsheet takes for a formula.
    pub fn wants_raw(&self) -> bool {
        self.value("raw").as_deref() == Some("1")
    }

    /// Whether JSON is what the sender reads first, whatever `?format=` names.
    pub fn accepts_json(&self) -> bool {
        self.accept.starts_with("application/json") || self.accept.starts_with("application/problem+json")
    }

    /// Whether a body of JSON was sent, readable or not: its sender reads JSON too.
    pub fn sends_json(&self) -> bool {
        self.content_type.trim_start().to_ascii_lowercase().starts_with("application/json")
    }

    /// The number in `If-Match: "3"`. An error for what is none: to go on without it could overwrite what the sender has
    /// not seen.
    pub fn if_match(&self) -> Result<Option<i64>> {
        let Some(given) = self.if_match.as_deref() else {
            return Ok(None);
        };
        // Any version will do, as long as there is one.
        if given.trim() == "*" {
            return Ok(None);
        }
        let version = given.trim().trim_start_matches("W/").trim_matches('"').parse();
        version.map(Some).map_err(|_| {
            let given = super::form::shortened(given);
            Error::invalid("If-Match", format!("`{given}` is no version in quotes, as in `\"3\"`."))
        })
    }

    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// What follows `marker` in the raw path, decoded: the name of a page with all its characters.
    /// None if it is no UTF-8.
    pub fn tail(&self, marker: &str) -> Option<String> {
        address::decode(self.raw_tail(marker)?)
    }

    /// The same as it was sent, for names that may be no UTF-8.
    pub fn raw_tail(&self, marker: &str) -> Option<&str> {
        let project = self.path.strip_prefix(&self.web.address.base)?;
        let rest = project.strip_prefix('/')?;
        let tail = rest.get(rest.find('/')?..)?.strip_prefix(marker)?;
        Some(tail.strip_prefix('/').unwrap_or(tail))
    }

    /// The same address without a slash at its end (row AD22); lists of attachments are told by theirs.
    fn without_slash(&self) -> Option<String> {
        let below = self.path.strip_prefix(&self.web.address.base)?;
        let is_list = below.split('/').nth(2).is_some_and(|room| room.ends_with("attachment"));
        let needless = self.method == Method::Get && below.len() > 1 && below.ends_with('/') && !is_list;
        needless.then(|| {
            let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
            // One slash at the beginning: after two of them, or a backslash, a browser reads the name of another host.
            format!("{}/{}{query}", self.web.address.base, below.trim_start_matches(['/', '\\']).trim_end_matches('/'))
        })
    }

    /// Path and query, as `next=` wants it.
    pub fn here(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// Whether an address, below the base, is that of a list of a project as Atom or iCalendar. What asks for two formats asks
/// for none of them.
fn is_feed(below: &str, query: &str) -> bool {
    let parts: Vec<&str> = below.trim_start_matches('/').split('/').collect();
    let is_list = match parts.as_slice() {
        [_, "query" | "timeline" | "roadmap" | "watched"] => true,
        [_, "report", number] => number.bytes().all(|digit| digit.is_ascii_digit()),
        _ => false,
    };
    let pairs = address::pairs(query);
    let mut formats = pairs.iter().filter(|(name, _)| name == "format").map(|(_, format)| format.as_str());
    is_list && matches!(formats.next(), Some("atom" | "rss" | "ics")) && formats.next().is_none()
}

/// Takes the token out of a query, so that it gets into no link and no log.
fn without_token(query: &str) -> (String, Option<String>) {
    let is_token = |pair: &&str| pair.starts_with("token=");
    let token = query.split('&').find(is_token).and_then(|pair| address::decode(&pair["token=".len()..]));
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_token(pair)).collect();
    (rest.join("&"), token)
}

/// The cookie of a browser that was sent to another place to sign in.
pub const OIDC_COOKIE: &str = "trackway_oidc";

/// Other schemes are for whoever stands before us, such as a proxy that asks for a password of its own; and other secrets are
/// those of hooks and of whoever reads the numbers of the site.
fn bearer_of(header: &str) -> Option<String> {
    let (scheme, secret) = header.split_once(' ')?;
    let secret = Some(secret.trim()).filter(|secret| secret.starts_with(PREFIX));
    secret.filter(|_| scheme.eq_ignore_ascii_case("bearer")).map(str::to_owned)
}

/// The cookie that carries one sentence over a redirect.
pub const FLASH: &str = "trackway_told";

fn network_of(web: &Web, request: &Request<'_>) -> String {
    let Some(neighbour) = request.remote().map(|peer| peer.ip()) else { return String::new() };
    let settings = web.settings();
    if settings.peers.miss(neighbour, request.headers()) {
        web.unlisted_proxy.store(true, Ordering::Relaxed);
    }
    match settings.peers.asker(neighbour, request.headers()) {
        IpAddr::V6(address) => {
            let segments = address.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", segments[0], segments[1], segments[2], segments[3])
        }
        IpAddr::V4(address) => address.to_string(),
    }
}
