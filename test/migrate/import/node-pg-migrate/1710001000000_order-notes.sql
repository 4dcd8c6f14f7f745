-- Up Migration
ALTER TABLE notes ADD COLUMN position integer;
UPDATE notes SET position = id;

-- Down Migration
ALTER TABLE notes DROP COLUMN position;
