/** By hand, in one home: what somebody has done at night, and what the SQL that mends it must be like. */
export interface Change {
  readonly sql: string
  readonly mends: RegExp
  readonly destructive?: true
}

export const CHANGES: Readonly<Record<string, Change>> = {
  'a dropped index': { sql: 'drop index orders_at', mends: /^create index "orders_at" on "orders" using/ },
  'an index over something else': {
    sql: 'drop index orders_at; create index orders_at on orders (tenant_id, at)',
    mends: /^create index "orders_at".*DESC/,
  },
  'an invalid index': {
    sql: "update pg_index set indisvalid = false where indexrelid = 'orders_at'::regclass",
    mends: /^create index "orders_at"/,
  },
  'one more index': { sql: 'create index by_hand on orders (tenant_id, amount)', mends: /^drop index "by_hand"$/ },
  'another default': { sql: 'alter table orders alter amount set default 7', mends: /alter column "amount" set default 0/ },
  'a dropped default': { sql: 'alter table orders alter amount drop default', mends: /alter column "amount" set default 0/ },
  'one more grant': { sql: 'grant truncate on orders to ROLE', mends: /^revoke truncate on table "orders" from/ },
  'a grant to all': {
    sql: 'grant select (email) on customer to public',
    mends: /^revoke select \("email"\) on table "customer" from public$/,
  },
  'a missing grant': { sql: 'revoke insert on customer from ROLE', mends: /^grant insert on table "customer" to/ },
  'a disabled trigger': { sql: 'alter table orders disable trigger orders_touch', mends: /enable trigger "orders_touch"/ },
  'disabled foreign keys': { sql: 'alter table orders disable trigger all', mends: /enable trigger all/ },
  'a dropped trigger': { sql: 'drop trigger orders_touch on orders', mends: /CREATE TRIGGER orders_touch/ },
  'another owner': { sql: 'alter table orders owner to postgres', mends: /^alter table "orders" owner to/ },
  'a view of another owner': { sql: 'alter view owed owner to postgres', mends: /^alter view "owed" owner to "tny_.*_code"/ },
  'a storage option': { sql: 'alter table orders set (fillfactor = 70)', mends: /^alter table "orders" reset \(fillfactor\)/ },
  'a missing policy': { sql: 'drop policy tenantry_fence on orders', mends: /^create policy "tenantry_fence" on "orders" as restrictive/ },
  'a policy of another mind': { sql: 'alter policy tenantry_fence on orders using (true)', mends: /^create policy "tenantry_fence"/ },
  'row security that is off': { sql: 'alter table customer disable row level security', mends: /enable row level security/ },
  'another function': {
    sql: 'create or replace function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    mends: /CREATE OR REPLACE FUNCTION touch\(\)/,
  },
  'a function of the definer': { sql: 'alter function touch() security definer', mends: /CREATE OR REPLACE FUNCTION touch\(\)/ },
  'one more label': { sql: "alter type state add value 'lost'", mends: /^create type "state" as enum/ },
  'a label that is gone': {
    sql: "delete from pg_enum where enumtypid = 'state'::regtype and enumlabel = 'paid'",
    mends: /^alter type "state" add value 'paid' after 'open'/,
  },
  'one more column': { sql: 'alter table customer add column phone text', mends: /drop column "phone"/, destructive: true },
  'a column that is gone': { sql: 'alter table customer drop column notes', mends: /add column "notes" text/ },
  'another type': {
    sql: 'drop view owed; alter table orders alter amount type numeric(12,4)',
    mends: /type numeric\(10,2\)/,
    destructive: true,
  },
  'NOT NULL that is gone': { sql: 'alter table customer alter email drop not null', mends: /set not null/ },
  'a check that is gone': {
    sql: 'alter table orders drop constraint orders_amount_check',
    mends: /add constraint "orders_amount_check" CHECK/,
  },
  'a foreign key that was not validated': {
    sql: `alter table orders drop constraint orders_tenant_id_customer_id_fkey,
          add constraint orders_tenant_id_customer_id_fkey foreign key (tenant_id, customer_id) references customer (tenant_id, id) not valid`,
    mends: /validate constraint/,
  },
  'a unique key that is gone': { sql: 'alter table customer drop constraint customer_tenant_id_email_key', mends: /UNIQUE/ },
  'one more table': { sql: 'create table by_hand (id int primary key)', mends: /^drop table "by_hand"$/, destructive: true },
  'a table that is gone': { sql: 'drop table orders cascade; drop function touch()', mends: /^create table "orders"/ },
  'another view': {
    sql: 'create or replace view owed with (security_invoker = true) as select customer_id, max(amount)::numeric as amount from orders group by customer_id',
    mends: /^create view "owed"/,
  },
  'a view with the rights of its owner': {
    sql: 'alter view owed set (security_invoker = false)',
    mends: /alter view "owed" set \(security_invoker/,
  },
  'statistics that are gone': { sql: 'drop statistics orders_kinds', mends: /CREATE STATISTICS orders_kinds/ },
  'a target of statistics': { sql: 'alter table orders alter customer_id set statistics 900', mends: /set statistics -1/ },
  'another comment': { sql: "comment on table orders is 'by hand'", mends: /^comment on table "orders" is 'What was ordered'/ },
  'another identity': { sql: 'alter table customer alter id set generated by default', mends: /set generated always/ },
  'an unlogged table': { sql: 'alter table orders set unlogged', mends: /set logged/ },
  'a sequence that goes round': {
    sql: 'alter table customer alter id set increment 10',
    mends: /^alter sequence "customer_id_seq".*increment by 1 /,
  },
  'a schema that all may make things in': { sql: 'grant create on schema HOME to public', mends: /^revoke create on schema/ },
}
