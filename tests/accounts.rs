//! Stories of accounts that come and go: invited, registered, confirmed, renamed, forgotten; and of what people set for
//! themselves.

use serde_json::json;
use trackway::auth::outbox::Letter;
use trackway::auth::registration::REGISTRATION;
use trackway::auth::{accounts, sessions};

use crate::support::answer::Answer;
use crate::support::smtp::MailServer;
use crate::support::{Person, TestSite};

const SECRET: &str = "a secret of several words";

/// A site that sends mail.
pub fn with_mail() -> (TestSite, MailServer) {
    let (test, server) = (TestSite::new(), MailServer::start());
    test.mail_goes_to(&server);
    (test, server)
}

/// The secret of the session that an answer begins.
pub fn session_of(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let cookie = cookies.map(|(_, value)| value).find(|value| value.starts_with("trackway="))?;
    cookie.split(['=', ';']).nth(1).map(str::to_owned)
}

/// Opens a link and chooses a password on it.
pub fn choose(test: &TestSite, link: &str, fields: &[(&str, &str)]) -> Answer {
    let passwords = [("password", SECRET), ("password_again", SECRET)];
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain(passwords).collect();
    test.anonymous().submit(link, &fields)
}

pub fn sign_in(test: &TestSite, user: &str) -> Answer {
    test.anonymous().submit("/-/login", &[("user", user), ("password", SECRET)])
}

/// Somebody with an address that is proven and a password.
pub fn person<'t>(test: &'t TestSite, login: &str) -> Person<'t> {
    let email = format!("{login}@example.org");
    test.command_with_input(&["user", "add", login, "--email", &email, "--password-stdin"], SECRET).expect(0);
    test.signed_in(login)
}

fn account(test: &TestSite, login: &str) -> accounts::Account {
    test.site.read(|db| accounts::load(db, login)).unwrap()
}

#[test]
fn an_administrator_invites_somebody_who_chooses_a_password() {
    let (test, server) = with_mail();
    let ada = test.admin("ada");
    test.command(&["group", "create", "staff"]).expect(0);
    let fields = [("user", "kim"), ("email", "kim@example.org"), ("full_name", "Kim Lee"), ("groups", "staff")];
    assert_eq!(ada.submit("/-/admin/accounts", &fields).expect(303).location(), "/-/admin/accounts/kim");
    test.send_mail();
    let mail = server.next();
    assert!(mail.text().contains("Hello Kim Lee,"), "{}", mail.text());
    choose(&test, &mail.link(), &[]).expect(303);
    assert!(session_of(&sign_in(&test, "kim").expect(303)).is_some());
    let shown = ada.get("/-/admin/accounts/kim").expect(200);
    assert!(shown.text().contains("staff") && shown.text().contains("kim@example.org"));
    for (fields, field) in [
        ([("user", "kim"), ("email", ""), ("groups", "")], "user"),
        ([("user", "kit"), ("email", "no address"), ("groups", "")], "email"),
        ([("user", "kit"), ("email", ""), ("groups", "nobody-here")], "groups"),
    ] {
        assert_eq!(ada.submit("/-/admin/accounts", &fields).expect(422).problems()[0].0, field);
    }
    assert!(test.site.read(|db| accounts::by_login(db, "kit")).unwrap().is_none(), "all or nothing");
    let linked = ada.submit("/-/admin/accounts", &[("user", "lee")]).expect(200);
    assert_eq!(linked.header("Cache-Control"), Some("no-store"));
    let link = linked.all("code.new-token")[0].clone();
    choose(&test, &link[link.find("/-/link/").unwrap()..], &[]).expect(303);
    test.setting(REGISTRATION, "closed");
    ada.post_signed("/-/admin/accounts", &[("user", "kit")]).expect(409);
    test.command(&["user", "invite", "kit", "--group", "staff"]).expect(0);
    test.signed_in("kit").get("/-/admin/accounts").expect(404);
    test.signed_in("kit").post_signed("/-/admin/accounts/kim/disable", &[]).expect(404);
}

