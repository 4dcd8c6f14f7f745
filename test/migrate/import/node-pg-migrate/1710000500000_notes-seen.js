exports.up = (pgm) => pgm.addColumns('notes', { seen: { type: 'boolean', notNull: true, default: false } })
exports.down = (pgm) => pgm.dropColumns('notes', ['seen'])
