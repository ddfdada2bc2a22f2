//! A page of the server as a page that needs none: without what asks for one, its links leading from file to file.

use std::collections::HashMap;

use super::href_of;
use super::places::{Meaning, Places};
use crate::web::rewrite::{Fate, Tag, rewritten};

/// Elements that do something, or would show what is not there.
const LIVE: &[&str] =
    &["script", "style", "template", "iframe", "object", "embed", "button", "form", "select", "textarea", "datalist"];
/// Classes of what shows the way to what does something.
const WAYS: &[&str] = &[
    "tabs", "js-only", "entry-ways", "looks", "ticket-edit", "ticket-adds", "quick", "walk", "undo", "news", "shows",
    "ways", "actions", "note-ways", "milestone-edit", "anchor", "pencil",
];

/// The page a text is turned for.
pub struct Turned<'a> {
    pub places: &'a Places,
    /// Attachments that were copied; see `Work`.
    pub files: &'a HashMap<String, Option<String>>,
    /// Where it was asked for.
    pub address: &'a str,
    pub file: &'a str,
    /// The files before and after it in the same list or conversation.
    pub previous: Option<&'a str>,
    pub next: Option<&'a str>,
}

/// What stands between `<main>` and `</main>`: no text can write these.
pub fn main_of(html: &str) -> &str {
    let begin = html.find("<main").and_then(|at| Some(at + html[at..].find('>')? + 1)).unwrap_or(0);
    let end = html.rfind("</main>").unwrap_or(html.len());
    html.get(begin..end).unwrap_or_default()
}

/// The attachments that a page shows or links to.
pub fn wanted_files(main: &str, places: &Places, address: &str) -> Vec<String> {
    let mut wanted = Vec::new();
    if main.contains("attachment/") {
        each_address(main, &mut |_, href| {
            if let Meaning::Attachment(file) = places.meaning(href, address) {
                wanted.push(file);
            }
        });
    }
    wanted
}

/// Where the list or conversation of a page goes on: an address of the same page.
pub fn next_of(main: &str, places: &Places, address: &str) -> Option<String> {
    let own = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
    let mut next = None;
    each_address(main, &mut |link, href| {
        let goes_on = link.get("rel") == Some("next") && own(href) == own(address);
        if goes_on && places.meaning(href, address) == Meaning::Nothing {
            next = Some(href.to_owned());
        }
    });
    next
}

fn each_address(main: &str, act: &mut dyn FnMut(&Tag, &str)) {
    rewritten(main, &mut |tag, _| {
        if let Some(href) = tag.get("href").or_else(|| tag.get("src")) {
            act(tag, href);
        }
        Fate::Stays
    });
}

/// The page as the file holds it.
pub fn turned(main: &str, page: &Turned<'_>) -> String {
    rewritten(main, &mut |tag, around| {
        let is_way = WAYS.iter().any(|class| tag.has_class(class)) || tag.get("data-live-region") == Some("backlinks");
        if is_way || LIVE.contains(&tag.name.as_str()) {
            return Fate::Goes;
        }
        match tag.name.as_str() {
            "a" => page.link(tag, around),
            "img" => page.image(tag),
            "input" if tag.get("type") == Some("checkbox") => {
                tag.set("disabled", String::new());
                Fate::Stays
            }
            "input" => Fate::Goes,
            // What was two hours ago when it was written is not when it is read.
            "time" => tag.get("title").map_or(Fate::Stays, |exact| Fate::Says(exact.to_owned())),
            _ => Fate::Stays,
        }
    })
}

impl Turned<'_> {
    /// A link that leads nowhere becomes its words within a text; a way to something that the server does goes with them.
    fn link(&self, link: &mut Tag, around: &[Tag]) -> Fate {
        let Some(href) = link.get("href").map(str::to_owned) else { return Fate::Stays };
        let walk = match link.get("rel") {
            // The address on the server, whatever becomes of the name.
            Some("bookmark") => return Fate::Goes,
            Some("prev") => self.previous,
            Some("next") => self.next,
            _ => None,
        };
        if let Some(address) = self.address_of(&href).or_else(|| walk.map(|file| self.way_to(file))) {
            link.set("href", address);
            return Fate::Stays;
        }
        let is_said = |tag: &Tag| tag.has_class("text") || tag.get("data-live-region") == Some("change");
        if asks_for_an_act(&href) && !around.iter().any(is_said) { Fate::Goes } else { Fate::Opens }
    }

    fn image(&self, image: &mut Tag) -> Fate {
        match image.get("src").and_then(|source| self.address_of(source)) {
            Some(source) => {
                image.set("src", source);
                Fate::Stays
            }
            None => Fate::Goes,
        }
    }

    fn address_of(&self, href: &str) -> Option<String> {
        match self.places.meaning(href, self.address) {
            Meaning::Here(heading) => Some(format!("#{heading}")),
            Meaning::Outside if href.starts_with("//") => Some(format!("https:{href}")),
            Meaning::Outside => Some(href.to_owned()),
            Meaning::Attachment(wanted) => self.files.get(&wanted)?.as_deref().map(|file| self.way_to(file)),
            Meaning::File(file, heading) => {
                let heading = heading.map(|heading| format!("#{heading}")).unwrap_or_default();
                Some(format!("{}{heading}", self.way_to(&file)))
            }
            Meaning::Nothing => None,
        }
    }

    /// From this file to another one of the export.
    fn way_to(&self, file: &str) -> String {
        let up = "../".repeat(self.file.matches('/').count());
        format!("{up}{}", href_of(file))
    }
}

fn asks_for_an_act(href: &str) -> bool {
    ["action=", "format=", "replyto=", "version=", "/login"].iter().any(|act| href.contains(act))
}
