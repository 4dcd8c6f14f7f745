/** An item as people find it: homes have names of their own, which nobody knows by heart, and tenants those that everybody uses. */
export const itemSays = ({ item, tenant }: { readonly item: string; readonly tenant: string | null }): string =>
  tenant === null ? item : `${tenant} (${item})`
