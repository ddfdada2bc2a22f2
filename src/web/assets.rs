//! The files of `static/`, embedded in the binary and served under an address that changes with their contents.

use std::sync::LazyLock;

use rocket::http::{ContentType, Status};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::visit::Visit;
use crate::base::error::Error;
use crate::base::site::hex;

#[derive(RustEmbed)]
#[folder = "static"]
struct Embedded;

/// Changes when any of the files does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Embedded::iter().collect();
    names.sort();
    let mut hasher = Sha256::new();
    for name in names {
        if let Some(file) = Embedded::get(&name) {
            hasher.update(name.as_bytes());
            hasher.update(&file.data);
        }
    }
    hex(&hasher.finalize()[..6])
});

pub fn href(base: &str, path: &str) -> String {
    format!("{base}/-/static/{}/{path}", *VERSION)
}

/// The page in which diagrams are drawn by a script that is not ours (trackers.md e2, class 4): without an origin, so that it
/// reaches nothing of the site, and without a way to load or send anything.
const FRAME: &str = "diagram.html";
const FRAME_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
                            font-src data:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The bytes of one of them.
pub fn bytes(file: &str) -> Option<Vec<u8>> {
    Embedded::get(file).map(|found| found.data.into_owned())
}

#[rocket::get("/-/static/<version>/<file>")]
pub async fn asset(visit: Visit, version: &str, file: &str) -> Answer {
    let Some(found) = Embedded::get(file) else {
        return visit.answer(|_| Err(Error::not_found("There is no page at this address."))).await;
    };
    let extension = file.rsplit('.').next().unwrap_or_default();
    let content_type = ContentType::from_extension(extension).unwrap_or(ContentType::Binary);
    let cache = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let answer = Answer::new(Status::Ok, content_type, found.data.into_owned()).header("Cache-Control", cache);
    match file {
        FRAME => answer.header("Content-Security-Policy", FRAME_POLICY),
        // A frame without an origin is another one's to the browser.
        "mermaid.min.js" | "diagram.js" => answer.header("Cross-Origin-Resource-Policy", "cross-origin"),
        _ => answer,
    }
}

#[rocket::get("/favicon.ico")]
pub async fn favicon(visit: Visit) -> Answer {
    Answer::moved(&href(&visit.web.address.base, "favicon.svg"))
}
