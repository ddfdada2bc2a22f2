//! The passphrase of a backup, with age: anybody can open one with the passphrase and the `age` program.

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, scrypt};

use crate::base::error::{Error, Result};

/// The variable of the surroundings that may hold it.
pub const VARIABLE: &str = "TRACKWAY_BACKUP_PASSPHRASE";
/// How a file begins that is encrypted.
const MARK: &[u8] = b"age-encryption.org/v1";
/// A passphrase is no shorter, in characters.
const SHORTEST: usize = 8;
/// As a power of two, the most work that opening a file may ask for: some seconds.
const MOST_WORK: u8 = 22;

/// Never shown, not even by accident.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Passphrase {
    pub fn new(text: &str) -> Result<Self> {
        if text.chars().count() < SHORTEST {
            return Err(Error::invalid("passphrase", format!("A passphrase has at least {SHORTEST} characters.")));
        }
        Ok(Self(SecretString::from(text.to_owned())))
    }

    /// The first line of a file; without one, what the surroundings say; none: there is none.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>> {
        let Some(file) = file else {
            return std::env::var(VARIABLE)
                .ok()
                .filter(|text| !text.is_empty())
                .map(|text| Self::new(&text))
                .transpose();
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::invalid("passphrase", format!("{} can't be read: {error}.", file.display())))?;
        Self::new(text.lines().next().unwrap_or_default()).map(Some)
    }
}

/// A file that is written, encrypted or not.
pub(super) enum Sealing<W: Write> {
    Open(W),
    Sealed(StreamWriter<W>),
}

impl<W: Write> Sealing<W> {
    pub(super) fn begin(output: W, passphrase: Option<&Passphrase>) -> Result<Self> {
        Ok(match passphrase {
            None => Self::Open(output),
            Some(Passphrase(secret)) => {
                Self::Sealed(Encryptor::with_user_passphrase(secret.clone()).wrap_output(output)?)
            }
        })
    }

    pub(super) fn finish(self) -> Result<W> {
        Ok(match self {
            Self::Open(output) => output,
            Self::Sealed(writer) => writer.finish()?,
        })
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(output) => output.write(bytes),
            Self::Sealed(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(output) => output.flush(),
            Self::Sealed(writer) => writer.flush(),
        }
    }
}

/// What lies in a file, with the passphrase if it asks for one.
pub(super) fn opened<'a>(file: impl Read + 'a, passphrase: Option<&Passphrase>) -> Result<Box<dyn Read + 'a>> {
    let mut begin = Vec::new();
    let mut file = file;
    file.by_ref().take(MARK.len() as u64).read_to_end(&mut begin)?;
    let is_sealed = begin == MARK;
    let whole = io::Cursor::new(begin).chain(file);
    if !is_sealed {
        return Ok(Box::new(whole));
    }
    let Some(Passphrase(secret)) = passphrase else {
        let how = format!("This backup is encrypted; give its passphrase with --passphrase-file or in {VARIABLE}.");
        return Err(Error::invalid("passphrase", how));
    };
    let mut identity = scrypt::Identity::new(secret.clone());
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = Decryptor::new_buffered(BufReader::new(whole)).map_err(refused)?;
    let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(refused)?;
    Ok(Box::new(reader))
}

fn refused(error: DecryptError) -> Error {
    match error {
        DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => {
            Error::invalid("passphrase", "This is not the passphrase of this backup.")
        }
        DecryptError::ExcessiveWork { .. } => {
            Error::invalid("file", "Opening this backup would take longer than one of ours does; it was refused.")
        }
        DecryptError::Io(error) => error.into(),
        other => Error::invalid("file", format!("This is no backup that can be opened: {other}.")),
    }
}
