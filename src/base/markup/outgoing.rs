//! The references of a text for the link table: what it links to, shows and draws from (DESIGN 1.8).

use std::collections::HashSet;

use super::{Compiled, Here, LinkTarget, Otherwise, Part, Target, Vocabulary};

/// How a text refers to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Link,
    Image,
    /// A macro draws from it.
    Macro,
    /// What the message of a commit asks of it (DESIGN 7).
    Mention,
    Refer,
    Close,
    Reopen,
}

impl Role {
    /// Its name in the link table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Image => "image",
            Self::Macro => "macro",
            Self::Mention => "mention",
            Self::Refer => "refer",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }
}

/// Every target once per role, in the order of the text. Forms that stay text wherever they stand (in code, escaped, of a
/// kind that nobody offers) are none; references into other projects and InterMap words are not followed.
pub fn outgoing(compiled: &Compiled, vocabulary: &Vocabulary, here: Option<&Here>) -> Vec<(LinkTarget, Role)> {
    let mut seen = HashSet::new();
    let mut targets = Vec::new();
    let mut add = |target: LinkTarget, role: Role| {
        if seen.insert((target.clone(), role)) {
            targets.push((target, role));
        }
    };
    let named = |number: usize| -> Vec<LinkTarget> {
        let Some(form) = compiled.forms.get(number) else { return Vec::new() };
        let (prefix, rest) = match (&form.target, &form.otherwise) {
            (Target::Kind { prefix, rest }, _) => (prefix.as_str(), rest.as_str()),
            (Target::Elsewhere { .. }, Otherwise::Page(page)) => ("wiki", page.as_str()),
            (Target::Elsewhere { .. }, _) => return Vec::new(),
        };
        vocabulary.link_kind(prefix).map(|kind| (kind.targets)(here, rest)).unwrap_or_default()
    };
    for part in &compiled.parts {
        match part {
            Part::Link(form) | Part::Open { form, .. } => {
                for target in named(*form) {
                    add(target, Role::Link);
                }
            }
            Part::Image { form, .. } => {
                for target in named(*form) {
                    add(target, Role::Image);
                }
            }
            Part::Macro { call, .. } => {
                let Some(call) = compiled.calls.get(*call) else { continue };
                let Some(known) = vocabulary.macro_named(&call.name) else { continue };
                for target in (known.targets)(here, &call.arguments) {
                    add(target, Role::Macro);
                }
            }
            Part::Html(_) | Part::Id | Part::Close { .. } => {}
        }
    }
    for address in &compiled.outside {
        add(LinkTarget::new("url", address.clone()), Role::Link);
    }
    targets
}
