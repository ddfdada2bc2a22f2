//! Markdown's events become HTML with tokens: a token for each hole, and one for each piece of HTML that is ours alone and
//! need not pass ammonia (code in colours, formulas, task boxes, macro boxes).

use std::collections::HashMap;

use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, LinkType, Tag, TagEnd};

use super::links::Grammar;
use super::scan::{Place, Scanned, call_place};
use super::{Call, Flavour, Form, Heading, Otherwise, Target, Task, highlight, holes, macros, math, raw, tasks};

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

pub(super) type Events<'a> = Vec<Event<'a>>;

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
        events,
        extensions: setting.grammar.options.extensions,
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

#[derive(Default)]
struct Notes {
    /// By label: the number, and how often it was referred to.
    numbers: HashMap<String, (usize, usize)>,
    order: Vec<String>,
    bodies: HashMap<String, String>,
}

struct Writer<'a> {
    setting: &'a Setting<'a>,
    events: &'a Events<'a>,
    extensions: bool,
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

    fn paragraph(&mut self) -> Close {
        self.new_line();
        if self.setting.flavour != Flavour::Line {
            self.out.push_str("<p>");
        }
        self.reopen = false;
        Close::Paragraph { mark: self.guard.mark() }
    }

    fn heading(&mut self, level: u8) -> Close {
        self.new_line();
        let mark = self.guard.mark();
        let tag = HEADINGS[usize::from(level - 1)].0;
        if !self.extensions {
            self.out.push_str(tag);
            return Close::Heading { level, id: String::new(), mark };
        }
        let text = self.words_until_end();
        let id = self.slug(&text);
        self.out.push_str(&tag[..tag.len() - 1]);
        self.out.push_str(" id=\"");
        self.own_id(&id);
        self.out.push_str("\">");
        self.done.outline.push(Heading { level, id: id.clone(), text });
        Close::Heading { level, id, mark }
    }

    /// GitHub's slug: lower case, letters, digits, `_` and `-`, blanks as `-`; `-1`, `-2` … where it is taken.
    fn slug(&mut self, text: &str) -> String {
        let mut slug: String = text
            .trim()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                '-' | '_' => Some(c),
                c if c.is_alphanumeric() || is_mark(c) => Some(c),
                _ => None,
            })
            .take(200)
            .collect();
        if slug.is_empty() {
            slug.push_str("section");
        }
        let mut used = self.slugs.get(&slug).copied();
        let mut unique = slug.clone();
        while let Some(times) = used.filter(|_| self.slugs.contains_key(&unique)) {
            unique = format!("{slug}-{}", times + 1);
            used = Some(times + 1);
        }
        self.slugs.insert(slug, used.unwrap_or(0));
        self.slugs.entry(unique.clone()).or_insert(0);
        unique
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) -> Close {
        let (class, title) = match kind {
            None => return self.block("<blockquote>\n", "</blockquote>\n"),
            Some(BlockQuoteKind::Note) => ("note", "Note"),
            Some(BlockQuoteKind::Tip) => ("tip", "Tip"),
            Some(BlockQuoteKind::Important) => ("important", "Important"),
            Some(BlockQuoteKind::Warning) => ("warning", "Warning"),
            Some(BlockQuoteKind::Caution) => ("caution", "Caution"),
        };
        self.new_line();
        self.out.push_str("<div class=\"markdown-alert markdown-alert-");
        self.out.push_str(class);
        self.out.push_str("\">\n<p class=\"markdown-alert-title\">");
        self.out.push_str(title);
        self.out.push_str("</p>\n");
        Close::Block("</div>\n")
    }

    fn list(&mut self, start: Option<u64>) -> Close {
        match start {
            None => self.block("<ul>\n", "</ul>\n"),
            Some(1) => self.block("<ol>\n", "</ol>\n"),
            Some(start) => {
                self.new_line();
                self.out.push_str("<ol start=\"");
                self.out.push_str(&start.to_string());
                self.out.push_str("\">\n");
                Close::Block("</ol>\n")
            }
        }
    }

    fn item(&mut self) -> Close {
        self.new_line();
        let mut next = self.events[self.at + 1..].iter();
        let first = next.next();
        let marker = match first {
            Some(Event::Start(Tag::Paragraph)) => next.next(),
            other => other,
        };
        let task = matches!(marker, Some(Event::TaskListMarker(_)));
        self.out.push_str(if task { "<li class=\"task\">" } else { "<li>" });
        Close::Item { task }
    }

    fn task_box(&mut self, done: bool) {
        self.task_end();
        self.task = Some((done, self.done.plain.len()));
        self.ready(tasks::box_of(self.done.tasks.len(), done));
        self.out.push(' ');
    }

    fn task_end(&mut self) {
        if let Some((done, from)) = self.task.take() {
            let words = self.done.plain.get(from..).unwrap_or_default();
            let text = words.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
            self.done.tasks.push(Task { done, text });
        }
    }

    fn table(&mut self, columns: &[Alignment]) -> Close {
        self.new_line();
        self.columns = columns.to_vec();
        self.out.push_str("<div class=\"table-wrap\" tabindex=\"0\"><table>\n");
        self.body = false;
        Close::Table
    }

    fn cell(&mut self) -> Close {
        let (tag, close) = if self.head { ("<th", "</th>\n") } else { ("<td", "</td>\n") };
        self.out.push_str(tag);
        self.out.push_str(match self.columns.get(self.column) {
            Some(Alignment::Left) => " align=\"left\">",
            Some(Alignment::Center) => " align=\"center\">",
            Some(Alignment::Right) => " align=\"right\">",
            _ => ">",
        });
        Close::Cell { tag: close, mark: self.guard.mark() }
    }

    fn code_block(&mut self, kind: &CodeBlockKind<'_>) {
        let mut code = String::new();
        while let Some(event) = self.events.get(self.at + 1) {
            self.at += 1;
            match event {
                Event::Text(text) => code.push_str(&self.restored(text)),
                _ => break,
            }
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => self.restored(info),
            CodeBlockKind::Indented => String::new(),
        };
        self.new_line();
        if self.extensions {
            if self.setting.grammar.macros && self.fenced_macro(&info, &code) {
                return;
            }
            if info.trim() == "math" {
                self.formula(code.trim(), true);
                self.out.push('\n');
                return;
            }
        }
        self.done.plain.push_str(&code);
        self.words_end();
        let language = language(&info, self.extensions);
        let mut html = String::with_capacity(code.len() * 2 + 64);
        html.push_str(if self.extensions { "<pre class=\"code" } else { "<pre" });
        if self.extensions {
            if !language.is_empty() {
                html.push_str(" language-");
                escape(&mut html, language);
            }
            // What scrolls sideways must be reached by keyboard (WCAG 2.1.1).
            html.push_str("\" tabindex=\"0\"");
        }
        html.push_str("><code");
        if !language.is_empty() {
            html.push_str(" class=\"language-");
            escape(&mut html, language);
            html.push('"');
        }
        html.push('>');
        if self.extensions {
            highlight::write(&mut html, &code, language, &self.budget);
        } else {
            escape(&mut html, &code);
        }
        html.push_str("</code></pre>");
        self.ready(html);
        self.out.push('\n');
    }

    fn fenced_macro(&mut self, info: &str, body: &str) -> bool {
        let known = |name: &str| self.setting.grammar.vocabulary.macro_named(name).is_some();
        let Some(mut read) = macros::in_fence(info, known) else { return false };
        read.call.source = format!("```{info}\n{body}```");
        read.call.arguments.body = Some(body.to_owned());
        match call_place(read, self.setting.grammar, &mut self.done.calls) {
            Place::Call(call) => self.hole(Hole::Call { call, block: true }),
            Place::Broken(name, problem) => self.hole(Hole::Box { name, problem, block: true }),
            _ => return false,
        }
        self.out.push('\n');
        true
    }

    fn html_block(&mut self) {
        let mut html = String::new();
        while let Some(event) = self.events.get(self.at + 1) {
            self.at += 1;
            match event {
                Event::Html(text) | Event::Text(text) => html.push_str(&self.restored(text)),
                _ => break,
            }
        }
        self.new_line();
        let mark = self.guard.mark();
        self.raw(&html);
        if self.setting.guarded {
            self.guard.close_inline(mark, &mut self.out);
        }
        self.new_line();
    }

    // Inline content

    fn text(&mut self, text: &str) {
        self.inline_content(true);
        // The blank before a line of flavour `Line`, which kept it from being a block.
        let text = match self.setting.flavour {
            Flavour::Line if self.out.is_empty() => text.strip_prefix('\u{A0}').unwrap_or(text),
            _ => text,
        };
        let whole = text;
        for piece in holes::pieces(text) {
            match piece {
                holes::Piece::Text(text) => self.words(text),
                holes::Piece::Place(number) => self.place(number, whole),
                holes::Piece::Hole(_) | holes::Piece::Id => {}
            }
        }
    }

    fn place(&mut self, number: usize, text: &str) {
        let scanned = self.scanned;
        let Some((source, place)) = scanned.places.get(number) else { return };
        if self.links > 0 {
            return self.words(source);
        }
        match place {
            Place::Literal(literal) => self.words(literal),
            Place::Script { tag, text } => {
                self.out.push_str(if *tag == '^' { "<sup>" } else { "<sub>" });
                self.words(text);
                self.out.push_str(if *tag == '^' { "</sup>" } else { "</sub>" });
            }
            Place::Form(form) => {
                let shown = &self.done.forms[*form];
                let shown = shown.label.as_deref().or(shown.reads.as_deref()).unwrap_or(&shown.source).to_owned();
                self.done.plain.push_str(&shown);
                self.hole(Hole::Form(*form));
            }
            Place::Address { address, label } => {
                self.out.push_str("<a href=\"");
                escape_address(&mut self.out, address);
                self.out.push_str("\">");
                self.words(label);
                self.out.push_str("</a>");
            }
            Place::Call(call) => {
                let name = self.done.calls[*call].name.clone();
                let block = self.setting.grammar.vocabulary.is_block(&name, &self.done.calls[*call].arguments);
                let alone = self.is_alone(text);
                if block && !alone {
                    let problem = "this macro must stand alone on its line".to_owned();
                    self.hole(Hole::Box { name, problem, block: false });
                } else if block {
                    self.block_hole(Hole::Call { call: *call, block });
                } else {
                    self.hole(Hole::Call { call: *call, block });
                }
            }
            Place::Broken(name, problem) => {
                let alone = self.is_alone(text);
                let hole = Hole::Box { name: name.clone(), problem: problem.clone(), block: alone };
                if alone { self.block_hole(hole) } else { self.hole(hole) }
            }
        }
    }

    /// Whether the text at hand, a placeholder and no more, has its line for itself, directly in a block that may hold blocks.
    fn is_alone(&self, text: &str) -> bool {
        let mut pieces = holes::pieces(text.trim());
        if !matches!(pieces.next(), Some(holes::Piece::Place(_))) || pieces.next().is_some() {
            return false;
        }
        let holds = matches!(
            self.stack.last(),
            Some(Close::Paragraph { .. } | Close::Item { .. } | Close::Note { .. } | Close::Block("</dd>\n"))
        );
        let before = self.at.checked_sub(1).and_then(|at| self.events.get(at));
        let after = self.events.get(self.at + 1);
        let ends = |event: Option<&Event<'_>>| match event {
            Some(Event::SoftBreak | Event::HardBreak) | None => true,
            Some(Event::Start(tag)) => is_block(tag),
            Some(Event::End(tag)) => is_block_end(tag),
            _ => false,
        };
        holds && ends(before) && ends(after)
    }

    /// A block in the middle of a paragraph ends it; what follows begins another.
    fn block_hole(&mut self, hole: Hole) {
        if let Some(Close::Paragraph { mark }) = self.stack.last() {
            let mark = *mark;
            let length = self.out.trim_end_matches('\n').len();
            self.out.truncate(length);
            for tag in ["<br />", "<p>"] {
                if self.out.ends_with(tag) {
                    self.out.truncate(self.out.len() - tag.len());
                    if tag == "<p>" {
                        self.reopen = true;
                    }
                }
            }
            if !std::mem::replace(&mut self.reopen, true) {
                self.close_raw(mark);
                self.out.push_str("</p>");
            }
        }
        self.new_line();
        self.hole(hole);
        self.out.push('\n');
        self.words_end();
    }

    /// Before content of a paragraph that a block macro has closed.
    fn inline_content(&mut self, inline: bool) {
        if self.reopen && inline && matches!(self.stack.last(), Some(Close::Paragraph { .. })) {
            let next_is_block = match self.events.get(self.at) {
                Some(Event::Text(text)) => self.block_macro_alone(text),
                _ => false,
            };
            if !next_is_block {
                self.reopen = false;
                self.out.push_str("<p>");
            }
        }
    }

    fn block_macro_alone(&self, text: &str) -> bool {
        let Some(holes::Piece::Place(number)) = holes::pieces(text.trim()).next() else { return false };
        match self.scanned.places.get(number) {
            Some((_, Place::Call(call))) => {
                let name = &self.done.calls[*call].name;
                self.setting.grammar.vocabulary.macro_named(name).is_some_and(|known| known.block)
                    && self.is_alone(text)
            }
            Some((_, Place::Broken(..))) => self.is_alone(text),
            _ => false,
        }
    }

    fn line_break(&mut self, hard: bool) {
        if self.reopen {
            return;
        }
        self.done.plain.push('\n');
        match self.setting.flavour {
            Flavour::Line => self.out.push(' '),
            Flavour::Note => self.out.push_str("<br />\n"),
            Flavour::Page if hard => self.out.push_str("<br />\n"),
            Flavour::Page => self.out.push('\n'),
        }
    }

    fn code(&mut self, code: &str) {
        self.inline_content(true);
        let code = self.restored(code);
        self.done.plain.push_str(&code);
        self.out.push_str("<code>");
        escape(&mut self.out, &code);
        self.out.push_str("</code>");
    }

    fn formula(&mut self, formula: &str, display: bool) {
        self.inline_content(true);
        let formula = self.restored(formula);
        self.done.plain.push_str(&formula);
        self.formulas += 1;
        let inner = formula.strip_prefix('`').and_then(|inner| inner.strip_suffix('`'));
        let source = inner.filter(|inner| !inner.contains('`')).unwrap_or(&formula);
        let mathml = if self.formulas > MOST_FORMULAS { None } else { math::mathml(source, display) };
        match mathml {
            Some(mathml) => self.ready(mathml),
            None => {
                let sign = if display { "$$" } else { "$" };
                self.out.push_str("<code>");
                self.out.push_str(sign);
                escape(&mut self.out, &formula);
                self.out.push_str(sign);
                self.out.push_str("</code>");
            }
        }
    }

    fn raw(&mut self, html: &str) {
        self.inline_content(true);
        let html = self.restored(html);
        if self.setting.flavour == Flavour::Line {
            self.words(&html);
        } else if self.setting.guarded {
            self.guard.write(&html, &mut self.out);
        } else {
            self.out.push_str(&html);
        }
    }

    fn link(&mut self, link_type: LinkType, address: &str, title: &str) -> Close {
        let address = self.restored(address);
        let title = self.restored(title);
        self.links += 1;
        self.out.push_str("<a href=\"");
        if link_type == LinkType::Email {
            self.out.push_str("mailto:");
            escape_address(&mut self.out, &address);
        } else if let Some(form) = self.setting.grammar.destination(&address) {
            self.done.forms.push(form);
            self.hole(Hole::Form(self.done.forms.len() - 1));
        } else {
            escape_address(&mut self.out, &address);
        }
        self.title(&title);
        self.out.push('>');
        Close::Link
    }

    fn image(&mut self, address: &str, title: &str) {
        let address = self.restored(address);
        let title = self.restored(title);
        let alt = self.words_until_end();
        // Its events have been read.
        let mut depth = 0;
        while let Some(event) = self.events.get(self.at + 1) {
            self.at += 1;
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        self.inline_content(true);
        self.done.plain.push_str(&alt);
        if self.setting.flavour == Flavour::Line {
            return escape(&mut self.out, &alt);
        }
        self.out.push_str("<img src=\"");
        match self.setting.grammar.destination(&address) {
            Some(mut form) => {
                if let Target::Kind { prefix, .. } = &mut form.target {
                    // The file itself and not the page about it.
                    let raw = format!("raw-{prefix}");
                    if self.setting.grammar.vocabulary.link_kind(&raw).is_some() {
                        *prefix = raw;
                    }
                }
                form.otherwise = Otherwise::Text;
                self.done.forms.push(form);
                self.hole(Hole::Form(self.done.forms.len() - 1));
            }
            None => escape_address(&mut self.out, &address),
        }
        self.out.push_str("\" alt=\"");
        escape(&mut self.out, &alt);
        self.title(&title);
        self.out.push_str(" />");
    }

    /// The end of the attribute at hand, and the title where there is one.
    fn title(&mut self, title: &str) {
        self.out.push('"');
        if !title.is_empty() {
            self.out.push_str(" title=\"");
            escape(&mut self.out, title);
            self.out.push('"');
        }
    }

    // Footnotes

    fn footnote_reference(&mut self, label: &str) {
        self.inline_content(true);
        let label = self.restored(label);
        let next = self.notes.order.len() + 1;
        let entry = self.notes.numbers.entry(label.clone()).or_insert((next, 0));
        entry.1 += 1;
        let (number, times) = *entry;
        if number == next {
            self.notes.order.push(label);
        }
        self.out.push_str("<sup class=\"footnote-reference\"><a href=\"#");
        self.own_id(&format!("fn:{number}"));
        self.out.push_str("\" id=\"");
        self.own_id(&reference_id(number, times));
        self.out.push_str("\">");
        self.out.push_str(&number.to_string());
        self.out.push_str("</a></sup>");
    }

    /// The notes at the end of the text, in the order of their references; those that nobody refers to last.
    fn footnotes(&mut self) {
        let mut bodies = std::mem::take(&mut self.notes.bodies);
        let mut unused: Vec<String> =
            bodies.keys().filter(|label| !self.notes.numbers.contains_key(*label)).cloned().collect();
        unused.sort();
        let order = std::mem::take(&mut self.notes.order);
        for (at, label) in order.into_iter().chain(unused).enumerate() {
            let number = at + 1;
            let Some(body) = bodies.remove(&label) else { continue };
            let times = self.notes.numbers.get(&label).map_or(0, |(_, times)| *times);
            self.new_line();
            self.out.push_str("<div class=\"footnote-definition\" id=\"");
            self.own_id(&format!("fn:{number}"));
            self.out.push_str("\"><sup class=\"footnote-definition-label\">");
            self.out.push_str(&number.to_string());
            self.out.push_str("</sup>");
            let (text, end) = match body.strip_suffix("</p>\n") {
                Some(text) => (text, "</p>\n"),
                None => (body.as_str(), ""),
            };
            self.out.push_str(text);
            for time in 1..=times.min(20) {
                self.out.push_str(" <a class=\"footnote-backref\" href=\"#");
                self.own_id(&reference_id(number, time));
                self.out.push_str("\" aria-label=\"Back to the text\">\u{21A9}\u{FE0E}</a>");
            }
            self.out.push_str(end);
            self.out.push_str("</div>\n");
        }
    }

    // Small things

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
        escape(&mut self.out, text);
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

const HEADINGS: [(&str, &str); 6] = [
    ("<h1>", "</h1>\n"),
    ("<h2>", "</h2>\n"),
    ("<h3>", "</h3>\n"),
    ("<h4>", "</h4>\n"),
    ("<h5>", "</h5>\n"),
    ("<h6>", "</h6>\n"),
];

fn reference_id(number: usize, time: usize) -> String {
    if time == 1 { format!("fnref:{number}") } else { format!("fnref:{number}:{time}") }
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

/// Combining marks belong to their letter.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// The first word of a fence's info string; with extensions only if it can be a class.
fn language(info: &str, extensions: bool) -> &str {
    let word = info.split([' ', '\t']).next().unwrap_or_default();
    if !extensions {
        return word;
    }
    let word = word.split([',', '{', ';']).next().unwrap_or_default();
    let plain = word.len() <= 40 && word.chars().all(|c| c.is_alphanumeric() || "+#.-_".contains(c));
    if plain { word } else { "" }
}

/// Escapes text for elements and for attributes in double quotes.
pub(super) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// An address for an attribute: percent-encoded where an address can't hold the character, then escaped.
pub(super) fn escape_address(out: &mut String, address: &str) {
    for byte in address.bytes() {
        match byte {
            b'&' => out.push_str("&amp;"),
            b'\'' => out.push_str("&#39;"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~!*(),%#@?=;:/+$".contains(&byte) => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
