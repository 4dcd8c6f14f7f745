-- migrate:up
alter table note add column token uuid default gen_random_uuid(); -- bad
alter table account add column seen_at timestamptz not null default now();
