//! How a page is made: a typed struct, a template of the same name, and the frame around it.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::tokio::io::AsyncReadExt;
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::Value;
use tera::{Context, Kwargs, State, Tera, TeraResult};

use super::desk::{Desk, Entered};
use super::inline::Drawings;
use super::look::places::Entry;
use super::{address, assets, controls, look};
use crate::base::component::Place;
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::base::time::When;
use crate::base::viewer::PERMISSION_ADMIN;

/// A page: the fields of its template.
pub trait Page: Serialize {
    /// `wiki/show.html`
    const TEMPLATE: &'static str;
}

/// A page with what the frame around it needs.
pub struct Sheet<P> {
    pub page: P,
    pub title: String,
    /// The place of the top bar that is lit: the key of a `Place` path, e.g. `/wiki`.
    pub place: &'static str,
    pub alternates: Vec<Alternate>,
    pub noindex: bool,
    pub search: String,
    pub status: Status,
    /// What it shows, as links name it: `ticket:12`. None: nothing whose readers could be asked about.
    pub about: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Alternate {
    pub href: String,
    #[serde(rename = "type")]
    pub media_type: &'static str,
    pub title: String,
}

impl Alternate {
    pub fn json(href: String, title: impl Into<String>) -> Self {
        Self { href, media_type: "application/json", title: title.into() }
    }
}

impl<P: Page> Sheet<P> {
    pub fn new(title: impl Into<String>, page: P) -> Self {
        Self {
            page,
            title: title.into(),
            place: "",
            alternates: Vec::new(),
            noindex: false,
            search: String::new(),
            status: Status::Ok,
            about: None,
        }
    }

    pub fn about(mut self, thing: impl Into<String>) -> Self {
        self.about = Some(thing.into());
        self
    }

    pub fn at(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }

    pub fn alternates(mut self, alternates: Vec<Alternate>) -> Self {
        self.alternates = alternates;
        self
    }

    pub fn noindex(mut self) -> Self {
        self.noindex = true;
        self
    }

    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    pub fn searched(mut self, query: &str) -> Self {
        self.search = query.to_owned();
        self
    }

    pub fn render(self, desk: &Desk) -> Result<Answer> {
        let mut context = context_of(&self.page)?;
        context.insert("layout", &layout(desk, &self)?);
        let html = desk.web().templates.render(P::TEMPLATE, &context)?;
        Ok(Answer::new(self.status, ContentType::HTML, html))
    }
}

fn context_of(page: &impl Serialize) -> Result<Context> {
    Context::from_serialize(page).map_err(|error| Error::internal(format!("page: {error}")))
}

#[derive(Serialize)]
struct Layout<'a> {
    title: &'a str,
    base: &'a str,
    site_title: String,
    project: Option<LayoutProject>,
    places: Vec<LayoutPlace>,
    viewer: LayoutViewer,
    search: &'a str,
    flash: Vec<Flash>,
    form_token: String,
    alternates: &'a [Alternate],
    keys: bool,
    full_width: bool,
    theme: String,
    language: &'static str,
    here: String,
    noindex: bool,
    /// Who sees what is shown, for those who say who may.
    readers_href: Option<String>,
}

#[derive(Serialize)]
struct LayoutProject {
    name: String,
    title: String,
    href: String,
    look: look::InFrame,
}

#[derive(Serialize)]
struct LayoutPlace {
    key: &'static str,
    name: String,
    href: String,
    current: bool,
}

#[derive(Serialize, Default)]
struct LayoutViewer {
    signed_in: bool,
    name: String,
    login: String,
    admin: bool,
}

#[derive(Serialize)]
struct Flash {
    kind: &'static str,
    text: String,
}

