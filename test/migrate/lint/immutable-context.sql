-- migrate:up
create function own_tenant() returns uuid -- bad
language sql
immutable
return tenantry.tenant();
