BEGIN;

CREATE TABLE IF NOT EXISTS public.notes (
  tenant_id uuid NOT NULL DEFAULT tenantry.tenant(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  body text NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

COMMIT;
