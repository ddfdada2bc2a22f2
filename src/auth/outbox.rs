//! Mail that is to be sent. A row says to whom and what for; its words, and the one-time link in them, are made when it is
//! sent, so that no secret lies here.
//!
//! `account::mail` sends what is due. Where no mail server is set up everything waits, and an administrator can hand a link
//! over by other means.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::links;
use crate::base::error::{Error, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::time::Instant;

/// After so many tries a mail is given up.
pub const TRIES: i64 = 8;
/// Pauses after each failure, in minutes; the last one stands for all that follow.
const PAUSES: [i64; 6] = [1, 5, 30, 120, 360, 720];
/// A mail that somebody is sending is nobody else's for so long; a server that was killed in the middle sends it again.
const CLAIMED_SECONDS: i64 = 300;
/// What is done with is forgotten after so many days.
const KEPT_DAYS: i64 = 30;
/// For so long after a mail that anybody can ask for, the next one of its kind to the same person is not sent.
const NO_MORE_SECONDS: i64 = 600;

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Has an account, chooses the password.
    Invitation,
    /// Has forgotten the password.
    Reset,
    /// Says that this address is theirs.
    Confirmation,
    /// Wants an account.
    Registration,
    /// Wants an account, but their address is that of one already.
    Known,
    /// An administrator has let them in.
    Approved,
    /// Their account has another address now; this one goes to the former.
    Moved,
    /// Their password, second factor or the like has changed, for the case that it was not they.
    Changed,
}

impl Letter {
    const ALL: [Self; 8] = [
        Self::Invitation,
        Self::Reset,
        Self::Confirmation,
        Self::Registration,
        Self::Known,
        Self::Approved,
        Self::Moved,
        Self::Changed,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            Self::Confirmation => "confirmation",
            Self::Registration => "registration",
            Self::Known => "known",
            Self::Approved => "approved",
            Self::Moved => "moved",
            Self::Changed => "changed",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|letter| letter.name() == name)
    }

    /// As a list names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "forgotten password",
            Self::Confirmation => "confirmation of an address",
            Self::Registration => "registration",
            Self::Known => "registration with a known address",
            Self::Approved => "registration approved",
            Self::Moved => "another address",
            Self::Changed => "changed password or second factor",
        }
    }

    /// The purpose of the link that it brings, if it brings one.
    pub fn link(self) -> Option<links::Purpose> {
        match self {
            Self::Invitation => Some(links::Purpose::Invitation),
            Self::Reset => Some(links::Purpose::Reset),
            Self::Confirmation => Some(links::Purpose::Confirmation),
            Self::Registration => Some(links::Purpose::Registration),
            Self::Known | Self::Approved | Self::Moved | Self::Changed => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Sent,
    /// Given up, or refused for good.
    Failed,
    /// An administrator has handed its link over.
    Handed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Handed => "handed",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            "handed" => Self::Handed,
            _ => Self::Waiting,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub id: i64,
    pub account: Option<i64>,
    pub registration: Option<i64>,
    pub address: String,
    pub letter: Letter,
    pub created_at: Instant,
    pub state: State,
    pub due_at: Instant,
    pub tries: i64,
    /// Why it was not taken, in the words of the mail server.
    pub error: String,
}

impl Mail {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let (purpose, state): (String, String) = (row.get("purpose")?, row.get("state")?);
        let Some(letter) = Letter::parse(&purpose) else { return Ok(None) };
        Ok(Some(Self {
            id: row.get("id")?,
            account: row.get("account")?,
            registration: row.get("registration")?,
            address: row.get("address")?,
            letter,
            created_at: row.get("created_at")?,
            state: State::parse(&state),
            due_at: row.get("due_at")?,
            tries: row.get("tries")?,
            error: row.get("error")?,
        }))
    }

    /// Makes the link that it brings, which takes the place of an earlier one. None: it brings none.
    pub fn make_link(&self, db: &Connection) -> Result<Option<String>> {
        let Some(purpose) = self.letter.link() else { return Ok(None) };
        let bearer =
            links::Bearer { account: self.account, registration: self.registration, email: self.address.as_str() };
        links::create_for(db, purpose, &bearer).map(Some)
    }
}

/// Puts a mail into the box. What is said to nobody in particular goes to an address alone.
pub fn put(
    db: &Connection,
    letter: Letter,
    account: Option<i64>,
    registration: Option<i64>,
    address: &str,
) -> Result<()> {
    let now = Instant::now();
    db.execute("delete from outbox where state <> 'waiting' and due_at < ?1", [now.plus_seconds(-KEPT_DAYS * 86_400)])?;
    db.prepare_cached(
        "insert into outbox (account, registration, address, purpose, created_at, due_at)
         values (:account, :registration, :address, :purpose, :now, :now)",
    )?
    .execute(named_params! {
        ":account": account,
        ":registration": registration,
        ":address": address,
        ":purpose": letter.name(),
        ":now": now,
    })?;
    Ok(())
}

/// Tells an account by mail, if it has an address that is proven.
pub fn tell(db: &Connection, letter: Letter, account: &super::accounts::Account) -> Result<()> {
    if account.email.is_empty() || !account.email_confirmed {
        return Ok(());
    }
    put(db, letter, Some(account.id), None, &account.email)
}

