//! Writing a ZIP archive of files that are stored as they are (rows H07, V08).
//!
//! Only what is needed: no compression (pictures and archives have theirs already), names in UTF-8, less than 4 GiB and no
//! more than [`MOST_FILES`].

use std::io::{self, Read, Seek, SeekFrom, Write};

use jiff::tz::TimeZone;

use super::time::Instant;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// The name is in UTF-8.
const FLAGS: u16 = 1 << 11;
const VERSION: u16 = 20;
/// Made on a system of Unix, whose modes the attributes hold.
const MADE_BY: u16 = (3 << 8) | VERSION;
/// More the directory of an archive can't count.
pub const MOST_FILES: usize = u16::MAX as usize;
/// A remark on the whole archive can't be longer.
const LONGEST_REMARK: usize = u16::MAX as usize;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Executable,
    /// Its contents are where it leads.
    Symlink,
}

impl Kind {
    /// Type and mode, as Unix has them.
    fn mode(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Symlink => 0o120_777,
        }
    }
}

pub struct Archive<W> {
    output: W,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: Kind,
    time: (u16, u16),
    checksum: u32,
    size: u32,
    offset: u32,
}

impl<W: Write + Seek> Archive<W> {
    pub fn new(output: W) -> Self {
        Self { output, entries: Vec::new() }
    }

    /// Adds one file under that name. Names must differ.
    pub fn add(&mut self, name: &str, kind: Kind, changed: Instant, mut contents: impl Read) -> io::Result<()> {
        let start = self.output.stream_position()?;
        let time = dos_time(changed);
        let mut entry = Entry { name: name.to_owned(), kind, time, checksum: 0, size: 0, offset: small(start)? };
        // Size and checksum are known afterwards; the head is then written again over itself.
        self.head(&entry)?;
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut size = 0;
        loop {
            let length = contents.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            hasher.update(&buffer[..length]);
            self.output.write_all(&buffer[..length])?;
            size += length as u64;
        }
        entry.checksum = hasher.finalize();
        entry.size = small(size)?;
        let end = self.output.stream_position()?;
        self.output.seek(SeekFrom::Start(start))?;
        self.head(&entry)?;
        self.output.seek(SeekFrom::Start(end))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory and a remark for whoever looks at it, and gives the whole archive back, set to its start, with
    /// its length in bytes.
    pub fn finish(mut self, remark: &str) -> io::Result<(W, u64)> {
        let start = self.output.stream_position()?;
        for entry in &self.entries {
            let mut record = Vec::new();
            record.extend(CENTRAL.to_le_bytes());
            record.extend(MADE_BY.to_le_bytes());
            record.extend(common(entry)?);
            // No remark, first disk, not known to be text.
            record.extend([0; 6]);
            record.extend((entry.kind.mode() << 16).to_le_bytes());
            record.extend(entry.offset.to_le_bytes());
            record.extend(entry.name.as_bytes());
            self.output.write_all(&record)?;
        }
        let end = self.output.stream_position()?;
        let count = u16::try_from(self.entries.len()).map_err(io::Error::other)?;
        let mut record = Vec::new();
        record.extend(END.to_le_bytes());
        record.extend([0; 4]);
        record.extend(count.to_le_bytes());
        record.extend(count.to_le_bytes());
        record.extend(small(end - start)?.to_le_bytes());
        record.extend(small(start)?.to_le_bytes());
        let remark = remark.get(..LONGEST_REMARK).unwrap_or(remark).as_bytes();
        record.extend(u16::try_from(remark.len()).map_err(io::Error::other)?.to_le_bytes());
        record.extend(remark);
        self.output.write_all(&record)?;
        self.output.flush()?;
        let length = self.output.stream_position()?;
        self.output.rewind()?;
        Ok((self.output, length))
    }

    fn head(&mut self, entry: &Entry) -> io::Result<()> {
        let mut record = Vec::new();
        record.extend(LOCAL.to_le_bytes());
        record.extend(common(entry)?);
        record.extend(entry.name.as_bytes());
        self.output.write_all(&record)
    }
}

/// The fields that stand both before the contents and in the directory.
fn common(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut fields = Vec::new();
    fields.extend(VERSION.to_le_bytes());
    fields.extend(FLAGS.to_le_bytes());
    fields.extend([0; 2]);
    fields.extend(entry.time.0.to_le_bytes());
    fields.extend(entry.time.1.to_le_bytes());
    fields.extend(entry.checksum.to_le_bytes());
    fields.extend(entry.size.to_le_bytes());
    fields.extend(entry.size.to_le_bytes());
    fields.extend(u16::try_from(entry.name.len()).map_err(io::Error::other)?.to_le_bytes());
    fields.extend([0; 2]);
    Ok(fields)
}

fn small(number: u64) -> io::Result<u32> {
    u32::try_from(number).map_err(io::Error::other)
}

/// Time and date as DOS counts them, in UTC: two seconds exact, from 1980.
fn dos_time(at: Instant) -> (u16, u16) {
    let Ok(stamp) = jiff::Timestamp::from_microsecond(at.0) else {
        return (0, (1 << 5) | 1);
    };
    let at = stamp.to_zoned(TimeZone::UTC);
    let years = at.year().clamp(1980, 2107) as u16 - 1980;
    let time = ((at.hour() as u16) << 11) | ((at.minute() as u16) << 5) | ((at.second() as u16) / 2);
    (time, (years << 9) | ((at.month() as u16) << 5) | at.day() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_its_files_and_a_directory_that_points_at_them() {
        let mut archive = Archive::new(io::Cursor::new(Vec::new()));
        archive.add("hällo.txt", Kind::File, Instant(1_790_000_000_000_000), &b"hello"[..]).expect("adds");
        archive.add("empty", Kind::Executable, Instant(0), &b""[..]).expect("adds");
        let (output, length) = archive.finish("").expect("ends");
        let bytes = output.into_inner();
        assert_eq!(bytes.len() as u64, length);
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        assert_eq!(number(14), 0x3610_a686, "the checksum of hello");
        let directory = number(bytes.len() - 6);
        assert_eq!(number(directory) as u32, CENTRAL);
        let second = directory + 46 + "hällo.txt".len();
        assert_eq!(number(second) as u32, CENTRAL);
        assert_eq!(number(number(second + 42)) as u32, LOCAL);
        assert_eq!(number(second + 38) >> 16, 0o100_755, "it can be executed");
        assert_eq!(&bytes[30 + "hällo.txt".len()..][..5], b"hello");
    }
}
