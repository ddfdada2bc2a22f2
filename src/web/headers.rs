//! What every response carries (trackers.md e3), and how large its pieces are.

use std::sync::Arc;

use rocket::fairing::AdHoc;
use rocket::http::Header;

use super::Web;

const SHARING: &str = "Cross-Origin-Resource-Policy";

pub fn fairing() -> AdHoc {
    AdHoc::on_response("headers", |request, response| {
        Box::pin(async move {
            // Rocket's pieces of 4 KiB cost more than the rest of a page.
            // A stream of events has small ones, and a buffer of that size for as long as it lasts.
            let streams = response.content_type().is_some_and(|kind| kind.is_event_stream());
            response.set_max_chunk_size(if streams { 1024 } else { 64 * 1024 });
            if !response.headers().contains("Content-Security-Policy") {
                let settings = request.rocket().state::<Arc<Web>>().map(|web| web.settings()).unwrap_or_default();
                response.set_header(Header::new("Content-Security-Policy", policy(&settings.image_hosts)));
            }
            for (name, value) in [
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "same-origin"),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("X-Frame-Options", "DENY"),
                ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ] {
                response.set_header(Header::new(name, value));
            }
            // What a frame without an origin loads says so itself.
            if !response.headers().contains(SHARING) {
                response.set_header(Header::new(SHARING, "same-origin"));
            }
            if !response.headers().contains("Cache-Control") {
                response.set_header(Header::new("Cache-Control", "private, no-cache"));
            }
        })
    })
}

fn policy(image_hosts: &[String]) -> String {
    let images: String = image_hosts.iter().map(|host| format!(" https://{host}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; font-src 'self'; \
         frame-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
