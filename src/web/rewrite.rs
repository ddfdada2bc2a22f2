//! HTML that we made, read tag by tag and written again with changes: for a document to be printed, and for pages that work
//! without the server.
//!
//! Texts and the values of attributes come out escaped anew, comments go. Tags come to the one who changes them in order,
//! with those that are open around them.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::base::markup::Html;

/// Elements without an end.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// The start of an element.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    /// As they are meant, without entities.
    attributes: Vec<(String, String)>,
    is_empty: bool,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, name: &str, value: String) {
        match self.attributes.iter_mut().find(|(own, _)| own == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.attributes.retain(|(own, _)| own != name);
    }

    pub fn has_class(&self, class: &str) -> bool {
        self.get("class").is_some_and(|classes| classes.split_ascii_whitespace().any(|own| own == class))
    }
}

/// What becomes of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays, as it was changed.
    Stays,
    /// Its tags go, what is in it stays.
    Opens,
    /// It goes with all that is in it.
    Goes,
    /// It stays with this text in it.
    Says(String),
}

/// The HTML with each element changed as `change` says; the second argument holds the elements around it, the innermost last.
pub fn rewritten(html: &str, change: &mut dyn FnMut(&mut Tag, &[Tag]) -> Fate) -> String {
    let writer = Writer {
        change: RefCell::new(change),
        state: RefCell::new(State { out: String::with_capacity(html.len()), ..State::default() }),
    };
    let tokenizer = Tokenizer::new(writer, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.state.into_inner().out
}

type Change<'a> = &'a mut dyn FnMut(&mut Tag, &[Tag]) -> Fate;

struct Writer<'a> {
    change: RefCell<Change<'a>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    out: String,
    /// The elements that are open, as they were read, and what is to be done at their ends.
    open: Vec<Tag>,
    ends: Vec<End>,
    /// How many of them have contents that go.
    silent: usize,
}

struct End {
    /// The name to be written.
    name: Option<String>,
    silences: bool,
}

impl TokenSink for Writer<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::CharacterTokens(text) if state.silent == 0 => state.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => state.end(&tag.name),
            Token::TagToken(tag) => {
                let is_empty = tag.self_closing;
                let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
                let read = Tag { name: tag.name.to_string(), attributes: attributes.collect(), is_empty };
                let raw = raw_kind(&read.name);
                let mut changed = read.clone();
                let fate = match state.silent {
                    0 => (self.change.borrow_mut())(&mut changed, &state.open),
                    _ => Fate::Goes,
                };
                state.begin(read, &changed, fate);
                return raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose contents are no tags.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "textarea" | "title" => Some(RawKind::Rcdata),
        "style" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "script" => Some(RawKind::ScriptData),
        _ => None,
    }
}

impl State {
    fn text(&mut self, text: &str) {
        self.out.push_str(Html::escaped(text).as_str());
    }

    fn begin(&mut self, read: Tag, changed: &Tag, fate: Fate) {
        if matches!(fate, Fate::Stays | Fate::Says(_)) {
            self.out.push('<');
            self.out.push_str(&changed.name);
            for (name, value) in &changed.attributes {
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                self.text(value);
                self.out.push('"');
            }
            self.out.push_str(if changed.is_empty { "/>" } else { ">" });
        }
        if read.is_empty || VOID.contains(&read.name.as_str()) {
            return;
        }
        let silences = matches!(fate, Fate::Goes | Fate::Says(_));
        let name = matches!(fate, Fate::Stays | Fate::Says(_)).then(|| changed.name.clone());
        if let Fate::Says(text) = &fate {
            self.text(text);
        }
        self.silent += usize::from(silences);
        self.open.push(read);
        self.ends.push(End { name, silences });
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return };
        self.open.truncate(at);
        for end in self.ends.drain(at..).rev() {
            self.silent -= usize::from(end.silences);
            if let Some(name) = end.name.filter(|_| self.silent == 0) {
                self.out.push_str("</");
                self.out.push_str(&name);
                self.out.push('>');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_open_go_or_say_something_else() {
        let html = "<p class=\"a b\" title=\"1 &lt; &quot;2&quot;\">x &amp; <b>y<br></b><i>z</i></p><svg viewBox=\"0 0 1 1\"><path/></svg>\
                    <form>gone<input name=q><p>too</p></form><textarea><b></textarea><time title=\"then\">ago</time><script>1 < 2</script>";
        let mut seen = Vec::new();
        let out = rewritten(html, &mut |tag, around| {
            seen.push((tag.name.clone(), around.len()));
            match tag.name.as_str() {
                "b" => Fate::Opens,
                "form" | "textarea" | "script" => Fate::Goes,
                "time" => Fate::Says(tag.get("title").unwrap_or_default().to_uppercase() + "&"),
                "i" => {
                    tag.name = "em".into();
                    tag.set("id", "a\"b".into());
                    Fate::Stays
                }
                _ => Fate::Stays,
            }
        });
        assert_eq!(
            out,
            "<p class=\"a b\" title=\"1 &lt; &quot;2&quot;\">x &amp; y<br><em id=\"a&quot;b\">z</em></p>\
             <svg viewbox=\"0 0 1 1\"><path/></svg><time title=\"then\">THEN&amp;</time>"
        );
        assert!(seen.contains(&("br".into(), 2)) && !seen.iter().any(|(name, _)| name == "input"));
    }

    proptest::proptest! {
        #[test]
        fn what_nobody_changes_reads_the_same(words in "[a-z<>&\"' ]{0,30}", class in "[a-z<>&\"' ]{0,10}") {
            let mut html = Html::default();
            html.tag("<div").attribute("class", &class).tag("><p>").text(&words).tag("</p></div>");
            proptest::prop_assert_eq!(rewritten(html.as_str(), &mut |_, _| Fate::Stays), html.as_str());
        }
    }
}
