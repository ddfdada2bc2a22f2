//! Stories of mail: it waits where no server is set up, goes out once there is one, and nothing in it can be forged.

use std::sync::atomic::AtomicBool;

use trackway::account::mail;
use trackway::auth::outbox::{self, Letter, State};
use trackway::auth::{accounts, links};

use crate::support::smtp::{self, MailServer};
use crate::support::{Person, TestSite};

impl TestSite {
    /// Sets a setting of the site.
    pub fn setting(&self, setting: trackway::base::settings::Setting, value: &str) {
        self.site.db().write(|db| setting.save(db, value)).unwrap();
    }

    /// Lets mail go to that server.
    pub fn mail_goes_to(&self, server: &MailServer) {
        self.setting(mail::SMTP, &format!("smtp://{}", server.address));
        self.setting(mail::FROM, "Tracker <tracker@example.org>");
    }

    /// Sends what is due, as the server does every second.
    pub fn send_mail(&self) {
        mail::send_due(&self.site, &AtomicBool::new(false)).unwrap();
    }

    /// Puts a mail for an account into the outbox.
    fn put(&self, letter: Letter, login: &str, address: &str) {
        self.site.db().write(|db| outbox::put(db, letter, Some(accounts::load(db, login)?.id), None, address)).unwrap();
    }

    pub fn outbox(&self) -> Vec<outbox::Mail> {
        self.site.read(|db| outbox::list(db, 100)).unwrap()
    }
}

