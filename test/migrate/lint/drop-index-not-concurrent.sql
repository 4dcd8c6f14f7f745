-- migrate:up
drop index note_account_idx; -- bad