#[test]
fn somebody_registers_proves_the_address_and_is_let_in() {
    let (test, server) = with_mail();
    let nobody = test.anonymous();
    nobody.get("/-/register").expect(404);
    test.setting(REGISTRATION, "open");
    assert!(nobody.get("/-/login").expect(200).text().contains("/-/register"));
    for (email, field) in [("", "email"), ("kim", "email")] {
        assert_eq!(nobody.submit("/-/register", &[("email", email)]).expect(422).problems()[0].0, field);
    }
    let wish = [("email", "kim@example.org"), ("full_name", "Kim"), ("about", "<b>I</b> make things.")];
    nobody.submit("/-/register", &wish).expect(200);
    nobody.submit("/-/register", &wish).expect(200);
    test.send_mail();
    let link = server.next().link();
    assert!(server.rest().is_empty(), "asking twice sends one mail");
    test.user("taken");
    assert_eq!(choose(&test, &link, &[("user", "taken")]).expect(422).problems()[0].0, "user");
    let made = choose(&test, &link, &[("user", "kim")]).expect(303);
    assert!(session_of(&made).is_none(), "nobody is in before an administrator says so");
    let refused = sign_in(&test, "kim").expect(422);
    assert!(refused.text().contains("has not let you in yet"));
    let ada = test.admin("ada");
    let waiting = ada.get("/-/admin/accounts?show=waiting").expect(200);
    assert_eq!(waiting.all("table.list tbody a"), ["kim"]);
    let shown = ada.get("/-/admin/accounts/kim").expect(200);
    assert_eq!(shown.all("blockquote"), ["<b>I</b> make things."]);
    ada.post_signed("/-/admin/accounts/kim/approve", &[]).expect(303);
    ada.post_signed("/-/admin/accounts/kim/approve", &[]).expect(409);
    assert!(session_of(&sign_in(&test, "kim").expect(303)).is_some());
    test.send_mail();
    assert!(server.next().text().contains("has let you in"));
}

#[test]
fn another_address_counts_once_a_link_sent_there_is_opened() {
    let (test, server) = with_mail();
    let kim = person(&test, "kim");
    kim.submit("/-/account", &[("email", "new@example.org")]).expect(303);
    assert_eq!(account(&test, "kim").email, "kim@example.org", "until then the old one is used");
    let shown = kim.get("/-/account").expect(200);
    assert_eq!(shown.attributes("input[name=email]", "value"), ["new@example.org"]);
    test.send_mail();
    let mail = server.next();
    assert_eq!(mail.to, ["RCPT TO:<new@example.org>"]);
    let link = mail.link();
    test.anonymous().get(&link).expect(200);
    assert_eq!(account(&test, "kim").email, "kim@example.org", "opening it is not enough: mail programs do that");
    test.anonymous().submit(&link, &[]).expect(303);
    let now = account(&test, "kim");
    assert_eq!((now.email.as_str(), now.email_confirmed), ("new@example.org", true));
    test.anonymous().get(&link).expect(404);
    test.send_mail();
    let told = server.next();
    assert_eq!(told.to, ["RCPT TO:<kim@example.org>"], "the old address hears of it");
    kim.submit("/-/account", &[("email", "other@example.org")]).expect(303);
    kim.submit("/-/account", &[("email", "new@example.org")]).expect(303);
    assert_eq!(account(&test, "kim").pending_email, "");
    kim.post_signed("/-/account/confirmation", &[]).expect(409);
}

#[test]
fn a_forgotten_password_is_replaced_by_a_link() {
    let (test, server) = with_mail();
    let kim = person(&test, "kim");
    test.anonymous().submit("/-/forgot", &[("who", "KIM@example.org")]).expect(200);
    test.send_mail();
    let link = server.next().link();
    let another = "another secret of words";
    test.anonymous().submit(&link, &[("password", another), ("password_again", another)]).expect(303);
    sign_in(&test, "kim").expect(422);
    kim.get("/-/account").expect(303);
    test.anonymous().get(&link).expect(404);
    test.send_mail();
    assert!(server.next().text().contains("was changed"), "whoever owns the address hears of it");
    assert_eq!(test.anonymous().submit("/-/forgot", &[("who", " ")]).expect(422).problems()[0].0, "who");
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let test = TestSite::new();
    let kim = test.user("kim");
    let there = test.signed_in("kim");
    let lee = test.user("lee");
    let list = |person: &Person<'_>| {
        let page = person.get("/-/account").expect(200);
        page.attributes("form[action*='/-/account/sessions/']", "action")
    };
    let others = list(&kim);
    assert_eq!(others.len(), 1, "not the one that is looked from");
    lee.post_signed(&others[0], &[]).expect(404);
    kim.post_signed(&others[0], &[]).expect(303);
    there.get("/-/account").expect(303);
    kim.post_signed(&others[0], &[]).expect(404);
    let listed = test.command(&["user", "sessions", "kim", "--format", "json"]).expect(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&listed.stdout).unwrap().as_array().unwrap().len(), 1);
    test.command(&["user", "sessions", "kim", "--end"]).expect(0);
    kim.get("/-/account").expect(303);
}

