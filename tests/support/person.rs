//! People of a test: they open pages, fill forms in and send them, like a browser without scripts.

use std::net::SocketAddr;

use rocket::http::{Header, Method};
use rocket::local::blocking::LocalRequest;
use trackway::web::{address, token};

use super::TestSite;
use super::answer::Answer;
use super::form::{self, PageForm};

#[derive(Clone)]
pub struct Person<'t> {
    pub test: &'t TestSite,
    pub login: String,
    /// The secret in the session cookie; none for anonymous.
    pub session: Option<String>,
    headers: Vec<(String, String)>,
    /// Cookies beside that of the session.
    cookies: Vec<(String, String)>,
    /// The address of their machine, where it matters.
    from: Option<SocketAddr>,
}

impl<'t> Person<'t> {
    pub fn new(test: &'t TestSite, login: &str, session: Option<String>) -> Self {
        Self { test, login: login.to_owned(), session, headers: Vec::new(), cookies: Vec::new(), from: None }
    }

    /// Makes them a member of `demo`.
    pub fn member(self) -> Self {
        self.can("members")
    }

    /// Grants a right in `demo`.
    pub fn can(self, permission: &str) -> Self {
        self.test.grant(&self.login, &[permission]);
        self
    }

    /// Sends that header with every request from now on.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends that cookie with every request from now on.
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks from that address from now on.
    pub fn coming_from(mut self, address: &str) -> Self {
        self.from = Some(SocketAddr::new(address.parse().unwrap(), 4000));
        self
    }

    pub fn get(&self, address: &str) -> Answer {
        self.send(Method::Get, address, "", Vec::new())
    }

    /// Opens a page and goes wherever it leads, five steps at most.
    #[track_caller]
    pub fn follow(&self, address: &str) -> Answer {
        let mut answer = self.get(address);
        for _ in 0..5 {
            if !(300..400).contains(&answer.status) {
                break;
            }
            let location = answer.location().to_owned();
            answer = self.get(&location);
        }
        answer
    }

    /// Sends a form with exactly these fields.
    pub fn post(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::Post, address, FORM, form::encode(fields.iter().copied()).into_bytes())
    }

    /// The same with the token that their forms carry.
    pub fn post_signed(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let token = token::issue(self.test.site.secret(), self.session.as_deref().unwrap_or_default());
        let fields: Vec<(&str, &str)> =
            [("__FORM_TOKEN", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post(address, &fields)
    }

    /// Opens a page, fills in its form that has all these fields and buttons, and sends it.
    #[track_caller]
    pub fn submit(&self, page: &str, typed: &[(&str, &str)]) -> Answer {
        let form = self.form(page, typed);
        self.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
    }

    /// A form of a page, filled in and not sent yet.
    #[track_caller]
    pub fn form(&self, page: &str, typed: &[(&str, &str)]) -> PageForm {
        let opened = self.get(page).expect(200);
        let forms = form::post_forms(&opened.text());
        let fits = |form: &&PageForm| typed.iter().all(|(name, _)| form.names.iter().any(|has| has == name));
        let Some(mut form) = forms.iter().find(fits).cloned() else {
            let names: Vec<&Vec<String>> = forms.iter().map(|form| &form.names).collect();
            panic!("{page} has no form with the fields {typed:?}; its forms have {names:?}");
        };
        form.fill(typed);
        if form.action.is_empty() {
            form.action = page.to_owned();
        }
        form
    }

    /// Attaches a file by the form of that page.
    #[track_caller]
    pub fn attach(&self, page: &str, name: &str, bytes: &[u8]) -> Answer {
        let form = self.form(page, &[("attachment", "")]);
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .filter(|(name, _)| name != "attachment")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let (kind, body) = form::multipart(&fields, &[("attachment", name, bytes)]);
        self.send(Method::Post, &form.action, &kind, body)
    }

    /// Sends a JSON body as scripts do.
    pub fn post_json(&self, address: &str, body: &serde_json::Value) -> Answer {
        self.send(Method::Post, address, "application/json", body.to_string().into_bytes())
    }

    /// Writes a page of `demo` by its form.
    #[track_caller]
    pub fn save_page(&self, name: &str, text: &str) -> Answer {
        let page = format!("/demo/wiki/{}?action=edit", address::path(name));
        self.submit(&page, &[("text", text), ("save", "1")]).expect(303)
    }

    pub fn page(&self, name: &str) -> Answer {
        self.get(&format!("/demo/wiki/{}", address::path(name)))
    }

    /// One request, as it is.
    pub fn send(&self, method: Method, address: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let asked = format!("{method} {address} of {}", if self.login.is_empty() { "anonymous" } else { &self.login });
        let mut request: LocalRequest<'_> = self.test.client.req(method, address.to_owned());
        if let Some(session) = &self.session {
            request = request.cookie(("trackway", session.clone()));
        }
        for cookie in &self.cookies {
            request = request.cookie(cookie.clone());
        }
        if let Some(from) = self.from {
            request = request.remote(from);
        }
        if !content_type.is_empty() {
            request.add_header(Header::new("Content-Type", content_type.to_owned()));
        }
        for (name, value) in &self.headers {
            request.add_header(Header::new(name.clone(), value.clone()));
        }
        let response = request.body(body).dispatch();
        let status = response.status().code;
        let headers =
            response.headers().iter().map(|header| (header.name().to_string(), header.value().to_owned())).collect();
        let body = response.into_bytes().unwrap_or_default();
        Answer { asked, status, headers, body }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
