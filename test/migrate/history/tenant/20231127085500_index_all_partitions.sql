-- migrate:up
create index events_2023_at_idx on only events_2023 (tenant_id, id);
create index events_2023_h1_at_idx on events_2023_h1 (tenant_id, id);
create index events_2023_h2_at_idx on events_2023_h2 (tenant_id, id);
alter index events_2023_at_idx attach partition events_2023_h1_at_idx;
alter index events_2023_at_idx attach partition events_2023_h2_at_idx;

-- migrate:down
drop index events_2023_at_idx;
