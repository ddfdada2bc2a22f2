//! Words with what stands among them: links, pictures, formulas, code, holes.

use pulldown_cmark::{Event, LinkType};

use super::super::scan::Place;
use super::super::{Flavour, Otherwise, Target, holes, math};
use super::{Close, Hole, MOST_FORMULAS, Writer, escape, escape_address, is_block, is_block_end, picture};

impl<'a> Writer<'a> {
    pub(super) fn text(&mut self, text: &str) {
        self.inline_content(true);
        // The blank before a line of flavour `Line`, which kept it from being a block.
        let text = match self.setting.flavour {
            Flavour::Line if self.out.is_empty() => text.strip_prefix('\u{A0}').unwrap_or(text),
            _ => text,
        };
        let text = text.get(std::mem::take(&mut self.skipped)..).unwrap_or_default();
        let whole = text;
        for piece in holes::pieces(text) {
            match piece {
                holes::Piece::Text(text) => self.words(text),
                holes::Piece::Place(number) => self.place(number, whole),
                holes::Piece::Hole(_) | holes::Piece::Id => {}
            }
        }
    }

    pub(super) fn place(&mut self, number: usize, text: &str) {
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
    pub(super) fn is_alone(&self, text: &str) -> bool {
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
    pub(super) fn block_hole(&mut self, hole: Hole) {
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
    pub(super) fn inline_content(&mut self, inline: bool) {
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

    pub(super) fn block_macro_alone(&self, text: &str) -> bool {
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

    pub(super) fn line_break(&mut self, hard: bool) {
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

    pub(super) fn code(&mut self, code: &str) {
        self.inline_content(true);
        let code = self.restored(code);
        self.done.plain.push_str(&code);
        self.out.push_str("<code>");
        escape(&mut self.out, &code);
        self.out.push_str("</code>");
    }

    pub(super) fn formula(&mut self, formula: &str, display: bool) {
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

    pub(super) fn raw(&mut self, html: &str) {
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

    pub(super) fn link(&mut self, link_type: LinkType, address: &str, title: &str) -> Close {
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

    pub(super) fn image(&mut self, address: &str, title: &str) {
        let written = self.restored(address);
        let titled = self.restored(title);
        let sized = if self.extensions { picture::sized(&written) } else { None };
        let (address, title, mut look) = sized.unwrap_or((&written, &titled, picture::Look::default()));
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
        match self.setting.grammar.destination(address) {
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
            None => escape_address(&mut self.out, address),
        }
        self.out.push_str("\" alt=\"");
        escape(&mut self.out, &alt);
        self.title(title);
        if self.extensions
            && let Some(Event::Text(text)) = self.events.get(self.at + 1)
            && let Some((behind, length)) = picture::look(text)
        {
            self.skipped = length;
            look = behind.or(look);
        }
        let values = [("width", look.width.as_deref()), ("height", look.height.as_deref()), ("align", look.align)];
        for (name, value) in values.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
            self.out.push_str(&format!(" {name}=\"{value}\""));
        }
        self.out.push_str(" />");
    }

    /// The end of the attribute at hand, and the title where there is one.
    pub(super) fn title(&mut self, title: &str) {
        self.out.push('"');
        if !title.is_empty() {
            self.out.push_str(" title=\"");
            escape(&mut self.out, title);
            self.out.push('"');
        }
    }

    // Footnotes
}

/// Combining marks belong to their letter.
pub(super) fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}
