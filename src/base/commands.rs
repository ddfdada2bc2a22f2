//! What commands there are, for the page of the manual that tells of them. They are defined far above, by the command line; it
//! hands down how they are described before anything is drawn.

use std::sync::OnceLock;

/// A command as the manual shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// As it is written: `trackway ticket new [OPTIONS] --summary <S> <PROJECT>`.
    pub usage: String,
    /// What it does, a sentence.
    pub about: String,
    /// Its own options and arguments, with what each is for.
    pub options: Vec<(String, String)>,
}

static COMMANDS: OnceLock<Vec<Described>> = OnceLock::new();

/// Says once what there is.
pub fn describe(make: impl FnOnce() -> Vec<Described>) {
    COMMANDS.get_or_init(make);
}

/// All commands in the order in which help lists them; nothing where nobody has told.
pub fn described() -> &'static [Described] {
    COMMANDS.get().map_or(&[], Vec::as_slice)
}
