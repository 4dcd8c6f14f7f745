CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE INDEX notes_body_idx ON public.notes USING gin (body gin_trgm_ops);
