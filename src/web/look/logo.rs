//! The logo of a project: a small picture of a kind that can hold no script, told by its contents (trackers.md e2, class 3).

use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use crate::base::error::{Error, Result};
use crate::base::site::hex;
use crate::web::page::file_size;

/// Bytes of the largest one.
pub const MOST_BYTES: usize = 256 * 1024;
/// Its longest side, in pixels.
const LONGEST: usize = 2048;
/// In pixels of a page: how high it is drawn, and how wide at most.
const HIGH: u32 = 28;
const WIDEST: u32 = 112;

/// What is known of a logo without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// SHA-256 in lower-case hex.
    pub hash: String,
    pub media_type: &'static str,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    pub size: i64,
}

impl Logo {
    /// Another one has another address, so it may be kept for good.
    pub fn href(&self, root: &str) -> String {
        format!("{root}/logo?version={}", self.hash.get(..16).unwrap_or_default())
    }

    /// Width and height as it is drawn, in pixels of a page.
    pub fn drawn(&self) -> (u32, u32) {
        let scaled =
            |side: u32, by: u32, of: u32| (u64::from(side) * u64::from(by) / u64::from(of.max(1))).max(1) as u32;
        match scaled(self.width, HIGH, self.height) {
            width if width <= WIDEST => (width, HIGH),
            _ => (WIDEST, scaled(self.height, WIDEST, self.width)),
        }
    }

    /// `PNG, 120 × 40, 3.1 KiB`
    pub fn in_words(&self) -> String {
        let kind = KINDS.iter().find(|kind| kind.1 == self.media_type).map_or("", |kind| kind.2);
        format!("{kind}, {} × {}, {}", self.width, self.height, file_size(self.size))
    }
}

const KINDS: &[(imagesize::ImageType, &str, &str)] = &[
    (imagesize::ImageType::Png, "image/png", "PNG"),
    (imagesize::ImageType::Jpeg, "image/jpeg", "JPEG"),
    (imagesize::ImageType::Webp, "image/webp", "WebP"),
];

/// What these bytes are as a logo. `Invalid` says under `logo` why they can't be one.
pub fn draw(bytes: &[u8]) -> Result<Logo> {
    let refuse = |why: String| Err(Error::invalid("logo", why));
    if bytes.len() > MOST_BYTES {
        let (size, most) = (file_size(bytes.len() as i64), file_size(MOST_BYTES as i64));
        return refuse(format!("A logo has at most {most}; this file has {size}."));
    }
    let kind = imagesize::image_type(bytes).ok().and_then(|kind| KINDS.iter().find(|known| known.0 == kind));
    let Some((_, media_type, _)) = kind else {
        return refuse("A logo is a PNG, JPEG or WebP picture; this file is none, whatever its name says.".to_owned());
    };
    let size = match imagesize::blob_size(bytes) {
        Ok(size) if size.width > 0 && size.height > 0 => size,
        _ => return refuse("This picture is damaged: it does not say how large it is.".to_owned()),
    };
    if size.width > LONGEST || size.height > LONGEST {
        return refuse(format!(
            "A logo is at most {LONGEST} pixels wide and high; this picture has {} × {}.",
            size.width, size.height
        ));
    }
    Ok(Logo {
        hash: hex(&Sha256::digest(bytes)),
        media_type,
        width: size.width as u32,
        height: size.height as u32,
        size: bytes.len() as i64,
    })
}

/// Keeps it in place of the one before.
pub fn keep(db: &Connection, logo: &Logo, bytes: &[u8]) -> Result<()> {
    db.prepare_cached(
        "insert or replace into project_logo (id, hash, media_type, width, height, bytes)
         values (1, :hash, :media_type, :width, :height, :bytes)",
    )?
    .execute(named_params! {
        ":hash": logo.hash, ":media_type": logo.media_type, ":width": logo.width, ":height": logo.height, ":bytes": bytes,
    })?;
    Ok(())
}

pub fn take_away(db: &Connection) -> Result<()> {
    db.execute("delete from project_logo", [])?;
    Ok(())
}

/// The logo as it is at this moment, if there is one.
pub fn find(db: &Connection) -> Result<Option<Logo>> {
    let mut statement =
        db.prepare_cached("select hash, media_type, width, height, length(bytes) from project_logo where id = 1")?;
    let row = statement.query_row([], |row| {
        let media_type: String = row.get(1)?;
        let known = KINDS.iter().find(|kind| kind.1 == media_type);
        Ok(known.map(|kind| (kind.1, row.get("hash"), row.get("width"), row.get("height"), row.get(4))))
    });
    let Some((media_type, hash, width, height, size)) = row.optional()?.flatten() else { return Ok(None) };
    Ok(Some(Logo { hash: hash?, media_type, width: width?, height: height?, size: size? }))
}

/// The picture itself.
pub fn bytes(db: &Connection) -> Result<Vec<u8>> {
    Ok(db.prepare_cached("select bytes from project_logo where id = 1")?.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logo(width: u32, height: u32) -> Logo {
        Logo { hash: "0".repeat(64), media_type: "image/png", width, height, size: 1 }
    }

    #[test]
    fn it_is_drawn_as_high_as_the_frame_and_not_too_wide() {
        assert_eq!(logo(64, 64).drawn(), (28, 28));
        assert_eq!(logo(10, 2000).drawn(), (1, 28));
        assert_eq!(logo(2000, 10).drawn(), (112, 1));
        assert_eq!(logo(120, 40).drawn(), (84, 28));
    }

    #[test]
    fn what_is_no_picture_is_refused_by_what_it_holds() {
        for bytes in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a\x01\0\x01\0",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\0\0\0\0WEBP",
        ] {
            let refused = draw(bytes).expect_err("no logo").to_string();
            assert!(refused.contains("picture"), "{refused}");
        }
        let long = draw(&vec![0; MOST_BYTES + 1]).expect_err("too long").to_string();
        assert!(long.contains("256 KiB"), "{long}");
    }
}
