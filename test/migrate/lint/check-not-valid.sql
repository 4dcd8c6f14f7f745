-- migrate:up
alter table account add constraint account_age check (age >= 0); -- bad
