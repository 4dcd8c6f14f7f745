/** What stands there before each case. Every table has rows. */
export const FIXTURE = `
create table customer (id int primary key, name varchar(20), email text, note text, city varchar(40) not null default 'x', score int, rate numeric(8,2),
  born date, at timestamp(3), tags text[], bytes int, constraint customer_note check (note is not null));
create table orders (id int primary key, customer_id int references customer (id), total int not null, mail text, code text, free text);
create table lines (id int primary key, order_id int, sku text, qty int);
alter table lines add constraint lines_order foreign key (order_id) references orders (id) not valid;
create table lonely (id int, a int, b text, c text, during int4range);
alter table lonely add constraint lonely_a check (a > 0) not valid;
create table checked (id int, x int, constraint checked_x check (x is not null));
create table parted (id int not null, at date not null, customer_id int) partition by range (at);
create table parted_old partition of parted for values from ('2020-01-01') to ('2021-01-01');
create table parted_new partition of parted for values from ('2021-01-01') to ('2022-01-01');
create table joins (id int not null, at date not null, customer_id int);
create table bounded (id int not null, at date not null, customer_id int, check (at >= '2030-01-01' and at < '2031-01-01'));
create table parent (id int, a text);
create table heir (more int) inherits (parent);
create table will_be_heir (id int, a text);
create table gathered (id bigint generated always as (1) stored, a int);
create unlogged table light (id int);
create index orders_mail on orders (mail);
create unique index orders_code on orders (code);
create index lines_sku on lines (sku);
create view seen as select id, city from customer;
create materialized view kept as select id, free as total from orders;
create unique index kept_id on kept (id);
create sequence counter;
create type mood as enum ('good', 'bad');
create type pair as (a int, b int);
create domain positive as int check (value > 0);
create domain loose as int;
create table dominated (id int, p positive, l loose);
create statistics customer_stats on name, email from customer;
create function nothing() returns trigger language plpgsql as 'begin return new; end';
create function ours() returns int language sql immutable return 1;
create trigger orders_touch before update on orders for each row execute function nothing();
insert into customer select g, 'n' || g, 'e' || g, 'n', 'c', g, g, '2000-01-01', now(), '{}', g from generate_series(1, 50) g;
insert into orders select g, g, g, 'm' || g, 'c' || g, null from generate_series(1, 50) g;
insert into lines select g, g, 's', 1 from generate_series(1, 50) g;
insert into lonely select g, g, 'b', 'c', int4range(g, g + 1) from generate_series(1, 50) g;
insert into checked select g, g from generate_series(1, 50) g;
insert into parted select g, '2020-02-02', g from generate_series(1, 50) g;
insert into parted select g, '2021-02-02', g from generate_series(1, 50) g;
insert into joins select g, '2022-02-02', g from generate_series(1, 50) g;
insert into bounded select g, '2030-02-02', g from generate_series(1, 50) g;
insert into parent select g, 'a' from generate_series(1, 50) g;
insert into heir select g, 'a', 1 from generate_series(1, 50) g;
insert into will_be_heir select g, 'a' from generate_series(1, 50) g;
insert into gathered (a) select g from generate_series(1, 50) g;
insert into light select g from generate_series(1, 50) g;
insert into dominated select g, g, g from generate_series(1, 50) g;
refresh materialized view kept;
analyze;`

export interface Case {
  readonly sql: string
  /** Tables that are locked without being named: what `hidden` stands for. */
  readonly also?: readonly string[]
  /** The oldest server that knows it. */
  readonly since?: 16 | 17 | 18
  /** False: that it writes a table anew is known from a home alone. */
  readonly textKnows?: false
}

const plain = (...statements: readonly string[]): readonly Case[] => statements.map((sql) => ({ sql }))

