-- migrate:up
do $$
begin
  for month in 1..12 loop
    execute format(
      'create table events_2024_%s partition of events for values from (%L) to (%L)',
      lpad(month::text, 2, '0'),
      make_timestamptz(2024, month, 1, 0, 0, 0, 'UTC'),
      make_timestamptz(2024, month, 1, 0, 0, 0, 'UTC') + interval '1 month'
    );
  end loop;
end
$$;

-- migrate:down
do $$
begin
  for month in 1..12 loop
    execute format('drop table events_2024_%s', lpad(month::text, 2, '0'));
  end loop;
end
$$;
