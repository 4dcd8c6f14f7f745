-- migrate:up
update note set pinned = false; -- bad
