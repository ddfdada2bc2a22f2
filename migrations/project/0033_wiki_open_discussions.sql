-- The discussions of a project that are open, in the order in which they were begun.
create index page_thread_open on page_thread (id) where resolved_at is null;
