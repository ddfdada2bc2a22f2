//! Reads what happens to tickets: `tickets-*.txt` tell of one ticket after another.
//!
//! `=== 7 Summary`, a line with moment, reporter and fields, the description; then one `---` line for each thing that somebody
//! does, with its text below it. What they do stands behind their name, several parts of one change with ` | ` between them:
//!
//! ```text
//! --- 93 20:40 mira do resolve fixed | set due={day:94}; parent=58 | time 1h30m Reading it aloud | reply 2
//! --- 93 21:00 ines note
//! --- 94 09:00 ines attach gull.png | Its description
//! --- 95 09:00 ines remind dele {day:99} Bring the gull
//! --- 95 09:01 ines bookmark
//! --- now-3h ines merge 64
//! ```
//!
//! `reply 2` answers comment 2 and `reply note 1` note 1; `note` makes the text an internal note, `tick 2` ticks the second
//! box of the description. `=== all 51 53` begins the same change of many tickets: a line with moment, name and fields, then a
//! comment.

use super::broken;
use super::calendar::Calendar;
use super::script::{Deed, Fill, Parent, Step};
use crate::base::error::Result;
use crate::ticket::batch::{Batch, Mode, Wish};
use crate::ticket::note;
use crate::ticket::plan::{ActionRequest, Request};
use crate::ticket::worked::TimeRequest;

/// Reads one entry.
pub fn read(written: &str, calendar: &Calendar, fill: Fill<'_>, steps: &mut Vec<Step>) -> Result<()> {
    let (title, rest) = written.split_once('\n').unwrap_or((written, ""));
    let (number, summary) = title.split_once(' ').ok_or_else(|| broken(&format!("no ticket: {title}")))?;
    let mut parts = rest.split("\n--- ");
    let (head, text) = parts.next().and_then(|first| first.split_once('\n')).unwrap_or((rest, ""));
    let (at, rest) = calendar.moment(head)?;
    let (who, fields) = rest.split_once(" | ").ok_or_else(|| broken(&format!("no fields: {head}")))?;
    let mut set = assignments(&fill(fields))?;
    let text = fill(text.trim());
    if number == "all" {
        let tickets = summary.split(' ').map(parsed).collect::<Result<_>>()?;
        let wish = |(field, add): (String, String)| Wish { field, mode: Mode::Set, add, remove: String::new() };
        let wishes = set.into_iter().map(wish).collect();
        let deed = Deed::ChangeAll { tickets, batch: Batch { wishes, comment: text, ..Batch::default() } };
        steps.push(Step { at, who: who.to_owned(), deed });
        return Ok(());
    }
    let ticket = parsed(number)?;
    set.push(("summary".to_owned(), summary.to_owned()));
    set.push(("description".to_owned(), text.clone()));
    let mut description = text;
    let request = Request { set, ..Request::default() };
    steps.push(Step { at, who: who.to_owned(), deed: Deed::File { ticket, request } });
    for part in parts {
        let (head, text) = part.split_once('\n').unwrap_or((part, ""));
        let (at, rest) = calendar.moment(head)?;
        let (who, what) = rest.split_once(' ').unwrap_or((rest, ""));
        let text = fill(text.trim());
        let deed = match what.strip_prefix("tick ") {
            Some(number) => {
                description =
                    ticked(&description, parsed(number)?).ok_or_else(|| broken(&format!("no box: {head}")))?;
                let set = vec![("description".to_owned(), description.clone())];
                Deed::Change { ticket, request: Request { set, comment: text, ..Request::default() }, note: None }
            }
            None => deed(ticket, &at.iso(), &fill(what), text).map_err(|error| error.during(head))?,
        };
        steps.push(Step { at, who: who.to_owned(), deed });
    }
    Ok(())
}

fn deed(ticket: i64, at: &str, what: &str, text: String) -> Result<Deed> {
    let missing = || broken("something is missing");
    let (verb, of) = what.split_once(' ').unwrap_or((what, ""));
    Ok(match verb {
        "attach" => {
            let (file, description) = of.split_once(" | ").unwrap_or((of, ""));
            let (file, description) = (file.to_owned(), description.to_owned());
            Deed::Attach { to: Parent::Ticket(ticket), file, description }
        }
        "merge" => Deed::Merge { ticket, into: parsed(of)? },
        "bookmark" => Deed::Bookmark { ticket },
        "remind" => {
            let (person, rest) = of.split_once(' ').ok_or_else(missing)?;
            let (due, text) = rest.split_once(' ').ok_or_else(missing)?;
            Deed::Remind { ticket, person: person.to_owned(), due: due.to_owned(), text: text.to_owned() }
        }
        _ => change(ticket, at, what, text)?,
    })
}