fn layout<'a, P>(desk: &'a Desk, sheet: &'a Sheet<P>) -> Result<Layout<'a>> {
    let entered = desk.entered();
    let base = desk.base();
    let places = entered.as_ref().map(|entered| places(desk, entered, sheet.place)).unwrap_or_default();
    let viewer = desk.account.as_ref().map(|account| LayoutViewer {
        signed_in: true,
        name: if account.display_name.is_empty() { account.login.clone() } else { account.display_name.clone() },
        login: account.login.clone(),
        admin: account.admin,
    });
    let readers_href = entered.as_ref().zip(sheet.about.as_ref()).and_then(|(entered, about)| {
        let may_ask = entered.viewer.may(PERMISSION_ADMIN);
        let what = address::query_value(about);
        may_ask.then(|| format!("{base}/{}/admin/permissions/why?what={what}", entered.row.name))
    });
    Ok(Layout {
        readers_href,
        title: &sheet.title,
        base,
        site_title: desk.web().settings().title.clone(),
        project: entered.map(|Entered { row, look, .. }| {
            let href = format!("{base}/{}", row.name);
            LayoutProject { title: row.called().to_owned(), look: look.in_frame(&href), name: row.name, href }
        }),
        places,
        viewer: viewer.unwrap_or_default(),
        search: &sheet.search,
        flash: desk.take_flash().map(|text| Flash { kind: "done", text }).into_iter().collect(),
        form_token: desk.form_token(),
        alternates: &sheet.alternates,
        keys: desk.account.as_ref().is_none_or(|account| account.keys),
        full_width: desk.account.as_ref().is_some_and(|account| account.full_width),
        theme: desk.account.as_ref().map_or_else(|| "auto".to_owned(), |account| account.theme.clone()),
        language: "en",
        here: desk.visit.here(),
        noindex: sheet.noindex,
    })
}

/// The places of the top bar: the usual ones that this viewer may use, or those that the project wants.
fn places(desk: &Desk, Entered { row, viewer, look }: &Entered, current: &str) -> Vec<LayoutPlace> {
    let root = format!("{}/{}", desk.base(), row.name);
    let mut all: Vec<_> = desk.site().components().iter().flat_map(|component| component.places()).collect();
    all.retain(|place| place.any_of.iter().any(|permission| viewer.may(*permission)));
    all.sort_by_key(|place| place.order);
    let key = |place: &Place| place.path.trim_start_matches('/');
    let known = |place: &Place, name: Option<&String>| LayoutPlace {
        key: key(place),
        name: name.cloned().unwrap_or_else(|| place.name.to_owned()),
        href: format!("{root}{}", place.path),
        current: place.path == current,
    };
    if look.places.is_empty() {
        return all.into_iter().map(|place| known(place, None)).collect();
    }
    let named = |wanted: &str| all.iter().copied().find(|place| key(place) == wanted);
    let wanted = |entry: &Entry| match entry {
        Entry::Known { key, name } => named(key).map(|place| known(place, name.as_ref())),
        Entry::Own { name, address } => Some(LayoutPlace {
            key: "",
            name: name.clone(),
            current: address.starts_with('/') && desk.visit.path == format!("{root}{address}"),
            href: if address.starts_with('/') { format!("{root}{address}") } else { address.clone() },
        }),
    };
    let mut places: Vec<LayoutPlace> = look.places.iter().filter_map(wanted).collect();
    // Nobody locks themselves out.
    if let Some(admin) = named("admin").filter(|_| !places.iter().any(|place| place.key == "admin")) {
        places.push(known(admin, None));
    }
    places
}

/// What goes back: a page, a file, JSON, a redirect.
pub struct Answer {
    pub status: Status,
    pub content_type: ContentType,
    pub body: Body,
    pub headers: Vec<(&'static str, String)>,
    cookies: Vec<String>,
}

pub enum Body {
    Bytes(Vec<u8>),
    File(std::fs::File),
    /// The next so many bytes of a file, from where it stands.
    Part(std::fs::File, u64),
}

impl Answer {
    pub fn new(status: Status, content_type: ContentType, body: Vec<u8>) -> Self {
        Self { status, content_type, body: Body::Bytes(body), headers: Vec::new(), cookies: Vec::new() }
    }

    pub fn text(text: String) -> Self {
        Self::new(Status::Ok, ContentType::Plain, text.into_bytes())
    }

    /// A piece of a page: safe HTML by itself.
    pub fn fragment(html: Html) -> Self {
        Self::new(Status::Ok, ContentType::HTML, html.into_string().into_bytes())
    }

    pub fn json(value: &impl Serialize) -> Result<Self> {
        Ok(Self::new(Status::Ok, ContentType::JSON, serde_json::to_vec(value)?))
    }

    pub fn problems(status: Status, title: &str, detail: &str, problems: &[crate::base::error::Problem]) -> Self {
        let value = serde_json::json!({
            "type": "about:blank", "status": status.code, "title": title, "detail": detail, "problems": problems,
        });
        Self::new(status, ContentType::new("application", "problem+json"), value.to_string().into_bytes())
    }

    /// After a POST: look there (303).
    pub fn see(href: &str) -> Self {
        Self::redirect(Status::SeeOther, href)
    }

