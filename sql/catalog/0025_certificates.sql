-- What was destroyed, where and when, in the words that were signed. A purge writes one in the transaction that buries the tenant.
create table catalog.certificate (
  operation_id uuid primary key,
  tenant_id uuid not null,
  slug text not null,
  kind text not null check (kind in ('purge', 'keys')),
  made_at timestamptz not null default clock_timestamp(),
  -- Byte for byte what was signed, with its last line end.
  content text not null,
  -- Of Ed25519, in base64; null where the platform had no key to sign with.
  signature text,
  key_id text,
  public_key text,
  constraint certificate_signed check ((signature is null) = (key_id is null) and (signature is null) = (public_key is null))
);
create index certificate_tenant on catalog.certificate (tenant_id, made_at desc);
create index certificate_slug on catalog.certificate (slug, made_at desc);

-- There is a final backup, or a reason why there is none.
alter table catalog.tombstone
  alter column waiver drop not null,
  add column backup_id uuid,
  -- Why what is kept of the tenant must stay: its archives, and the keys to them.
  add column held_for text,
  add constraint tombstone_backup check (waiver is not null or backup_id is not null);
