//! How people come in whom another place vouches for.

use crate::base::settings::{Scope, Setting, Values};

pub const CLIENT_ID: Setting = Setting {
    name: "oidc.client_id",
    scope: Scope::Site,
    values: Values::Text,
    default: "trackway",
    doc: "The name under which the place that vouches for people knows this site.",
};

pub const CLIENT_SECRET: Setting = Setting {
    name: "oidc.client_secret",
    scope: Scope::Site,
    values: Values::Secret,
    default: "",
    doc: "The secret that goes with that name. Empty: none is asked for.",
};

pub const SCOPES: Setting = Setting {
    name: "oidc.scopes",
    scope: Scope::Site,
    values: Values::Text,
    default: "profile email",
    doc: "What is asked for beside who somebody is, in words with blanks between them.",
};

pub const GROUPS_CLAIM: Setting = Setting {
    name: "oidc.groups_claim",
    scope: Scope::Site,
    values: Values::Text,
    default: "groups",
    doc: "Under which name the groups of somebody are told.",
};

pub const GROUPS: Setting = Setting {
    name: "oidc.groups",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "Which groups there are which groups here: `staff=teachers; students of 2026=students`. At each sign-in somebody is \
          put into these and taken out of them as it is told. No other group is touched.",
};

pub const LINK_BY_EMAIL: Setting = Setting {
    name: "oidc.link_by_email",
    scope: Scope::Site,
    values: Values::Switch,
    default: "false",
    doc: "Whether somebody who comes for the first time gets the account that has their address, if both sides know the address \
          to be theirs. Whoever runs the other place can then become anybody here.",
};

pub const CREATE_ACCOUNTS: Setting = Setting {
    name: "oidc.create_accounts",
    scope: Scope::Site,
    values: Values::Switch,
    default: "false",
    doc: "Whether somebody who comes for the first time and has no account gets one.",
};
