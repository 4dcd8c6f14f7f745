-- migrate:up
create view price_list with (security_invoker = true) as -- bad
select code, name from currency;
