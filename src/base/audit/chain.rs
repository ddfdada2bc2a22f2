//! The chain: how a row is written and bound to the one before it, and how that is proven.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use sha2::{Digest, Sha256};

use super::{NETWORK, Told, WHAT, WHO, network};
use crate::base::db::Schema;
use crate::base::error::Result;
use crate::base::event::{NewEvent, Stamp, Via};
use crate::base::site::random_bytes;
use crate::base::time::Instant;

/// Bytes of a salt.
const SALT: usize = 16;
/// A value of the log is no longer than this, in characters; what was longer can be found in the thing itself.
const LONGEST: usize = 2000;

/// A row without its values.
struct Link {
    id: i64,
    event: Option<i64>,
    recorded_at: Instant,
    kind: String,
    via: String,
    actor: i64,
    resource_kind: String,
    resource_id: i64,
}

impl Link {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            event: row.get("event")?,
            recorded_at: row.get("recorded_at")?,
            kind: row.get("kind")?,
            via: row.get("via")?,
            actor: row.get("actor")?,
            resource_kind: row.get("resource_kind")?,
            resource_id: row.get("resource_id")?,
        })
    }

    /// The hash of this row: over that of the row before, its columns and the digests of its values in the order of their
    /// names. Every part has its length before it, so that no two rows read alike.
    fn hash(&self, before: &[u8], values: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(before);
        for number in [self.id, self.event.unwrap_or(0), self.recorded_at.0, self.actor, self.resource_id] {
            part(&number.to_le_bytes());
        }
        for text in [&self.kind, &self.via, &self.resource_kind] {
            part(text.as_bytes());
        }
        for (name, digest) in values {
            part(name.as_bytes());
            part(digest);
        }
        hasher.finalize().to_vec()
    }
}

fn digest_of(salt: &[u8], value: &str) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(value.as_bytes()).finalize().to_vec()
}

/// The newest row of a log: whoever keeps its hash elsewhere can tell later whether rows were taken away at the end.
#[derive(Debug, Clone)]
pub struct Head {
    /// How many rows there are, and the number of the newest.
    pub id: i64,
    pub hash: Vec<u8>,
}

pub fn head(db: &Connection) -> Result<Option<Head>> {
    Ok(db
        .prepare_cached("select id, hash from audit order by id desc limit 1")?
        .query_row([], |row| Ok(Head { id: row.get(0)?, hash: row.get(1)? }))
        .optional()?)
}

/// Writes an event into the log, in its transaction. `schema` says whose people the actor is one of.
pub(in crate::base) fn append(
    db: &Connection,
    schema: Schema,
    event: i64,
    new: &NewEvent,
    stamp: &Stamp,
) -> Result<()> {
    let before = match head(db)? {
        Some(head) => head,
        None => begin(db)?,
    };
    let mut told = new.told.clone();
    told.push(Told::new(WHO, who(db, schema, stamp)?));
    if !told.iter().any(|told| told.name == WHAT) && new.resource.id > 0 {
        told.push(Told::new(WHAT, what(db, schema, new)?));
    }
    let network = network();
    if !network.is_empty() {
        told.push(Told::new(NETWORK, network));
    }
    let link = Link {
        id: before.id + 1,
        event: Some(event),
        recorded_at: Instant::now(),
        kind: new.kind.to_owned(),
        via: stamp.via.name().to_owned(),
        actor: stamp.actor.unwrap_or(0),
        resource_kind: new.resource.kind.to_string(),
        resource_id: new.resource.id,
    };
    add(db, &link, &before.hash, told)
}

/// The first row: whatever happened before was not written down here.
fn begin(db: &Connection) -> Result<Head> {
    let earlier: i64 = db.query_row("select count(*) - 1 from event", [], |row| row.get(0))?;
    let what = match earlier {
        0 => "nothing had happened before".to_owned(),
        _ => format!("{earlier} earlier events are not in this log"),
    };
    let link = Link {
        id: 1,
        event: None,
        recorded_at: Instant::now(),
        kind: "audit.begun".to_owned(),
        via: Via::System.name().to_owned(),
        actor: 0,
        resource_kind: "audit".to_owned(),
        resource_id: 1,
    };
    add(db, &link, &[], vec![Told::new(WHAT, what)])?;
    head(db)?.ok_or_else(|| crate::base::error::Error::internal("the audit log has not begun"))
}

