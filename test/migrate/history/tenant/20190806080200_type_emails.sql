-- migrate:up
alter table contacts alter column email type email_address;
alter table agents alter column email type email_address;

-- migrate:down
alter table agents alter column email type text;
alter table contacts alter column email type text;
