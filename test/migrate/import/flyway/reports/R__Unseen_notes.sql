CREATE OR REPLACE VIEW public.unseen_notes WITH (security_invoker = true) AS
SELECT tenant_id, count(*) AS notes FROM public.notes WHERE NOT seen GROUP BY tenant_id;
