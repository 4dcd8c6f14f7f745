-- migrate:up

create table promotions (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null check (name <> ''),
  coupon_code text check (coupon_code <> ''),
  kind text not null check (kind in ('percent', 'amount', 'fixed_price', 'buy_get')),
  value numeric(12, 2) not null default 0 check (value >= 0),
  buy_quantity integer check (buy_quantity > 0),
  get_quantity integer check (get_quantity > 0),
  minimum_total numeric(12, 2) not null default 0 check (minimum_total >= 0),
  usage_limit integer check (usage_limit > 0),
  is_stackable boolean not null default false,
  valid_during tstzrange not null default tstzrange(now(), null) check (not isempty(valid_during)),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  check (kind <> 'percent' or value between 0 and 100),
  check ((kind = 'buy_get') = (num_nonnulls(buy_quantity, get_quantity) = 2))
);

create unique index promotions_coupon_code_key on promotions (tenant_id, upper(coupon_code)) where deleted_at is null;
create index promotions_valid_idx on promotions using gist (tenant_id, valid_during) where deleted_at is null;

create trigger promotions_touch
before update on promotions
for each row execute function touch_updated_at();

create table promotion_targets (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  promotion_id bigint not null,
  category_id bigint,
  product_id bigint,
  variant_id bigint,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, promotion_id, category_id, product_id, variant_id),
  foreign key (tenant_id, promotion_id) references promotions (tenant_id, id) on delete cascade,
  foreign key (tenant_id, category_id) references categories (tenant_id, id) on delete cascade,
  foreign key (tenant_id, product_id) references products (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id) on delete cascade,
  check (num_nonnulls(category_id, product_id, variant_id) = 1)
);

comment on table promotion_targets is 'A promotion without targets holds for the whole sale.';

create index promotion_targets_category_idx on promotion_targets (tenant_id, category_id);
create index promotion_targets_product_idx on promotion_targets (tenant_id, product_id);
create index promotion_targets_variant_idx on promotion_targets (tenant_id, variant_id);

create table promotion_redemptions (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  promotion_id bigint not null,
  sale_id bigint not null,
  sale_line_id bigint,
  customer_id bigint,
  amount numeric(12, 2) not null check (amount > 0),
  redeemed_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, promotion_id, sale_id, sale_line_id),
  foreign key (tenant_id, promotion_id) references promotions (tenant_id, id),
  foreign key (tenant_id, sale_id) references sales (tenant_id, id) on delete cascade,
  foreign key (tenant_id, sale_line_id) references sale_lines (tenant_id, id) on delete cascade,
  foreign key (tenant_id, customer_id) references customers (tenant_id, id) on delete set null (customer_id)
);

create index promotion_redemptions_sale_idx on promotion_redemptions (tenant_id, sale_id);
create index promotion_redemptions_sale_line_idx on promotion_redemptions (tenant_id, sale_line_id);
create index promotion_redemptions_customer_idx on promotion_redemptions (tenant_id, customer_id);

-- migrate:down

drop table promotion_redemptions;
drop table promotion_targets;
drop table promotions;
