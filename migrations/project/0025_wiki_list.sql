-- All pages in order, as lists count and page through them.
create index page_listed on page (folded, acl) where deleted_at is null;
