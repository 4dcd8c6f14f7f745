-- Lists of the API are read page by page, by what they are sorted by and the id: each order has its index, so that a page costs the same wherever it is.
create index tenant_by_name on catalog.tenant (lower(name), id);
create index tenant_by_since on catalog.tenant (state_since, id);
create index operation_actor on catalog.operation (actor, created_at desc, id desc);
create index api_key_listing on catalog.api_key (created_at, id);
