-- migrate:up
create domain email_address as text
  constraint email_address_form check (value ~ '^[^@[:space:]]+@[^@[:space:]]+$');

-- migrate:down
drop domain email_address;
