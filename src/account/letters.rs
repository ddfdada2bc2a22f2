//! The words of the mails about accounts. Each says why it came, what to do, and what to do if it was somebody else.

use crate::auth::outbox::Letter;

/// What a letter speaks of.
pub struct Facts<'a> {
    pub site: &'a str,
    pub login: &'a str,
    pub full_name: &'a str,
    /// The start of the site.
    pub home: &'a str,
    /// The one-time link, for letters that bring one; empty otherwise.
    pub link: &'a str,
}

/// Subject and text of a letter.
pub fn words(letter: Letter, facts: &Facts<'_>) -> (String, String) {
    let Facts { site, login, home, link, .. } = facts;
    let (subject, text) = match letter {
        Letter::Invitation => (
            format!("Your account on {site}"),
            format!(
                "There is an account for you on {site}. You sign in as {login}.\n\n\
                 Open this link and choose your password. It works once, for seven days:\n\n{link}\n\n\
                 If this means nothing to you, do nothing: nobody can sign in without the link."
            ),
        ),
        Letter::Reset => (
            format!("A new password for {site}"),
            format!(
                "Somebody, probably you, has asked for a new password for {login} on {site}.\n\n\
                 Open this link and choose it. It works once, for two hours:\n\n{link}\n\n\
                 If you did not ask for it, do nothing: your password stays as it is."
            ),
        ),
        Letter::Confirmation => (
            format!("Confirm your address for {site}"),
            format!(
                "{login} on {site} says that this address is theirs. If you are {login}, open this link, within two \
                 days:\n\n{link}\n\n\
                 If you are not, do nothing: the address is not used."
            ),
        ),
        Letter::Registration => (
            format!("Your registration on {site}"),
            format!(
                "You, or somebody who has typed your address, would like an account on {site}.\n\n\
                 Open this link within two days, and choose a name and a password:\n\n{link}\n\n\
                 An administrator then lets you in. If it was not you, do nothing: there will be no account."
            ),
        ),
        Letter::Known => (
            format!("Your registration on {site}"),
            format!(
                "Somebody, probably you, has asked for an account on {site} with this address. You have one already: you \
                 sign in as {login}.\n\nIf you have forgotten the password, ask for another one there:\n\n{home}/-/forgot"
            ),
        ),
        Letter::Approved => (
            format!("Your account on {site}"),
            format!("An administrator of {site} has let you in. You sign in as {login}:\n\n{home}/-/login"),
        ),
        Letter::Moved => (
            format!("Another address for {site}"),
            format!(
                "The account {login} on {site} has another address from now on, and nothing is sent to this one any \
                 more.\n\nIf you did not do this, tell an administrator of {site} at once."
            ),
        ),
        Letter::Changed => (
            format!("Your sign-in on {site} was changed"),
            format!(
                "The password or the second factor of {login} on {site} was changed, and all other sessions have \
                 ended.\n\nIf you did not do this, tell an administrator of {site} at once."
            ),
        ),
    };
    let greeting = if facts.full_name.is_empty() { "Hello,".to_owned() } else { format!("Hello {},", facts.full_name) };
    (subject, format!("{greeting}\n\n{text}\n\n-- \n{site}, {home}/\n"))
}
