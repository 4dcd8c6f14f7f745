-- migrate:up
insert into account (email, name) values ('info@example.com', 'Info'), ('sales@example.com', null); -- bad

insert into note (tenant_id, account_id, body)
select tenant_id, id, 'welcome' from account;
