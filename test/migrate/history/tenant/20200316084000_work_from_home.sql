-- migrate:up
alter table agents add column away_until date;
create index agents_away_idx on agents (tenant_id, away_until) where away_until is not null;

-- migrate:down
drop index agents_away_idx;
alter table agents drop column away_until;
