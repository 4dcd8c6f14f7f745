/** Versions of migrations are numbers of any length: shorter is older. A home that has had none stands at the empty one. */
export const compareVersions = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
