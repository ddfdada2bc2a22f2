-- Whether pages take the whole width of the window for somebody, instead of lines of a length that is easy to read.
alter table account add column full_width integer not null default 0;
