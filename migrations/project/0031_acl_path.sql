-- A rule for a path says more than who sees what lies there: it may open it to people who see nothing else of the project,
-- keep it back until a moment, and leave it to the rule above it who they are.

-- The right that its subjects have there although they have none in the project; empty: the class opens nothing.
alter table acl add column opens text not null default '';
-- Until then none of its subjects see it but those who have the right `early`; null: it is not kept back.
alter table acl add column visible_from integer;
alter table acl add column early text not null default '';
-- It has no subjects of its own: whoever sees the class of the nearest rule above it, its `base`, sees it.
alter table acl add column inherits integer not null default 0;