fn add(db: &Connection, link: &Link, before: &[u8], mut told: Vec<Told>) -> Result<()> {
    told.sort_by(|one, other| one.name.cmp(&other.name));
    told.dedup_by(|one, other| one.name == other.name);
    let mut values = Vec::new();
    for Told { name, value } in told {
        let value: String = value.chars().take(LONGEST).collect();
        let salt = random_bytes::<SALT>();
        let digest = digest_of(&salt, &value);
        values.push((name, salt, value, digest));
    }
    let digests: Vec<_> = values.iter().map(|(name, _, _, digest)| (name.clone(), digest.clone())).collect();
    db.prepare_cached(
        "insert into audit (id, event, recorded_at, kind, via, actor, resource_kind, resource_id, hash)
         values (:id, :event, :recorded_at, :kind, :via, :actor, :resource_kind, :resource_id, :hash)",
    )?
    .execute(named_params! {
        ":id": link.id,
        ":event": link.event,
        ":recorded_at": link.recorded_at,
        ":kind": link.kind,
        ":via": link.via,
        ":actor": link.actor,
        ":resource_kind": link.resource_kind,
        ":resource_id": link.resource_id,
        ":hash": link.hash(before, &digests),
    })?;
    let mut statement =
        db.prepare_cached("insert into audit_value (audit, name, salt, value, digest) values (?1, ?2, ?3, ?4, ?5)")?;
    for (name, salt, value, digest) in values {
        statement.execute((link.id, name, salt, value, digest))?;
    }
    Ok(())
}

/// With what it was done, where nobody has said it.
fn what(db: &Connection, schema: Schema, new: &NewEvent) -> Result<String> {
    let (kind, id) = (&new.resource.kind, new.resource.id);
    let login: Option<String> = match schema {
        Schema::Site if kind == "account" => db
            .prepare_cached("select login from account where id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?,
        _ => None,
    };
    Ok(login.unwrap_or_else(|| format!("{kind} {id}")))
}

/// How whoever did it is called: by their login as it was then.
fn who(db: &Connection, schema: Schema, stamp: &Stamp) -> Result<String> {
    let sql = match schema {
        Schema::Site => "select login from account where id = ?1",
        Schema::Project => "select login from person where id = ?1",
    };
    Ok(match (stamp.actor, stamp.via) {
        (Some(actor), _) => {
            db.prepare_cached(sql)?.query_row([actor], |row| row.get(0)).optional()?.unwrap_or_default()
        }
        (None, Via::Command) => "operator".to_owned(),
        (None, Via::System | Via::Import) => "trackway".to_owned(),
        (None, _) => "anonymous".to_owned(),
    })
}

/// Follows the chain from its beginning. The first row that is not as it was written is named, with what is wrong.
pub fn check(db: &Connection) -> Result<Option<String>> {
    let broken = |id: i64, what: &str| Ok(Some(format!("the audit log is broken at row {id}: {what}")));
    let mut rows = db.prepare("select * from audit order by id")?;
    let mut rows = rows.query([])?;
    let mut values = db.prepare("select name, salt, value, digest from audit_value where audit = ?1 order by name")?;
    let mut event = db.prepare(
        "select exists (select 1 from event where id = ?1 and kind = ?2 and via = ?3 and coalesce(actor, 0) = ?4)",
    )?;
    let (mut newest, mut before): (i64, Vec<u8>) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let (link, hash): (Link, Vec<u8>) = (Link::from_row(row)?, row.get("hash")?);
        if link.id != newest + 1 {
            return broken(newest + 1, "it is not there");
        }
        let mut digests = Vec::new();
        let mut texts = values.query([link.id])?;
        while let Some(text) = texts.next()? {
            let (name, digest): (String, Vec<u8>) = (text.get("name")?, text.get("digest")?);
            let (salt, value): (Option<Vec<u8>>, Option<String>) = (text.get("salt")?, text.get("value")?);
            if let Some(value) = value
                && digest_of(&salt.unwrap_or_default(), &value) != digest
            {
                return broken(link.id, &format!("the value `{name}` is not what it was"));
            }
            digests.push((name, digest));
        }
        if link.hash(&before, &digests) != hash {
            return broken(link.id, "it is not what was written, or the rows before it are not");
        }
        let has_event: bool = match link.event {
            None => true,
            Some(id) => event.query_row((id, &link.kind, &link.via, link.actor), |row| row.get(0))?,
        };
        if !has_event {
            return broken(link.id, "its event is gone or another one");
        }
        (newest, before) = (link.id, hash);
    }
    let written: i64 = db
        .query_row("select seq from sqlite_sequence where name = 'audit'", [], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    if written > newest {
        return broken(newest + 1, "it is not there, nor is what came after it");
    }
    Ok(None)
}
