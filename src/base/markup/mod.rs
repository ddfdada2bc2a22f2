//! Text: Markdown in, safe HTML out, with links and macros that look at the world as it is now (DESIGN 6).
//!
//! 1. [`compile()`] turns a text into [`Compiled`]: sanitised pieces of HTML with typed holes between them. It looks at
//!    nothing but the text, the flavour, the [`Options`] and the [`Vocabulary`], so its result is kept by hash ([`Cache`]).
//! 2. [`resolve()`] fills the holes for one viewer at this moment. All references of a text are asked for in one
//!    batch per kind. [`outgoing()`] names the same references for the link table.
//!
//! Inside `compile`, in this order: `holes` takes our own characters out of the text, `scan` finds links and macros in the
//! source (`links` and `macros` know their grammars) and puts a placeholder for each, pulldown-cmark reads the rest,
//! `write` turns its events into HTML with tokens (`highlight`, `lines`, `patch`, `pikchr`, `math`, `raw`), `sanitise` runs ammonia over it and
//! `settle` cuts the answer at the tokens.
//!
//! Invariants: ammonia runs once per text, in `compile`; holes are the only way by which HTML that ammonia has not seen
//! gets into a text, and no input can write one; the ground knows no component, it only asks their link kinds and macros.

mod cache;
mod compile;
mod containers;
pub mod diff;
mod front;
mod highlight;
mod holes;
mod lines;
mod links;
mod macros;
mod math;
mod options;
mod outgoing;
mod patch;
mod pikchr;
mod plain;
mod raw;
mod resolve;
mod rewrite;
mod sanitise;
mod sections;
mod scan;
mod settle;
mod tasks;
mod write;

pub use cache::Cache;
pub use compile::{COMPILER_VERSION, MAX_TEXT, compile, unsanitised};
pub use front::{Front, without_front};
pub use highlight::{highlighted, language_of};
pub use lines::{file_block, file_lines, line_count, marks};
pub use macros::macro_box;
pub use options::Options;
pub use outgoing::{Role, outgoing};
pub use patch::patch_html;
pub use plain::{Passage, passages, plain};
pub use resolve::{resolve, resolve_nested, resolve_together, resolve_with_ids, static_html};
pub use rewrite::{Renaming, Rest, Rewritten, rewritten};
pub use sections::{section, section_html, section_text, with_pencils, with_section};
pub use tasks::{tickable, ticked, unticked};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::component::Components;
use super::error::Result;
use super::resource::Resource;
use super::viewer::Viewer;

/// Where a text stands decides what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Wiki pages and other documents: a newline is a blank.
    Page,
    /// Descriptions, comments, commit messages: a newline is a line break.
    Note,
    /// Summaries and titles: one line, no blocks, no macros.
    Line,
}

/// HTML that is safe to put into a page. Made only by escaping, by `resolve` and by macros from such parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    pub fn escaped(text: &str) -> Self {
        let mut html = Self::default();
        html.text(text);
        html
    }

    /// For code that wrote the tags itself; never for anything that came from outside.
    pub fn trusted(html: String) -> Self {
        Self(html)
    }

    /// Adds text, escaped for element content and attribute values alike.
    pub fn text(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
            self.0.push_str(&rest[..at]);
            self.0.push_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        self
    }

    /// Adds a tag or another literal of our own.
    pub fn tag(&mut self, literal: &'static str) -> &mut Self {
        self.0.push_str(literal);
        self
    }

    /// Adds ` name="value"`, escaped.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.text(value);
        self.0.push('"');
        self
    }

    pub fn html(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// The thing whose text is being read: relative links and attachments are looked up from here.
#[derive(Debug, Clone)]
pub struct Here {
    pub resource: Resource,
    /// Page name, ticket number as text …: what `./Sub` and `attachment:file` start from.
    pub name: String,
}

/// A kind of link such as `wiki:Page`: defined once by its component, with its documentation.
pub struct LinkKind {
    /// The words before the colon, the preferred one first.
    pub prefixes: &'static [&'static str],
    pub doc: &'static str,
    /// Shown live in the manual.
    pub example: &'static str,
    /// Names the targets for the link table, one for most links; pure. `rest` is what follows the colon, unquoted. Empty:
    /// no such target is possible.
    pub targets: fn(here: Option<&Here>, rest: &str) -> Vec<LinkTarget>,
    /// Answers a batch in the order of the request, with as few queries as possible.
    pub resolve: fn(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>>,
}

/// One row of the link table, without its source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkTarget {
    /// A resource kind, such as `page`; `url` for addresses outside.
    pub kind: &'static str,
    /// Its canonical key within the kind: the folded page name, the ticket number …
    pub key: String,
    /// Keys that the reference means rather than this one wherever one of them leads anywhere.
    pub nearer: Vec<String>,
    /// Whether this is what is missing where nothing is there; if not, the reference says so by another target.
    pub wished: bool,
}

