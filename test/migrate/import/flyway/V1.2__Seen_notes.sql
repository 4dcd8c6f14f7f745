ALTER TABLE notes ADD COLUMN seen boolean NOT NULL DEFAULT false;
