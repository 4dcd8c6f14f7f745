DROP INDEX public.notes_body_idx;
DROP EXTENSION pg_trgm;
