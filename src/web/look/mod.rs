//! What a project looks like: its logo, its colour, what stands at the foot of its pages (row AD10) and in the bar at their top
//! (row AD09), for groups that want to see at once where they are.
//!
//! Every page of a project shows it, so it is kept beside the database and costs a page no question. The colour reaches
//! browsers as a style sheet of its own, since pages hold no styles; `colour` makes sure that it can be read.

mod colour;
mod logo;
pub mod places;

use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

pub use colour::{Colour, PAPERS, Palette, palette};
pub use logo::{Logo, MOST_BYTES, bytes, draw, find, keep, take_away};

use self::places::Entry;
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::markup::{Flavour, Options, static_html};
use crate::base::project::Project;
use crate::base::settings::{Scope, Setting, Values};
use crate::base::site::Site;

pub const ACCENT: Setting = Setting {
    name: "look.accent",
    scope: Scope::Project,
    values: Values::Checked { takes: "a colour such as #0a5b70, or nothing", fits: is_colour_or_nothing },
    default: "",
    doc: "The colour of links, buttons and marks. It is made darker or lighter where it could not be read.",
};

pub const FOOTER: Setting = Setting {
    name: "look.footer",
    scope: Scope::Project,
    values: Values::Lines(1000),
    default: "",
    doc: "What stands at the foot of every page, in Markdown without links to pages and tickets.",
};

pub const PLACES: Setting = Setting {
    name: "look.places",
    scope: Scope::Project,
    values: Values::Checked {
        takes: "places such as `wiki; query = Issues; Chat = https://chat.example.org`, or nothing",
        fits: are_places,
    },
    default: "",
    doc: "The places in the top bar, in their order: `wiki`, `query`, `roadmap`, `timeline`, `browser`, each by another name if \
          you like, and places of your own with an address. Nobody sees one that their permissions keep from them.",
};

fn are_places(text: &str) -> bool {
    places::parse(text).is_some()
}

fn is_colour_or_nothing(text: &str) -> bool {
    text.is_empty() || Colour::parse(text).is_some()
}

/// The look of a project at this moment.
#[derive(Debug, Default)]
pub struct Look {
    pub logo: Option<Logo>,
    pub accent: Option<Colour>,
    pub footer_html: String,
    /// Empty: the usual ones.
    pub places: Vec<Entry>,
}

impl Look {
    /// `db` is the project's.
    pub fn of(db: &Connection, project: &Project, site: &Site) -> Result<Arc<Self>> {
        kept(db, "", || {
            let text = FOOTER.text(db)?;
            let footer_html = match text.is_empty() {
                true => String::new(),
                false => {
                    let plain = Options { references: false, extensions: false, ..Options::default() };
                    let compiled = project.cache().compiled(&text, Flavour::Note, site.vocabulary(), &plain)?;
                    static_html(&compiled).into_string()
                }
            };
            Ok(Self {
                logo: find(db)?,
                accent: Colour::parse(&ACCENT.text(db)?),
                footer_html,
                places: places::parse(&PLACES.text(db)?).unwrap_or_default(),
            })
        })
    }

    /// As the frame of pages shows it; `root` is the address of the project.
    pub(super) fn in_frame(self: &Arc<Self>, root: &str) -> InFrame {
        InFrame {
            style_href: self.accent.map(|accent| format!("{root}/look.css?accent={}", accent.digits())),
            logo: self.logo.as_ref().map(|logo| LogoInFrame {
                href: logo.href(root),
                media_type: logo.media_type,
                width: logo.drawn().0,
                height: logo.drawn().1,
            }),
            footer_html: self.footer_html.clone(),
        }
    }
}

/// `layout.project.look` of templates.
#[derive(Serialize)]
pub(super) struct InFrame {
    style_href: Option<String>,
    logo: Option<LogoInFrame>,
    footer_html: String,
}

#[derive(Serialize)]
struct LogoInFrame {
    href: String,
    #[serde(rename = "type")]
    media_type: &'static str,
    width: u32,
    height: u32,
}
