-- migrate:up
alter table tickets add column contract_id bigint;
alter table tickets add constraint tickets_contract_fk
  foreign key (tenant_id, contract_id) references contracts (tenant_id, id) deferrable initially deferred;
update tickets t
set contract_id = k.id
from contacts c, contracts k
where c.tenant_id = t.tenant_id and c.id = t.contact_id
  and k.tenant_id = t.tenant_id and k.organisation_id = c.organisation_id and k.terms @> t.created_at::date;

-- migrate:down
set constraints all immediate;
alter table tickets drop column contract_id;
