-- Sidebars and footers, to be known at once.
create index page_furniture on page (folded)
    where deleted_at is null
      and (folded in ('_sidebar', '_footer') or substr(folded, -9) = '/_sidebar' or substr(folded, -8) = '/_footer');
