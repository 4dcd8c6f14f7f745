-- migrate:up
alter type mood rename value 'bad' to 'poor'; -- bad
