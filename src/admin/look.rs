//! `/<project>/admin/look`: logo, colour, places and footer of a project (rows AD09, AD10), and the two files that browsers load for them.

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::settings;
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::settings::Setting;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN};
use crate::web::form::Form;
use crate::web::look::{self, ACCENT, Colour, FOOTER, Logo, Look, PLACES, Palette};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Look",
    line: "Logo, colour, places and footer, so that one sees where one is.",
    path: "/admin/look",
    permission: TRAC_ADMIN,
    order: 91,
};

/// What a picture may do in a browser that opens it by itself: nothing.
const ALONE: &str = "sandbox; default-src 'none'";
/// The addresses tell one version of a file from the next.
const FOR_GOOD: &str = "private, max-age=31536000, immutable";
/// The colour that the field shows while none is chosen: `--accent` of static/trackway.css.
const USUAL: &str = "#0a5b70";

pub(super) fn routes() -> Vec<Route> {
    routes![show, change, style, logo]
}

/// Sets the logo of a project; none takes it away. `Invalid` says under `logo` why a file can't be one.
pub fn set_logo(project: &Project, by: Act<'_>, new: Option<&[u8]>) -> Result<Option<Logo>> {
    by.viewer.require(TRAC_ADMIN)?;
    let drawn = new.map(|bytes| Ok::<_, Error>((look::draw(bytes)?, bytes))).transpose()?;
    project.write(by, |tx| put_logo(tx, drawn.as_ref()))?;
    Ok(drawn.map(|(logo, _)| logo))
}

fn put_logo(tx: &Tx<'_>, new: Option<&(Logo, &[u8])>) -> Result<()> {
    let before = look::find(tx)?;
    let now = new.map(|(logo, _)| logo);
    if before.as_ref() == now {
        return Ok(());
    }
    match new {
        Some((logo, bytes)) => look::keep(tx, logo, bytes)?,
        None => look::take_away(tx)?,
    }
    let words = |logo: Option<&Logo>| logo.map_or_else(|| "none".to_owned(), Logo::in_words);
    let event = NewEvent::new("project.logo", Resource::new("project", 0), DEFAULT_CLASS);
    tx.record(&event.changing("logo", words(before.as_ref()), words(now)))?;
    Ok(())
}

#[derive(Serialize)]
struct LookPage {
    panels: Vec<PanelGroup>,
    href: String,
    accent: String,
    own_accent: bool,
    samples: Vec<Sample>,
    footer: String,
    places: String,
    logo: Option<ShownLogo>,
    problems: Vec<Problem>,
}

impl Page for LookPage {
    const TEMPLATE: &'static str = "admin/look.html";
}

/// How the colour is drawn on one kind of paper. All of them as `#0a5b70`.
#[derive(Serialize)]
struct Sample {
    name: &'static str,
    paper: String,
    accent: String,
    tint: String,
    on_accent: String,
}

#[derive(Serialize)]
struct ShownLogo {
    href: String,
    words: String,
    width: u32,
    height: u32,
}

#[get("/<project>/admin/look")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            require(&room)?;
            if desk.visit.wants_json() { as_json(desk, &room) } else { page(desk, &room, None, Vec::new()) }
        })
        .await
}

#[post("/<project>/admin/look", data = "<data>")]
async fn change(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = desk.room(&project)?;
            require(&room)?;
            match changed(&room, form) {
                Ok(()) if form.json => as_json(desk, &room),
                Ok(()) => Ok(Answer::see(&format!("{}{}", room.root, PANEL.path)).telling(desk, "Saved.")),
                Err(Error::Invalid(problems)) if !form.json => page(desk, &room, Some(form), problems),
                Err(error) => Err(error),
            }
        })
        .await
}

/// Who may not administer learns nothing of it.
fn require(room: &Room) -> Result<()> {
    room.viewer.require(TRAC_ADMIN).map_err(|_| Error::not_found("There is no page at this address."))
}

/// Does what a form asks for, all of it or nothing.
fn changed(room: &Room, form: &Form) -> Result<()> {
    let mut problems = Vec::new();
    let accent = wish(form, "accent").map(|accent| match form.get("colour") {
        Some("usual") => String::new(),
        _ => accent.trim().to_ascii_lowercase(),
    });
    let footer = wish(form, "footer").map(|footer| footer.trim_end().to_owned());
    let places = wish(form, "places").map(|places| places.trim().to_owned());
    for (name, setting, value) in
        [("accent", &ACCENT, &accent), ("footer", &FOOTER, &footer), ("places", &PLACES, &places)]
    {
        if value.as_ref().is_some_and(|value| !setting.values.fits(value)) {
            problems.push(Problem::new(name, format!("This takes {}.", setting.values.takes())));
        }
    }
    // None leaves it as it is, none within takes it away.
    let logo = match form.file("logo") {
        _ if form.has("remove_logo") || form.emptied().iter().any(|name| name == "logo") => Some(None),
        Some(bytes) => match look::draw(bytes) {
            Ok(logo) => Some(Some((logo, bytes))),
            Err(Error::Invalid(more)) => {
                problems.extend(more);
                None
            }
            Err(error) => return Err(error),
        },
        None => None,
    };
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let wishes: Vec<(&'static Setting, Option<&str>)> = [(&ACCENT, &accent), (&FOOTER, &footer), (&PLACES, &places)]
        .into_iter()
        .filter_map(|(setting, value)| Some((setting, Some(value.as_deref()?).filter(|value| !value.is_empty()))))
        .collect();
    room.project.write(room.act(), |tx| {
        settings::set_within(tx, &wishes)?;
        logo.as_ref().map_or(Ok(()), |logo| put_logo(tx, logo.as_ref()))
    })
}

/// What a field asks for; null empties it.
fn wish<'f>(form: &'f Form, name: &str) -> Option<&'f str> {
    form.get(name).or_else(|| form.emptied().iter().any(|emptied| emptied == name).then_some(""))
}