    /// Lives elsewhere for good (301).
    pub fn moved(href: &str) -> Self {
        Self::redirect(Status::MovedPermanently, href)
    }

    /// 201 with the address of what was made, for JSON.
    pub fn created(desk: &Desk, href: &str, value: &Value) -> Result<Self> {
        let mut answer = Self::json(value)?;
        answer.status = Status::Created;
        answer.headers.push(("Location", desk.web().address.absolute(href)));
        Ok(answer)
    }

    fn redirect(status: Status, href: &str) -> Self {
        let mut answer = Self::new(status, ContentType::Plain, Vec::new());
        answer.headers.push(("Location", href.to_owned()));
        answer
    }

    pub fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that sentence on the next page.
    pub fn telling(mut self, desk: &Desk, sentence: &str) -> Self {
        let path = if desk.base().is_empty() { "/" } else { desk.base() };
        self.cookies.push(format!(
            "{}={}; Path={path}; Max-Age=60; HttpOnly; SameSite=Lax",
            super::visit::FLASH,
            address::segment(sentence)
        ));
        self
    }

    /// Sets a cookie that goes with the browser's session: a choice that is nobody's secret.
    pub fn remembering(mut self, desk: &Desk, name: &str, value: &str) -> Self {
        let path = if desk.base().is_empty() { "/" } else { desk.base() };
        self.cookies.push(format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax"));
        self
    }

    /// The same for so many seconds, on connections that are encrypted if the site's are: for what is signed.
    pub fn remembering_for(mut self, desk: &Desk, name: &str, value: &str, seconds: i64) -> Self {
        let path = if desk.base().is_empty() { "/" } else { desk.base() };
        let secure = if desk.web().address.secure { "; Secure" } else { "" };
        self.cookies.push(format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"));
        self
    }

    /// Sets the session cookie (DESIGN 5): `__Host-` and Secure on https.
    pub fn with_session(mut self, desk: &Desk, secret: &str) -> Self {
        self.cookies.push(session_cookie(desk, secret, 28 * 86_400));
        self
    }

    pub fn without_session(mut self, desk: &Desk) -> Self {
        self.cookies.push(session_cookie(desk, "", 0));
        self
    }

    pub fn drop_cookie(&mut self, name: &str, base: &str) {
        let path = if base.is_empty() { "/" } else { base };
        self.cookies.push(format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Lax"));
    }

    pub fn busy() -> Self {
        Self::new(
            Status::ServiceUnavailable,
            ContentType::Plain,
            b"The server has too much to do at the moment. Please try again in a few seconds.\n".to_vec(),
        )
        .header("Retry-After", "5")
    }

    /// For an API token that is unknown, revoked or past its end (RFC 6750, 3.1).
    pub fn unauthorized() -> Self {
        let detail = "This API token is unknown, was revoked or has ended. Nothing was done.";
        Self::problems(Status::Unauthorized, "No valid token", detail, &[])
            .header("WWW-Authenticate", "Bearer error=\"invalid_token\"".to_owned())
            .header("Cache-Control", "no-store")
    }

    pub fn misdirected() -> Self {
        Self::new(
            Status::MisdirectedRequest,
            ContentType::Plain,
            b"This server does not answer for that host name. Its operator can set it with `trackway serve --url`.\n"
                .to_vec(),
        )
    }
}

fn session_cookie(desk: &Desk, value: &str, seconds: u32) -> String {
    let site = &desk.web().address;
    let path = if site.secure || site.base.is_empty() { "/" } else { &site.base };
    let secure = if site.secure { "; Secure" } else { "" };
    format!("{}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", site.cookie_name())
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut builder = Response::build();
        builder.status(self.status).header(self.content_type);
        for (name, value) in self.headers {
            builder.header(Header::new(name, value));
        }
        for cookie in self.cookies {
            builder.header_adjoin(Header::new("Set-Cookie", cookie));
        }
        match self.body {
            Body::Bytes(bytes) => builder.sized_body(bytes.len(), Cursor::new(bytes)),
            Body::File(file) => builder.streamed_body(rocket::tokio::fs::File::from_std(file)),
            Body::Part(file, length) => builder
                .raw_header("Content-Length", length.to_string())
                .streamed_body(rocket::tokio::fs::File::from_std(file).take(length)),
        };
        builder.ok()
    }
}

#[derive(RustEmbed)]
#[folder = "templates"]
struct Embedded;

/// Bytes of a page as most are; it grows if that is not enough.
const USUAL_SIZE: usize = 32 * 1024;

/// All templates, compiled at start. `TRACKWAY_DEV=1` reads them from `templates/` for each page instead.
pub struct Templates {
    tera: Tera,
    base: String,
    dev: bool,
    /// Those that were asked for.
    icons: RwLock<HashMap<String, Html>>,
}

impl Templates {
    pub fn load(base: &str) -> Result<Self> {
        let dev = std::env::var_os("TRACKWAY_DEV").is_some_and(|value| value == "1") && Path::new("templates").is_dir();
        let tera = compile(base, if dev { from_disk(Path::new("templates"))? } else { embedded() })?;
        Ok(Self { tera, base: base.to_owned(), dev, icons: RwLock::default() })
    }

    fn render(&self, name: &str, context: &Context) -> Result<Vec<u8>> {
        let mut document = Vec::with_capacity(USUAL_SIZE);
        let done = if self.dev {
            compile(&self.base, from_disk(Path::new("templates"))?)?.render_to(name, context, &mut document)
        } else {
            self.tera.render_to(name, context, &mut document)
        };
        done.map_err(|error| Error::internal(format!("template {name}: {error}")))?;
        Ok(document)
    }

    /// `ui.icon` for rows that are drawn without a template.
    pub fn icon(&self, name: &str) -> Result<Html> {
        if let Some(known) = self.icons.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(known.clone());
        }
        let mut fields = Context::new();
        fields.insert("name", name);
        let drawn = self.tera.render_component("ui.icon", &fields, None, true);
        let icon = Html::trusted(drawn.map_err(|error| Error::internal(format!("icon {name}: {error}")))?);
        self.icons.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), icon.clone());
        Ok(icon)
    }

