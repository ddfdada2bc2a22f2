//! Blocks between `:::info` and `:::`, as Docusaurus and Outline write them, read as the alerts that they are
//! (`> [!NOTE]`): each of their lines becomes one of a quotation.

use std::borrow::Cow;

/// Their names, and what they are here.
const KINDS: [(&str, &str); 10] = [
    ("note", "NOTE"),
    ("info", "NOTE"),
    ("tip", "TIP"),
    ("success", "TIP"),
    ("hint", "TIP"),
    ("important", "IMPORTANT"),
    ("warning", "WARNING"),
    ("caution", "CAUTION"),
    ("danger", "CAUTION"),
    ("error", "CAUTION"),
];

/// The source with its blocks as alerts. What is not closed stays as it is.
pub(super) fn as_alerts(text: &str) -> Cow<'_, str> {
    if !text.starts_with(":::") && !text.contains("\n:::") {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut fence = None;
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let opened = opening(line).filter(|_| fence.is_none());
        let end = opened.and_then(|_| closing(&lines[at + 1..])).map(|length| at + 1 + length);
        if let (Some((kind, title)), Some(end)) = (opened, end) {
            out.push_str("> [!");
            out.push_str(kind);
            out.push_str("]\n");
            if !title.is_empty() {
                // Stars of its own would get into the way of those around it.
                let strong = if title.contains('*') { "" } else { "**" };
                out.push_str(&format!("> {strong}{title}{strong}\n>\n"));
            }
            for inner in &lines[at + 1..end] {
                out.push_str("> ");
                out.push_str(inner);
            }
            // What follows is no lazy continuation of the quotation.
            out.push('\n');
            at = end + 1;
            continue;
        }
        fenced(line, &mut fence);
        out.push_str(line);
        at += 1;
    }
    Cow::Owned(out)
}

fn opening(line: &str) -> Option<(&'static str, &str)> {
    let rest = line.strip_prefix(":::")?.trim();
    let (name, title) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let name = name.to_ascii_lowercase();
    let (_, kind) = KINDS.iter().find(|(known, _)| *known == name)?;
    Some((kind, title.trim().trim_matches(['[', ']'])))
}

/// How many lines stand before the one that closes a block, which no block of code hides.
fn closing(lines: &[&str]) -> Option<usize> {
    let mut fence = None;
    for (at, line) in lines.iter().enumerate() {
        if fence.is_none() && line.trim_end() == ":::" {
            return Some(at);
        }
        if fence.is_none() && opening(line).is_some() {
            return None;
        }
        fenced(line, &mut fence);
    }
    None
}

/// Keeps in mind whether a block of code is open, by its sign and how many begin it.
fn fenced(line: &str, open: &mut Option<(char, usize)>) {
    let line = line.trim_start_matches(' ').trim_end();
    let Some(sign) = line.chars().next().filter(|sign| matches!(sign, '`' | '~')) else { return };
    let count = line.chars().take_while(|c| *c == sign).count();
    match *open {
        Some((opened, least)) if opened == sign && count >= least && count == line.len() => *open = None,
        None if count >= 3 => *open = Some((sign, count)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_becomes_an_alert_and_code_stays_code() {
        let text = "a\n:::info Read this\nb\n\n```\n:::\n```\n:::\nc\n:::nothing\nx\n:::\n```\n:::tip\ny\n:::\n```\n:::tip\nnever closed\n";
        assert_eq!(
            as_alerts(text),
            "a\n> [!NOTE]\n> **Read this**\n>\n> b\n> \n> ```\n> :::\n> ```\n\nc\n:::nothing\nx\n:::\n```\n:::tip\ny\n:::\n```\n:::tip\nnever closed\n"
        );
        assert!(matches!(as_alerts("plain"), Cow::Borrowed(_)));
    }
}
