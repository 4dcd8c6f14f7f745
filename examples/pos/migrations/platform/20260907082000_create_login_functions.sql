-- migrate:up

-- These run as an owner that may use the two secret columns but not pass by row security: the tenant of the scope
-- is the wall here too, and the comparison with tenantry.tenant() only says so aloud.

create function set_password(user_id bigint, password text) returns void
language plpgsql
security definer
set search_path = pg_catalog, platform, ext, pg_temp
as $$
begin
  -- bcrypt looks at 72 bytes and ignores the rest in silence.
  if password is null or length(password) < 10 or octet_length(password) > 72 then
    raise exception 'a password has at least 10 characters and at most 72 bytes'
      using errcode = 'invalid_parameter_value';
  end if;

  update platform.user_account as account
  set password_hash = ext.crypt(set_password.password, ext.gen_salt('bf', 8)),
      password_changed_at = now(),
      failed_logins = 0,
      locked_until = null
  where account.tenant_id = tenantry.tenant()
    and account.id = set_password.user_id
    and account.deleted_at is null;

  if not found then
    raise exception 'no such user'
      using errcode = 'no_data_found';
  end if;

  update platform.user_session as session
  set revoked_at = now()
  where session.tenant_id = tenantry.tenant()
    and session.user_id = set_password.user_id
    and session.revoked_at is null;
end
$$;

comment on function set_password(bigint, text) is 'Stores a new password and ends all sessions of the user.';

-- Returns no row for whatever is wrong, and hashes once in every case, so that neither answer nor time tells which.
-- The row is locked while it is judged: guesses sent in parallel are counted one by one.
create function verify_login(email text, password text) returns table (user_id bigint, role text)
language plpgsql
security definer
set search_path = pg_catalog, platform, ext, pg_temp
as $$
declare
  -- The hash of random bytes that were thrown away.
  nobody constant text := '$2a$08$mY3LL/1zYAWXm5rz0/DrA.8/FNBDPeDnL1Y/X00GaCWwGQEXuTwdC';
  account record;
  matches boolean;
begin
  select candidate.id, candidate.role, candidate.password_hash, candidate.mfa_secret, candidate.locked_until
  into account
  from platform.user_account as candidate
  where candidate.tenant_id = tenantry.tenant()
    and lower(candidate.email) = lower(verify_login.email)
    and candidate.deleted_at is null
  for update;

  matches := coalesce(ext.crypt(coalesce(verify_login.password, ''), coalesce(account.password_hash, nobody)) = account.password_hash, false)
    and octet_length(verify_login.password) <= 72;

  if account.id is null or account.locked_until > now() then
    return;
  end if;

  if not matches then
    update platform.user_account as candidate
    set failed_logins = candidate.failed_logins + 1,
        locked_until = case when (candidate.failed_logins + 1) % 5 = 0 then now() + interval '15 minutes' end
    where candidate.tenant_id = tenantry.tenant()
      and candidate.id = account.id;
    return;
  end if;

  -- With a second factor the count goes on until that is right too; or each right password would buy new guesses at the code.
  update platform.user_account as candidate
  set failed_logins = case when account.mfa_secret is null then 0 else candidate.failed_logins end,
      locked_until = null,
      last_login_at = now()
  where candidate.tenant_id = tenantry.tenant()
    and candidate.id = account.id;

  user_id := account.id;
  role := account.role;
  return next;
end
$$;

comment on function verify_login(text, text) is
  'One row for the right password, none otherwise; five failures in a row lock the account for 15 minutes. '
  'Commit after a failure too, or it is not counted.';

create function set_mfa_secret(user_id bigint, secret bytea) returns void
language plpgsql
security definer
set search_path = pg_catalog, platform, ext, pg_temp
as $$
begin
  if octet_length(secret) < 16 then
    raise exception 'a second factor''s secret has at least 16 bytes'
      using errcode = 'invalid_parameter_value';
  end if;

  update platform.user_account as account
  set mfa_secret = set_mfa_secret.secret,
      mfa_last_step = null
  where account.tenant_id = tenantry.tenant()
    and account.id = set_mfa_secret.user_id
    and account.deleted_at is null;

  if not found then
    raise exception 'no such user'
      using errcode = 'no_data_found';
  end if;
end
$$;

comment on function set_mfa_secret(bigint, bytea) is 'Enrols a second factor; a null secret removes it.';

-- A time-based one-time code as RFC 6238 has it: HMAC-SHA-1, 30 seconds, six digits.
create function one_time_code(secret bytea, step bigint) returns text
language sql
immutable
parallel safe
begin atomic
  select lpad(
    (
      (
        ((get_byte(mac, place) & 127) << 24)
        | (get_byte(mac, place + 1) << 16)
        | (get_byte(mac, place + 2) << 8)
        | get_byte(mac, place + 3)
      ) % 1000000
    )::text,
    6,
    '0'
  )
  from ext.hmac(int8send(step), secret, 'sha1') as mac
  cross join lateral (select get_byte(mac, 19) & 15 as place) as offset_in_mac;
end;

create function verify_mfa(user_id bigint, code text) returns boolean
language plpgsql
security definer
set search_path = pg_catalog, platform, ext, pg_temp
as $$
declare
  this_step constant bigint := floor(extract(epoch from clock_timestamp()) / 30)::bigint;
  account record;
  step_of_code bigint;
begin
  select candidate.id, candidate.mfa_secret, candidate.mfa_last_step, candidate.locked_until
  into account
  from platform.user_account as candidate
  where candidate.tenant_id = tenantry.tenant()
    and candidate.id = verify_mfa.user_id
    and candidate.deleted_at is null
  for update;

  if account.mfa_secret is null or account.locked_until > now() then
    return false;
  end if;

  -- One step to either side, for clocks that are a little off.
  select step
  into step_of_code
  from generate_series(this_step - 1, this_step + 1) as step
  where step > coalesce(account.mfa_last_step, 0)
    and platform.one_time_code(account.mfa_secret, step) = verify_mfa.code
  order by step
  limit 1;

  if step_of_code is null then
    update platform.user_account as candidate
    set failed_logins = candidate.failed_logins + 1,
        locked_until = case when (candidate.failed_logins + 1) % 5 = 0 then now() + interval '15 minutes' end
    where candidate.tenant_id = tenantry.tenant()
      and candidate.id = account.id;
    return false;
  end if;

  update platform.user_account as candidate
  set mfa_last_step = step_of_code,
      failed_logins = 0
  where candidate.tenant_id = tenantry.tenant()
    and candidate.id = account.id;
  return true;
end
$$;

comment on function verify_mfa(bigint, text) is 'Each code is accepted once; wrong codes count as failed logins.';

-- migrate:down

drop function verify_mfa(bigint, text);
drop function one_time_code(bytea, bigint);
drop function set_mfa_secret(bigint, bytea);
drop function verify_login(text, text);
drop function set_password(bigint, text);
