-- migrate:up
alter type invoice_state rename value 'void' to 'cancelled';

-- migrate:down
alter type invoice_state rename value 'cancelled' to 'void';
