//! What the groups of a query can't say: conditions within conditions. Pure.
//!
//! A condition has one shape for one meaning of its brackets: no *all* stands right within an *all*, no *any* within an *any*,
//! none of them has fewer than two parts, and *not* stands before nothing else. [`lifted`] takes as much of one as it can
//! into groups, which is what the filter form, Trac's forms and narrower lists work with.

use super::tree::Clause;

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is(Clause),
}

impl Condition {
    /// All of them; none of nothing.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let parts = parts.into_iter().flat_map(|part| match part {
            Self::All(parts) => parts,
            other => vec![other],
        });
        let mut parts: Vec<Self> = parts.collect();
        if parts.len() > 1 { Some(Self::All(parts)) } else { parts.pop() }
    }

    /// Any of them; none of nothing.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let parts = parts.into_iter().flat_map(|part| match part {
            Self::Any(parts) => parts,
            other => vec![other],
        });
        let mut parts: Vec<Self> = parts.collect();
        if parts.len() > 1 { Some(Self::Any(parts)) } else { parts.pop() }
    }

    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::Is(clause) => Self::Is(Clause { negated: !clause.negated, ..clause }),
            other => Self::Not(Box::new(other)),
        }
    }

    /// Calls `look` with every clause in it.
    pub fn each<'a>(&'a self, look: &mut impl FnMut(&'a Clause)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(look)),
            Self::Not(inner) => inner.each(look),
            Self::Is(clause) => look(clause),
        }
    }

    /// What all of these groups and what is asked beside them mean.
    pub fn of(groups: &[Vec<Clause>], further: Option<&Self>) -> Option<Self> {
        let groups = Self::any(groups.iter().filter_map(|group| Self::of_group(group)));
        Self::all(groups.into_iter().chain(further.cloned()))
    }

    fn of_group(group: &[Clause]) -> Option<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for (at, clause) in group.iter().enumerate() {
            let together = |other: &Clause| !other.negated && !clause.negated && other.key() == clause.key();
            if group[..at].iter().any(together) {
                continue;
            }
            let alternatives = group[at + 1..].iter().filter(|other| together(other));
            parts.extend(Self::any(std::iter::once(clause).chain(alternatives).cloned().map(Self::Is)));
        }
        Self::all(parts)
    }
}

/// The same in groups, as far as they can say it, and what is left.
pub(super) fn lifted(condition: Option<Condition>) -> (Vec<Vec<Clause>>, Option<Condition>) {
    let mut items = match condition {
        None => return (Vec::new(), None),
        Some(Condition::All(items)) => items,
        Some(other) => vec![other],
    };
    let mut group = Vec::new();
    items.retain(|item| !take(&mut group, item));
    if !group.is_empty() {
        return (vec![group], Condition::all(items));
    }
    let first = items.iter().enumerate().find_map(|(at, item)| Some((at, groups_of(item)?)));
    match first {
        Some((at, groups)) => {
            items.remove(at);
            (groups, Condition::all(items))
        }
        None => (Vec::new(), Condition::all(items)),
    }
}

/// Takes a condition into a group, if it means the same there.
fn take(group: &mut Vec<Clause>, item: &Condition) -> bool {
    let clauses: Vec<&Clause> = match item {
        Condition::Is(clause) => vec![clause],
        Condition::Any(parts) => {
            let wanted: Option<Vec<&Clause>> = parts
                .iter()
                .map(|part| match part {
                    Condition::Is(clause) if !clause.negated => Some(clause),
                    _ => None,
                })
                .collect();
            match wanted {
                Some(clauses) if are_alternatives(&clauses) => clauses,
                _ => return false,
            }
        }
        Condition::All(_) | Condition::Not(_) => return false,
    };
    let is_asked = |clause: &Clause| group.iter().any(|known| !known.negated && known.key() == clause.key());
    if clauses.iter().any(|clause| !clause.negated && is_asked(clause)) {
        return false;
    }
    clauses.into_iter().for_each(|clause| insert(group, clause.clone()));
    true
}

/// Whether a group would ask them as alternatives of one column, each in another way.
fn are_alternatives(clauses: &[&Clause]) -> bool {
    clauses.iter().enumerate().all(|(at, clause)| {
        clause.key() == clauses[0].key() && clauses[..at].iter().all(|other| other.operator != clause.operator)
    })
}

fn groups_of(item: &Condition) -> Option<Vec<Vec<Clause>>> {
    let Condition::Any(parts) = item else { return None };
    let group = |part: &Condition| {
        let items = match part {
            Condition::All(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut group = Vec::new();
        items.iter().all(|item| take(&mut group, item)).then_some(group)
    };
    parts.iter().map(group).collect()
}

/// Adds values to a group where they belong: what is asked of a column stands together, what is wanted before what is not.
pub(super) fn insert(group: &mut Vec<Clause>, clause: Clause) {
    let same = |known: &&mut Clause| {
        known.column == clause.column && known.operator == clause.operator && known.negated == clause.negated
    };
    if let Some(known) = group.iter_mut().find(same) {
        known.values.extend(clause.values);
        return;
    }
    let of_key = |known: &Clause| known.key() == clause.key();
    let first = group.iter().position(of_key);
    let last_alike = group.iter().rposition(|known| of_key(known) && known.negated == clause.negated);
    let at = match (last_alike, first) {
        (Some(last), _) => last + 1,
        (None, Some(first)) if !clause.negated => first,
        (None, Some(_)) => group.iter().rposition(of_key).map_or(group.len(), |last| last + 1),
        (None, None) => group.len(),
    };
    group.insert(at, clause);
}
