//! What goes back to whoever asked: a page, a file, JSON, a redirect, with its headers and cookies.

use std::io::Cursor;

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::tokio::io::AsyncReadExt;
use serde::Serialize;
use serde_json::Value;

use super::address;
use super::desk::Desk;
use crate::base::error::{Problem, Result};
use crate::base::markup::Html;

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

    pub fn problems(status: Status, title: &str, detail: &str, problems: &[Problem]) -> Self {
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