#[test]
fn mail_goes_out_over_smtp_with_a_link_that_works_and_is_nowhere_else() {
    let test = TestSite::new();
    test.user("kim");
    let server = MailServer::start();
    test.put(Letter::Invitation, "kim", "kim@example.org");
    test.send_mail();
    assert_eq!(test.outbox()[0].state, State::Waiting, "without a server mail waits");
    test.mail_goes_to(&server);
    test.send_mail();
    let mail = server.next();
    assert_eq!(mail.to, ["RCPT TO:<kim@example.org>"]);
    assert_eq!(mail.header("From").as_deref(), Some("Tracker <tracker@example.org>"));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    let link = mail.link();
    test.anonymous().get(&link).expect(200);
    assert_eq!(test.outbox()[0].state, State::Sent);
    let token = link.rsplit('/').next().unwrap();
    let database = std::fs::read(test.site.dir().join("site.db-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains(token), "a link is kept as a hash only");
    test.send_mail();
    assert!(server.rest().is_empty(), "nothing is sent twice");
}

#[test]
fn mail_goes_over_an_encrypted_connection_for_which_an_authority_of_ones_own_vouches() {
    let test = TestSite::new();
    test.user("kim");
    let server = MailServer::start_encrypted();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, smtp::AUTHORITY).unwrap();
    test.setting(mail::SMTP, &format!("smtps://localhost:{}", server.address.port()));
    test.put(Letter::Invitation, "kim", "kim@example.org");
    test.send_mail();
    assert!(server.rest().is_empty(), "nobody vouches for that server yet");
    assert_eq!(test.outbox()[0].state, State::Waiting);

    for bad in [folder.path().join("nothing.pem"), folder.path().to_owned()] {
        test.command(&["setting", "set", "mail.ca_file", bad.to_str().unwrap()]).expect(1);
    }
    test.command(&["setting", "set", "mail.ca_file", authority.to_str().unwrap()]).expect(0);
    test.site.db().write(|db| Ok(db.execute("update outbox set due_at = 0", [])?)).unwrap();
    test.send_mail();
    test.anonymous().get(&server.next().link()).expect(200);

    // The name counts: the same server under another one is not believed.
    test.setting(mail::SMTP, &format!("smtps://127.0.0.1:{}", server.address.port()));
    test.put(Letter::Invitation, "kim", "kim2@example.org");
    test.send_mail();
    assert!(server.rest().is_empty());
}

#[test]
fn what_is_not_taken_is_tried_again_later_and_what_is_refused_is_given_up() {
    let test = TestSite::new();
    test.user("kim");
    let server = MailServer::start();
    test.mail_goes_to(&server);
    server.answer("451 too much to do");
    test.put(Letter::Invitation, "kim", "kim@example.org");
    test.send_mail();
    let mail = test.outbox().remove(0);
    assert_eq!((mail.state, mail.tries), (State::Waiting, 1));
    assert!(mail.error.contains("too much to do"), "{}", mail.error);
    assert!(mail.due_at > trackway::base::time::Instant::now());
    test.send_mail();
    assert_eq!(test.outbox()[0].tries, 1, "not before its time");
    server.answer("550 nobody of that name");
    test.site.write(None, trackway::base::event::Via::Web, |db, record| outbox::retry(db, record, mail.id)).unwrap();
    test.send_mail();
    assert_eq!(test.outbox()[0].state, State::Failed);
    server.answer("250 fine");
    test.command(&["mail", "outbox", "retry"]).expect(0);
    test.send_mail();
    assert_eq!(test.outbox()[0].state, State::Sent);
}

#[test]
fn an_administrator_hands_a_link_over_where_mail_cannot() {
    let test = TestSite::new();
    let admin = test.admin("ada");
    test.user("kim");
    test.put(Letter::Invitation, "kim", "kim@example.org");
    let id = test.outbox()[0].id;
    admin.get("/-/admin/outbox").expect(200);
    test.signed_in("kim").get("/-/admin/outbox").expect(404);
    let made = admin.post_signed(&format!("/-/admin/outbox/{id}/link"), &[]).expect(200);
    assert_eq!(made.header("Cache-Control"), Some("no-store"));
    let link = made.all("code.new-token")[0].clone();
    let link = &link[link.find("/-/link/").unwrap()..];
    test.anonymous().get(link).expect(200);
    assert_eq!(test.outbox()[0].state, State::Handed, "it would take the power from the link that was handed over");
    assert!(!admin.get("/-/admin/outbox").expect(200).text().contains(link), "it is shown once");
    admin.post_signed(&format!("/-/admin/outbox/{id}/link"), &[]).expect(409);
    admin.post_signed(&format!("/-/admin/outbox/{id}/drop"), &[]).expect(303);
    assert!(test.outbox().is_empty());
    let listed = test.command(&["mail", "outbox", "list", "--format", "json"]).expect(0);
    assert_eq!(listed.stdout.trim(), "[]");
}

#[test]
fn nobody_writes_a_header_of_their_own() {
    let test = TestSite::new();
    test.command(&["user", "add", "kim", "--full-name", "Kim =?utf-8?q?=0D=0ABcc: all@example.org?="]).expect(0);
    let server = MailServer::start();
    test.mail_goes_to(&server);
    test.setting(trackway::base::site::SITE_TITLE, "Ours\u{2028}Bcc: all@example.org");
    for address in ["kim@example.org\r\nBcc: all@example.org", "kim@example.org>, <all@example.org", "kim", "a b@c"] {
        test.put(Letter::Invitation, "kim", address);
    }
    test.put(Letter::Invitation, "kim", "kim@example.org");
    test.send_mail();
    let mails = server.rest();
    assert_eq!(mails.len(), 1, "addresses that are none are given up");
    assert_eq!(mails[0].to, ["RCPT TO:<kim@example.org>"]);
    assert_eq!(mails[0].header("Bcc"), None);
    assert_eq!(test.outbox().iter().filter(|mail| mail.state == State::Failed).count(), 4);
}

#[test]
fn a_link_is_good_for_its_own_purpose_only() {
    let test = TestSite::new();
    test.user("kim");
    let make = |purpose| {
        let made = test.site.db().write(|db| {
            let account = Some(accounts::load(db, "kim")?.id);
            links::create_for(db, purpose, &links::Bearer { account, email: "kim@example.org", ..Default::default() })
        });
        format!("/-/link/{}", made.unwrap())
    };
    let confirmation = make(links::Purpose::Confirmation);
    let fields = [("password", "a secret of several words"), ("password_again", "a secret of several words")];
    let nobody: Person<'_> = test.anonymous();
    nobody.post_signed(&confirmation, &fields);
    let account = test.site.read(|db| accounts::load(db, "kim")).unwrap();
    assert_eq!(account.password, None, "a link that confirms an address sets no password");
}
