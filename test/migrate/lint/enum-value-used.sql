-- migrate:up
alter type mood add value 'fair';
update account set name = 'x' where name = 'fair'; -- bad
