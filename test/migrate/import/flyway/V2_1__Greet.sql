UPDATE notes SET body = '${greeting}' WHERE body = '';
