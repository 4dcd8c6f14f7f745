-- How things were before they were adopted: written in the transaction that changes them, read by the one that gives them back.
create table tenantry.adopted_object (
  -- Null: of the database itself, from before it became tenant-bearing.
  home_id uuid references tenantry.home (id) on delete cascade,
  position integer not null,
  -- By name, as pg_identify_object_as_address writes it: numbers would not outlive a dump.
  object_type text not null,
  object_names text[] not null,
  object_args text[] not null,
  owner_name text,
  acl text[] not null,
  details jsonb not null
);
create index adopted_object_home on tenantry.adopted_object (home_id);

-- As GRANT and ALTER name it. Empty for what has neither grants nor owners of its own.
create function tenantry.sql_name(class oid, object oid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case class
    when 'pg_class'::regclass then (select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass from pg_class c where c.oid = object)
    when 'pg_proc'::regclass then 'routine ' || object::regprocedure
    when 'pg_type'::regclass then 'type ' || object::regtype
    when 'pg_namespace'::regclass then 'schema ' || object::regnamespace
    when 'pg_language'::regclass then (select 'language ' || quote_ident(l.lanname) from pg_language l where l.oid = object)
    when 'pg_database'::regclass then (select 'database ' || quote_ident(d.datname) from pg_database d where d.oid = object)
    when 'pg_statistic_ext'::regclass then (
      select format('statistics %I.%I', n.nspname, s.stxname)
      from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where s.oid = object)
  end
$$;
revoke all on function tenantry.sql_name(oid, oid) from public;

-- The rights on an object, those by default written out: no statement can bring an empty list back, and to whoever asks for a right it is the same.
create function tenantry.acl_of(class oid, object oid, sub integer) returns aclitem[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case class
    when 'pg_class'::regclass then
      case when sub > 0 then (select a.attacl from pg_attribute a where a.attrelid = object and a.attnum = sub)
           else (select coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner)) from pg_class c where c.oid = object) end
    when 'pg_proc'::regclass then (select coalesce(p.proacl, acldefault('f', p.proowner)) from pg_proc p where p.oid = object)
    when 'pg_type'::regclass then (select coalesce(t.typacl, acldefault('T', t.typowner)) from pg_type t where t.oid = object)
    when 'pg_namespace'::regclass then (select coalesce(n.nspacl, acldefault('n', n.nspowner)) from pg_namespace n where n.oid = object)
    when 'pg_language'::regclass then (select coalesce(l.lanacl, acldefault('l', l.lanowner)) from pg_language l where l.oid = object)
    when 'pg_database'::regclass then (select coalesce(d.datacl, acldefault('d', d.datdba)) from pg_database d where d.oid = object)
  end
$$;
revoke all on function tenantry.acl_of(oid, oid, integer) from public;

create function tenantry.owner_of(class oid, object oid) returns oid
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case class
    when 'pg_class'::regclass then (select relowner from pg_class where oid = object)
    when 'pg_proc'::regclass then (select proowner from pg_proc where oid = object)
    when 'pg_type'::regclass then (select typowner from pg_type where oid = object)
    when 'pg_namespace'::regclass then (select nspowner from pg_namespace where oid = object)
    when 'pg_language'::regclass then (select lanowner from pg_language where oid = object)
    when 'pg_database'::regclass then (select datdba from pg_database where oid = object)
    when 'pg_statistic_ext'::regclass then (select stxowner from pg_statistic_ext where oid = object)
  end
$$;
revoke all on function tenantry.owner_of(oid, oid) from public;

