//! What the search of an export looks through: scripts that hold words, since a page on a disk may load a script and nothing
//! else.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::base::error::Result;

/// Bytes of one script.
const LARGEST: usize = 1024 * 1024;
/// Bytes of the words of one page.
const MOST_WORDS: usize = 64 * 1024;

pub struct Words {
    folder: PathBuf,
    scripts: Vec<String>,
    current: Option<(BufWriter<fs::File>, usize)>,
}

impl Words {
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir(folder.join("words"))?;
        Ok(Self { folder: folder.to_owned(), scripts: Vec::new(), current: None })
    }

    pub fn add(&mut self, href: &str, title: &str, html: &str) -> Result<()> {
        let row = serde_json::to_string(&[href, title, &words_of(html)])?;
        if self.current.as_ref().is_some_and(|(_, size)| size + row.len() > LARGEST) {
            self.close()?;
        }
        if self.current.is_none() {
            let script = format!("words/{}.js", self.scripts.len() + 1);
            let mut file = BufWriter::new(fs::File::create(self.folder.join(&script))?);
            file.write_all(b"trackwayPages([\n")?;
            self.scripts.push(script);
            self.current = Some((file, 0));
        }
        if let Some((file, size)) = &mut self.current {
            *size += row.len();
            writeln!(file, "{row},")?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if let Some((mut file, _)) = self.current.take() {
            file.write_all(b"]);\n")?;
            file.flush()?;
        }
        Ok(())
    }

    /// The scripts, in order.
    pub fn end(&mut self) -> Result<Vec<String>> {
        self.close()?;
        Ok(std::mem::take(&mut self.scripts))
    }
}

/// The words of a page without its tags. Every `<` and `>` of our pages belongs to a tag.
fn words_of(html: &str) -> String {
    let mut words = String::new();
    for piece in html.split('<') {
        let text = piece.split_once('>').map_or(piece, |(_, text)| text);
        for word in unescaped(text).split_whitespace() {
            if words.len() + word.len() > MOST_WORDS {
                return words;
            }
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    words
}

/// A text as it is meant: [`rewritten`](crate::web::rewrite::rewritten) writes no other entities.
fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    match text.contains('&') {
        true => entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character)),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_reader_reads() {
        assert_eq!(words_of("<p class=\"a\">One &amp; <b>two</b>\n\n</p><hr>three"), "One & two three");
        assert_eq!(words_of(""), "");
    }
}