#[test]
fn people_read_dates_as_they_like_and_begin_where_they_like() {
    let test = TestSite::public();
    let kim = person(&test, "kim");
    kim.save_page("Plan", "Text");
    let moments = |person: &Person<'_>| person.get("/demo/wiki/Plan?action=history").expect(200).all("main time");
    assert!(moments(&kim)[0].contains("just now"), "{:?}", moments(&kim));
    kim.submit("/-/account", &[("date_style", "iso"), ("time_zone", "Europe/Prague")]).expect(303);
    let shown = moments(&kim)[0].clone();
    let day = kim.get("/demo/timeline?from=2026-03-01&daysback=0").expect(200).words();
    assert!(day.contains("2026-03-01") && !day.contains("1 March 2026"), "{day}");
    assert!(shown.len() == 16 && shown.as_bytes()[10] == b' ' && shown.starts_with("20"), "{shown}");
    kim.submit("/-/account", &[("date_style", "exact")]).expect(303);
    assert!(moments(&kim)[0].contains(", "), "{:?}", moments(&kim));
    kim.post_signed("/-/account", &[("date_style", "loud")]).expect(422);
    for bad in ["//evil.example", "https://evil.example", "demo", "/\\evil"] {
        let refused = kim.submit("/-/account", &[("start_page", bad)]).expect(422);
        assert_eq!(refused.problems()[0].0, "start_page", "{bad}");
    }
    kim.submit("/-/account", &[("start_page", "/demo/timeline")]).expect(303);
    assert_eq!(kim.get("/").expect(303).location(), "/demo/timeline");
    assert_eq!(sign_in(&test, "kim").expect(303).location(), "/demo/timeline");
    let elsewhere = test.anonymous().submit("/-/login?next=/demo/wiki", &[("user", "kim"), ("password", SECRET)]);
    assert_eq!(elsewhere.expect(303).location(), "/demo/wiki");
}

#[test]
fn somebody_has_another_name_and_the_old_one_still_leads_to_them() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    let kim = person(&test, "kim");
    kim.save_page("Plan", "Ask @kim.");
    ada.submit("/-/admin/accounts/kim", &[("user", "kimberly")]).expect(303);
    let page = ada.page("Plan").expect(200);
    assert!(page.text().contains("@kimberly"), "a mention by the old name leads to them");
    let history = ada.get("/demo/wiki/Plan?action=history").expect(200);
    assert!(history.text().contains("kimberly"));
    test.command(&["user", "add", "kim"]).expect(1);
    test.command(&["user", "rename", "ada", "kim"]).expect(1);
    assert_eq!(session_of(&sign_in(&test, "kim")), None, "nobody signs in by a name of the past");
    test.command(&["user", "rename", "kimberly", "kim"]).expect(0);
    assert!(ada.page("Plan").expect(200).text().contains("@kim<"), "their own name is theirs");
    assert_eq!(ada.submit("/-/admin/accounts/kim", &[("user", "a b")]).expect(422).problems()[0].0, "user");
}

