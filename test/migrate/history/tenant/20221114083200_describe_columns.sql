-- migrate:up
comment on column tickets.first_reply_at is 'When an agent first answered.';
comment on column tickets.channel is 'Where it came in.';
comment on constraint tickets_subject_length on tickets is 'Longer ones are cut by the inbox.';
comment on index tickets_open_idx is 'For the queue on the first page.';
comment on type channel is 'Ways of writing to us.';
comment on domain score is 'One to five.';

-- migrate:down
comment on domain score is null;
comment on type channel is null;
comment on index tickets_open_idx is null;
comment on constraint tickets_subject_length on tickets is null;
comment on column tickets.channel is null;
comment on column tickets.first_reply_at is null;
