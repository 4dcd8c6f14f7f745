-- migrate:up transaction:false
create index concurrently if not exists note_reviewer_idx on note (reviewer_id); -- bad
