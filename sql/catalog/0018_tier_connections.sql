-- Of a login that serves a single home. Workers keep it so on the servers, also after a tenant has changed its tier.
alter table catalog.tier add column connections integer check (connections > 0);

-- Logins that serve a single home: those that the workers ask for again and again.
create index home_own_login on catalog.home (login_name) where login_name ~ '_app_[a-z2-7]+_[12]$';