impl LinkTarget {
    /// A target that the reference means whatever there is.
    pub fn new(kind: &'static str, key: String) -> Self {
        Self { kind, key, nearer: Vec::new(), wished: true }
    }
}

/// What has become of a reference for this viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    Found {
        /// Below the project's address, e.g. `/wiki/Plan#goals`, already percent-encoded; the base path and project are put before it.
        /// An address with a scheme is taken as it is.
        href: String,
        /// The text of the link where the author gave none.
        label: Option<String>,
        /// The tooltip.
        title: Option<String>,
        /// A state that shows, such as `closed`.
        class: Option<&'static str>,
    },
    /// Missing and forbidden look the same. An address lets those who may create it.
    Missing { href: Option<String>, title: String },
    /// A weak form that means nothing here: the author's own characters.
    Plain,
}

/// A macro such as `[[TitleIndex(Guide)]]`: defined once by its component, with its documentation.
pub struct Macro {
    pub name: &'static str,
    pub doc: &'static str,
    /// Shown live in the manual, e.g. `[[TitleIndex(Trackway)]]`.
    pub example: &'static str,
    /// Stands alone on its line.
    pub block: bool,
    /// What it draws from other texts, for the link table (`Include(Page)`); pure.
    pub targets: fn(here: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget>,
    /// An `Invalid` error becomes a box that names the problem, in place.
    pub run: fn(context: &Context<'_>, arguments: &Arguments) -> Result<Html>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arguments {
    pub positional: Vec<String>,
    pub named: Vec<(String, String)>,
    /// How many named values stand before each positional one.
    #[serde(default)]
    pub before: Vec<usize>,
    /// The lines of the fenced form.
    pub body: Option<String>,
    /// Everything between the brackets as it stands there, for what has a grammar of its own.
    #[serde(default)]
    pub raw: String,
}

/// What the components have to offer, gathered once at start.
#[derive(Default)]
pub struct Vocabulary {
    /// Who answers for what links and macros show.
    pub components: Components,
    pub link_kinds: Vec<&'static LinkKind>,
    pub macros: Vec<&'static Macro>,
    /// Stands for all words of it in the keys of compiled texts.
    words: [u8; 32],
}

/// How one project wants its texts read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSettings {
    /// `CamelCase` words are page links.
    pub camel_case: bool,
    /// Hosts whose images are shown in place, lower case.
    pub image_hosts: Vec<String>,
}

/// Prefix → address with `$1` … or to be appended to, from the page `InterMap` (row L16).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InterMap {
    pub entries: Vec<InterMapEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterMapEntry {
    pub prefix: String,
    pub address: String,
    pub title: String,
}

/// The way to other projects of the site: none where there is no site, as in `trackway render` without `--project`.
pub trait Elsewhere {
    /// The references of one batch in the project of that name, or None if this viewer's principal may not enter it.
    /// Addresses come back complete (with base path and project). Each request is what stands after `project:`
    /// (`wiki:Page`), or `ticket:12` for `project#12`.
    fn references(&self, project: &str, requests: &[&str]) -> Result<Option<Vec<Resolved>>>;

    /// The logins of the members of a group of the site, or None if there is no such group.
    fn members(&self, group: &str) -> Result<Option<Vec<String>>>;
}

/// Everything that resolving may look at.
pub struct Context<'a> {
    pub db: &'a Connection,
    pub viewer: &'a Viewer,
    pub vocabulary: &'a Vocabulary,
    pub settings: &'a TextSettings,
    pub intermap: &'a InterMap,
    pub elsewhere: Option<&'a dyn Elsewhere>,
    /// Gives the compiled form of another text (Include), from the cache where it is known.
    pub compiled: &'a dyn Fn(&str, Flavour) -> Result<std::sync::Arc<Compiled>>,
    pub here: Option<&'a Here>,
    /// Base path and project: `/site/demo`, or `/demo`; put before every address of the project.
    pub root: &'a str,
    /// The headings of the outermost text, for PageOutline.
    pub outline: &'a [Heading],
    /// How deep in Includes this text stands; at most 5.
    pub depth: u8,
    /// Counts the macros run for the whole page; at most 50.
    pub macros_run: &'a std::cell::Cell<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    pub level: u8,
    /// GitHub's slug, unique in the text.
    pub id: String,
    /// Its words without markup.
    pub text: String,
    /// At which byte of the text its section begins; none where it stands inside another block, and so begins none.
    #[serde(default)]
    pub at: Option<usize>,
}