export const CASES: readonly Case[] = [
  // Columns.
  ...plain(
    'alter table lonely add column n int',
    `alter table lonely add column n int not null default 5`,
    'alter table lonely add column n timestamptz default now()',
    'alter table lonely add column n float default random()',
    'alter table lonely add column n uuid default gen_random_uuid()',
    'alter table lonely add column n serial',
    'alter table lonely add column n int generated always as identity',
    'alter table lonely add column n int generated always as (a * 2) stored',
    'alter table lonely add column n loose',
    'alter table lonely add column n int references customer (id)',
    'alter table lonely add column n int unique',
    'alter table lonely add column n int check (n > 0)',
    'alter table lonely add column n int default 1 check (n > 0)',
    `alter table lonely add column n text default lower('A')`,
    'alter table lonely drop column b',
    'alter table orders drop column total',
    'alter table lonely rename column b to d',
    'alter table lonely alter column b set default 1',
    'alter table lonely alter column b drop default',
    'alter table lonely alter column a set not null',
    'alter table checked alter column x set not null',
    'alter table orders alter column total drop not null',
    'alter table lonely alter column b set statistics 100',
    'alter table lonely alter column b set storage external',
    'alter table lonely alter column b set (n_distinct = 5)',
    'alter table lonely alter column b set compression pglz',
    'alter table lonely alter column id type bigint',
    'alter table customer alter column name type varchar(30)',
    'alter table customer alter column name type text',
    'alter table customer alter column name type varchar(10)',
    'alter table customer alter column email type varchar',
    'alter table customer alter column email type varchar(50)',
    'alter table customer alter column rate type numeric(10,2)',
    'alter table customer alter column rate type numeric(10,3)',
    'alter table customer alter column rate type numeric',
    'alter table customer alter column at type timestamp(6)',
    'alter table customer alter column at type timestamp(1)',
    'alter table customer alter column at type timestamptz',
    `alter table customer alter column score type text using score || 'x'`,
    'alter table customer alter column tags type varchar[]',
    'alter table orders alter column id add generated by default as identity',
    'alter table gathered alter column id drop expression',
  ),
  { sql: 'alter table gathered alter column id set expression as (2)', since: 17 },
  { sql: 'alter table lonely add column n int generated always as (a * 2) virtual', since: 18 },
  { sql: 'alter table lonely add column n positive', textKnows: false },
  // Constraints.
  ...plain(
    'alter table lonely add constraint c check (a > 0)',
    'alter table lonely add constraint c check (a > 0) not valid',
    'alter table lonely validate constraint lonely_a',
    'alter table lonely add constraint c check (a is not null) not valid; alter table lonely validate constraint c; alter table lonely alter a set not null',
    'alter table lonely add constraint f foreign key (a) references customer (id)',
    'alter table lonely add constraint f foreign key (a) references customer (id) not valid',
    'alter table lonely add constraint f foreign key (a) references customer not valid; alter table lonely validate constraint f',
    'alter table lonely add primary key (id)',
    'alter table lonely add constraint u unique (id)',
    'alter table lonely add constraint e exclude using gist (during with &&)',
    'create unique index u on lonely (id); alter table lonely add constraint u unique using index u',
    'alter table lonely drop constraint lonely_a',
    'alter table lonely add constraint f foreign key (a) references customer (id); alter table lonely drop constraint f',
    'alter table lonely rename constraint lonely_a to lonely_b',
  ),
  { sql: 'alter table lines validate constraint lines_order', also: ['orders'] },
  { sql: 'alter table orders drop constraint orders_customer_id_fkey', also: ['customer'] },
  { sql: 'alter table orders drop column customer_id', also: ['customer'] },
  { sql: 'alter table orders alter constraint orders_customer_id_fkey deferrable', also: ['customer'] },
  { sql: 'alter table lonely add constraint n not null a', since: 18 },
  { sql: 'alter table lonely add constraint n not null a not valid', since: 18 },
  { sql: 'alter table lonely add constraint n not null a not valid; alter table lonely validate constraint n', since: 18 },
  { sql: 'alter table lonely add constraint c check (a > 0) not enforced', since: 18 },
  // The table itself.
  ...plain(
    'alter table light set logged',
    'alter table lonely set unlogged',
    'alter table lonely set (fillfactor = 50)',
    'alter table lonely reset (fillfactor)',
    'alter table lonely set (autovacuum_enabled = false)',
    'alter view seen set (security_invoker = true)',
    'alter table lonely replica identity full',
    'alter table orders cluster on orders_mail',
    'alter table orders set without cluster',
    'alter table orders disable trigger user',
    'alter table orders enable trigger orders_touch',
    'alter table will_be_heir inherit parent',
    'alter table heir no inherit parent',
    'alter table lonely rename to alone; alter table alone add column n int',
    'drop table lonely',
    'drop table lonely; create table lonely (id int); alter table lonely add column n serial',
    'truncate lonely',
    'lock table lonely in share mode',
    'lock table lonely in row exclusive mode',
  ),
  { sql: 'drop table orders cascade', also: ['customer', 'lines', 'kept'] },
  { sql: 'drop table parted', also: ['parted_old', 'parted_new'] },
  { sql: 'drop table parted_old', also: ['parted'] },
  { sql: 'truncate orders cascade', also: ['lines'] },
  { sql: 'lock table parted in share mode', also: ['parted_old', 'parted_new'] },
  // New tables.
  ...plain(
    'create table fresh (id int primary key, c int references customer (id), name text unique)',
    'create table fresh (id int, c int, foreign key (c) references customer (id)); create index on fresh (c); alter table fresh add column n serial',
    'create table fresh (like lonely including all)',
    'create table fresh (x int) inherits (parent)',
    'create table fresh (id int primary key, up int references fresh (id))',
    'create table fresh as select * from lonely',
    'create table fresh (id serial); comment on table fresh is $$x$$; drop table fresh',
    'create unlogged table fresh (id int)',
  ),
  { sql: `create table parted_next partition of parted for values from ('2024-01-01') to ('2025-01-01')` },
  { sql: `alter table parted attach partition joins for values from ('2022-01-01') to ('2023-01-01')` },
  { sql: 'alter table parted detach partition parted_old' },
  { sql: 'alter table parted add column n int', also: ['parted_old', 'parted_new'] },
  { sql: 'create index on parted (customer_id)', also: ['parted_old', 'parted_new'] },
  { sql: 'create index on only parted (customer_id)' },
  { sql: 'alter table parent add column n int', also: ['heir'] },
  { sql: 'alter table parted add foreign key (customer_id) references customer (id)', also: ['parted_old', 'parted_new'] },
  {
    sql: 'create trigger t before insert on parted for each row execute function nothing()',
    also: ['parted_old', 'parted_new'],
  },
  { sql: 'drop domain loose cascade', also: ['dominated'] },
  // Indexes.
  ...plain(
    'create index on lonely (a)',
    'create unique index u on lonely (id)',
    'create index u on lonely (lower(b)) where a > 1',
    'create index u on lonely (a); drop index u',
    'create index if not exists lines_sku on lines (sku)',
    'alter index orders_mail rename to orders_post',
    'create index u on kept (total)',
  ),
  { sql: 'drop index orders_mail', also: ['orders'] },
  { sql: 'alter index orders_mail set (fillfactor = 70)' },
  // Views, functions, triggers, types, sequences, statistics.
  ...plain(
    'create view v as select c.id from customer c join orders o on o.customer_id = c.id',
    'create or replace view seen as select id, city from customer',
    'create view v as with x as (select * from lonely) select * from x',
    'drop view seen',
    'alter view seen rename to looked',
    'create materialized view v as select * from lonely',
    'create materialized view v as select * from lonely with no data',
    'drop materialized view kept',
    'create function f() returns bigint language sql return (select count(*) from lonely)',
    'create function f() returns int language plpgsql as $$begin perform 1 from lonely; return 1; end$$',
    'alter function ours() stable',
    'drop function ours()',
    'create trigger t after insert on lonely for each row execute function nothing()',
    'create constraint trigger t after insert on lonely from customer deferrable for each row execute function nothing()',
    'drop trigger orders_touch on orders',
    'alter trigger orders_touch on orders rename to orders_touched',
    'create sequence s owned by lonely.id',
    'create sequence s',
    'alter sequence counter increment 5',
    'alter sequence counter owned by lonely.id',
    'drop sequence counter',
    'alter sequence counter rename to counted',
    `create type t as enum ('a')`,
    `alter type mood add value 'fair'`,
    `alter type mood rename value 'good' to 'best'`,
    'create type t as (a int)',
    'alter type pair add attribute c int',
    'alter type pair rename attribute a to d',
    'create type t as range (subtype = int)',
    'create domain d as int check (value > 0); alter table lonely add column n d',
    'drop type mood',
    'create aggregate total (int) (sfunc = int4pl, stype = int)',
    'create statistics s on a, b from lonely',
    'comment on table lonely is $$x$$',
    'comment on column lonely.a is $$x$$',
    'comment on index orders_mail is $$x$$',
    'comment on constraint lonely_a on lonely is $$x$$',
    'comment on trigger orders_touch on orders is $$x$$',
    'comment on view seen is $$x$$',
    'comment on type mood is $$x$$',
    'comment on function ours() is $$x$$',
    'comment on sequence counter is $$x$$',
    'comment on domain loose is $$x$$',
  ),
  { sql: `create function f() returns bigint language sql as 'select count(*) from lonely'`, also: ['lonely'] },
  { sql: 'refresh materialized view kept', also: ['orders'] },
  { sql: 'refresh materialized view concurrently kept', also: ['orders'] },
  { sql: 'alter statistics customer_stats set statistics 50', also: ['customer'] },
  { sql: 'drop statistics customer_stats', also: ['customer'] },
  { sql: 'alter domain loose add constraint c check (value > 0)', also: ['dominated'] },
  { sql: 'alter domain loose add constraint c check (value > 0) not valid; alter domain loose validate constraint c', also: ['dominated'] },
  { sql: 'alter domain loose set not null', also: ['dominated'] },
  { sql: 'alter domain loose set default 5' },
  // Data.
  ...plain(
    `insert into lonely (id) values (1)`,
    'insert into lonely (id) select id from checked',
    'update lonely set a = 1',
    'update lonely set a = 1 from checked c where c.id = lonely.id',
    'delete from lonely where id in (select id from checked)',
    'merge into lonely l using checked c on c.id = l.id when matched then update set a = 2',
    'with gone as (delete from lonely returning *) insert into checked select id, a from gone',
    'select * from lonely for update',
    'select * from lonely l, checked c for share of l',
    `select setval('counter', 5)`,
    'set constraints all immediate',
    'do $$begin perform 1; end$$',
  ),
  { sql: 'insert into lines (id, order_id) values (100, 1)', also: ['orders'] },
  { sql: 'delete from orders where id > 50', also: ['lines'] },
]
