/** How many connections read or write one tenant at once. */
export const LANES = 4

/** The same of each of several tenants at once: together they use the connections of a server already. */
export const LANES_OF_MANY = 2
