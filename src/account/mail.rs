//! Sends what lies in the outbox: one thread of the server, one mail after the other, by SMTP.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, Message, SmtpTransport, Transport};
use rusqlite::Connection;

use super::letters::{self, Facts};
use crate::auth::accounts;
use crate::auth::outbox::{self, Mail};
use crate::base::error::{Error, Result};
use crate::base::settings::{Scope, Setting, Values};
use crate::base::site::{SITE_TITLE, Site, hex, random_bytes};
use crate::web::address::SiteAddress;

pub const SMTP: Setting = Setting {
    name: "mail.smtp",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "The server that takes mail: `smtps://mail.example:465`, or `smtp://mail.example:587`, where the connection must \
          become an encrypted one unless the server is this machine. Empty: mail waits, and an administrator hands links \
          over.",
};

pub const USER: Setting = Setting {
    name: "mail.user",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "The name under which the mail server knows this site. Empty: it asks for none.",
};

pub const PASSWORD: Setting = Setting {
    name: "mail.password",
    scope: Scope::Site,
    values: Values::Secret,
    default: "",
    doc: "The password for the mail server.",
};

pub const CA_FILE: Setting = Setting {
    name: "mail.ca_file",
    scope: Scope::Site,
    values: Values::Checked {
        takes: "the path of a file with a certificate in PEM, or nothing",
        fits: is_authority_or_nothing,
    },
    default: "",
    doc: "A file on the server with the certificate, in PEM, of the authority that vouches for the mail server, where that is \
          one of your own. Empty: those that browsers know count.",
};

fn is_authority_or_nothing(path: &str) -> bool {
    path.is_empty() || authority(path).is_ok_and(|pem| Certificate::from_pem(&pem).is_ok())
}

/// What stands in a file of certificates, which is a small one.
fn authority(path: &str) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut pem = Vec::new();
    std::fs::File::open(path)?.take(LARGEST_AUTHORITY).read_to_end(&mut pem)?;
    Ok(pem)
}

pub const FROM: Setting = Setting {
    name: "mail.from",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "From whom mail comes: `tracker@example.org`. Empty: `trackway@` and the host of the site.",
};

/// So often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// The mail server has so long for each step.
const PATIENCE: Duration = Duration::from_secs(20);
const AT_ONCE: i64 = 20;
/// Bytes of a file of certificates.
const LARGEST_AUTHORITY: u64 = 1024 * 1024;

/// Sends what is due until `stopping` says so.
pub fn run(site: &Site, stopping: &AtomicBool) {
    while !stopping.load(Ordering::SeqCst) {
        if let Err(error) = send_due(site, stopping) {
            log::error!("outbox: {error}");
        }
        std::thread::park_timeout(LOOK);
    }
}

/// Sends what is due now. Nothing is touched where no mail server is set up.
pub fn send_due(site: &Site, stopping: &AtomicBool) -> Result<()> {
    let due = site.read(|db| outbox::due(db, AT_ONCE))?;
    if due.is_empty() {
        return Ok(());
    }
    let Some(post) = site.read(Post::of)? else { return Ok(()) };
    let address = SiteAddress::of(site)?;
    let transport = post.transport()?;
    for mail in due {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        send(site, &address, &post, &transport, &mail)?;
    }
    Ok(())
}

fn send(site: &Site, address: &SiteAddress, post: &Post, transport: &SmtpTransport, mail: &Mail) -> Result<()> {
    let written = site.db().write(|db| {
        if !outbox::claim(db, mail)? {
            return Ok(None);
        }
        write(db, address, mail).map(Some)
    })?;
    let Some((subject, text)) = written else { return Ok(()) };
    let outcome = post.message(address, mail, &subject, text).map(|message| transport.send(&message));
    site.db().write(|db| match &outcome {
        Ok(Ok(_)) => outbox::sent(db, mail.id),
        Ok(Err(error)) => {
            log::warn!("mail {} ({}) was not taken{}", mail.id, mail.letter.name(), code_of(error));
            outbox::failed(db, mail, &error.to_string(), error.is_permanent())
        }
        Err(error) => outbox::failed(db, mail, &format!("This is no address: {error}."), true),
    })
}

/// What the log may know: what a mail server says can hold the address.
fn code_of(error: &lettre::transport::smtp::Error) -> String {
    error.status().map_or_else(String::new, |code| format!(", the mail server answered {code}"))
}

