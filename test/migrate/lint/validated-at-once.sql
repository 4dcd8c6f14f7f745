-- migrate:up
alter table account add constraint account_age check (age >= 0) not valid;
alter table account validate constraint account_age; -- bad
