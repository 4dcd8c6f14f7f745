-- migrate:up
create function note_count() returns bigint -- bad
language sql
stable
security definer
return (select count(*) from note);