    /// A document that is not a page: a feed, a description for browsers.
    pub fn document(&self, name: &str, fields: &impl Serialize) -> Result<String> {
        let document = self.render(name, &context_of(fields)?)?;
        String::from_utf8(document).map_err(|error| Error::internal(format!("template {name}: {error}")))
    }
}

fn compile(base: &str, mut templates: HashMap<String, String>) -> Result<Tera> {
    let fail = |error: tera::Error| Error::internal(format!("templates: {error}"));
    let drawings = Arc::new(Drawings::draw(&templates).map_err(fail)?);
    for template in templates.values_mut() {
        *template = drawings.written_into(template, base);
    }
    let mut tera = Tera::default();
    let icons = Arc::clone(&drawings);
    tera.register_filter("icon", move |name: &str, _: Kwargs, _: &State| icons.icon(name));
    tera.register_filter("time", move |at: &tera::Value, _: Kwargs, _: &State| drawings.time(at));
    tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State| address::segment(text));
    tera.register_filter("urlencode_path", |text: &str, _: Kwargs, _: &State| address::path(text));
    tera.register_function("field", |said: Kwargs, _: &State| controls::field(&said));
    tera.register_filter("filesize", |bytes: i64, _: Kwargs, _: &State| file_size(bytes));
    let base = base.to_owned();
    tera.register_function("asset", move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let path: &str = arguments.must_get("path")?;
        Ok(assets::href(&base, path))
    });
    tera.add_raw_templates(templates).map_err(fail)?;
    Ok(tera)
}

fn embedded() -> HashMap<String, String> {
    Embedded::iter()
        .filter_map(|name| {
            let file = Embedded::get(&name)?;
            Some((name.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

fn from_disk(folder: &Path) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                found.insert(name.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}

/// Adds a moment as `ui.time` draws it.
pub fn time<'h>(html: &'h mut Html, when: &When) -> &'h mut Html {
    html.tag("<time").attribute("datetime", &when.iso).attribute("title", &when.exact).tag(">");
    html.text(&when.ago).tag("</time>")
}

/// `14.2 KiB`; whole numbers without a point.
pub fn file_size(bytes: i64) -> String {
    let (amount, unit) = match bytes.unsigned_abs() {
        0..=1_023 => return format!("{bytes} B"),
        1_024..=1_048_575 => (bytes as f64 / 1_024.0, "KiB"),
        1_048_576..=1_073_741_823 => (bytes as f64 / 1_048_576.0, "MiB"),
        _ => (bytes as f64 / 1_073_741_824.0, "GiB"),
    };
    let number = format!("{amount:.1}");
    format!("{} {unit}", number.strip_suffix(".0").unwrap_or(&number))
}
