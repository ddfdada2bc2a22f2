-- Accounts that come by themselves, by invitation or from elsewhere; their second factors and their sessions; and the mail
-- that tells them.

-- `waiting`: they have registered, and no administrator has let them in yet; they are disabled as long. `pending_email`: the
-- address that takes the place of `email` once a link that was sent to it has been opened. `forgotten_at`: nobody's account
-- any longer; the row stays, since history refers to it.
alter table account add column waiting integer not null default 0;
alter table account add column pending_email text not null default '';
alter table account add column forgotten_at integer;
alter table account add column date_style text not null default 'relative'
    check (date_style in ('relative', 'exact', 'iso'));
alter table account add column start_page text not null default '';

-- Names that accounts once had: they lead to them, and nobody else gets them.
create table account_former_login (
    login_folded text primary key,
    account integer not null references account (id)
) strict, without rowid;
create index account_former_login_account on account_former_login (account);

-- Somebody who wants an account, from the form until an administrator has decided.
create table registration (
    id integer primary key autoincrement,
    email text not null,
    full_name text not null default '',
    about text not null default '',
    created_at integer not null,
    -- None until they have opened the link that was sent to the address.
    account integer references account (id)
) strict;
create index registration_account on registration (account);

-- What a link is good for is decided when it is made. `email`: the address that opening it proves.
alter table sign_in_link add column purpose text not null default 'invitation';
alter table sign_in_link add column email text not null default '';
alter table sign_in_link add column registration integer references registration (id) on delete cascade;
create index sign_in_link_account on sign_in_link (account);

-- Mail that waits, and for a while what became of it. Texts are made when a mail is sent: no secret lies here.
create table outbox (
    id integer primary key autoincrement,
    account integer references account (id),
    registration integer references registration (id) on delete cascade,
    address text not null,
    purpose text not null,
    created_at integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'handed')),
    -- When it is to be tried, or when it left this state's forerunner.
    due_at integer not null,
    tries integer not null default 0,
    error text not null default ''
) strict;
create index outbox_due on outbox (due_at) where state = 'waiting';
create index outbox_account on outbox (account);

-- One-time codes of an app. `last_step`: the time step of the newest code that was taken; none of it or before it counts.
create table second_factor (
    account integer primary key references account (id),
    secret text not null,
    last_step integer not null,
    since integer not null
) strict;

create table recovery_code (
    account integer not null references account (id),
    hash blob not null,
    used_at integer,
    primary key (account, hash)
) strict, without rowid;

-- Who somebody is at another place that vouches for them. Only the two together name a person there.
create table outside_identity (
    issuer text not null,
    subject text not null,
    account integer not null references account (id),
    linked_at integer not null,
    last_used_at integer,
    primary key (issuer, subject)
) strict, without rowid;
create index outside_identity_account on outside_identity (account);

-- `entrance`: by which door they came. `renew`: the next page gives it a new id.
alter table session add column network text not null default '';
alter table session add column entrance text not null default 'password';
alter table session add column renew integer not null default 0;