/// One box of a task list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub done: bool,
    /// The words of its first line, without markup.
    pub text: String,
}

/// A text that has been read once. The parts in order are the whole page; forms and calls are told apart by their source,
/// so that each is asked for once however often it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    pub flavour: Flavour,
    pub outline: Vec<Heading>,
    /// The words without markup, for search and excerpts. Blocks end with a newline.
    pub plain: String,
    pub tasks: Vec<Task>,
    parts: Vec<Part>,
    forms: Vec<Form>,
    calls: Vec<Call>,
    /// Addresses outside, in order of appearance, each once.
    outside: Vec<String>,
}

impl Compiled {
    /// Whether it shows anything that is not its own: states of what it refers to, lists.
    pub fn shows_others(&self) -> bool {
        !self.forms.is_empty() || !self.calls.is_empty()
    }
}

/// A piece of a compiled text: HTML that ammonia has seen (or that we wrote ourselves), or a hole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    #[serde(rename = "h")]
    Html(String),
    /// Where the text's own ids get their prefix.
    #[serde(rename = "i")]
    Id,
    /// A link with its own label; the number of a form.
    #[serde(rename = "l")]
    Link(usize),
    /// The start of a link whose label is Markdown.
    #[serde(rename = "o")]
    Open { form: usize, title: Option<String> },
    #[serde(rename = "c")]
    Close { form: usize },
    #[serde(rename = "p")]
    Image { form: usize, alt: String, attributes: Vec<(String, String)>, linked: bool },
    #[serde(rename = "m")]
    Macro { call: usize, block: bool },
}

/// A reference as the author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Form {
    source: String,
    /// What the author wants to be shown.
    label: Option<String>,
    /// How it reads where neither the author nor the target has a better word: `Page` for `[[Page]]`.
    reads: Option<String>,
    target: Target,
    otherwise: Otherwise,
    /// Where the target is missing or hidden, it stays text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    weak: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Target {
    /// `prefix` belongs to a link kind of the vocabulary.
    Kind { prefix: String, rest: String },
    /// `prefix` may be a project of this site, then a word of the InterMap.
    Elsewhere { prefix: String, rest: String },
}

/// What becomes of a form whose target means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Otherwise {
    /// The author's own characters.
    Text,
    /// The address as it was written in a Markdown link.
    Address(String),
    /// `[[a: b]]` is a page after all.
    Page(String),
}

/// A macro call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Call {
    source: String,
    name: String,
    arguments: Arguments,
}

impl Compiled {
    /// Whether any reference may need the InterMap or another project.
    pub fn looks_elsewhere(&self) -> bool {
        self.forms.iter().any(|form| matches!(form.target, Target::Elsewhere { .. }))
    }

    /// About how many bytes it holds, for caches.
    pub fn weight(&self) -> usize {
        let parts: usize = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Html(html) => html.len() + 32,
                _ => 96,
            })
            .sum();
        let forms: usize = self.forms.iter().map(|form| 2 * form.source.len() + 160).sum();
        let calls: usize = self.calls.iter().map(|call| 3 * call.source.len() + 200).sum();
        let outside: usize = self.outside.iter().map(|address| address.len() + 24).sum();
        256 + parts + forms + calls + outside + self.plain.len() + self.outline.len() * 96
    }
}

impl Vocabulary {
    pub fn new(components: Components, link_kinds: Vec<&'static LinkKind>, macros: Vec<&'static Macro>) -> Self {
        let words = cache::digest_of_words(&link_kinds, &macros);
        Self { components, link_kinds, macros, words }
    }

    /// The link kind that a prefix belongs to; prefixes are told apart by case.
    pub fn link_kind(&self, prefix: &str) -> Option<&'static LinkKind> {
        self.link_kinds.iter().copied().find(|kind| kind.prefixes.contains(&prefix))
    }

    /// Whether a call stands alone on its line.
    fn is_block(&self, name: &str, arguments: &Arguments) -> bool {
        let inline = || self.components.iter().any(|component| component.is_inline_call(name, arguments));
        self.macro_named(name).is_some_and(|known| known.block) && !inline()
    }

    pub fn macro_named(&self, name: &str) -> Option<&'static Macro> {
        self.macros.iter().copied().find(|known| known.name == name)
    }
}
