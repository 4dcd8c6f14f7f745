-- migrate:up
alter type postal_address add attribute latitude double precision, add attribute longitude double precision;

-- migrate:down
alter type postal_address drop attribute longitude, drop attribute latitude;