-- Makes the rights on an object these and no others. Whoever granted a right grants it again, in as many rounds as rights were passed on.
create function tenantry.set_acl(class oid, object oid, sub integer, wanted aclitem[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  thing text := tenantry.sql_name(class, object);
  owner oid := tenantry.owner_of(class, object);
  part text := (select format(' (%I)', a.attname) from pg_attribute a where sub > 0 and class = 'pg_class'::regclass and a.attrelid = object and a.attnum = sub);
  item record;
  granted boolean;
begin
  for item in
    select a.grantee, a.privilege_type from aclexplode(tenantry.acl_of(class, object, sub)) a
    except
    select a.grantee, a.privilege_type from aclexplode(wanted) a
  loop
    execute format('revoke %s%s on %s from %s cascade', item.privilege_type, part, thing,
      case item.grantee when 0 then 'public' else item.grantee::regrole::text end);
  end loop;
  for item in
    select a.grantee, a.privilege_type, a.is_grantable from aclexplode(tenantry.acl_of(class, object, sub)) a where a.is_grantable
    except
    select a.grantee, a.privilege_type, a.is_grantable from aclexplode(wanted) a
  loop
    execute format('revoke grant option for %s%s on %s from %s cascade', item.privilege_type, part, thing, item.grantee::regrole);
  end loop;
  loop
    granted := false;
    for item in
      select a.* from aclexplode(wanted) a
      except
      select a.* from aclexplode(tenantry.acl_of(class, object, sub)) a
    loop
      if item.grantor <> owner and not exists (
        select from aclexplode(tenantry.acl_of(class, object, sub)) a
        where a.grantee = item.grantor and a.privilege_type = item.privilege_type and a.is_grantable)
      then
        continue;
      end if;
      if item.grantor <> owner then execute format('set local role %s', item.grantor::regrole); end if;
      execute format('grant %s%s on %s to %s%s', item.privilege_type, part, thing,
        case item.grantee when 0 then 'public' else item.grantee::regrole::text end, case when item.is_grantable then ' with grant option' else '' end);
      if item.grantor <> owner then execute 'set local role none'; end if;
      granted := true;
    end loop;
    exit when not granted;
  end loop;
end
$$;
revoke all on function tenantry.set_acl(oid, oid, integer, aclitem[]) from public;

/*
 * Makes what is in a schema the owner's, and what of it tenants will use fit for that: views run with the rights of who asks, the tenant column is
 * filled by itself. Nothing of this reads or writes a row. Who may use what is not touched here; functions and views go to the second owner later.
 */
create function tenantry.take_over(in_schema text, new_owner text, tenant_column text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  home oid := to_regnamespace(quote_ident(in_schema));
  one record;
begin
  execute format('alter schema %I owner to %I', in_schema, new_owner);
  for one in
    select c.oid, c.relkind, c.reloptions, c.relrowsecurity
    from pg_class c
    where c.relnamespace = home and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    order by c.relkind = 'S', c.oid
  loop
    -- Sequences of a column follow their table.
    if not (one.relkind = 'S' and exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = one.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
    then
      execute format('alter table %s owner to %I', one.oid::regclass, new_owner);
    end if;
    if one.relkind = 'v' and not exists (select from unnest(one.reloptions) o where o like 'security\_%') then
      execute format('alter view %s set (security_invoker = true)', one.oid::regclass);
    end if;
    continue when one.relkind not in ('r', 'p');
    if tenant_column is null then
      if one.relrowsecurity then execute format('alter table %s disable row level security, no force row level security', one.oid::regclass); end if;
    elsif exists (
      select from pg_attribute a where a.attrelid = one.oid and a.attname = tenant_column and a.atttypid = 'uuid'::regtype and a.attgenerated = '' and not a.attisdropped)
    then
      execute format('alter table only %s alter column %I set default tenantry.tenant()', one.oid::regclass, tenant_column);
    end if;
  end loop;
  for one in
    select t.oid
    from pg_type t
    left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = home
      and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c') or (t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid)))
  loop
    execute format('alter type %s owner to %I', one.oid::regtype, new_owner);
  end loop;
  for one in select s.oid from pg_statistic_ext s where s.stxnamespace = home loop
    execute format('alter %s owner to %I', tenantry.sql_name('pg_statistic_ext'::regclass, one.oid), new_owner);
  end loop;
end
$$;
revoke all on function tenantry.take_over(text, text, text) from public;

-- Everything in a schema on which there are rights.
create view tenantry.object_in_schema as
  select n.oid as namespace, 'pg_catalog.pg_namespace'::regclass::oid as class, n.oid as object from pg_catalog.pg_namespace n
  union all
  select c.relnamespace, 'pg_catalog.pg_class'::regclass, c.oid from pg_catalog.pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select p.pronamespace, 'pg_catalog.pg_proc'::regclass, p.oid from pg_catalog.pg_proc p
  union all
  select t.typnamespace, 'pg_catalog.pg_type'::regclass, t.oid
  from pg_catalog.pg_type t
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.typtype in ('e', 'd', 'r')
    or (t.typtype = 'c' and c.relkind = 'c')
    or (t.typtype = 'b' and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid));
revoke all on tenantry.object_in_schema from public;

-- Rights that somebody else than the owner has, and that not everybody has by default.
create view tenantry.right_of_others as
  select o.namespace, o.class, o.object, part.sub, a.grantee, a.privilege_type as privilege
  from tenantry.object_in_schema o
  cross join lateral (
    select 0 as sub
    union all
    select b.attnum::int from pg_catalog.pg_attribute b where o.class = 'pg_catalog.pg_class'::regclass and b.attrelid = o.object and b.attacl is not null
  ) as part
  cross join lateral pg_catalog.aclexplode(tenantry.acl_of(o.class, o.object, part.sub)) a
  where a.grantee <> tenantry.owner_of(o.class, o.object)
    and not (a.grantee = 0 and o.class in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass));
revoke all on tenantry.right_of_others from public;

-- Takes rights and policies from everybody but the owner.
create function tenantry.revoke_others(in_schema text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  one record;
begin
  for one in
    select distinct r.class, r.object, r.sub, r.grantee
    from tenantry.right_of_others r
    where r.namespace = to_regnamespace(quote_ident(in_schema))
    order by r.sub desc
  loop
    execute format('revoke all%s on %s from %s cascade',
      (select format(' (%I)', a.attname) from pg_attribute a where one.sub > 0 and a.attrelid = one.object and a.attnum = one.sub),
      tenantry.sql_name(one.class, one.object), case one.grantee when 0 then 'public' else one.grantee::regrole::text end);
  end loop;
  for one in
    select p.polname, p.polrelid from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = to_regnamespace(quote_ident(in_schema))
  loop
    execute format('drop policy %I on %s', one.polname, one.polrelid::regclass);
  end loop;
end
$$;
revoke all on function tenantry.revoke_others(text) from public;

/*
 * Gives back what was adopted (of a home, or of the database): first owners, then rights, then row-level security, policies, defaults and the options of
 * views. Expressions are only parsed here, and what they are taken from nobody but the administrator can write. What somebody has dropped meanwhile is
 * passed over.
 */
create function tenantry.give_back(of_home uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  kept record;
  one record;
  policy record;
  pass integer;
  thing text;
begin
  for pass in 1..3 loop
    for kept in select o.* from tenantry.adopted_object o where o.home_id is not distinct from of_home order by o.position loop
      begin
        select kept.acl, kept.details, kept.owner_name, a.* into strict one
        from pg_get_object_address(kept.object_type, kept.object_names, kept.object_args) a;
      exception
        when undefined_object or undefined_table or undefined_column or undefined_function or invalid_schema_name or wrong_object_type then
          continue;
      end;
      thing := tenantry.sql_name(one.classid, one.objid);
      if pass = 1 and one.owner_name is not null and one.owner_name::regrole::oid <> tenantry.owner_of(one.classid, one.objid) then
        execute format('alter %s owner to %s',
          case when one.classid = 'pg_class'::regclass then 'table ' || one.objid::regclass else thing end, one.owner_name::regrole);
      elsif pass = 2 and one.classid <> 'pg_statistic_ext'::regclass then
        perform tenantry.set_acl(one.classid, one.objid, one.objsubid, nullif(one.acl, '{}')::aclitem[]);
      elsif pass = 3 and one.details ? 'rls' then
        for policy in select p.polname from pg_policy p where p.polrelid = one.objid loop
          execute format('drop policy %I on %s', policy.polname, one.objid::regclass);
        end loop;
        execute format('alter table %s %s row level security', one.objid::regclass, case when (one.details ->> 'rls')::boolean then 'enable' else 'disable' end);
        execute format('alter table %s %s row level security', one.objid::regclass, case when (one.details ->> 'forced')::boolean then 'force' else 'no force' end);
        for policy in
          select * from jsonb_to_recordset(one.details -> 'policies') as p (name text, permissive boolean, command text, roles text[], "using" text, "check" text)
        loop
          begin
            execute format('create policy %I on %s as %s for %s to %s%s%s', policy.name, one.objid::regclass,
              case when policy.permissive then 'permissive' else 'restrictive' end,
              case policy.command when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
              array_to_string(policy.roles, ', '), ' using (' || policy."using" || ')', ' with check (' || policy."check" || ')');
          exception
            when undefined_table or undefined_column or undefined_function or invalid_schema_name then
              -- It went with what it was about. Without a restrictive one more rows would be seen than before: that is not ours to decide.
              if not policy.permissive then raise; end if;
          end;
        end loop;
      elsif pass = 3 and one.details ? 'invoker' then
        execute format('alter view %s %s', one.objid::regclass,
          coalesce('set (security_invoker = ' || (one.details ->> 'invoker')::boolean || ')', 'reset (security_invoker)'));
      elsif pass = 3 and one.details ? 'preset' then
        execute format('alter table only %s alter column %I %s', one.objid::regclass,
          (select a.attname from pg_attribute a where a.attrelid = one.objid and a.attnum = one.objsubid),
          coalesce('set default ' || (one.details ->> 'preset'), 'drop default'));
      end if;
    end loop;
  end loop;
end
$$;
revoke all on function tenantry.give_back(uuid) from public;