/// `at` is its moment as an instant of ISO 8601.
fn change(ticket: i64, at: &str, what: &str, text: String) -> Result<Deed> {
    let mut request = Request::default();
    let mut note = None;
    for part in what.split(" | ").filter(|part| !part.is_empty()) {
        match part.split_once(' ').unwrap_or((part, "")) {
            ("set", of) => request.set = assignments(of)?,
            ("do", of) => request.action = Some(action(of)?),
            ("time", of) => {
                let (amount, remark) = of.split_once(' ').unwrap_or((of, ""));
                let (amount, remark) = (amount.to_owned(), remark.to_owned());
                let day = at.split('T').next().unwrap_or_default().to_owned();
                request.time = Some(TimeRequest { amount, day, remark, ..TimeRequest::default() });
            }
            ("note", "") => note = Some(note::Draft::default()),
            ("reply", of) => match of.strip_prefix("note ") {
                Some(of) => note = Some(note::Draft { reply_to: Some(parsed(of)?), ..note::Draft::default() }),
                None => request.reply_to = Some(parsed(of)?),
            },
            _ => return Err(broken(&format!("nobody knows how to {part}"))),
        }
    }
    match &mut note {
        Some(note) => note.text = text,
        None => request.comment = text,
    }
    Ok(Deed::Change { ticket, request, note })
}

/// `resolve fixed`: an action and its resolution.
fn action(written: &str) -> Result<ActionRequest> {
    let (name, resolution) = match written.split(' ').collect::<Vec<_>>().as_slice() {
        [name] => (*name, None),
        [name, resolution] => (*name, Some((*resolution).to_owned())),
        _ => return Err(broken(&format!("no action: {written}"))),
    };
    Ok(ActionRequest { name: name.to_owned(), resolution, ..ActionRequest::default() })
}

/// The text with the box of that number ticked, counted from 1; none if there is none, or it is ticked.
fn ticked(text: &str, number: i64) -> Option<String> {
    let is_box = |line: &str| line.starts_with("- [ ] ") || line.starts_with("- [x] ");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = lines.iter_mut().filter(|line| is_box(line)).nth(usize::try_from(number - 1).ok()?)?;
    *line = format!("- [x] {}", line.strip_prefix("- [ ] ")?);
    Some(lines.join("\n"))
}

/// `type=task; milestone=Open day`
fn assignments(written: &str) -> Result<Vec<(String, String)>> {
    let pair = |one: &str| {
        let (name, value) = one.split_once('=').ok_or_else(|| broken(&format!("no field and value: {one}")))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    written.split(';').map(pair).collect()
}

fn parsed(number: &str) -> Result<i64> {
    number.parse().map_err(|_| broken(&format!("no number: {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_several_parts() {
        let text = "Come at five.".to_owned();
        let read = change(48, "2026-09-21T14:13:20Z", "do resolve fixed | set due=x | time 2h Roof | reply 3", text);
        let Ok(Deed::Change { request, note: None, .. }) = read else { panic!("{read:?}") };
        let action = request.action.unwrap_or_default();
        assert_eq!((action.name.as_str(), action.resolution.as_deref()), ("resolve", Some("fixed")));
        assert_eq!((request.set, request.reply_to), (vec![("due".to_owned(), "x".to_owned())], Some(3)));
        let time = request.time.unwrap_or_default();
        assert_eq!((time.amount, time.day, time.remark), ("2h".to_owned(), "2026-09-21".to_owned(), "Roof".to_owned()));
        assert_eq!(request.comment, "Come at five.");
    }

    #[test]
    fn a_box_is_ticked_once() {
        let list = "To do:\n\n- [x] tea\n- [ ] ladder";
        assert_eq!(ticked(list, 2).as_deref(), Some("To do:\n\n- [x] tea\n- [x] ladder"));
        assert_eq!((ticked(list, 1), ticked(list, 3)), (None, None));
    }

    #[test]
    fn an_internal_note_is_no_comment() {
        let read = deed(48, "2026-09-21T14:13:20Z", "reply note 1", "No.".to_owned());
        let Ok(Deed::Change { request, note: Some(note), .. }) = read else { panic!("{read:?}") };
        assert_eq!((request.comment.as_str(), note.text.as_str(), note.reply_to), ("", "No.", Some(1)));
    }
}
