-- What pages say of themselves in their front matter.

-- Shown in place of the name; empty for none.
alter table page add column title text not null default '';

create table page_tag (
    tag text not null,
    page integer not null references page (id),
    primary key (tag, page)
) strict, without rowid;
create index page_tag_page on page_tag (page);

-- A name that the page's own text asks for, as against one that it once had.
alter table page_former_name add column is_alias integer not null default 0;
