-- migrate:up
create function same(a text, b text) returns boolean -- bad
language sql
immutable
leakproof
return a = b;
