import { type Attack, attacks } from './attack.js'

const INVALID = ['MIGRATION_INVALID'] as const
const REFUSED = ['MIGRATION_REFUSED'] as const
const FAILED = ['MIGRATION_FAILED'] as const

const T = '{column} uuid not null default tenantry.tenant()'

/** What an author of a migration might slip in that would open a wall: refused by the file, by the gate behind it, or by what its role may not do. */
export const MIGRATIONS: readonly Attack[] = [
  ...attacks({ position: 'P6', from: 'migration' }, [
    ['M-01', 'turns row-level security off', 'alter table product disable row level security', INVALID],
    ['M-02', 'frees the owner from it', 'alter table product no force row level security', INVALID],
    ['M-03', 'drops a policy', 'drop policy tenantry_fence on product', INVALID],
    ['M-04', 'makes a policy', 'create policy evil on product using (true)', INVALID],
    ['M-05', 'gives a table to everybody', 'grant select on product to public', INVALID],
    ['M-06', 'makes a role a member of another', 'grant {owner} to {login}', INVALID],
    ['M-07', 'takes another role', 'set role postgres', INVALID],
    ['M-08', 'ends its transaction', 'commit', INVALID],
    ['M-09', "names another home's tables", 'create view evil with (security_invoker = true) as select * from {other}.product', INVALID],
    ['M-10', 'changes a placement', `update tenantry.placement set state = 'moved'`, FAILED],
    [
      'M-11',
      'changes who the tenant is',
      `create or replace function tenantry.tenant() returns uuid language sql return null::uuid`,
      FAILED,
    ],
    ['M-12', 'runs a program', `copy product to program 'id'`, INVALID],
    ['M-13', 'makes an extension that connects elsewhere', 'create extension dblink', INVALID],
    ['M-14', 'makes a trigger on events', 'create event trigger evil on ddl_command_start execute function f()', INVALID],
    ['M-15', 'gives itself away as a superuser', 'alter role {login} superuser', INVALID],
    ['M-16', 'makes a superuser in a block', `do $$ begin execute 'alter role current_user superuser'; end $$`, FAILED],
    ['M-17', 'makes a policy in a block', `do $$ begin execute 'create policy evil on product using (true)'; end $$`, REFUSED],
    ['M-18', 'gives a table to everybody in a block', `do $$ begin execute 'grant select on product to public'; end $$`, REFUSED],
    [
      'M-19',
      'makes a function with the rights of its owner',
      'create function evil() returns bigint language sql security definer return 1::bigint',
      REFUSED,
    ],
    [
      'M-20',
      'makes a function that takes a role',
      `create function evil() returns bigint language sql set role = 'postgres' as 'select 1::bigint'`,
      ['MIGRATION_REFUSED', 'MIGRATION_FAILED'],
    ],
    ['M-21', 'makes a view with the rights of its owner', 'create view evil as select * from product', REFUSED],
    [
      'M-22',
      'makes a trigger that runs where triggers are off',
      `create function evil() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger evil before insert on sale for each row execute function evil(); alter table sale enable always trigger evil`,
      REFUSED,
    ],
    ['M-23', 'puts psql to work', '\\! id', INVALID],
    ['M-24', 'makes a sequence that tells neighbours how fast each other grows', 'create sequence evil', REFUSED],
  ]),
  ...attacks({ position: 'P6', from: 'migration', needs: 'tenant column' }, [
    ['M-25', 'makes a table without the tenant', 'create table evil (id integer primary key)', REFUSED],
    [
      'M-26',
      'makes a key over all tenants',
      `create table evil (${T}, id integer, email text unique, primary key ({column}, id))`,
      REFUSED,
    ],
    [
      'M-27',
      'makes a reference without the tenant',
      `create table evil (${T}, id integer, t uuid, p integer, primary key ({column}, id), foreign key (t, p) references product ({column}, id))`,
      REFUSED,
    ],
    [
      'M-28',
      'lets a tenant column be written by others',
      `create table evil ({column} uuid not null, id integer, primary key ({column}, id))`,
      REFUSED,
    ],
    ['M-29', 'makes a materialised view without the tenant', 'create materialized view evil as select secret from product', REFUSED],
    [
      'M-30',
      'makes a barrier view that filters on nothing',
      'create view evil with (security_barrier) as select newest from sale_total',
      REFUSED,
    ],
    [
      'M-31',
      'empties the tenant of rows that lose what they refer to',
      `create table evil (${T}, id integer, p integer, primary key ({column}, id), foreign key ({column}, p) references product ({column}, id) on delete set null)`,
      REFUSED,
    ],
  ]),
]
