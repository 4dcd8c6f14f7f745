-- migrate:up
alter table events detach partition events_2019;
alter table events_2019 rename to events_archive_2019;
alter index events_2019_pkey rename to events_archive_2019_pkey;

-- migrate:down
alter index events_archive_2019_pkey rename to events_2019_pkey;
alter table events_archive_2019 rename to events_2019;
alter table events attach partition events_2019 for values from ('2019-01-01 00:00+00') to ('2020-01-01 00:00+00');
