//! Class 7, requests that we are made to send: the program speaks to a mail server and to one place that vouches for people,
//! both of an administrator's choice, and to nobody else, whatever stands in texts, fields and names of repositories.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use trackway::account::oidc_settings::CLIENT_SECRET;
use trackway::auth::outside::OIDC_ISSUER;

use super::sources::{Source, sources};
use crate::oidc::{come, with_provider};
use crate::support::TestSite;
use crate::support::oidc::Fault;

/// Whoever could connect to something, and the files that may.
const WAYS_OUT: &[(&str, &[&str])] = &[
    ("ureq::", &["src/account/oidc_client.rs"]),
    ("lettre::", &["src/account/mail.rs"]),
    ("SmtpTransport", &["src/account/mail.rs"]),
    ("TcpStream", &["src/web/lookout.rs"]),
    ("UdpSocket", &[]),
    ("UnixStream", &[]),
    ("reqwest", &[]),
    ("hyper::", &[]),
    ("ToSocketAddrs", &[]),
    // What makes libgit2 go to another machine.
    ("RepoBuilder", &[]),
    ("find_remote", &[]),
    ("remote_anonymous", &[]),
    ("Repository::clone", &[]),
    (".fetch(", &[]),
    ("find_submodule", &[]),
    (".submodules(", &[]),
];

#[test]
fn only_mail_and_the_place_that_vouches_for_people_are_spoken_to() {
    for Source { path, text } in sources() {
        for (way, allowed) in WAYS_OUT {
            assert!(!text.contains(way) || allowed.contains(&path.as_str()), "{path} has {way}");
        }
    }
}

/// A place on this machine that nobody may speak to.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    #[track_caller]
    fn was_left_alone(&self) {
        let come = self.0.accept();
        assert!(come.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "somebody has come");
    }
}

#[test]
fn no_text_makes_the_server_load_anything() {
    let (test, trap) = (TestSite::new(), Trap::new());
    let kim = test.admin("kim");
    let address = format!("http://127.0.0.1:{}/x", trap.port());
    kim.save_page("InterMap", &format!("evil {address}/$1"));
    let text = [
        "![]({})",
        "<img src=\"{}\">",
        "[[Image({})]]",
        "[[Include({})]]",
        "[[Code({})]]",
        "[[evil:x]]",
        "<{}>",
        "{}",
        "```pikchr\nbox \"{}\"\n```",
        "$$\\includegraphics{{}}$$",
        "[[Code(../../../../etc/passwd)]]",
        "[[Include(file:///etc/passwd)]]",
    ]
    .map(|form| form.replace("{}", &address));
    kim.save_page("Plan", &text.join("\n\n"));
    let text = text.join("\n\n");
    kim.submit("/demo/newticket", &[("field_summary", &address), ("field_description", &text), ("submit", "1")])
        .expect(303);
    kim.attach("/demo/attachment/wiki/Plan/", "plan.html", format!("<img src={address}>").as_bytes()).expect(303);
    kim.attach("/demo/attachment/wiki/Plan/", "plan.svg", format!("<image href='{address}'/>").as_bytes()).expect(303);
    for page in [
        "/demo/wiki/Plan",
        "/demo/wiki/Plan?action=print",
        "/demo/ticket/1",
        "/demo/timeline?format=atom",
        "/demo/attachment/wiki/Plan/plan.html",
        "/demo/attachment/wiki/Plan/plan.svg",
    ] {
        let shown = kim.get(page).expect(200).text();
        assert!(!shown.contains("root:"), "{page}");
    }
    test.catch_up();
    trap.was_left_alone();
}

#[test]
fn a_repository_is_a_folder_of_this_machine() {
    let (test, trap) = (TestSite::new(), Trap::new());
    let port = trap.port();
    let mark = test.data().join("touched");
    for path in [
        format!("http://127.0.0.1:{port}/x.git"),
        format!("https://127.0.0.1:{port}/x.git"),
        format!("git://127.0.0.1:{port}/x.git"),
        format!("ssh://127.0.0.1:{port}/x.git"),
        format!("kim@127.0.0.1:{port}/x.git"),
        "file:///etc".to_owned(),
        format!("ext::sh -c touch% {}", mark.display()),
        "/etc".to_owned(),
        "/dev/zero".to_owned(),
        format!("--upload-pack=touch {}", mark.display()),
    ] {
        let refused = test.command(&["repo", "add", "demo", "--name", "code", "--", &path]);
        assert_ne!(refused.status, 0, "{path}: {}", refused.stdout);
        assert!(refused.status < 100, "{path}: {}", refused.stderr);
    }
    trap.was_left_alone();
    assert!(!Path::new(&mark).exists());
}

/// The settings are for administrators of the site alone: the enumerator asks their page as everybody else.
#[test]
fn the_place_that_vouches_leads_nowhere_but_to_itself() {
    let (test, provider) = with_provider();
    for fault in [Fault::Redirect, Fault::ForeignKeys] {
        provider.fault(fault);
        test.anonymous().get("/-/login/oidc").expect(500);
    }
    provider.fault(Fault::None);
    come(&test, &provider, serde_json::json!({ "sub": "u-1" })).expect(422);

    let trap = Trap::new();
    let port = trap.port();
    for issuer in [
        format!("https://2130706433:{port}"),
        format!("https://0x7f.1:{port}"),
        format!("https://0177.0.0.1:{port}"),
        format!("https://127.1:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("http://127.0.0.1.nip.example:{port}"),
        format!("http://evil@127.0.0.2:{port}"),
        format!("http://0:{port}"),
        format!("http://0.0.0.0:{port}"),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        format!("gopher://127.0.0.1:{port}"),
        format!("ftp://127.0.0.1:{port}"),
    ] {
        test.setting(OIDC_ISSUER, &issuer);
        test.setting(CLIENT_SECRET, "x");
        let asked = test.anonymous().get("/-/login/oidc");
        assert!(asked.status >= 400, "{issuer}: {}", asked.status);
        assert!(!asked.text().contains("root:"));
    }
    trap.was_left_alone();
}
