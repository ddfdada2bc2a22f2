//! With whose rights a commit acts (DESIGN 7): those of the account that its author, its committer or its pusher proves to
//! be, of one account that was chosen, or nobody's.

use std::collections::HashMap;
use std::sync::Arc;

use super::repository::{ActsAs, Repository};
use crate::auth::accounts::{self, Account};
use crate::auth::{self, permissions};
use crate::base::error::Result;
use crate::base::project::Project;
use crate::base::site::{ProjectRow, Site, State};
use crate::base::viewer::{Credential, DEFAULT_CLASS, Principal, Viewer};

/// Who acts, or why nobody does: a sentence.
pub type Actor = std::result::Result<Arc<Viewer>, String>;

/// Finds out who acts. Remembers the answers for the length of one sync.
pub struct Actors<'a> {
    site: &'a Site,
    project: &'a Project,
    row: &'a ProjectRow,
    repository: &'a Repository,
    pusher: Option<&'a Account>,
    by_email: HashMap<String, Vec<Account>>,
    viewers: HashMap<i64, Actor>,
}

impl<'a> Actors<'a> {
    pub fn new(
        site: &'a Site,
        project: &'a Project,
        row: &'a ProjectRow,
        repository: &'a Repository,
        pusher: Option<&'a Account>,
    ) -> Self {
        Self { site, project, row, repository, pusher, by_email: HashMap::new(), viewers: HashMap::new() }
    }

    /// The account whose proven address this is, if it is one and can be used.
    pub fn account_of(&mut self, email: &str) -> Result<Option<Account>> {
        Ok(self.by_email(email, "author")?.ok())
    }

    /// Who acts for a commit of this author and this committer.
    pub fn of(&mut self, author_email: &str, committer_email: &str) -> Result<Actor> {
        if self.row.state == State::Archived {
            return Ok(Err("The project was archived: nothing could be changed.".to_owned()));
        }
        let account = match self.repository.acts_as {
            ActsAs::Author => self.by_email(author_email, "author")?,
            ActsAs::Committer => self.by_email(committer_email, "committer")?,
            ActsAs::Pusher => match self.pusher {
                Some(account) => usable(account.clone()),
                None => Err("Commits of this repository act for who pushes them, and nobody said who that was.".into()),
            },
            ActsAs::Account => self.chosen()?,
            ActsAs::Nobody => Err("Commits of this repository do nothing to tickets.".to_owned()),
        };
        match account {
            Ok(account) => self.viewer(&account),
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn by_email(&mut self, email: &str, whose: &str) -> Result<std::result::Result<Account, String>> {
        let folded = email.to_ascii_lowercase();
        if !self.by_email.contains_key(&folded) {
            let found = self.site.read(|db| accounts::by_proven_email(db, &folded))?;
            self.by_email.insert(folded.clone(), found);
        }
        let found = self.by_email.get(&folded).map(Vec::as_slice).unwrap_or_default();
        let enabled: Vec<&Account> = found.iter().filter(|account| !account.disabled).collect();
        Ok(match (enabled.as_slice(), found) {
            ([only], _) => Ok((*only).clone()),
            ([], []) => Err(format!("No account of this site has the address of the {whose}, proven to be theirs.")),
            ([], _) => Err(format!("The account of the {whose} is disabled.")),
            _ => Err(format!("More than one account has the address of the {whose}.")),
        })
    }

    fn chosen(&self) -> Result<std::result::Result<Account, String>> {
        let found = self.site.read(|db| accounts::by_uuid(db, &self.repository.acts_as_account))?;
        Ok(found.map_or_else(|| Err("The account that commits act for is not there.".to_owned()), usable))
    }

    fn viewer(&mut self, account: &Account) -> Result<Actor> {
        if let Some(known) = self.viewers.get(&account.id) {
            return Ok(known.clone());
        }
        let principal = Arc::new(auth::principal(self.site, account, Credential::OperatorAs)?);
        let entered = permissions::enter(self.project, self.row, &principal)?;
        let actor = entered.ok_or_else(|| format!("{} has no rights in this project.", account.login));
        self.viewers.insert(account.id, actor.clone());
        Ok(actor)
    }
}

fn usable(account: Account) -> std::result::Result<Account, String> {
    if account.disabled { Err(format!("The account {} is disabled.", account.login)) } else { Ok(account) }
}

/// Who stores what nobody acts for: without a name and without rights.
pub fn nobody() -> Viewer {
    Viewer {
        principal: Arc::new(Principal::anonymous()),
        person: None,
        permissions: std::collections::BTreeSet::new(),
        classes: vec![DEFAULT_CLASS],
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    }
}
