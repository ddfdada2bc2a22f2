//! Taking an upload in: files go to the disk while they arrive, within limits, and before anybody has looked at the form.

use std::path::PathBuf;

use rocket::data::{Data, ToByteUnit};
use rocket::tokio::fs::File;
use rocket::tokio::io::{AsyncRead, AsyncWriteExt};

use super::blob::Spool;
use super::edit::NewFile;
use crate::base::error::{Error, Problem, Result};
use crate::web::form::Form;
use crate::web::multipart::{Broken, Head, Parts};

const MOST_FILES: usize = 50;
/// One request may hold so many times the largest file.
const TOGETHER: u64 = 4;
/// Heads, delimiters and texts.
const MOST_BESIDES: u64 = 1024 * 1024;
const MOST_TEXTS: usize = 100;

/// Where the files of one upload may be put down, and how large each may be.
#[derive(Debug, Clone)]
pub struct Place {
    /// See [`super::blob::folder`].
    pub folder: PathBuf,
    /// In bytes.
    pub limit: u64,
}

/// What has arrived.
pub struct Received {
    pub form: Form,
    pub files: Vec<NewFile>,
    /// Why it is not complete: then nothing of it may be kept but what was typed.
    pub problems: Vec<Problem>,
}

/// Reads a whole upload. Without a place (nobody may attach here) files are passed over, so that whatever was typed is
/// still there to be shown again. Fails only if the disk does.
pub async fn receive(data: Data<'_>, boundary: &str, place: Option<Place>, limit: u64) -> Result<Received> {
    let most = limit.saturating_mul(TOGETHER).saturating_add(MOST_BESIDES);
    let stream = data.open((most + 1).bytes());
    let mut reading = Reading { place, texts: Vec::new(), files: Vec::new(), text_bytes: 0, problems: Vec::new() };
    let mut counted = Counted { inner: stream, count: 0 };
    let ended = reading.parts(&mut Parts::new(&mut counted, boundary)).await?;
    if let Err(broken) = ended {
        reading.problems.push(problem_of(&broken, counted.count > most));
    }
    Ok(Received { form: Form::new(reading.texts), files: reading.files, problems: reading.problems })
}

fn problem_of(broken: &Broken, too_much: bool) -> Problem {
    let message = match broken {
        _ if too_much => "The files are too large to be sent together. Please send fewer at once.".to_owned(),
        Broken::Short => "The upload broke off before its end. Please send it again.".to_owned(),
        Broken::Malformed(why) => format!("The upload can't be read: {why}."),
    };
    Problem::new("attachment", message)
}

struct Reading {
    place: Option<Place>,
    texts: Vec<(String, String)>,
    text_bytes: u64,
    files: Vec<NewFile>,
    problems: Vec<Problem>,
}

impl Reading {
    async fn parts<R: AsyncRead + Unpin>(&mut self, parts: &mut Parts<R>) -> Result<std::result::Result<(), Broken>> {
        loop {
            match parts.next().await {
                Err(broken) => return Ok(Err(broken)),
                Ok(None) => return Ok(Ok(())),
                Ok(Some(head)) => {
                    let read = match head.file_name.clone() {
                        Some(name) => self.file(parts, &head, name).await?,
                        None => self.text(parts, head).await,
                    };
                    if read.is_err() {
                        return Ok(read);
                    }
                }
            }
        }
    }

    async fn text<R: AsyncRead + Unpin>(
        &mut self,
        parts: &mut Parts<R>,
        head: Head,
    ) -> std::result::Result<(), Broken> {
        let mut bytes = Vec::new();
        while let Some(piece) = parts.piece().await? {
            self.text_bytes += piece.len() as u64;
            if self.text_bytes > MOST_BESIDES {
                return Err(Broken::Malformed("its texts are too long"));
            }
            bytes.extend(piece);
        }
        if self.texts.len() >= MOST_TEXTS {
            return Err(Broken::Malformed("it has too many fields"));
        }
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        self.texts.push((head.name, text));
        Ok(())
    }

    async fn file<R: AsyncRead + Unpin>(
        &mut self,
        parts: &mut Parts<R>,
        head: &Head,
        name: String,
    ) -> Result<std::result::Result<(), Broken>> {
        // A field of files where none was chosen is sent as one without a name. Files of other fields are none of ours.
        let Some(place) = self.place.clone().filter(|_| head.name == "attachment" && !name.is_empty()) else {
            return Ok(Ok(()));
        };
        if self.files.len() >= MOST_FILES {
            return Ok(Err(Broken::Malformed("it has more than 50 files")));
        }
        let mut contents = blocking(move || Spool::new(&place.folder, place.limit)).await?;
        let mut file = File::from_std(contents.file()?);
        loop {
            match parts.piece().await {
                Err(broken) => return Ok(Err(broken)),
                Ok(None) => break,
                Ok(Some(piece)) => {
                    if contents.count(&piece) {
                        file.write_all(&piece).await?;
                    }
                }
            }
        }
        file.flush().await?;
        self.files.push(NewFile { name, contents });
        Ok(Ok(()))
    }
}

/// Runs what touches the disk where it keeps nobody waiting.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = rocket::tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::internal(format!("upload: {error}"))))
}

/// Counts what went through, to tell a body that is too long from one that broke off.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: AsyncRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        into: &mut rocket::tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = into.filled().len();
        let polled = std::pin::Pin::new(&mut self.inner).poll_read(context, into);
        self.count += (into.filled().len() - before) as u64;
        polled
    }
}
