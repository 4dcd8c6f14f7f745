DROP INDEX CONCURRENTLY notes_newest_idx;
