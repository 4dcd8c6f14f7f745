-- People whom an issuer of OpenID Connect vouches for, which then decides who signs in, and with which role.
alter table catalog.person
  add column issuer text,
  -- Who they are to it.
  add column subject text,
  add constraint person_identity unique (issuer, subject),
  add check ((issuer is null) = (subject is null));
