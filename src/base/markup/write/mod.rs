//! Markdown's events become HTML with tokens: a token for each hole, and one for each piece of HTML that is ours alone and
//! need not pass ammonia (code in colours, formulas, task boxes, macro boxes).

mod abbreviations;
mod blocks;
mod escape;
mod fence;
mod inline;
mod notes;
pub(super) mod picture;

use std::collections::HashMap;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::links::Grammar;
use super::scan::{Place, Scanned};
use super::{Call, Flavour, Form, Heading, Task, highlight, holes, raw};
use abbreviations::Abbreviations;
use blocks::HEADINGS;
pub(super) use escape::{escape, escape_address};
use notes::Notes;

/// Deeper elements lose their tags and keep their text.
const DEEPEST: usize = 64;
/// HTML of one text, before and after sanitising.
pub(super) const MOST_HTML: usize = 24 << 20;
const MOST_FORMULAS: usize = 1000;

/// What goes where a token stands.
#[derive(Debug)]
pub(super) enum Hole {
    Form(usize),
    Call {
        call: usize,
        block: bool,
    },
    /// HTML of ours.
    Ready(String),
    Box {
        name: String,
        problem: String,
        block: bool,
    },
}

pub(super) struct Written {
    pub(super) html: String,
    pub(super) holes: Vec<Hole>,
    pub(super) forms: Vec<Form>,
    pub(super) calls: Vec<Call>,
    pub(super) outline: Vec<Heading>,
    pub(super) plain: String,
    pub(super) tasks: Vec<Task>,
}

/// Why a text can't be shown with its markup.
#[derive(Debug)]
pub(super) struct TooMuch;

/// What the writer needs to know besides the events.
pub(super) struct Setting<'a> {
    pub(super) grammar: &'a Grammar<'a>,
    pub(super) flavour: Flavour,
    /// Raw HTML is bounded and closed; only the tests of Markdown's own rules go without.
    pub(super) guarded: bool,
}

pub(super) struct Events<'a> {
    pub(super) list: Vec<Event<'a>>,
    /// The headings that stand in no other block: their number in the list, and where they begin in the source.
    pub(super) sections: Vec<(usize, usize)>,
}

pub(super) fn write(
    mut scanned: Scanned<'_>,
    length: usize,
    events: &Events<'_>,
    setting: &Setting<'_>,
) -> Result<Written, TooMuch> {
    let forms = std::mem::take(&mut scanned.forms);
    let calls = std::mem::take(&mut scanned.calls);
    let mut writer = Writer {
        setting,
        events: &events.list,
        sections: &events.sections,
        extensions: setting.grammar.options.extensions,
        abbreviations: if setting.grammar.options.extensions {
            abbreviations::read(&events.list, |text| scanned.restored(text).into_owned())
        } else {
            Abbreviations::default()
        },
        skipped: 0,
        scanned: &scanned,
        at: 0,
        out: String::with_capacity(length * 3 / 2),
        stack: Vec::new(),
        links: 0,
        reopen: false,
        guard: raw::Guard::default(),
        slugs: HashMap::new(),
        columns: Vec::new(),
        column: 0,
        head: false,
        body: false,
        notes: Notes::default(),
        task: None,
        formulas: 0,
        budget: highlight::Budget::new(),
        ready: 0,
        done: Written {
            html: String::new(),
            holes: Vec::new(),
            forms,
            calls,
            outline: Vec::new(),
            plain: String::new(),
            tasks: Vec::new(),
        },
    };
    writer.run()?;
    writer.footnotes();
    writer.done.html = writer.out;
    Ok(writer.done)
}

/// What is to be done at the end of an element.
enum Close {
    Nothing,
    Text(&'static str),
    /// A block; its words end here too.
    Block(&'static str),
    Paragraph {
        mark: usize,
    },
    Heading {
        level: u8,
        id: String,
        mark: usize,
    },
    Item {
        task: bool,
    },
    Cell {
        tag: &'static str,
        mark: usize,
    },
    Head,
    Table,
    Link,
    Note {
        outside: String,
        label: String,
    },
}

struct Writer<'a> {
    setting: &'a Setting<'a>,
    events: &'a [Event<'a>],
    sections: &'a [(usize, usize)],
    extensions: bool,
    abbreviations: Abbreviations,
    /// So much of the next text has been read with the picture before it.
    skipped: usize,
    scanned: &'a Scanned<'a>,
    at: usize,
    out: String,
    stack: Vec<Close>,
    links: usize,
    /// A block macro has closed the paragraph; the next word opens another.
    reopen: bool,
    guard: raw::Guard,
    slugs: HashMap<String, usize>,
    columns: Vec<Alignment>,
    column: usize,
    head: bool,
    body: bool,
    notes: Notes,
    /// Where the words of the task begin that is being read.
    task: Option<(bool, usize)>,
    formulas: usize,
    budget: highlight::Budget,
    ready: usize,
    done: Written,
}

