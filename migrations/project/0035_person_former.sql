-- Names that people of the project once had: a mention by one of them still leads to them.
create table person_former_login (
    login text not null,
    person integer not null references person (id),
    primary key (login, person)
) strict, without rowid;
create index person_former_login_person on person_former_login (person);
