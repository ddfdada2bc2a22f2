//! Paragraphs, headings, lists, tables and code.

use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, Tag};

use super::super::diff::Style;
use super::super::lines::block_lines;
use super::super::patch::patch_html;
use super::super::scan::{Place, call_place};
use super::super::{Flavour, Heading, Task, highlight, macro_box, macros, pikchr, tasks};
use super::fence::Fence;
use super::inline::is_mark;
use super::{Close, Hole, Writer, escape};
use crate::base::text::patch;

pub(super) const HEADINGS: [(&str, &str); 6] = [
    ("<h1>", "</h1>\n"),
    ("<h2>", "</h2>\n"),
    ("<h3>", "</h3>\n"),
    ("<h4>", "</h4>\n"),
    ("<h5>", "</h5>\n"),
    ("<h6>", "</h6>\n"),
];

impl<'a> Writer<'a> {
    pub(super) fn paragraph(&mut self) -> Close {
        self.new_line();
        if self.setting.flavour != Flavour::Line {
            self.out.push_str("<p>");
        }
        self.reopen = false;
        Close::Paragraph { mark: self.guard.mark() }
    }

    pub(super) fn heading(&mut self, level: u8) -> Close {
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
        let section = self.sections.binary_search_by_key(&self.at, |(event, _)| *event).ok();
        let at = section.map(|number| self.scanned.place_in_text(self.sections[number].1));
        self.done.outline.push(Heading { level, id: id.clone(), text, at });
        Close::Heading { level, id, mark }
    }

    /// GitHub's slug: lower case, letters, digits, `_` and `-`, blanks as `-`; `-1`, `-2` … where it is taken.
    pub(super) fn slug(&mut self, text: &str) -> String {
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

    pub(super) fn quote(&mut self, kind: Option<BlockQuoteKind>) -> Close {
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

    pub(super) fn list(&mut self, start: Option<u64>) -> Close {
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

    pub(super) fn item(&mut self) -> Close {
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

    pub(super) fn task_box(&mut self, done: bool) {
        self.task_end();
        self.task = Some((done, self.done.plain.len()));
        self.ready(tasks::box_of(self.done.tasks.len(), done));
        self.out.push(' ');
    }

    pub(super) fn task_end(&mut self) {
        if let Some((done, from)) = self.task.take() {
            let words = self.done.plain.get(from..).unwrap_or_default();
            let text = words.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
            self.done.tasks.push(Task { done, text });
        }
    }

    pub(super) fn table(&mut self, columns: &[Alignment]) -> Close {
        self.new_line();
        self.columns = columns.to_vec();
        self.out.push_str("<div class=\"table-wrap\" tabindex=\"0\"><table>\n");
        self.body = false;
        Close::Table
    }

    pub(super) fn cell(&mut self) -> Close {
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

    pub(super) fn code_block(&mut self, kind: &CodeBlockKind<'_>) {
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
        let mut html = String::with_capacity(code.len() * 2 + 64);
        if self.extensions {
            self.dressed_code(&mut html, &info, &code);
        } else {
            bare_code(&mut html, &info, &code);
        }
        self.ready(html);
        self.out.push('\n');
    }

    /// A block of code in colours, a patch as the difference that it is.
    fn dressed_code(&self, html: &mut String, info: &str, code: &str) {
        let fence = Fence::read(info);
        let is_patch = matches!(fence.language.as_str(), "diff" | "patch" | "udiff");
        if is_patch
            && code.len() <= highlight::LARGEST
            && !self.budget.is_used_up()
            && let Some(patch) = patch::read(code)
        {
            return html.push_str(patch_html(&patch, Style::Inline).as_str());
        }
        if fence.language == "pikchr" && !self.budget.is_used_up() {
            match pikchr::drawn(code) {
                Ok(svg) => return html.push_str(&format!("<figure class=\"diagram\">{svg}</figure>")),
                Err(why) => html.push_str(macro_box("Pikchr", &why, true).as_str()),
            }
        }
        html.push_str("<pre class=\"code");
        if !fence.language.is_empty() {
            html.push_str(" language-");
            escape(html, &fence.language);
        }
        // What scrolls sideways must be reached by keyboard (WCAG 2.1.1).
        html.push_str("\" tabindex=\"0\"><code");
        if !fence.language.is_empty() {
            html.push_str(" class=\"language-");
            escape(html, &fence.language);
            html.push('"');
        }
        html.push('>');
        if fence.has_lines() && code.len() <= highlight::LARGEST {
            let mut coloured = String::with_capacity(code.len() * 2);
            highlight::write(&mut coloured, code, &fence.language, &self.budget);
            block_lines(html, code, &coloured, fence.first, &fence.marks);
        } else {
            highlight::write(html, code, &fence.language, &self.budget);
        }
        html.push_str("</code></pre>");
    }

    pub(super) fn fenced_macro(&mut self, info: &str, body: &str) -> bool {
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

    pub(super) fn html_block(&mut self) {
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
}

/// A block of code as CommonMark has it.
fn bare_code(html: &mut String, info: &str, code: &str) {
    html.push_str("<pre><code");
    let language = info.split([' ', '\t']).next().unwrap_or_default();
    if !language.is_empty() {
        html.push_str(" class=\"language-");
        escape(html, language);
        html.push('"');
    }
    html.push('>');
    escape(html, code);
    html.push_str("</code></pre>");
}
