-- What an account chose to be shown on the timeline, for the next visit: names of filters, with blanks between them.

create table timeline_choice (
    account text primary key,
    filters text not null
) strict, without rowid;