/// Subject and text, with a fresh link where the letter brings one.
fn write(db: &Connection, address: &SiteAddress, mail: &Mail) -> Result<(String, String)> {
    let token = mail.make_link(db)?;
    let link = token.map(|token| address.absolute(&format!("{}/-/link/{token}", address.base))).unwrap_or_default();
    let account = mail.account.map(|id| accounts::by_id(db, id)).transpose()?.flatten();
    let (login, full_name) = account.map(|account| (account.login, account.display_name)).unwrap_or_default();
    let home = address.absolute(&address.base);
    let site = SITE_TITLE.text(db)?;
    let facts = Facts { site: &site, login: &login, full_name: &full_name, home: &home, link: &link };
    Ok(letters::words(mail.letter, &facts))
}

/// How mail leaves, as it is set up.
struct Post {
    smtp: String,
    user: String,
    password: String,
    ca_file: String,
    from: String,
}

impl Post {
    fn of(db: &Connection) -> Result<Option<Self>> {
        let smtp = SMTP.text(db)?;
        if smtp.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            smtp,
            user: USER.text(db)?,
            password: PASSWORD.text(db)?,
            ca_file: CA_FILE.text(db)?,
            from: FROM.text(db)?,
        }))
    }

    fn transport(&self) -> Result<SmtpTransport> {
        let mut builder = SmtpTransport::from_url(&encrypted(&self.smtp))
            .map_err(|error| Error::internal(format!("the setting mail.smtp can't be used: {error}")))?
            .timeout(Some(PATIENCE));
        if !self.ca_file.is_empty() {
            builder = builder.tls(self.own_authority()?);
        }
        if !self.user.is_empty() {
            builder = builder.credentials(Credentials::new(self.user.clone(), self.password.clone()));
        }
        Ok(builder.build())
    }

    /// An encrypted connection to a server for which an authority of one's own vouches.
    fn own_authority(&self) -> Result<Tls> {
        let unusable = |why: String| Error::internal(format!("the setting mail.ca_file can't be used: {why}"));
        let pem = authority(&self.ca_file).map_err(|error| unusable(format!("{}: {error}", self.ca_file)))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        let host = self.smtp.split("://").nth(1).unwrap_or_default().rsplit('@').next().unwrap_or_default();
        let host = host.split([':', '/', '?']).next().unwrap_or_default();
        let wanted = TlsParameters::builder(host.to_owned()).add_root_certificate(authority).build();
        let wanted = wanted.map_err(|error| unusable(error.to_string()))?;
        Ok(if self.smtp.starts_with("smtps:") { Tls::Wrapper(wanted) } else { Tls::Required(wanted) })
    }

    /// Addresses and subject are encoded or refused, so that nobody writes a header of their own.
    fn message(
        &self,
        address: &SiteAddress,
        mail: &Mail,
        subject: &str,
        text: String,
    ) -> std::result::Result<Message, AddressError> {
        let to: Address = mail.address.parse()?;
        let host = host_of(address);
        let from = match self.from.parse::<Mailbox>() {
            Ok(from) => from,
            Err(_) => Mailbox::new(None, Address::new("trackway", host)?),
        };
        let message = Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{}.{}@{host}>", mail.id, hex(&random_bytes::<8>()))))
            // Absence notices and other machines are not to answer.
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(text);
        // Only a mail without sender or receiver can't be built.
        message.map_err(|_| AddressError::MissingParts)
    }
}

/// The name of the host without its port; an address in numbers stands in brackets, as mail wants it.
fn host_of(address: &SiteAddress) -> &str {
    let host = address.origin.split("://").nth(1).unwrap_or("localhost");
    let name = if host.starts_with('[') { "localhost" } else { host.split(':').next().unwrap_or("localhost") };
    // A mail from `trackway@127.0.0.1` is refused by most.
    if name.starts_with(|first: char| first.is_ascii_digit()) { "localhost" } else { name }
}

/// A connection to another machine must become an encrypted one, since links and passwords go over it.
fn encrypted(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://") else { return url.to_owned() };
    let host = rest.rsplit('@').next().unwrap_or(rest);
    let here = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    if here || url.contains("tls=") { url.to_owned() } else { format!("{url}?tls=required") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_to_another_machine_is_encrypted() {
        for (url, used) in [
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            ("smtp://localhost", "smtp://localhost"),
            ("smtp://mail.example:587", "smtp://mail.example:587?tls=required"),
            ("smtp://mail.example?tls=opportunistic", "smtp://mail.example?tls=opportunistic"),
            ("smtps://mail.example", "smtps://mail.example"),
        ] {
            assert_eq!(encrypted(url), used);
        }
    }
}
