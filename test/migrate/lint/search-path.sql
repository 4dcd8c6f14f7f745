-- migrate:up
select set_config('search_path', 'public', true); -- bad