/// The look as it is now, not as it was when the request came in.
fn current(desk: &Desk, room: &Room) -> Result<std::sync::Arc<Look>> {
    room.project.read(|db| Look::of(db, &room.project, desk.site()))
}

fn as_json(desk: &Desk, room: &Room) -> Result<Answer> {
    let look = current(desk, room)?;
    let logo = look.logo.as_ref().map(|logo| {
        json!({
            "url": desk.web().address.absolute(&logo.href(&room.root)),
            "media_type": logo.media_type, "width": logo.width, "height": logo.height, "size": logo.size,
        })
    });
    let (footer, places) = room.project.read(|db| Ok((FOOTER.text(db)?, PLACES.text(db)?)))?;
    let accent = look.accent.map(|accent| format!("#{}", accent.digits()));
    Answer::json(&json!({ "accent": accent, "footer": footer, "places": places, "logo": logo.unwrap_or(Value::Null) }))
}

fn page(desk: &Desk, room: &Room, typed: Option<&Form>, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let look = current(desk, room)?;
    let chosen = look.accent.map(|accent| format!("#{}", accent.digits()));
    let typed = |name: &str| typed.and_then(|form| form.get(name)).map(str::to_owned);
    let page = LookPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        own_accent: typed("colour").map_or(chosen.is_some(), |colour| colour != "usual"),
        accent: typed("accent").or(chosen).unwrap_or_else(|| USUAL.to_owned()),
        samples: look.accent.map(samples).unwrap_or_default(),
        footer: typed("footer").map_or_else(|| room.project.read(|db| FOOTER.text(db)), Ok)?,
        places: typed("places").map_or_else(|| room.project.read(|db| PLACES.text(db)), Ok)?,
        logo: look.logo.as_ref().map(|logo| ShownLogo {
            href: logo.href(&room.root),
            words: logo.in_words(),
            width: logo.drawn().0,
            height: logo.drawn().1,
        }),
        problems,
    };
    Sheet::new("Look", page).at("/admin").noindex().status(status).render(desk)
}

fn samples(accent: Colour) -> Vec<Sample> {
    let (light, dark) = look::palette(accent);
    let sample = |name, paper: Colour, palette: Palette| Sample {
        name,
        paper: format!("#{}", paper.digits()),
        accent: format!("#{}", palette.accent.digits()),
        tint: format!("#{}", palette.accent_tint.digits()),
        on_accent: format!("#{}", palette.on_accent.digits()),
    };
    let [on_light, on_dark] = look::PAPERS;
    vec![sample("Light", on_light, light), sample("Dark", on_dark, dark)]
}

/// The colours of a project, after the style sheet of all.
#[get("/<project>/look.css")]
async fn style(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let accent = current(desk, &room)?.accent;
            let accent = accent.ok_or_else(|| Error::not_found("There is no page at this address."))?;
            let (light, dark) = look::palette(accent);
            let token = |name: &str, light: Colour, dark: Colour| {
                format!("  --{name}: light-dark(#{}, #{});\n", light.digits(), dark.digits())
            };
            let text = format!(
                ":root {{\n{}{}{}{}}}\n",
                token("accent", light.accent, dark.accent),
                token("accent-deep", light.accent_deep, dark.accent_deep),
                token("accent-tint", light.accent_tint, dark.accent_tint),
                token("on-accent", light.on_accent, dark.on_accent),
            );
            let is_asked_for = desk.visit.value("accent").is_some_and(|asked| asked == accent.digits());
            Ok(lasting(Answer::new(Status::Ok, ContentType::CSS, text.into_bytes()), is_asked_for))
        })
        .await
}

#[get("/<project>/logo")]
async fn logo(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let found = room.project.read(|db| {
                let Some(logo) = look::find(db)? else { return Ok(None) };
                Ok(Some((look::bytes(db)?, logo)))
            })?;
            let (bytes, logo) = found.ok_or_else(|| Error::not_found("There is no page at this address."))?;
            let content_type = ContentType::parse_flexible(logo.media_type).unwrap_or(ContentType::Binary);
            let answer = Answer::new(Status::Ok, content_type, bytes).header("Content-Security-Policy", ALONE);
            let is_asked_for =
                desk.visit.value("version").is_some_and(|asked| logo.hash.starts_with(&asked) && !asked.is_empty());
            Ok(lasting(answer, is_asked_for))
        })
        .await
}

/// What an address of an older version gets, is asked for again next time.
fn lasting(answer: Answer, is_asked_for: bool) -> Answer {
    if is_asked_for { answer.header("Cache-Control", FOR_GOOD) } else { answer }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_usual_colour_is_that_of_the_style_sheet() {
        let style = include_str!("../../static/trackway.css");
        assert!(style.contains(&format!("--accent: light-dark({}, ", super::USUAL)));
    }
}
