//! How a page is made: a typed struct, a template of the same name, and the frame around it.

use rocket::http::{ContentType, Status};
use serde::Serialize;
use tera::Context;

use super::address;
use super::answer::Answer;
use super::desk::{Desk, Entered};
use super::look;
use super::look::places::Entry;
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

pub(super) fn context_of(page: &impl Serialize) -> Result<Context> {
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
