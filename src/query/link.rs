//! Links to lists of tickets (row Q26): `query:status!=closed&owner=kim`, `query:?status=!closed&owner=kim`.

use super::{form, from_either};
use crate::base::error::{Error, Result};
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Fields;

pub const QUERY: LinkKind = LinkKind {
    prefixes: &["query"],
    doc: "A list of tickets: `query:status!=closed&owner=kim`, or as in the address of the list, with a question mark \
          first. In words it is the same: `query:\"is:open owner:kim\"`.",
    example: "query:status=new&order=priority",
    targets: |here, rest| target(here, rest).into_iter().collect(),
    resolve,
};

fn target(_here: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    // What asks for a project's own fields is kept as it was written.
    let key = from_either(&Fields::BUILT_IN, rest).map_or_else(|_| rest.trim().to_owned(), |query| query.to_address());
    Some(LinkTarget::new("query", key))
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    if !context.viewer.may(TICKET_VIEW) {
        return Ok(rests.iter().map(|_| missing("There is no such list.")).collect());
    }
    let fields = Fields::load(context.db)?;
    rests
        .iter()
        .map(|rest| match from_either(&fields, rest) {
            Ok(query) => {
                let words = form::in_words(&query.groups, query.further.as_ref());
                let title = if words.is_empty() { "All tickets".to_owned() } else { format!("Tickets: {words}") };
                Ok(Resolved::Found { href: super::pages::href(&query), label: None, title: Some(title), class: None })
            }
            Err(Error::Invalid(problems)) => {
                let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
                Ok(missing(&messages.join(" ")))
            }
            Err(other) => Err(other),
        })
        .collect()
}

fn missing(why: &str) -> Resolved {
    Resolved::Missing { href: None, title: why.to_owned() }
}
