CREATE INDEX CONCURRENTLY notes_newest_idx ON notes (tenant_id, id DESC);
