-- migrate:up
alter type channel add value if not exists 'chat';
alter type channel add value if not exists 'sms';

-- migrate:down
alter table tickets alter column channel drop default;
alter type channel rename to channel_old;
create type channel as enum ('email', 'web', 'phone');
alter table tickets alter column channel type channel
  using (case when channel::text in ('chat', 'sms') then 'web' else channel::text end)::channel;
alter table messages alter column channel type channel
  using (case when channel::text in ('chat', 'sms') then 'web' else channel::text end)::channel;
alter table tickets alter column channel set default 'email';
drop type channel_old;
