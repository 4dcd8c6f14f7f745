-- migrate:up
alter table note rename to remark; -- bad
alter index note_account_idx rename to remark_account_idx;
