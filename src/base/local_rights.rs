//! What somebody may on some things only: rights that a part they play on a ticket brings (its reporter, its owner …), and
//! rights that hold or are denied in one component or below one path (rows PM08, PM09; rt.md A4, A11).
//!
//! None of them opens anything: who *sees* what is a matter of access classes alone (DESIGN 1.4). So a viewer enters a project
//! with what they may everywhere, and [`Viewer::on_ticket`] and [`Viewer::at_path`] make of them the viewer that they are
//! there. Where a project has no such rule, that is the same one and costs nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::viewer::{Permission, Scope, TRAC_ADMIN, Viewer};

/// The parts that people play on a ticket, beside that of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Reporter,
    Owner,
    Cc,
    /// They watch the ticket's component from the inside, and read its notes.
    AdminCc,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Reporter, Self::Owner, Self::Cc, Self::AdminCc];

    /// As tables and commands have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::Owner => "owner",
            Self::Cc => "cc",
            Self::AdminCc => "admincc",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Everywhere,
    /// On the tickets of a component, by its id.
    Component(i64),
    /// On the page of a path and those below it, folded.
    Path(String),
}

/// One right, held or denied there.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalRule {
    /// For those who play that part; none: for whomever it was written.
    pub role: Option<Role>,
    pub place: Place,
    pub right: &'static str,
    pub denied: bool,
}

/// All that a viewer's rights on one thing are made of.
#[derive(Debug, Clone)]
pub struct LocalRights {
    pub rules: Vec<LocalRule>,
    /// What was granted and denied in the whole project, before anything follows from it.
    pub granted: BTreeSet<&'static str>,
    pub denied: BTreeSet<&'static str>,
    pub defined: Vec<Permission>,
    /// How much of it the credential and the state of the project leave.
    pub limit: Scope,
}

/// What was granted, with what comes with it. What is denied is not there, and brings nothing with it.
pub fn complete(
    granted: &BTreeSet<&'static str>,
    denied: &BTreeSet<&'static str>,
    defined: &[Permission],
) -> BTreeSet<&'static str> {
    let mut complete: BTreeSet<&'static str> = granted.difference(denied).copied().collect();
    if complete.contains(TRAC_ADMIN.name) {
        complete.extend(defined.iter().map(|permission| permission.name).filter(|name| !denied.contains(name)));
    }
    loop {
        let more: Vec<&'static str> = defined
            .iter()
            .filter(|permission| complete.contains(permission.name))
            .flat_map(|permission| permission.implies.iter().copied())
            .filter(|implied| !complete.contains(implied) && !denied.contains(implied))
            .collect();
        if more.is_empty() {
            return complete;
        }
        complete.extend(more);
    }
}

impl LocalRights {
    fn with(&self, holds: impl Fn(&LocalRule) -> bool) -> Option<BTreeSet<&'static str>> {
        let (denied_here, granted_here): (Vec<&LocalRule>, Vec<&LocalRule>) =
            self.rules.iter().filter(|rule| holds(rule)).partition(|rule| rule.denied);
        if denied_here.is_empty() && granted_here.is_empty() {
            return None;
        }
        // What is said of the part stands above what is said of the whole; in the same part, what is denied is denied.
        let (mut granted, mut denied) = (self.granted.clone(), self.denied.clone());
        for rule in granted_here {
            granted.insert(rule.right);
            denied.remove(rule.right);
        }
        denied.extend(denied_here.iter().map(|rule| rule.right));
        let mut rights = complete(&granted, &denied, &self.defined);
        rights.retain(|name| self.limit.allows(name));
        Some(rights)
    }
}

impl Viewer {
    /// The viewer that they are on a ticket of that component on which they play these parts.
    pub fn on_ticket(&self, roles: &[Role], component: Option<i64>) -> Cow<'_, Self> {
        self.there(|rule| {
            let is_here = match &rule.place {
                Place::Everywhere => true,
                Place::Component(id) => component == Some(*id),
                Place::Path(_) => false,
            };
            is_here && rule.role.is_none_or(|role| roles.contains(&role))
        })
    }

    /// The viewer that they are on a page, by its folded name.
    pub fn at_path(&self, folded: &str) -> Cow<'_, Self> {
        self.there(|rule| match &rule.place {
            Place::Path(path) => folded == path || folded.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')),
            _ => false,
        })
    }

    /// Whether some rule could change anything on some ticket or page.
    pub fn has_local_rights(&self) -> bool {
        self.local.is_some()
    }

    /// Whether they have a right in the whole project or in some part of it.
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        let rules = self.local.iter().flat_map(|local| &local.rules).filter(|rule| !rule.denied);
        self.may(permission)
            || rules.clone().any(|rule| {
                let same = |other: &LocalRule| !other.denied && other.role == rule.role && other.place == rule.place;
                let rights = self.local.as_ref().and_then(|local| local.with(same));
                rights.is_some_and(|rights| rights.contains(permission.name))
            })
    }

    fn there(&self, holds: impl Fn(&LocalRule) -> bool) -> Cow<'_, Self> {
        match self.local.as_ref().filter(|_| !self.may(TRAC_ADMIN)).and_then(|local| local.with(holds)) {
            Some(permissions) => Cow::Owned(Self { permissions, ..self.clone() }),
            None => Cow::Borrowed(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::viewer::ByDefault;

    const fn right(name: &'static str, implies: &'static [&'static str]) -> Permission {
        Permission { name, doc: "", implies, by_default: ByDefault::Nobody }
    }

    #[test]
    fn what_is_denied_brings_nothing_with_it_and_what_came_otherwise_stays() {
        let defined = [
            right("TRAC_ADMIN", &[]),
            right("T_ADMIN", &["T_MODIFY", "T_VIEW"]),
            right("T_MODIFY", &["T_APPEND", "T_CHANGE"]),
            right("T_APPEND", &[]),
            right("T_CHANGE", &[]),
            right("T_VIEW", &[]),
        ];
        for (granted, denied, left) in [
            (vec!["T_MODIFY"], vec![], vec!["T_APPEND", "T_CHANGE", "T_MODIFY"]),
            (vec!["T_MODIFY"], vec!["T_MODIFY"], vec![]),
            (vec!["T_MODIFY", "T_APPEND"], vec!["T_MODIFY"], vec!["T_APPEND"]),
            (vec!["T_MODIFY"], vec!["T_APPEND"], vec!["T_CHANGE", "T_MODIFY"]),
            (vec!["T_ADMIN"], vec!["T_MODIFY"], vec!["T_ADMIN", "T_VIEW"]),
            (vec!["T_ADMIN", "T_MODIFY"], vec!["T_ADMIN"], vec!["T_APPEND", "T_CHANGE", "T_MODIFY"]),
            (vec!["TRAC_ADMIN"], vec!["TRAC_ADMIN"], vec![]),
        ] {
            let left: BTreeSet<&str> = left.into_iter().collect();
            let set = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
            assert_eq!(complete(&set(&granted), &set(&denied), &defined), left, "{granted:?} without {denied:?}");
        }
    }
}
