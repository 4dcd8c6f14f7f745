-- migrate:up
update setting set value = '1' where value = '0'; -- bad