impl<'a> Writer<'a> {
    fn run(&mut self) -> Result<(), TooMuch> {
        while let Some(event) = self.events.get(self.at) {
            if self.out.len() + self.ready > MOST_HTML {
                return Err(TooMuch);
            }
            if let Some(length) = self.definitions() {
                self.at += length;
                continue;
            }
            match event {
                Event::Start(tag) => self.start(tag),
                Event::End(tag) => self.end(tag),
                Event::Text(text) => self.text(text),
                Event::Code(code) => self.code(code),
                Event::InlineMath(formula) => self.formula(formula, false),
                Event::DisplayMath(formula) => self.formula(formula, true),
                Event::Html(html) | Event::InlineHtml(html) => self.raw(html),
                Event::FootnoteReference(label) => self.footnote_reference(label),
                Event::SoftBreak => self.line_break(false),
                Event::HardBreak => self.line_break(true),
                Event::Rule => {
                    self.new_line();
                    self.out.push_str("<hr />\n");
                }
                Event::TaskListMarker(done) => self.task_box(*done),
            }
            self.at += 1;
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'a>) {
        self.inline_content(!is_block(tag));
        let close =
            if self.stack.len() >= DEEPEST && !matches!(tag, Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Image { .. }) {
                Close::Nothing
            } else {
                match tag {
                    Tag::Paragraph => self.paragraph(),
                    Tag::Heading { level, .. } => self.heading(*level as u8),
                    Tag::BlockQuote(kind) => self.quote(*kind),
                    Tag::CodeBlock(kind) => return self.code_block(kind),
                    Tag::HtmlBlock => return self.html_block(),
                    Tag::List(start) => self.list(*start),
                    Tag::Item => self.item(),
                    Tag::FootnoteDefinition(label) => {
                        let outside = std::mem::take(&mut self.out);
                        Close::Note { outside, label: self.restored(label) }
                    }
                    Tag::DefinitionList => self.block("<dl>\n", "</dl>\n"),
                    Tag::DefinitionListTitle => self.block("<dt>", "</dt>\n"),
                    Tag::DefinitionListDefinition => self.block("<dd>", "</dd>\n"),
                    Tag::Table(columns) => self.table(columns),
                    Tag::TableHead => {
                        self.head = true;
                        self.column = 0;
                        self.out.push_str("<thead>\n<tr>\n");
                        Close::Head
                    }
                    Tag::TableRow => {
                        if !std::mem::replace(&mut self.body, true) {
                            self.out.push_str("<tbody>\n");
                        }
                        self.column = 0;
                        self.out.push_str("<tr>\n");
                        Close::Block("</tr>\n")
                    }
                    Tag::TableCell => self.cell(),
                    Tag::Emphasis => self.inline("<em>", "</em>"),
                    Tag::Strong => self.inline("<strong>", "</strong>"),
                    Tag::Strikethrough => self.inline("<del>", "</del>"),
                    Tag::Superscript => self.inline("<sup>", "</sup>"),
                    Tag::Subscript => self.inline("<sub>", "</sub>"),
                    Tag::Link { link_type, dest_url, title, .. } => self.link(*link_type, dest_url, title),
                    Tag::Image { dest_url, title, .. } => return self.image(dest_url, title),
                    Tag::MetadataBlock(_) => Close::Nothing,
                }
            };
        self.stack.push(close);
    }

    fn end(&mut self, _tag: &TagEnd) {
        match self.stack.pop() {
            None | Some(Close::Nothing) => {}
            Some(Close::Text(tag)) => self.out.push_str(tag),
            Some(Close::Block(tag)) => {
                self.out.push_str(tag);
                self.words_end();
            }
            Some(Close::Paragraph { mark }) => {
                if !std::mem::take(&mut self.reopen) {
                    self.close_raw(mark);
                    if self.setting.flavour != Flavour::Line {
                        self.out.push_str("</p>\n");
                    }
                }
                self.words_end();
            }
            Some(Close::Heading { level, id, mark }) => {
                self.close_raw(mark);
                if !id.is_empty() {
                    self.out.push_str("<a class=\"anchor\" href=\"#");
                    self.own_id(&id);
                    self.out.push_str("\" aria-label=\"Link to this section\">#</a>");
                }
                self.out.push_str(HEADINGS[usize::from(level - 1)].1);
                self.words_end();
            }
            Some(Close::Item { task }) => {
                self.out.push_str("</li>\n");
                self.words_end();
                if task {
                    self.task_end();
                }
            }
            Some(Close::Cell { tag, mark }) => {
                self.close_raw(mark);
                self.out.push_str(tag);
                self.column += 1;
                self.words_end();
            }
            Some(Close::Head) => {
                self.head = false;
                self.out.push_str("</tr>\n</thead>\n");
            }
            Some(Close::Table) => {
                if std::mem::take(&mut self.body) {
                    self.out.push_str("</tbody>\n");
                }
                self.out.push_str(if self.extensions { "</table></div>\n" } else { "</table>\n" });
            }
            Some(Close::Link) => {
                self.links -= 1;
                self.out.push_str("</a>");
            }
            Some(Close::Note { outside, label }) => {
                let body = std::mem::replace(&mut self.out, outside);
                self.notes.bodies.entry(label).or_insert(body);
            }
        }
    }

    // Blocks

    fn block(&mut self, open: &'static str, close: &'static str) -> Close {
        self.new_line();
        self.out.push_str(open);
        Close::Block(close)
    }

    fn inline(&mut self, open: &'static str, close: &'static str) -> Close {
        self.out.push_str(open);
        Close::Text(close)
    }

    /// Before a block.
    fn new_line(&mut self) {
        self.words_end();
        if !self.out.is_empty() && !self.out.ends_with('\n') && self.setting.flavour != Flavour::Line {
            self.out.push('\n');
        }
    }

    fn close_raw(&mut self, mark: usize) {
        if self.setting.guarded {
            self.guard.close(mark, &mut self.out);
        }
    }

    fn words(&mut self, text: &str) {
        self.done.plain.push_str(text);
        if self.abbreviations.is_empty() { escape(&mut self.out, text) } else { self.abbreviated(text) }
    }

    fn words_end(&mut self) {
        if !self.done.plain.is_empty() && !self.done.plain.ends_with('\n') {
            self.done.plain.push('\n');
        }
    }

    fn own_id(&mut self, id: &str) {
        if self.setting.guarded {
            self.out.push(holes::ID);
        }
        escape(&mut self.out, id);
    }

    fn hole(&mut self, hole: Hole) {
        holes::write_hole(&mut self.out, self.done.holes.len());
        self.done.holes.push(hole);
    }

    fn ready(&mut self, html: String) {
        self.ready += html.len();
        self.hole(Hole::Ready(html));
    }

    fn restored(&self, text: &str) -> String {
        self.scanned.restored(text).into_owned()
    }

    /// The words of the element that begins here, without markup.
    fn words_until_end(&self) -> String {
        let mut words = String::new();
        let mut depth = 0;
        for event in &self.events[self.at + 1..] {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                Event::Text(text) => {
                    for piece in holes::pieces(text) {
                        match piece {
                            holes::Piece::Text(text) => words.push_str(text),
                            holes::Piece::Place(number) => words.push_str(self.reading(number)),
                            holes::Piece::Hole(_) | holes::Piece::Id => {}
                        }
                    }
                }
                Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                    words.push_str(&self.scanned.restored(text));
                }
                Event::SoftBreak | Event::HardBreak => words.push(' '),
                _ => {}
            }
        }
        words
    }

    fn reading(&self, number: usize) -> &str {
        match self.scanned.places.get(number) {
            Some((_, Place::Literal(text) | Place::Script { text, .. })) => text,
            Some((source, Place::Form(form))) => {
                let form = &self.done.forms[*form];
                form.label.as_deref().or(form.reads.as_deref()).unwrap_or(source)
            }
            Some((_, Place::Call(_) | Place::Broken(..))) | None => "",
            Some((_, Place::Address { label, .. })) => label,
        }
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    is_block_end(&tag.to_end())
}

fn is_block_end(tag: &TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}
