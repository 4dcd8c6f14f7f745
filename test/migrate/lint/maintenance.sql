-- migrate:up
cluster note using note_account_idx; -- bad