/// Whether a mail of that kind waits for this address or has just gone there: then asking again sends no other.
pub fn was_just_put(db: &Connection, letter: Letter, address: &str) -> Result<bool> {
    let since = Instant::now().plus_seconds(-NO_MORE_SECONDS);
    Ok(db
        .prepare_cached(
            "select exists (select 1 from outbox where purpose = ?1 and address = ?2 collate nocase
               and (state = 'waiting' or created_at > ?3))",
        )?
        .query_row((letter.name(), address, since), |row| row.get(0))?)
}

/// What is to be sent now, the longest due first.
pub fn due(db: &Connection, limit: i64) -> Result<Vec<Mail>> {
    let mut statement = db
        .prepare_cached("select * from outbox where state = 'waiting' and due_at <= ?1 order by due_at, id limit ?2")?;
    let mails = statement.query_map((Instant::now(), limit), Mail::from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(mails.into_iter().flatten().collect())
}

/// Takes a mail to send it; false if somebody else has.
pub fn claim(db: &Connection, mail: &Mail) -> Result<bool> {
    let claimed = db.execute(
        "update outbox set due_at = ?3, tries = tries + 1 where id = ?1 and state = 'waiting' and due_at = ?2",
        (mail.id, mail.due_at, Instant::now().plus_seconds(CLAIMED_SECONDS)),
    )?;
    Ok(claimed == 1)
}

/// Notes that a mail is gone.
pub fn sent(db: &Connection, id: i64) -> Result<()> {
    settle(db, id, State::Sent, "")
}

/// Notes that a mail was not taken: for good, or to be tried again later.
pub fn failed(db: &Connection, mail: &Mail, error: &str, for_good: bool) -> Result<()> {
    let error: String = error.chars().filter(|character| !character.is_control()).take(300).collect();
    let tries = mail.tries + 1;
    if for_good || tries >= TRIES {
        return settle(db, mail.id, State::Failed, &error);
    }
    let pause = PAUSES[usize::try_from(tries - 1).unwrap_or(0).min(PAUSES.len() - 1)];
    db.execute(
        "update outbox set due_at = ?2, error = ?3 where id = ?1 and state = 'waiting'",
        (mail.id, Instant::now().plus_seconds(pause * 60), error),
    )?;
    Ok(())
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// Makes the link of a mail for an administrator who hands it over; the mail itself is not sent any more.
pub fn hand_over(db: &Connection, record: Record<'_>, id: i64) -> Result<String> {
    let mail = load(db, id)?;
    let nothing = || Error::conflict(format!("mail {id} brings no link that could still be handed over"));
    if !matches!(mail.state, State::Waiting | State::Failed) {
        return Err(nothing());
    }
    let token = mail.make_link(db)?.ok_or_else(nothing)?;
    db.execute("update outbox set state = 'handed', due_at = ?2, error = '' where id = ?1", (id, Instant::now()))?;
    record(&NewEvent::new("mail.handed", Resource::new("mail", id), 1))?;
    Ok(token)
}

fn settle(db: &Connection, id: i64, state: State, error: &str) -> Result<()> {
    db.execute(
        "update outbox set state = ?2, due_at = ?3, error = ?4 where id = ?1 and state = 'waiting'",
        (id, state.name(), Instant::now(), error),
    )?;
    Ok(())
}

pub fn load(db: &Connection, id: i64) -> Result<Mail> {
    let found = db.prepare_cached("select * from outbox where id = ?1")?.query_row([id], Mail::from_row).optional()?;
    found.flatten().ok_or_else(|| Error::not_found(format!("there is no mail {id} in the outbox")))
}

/// What waits first, then what became of the others, the newest first.
pub fn list(db: &Connection, limit: i64) -> Result<Vec<Mail>> {
    let mut statement = db.prepare_cached("select * from outbox order by state <> 'waiting', id desc limit ?1")?;
    let mails = statement.query_map([limit], Mail::from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(mails.into_iter().flatten().collect())
}

/// How many wait.
pub fn waiting(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("select count(*) from outbox where state = 'waiting'")?.query_row([], |row| row.get(0))?)
}

/// How many were given up.
pub fn given_up(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("select count(*) from outbox where state = 'failed'")?.query_row([], |row| row.get(0))?)
}

/// Tries one again now, also one that was given up.
pub fn retry(db: &Connection, record: Record<'_>, id: i64) -> Result<()> {
    let mail = load(db, id)?;
    if mail.state == State::Sent {
        return Err(Error::conflict(format!("mail {id} has been sent already")));
    }
    db.execute(
        "update outbox set state = 'waiting', due_at = ?2, tries = 0, error = '' where id = ?1",
        (id, Instant::now()),
    )?;
    record(&NewEvent::new("mail.retried", Resource::new("mail", id), 1))?;
    Ok(())
}

/// Takes one out of the box; the link that it brought goes on working if it was sent.
pub fn drop(db: &Connection, record: Record<'_>, id: i64) -> Result<()> {
    load(db, id)?;
    db.execute("delete from outbox where id = ?1", [id])?;
    record(&NewEvent::new("mail.dropped", Resource::new("mail", id), 1))?;
    Ok(())
}
