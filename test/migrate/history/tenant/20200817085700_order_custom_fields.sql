-- migrate:up
alter table custom_fields add column position integer not null default 0;
update custom_fields f
set position = o.rank
from (select tenant_id, id, row_number() over (partition by tenant_id order by id) as rank from custom_fields) o
where o.tenant_id = f.tenant_id and o.id = f.id;
alter table custom_fields add constraint custom_fields_position_key unique (tenant_id, position) deferrable initially deferred;

-- migrate:down
alter table custom_fields drop column position;
