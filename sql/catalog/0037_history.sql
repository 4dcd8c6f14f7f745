-- What looks at operations again and again reads what is new or goes on, however long the history is.
create index operation_not_succeeded on catalog.operation (state, created_at desc, id desc) where state <> 'succeeded';
create index operation_ended on catalog.operation (ended_at) where ended_at is not null;
