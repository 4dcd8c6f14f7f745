-- As in the catalog: whoever finds a home must know whose migrations it has had.
alter table tenantry.home add column track text not null default 'tenant';