#[test]
fn who_is_forgotten_leaves_their_work_and_nothing_of_themselves() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    test.command(&["user", "add", "quintessa", "--email", "q@quintessa.example", "--full-name", "Quintessa Zabel"])
        .expect(0);
    let kim = test.signed_in("quintessa");
    kim.save_page("Plan", "A plan of several words.");
    test.grant("quintessa", &["WIKI_ADMIN"]);
    kim.submit("/-/account", &[("email", "new@quintessa.example")]).expect(303);
    test.command(&["user", "rename", "quintessa", "quintessina"]).expect(0);
    let refused = ada.submit("/-/admin/accounts/quintessina", &[("confirm", "quintessa")]).expect(422);
    assert_eq!(refused.problems()[0].0, "confirm");
    ada.submit("/-/admin/accounts/quintessina", &[("confirm", "quintessina")]).expect(303);
    kim.get("/-/account").expect(303);
    let history = ada.get("/demo/wiki/Plan?action=history").expect(200);
    assert!(history.text().contains("former-"), "{}", history.text());
    test.demo().catch_up().unwrap();
    for database in [test.site.db().path().to_owned(), test.demo().db().path().to_owned()] {
        for (place, text) in texts_of(&database) {
            assert!(!text.to_lowercase().contains("quintess"), "{place} still says {text}");
        }
    }
    let listed = test.command(&["user", "list", "--format", "ids"]).expect(0);
    assert!(!listed.stdout.contains("former-"), "{}", listed.stdout);
    test.command(&["user", "add", "former-99"]).expect(1);
    let found = ada.get("/demo/search?q=author:quintessina&format=json").expect(200).json();
    assert_eq!(found["total"], 0);
}

/// Every text in a database, and where it stands.
fn texts_of(path: &std::path::Path) -> Vec<(String, String)> {
    let db = rusqlite::Connection::open(path).unwrap();
    let names = |sql: &str, of: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([of], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    };
    let mut texts = Vec::new();
    for table in names("select name from sqlite_schema where type = ?1 and sql not like '%virtual%'", "table") {
        for column in names("select name from pragma_table_info(?1) where type = 'TEXT'", &table) {
            let mut statement = db.prepare(&format!("select \"{column}\" from \"{table}\"")).unwrap();
            let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            texts.extend(rows.flatten().flatten().map(|text| (format!("{table}.{column}"), text)));
        }
    }
    texts
}

#[test]
fn the_last_administrator_stays() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    test.command(&["user", "admin", "ada", "--off"]).expect(1);
    test.command(&["user", "forget", "ada", "--confirm", "ada"]).expect(1);
    ada.post_signed("/-/admin/accounts/ada/no-admin", &[]).expect(409);
    ada.post_signed("/-/admin/accounts/ada/disable", &[]).expect(409);
    test.user("kim");
    ada.post_signed("/-/admin/accounts/kim/admin", &[]).expect(303);
    test.signed_in("kim").post_signed("/-/admin/accounts/ada/no-admin", &[]).expect(303);
    ada.get("/-/admin/accounts").expect(404);
    test.command(&["user", "forget", "ada", "--confirm", "kim"]).expect(1);
}

#[test]
fn accounts_are_listed_for_programs_without_their_secrets() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    person(&test, "kim");
    let list = ada.get("/-/admin/accounts?format=json&q=kim").expect(200);
    assert_eq!(list.json()["items"][0]["login"], "kim");
    assert!(!list.text().contains("argon2") && !list.text().contains("hash"));
    let made = ada.post_json("/-/admin/accounts", &json!({ "user": "lee" })).expect(201);
    assert!(made.json()["link"].as_str().unwrap().contains("/-/link/"));
    assert_eq!(test.outbox().iter().filter(|mail| mail.letter == Letter::Invitation).count(), 0);
    let session = test.site.db().write(|db| sessions::begin(db, accounts::load(db, "lee")?.id, "")).unwrap();
    Person::new(&test, "lee", Some(session)).get("/-/account").expect(200);
}

#[test]
fn links_that_prove_an_address_are_not_sent_without_end() {
    let (test, server) = with_mail();
    let kim = person(&test, "kim");
    let mut last = 303;
    for number in 0..8 {
        let answer = kim.submit("/-/account", &[("email", &format!("stranger{number}@example.org"))]);
        last = answer.status;
        if last != 303 {
            assert_eq!(answer.problems()[0].0, "email");
            assert!(answer.problems()[0].1.contains("seconds"), "{:?}", answer.problems());
            break;
        }
    }
    assert_eq!(last, 422, "eight letters to eight strangers");
    kim.post_signed("/-/account/confirmation", &[]).expect(422);
    test.send_mail();
    assert!(server.rest().len() <= 5);
    // What needs no letter is saved all the same.
    kim.submit("/-/account", &[("full_name", "Kim Lee"), ("email", "")]).expect(303);
}
